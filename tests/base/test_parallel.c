/* test_parallel.c - the same bits for any number of threads; interruption; the environment. */
#include "check.h"

#include <stdlib.h>

#include "base/interrupt.h"
#include "base/parallel.h"

enum { N_BLOCKS = 57, PER_BLOCK = 1000 };

typedef struct sums {
  double part[N_BLOCKS];
  int runs[N_BLOCKS];
} sums;

static void add_block(void *context, size_t block)
{
  sums *s = context;
  double sum = 0;
  for (size_t i = 0; i < PER_BLOCK; i++) sum += 1 / (double)(block * PER_BLOCK + i + 1);
  s->part[block] = sum;
  s->runs[block]++;
}

static double harmonic(int n_threads, bool parallel)
{
  sums s = {{0}, {0}};
  lb_threads_set(n_threads);
  assert_true(lb_parallel(N_BLOCKS, parallel, add_block, &s));
  double total = 0;
  for (size_t b = 0; b < N_BLOCKS; b++) {
    assert_int_equal(s.runs[b], 1);
    total += s.part[b];
  }
  lb_threads_set(0);
  return total;
}

static void test_same_bits_for_any_thread_count(void **state)
{
  (void)state;
  double serial = harmonic(1, false);
  double n = N_BLOCKS * PER_BLOCK; /* H(n) = log n + gamma + 1/2n - 1/12n^2 */
  LB_NEAR(serial, log(n) + 0.57721566490153286 + 1 / (2 * n) - 1 / (12 * n * n), TOL_EXACT);
  for (int n_threads = 1; n_threads <= 3; n_threads++) {
    double total = harmonic(n_threads, true);
    assert_memory_equal(&total, &serial, sizeof total);
  }
}

static void count_block(void *context, size_t block)
{
  (void)block;
  ++*(int *)context;
}

static void raise_at_seven(void *context, size_t block)
{
  count_block(context, block);
  if (block == 7) lb_interrupt_raise();
}

static void test_an_interrupt_stops_early(void **state)
{
  (void)state;
  int n = 0;
  assert_false(lb_parallel(1000, false, raise_at_seven, &n));
  assert_int_equal(n, 8);
  assert_false(lb_parallel(1000, false, count_block, &n));
  assert_int_equal(n, 8);
  sums s = {{0}, {0}};
  lb_threads_set(3);
  assert_false(lb_parallel(N_BLOCKS, true, add_block, &s));
  lb_threads_set(0);
  for (size_t b = 0; b < N_BLOCKS; b++) assert_int_equal(s.runs[b], 0);
  lb_error err = {0};
  assert_true(lb_interrupted());
  assert_int_equal(lb_error_interrupted(&err), LB_EINTR);
  assert_string_equal(err.message, "interrupted");
  lb_interrupt_clear();
  assert_false(lb_interrupted());
}

static void test_no_and_few_blocks(void **state)
{
  (void)state;
  int n = 0;
  lb_threads_set(3);
  assert_true(lb_parallel(0, true, count_block, &n));
  assert_int_equal(n, 0);
  assert_true(lb_parallel(1, true, count_block, &n));
  assert_int_equal(n, 1);
  lb_threads_set(0);
}

static void test_threads_of_the_environment(void **state)
{
  (void)state;
  static const struct {
    const char *lobule, *omp;
    int want; /* 0: all cores */
  } cases[] = {
      {"5", "7", 5},    {NULL, "7", 7},
      {"0", "7", 7},    {"-2", "7", 7},
      {"two", "7", 7},  {"4x", "7", 7},
      {"", "7", 7},     {" 4", "7", 7},
      {"4.0", "7", 7},  {"99999999999999999999", "7", 7},
      {NULL, "3,2", 3}, {NULL, "many", 0},
      {NULL, NULL, 0},
  };
  const char *old = getenv("OMP_NUM_THREADS");
  char *saved = old == NULL ? NULL : lb_mem_text(old, strlen(old));
  unsetenv("LOBULE_THREADS");
  unsetenv("OMP_NUM_THREADS");
  int cores = lb_threads();
  assert_true(cores >= 1);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    unsetenv("LOBULE_THREADS");
    unsetenv("OMP_NUM_THREADS");
    if (cases[i].lobule != NULL) setenv("LOBULE_THREADS", cases[i].lobule, 1);
    if (cases[i].omp != NULL) setenv("OMP_NUM_THREADS", cases[i].omp, 1);
    assert_int_equal(lb_threads(), cases[i].want == 0 ? cores : cases[i].want);
    lb_threads_set(2);
    assert_int_equal(lb_threads(), 2);
    lb_threads_set(0);
  }
  if (saved != NULL) setenv("OMP_NUM_THREADS", saved, 1);
  lb_mem_free(saved);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      LB_TEST(test_same_bits_for_any_thread_count),
      LB_TEST(test_an_interrupt_stops_early),
      LB_TEST(test_no_and_few_blocks),
      LB_TEST(test_threads_of_the_environment),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
