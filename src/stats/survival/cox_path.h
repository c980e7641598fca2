/* cox_path.h - a Cox model along time at given coefficients: what residuals, robust variances and
 * predicted survival are all read from. */
#ifndef LB_SURVIVAL_COX_PATH_H
#define LB_SURVIVAL_COX_PATH_H
#include "stats/sum.h"
#include "stats/survival/cox.h"

/* The data of a model and the coefficients to look at it with. All borrowed. */
typedef struct lb_cox_at {
  const lb_surv *y;
  const lb_design *x;
  const lb_partition *strata; /* NULL = one */
  lb_ties ties;
  const double *coef; /* x->p; NaN (no estimate) counts as 0 */
} lb_cox_at;

/* Sums over the distinct event times of each stratum; stratum s has places start[s] .. start[s +
 * 1]. Columns are taken less `centre`, linear predictors less `shift`, so hazards are those of a
 * person with columns at `centre` and an offset of `shift`. Owns its arrays.
 *
 * With m tied events of mean weight v, Efron's denominators D_k = S0 - k/m E0 and means e_k = (S1
 * - k/m E1)/D_k, the steps are v sum 1/D_k, v sum 1/D_k^2 and v sum e_k/D_k (Therneau & Grambsch
 * 2000, section 3.3 and 10.2); Breslow's have m = 1 and v the weight of all events. */
typedef struct lb_cox_path {
  size_t n, p, n_strata, n_time;
  size_t *start; /* n_strata + 1 */
  double *time;  /* ascending in a stratum */
  double *n_risk, *n_event;
  double *centre; /* p: means of the columns */
  double shift;   /* mean of the offset */
  double *risk;   /* n: exp(linear predictor), without weight */
  lb_sum *sum;    /* n_time x (p + 2): cumulative hazard, its variance, hazard-weighted means */
  double *own;  /* n_time x (p + 2): what an event shares of its own time's steps, in sum's order */
  double *mean; /* n_time x p: mean over the tied events of the means of their risk sets */
  size_t *until; /* n: places up to this are at times <= the row's time */
  size_t *from;  /* n: places up to this are at times <= its entry; NULL without late entry */
  bool *counts;  /* n: an event of positive weight */
} lb_cox_path;

enum { LB_PATH_HAZARD, LB_PATH_VARIANCE, LB_PATH_MEANS };

/* LB_EDATA as lb_surv_check; LB_EARG lengths or strata that do not fit; LB_ENUMERIC when a risk is
 * not finite; LB_ENOMEM; LB_EINTR. O(n p) after the sort. `out` untouched on failure. */
lb_status lb_cox_path_new(const lb_cox_at *at, lb_cox_path *out, lb_error *err);
void lb_cox_path_reset(lb_cox_path *path); /* safe on a zeroed struct */

/* Sum `column` of stratum s over places from .. to. */
double lb_cox_path_between(const lb_cox_path *path, size_t s, size_t from, size_t to,
                           size_t column);
/* First place of stratum s whose time is above `time`. */
size_t lb_cox_path_find(const lb_cox_path *path, size_t s, double time);
/* Hazard (column 0) or hazard-weighted mean of column j (column j + 1) that row i of stratum s
 * met while at risk; an event shares its own time by the rule for ties. */
double lb_cox_path_row(const lb_cox_path *path, size_t s, size_t i, size_t column);
#endif
