/* cox_jackknife.h - robust variances of what a Cox model predicts: the infinitesimal jackknife of
 * cumulative hazards, added up within clusters. */
#ifndef LB_SURVIVAL_COX_JACKKNIFE_H
#define LB_SURVIVAL_COX_JACKKNIFE_H
#include "stats/survival/cox_residual.h"
#include "stats/survival/cox_survival.h"

/* The influence of a cluster on a person's cumulative hazard, the sum of weight times derivative
 * to the weight over its rows, is risk (D + q' B): D that on the baseline at fixed coefficients, B
 * that on the coefficients (dfbeta) and q = z H - A. The variance is the sum of its squares,
 *   risk^2 (sum D^2 + 2 q' sum B D + q' (sum B B') q)
 * (Lin & Wei 1989, JASA 84:1074, the baseline after their section 3; Therneau & Grambsch 2000,
 * sections 7.3 and 10.2; Binder 1992, Biometrika 79:139, for sampling weights). The sums over
 * clusters are the same for everybody in a stratum, so they are made once a time. Owns its arrays
 * and borrows the rest. */
typedef struct lb_cox_jackknife {
  const lb_cox_at *at;
  const lb_cox_path *path;
  const lb_partition *cluster; /* NULL = each row */
  lb_cox_scores beta;          /* B, n clusters x p */
  double *vcov;                /* p x p: sum B B' */
  double *direct;              /* D of each cluster, at work */
  double *moment;              /* n_time x (p + 1): sum D^2, sum B D from the stratum's start on */
  double *scratch;             /* p + 1 moments of an interval */
} lb_cox_jackknife;

/* `vcov` is the model-based variance at at->coef. With fewer than two clusters (or rows) of weight
 * above 0 all variances are NaN: the influences of one add up to 0. LB_EARG cluster out of range;
 * LB_ENOMEM;
 * LB_EINTR. O((n + n_time) p). `out` untouched on failure. */
lb_status lb_cox_jackknife_new(const lb_cox_at *at, const lb_cox_path *path, const double *vcov,
                               const lb_partition *cluster, lb_cox_jackknife *out, lb_error *err);
void lb_cox_jackknife_reset(lb_cox_jackknife *jackknife); /* safe on a zeroed struct */

/* As lb_cox_person_hazard with the robust standard error. O(p^2) for intervals that begin with the
 * stratum, O(n p) for others (late entry). */
lb_cox_hazard lb_cox_jackknife_hazard(lb_cox_jackknife *jackknife, const lb_cox_person *person,
                                      size_t from, size_t to);
#endif
