/* royston.h - Royston and Parmar's flexible parametric models: a spline of log time. */
#ifndef LB_STATS_ROYSTON_H
#define LB_STATS_ROYSTON_H
#include "stats/survival/aft.h"
#include "stats/survival/aft_curve.h"

#define LB_ROYSTON_KNOTS 20 /* at most, boundaries among them */

/* g(S(t)) = spline(log t) + x'b: log cumulative hazard, log cumulative odds, or minus the normal
 * quantile of S. */
typedef enum lb_royston_scale {
  LB_ROYSTON_HAZARD,
  LB_ROYSTON_ODDS,
  LB_ROYSTON_NORMAL
} lb_royston_scale;

typedef struct lb_royston_options {
  lb_royston_scale scale;
  size_t df;     /* inner knots + 1, at quantiles of the logarithms of exact times */
  size_t n_knot; /* 0: by df; else inner knots, as times, ascending */
  const double *knot;
  size_t max_iter;
} lb_royston_options;

/* Parameters: gamma0, gamma1 (of log t), gamma2.. (an inner knot each), then the columns. */
typedef struct lb_royston {
  lb_royston_scale scale;
  size_t p, n_spline, n_param;
  double knot[LB_ROYSTON_KNOTS]; /* log times, boundaries first and last; n_spline of them */
  double *coef, *std_error, *vcov;
  double log_lik, log_lik_null; /* of times; null: the spline alone */
  size_t iterations;
  bool converged;
} lb_royston;

/* Maximum likelihood (Royston & Parmar 2002, Stat Med 21:2175), natural cubic splines, linear
 * beyond the boundary knots (the least and largest exact time); any censoring and late entry, as
 * lb_aft_fit. Starts from the Weibull, log-logistic or log-normal fit, which is the model with df
 * 1; a step to where a hazard would be negative is not taken. LB_EDATA as lb_aft_fit, fewer than
 * two distinct exact times, knots that coincide or lie outside; LB_EARG df. */
lb_status lb_royston_fit(const lb_aft_outcome *y, const lb_design *x,
                         const lb_royston_options *options, lb_royston *out, lb_error *err);
void lb_royston_reset(lb_royston *fit);

/* A fit and a design of the same columns; borrowed. */
typedef struct lb_royston_people {
  lb_royston_scale scale;
  size_t n_spline, n_param;
  const double *knot, *coef;
  lb_design x;
} lb_royston_people;
void lb_royston_curve(const lb_royston_people *who, const double *vcov, double time_scale,
                      lb_curve *out);
#endif
