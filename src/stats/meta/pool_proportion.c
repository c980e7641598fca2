/* pool_proportion.c - proportions of studies pooled on a scale on which they are nearly normal, and
 * brought back. */
#include "stats/meta/pool_proportion.h"

#include "base/mem.h"

#include <math.h>

#define LARGEST_COUNT 9007199254740992.0 /* 2^53: beyond it whole numbers are no longer all there */

static double double_arcsine(double x, double n)
{
  return (asin(sqrt(x / (n + 1))) + asin(sqrt((x + 1) / (n + 1)))) / 2;
}

static bool whole(double value)
{
  return value >= 0 && value <= LARGEST_COUNT && value == floor(value); /* false for NaN */
}

lb_status lb_pool_proportion_effect(double x, double n, lb_pool_scale scale, double *effect,
                                    double *variance, bool *adjusted, lb_error *err)
{
  if (!whole(x) || !whole(n) || x > n)
    return lb_error_set(
        err, LB_EDATA, "its counts are no proportion: expected whole numbers with events <= total");
  if (n == 0) return lb_error_set(err, LB_EDATA, "its total is 0");
  *adjusted = false;
  if (scale == LB_POOL_FREEMAN_TUKEY) {
    *effect = double_arcsine(x, n);
    *variance = 1 / (4 * n + 2);
  } else if (scale == LB_POOL_ARCSINE) {
    *effect = asin(sqrt(x / n));
    *variance = 1 / (4 * n);
  } else {
    double half = x == 0 || x == n ? 0.5 : 0, events = x + half, others = n - x + half;
    *effect = log(events / others);
    *variance = 1 / events + 1 / others;
    *adjusted = half > 0;
  }
  return LB_OK;
}

/* Miller 1978: p = (1 - sign(cos 2t) sqrt(1 - (sin 2t + (sin 2t - 1/sin 2t)/n)^2)) / 2. */
static double miller(double t, double n)
{
  if (t <= double_arcsine(0, n)) return 0;
  if (t >= double_arcsine(n, n)) return 1;
  double sine = sin(2 * t), inner = sine + (sine - 1 / sine) / n;
  double root = sqrt(fmax(0, 1 - inner * inner));
  return (1 - copysign(root, cos(2 * t))) / 2;
}

double lb_pool_proportion_back(double value, double n, lb_pool_scale scale)
{
  if (isnan(value)) return NAN;
  if (scale == LB_POOL_LOGIT) return 1 / (1 + exp(-value));
  if (scale == LB_POOL_FREEMAN_TUKEY) return miller(value, n);
  double angle = fmin(fmax(value, 0), asin(1));
  return sin(angle) * sin(angle);
}

static lb_status effects(const lb_pool_counts *studies, lb_pool_scale scale,
                         lb_pool_proportions *fit, lb_error *err)
{
  double reciprocals = 0;
  for (size_t i = 0; i < studies->k; i++) {
    lb_status st = lb_pool_proportion_effect(studies->x[i], studies->n[i], scale, &fit->effect[i],
                                             &fit->variance[i], &fit->adjusted[i], err);
    if (st != LB_OK) return lb_error_in(err, "study %zu", i + 1);
    reciprocals += 1 / studies->n[i];
  }
  fit->harmonic_n = (double)studies->k / reciprocals;
  return LB_OK;
}

static lb_pooled_proportion back(const lb_pool_mean *mean, double n, lb_pool_scale scale)
{
  return (lb_pooled_proportion){.estimate = lb_pool_proportion_back(mean->estimate, n, scale),
                                .conf_low = lb_pool_proportion_back(mean->conf_low, n, scale),
                                .conf_high = lb_pool_proportion_back(mean->conf_high, n, scale)};
}

lb_status lb_pool_proportions_fit(const lb_pool_counts *studies, lb_pool_scale scale,
                                  const lb_pool_options *options, lb_pool_proportions *out,
                                  lb_error *err)
{
  lb_pool_proportions fit = {0};
  lb_status st = LB_OK;
  fit.effect = lb_mem_array(studies->k, sizeof(double));
  fit.variance = lb_mem_array(studies->k, sizeof(double));
  fit.adjusted = lb_mem_array(studies->k, sizeof(bool));
  if (fit.effect == NULL || fit.variance == NULL || fit.adjusted == NULL)
    st = lb_error_nomem(err, "estimates of the studies");
  if (st == LB_OK) st = effects(studies, scale, &fit, err);
  if (st == LB_OK)
    st = lb_pool_effects(fit.effect, fit.variance, studies->k, options, &fit.pool, err);
  if (st != LB_OK) goto done;
  fit.fixed = back(&fit.pool.fixed, fit.harmonic_n, scale);
  fit.random = back(&fit.pool.random, fit.harmonic_n, scale);
  fit.predict_low = lb_pool_proportion_back(fit.pool.predict_low, fit.harmonic_n, scale);
  fit.predict_high = lb_pool_proportion_back(fit.pool.predict_high, fit.harmonic_n, scale);
  *out = fit;
  return LB_OK;
done:
  lb_pool_proportions_reset(&fit);
  return st;
}

void lb_pool_proportions_reset(lb_pool_proportions *fit)
{
  if (fit == NULL) return;
  lb_pool_reset(&fit->pool);
  lb_mem_free(fit->effect);
  lb_mem_free(fit->variance);
  lb_mem_free(fit->adjusted);
  *fit = (lb_pool_proportions){0};
}
