/* aalen.h - additive hazards: regression functions that add up over time. */
#ifndef LB_SURVIVAL_AALEN_H
#define LB_SURVIVAL_AALEN_H
#include "stats/design.h"
#include "stats/surv.h"

/* Weights of the tests: Aalen's, the inverse variance of the least squares estimate at each time,
 * or the number at risk. */
typedef enum lb_aalen_test { LB_AALEN_INVERSE, LB_AALEN_RISK } lb_aalen_test;

/* Cumulative regression functions. Owns its arrays. Functions are the intercept's, then those of
 * the p columns: q = p + 1. */
typedef struct lb_aalen {
  size_t q, n_time;
  double *time;       /* n_time: event times, ascending, as long as they can be estimated */
  double *n_risk;     /* n_time */
  double *cumulative; /* n_time x q: B(t), per unit of the column */
  double *variance;   /* n_time x q: of B(t) */
  double *statistic;  /* q: weighted sums of increments */
  double *covariance; /* q x q: of the statistics */
  double *slope;      /* q: weighted mean of B's slope over time */
  double chi_square;  /* of the p columns together */
  double p_value;
  size_t df;
  double last;      /* the last time with an event; above time[n_time - 1] where risk sets
                         became too small to go on */
  size_t n_event;   /* events of positive weight at the times kept */
  size_t n_skipped; /* event times before the first */
  size_t *n_flat; /* q: times at which the column depends on earlier ones: B_j stays level there */
} lb_aalen;

/* Least squares at each event time (Aalen 1989, Stat Med 8:907, equations 2.4 and 2.5): dB(t) =
 * (Z'WZ)^-1 Z'W dN(t) over those with entry < t <= time, Z the columns with a leading 1; variance
 * the sum of dB dB' of single events; tests of B_j = 0 by sums of weighted increments (equation
 * 4.1). Event times before the first risk set of `min_risk` rows are passed over (late entry);
 * from there it goes on to the last before which every risk set had as many, and the last with
 * independent columns. At an earlier one where a column depends on those before it (nobody treated
 * yet) its increment and weight are 0, a generalised inverse. LB_EDATA as lb_surv_check and
 * lb_design_check, no events; LB_ENUMERIC: not one time can be estimated; LB_ENOMEM; LB_EINTR.
 * `out` is untouched on failure. O(n q^2 + times q^3). */
lb_status lb_aalen_fit(const lb_surv *y, const lb_design *x, size_t min_risk, lb_aalen_test test,
                       lb_aalen *out, lb_error *err);
void lb_aalen_reset(lb_aalen *fit); /* safe on a zeroed struct */
#endif
