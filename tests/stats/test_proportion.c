/* test_proportion.c - intervals for one proportion: closed forms, reference values, edges. */
#include "check.h"
#include "stats/categorical/proportion.h"

#include <gsl/gsl_errno.h>

/* R 4.2.2, binom.test(81, 263), prop.test(correct = FALSE and TRUE), and the formulas in base R */
static void newcombe_81_of_263(void **state)
{
  (void)state;
  static const struct {
    lb_proportion_method method;
    double low, high;
  } CASES[] = {
      {LB_PROPORTION_WILSON, 0.2552885198782742, 0.36620957698280004},
      {LB_PROPORTION_WILSON_CONTINUITY, 0.2535086822951852, 0.3681762010430035},
      {LB_PROPORTION_CLOPPER_PEARSON, 0.2527367455852712, 0.3676219226013514},
      {LB_PROPORTION_MID_P, 0.2544021049455224, 0.3657734742577771},
      {LB_PROPORTION_JEFFREYS, 0.25452193499102344, 0.36564749917408246},
      {LB_PROPORTION_AGRESTI_COULL, 0.25522066518999675, 0.3662774316710775},
      {LB_PROPORTION_WALD, 0.2521901262131072, 0.36377945553594226},
      {LB_PROPORTION_WALD_CONTINUITY, 0.25028898552869655, 0.3656805962203529},
  };
  lb_error err = {0};
  double low, high;
  for (size_t k = 0; k < sizeof CASES / sizeof CASES[0]; k++) {
    LB_OK_OR_FAIL(lb_proportion_interval(81, 263, 0.95, CASES[k].method, &low, &high, &err), err);
    LB_NEAR(low, CASES[k].low, 1e-13);
    LB_NEAR(high, CASES[k].high, 1e-13);
  }
}

/* x = 0: Wilson z^2/(n + z^2), Clopper-Pearson 1 - (alpha/2)^(1/n), mid-p 1 - alpha^(1/n),
 * likelihood ratio 1 - exp(-z^2/(2n)); x = n is the mirror image. */
static void edges_in_closed_form(void **state)
{
  (void)state;
  const double z2 = 1.959963984540054 * 1.959963984540054;
  const struct {
    lb_proportion_method method;
    double high;
  } CASES[] = {
      {LB_PROPORTION_WILSON, z2 / (20 + z2)},
      {LB_PROPORTION_CLOPPER_PEARSON, 1 - pow(0.025, 0.05)},
      {LB_PROPORTION_MID_P, 1 - pow(0.05, 0.05)},
      {LB_PROPORTION_LIKELIHOOD_RATIO, 1 - exp(-z2 / 40)},
      {LB_PROPORTION_WALD, 0},
  };
  lb_error err = {0};
  double low, high;
  for (size_t k = 0; k < sizeof CASES / sizeof CASES[0]; k++) {
    LB_OK_OR_FAIL(lb_proportion_interval(0, 20, 0.95, CASES[k].method, &low, &high, &err), err);
    LB_NEAR(low, 0, 0);
    LB_NEAR(high, CASES[k].high, TOL_EXACT);
    LB_OK_OR_FAIL(lb_proportion_interval(20, 20, 0.95, CASES[k].method, &low, &high, &err), err);
    LB_NEAR(low, 1 - CASES[k].high, TOL_EXACT);
    LB_NEAR(high, 1, 0);
  }
  LB_OK_OR_FAIL(lb_proportion_interval(0, 20, 0.95, LB_PROPORTION_LOGIT, &low, &high, &err), err);
  assert_true(isnan(low) && isnan(high));
}

/* Every method: inside [0, 1], mirrored for n - x, wider for more confidence; small counts of
 * huge n stay exact. */
static void properties(void **state)
{
  (void)state;
  lb_error err = {0};
  double low, high, mirror_low, mirror_high, wide_low, wide_high;
  for (int m = LB_PROPORTION_WILSON; m <= LB_PROPORTION_LIKELIHOOD_RATIO; m++) {
    lb_proportion_method method = (lb_proportion_method)m;
    for (double x = 1; x < 12; x++) {
      LB_OK_OR_FAIL(lb_proportion_interval(x, 12, 0.9, method, &low, &high, &err), err);
      LB_OK_OR_FAIL(
          lb_proportion_interval(12 - x, 12, 0.9, method, &mirror_low, &mirror_high, &err), err);
      LB_OK_OR_FAIL(lb_proportion_interval(x, 12, 0.99, method, &wide_low, &wide_high, &err), err);
      LB_NEAR(mirror_low, 1 - high, TOL_EXACT);
      LB_NEAR(mirror_high, 1 - low, TOL_EXACT);
      assert_true(0 <= wide_low && wide_low <= low && low < x / 12);
      assert_true(x / 12 < high && high <= wide_high && wide_high <= 1);
    }
  }
  LB_OK_OR_FAIL(
      lb_proportion_interval(1, 1e12, 0.95, LB_PROPORTION_CLOPPER_PEARSON, &low, &high, &err), err);
  LB_NEAR(low * 1e12, 0.025317807984, 1e-9); /* Poisson limit: -log(0.975) */
}

static void refused(void **state)
{
  (void)state;
  lb_error err = {0};
  double low = 7, high = 7;
  const double x[] = {-1, 3, 1.5, NAN, 0}, n[] = {3, 2, 3, 3, INFINITY};
  for (size_t k = 0; k < 5; k++)
    assert_int_equal(
        lb_proportion_interval(x[k], n[k], 0.95, LB_PROPORTION_WILSON, &low, &high, &err), LB_EARG);
  lb_proportion_interval(-NAN, 3, 0.95, LB_PROPORTION_WILSON, &low, &high, &err);
  assert_string_equal(err.message, "NaN of 3 is no proportion: expected whole numbers 0 <= x <= n");
  lb_proportion_interval(1, -INFINITY, 0.95, LB_PROPORTION_WILSON, &low, &high, &err);
  assert_string_equal(err.message,
                      "1 of -Inf is no proportion: expected whole numbers 0 <= x <= n");
  assert_int_equal(lb_proportion_interval(1, 2, 95, LB_PROPORTION_WILSON, &low, &high, &err),
                   LB_EARG);
  assert_string_equal(err.context, "Write 0.95 for 95 %.");
  assert_int_equal(lb_proportion_interval(1, 2, 0.95, (lb_proportion_method)99, &low, &high, NULL),
                   LB_EARG);
  LB_NEAR(low, 7, 0);
  LB_OK_OR_FAIL(lb_proportion_interval(0, 0, 0.95, LB_PROPORTION_WILSON, &low, &high, &err), err);
  assert_true(isnan(low) && isnan(high));
}

int main(void)
{
  gsl_set_error_handler_off();
  const struct CMUnitTest tests[] = {
      LB_TEST(newcombe_81_of_263),
      LB_TEST(edges_in_closed_form),
      LB_TEST(properties),
      LB_TEST(refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
