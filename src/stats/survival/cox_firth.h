/* cox_firth.h - Cox regression with Firth's penalty: estimates that are always finite. */
#ifndef LB_SURVIVAL_COX_FIRTH_H
#define LB_SURVIVAL_COX_FIRTH_H
#include "stats/survival/cox.h"

/* The maximum of log L + log|I| / 2 (Heinze & Schemper 2001, Biometrics 57:114), by steps I^-1 U*
 * with halving; vcov is the inverse of I there. log_lik, log_lik_null and the tests are penalised;
 * I is that of beta, so the first two move by the log of a column's unit, the tests do not.
 * Efron's or Breslow's ties (LB_EARG otherwise); no coefficient is infinite. Errors and ownership
 * as lb_cox_fit. O(n p^2) an iteration. */
lb_status lb_cox_firth_fit(const lb_surv *y, const lb_design *x, const lb_partition *strata,
                           const lb_cox_options *opt, lb_cox *out, lb_error *err);
#endif
