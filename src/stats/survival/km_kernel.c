/* km_kernel.c - the arithmetic of Kaplan-Meier curves over all their times, as vector code. */
#include "stats/survival/km_kernel.h"
#include "base/clones.h"
#include "base/log_kernel.h"
#include "stats/exp_kernel.h"

#include <math.h>

LB_CLONES void lb_km_factors(const double *restrict n_risk, const double *restrict n_event,
                             size_t n, double *restrict factor, double *restrict term)
{
  for (size_t i = 0; i < n; i++) {
    double r = n_risk[i], d = n_event[i];
    double ratio = (r - d) / r, part = d / (r * (r - d));
    factor[i] = d > 0 ? ratio : 1;
    term[i] = d > 0 ? part : 0;
  }
}

LB_CLONES void lb_km_errors(const double *restrict survival, const double *restrict variance,
                            size_t n, double *restrict std_error)
{
  for (size_t i = 0; i < n; i++)
    std_error[i] = survival[i] > 0 ? survival[i] * sqrt(variance[i]) : (double)NAN;
}

LB_CLONES void lb_km_widths(double *x, size_t n, double z)
{
  for (size_t i = 0; i < n; i++) x[i] = z * sqrt(x[i]);
}

LB_CLONES static void divide(double *restrict half, const double *restrict log_s, size_t n)
{
  for (size_t i = 0; i < n; i++) half[i] /= -log_s[i];
}

LB_CLONES static void spread(const double *restrict factor, const double *restrict log_s, size_t n,
                             double *restrict low, double *restrict high)
{
  for (size_t i = 0; i < n; i++) {
    low[i] = log_s[i] * factor[i];
    high[i] = log_s[i] / factor[i];
  }
}

void lb_km_log_log(double *half, double *log_s, double *limits, size_t n)
{
  lb_log_array(limits + n, NULL, log_s, n);
  divide(half, log_s, n);
  lb_exp_array(half, half, n);
  spread(half, log_s, n, limits, limits + n);
  lb_exp_array(limits, limits, 2 * n);
}
