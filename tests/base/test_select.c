/* test_select.c - the k-th smallest against a sort: ties, signed zeros, infinities, skewed and
 * narrow ranges, around the sizes where the method changes. */
#include "check.h"

#include <stdlib.h>

#include "base/select.h"

enum { MOST = 3000 };

static uint32_t next_random(uint64_t *random)
{
  *random = *random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (uint32_t)(*random >> 32);
}

static double random_value(uint64_t *random, unsigned kind)
{
  static const double SPECIAL[] = {0.0,    -0.0,    (double)INFINITY, -(double)INFINITY,
                                   5e-324, -5e-324, 1.7e308,          -1.7e308};
  uint32_t r = next_random(random);
  switch (kind) {
  case 0:
    return (double)(r % 5); /* ties everywhere */
  case 1:
    return exp(5.3 + (double)(r % 10000) / 3000) / 10;
  case 2:
    return SPECIAL[r % 8];
  case 3:
    return r % 100 == 0 ? 1e9 : 1 + (double)r * 1e-18; /* an outlier and hardly different doubles */
  default:
    return -(double)r / 7;
  }
}

static int compare(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void test_against_a_sort(void **state)
{
  (void)state;
  static const size_t SIZES[] = {1, 2, 3, 7, 8, 9, 255, 256, 257, MOST};
  static double value[MOST], sorted[MOST], x[MOST];
  uint64_t random = 3;
  for (unsigned kind = 0; kind < 5; kind++)
    for (size_t s = 0; s < sizeof SIZES / sizeof SIZES[0]; s++) {
      size_t n = SIZES[s];
      for (size_t i = 0; i < n; i++) sorted[i] = value[i] = random_value(&random, kind);
      qsort(sorted, n, sizeof *sorted, compare);
      for (size_t repeat = 0; repeat < 40; repeat++) {
        size_t k = repeat == 0 ? 0 : repeat == 1 ? n - 1 : next_random(&random) % n;
        double low, high;
        memcpy(x, value, n * sizeof *x);
        assert_true(lb_select(x, n, k, &low, &high));
        assert_true(low == sorted[k]);
        assert_true(high == sorted[k + 1 < n ? k + 1 : k]);
      }
    }
}

static void test_nan_is_told(void **state)
{
  (void)state;
  static double x[MOST];
  double low, high;
  for (size_t at = 0; at < 300; at += 13) {
    for (size_t i = 0; i < 300; i++) x[i] = (double)i;
    x[at] = (double)NAN;
    assert_false(lb_select(x, 300, 150, &low, &high));
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {LB_TEST(test_against_a_sort), LB_TEST(test_nan_is_told)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
