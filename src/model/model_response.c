/* model_response.c - times, events and weights out of a model's variables, checked by row. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "model/formula_terms.h"
#include "model/model_data.h"

#define ROWS_TEXT   320
#define SHOWN_BYTES 200 /* of an outcome in a message */

static const lb_variable *part(const lb_model_data *d, size_t i)
{
  return &d->model->formula.response_part[i];
}

static size_t event_part(const lb_model_data *d)
{
  return d->model->formula.n_response_part - 1;
}

/* A caret below one part of the outcome. */
static void point_at(const lb_model_data *d, size_t i, lb_error *err)
{
  const lb_formula *f = &d->model->formula;
  lb_error_caret(err, f->text, f->length, part(d, i)->start, part(d, i)->end);
}

/* "Surv(pfs, progressed): 3 rows have a negative time (rows 14, 82, 201 of nets.csv)" */
static lb_status refuse_rows(const lb_model_data *d, const uint8_t *bad, size_t n, const char *what,
                             lb_error *err)
{
  char rows[ROWS_TEXT];
  const lb_formula *f = &d->model->formula;
  const char *word = f->response == LB_RESPONSE_SURV_CNSR ? "Surv_CNSR" : "Surv";
  size_t start = part(d, 0)->start, length = part(d, event_part(d))->end - start;
  lb_model_name_rows(d, bad, rows, sizeof rows);
  lb_error_set(err, LB_EDATA, "%s(%.*s): %zu row%s %s (%s)", word,
               (int)(length < SHOWN_BYTES ? length : SHOWN_BYTES), f->text + start, n,
               n == 1 ? " has" : "s have", what, rows);
  lb_error_mend(err, "Correct the data, or exclude the rows with a reason.");
  return LB_EDATA;
}

/* ---- Times ---- */

static lb_status time_numbers(const lb_model_data *d, size_t i, double **out, lb_error *err)
{
  const lb_slot *slot = &d->slot[d->response[i]];
  lb_type type = lb_column_type(slot->column);
  const char *what = i + 1 < event_part(d) ? "entry" : "time";
  if (type == LB_REAL || type == LB_INTEGER) {
    *out = lb_model_numbers(d, d->response[i]);
    return *out == NULL ? lb_error_nomem(err, "times") : LB_OK;
  }
  lb_error_set(err, LB_ETYPE, "%s '%.200s' is %s, a number was expected", what, slot->name,
               lb_model_type_words(type));
  point_at(d, i, err);
  if (type == LB_DATE || type == LB_DATETIME)
    lb_error_mend(err, "Write the time between two dates:  months(start, %s)", slot->text);
  return LB_ETYPE;
}

/* Marks the rows that break a promise of lb_surv; returns how many. */
static size_t mark_bad_times(const lb_model *m, uint8_t *bad)
{
  size_t n = 0;
  for (size_t i = 0; i < m->n_used; i++) n += bad[i] = !(m->time[i] >= 0) || isinf(m->time[i]);
  return n;
}

static size_t mark_bad_entries(const lb_model *m, uint8_t *bad)
{
  size_t n = 0;
  for (size_t i = 0; i < m->n_used; i++)
    n += bad[i] = !(m->entry[i] < m->time[i]) || isinf(m->entry[i]);
  return n;
}

/* Rows whose times break a promise of lb_surv, and those with time 0, in one pass. */
static size_t count_bad_times(lb_model *m)
{
  size_t bad = 0, zero = 0;
  for (size_t i = 0; i < m->n_used; i++) {
    bad += !((m->time[i] >= 0) & (m->time[i] <= DBL_MAX));
    zero += m->time[i] == 0;
  }
  for (size_t i = 0; m->entry != NULL && i < m->n_used; i++)
    bad += !((m->entry[i] < m->time[i]) & (m->entry[i] >= -DBL_MAX));
  m->n_time_zero = zero;
  return bad;
}

static lb_status check_times(lb_model_data *d, lb_error *err)
{
  lb_model *m = d->model;
  if (count_bad_times(m) == 0) return LB_OK;
  uint8_t *bad = lb_mem_zero(m->n_used, 1);
  if (bad == NULL) return lb_error_nomem(err, "times");
  lb_status st = LB_OK;
  size_t n = mark_bad_times(m, bad);
  if (n > 0) {
    st = refuse_rows(d, bad, n, "a time that is negative or not finite", err);
  } else {
    n = mark_bad_entries(m, bad);
    st = refuse_rows(d, bad, n, "an entry that is not before the time", err);
  }
  lb_mem_free(bad);
  return st;
}

lb_status lb_model_time_label(lb_model_data *d, size_t i, lb_error *err)
{
  const char *name = d->slot[d->response[i]].name;
  size_t at;
  if (!lb_frame_find(d->frame, name, strlen(name), &at)) return LB_OK;
  const lb_column *column = lb_frame_column_source(d->frame, at);
  const char *label = lb_column_label(column), *unit = lb_column_unit(column);
  lb_model *m = d->model;
  if (label != NULL) m->time_label = lb_mem_text(label, strlen(label));
  if (unit != NULL) m->time_unit = lb_mem_text(unit, strlen(unit));
  bool ok = (label == NULL || m->time_label != NULL) && (unit == NULL || m->time_unit != NULL);
  return ok ? LB_OK : lb_error_nomem(err, "labels");
}

/* ---- Events ---- */

/* What the numbers of an event column hold. */
typedef struct codes {
  bool one, two, other; /* values 1, 2, and any but 0 1 2 */
  bool zero;
  bool fraction; /* negative or not whole */
} codes;

static codes look_at_codes(const double *value, size_t n)
{
  codes c = {0};
  int odd = 0; /* any but 0 and 1: rare, and only then is there more to see */
  for (size_t i = 0; i < n; i++) odd |= (value[i] != 0) & (value[i] != 1);
  if (odd == 0) return c;
  for (size_t i = 0; i < n; i++) {
    c.zero = c.zero || value[i] == 0;
    c.one = c.one || value[i] == 1;
    c.two = c.two || value[i] == 2;
    c.other = c.other || (value[i] != 0 && value[i] != 1 && value[i] != 2);
    c.fraction = c.fraction || !(value[i] >= 0) || floor(value[i]) != value[i];
  }
  return c;
}

/* "Write Surv(time, status == 'dead') for one cause." */
static void mend_event(const lb_model_data *d, const char *quote, const char *value,
                       const char *when, lb_error *err)
{
  const lb_slot *slot = &d->slot[d->response[event_part(d)]];
  const lb_formula *f = &d->model->formula;
  size_t start = part(d, 0)->start, length = part(d, event_part(d))->start - start;
  if (f->response == LB_RESPONSE_SURV_CNSR) /* the condition is of the event, not of censoring */
    lb_error_mend(err, "CNSR is 0 for an event, else a whole number above 0.");
  else
    lb_error_mend(err, "Write Surv(%.*s%s == %s%s%s)%s%s.",
                  (int)(length < SHOWN_BYTES ? length : SHOWN_BYTES), f->text + start, slot->text,
                  quote, value, quote, when[0] == '\0' ? "" : " ", when);
}

#define LEVELS_TEXT 240
#define LEVEL_BYTES 40

/* "'alive', 'dead', 'transplant'"; many levels end in ", ...". */
static void list_levels(const lb_column *column, char out[LEVELS_TEXT])
{
  size_t used = 0, n = lb_column_level_count(column), length;
  out[0] = '\0';
  for (size_t k = 0; k < n; k++) {
    const char *text = lb_column_text(lb_column_levels(column), k, &length);
    bool fits = length <= LEVEL_BYTES && used + length + 12 < LEVELS_TEXT;
    used += (size_t)snprintf(out + used, LEVELS_TEXT - used, fits ? "%s'%.*s'" : "%s...",
                             k == 0 ? "" : ", ", (int)length, text);
    if (!fits) return;
  }
}

static lb_status refuse_codes(const lb_model_data *d, codes c, lb_error *err)
{
  const lb_slot *slot = &d->slot[d->response[event_part(d)]];
  if (c.two && !c.zero && !c.other) {
    lb_error_set(err, LB_EDATA, "event '%.200s' has the value%s", slot->name,
                 c.one ? "s 1 and 2" : " 2 only");
    point_at(d, event_part(d), err);
    mend_event(d, "", "2", "if 2 means the event", err);
    return LB_EDATA;
  }
  if (c.two && c.zero && !c.other) {
    lb_error_set(err, LB_EDATA, "event '%.200s' has the values %s", slot->name,
                 c.one ? "0, 1 and 2: codes of competing causes?" : "0 and 2");
    point_at(d, event_part(d), err);
    if (c.one)
      mend_event(d, "", "1", "for cause 1 alone, or == 2, or > 0 for any", err);
    else
      mend_event(d, "", "2", "if 2 means the event", err);
    return LB_EDATA;
  }
  lb_error_set(err, LB_EDATA, "event '%.200s' has values other than 0 and 1", slot->name);
  point_at(d, event_part(d), err);
  mend_event(d, "", "1", "with what means the event in the place of 1", err);
  return LB_EDATA;
}

static lb_status refuse_event_type(const lb_model_data *d, lb_error *err)
{
  const lb_slot *slot = &d->slot[d->response[event_part(d)]];
  if (lb_column_type(slot->column) == LB_FACTOR) {
    char levels[LEVELS_TEXT], level[LEVEL_BYTES + 1];
    size_t length, n = lb_column_level_count(slot->column);
    list_levels(slot->column, levels);
    lb_error_set(err, LB_EDATA, "event '%.100s' is a factor (%s): say which level is the event",
                 slot->name, levels);
    point_at(d, event_part(d), err);
    if (n < 1) return LB_EDATA;
    const char *text = lb_column_text(lb_column_levels(slot->column), n > 1, &length);
    snprintf(level, sizeof level, length > LEVEL_BYTES ? "..." : "%.*s", (int)length, text);
    mend_event(d, "'", level, n > 2 ? "for one cause; competing causes are not modelled here" : "",
               err);
    return LB_EDATA;
  }
  lb_error_set(err, LB_ETYPE, "event '%.200s' is %s, expected logical or 0/1", slot->name,
               lb_model_type_words(lb_column_type(slot->column)));
  point_at(d, event_part(d), err);
  mend_event(d, "'", "...", "where ... is what means the event", err);
  return LB_ETYPE;
}

/* Integers that are all 0 or 1, without a detour by doubles; false: some are not. */
static bool take_plain_events(lb_model *m, const lb_column *column, bool reversed)
{
  if (lb_column_type(column) != LB_INTEGER) return false;
  const int64_t *value = lb_column_integer(column);
  uint8_t turn = reversed;
  int64_t seen = 0;
  for (size_t i = 0; m->n_missing == 0 && i < m->n_used; i++) {
    seen |= value[i];
    m->event[i] = (uint8_t)value[i] ^ turn;
  }
  for (size_t i = 0; m->n_missing > 0 && i < m->n_used; i++) {
    seen |= value[m->row[i]];
    m->event[i] = (uint8_t)value[m->row[i]] ^ turn;
  }
  return (seen & ~INT64_C(1)) == 0;
}

/* CDISC's CNSR: 0 is the event, any whole number above 0 a kind of censoring. */
static lb_status fill_events(lb_model_data *d, lb_error *err)
{
  lb_model *m = d->model;
  size_t slot = d->response[event_part(d)];
  lb_type type = lb_column_type(d->slot[slot].column);
  bool reversed = m->formula.response == LB_RESPONSE_SURV_CNSR;
  m->suspect_cnsr = !reversed && strcasecmp(d->slot[slot].name, "cnsr") == 0;
  bool takes_causes = (d->options->accepts & LB_ACCEPTS_CAUSES) != 0;
  bool coded = type != LB_DATE && type != LB_DATETIME;
  if (takes_causes && coded && !reversed) return lb_model_causes(d, slot, err);
  if (type != LB_LOGICAL && type != LB_INTEGER && type != LB_REAL) return refuse_event_type(d, err);
  m->event = lb_mem_array(m->n_used, sizeof *m->event);
  if (m->event == NULL) return lb_error_nomem(err, "events");
  if (take_plain_events(m, d->slot[slot].column, reversed))
    return takes_causes ? lb_model_one_cause(d, err) : LB_OK;
  double *value = lb_model_numbers(d, slot);
  lb_status st = LB_OK;
  if (value == NULL) {
    st = lb_error_nomem(err, "events");
    goto done;
  }
  codes c = look_at_codes(value, m->n_used);
  if (reversed ? c.fraction : c.two || c.other) st = refuse_codes(d, c, err);
  for (size_t i = 0; i < m->n_used; i++) m->event[i] = (value[i] == 0) == reversed;
  if (st == LB_OK && takes_causes) st = lb_model_one_cause(d, err);
done:
  lb_mem_free(value);
  return st;
}

/* Events, and the last time, found in lanes that do not wait for each other. */
static void sum_outcome(lb_model *m)
{
  double last[8] = {0};
  size_t i = 0;
  for (; i + 8 <= m->n_used; i += 8)
    for (size_t l = 0; l < 8; l++) last[l] = m->time[i + l] > last[l] ? m->time[i + l] : last[l];
  for (; i < m->n_used; i++) last[0] = m->time[i] > last[0] ? m->time[i] : last[0];
  for (size_t l = 0; l < 8; l++) m->time_max = last[l] > m->time_max ? last[l] : m->time_max;
  for (i = 0; i < m->n_used; i++) m->n_event += m->event[i];
}

/* ---- All of it ---- */

lb_status lb_model_response(lb_model_data *d, lb_error *err)
{
  lb_model *m = d->model;
  const lb_formula *f = &m->formula;
  if (f->response == LB_RESPONSE_INTERVAL) return lb_model_interval(d, err);
  size_t time = f->n_response_part - 2;
  lb_status st = time_numbers(d, time, &m->time, err);
  if (st == LB_OK && time == 1) st = time_numbers(d, 0, &m->entry, err);
  if (st == LB_OK) st = fill_events(d, err);
  if (st == LB_OK) st = check_times(d, err);
  if (st == LB_OK) sum_outcome(m);
  if (st == LB_OK) st = lb_model_time_label(d, time, err);
  return st;
}

lb_status lb_model_weights(lb_model_data *d, lb_error *err)
{
  lb_model *m = d->model;
  if (d->options->weights == NULL) return LB_OK;
  const lb_slot *slot = &d->slot[d->weights];
  lb_type type = lb_column_type(slot->column);
  if (type != LB_REAL && type != LB_INTEGER)
    return lb_error_set(err, LB_ETYPE, "weights: the column '%.200s' is %s, numbers were expected",
                        slot->name, lb_model_type_words(type));
  m->weight = lb_model_numbers(d, d->weights);
  uint8_t *bad = lb_mem_zero(m->n_used, 1);
  size_t n = 0;
  if (m->weight == NULL || bad == NULL) {
    lb_mem_free(bad);
    return lb_error_nomem(err, "weights");
  }
  for (size_t i = 0; i < m->n_used; i++) {
    n += bad[i] = !(m->weight[i] >= 0) || isinf(m->weight[i]);
    m->weight_total += m->weight[i];
    m->weight_event += m->event != NULL && m->event[i] ? m->weight[i] : 0;
  }
  char rows[ROWS_TEXT];
  lb_model_name_rows(d, bad, rows, sizeof rows);
  lb_mem_free(bad);
  if (n == 0 && m->weight_total == 0)
    return lb_error_set(err, LB_EDATA, "weights '%.200s': all %zu are 0", slot->name, m->n_used);
  if (n == 0) return LB_OK;
  return lb_error_set(err, LB_EDATA, "weights '%.200s': %zu %s negative or not finite (%s)",
                      slot->name, n, n == 1 ? "is" : "are", rows);
}
