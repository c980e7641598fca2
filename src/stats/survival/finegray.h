/* finegray.h - regression of the subdistribution hazard of one cause (Fine & Gray). */
#ifndef LB_SURVIVAL_FINEGRAY_H
#define LB_SURVIVAL_FINEGRAY_H
#include "stats/survival/cox.h"

typedef enum lb_finegray_variance {
  LB_FINEGRAY_FULL,   /* sandwich with the term for the estimated censoring distribution */
  LB_FINEGRAY_ROBUST, /* sandwich without it */
  LB_FINEGRAY_MODEL   /* inverse information of the pseudo-likelihood: too small or too large */
} lb_finegray_variance;

typedef struct lb_finegray_options {
  lb_cox_options cox; /* ties, convergence */
  lb_finegray_variance variance;
  bool events_first; /* who has an event at t is not at risk of being censored at t */
} lb_finegray_options;
#define LB_FINEGRAY_DEFAULTS                                                                       \
  {                                                                                                \
    .cox = {.ties = LB_TIES_BRESLOW, .tolerance = 1e-9, .max_iter = 20},                           \
    .variance = LB_FINEGRAY_FULL                                                                   \
  }

/* Owns its arrays. In `cox` coef are log subdistribution hazard ratios, log_lik is that of the
 * pseudo-likelihood, vcov, std_error and wald_test are of the variance asked for. */
typedef struct lb_finegray {
  lb_cox cox;
  double *naive_vcov;               /* p x p: inverse information */
  size_t n_competing, n_censored;   /* rows */
  size_t n_time;                    /* distinct times of the cause */
  double *time, *cumulative_hazard; /* n_time: subdistribution hazard at the columns' means */
} lb_finegray;

/* Proportional subdistribution hazards (Fine & Gray 1999, JASA 94:496). Who had a competing event
 * at X stays at risk at t > X with weight G(t-) / G(X-), G the Kaplan-Meier estimate of the
 * censoring distribution; risk-set sums are one walk backwards for those at risk and one forwards
 * for those who stay (Kawaguchi et al. 2021, R Journal 13:2, scan of O(n p)), the information is
 * that of Cox with the hazard that such a row still has to come. Variance: V sum (eta_i +
 * psi_i)(...)' V with
 *   eta_i = integral (Z_i - zbar) w_i dM_i (equation 7), V the inverse information,
 *   psi_i = integral q(u) / pi(u) dM_i^c(u) (equation 8), pi those at risk of censoring,
 *   q(u) = sum over competing j, X_j < u, of the integral over t >= u of (Z_j - zbar) w_j exp(b
 *          Z_j) dLambda: L1(u) K(u) - L0(u) Kz(u) of sums over rows L and over times K, O(n p).
 *   y      with causes, without late entry; weights count in all sums; borrowed
 *   cause  from 1
 *   out    written on success, untouched on failure; free with lb_finegray_reset
 * Errors as lb_cox_fit; LB_EARG for a cause that is not there or late entry. */
lb_status lb_finegray_fit(const lb_surv *y, const lb_design *x, size_t cause,
                          const lb_finegray_options *opt, lb_finegray *out, lb_error *err);
void lb_finegray_reset(lb_finegray *fit); /* safe on a zeroed struct */

/* out[i * n_time + k] = 1 - exp(-H(time k) exp(linear predictor of row i)): cumulative incidence of
 * the rows of x at ascending times; the offset of x counts. LB_EARG when x has other columns than
 * the fit, or times do not ascend. */
lb_status lb_finegray_predict(const lb_finegray *fit, const lb_design *x, const double *time,
                              size_t n_time, double *out, lb_error *err);
#endif
