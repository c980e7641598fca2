/* aft.h - parametric survival regression: accelerated failure times, and Gompertz hazards. */
#ifndef LB_STATS_AFT_H
#define LB_STATS_AFT_H
#include "stats/design.h"
#include "stats/surv.h"
#include "stats/survival/aft_standard.h"

/* log t (the last four: t) = location + scale w. Gompertz: hazard rate exp(shape t), the predictor
 * is log rate, and a negative shape leaves exp(rate / shape) without the event. */
typedef enum lb_aft_distribution {
  LB_AFT_WEIBULL,
  LB_AFT_EXPONENTIAL, /* Weibull with scale 1 */
  LB_AFT_RAYLEIGH,    /* Weibull with scale 1/2 */
  LB_AFT_LOGNORMAL,
  LB_AFT_LOGLOGISTIC,
  LB_AFT_GENGAMMA, /* Prentice (1974): location, scale, q */
  LB_AFT_GOMPERTZ,
  LB_AFT_GAUSSIAN,
  LB_AFT_LOGISTIC,
  LB_AFT_EXTREME,
  LB_AFT_T /* with `df` degrees of freedom */
} lb_aft_distribution;

lb_standard lb_aft_standard(lb_aft_distribution d);
bool lb_aft_log_time(lb_aft_distribution d);  /* times are positive, the predictor is of log t */
bool lb_aft_positive(lb_aft_distribution d);  /* times are positive */
bool lb_aft_has_shape(lb_aft_distribution d); /* q, or Gompertz's shape, is estimated */
bool lb_aft_has_scale(lb_aft_distribution d); /* all but Gompertz */

/* What is known of each row: the event lies in (lower, upper]; at `lower` exactly when both are
 * equal; upper infinite: right-censored; lower 0 (or below): left-censored. Borrowed. */
typedef struct lb_aft_outcome {
  size_t n;
  const double *lower, *upper;
  const double *entry;  /* seen only if the event is after it; NULL = all are seen */
  const double *weight; /* NULL = 1 */
} lb_aft_outcome;

/* lower and upper of right-censored times, n each. */
void lb_aft_limits(const lb_surv *y, double *lower, double *upper);

typedef struct lb_aft_options {
  lb_aft_distribution distribution;
  double scale; /* fixed at this; 0 = estimated */
  double df;    /* of LB_AFT_T */
  size_t max_iter;
  bool robust;    /* sandwich variance; with clusters by itself */
  bool frequency; /* weights are repeated rows, each a subject of the sandwich */
} lb_aft_options;
#define LB_AFT_DEFAULTS                                                                            \
  {                                                                                                \
    .distribution = LB_AFT_WEIBULL, .df = 4, .max_iter = 200                                       \
  }

/* Parameters: intercept, p columns, n_scale log scales (a stratum each; 0 when fixed), n_shape. */
typedef struct lb_aft {
  lb_aft_distribution distribution;
  size_t p, n_scale, n_shape, n_param;
  double *coef, *std_error;  /* n_param; NaN for a collinear column */
  double *vcov, *naive_vcov; /* n_param squared; 0 for collinear columns; the same without robust */
  bool *collinear, *infinite;   /* p */
  double scale;                 /* where fixed; else NaN */
  double log_lik, log_lik_null; /* of times, not of their logarithms */
  size_t df;                    /* estimated coefficients of columns */
  size_t iterations;
  bool converged;
  bool unbounded; /* the likelihood grows without end as a scale tends to 0 */
  size_t n_used, n_missing, n_exact, n_right, n_left, n_interval, n_cluster;
  double weight_event; /* of rows that are not right-censored */
  /* Of a fit that did not converge: the search ran after a coefficient (infinite says which) or
   * the shape to where the likelihood still rises; it has no maximum there. */
  bool endless, endless_shape;
} lb_aft;

/* Maximum likelihood (Kalbfleisch & Prentice 2002, ch. 3; with late entry conditional on survival
 * to it), Newton's method with analytic derivatives on standardised times and columns. The null
 * model has the intercept, offset, scales and shape. Strata: a scale each. Generalised gamma:
 * from the log-normal and the Weibull fit, the better one is kept. Robust: infinitesimal jackknife
 * of rows or clusters, weights within it.
 * LB_EDATA: no row, none but right-censored, a time of 0 where its logarithm is asked for.
 * Untouched on failure. O(iterations n p^2). */
lb_status lb_aft_fit(const lb_aft_outcome *y, const lb_design *x, const lb_partition *strata,
                     const lb_partition *cluster, const lb_aft_options *options, lb_aft *out,
                     lb_error *err);
void lb_aft_reset(lb_aft *fit);
#endif
