/* cox.h - Cox proportional hazards regression: coefficients, tests, warnings, baseline hazard. */
#ifndef LB_SURVIVAL_COX_H
#define LB_SURVIVAL_COX_H
#include "stats/design.h"
#include "stats/surv.h"

#include <stdbool.h>

/* The last two are exact: in discrete time, where d of those at risk have the event (conditional
 * logistic likelihood), and of continuous times that were rounded (marginal likelihood, the average
 * over all orders of the tied events). */
typedef enum lb_ties { LB_TIES_EFRON, LB_TIES_BRESLOW, LB_TIES_EXACT, LB_TIES_MARGINAL } lb_ties;

typedef struct lb_cox_options {
  lb_ties ties;
  double tolerance; /* relative change of the log-likelihood that ends the iterations */
  size_t max_iter;
} lb_cox_options;
#define LB_COX_DEFAULTS                                                                            \
  {                                                                                                \
    .ties = LB_TIES_EFRON, .tolerance = 1e-9, .max_iter = 20                                       \
  }

/* df 0 goes with chi_square 0 and p_value NaN. */
typedef struct lb_cox_test {
  double chi_square, p_value;
  size_t df;
} lb_cox_test;

/* A fitted model. Owns its arrays. Columns that are linear combinations of earlier ones (within
 * strata and risk sets) have coef, std_error, and their row and column of vcov NaN and count for
 * no degree of freedom. A coefficient that grows without end (monotone likelihood: a level
 * without events, say) is marked infinite and its numbers are only where the iterations stopped;
 * likelihood-ratio and score tests hold all the same. All are found in standard deviations of the
 * columns, whatever their units; where a standard deviation is beyond 1e-100 or 1e100, vcov may
 * leave the range of a double, coef and std_error do not. vcov may be that of coefficients a last
 * step of up to 1e-9 of a log hazard away. */
typedef struct lb_cox {
  size_t p;
  double *coef;                 /* p, per unit of the column: log hazard ratio */
  double *vcov;                 /* p x p, row after row: inverse information (model-based, naive) */
  double *std_error;            /* p, root of vcov's diagonal */
  double *means;                /* p, weighted means of the columns */
  double *scale;                /* p, standard deviations within strata; 1 of a constant column */
  double log_lik_null, log_lik; /* at coef 0 (the offset stays) and at coef */
  lb_cox_test lr_test, wald_test, score_test;
  size_t iterations; /* Newton steps until the log-likelihood settled; one more is always made */
  bool converged;    /* the log-likelihood settled and no coefficient is infinite */
  size_t n_used, n_missing, n_event; /* rows fitted, rows the caller left out, rows with an event */
  size_t n_collinear, n_infinite;
  bool *collinear, *infinite; /* p */
  bool *rounded;              /* p: collinear, differing in the last bits of its numbers alone */
  /* p x p: the row of a collinear column holds its coefficients on the earlier columns (up to a
   * constant in each stratum); NULL when n_collinear is 0 */
  double *combination;
  double concordance, concordance_std_error; /* NaN until lb_cox_concordance */
} lb_cox;

/* Partial likelihood (Cox 1972, JRSS B 34:187) of rows at risk when entry < t <= time, ties
 * after Efron (1977, JASA 72:557) or Breslow (1974, Biometrics 30:89), strata with a baseline
 * each, case weights, offset; Newton steps with halving. Risk-set sums are walked backwards in
 * time and the information is Z' diag(w r H) Z less the outer products of the risk-set means
 * (Therneau & Grambsch 2000, section 3.1, rearranged by rows). Exact ties: Gail, Lubin &
 * Rubinstein (1981, Biometrika 68:703), O(d (n - d) p^2) a time with d events among n, and
 * Kalbfleisch & Prentice (1973, Biometrika 60:267); weights other than 1 have no meaning there.
 *   y, x, strata  borrowed for the call; x->n == y->n; p = 0 gives the null model; strata
 *                 NULL = one
 *   out           written on success, untouched on failure; free with lb_cox_reset
 * No convergence is a result (converged false). LB_EDATA: as lb_surv_check, no events, a value
 * of x or the offset not finite; LB_EARG: lengths differ, stratum out of range, tolerance or
 * max_iter not above 0, weights with exact ties; LB_ENUMERIC: the log-likelihood at 0 is not finite
 * (an absurd offset);
 * LB_ENOMEM; LB_EINTR. O(n p^2) an iteration. */
lb_status lb_cox_fit(const lb_surv *y, const lb_design *x, const lb_partition *strata,
                     const lb_cox_options *opt, lb_cox *out, lb_error *err);
void lb_cox_reset(lb_cox *fit); /* safe on a zeroed struct */

/* out[i] = offset + sum coef_j (x_ij - means_j if centred), collinear columns left out; out has
 * x->n places. LB_EARG when x has not fit->p columns; LB_EINTR. */
lb_status lb_cox_linear_predictor(const lb_cox *fit, const lb_design *x, bool centred, double *out,
                                  lb_error *err);

/* Harrell's concordance of the fit's linear predictor within strata, into fit->concordance and
 * its standard error. */
lb_status lb_cox_concordance(const lb_surv *y, const lb_design *x, const lb_partition *strata,
                             lb_cox *fit, lb_error *err);

/* Baseline hazard of each stratum at its distinct event times. Owns its arrays. Stratum s has
 * places start[s] .. start[s + 1]. */
typedef struct lb_cox_baseline {
  size_t n_strata, n_time;
  size_t *start; /* n_strata + 1 */
  double *time;  /* ascending in a stratum */
  double *n_risk, *n_event;
  double *hazard, *cumulative_hazard; /* step at the time; sum of steps */
} lb_cox_baseline;

/* Hazard of a person whose linear predictor is 0: pass linear predictors that are centred for
 * the average person, not centred for all covariates 0. Breslow's estimate d / sum r, or with
 * Efron's ties the one that matches Efron's likelihood. Errors as lb_cox_fit; `out` untouched on
 * failure. */
lb_status lb_cox_baseline_fit(const lb_surv *y, const double *linear_predictor,
                              const lb_partition *strata, lb_ties ties, lb_cox_baseline *out,
                              lb_error *err);
void lb_cox_baseline_reset(lb_cox_baseline *baseline);
#endif
