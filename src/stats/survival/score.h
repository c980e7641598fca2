/* score.h - how good predicted risks are: time-dependent AUC and Brier score, weighted for
 * censoring. */
#ifndef LB_SURVIVAL_SCORE_H
#define LB_SURVIVAL_SCORE_H
#include "stats/surv.h"

/* Risks of the event (of one cause) by time t, against what happened. */
typedef struct lb_score {
  double auc, brier;                       /* NaN where it does not exist: no case or no control */
  double *auc_influence, *brier_influence; /* y->n each: what a row adds to the estimate's error,
                                              the estimated censoring weights included */
  size_t n_case, n_control, n_unknown;     /* events by t, free of it, censored by t */
} lb_score;

/* Cases had the event (cause `cause` from 1; 0: any event) by t, controls are free of events at t
 * or had another cause by then. Weights are 1/G(T-) for who had an event by t, 1/G(t) for who is
 * followed beyond, 0 for who was censored by t; G is the Kaplan-Meier estimate of being uncensored,
 * events coming before censorings at the same time. AUC: the weighted share of pairs of a case and
 * a control in which the case has the higher risk, ties half (Blanche, Dartigues & Jacqmin-Gadda
 * 2013, Stat Med 32:5381); Brier: the weighted mean of squared errors over all n rows (Graf et al.
 * 1999, Stat Med 18:2529). Standard error of either, or of a difference of two models: root of the
 * sum of squared influences, over n. No late entry, no weights: LB_EARG. LB_EDATA as
 * lb_surv_check, a risk that is not in [0, 1]; LB_ENOMEM; LB_EINTR. O(n log n). `out` is untouched
 * on failure. */
lb_status lb_score_at(const lb_surv *y, size_t cause, const double *risk, double t, lb_score *out,
                      lb_error *err);
void lb_score_reset(lb_score *score); /* safe on a zeroed struct */
#endif
