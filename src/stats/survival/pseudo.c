/* pseudo.c - jackknife pseudo-values, all rows in one walk a horizon. */
#include "stats/survival/pseudo.h"

#include "base/interrupt.h"
#include "base/mem.h"

#include <math.h>

/* LB_EDATA when the data of class c do not reach tau. */
static lb_status check_reach(const lb_riskset *set, size_t c, double tau, lb_error *err)
{
  double last = 0;
  bool ended = false;
  for (size_t t = set->class_time[c]; t < set->class_time[c + 1]; t++) {
    if (!(set->n_risk[t] > 0)) continue;
    ended = ended || set->n_event[t] >= set->n_risk[t];
    last = set->time[t];
  }
  if (tau <= last || ended) return LB_OK;
  const char *where = set->n_class > 1 ? " of a stratum" : "";
  lb_error_set(err, LB_EDATA, "%g is beyond the last time%s, %g, with people event-free then", tau,
               where, last);
  lb_error_mend(err, "Choose a time up to %g.", last);
  return LB_EDATA;
}

/* One horizon in class c: what the walk leaves in `value` becomes pseudo-values. */
static double fill_class(lb_horizon_walk *w, const lb_surv *y, size_t c, const lb_horizon *at,
                         bool infinitesimal, double *value)
{
  const lb_riskset *set = w->set;
  double persons = 0;
  for (size_t t = set->class_time[c]; t < set->class_time[c + 1]; t++)
    persons += set->n_event[t] + set->n_censor[t];
  double estimate = lb_horizon_walk_class(w, c, at);
  if (infinitesimal)
    lb_horizon_influence(w, y, c, value);
  else
    lb_horizon_leave_one(w, y, c, value);
  for (size_t k = set->class_row[c]; k < set->class_row[c + 1]; k++) {
    size_t row = set->by_time[k];
    double weight = y->weight == NULL ? 1 : y->weight[row];
    double scale = infinitesimal ? persons / weight : 1 - persons;
    value[row] = weight > 0 ? estimate + scale * value[row] : (double)NAN;
  }
  return estimate;
}

static lb_status fill(const lb_surv *y, const lb_riskset *set, const lb_pseudo_options *opt,
                      lb_pseudo *p, lb_error *err)
{
  lb_horizon_walk w = {0};
  lb_status st = lb_horizon_walk_new(set, &w, err);
  for (size_t k = 0; st == LB_OK && k < opt->n_at; k++) {
    for (size_t c = 0; st == LB_OK && c < set->n_class; c++) {
      if (set->class_row[c] == set->class_row[c + 1]) continue;
      st = check_reach(set, c, opt->at[k].tau, err);
      if (st != LB_OK) break;
      p->estimate[k * p->n_strata + c] =
          fill_class(&w, y, c, &opt->at[k], opt->infinitesimal, p->value + k * y->n);
    }
    if (st == LB_OK && lb_interrupted()) st = lb_error_interrupted(err);
  }
  lb_horizon_walk_reset(&w);
  return st;
}

lb_status lb_pseudo_values(const lb_surv *y, const lb_partition *strata,
                           const lb_pseudo_options *opt, lb_pseudo *out, lb_error *err)
{
  lb_riskset set = {0};
  lb_status st = LB_OK;
  for (size_t k = 0; st == LB_OK && k < opt->n_at; k++)
    st = lb_horizon_check(&opt->at[k], y->cause == NULL ? 0 : y->n_cause, err);
  if (st == LB_OK) st = lb_riskset_sort(y, strata, &set, err);
  if (st != LB_OK) return st;
  lb_pseudo p = {.n = y->n, .n_at = opt->n_at, .n_strata = set.n_class};
  p.value = lb_mem_array(opt->n_at * y->n, sizeof *p.value);
  p.estimate = lb_mem_zero(opt->n_at * p.n_strata, sizeof *p.estimate);
  st = p.value == NULL || p.estimate == NULL ? lb_error_nomem(err, "pseudo-values")
                                             : fill(y, &set, opt, &p, err);
  if (st == LB_OK) {
    *out = p;
    p = (lb_pseudo){0};
  }
  lb_pseudo_reset(&p);
  lb_riskset_reset(&set);
  return st;
}

void lb_pseudo_reset(lb_pseudo *p)
{
  if (p == NULL) return;
  lb_mem_free(p->value);
  lb_mem_free(p->estimate);
  *p = (lb_pseudo){0};
}
