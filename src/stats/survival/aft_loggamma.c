/* aft_loggamma.c - Prentice's log-gamma distribution, whose limit at q = 0 is the normal one: no
 * term of order 1 / q^2 is ever formed, and masses are integrals of the density, so that nothing is
 * lost near the limit and derivatives in q cost no more. */
#include <gsl/gsl_math.h>
#include <gsl/gsl_sf_gamma.h>
#include <gsl/gsl_sf_psi.h>
#include <math.h>
#include <stddef.h>

#include "stats/survival/aft_standard.h"

/* With a = 1 / q^2 and x = q w, log f(w) = C(q) - w^2 kappa(x), where kappa(x) = (e^x - 1 - x) /
 * x^2 and C(q) = -log(2 pi) / 2 - delta(a), delta being the remainder of Stirling's formula for
 * log Gamma(a). d/dw log f = -w phi(x), phi(x) = (e^x - 1) / x. All are smooth at q = 0. */

#define SERIES_Q    0.25 /* below, delta by its asymptotic series: a > 16 */
#define SERIES_X    1.0  /* below, kappa and phi by their power series */
#define DROP        6.0  /* the log density falls by about this much over a panel */
#define END         42.0 /* and by this much where a tail ends: e^-42 is nothing beside 1 */
#define MOST_PANELS 400

/* C(q) and its derivatives: Bernoulli numbers B_2k / (2k (2k - 1)) times q^(4k - 2). */
void lb_loggamma_constant(double q, double out[3])
{
  static const double TERM[] = {1.0 / 12,   -1.0 / 360,      1.0 / 1260, -1.0 / 1680,
                                1.0 / 1188, -691.0 / 360360, 1.0 / 156};
  double half = log(2 * M_PI) / 2, a = 1 / (q * q);
  out[0] = -half;
  out[1] = out[2] = 0;
  if (fabs(q) < SERIES_Q) {
    double power = 1, square = q * q * q * q;
    for (size_t k = 0; k < sizeof TERM / sizeof TERM[0]; k++, power *= square) {
      double m = 4.0 * (double)k + 2;
      out[0] -= TERM[k] * power * q * q;
      out[1] -= TERM[k] * power * q * m;
      out[2] -= TERM[k] * power * m * (m - 1);
    }
    return;
  }
  /* delta(a) = log Gamma(a) - (a - 1/2) log a + a - log(2 pi) / 2; da/dq = -2 a / q */
  double delta = gsl_sf_lngamma(a) - (a - 0.5) * log(a) + a - half;
  double first = gsl_sf_psi(a) - log(a) + 0.5 / a;
  double second = gsl_sf_psi_1(a) - 1 / a - 0.5 / (a * a);
  out[0] -= delta;
  out[1] = first * 2 * a / q;
  out[2] = -(second * 4 * a * a + first * 6 * a) / (q * q);
}

/* Of x^k in kappa, kappa', kappa'', phi, phi': 1 / k! over (k + 1)(k + 2), (k + 2)(k + 3), (k +
 * 3)(k + 4), k + 1, k + 2. */
#define TERM(f, k)                                                                                 \
  {                                                                                                \
    (f) / (((k) + 1.0) * ((k) + 2.0)), (f) / (((k) + 2.0) * ((k) + 3.0)),                          \
        (f) / (((k) + 3.0) * ((k) + 4.0)), (f) / ((k) + 1.0), (f) / ((k) + 2.0)                    \
  }
#define TERMS 19 /* 1 / 19! is nothing beside 1 */
static const double SERIES[TERMS][5] = {TERM(1.0, 0),
                                        TERM(1.0, 1),
                                        TERM(1.0 / 2, 2),
                                        TERM(1.0 / 6, 3),
                                        TERM(1.0 / 24, 4),
                                        TERM(1.0 / 120, 5),
                                        TERM(1.0 / 720, 6),
                                        TERM(1.0 / 5040, 7),
                                        TERM(1.0 / 40320, 8),
                                        TERM(1.0 / 362880, 9),
                                        TERM(1.0 / 3628800, 10),
                                        TERM(1.0 / 39916800, 11),
                                        TERM(1.0 / 479001600, 12),
                                        TERM(1.0 / 6227020800, 13),
                                        TERM(1.0 / 87178291200, 14),
                                        TERM(1.0 / 1307674368000, 15),
                                        TERM(1.0 / 20922789888000, 16),
                                        TERM(1.0 / 355687428096000, 17),
                                        TERM(1.0 / 6402373705728000, 18)};

/* kappa, kappa', kappa'', phi, phi' at x. */
static void exponentials(double x, double out[5])
{
  if (fabs(x) < SERIES_X) {
    for (int k = 0; k < 5; k++) out[k] = 0;
    for (int k = TERMS - 1; k >= 0; k--) {
      const double *c = SERIES[k];
      for (int l = 0; l < 5; l++) out[l] = out[l] * x + c[l];
    }
    return;
  }
  double e = expm1(x), rest = e - x, square = x * x;
  out[0] = rest / square;
  out[1] = e / square - 2 * rest / (square * x);
  out[2] = (e + 1) / square - 4 * e / (square * x) + 6 * rest / (square * square);
  out[3] = e / x;
  out[4] = (e + 1 - out[3]) / x;
}

void lb_loggamma_density_at(double w, double q, const double c[3], lb_density *out)
{
  double k[5], x = q * w;
  if (x > 700) { /* e^x is no number; neither is the density */
    *out = (lb_density){.log = -INFINITY};
    return;
  }
  exponentials(x, k);
  out->log = c[0] - w * w * k[0];
  out->w = -w * k[3];
  out->ww = -exp(x);
  out->q = c[1] - w * w * w * k[1];
  out->qq = c[2] - w * w * w * w * k[2];
  out->wq = -w * w * k[4];
}

void lb_loggamma_density(double w, double q, lb_density *out)
{
  double c[3];
  lb_loggamma_constant(q, c);
  lb_loggamma_density_at(w, q, c, out);
}

/* Integrals of f, df/dq and d2f/dq2, of w f and w^2 f in the place of those of q when `tilt` asks
 * for moments of exp(tilt w) f; all times exp(-reference). */
typedef struct integral {
  double q, constant[3], tilt, reference;
  double sum[3];
} integral;

static void add_point(integral *s, double w, double weight)
{
  lb_density d;
  lb_loggamma_density_at(w, s->q, s->constant, &d);
  double f = weight * exp(d.log + s->tilt * w - s->reference);
  if (f == 0) return;
  s->sum[0] += f;
  if (s->tilt == 0) {
    s->sum[1] += f * d.q;
    s->sum[2] += f * (d.qq + d.q * d.q);
  } else {
    s->sum[1] += f * w;
    s->sum[2] += f * d.q;
  }
}

static void add_panel(integral *s, double from, double to)
{
  double middle = (from + to) / 2, half = (to - from) / 2;
  for (int k = 0; k < LB_LEGENDRE; k++) {
    double step = half * lb_legendre_node[k], weight = fabs(half) * lb_legendre_weight[k];
    add_point(s, middle - step, weight);
    add_point(s, middle + step, weight);
  }
}

/* From `from` towards `to` until nothing is left. The log density is concave, so once it falls it
 * falls ever faster; panels are as long as slope and curvature say, and not longer than the
 * distance over which the curvature grows by e. */
static void add_range(integral *s, double from, double to)
{
  double sign = to > from ? 1 : -1, w = from;
  bool grows = sign * s->q > 0;
  lb_density d;
  for (int k = 0; k < MOST_PANELS && sign * (to - w) > 0; k++) {
    lb_loggamma_density_at(w, s->q, s->constant, &d);
    double slope = sign * (d.w + s->tilt);
    if (slope < 0 && d.log + s->tilt * w - s->reference < -END) break;
    double curvature = -d.ww;
    double length = 2 * DROP / (fabs(slope) + sqrt(slope * slope + 2 * DROP * curvature));
    if (grows) length = fmin(length, 1 / fabs(s->q));
    double next = sign * (to - w) <= length ? to : w + sign * length;
    add_panel(s, w, next);
    w = next;
  }
}

/* Of the smaller side when the interval is a half line: the mode is 0. */
void lb_loggamma_mass(double lower, double upper, double q, lb_mass *out)
{
  bool complement = (isinf(upper) && lower < 0) || (isinf(lower) && upper > 0);
  *out = (lb_mass){0};
  if (isinf(lower) && isinf(upper)) return;
  double from = isinf(lower)                ? upper
                : isinf(upper)              ? lower
                : fabs(lower) < fabs(upper) ? lower
                                            : upper;
  double to = isinf(lower) ? -INFINITY : isinf(upper) ? INFINITY : from == lower ? upper : lower;
  if (complement) to = -to;
  integral s = {.q = q};
  lb_loggamma_constant(q, s.constant);
  lb_density d;
  bool around = isfinite(lower) && isfinite(upper) && lower < 0 && upper > 0;
  if (around) from = 0;
  lb_loggamma_density_at(from, q, s.constant, &d);
  s.reference = d.log;
  if (around) add_range(&s, 0, lower);
  add_range(&s, from, around ? upper : to);
  if (complement) {
    double part = exp(s.reference), rest = 1 - part * s.sum[0];
    *out = (lb_mass){log1p(-part * s.sum[0]), -part * s.sum[1] / rest, -part * s.sum[2] / rest};
  } else {
    *out = (lb_mass){s.reference + log(s.sum[0]), s.sum[1] / s.sum[0], s.sum[2] / s.sum[0]};
  }
  if (isnan(out->log)) out->log = -INFINITY; /* beyond the least number */
}

bool lb_loggamma_log_mgf(double scale, double q, double out[3])
{
  if (q < 0 && scale >= -1 / q) return false; /* the tail is that of a power of time */
  /* The mode of exp(scale w) f(w): phi(q w) w = scale. */
  double x = scale * q, mode = fabs(x) < 1e-8 ? scale : log1p(x) / q;
  integral s = {.q = q, .tilt = scale};
  lb_loggamma_constant(q, s.constant);
  lb_density d;
  lb_loggamma_density_at(mode, q, s.constant, &d);
  s.reference = d.log + scale * mode;
  add_range(&s, mode, INFINITY);
  add_range(&s, mode, -INFINITY);
  out[0] = s.reference + log(s.sum[0]);
  out[1] = s.sum[1] / s.sum[0];
  out[2] = s.sum[2] / s.sum[0];
  return true;
}
