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
  /* Borrowed; NULL or without codes = one class, each row a cluster of its own. */
  const lb_partition *strata;    /* a baseline each */
  const lb_partition *censoring; /* a distribution of censoring (and of entry) each */
  const lb_partition *cluster;   /* scores of its rows are added up; not of LB_FINEGRAY_MODEL */
  const double *incidence_time;  /* ascending: `moment` is set; not of LB_FINEGRAY_MODEL */
  size_t n_incidence;
} lb_finegray_options;
#define LB_FINEGRAY_DEFAULTS                                                                       \
  {                                                                                                \
    .cox = {.ties = LB_TIES_BRESLOW, .tolerance = 1e-9, .max_iter = 20},                           \
    .variance = LB_FINEGRAY_FULL                                                                   \
  }

/* The arguments of a fit, for what makes it again and asks more of it. Borrowed. */
typedef struct lb_finegray_model {
  const lb_surv *y;
  const lb_design *x;
  size_t cause;
  const lb_finegray_options *opt; /* NULL = defaults */
} lb_finegray_model;

/* Owns its arrays. In `cox` coef are log subdistribution hazard ratios, log_lik is that of the
 * pseudo-likelihood, vcov, std_error and wald_test are of the variance asked for. */
typedef struct lb_finegray {
  lb_cox cox;
  double *naive_vcov;               /* p x p: inverse information */
  size_t n_competing, n_censored;   /* rows */
  size_t n_time;                    /* distinct times of the cause, stratum after stratum */
  double *time, *cumulative_hazard; /* n_time: subdistribution hazard at the columns' means */
  size_t n_strata, *start;          /* n_strata + 1: times of stratum s from start[s] */
  /* (stratum * n_incidence + time) * (2 + p): hazard at the means, its variance, its covariances
   * with coef; NULL unless asked for */
  double *moment;
} lb_finegray;

/* Proportional subdistribution hazards (Fine & Gray 1999, JASA 94:496). Who had a competing event
 * at X stays at risk at t > X with weight G(t-) / G(X-), G the Kaplan-Meier estimate of the
 * censoring distribution; with late entry G H in the place of G, H the product-limit estimate of
 * the entry distribution in reversed time, P(entry < t) given that it is before the last time
 * (Geskus 2011, Biometrics 67:39). Strata have a baseline each (Zhou et al. 2011, Biometrics
 * 67:661), and any partition of the rows a G and H each. Risk-set sums are one walk backwards for
 * those at risk and one forwards for those who stay (Kawaguchi et al. 2021, R Journal 13:2, scan of
 * O(n p)), the information is that of Cox with the hazard that such a row still has to come.
 * Variance: V sum (eta_i + psi_i)(...)' V, summed within clusters first (Zhou et al. 2012,
 * Biostatistics 13:371), with
 *   eta_i = integral (Z_i - zbar) w_i dM_i (equation 7), V the inverse information,
 *   psi_i = integral q(u) / pi(u) dM_i^c(u) (equation 8), pi those at risk of censoring,
 *   q(u) = sum over competing j, X_j < u, of the integral over t >= u of (Z_j - zbar) w_j exp(b
 *          Z_j) dLambda: L1(u) K(u) - L0(u) Kz(u) of sums over rows L and over times K, O(n p).
 * H adds - integral q'(u) / rho(u) dM_i^h(u): M^h is the martingale of entries in reversed time,
 * rho(u) those with entry <= u < time, q' is of X_j <= u < t (the derivative of log H, as equation
 * 8 is that of log G).
 *   y      with causes; weights count in all sums; borrowed
 *   cause  from 1
 *   out    written on success, untouched on failure; free with lb_finegray_reset
 * Errors as lb_cox_fit; LB_EARG for a cause that is not there; LB_EDATA when H (or G) is 0 at a
 * competing event: everyone at risk at a later time enters then. */
lb_status lb_finegray_fit(const lb_surv *y, const lb_design *x, size_t cause,
                          const lb_finegray_options *opt, lb_finegray *out, lb_error *err);
void lb_finegray_reset(lb_finegray *fit); /* safe on a zeroed struct */

/* What limits of incidence are made of. */
typedef struct lb_finegray_limits {
  size_t n_time; /* n_incidence of the fit */
  double z;      /* quantile of the normal distribution */
  bool plain;
} lb_finegray_limits;

/* Of a fit of one stratum: out[i * n_time + k] = 1 - exp(-H(time k) exp(linear predictor of row
 * i)): cumulative incidence of the rows of x at ascending times; the offset of x counts. LB_EARG
 * when x has other columns than the fit, or times do not ascend. */
lb_status lb_finegray_predict(const lb_finegray *fit, const lb_design *x, const double *time,
                              size_t n_time, double *out, lb_error *err);

/* Estimates and standard errors of cumulative incidence, and limits, of the rows of a design. */
typedef struct lb_finegray_incidence {
  double *estimate, *std_error, *conf_low, *conf_high; /* x->n x n_time each, all the caller's */
} lb_finegray_incidence;
/* At the times asked of the fit: std_error by the influences of rows (or clusters) on coefficients
 * and baseline, those on the censoring weights among them unless the variance leaves them out
 * (Fine & Gray 1999, section 5, with sums of influences in the place of simulated processes);
 * limits by log(-log(1 - F)), or plain within [0, 1]. strata: of the rows of x, as in the fit.
 * LB_EARG for other columns. */
lb_status lb_finegray_incidence_at(const lb_finegray *fit, const lb_design *x,
                                   const lb_partition *strata, const lb_finegray_limits *limits,
                                   const lb_finegray_incidence *out, lb_error *err);
#endif
