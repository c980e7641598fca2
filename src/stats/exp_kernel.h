/* exp_kernel.h - exponentials of many numbers at once. */
#ifndef LB_STATS_EXP_KERNEL_H
#define LB_STATS_EXP_KERNEL_H
#include <stddef.h>

/* out[i] = exp(x[i]), within 1 unit in the last place, the same bits on every processor; infinite,
 * zero, subnormal and NaN as exp() gives them. x and out may be the same array. */
void lb_exp_array(const double *x, double *out, size_t n);
#endif
