/* logrank_score.c - weights of event times, scores of rows, and contrasts of log-rank tests. */
#include "stats/survival/logrank_work.h"
#include "stats/survival/riskset.h"

#include <math.h>

/* A variance so small beside its terms is rounding. */
#define NO_VARIANCE 1e-9

static double one_weight(const lb_logrank_options *opt, const lb_logrank_forwards *f, double n)
{
  switch (opt->weight) {
  case LB_LOGRANK_GEHAN:
    return n;
  case LB_LOGRANK_TARONE_WARE:
    return sqrt(n);
  case LB_LOGRANK_PETO:
    return f->peto;
  case LB_LOGRANK_MODIFIED_PETO:
    return f->peto * n / (n + 1);
  case LB_LOGRANK_FLEMING_HARRINGTON:
    return pow(f->survival, opt->rho) * pow(1 - f->survival, opt->gamma);
  default:
    return 1;
  }
}

void lb_logrank_next_weights(const lb_logrank_options *opt, size_t n_opt, lb_logrank_forwards *f,
                             double n, double d, double *weight)
{
  if (d > 0) f->peto *= 1 - d / (n + 1);
  for (size_t i = 0; i < n_opt; i++) weight[i] = one_weight(&opt[i], f, n);
  if (d > 0) f->survival *= (n - d) / n;
}

lb_status lb_logrank_check_options(const lb_logrank_options *opt, size_t n_opt, lb_error *err)
{
  for (size_t i = 0; i < n_opt; i++) {
    if (!(opt[i].rho >= 0 && opt[i].gamma >= 0 && isfinite(opt[i].rho) && isfinite(opt[i].gamma))) {
      lb_error_set(err, LB_EARG, "rho and gamma must be 0 or more");
      return LB_EARG;
    }
  }
  return LB_OK;
}

void lb_logrank_trend(const lb_logrank *test, const double *score, lb_logrank_contrast *out)
{
  size_t k = test->n_groups;
  double mean = 0, scale = 0;
  *out = (lb_logrank_contrast){0};
  /* Rows of the variance add to 0: scores less their mean give the same with less rounding. */
  for (size_t g = 0; g < k; g++) mean += score[g] / (double)k;
  for (size_t g = 0; g < k; g++) {
    double a = score[g] - mean;
    out->statistic += a * (test->observed[g] - test->expected[g]);
    scale += a * a * test->variance[g * k + g];
    for (size_t h = 0; h < k; h++)
      out->variance += a * (score[h] - mean) * test->variance[g * k + h];
  }
  if (!(out->variance > NO_VARIANCE * scale)) out->variance = 0;
  out->z = out->variance > 0 ? out->statistic / sqrt(out->variance) : NAN;
}

/* ---- Scores ---- */

/* `sum` is the cumulative weighted hazard, w d/n added up to a time. */
static void score_stratum(const lb_surv *y, const lb_riskset *set, size_t stratum,
                          const lb_logrank_options *opt, double *score)
{
  lb_logrank_forwards f = {1, 1};
  double sum = 0;
  size_t entered = set->class_row[stratum];
  for (size_t t = set->class_time[stratum]; t < set->class_time[stratum + 1]; t++) {
    double weight;
    /* Rows that enter before this time are not at risk at the times so far. */
    for (; set->by_entry != NULL && entered < set->class_row[stratum + 1] &&
           y->entry[set->by_entry[entered]] < set->time[t];
         entered++)
      score[set->by_entry[entered]] = sum;
    lb_logrank_next_weights(opt, 1, &f, set->n_risk[t], set->n_event[t], &weight);
    if (set->n_event[t] > 0) sum += weight * set->n_event[t] / set->n_risk[t];
    for (size_t r = set->time_row[t]; r < set->time_row[t + 1]; r++) {
      size_t row = set->by_time[r];
      score[row] += (y->event[row] ? weight : 0) - sum;
    }
  }
}

lb_status lb_logrank_scores(const lb_surv *y, const lb_partition *strata,
                            const lb_logrank_options *opt, double *score, lb_error *err)
{
  static const lb_logrank_options DEFAULTS = LB_LOGRANK_DEFAULTS;
  if (opt == NULL) opt = &DEFAULTS;
  lb_riskset set = {0};
  lb_status st = lb_logrank_check_options(opt, 1, err);
  if (st == LB_OK) st = lb_riskset_sort(y, strata, &set, err);
  if (st != LB_OK) return st;
  for (size_t i = 0; i < y->n; i++) score[i] = 0;
  for (size_t s = 0; s < set.n_class; s++) score_stratum(y, &set, s, opt, score);
  lb_riskset_reset(&set);
  return LB_OK;
}
