/* log_kernel.h - logarithms of many numbers at once. */
#ifndef LB_BASE_LOG_KERNEL_H
#define LB_BASE_LOG_KERNEL_H
#include <stddef.h>
#include <stdint.h>

/* out[i] = log(x[i]) and log10(x[i]), within 0.54 units in the last place, so that powers of ten
 * give whole numbers; the same bits on every processor. Zero, negative, subnormal, infinite and NaN
 * are as log() and log10() give them. Where present[i] (0 or 1) is 0, x[i] may be
 * anything, and out[i] is 0; `present` NULL: all are there. x and out do not overlap. */
void lb_log_array(const double *x, const uint8_t *present, double *out, size_t n);
void lb_log10_array(const double *x, const uint8_t *present, double *out, size_t n);
#endif
