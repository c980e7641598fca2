/* surv.h - survival outcomes as plain arrays: what every survival routine takes. */
#ifndef LB_STATS_SURV_H
#define LB_STATS_SURV_H
#include "base/error.h"
#include <stdint.h>

/* Complete cases, rows in any order, arrays borrowed. At risk at t when entry < t <= time. Two
 * times are tied when they are exactly equal. */
typedef struct lb_surv {
  size_t n;
  const double *time;  /* finite, >= 0 */
  const double *entry; /* NULL = everyone from the start (minus infinity); else finite and < time */
  const uint8_t *event; /* 1 = event, 0 = censored */
  const double *weight; /* NULL = all 1; else finite and >= 0 */
  size_t n_missing;     /* rows the caller left out; carried into results */
  const int32_t *cause; /* 0 = censored, else 1 .. n_cause, as event says; NULL without causes */
  size_t n_cause;
} lb_surv;

/* A partition of the rows: code[i] in [0, n). NULL code = one class. */
typedef struct lb_partition {
  const int32_t *code;
  size_t n;
} lb_partition;

/* The same rows counted, when all weigh 1, nobody enters late and times are whole days: all that
 * curves and tests ask of them. */
typedef struct lb_surv_counts {
  size_t n, n_missing;
  size_t n_class, days;  /* times are 0 .. days - 1 */
  const uint32_t *count; /* (class * days + day) * kinds + kind; borrowed, n in all. Kinds are
                            censored and event, or censored and each cause */
  size_t n_cause;        /* 0 = without causes */
} lb_surv_counts;

static inline size_t lb_surv_kinds(const lb_surv_counts *counts)
{
  return counts->n_cause == 0 ? 2 : counts->n_cause + 1;
}

/* LB_EDATA, naming up to five rows (counted from 1, in the arrays' order), unless y keeps the
 * promises above. */
lb_status lb_surv_check(const lb_surv *y, lb_error *err);
#endif
