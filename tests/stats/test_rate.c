/* test_rate.c - intervals of counts and of standardised rates. */
#include "check.h"
#include "stats/categorical/rate.h"

#include <gsl/gsl_cdf.h>

/* Limits are where the tails of the Poisson distribution have the probability asked for. */
static void exact_limits_have_their_tails(void **state)
{
  (void)state;
  for (double d = 0; d < 60; d += 7) {
    double low, high;
    lb_error err = {0};
    LB_OK_OR_FAIL(lb_rate_interval(d, 0.95, LB_RATE_EXACT, &low, &high, &err), err);
    if (d > 0) LB_NEAR(gsl_cdf_poisson_Q((unsigned)d - 1, low), 0.025, 1e-10);
    LB_NEAR(gsl_cdf_poisson_P((unsigned)d, high), 0.025, 1e-10);
    double mid_low, mid_high;
    LB_OK_OR_FAIL(lb_rate_interval(d, 0.95, LB_RATE_MID_P, &mid_low, &mid_high, &err), err);
    assert_true(mid_low >= low && mid_high <= high);
  }
}

static void closed_forms(void **state)
{
  (void)state;
  double low, high, again_low, again_high;
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_rate_interval(0, 0.95, LB_RATE_EXACT, &low, &high, &err), err);
  LB_NEAR(low, 0, 0);
  LB_NEAR(high, -log(0.025), TOL_EXACT);
  LB_OK_OR_FAIL(lb_rate_interval(0, 0.95, LB_RATE_MID_P, &low, &high, &err), err);
  LB_NEAR(high, -log(0.05), 1e-12); /* P(X = 0)/2 = 0.025 */
  LB_OK_OR_FAIL(lb_rate_interval(0, 0.95, LB_RATE_LOG, &low, &high, &err), err);
  assert_true(isnan(low) && isnan(high));
  /* One stratum with weight 1: Fay and Feuer's limits are the exact ones. */
  LB_OK_OR_FAIL(lb_rate_interval(12, 0.9, LB_RATE_EXACT, &low, &high, &err), err);
  LB_OK_OR_FAIL(lb_rate_standard_interval(12, 12, 1, 0.9, &again_low, &again_high, &err), err);
  LB_NEAR(again_low, low, TOL_EXACT);
  LB_NEAR(again_high, high, TOL_EXACT);
}

static void refusals(void **state)
{
  (void)state;
  double low = 7, high = 7;
  lb_error err = {0};
  assert_int_equal(lb_rate_interval(1.5, 0.95, LB_RATE_EXACT, &low, &high, &err), LB_EARG);
  assert_int_equal(lb_rate_interval(-1, 0.95, LB_RATE_EXACT, &low, &high, &err), LB_EARG);
  assert_int_equal(lb_rate_interval(1, 1, LB_RATE_EXACT, &low, &high, &err), LB_EARG);
  assert_int_equal(lb_rate_standard_interval(1, 1, 0, 0.95, &low, &high, &err), LB_EARG);
  assert_true(low == 7 && high == 7);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(exact_limits_have_their_tails),
                                     cmocka_unit_test(closed_forms), cmocka_unit_test(refusals)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
