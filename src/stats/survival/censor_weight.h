/* censor_weight.h - inverse probability of censoring weights, and what estimating them adds to the
 * scores of a regression. */
#ifndef LB_SURVIVAL_CENSOR_WEIGHT_H
#define LB_SURVIVAL_CENSOR_WEIGHT_H
#include "stats/survival/horizon.h"
#include "stats/survival/mean_model.h"

typedef struct lb_censor_weight {
  size_t n;
  bool together;   /* who has an event at a time is at risk of being censored then, and G is after
                      it, as survRM2; else events come first and G is before it */
  double *value;   /* n: what is averaged: min(T, tau) and the like; 0 where it is not observed */
  double *inverse; /* n: observed / G */
  lb_riskset set;  /* of min(T, tau), "events" what is observed, by stratum */
} lb_censor_weight;

/* The values of horizon `at` that are observed (an event, or at risk at tau), each weighing 1 / G,
 * G the Kaplan-Meier estimate of the censoring distribution within strata, strata NULL = one (Tian,
 * Zhao & Wei 2014, Biostatistics 15:222; Scheike, Zhang & Gerds 2008, Biometrika 95:205).
 * LB_EARG for late entry and as lb_horizon_check; LB_EDATA beyond follow-up, as lb_pseudo_values;
 * LB_ENOMEM. */
lb_status lb_censor_weight_new(const lb_surv *y, const lb_partition *strata, const lb_horizon *at,
                               bool together, lb_censor_weight *out, lb_error *err);
/* Adds to the scores of a fit of one value a row the integral of q(u) / n(u) dM^c(u), where q sums
 * the scores of those whose weight a censoring at u changes (Tian et al. 2014, appendix). */
lb_status lb_censor_weight_adjust(const lb_censor_weight *w, const lb_surv *y, lb_mean_fit *fit,
                                  lb_error *err);
void lb_censor_weight_reset(lb_censor_weight *w); /* safe on a zeroed struct */
#endif
