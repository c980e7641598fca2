/* model_outcome.c - outcomes that few methods take: competing causes, interval-censored times. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/bitmap.h"
#include "base/mem.h"
#include "base/names.h"
#include "base/str.h"
#include "model/model_data.h"

#define ROWS_TEXT 320

/* ---- Causes ---- */

/* The label of a raw code, which `buffer` may hold. */
static const char *code_label(const lb_model_data *d, size_t slot, size_t code, char buffer[32],
                              size_t *length)
{
  const lb_column *column = d->slot[slot].column;
  if (lb_column_type(column) == LB_FACTOR)
    return lb_column_text(lb_column_levels(column), code, length);
  if (lb_column_type(column) == LB_LOGICAL)
    *length = (size_t)snprintf(buffer, 32, "%s", code == 0 ? "false" : "true");
  else
    *length = (size_t)snprintf(buffer, 32, "%zu", code);
  return buffer;
}

/* "no level 'x' in event 'status'", with the levels there are. */
static lb_status refuse_censored(const lb_model_data *d, size_t slot, lb_error *err)
{
  const lb_column *column = d->slot[slot].column;
  lb_error_set(err, LB_ENAME, "censored: event '%.200s' has no value '%.100s'", d->slot[slot].name,
               d->options->censored);
  if (lb_column_type(column) != LB_FACTOR) return LB_ENAME;
  lb_str list = {0};
  for (size_t k = 0; k < lb_column_level_count(column) && k < LB_MOST_CAUSES; k++) {
    size_t length;
    const char *text = lb_column_text(lb_column_levels(column), k, &length);
    if (k > 0) lb_str_add(&list, ", ", 2);
    lb_str_add(&list, text, length);
  }
  if (!list.failed && list.length > 0 && list.length < 600)
    lb_error_mend(err, "Levels are: %s.", list.data);
  lb_str_reset(&list);
  return LB_ENAME;
}

/* The raw code that means censored. Numbers need not occur. */
static lb_status find_censored(const lb_model_data *d, size_t slot, size_t n, size_t *code,
                               lb_error *err)
{
  const char *wanted = d->options->censored;
  char buffer[32];
  *code = 0;
  if (wanted == NULL) return LB_OK;
  for (size_t k = 0; k < n; k++) {
    size_t length;
    const char *text = code_label(d, slot, k, buffer, &length);
    *code = k;
    if (length == strlen(wanted) && memcmp(text, wanted, length) == 0) return LB_OK;
  }
  return refuse_censored(d, slot, err);
}

static char *cause_name(const lb_model_data *d, size_t slot, size_t code)
{
  char buffer[32];
  size_t length;
  const char *text = code_label(d, slot, code, buffer, &length);
  bool logical = lb_column_type(d->slot[slot].column) == LB_LOGICAL;
  if (logical && code == 1) return lb_mem_text(d->slot[slot].name, strlen(d->slot[slot].name));
  return lb_mem_text(text, length);
}

/* 1 and 2 without any 0 are often censored and dead. */
static lb_status check_zero(const lb_model_data *d, size_t slot, const bool *seen, size_t n,
                            lb_error *err)
{
  lb_type type = lb_column_type(d->slot[slot].column);
  if (d->options->censored != NULL || type == LB_FACTOR || type == LB_LOGICAL || seen[0] || n < 3 ||
      !seen[2])
    return LB_OK;
  lb_error_set(err, LB_EDATA, "event '%.200s' has no 0, which means censored", d->slot[slot].name);
  lb_error_mend(err, "Say which number does: censored = 1; or censored = 0 if nobody is.");
  return LB_EDATA;
}

lb_status lb_model_map_causes(lb_model_data *d, size_t slot, const bool *seen, size_t n,
                              int32_t *map, lb_error *err)
{
  lb_model *m = d->model;
  size_t censored;
  lb_type type = lb_column_type(d->slot[slot].column);
  bool stays = type == LB_FACTOR || type == LB_LOGICAL; /* also without a row */
  lb_status st = check_zero(d, slot, seen, n, err);
  if (st == LB_OK) st = find_censored(d, slot, n, &censored, err);
  if (st != LB_OK) return st;
  m->cause_label = lb_mem_zero(n + 1, sizeof *m->cause_label);
  m->censored_label = cause_name(d, slot, censored);
  if (m->cause_label == NULL || m->censored_label == NULL) return lb_error_nomem(err, "events");
  for (size_t k = 0; k < n; k++) {
    map[k] = 0;
    if (k == censored || !(seen[k] || stays)) continue;
    m->cause_label[m->n_cause] = cause_name(d, slot, k);
    if (m->cause_label[m->n_cause] == NULL) return lb_error_nomem(err, "events");
    map[k] = (int32_t)++m->n_cause;
  }
  if (m->n_cause == 0) m->cause_label[m->n_cause++] = lb_mem_text("1", 1); /* no event at all */
  return m->cause_label[0] != NULL ? LB_OK : lb_error_nomem(err, "events");
}

/* Raw codes of numbers; n codes. */
static lb_status number_codes(lb_model_data *d, size_t slot, int32_t *code, size_t *n,
                              lb_error *err)
{
  double *value = lb_model_numbers(d, slot);
  size_t bad = 0;
  if (value == NULL) return lb_error_nomem(err, "events");
  *n = 1;
  for (size_t i = 0; i < d->model->n_used; i++) {
    bool whole = value[i] >= 0 && value[i] < LB_MOST_CAUSES && floor(value[i]) == value[i];
    bad += !whole;
    code[i] = whole ? (int32_t)value[i] : 0;
    if ((size_t)code[i] >= *n) *n = (size_t)code[i] + 1;
  }
  lb_mem_free(value);
  if (bad == 0) return LB_OK;
  lb_error_set(err, LB_EDATA, "event '%.200s': %zu values are no whole number from 0 to %d",
               d->slot[slot].name, bad, LB_MOST_CAUSES - 1);
  lb_error_mend(err, "Causes are 1, 2, ... with 0 for censored, or levels of a factor whose first "
                     "is censored.");
  return LB_EDATA;
}

static lb_status raw_codes(lb_model_data *d, size_t slot, int32_t *code, size_t *n, lb_error *err)
{
  const lb_model *m = d->model;
  const lb_column *column = d->slot[slot].column;
  lb_type type = lb_column_type(column);
  if (type == LB_REAL || type == LB_INTEGER) return number_codes(d, slot, code, n, err);
  *n = type == LB_FACTOR ? lb_column_level_count(column) : 2;
  if (*n < 2 && type == LB_FACTOR)
    return lb_error_set(err, LB_EDATA, "event '%.200s' has no level for a cause",
                        d->slot[slot].name);
  for (size_t i = 0; i < m->n_used; i++)
    code[i] = type == LB_FACTOR ? lb_column_codes(column)[m->row[i]]
                                : lb_bit_get(lb_column_logical(column), m->row[i]);
  return LB_OK;
}

/* The event is one cause, all others are censored. */
static lb_status take_one_cause(lb_model_data *d, size_t slot, lb_error *err)
{
  lb_model *m = d->model;
  const char *wanted = d->options->cause;
  size_t k = 0;
  while (k < m->n_cause && strcmp(m->cause_label[k], wanted) != 0) k++;
  if (k == m->n_cause) {
    size_t near = lb_name_nearest(wanted, (const char *const *)m->cause_label, m->n_cause);
    lb_error_set(err, LB_ENAME, "event '%.200s' has no cause '%.100s'%s%.100s%s",
                 d->slot[slot].name, wanted, near < m->n_cause ? " (did you mean '" : "",
                 near < m->n_cause ? m->cause_label[near] : "", near < m->n_cause ? "'?)" : "");
    return LB_ENAME;
  }
  m->event_cause = lb_mem_text(wanted, strlen(wanted));
  if (m->event_cause == NULL) return lb_error_nomem(err, "events");
  for (size_t i = 0; i < m->n_used; i++) m->event[i] = (size_t)m->cause[i] == k + 1;
  lb_mem_free(m->cause);
  m->cause = NULL;
  return LB_OK;
}

/* Text has no order: which one means censored must be said; the others are causes, sorted. */
static lb_status text_causes(lb_model_data *d, size_t slot, lb_error *err)
{
  lb_model *m = d->model;
  const char *censored = d->options->censored;
  lb_coding coding = {0};
  size_t none = 0;
  if (censored == NULL) {
    lb_error_set(err, LB_EDATA, "event '%.200s' is text: which one means censored is not said",
                 d->slot[slot].name);
    lb_error_mend(err, "Say it: censored = \"...\"; or make it a factor whose first level it is.");
    return LB_EDATA;
  }
  lb_status st = lb_model_code(d, slot, 0, &coding, err);
  if (st == LB_OK && coding.n > LB_MOST_CAUSES)
    st = lb_error_set(err, LB_EDATA, "event '%.200s' has %zu distinct texts, at most %d are causes",
                      d->slot[slot].name, coding.n, LB_MOST_CAUSES);
  while (st == LB_OK && none < coding.n && strcmp(coding.label[none], censored) != 0) none++;
  if (st == LB_OK && none == coding.n) st = refuse_censored(d, slot, err);
  if (st != LB_OK) goto done;
  m->censored_label = coding.label[none];
  coding.label[none] = NULL;
  m->cause_label = coding.label; /* those before `none` stand, those after it move up */
  m->n_cause = coding.n - 1;
  for (size_t k = none; k < m->n_cause; k++) m->cause_label[k] = m->cause_label[k + 1];
  coding.label = NULL;
  coding.n = 0;
  for (size_t i = 0; i < m->n_used; i++) {
    size_t code = (size_t)coding.code[i];
    m->cause[i] = (int32_t)(code == none ? 0 : code < none ? code + 1 : code);
    m->event[i] = m->cause[i] > 0;
  }
  if (d->options->cause != NULL) st = take_one_cause(d, slot, err);
done:
  lb_coding_reset(&coding);
  return st;
}

lb_status lb_model_causes(lb_model_data *d, size_t slot, lb_error *err)
{
  lb_model *m = d->model;
  size_t n = 0;
  m->event = lb_mem_array(m->n_used, sizeof *m->event);
  m->cause = lb_mem_array(m->n_used, sizeof *m->cause);
  if (m->event == NULL || m->cause == NULL) return lb_error_nomem(err, "events");
  if (lb_column_type(d->slot[slot].column) == LB_TEXT) return text_causes(d, slot, err);
  lb_status st = raw_codes(d, slot, m->cause, &n, err);
  if (st != LB_OK) return st;
  bool *seen = lb_mem_zero(n, sizeof *seen);
  int32_t *map = lb_mem_array(n, sizeof *map);
  if (seen == NULL || map == NULL) {
    st = lb_error_nomem(err, "events");
    goto done;
  }
  for (size_t i = 0; i < m->n_used; i++) seen[m->cause[i]] = true;
  st = lb_model_map_causes(d, slot, seen, n, map, err);
  for (size_t i = 0; st == LB_OK && i < m->n_used; i++) {
    m->cause[i] = map[m->cause[i]];
    m->event[i] = m->cause[i] > 0;
  }
  if (st == LB_OK && d->options->cause != NULL) st = take_one_cause(d, slot, err);
done:
  lb_mem_free(seen);
  lb_mem_free(map);
  return st;
}

lb_status lb_model_one_cause(lb_model_data *d, lb_error *err)
{
  lb_model *m = d->model;
  m->cause_label = lb_mem_zero(1, sizeof *m->cause_label);
  m->censored_label = lb_mem_text("censored", 8);
  if (m->cause_label != NULL) m->cause_label[0] = lb_mem_text("event", 5);
  if (m->event != NULL) m->cause = lb_mem_array(m->n_used, sizeof *m->cause);
  m->n_cause = 1;
  if (m->cause_label == NULL || m->cause_label[0] == NULL || m->censored_label == NULL ||
      (m->event != NULL && m->cause == NULL))
    return lb_error_nomem(err, "events");
  for (size_t i = 0; m->event != NULL && i < m->n_used; i++) m->cause[i] = m->event[i];
  return LB_OK;
}

/* ---- Intervals ---- */

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
