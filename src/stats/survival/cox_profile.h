/* cox_profile.h - profile likelihood of a Cox model: intervals and tests of single coefficients. */
#ifndef LB_SURVIVAL_COX_PROFILE_H
#define LB_SURVIVAL_COX_PROFILE_H
#include "stats/survival/cox.h"

typedef struct lb_cox_profile_options {
  lb_ties ties;
  bool firth; /* of the penalised likelihood */
  double conf_level;
  size_t max_iter; /* of each constrained fit */
} lb_cox_profile_options;

/* What is known of the fit at its maximum. Borrowed. */
typedef struct lb_cox_maximum {
  const double *coef, *std_error; /* p; NaN: no estimate */
  const bool *wanted;             /* p; NULL = all */
} lb_cox_maximum;

/* Of one coefficient: where twice the log-likelihood has fallen by the quantile of chi-square with
 * 1 df (Venzon & Moolgavkar 1988, Appl Stat 37:87, by a safeguarded secant on the signed root), and
 * the test of 0. A limit is infinite where the likelihood does not fall that far; NaN where a
 * constrained fit did not converge. */
typedef struct lb_cox_profile {
  double conf_low, conf_high;
  lb_cox_test test;
} lb_cox_profile;

/* out has a place for each of the p coefficients; NaN throughout for one without an estimate
 * (collinear) and those that are not `wanted` (NULL = all).
 * LB_EARG conf_level outside (0, 1); else as lb_cox_fit. About ten constrained fits a coefficient,
 * each starting where the last ended. */
lb_status lb_cox_profile_fit(const lb_surv *y, const lb_design *x, const lb_partition *strata,
                             const lb_cox_profile_options *opt, const lb_cox_maximum *maximum,
                             lb_cox_profile *out, lb_error *err);
#endif
