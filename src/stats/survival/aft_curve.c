/* aft_curve.c - survival, hazards, quantiles and means of a parametric curve. */
#include "stats/survival/aft_curve.h"

#include <math.h>
#include <string.h>

#include "stats/survival/aft_standard.h"

#define MOST_STEPS 300
#define ACCURACY   1e-13
#define MOST_DEPTH 14
#define POWER      3 /* t = horizon v^3: a survival that falls at once is smooth in v */

static double error_of(const lb_curve *curve, const double *gradient)
{
  double variance = 0;
  for (size_t j = 0; j < curve->p; j++) {
    if (gradient[j] == 0) continue; /* what does not bear on it may be unknown */
    for (size_t k = 0; k < curve->p; k++)
      if (gradient[k] != 0) variance += gradient[j] * gradient[k] * curve->vcov[j * curve->p + k];
  }
  return variance >= 0 ? sqrt(variance) : (double)NAN;
}

/* value and its error on the log scale. */
static lb_estimate of_log(double log_value, double error, double z)
{
  double value = exp(log_value);
  return (lb_estimate){value, value * error, exp(log_value - z * error),
                       exp(log_value + z * error)};
}

static lb_estimate of_plain(double value, double error, double z)
{
  return (lb_estimate){value, error, value - z * error, value + z * error};
}

static lb_estimate unknown(double value)
{
  return (lb_estimate){value, (double)NAN, (double)NAN, (double)NAN};
}

static lb_estimate survival_of(const lb_curve *curve, const lb_curve_point *at, double z)
{
  double hazard = -at->log_survival, error = error_of(curve, at->ds);
  double value = exp(at->log_survival);
  if (!(hazard > 0)) return (lb_estimate){1, 0, 1, 1};
  double half = z * error / hazard; /* of log H */
  return (lb_estimate){value, value * error, exp(-hazard * exp(half)), exp(-hazard * exp(-half))};
}

static lb_estimate cumulative_of(const lb_curve *curve, const lb_curve_point *at, double z)
{
  double hazard = -at->log_survival;
  if (!(hazard > 0)) return (lb_estimate){0, 0, 0, 0};
  return of_log(log(hazard), error_of(curve, at->ds) / hazard, z);
}

/* ---- Quantiles ---- */

/* Doubles away from `from` until log S is on the other side of `target`; INFINITY: never. */
static double bracket(const lb_curve *curve, size_t row, double target, double from, double factor,
                      lb_curve_point *at)
{
  double t = from;
  for (int k = 0; k < MOST_STEPS; k++) {
    t *= factor;
    curve->at(curve->context, row, t, at);
    bool above = at->log_survival > target;
    if (above == (factor < 1)) return t;
  }
  return factor < 1 ? 0 : INFINITY;
}

static double search_quantile(const lb_curve *curve, size_t row, double prob, lb_curve_point *at)
{
  double target = log1p(-prob), low = curve->time_scale, high = low;
  curve->at(curve->context, row, low, at);
  if (at->log_survival > target)
    high = bracket(curve, row, target, low, 2, at);
  else
    low = bracket(curve, row, target, high, 0.5, at);
  if (isinf(high)) return high;
  double t = sqrt(low * high);
  for (int k = 0; k < MOST_STEPS && low > 0; k++) {
    curve->at(curve->context, row, t, at);
    double off = at->log_survival - target;
    if (off > 0)
      low = t;
    else
      high = t;
    double next = t * exp(off / (exp(at->log_hazard) * t)); /* Newton in log t */
    if (!(next > low && next < high)) next = sqrt(low * high);
    if (fabs(next - t) <= 2e-16 * t || !(high > low)) return next;
    t = next;
  }
  return t;
}

static lb_estimate quantile_of(const lb_curve *curve, size_t row, double prob, double z,
                               lb_curve_point *at)
{
  double t = curve->quantile != NULL ? curve->quantile(curve->context, row, prob)
                                     : search_quantile(curve, row, prob, at);
  if (!isfinite(t)) return unknown(t);
  curve->at(curve->context, row, t, at);
  double hazard = exp(at->log_hazard), error = error_of(curve, at->ds) / hazard;
  return curve->positive ? of_log(log(t), error / t, z) : of_plain(t, error, z);
}

/* ---- Restricted means ---- */

typedef struct area {
  const lb_curve *curve;
  size_t row;
  double horizon;
  lb_curve_point *at;
  double *gradient; /* p */
} area;

/* The integral of S over v in [from, to]; adds that of its derivatives when `keep`. */
static double area_of(area *a, double from, double to, bool keep)
{
  double half = (to - from) / 2, middle = (to + from) / 2, sum = 0;
  for (int k = 0; k < 2 * LB_LEGENDRE; k++) {
    double node = lb_legendre_node[k / 2] * (k % 2 == 0 ? 1 : -1);
    double v = middle + half * node, t = a->horizon * v * v * v;
    double weight = half * lb_legendre_weight[k / 2] * POWER * a->horizon * v * v;
    a->curve->at(a->curve->context, a->row, t, a->at);
    double part = weight * exp(a->at->log_survival);
    sum += part;
    for (size_t j = 0; keep && part > 0 && j < a->curve->p; j++)
      a->gradient[j] += part * a->at->ds[j];
  }
  return sum;
}

static double adaptive_area(area *a, double from, double to, int depth)
{
  double middle = (from + to) / 2, whole = area_of(a, from, to, false);
  double parts = area_of(a, from, middle, false) + area_of(a, middle, to, false);
  if (depth >= MOST_DEPTH || fabs(parts - whole) <= ACCURACY * a->horizon)
    return area_of(a, from, middle, true) + area_of(a, middle, to, true);
  return adaptive_area(a, from, middle, depth + 1) + adaptive_area(a, middle, to, depth + 1);
}

static lb_estimate rmst_of(const lb_curve *curve, size_t row, double horizon, double z,
                           lb_curve_point *at, double *gradient)
{
  area a = {curve, row, horizon, at, gradient};
  memset(gradient, 0, curve->p * sizeof *gradient);
  if (!(horizon > 0)) return (lb_estimate){0, 0, 0, 0};
  double value = adaptive_area(&a, 0, 1, 0);
  return of_plain(value, error_of(curve, gradient), z);
}

static lb_estimate mean_of(const lb_curve *curve, size_t row, double z, lb_curve_point *at,
                           double *gradient)
{
  double value;
  if (curve->mean == NULL) return unknown((double)NAN);
  if (!curve->mean(curve->context, row, &value, gradient)) return unknown(value);
  if (isnan(value)) { /* no closed form: until all but 1e-17 have gone */
    double end = quantile_of(curve, row, 1 - 1e-16, z, at).value;
    lb_estimate e = rmst_of(curve, row, end, z, at, gradient);
    return of_log(log(e.value), e.std_error / e.value, z);
  }
  double error = error_of(curve, gradient);
  return curve->positive ? of_log(value, error, z) : of_plain(value, error, z);
}

/* From log odds. */
static lb_estimate cured_of(const lb_curve *curve, size_t row, double t, double z, double *gradient)
{
  if (curve->cured == NULL) return unknown((double)NAN);
  double odds = curve->cured(curve->context, row, t, gradient),
         half = z * error_of(curve, gradient);
  double p = 1 / (1 + exp(-odds)), rest = 1 / (1 + exp(odds));
  return (lb_estimate){p, p * rest * half / z, 1 / (1 + exp(half - odds)),
                       1 / (1 + exp(-half - odds))};
}

lb_estimate lb_curve_estimate(const lb_curve *curve, lb_curve_kind kind, size_t row, double at,
                              double z_value, double *work)
{
  size_t p = curve->p;
  lb_curve_point point = {.ds = work, .dh = work + p};
  double *gradient = work + 2 * p, value;
  switch (kind) {
  case LB_CURVE_LINEAR:
    value = curve->linear(curve->context, row, gradient);
    return of_plain(value, error_of(curve, gradient), z_value);
  case LB_CURVE_QUANTILE:
    return quantile_of(curve, row, at, z_value, &point);
  case LB_CURVE_MEAN:
    return mean_of(curve, row, z_value, &point, gradient);
  case LB_CURVE_CURED:
    return cured_of(curve, row, at, z_value, gradient);
  case LB_CURVE_RMST:
    return rmst_of(curve, row, at, z_value, &point, gradient);
  default:
    break;
  }
  curve->at(curve->context, row, at, &point);
  if (kind == LB_CURVE_SURVIVAL) return survival_of(curve, &point, z_value);
  if (kind == LB_CURVE_CUMULATIVE) return cumulative_of(curve, &point, z_value);
  return of_log(point.log_hazard, error_of(curve, point.dh), z_value);
}

/* ---- Two curves ---- */

/* What is compared: the value, or its logarithm where ratios are taken, and its derivatives. */
static double compared(const lb_curve *curve, lb_curve_kind kind, size_t row, double at,
                       lb_curve_point *point, double *gradient)
{
  double value = (double)NAN, unit = 1;
  const double *d = point->ds;
  if (kind == LB_CURVE_RMST) return rmst_of(curve, row, at, 0, point, gradient).value;
  if (kind == LB_CURVE_QUANTILE) { /* log S(t) stays: dt = d log S / hazard */
    value = quantile_of(curve, row, at, 0, point).value;
    unit = exp(-point->log_hazard);
  } else {
    curve->at(curve->context, row, at, point);
    if (kind == LB_CURVE_SURVIVAL) value = unit = exp(point->log_survival);
    if (kind == LB_CURVE_CUMULATIVE) {
      value = log(-point->log_survival);
      unit = 1 / point->log_survival;
    }
    if (kind == LB_CURVE_HAZARD) {
      value = point->log_hazard;
      d = point->dh;
    }
  }
  for (size_t j = 0; j < curve->p; j++) gradient[j] = unit * d[j];
  return value;
}

lb_estimate lb_curve_contrast(const lb_curve *a, size_t row_a, const lb_curve *b, size_t row_b,
                              lb_curve_kind kind, double at, double z_value, double *work)
{
  size_t p = a->p;
  lb_curve_point point = {.ds = work, .dh = work + p};
  double *first = work + 2 * p, *second = work + 3 * p;
  double difference = compared(a, kind, row_a, at, &point, first);
  difference -= compared(b, kind, row_b, at, &point, second);
  if (!isfinite(difference)) return unknown((double)NAN);
  for (size_t j = 0; j < p; j++) first[j] -= second[j];
  double error = error_of(a, first);
  if (kind != LB_CURVE_HAZARD && kind != LB_CURVE_CUMULATIVE)
    return of_plain(difference, error, z_value);
  lb_estimate e = of_log(difference, error, z_value);
  e.std_error = error;
  return e;
}
