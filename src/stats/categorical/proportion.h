/* proportion.h - intervals for one proportion. */
#ifndef LB_CATEGORICAL_PROPORTION_H
#define LB_CATEGORICAL_PROPORTION_H
#include "base/error.h"

/* p = x/n, q = 1 - p, z the two-sided normal quantile, alpha = 1 - conf_level. */
typedef enum lb_proportion_method {
  LB_PROPORTION_WILSON,            /* score (Wilson 1927, JASA 22:209) */
  LB_PROPORTION_WILSON_CONTINUITY, /* Newcombe 1998, Stat Med 17:857, method 4 */
  LB_PROPORTION_CLOPPER_PEARSON,   /* exact tails (Clopper & Pearson 1934, Biometrika 26:404) */
  LB_PROPORTION_MID_P,             /* P(X > x) + P(X = x)/2 = alpha/2 and its mirror image */
  LB_PROPORTION_JEFFREYS,      /* quantiles of Beta(x + 1/2, n - x + 1/2); 0 at x = 0, 1 at x = n */
  LB_PROPORTION_AGRESTI_COULL, /* Wald at (x + z^2/2)/(n + z^2), clipped (1998, Am Stat 52:119) */
  LB_PROPORTION_WALD,          /* p -/+ z sqrt(p q / n), clipped */
  LB_PROPORTION_WALD_CONTINUITY, /* that widened by 1/(2n), clipped */
  LB_PROPORTION_LOGIT,           /* Wald on the log odds; NaN at x = 0 and x = n */
  LB_PROPORTION_ARCSINE, /* asin sqrt((x + 3/8)/(n + 3/4)) -/+ z/(2 sqrt n) (Anscombe 1948) */
  LB_PROPORTION_LIKELIHOOD_RATIO /* 2 (max log L - log L(p)) <= z^2 */
} lb_proportion_method;

/* Limits in [0, 1]; n = 0 gives NaN. LB_EARG unless x and n are whole numbers, 0 <= x <= n <=
 * 2^53, conf_level is in (0, 1) and the method is one of the above. *low and *high are untouched
 * on failure. */
lb_status lb_proportion_interval(double x, double n, double conf_level, lb_proportion_method method,
                                 double *low, double *high, lb_error *err);
#endif
