/* model_design.c - terms become columns: treatment contrasts, interactions, and what each column
 * means. */
#include <math.h>
#include <string.h>

#include "base/interrupt.h"
#include "base/mem.h"
#include "base/str.h"
#include "model/model_data.h"

#define COLUMNS_MAX 5000

typedef struct design {
  lb_model_data *d;
  lb_part *part; /* one a variable of the formula */
  size_t n_part;
} design;

/* The variables of one term: how many columns each gives, and which of its levels is the first. */
typedef struct term_plan {
  lb_part *part[64];
  size_t width[64]; /* 1 for a number, the columns of a basis */
  size_t first[64]; /* level of the first column: 1 under contrasts, 0 in full coding */
  size_t n, n_columns;
} term_plan;

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
    lb_part *part = &g->part[v];
    bool contrasts = has_margin(f, t, term & ~((uint64_t)1 << v));
    bool factor = part->n_number == 0;
    r.part[r.n] = part;
    r.first[r.n] = factor && contrasts;
    r.width[r.n] = factor ? part->coding.n - r.first[r.n] : part->n_number;
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

static void multiply(double *column, const lb_part *part, size_t level, size_t n)
{
  if (part->n_number > 0) {
    const double *number = part->number[level];
    for (size_t i = 0; i < n; i++) column[i] *= number[i];
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
    if (r->part[k]->n_number > 1) lb_str_addf(&term, "[%zu]", level_at(r, k, at) + 1);
    if (r->part[k]->n_number > 0) continue;
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
  out->weight_level = m->weight_total;
  out->weight_event_level = m->weight_event;
  if (r->n != 1 || r->part[0]->n_number > 0) return;
  out->n_level = out->n_event_level = 0;
  out->weight_level = out->weight_event_level = 0;
  for (size_t i = 0; i < m->n_used; i++) {
    bool in = column[i] != 0, event = in && m->event != NULL && m->event[i];
    out->n_level += in;
    out->n_event_level += event;
    if (m->weight == NULL || !in) continue;
    out->weight_level += m->weight[i];
    out->weight_event_level += event ? m->weight[i] : 0;
  }
}

/* A number by itself is its own column: taken, or kept where it lies. Else a column is made. */
static bool set_column(lb_model *m, const term_plan *r, size_t at, size_t j)
{
  lb_part *part = r->part[0];
  if (r->n != 1 || part->n_number == 0) {
    m->own[j] = make_column(r, at, m->n_used);
    m->column[j] = m->own[j];
    return m->own[j] != NULL;
  }
  size_t level = level_at(r, 0, at);
  m->column[j] = part->number[level];
  if (part->column != NULL) {
    m->kept[m->n_kept++] = lb_column_retain(part->column);
    return true;
  }
  m->own[j] = part->own[level];
  part->own[level] = NULL;
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

lb_status lb_model_columns(lb_model_data *d, const lb_model *like, lb_error *err)
{
  lb_model *m = d->model;
  design g = {.d = d, .n_part = m->formula.n_variable};
  lb_status st = LB_OK;
  m->part = lb_mem_zero(g.n_part, sizeof *m->part);
  if (m->part == NULL) return lb_error_nomem(err, "design");
  m->n_part = g.n_part;
  g.part = m->part;
  for (size_t v = 0; v < g.n_part && st == LB_OK; v++)
    st = lb_part_fill(d, v, like == NULL ? NULL : &like->part[v], &g.part[v], err);
  if (st == LB_OK) st = add_terms(&g, err);
  for (size_t v = 0; v < g.n_part; v++) lb_part_drop_rows(&g.part[v]);
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
    lb_status st = lb_model_finite(d, d->offset[k], &more, err);
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
