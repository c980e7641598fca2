/* logrank_combo.c - the largest of several weighted log-rank statistics (max-combo). */
#include "base/mem.h"
#include "stats/max_normal.h"
#include "stats/max_quadratic.h"
#include "stats/survival/logrank.h"
#include "stats/symmetric.h"

#include <math.h>

/* Variances this small beside the greatest possible are rounding. */
#define NO_VARIANCE    1e-12
#define RANK_TOLERANCE 1e-9 /* as of one test */

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

/* ---- Of several groups ---- */

/* Chi-square and rank of each test. Returns the highest rank, SIZE_MAX without memory. */
static size_t square_tests(const lb_logrank_joint *joint, lb_logrank_omnibus *out)
{
  size_t k = joint->n_score, all = joint->n_test * k, highest = 0;
  double *block = lb_mem_array(k, k * sizeof *block);
  bool ok = block != NULL;
  for (size_t j = 0; ok && j < joint->n_test; j++) {
    for (size_t a = 0; a < k; a++) {
      for (size_t b = 0; b < k; b++)
        block[a * k + b] = joint->covariance[(j * k + a) * all + j * k + b];
    }
    ok = lb_symmetric_quadratic(block, &joint->statistic[j * k], k, RANK_TOLERANCE,
                                &out->chi_square[j], &out->df[j]);
    if (ok && out->df[j] > highest) highest = out->df[j];
  }
  lb_mem_free(block);
  return ok ? highest : SIZE_MAX;
}

/* The largest among the tests of the highest rank, which `kept` lists; their number. */
static size_t keep_tests(lb_logrank_omnibus *out, size_t highest, size_t *kept)
{
  size_t n = 0;
  for (size_t j = 0; j < out->n_test; j++) {
    if (highest == 0 || out->df[j] < highest) {
      out->chi_square[j] = NAN;
      continue;
    }
    if (n == 0 || out->chi_square[j] > out->most) {
      out->most = out->chi_square[j];
      out->which = j;
    }
    kept[n++] = j;
  }
  return n;
}

static lb_status tail_of_groups(const lb_logrank_joint *joint, const size_t *kept, size_t n,
                                lb_logrank_omnibus *out, lb_error *err)
{
  size_t k = joint->n_score, all = joint->n_test * k, m = n * k;
  double *covariance = lb_mem_array(m, m * sizeof *covariance);
  if (covariance == NULL) return lb_error_nomem(err, "log-rank tests");
  for (size_t i = 0; i < m; i++) {
    for (size_t j = 0; j < m; j++)
      covariance[i * m + j] =
          joint->covariance[(kept[i / k] * k + i % k) * all + kept[j / k] * k + j % k];
  }
  lb_max_normal tail = {0};
  lb_status st = lb_max_quadratic_tail(covariance, n, k, out->most, &tail, err);
  lb_mem_free(covariance);
  out->p_value = tail.p_value;
  out->error = tail.error;
  out->rank = tail.rank;
  return st;
}

lb_status lb_logrank_combine_groups(const lb_logrank_joint *joint, lb_logrank_omnibus *out,
                                    lb_error *err)
{
  lb_logrank_omnibus omnibus = {.n_test = joint->n_test, .most = NAN, .p_value = NAN};
  size_t *kept = lb_mem_array(joint->n_test, sizeof *kept), highest = SIZE_MAX;
  omnibus.chi_square = lb_mem_array(joint->n_test, sizeof *omnibus.chi_square);
  omnibus.df = lb_mem_zero(joint->n_test, sizeof *omnibus.df);
  if (kept != NULL && omnibus.chi_square != NULL && omnibus.df != NULL)
    highest = square_tests(joint, &omnibus);
  lb_status st = highest == SIZE_MAX ? lb_error_nomem(err, "log-rank tests") : LB_OK;
  if (st == LB_OK) {
    size_t n = keep_tests(&omnibus, highest, kept);
    if (n > 0) st = tail_of_groups(joint, kept, n, &omnibus, err);
  }
  lb_mem_free(kept);
  if (st == LB_OK)
    *out = omnibus;
  else
    lb_logrank_omnibus_reset(&omnibus);
  return st;
}

void lb_logrank_omnibus_reset(lb_logrank_omnibus *omnibus)
{
  if (omnibus == NULL) return;
  lb_mem_free(omnibus->chi_square);
  lb_mem_free(omnibus->df);
  *omnibus = (lb_logrank_omnibus){0};
}
