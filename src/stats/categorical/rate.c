/* rate.c - intervals for a count of events, and for a rate standardised by weights. */
#include "stats/categorical/rate.h"

#include "stats/interval.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdbool.h>

#define LARGEST_COUNT 9007199254740992.0 /* 2^53 */
#define BISECTIONS    200

static double exact_limit(double d, double tail, bool upper)
{
  if (upper) return gsl_cdf_chisq_Qinv(tail, 2 * (d + 1)) / 2;
  return d == 0 ? 0 : gsl_cdf_chisq_Pinv(tail, 2 * d) / 2;
}

static double byar_limit(double d, double z, bool upper)
{
  double m = upper ? d + 1 : d, side = upper ? z : -z;
  if (m == 0) return 0;
  double root = 1 - 1 / (9 * m) + side / (3 * sqrt(m));
  return root > 0 ? m * root * root * root : 0;
}

/* P(X > d) + P(X = d)/2 of a Poisson variable with the mean. P(X > d) is the gamma distribution's
 * lower tail at the mean with shape d + 1. */
static double mid_upper_tail(double d, double mean)
{
  double above = mean == 0 ? 0 : gsl_cdf_gamma_P(mean, d + 1, 1);
  double at = exp(d * log(mean) - mean - lgamma(d + 1));
  return above + (mean == 0 ? (d == 0 ? 0.5 : 0) : at / 2);
}

static double mid_p_limit(double d, double tail, bool upper)
{
  if (!upper && d == 0) return 0;
  /* Within the exact limits, which are wider. */
  double low = upper ? d : 0, high = upper ? exact_limit(d, tail, true) : d;
  double wanted = upper ? 1 - tail : tail;
  for (int i = 0; i < BISECTIONS; i++) {
    double middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) break;
    if (mid_upper_tail(d, middle) < wanted)
      low = middle;
    else
      high = middle;
  }
  return low + (high - low) / 2;
}

lb_status lb_rate_interval(double d, double conf_level, lb_rate_method method, double *low,
                           double *high, lb_error *err)
{
  lb_status st = lb_conf_level_check(conf_level, err);
  if (st != LB_OK) return st;
  if (!(d >= 0 && d <= LARGEST_COUNT && floor(d) == d))
    return lb_error_set(err, LB_EARG, "%g events: expected a whole number from 0", d);
  double z = lb_z_value(conf_level), tail = (1 - conf_level) / 2;
  switch (method) {
  case LB_RATE_EXACT:
    *low = exact_limit(d, tail, false);
    *high = exact_limit(d, tail, true);
    return LB_OK;
  case LB_RATE_BYAR:
    *low = byar_limit(d, z, false);
    *high = byar_limit(d, z, true);
    return LB_OK;
  case LB_RATE_MID_P:
    *low = mid_p_limit(d, tail, false);
    *high = mid_p_limit(d, tail, true);
    return LB_OK;
  case LB_RATE_LOG:
    *low = d == 0 ? NAN : d * exp(-z / sqrt(d));
    *high = d == 0 ? NAN : d * exp(z / sqrt(d));
    return LB_OK;
  }
  return lb_error_set(err, LB_EARG, "unknown method of intervals");
}

lb_status lb_rate_standard_interval(double y, double v, double w_max, double conf_level,
                                    double *low, double *high, lb_error *err)
{
  lb_status st = lb_conf_level_check(conf_level, err);
  if (st != LB_OK) return st;
  if (!(y >= 0 && v >= 0 && w_max > 0 && isfinite(y + v + w_max)) || (y > 0 && v == 0))
    return lb_error_set(err, LB_EARG, "a standardised rate needs finite weights above 0");
  double tail = (1 - conf_level) / 2, y_up = y + w_max, v_up = v + w_max * w_max;
  *low = y == 0 ? 0 : v / (2 * y) * gsl_cdf_chisq_Pinv(tail, 2 * y * y / v);
  *high = v_up / (2 * y_up) * gsl_cdf_chisq_Qinv(tail, 2 * y_up * y_up / v_up);
  return LB_OK;
}
