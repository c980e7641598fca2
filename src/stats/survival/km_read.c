/* km_read.c - what is read off a Kaplan-Meier curve: quantiles, values at a time, at-risk tables,
 * restricted means. */
#include "stats/survival/km.h"

#include <math.h>
#include <stdbool.h>

/* S is a product of rounded ratios: closer to the wanted level than this counts as equal. */
#define SAME_LEVEL 1e-9

/* How many of n ascending values are <= limit (or < limit when `below`). */
static size_t count_upto(const double *value, size_t n, double limit, int below)
{
  size_t low = 0, high = n;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (value[middle] < limit || (!below && value[middle] == limit))
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

/* Where the level of a step function is highest without being above `target`, the first such
 * time: for a falling function where it first reaches the target. The middle of the flat part
 * when it stays at it. */
static double crossing(const double *time, const double *level, size_t n, double target)
{
  double tolerance = SAME_LEVEL * target, highest = -1;
  size_t start = n;
  for (size_t i = 0; i < n; i++) {
    if (!(level[i] <= target + tolerance && level[i] > highest)) continue; /* NaN too: no limit */
    highest = level[i];
    start = i;
    if (level[i] >= target - tolerance) break;
  }
  if (start == n) return NAN;
  if (target <= 0 || highest < target - tolerance) return time[start];
  size_t end = start + 1;
  while (end < n && !(level[end] < target - tolerance)) end++;
  return (time[start] + time[end < n ? end : n - 1]) / 2;
}

/* The first time at which a level is not above the target; NaN when there is none. */
static double first_reach(const double *time, const double *level, size_t n, double target)
{
  for (size_t i = 0; i < n; i++)
    if (level[i] <= target * (1 + SAME_LEVEL)) return time[i];
  return NAN;
}

lb_status lb_km_quantile(const lb_km_curve *curve, double prob, double *time, double *low,
                         double *high, lb_error *err)
{
  if (!(prob > 0 && prob <= 1))
    return lb_error_set(err, LB_EARG, "prob is %g, expected a number above 0 and up to 1", prob);
  *time = crossing(curve->time, curve->survival, curve->n_time, 1 - prob);
  *low = crossing(curve->time, curve->conf_low, curve->n_time, 1 - prob);
  /* Limits need not fall with time: while few are at risk (late entry) they rise again. An interval
   * that began above its own estimate begins where the limit first reaches the target. */
  if (*low > *time) *low = first_reach(curve->time, curve->conf_low, curve->n_time, 1 - prob);
  *high = crossing(curve->time, curve->conf_high, curve->n_time, 1 - prob);
  return LB_OK;
}

static double risk_before(const lb_km_curve *c, double time, size_t next)
{
  if (c->n_entry == 0) return next < c->n_time ? c->n_risk[next] : 0;
  if (next < c->n_time && c->time[next] == time) return c->n_risk[next];
  size_t entered = count_upto(c->entry_time, c->n_entry, time, 1);
  double left = 0;
  for (size_t i = 0; i < next; i++) left += c->n_event[i] + c->n_censor[i];
  double at_risk = (entered > 0 ? c->entry_weight[entered - 1] : 0) - left;
  /* Nobody left: say exactly 0, not what rounding of weights leaves. */
  return at_risk > SAME_LEVEL * left ? at_risk : 0;
}

void lb_km_at(const lb_km_curve *curve, double time, lb_km_point *out)
{
  size_t next = count_upto(curve->time, curve->n_time, time, 1);
  size_t done = count_upto(curve->time, curve->n_time, time, 0);
  lb_km_point p = {.time = time, .survival = 1, .conf_low = 1, .conf_high = 1};
  if (done > 0) {
    p.survival = curve->survival[done - 1];
    p.std_error = curve->std_error[done - 1];
    p.conf_low = curve->conf_low[done - 1];
    p.conf_high = curve->conf_high[done - 1];
  }
  for (size_t i = 0; i < done; i++) {
    p.n_event += curve->n_event[i];
    p.n_censor += curve->n_censor[i];
  }
  p.n_risk = risk_before(curve, time, next);
  *out = p;
}

lb_status lb_km_table(const lb_km_curve *curve, const double *time, size_t n, double *n_risk,
                      double *n_event, double *n_censor, lb_error *err)
{
  for (size_t k = 1; k < n; k++) {
    if (!(time[k] > time[k - 1]))
      return lb_error_set(err, LB_EARG, "times must ascend: %g comes after %g", time[k],
                          time[k - 1]);
  }
  size_t i = 0;
  for (size_t k = 0; k < n; k++) {
    n_event[k] = n_censor[k] = 0;
    size_t next = count_upto(curve->time, curve->n_time, time[k], 1);
    n_risk[k] = risk_before(curve, time[k], next);
    for (; i < curve->n_time && curve->time[i] <= time[k]; i++) {
      n_event[k] += curve->n_event[i];
      n_censor[k] += curve->n_censor[i];
    }
  }
  return LB_OK;
}

lb_status lb_km_restricted_mean(const lb_km_curve *curve, double tau, double *mean,
                                double *std_error, lb_error *err)
{
  if (!(isfinite(tau) && tau > 0))
    return lb_error_set(err, LB_EARG, "tau is %g, expected a time above 0", tau);
  size_t steps = count_upto(curve->time, curve->n_time, tau, 0);
  bool known = curve->n_time > 0 &&
               (tau <= curve->time[curve->n_time - 1] || curve->survival[curve->n_time - 1] == 0);
  double area = 0, variance = 0, end = tau;
  for (size_t i = steps; i-- > 0;) { /* backwards: area is A(time[i]) */
    double n = curve->n_risk[i], d = curve->n_event[i];
    area += (end - curve->time[i]) * curve->survival[i];
    end = curve->time[i];
    if (d > 0 && area > 0) variance += area * area * d / (n * (n - d));
  }
  *mean = known ? area + end : NAN; /* S is 1 from 0 to the first time */
  *std_error = known ? sqrt(variance) : NAN;
  return LB_OK;
}
