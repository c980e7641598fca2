/* sum_kernel.h - sums of whole columns, in lanes. */
#ifndef LB_EXPR_SUM_KERNEL_H
#define LB_EXPR_SUM_KERNEL_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A compensated sum that is not yet put together: its value is sum + error. */
typedef struct lb_sum {
  double sum, error;
} lb_sum;
#define LB_SUM_ROWS 1024 /* at most in one call */

/* Sum of x[i] where present[i] is 1 (Neumaier 1974, ZAMM 54:39, in sixteen lanes, the errors by
 * Knuth's two-sum); n at most LB_SUM_ROWS. x is not read behind n. Not finite when the sum is not,
 * and perhaps when a part of it is not. */
lb_sum lb_sum_block(const double *x, const uint8_t *present, size_t n);
/* One sum behind another. */
lb_sum lb_sum_join(lb_sum a, lb_sum b);

/* Adds x[i] where present[i] is 1 to *sum, which wraps; the result has every bit that the size of
 * one of them needs. */
uint64_t lb_sum_integer_block(const int64_t *x, const uint8_t *present, size_t n, int64_t *sum);
#endif
