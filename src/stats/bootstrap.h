/* bootstrap.h - standard error, bias and confidence limits from the replicates of an estimate. */
#ifndef LB_STATS_BOOTSTRAP_H
#define LB_STATS_BOOTSTRAP_H
#include "base/error.h"
#include <stdbool.h>
#include <stddef.h>

typedef enum lb_boot_conf { LB_BOOT_PERCENTILE, LB_BOOT_NORMAL, LB_BOOT_BCA } lb_boot_conf;

typedef struct lb_boot_question {
  double estimate;     /* of the data themselves */
  double acceleration; /* of BCa */
  double conf_level;
  lb_boot_conf conf;
} lb_boot_question;

typedef struct lb_boot_summary {
  size_t n; /* replicates that count */
  double mean, bias, std_error;
  double conf_low, conf_high;
  bool extreme; /* a limit lies beyond the replicates: the outermost stands for it */
} lb_boot_summary;

/* Replicates that are not finite are left out; with fewer than two all numbers are NaN.
 *   percentile  quantiles of the replicates: number (n + 1) a, between two by the normal quantile
 *   normal      estimate - bias +- z standard errors
 *   bca         bias-corrected and accelerated (Efron 1987, JASA 82:171)
 * after Davison & Hinkley (1997), Bootstrap Methods, eq. 5.5, 5.6, 5.8, 5.21. LB_EARG unless 0 <
 * conf_level < 1; LB_ENOMEM. O(n log n). */
lb_status lb_boot_summarise(const double *replicate, size_t n, size_t stride,
                            const lb_boot_question *ask, lb_boot_summary *out, lb_error *err);
/* Acceleration from the influence of each of n independent rows: sum L^3 / (6 (sum L^2)^1.5)
 * (Davison & Hinkley 1997, eq. 5.23); 0 when none has any. */
double lb_boot_acceleration(const double *influence, size_t n, size_t stride);
#endif
