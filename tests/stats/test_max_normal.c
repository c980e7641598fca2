/* test_max_normal.c - tails of the largest of correlated normals against closed forms. */
#include "base/interrupt.h"
#include "check.h"
#include "stats/max_normal.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_errno.h>

#define TOL_TAIL 1e-11 /* relative */

static double tail(const double *covariance, size_t m, double c, bool two_sided, double *error)
{
  lb_error err = {0};
  lb_max_normal got = {0};
  LB_OK_OR_FAIL(lb_max_normal_tail(covariance, m, c, two_sided, &got, &err), err);
  if (error != NULL) *error = got.error;
  return got.p_value;
}

static void relative(double got, double want, double tolerance)
{
  LB_NEAR(got / want, 1, tolerance);
}

/* Independent: 1 - (1 - q)^m, far into the tail. */
static void independent(void **state)
{
  (void)state;
  for (size_t m = 1; m <= 6; m++) {
    double covariance[36] = {0}, error;
    for (size_t j = 0; j < m; j++) covariance[j * m + j] = (double)(j + 1);
    for (double c = -1; c < 8; c += 1.1) {
      double q = gsl_cdf_ugaussian_Q(c), one = -expm1((double)m * log1p(-q));
      double got = tail(covariance, m, c, false, &error);
      if (m <= 3) relative(got, one, TOL_TAIL);
      assert_true(fabs(got - one) <= error + TOL_TAIL * one);
      if (c <= 0) continue;
      double both = -expm1((double)m * log1p(-2 * q));
      got = tail(covariance, m, c, true, &error);
      if (m <= 3) relative(got, both, TOL_TAIL);
      assert_true(fabs(got - both) <= error + TOL_TAIL * both);
    }
  }
}

/* All below 0: 1/4 + asin(r) / 2 pi of two, 1/8 + the sum of asin(r) / 4 pi of three. */
static void orthants(void **state)
{
  (void)state;
  const double pi = acos(-1);
  for (double r = -0.9; r < 1; r += 0.3) {
    const double two[] = {1, r, r, 1};
    LB_NEAR(tail(two, 2, 0, false, NULL), 1 - (0.25 + asin(r) / (2 * pi)), 1e-12);
    double a = 0.2, b = 0.1;
    const double three[] = {1, r, a, r, 1, b, a, b, 1};
    LB_NEAR(tail(three, 3, 0, false, NULL), 1 - (0.125 + (asin(r) + asin(a) + asin(b)) / (4 * pi)),
            1e-12);
  }
}

/* A statistic twice, its negative, or one between two others, adds nothing. */
static void singular(void **state)
{
  (void)state;
  const double z = 2.3, one = gsl_cdf_ugaussian_Q(z);
  const double twice[] = {4, 2, 2, 1}, opposite[] = {1, -1, -1, 1};
  relative(tail(twice, 2, z, false, NULL), one, TOL_TAIL);
  relative(tail(twice, 2, z, true, NULL), 2 * one, TOL_TAIL);
  relative(tail(opposite, 2, z, false, NULL), 2 * one, TOL_TAIL);
  /* Z1, Z2 independent, Z3 = Z2: rank 2 of 3 */
  const double pair[] = {1, 0, 0, 0, 1, 1, 0, 1, 1};
  relative(tail(pair, 3, z, true, NULL), -expm1(2 * log1p(-2 * one)), TOL_TAIL);
  /* Three directions at 60 degrees: a hexagon. P(outside) = (6/pi) integral over 0..pi/6 of
   * exp(-z^2 / 2 cos^2). */
  const double h = 0.5, hexagon[] = {1, h, -h, h, 1, h, -h, h, 1};
  double sum = 0, pi = acos(-1);
  for (int i = 0; i < 20000; i++) {
    double angle = (i + 0.5) / 20000 * pi / 6;
    sum += exp(-z * z / (2 * cos(angle) * cos(angle))) / 20000;
  }
  relative(tail(hexagon, 3, z, true, NULL), sum, 1e-8);
}

/* Rank 4 and up states an error that holds: equal correlations r have a one-dimensional integral. */
static void lattice(void **state)
{
  (void)state;
  enum { M = 5 };
  double covariance[M * M], error;
  const double r = 0.5, c = 2.4;
  for (size_t i = 0; i < M * M; i++) covariance[i] = i / M == i % M ? 1 : r;
  double below = 0, step = 0.001;
  for (double x = -9 + step / 2; x < 9; x += step)
    below += step * exp(-x * x / 2) / sqrt(2 * acos(-1)) *
             pow(gsl_cdf_ugaussian_P((c - sqrt(r) * x) / sqrt(1 - r)), M);
  double got = tail(covariance, M, c, false, &error);
  assert_true(fabs(got - (1 - below)) <= error);
  assert_true(error < 1e-4);
}

static void refused_and_memory(void **state)
{
  (void)state;
  lb_error err = {0};
  const double none[] = {0}, four[] = {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1};
  lb_max_normal got = {.rank = 77};
  assert_int_equal(lb_max_normal_tail(none, 1, 1, true, &got, &err), LB_EARG);
  lb_status st = LB_ENOMEM;
  for (long k = 0; st != LB_OK; k++) {
    lb_mem_fail_after(k);
    st = lb_max_normal_tail(four, 4, 2, true, &got, &err);
    assert_true(st == LB_OK || (st == LB_ENOMEM && got.rank == 77 && lb_mem_live() == 0));
  }
}

static void interrupted(void **state)
{
  (void)state;
  lb_error err = {0};
  const double four[] = {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1};
  lb_max_normal got = {.rank = 77};
  lb_interrupt_raise();
  assert_int_equal(lb_max_normal_tail(four, 4, 2, true, &got, &err), LB_EINTR);
  lb_interrupt_clear();
  assert_true(got.rank == 77 && lb_mem_live() == 0);
}

int main(void)
{
  gsl_set_error_handler_off();
  const struct CMUnitTest tests[] = {LB_TEST(independent),        LB_TEST(orthants),
                                     LB_TEST(singular),           LB_TEST(lattice),
                                     LB_TEST(refused_and_memory), LB_TEST(interrupted)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
