/* aft_rows.h - rows of a parametric survival model on the scale where they are fitted, and what
 * each adds to the likelihood. */
#ifndef LB_STATS_AFT_ROWS_H
#define LB_STATS_AFT_ROWS_H
#include "stats/survival/aft.h"
#include "stats/survival/aft_loggamma_table.h"
#include "stats/survival/aft_newton.h"

/* y = (g(t) - centre) / spread, g the logarithm or identity; Gompertz: t / spread. */
typedef struct lb_aft_rows {
  lb_aft_distribution distribution;
  lb_standard kind;
  bool has_shape;
  double df;
  size_t n;
  double *lower, *upper, *entry; /* infinite where open; entry NULL without */
  double centre, spread;
  double constant;          /* log-likelihood of times less that of y, weighted */
  lb_loggamma_table *table; /* of many rows with a shape; else NULL */
} lb_aft_rows;

/* standardised: mean and standard deviation of the known limits become 0 and 1; else centre 0,
 * spread 1. LB_EDATA as lb_aft_fit. */
lb_status lb_aft_rows_new(const lb_aft_outcome *y, const lb_aft_options *options, bool standardised,
                          lb_aft_rows *out, lb_error *err);
void lb_aft_rows_reset(lb_aft_rows *rows);
/* Predictors: location, log scale, shape; Gompertz: log rate, shape. context: lb_aft_rows. */
bool lb_aft_row(const void *context, size_t i, const double *eta, lb_row_term *out);
/* Fills the table of the rows for the shape among these predictors of any row: lb_predictors has
 * it called before rows. */
lb_status lb_aft_prepare(const void *context, const double *eta, lb_error *err);
size_t lb_aft_n_predictor(lb_aft_distribution d);

/* Adds sign log P(lower < w <= upper) of standardised limits y, and its derivatives in location,
 * log scale and q. */
typedef struct lb_aft_place {
  lb_standard kind;
  double location, sigma, q;
  bool has_shape;
  const lb_loggamma_table *table; /* or NULL */
} lb_aft_place;
void lb_aft_add_mass(const lb_aft_place *at, double lower, double upper, double sign,
                     lb_row_term *out);
void lb_aft_add_density(const lb_aft_place *at, double y, lb_row_term *out);

/* (exp(x) - 1) / x and its first two derivatives. */
void lb_exp_ratio(double x, double out[3]);
/* Cumulative hazard exp(log_rate) (exp(shape t) - 1) / shape and its derivatives: value, log rate,
 * shape, shape twice (twice log rate: value; mixed: shape). */
void lb_gompertz_hazard(double log_rate, double shape, double t, double out[3]);
#endif
