/* rate.h - intervals for a count of events, and for a rate standardised by weights. */
#ifndef LB_CATEGORICAL_RATE_H
#define LB_CATEGORICAL_RATE_H
#include "base/error.h"

/* d events, z the two-sided normal quantile, alpha = 1 - conf_level. */
typedef enum lb_rate_method {
  LB_RATE_EXACT, /* Garwood 1936, Biometrika 28:437: chi-square quantiles */
  LB_RATE_BYAR,  /* Breslow & Day 1987, IARC 82, equations 2.13: cube-root approximation */
  LB_RATE_MID_P, /* P(X > d) + P(X = d)/2 = alpha/2 and its mirror image */
  LB_RATE_LOG    /* d exp(-/+ z / sqrt d); NaN at d = 0 */
} lb_rate_method;

/* Limits of the expected count; divide by person-time for a rate, by expected events for an SMR.
 * The lower limit of d = 0 is 0. LB_EARG unless d is a whole number, 0 <= d <= 2^53, conf_level is
 * in (0, 1) and the method is one of the above. Outputs untouched on failure. */
lb_status lb_rate_interval(double d, double conf_level, lb_rate_method method, double *low,
                           double *high, lb_error *err);

/* Interval of a directly standardised rate y = sum w_i d_i with variance v = sum w_i^2 d_i by the
 * gamma distribution (Fay & Feuer 1997, Stat Med 16:791, equations 1 and 2); w_max is the largest
 * w_i, all weights divided by person-time. y = 0: the lower limit is 0. LB_EARG: numbers that are
 * not finite or negative, w_max not above 0, conf_level. */
lb_status lb_rate_standard_interval(double y, double v, double w_max, double conf_level,
                                    double *low, double *high, lb_error *err);
#endif
