/* test_quantile.c - quantiles of numbers that stand for several are those of the numbers repeated. */
#include "base/quantile.h"
#include "check.h"

#include <math.h>

/* R 4.2.2: quantile(c(1, 2, 4, 8), c(0, 0.1, 0.5, 0.9, 1)). */
static void type_seven(void **state)
{
  (void)state;
  const double x[] = {1, 2, 4, 8}, prob[] = {0, 0.1, 0.5, 0.9, 1}, want[] = {1, 1.3, 3, 6.8, 8};
  const double one[] = {5};
  for (size_t i = 0; i < 5; i++) {
    assert_true(fabs(lb_quantile(x, NULL, 4, prob[i]) - want[i]) < 1e-15 * want[i] + 1e-15);
    assert_true(lb_quantile(one, NULL, 1, prob[i]) == 5);
  }
}

static void repeated(void **state)
{
  (void)state;
  enum { N = 7 };
  const double x[N] = {-3, 0.1, 0.7, 0.7, 2.3, 9, 11}, count[N] = {2, 0, 3, 1, 0, 5, 0};
  double all[11];
  size_t n = 0;
  for (size_t i = 0; i < N; i++)
    for (size_t k = 0; k < (size_t)count[i]; k++) all[n++] = x[i];
  assert_int_equal(n, 11);
  for (int p = 0; p <= 1000; p++)
    assert_true(lb_quantile(x, count, N, p / 1000.0) == lb_quantile(all, NULL, n, p / 1000.0));
}

int main(void)
{
  const struct CMUnitTest tests[] = {LB_TEST(type_seven), LB_TEST(repeated)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
