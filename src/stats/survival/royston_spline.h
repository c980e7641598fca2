/* royston_spline.h - natural cubic splines of log time: bases and places of knots. */
#ifndef LB_STATS_ROYSTON_SPLINE_H
#define LB_STATS_ROYSTON_SPLINE_H
#include "stats/survival/royston.h"

/* The n basis functions of x and their slopes: 1, x, and for each inner knot k_j (x - k_j)^3+ -
 * l_j (x - k_min)^3+ - (1 - l_j) (x - k_max)^3+, l_j = (k_max - k_j) / (k_max - k_min) (Royston &
 * Parmar 2002, eq. 4). */
void lb_royston_basis(const double *knot, size_t n, double x, double *value, double *slope);
/* Fills knots of the baseline and of the effects in `form`. Errors as lb_royston_fit. */
lb_status lb_royston_place_knots(const lb_aft_outcome *y, const lb_royston_options *o,
                                 lb_royston_form *form, lb_error *err);
#endif
