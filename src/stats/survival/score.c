/* score.c - time-dependent AUC and Brier score with weights of inverse probability of censoring. */
#include "stats/survival/score.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/interrupt.h"
#include "base/mem.h"
#include "base/sort.h"

typedef enum role { ROLE_UNKNOWN, ROLE_CASE, ROLE_CONTROL } role;

/* Rows by time, and what the censoring distribution gives them. */
typedef struct work {
  const lb_surv *y;
  double t;
  uint32_t *by_time, *by_risk;
  uint8_t *role;
  double *weight;  /* of inverse probability of censoring */
  double *part;    /* contribution of each row to an estimate */
  double *partner; /* weight of the other side that a row is rightly apart from */
} work;

static bool had_event(const lb_surv *y, size_t i)
{
  return y->event[i] != 0;
}

static role role_of(const lb_surv *y, size_t i, size_t cause, double t)
{
  if (y->time[i] > t) return ROLE_CONTROL;
  if (!had_event(y, i)) return ROLE_UNKNOWN;
  bool ours = cause == 0 || y->cause == NULL || (size_t)y->cause[i] == cause;
  return ours ? ROLE_CASE : ROLE_CONTROL;
}

/* The rows tied at by_time[at]: one past their last; events among them. */
static size_t tie_end(const work *w, size_t at, size_t *events)
{
  size_t end = at;
  *events = 0;
  while (end < w->y->n && w->y->time[w->by_time[end]] == w->y->time[w->by_time[at]])
    *events += had_event(w->y, w->by_time[end++]);
  return end;
}

/* 1/G of each row; unknown rows have 0. */
static void set_weights(work *w)
{
  const lb_surv *y = w->y;
  double g = 1, g_at_t = 1;
  size_t events;
  for (size_t at = 0, end; at < y->n; at = end) {
    end = tie_end(w, at, &events);
    double time = y->time[w->by_time[at]];
    for (size_t k = at; k < end; k++) {
      size_t i = w->by_time[k];
      w->weight[i] = w->role[i] == ROLE_UNKNOWN ? 0 : 1 / g;
    }
    size_t censored = end - at - events, at_risk = y->n - at - events;
    if (censored > 0) g *= 1 - (double)censored / (double)at_risk;
    if (time <= w->t) g_at_t = g;
  }
  for (size_t i = 0; i < y->n; i++)
    if (y->time[i] > w->t) w->weight[i] = 1 / g_at_t;
}

/* Adds to influence what the estimated weights bring in: for row j the integral over u <= t of
 * H(u) dM_j(u)/Y(u), M_j the censoring martingale, H(u) the sum of the parts of rows whose weight
 * rests on G beyond u. */
static void add_censoring(const work *w, double *influence)
{
  const lb_surv *y = w->y;
  double rest = 0, drift = 0;
  size_t events;
  for (size_t i = 0; i < y->n; i++) rest += w->part[i];
  for (size_t at = 0, end; at < y->n; at = end) {
    end = tie_end(w, at, &events);
    bool counts = y->time[w->by_time[at]] <= w->t;
    for (size_t k = at; k < end && counts; k++) rest -= w->part[w->by_time[k]];
    size_t censored = end - at - events, at_risk = y->n - at - events;
    double jump = 0;
    /* An event at this time comes before the censorings and is not at risk of them. */
    for (size_t k = at; k < end; k++)
      if (had_event(y, w->by_time[k])) influence[w->by_time[k]] += drift;
    if (counts && censored > 0) {
      jump = rest / (double)at_risk;
      drift -= rest / (double)at_risk * (double)censored / (double)at_risk;
    }
    for (size_t k = at; k < end; k++)
      if (!had_event(y, w->by_time[k])) influence[w->by_time[k]] += drift + jump;
  }
}

/* influence[j] = part[j] - mean + what the censoring weights bring in. */
static void influences(const work *w, double mean, double *influence)
{
  for (size_t i = 0; i < w->y->n; i++) influence[i] = w->part[i] - mean;
  add_censoring(w, influence);
}

static double brier(work *w, const double *risk, double *influence)
{
  double sum = 0, n = (double)w->y->n;
  for (size_t i = 0; i < w->y->n; i++) {
    double error = (w->role[i] == ROLE_CASE) - risk[i];
    w->part[i] = w->weight[i] * error * error;
    sum += w->part[i];
  }
  influences(w, sum / n, influence);
  return sum / n;
}

/* Weight of controls with a lower risk than each case (ties half), of cases with a higher risk than
 * each control. */
static void pair_up(work *w, const double *risk)
{
  size_t n = w->y->n;
  double cases_seen = 0, controls_seen = 0, all_cases = 0;
  for (size_t i = 0; i < n; i++)
    if (w->role[i] == ROLE_CASE) all_cases += w->weight[i];
  for (size_t at = 0, end; at < n; at = end) {
    double cases = 0, controls = 0;
    for (end = at; end < n && risk[w->by_risk[end]] == risk[w->by_risk[at]]; end++) {
      size_t i = w->by_risk[end];
      if (w->role[i] == ROLE_CASE) cases += w->weight[i];
      if (w->role[i] == ROLE_CONTROL) controls += w->weight[i];
    }
    for (size_t k = at; k < end; k++) {
      size_t i = w->by_risk[k];
      w->partner[i] = w->role[i] == ROLE_CASE ? controls_seen + controls / 2
                                              : all_cases - cases_seen - cases / 2;
    }
    cases_seen += cases;
    controls_seen += controls;
  }
}

static double auc(work *w, const double *risk, double *influence)
{
  double cases = 0, controls = 0, concordant = 0, n = (double)w->y->n;
  pair_up(w, risk);
  for (size_t i = 0; i < w->y->n; i++) {
    if (w->role[i] == ROLE_CASE) {
      cases += w->weight[i];
      concordant += w->weight[i] * w->partner[i];
    } else if (w->role[i] == ROLE_CONTROL) {
      controls += w->weight[i];
    }
  }
  double value = concordant / (cases * controls), scale = n / (cases * controls);
  for (size_t i = 0; i < w->y->n; i++) {
    double all = w->role[i] == ROLE_CASE ? controls : cases;
    w->part[i] = scale * w->weight[i] * (w->partner[i] - value * all);
    if (w->role[i] == ROLE_UNKNOWN) w->part[i] = 0;
  }
  influences(w, 0, influence);
  return value;
}

static lb_status check(const lb_surv *y, size_t cause, const double *risk, double t, lb_error *err)
{
  lb_status st = lb_surv_check(y, err);
  if (st != LB_OK) return st;
  if (y->entry != NULL || y->weight != NULL)
    return lb_error_set(err, LB_EARG, "late entry and weights are not taken by this score");
  if (!isfinite(t)) return lb_error_set(err, LB_EARG, "the time is not a finite number");
  if (cause > y->n_cause) return lb_error_set(err, LB_EARG, "there is no cause %zu", cause);
  for (size_t i = 0; i < y->n; i++)
    if (!(risk[i] >= 0 && risk[i] <= 1))
      return lb_error_set(err, LB_EDATA, "the risk of row %zu is not between 0 and 1", i + 1);
  return LB_OK;
}

static lb_status work_new(work *w, const double *risk, lb_error *err)
{
  size_t n = w->y->n;
  w->by_time = lb_mem_array(n, sizeof *w->by_time);
  w->by_risk = lb_mem_array(n, sizeof *w->by_risk);
  w->role = lb_mem_array(n, sizeof *w->role);
  w->weight = lb_mem_array(n, sizeof *w->weight);
  w->part = lb_mem_array(n, sizeof *w->part);
  w->partner = lb_mem_zero(n, sizeof *w->partner);
  bool failed = w->by_time == NULL || w->by_risk == NULL || w->role == NULL || w->weight == NULL ||
                w->part == NULL || w->partner == NULL;
  if (failed || !lb_sort_order_real(w->y->time, n, w->by_time) ||
      !lb_sort_order_real(risk, n, w->by_risk))
    return lb_error_nomem(err, "scores");
  return lb_interrupted() ? lb_error_interrupted(err) : LB_OK;
}

static void work_reset(work *w)
{
  lb_mem_free(w->by_time);
  lb_mem_free(w->by_risk);
  lb_mem_free(w->role);
  lb_mem_free(w->weight);
  lb_mem_free(w->part);
  lb_mem_free(w->partner);
}

lb_status lb_score_at(const lb_surv *y, size_t cause, const double *risk, double t, lb_score *out,
                      lb_error *err)
{
  work w = {.y = y, .t = t};
  lb_score s = {0};
  lb_status st = check(y, cause, risk, t, err);
  if (st == LB_OK) st = work_new(&w, risk, err);
  if (st == LB_OK) {
    s.auc_influence = lb_mem_array(y->n, sizeof *s.auc_influence);
    s.brier_influence = lb_mem_array(y->n, sizeof *s.brier_influence);
    if (s.auc_influence == NULL || s.brier_influence == NULL) st = lb_error_nomem(err, "scores");
  }
  if (st == LB_OK) {
    for (size_t i = 0; i < y->n; i++) {
      w.role[i] = (uint8_t)role_of(y, i, cause, t);
      s.n_case += w.role[i] == ROLE_CASE;
      s.n_control += w.role[i] == ROLE_CONTROL;
      s.n_unknown += w.role[i] == ROLE_UNKNOWN;
    }
    set_weights(&w);
    s.brier = brier(&w, risk, s.brier_influence);
    s.auc = auc(&w, risk, s.auc_influence);
    *out = s;
  }
  work_reset(&w);
  if (st != LB_OK) lb_score_reset(&s);
  return st;
}

void lb_score_reset(lb_score *score)
{
  lb_mem_free(score->auc_influence);
  lb_mem_free(score->brier_influence);
  *score = (lb_score){0};
}
