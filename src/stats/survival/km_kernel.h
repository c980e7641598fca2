/* km_kernel.h - the arithmetic of Kaplan-Meier curves over all their times, as vector code. */
#ifndef LB_SURVIVAL_KM_KERNEL_H
#define LB_SURVIVAL_KM_KERNEL_H
#include <stddef.h>

/* Of n times with n_risk at risk and n_event events: the factor (n - d) / n of the product limit
 * and Greenwood's term d / (n (n - d)), infinite where n = d; 1 and 0 where there is no event. */
void lb_km_factors(const double *n_risk, const double *n_event, size_t n, double *factor,
                   double *term);
/* Standard errors of S from the variances of log S; NaN where S is 0. */
void lb_km_errors(const double *survival, const double *variance, size_t n, double *std_error);
/* x[i] = z sqrt(x[i]) */
void lb_km_widths(double *x, size_t n, double z);
/* Log-log limits exp(log(S) e) and exp(log(S) / e), e = exp(half / -log S), 0 < S < 1.
 *   half    n, z times the standard error of log S; overwritten
 *   log_s   n, room
 *   limits  2 n: S in its second half; comes back as the low limits, then the high ones */
void lb_km_log_log(double *half, double *log_s, double *limits, size_t n);
#endif
