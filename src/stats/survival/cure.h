/* cure.h - mixture cure models: some never have the event, the others by a parametric model. */
#ifndef LB_STATS_CURE_H
#define LB_STATS_CURE_H
#include "stats/survival/aft_people.h"

/* Parameters: those of lb_aft (intercept, p columns, log scales of the strata, shape), then the
 * logistic model of the cured fraction: intercept, p_cure columns. */
typedef struct lb_cure {
  lb_aft_distribution distribution;
  size_t p, p_cure, n_scale, n_shape, n_param;
  double *coef, *std_error, *vcov, *naive_vcov;
  double scale;        /* where fixed; else NaN */
  double log_lik;      /* of times */
  double log_lik_none; /* of the same model without cure */
  size_t iterations;
  bool converged;
  size_t n_cluster; /* of a robust variance: clusters, or rows; else 0 */
} lb_cure;

/* Borrowed. */
typedef struct lb_cure_data {
  const lb_aft_outcome *y;
  const lb_design *x, *z;
  const lb_partition *strata, *cluster; /* NULL, or with code NULL: none */
} lb_cure_data;

/* S(t) = c + (1 - c) S0(t), c logistic (Boag 1949; Farewell 1982, Biometrics 38:1041), by maximum
 * likelihood, Newton's method on analytic derivatives from several starts; censoring and late entry
 * as lb_aft_fit (with late entry the chance to be seen is that of the mixture). x: latency, z:
 * cure; of the same rows. strata (NULL: one) have a scale of the latency each; clusters and
 * options->robust ask for the sandwich variance. LB_EARG: a distribution that can be below 0, or
 * Gompertz; LB_EDATA as lb_aft_fit, or dependent columns. */
lb_status lb_cure_fit(const lb_cure_data *data, const lb_aft_options *options, lb_cure *out,
                      lb_error *err);
void lb_cure_reset(lb_cure *fit);

/* Whether the follow-up is long enough to see cures (Maller & Zhou 1996, Survival Analysis with
 * Long-Term Survivors, p. 85): alpha = (1 - N / n)^n, N the events in (2 t* - t_max, t*], t* the
 * last event. Small: long enough. NaN when it cannot be said (intervals, no censored last time). */
double lb_cure_follow_up(const lb_aft_outcome *y);

typedef struct lb_cure_people {
  lb_aft_people latency;
  const double *coef; /* all */
  lb_design z;
  size_t n_param;
} lb_cure_people;
/* Survival and hazards of all; the linear predictor is that of cure. */
void lb_cure_curve(const lb_cure_people *who, const double *vcov, double time_scale, lb_curve *out);
#endif
