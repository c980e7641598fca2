/* model_stack.c - rows between states as one Cox model: a copy of the rows at risk of each
 * transition, below each other. */
#include "model/model_stack.h"

#include "base/mem.h"
#include "model/model_data.h"

#include <stdio.h>
#include <string.h>

/* Rows of the design and transitions in the order of the copies. */
typedef struct stack {
  const lb_model *design;
  const lb_stack_plan *plan;
  lb_model *out;
  uint32_t *source; /* n_used: row of the design */
  uint32_t *of;     /* n_used: transition */
} stack;

static char *copy_text(const char *text)
{
  return text == NULL ? NULL : lb_mem_text(text, strlen(text));
}

static lb_status check_plan(const lb_model *d, const lb_stack_plan *plan, lb_error *err)
{
  size_t cells = plan->n_transition * plan->n_coef;
  bool wrong = d->time == NULL;
  for (size_t i = 0; i < cells; i++)
    wrong |= plan->column[i] < LB_STACK_CONSTANT || plan->column[i] >= (int32_t)d->p;
  for (size_t h = 0; h < plan->n_transition; h++) wrong |= plan->baseline[h] >= plan->n_baseline;
  return wrong ? lb_error_set(err, LB_EARG, "a transition's column or baseline is out of range")
               : LB_OK;
}

static bool list_copies(stack *s)
{
  const lb_stack_plan *plan = s->plan;
  size_t n = 0;
  for (size_t h = 0; h < plan->n_transition; h++)
    for (size_t i = 0; i < s->design->n_used; i++) n += plan->state[i] == plan->from[h];
  s->source = lb_mem_array(n, sizeof *s->source);
  s->of = lb_mem_array(n, sizeof *s->of);
  if (s->source == NULL || s->of == NULL) return false;
  s->out->n_used = n;
  n = 0;
  for (size_t h = 0; h < plan->n_transition; h++) {
    for (size_t i = 0; i < s->design->n_used; i++) {
      if (plan->state[i] != plan->from[h]) continue;
      s->source[n] = (uint32_t)i;
      s->of[n++] = (uint32_t)h;
    }
  }
  return true;
}

/* NULL stays NULL; false without memory. */
static bool copy_reals(const stack *s, const double *from, double **to)
{
  if (from == NULL) return true;
  *to = lb_mem_array(s->out->n_used, sizeof **to);
  for (size_t k = 0; *to != NULL && k < s->out->n_used; k++) (*to)[k] = from[s->source[k]];
  return *to != NULL;
}

static bool copy_outcome(const stack *s)
{
  const lb_model *d = s->design;
  lb_model *m = s->out;
  size_t n = m->n_used;
  if (!copy_reals(s, d->time, &m->time) || !copy_reals(s, d->entry, &m->entry) ||
      !copy_reals(s, d->weight, &m->weight) || !copy_reals(s, d->offset, &m->offset))
    return false;
  m->event = lb_mem_array(n, 1);
  m->row = lb_mem_array(n, sizeof *m->row);
  m->cluster = lb_mem_array(n, sizeof *m->cluster);
  if (m->event == NULL || m->row == NULL || m->cluster == NULL) return false;
  for (size_t k = 0; k < n; k++) {
    size_t i = s->source[k];
    m->event[k] = s->plan->next[i] == s->plan->to[s->of[k]];
    m->row[k] = d->row[i];
    m->cluster[k] = s->plan->cluster == NULL ? (int32_t)i : s->plan->cluster[i];
    double weight = m->weight == NULL ? 1 : m->weight[k];
    m->n_event += m->event[k];
    m->weight_total += weight;
    m->weight_event += m->event[k] ? weight : 0;
  }
  m->n_cluster = s->plan->cluster == NULL ? d->n_used : s->plan->n_cluster;
  m->time_max = d->time_max;
  m->n_rows = d->n_rows;
  m->n_missing = d->n_missing;
  m->time_label = copy_text(d->time_label);
  m->time_unit = copy_text(d->time_unit);
  return (d->time_label == NULL || m->time_label != NULL) &&
         (d->time_unit == NULL || m->time_unit != NULL);
}

/* "entry -> death" alone, or behind the stratum of the design. */
static char *stratum_label(const stack *s, size_t class, size_t baseline, bool name)
{
  const lb_classes *strata = &s->design->strata;
  const char *own = s->plan->baseline_name[baseline];
  if (strata->n < 2) return copy_text(own);
  const char *first = name ? strata->name[class] : strata->label[class];
  size_t size = strlen(first) + strlen(own) + 3;
  char *text = lb_mem_array(size, 1);
  if (text != NULL) snprintf(text, size, "%s, %s", first, own);
  return text;
}

static bool make_strata(const stack *s)
{
  const lb_classes *strata = &s->design->strata;
  size_t n_class = strata->n == 0 ? 1 : strata->n, b = s->plan->n_baseline;
  lb_classes *out = &s->out->strata;
  out->code = lb_mem_array(s->out->n_used, sizeof *out->code);
  out->label = lb_mem_zero(n_class * b, sizeof *out->label);
  out->name = lb_mem_zero(n_class * b, sizeof *out->name);
  if (out->code == NULL || out->label == NULL || out->name == NULL) return false;
  out->n = n_class * b;
  for (size_t i = 0; i < out->n; i++) {
    out->label[i] = stratum_label(s, i / b, i % b, false);
    out->name[i] = stratum_label(s, i / b, i % b, true);
    if (out->label[i] == NULL || out->name[i] == NULL) return false;
  }
  for (size_t k = 0; k < s->out->n_used; k++) {
    size_t class = strata->code == NULL ? 0 : (size_t)strata->code[s->source[k]];
    out->code[k] = (int32_t)(class * b + s->plan->baseline[s->of[k]]);
  }
  return true;
}

/* Rows and events that a coefficient bears on: of a level those with it, else all of its
 * transitions. */
static void count_term(const stack *s, size_t c, lb_term *term)
{
  const lb_model *m = s->out;
  for (size_t k = 0; k < m->n_used; k++) {
    int32_t column = s->plan->column[s->of[k] * s->plan->n_coef + c];
    if (column == LB_STACK_ABSENT || (term->level != NULL && m->own[c][k] == 0)) continue;
    double weight = m->weight == NULL ? 1 : m->weight[k];
    term->n_level++;
    term->n_event_level += m->event[k];
    term->weight_level += weight;
    term->weight_event_level += m->event[k] ? weight : 0;
  }
}

static bool make_column(const stack *s, size_t c)
{
  lb_model *m = s->out;
  const lb_stack_coef *coef = &s->plan->coef[c];
  double *x = lb_mem_zero(m->n_used, sizeof *x);
  m->own[c] = x;
  m->column[c] = x;
  lb_term *term = &m->term[c];
  term->term = copy_text(coef->term);
  term->variable = copy_text(coef->variable);
  term->level = copy_text(coef->level);
  term->reference = copy_text(coef->reference);
  if (x == NULL || term->term == NULL || term->variable == NULL ||
      (coef->level != NULL && term->level == NULL) ||
      (coef->reference != NULL && term->reference == NULL))
    return false;
  for (size_t k = 0; k < m->n_used; k++) {
    int32_t column = s->plan->column[s->of[k] * s->plan->n_coef + c];
    if (column == LB_STACK_CONSTANT) x[k] = 1;
    if (column >= 0) x[k] = s->design->column[column][s->source[k]];
  }
  count_term(s, c, term);
  return true;
}

static bool make_columns(const stack *s)
{
  lb_model *m = s->out;
  size_t p = s->plan->n_coef;
  m->column = lb_mem_zero(p, sizeof *m->column);
  m->own = lb_mem_zero(p, sizeof *m->own);
  m->term = lb_mem_zero(p, sizeof *m->term);
  if (m->column == NULL || m->own == NULL || m->term == NULL) return false;
  m->p = p;
  for (size_t c = 0; c < p; c++)
    if (!make_column(s, c)) return false;
  return true;
}

lb_status lb_model_stack(const lb_model *design, const lb_stack_plan *plan, lb_model *out,
                         lb_error *err)
{
  lb_model m = {0};
  stack s = {.design = design, .plan = plan, .out = &m};
  lb_status st = check_plan(design, plan, err);
  if (st != LB_OK) return st;
  bool ok = list_copies(&s);
  if (ok && m.n_used == 0) st = lb_error_set(err, LB_EDATA, "nobody is at risk of any transition");
  ok = ok && st == LB_OK && copy_outcome(&s) && make_strata(&s) && make_columns(&s);
  if (ok) {
    *out = m;
    m = (lb_model){0};
  } else if (st == LB_OK) {
    st = lb_error_nomem(err, "transitions");
  }
  lb_model_reset(&m);
  lb_mem_free(s.source);
  lb_mem_free(s.of);
  return st;
}
