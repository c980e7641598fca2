/* cox_boot.h - bootstrap of a Cox model: resamples as weights on rows that are sorted once. */
#ifndef LB_SURVIVAL_COX_BOOT_H
#define LB_SURVIVAL_COX_BOOT_H
#include "stats/survival/cox_path.h"

typedef struct lb_cox_boot_options {
  size_t replicates;
  uint64_t seed;
} lb_cox_boot_options;

/* Coefficients of the resamples. Owns its array. */
typedef struct lb_cox_boot {
  size_t p, replicates;
  size_t n_failed; /* resamples without a finite estimate of each coefficient the fit has */
  size_t n_slow;   /* resamples that took the long way, failed or not */
  double *coef;    /* replicates x p; NaN where the resample failed or the fit has no estimate */
} lb_cox_boot;

/* Nonparametric bootstrap (Efron 1979, Ann Stat 7:1; for censored data 1981, JASA 76:312): n rows
 * drawn with replacement, as counts that multiply the case weights; a row drawn k times is k tied
 * rows for Efron's ties. With clusters these are drawn, with all their rows. Strata are not drawn
 * within: their sizes vary as in another sample. Replicate r draws from stream r of the seed, so
 * it is the same for any number of replicates and threads.
 *   at       data and finite coefficients of the full fit, where Newton's steps start; columns
 *            with coef NaN are left out
 *   cluster  NULL or without codes: rows are drawn
 * Coefficients are within 1e-8 standard errors of the maximum. A resample whose maximum is not
 * found in some steps, or is infinite, or is without a contrast of a column, is fitted again from
 * the start by lb_cox_fit; if that does not converge it counts as failed.
 * LB_EARG: no replicates, cluster out of range, no column with an estimate; LB_EDATA as lb_cox_fit;
 * LB_ENOMEM; LB_EINTR. O(n p^2) a replicate. `out` untouched on failure. */
lb_status lb_cox_boot_fit(const lb_cox_at *at, const lb_partition *cluster,
                          const lb_cox_boot_options *opt, lb_cox_boot *out, lb_error *err);
void lb_cox_boot_reset(lb_cox_boot *boot); /* safe on a zeroed struct */

/* Which resample. */
typedef struct lb_boot_draw {
  uint64_t seed, replicate;
} lb_boot_draw;
/* How often it has each of n rows (or each row's cluster), into count[0 .. n). `drawn` is room for
 * n numbers, or as many as there are clusters. */
void lb_cox_boot_counts(lb_boot_draw draw, const lb_partition *cluster, size_t n, uint32_t *drawn,
                        double *count);
#endif
