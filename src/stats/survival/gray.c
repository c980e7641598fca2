/* gray.c - Gray's test: two walks over the times of a stratum, scores and then their variance. */
#include "stats/survival/gray.h"

#include "base/interrupt.h"
#include "base/mem.h"
#include "stats/survival/gray_work.h"
#include "stats/survival/riskset.h"
#include "stats/symmetric.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#define POLL_TIMES 4096
/* A pivot of the variance below this part of its diagonal is rounding. */
#define SINGULAR 1e-10

/* One stratum's walk. Its groups are classes first .. first + k - 1 of the set. */
typedef struct walk {
  const lb_riskset *set;
  size_t first, k, cause;
  double rho;
  /* k numbers each: place in the set; at risk, events of the cause, other events; S before and
   * after; F before; h */
  size_t *next;
  double *y, *mine, *other, *before, *after, *incidence, *h;
  double events, pooled, step, total; /* of the cause; F before and its step; h of all */
  double *c, *c_end;                  /* k x k: c_kr so far, and at the end */
  double *influence;                  /* k */
} walk;

static lb_status walk_new(walk *w, const lb_riskset *set, size_t k, lb_error *err)
{
  double *number = lb_mem_zero(k, (8 + 2 * k) * sizeof *number);
  w->set = set;
  w->k = k;
  w->next = lb_mem_zero(k, sizeof *w->next);
  w->y = number;
  if (w->next == NULL || number == NULL) return lb_error_nomem(err, "Gray's test");
  double **array[] = {&w->y,     &w->mine,      &w->other, &w->before,
                      &w->after, &w->incidence, &w->h,     &w->influence};
  for (size_t i = 0; i < 8; i++) *array[i] = number + i * k;
  w->c = number + 8 * k;
  w->c_end = w->c + k * k;
  return LB_OK;
}

static void walk_reset(walk *w)
{
  lb_mem_free(w->next);
  lb_mem_free(w->y);
}

static void start(walk *w)
{
  for (size_t g = 0; g < w->k; g++) {
    w->next[g] = w->set->class_time[w->first + g];
    w->after[g] = 1;
    w->incidence[g] = 0;
  }
  w->pooled = w->step = 0;
  memset(w->c, 0, w->k * w->k * sizeof *w->c);
}

/* The next time of any group; false: none is left. */
static bool next_time(walk *w)
{
  const lb_riskset *set = w->set;
  double time = INFINITY;
  for (size_t g = 0; g < w->k; g++)
    if (w->next[g] < set->class_time[w->first + g + 1]) time = fmin(time, set->time[w->next[g]]);
  if (isinf(time)) return false;
  w->pooled += w->step;
  w->events = w->total = 0;
  for (size_t g = 0; g < w->k; g++) {
    size_t t = w->next[g];
    bool left = t < set->class_time[w->first + g + 1], now = left && set->time[t] == time;
    w->before[g] = w->after[g];
    w->y[g] = left ? set->n_risk[t] : 0;
    w->mine[g] = now ? set->cause_event[t * set->n_cause + w->cause] : 0;
    w->other[g] = now ? set->n_event[t] - w->mine[g] : 0;
    w->h[g] = w->y[g] > 0 ? w->y[g] / w->before[g] : 0;
    if (w->y[g] > 0) w->after[g] *= (w->y[g] - (w->mine[g] + w->other[g])) / w->y[g];
    w->events += w->mine[g];
    w->total += w->h[g];
    w->next[g] += now;
  }
  w->step = w->total > 0 ? w->events / w->total : 0;
  return true;
}

static double weight_of(const walk *w)
{
  return w->rho == 0 ? 1 : pow(fmax(0, 1 - w->pooled), w->rho);
}

/* a_kr, of which row k is asked. */
static double score_slope(const walk *w, double weight, size_t k, size_t r)
{
  return weight * w->h[k] * ((k == r) - w->h[r] / w->total);
}

static void add_to_c(walk *w, double weight)
{
  if (w->step == 0) return;
  double factor = w->step / (1 - w->pooled);
  for (size_t k = 0; k < w->k; k++)
    for (size_t r = 0; r < w->k; r++) w->c[k * w->k + r] += score_slope(w, weight, k, r) * factor;
}

/* First walk: observed and expected events, and c at the end. */
static void add_scores(walk *w, lb_gray *test)
{
  start(w);
  while (next_time(w)) {
    if (w->events > 0) {
      double weight = weight_of(w), all = 0;
      for (size_t g = 0; g < w->k; g++) all += w->h[g] * (1 - w->incidence[g]);
      for (size_t g = 0; g < w->k; g++) {
        test->observed[g] += weight * w->mine[g];
        test->expected[g] += weight * w->events * w->h[g] * (1 - w->incidence[g]) / all;
      }
      add_to_c(w, weight);
    }
    for (size_t g = 0; g < w->k; g++)
      if (w->y[g] > 0) w->incidence[g] += w->before[g] * w->mine[g] / w->y[g];
  }
  memcpy(w->c_end, w->c, w->k * w->k * sizeof *w->c);
}

/* (m - d) / (m - 1) of d tied events among m. */
static double tied(double d, double m)
{
  return d > 1 ? 1 - (d - 1) / (m - 1) : 1;
}

static void add_outer(const walk *w, double variance, lb_gray *test)
{
  for (size_t k = 0; k < w->k; k++)
    for (size_t l = 0; l < w->k; l++)
      test->variance[k * w->k + l] += variance * w->influence[k] * w->influence[l];
}

/* What group r adds to the variance at this time. */
static void add_group(walk *w, double weight, size_t r, lb_gray *test)
{
  double s = w->after[r], incidence = w->pooled + w->step;
  double ratio = s > 0 ? (1 - incidence) / s : 0;
  if (w->events > 0) {
    for (size_t k = 0; k < w->k; k++) {
      double rest = w->c_end[k * w->k + r] - w->c[k * w->k + r];
      w->influence[k] = score_slope(w, weight, k, r) + rest * (1 - ratio);
    }
    double part = tied(w->events, w->before[r] * w->total);
    add_outer(w, part * w->before[r] * w->step / w->y[r], test);
  }
  if (!(w->other[r] > 0)) return;
  for (size_t k = 0; k < w->k; k++)
    w->influence[k] = (w->c_end[k * w->k + r] - w->c[k * w->k + r]) * ratio;
  double share = w->before[r] / w->y[r];
  add_outer(w, tied(w->other[r], w->y[r]) * share * share * w->other[r], test);
}

/* Second walk. */
static lb_status add_variance(walk *w, lb_gray *test, lb_error *err)
{
  size_t times = 0;
  start(w);
  while (next_time(w)) {
    double weight = weight_of(w);
    if (w->events > 0) add_to_c(w, weight);
    for (size_t r = 0; r < w->k; r++)
      if (w->y[r] > 0) add_group(w, weight, r, test);
    if (++times % POLL_TIMES == 0 && lb_interrupted()) return lb_error_interrupted(err);
  }
  return LB_OK;
}

lb_status gray_alloc(lb_gray *test, lb_error *err)
{
  size_t k = test->n_groups;
  test->n = lb_mem_zero(k, sizeof(double));
  test->observed = lb_mem_zero(k, sizeof(double));
  test->expected = lb_mem_zero(k, sizeof(double));
  test->variance = lb_mem_zero(k * k, sizeof(double));
  bool ok =
      test->n != NULL && test->observed != NULL && test->expected != NULL && test->variance != NULL;
  return ok ? LB_OK : lb_error_nomem(err, "Gray's test");
}

lb_status gray_finish(lb_gray *test, lb_error *err)
{
  double *score = lb_mem_zero(test->n_groups, sizeof *score);
  if (score == NULL) return lb_error_nomem(err, "Gray's test");
  for (size_t g = 0; g < test->n_groups; g++) score[g] = test->observed[g] - test->expected[g];
  bool ok = lb_symmetric_quadratic(test->variance, score, test->n_groups, SINGULAR,
                                   &test->chi_square, &test->df);
  lb_mem_free(score);
  if (!ok) return lb_error_nomem(err, "Gray's test");
  if (test->df == 0) test->chi_square = 0;
  test->p_value = test->df == 0 ? NAN : gsl_cdf_chisq_Q(test->chi_square, (double)test->df);
  return LB_OK;
}

/* Takes the set, whose classes are strata of k groups each. */
static lb_status test_set(lb_riskset *set, size_t k, walk w, lb_gray *test, lb_error *err)
{
  test->n_groups = k;
  lb_status st = gray_alloc(test, err);
  if (st == LB_OK) st = walk_new(&w, set, k, err);
  for (w.first = 0; st == LB_OK && w.first < set->n_class; w.first += k) {
    add_scores(&w, test);
    st = add_variance(&w, test, err);
    for (size_t g = 0; g < k; g++) {
      size_t t = set->class_time[w.first + g];
      if (t < set->class_time[w.first + g + 1]) test->n[g] += set->n_risk[t];
    }
  }
  if (st == LB_OK) st = gray_finish(test, err);
  walk_reset(&w);
  lb_riskset_reset(set);
  return st;
}

lb_status gray_check(size_t cause, size_t n_cause, double rho, lb_error *err)
{
  if (cause < 1 || cause > n_cause)
    return lb_error_set(err, LB_EARG, "there is no cause %zu of %zu", cause, n_cause);
  if (!(rho >= 0 && isfinite(rho)))
    return lb_error_set(err, LB_EARG, "rho is %g, expected a number from 0 on", rho);
  return LB_OK;
}

static lb_status hand_over(lb_status st, lb_gray *test, lb_gray *out)
{
  if (st == LB_OK)
    *out = *test;
  else
    lb_gray_reset(test);
  return st;
}

lb_status lb_gray_test(const lb_surv *y, const lb_partition *groups, const lb_partition *strata,
                       size_t cause, double rho, lb_gray *out, lb_error *err)
{
  size_t k = lb_partition_count(groups), n_strata = lb_partition_count(strata);
  lb_riskset set = {0};
  lb_status st = gray_check(cause, y->cause == NULL ? 0 : y->n_cause, rho, err);
  if (st == LB_OK && y->entry != NULL)
    st = lb_error_set(err, LB_EARG, "Gray's test does not take late entry");
  if (st == LB_OK) st = lb_partition_check(groups, y->n, "group", err);
  if (st == LB_OK) st = lb_partition_check(strata, y->n, "stratum", err);
  if (st != LB_OK) return st;
  if (k > INT32_MAX / (n_strata + 1)) return lb_error_set(err, LB_EARG, "too many strata");
  int32_t *code = lb_mem_array(y->n, sizeof *code);
  if (code == NULL) return lb_error_nomem(err, "Gray's test");
  for (size_t i = 0; i < y->n; i++)
    code[i] = (int32_t)(lb_partition_class(strata, i) * k + lb_partition_class(groups, i));
  const lb_partition classes = {code, n_strata * k};
  st = lb_riskset_sort(y, &classes, &set, err);
  lb_mem_free(code);
  if (st != LB_OK) return st;
  lb_gray test = {.n_used = y->n, .n_missing = y->n_missing};
  st = test_set(&set, k, (walk){.cause = cause - 1, .rho = rho}, &test, err);
  return hand_over(st, &test, out);
}

lb_status lb_gray_test_counts(const lb_surv_counts *counts, size_t cause, double rho, lb_gray *out,
                              lb_error *err)
{
  lb_riskset set = {0};
  lb_status st = gray_check(cause, counts->n_cause, rho, err);
  if (st == LB_OK) st = lb_riskset_from_counts(counts, &set, err);
  if (st != LB_OK) return st;
  lb_gray test = {.n_used = counts->n, .n_missing = counts->n_missing};
  st = test_set(&set, counts->n_class, (walk){.cause = cause - 1, .rho = rho}, &test, err);
  return hand_over(st, &test, out);
}

void lb_gray_reset(lb_gray *test)
{
  if (test == NULL) return;
  lb_mem_free(test->n);
  lb_mem_free(test->observed);
  lb_mem_free(test->expected);
  lb_mem_free(test->variance);
  *test = (lb_gray){0};
}
