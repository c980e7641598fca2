/* concordance.h - Harrell's and Uno's concordance of a predictor with survival, with standard
 * errors. */
#ifndef LB_SURVIVAL_CONCORDANCE_H
#define LB_SURVIVAL_CONCORDANCE_H
#include "stats/surv.h"

#include <math.h>
#include <stdbool.h>

/* Pairs are weighted by the product of their weights. */
typedef struct lb_concordance {
  /* (concordant + tied_x / 2) / (concordant + discordant + tied_x); NaN without pairs */
  double concordance;
  double std_error;
  double concordant; /* the one with the higher predictor has the event first */
  double discordant, tied_x;
  double tied_y, tied_xy; /* events at the same time, not used: predictors differ; are equal */
  size_t n_used, n_missing;
  size_t n_unweighted;  /* Uno's: events up to tau after G fell to 0, without pairs; late entry */
  double unweighted_at; /* the first time at which G fell to 0 before such an event */
} lb_concordance;

/* Harrell et al. (1982, JAMA 247:2543). A pair is comparable within a stratum when one has an
 * event at t and the other is at risk at t (entry < t) and has no event at t; one censored at t
 * counts as later. A higher predictor means a higher hazard. The standard error is the
 * infinitesimal jackknife: the root of the sum of squares of each row's weight times the
 * derivative of the concordance to that weight (Therneau & Watson 2015, Mayo Clinic TR 85), added
 * up within clusters before squaring; cluster NULL = each row is one; NaN with one cluster, whose
 * influences add up to 0. Late entry is honoured. The
 * predictor is n finite numbers. LB_EDATA: as lb_surv_check or a predictor that is not finite;
 * LB_EARG: stratum or cluster out of range; LB_ENOMEM; LB_EINTR. `out` untouched on failure.
 * O(n log n). Unweighted rows without late entry are counted in whole numbers, on all threads and
 * to the same bits for any number of them; other rows, and Uno's weights, take five times as long
 * on one. */
lb_status lb_concordance_fit(const lb_surv *y, const double *predictor, const lb_partition *strata,
                             const lb_partition *cluster, lb_concordance *out, lb_error *err);

typedef struct lb_concordance_options {
  const lb_partition *strata, *cluster; /* NULL = none */
  bool uno;   /* pairs count 1 / G(t-)^2, t the earlier time, G the curve of being uncensored */
  double tau; /* pairs whose earlier time is beyond do not count; INFINITY for all */
} lb_concordance_options;
#define LB_CONCORDANCE_DEFAULTS                                                                    \
  {                                                                                                \
    .tau = INFINITY                                                                                \
  }

/* The same with options. Uno et al. (2011, Stat Med 30:1105, eq. 6): Harrell's index tends to a
 * number that depends on the censoring, this one does not. G is the Kaplan-Meier curve of the
 * censoring within the stratum, which at a time comes after the events; case weights and late entry
 * count in it. The standard error takes G as known (as R's concordance with timewt "n/G2"); counts
 * of pairs are weighted likewise. With late entry all of an early small risk set may be censored:
 * G is 0 from then on and has no weight for later events, which n_unweighted counts; LB_EDATA when
 * no pair is left. LB_EARG also for a tau that is not a number. */
lb_status lb_concordance_with(const lb_surv *y, const double *predictor,
                              const lb_concordance_options *opt, lb_concordance *out,
                              lb_error *err);
#endif
