/* horizon.c - one number of a curve at a horizon: a backward recursion, from which variance,
 * influences and leave-one-out values follow. */
#include "stats/survival/horizon.h"

#include "base/mem.h"

#include <math.h>
#include <stdbool.h>

lb_status lb_horizon_check(const lb_horizon *h, size_t n_cause, lb_error *err)
{
  bool area = h->kind == LB_HORIZON_MEAN || h->kind == LB_HORIZON_LOST;
  if (!isfinite(h->tau) || h->tau < 0 || (area && !(h->tau > 0)))
    return lb_error_set(err, LB_EARG, "tau is %g, expected a time above 0", h->tau);
  if (area && !(h->from >= 0 && h->from < h->tau))
    return lb_error_set(err, LB_EARG, "from is %g, expected a time from 0 to below tau (%g)",
                        h->from, h->tau);
  if (h->cause > n_cause) return lb_error_set(err, LB_EARG, "cause %zu of %zu", h->cause, n_cause);
  return LB_OK;
}

lb_status lb_horizon_walk_new(const lb_riskset *set, lb_horizon_walk *out, lb_error *err)
{
  lb_horizon_walk w = {.set = set};
  for (size_t c = 0; c < set->n_class; c++) {
    size_t n = set->class_time[c + 1] - set->class_time[c];
    if (n > w.room) w.room = n;
  }
  w.before = lb_mem_array(w.room + 1, 5 * sizeof *w.before);
  w.zero = lb_mem_array(w.room + 1, sizeof *w.zero);
  if (w.before == NULL || w.zero == NULL) {
    lb_horizon_walk_reset(&w);
    return lb_error_nomem(err, "restricted means");
  }
  w.value = w.before + w.room + 1;
  w.change = w.value + w.room + 1;
  w.log_one = w.change + w.room + 1;
  w.shared = w.log_one + w.room + 1;
  *out = w;
  return LB_OK;
}

void lb_horizon_walk_reset(lb_horizon_walk *w)
{
  if (w == NULL) return;
  lb_mem_free(w->before); /* the block of all */
  lb_mem_free(w->zero);
  *w = (lb_horizon_walk){0};
}

/* What a wait from `start` to `end` earns. */
static double wait_reward(const lb_horizon *h, double start, double end)
{
  if (h->kind != LB_HORIZON_MEAN) return 0;
  return fmax(0, fmin(end, h->tau) - fmax(start, h->from));
}

/* J at an event of the cause at time s <= tau. */
static double event_reward(const lb_horizon *h, double s)
{
  if (h->kind == LB_HORIZON_INCIDENCE) return 1;
  return h->kind == LB_HORIZON_LOST ? h->tau - fmax(s, h->from) : 0;
}

/* Events of the horizon's cause at time t of the set. */
static double own_events(const lb_horizon_walk *w, size_t t)
{
  const lb_riskset *set = w->set;
  if (w->at.cause == 0) return set->n_event[t];
  return set->cause_event[t * set->n_cause + w->at.cause - 1];
}

double lb_horizon_walk_class(lb_horizon_walk *w, size_t c, const lb_horizon *at)
{
  const lb_riskset *set = w->set;
  size_t last = set->class_time[c + 1];
  w->at = *at;
  w->first = set->class_time[c];
  for (w->n = 0; w->first + w->n < last && set->time[w->first + w->n] <= at->tau;) w->n++;
  double survival = 1, end = INFINITY;
  for (size_t i = 0; i < w->n; i++) {
    size_t t = w->first + i;
    double n = set->n_risk[t];
    w->before[i] = survival;
    w->value[i + 1] = set->n_event[t] > 0 && n > 0 ? (n - set->n_event[t]) / n : 1;
    survival *= w->value[i + 1]; /* the factor waits there for the walk back */
  }
  w->before[w->n] = survival;
  double value = at->kind == LB_HORIZON_SURVIVAL;
  bool jumps = at->kind == LB_HORIZON_INCIDENCE || at->kind == LB_HORIZON_LOST;
  for (size_t i = w->n; i-- > 0;) {
    size_t t = w->first + i;
    double factor = w->value[i + 1];
    value += wait_reward(at, set->time[t], end);
    w->value[i + 1] = value;
    end = set->time[t];
    if (!(set->n_event[t] > 0 && set->n_risk[t] > 0)) continue;
    value *= factor;
    if (jumps) value += own_events(w, t) / set->n_risk[t] * event_reward(at, end);
  }
  return w->value[0] = value + wait_reward(at, -INFINITY, end);
}

double lb_horizon_variance(const lb_horizon_walk *w)
{
  const lb_riskset *set = w->set;
  double variance = 0;
  for (size_t i = 0; i < w->n; i++) {
    size_t t = w->first + i;
    double n = set->n_risk[t], d = set->n_event[t];
    if (!(d > 0 && n > 0)) continue;
    double v = w->value[i + 1], s = w->before[i], reward = event_reward(&w->at, set->time[t]);
    double own = reward > 0 ? own_events(w, t) : 0, other = d - own;
    /* Two kinds of events change the number by a and by b. */
    double a = reward - v, b = -v;
    double term = own * (n - own) * a * a + other * (n - other) * b * b - 2 * own * other * a * b;
    variance += s * s * fmax(0, term) / (n * n * n);
  }
  return variance;
}

/* ---- Influences ---- */

/* D at an event: of the cause when `own`, else of another. */
static double slope(const lb_horizon_walk *w, size_t i, bool own)
{
  double reward = own ? event_reward(&w->at, w->set->time[w->first + i]) : 0;
  return w->before[i] * (reward - w->value[i + 1]);
}

static void share(lb_horizon_walk *w)
{
  const lb_riskset *set = w->set;
  w->shared[0] = 0;
  for (size_t i = 0; i < w->n; i++) {
    size_t t = w->first + i;
    double n = set->n_risk[t], own = own_events(w, t), sum = 0;
    if (set->n_event[t] > 0 && n > 0)
      sum = (own * slope(w, i, true) + (set->n_event[t] - own) * slope(w, i, false)) / (n * n);
    w->shared[i + 1] = w->shared[i] + sum;
  }
}

/* How many of the times walked are not after `entry`. */
static size_t entered_after(const lb_horizon_walk *w, double entry)
{
  const double *time = w->set->time + w->first;
  size_t low = 0, high = w->n;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (time[middle] <= entry)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

/* A row as the walk sees it. */
typedef struct place {
  size_t entry, exit; /* first time at risk; time of its end, n when that is after tau */
  double weight;
  bool event, own; /* at exit; of the horizon's cause */
} place;

static place place_of(const lb_horizon_walk *w, const lb_surv *y, size_t row, size_t exit)
{
  place p = {.exit = exit, .weight = y->weight == NULL ? 1 : y->weight[row]};
  if (y->entry != NULL) p.entry = entered_after(w, y->entry[row]);
  p.event = exit < w->n && y->event[row];
  p.own = p.event && (w->at.cause == 0 || (size_t)y->cause[row] == w->at.cause);
  return p;
}

/* Calls f for each row of class c. */
static void each_row(const lb_horizon_walk *w, const lb_surv *y, size_t c,
                     double (*f)(const lb_horizon_walk *w, place p), double *out)
{
  const lb_riskset *set = w->set;
  for (size_t t = set->class_time[c]; t < set->class_time[c + 1]; t++) {
    size_t exit = t - w->first < w->n ? t - w->first : w->n;
    for (size_t k = set->time_row[t]; k < set->time_row[t + 1]; k++)
      out[set->by_time[k]] = f(w, place_of(w, y, set->by_time[k], exit));
  }
}

static double influence_of(const lb_horizon_walk *w, place p)
{
  size_t end = p.exit < w->n ? p.exit + 1 : w->n;
  if (p.entry >= end || !(p.weight > 0)) return 0;
  double u = -(w->shared[end] - w->shared[p.entry]);
  if (p.event) u += slope(w, p.exit, p.own) / w->set->n_risk[w->first + p.exit];
  return p.weight * u;
}

void lb_horizon_influence(lb_horizon_walk *w, const lb_surv *y, size_t c, double *out)
{
  share(w);
  each_row(w, y, c, influence_of, out);
}

/* ---- Leaving one out ---- */

/* With one person fewer at risk at every time, events unchanged. Differences are carried, not the
 * values, so that n times them keeps its digits. */
static void walk_without(lb_horizon_walk *w)
{
  const lb_riskset *set = w->set;
  w->change[w->n] = 0;
  for (size_t i = w->n; i-- > 0;) {
    size_t t = w->first + i;
    double n = set->n_risk[t], d = set->n_event[t], v = w->value[i + 1], u = w->change[i + 1];
    double step = own_events(w, t) * event_reward(&w->at, set->time[t]) - d * v;
    if (!(d > 0 && n > 0))
      w->change[i] = u;
    else if (n <= 1) /* nobody is left at risk: no event, and V goes on */
      w->change[i] = u - step / n;
    else
      w->change[i] = step / (n * (n - 1)) + (1 - d / (n - 1)) * u;
  }
  w->log_one[0] = 0;
  w->zero[0] = 0;
  for (size_t i = 0; i < w->n; i++) {
    size_t t = w->first + i;
    double n = set->n_risk[t], d = set->n_event[t];
    bool gone = n > 1 && d >= n - 1;
    w->zero[i + 1] = w->zero[i] + gone;
    w->log_one[i + 1] = w->log_one[i] + (gone || !(d > 0 && n > 1) ? 0 : log1p(-d / (n - 1)));
  }
}

static double left_out(const lb_horizon_walk *w, place p)
{
  if (!(p.weight > 0)) return 0;
  if (p.entry >= w->n) return 0;
  double change = w->change[p.entry];
  if (p.exit < w->n && w->zero[p.exit] == w->zero[p.entry]) {
    size_t t = w->first + p.exit;
    double n = w->set->n_risk[t], d = w->set->n_event[t];
    double v = w->value[p.exit + 1], u = w->change[p.exit + 1];
    double own = p.own ? event_reward(&w->at, w->set->time[t]) : 0, jump = -u;
    if (n > 1) jump = ((p.event ? v : 0) - own) / (n - 1) - (1 - d / (n - 1)) * u;
    change += exp(w->log_one[p.exit] - w->log_one[p.entry]) * jump;
  }
  return w->before[p.entry] * change;
}

void lb_horizon_leave_one(lb_horizon_walk *w, const lb_surv *y, size_t c, double *out)
{
  walk_without(w);
  each_row(w, y, c, left_out, out);
}
