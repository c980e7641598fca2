/* royston.h - Royston and Parmar's flexible parametric models: a spline of log time. */
#ifndef LB_STATS_ROYSTON_H
#define LB_STATS_ROYSTON_H
#include "stats/survival/aft.h"
#include "stats/survival/aft_curve.h"

#define LB_ROYSTON_KNOTS   20 /* at most, boundaries among them */
#define LB_ROYSTON_EFFECTS 16 /* columns whose effect changes with time, at most */

/* g(S(t)) = spline(log t) + x'b + sum of x_j spline_j(log t): log cumulative hazard, log cumulative
 * odds, or minus the normal quantile of S. */
typedef enum lb_royston_scale {
  LB_ROYSTON_HAZARD,
  LB_ROYSTON_ODDS,
  LB_ROYSTON_NORMAL
} lb_royston_scale;

/* Where knots stand: df - 1 inner ones at quantiles (type 7) of the logarithms of exact times, or
 * the n_knot > 0 times in `knot`, ascending. */
typedef struct lb_royston_knots {
  size_t df, n_knot;
  const double *knot;
} lb_royston_knots;

/* A column whose effect is a spline of log time: its own knots, the baseline's boundaries. */
typedef struct lb_royston_change {
  size_t column;
  lb_royston_knots knots;
} lb_royston_change;

typedef struct lb_royston_options {
  lb_royston_scale scale;
  size_t df; /* of the baseline; n_knot and knot as in lb_royston_knots */
  size_t n_knot;
  const double *knot;
  size_t max_iter;
  const lb_royston_change *change; /* n_change columns */
  size_t n_change;
  double boundary[2]; /* boundary knots, times; 0, 0: the least and largest exact time */
  bool robust;        /* sandwich variance; also with clusters */
  bool frequency;     /* weights are counts of rows: knots stand at quantiles of all of them */
} lb_royston_options;

/* The spline that a column is multiplied with: log t, then n_knot - 2 curves, without a constant,
 * whose place the column's coefficient has. */
typedef struct lb_royston_effect {
  size_t column, n_knot;
  double knot[LB_ROYSTON_KNOTS]; /* log times */
} lb_royston_effect;

/* Parameters: of each stratum gamma0, gamma1 (of log t), gamma2.. (an inner knot each), then the p
 * columns, then the splines of the effects, n_knot - 1 each. */
typedef struct lb_royston_form {
  lb_royston_scale scale;
  size_t p, n_spline, n_stratum, n_effect, n_param;
  double knot[LB_ROYSTON_KNOTS]; /* log times, boundaries first and last; n_spline of them */
  lb_royston_effect effect[LB_ROYSTON_EFFECTS];
} lb_royston_form;

/* Times within the data where a fitted hazard is negative. */
typedef struct lb_royston_negative {
  size_t n_row; /* rows whose covariates have such times */
  double from, to;
} lb_royston_negative;

typedef struct lb_royston {
  lb_royston_form form;
  double *coef, *std_error, *vcov, *naive_vcov;
  double log_lik, log_lik_null;     /* of times; null: the splines of the strata alone */
  size_t df, iterations, n_cluster; /* df: parameters beyond those of the null model */
  bool converged;
  lb_royston_negative negative;
  double wald_change; /* chi-square of df_change: no effect changes with time */
  size_t df_change;
} lb_royston;

/* Maximum likelihood (Royston & Parmar 2002, Stat Med 21:2175), natural cubic splines, linear
 * beyond the boundary knots; effects that change with time as Royston & Lambert (2011, Flexible
 * Parametric Survival Analysis, chapter 7). strata (NULL: one) have a spline each, of the same
 * knots. Any censoring and late entry, as lb_aft_fit. Starts from the Weibull, log-logistic or
 * log-normal fit, which is the model with df 1; a step to where a hazard would be negative at an
 * event is not taken. LB_EDATA as lb_aft_fit, fewer than two distinct exact times, knots that
 * coincide or lie outside, a stratum with fewer than two events; LB_EARG df, boundary, too many
 * effects. */
lb_status lb_royston_fit(const lb_aft_outcome *y, const lb_design *x, const lb_partition *strata,
                         const lb_partition *cluster, const lb_royston_options *options,
                         lb_royston *out, lb_error *err);
void lb_royston_reset(lb_royston *fit);

/* A fit and a design of the same columns; borrowed. */
typedef struct lb_royston_people {
  lb_royston_form form;
  const double *coef;
  lb_design x;
  const int32_t *stratum; /* NULL: one */
} lb_royston_people;
/* The first parameter of an effect's spline. */
size_t lb_royston_effect_at(const lb_royston_form *form, size_t effect);
void lb_royston_curve(const lb_royston_people *who, const double *vcov, double time_scale,
                      lb_curve *out);
/* Whether the hazards of these people are positive at all times from `from` to `to`, exactly: the
 * slope of a cubic spline is a parabola between knots. LB_ENOMEM. O(rows effects knots). */
lb_status lb_royston_negative_hazards(const lb_royston_people *who, double from, double to,
                                      lb_royston_negative *out, lb_error *err);
#endif
