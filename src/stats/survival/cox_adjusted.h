/* cox_adjusted.h - survival averaged over the covariates of the data, at levels that everybody is
 * given in turn: direct standardisation. */
#ifndef LB_SURVIVAL_COX_ADJUSTED_H
#define LB_SURVIVAL_COX_ADJUSTED_H
#include "stats/survival/cox_residual.h"
#include "stats/survival/cox_survival.h"

/* The rows of a model with a covariate set to each of its levels. All borrowed. */
typedef struct lb_cox_levels {
  size_t n;                      /* levels */
  const lb_design *design;       /* one a level */
  const int32_t *const *stratum; /* of each level's rows; NULL = one stratum */
  const uint32_t *row;           /* of each row of the model, its row in the designs */
} lb_cox_levels;

typedef struct lb_cox_adjusted_options {
  const double *vcov;          /* p x p, model-based; NaN of collinear columns counts as 0 */
  const lb_partition *cluster; /* of the jackknife; NULL = each row */
  bool jackknife;              /* infinitesimal jackknife, else model-based */
  bool random;                 /* covariates are a sample too; asks for the jackknife */
  const double *time;
  size_t n_time;
  double tau; /* end of the restricted mean; NaN for none */
} lb_cox_adjusted_options;

/* Moments are survival at the times, then the restricted mean if there is one. Owns its arrays. */
typedef struct lb_cox_adjusted {
  size_t n_moment, n_level;
  double *estimate;   /* n_moment x n_level */
  double *covariance; /* n_moment x n_level x n_level: between levels */
} lb_cox_adjusted;

/* S_a(t) = sum w_i S(t | level a, covariates of i) / sum w_i (Makuch 1982, J Chronic Dis 35:437;
 * Chang, Gelman & Pagano 1982, J Chronic Dis 35:669; the g-formula). Model-based variances go
 * through baseline and coefficients for these covariates (Tsiatis 1981, Ann Stat 9:93; Gail & Byar
 * 1986, Biom J 28:587): with D the error of the baseline at fixed coefficients and b that of the
 * coefficients, the error is -(sum w_i S_i r_i (D + q_i' b)) / sum w_i, q = z H - A. The jackknife
 * puts the influence of each row, or cluster, in the place of D and b, and with `random` adds that
 * on the average itself, w_i (S_i - S_a) / sum w_i. `path` is that of `at`. LB_EARG designs that do
 * not fit; LB_ENOMEM; LB_EINTR. O(n p) for each time and level; the restricted mean asks all event
 * times. `out` untouched on failure. */
lb_status lb_cox_adjusted_new(const lb_cox_at *at, const lb_cox_path *path,
                              const lb_cox_levels *levels, const lb_cox_adjusted_options *opt,
                              lb_cox_adjusted *out, lb_error *err);
void lb_cox_adjusted_reset(lb_cox_adjusted *adjusted); /* safe on a zeroed struct */
#endif
