/* censor_weight.c - inverse probability of censoring weights, and what estimating them adds. */
#include "stats/survival/censor_weight.h"

#include "base/mem.h"

#include <math.h>

/* What a row is worth when its fate up to tau is known. */
static double worth(const lb_horizon *h, const lb_surv *y, size_t i)
{
  double t = y->time[i];
  bool own = y->event[i] && t <= h->tau;
  if (own && h->cause > 0 && y->cause != NULL) own = (size_t)y->cause[i] == h->cause;
  switch (h->kind) {
  case LB_HORIZON_SURVIVAL:
    return t > h->tau || !y->event[i];
  case LB_HORIZON_MEAN:
    return fmax(0, fmin(t, h->tau) - h->from);
  case LB_HORIZON_INCIDENCE:
    return own;
  case LB_HORIZON_LOST:
    return own ? h->tau - fmax(t, h->from) : 0;
  }
  return (double)NAN;
}

/* Those at risk of being censored at time t of the set. */
static double at_risk(const lb_censor_weight *w, size_t t)
{
  return w->set.n_risk[t] - (w->together ? 0 : w->set.n_event[t]);
}

/* 1 / G of the observed, class by class. */
static void weigh(lb_censor_weight *w)
{
  const lb_riskset *set = &w->set;
  for (size_t c = 0; c < set->n_class; c++) {
    double uncensored = 1;
    for (size_t t = set->class_time[c]; t < set->class_time[c + 1]; t++) {
      double before = uncensored, n = at_risk(w, t);
      if (set->n_censor[t] > 0 && n > 0) uncensored *= (n - set->n_censor[t]) / n;
      double g = w->together ? uncensored : before;
      for (size_t k = set->time_row[t]; k < set->time_row[t + 1]; k++) {
        double *inverse = &w->inverse[set->by_time[k]];
        *inverse = *inverse > 0 && g > 0 ? 1 / g : 0;
      }
    }
  }
}

/* tau must not be beyond the last time of a class whose last row is censored. */
static lb_status check_reach(const lb_censor_weight *w, double tau, lb_error *err)
{
  const lb_riskset *set = &w->set;
  for (size_t c = 0; c < set->n_class; c++) {
    size_t end = set->class_time[c + 1];
    if (end == set->class_time[c] || set->time[end - 1] >= tau || set->n_censor[end - 1] == 0)
      continue;
    lb_error_set(err, LB_EDATA, "%g is beyond the last time%s, %g, with people event-free then",
                 tau, set->n_class > 1 ? " of a stratum" : "", set->time[end - 1]);
    lb_error_mend(err, "Choose a time up to %g.", set->time[end - 1]);
    return LB_EDATA;
  }
  return LB_OK;
}

lb_status lb_censor_weight_new(const lb_surv *y, const lb_partition *strata, const lb_horizon *at,
                               bool together, lb_censor_weight *out, lb_error *err)
{
  size_t n = y->n;
  lb_censor_weight w = {.n = n, .together = together};
  lb_status st = lb_horizon_check(at, y->cause == NULL ? 0 : y->n_cause, err);
  if (st != LB_OK) return st;
  if (y->entry != NULL)
    return lb_error_set(err, LB_EARG, "weights of censoring do not take late entry");
  double *time = lb_mem_array(n, sizeof *time);
  uint8_t *known = lb_mem_array(n, sizeof *known);
  w.value = lb_mem_zero(n, sizeof *w.value);
  w.inverse = lb_mem_zero(n, sizeof *w.inverse);
  if (time == NULL || known == NULL || w.value == NULL || w.inverse == NULL)
    st = lb_error_nomem(err, "weights of censoring");
  if (st == LB_OK) {
    for (size_t i = 0; i < n; i++) {
      known[i] = y->event[i] || y->time[i] >= at->tau;
      time[i] = fmin(y->time[i], at->tau);
      w.value[i] = known[i] ? worth(at, y, i) : 0;
      w.inverse[i] = known[i];
    }
    const lb_surv cut = {.n = n, .time = time, .event = known, .weight = y->weight};
    st = lb_riskset_sort(&cut, strata, &w.set, err);
  }
  if (st == LB_OK) st = check_reach(&w, at->tau, err);
  if (st == LB_OK) {
    weigh(&w);
    *out = w;
    w = (lb_censor_weight){0};
  }
  lb_mem_free(time);
  lb_mem_free(known);
  lb_censor_weight_reset(&w);
  return st;
}

/* ---- What estimating G adds ---- */

static double row_weight(const lb_surv *y, size_t i)
{
  return y->weight == NULL ? 1 : y->weight[i];
}

/* Sums of the scores of the rows at time t, q long, times sign. */
static void add_rows(const lb_censor_weight *w, const lb_surv *y, const lb_mean_fit *fit, size_t t,
                     double *sum)
{
  for (size_t k = w->set.time_row[t]; k < w->set.time_row[t + 1]; k++) {
    size_t i = w->set.by_time[k];
    for (size_t j = 0; j < fit->q; j++) sum[j] += row_weight(y, i) * fit->score[i * fit->q + j];
  }
}

/* mean[t * q ..] = q(u) / n(u) at the times of class c, 0 where nobody is censored; backwards. With
 * events first the denominator is n - c, the derivative of the product 1 - c / n itself: then the
 * mean without covariates has exactly Greenwood's variance. Tian et al. (and survRM2, "together")
 * have n, which in continuous time is the same in large samples. */
static void fill_means(const lb_censor_weight *w, const lb_surv *y, const lb_mean_fit *fit,
                       size_t c, double *sum, double *mean)
{
  size_t q = fit->q;
  for (size_t j = 0; j < q; j++) sum[j] = 0;
  for (size_t t = w->set.class_time[c + 1]; t-- > w->set.class_time[c];) {
    double n = at_risk(w, t) - (w->together ? 0 : w->set.n_censor[t]);
    if (w->together) add_rows(w, y, fit, t, sum);
    for (size_t j = 0; j < q; j++)
      mean[t * q + j] = w->set.n_censor[t] > 0 && n > 0 ? sum[j] / n : 0;
    if (!w->together) add_rows(w, y, fit, t, sum);
  }
}

lb_status lb_censor_weight_adjust(const lb_censor_weight *w, const lb_surv *y, lb_mean_fit *fit,
                                  lb_error *err)
{
  const lb_riskset *set = &w->set;
  size_t q = fit->q;
  double *sum = lb_mem_array(q, sizeof *sum);
  double *mean = lb_mem_array(set->n_time, q * sizeof *mean);
  lb_status st = sum == NULL || mean == NULL ? lb_error_nomem(err, "robust variance") : LB_OK;
  for (size_t c = 0; st == LB_OK && c < set->n_class; c++) {
    fill_means(w, y, fit, c, sum, mean);
    for (size_t j = 0; j < q; j++) sum[j] = 0; /* of q(u) / n(u) dN^c / n(u) so far */
    for (size_t t = set->class_time[c]; t < set->class_time[c + 1]; t++) {
      double n = at_risk(w, t);
      const double *here = mean + t * q;
      for (size_t j = 0; j < q; j++) {
        double step = set->n_censor[t] > 0 && n > 0 ? here[j] * set->n_censor[t] / n : 0;
        for (size_t k = set->time_row[t]; k < set->time_row[t + 1]; k++) {
          size_t i = set->by_time[k];
          bool known = w->inverse[i] > 0;
          /* with events first, who has one at t was never at risk of being censored at t */
          double before = sum[j] + (known && !w->together ? 0 : step);
          fit->score[i * q + j] += (known ? 0 : here[j]) - before;
        }
        sum[j] += step;
      }
    }
  }
  lb_mem_free(sum);
  lb_mem_free(mean);
  return st;
}

void lb_censor_weight_reset(lb_censor_weight *w)
{
  if (w == NULL) return;
  lb_mem_free(w->value);
  lb_mem_free(w->inverse);
  lb_riskset_reset(&w->set);
  *w = (lb_censor_weight){0};
}
