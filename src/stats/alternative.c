/* alternative.c - which departures from the null hypothesis a test looks for. */
#include "stats/alternative.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

double lb_normal_p(double z, lb_alternative alternative)
{
  switch (alternative) {
  case LB_GREATER:
    return gsl_cdf_ugaussian_Q(z);
  case LB_LESS:
    return gsl_cdf_ugaussian_P(z);
  default:
    return 2 * gsl_cdf_ugaussian_Q(fabs(z));
  }
}
