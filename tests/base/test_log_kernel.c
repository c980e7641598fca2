/* test_log_kernel.c - logarithms of many numbers against the C library's in extended precision. */
#include <float.h>
#include <stdlib.h>

#include "base/log_kernel.h"
#include "check.h"

#define N     1025
#define ULPS  0.54 /* what the header promises */
#define DRAWS 400

static uint64_t draw(uint64_t *seed)
{
  *seed = *seed * 6364136223846793005u + 1442695040888963407u;
  return *seed ^ (*seed >> 29);
}

/* Any positive normal number; numbers near 1; within a unit; with two decimals. */
static double number(uint64_t *seed, unsigned kind)
{
  uint64_t bits = draw(seed);
  double unit = (double)(bits >> 11) * 0x1p-53, any;
  bits &= UINT64_C(0x7fffffffffffffff);
  memcpy(&any, &bits, sizeof any);
  switch (kind) {
  case 0:
    return any >= DBL_MIN && any <= DBL_MAX ? any : 2;
  case 1:
    return 1 + (unit - 0.5) * 0.01;
  case 2:
    return unit + DBL_MIN;
  default:
    return (double)(bits % 100000) / 100 + 0.01;
  }
}

/* Distance in units in the last place of the true value. */
static double distance(double got, long double want)
{
  double near = fabs((double)want);
  if (want == 0) return got == 0 ? 0 : INFINITY;
  return (double)(fabsl((long double)got - want) / (nextafter(near, INFINITY) - near));
}

static void is_accurate(void **state)
{
  static double x[N], natural[N], decimal[N];
  static uint8_t present[N];
  uint64_t seed = 20240229;
  double worst = 0, worst_decimal = 0;
  (void)state;
  memset(present, 1, N);
  for (unsigned round = 0; round < DRAWS; round++) {
    for (size_t i = 0; i < N; i++) x[i] = number(&seed, round % 4);
    lb_log_array(x, present, natural, N);
    lb_log10_array(x, present, decimal, N);
    for (size_t i = 0; i < N; i++) {
      worst = fmax(worst, distance(natural[i], logl(x[i])));
      worst_decimal = fmax(worst_decimal, distance(decimal[i], log10l(x[i])));
    }
  }
  assert_true(worst <= ULPS);
  assert_true(worst_decimal <= ULPS);
}

static void powers_of_ten_are_whole(void **state)
{
  static const uint8_t present[1] = {1};
  (void)state;
  for (int k = 0; k <= 22; k++) { /* beyond, a double is no power of ten */
    double x = pow(10, k), got = NAN;
    lb_log10_array(&x, present, &got, 1);
    assert_true(got == k);
  }
}

static void odd_values_are_the_library_s(void **state)
{
  static const double odd[] = {0.0, -0.0,         -1,      INFINITY,    -INFINITY,    NAN,
                               1,   DBL_MIN,      DBL_MAX, 0x1p-1074,   0x1p-1023,    -DBL_MAX,
                               0.5, 0x1.fffffp-1, 2,       0x1.6a09ep0, 0x1.6a09ep-1, 1e-300};
  enum { N_ODD = sizeof odd / sizeof *odd };
  uint8_t present[N_ODD];
  double natural[N_ODD], decimal[N_ODD];
  (void)state;
  memset(present, 1, sizeof present);
  lb_log_array(odd, present, natural, N_ODD);
  lb_log10_array(odd, present, decimal, N_ODD);
  for (size_t i = 0; i < N_ODD; i++) {
    LB_NEAR(natural[i], log(odd[i]), 4e-16);
    LB_NEAR(decimal[i], log10(odd[i]), 4e-16);
    assert_int_equal(signbit(natural[i]) != 0 && !isnan(natural[i]), log(odd[i]) < 0);
  }
}

/* Whatever its place in a vector, a number has one logarithm; what is missing is not looked at. */
static void place_and_length_do_not_matter(void **state)
{
  static const size_t lengths[] = {0, 1, 7, 8, 9, 15, 16, 17, 63, 64, 65, 1023, 1024, 1025};
  static double x[N], whole[N], part[N];
  static uint8_t present[N];
  uint64_t seed = 7;
  (void)state;
  for (size_t i = 0; i < N; i++) {
    present[i] = i % 5 != 3;
    x[i] = present[i] ? number(&seed, 3) : -1.0;
  }
  lb_log_array(x, present, whole, N);
  for (size_t k = 0; k < sizeof lengths / sizeof *lengths; k++) {
    size_t n = lengths[k], from = N - n;
    lb_log_array(x + from, present + from, part, n);
    for (size_t i = 0; i < n; i++) assert_true(part[i] == whole[from + i]);
  }
  for (size_t i = 0; i < N; i++)
    if (!present[i]) assert_true(whole[i] == 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {LB_TEST(is_accurate), LB_TEST(powers_of_ten_are_whole),
                                     LB_TEST(odd_values_are_the_library_s),
                                     LB_TEST(place_and_length_do_not_matter)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
