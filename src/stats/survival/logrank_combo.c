/* logrank_combo.c - the largest of several weighted log-rank statistics (max-combo). */
#include "base/mem.h"
#include "stats/max_normal.h"
#include "stats/survival/logrank.h"

#include <math.h>

/* Variances this small beside the greatest possible are rounding. */
#define NO_VARIANCE 1e-12

/* How far out a statistic is. */
static double distance(double z, lb_alternative alternative)
{
  if (alternative == LB_TWO_SIDED) return fabs(z);
  return alternative == LB_GREATER ? z : -z;
}

/* z of each test; `kept` lists those with a variance. Returns how many. */
static size_t standardise(const lb_logrank_joint *joint, lb_logrank_combo *combo, size_t *kept,
                          lb_alternative alternative)
{
  size_t n = 0, m = joint->n_test;
  combo->most = NAN;
  for (size_t j = 0; j < m; j++) {
    double variance = joint->covariance[j * m + j];
    bool none = !(variance > NO_VARIANCE * joint->statistic[j] * joint->statistic[j]);
    combo->z[j] = none ? NAN : joint->statistic[j] / sqrt(variance);
    if (none) continue;
    if (n == 0 || distance(combo->z[j], alternative) > distance(combo->most, alternative)) {
      combo->most = combo->z[j];
      combo->which = j;
    }
    kept[n++] = j;
  }
  return n;
}

static lb_status tail_of(const lb_logrank_joint *joint, const size_t *kept, size_t n,
                         lb_alternative alternative, lb_logrank_combo *combo, lb_error *err)
{
  double *covariance = lb_mem_array(n, n * sizeof *covariance);
  if (covariance == NULL) return lb_error_nomem(err, "log-rank tests");
  for (size_t i = 0; i < n; i++) {
    for (size_t j = 0; j < n; j++)
      covariance[i * n + j] = joint->covariance[kept[i] * joint->n_test + kept[j]];
  }
  lb_max_normal tail;
  lb_status st = lb_max_normal_tail(covariance, n, distance(combo->most, alternative),
                                    alternative == LB_TWO_SIDED, &tail, err);
  lb_mem_free(covariance);
  if (st != LB_OK) return st;
  combo->p_value = tail.p_value;
  combo->error = tail.error;
  combo->rank = tail.rank;
  return LB_OK;
}

lb_status lb_logrank_combine(const lb_logrank_joint *joint, lb_alternative alternative,
                             lb_logrank_combo *out, lb_error *err)
{
  lb_logrank_combo combo = {.n_test = joint->n_test, .p_value = NAN};
  size_t *kept = lb_mem_array(joint->n_test, sizeof *kept);
  combo.z = lb_mem_array(joint->n_test, sizeof *combo.z);
  lb_status st = LB_OK;
  if (kept == NULL || combo.z == NULL) {
    st = lb_error_nomem(err, "log-rank tests");
  } else {
    size_t n = standardise(joint, &combo, kept, alternative);
    if (n > 0) st = tail_of(joint, kept, n, alternative, &combo, err);
  }
  lb_mem_free(kept);
  if (st == LB_OK)
    *out = combo;
  else
    lb_logrank_combo_reset(&combo);
  return st;
}

void lb_logrank_combo_reset(lb_logrank_combo *combo)
{
  if (combo == NULL) return;
  lb_mem_free(combo->z);
  *combo = (lb_logrank_combo){0};
}
