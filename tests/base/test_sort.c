/* test_sort.c - radix orders against a plain stable sort. */
#include "check.h"

#include "base/sort.h"

enum { MOST = 1500 };

static uint32_t next_random(uint64_t *random)
{
  *random = *random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (uint32_t)(*random >> 32);
}

/* Whether a goes after b: NaN after all numbers, -0 equal to 0. */
static bool real_after(double a, double b)
{
  if (isnan(a)) return !isnan(b);
  return a > b;
}

/* Merge sort from runs of one: stable because only a strictly later key gives way. */
static void plain_refine(const double *real, const int64_t *integer, size_t n, uint32_t *order)
{
  static uint32_t merged[MOST];
  for (size_t run = 1; run < n; run *= 2) {
    for (size_t left = 0; left < n; left += 2 * run) {
      size_t middle = left + run < n ? left + run : n;
      size_t right = left + 2 * run < n ? left + 2 * run : n;
      for (size_t i = left, j = middle, k = left; k < right; k++) {
        bool from_right = i == middle;
        if (i < middle && j < right)
          from_right = real != NULL ? real_after(real[order[i]], real[order[j]])
                                    : integer[order[i]] > integer[order[j]];
        merged[k] = order[from_right ? j++ : i++];
      }
    }
    memcpy(order, merged, n * sizeof *order);
  }
}

static double random_real(uint64_t *random)
{
  static const double SPECIAL[] = {
      0.0, -0.0, (double)NAN, -(double)NAN, (double)INFINITY, -(double)INFINITY, 5e-324, -5e-324};
  uint32_t kind = next_random(random);
  if (kind % 4 == 0) return SPECIAL[kind / 4 % 8];
  if (kind % 4 == 1) return (double)(next_random(random) % 50); /* ties */
  if (kind % 4 == 2) return -(double)(next_random(random) % 1000) / 8;
  double value;
  uint64_t bits = (uint64_t)next_random(random) << 32 | next_random(random);
  memcpy(&value, &bits, sizeof value);
  return value;
}

static const size_t SIZES[] = {0, 1, 2, 3, 63, 64, 65, 66, 500, MOST};
#define N_SIZES (sizeof SIZES / sizeof SIZES[0])

static void test_reals(void **state)
{
  (void)state;
  static double key[MOST];
  uint32_t order[MOST], want[MOST];
  uint64_t random = 1;
  for (size_t s = 0; s < N_SIZES; s++)
    for (int repeat = 0; repeat < 10; repeat++) {
      size_t n = SIZES[s];
      for (size_t i = 0; i < n; i++) {
        key[i] = random_real(&random);
        want[i] = (uint32_t)i;
      }
      assert_true(lb_sort_order_real(key, n, order));
      plain_refine(key, NULL, n, want);
      assert_memory_equal(order, want, n * sizeof *order);
    }
}

static void test_integers(void **state)
{
  (void)state;
  static int64_t key[MOST];
  uint32_t order[MOST], want[MOST];
  uint64_t random = 2;
  for (size_t s = 0; s < N_SIZES; s++)
    for (int repeat = 0; repeat < 10; repeat++) {
      size_t n = SIZES[s];
      for (size_t i = 0; i < n; i++) {
        uint64_t bits = (uint64_t)next_random(&random) << 32 | next_random(&random);
        key[i] = (int64_t)bits >> (repeat * 7); /* from all of int64 to many ties */
        if (i % 100 == 99) key[i] = i % 200 == 99 ? INT64_MIN : INT64_MAX;
        want[i] = (uint32_t)i;
      }
      assert_true(lb_sort_order_integer(key, n, order));
      plain_refine(NULL, key, n, want);
      assert_memory_equal(order, want, n * sizeof *order);
    }
}

/* By site, then by time within site: the less significant key first. */
static void test_refining_by_a_second_key(void **state)
{
  (void)state;
  static double time[MOST];
  static int64_t site[MOST];
  uint32_t order[MOST], want[MOST];
  uint64_t random = 3;
  for (size_t s = 0; s < N_SIZES; s++) {
    size_t n = SIZES[s];
    for (size_t i = 0; i < n; i++) {
      time[i] = random_real(&random);
      site[i] = (int64_t)(next_random(&random) % 5) - 2;
      want[i] = (uint32_t)i;
    }
    assert_true(lb_sort_order_real(time, n, order));
    assert_true(lb_sort_refine_integer(site, n, order));
    plain_refine(time, NULL, n, want);
    plain_refine(NULL, site, n, want);
    assert_memory_equal(order, want, n * sizeof *order);
    assert_true(lb_sort_refine_real(time, n, order)); /* and back: by time, then site */
    plain_refine(time, NULL, n, want);
    assert_memory_equal(order, want, n * sizeof *order);
  }
}

static void test_equal_sorted_and_reversed_keys(void **state)
{
  (void)state;
  static double equal[MOST], up[MOST], down[MOST];
  uint32_t order[MOST];
  for (size_t i = 0; i < MOST; i++) {
    equal[i] = i % 2 == 0 ? 0.0 : -0.0;
    up[i] = (double)i - 700;
    down[i] = -up[i];
  }
  assert_true(lb_sort_order_real(equal, MOST, order));
  for (size_t i = 0; i < MOST; i++) assert_int_equal(order[i], i);
  assert_true(lb_sort_order_real(up, MOST, order));
  for (size_t i = 0; i < MOST; i++) assert_int_equal(order[i], i);
  assert_true(lb_sort_order_real(down, MOST, order));
  for (size_t i = 0; i < MOST; i++) assert_int_equal(order[i], MOST - 1 - i);
}

static void test_a_part_of_the_rows(void **state)
{
  (void)state;
  static const double KEY[] = {9, 3, 8, 1, 7};
  uint32_t order[] = {4, 2, 1}; /* refine sorts the rows it is given, whichever they are */
  assert_true(lb_sort_refine_real(KEY, 3, order));
  assert_int_equal(order[0], 1);
  assert_int_equal(order[1], 4);
  assert_int_equal(order[2], 2);
}

static void test_out_of_memory_leaves_the_order(void **state)
{
  (void)state;
  static int64_t key[MOST];
  uint32_t order[MOST];
  for (size_t i = 0; i < MOST; i++) {
    key[i] = -(int64_t)(i % 10);
    order[i] = (uint32_t)(MOST - 1 - i);
  }
  bool sorted = false;
  long k = 0;
  for (; !sorted; k++) {
    lb_mem_fail_after(k);
    sorted = lb_sort_refine_integer(key, MOST, order);
    lb_mem_fail_after(-1);
    assert_int_equal(lb_mem_live(), 0);
    if (sorted) break;
    for (size_t i = 0; i < MOST; i++) assert_int_equal(order[i], MOST - 1 - i);
  }
  assert_true(k > 0);
  assert_int_equal(order[0], MOST - 1);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      LB_TEST(test_reals),
      LB_TEST(test_integers),
      LB_TEST(test_refining_by_a_second_key),
      LB_TEST(test_equal_sorted_and_reversed_keys),
      LB_TEST(test_a_part_of_the_rows),
      LB_TEST(test_out_of_memory_leaves_the_order),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
