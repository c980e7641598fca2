/* bootstrap.c - standard error, bias and confidence limits from the replicates of an estimate. */
#include "stats/bootstrap.h"

#include "base/mem.h"
#include "stats/interval.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>

#define SAME_PLACE 1e-9

static int ascending(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* The quantile of sorted replicates: number (n + 1) prob, between two of them in proportion to
 * normal quantiles. */
static double quantile(const double *sorted, size_t n, double prob, bool *extreme)
{
  double place = ((double)n + 1) * prob, whole = round(place);
  if (fabs(place - whole) < SAME_PLACE) place = whole; /* 1 - 0.95 is not quite 0.05 */
  double below = floor(place);
  if (below < 1 || below >= (double)n) {
    *extreme = *extreme || below < 1 || place > (double)n;
    return sorted[below < 1 ? 0 : n - 1];
  }
  size_t k = (size_t)below;
  if (place == below) return sorted[k - 1];
  double low = gsl_cdf_ugaussian_Pinv(below / ((double)n + 1));
  double high = gsl_cdf_ugaussian_Pinv((below + 1) / ((double)n + 1));
  double part = (gsl_cdf_ugaussian_Pinv(prob) - low) / (high - low);
  return sorted[k - 1] + part * (sorted[k] - sorted[k - 1]);
}

/* Where the limit at normal quantile z is looked up. */
static double bca_prob(double bias, double acceleration, double z)
{
  return gsl_cdf_ugaussian_P(bias + (bias + z) / (1 - acceleration * (bias + z)));
}

/* Normal quantile of the fraction below the estimate, ties half. */
static double median_bias(const double *sorted, size_t n, double estimate)
{
  double below = 0;
  for (size_t i = 0; i < n; i++)
    below += sorted[i] < estimate ? 1 : sorted[i] == estimate ? 0.5 : 0;
  return gsl_cdf_ugaussian_Pinv(below / (double)n);
}

static void set_limits(const double *sorted, const lb_boot_question *ask, lb_boot_summary *s)
{
  double z = lb_z_value(ask->conf_level), low = (1 - ask->conf_level) / 2, high = 1 - low;
  if (ask->conf == LB_BOOT_NORMAL) {
    s->conf_low = ask->estimate - s->bias - z * s->std_error;
    s->conf_high = ask->estimate - s->bias + z * s->std_error;
    return;
  }
  if (ask->conf == LB_BOOT_BCA) {
    double bias = median_bias(sorted, s->n, ask->estimate);
    s->extreme = !isfinite(bias); /* all replicates on one side: there is no limit */
    if (s->extreme) return;
    low = bca_prob(bias, ask->acceleration, -z);
    high = bca_prob(bias, ask->acceleration, z);
  }
  s->conf_low = quantile(sorted, s->n, low, &s->extreme);
  s->conf_high = quantile(sorted, s->n, high, &s->extreme);
}

lb_status lb_boot_summarise(const double *replicate, size_t n, size_t stride,
                            const lb_boot_question *ask, lb_boot_summary *out, lb_error *err)
{
  lb_boot_summary s = {.mean = NAN, .bias = NAN, .std_error = NAN, .conf_low = NAN};
  s.conf_high = NAN;
  lb_status st = lb_conf_level_check(ask->conf_level, err);
  if (st != LB_OK) return st;
  double *sorted = lb_mem_array(n, sizeof *sorted), sum = 0, squares = 0;
  if (sorted == NULL) return lb_error_nomem(err, "bootstrap");
  for (size_t i = 0; i < n; i++) {
    if (!isfinite(replicate[i * stride])) continue;
    sorted[s.n] = replicate[i * stride];
    sum += sorted[s.n++];
  }
  if (s.n >= 2) {
    s.mean = sum / (double)s.n;
    s.bias = s.mean - ask->estimate;
    for (size_t i = 0; i < s.n; i++) squares += (sorted[i] - s.mean) * (sorted[i] - s.mean);
    s.std_error = sqrt(squares / ((double)s.n - 1));
    qsort(sorted, s.n, sizeof *sorted, ascending);
    set_limits(sorted, ask, &s);
  }
  lb_mem_free(sorted);
  *out = s;
  return LB_OK;
}

double lb_boot_acceleration(const double *influence, size_t n, size_t stride)
{
  double squares = 0, cubes = 0;
  for (size_t i = 0; i < n; i++) {
    double l = influence[i * stride];
    squares += l * l;
    cubes += l * l * l;
  }
  return squares > 0 ? cubes / (6 * squares * sqrt(squares)) : 0;
}
