/* test_max_quadratic.c - tails of the largest of correlated chi-squares against closed forms. */
#include "base/random.h"
#include "check.h"
#include "stats/max_quadratic.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_errno.h>

#define TOL_ROUND 1e-12
#define MOST_SIZE 64

static lb_max_normal tail(const double *covariance, size_t m, size_t k, double q)
{
  lb_error err = {0};
  lb_max_normal got = {0};
  LB_OK_OR_FAIL(lb_max_quadratic_tail(covariance, m, k, q, &got, &err), err);
  return got;
}

static void within_error(lb_max_normal got, double want)
{
  assert_true(fabs(got.p_value - want) <= got.error + TOL_ROUND * want);
  assert_true(got.error < 5e-3 * want); /* two digits at least, however far out */
}

/* Independent vectors: 1 - (1 - T)^m, far into the tail. */
static void independent(void **state)
{
  (void)state;
  for (size_t m = 2; m <= 4; m++) {
    for (size_t k = 1; k <= 3; k++) {
      size_t p = m * k;
      double covariance[MOST_SIZE * 4] = {0};
      for (size_t i = 0; i < p; i++) covariance[i * p + i] = (double)(i + 1);
      for (double q = 0.5; q < 400; q *= 3) {
        double one = gsl_cdf_chisq_Q(q, (double)k);
        within_error(tail(covariance, m, k, q), -expm1((double)m * log1p(-one)));
      }
    }
  }
}

/* A statistic repeated, or of scores transformed linearly, adds nothing. */
static void repeated(void **state)
{
  (void)state;
  const double v[] = {2, 1, 1, 3};
  double both[16];
  for (size_t i = 0; i < 4; i++) {
    for (size_t j = 0; j < 4; j++)
      both[i * 4 + j] = v[i % 2 * 2 + j % 2] * (i < 2 ? 1 : -3) * (j < 2 ? 1 : -3);
  }
  lb_max_normal got = tail(both, 2, 2, 7.5);
  assert_int_equal(got.rank, 2);
  LB_NEAR(got.p_value / gsl_cdf_chisq_Q(7.5, 2), 1, TOL_ROUND);
}

/* Of one number each they are squares of normals: the largest |Z|, which max_normal.h integrates. */
static void of_normals(void **state)
{
  (void)state;
  const double covariance[] = {1, 0.8, 0.5, 0.8, 1, 0.6, 0.5, 0.6, 1};
  for (double c = 0.5; c < 9; c += 1.5) {
    lb_error err = {0};
    lb_max_normal want = {0};
    LB_OK_OR_FAIL(lb_max_normal_tail(covariance, 3, c, true, &want, &err), err);
    within_error(tail(covariance, 3, 1, c * c), want.p_value);
  }
}

/* Two vectors of two with the correlation r: P(max <= q) is the distribution of two correlated
 * exponentials (Kibble's), its tail integrated over the first: the second given the first is a
 * noncentral chi-square. Here by simulation with a seed, to four standard errors. */
static void correlated(void **state)
{
  (void)state;
  const double r = 0.7, q = 5;
  const size_t n = 400000;
  double covariance[16] = {0}, hits = 0;
  for (size_t i = 0; i < 4; i++) {
    covariance[i * 4 + i] = 1;
    covariance[i * 4 + (i + 2) % 4] = r;
  }
  lb_random random;
  lb_random_init(&random, 11, 0);
  for (size_t i = 0; i < n; i++) {
    double square[2] = {0};
    for (int k = 0; k < 2; k++) {
      double a = gsl_cdf_ugaussian_Pinv(lb_random_uniform(&random));
      double b = r * a + sqrt(1 - r * r) * gsl_cdf_ugaussian_Pinv(lb_random_uniform(&random));
      square[0] += a * a;
      square[1] += b * b;
    }
    hits += square[0] >= q || square[1] >= q;
  }
  double p = hits / (double)n;
  LB_NEAR(tail(covariance, 2, 2, q).p_value, p, 4 * sqrt(p * (1 - p) / (double)n));
}

static void edges_and_memory(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_max_normal got = {0};
  const double other[] = {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1};
  assert_int_equal(lb_max_quadratic_tail(other, 2, 2, 3, &got, &err), LB_EARG);
  const double v[] = {1, 0.5, 0.5, 1};
  assert_true(tail(v, 2, 1, 5000).p_value == 0); /* below the least number */
  lb_status st = LB_ENOMEM;
  for (long k = 0; st != LB_OK; k++) {
    lb_mem_fail_after(k);
    st = lb_max_quadratic_tail(v, 2, 1, 3, &got, &err);
    assert_true(st == LB_OK || (st == LB_ENOMEM && lb_mem_live() == 0));
  }
  lb_mem_fail_after(-1);
}

int main(void)
{
  gsl_set_error_handler_off();
  const struct CMUnitTest tests[] = {
      LB_TEST(independent), LB_TEST(repeated),         LB_TEST(of_normals),
      LB_TEST(correlated),  LB_TEST(edges_and_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
