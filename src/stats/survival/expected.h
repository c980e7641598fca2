/* expected.h - survival that a group's population would have had: cohort curves by Ederer I, Ederer
 * II and Hakulinen, and what is left of the observed curve, net survival. */
#ifndef LB_SURVIVAL_EXPECTED_H
#define LB_SURVIVAL_EXPECTED_H
#include "stats/surv.h"
#include "stats/survival/population.h"

#include <stdbool.h>

/* Who counts in the expected hazard at a time, people weighted by exp(sign x own cumulative
 * hazard). */
typedef enum lb_expected_method {
  LB_EXPECTED_EDERER1,   /* everybody, for ever: the mean of everybody's expected survival (Ederer,
                            Axtell & Cutler 1961, NCI Monogr 6:101); sign -1 */
  LB_EXPECTED_EDERER2,   /* those at risk, equally: R's conditional (Ederer & Heise 1959); sign 0 */
  LB_EXPECTED_HAKULINEN, /* those whose potential follow-up goes on (Hakulinen 1982, Biometrics
                            38:933); sign -1 */
  LB_EXPECTED_NET        /* those at risk, by the inverse of their expected survival (Pohar Perme,
                            Stare & Esteve 2012, Biometrics 68:113); sign 1 */
} lb_expected_method;

typedef struct lb_expected_options {
  lb_expected_method method;
  const double
      *time; /* n_time, ascending: where curves are wanted; NULL = each group's own times */
  size_t n_time;
  const double *potential; /* rows: potential follow-up, of Hakulinen's method; >= time */
  bool exponential;        /* observed survival exp(-H) instead of the product limit */
} lb_expected_options;

/* One group at its times. Owned by its lb_expected. Counts are weighted. */
typedef struct lb_expected_curve {
  size_t n, n_time;
  double weight_total, event_total;
  double *time;
  double *n_risk;     /* entry < time <= exit */
  double *n_event;    /* after the time before this one, up to and with it */
  double *n_censor;   /* the same */
  double *cumulative; /* expected cumulative hazard of the method; NaN after the last time at
                                which anybody counts */
  double *survival;   /* observed: Kaplan-Meier; of the net method with weighted people */
  double *variance;   /* of log survival: Greenwood's (Aalen's of exp(-H)); of the net method
                                sum of w^2 dN / (sum of w Y)^2; NaN once survival is 0 */
} lb_expected_curve;

typedef struct lb_expected {
  size_t n_groups, n_used, n_missing;
  lb_expected_method method;
  lb_expected_curve *curve; /* one per group, also for one without rows */
} lb_expected;

/* Curves of each group. Relative or net survival at a time is survival x exp(cumulative). The
 * integral over the expected hazard is exact on the cells of the table: between changes of who
 * counts, the weighted mean hazard is the derivative of the logarithm of the sum of weights, so
 * that it needs only that sum at both ends. With late entry (Ederer II, net) people weigh by the
 * whole hazard since their time 0; while nobody is at risk the expected hazard is taken as 0.
 *   y, groups, table, lives  borrowed; lives in the order of y; groups NULL = one
 *   out                      written on success, untouched on failure; free with lb_expected_reset
 * LB_EDATA as lb_surv_check and lb_lives_check, a potential follow-up below the time, late entry
 * with Ederer I or Hakulinen; LB_EARG: times that do not ascend, no potential follow-up;
 * LB_ENUMERIC: expected hazards so large that weights overflow; LB_ENOMEM; LB_EINTR. O(p log p) in
 * the p pieces into which the table cuts follow-up. */
lb_status lb_expected_fit(const lb_surv *y, const lb_partition *groups, const lb_population *table,
                          const lb_lives *lives, const lb_expected_options *opt, lb_expected *out,
                          lb_error *err);
void lb_expected_reset(lb_expected *fit); /* safe on a zeroed struct */
#endif
