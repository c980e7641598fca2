/* pool.h - study estimates pooled by inverse variances: fixed effect, random effects, and how far
 * the studies differ. */
#ifndef LB_META_POOL_H
#define LB_META_POOL_H
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct lb_pool_options {
  double conf_level;
  /* Random-effects limits by Hartung & Knapp (2001, Stat Med 20:3875): std_error^2 times
   * q = sum w (y - mean)^2 / (k - 1) of the random-effects weights, t with k - 1 df. */
  bool hartung_knapp;
} lb_pool_options;
#define LB_POOL_DEFAULTS                                                                           \
  {                                                                                                \
    .conf_level = 0.95                                                                             \
  }

/* A pooled mean on the scale of the estimates; statistic = estimate / std_error, two-sided p. */
typedef struct lb_pool_mean {
  double estimate, std_error, statistic, p_value, conf_low, conf_high;
} lb_pool_mean;

/* k studies; w = 1/v. Owns its arrays, of k numbers each, in the order of the studies. What one
 * study cannot tell (k = 1: all about heterogeneity, k = 2: prediction and limits of I2) is NaN. */
typedef struct lb_pool {
  size_t k;
  double *weight_fixed, *weight_random; /* shares of the weights, sum 1 */
  lb_pool_mean fixed;                   /* one common effect: weights w */
  lb_pool_mean random;                  /* weights 1/(v + tau2) */
  double q, q_p_value;                  /* Cochran's Q on k - 1 df */
  double tau2;                          /* DerSimonian-Laird, not below 0 */
  double h, h_low, h_high;              /* sqrt(Q/(k - 1)), not below 1 */
  double i2, i2_low, i2_high;           /* (h^2 - 1)/h^2: a fraction, not a percentage */
  /* Where the effect of a new study is expected: mean -/+ t(k - 2) sqrt(tau2 + std_error^2)
   * (Higgins, Thompson & Spiegelhalter 2009, JRSS A 172:137, eq. 12). */
  double predict_low, predict_high;
} lb_pool;

/* Fixed effect and random effects with tau2 = max(0, (Q - (k - 1)) / (S1 - S2/S1)), Si the sums of
 * the powers of w (DerSimonian & Laird 1986, Control Clin Trials 7:177, eq. 8); h and i2 with
 * test-based limits (Higgins & Thompson 2002, Stat Med 21:1539, sections 3 and 4, appendix A).
 *   y, v    k estimates and their variances, borrowed for the call
 *   options NULL = defaults
 *   out     written on success, untouched on failure; free with lb_pool_reset
 * LB_EDATA when k is 0, an estimate is not finite or a variance not finite and positive; LB_EARG
 * for conf_level; LB_ENOMEM. O(k). */
lb_status lb_pool_effects(const double *y, const double *v, size_t k,
                          const lb_pool_options *options, lb_pool *out, lb_error *err);
void lb_pool_reset(lb_pool *pool); /* safe on a zeroed struct */
#endif
