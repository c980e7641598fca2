/* mean_model.h - regression of values, several a row, on covariates: estimating equations with
 * independence working correlation and their sandwich variance. What pseudo-values and inverse
 * probability of censoring weights are fitted with. */
#ifndef LB_SURVIVAL_MEAN_MODEL_H
#define LB_SURVIVAL_MEAN_MODEL_H
#include "stats/design.h"
#include "stats/survival/riskset.h"

#include <stdbool.h>

typedef enum lb_mean_link {
  LB_LINK_IDENTITY,
  LB_LINK_LOG,
  LB_LINK_LOGIT,
  LB_LINK_CLOGLOG /* log(-log(1 - mu)) */
} lb_mean_link;

/* Values of n rows at n_time times, [k * n + i], NaN where a row has none at a time; all arrays
 * borrowed. */
typedef struct lb_mean_data {
  lb_design x; /* without an intercept: each time has its own */
  const double *value;
  size_t n_time;
  const double *weight;        /* n persons a row; NULL = 1 */
  const double *inverse;       /* [k * n + i] weights of the values; NULL = 1 */
  const lb_partition *cluster; /* NULL = rows are independent */
  size_t n_missing;
} lb_mean_data;

typedef struct lb_mean_options {
  lb_mean_link link;
  bool poisson;      /* variance of a value is its mean, as quasi-Poisson; else the same for all */
  bool slope_of_all; /* the sandwich's slope is the sum over all rows, not weighted by `inverse`,
                        which has the same expectation (Tian et al. 2014; survRM2) */
  size_t max_iter;
  double tolerance; /* of a step, in standard errors of unit variance */
} lb_mean_options;
#define LB_MEAN_DEFAULTS                                                                           \
  {                                                                                                \
    .link = LB_LINK_IDENTITY, .max_iter = 100, .tolerance = 1e-9                                   \
  }

/* Coefficients: n_time intercepts, then those of the p columns. Owns its arrays. */
typedef struct lb_mean_fit {
  size_t n_time, p, q; /* q = n_time + p */
  size_t n_used, n_missing, n_cluster;
  size_t iterations;
  bool converged;
  double *coef;      /* q; NaN where a column is a sum of others, or the solution has no end */
  double *std_error; /* q, sandwich; NaN where not estimable, 0 where all values that tell of a
                        coefficient are equal to their fitted means */
  double *vcov;      /* q x q */
  bool *kept;        /* q */
  double *score;     /* n x q: contributions at the solution, weight of the row left out */
  double *inverse;   /* q x q: of the slope of the equations, in the centred columns of score */
  double *mean;      /* p: what the columns were centred at */
  bool *collinear;   /* q: a column is a sum of earlier ones */
  double *noise;     /* q: a variance below is rounding of the values and counts as 0 */
} lb_mean_fit;

/* Solves sum over rows and times of x s (y - mu) w = 0, mu the inverse link of x'b and s = mu' (the
 * same variance for all: Andersen & Klein 2007, Scand J Stat 34:3) or mu' / mu (poisson), by
 * Fisher scoring with step-halving. Sandwich (Liang & Zeger 1986, Biometrika 73:13) without a
 * small-sample factor: A^-1 (sum over clusters u u') A^-1, A the expected slope, as geepack.
 * LB_EDATA without rows, or as lb_design_check; LB_ENOMEM; LB_EINTR. No convergence is a result
 * that says so; so does a solution without an end, where the slope vanishes in a column that is no
 * sum of others. */
lb_status lb_mean_solve(const lb_mean_data *d, const lb_mean_options *opt, lb_mean_fit *out,
                        lb_error *err);
/* Fills vcov and std_error from `score`, to which a caller may have added before. */
lb_status lb_mean_sandwich(const lb_mean_data *d, lb_mean_fit *fit, lb_error *err);
/* What a fit says of the rows of x at its times, [k * n + i]: the linear predictor and its standard
 * error, NaN where its variance is 0 but for rounding. LB_EARG when x has other columns than the
 * fit; LB_ENOMEM. */
lb_status lb_mean_predict(const lb_mean_fit *fit, const lb_design *x, double *linear,
                          double *std_error, lb_error *err);
/* The mean that belongs to a linear predictor. */
double lb_mean_inverse_link(lb_mean_link link, double linear);
void lb_mean_fit_reset(lb_mean_fit *fit); /* safe on a zeroed struct */
#endif
