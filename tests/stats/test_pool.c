/* test_pool.c - pooled estimates and proportions: closed forms, reference values, properties, edges. */
#include "check.h"
#include "stats/meta/pool_proportion.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_errno.h>

#define Z95 1.959963984540054

/* Two studies, y = 0 and 2, v = 1: mean 1, se 1/sqrt 2, Q = 2, S1 - S2/S1 = 1, tau2 = Q - 1 = 1;
 * random: weights 1/2, mean 1, se 1. */
static void two_studies(void **state)
{
  (void)state;
  const double y[] = {0, 2}, v[] = {1, 1};
  lb_pool pool = {0};
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_pool_effects(y, v, 2, NULL, &pool, &err), err);
  LB_NEAR(pool.fixed.estimate, 1, TOL_EXACT);
  LB_NEAR(pool.fixed.std_error, sqrt(0.5), TOL_EXACT);
  LB_NEAR(pool.fixed.conf_high, 1 + Z95 * sqrt(0.5), TOL_EXACT);
  LB_NEAR(pool.q, 2, TOL_EXACT);
  LB_NEAR(pool.q_p_value, gsl_cdf_chisq_Q(2, 1), TOL_EXACT);
  LB_NEAR(pool.tau2, 1, TOL_EXACT);
  LB_NEAR(pool.random.std_error, 1, TOL_EXACT);
  LB_NEAR(pool.i2, 0.5, TOL_EXACT);
  assert_true(isnan(pool.predict_low) && isnan(pool.i2_low));
  lb_pool_reset(&pool);
}

/* Three equal studies: nothing differs, I2 = tau2 = 0; the upper limit of H is
 * exp(z sqrt(1/(2(k - 2)) (1 - 1/(3 (k - 2)^2)))), the prediction interval t(1) times the se. */
static void equal_studies(void **state)
{
  (void)state;
  const double y[] = {1, 1, 1}, v[] = {3, 3, 3};
  lb_pool pool = {0};
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_pool_effects(y, v, 3, NULL, &pool, &err), err);
  LB_NEAR(pool.q, 0, TOL_EXACT);
  LB_NEAR(pool.tau2, 0, 0);
  LB_NEAR(pool.i2, 0, 0);
  LB_NEAR(pool.h_high, exp(Z95 * sqrt(0.5 * (1 - 1.0 / 3))), TOL_EXACT);
  LB_NEAR(pool.h_low, 1, 0);
  LB_NEAR(pool.predict_high, 1 + tan(acos(-1) * 0.475), 1e-12); /* t(1) is Cauchy */
  lb_pool_reset(&pool);
  const lb_pool_options knapp = {.conf_level = 0.95, .hartung_knapp = true};
  LB_OK_OR_FAIL(lb_pool_effects(y, v, 3, &knapp, &pool, &err), err);
  LB_NEAR(pool.random.std_error, 0, 0);
  assert_true(isnan(pool.random.p_value));
  lb_pool_reset(&pool);
}

/* Symptomatic response after TAE, TACE and SIRT, 16 published series; metafor 3.8-1,
 * rma(measure = "PFT", method = "DL", test = "z" and "knha"), transf.ipft.hm. */
static const double X[] = {9, 17, 20, 17, 6, 22, 17, 16, 8, 27, 8, 52, 11, 10, 15, 15};
static const double N[] = {9, 18, 23, 17, 6, 22, 26, 16, 11, 30, 12, 86, 11, 10, 16, 23};
static const lb_pool_counts LIVER = {X, N, 16};

static void freeman_tukey(void **state)
{
  (void)state;
  lb_pool_proportions fit = {0};
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_pool_proportions_fit(&LIVER, LB_POOL_FREEMAN_TUKEY, NULL, &fit, &err), err);
  LB_NEAR(fit.pool.tau2, 0.04530602432014604, 1e-12);
  LB_NEAR(fit.pool.q, 70.71271274363633, 1e-12);
  LB_NEAR(fit.pool.q_p_value, 3.333773003001817e-09, 1e-12);
  LB_NEAR(fit.pool.fixed.estimate, 1.142318612600252, 1e-12);
  LB_NEAR(fit.fixed.estimate, 0.8485743778167892, 1e-12);
  LB_NEAR(fit.random.estimate, 0.9042748012385502, 1e-12);
  LB_NEAR(fit.random.conf_low, 0.8105199590666536, 1e-12);
  LB_NEAR(fit.random.conf_high, 0.9725528988028191, 1e-12);
  assert_false(fit.adjusted[0]);
  lb_pool_proportions_reset(&fit);
  const lb_pool_options knapp = {.conf_level = 0.95, .hartung_knapp = true};
  LB_OK_OR_FAIL(lb_pool_proportions_fit(&LIVER, LB_POOL_FREEMAN_TUKEY, &knapp, &fit, &err), err);
  LB_NEAR(fit.pool.random.std_error, 0.05527677791007498, 1e-12);
  LB_NEAR(fit.random.conf_low, 0.8130243193508213, 1e-12);
  LB_NEAR(fit.random.conf_high, 0.9712757972336987, 1e-12);
  lb_pool_proportions_reset(&fit);
}

/* As above with measure = "PLO", to = "only0". */
static void logit(void **state)
{
  (void)state;
  lb_pool_proportions fit = {0};
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_pool_proportions_fit(&LIVER, LB_POOL_LOGIT, NULL, &fit, &err), err);
  LB_NEAR(fit.pool.tau2, 0.6251877536295651, 1e-12);
  LB_NEAR(fit.random.estimate, 0.8420433265828881, 1e-12);
  LB_NEAR(fit.random.conf_low, 0.7501331609446353, 1e-12);
  LB_NEAR(fit.fixed.conf_high, 0.7820418357001163, 1e-12);
  LB_NEAR(fit.pool.i2, 0.6009752578874772, 1e-12);
  assert_true(fit.adjusted[0] && !fit.adjusted[1]);
  lb_pool_proportions_reset(&fit);
}

/* Each study's value comes back as its own proportion; events and non-events are mirror images. */
static void there_and_back(void **state)
{
  (void)state;
  static const lb_pool_scale SCALES[] = {LB_POOL_LOGIT, LB_POOL_FREEMAN_TUKEY, LB_POOL_ARCSINE};
  lb_error err = {0};
  double y, v, mirror;
  bool adjusted;
  for (size_t s = 0; s < 3; s++) {
    for (double x = 0; x <= 7; x++) {
      LB_OK_OR_FAIL(lb_pool_proportion_effect(x, 7, SCALES[s], &y, &v, &adjusted, &err), err);
      LB_OK_OR_FAIL(lb_pool_proportion_effect(7 - x, 7, SCALES[s], &mirror, &v, &adjusted, &err),
                    err);
      assert_true(adjusted == (SCALES[s] == LB_POOL_LOGIT && (x == 0 || x == 7)));
      double want = adjusted ? (x + 0.5) / 8 : x / 7;
      LB_NEAR(lb_pool_proportion_back(y, 7, SCALES[s]), want, 1e-13);
      LB_NEAR(lb_pool_proportion_back(mirror, 7, SCALES[s]), 1 - want, 1e-13);
    }
  }
  LB_NEAR(lb_pool_proportion_back(-1, 7, LB_POOL_ARCSINE), 0, 0);
  LB_NEAR(lb_pool_proportion_back(9, 7, LB_POOL_FREEMAN_TUKEY), 1, 0);
  assert_true(isnan(lb_pool_proportion_back(NAN, 7, LB_POOL_FREEMAN_TUKEY)));
}

/* The order of the studies is irrelevant; k copies of a study change the standard error alone. */
static void order_and_copies(void **state)
{
  (void)state;
  double x[16], n[16];
  for (size_t i = 0; i < 16; i++) x[i] = X[15 - i], n[i] = N[15 - i];
  const lb_pool_counts turned = {x, n, 16};
  lb_pool_proportions a = {0}, b = {0};
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_pool_proportions_fit(&LIVER, LB_POOL_LOGIT, NULL, &a, &err), err);
  LB_OK_OR_FAIL(lb_pool_proportions_fit(&turned, LB_POOL_LOGIT, NULL, &b, &err), err);
  LB_NEAR(a.random.estimate, b.random.estimate, 1e-14);
  LB_NEAR(a.pool.tau2, b.pool.tau2, 1e-14);
  LB_NEAR(a.pool.weight_random[3], b.pool.weight_random[12], 1e-14);
  lb_pool_proportions_reset(&b);
  for (size_t i = 0; i < 16; i++) x[i] = 3, n[i] = 10;
  LB_OK_OR_FAIL(lb_pool_proportions_fit(&turned, LB_POOL_LOGIT, NULL, &b, &err), err);
  LB_NEAR(b.random.estimate, 0.3, 1e-14);
  LB_NEAR(b.pool.random.std_error, sqrt((1.0 / 3 + 1.0 / 7) / 16), 1e-14);
  lb_pool_proportions_reset(&a);
  lb_pool_proportions_reset(&b);
}

/* One study: its own estimate, and nothing about heterogeneity. */
static void edges(void **state)
{
  (void)state;
  lb_pool_proportions fit = {0};
  lb_pool pool = {0};
  lb_error err = {0};
  const lb_pool_counts one = {X + 1, N + 1, 1}, none = {X, N, 0};
  LB_OK_OR_FAIL(lb_pool_proportions_fit(&one, LB_POOL_LOGIT, NULL, &fit, &err), err);
  LB_NEAR(fit.random.estimate, 17.0 / 18, TOL_EXACT);
  assert_true(isnan(fit.pool.q) && isnan(fit.pool.tau2) && isnan(fit.pool.i2));
  lb_pool_proportions_reset(&fit);
  assert_int_equal(lb_pool_proportions_fit(&none, LB_POOL_LOGIT, NULL, &fit, &err), LB_EDATA);
  const double y[] = {1, NAN}, v[] = {1, 1}, zero[] = {1, 0};
  assert_int_equal(lb_pool_effects(y, v, 2, NULL, &pool, &err), LB_EDATA);
  assert_non_null(strstr(err.message, "study 2"));
  assert_int_equal(lb_pool_effects(v, zero, 2, NULL, &pool, &err), LB_EDATA);
  const lb_pool_options wide = {.conf_level = 95};
  assert_int_equal(lb_pool_effects(v, v, 2, &wide, &pool, &err), LB_EARG);
  const double bad[] = {2, 1, 1.5, 1, 0, 0, -1, 4};
  double effect = 5, variance;
  bool adjusted;
  for (size_t i = 0; i < 8; i += 2)
    assert_int_equal(lb_pool_proportion_effect(bad[i], bad[i + 1], LB_POOL_LOGIT, &effect,
                                               &variance, &adjusted, &err),
                     LB_EDATA);
  LB_NEAR(effect, 5, 0);
  assert_null(pool.weight_fixed);
}

static void allocation_failures(void **state)
{
  (void)state;
  lb_pool_proportions fit = {0};
  lb_error err = {0};
  lb_status st = LB_ENOMEM;
  for (long k = 0; st != LB_OK; k++) {
    lb_mem_fail_after(k);
    st = lb_pool_proportions_fit(&LIVER, LB_POOL_LOGIT, NULL, &fit, &err);
    assert_true(st == LB_OK || (st == LB_ENOMEM && fit.effect == NULL && lb_mem_live() == 0));
  }
  lb_pool_proportions_reset(&fit);
}

int main(void)
{
  gsl_set_error_handler_off();
  const struct CMUnitTest tests[] = {
      LB_TEST(two_studies), LB_TEST(equal_studies),       LB_TEST(freeman_tukey),
      LB_TEST(logit),       LB_TEST(there_and_back),      LB_TEST(order_and_copies),
      LB_TEST(edges),       LB_TEST(allocation_failures),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
