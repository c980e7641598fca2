/* pool_proportion.h - proportions of studies pooled on a scale on which they are nearly normal, and
 * brought back. */
#ifndef LB_META_POOL_PROPORTION_H
#define LB_META_POOL_PROPORTION_H
#include "stats/meta/pool.h"

/* x events of n. */
typedef enum lb_pool_scale {
  /* log(x/(n - x)), variance 1/x + 1/(n - x); 1/2 is added to x and to n - x in the studies, and
   * only those, with x = 0 or x = n (Viechtbauer 2010, J Stat Softw 36(3), section 3.1). */
  LB_POOL_LOGIT,
  /* Half of asin sqrt(x/(n + 1)) + asin sqrt((x + 1)/(n + 1)), variance 1/(4n + 2) (Freeman & Tukey
   * 1950, Ann Math Stat 21:607); back by Miller (1978, Am Stat 32:138) with the harmonic mean of
   * the n. */
  LB_POOL_FREEMAN_TUKEY,
  /* asin sqrt(x/n), variance 1/(4n); back by the squared sine. */
  LB_POOL_ARCSINE
} lb_pool_scale;

/* Estimate and variance of one study on the scale; *adjusted: 1/2 was added. LB_EDATA unless x and
 * n are whole numbers with 0 <= x <= n, n > 0. Outputs are untouched on failure. */
lb_status lb_pool_proportion_effect(double x, double n, lb_pool_scale scale, double *effect,
                                    double *variance, bool *adjusted, lb_error *err);
/* The proportion of a value on the scale, in [0, 1]; what lies beyond the values that a study of n
 * can have is 0 or 1. n matters for LB_POOL_FREEMAN_TUKEY only. NaN gives NaN. */
double lb_pool_proportion_back(double value, double n, lb_pool_scale scale);

/* A pooled proportion with its limits. */
typedef struct lb_pooled_proportion {
  double estimate, conf_low, conf_high;
} lb_pooled_proportion;

/* Owns its arrays. */
typedef struct lb_pool_proportions {
  lb_pool pool;              /* on the scale */
  double *effect, *variance; /* of the k studies */
  bool *adjusted;            /* studies that had 1/2 added */
  double harmonic_n;         /* harmonic mean of the n */
  lb_pooled_proportion fixed, random;
  double predict_low, predict_high; /* the proportion expected in a new study; NaN for k < 3 */
} lb_pool_proportions;

/* k studies, x[i] events of n[i]. Borrowed. */
typedef struct lb_pool_counts {
  const double *x, *n;
  size_t k;
} lb_pool_counts;

/* Pools the studies. Errors as those of the functions above and of lb_pool_effects. out is
 * untouched on failure; free with lb_pool_proportions_reset. */
lb_status lb_pool_proportions_fit(const lb_pool_counts *studies, lb_pool_scale scale,
                                  const lb_pool_options *options, lb_pool_proportions *out,
                                  lb_error *err);
void lb_pool_proportions_reset(lb_pool_proportions *fit); /* safe on a zeroed struct */
#endif
