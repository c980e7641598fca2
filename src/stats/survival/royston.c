/* royston.c - Royston-Parmar models: knots, bases, likelihood, curves. */
#include "stats/survival/royston.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "stats/survival/aft_newton.h"

enum { LOWER, SLOPE, UPPER, ENTRY, N_PREDICTOR };
enum { LOW_LOW = 0, SLOPE_SLOPE = 2, UP_LOW = 3, UP_UP = 5, ENTRY_ENTRY = 9 };

static lb_standard standard_of(lb_royston_scale scale)
{
  return scale == LB_ROYSTON_HAZARD ? LB_STANDARD_EXTREME
         : scale == LB_ROYSTON_ODDS ? LB_STANDARD_LOGISTIC
                                    : LB_STANDARD_NORMAL;
}

static double cube(double x)
{
  return x > 0 ? x * x * x : 0;
}

static double square(double x)
{
  return x > 0 ? x * x : 0;
}

/* The n basis functions of x and their slopes: 1, x, and for each inner knot k_j (x - k_j)^3+ -
 * l_j (x - k_min)^3+ - (1 - l_j) (x - k_max)^3+, l_j = (k_max - k_j) / (k_max - k_min) (eq. 4). */
static void basis(const double *knot, size_t n, double x, double *value, double *slope)
{
  double low = knot[0], high = knot[n - 1];
  value[0] = 1;
  value[1] = x;
  slope[0] = 0;
  slope[1] = 1;
  for (size_t j = 1; j + 1 < n; j++) {
    double l = (high - knot[j]) / (high - low);
    value[j + 1] = cube(x - knot[j]) - l * cube(x - low) - (1 - l) * cube(x - high);
    slope[j + 1] = 3 * (square(x - knot[j]) - l * square(x - low) - (1 - l) * square(x - high));
  }
}

/* ---- Knots ---- */

static int ascending(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static lb_status place_knots(const lb_royston_options *o, const double *time, size_t n,
                             lb_royston *fit, lb_error *err)
{
  if (n < 2 || !(time[n - 1] > time[0]))
    return lb_error_set(err, LB_EDATA, "a spline of log time needs two distinct exact event times");
  size_t inner = o->n_knot > 0 ? o->n_knot : o->df - 1;
  fit->n_spline = inner + 2;
  fit->knot[0] = time[0];
  fit->knot[inner + 1] = time[n - 1];
  for (size_t j = 1; j <= inner; j++) { /* quantiles of type 7 */
    double at = (double)j / (double)(inner + 1) * (double)(n - 1), whole = floor(at);
    size_t k = (size_t)whole, next = k + 1 < n ? k + 1 : k;
    fit->knot[j] =
        o->n_knot > 0 ? log(o->knot[j - 1]) : time[k] + (at - whole) * (time[next] - time[k]);
  }
  for (size_t j = 0; j <= inner; j++) {
    if (fit->knot[j] < fit->knot[j + 1]) continue;
    lb_error_set(err, LB_EDATA, "knots coincide or lie outside the exact event times");
    lb_error_mend(err, "Take a smaller df, or inner knots between the first and the last event.");
    return LB_EDATA;
  }
  return LB_OK;
}

static lb_status find_knots(const lb_aft_outcome *y, const lb_royston_options *o, lb_royston *fit,
                            lb_error *err)
{
  if (o->df < 1 || (o->n_knot > 0 ? o->n_knot + 2 : o->df + 1) > LB_ROYSTON_KNOTS)
    return lb_error_set(err, LB_EARG, "df: expected 1 to %d", LB_ROYSTON_KNOTS - 1);
  double *time = lb_mem_array(y->n, sizeof *time);
  size_t n = 0;
  if (time == NULL) return lb_error_nomem(err, "knots");
  for (size_t i = 0; i < y->n; i++)
    if (y->lower[i] == y->upper[i] && y->lower[i] > 0) time[n++] = log(y->lower[i]);
  qsort(time, n, sizeof *time, ascending);
  lb_status st = place_knots(o, time, n, fit, err);
  lb_mem_free(time);
  return st;
}

/* ---- Likelihood ---- */

typedef struct rows {
  const lb_aft_outcome *y;
  lb_standard kind;
  double log_range; /* of the knots, which slopes are taken over */
} rows;

static bool row_term(const void *context, size_t i, const double *eta, lb_row_term *out)
{
  const rows *r = context;
  double lower = r->y->lower[i], upper = r->y->upper[i];
  if (lower == upper) {
    lb_density d;
    if (!(eta[SLOPE] > 0)) return false; /* a negative hazard */
    lb_standard_density(r->kind, eta[LOWER], 0, &d);
    out->value = d.log + log(eta[SLOPE]) - r->log_range - log(lower);
    out->grad[LOWER] = d.w;
    out->hess[LOW_LOW] = d.ww;
    out->grad[SLOPE] = 1 / eta[SLOPE];
    out->hess[SLOPE_SLOPE] = -1 / (eta[SLOPE] * eta[SLOPE]);
  } else {
    double l = lower > 0 ? eta[LOWER] : -INFINITY, u = isinf(upper) ? INFINITY : eta[UPPER];
    lb_mass_term t;
    if (!(l < u)) return false;
    lb_standard_mass_term(r->kind, l, u, 0, &t);
    out->value = t.log;
    out->grad[LOWER] = t.l;
    out->grad[UPPER] = t.u;
    out->hess[LOW_LOW] = t.ll;
    out->hess[UP_LOW] = t.lu;
    out->hess[UP_UP] = t.uu;
  }
  if (r->y->entry != NULL && r->y->entry[i] > 0) {
    lb_mass_term t;
    lb_standard_mass_term(r->kind, eta[ENTRY], INFINITY, 0, &t);
    out->value -= t.log;
    out->grad[ENTRY] = -t.l;
    out->hess[ENTRY_ENTRY] = -t.ll;
  }
  return isfinite(out->value) && isfinite(out->grad[LOWER]) && isfinite(out->hess[LOW_LOW]);
}

/* Knots on [0, 1] make the bases well conditioned; columns of x stand as they are. */
typedef struct problem {
  const lb_aft_outcome *y;
  const lb_design *x;
  const lb_royston *fit;
  rows rows;
  double knot[LB_ROYSTON_KNOTS];
  double *number; /* bases at lower, upper and entry, slopes at lower */
  const double **column;
  lb_predictors predictors;
} problem;

static double unit_time(const problem *m, double t)
{
  double low = m->fit->knot[0], range = m->fit->knot[m->fit->n_spline - 1] - low;
  return t > 0 && isfinite(t) ? (log(t) - low) / range : 0; /* 0: nobody looks */
}

static void fill_bases(problem *m)
{
  size_t n = m->x->n, s = m->fit->n_spline, p = m->fit->n_param;
  double value[LB_ROYSTON_KNOTS], slope[LB_ROYSTON_KNOTS];
  const double *const times[] = {m->y->lower, m->y->upper, m->y->entry};
  static const size_t PREDICTOR[] = {LOWER, UPPER, ENTRY};
  for (size_t k = 0; k < 3; k++) {
    if (times[k] == NULL) continue;
    for (size_t j = 0; j < s; j++)
      m->column[PREDICTOR[k] * p + j] = m->number + (PREDICTOR[k] * s + j) * n;
    for (size_t i = 0; i < n; i++) {
      basis(m->knot, s, unit_time(m, times[k][i]), value, slope);
      for (size_t j = 0; j < s; j++) {
        m->number[(PREDICTOR[k] * s + j) * n + i] = value[j];
        if (k == 0) m->number[(SLOPE * s + j) * n + i] = slope[j];
      }
    }
    for (size_t j = 0; j < m->x->p; j++) m->column[PREDICTOR[k] * p + s + j] = m->x->column[j];
    m->predictors.offset[PREDICTOR[k]] = m->x->offset;
  }
  for (size_t j = 1; j < s; j++) m->column[SLOPE * p + j] = m->number + (SLOPE * s + j) * n;
}

static lb_status problem_new(const lb_aft_outcome *y, const lb_design *x, const lb_royston *fit,
                             problem *m, lb_error *err)
{
  size_t s = fit->n_spline;
  *m = (problem){.y = y, .x = x, .fit = fit, .rows = {.y = y, .kind = standard_of(fit->scale)}};
  m->number = lb_mem_zero(x->n, N_PREDICTOR * s * sizeof *m->number);
  m->column = lb_mem_zero(N_PREDICTOR * fit->n_param, sizeof *m->column);
  if (m->number == NULL || m->column == NULL) return lb_error_nomem(err, "the spline");
  double range = fit->knot[s - 1] - fit->knot[0];
  m->rows.log_range = log(range);
  for (size_t j = 0; j < s; j++) m->knot[j] = (fit->knot[j] - fit->knot[0]) / range;
  m->knot[s - 1] = 1;
  m->predictors = (lb_predictors){.n = x->n,
                                  .k = N_PREDICTOR,
                                  .p = fit->n_param,
                                  .column = m->column,
                                  .weight = y->weight,
                                  .row = row_term,
                                  .context = &m->rows};
  fill_bases(m);
  return LB_OK;
}

/* The member of the family with a straight line, on the scale of the knots. */
static lb_status straight_start(const problem *m, double *start, lb_error *err)
{
  static const lb_aft_distribution LINE[] = {LB_AFT_WEIBULL, LB_AFT_LOGLOGISTIC, LB_AFT_LOGNORMAL};
  lb_aft_options options = LB_AFT_DEFAULTS;
  lb_aft line = {0};
  options.distribution = LINE[m->fit->scale];
  lb_design x = *m->x;
  x.offset = NULL; /* an offset of another scale; a start need not know it */
  lb_status st = lb_aft_fit(m->y, &x, NULL, NULL, &options, &line, err);
  if (st != LB_OK) return st;
  double sigma = exp(line.coef[1 + line.p]), low = m->fit->knot[0];
  double range = m->fit->knot[m->fit->n_spline - 1] - low;
  start[0] = (low - line.coef[0]) / sigma;
  start[1] = range / sigma;
  for (size_t j = 0; j < line.p; j++) {
    bool none = line.collinear[j];
    if (none && st == LB_OK)
      st = lb_error_set(err, LB_EDATA, "column %zu of the design is a combination of those before",
                        j + 1);
    start[m->fit->n_spline + j] = none ? 0 : -line.coef[1 + j] / sigma;
  }
  lb_aft_reset(&line);
  return st;
}

/* Fitted coefficients to those of log t: theta = A fitted. */
static void fill_fit(const lb_maximum *best, lb_royston *out)
{
  size_t s = out->n_spline, p = out->n_param;
  double low = out->knot[0], range = out->knot[s - 1] - low;
  double shift = -low / range; /* of gamma1 in gamma0 */
  for (size_t j = 0; j < p; j++) {
    double unit = j == 1 ? 1 / range : j > 1 && j < s ? 1 / (range * range * range) : 1;
    out->coef[j] += unit * best->theta[j];
    for (size_t k = 0; k < p; k++) {
      double other = k == 1 ? 1 / range : k > 1 && k < s ? 1 / (range * range * range) : 1;
      out->vcov[j * p + k] += unit * other * best->vcov[j * p + k];
    }
  }
  const double *v = best->vcov;
  out->coef[0] += shift * best->theta[1];
  for (size_t k = 1; k < p; k++) {
    double unit = k == 1 ? 1 / range : k < s ? 1 / (range * range * range) : 1;
    out->vcov[k] += shift * unit * v[p + k];
    out->vcov[k * p] = out->vcov[k];
  }
  out->vcov[0] += 2 * shift * v[p] + shift * shift * v[p + 1];
  for (size_t j = 0; j < p; j++) out->std_error[j] = sqrt(out->vcov[j * p + j]);
  out->log_lik = best->value;
  out->iterations = best->iterations;
  out->converged = best->converged && !best->singular;
}

/* One fit; without the columns its value alone is kept. */
static lb_status fit_once(const lb_aft_outcome *y, const lb_design *x, size_t max_iter,
                          lb_royston *fit, lb_error *err)
{
  problem m = {0};
  lb_maximum best = {0};
  size_t p = fit->n_param = fit->n_spline + x->p;
  fit->p = x->p;
  double *start = lb_mem_zero(p, sizeof *start);
  fit->coef = lb_mem_zero(p * (p + 2), sizeof *fit->coef);
  lb_status st = start != NULL && fit->coef != NULL ? problem_new(y, x, fit, &m, err)
                                                    : lb_error_nomem(err, "the fit");
  if (st == LB_OK) st = straight_start(&m, start, err);
  if (st == LB_OK) st = lb_likelihood_maximise(&m.predictors, start, max_iter, &best, err);
  if (st == LB_OK) {
    fit->std_error = fit->coef + p;
    fit->vcov = fit->coef + 2 * p;
    fill_fit(&best, fit);
  }
  lb_maximum_reset(&best);
  lb_mem_free(m.number);
  lb_mem_free((void *)m.column);
  lb_mem_free(start);
  return st;
}

lb_status lb_royston_fit(const lb_aft_outcome *y, const lb_design *x,
                         const lb_royston_options *options, lb_royston *out, lb_error *err)
{
  lb_royston fit = {.scale = options->scale}, null;
  lb_design none = {.n = x->n, .offset = x->offset};
  lb_status st = find_knots(y, options, &fit, err);
  null = fit;
  if (st == LB_OK) st = fit_once(y, x, options->max_iter, &fit, err);
  if (st == LB_OK) st = fit_once(y, &none, options->max_iter, &null, err);
  if (st == LB_OK) {
    fit.log_lik_null = null.log_lik;
    *out = fit;
  } else {
    lb_royston_reset(&fit);
  }
  lb_royston_reset(&null);
  return st;
}

void lb_royston_reset(lb_royston *fit)
{
  if (fit == NULL) return;
  lb_mem_free(fit->coef);
  *fit = (lb_royston){0};
}

/* ---- Curves ---- */

static void curve_at(const void *context, size_t row, double t, lb_curve_point *out)
{
  const lb_royston_people *who = context;
  size_t s = who->n_spline;
  double value[LB_ROYSTON_KNOTS], slope[LB_ROYSTON_KNOTS], eta = 0, rise = 0;
  double x = log(t > 0 ? t : 1e-300);
  basis(who->knot, s, x, value, slope);
  if (who->x.offset != NULL) eta = who->x.offset[row];
  for (size_t j = 0; j < s; j++) {
    eta += who->coef[j] * value[j];
    rise += who->coef[j] * slope[j];
  }
  for (size_t j = 0; j < who->x.p; j++) eta += who->coef[s + j] * who->x.column[j][row];
  lb_standard kind = standard_of(who->scale);
  lb_mass_term m;
  lb_density d;
  lb_standard_mass_term(kind, eta, INFINITY, 0, &m);
  lb_standard_density(kind, eta, 0, &d);
  double hazard = -m.l;
  out->log_survival = t > 0 ? m.log : 0;
  out->log_hazard = d.log - m.log + log(rise) - x;
  for (size_t j = 0; j < who->n_param; j++) {
    double column = j < s ? value[j] : who->x.column[j - s][row];
    out->ds[j] = t > 0 ? -hazard * column : 0;
    out->dh[j] = (d.w + hazard) * column + (j < s ? slope[j] / rise : 0);
  }
}

/* x'b, without the spline. */
static double curve_linear(const void *context, size_t row, double *gradient)
{
  const lb_royston_people *who = context;
  double eta = who->x.offset == NULL ? 0 : who->x.offset[row];
  memset(gradient, 0, who->n_param * sizeof *gradient);
  for (size_t j = 0; j < who->x.p; j++) {
    gradient[who->n_spline + j] = who->x.column[j][row];
    eta += who->coef[who->n_spline + j] * who->x.column[j][row];
  }
  return eta;
}

void lb_royston_curve(const lb_royston_people *who, const double *vcov, double time_scale,
                      lb_curve *out)
{
  *out = (lb_curve){.p = who->n_param,
                    .vcov = vcov,
                    .context = who,
                    .at = curve_at,
                    .linear = curve_linear,
                    .positive = true,
                    .time_scale = time_scale};
}
