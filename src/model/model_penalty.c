/* model_penalty.c - the penalised terms of a model: which columns they hold, the groups of a
 * frailty. */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "model/formula_terms.h"
#include "model/model_data.h"

static const char *const WORDS[] = {[LB_PENALTY_RIDGE] = "ridge",
                                    [LB_PENALTY_SPLINE] = "pspline",
                                    [LB_PENALTY_FRAILTY] = "frailty"};

lb_status lb_model_check_penalties(const lb_formula *f, unsigned accepts, lb_error *err)
{
  if (f->n_penalty == 0 || (accepts & LB_ACCEPTS_PENALTIES) != 0) return LB_OK;
  const lb_penalty_spec *spec = &f->penalty[0];
  lb_formula_error(f, (lb_span){spec->start, spec->end}, err,
                   "%s() is a penalised term, which this method does not take",
                   WORDS[spec->penalty.kind]);
  lb_error_mend(err, "survival.cox takes penalised terms.");
  return LB_EPARSE;
}

/* The columns of the term's variables by themselves, appended to the model's list. */
static size_t list_columns(const lb_model *m, uint64_t set, size_t *out)
{
  size_t n = 0;
  for (size_t j = 0; j < m->p; j++)
    for (size_t v = 0; v < m->n_part; v++)
      if ((set >> v & 1) != 0 && strcmp(m->term[j].variable, m->part[v].name) == 0) out[n++] = j;
  return n;
}

/* Between the knots of a pspline(). */
static double knot_spacing(const lb_model *m, uint64_t set)
{
  for (size_t v = 0; v < m->n_part; v++)
    if ((set >> v & 1) != 0 && m->part[v].basis != NULL)
      return m->part[v].basis->knot[1] - m->part[v].basis->knot[0];
  return 0;
}

/* Degrees of freedom that a term cannot have are refused where they stand. */
static lb_status check_df(const lb_model *m, const lb_penalty_spec *spec, const lb_penalty *p,
                          lb_error *err)
{
  double most = (double)(p->kind == LB_PENALTY_FRAILTY ? m->frailty.n : p->n_column);
  if (p->method != LB_PENALTY_DF || p->df < most) return LB_OK;
  lb_formula_error(&m->formula, (lb_span){spec->start, spec->end}, err,
                   "%s(): df is %g; it must be below the number of its %s, %g", WORDS[p->kind],
                   p->df, p->kind == LB_PENALTY_FRAILTY ? "groups" : "columns", most);
  lb_error_mend(err, "A penalty takes degrees of freedom away: give fewer than %g.", most);
  return LB_EPARSE;
}

lb_status lb_model_penalties(lb_model_data *d, lb_error *err)
{
  lb_model *m = d->model;
  const lb_formula *f = &m->formula;
  size_t used = 0;
  lb_status st = LB_OK;
  if (f->n_penalty == 0) return LB_OK;
  if (f->n_frailty > 0) st = lb_model_classes(d, d->frailty, 1, 0, &m->frailty, err);
  if (st != LB_OK) return st;
  m->penalty = lb_mem_zero(f->n_penalty, sizeof *m->penalty);
  m->penalty_column = lb_mem_zero(m->p, sizeof *m->penalty_column);
  if (m->penalty == NULL || m->penalty_column == NULL) return lb_error_nomem(err, "design");
  for (size_t k = 0; k < f->n_penalty && st == LB_OK; k++) {
    lb_penalty *p = &m->penalty[m->n_penalty++];
    *p = f->penalty[k].penalty;
    p->column = m->penalty_column + used;
    p->n_column = list_columns(m, f->penalty[k].set, m->penalty_column + used);
    used += p->n_column;
    if (p->kind == LB_PENALTY_SPLINE) p->spacing = knot_spacing(m, f->penalty[k].set);
    if (isnan(p->df)) p->df = (double)p->n_column / 2;
    st = check_df(m, &f->penalty[k], p, err);
  }
  return st;
}
