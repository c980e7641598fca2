/* cox_residual.h - residuals of a Cox model and the robust variance made of them. */
#ifndef LB_SURVIVAL_COX_RESIDUAL_H
#define LB_SURVIVAL_COX_RESIDUAL_H
#include "stats/survival/cox_path.h"

/* Martingale residuals, event minus expected events (Barlow & Prentice 1988, Biometrika 75:65),
 * one a row in the order of the data; `path` is that of `at`. */
void lb_cox_martingale(const lb_cox_at *at, const lb_cox_path *path, double *out);
/* Deviance residuals sign(M) sqrt(-2 (M + d log(d - M))), d the event (Therneau, Grambsch &
 * Fleming 1990, Biometrika 77:147). `out` may be the array of martingale residuals. */
void lb_cox_deviance(const lb_cox_at *at, const double *martingale, double *out);
/* Score residuals, n x p, row after row: the sum over the times at risk of (z - mean) dM
 * (Therneau & Grambsch 2000, eq. 4.15). Weights shape the means but do not multiply the rows. */
void lb_cox_score_residuals(const lb_cox_at *at, const lb_cox_path *path, double *out);

/* Schoenfeld residuals: a row for each event of positive weight, by stratum, time and row. Owns its
 * arrays. */
typedef struct lb_cox_schoenfeld {
  size_t n, p;
  uint32_t *row;    /* n: the row of the data with the event */
  double *residual; /* n x p: column less the mean over its risk set, mean over tied events */
} lb_cox_schoenfeld;

/* Schoenfeld (1982, Biometrika 69:239). LB_ENOMEM. `out` untouched on failure. */
lb_status lb_cox_schoenfeld_new(const lb_cox_at *at, const lb_cox_path *path,
                                lb_cox_schoenfeld *out, lb_error *err);
/* In place: n residual' vcov + coef (Grambsch & Therneau 1994, Biometrika 81:515), an estimate of
 * the coefficient at each event. LB_ENOMEM leaves them as they are. */
lb_status lb_cox_schoenfeld_scale(lb_cox_schoenfeld *s, const double *vcov, const double *coef,
                                  lb_error *err);
void lb_cox_schoenfeld_reset(lb_cox_schoenfeld *s);

/* rows (n x p, row after row) times vcov (p x p), in place: score residuals become dfbeta, the
 * change of the coefficients when the row is left out, to first order. NaN of vcov counts as 0. */
lb_status lb_cox_dfbeta(double *rows, size_t n, size_t p, const double *vcov, lb_error *err);

/* Score residuals times weight, added up within clusters. Owns its array. */
typedef struct lb_cox_scores {
  size_t n, p;
  size_t n_seen; /* of the n, those with a row of weight above 0 */
  double *row;   /* n x p, row after row; n clusters, or rows without clusters */
} lb_cox_scores;

/* cluster NULL or without codes: each row is one. LB_EARG cluster out of range; LB_ENOMEM. `out`
 * untouched on failure. */
lb_status lb_cox_scores_new(const lb_cox_at *at, const lb_cox_path *path,
                            const lb_partition *cluster, lb_cox_scores *out, lb_error *err);
void lb_cox_scores_reset(lb_cox_scores *scores);

/* Robust (sandwich) variance. Owns its arrays. */
typedef struct lb_cox_robust {
  size_t p, n_cluster; /* clusters, or rows without clusters, of weight above 0 */
  double *vcov;        /* p x p; NaN where the model-based one is */
  double *std_error;   /* p */
  lb_cox_test wald, score;
} lb_cox_robust;

/* Lin & Wei (1989, JASA 84:1074): the sum over clusters of the outer product of their weighted
 * dfbeta; without clusters each row is one. The score test is that of coefficients 0 with the
 * variance of the clusters' scores. `vcov` is the model-based variance at `at->coef`. Rows of
 * weight w count as one subject of weight w. The dfbeta add up to 0 over all clusters: of one
 * cluster they say nothing, and vcov is NaN; so are row and column of a coefficient on which one
 * cluster alone bears. With no more clusters than coefficients the matrix has not full rank, and
 * what the tests would give is a number of clusters: chi_square and p_value are NaN.
 * LB_EARG cluster out of range; as lb_cox_path_new. O(n p^2). `out` untouched on failure. */
lb_status lb_cox_robust_fit(const lb_cox_at *at, const double *vcov, const lb_partition *cluster,
                            lb_cox_robust *out, lb_error *err);
void lb_cox_robust_reset(lb_cox_robust *robust);
#endif
