/* concordance.h - Harrell's concordance of a predictor with survival, and its standard error. */
#ifndef LB_SURVIVAL_CONCORDANCE_H
#define LB_SURVIVAL_CONCORDANCE_H
#include "stats/surv.h"

/* Pairs are weighted by the product of their weights. */
typedef struct lb_concordance {
  /* (concordant + tied_x / 2) / (concordant + discordant + tied_x); NaN without pairs */
  double concordance;
  double std_error;
  double concordant; /* the one with the higher predictor has the event first */
  double discordant, tied_x;
  double tied_y, tied_xy; /* events at the same time, not used: predictors differ; are equal */
  size_t n_used, n_missing;
} lb_concordance;

/* Harrell et al. (1982, JAMA 247:2543). A pair is comparable within a stratum when one has an
 * event at t and the other is at risk at t (entry < t) and has no event at t; one censored at t
 * counts as later. A higher predictor means a higher hazard. The standard error is the
 * infinitesimal jackknife: the root of the sum of squares of each row's weight times the
 * derivative of the concordance to that weight (Therneau & Watson 2015, Mayo Clinic TR 85), added
 * up within clusters before squaring; cluster NULL = each row is one; NaN with one cluster, whose
 * influences add up to 0. Late entry is honoured. The
 * predictor is n finite numbers. LB_EDATA: as lb_surv_check or a predictor that is not finite;
 * LB_EARG: stratum or cluster out of range; LB_ENOMEM; LB_EINTR. O(n log n). `out` untouched on
 * failure. */
lb_status lb_concordance_fit(const lb_surv *y, const double *predictor, const lb_partition *strata,
                             const lb_partition *cluster, lb_concordance *out, lb_error *err);
#endif
