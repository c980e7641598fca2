/* aft_people.h - curves of people by a fitted parametric regression. */
#ifndef LB_STATS_AFT_PEOPLE_H
#define LB_STATS_AFT_PEOPLE_H
#include "stats/design.h"
#include "stats/survival/aft.h"
#include "stats/survival/aft_curve.h"

/* A fit and a design of the same columns; borrowed. coef: intercept, columns (NaN: not in the
 * model), log scales, shape. */
typedef struct lb_aft_people {
  lb_aft_distribution distribution;
  double scale, df; /* scale: fixed; else NaN */
  const double *coef;
  size_t n_scale, n_shape, n_param;
  lb_design x;
  const int32_t *stratum; /* NULL: one */
} lb_aft_people;

/* Location, log scale (0 of Gompertz) and shape of a row. */
void lb_aft_person(const lb_aft_people *who, size_t row, double eta[3]);
/* log S(t), log hazard and their derivatives in location, log scale and shape (Gompertz: log rate,
 * none, shape). */
typedef struct lb_aft_point {
  double log_survival, log_hazard, ds[3], dh[3];
} lb_aft_point;
void lb_aft_point_at(lb_aft_distribution d, double df, const double eta[3], double t,
                     lb_aft_point *out);
/* The curve of these people; vcov n_param squared. */
void lb_aft_curve(const lb_aft_people *who, const double *vcov, double time_scale, lb_curve *out);
#endif
