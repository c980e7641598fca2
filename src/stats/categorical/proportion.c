/* proportion.c - intervals for one proportion. */
#include "stats/categorical/proportion.h"

#include "stats/interval.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>

#define LARGEST_COUNT 9007199254740992.0 /* 2^53: beyond it whole numbers are no longer all there */
#define BISECTIONS    1100               /* from [0, 1] down to neighbouring doubles, also near 0 */

static double clip(double p)
{
  return p < 0 ? 0 : p > 1 ? 1 : p;
}

/* A method gives the lower limit; the upper one is 1 minus the lower limit of n - x. */
typedef double (*lower_limit)(double x, double n, double z, double tail);

static double wilson(double x, double n, double z, double tail)
{
  (void)tail;
  double centre = x + z * z / 2, half = z * sqrt(x * (n - x) / n + z * z / 4);
  /* centre - half would cancel near x = 0; the product of the two roots is x^2 / (n (n + z^2)). */
  return x * x / n / (centre + half);
}

static double wilson_continuity(double x, double n, double z, double tail)
{
  (void)tail;
  if (x == 0) return 0;
  double root = sqrt(z * z - 2 - 1 / n + 4 * (x / n) * (n - x + 1));
  return clip((2 * x + z * z - 1 - z * root) / (2 * (n + z * z)));
}

static double wald(double x, double n, double z, double tail)
{
  (void)tail;
  return clip(x / n - z * sqrt(x * (n - x) / n) / n);
}

static double wald_continuity(double x, double n, double z, double tail)
{
  (void)tail;
  return clip(x / n - z * sqrt(x * (n - x) / n) / n - 1 / (2 * n));
}

static double agresti_coull(double x, double n, double z, double tail)
{
  (void)tail;
  double m = n + z * z, p = (x + z * z / 2) / m;
  return clip(p - z * sqrt(p * (1 - p) / m));
}

static double logit(double x, double n, double z, double tail)
{
  (void)tail;
  if (x == 0 || x == n) return NAN;
  return 1 / (1 + (n - x) / x * exp(z * sqrt(1 / x + 1 / (n - x))));
}

static double arcsine(double x, double n, double z, double tail)
{
  (void)tail;
  double angle = asin(sqrt((x + 0.375) / (n + 0.75))) - z / (2 * sqrt(n));
  return pow(sin(fmax(angle, 0)), 2);
}

/* Smallest p with rises(p) >= 0, by bisection: sure, and as exact as the function. */
typedef double (*rising)(double p, double x, double n, double goal);

static double solve(rising f, double x, double n, double goal, double low, double high)
{
  for (int k = 0; k < BISECTIONS; k++) {
    double middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) break;
    if (f(middle, x, n, goal) < 0)
      low = middle;
    else
      high = middle;
  }
  return low + (high - low) / 2;
}

/* P(X >= x) - goal = P(Beta(x, n - x + 1) <= p) - goal */
static double exact_tail(double p, double x, double n, double goal)
{
  return gsl_cdf_beta_P(p, x, n - x + 1) - goal;
}

static double clopper_pearson(double x, double n, double z, double tail)
{
  (void)z;
  if (x == 0) return 0;
  if (x == n) return pow(tail, 1 / n);
  return solve(exact_tail, x, n, tail, 0, x / n);
}

/* P(X > x) + P(X = x)/2, the mean of P(X >= x + 1) and P(X >= x) */
static double mid_tail(double p, double x, double n, double goal)
{
  double above = x < n ? gsl_cdf_beta_P(p, x + 1, n - x) : 0;
  return (above + gsl_cdf_beta_P(p, x, n - x + 1)) / 2 - goal;
}

static double mid_p(double x, double n, double z, double tail)
{
  (void)z;
  if (x == 0) return 0;
  if (x == n) return pow(2 * tail, 1 / n);
  return solve(mid_tail, x, n, tail, 0, x / n);
}

static double jeffreys_tail(double p, double x, double n, double goal)
{
  return gsl_cdf_beta_P(p, x + 0.5, n - x + 0.5) - goal;
}

static double jeffreys(double x, double n, double z, double tail)
{
  (void)z;
  return x == 0 ? 0 : solve(jeffreys_tail, x, n, tail, 0, 1);
}

/* goal - 2 (max log L - log L(p)), rising for p below x/n */
static double likelihood(double p, double x, double n, double goal)
{
  double rest = n - x;
  return goal - 2 * (x * log(x / n / p) + (rest > 0 ? rest * (log(rest / n) - log1p(-p)) : 0));
}

static double likelihood_ratio(double x, double n, double z, double tail)
{
  (void)tail;
  if (x == 0) return 0;
  if (x == n) return exp(-z * z / (2 * n));
  return solve(likelihood, x, n, z * z, 0, x / n);
}

static bool whole(double value)
{
  return value >= 0 && value <= LARGEST_COUNT && value == floor(value); /* false for NaN */
}

/* A count for a message; C libraries write the sign of NaN, which means nothing. */
static const char *shown(double value, char *text, size_t size)
{
  if (isnan(value)) return "NaN";
  if (isinf(value)) return value > 0 ? "Inf" : "-Inf";
  snprintf(text, size, "%g", value);
  return text;
}

static lb_status no_proportion(double x, double n, lb_error *err)
{
  char text[2][32];
  return lb_error_set(err, LB_EARG, "%s of %s is no proportion: expected whole numbers 0 <= x <= n",
                      shown(x, text[0], sizeof text[0]), shown(n, text[1], sizeof text[1]));
}

lb_status lb_proportion_interval(double x, double n, double conf_level, lb_proportion_method method,
                                 double *low, double *high, lb_error *err)
{
  static const lower_limit LOWER[] = {
      [LB_PROPORTION_WILSON] = wilson,
      [LB_PROPORTION_WILSON_CONTINUITY] = wilson_continuity,
      [LB_PROPORTION_CLOPPER_PEARSON] = clopper_pearson,
      [LB_PROPORTION_MID_P] = mid_p,
      [LB_PROPORTION_JEFFREYS] = jeffreys,
      [LB_PROPORTION_AGRESTI_COULL] = agresti_coull,
      [LB_PROPORTION_WALD] = wald,
      [LB_PROPORTION_WALD_CONTINUITY] = wald_continuity,
      [LB_PROPORTION_LOGIT] = logit,
      [LB_PROPORTION_ARCSINE] = arcsine,
      [LB_PROPORTION_LIKELIHOOD_RATIO] = likelihood_ratio,
  };
  lb_status st = lb_conf_level_check(conf_level, err);
  if (st != LB_OK) return st;
  if ((size_t)method >= sizeof LOWER / sizeof LOWER[0])
    return lb_error_set(err, LB_EARG, "unknown method for the interval of a proportion");
  if (!whole(x) || !whole(n) || x > n) return no_proportion(x, n, err);
  double z = lb_z_value(conf_level), tail = (1 - conf_level) / 2;
  *low = n > 0 ? LOWER[method](x, n, z, tail) : NAN;
  *high = n > 0 ? 1 - LOWER[method](n - x, n, z, tail) : NAN;
  return LB_OK;
}
