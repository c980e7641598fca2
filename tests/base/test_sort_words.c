/* test_sort_words.c - words by some of their bits: ascending, stable, the same for any number of
 * threads; interrupts and memory that fails. */
#include "check.h"

#include "base/interrupt.h"
#include "base/parallel.h"
#include "base/sort_words.h"

enum { MOST = 150001 };
static uint64_t input[MOST], words[MOST], spare[MOST], once[MOST];

static uint64_t next_random(uint64_t *random)
{
  *random = *random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return *random ^ *random >> 31;
}

/* Keys of `bits` bits above 20 bits of row number. */
static void fill(size_t n, unsigned bits, uint64_t seed)
{
  uint64_t mask = (UINT64_C(1) << bits) - 1;
  for (size_t i = 0; i < n; i++) input[i] = (next_random(&seed) & mask) << 20 | i;
}

/* All words are there exactly when none repeats and each is the input of its row. */
static void is_sorted(const uint64_t *sorted, size_t n)
{
  for (size_t i = 0; i < n; i++) {
    size_t row = sorted[i] & ((1u << 20) - 1);
    assert_true(row < n && sorted[i] == input[row]);
    if (i > 0) assert_true(sorted[i - 1] < sorted[i]); /* the row decides ties, so stable too */
  }
}

static void test_sizes_and_widths(void **state)
{
  (void)state;
  static const size_t SIZES[] = {0, 1, 2, 47, 48, 49, 50, 8191, 8192, 99999, 100000, MOST};
  static const unsigned BITS[] = {0, 1, 8, 9, 11, 12, 22, 23, 44};
  for (size_t s = 0; s < sizeof SIZES / sizeof SIZES[0]; s++)
    for (size_t b = 0; b < sizeof BITS / sizeof BITS[0]; b++) {
      uint64_t *sorted = NULL;
      size_t n = SIZES[s];
      fill(n, BITS[b], s * 100 + b);
      for (int threads = 1; threads <= 3; threads++) {
        lb_threads_set(threads);
        memcpy(words, input, n * sizeof *words);
        assert_int_equal(lb_sort_words(words, spare, n, 20, BITS[b], &sorted), LB_OK);
        assert_true(sorted == words || sorted == spare);
        is_sorted(sorted, n);
        if (threads == 1) memcpy(once, sorted, n * sizeof *once);
        assert_memory_equal(sorted, once, n * sizeof *once);
      }
    }
  lb_threads_set(0);
}

static void test_failures(void **state)
{
  (void)state;
  uint64_t *sorted = NULL;
  fill(1000, 30, 1);
  memcpy(words, input, 1000 * sizeof *words);
  lb_mem_fail_after(0);
  assert_int_equal(lb_sort_words(words, spare, 1000, 20, 30, &sorted), LB_ENOMEM);
  lb_mem_fail_after(-1);
  lb_interrupt_raise();
  assert_int_equal(lb_sort_words(words, spare, 1000, 20, 30, &sorted), LB_EINTR);
  lb_interrupt_clear();
}

int main(void)
{
  const struct CMUnitTest tests[] = {LB_TEST(test_sizes_and_widths), LB_TEST(test_failures)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
