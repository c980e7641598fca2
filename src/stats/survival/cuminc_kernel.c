/* cuminc_kernel.c - the arithmetic of cumulative incidence over all times, as vector code. */
#include "stats/survival/cuminc_kernel.h"
#include "base/clones.h"

#include <math.h>

LB_CLONES void cuminc_share(const double *restrict n_risk, const double *restrict n_event,
                            const double *restrict survival, size_t n, double *restrict inverse,
                            double *restrict spread)
{
  for (size_t i = 0; i < n; i++) {
    double r = n_risk[i], d = n_event[i], one = 1 / r;
    inverse[i] = d > 0 ? one : 0;
    double term = d * inverse[i] / (r - d);
    spread[i] = survival[i] > 0 ? term : 0;
  }
}

LB_CLONES void cuminc_roots(double *x, size_t n)
{
  for (size_t i = 0; i < n; i++) x[i] = sqrt(x[i] > 0 ? x[i] : 0);
}

LB_CLONES void cuminc_close(const double *restrict estimate, size_t n, double *restrict std_error)
{
  for (size_t i = 0; i < n; i++) std_error[i] = estimate[i] < 1 ? std_error[i] : (double)NAN;
}
