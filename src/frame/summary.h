/* summary.h - one column described: counts, range, mean, quartiles, or how often each level occurs.
 */
#ifndef LB_FRAME_SUMMARY_H
#define LB_FRAME_SUMMARY_H
#include "frame/column.h"

/* Different texts that are counted; a text column with more is free text or an id. */
#define LB_SUMMARY_TEXTS 50

/* Statistics are over the present values that are not NaN, and NaN themselves where undefined (no
 * value; sd of one value). Dates count in days, date-times in microseconds. Owns counts and levels.
 */
typedef struct lb_summary {
  size_t n, n_missing, n_nan; /* rows; rows missing; rows present but NaN */
  bool numeric;               /* real, integer, date, datetime: the statistics are filled */
  double min, max, mean, sd;  /* sd with n - 1 */
  double q1, median, q3;      /* quantiles of type 7 */
  size_t n_levels;            /* factor, logical, text: number of counts */
  size_t *counts;             /* rows of each level, those without rows too; NULL when numeric */
  lb_column *levels;          /* their texts: factor's levels; false, true; texts by bytes */
  bool too_many;              /* more than LB_SUMMARY_TEXTS texts: no counts and no levels */
} lb_summary;

/* out: written on success, untouched on failure; free with lb_summary_reset. O(n log n). */
lb_status lb_column_summary(const lb_column *column, lb_summary *out, lb_error *err);
void lb_summary_reset(lb_summary *summary); /* safe on a zeroed struct */

/* Quantile of type 7 (Hyndman & Fan 1996, Am Stat 50:361), R's default, over present values that
 * are not NaN; NaN when there are none. Real, integer, date and datetime columns, else LB_ETYPE;
 * prob outside 0..1: LB_EARG. */
lb_status lb_column_quantile(const lb_column *column, double prob, double *out, lb_error *err);
#endif
