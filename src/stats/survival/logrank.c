/* logrank.c - log-rank test of k survival curves, stratified, with the weighted family. */
#include "stats/survival/logrank.h"

#include "base/interrupt.h"
#include "base/mem.h"
#include "stats/sum.h"
#include "stats/survival/logrank_work.h"
#include "stats/survival/riskset.h"
#include "stats/symmetric.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

/* A pivot this small beside its diagonal is rounding: the covariance matrix has rank k - 1 at most.
 */
#define RANK_TOLERANCE 1e-9
#define POLL_TIMES     256 /* k x k numbers each */
#define POLL_NUMBERS   4096

typedef struct logrank_work {
  const lb_surv *y;
  const lb_partition *groups;
  const lb_logrank_options *opt;
  size_t k, n_opt;
  const double *score; /* n_score x k, of a joint test */
  size_t n_score;
  lb_logrank *test;        /* where event times go, of one test */
  lb_logrank_joint *joint; /* of several */
  lb_riskset set;          /* classes are strata */
  double *weight;          /* n_opt of each of set's times; when merging, of one time */
  double *event;           /* k weighted events at a time */
  lb_sum *risk;            /* k running weights at risk */
  lb_sum *square;          /* k running sums of their squares */
  size_t *rows;            /* k running rows at risk; when merging, the next time of each group */
  double *share;           /* k fractions of those at risk */
  double *difference; /* n_score contrasts at a time, then their n_score x n_score covariance */
} logrank_work;

static double row_weight(const lb_surv *y, size_t i)
{
  return y->weight == NULL ? 1 : y->weight[i];
}

static lb_status work_alloc(logrank_work *w, bool merge, lb_error *err)
{
  w->weight = lb_mem_zero(merge ? 1 : w->set.n_time, w->n_opt * sizeof *w->weight);
  w->event = lb_mem_zero(w->k, sizeof *w->event);
  w->risk = lb_mem_zero(w->k, sizeof *w->risk);
  w->square = lb_mem_zero(w->k, sizeof *w->square);
  w->rows = lb_mem_zero(w->k, sizeof *w->rows);
  w->share = lb_mem_zero(w->k, sizeof *w->share);
  w->difference = lb_mem_zero(w->n_score + 1, (w->n_score + 1) * sizeof *w->difference);
  if (w->difference == NULL || w->weight == NULL || w->event == NULL || w->risk == NULL ||
      w->square == NULL || w->rows == NULL || w->share == NULL)
    return lb_error_nomem(err, "log-rank test");
  return LB_OK;
}

static void work_reset(logrank_work *w)
{
  lb_riskset_reset(&w->set);
  lb_mem_free(w->weight);
  lb_mem_free(w->event);
  lb_mem_free(w->risk);
  lb_mem_free(w->square);
  lb_mem_free(w->rows);
  lb_mem_free(w->share);
  lb_mem_free(w->difference);
}

/* The weights of every time of a stratum. */
static void set_weights(logrank_work *w, size_t stratum)
{
  lb_logrank_forwards f = {1, 1};
  for (size_t t = w->set.class_time[stratum]; t < w->set.class_time[stratum + 1]; t++)
    lb_logrank_next_weights(w->opt, w->n_opt, &f, w->set.n_risk[t], w->set.n_event[t],
                            &w->weight[t * w->n_opt]);
}

static void risk_change(logrank_work *w, size_t row, int sign)
{
  size_t g = lb_partition_class(w->groups, row);
  double weight = row_weight(w->y, row);
  lb_sum_add(&w->risk[g], sign * weight);
  lb_sum_add(&w->square[g], sign * weight * weight);
  if (sign > 0) {
    w->rows[g]++;
  } else if (--w->rows[g] == 0) {
    w->risk[g] = (lb_sum){0};
    w->square[g] = (lb_sum){0};
  }
}

/* An event time: n at risk and d events, whose variance is spread times the covariance of which
 * group a row at risk is in. `sampling`: spread is of rows, and the squares of weights count. */
typedef struct event_time {
  double d, spread;
  bool sampling;
  const double *weight; /* n_opt */
} event_time;

/* Covariance of groups g and h in one draw from those at risk. Rows weigh the same: share_g 1[g =
 * h] - share_g share_h. With sampling weights the sum over rows of a_i a_i', a_ig = w_i (1[i in g]
 * - share_g): Xie & Liu's variance of two groups, as a matrix. */
static double pair_covariance(const logrank_work *w, bool sampling, size_t g, size_t h)
{
  if (!sampling) return g == h ? w->share[g] * (1 - w->share[g]) : -w->share[g] * w->share[h];
  double all = 0;
  for (size_t j = 0; j < w->k; j++)
    all += lb_sum_value(&w->square[j]) * ((j == g) - w->share[g]) * ((j == h) - w->share[h]);
  return all;
}

/* Observed, expected d n_g / n, and covariance. */
static void add_to_test(const logrank_work *w, const event_time *at)
{
  size_t k = w->k;
  lb_logrank *test = w->test;
  double weight = at->weight[0], spread = weight * weight * at->spread;
  for (size_t g = 0; g < k; g++) {
    test->observed[g] += weight * w->event[g];
    test->expected[g] += weight * at->d * w->share[g];
    if (w->share[g] == 0) continue;
    for (size_t h = 0; h <= g; h++)
      test->variance[g * k + h] += spread * pair_covariance(w, at->sampling, g, h);
  }
}

/* The contrasts of a time and their covariances: sums of products of scores less their means. */
static void contrast_time(const logrank_work *w, const event_time *at)
{
  size_t k = w->k, n = w->n_score;
  double *covariance = w->difference + n;
  for (size_t a = 0; a < n; a++) {
    const double *score = &w->score[a * k];
    double mean = 0, difference = 0;
    for (size_t g = 0; g < k; g++) mean += w->share[g] * score[g];
    for (size_t g = 0; g < k; g++) difference += score[g] * (w->event[g] - at->d * w->share[g]);
    for (size_t b = 0; b <= a; b++) {
      const double *other = &w->score[b * k];
      double mean_other = 0, sum = 0;
      for (size_t g = 0; g < k; g++) mean_other += w->share[g] * other[g];
      for (size_t g = 0; g < k; g++)
        sum += (at->sampling ? lb_sum_value(&w->square[g]) : w->share[g]) * (score[g] - mean) *
               (other[g] - mean_other);
      covariance[a * n + b] = covariance[b * n + a] = sum;
    }
    w->difference[a] = difference;
  }
}

static void add_to_joint(const logrank_work *w, const event_time *at)
{
  size_t n = w->n_score, all = w->n_opt * n;
  const double *covariance = w->difference + n;
  contrast_time(w, at);
  for (size_t i = 0; i < all; i++) {
    double weight = at->weight[i / n];
    w->joint->statistic[i] += weight * w->difference[i % n];
    for (size_t j = 0; j < all; j++)
      w->joint->covariance[i * all + j] +=
          weight * at->weight[j / n] * at->spread * covariance[i % n * n + j % n];
  }
}

static void add_time(const logrank_work *w, const event_time *at)
{
  if (w->test != NULL)
    add_to_test(w, at);
  else
    add_to_joint(w, at);
}

/* Variance factor d (n - d) / (n - 1) of the number of events that one group has of n and d. */
static double hypergeometric(double n, double d)
{
  return n > 1 ? d * (n - d) / (n - 1) : 0;
}

/* The event time t of the sorted rows, of which `rows` have the event. */
static void add_row_time(const logrank_work *w, size_t t, size_t rows)
{
  double n = w->set.n_risk[t], d = w->set.n_event[t], at_risk = 0;
  event_time at = {.d = d, .sampling = w->opt->sampling, .weight = &w->weight[t * w->n_opt]};
  for (size_t g = 0; g < w->k; g++) {
    w->share[g] = lb_sum_value(&w->risk[g]) / n;
    at_risk += (double)w->rows[g];
  }
  at.spread = at.sampling ? hypergeometric(at_risk, (double)rows) / at_risk : hypergeometric(n, d);
  add_time(w, &at);
}

/* Whether the user stops it, asked every so many times: with many groups at each, as one costs
 * their number squared, with sampling weights cubed. */
static bool poll(size_t k, size_t t)
{
  size_t every = k * k < POLL_NUMBERS ? POLL_TIMES : 1;
  return t % every == 0 && lb_interrupted();
}

/* Walks a stratum backwards: a row joins at its time and leaves when entry >= t. */
static lb_status walk_stratum(logrank_work *w, size_t stratum, lb_error *err)
{
  const lb_riskset *set = &w->set;
  size_t left = set->class_row[stratum + 1];
  for (size_t g = 0; g < w->k; g++) {
    w->risk[g] = w->square[g] = (lb_sum){0};
    w->rows[g] = 0;
  }
  for (size_t t = set->class_time[stratum + 1]; t-- > set->class_time[stratum];) {
    size_t rows = 0; /* with the event */
    memset(w->event, 0, w->k * sizeof *w->event);
    for (size_t r = set->time_row[t]; r < set->time_row[t + 1]; r++) {
      size_t row = set->by_time[r];
      risk_change(w, row, 1);
      rows += w->y->event[row];
      if (w->y->event[row]) w->event[lb_partition_class(w->groups, row)] += row_weight(w->y, row);
    }
    while (set->by_entry != NULL && left > set->class_row[stratum] &&
           w->y->entry[set->by_entry[left - 1]] >= set->time[t])
      risk_change(w, set->by_entry[--left], -1);
    if (set->n_event[t] > 0) add_row_time(w, t, rows);
    if (poll(w->k, t)) return lb_error_interrupted(err);
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
static lb_status walk_rows(logrank_work *w, const lb_partition *strata, lb_error *err)
{
  lb_status st = lb_riskset_sort(w->y, strata, &w->set, err);
  if (st == LB_OK) st = work_alloc(w, false, err);
  for (size_t s = 0; st == LB_OK && s < w->set.n_class; s++) {
    set_weights(w, s);
    st = walk_stratum(w, s, err);
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
static lb_status merge_stratum(logrank_work *w, size_t stratum, lb_error *err)
{
  const lb_riskset *set = &w->set;
  size_t k = w->k;
  lb_logrank_forwards f = {1, 1};
  size_t n_time = 0;
  double time = 0;
  for (size_t g = 0; g < k; g++) w->rows[g] = set->class_time[stratum * k + g];
  while (next_time(w, stratum, k, &time)) {
    double n = 0, d = 0;
    for (size_t g = 0; g < k; g++) {
      size_t t = w->rows[g];
      bool any = t < set->class_time[stratum * k + g + 1];
      w->share[g] = any ? set->n_risk[t] : 0;
      w->event[g] = any && set->time[t] == time ? set->n_event[t] : 0;
      w->rows[g] += any && set->time[t] == time;
      n += w->share[g];
      d += w->event[g];
    }
    lb_logrank_next_weights(w->opt, w->n_opt, &f, n, d, w->weight);
    if (!(d > 0)) continue;
    for (size_t g = 0; g < k; g++) w->share[g] /= n;
    add_time(w, &(event_time){.d = d, .spread = hypergeometric(n, d), .weight = w->weight});
    if (poll(k, n_time++)) return lb_error_interrupted(err);
  }
  return LB_OK;
}

static lb_status merge_strata(logrank_work *w, size_t n_strata, lb_error *err)
{
  lb_status st = work_alloc(w, true, err);
  for (size_t s = 0; st == LB_OK && s < n_strata; s++) {
    st = merge_stratum(w, s, err);
    if (st == LB_OK && lb_interrupted()) st = lb_error_interrupted(err);
  }
  return st;
}

static lb_status merge_counts(logrank_work *w, const lb_partition *strata, lb_error *err)
{
  int32_t *code = NULL;
  size_t n_strata = lb_partition_count(strata);
  lb_status st = lb_partition_check(strata, w->y->n, "class", err);
  if (st != LB_OK) return st;
  lb_partition both = cross(w, strata, &code);
  if (n_strata > 1 && code == NULL) return lb_error_nomem(err, "log-rank test");
  st = lb_riskset_count(w->y, &both, &w->set, err);
  lb_mem_free(code);
  return st == LB_OK ? merge_strata(w, n_strata, err) : st;
}

/* Goes through all event times of rows. */
static lb_status walk(logrank_work *w, const lb_partition *strata, lb_error *err)
{
  lb_status st = lb_partition_check(w->groups, w->y->n, "group", err);
  if (st != LB_OK) return st;
  /* A table of strata x groups is for few of them. */
  bool few = lb_partition_count(strata) <= w->y->n / w->k + 1;
  bool sampling = w->opt->sampling && w->y->weight != NULL;
  bool merge = w->y->entry == NULL && few && !sampling;
  return merge ? merge_counts(w, strata, err) : walk_rows(w, strata, err);
}

static lb_status walk_counts(logrank_work *w, const lb_surv_counts *counts, lb_error *err)
{
  lb_status st = lb_riskset_from_counts(counts, &w->set, err);
  return st == LB_OK ? merge_strata(w, 1, err) : st;
}

static const lb_logrank_options DEFAULTS = LB_LOGRANK_DEFAULTS;

static lb_status start(logrank_work *w, lb_logrank *test, lb_error *err)
{
  if (w->opt == NULL) w->opt = &DEFAULTS;
  w->n_opt = 1;
  w->k = test->n_groups;
  w->test = test;
  lb_status st = lb_logrank_check_options(w->opt, 1, err);
  return st == LB_OK ? test_alloc(test, err) : st;
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
  if (st == LB_OK) st = walk(&w, strata, err);
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
  if (st == LB_OK) st = walk_counts(&w, counts, err);
  for (size_t g = 0; st == LB_OK && g < test.n_groups; g++)
    test.n[g] = (double)(w.set.class_row[g + 1] - w.set.class_row[g]);
  return end(st, &w, &test, out, err);
}

/* The joint test of rows, or of counts when y is NULL. */
static lb_status joint_test(logrank_work *w, const lb_logrank_family *family,
                            const lb_partition *strata, const lb_surv_counts *counts,
                            lb_logrank_joint *out, lb_error *err)
{
  lb_logrank_joint joint = {.n_test = family->n_test, .n_score = family->n_score};
  size_t all = joint.n_test * joint.n_score;
  w->opt = family->weighting;
  w->n_opt = family->n_test;
  w->score = family->score;
  w->n_score = family->n_score;
  w->joint = &joint;
  joint.statistic = lb_mem_zero(all, sizeof *joint.statistic);
  joint.covariance = lb_mem_zero(all, all * sizeof *joint.covariance);
  lb_status st = lb_logrank_check_options(w->opt, w->n_opt, err);
  if (st == LB_OK && (joint.statistic == NULL || joint.covariance == NULL))
    st = lb_error_nomem(err, "log-rank tests");
  if (st == LB_OK) st = w->y != NULL ? walk(w, strata, err) : walk_counts(w, counts, err);
  work_reset(w);
  w->joint = NULL;
  if (st == LB_OK)
    *out = joint;
  else
    lb_logrank_joint_reset(&joint);
  return st;
}

lb_status lb_logrank_joint_test(const lb_surv *y, const lb_partition *groups,
                                const lb_partition *strata, const lb_logrank_family *family,
                                lb_logrank_joint *out, lb_error *err)
{
  logrank_work w = {.y = y, .groups = groups, .k = lb_partition_count(groups)};
  return joint_test(&w, family, strata, NULL, out, err);
}

lb_status lb_logrank_joint_counts(const lb_surv_counts *counts, const lb_logrank_family *family,
                                  lb_logrank_joint *out, lb_error *err)
{
  logrank_work w = {.k = counts->n_class};
  return joint_test(&w, family, NULL, counts, out, err);
}

void lb_logrank_joint_reset(lb_logrank_joint *joint)
{
  if (joint == NULL) return;
  lb_mem_free(joint->statistic);
  lb_mem_free(joint->covariance);
  *joint = (lb_logrank_joint){0};
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
