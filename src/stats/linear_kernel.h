/* linear_kernel.h - linear predictors of many rows, as vector code. */
#ifndef LB_STATS_LINEAR_KERNEL_H
#define LB_STATS_LINEAR_KERNEL_H
#include "stats/design.h"
#include <stdbool.h>

/* out[i] = offset + the sum over columns, from the first, of coef (x - mean); a column whose coef
 * is NaN is left out; mean NULL = 0. Rows are shared between threads, each row is one sum. false:
 * interrupted. */
bool lb_linear_predictor(const lb_design *x, const double *coef, const double *mean, double *out);
#endif
