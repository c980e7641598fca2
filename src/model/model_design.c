/* model_design.c - terms become columns: treatment contrasts, interactions, and what each column
 * means. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "base/interrupt.h"
#include "base/mem.h"
#include "base/str.h"
#include "model/model_data.h"

#define COLUMNS_MAX 5000
#define ROWS_TEXT   320

/* One variable of the formula, ready to be multiplied into columns. */
typedef struct term_part {
  const char *name;
  const double *number; /* numeric: the values; else NULL */
  double *own;          /* the values when they are not a column's; the model may take them */
  lb_column *column;    /* else that column */
  lb_coding coding;     /* factor */
} term_part;

typedef struct design {
  lb_model_data *d;
  term_part *part; /* one a variable of the formula */
  size_t n_part;
} design;

/* The variables of one term: how many columns each gives, and which of its levels is the first. */
typedef struct term_plan {
  term_part *part[64];
  size_t width[64]; /* 1 for a number */
  size_t first[64]; /* level of the first column: 1 under contrasts, 0 in full coding */
  size_t n, n_columns;
} term_plan;

static void design_reset(design *g)
{
  for (size_t v = 0; g->part != NULL && v < g->n_part; v++) {
    lb_mem_free(g->part[v].own);
    lb_coding_reset(&g->part[v].coding);
  }
  lb_mem_free(g->part);
}

/* ---- Parts ---- */

static lb_status refuse_infinite(const lb_model_data *d, size_t slot, const double *value,
                                 lb_error *err)
{
  const lb_model *m = d->model;
  char rows[ROWS_TEXT];
  size_t n = 0;
  for (size_t i = 0; i < m->n_used; i++) n += fabs(value[i]) > DBL_MAX;
  if (n == 0) return LB_OK;
  uint8_t *bad = lb_mem_zero(m->n_used, 1);
  if (bad == NULL) return lb_error_nomem(err, "design");
  for (size_t i = 0; i < m->n_used; i++) bad[i] = isinf(value[i]) != 0;
  lb_model_name_rows(d, bad, rows, sizeof rows);
  lb_mem_free(bad);
  lb_error_set(err, LB_EDATA, "'%.200s' is infinite in %zu row%s (%s)", d->slot[slot].name, n,
               n == 1 ? "" : "s", rows);
  lb_error_mend(err, "The logarithm of 0 and a division by 0 are infinite.");
  return LB_EDATA;
}

static lb_status finite_numbers(const lb_model_data *d, size_t slot, double **out, lb_error *err)
{
  *out = lb_model_numbers(d, slot);
  return *out == NULL ? lb_error_nomem(err, "design") : refuse_infinite(d, slot, *out, err);
}

/* Numbers of a variable, without a copy where the column has them as they are. */
static lb_status fill_numbers(const lb_model_data *d, size_t slot, term_part *part, lb_error *err)
{
  part->number = lb_model_reals(d, slot);
  if (part->number != NULL) {
    part->column = d->slot[slot].column;
    return refuse_infinite(d, slot, part->number, err);
  }
  part->number = part->own = lb_model_numbers(d, slot);
  if (part->own == NULL) return lb_error_nomem(err, "design");
  bool integer = lb_column_type(d->slot[slot].column) == LB_INTEGER;
  return integer ? LB_OK : refuse_infinite(d, slot, part->own, err);
}

/* A factor of one level explains nothing; says which rows took the others away. */
static lb_status refuse_one_level(const lb_model_data *d, size_t slot, const lb_coding *c,
                                  lb_error *err)
{
  const lb_model *m = d->model;
  bool secret = lb_column_type(d->slot[slot].column) == LB_TEXT;
  const char *open = secret ? "" : " ('", *close = secret ? "" : "')";
  const char *level = secret ? "" : c->label[0];
  if (m->n_missing == 0)
    return lb_error_set(err, LB_EDATA, "'%.200s' has one level only%s%.100s%s", d->slot[slot].name,
                        open, level, close);
  lb_error_set(
      err, LB_EDATA,
      "'%.200s' has one level left%s%.100s%s after %zu row%s with missing values %s dropped",
      d->slot[slot].name, open, level, close, m->n_missing, m->n_missing == 1 ? "" : "s",
      m->n_missing == 1 ? "was" : "were");
  lb_model_mend_dropped(m, err);
  return LB_EDATA;
}

static lb_status fill_part(design *g, size_t v, lb_error *err)
{
  lb_model_data *d = g->d;
  size_t slot = d->variable[v];
  lb_type type = lb_column_type(d->slot[slot].column);
  term_part *part = &g->part[v];
  part->name = d->slot[slot].name;
  if (type == LB_REAL || type == LB_INTEGER) return fill_numbers(d, slot, part, err);
  if (type == LB_DATE || type == LB_DATETIME) {
    const lb_variable *variable = &d->model->formula.variable[v];
    lb_error_set(err, LB_ETYPE, "'%.200s' is %s, a number or factor was expected", part->name,
                 lb_model_type_words(type));
    lb_error_caret(err, d->model->formula.text, d->model->formula.length, variable->start,
                   variable->end);
    lb_error_mend(err, "Write the time between two dates:  years(start, %s)", variable->text);
    return LB_ETYPE;
  }
  lb_status st = lb_model_code(d, slot, 0, &part->coding, err);
  if (st != LB_OK || part->coding.n > 1) return st;
  return refuse_one_level(d, slot, &part->coding, err);
}

/* ---- Coding of a term ---- */

/* true when the columns of earlier terms span what the set spans: they hold all its variables. */
static bool has_margin(const lb_formula *f, size_t term, uint64_t set)
{
  if (set == 0) return true; /* the intercept, which a Cox model implies */
  for (size_t t = 0; t < term; t++)
    if ((set & ~f->term[t]) == 0) return true;
  return false;
}

/* R's rule (Chambers & Hastie 1992, Statistical Models in S, p. 38): a factor of a term is coded by
 * contrasts when the term without that factor is in the model, alone or within an earlier term; by
 * a column for every level when not. */
static term_plan plan_term(const design *g, size_t t)
{
  const lb_formula *f = &g->d->model->formula;
  uint64_t term = f->term[t];
  term_plan r = {.n_columns = 1};
  for (size_t v = 0; v < g->n_part; v++) {
    if ((term >> v & 1) == 0) continue;
    term_part *part = &g->part[v];
    bool contrasts = has_margin(f, t, term & ~((uint64_t)1 << v));
    bool factor = part->number == NULL;
    r.part[r.n] = part;
    r.first[r.n] = factor && contrasts;
    r.width[r.n] = factor ? part->coding.n - r.first[r.n] : 1;
    r.n_columns *= r.width[r.n];
    if (r.n_columns > COLUMNS_MAX) r.n_columns = COLUMNS_MAX + 1; /* and no overflow */
    r.n++;
  }
  return r;
}

/* Level of part k in column number `at` of the term: the first factor varies fastest. */
static size_t level_at(const term_plan *r, size_t k, size_t at)
{
  for (size_t i = 0; i < k; i++) at /= r->width[i];
  return r->first[k] + at % r->width[k];
}

static void multiply(double *column, const term_part *part, size_t level, size_t n)
{
  if (part->number != NULL) {
    for (size_t i = 0; i < n; i++) column[i] *= part->number[i];
    return;
  }
  const int32_t *code = part->coding.code;
  for (size_t i = 0; i < n; i++) column[i] *= code[i] == (int32_t)level ? 1.0 : 0.0;
}

static double *make_column(const term_plan *r, size_t at, size_t n)
{
  double *column = lb_mem_array(n, sizeof *column);
  if (column == NULL) return NULL;
  for (size_t i = 0; i < n; i++) column[i] = 1.0;
  for (size_t k = 0; k < r->n; k++) multiply(column, r->part[k], level_at(r, k, at), n);
  return column;
}

/* ---- What a column means ---- */

static void append(lb_str *s, const char *text)
{
  if (s->length > 0) lb_str_putc(s, ':');
  lb_str_puts(s, text);
}

/* NULL for nothing; false: out of memory. */
static bool take_text(lb_str *s, char **out)
{
  bool ok = !s->failed;
  *out = s->length > 0 ? lb_str_take(s, NULL) : NULL;
  ok = ok && (s->length == 0 || *out != NULL);
  lb_str_reset(s);
  return ok;
}

static bool describe(const term_plan *r, size_t at, lb_term *out)
{
  lb_str term = {0}, variable = {0}, level = {0}, reference = {0};
  for (size_t k = 0; k < r->n; k++) {
    const lb_coding *coding = &r->part[k]->coding;
    append(&term, r->part[k]->name);
    append(&variable, r->part[k]->name);
    if (r->part[k]->number != NULL) continue;
    const char *label = coding->label[level_at(r, k, at)];
    lb_str_putc(&term, '[');
    lb_str_puts(&term, label);
    lb_str_putc(&term, ']');
    append(&level, label);
    if (r->first[k] == 1) append(&reference, coding->label[0]);
  }
  bool ok = take_text(&term, &out->term);
  ok = take_text(&variable, &out->variable) && ok;
  ok = take_text(&level, &out->level) && ok;
  ok = take_text(&reference, &out->reference) && ok;
  return ok && out->term != NULL && out->variable != NULL;
}

/* Rows and events of a single factor's level; of all rows for anything else. */
static void count_rows(const lb_model *m, const term_plan *r, const double *column, lb_term *out)
{
  out->n_level = m->n_used;
  out->n_event_level = m->n_event;
  if (r->n != 1 || r->part[0]->number != NULL) return;
  out->n_level = out->n_event_level = 0;
  for (size_t i = 0; i < m->n_used; i++) {
    bool in = column[i] != 0;
    out->n_level += in;
    out->n_event_level += in & m->event[i];
  }
}

/* A number by itself is its own column: taken, or kept where it lies. Else a column is made. */
static bool set_column(lb_model *m, const term_plan *r, size_t at, size_t j)
{
  term_part *part = r->part[0];
  if (r->n != 1 || part->number == NULL) {
    m->own[j] = make_column(r, at, m->n_used);
    m->column[j] = m->own[j];
    return m->own[j] != NULL;
  }
  m->column[j] = part->number;
  if (part->column != NULL)
    m->kept[m->n_kept++] = lb_column_retain(part->column);
  else
    m->own[j] = part->own;
  part->own = NULL;
  return true;
}

static lb_status add_term(design *g, const term_plan *r, lb_error *err)
{
  lb_model *m = g->d->model;
  for (size_t at = 0; at < r->n_columns; at++) {
    if (lb_interrupted()) return lb_error_interrupted(err);
    size_t j = m->p++; /* from here on the model's own, complete or not */
    m->term[j] = (lb_term){0};
    if (!set_column(m, r, at, j) || !describe(r, at, &m->term[j]))
      return lb_error_nomem(err, "design");
    count_rows(m, r, m->column[j], &m->term[j]);
  }
  return LB_OK;
}

static lb_status add_terms(design *g, lb_error *err)
{
  lb_model *m = g->d->model;
  size_t p = 0;
  for (size_t t = 0; t < m->formula.n_term && p <= COLUMNS_MAX; t++) p += plan_term(g, t).n_columns;
  if (p > COLUMNS_MAX) {
    lb_error_set(err, LB_EDATA, "the design would have more than %d columns", COLUMNS_MAX);
    lb_error_mend(err, "Is a term an id, or text with a value of its own in each row?");
    return LB_EDATA;
  }
  m->column = lb_mem_zero(p, sizeof *m->column);
  m->own = lb_mem_zero(p, sizeof *m->own);
  m->kept = lb_mem_zero(p, sizeof *m->kept);
  m->term = lb_mem_zero(p, sizeof *m->term);
  bool ok = m->column != NULL && m->own != NULL && m->kept != NULL && m->term != NULL;
  lb_status st = ok ? LB_OK : lb_error_nomem(err, "design");
  for (size_t t = 0; t < m->formula.n_term && st == LB_OK; t++) {
    term_plan r = plan_term(g, t);
    st = add_term(g, &r, err);
  }
  return st;
}

lb_status lb_model_columns(lb_model_data *d, lb_error *err)
{
  design g = {.d = d, .n_part = d->model->formula.n_variable};
  lb_status st = LB_OK;
  g.part = lb_mem_zero(g.n_part, sizeof *g.part);
  if (g.part == NULL) st = lb_error_nomem(err, "design");
  for (size_t v = 0; v < g.n_part && st == LB_OK; v++) st = fill_part(&g, v, err);
  if (st == LB_OK) st = add_terms(&g, err);
  design_reset(&g);
  return st;
}

/* The sum of all offset() terms. */
lb_status lb_model_offset(lb_model_data *d, lb_error *err)
{
  lb_model *m = d->model;
  for (size_t k = 0; k < m->formula.n_offset; k++) {
    const lb_slot *slot = &d->slot[d->offset[k]];
    lb_type type = lb_column_type(slot->column);
    double *more = NULL;
    if (type != LB_REAL && type != LB_INTEGER)
      return lb_error_set(err, LB_ETYPE, "offset '%.200s' is %s, a number was expected", slot->name,
                          lb_model_type_words(type));
    lb_status st = finite_numbers(d, d->offset[k], &more, err);
    if (st == LB_OK && m->offset == NULL) {
      m->offset = more;
      continue;
    }
    for (size_t i = 0; st == LB_OK && i < m->n_used; i++) m->offset[i] += more[i];
    lb_mem_free(more);
    if (st != LB_OK) return st;
  }
  return LB_OK;
}
