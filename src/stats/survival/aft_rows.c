/* aft_rows.c - rows on the scale where they are fitted, and their terms of the likelihood. */
#include "stats/survival/aft_rows.h"

#include <math.h>

#include "base/mem.h"

#define TABLE_ROWS 1000 /* fewer: an integral a row is less work */

enum { LOCATION, SCALE, SHAPE }; /* predictors */
enum { LL, SL, SS, QL, QS, QQ }; /* pairs of them */

lb_standard lb_aft_standard(lb_aft_distribution d)
{
  switch (d) {
  case LB_AFT_LOGNORMAL:
  case LB_AFT_GAUSSIAN:
    return LB_STANDARD_NORMAL;
  case LB_AFT_LOGLOGISTIC:
  case LB_AFT_LOGISTIC:
    return LB_STANDARD_LOGISTIC;
  case LB_AFT_GENGAMMA:
    return LB_STANDARD_LOGGAMMA;
  case LB_AFT_T:
    return LB_STANDARD_T;
  default:
    return LB_STANDARD_EXTREME;
  }
}

bool lb_aft_log_time(lb_aft_distribution d)
{
  return d <= LB_AFT_GENGAMMA;
}

bool lb_aft_positive(lb_aft_distribution d)
{
  return d <= LB_AFT_GOMPERTZ;
}

bool lb_aft_has_shape(lb_aft_distribution d)
{
  return d == LB_AFT_GENGAMMA || d == LB_AFT_GOMPERTZ;
}

bool lb_aft_has_scale(lb_aft_distribution d)
{
  return d != LB_AFT_GOMPERTZ;
}

size_t lb_aft_n_predictor(lb_aft_distribution d)
{
  return d == LB_AFT_GENGAMMA ? 3 : 2;
}

void lb_aft_limits(const lb_surv *y, double *lower, double *upper)
{
  for (size_t i = 0; i < y->n; i++) {
    lower[i] = y->time[i];
    upper[i] = y->event[i] ? y->time[i] : INFINITY;
  }
}

/* ---- Rows ---- */

static lb_status check_rows(const lb_aft_outcome *y, lb_aft_distribution d, lb_error *err)
{
  size_t known = 0, zero = 0;
  for (size_t i = 0; i < y->n; i++) {
    known += isfinite(y->upper[i]) != 0;
    zero += !(y->upper[i] > 0) || (isinf(y->upper[i]) && !(y->lower[i] > 0));
  }
  if (y->n == 0) return lb_error_set(err, LB_EDATA, "there are no rows");
  if (known == 0)
    return lb_error_set(err, LB_EDATA, "no event among %zu rows: a parametric model needs one",
                        y->n);
  if (lb_aft_log_time(d) && zero > 0) {
    lb_error_set(err, LB_EDATA, "%zu row%s a time of 0, which has no logarithm", zero,
                 zero == 1 ? " has" : "s have");
    lb_error_mend(err, "Leave them out, saying so, or give the smallest time that can be told from "
                       "0: half a day, say.");
    return LB_EDATA;
  }
  return LB_OK;
}

/* A limit on the scale of y before it is standardised; what is below every time is -infinity. */
static double transformed(lb_aft_distribution d, double t, bool lower_end)
{
  if (lb_aft_log_time(d)) return t > 0 ? log(t) : -INFINITY;
  if (d == LB_AFT_GOMPERTZ) return t;
  return lower_end && t <= 0 ? -INFINITY : t;
}

static void count_moments(const lb_aft_outcome *y, lb_aft_rows *r)
{
  double n = 0, sum = 0, square = 0;
  for (size_t i = 0; i < r->n; i++) {
    double at = isfinite(r->upper[i]) && isfinite(r->lower[i]) ? (r->lower[i] + r->upper[i]) / 2
                : isfinite(r->upper[i])                        ? r->upper[i]
                                                               : r->lower[i];
    double w = y->weight == NULL ? 1 : y->weight[i];
    if (!isfinite(at) || !(w > 0)) continue;
    double off = at - sum;
    n += w;
    sum += off * w / n; /* running mean and squares (West 1979) */
    square += w * off * (at - sum);
  }
  r->centre = sum;
  r->spread = n > 0 && square > 0 ? sqrt(square / n) : 1;
  if (r->distribution != LB_AFT_GOMPERTZ) return;
  r->spread = sum > 0 ? sum : 1;
  r->centre = 0;
}

static void standardise(lb_aft_rows *r)
{
  for (size_t i = 0; i < r->n; i++) {
    bool exact = r->lower[i] == r->upper[i];
    r->lower[i] = (r->lower[i] - r->centre) / r->spread;
    r->upper[i] = exact ? r->lower[i] : (r->upper[i] - r->centre) / r->spread;
    if (r->entry != NULL) r->entry[i] = (r->entry[i] - r->centre) / r->spread;
  }
}

lb_status lb_aft_rows_new(const lb_aft_outcome *y, const lb_aft_options *options, bool standardised,
                          lb_aft_rows *out, lb_error *err)
{
  lb_aft_distribution d = options->distribution;
  lb_status st = check_rows(y, d, err);
  if (st != LB_OK) return st;
  lb_aft_rows r = {.distribution = d,
                   .kind = lb_aft_standard(d),
                   .df = options->df,
                   .n = y->n,
                   .has_shape = lb_aft_has_shape(d),
                   .spread = 1};
  r.lower = lb_mem_array(y->n, (y->entry == NULL ? 2 : 3) * sizeof *r.lower);
  if (r.lower == NULL) return lb_error_nomem(err, "times");
  r.upper = r.lower + y->n;
  if (y->entry != NULL) r.entry = r.upper + y->n;
  for (size_t i = 0; i < y->n; i++) {
    bool exact = y->lower[i] == y->upper[i];
    r.lower[i] = transformed(d, y->lower[i], !exact && isfinite(y->upper[i]));
    r.upper[i] = transformed(d, y->upper[i], false);
    if (y->entry != NULL) r.entry[i] = transformed(d, y->entry[i], true);
  }
  if (standardised) count_moments(y, &r);
  for (size_t i = 0; i < y->n; i++) {
    double w = y->weight == NULL ? 1 : y->weight[i];
    if (y->lower[i] != y->upper[i] || !(w > 0)) continue;
    r.constant -= w * (log(r.spread) + (lb_aft_log_time(d) ? r.lower[i] : 0));
  }
  standardise(&r);
  if (d == LB_AFT_GENGAMMA && r.n >= TABLE_ROWS) {
    r.table = lb_loggamma_table_new();
    if (r.table == NULL) {
      lb_aft_rows_reset(&r);
      return lb_error_nomem(err, "times");
    }
  }
  *out = r;
  return LB_OK;
}

void lb_aft_rows_reset(lb_aft_rows *rows)
{
  lb_loggamma_table_free(rows->table);
  lb_mem_free(rows->lower);
  *rows = (lb_aft_rows){0};
}

/* ---- Location and scale ---- */

void lb_aft_add_density(const lb_aft_place *at, double y, lb_row_term *out)
{
  double s = at->sigma, z = (y - at->location) / s;
  lb_density d;
  if (at->table != NULL)
    lb_loggamma_table_density(at->table, z, at->q, &d);
  else
    lb_standard_density(at->kind, z, at->q, &d);
  out->value += d.log - log(s);
  out->grad[LOCATION] += -d.w / s;
  out->grad[SCALE] += -z * d.w - 1;
  out->hess[LL] += d.ww / (s * s);
  out->hess[SL] += (d.w + z * d.ww) / s;
  out->hess[SS] += z * d.w + z * z * d.ww;
  if (!at->has_shape) return;
  out->grad[SHAPE] += d.q;
  out->hess[QL] += -d.wq / s;
  out->hess[QS] += -z * d.wq;
  out->hess[QQ] += d.qq;
}

void lb_aft_add_mass(const lb_aft_place *at, double lower, double upper, double sign,
                     lb_row_term *out)
{
  double s = at->sigma;
  lb_mass_term t;
  double l = (lower - at->location) / s, u = (upper - at->location) / s;
  if (isinf(lower) && isinf(upper)) return;
  if (at->table != NULL && isinf(u))
    lb_loggamma_table_above(at->table, l, at->q, &t);
  else
    lb_standard_mass_term(at->kind, l, u, at->q, &t);
  if (isinf(l)) l = 0; /* their derivatives are 0 */
  if (isinf(u)) u = 0;
  double first = l * t.l + u * t.u;
  out->value += sign * t.log;
  out->grad[LOCATION] -= sign * (t.l + t.u) / s;
  out->grad[SCALE] -= sign * first;
  out->hess[LL] += sign * (t.ll + 2 * t.lu + t.uu) / (s * s);
  out->hess[SL] += sign * (l * t.ll + (l + u) * t.lu + u * t.uu + t.l + t.u) / s;
  out->hess[SS] += sign * (l * l * t.ll + 2 * l * u * t.lu + u * u * t.uu + first);
  if (!at->has_shape) return;
  out->grad[SHAPE] += sign * t.q;
  out->hess[QL] -= sign * (t.lq + t.uq) / s;
  out->hess[QS] -= sign * (l * t.lq + u * t.uq);
  out->hess[QQ] += sign * t.qq;
}

/* ---- Gompertz ---- */

void lb_exp_ratio(double x, double out[3])
{
  if (fabs(x) >= 1) {
    double e = exp(x);
    out[0] = expm1(x) / x;
    out[1] = (e - out[0]) / x;
    out[2] = (e - 2 * out[1]) / x;
    return;
  }
  double factor = 1; /* x^k / k!; the m-th derivative is the sum of x^k / (k! (k + m + 1)) */
  out[0] = out[1] = out[2] = 0;
  for (int k = 0; k < 20; k++) {
    for (int m = 0; m < 3; m++) out[m] += factor / (k + m + 1);
    factor *= x / (k + 1);
  }
}

void lb_gompertz_hazard(double log_rate, double shape, double t, double out[3])
{
  double ratio[3], rate = exp(log_rate);
  lb_exp_ratio(shape * t, ratio);
  out[0] = rate * t * ratio[0];
  out[1] = rate * t * t * ratio[1];
  out[2] = rate * t * t * t * ratio[2];
}

/* Adds factor H and its derivatives. */
static void add_hazard(const double h[3], double factor, lb_row_term *out)
{
  out->value += factor * h[0];
  out->grad[0] += factor * h[0];
  out->grad[1] += factor * h[1];
  out->hess[LL] += factor * h[0];
  out->hess[SL] += factor * h[1];
  out->hess[SS] += factor * h[2];
}

/* Adds log(1 - exp(-D)), D the hazard between two times. */
static void add_event_within(const double d[3], lb_row_term *out)
{
  double g = 1 / expm1(d[0]), gg = -g * (1 + g);
  add_hazard(d, g, out);
  out->value += lb_log1mexp(d[0]) - g * d[0];
  out->hess[LL] += gg * d[0] * d[0];
  out->hess[SL] += gg * d[0] * d[1];
  out->hess[SS] += gg * d[1] * d[1];
}

static bool gompertz_row(const lb_aft_rows *r, size_t i, const double *eta, lb_row_term *out)
{
  double low[3] = {0}, high[3], lower = r->lower[i], upper = r->upper[i];
  if (lower > 0) {
    lb_gompertz_hazard(eta[0], eta[1], lower, low);
    add_hazard(low, -1, out);
  }
  if (lower == upper) {
    out->value += eta[0] + eta[1] * lower;
    out->grad[0] += 1;
    out->grad[1] += lower;
  } else if (isfinite(upper)) {
    lb_gompertz_hazard(eta[0], eta[1], upper, high);
    for (int k = 0; k < 3; k++) high[k] -= low[k];
    if (!(high[0] > 0)) return false;
    add_event_within(high, out);
  }
  if (r->entry != NULL && r->entry[i] > 0) {
    lb_gompertz_hazard(eta[0], eta[1], r->entry[i], low);
    add_hazard(low, 1, out);
  }
  return isfinite(out->grad[1]) && isfinite(out->hess[SS]);
}

lb_status lb_aft_prepare(const void *context, const double *eta, lb_error *err)
{
  const lb_aft_rows *r = context;
  return r->table == NULL ? LB_OK : lb_loggamma_table_fill(r->table, eta[SHAPE], err);
}

bool lb_aft_row(const void *context, size_t i, const double *eta, lb_row_term *out)
{
  const lb_aft_rows *r = context;
  if (r->distribution == LB_AFT_GOMPERTZ) return gompertz_row(r, i, eta, out);
  lb_aft_place at = {r->kind,         eta[LOCATION],
                     exp(eta[SCALE]), r->has_shape ? eta[SHAPE] : r->df,
                     r->has_shape,    r->table};
  if (!(at.sigma > 0) || !isfinite(at.sigma)) return false;
  if (r->lower[i] == r->upper[i])
    lb_aft_add_density(&at, r->lower[i], out);
  else
    lb_aft_add_mass(&at, r->lower[i], r->upper[i], 1, out);
  if (r->entry != NULL && isfinite(r->entry[i]))
    lb_aft_add_mass(&at, r->entry[i], INFINITY, -1, out);
  return isfinite(out->grad[LOCATION]) && isfinite(out->hess[SS]);
}
