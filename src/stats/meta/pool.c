/* pool.c - study estimates pooled by inverse variances: fixed effect, random effects, and how far
 * the studies differ. */
#include "stats/meta/pool.h"

#include "base/mem.h"
#include "stats/interval.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

static lb_status check(const double *y, const double *v, size_t k, const lb_pool_options *options,
                       lb_error *err)
{
  lb_status st = lb_conf_level_check(options->conf_level, err);
  if (st != LB_OK) return st;
  if (k == 0) return lb_error_set(err, LB_EDATA, "there is no study to pool");
  for (size_t i = 0; i < k; i++) {
    if (!isfinite(y[i]))
      return lb_error_set(err, LB_EDATA, "study %zu: its estimate is not a finite number", i + 1);
    if (!(isfinite(v[i]) && v[i] > 0))
      return lb_error_set(err, LB_EDATA, "study %zu: its variance is not a finite number above 0",
                          i + 1);
  }
  return LB_OK;
}

static double t_value(double conf_level, double df)
{
  return gsl_cdf_tdist_Qinv((1 - conf_level) / 2, df);
}

/* The mean with weights 1/(v + tau2), their shares, and sum w (y - mean)^2. */
static double weighted_mean(const double *y, const double *v, double tau2, lb_pool *pool,
                            double *share, lb_pool_mean *mean)
{
  double total = 0, squares = 0;
  for (size_t i = 0; i < pool->k; i++) total += share[i] = 1 / (v[i] + tau2);
  mean->estimate = 0;
  for (size_t i = 0; i < pool->k; i++) {
    share[i] /= total;
    mean->estimate += share[i] * y[i];
  }
  /* Deviations from the mean: the sum of squares less its square would cancel. */
  for (size_t i = 0; i < pool->k; i++)
    squares += share[i] * total * (y[i] - mean->estimate) * (y[i] - mean->estimate);
  mean->std_error = sqrt(1 / total);
  return squares;
}

static void normal_limits(lb_pool_mean *mean, double conf_level)
{
  double half = lb_z_value(conf_level) * mean->std_error;
  mean->statistic = mean->estimate / mean->std_error;
  mean->p_value = 2 * gsl_cdf_ugaussian_Q(fabs(mean->statistic));
  mean->conf_low = mean->estimate - half;
  mean->conf_high = mean->estimate + half;
}

/* Hartung & Knapp 2001; one study has no degree of freedom, equal studies no variance. */
static void knapp_limits(lb_pool_mean *mean, double squares, size_t k, double conf_level)
{
  double df = (double)k - 1;
  mean->std_error = k < 2 ? NAN : mean->std_error * sqrt(squares / df);
  double half = k < 2 ? NAN : t_value(conf_level, df) * mean->std_error;
  mean->statistic = mean->std_error > 0 ? mean->estimate / mean->std_error : NAN;
  mean->p_value = isnan(mean->statistic) ? NAN : 2 * gsl_cdf_tdist_Q(fabs(mean->statistic), df);
  mean->conf_low = mean->estimate - half;
  mean->conf_high = mean->estimate + half;
}

/* DerSimonian & Laird 1986, eq. 8, with S1 taken out so that large weights do not overflow. */
static double moment_tau2(const double *v, size_t k, double q)
{
  double s1 = 0, s2 = 0;
  for (size_t i = 0; i < k; i++) s1 += 1 / v[i];
  for (size_t i = 0; i < k; i++) s2 += (1 / v[i] / s1) * (1 / v[i]);
  return k < 2 ? 0 : fmax(0, (q - (double)(k - 1)) / (s1 - s2));
}

/* h with limits exp(log h -/+ z SE) (Higgins & Thompson 2002, eq. 12 and appendix A), and i2. */
static void spread(lb_pool *pool, double conf_level)
{
  double df = (double)pool->k - 1, q = pool->q;
  pool->h = pool->k < 2 ? NAN : fmax(1, sqrt(q / df));
  double std_error = NAN;
  if (pool->k > 2 && q > df + 1)
    std_error = 0.5 * (log(q) - log(df)) / (sqrt(2 * q) - sqrt(2 * df - 1));
  else if (pool->k > 2)
    std_error = sqrt(1 / (2 * (df - 1)) * (1 - 1 / (3 * (df - 1) * (df - 1))));
  double factor = exp(lb_z_value(conf_level) * std_error);
  pool->h_low = isnan(factor) ? NAN : fmax(1, pool->h / factor);
  pool->h_high = pool->h * factor;
  pool->i2 = 1 - 1 / (pool->h * pool->h);
  pool->i2_low = 1 - 1 / (pool->h_low * pool->h_low);
  pool->i2_high = 1 - 1 / (pool->h_high * pool->h_high);
}

static void predict(lb_pool *pool, double conf_level)
{
  double half = NAN;
  if (pool->k > 2)
    half = t_value(conf_level, (double)pool->k - 2) *
           sqrt(pool->tau2 + pool->random.std_error * pool->random.std_error);
  pool->predict_low = pool->random.estimate - half;
  pool->predict_high = pool->random.estimate + half;
}

lb_status lb_pool_effects(const double *y, const double *v, size_t k,
                          const lb_pool_options *options, lb_pool *out, lb_error *err)
{
  static const lb_pool_options DEFAULTS = LB_POOL_DEFAULTS;
  if (options == NULL) options = &DEFAULTS;
  lb_status st = check(y, v, k, options, err);
  if (st != LB_OK) return st;
  lb_pool pool = {.k = k};
  pool.weight_fixed = lb_mem_array(k, sizeof(double));
  pool.weight_random = lb_mem_array(k, sizeof(double));
  if (pool.weight_fixed == NULL || pool.weight_random == NULL) {
    lb_pool_reset(&pool);
    return lb_error_nomem(err, "weights of the studies");
  }
  double level = options->conf_level;
  double q = weighted_mean(y, v, 0, &pool, pool.weight_fixed, &pool.fixed);
  normal_limits(&pool.fixed, level);
  pool.q = k < 2 ? NAN : q;
  pool.q_p_value = k < 2 ? NAN : gsl_cdf_chisq_Q(q, (double)(k - 1));
  pool.tau2 = moment_tau2(v, k, q);
  double squares = weighted_mean(y, v, pool.tau2, &pool, pool.weight_random, &pool.random);
  if (options->hartung_knapp)
    knapp_limits(&pool.random, squares, k, level);
  else
    normal_limits(&pool.random, level);
  spread(&pool, level);
  predict(&pool, level);
  if (k < 2) pool.tau2 = NAN;
  *out = pool;
  return LB_OK;
}

void lb_pool_reset(lb_pool *pool)
{
  if (pool == NULL) return;
  lb_mem_free(pool->weight_fixed);
  lb_mem_free(pool->weight_random);
  *pool = (lb_pool){0};
}
