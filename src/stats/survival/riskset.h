/* riskset.h - who is at risk when: rows sorted once, with counts at each distinct time. */
#ifndef LB_SURVIVAL_RISKSET_H
#define LB_SURVIVAL_RISKSET_H
#include "stats/surv.h"

/* What Kaplan-Meier, log-rank, Cox and concordance walk. Classes are curves or strata; each has its
 * own times:
 *   rows of class c   by_time[class_row[c] .. class_row[c + 1])
 *   times of class c  time[class_time[c] .. class_time[c + 1]), ascending, event or censoring
 *   rows at time t    by_time[time_row[t] .. time_row[t + 1]), in the order of the data
 * Counts are sums of weights (of 1 without weights). n_risk is the weight with entry < time <=
 * exit; where every row at risk has its event, it equals n_event to the last bit, so that survival
 * becomes exactly 0. */
typedef struct lb_riskset {
  size_t n, n_class, n_time;
  size_t *class_row;  /* n_class + 1 */
  size_t *class_time; /* n_class + 1 */
  uint32_t *by_time;  /* n rows by (class, time, row) */
  uint32_t *by_entry; /* n rows by (class, entry, row); NULL without late entry */
  size_t *time_row;   /* n_time + 1 */
  double *time;       /* n_time, unit of the data */
  double *n_risk, *n_event, *n_censor;
  size_t n_cause;      /* 0 without causes */
  double *cause_event; /* events of cause k from 1 at time t: cause_event[t * n_cause + k - 1] */
} lb_riskset;

/* Sorts and counts. classes NULL = one class. LB_EDATA as lb_surv_check, or more than 4294967295
 * rows; LB_EARG when a class code is outside [0, n); LB_ENOMEM; LB_EINTR. O(n) radix passes. `out`
 * is untouched on failure. */
lb_status lb_riskset_sort(const lb_surv *y, const lb_partition *classes, lb_riskset *out,
                          lb_error *err);
/* The same for methods that need only counts: by_time and time_row may be NULL. Without late entry,
 * many rows with times in whole days and without causes are counted in one pass, without a sort. */
lb_status lb_riskset_count(const lb_surv *y, const lb_partition *classes, lb_riskset *out,
                           lb_error *err);
/* The same from rows that are counted already; O(classes x days). LB_ENOMEM. */
lb_status lb_riskset_from_counts(const lb_surv_counts *counts, lb_riskset *out, lb_error *err);
/* Rows and times alone, without counts: by_entry, n_risk, n_event and n_censor stay NULL. */
lb_status lb_riskset_order(const lb_surv *y, const lb_partition *classes, lb_riskset *out,
                           lb_error *err);
void lb_riskset_reset(lb_riskset *set);

/* Number of classes, 1 for NULL; class of row i. */
size_t lb_partition_count(const lb_partition *classes);
static inline size_t lb_partition_class(const lb_partition *classes, size_t i)
{
  return classes == NULL || classes->code == NULL ? 0 : (size_t)classes->code[i];
}
/* LB_EARG when a code is outside [0, n). `noun` names the partition: "stratum", "group". */
lb_status lb_partition_check(const lb_partition *classes, size_t n_rows, const char *noun,
                             lb_error *err);
#endif
