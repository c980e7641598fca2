/* repeat.h - frequency weights: rows repeated as often as they say. */
#ifndef LB_SURVIVAL_REPEAT_H
#define LB_SURVIVAL_REPEAT_H
#include "stats/design.h"
#include "stats/surv.h"

/* What a frequency weight k means is k rows of weight 1; methods whose answer differs (Efron's
 * ties, jackknife errors) are given those rows. Owns its arrays; y, x, strata and cluster point
 * into them. */
typedef struct lb_repeat {
  size_t n;
  uint32_t *row; /* n: the row that was repeated, ascending */
  double *time, *entry, *offset;
  uint8_t *event;
  int32_t *stratum, *group; /* codes of strata and cluster; NULL without */
  int32_t *cause;           /* NULL without causes */
  double **column;
  lb_surv y;
  lb_design x;
  lb_partition strata, cluster;
} lb_repeat;

/* LB_EDATA when a weight is not a whole number, or the rows are more than 4294967295; LB_ENOMEM.
 * strata, cluster NULL = none. Rows of weight 0 vanish. `out` untouched on failure. */
lb_status lb_repeat_rows(const lb_surv *y, const lb_design *x, const lb_partition *strata,
                         const lb_partition *cluster, lb_repeat *out, lb_error *err);
void lb_repeat_reset(lb_repeat *repeat); /* safe on a zeroed struct */
#endif
