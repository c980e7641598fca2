/* model_outcome.c - outcomes that few methods take: competing causes, interval-censored times. */
#include <math.h>

#include "base/bitmap.h"
#include "base/mem.h"
#include "model/model_data.h"

#define ROWS_TEXT 320

/* Levels after the first are the causes, also those without a row: their number is their place. */
lb_status lb_model_causes(lb_model_data *d, size_t slot, lb_error *err)
{
  lb_model *m = d->model;
  const lb_column *column = d->slot[slot].column;
  size_t levels = lb_column_level_count(column), length;
  const int32_t *code = lb_column_codes(column);
  if (levels < 2)
    return lb_error_set(err, LB_EDATA, "event '%.200s' has no level for a cause",
                        d->slot[slot].name);
  m->event = lb_mem_array(m->n_used, sizeof *m->event);
  m->cause = lb_mem_array(m->n_used, sizeof *m->cause);
  m->cause_label = lb_mem_zero(levels - 1, sizeof *m->cause_label);
  if (m->event == NULL || m->cause == NULL || m->cause_label == NULL)
    return lb_error_nomem(err, "events");
  for (size_t k = 1; k < levels; k++) {
    const char *text = lb_column_text(lb_column_levels(column), k, &length);
    char *label = lb_mem_text(text, length);
    if (label == NULL) return lb_error_nomem(err, "events");
    m->cause_label[m->n_cause++] = label;
  }
  for (size_t i = 0; i < m->n_used; i++) {
    m->cause[i] = code[m->row[i]];
    m->event[i] = m->cause[i] > 0;
  }
  return LB_OK;
}

static lb_status limit(const lb_model_data *d, size_t part, double missing, double **out,
                       lb_error *err)
{
  const lb_model *m = d->model;
  const lb_slot *slot = &d->slot[d->response[part]];
  lb_type type = lb_column_type(slot->column);
  if (type != LB_REAL && type != LB_INTEGER)
    return lb_error_set(err, LB_ETYPE, "%s limit '%.200s' is %s, a number was expected",
                        part == 0 ? "lower" : "upper", slot->name, lb_model_type_words(type));
  *out = lb_model_numbers(d, d->response[part]);
  if (*out == NULL) return lb_error_nomem(err, "times");
  const uint8_t *valid = lb_column_valid(slot->column);
  for (size_t i = 0; i < m->n_used; i++) {
    if (!lb_is_valid(valid, m->row[i]) || isnan((*out)[i])) (*out)[i] = missing;
  }
  return LB_OK;
}

lb_status lb_model_interval(lb_model_data *d, lb_error *err)
{
  lb_model *m = d->model;
  lb_status st = limit(d, 0, 0, &m->lower, err);
  if (st == LB_OK) st = limit(d, 1, INFINITY, &m->upper, err);
  if (st != LB_OK) return st;
  uint8_t *bad = lb_mem_zero(m->n_used, 1);
  size_t n = 0;
  if (bad == NULL) return lb_error_nomem(err, "times");
  for (size_t i = 0; i < m->n_used; i++)
    n += bad[i] = !(m->lower[i] >= 0 && m->lower[i] <= m->upper[i] && isfinite(m->lower[i]));
  if (n > 0) {
    char rows[ROWS_TEXT];
    lb_model_name_rows(d, bad, rows, sizeof rows);
    st = lb_error_set(err, LB_EDATA,
                      "Surv_interval(): %zu row%s a lower limit that is negative or above the "
                      "upper (%s)",
                      n, n == 1 ? " has" : "s have", rows);
  }
  lb_mem_free(bad);
  return st;
}
