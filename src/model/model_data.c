/* model_data.c - each expression of a formula evaluated once, and the rows that have them all. */
#include "model/model_data.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/bitmap.h"
#include "base/interrupt.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "base/str.h"
#include "expr/expr.h"
#include "model/basis.h"
#include "model/counts_kernel.h"

#define ROWS_NAMED    5
#define SCAN_ROWS     16384
#define CONVERT_ROWS  65536 /* a block of a conversion */
#define PARALLEL_ROWS 200000

const char *lb_model_type_words(lb_type type)
{
  static const char *const WORDS[] = {
      [LB_REAL] = "a number",      [LB_INTEGER] = "an integer", [LB_LOGICAL] = "logical",
      [LB_FACTOR] = "a factor",    [LB_TEXT] = "text",          [LB_DATE] = "a date",
      [LB_DATETIME] = "a datetime"};
  return WORDS[type];
}

/* ---- Evaluating ---- */

/* Blanks in place of the characters before the variable, then the variable: what an error points at
 * then has the column that it has in the formula. */
static char *padded_source(const lb_formula *f, const lb_variable *v, size_t *blanks)
{
  size_t n = v->end - v->start;
  *blanks = lb_utf8_length(f->text, v->start);
  char *padded = lb_mem_alloc(*blanks + n + 1);
  if (padded == NULL) return NULL;
  memset(padded, ' ', *blanks);
  memcpy(padded + *blanks, f->text + v->start, n);
  padded[*blanks + n] = '\0';
  return padded;
}

/* Where the context quotes the padded source as a whole line, the whole formula takes its place; a
 * long line is quoted in part, and stays. */
static void show_formula(const lb_formula *f, const char *padded, lb_error *err)
{
  size_t n = strlen(padded);
  lb_error shown = {0};
  if (err == NULL || strncmp(err->context, "  ", 2) != 0) return;
  if (strncmp(err->context + 2, padded, n) != 0 || err->context[2 + n] != '\n') return;
  const char *rest = err->context + 2 + n;
  int written = snprintf(shown.context, sizeof shown.context, "  %s%s", f->text, rest);
  if (written > 0 && (size_t)written < sizeof shown.context)
    memcpy(err->context, shown.context, sizeof err->context);
}

static lb_status evaluate(const lb_model_data *d, const lb_variable *v, lb_column **out,
                          lb_error *err)
{
  const lb_formula *f = &d->model->formula;
  size_t blanks;
  char *padded = padded_source(f, v, &blanks);
  lb_expr *expr = NULL;
  lb_expr_options options = {0};
  if (padded == NULL) return lb_error_nomem(err, "formula");
  lb_status st = lb_expr_compile(padded, strlen(padded), d->frame, &options, &expr, err);
  if (st == LB_OK) st = lb_expr_eval(expr, d->frame, out, err);
  if (st != LB_OK && st != LB_ENOMEM) show_formula(f, padded, err);
  lb_expr_free(expr);
  lb_mem_free(padded);
  return st;
}

/* `Ki-67` is shown as Ki-67. */
static char *bare_name(const char *text)
{
  size_t n = strlen(text);
  bool quoted = n > 2 && text[0] == '`' && strchr(text + 1, '`') == text + n - 1;
  return quoted ? lb_mem_text(text + 1, n - 2) : lb_mem_text(text, n);
}

/* Index of the slot for a text, new ones with `column` NULL. */
static lb_status find_slot(lb_model_data *d, const char *text, size_t *index, lb_error *err)
{
  for (*index = 0; *index < d->n_slot; (*index)++)
    if (strcmp(d->slot[*index].text, text) == 0) return LB_OK;
  lb_slot slot = {.text = text, .name = bare_name(text)};
  if (slot.name == NULL) return lb_error_nomem(err, "model");
  d->slot[d->n_slot++] = slot;
  return LB_OK;
}

static lb_status fill_slot(lb_model_data *d, const lb_variable *v, size_t *index, lb_error *err)
{
  lb_status st = find_slot(d, v->text, index, err);
  if (st == LB_OK && lb_interrupted()) st = lb_error_interrupted(err);
  if (st != LB_OK || d->slot[*index].column != NULL) return st;
  return evaluate(d, v, &d->slot[*index].column, err);
}

/* Named for a range of the formula. */
static lb_status rename_slot(lb_slot *slot, const lb_formula *f, lb_span span, lb_error *err)
{
  char *text = lb_mem_alloc(2 * (span.end - span.start) + 1);
  if (text == NULL) return lb_error_nomem(err, "model");
  lb_scan_normalise(f->text, span, text);
  char *name = bare_name(text);
  lb_mem_free(text);
  if (name == NULL) return lb_error_nomem(err, "model");
  lb_mem_free(slot->name);
  slot->name = name;
  return LB_OK;
}

static lb_status fill_slots(lb_model_data *d, const lb_variable *list, size_t n, size_t *index,
                            lb_error *err)
{
  lb_status st = LB_OK;
  for (size_t i = 0; i < n && st == LB_OK; i++) st = fill_slot(d, &list[i], &index[i], err);
  return st;
}

/* The variables of the terms; of ns(age, 3) the column is age, and that is what goes missing. */
static lb_status fill_variables(lb_model_data *d, lb_error *err)
{
  const lb_formula *f = &d->model->formula;
  lb_status st = LB_OK;
  for (size_t i = 0; i < f->n_variable && st == LB_OK; i++) {
    lb_variable variable = f->variable[i];
    lb_span inner;
    bool basis = lb_basis_argument(f, &variable, &inner);
    if (basis) {
      variable.start = inner.start;
      variable.end = inner.end;
    }
    st = fill_slot(d, &variable, &d->variable[i], err);
    if (st == LB_OK && basis) st = rename_slot(&d->slot[d->variable[i]], f, inner, err);
  }
  return st;
}

/* The column of weights: a name, no expression. */
static lb_status fill_weights(lb_model_data *d, lb_error *err)
{
  const char *name = d->options->weights;
  const lb_column *column = NULL;
  size_t at;
  if (name == NULL) return LB_OK;
  lb_status st = lb_frame_index(d->frame, name, strlen(name), &at, err);
  if (st == LB_OK) st = lb_frame_column(d->frame, at, &column, err);
  if (st == LB_OK) st = find_slot(d, name, &d->weights, err);
  if (st != LB_OK) {
    lb_error_in(err, "weights");
    return st;
  }
  if (d->slot[d->weights].column == NULL)
    d->slot[d->weights].column = lb_column_retain((lb_column *)column);
  return LB_OK;
}

lb_status lb_model_data_evaluate(lb_model_data *d, lb_error *err)
{
  const lb_formula *f = &d->model->formula;
  size_t n = f->n_variable + f->n_strata + f->n_cluster + f->n_offset + f->n_frailty;
  d->role = lb_mem_zero(n, sizeof *d->role);
  d->slot = lb_mem_zero(n + 4, sizeof *d->slot);
  if (d->role == NULL || d->slot == NULL) return lb_error_nomem(err, "model");
  d->variable = d->role;
  d->strata = d->variable + f->n_variable;
  d->cluster = d->strata + f->n_strata;
  d->offset = d->cluster + f->n_cluster;
  d->frailty = d->offset + f->n_offset;
  lb_status st = fill_slots(d, f->response_part, f->n_response_part, d->response, err);
  if (st == LB_OK) st = fill_variables(d, err);
  if (st == LB_OK) st = fill_slots(d, f->strata, f->n_strata, d->strata, err);
  if (st == LB_OK) st = fill_slots(d, f->cluster, f->n_cluster, d->cluster, err);
  if (st == LB_OK) st = fill_slots(d, f->offset, f->n_offset, d->offset, err);
  if (st == LB_OK) st = fill_slots(d, f->frailty, f->n_frailty, d->frailty, err);
  if (st == LB_OK) st = fill_weights(d, err);
  return st;
}

/* ---- Complete cases ---- */

/* Looks at the numbers of a column in blocks, for those that are not finite. */
typedef struct number_scan {
  const double *real;
  size_t n, rows; /* of a block, but for the last */
  uint8_t *found; /* of each block: 1 an infinity, 2 NaN */
} number_scan;

static void scan_block(void *context, size_t block)
{
  const number_scan *c = context;
  const size_t at = block * c->rows, end = c->n - at < c->rows ? c->n : at + c->rows;
  double nothing = lb_zeros_of_reals(c->real + at, end - at);
  c->found[block] = nothing == 0 ? 0 : 1;
  for (size_t i = at; c->found[block] == 1 && i < end; i++)
    if (isnan(c->real[i])) c->found[block] |= 2;
}

/* Sets slot->finite; false in *any_nan: no number is NaN. false: out of memory, or interrupted. */
static bool scan_numbers(lb_slot *slot, bool *any_nan)
{
  size_t n = lb_column_length(slot->column), blocks = (n + SCAN_ROWS - 1) / SCAN_ROWS;
  number_scan c = {lb_column_real(slot->column), n, SCAN_ROWS, lb_mem_zero(blocks, 1)};
  bool ok = c.found != NULL && lb_parallel(blocks, n >= PARALLEL_ROWS, scan_block, &c);
  uint8_t all = 0;
  for (size_t b = 0; ok && b < blocks; b++) all |= c.found[b];
  lb_mem_free(c.found);
  slot->finite = ok && all == 0;
  *any_nan = (all & 2) != 0;
  return ok;
}

/* Marks rows in which the column is missing, *count of them; NaN is missing here, as in R. */
static lb_status mark_missing(lb_slot *slot, uint8_t *missing, size_t *count, lb_error *err)
{
  const lb_column *column = slot->column;
  size_t n = lb_column_length(column);
  const uint8_t *valid = lb_column_valid(column);
  const double *real = lb_column_type(column) == LB_REAL ? lb_column_real(column) : NULL;
  bool any_nan = false;
  *count = 0;
  if (real != NULL && !scan_numbers(slot, &any_nan))
    return lb_interrupted() ? lb_error_interrupted(err) : lb_error_nomem(err, "model");
  if (valid == NULL && !any_nan) return LB_OK;
  for (size_t i = 0; i < n; i++) {
    if (lb_is_valid(valid, i) && !(real != NULL && isnan(real[i]))) continue;
    missing[i] = 1;
    (*count)++;
  }
  return LB_OK;
}

lb_status lb_model_note_dropped(lb_model *m, const char *name, size_t n, lb_error *err)
{
  for (size_t i = 0; i < m->n_dropped; i++) /* age and ns(age, 3) are one */
    if (strcmp(m->dropped[i].variable, name) == 0) return LB_OK;
  char *copy = lb_mem_text(name, strlen(name));
  if (copy == NULL) return lb_error_nomem(err, "model");
  m->dropped[m->n_dropped++] = (lb_dropped){copy, n};
  return LB_OK;
}

static lb_status keep_complete(lb_model *m, const uint8_t *missing, lb_error *err)
{
  size_t n = 0;
  for (size_t i = 0; i < m->n_rows; i++) n += missing[i] == 0;
  m->row = lb_mem_array(n, sizeof *m->row);
  if (m->row == NULL) return lb_error_nomem(err, "rows of the model");
  for (size_t i = 0; n == m->n_rows && i < n; i++) m->row[i] = (lb_row)i;
  for (size_t i = 0; n < m->n_rows && i < m->n_rows; i++)
    if (missing[i] == 0) m->row[m->n_used++] = (lb_row)i;
  m->n_used = n;
  m->n_missing = m->n_rows - n;
  if (n > 0) return LB_OK;
  if (m->n_rows == 0) return lb_error_set(err, LB_EDATA, "the data have no rows");
  lb_error_set(err, LB_EDATA, "no row has all the variables of the model");
  lb_model_mend_dropped(m, err);
  return LB_EDATA;
}

/* Rows with neither limit of an interval; one alone is open to the other side. */
static lb_status drop_empty_intervals(lb_model_data *d, uint8_t *missing, lb_error *err)
{
  lb_model *m = d->model;
  size_t count = 0;
  uint8_t *side[2] = {lb_mem_zero(m->n_rows, 1), lb_mem_zero(m->n_rows, 1)};
  lb_status st = side[0] == NULL || side[1] == NULL ? lb_error_nomem(err, "model") : LB_OK;
  for (size_t k = 0, n; k < 2 && st == LB_OK; k++)
    st = mark_missing(&d->slot[d->response[k]], side[k], &n, err);
  for (size_t i = 0; i < m->n_rows && st == LB_OK; i++) {
    if (!side[0][i] || !side[1][i]) continue;
    missing[i] = 1;
    count++;
  }
  if (st == LB_OK && count > 0) st = lb_model_note_dropped(m, "both limits", count, err);
  lb_mem_free(side[0]);
  lb_mem_free(side[1]);
  return st;
}

lb_status lb_model_data_pick(lb_model_data *d, lb_error *err)
{
  lb_model *m = d->model;
  lb_status st = LB_OK;
  m->n_rows = lb_frame_rows(d->frame);
  uint8_t *missing = lb_mem_zero(m->n_rows, 1);
  m->dropped = lb_mem_zero(d->n_slot + 1, sizeof *m->dropped);
  if (missing == NULL || m->dropped == NULL) st = lb_error_nomem(err, "model");
  bool interval = m->formula.response == LB_RESPONSE_INTERVAL && m->formula.n_response_part == 2;
  if (st == LB_OK && interval) st = drop_empty_intervals(d, missing, err);
  for (size_t i = 0; i < d->n_slot && st == LB_OK; i++) {
    if (interval && (i == d->response[0] || i == d->response[1])) continue;
    size_t n;
    st = mark_missing(&d->slot[i], missing, &n, err);
    if (st == LB_OK && n > 0) st = lb_model_note_dropped(m, d->slot[i].name, n, err);
  }
  if (st == LB_OK) st = keep_complete(m, missing, err);
  lb_mem_free(missing);
  return st;
}

void lb_model_data_reset(lb_model_data *d)
{
  for (size_t i = 0; i < d->n_slot; i++) {
    lb_mem_free(d->slot[i].name);
    lb_column_release(d->slot[i].column);
  }
  lb_mem_free(d->slot);
  lb_mem_free(d->role);
}

/* ---- Helpers of the other files ---- */

typedef struct conversion {
  const lb_model *model;
  const lb_column *column;
  double *out;
} conversion;

static void convert_reals(const lb_model *m, const double *real, size_t at, size_t end, double *out)
{
  if (m->n_missing == 0)
    memcpy(out + at, real + at, (end - at) * sizeof *out);
  else
    for (size_t i = at; i < end; i++) out[i] = real[m->row[i]];
}

static void convert_integers(const lb_model *m, const int64_t *integer, size_t at, size_t end,
                             double *out)
{
  if (m->n_missing == 0)
    for (size_t i = at; i < end; i++) out[i] = (double)integer[i];
  else
    for (size_t i = at; i < end; i++) out[i] = (double)integer[m->row[i]];
}

static void convert_block(void *context, size_t block)
{
  const conversion *c = context;
  const lb_model *m = c->model;
  size_t at = block * CONVERT_ROWS;
  size_t end = m->n_used - at < CONVERT_ROWS ? m->n_used : at + CONVERT_ROWS;
  if (lb_column_type(c->column) == LB_REAL)
    convert_reals(m, lb_column_real(c->column), at, end, c->out);
  else if (lb_column_type(c->column) == LB_INTEGER)
    convert_integers(m, lb_column_integer(c->column), at, end, c->out);
  else
    for (size_t i = at; i < end; i++) c->out[i] = lb_column_number(c->column, m->row[i]);
}

/* Interrupted, the numbers are not complete; whoever works on them next finds out. */
double *lb_model_numbers(const lb_model_data *d, size_t slot)
{
  const lb_model *m = d->model;
  conversion c = {.model = m, .column = d->slot[slot].column};
  c.out = lb_mem_array(m->n_used, sizeof *c.out);
  if (c.out == NULL) return NULL;
  size_t blocks = (m->n_used + CONVERT_ROWS - 1) / CONVERT_ROWS;
  if (!lb_parallel(blocks, m->n_used >= PARALLEL_ROWS, convert_block, &c))
    memset(c.out, 0, m->n_used * sizeof *c.out);
  return c.out;
}

const double *lb_model_reals(const lb_model_data *d, size_t slot)
{
  bool as_it_stands = d->model->n_missing == 0 && lb_column_type(d->slot[slot].column) == LB_REAL;
  return as_it_stands ? lb_column_real(d->slot[slot].column) : NULL;
}

void lb_model_name_rows(const lb_model_data *d, const uint8_t *bad, char *out, size_t size)
{
  const lb_model *m = d->model;
  const char *source = lb_frame_source(d->frame);
  size_t n = 0, used = 0;
  char list[ROWS_NAMED * 24 + 8] = "";
  for (size_t i = 0; i < m->n_used; i++) {
    if (!bad[i] || ++n > ROWS_NAMED) continue;
    used += (size_t)snprintf(list + used, sizeof list - used, n == 1 ? "%zu" : ", %zu",
                             lb_frame_source_row(d->frame, m->row[i]) + 1);
  }
  if (n > ROWS_NAMED) snprintf(list + used, sizeof list - used, ", ...");
  snprintf(out, size, "row%s %s%s%.100s", n == 1 ? "" : "s", list, source == NULL ? "" : " of ",
           source == NULL ? "" : source);
}

void lb_model_mend_dropped(const lb_model *model, lb_error *err)
{
  lb_str s = {0};
  for (size_t i = 0; i < model->n_dropped; i++)
    lb_str_addf(&s, "%s%zu with %s missing", i == 0 ? "" : ", ", model->dropped[i].n,
                model->dropped[i].variable);
  if (s.length > 0 && !s.failed) lb_error_mend(err, "Dropped: %s.", s.data);
  lb_str_reset(&s);
}
