/* riskset_kernel.h - a look at many times at once. */
#ifndef LB_SURVIVAL_RISKSET_KERNEL_H
#define LB_SURVIVAL_RISKSET_KERNEL_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Are all times whole numbers from 0 to 2^31 - 1? *last becomes the largest then, 0 for none. */
bool lb_whole_days(const double *time, size_t n, int32_t *last);
#endif
