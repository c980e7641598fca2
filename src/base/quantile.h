/* quantile.h - quantiles of numbers, each of which may stand for several. */
#ifndef LB_BASE_QUANTILE_H
#define LB_BASE_QUANTILE_H
#include <stddef.h>

/* Type 7 of Hyndman & Fan (1996, Am Stat 50:361): linear between the order statistics around
 * prob * (total - 1), counted from 0.
 *   value  n >= 1 numbers, ascending
 *   count  how many equal ones each stands for, whole numbers of which one is above 0; NULL = one.
 *          The bits are those of the numbers repeated
 *   prob   from 0 to 1
 * O(1) without counts, else O(n). */
double lb_quantile(const double *value, const double *count, size_t n, double prob);
#endif
