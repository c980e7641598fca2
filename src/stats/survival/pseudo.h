/* pseudo.h - jackknife pseudo-values of survival, incidence, restricted mean and lost time. */
#ifndef LB_SURVIVAL_PSEUDO_H
#define LB_SURVIVAL_PSEUDO_H
#include "stats/survival/horizon.h"

#include <stdbool.h>

typedef struct lb_pseudo_options {
  const lb_horizon *at; /* n_at, borrowed */
  size_t n_at;
  bool infinitesimal; /* theta + n times the influence, as survival::pseudo; else exact */
} lb_pseudo_options;

/* Owns its arrays. */
typedef struct lb_pseudo {
  size_t n, n_at, n_strata;
  double *value;    /* [k * n + row] */
  double *estimate; /* [k * n_strata + s] */
} lb_pseudo;

/* Row i of a stratum of n persons has n theta - (n - 1) theta(-i), theta(-i) the estimate without
 * it, as if fitted again (Andersen, Klein & Rosthoj 2003, Biometrika 90:15; Andersen, Hansen &
 * Klein 2004, Lifetime Data Anal 10:335). Without censoring and late entry it is the row's own
 * value: 1(T > tau), min(T, tau). Weights are numbers of persons alike.
 *   y, strata  borrowed; strata NULL = one
 *   out        written on success, untouched on failure; free with lb_pseudo_reset
 * LB_EDATA as lb_surv_check, and when a horizon is beyond the last time of a stratum in which
 * somebody is event-free then; LB_EARG as lb_horizon_check; LB_ENOMEM; LB_EINTR. O(n) a horizon
 * after the sort, with late entry O(n log n). */
lb_status lb_pseudo_values(const lb_surv *y, const lb_partition *strata,
                           const lb_pseudo_options *opt, lb_pseudo *out, lb_error *err);
void lb_pseudo_reset(lb_pseudo *p); /* safe on a zeroed struct */
#endif
