/* aft_standard.c - extreme value, normal, logistic and Student's t residuals: densities, masses. */
#include "stats/survival/aft_standard.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_math.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_sf_erf.h>
#include <gsl/gsl_sf_gamma.h>
#include <gsl/gsl_sf_psi.h>
#include <math.h>

/* Abramowitz & Stegun 25.4.30, to 18 digits: 16 points are exact for polynomials of degree 31. */
const double lb_legendre_node[LB_LEGENDRE] = {
    0.989400934991649932, 0.944575023073232576, 0.865631202387831743, 0.755404408355003033,
    0.617876244402643748, 0.458016777657227386, 0.281603550779258913, 0.095012509837637440};
const double lb_legendre_weight[LB_LEGENDRE] = {
    0.027152459411754094, 0.062253523938647892, 0.095158511682492784, 0.124628971255533872,
    0.149595988816576732, 0.169156519395002538, 0.182603415044923588, 0.189450610455068496};

#define NARROW      0.25 /* wide intervals: masses of the ends are subtracted; narrow: integrated */
#define HAIRBREADTH 1e-4 /* the density in the middle times the width, right to width^2 / 24 */

double lb_log1mexp(double x)
{
  return x > M_LN2 ? log1p(-exp(-x)) : log(-expm1(-x));
}

/* log(1 + exp(x)) */
static double log1pexp(double x)
{
  return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x));
}

/* ---- Densities ---- */

static void density_t(double w, double df, lb_density *out)
{
  double d = df + w * w;
  out->log = gsl_sf_lngamma((df + 1) / 2) - gsl_sf_lngamma(df / 2) - log(df * M_PI) / 2 -
             (df + 1) / 2 * log1p(w * w / df);
  out->w = -(df + 1) * w / d;
  out->ww = (df + 1) * (w * w - df) / (d * d);
}

void lb_standard_density(lb_standard kind, double w, double q, lb_density *out)
{
  *out = (lb_density){0};
  double tail;
  switch (kind) {
  case LB_STANDARD_EXTREME:
    out->ww = -exp(w);
    out->w = -expm1(w);
    out->log = w + out->ww;
    return;
  case LB_STANDARD_NORMAL:
    out->log = -w * w / 2 - log(2 * M_PI) / 2;
    out->w = -w;
    out->ww = -1;
    return;
  case LB_STANDARD_LOGISTIC:
    tail = 1 / (1 + exp(fabs(w))); /* of the nearer side */
    out->log = -fabs(w) - 2 * log1p(exp(-fabs(w)));
    out->w = w > 0 ? 2 * tail - 1 : 1 - 2 * tail;
    out->ww = -2 * tail * (1 - tail);
    return;
  case LB_STANDARD_T:
    density_t(w, q, out);
    return;
  case LB_STANDARD_LOGGAMMA:
    lb_loggamma_density(w, q, out);
    return;
  }
}

/* ---- Masses ---- */

/* log P(Z > w) */
static double normal_upper(double w)
{
  if (w < -1) return log1p(-erfc(-w / M_SQRT2) / 2);
  return w < 30 ? log(erfc(w / M_SQRT2) / 2) : gsl_sf_log_erfc(w / M_SQRT2) - M_LN2;
}

static double t_upper(double w, double df)
{
  return w < 0 ? log1p(-gsl_cdf_tdist_P(w, df)) : log(gsl_cdf_tdist_Q(w, df));
}

/* log P(W > w) */
static double upper_tail(lb_standard kind, double w, double q)
{
  switch (kind) {
  case LB_STANDARD_EXTREME:
    return -exp(w);
  case LB_STANDARD_NORMAL:
    return normal_upper(w);
  case LB_STANDARD_LOGISTIC:
    return -log1pexp(w);
  default:
    return t_upper(w, q);
  }
}

/* log P(W <= w) */
static double lower_tail(lb_standard kind, double w, double q)
{
  return kind == LB_STANDARD_EXTREME ? lb_log1mexp(exp(w)) : upper_tail(kind, -w, q);
}

/* log of the integral of the density over a narrow interval. */
static double narrow_mass(lb_standard kind, double lower, double upper, double q)
{
  double middle = (lower + upper) / 2, half = (upper - lower) / 2, sum = 0;
  lb_density at, d;
  lb_standard_density(kind, middle, q, &at);
  for (int k = 0; k < LB_LEGENDRE; k++) {
    double step = half * lb_legendre_node[k], pair = 0;
    lb_standard_density(kind, middle - step, q, &d);
    pair += exp(d.log - at.log);
    lb_standard_density(kind, middle + step, q, &d);
    pair += exp(d.log - at.log);
    sum += lb_legendre_weight[k] * pair;
  }
  return at.log + log(half * sum);
}

/* Both ends on the side of the tail where their masses are small. */
static double wide_mass(lb_standard kind, double lower, double upper, double q)
{
  bool high = lower > 0 || kind == LB_STANDARD_EXTREME;
  double large = high ? upper_tail(kind, lower, q) : lower_tail(kind, upper, q);
  double small = high ? upper_tail(kind, upper, q) : lower_tail(kind, lower, q);
  if (!high && upper > 0) /* around the middle: what both tails leave */
    return log1p(-exp(upper_tail(kind, upper, q)) - exp(lower_tail(kind, lower, q)));
  return large + lb_log1mexp(large - small);
}

void lb_standard_mass(lb_standard kind, double lower, double upper, double q, lb_mass *out)
{
  *out = (lb_mass){0};
  if (kind == LB_STANDARD_LOGGAMMA) {
    lb_loggamma_mass(lower, upper, q, out);
  } else if (isinf(lower)) {
    out->log = isinf(upper) ? 0 : lower_tail(kind, upper, q);
  } else if (isinf(upper)) {
    out->log = upper_tail(kind, lower, q);
  } else if (kind == LB_STANDARD_LOGISTIC) {
    out->log = -log1pexp(-upper) - log1pexp(lower) + lb_log1mexp(upper - lower);
  } else if (kind == LB_STANDARD_EXTREME && lower < 600) {
    out->log = -exp(lower) + lb_log1mexp(exp(lower) * expm1(upper - lower));
  } else {
    out->log = upper - lower < NARROW ? narrow_mass(kind, lower, upper, q)
                                      : wide_mass(kind, lower, upper, q);
  }
}

/* An interval so narrow that differences of its ends would be rounding: width times density. */
static void hair_term(lb_standard kind, double lower, double upper, double q, lb_mass_term *t)
{
  lb_density d;
  double width = upper - lower;
  lb_standard_density(kind, (lower + upper) / 2, q, &d);
  t->log = d.log + log(width);
  t->l = d.w / 2 - 1 / width;
  t->u = d.w / 2 + 1 / width;
  t->ll = t->uu = d.ww / 4 - 1 / (width * width);
  t->lu = d.ww / 4 + 1 / (width * width);
  t->q = d.q;
  t->qq = d.qq;
  t->lq = t->uq = d.wq / 2;
}

void lb_standard_mass_term(lb_standard kind, double lower, double upper, double q, lb_mass_term *t)
{
  lb_mass m;
  lb_density low, high;
  *t = (lb_mass_term){0};
  if (upper - lower < HAIRBREADTH) {
    hair_term(kind, lower, upper, q, t);
    return;
  }
  lb_standard_mass(kind, lower, upper, q, &m);
  t->log = m.log;
  t->q = m.q;
  t->qq = m.qq - m.q * m.q;
  if (isfinite(lower)) {
    lb_standard_density(kind, lower, q, &low);
    double a = exp(low.log - m.log);
    t->l = -a;
    t->ll = -a * (low.w + a);
    t->lq = -a * (low.q - m.q);
  }
  if (isfinite(upper)) {
    lb_standard_density(kind, upper, q, &high);
    double a = exp(high.log - m.log);
    t->u = a;
    t->uu = a * (high.w - a);
    t->uq = a * (high.q - m.q);
  }
  t->lu = -t->l * t->u;
}

/* ---- Quantiles, means ---- */

/* Newton's method from Wilson and Hilferty's (1931) cube root, kept between what is known. */
static double loggamma_quantile(double prob, double q)
{
  double z = gsl_cdf_ugaussian_Pinv(prob), root = 1 - q * q / 9 + q * z / 3;
  double w = fabs(q) < 1e-3 ? z : root > 0.05 ? 3 / q * log(root) : 3 / q * log(0.05);
  double low = -INFINITY, high = INFINITY;
  bool upper = prob > 0.5;
  for (int k = 0; k < 200; k++) {
    lb_mass m;
    lb_density d;
    lb_loggamma_mass(upper ? w : -INFINITY, upper ? INFINITY : w, q, &m);
    lb_loggamma_density(w, q, &d);
    double off = upper ? log1p(-prob) - m.log : m.log - log(prob); /* > 0: w is too large */
    if (off > 0)
      high = w;
    else
      low = w;
    double next = w - off * exp(m.log - d.log);
    if (!(next > low && next < high))
      next = isinf(low) ? w - 2 : isinf(high) ? w + 2 : (low + high) / 2;
    if (fabs(next - w) <= 1e-15 * (1 + fabs(w))) return next;
    w = next;
  }
  return w;
}

double lb_standard_quantile(lb_standard kind, double prob, double q)
{
  switch (kind) {
  case LB_STANDARD_EXTREME:
    return log(-log1p(-prob));
  case LB_STANDARD_NORMAL:
    return gsl_cdf_ugaussian_Pinv(prob);
  case LB_STANDARD_LOGISTIC:
    return log(prob) - log1p(-prob);
  case LB_STANDARD_T:
    return gsl_cdf_tdist_Pinv(prob, q);
  case LB_STANDARD_LOGGAMMA:
    return loggamma_quantile(prob, q);
  }
  return (double)NAN;
}

bool lb_standard_log_mgf(lb_standard kind, double scale, double q, double out[3])
{
  out[2] = 0;
  switch (kind) {
  case LB_STANDARD_EXTREME:
    out[0] = gsl_sf_lngamma(1 + scale);
    out[1] = gsl_sf_psi(1 + scale);
    return true;
  case LB_STANDARD_NORMAL:
    out[0] = scale * scale / 2;
    out[1] = scale;
    return true;
  case LB_STANDARD_LOGISTIC:
    if (scale >= 1) return false;
    out[0] = gsl_sf_lngamma(1 + scale) + gsl_sf_lngamma(1 - scale);
    out[1] = gsl_sf_psi(1 + scale) - gsl_sf_psi(1 - scale);
    return true;
  case LB_STANDARD_LOGGAMMA:
    return lb_loggamma_log_mgf(scale, q, out);
  case LB_STANDARD_T:
    return false;
  }
  return false;
}

bool lb_standard_mean(lb_standard kind, double q, double out[2])
{
  out[0] = kind == LB_STANDARD_EXTREME ? -M_EULER : 0;
  out[1] = 0;
  return kind != LB_STANDARD_LOGGAMMA && !(kind == LB_STANDARD_T && q <= 1);
}
