/* logrank.c - log-rank test of k survival curves, stratified, with the weighted family. */
#include "stats/survival/logrank.h"

#include "base/interrupt.h"
#include "base/mem.h"
#include "stats/sum.h"
#include "stats/survival/riskset.h"
#include "stats/symmetric.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

/* A pivot this small beside its diagonal is rounding: the covariance matrix has rank k - 1 at most.
 */
#define RANK_TOLERANCE 1e-9
#define POLL_TIMES     256 /* k x k numbers each */

typedef struct logrank_work {
  const lb_surv *y;
  const lb_partition *groups;
  const lb_logrank_options *opt;
  lb_riskset set; /* classes are strata */
  double *weight; /* of each of set's times; when merging, events of each group */
  lb_sum *risk;   /* k running weights at risk */
  size_t *rows;   /* k running rows at risk; when merging, the next time of each group */
  double *share;  /* k fractions of those at risk */
} logrank_work;

static double row_weight(const lb_surv *y, size_t i)
{
  return y->weight == NULL ? 1 : y->weight[i];
}

static lb_status work_alloc(logrank_work *w, size_t k, lb_error *err)
{
  w->weight = lb_mem_zero(w->set.n_time > k ? w->set.n_time : k, sizeof *w->weight);
  w->risk = lb_mem_zero(k, sizeof *w->risk);
  w->rows = lb_mem_zero(k, sizeof *w->rows);
  w->share = lb_mem_zero(k, sizeof *w->share);
  if (w->weight == NULL || w->risk == NULL || w->rows == NULL || w->share == NULL)
    return lb_error_nomem(err, "log-rank test");
  return LB_OK;
}

static void work_reset(logrank_work *w)
{
  lb_riskset_reset(&w->set);
  lb_mem_free(w->weight);
  lb_mem_free(w->risk);
  lb_mem_free(w->rows);
  lb_mem_free(w->share);
}

/* Survival just before a time, and Peto's, while time goes forwards. */
typedef struct forwards {
  double survival, peto;
} forwards;

/* The weight of a time with n at risk and d events. */
static double next_weight(const lb_logrank_options *opt, forwards *f, double n, double d)
{
  double weight = 1;
  if (d > 0) f->peto *= 1 - d / (n + 1);
  switch (opt->weight) {
  case LB_LOGRANK_EQUAL:
    break;
  case LB_LOGRANK_GEHAN:
    weight = n;
    break;
  case LB_LOGRANK_TARONE_WARE:
    weight = sqrt(n);
    break;
  case LB_LOGRANK_PETO:
    weight = f->peto;
    break;
  case LB_LOGRANK_MODIFIED_PETO:
    weight = f->peto * n / (n + 1);
    break;
  case LB_LOGRANK_FLEMING_HARRINGTON:
    weight = pow(f->survival, opt->rho) * pow(1 - f->survival, opt->gamma);
    break;
  }
  if (d > 0) f->survival *= (n - d) / n;
  return weight;
}

/* The weight of every time of a stratum. */
static void set_weights(logrank_work *w, size_t stratum)
{
  forwards f = {1, 1};
  for (size_t t = w->set.class_time[stratum]; t < w->set.class_time[stratum + 1]; t++)
    w->weight[t] = next_weight(w->opt, &f, w->set.n_risk[t], w->set.n_event[t]);
}

static void risk_change(logrank_work *w, size_t row, int sign)
{
  size_t g = lb_partition_class(w->groups, row);
  lb_sum_add(&w->risk[g], sign * row_weight(w->y, row));
  if (sign > 0)
    w->rows[g]++;
  else if (--w->rows[g] == 0)
    w->risk[g] = (lb_sum){0};
}

/* Adds an event time with n at risk, d events and each group's share of those at risk: expected
 * d n_g / n, covariance d (n - d) / (n - 1) (share_g 1[g = h] - share_g share_h). */
static void add_time(const logrank_work *w, double n, double d, double weight, lb_logrank *test)
{
  size_t k = test->n_groups;
  double spread = n > 1 ? weight * weight * d * (n - d) / (n - 1) : 0;
  for (size_t g = 0; g < k; g++) test->expected[g] += weight * d * w->share[g];
  for (size_t g = 0; g < k; g++) {
    if (w->share[g] == 0) continue;
    test->variance[g * k + g] += spread * w->share[g] * (1 - w->share[g]);
    for (size_t h = 0; h < g; h++) test->variance[g * k + h] -= spread * w->share[g] * w->share[h];
  }
}

/* Walks a stratum backwards: a row joins at its time and leaves when entry >= t. */
static lb_status walk_stratum(logrank_work *w, size_t stratum, lb_logrank *test, lb_error *err)
{
  const lb_riskset *set = &w->set;
  size_t left = set->class_row[stratum + 1];
  for (size_t g = 0; g < test->n_groups; g++) {
    w->risk[g] = (lb_sum){0};
    w->rows[g] = 0;
  }
  for (size_t t = set->class_time[stratum + 1]; t-- > set->class_time[stratum];) {
    for (size_t r = set->time_row[t]; r < set->time_row[t + 1]; r++) {
      size_t row = set->by_time[r];
      risk_change(w, row, 1);
      if (w->y->event[row])
        test->observed[lb_partition_class(w->groups, row)] += w->weight[t] * row_weight(w->y, row);
    }
    while (set->by_entry != NULL && left > set->class_row[stratum] &&
           w->y->entry[set->by_entry[left - 1]] >= set->time[t])
      risk_change(w, set->by_entry[--left], -1);
    if (set->n_event[t] > 0) {
      for (size_t g = 0; g < test->n_groups; g++)
        w->share[g] = lb_sum_value(&w->risk[g]) / set->n_risk[t];
      add_time(w, set->n_risk[t], set->n_event[t], w->weight[t], test);
    }
    if (t % POLL_TIMES == 0 && lb_interrupted()) return lb_error_interrupted(err);
  }
  return LB_OK;
}

static lb_status test_alloc(lb_logrank *test, lb_error *err)
{
  size_t k = test->n_groups;
  test->n = lb_mem_zero(k, sizeof *test->n);
  test->observed = lb_mem_zero(k, sizeof *test->observed);
  test->expected = lb_mem_zero(k, sizeof *test->expected);
  test->variance = lb_mem_zero(k * k, sizeof *test->variance);
  if (test->n == NULL || test->observed == NULL || test->expected == NULL || test->variance == NULL)
    return lb_error_nomem(err, "log-rank test");
  return LB_OK;
}

static lb_status finish(lb_logrank *test, lb_error *err)
{
  size_t k = test->n_groups;
  for (size_t g = 0; g < k; g++) {
    for (size_t h = 0; h < g; h++) test->variance[h * k + g] = test->variance[g * k + h];
  }
  double *difference = lb_mem_zero(k, sizeof *difference);
  if (difference == NULL) return lb_error_nomem(err, "log-rank test");
  for (size_t g = 0; g < k; g++) difference[g] = test->observed[g] - test->expected[g];
  bool ok = lb_symmetric_quadratic(test->variance, difference, k, RANK_TOLERANCE, &test->chi_square,
                                   &test->df);
  lb_mem_free(difference);
  if (!ok) return lb_error_nomem(err, "log-rank test");
  test->p_value = test->df > 0 ? gsl_cdf_chisq_Q(test->chi_square, (double)test->df) : NAN;
  return LB_OK;
}

/* With late entry, rows join and leave one by one. */
static lb_status walk_rows(logrank_work *w, const lb_partition *strata, lb_logrank *test,
                           lb_error *err)
{
  lb_status st = lb_riskset_sort(w->y, strata, &w->set, err);
  if (st == LB_OK) st = work_alloc(w, test->n_groups, err);
  for (size_t s = 0; st == LB_OK && s < w->set.n_class; s++) {
    set_weights(w, s);
    st = walk_stratum(w, s, test, err);
  }
  return st;
}

/* ---- Without late entry: counts of each stratum and group, merged by time ---- */

/* Codes stratum x group, into *code unless one of them is enough. */
static lb_partition cross(const logrank_work *w, const lb_partition *strata, int32_t **code)
{
  size_t k = lb_partition_count(w->groups), n_strata = lb_partition_count(strata);
  if (n_strata == 1) return w->groups == NULL ? (lb_partition){NULL, 1} : *w->groups;
  *code = lb_mem_array(w->y->n, sizeof **code);
  for (size_t i = 0; *code != NULL && i < w->y->n; i++)
    (*code)[i] = (int32_t)(lb_partition_class(strata, i) * k + lb_partition_class(w->groups, i));
  return (lb_partition){*code, k * n_strata};
}

/* The earliest of the groups' next times; false when there is none. */
static bool next_time(const logrank_work *w, size_t stratum, size_t k, double *time)
{
  bool any = false;
  for (size_t g = 0; g < k; g++) {
    size_t t = w->rows[g];
    if (t == w->set.class_time[stratum * k + g + 1]) continue;
    *time = any && *time < w->set.time[t] ? *time : w->set.time[t];
    any = true;
  }
  return any;
}

/* Goes forwards through the times of a stratum; rows[g] is the next time of group g, and those at
 * risk there are at risk at every time since the one before. */
static void merge_stratum(logrank_work *w, size_t stratum, lb_logrank *test)
{
  const lb_riskset *set = &w->set;
  size_t k = test->n_groups;
  forwards f = {1, 1};
  double time = 0;
  for (size_t g = 0; g < k; g++) w->rows[g] = set->class_time[stratum * k + g];
  while (next_time(w, stratum, k, &time)) {
    double n = 0, d = 0;
    for (size_t g = 0; g < k; g++) {
      size_t t = w->rows[g];
      bool any = t < set->class_time[stratum * k + g + 1];
      w->share[g] = any ? set->n_risk[t] : 0;
      w->weight[g] = any && set->time[t] == time ? set->n_event[t] : 0;
      w->rows[g] += any && set->time[t] == time;
      n += w->share[g];
      d += w->weight[g];
    }
    double weight = next_weight(w->opt, &f, n, d);
    if (!(d > 0)) continue;
    for (size_t g = 0; g < k; g++) {
      test->observed[g] += weight * w->weight[g];
      w->share[g] /= n;
    }
    add_time(w, n, d, weight, test);
  }
}

static lb_status merge_strata(logrank_work *w, size_t n_strata, lb_logrank *test, lb_error *err)
{
  lb_status st = work_alloc(w, test->n_groups, err);
  for (size_t s = 0; st == LB_OK && s < n_strata; s++) {
    merge_stratum(w, s, test);
    if (lb_interrupted()) st = lb_error_interrupted(err);
  }
  return st;
}

static lb_status merge_counts(logrank_work *w, const lb_partition *strata, lb_logrank *test,
                              lb_error *err)
{
  int32_t *code = NULL;
  size_t n_strata = lb_partition_count(strata);
  lb_status st = lb_partition_check(strata, w->y->n, "class", err);
  if (st != LB_OK) return st;
  lb_partition both = cross(w, strata, &code);
  if (n_strata > 1 && code == NULL) return lb_error_nomem(err, "log-rank test");
  st = lb_riskset_count(w->y, &both, &w->set, err);
  lb_mem_free(code);
  return st == LB_OK ? merge_strata(w, n_strata, test, err) : st;
}

static const lb_logrank_options DEFAULTS = LB_LOGRANK_DEFAULTS;

static lb_status start(logrank_work *w, lb_logrank *test, lb_error *err)
{
  if (w->opt == NULL) w->opt = &DEFAULTS;
  if (!(w->opt->rho >= 0 && w->opt->gamma >= 0)) {
    lb_error_set(err, LB_EARG, "rho and gamma must be 0 or more");
    return LB_EARG;
  }
  return test_alloc(test, err);
}

/* Ends a test that went as st says: its statistic, then all into out, or nothing. */
static lb_status end(lb_status st, logrank_work *w, lb_logrank *test, lb_logrank *out,
                     lb_error *err)
{
  if (st == LB_OK) st = finish(test, err);
  work_reset(w);
  if (st == LB_OK)
    *out = *test;
  else
    lb_logrank_reset(test);
  return st;
}

lb_status lb_logrank_test(const lb_surv *y, const lb_partition *groups, const lb_partition *strata,
                          const lb_logrank_options *opt, lb_logrank *out, lb_error *err)
{
  logrank_work w = {.y = y, .groups = groups, .opt = opt};
  lb_logrank test = {.n_groups = lb_partition_count(groups), .n_used = y->n};
  test.n_missing = y->n_missing;
  lb_status st = start(&w, &test, err);
  if (st == LB_OK) st = lb_partition_check(groups, y->n, "group", err);
  /* A table of strata x groups is for few of them. */
  bool merge = y->entry == NULL && lb_partition_count(strata) <= y->n / test.n_groups + 1;
  if (st == LB_OK)
    st = merge ? merge_counts(&w, strata, &test, err) : walk_rows(&w, strata, &test, err);
  for (size_t i = 0; st == LB_OK && i < y->n; i++)
    test.n[lb_partition_class(groups, i)] += row_weight(y, i);
  return end(st, &w, &test, out, err);
}

lb_status lb_logrank_test_counts(const lb_surv_counts *counts, const lb_logrank_options *opt,
                                 lb_logrank *out, lb_error *err)
{
  logrank_work w = {.opt = opt};
  lb_logrank test = {.n_groups = counts->n_class, .n_used = counts->n};
  test.n_missing = counts->n_missing;
  lb_status st = start(&w, &test, err);
  if (st == LB_OK) st = lb_riskset_from_counts(counts, &w.set, err);
  if (st == LB_OK) st = merge_strata(&w, 1, &test, err);
  for (size_t g = 0; st == LB_OK && g < test.n_groups; g++)
    test.n[g] = (double)(w.set.class_row[g + 1] - w.set.class_row[g]);
  return end(st, &w, &test, out, err);
}

void lb_logrank_reset(lb_logrank *test)
{
  if (test == NULL) return;
  lb_mem_free(test->n);
  lb_mem_free(test->observed);
  lb_mem_free(test->expected);
  lb_mem_free(test->variance);
  *test = (lb_logrank){0};
}
