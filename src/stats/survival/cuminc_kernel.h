/* cuminc_kernel.h - the arithmetic of cumulative incidence over all times, as vector code. */
#ifndef LB_SURVIVAL_CUMINC_KERNEL_H
#define LB_SURVIVAL_CUMINC_KERNEL_H
#include <stddef.h>

/* What all causes of a group share, at n times with n_risk at risk and n_event events: 1 / n_risk,
 * 0 where there is no event, and d / (n (n - d)), 0 once S is 0. */
void cuminc_share(const double *n_risk, const double *n_event, const double *survival, size_t n,
                  double *inverse, double *spread);
/* From variances to standard errors; what rounding made negative is 0. */
void cuminc_roots(double *x, size_t n);
/* Where F is 1 it has no standard error: NaN. */
void cuminc_close(const double *estimate, size_t n, double *std_error);
#endif
