/* test_exp.c - exponentials and logarithms of many numbers: within one unit of the true value, their
 * edges, their lengths. */
#include "base/log_kernel.h"
#include "check.h"
#include "stats/exp_kernel.h"

#include <float.h>

#define N 4096

static double x_[N], out_[N];

/* Units in the last place of the true value between it and `got`. */
static double units_off(double got, long double want)
{
  double near = (double)want;
  if (near == 0 || isinf(near)) return got == near ? 0 : INFINITY;
  return (double)(fabsl((long double)got - want) /
                  (long double)(nextafter(fabs(near), INFINITY) - fabs(near)));
}

static void check_range(double from, double to)
{
  for (size_t i = 0; i < N; i++) x_[i] = from + (to - from) * (double)i / (N - 1);
  lb_exp_array(x_, out_, N);
  double worst = 0;
  for (size_t i = 0; i < N; i++) worst = fmax(worst, units_off(out_[i], expl(x_[i])));
  if (worst >= 1) print_error("%g units off between %g and %g\n", worst, from, to);
  assert_true(worst < 1);
}

static void test_whole_range(void **state)
{
  (void)state;
  for (int from = -760; from < 720; from += 10) check_range(from, from + 10);
  check_range(-1, 1);
  check_range(-1e-8, 1e-8);
  check_range(709.7, 709.8);
  check_range(-745.2, -745.1);
}

static void test_edges(void **state)
{
  (void)state;
  static const double X[] = {0, -0.0, INFINITY, -INFINITY, DBL_MAX, -DBL_MAX, DBL_MIN, NAN, 1};
  double out[sizeof X / sizeof X[0]];
  lb_exp_array(X, out, sizeof X / sizeof X[0]);
  for (size_t i = 0; i < sizeof X / sizeof X[0]; i++) LB_NEAR(out[i], exp(X[i]), 2 * DBL_EPSILON);
  assert_true(out[0] == 1 && out[1] == 1 && out[6] == 1);
}

/* Neither the length nor the place of a number changes its exponential. */
static void test_lengths(void **state)
{
  (void)state;
  for (size_t i = 0; i < 40; i++) x_[i] = 3 * (double)i - 50.3;
  for (size_t n = 0; n <= 40; n++) {
    double one, all[41];
    all[n] = 7;
    memcpy(all, x_, n * sizeof *all);
    lb_exp_array(all, all, n);
    assert_true(all[n] == 7);
    for (size_t i = 0; i < n; i++) {
      lb_exp_array(&x_[i], &one, 1);
      assert_memory_equal(&one, &all[i], sizeof one);
    }
  }
}

/* ---- Logarithms ---- */

static void check_logs(double low, double high)
{
  for (size_t i = 0; i < N; i++) x_[i] = low * pow(high / low, ((double)i + 0.37) / N);
  lb_log_array(x_, NULL, out_, N);
  double worst = 0;
  for (size_t i = 0; i < N; i++) worst = fmax(worst, units_off(out_[i], logl(x_[i])));
  if (worst >= 1) print_error("%g units off between %g and %g\n", worst, low, high);
  assert_true(worst < 1);
}

static void test_logs(void **state)
{
  (void)state;
  check_logs(1e-320, 1e-300); /* subnormal, too */
  check_logs(1e-150, 1e150);
  check_logs(0.2, 5);
  check_logs(0.70710678, 0.70710679); /* where the exponent changes */
  check_logs(1 - 1e-6, 1 + 1e-6);
  check_logs(1 - 1e-12, 1 - 1e-13);
  static const double X[] = {1, DBL_MAX, DBL_MIN, 0x1p-1074, 2, 0.5};
  double out[sizeof X / sizeof X[0]];
  lb_log_array(X, NULL, out, sizeof X / sizeof X[0]);
  assert_true(out[0] == 0);
  for (size_t i = 1; i < sizeof X / sizeof X[0]; i++) LB_NEAR(out[i], log(X[i]), DBL_EPSILON);
}

int main(void)
{
  const struct CMUnitTest tests[] = {LB_TEST(test_whole_range), LB_TEST(test_edges),
                                     LB_TEST(test_logs), LB_TEST(test_lengths)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
