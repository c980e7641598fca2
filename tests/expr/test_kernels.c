/* test_kernels.c - bits, lists of rows and sums of blocks against a plain walk, at the edges of words,
 * blocks and lanes. */
#include "base/bitmap.h"
#include "check.h"
#include "expr/bits_kernel.h"
#include "expr/sum_kernel.h"

#define MOST 1025
static const size_t LENGTHS[] = {0,  1,  7,   8,   9,   15,   16,   17,   63,
                                 64, 65, 127, 128, 129, 1000, 1023, 1024, MOST};
#define N_LENGTHS (sizeof LENGTHS / sizeof *LENGTHS)

static uint64_t draw(uint64_t *seed)
{
  *seed = *seed * 6364136223846793005u + 1442695040888963407u;
  return *seed >> 33;
}

/* Bytes 0 or 1: none, all, every other, the last only, about one in three. */
enum { PATTERNS = 5 };
static void fill(uint8_t *bytes, size_t n, unsigned pattern)
{
  uint64_t seed = n + pattern;
  for (size_t i = 0; i < n; i++) {
    const uint8_t by[PATTERNS] = {0, 1, i % 2, i + 1 == n, draw(&seed) % 3 == 0};
    bytes[i] = by[pattern];
  }
}

static void check_bits(size_t n, size_t start, unsigned pattern)
{
  uint8_t bytes[MOST], back[MOST + 1], bits[2 * MOST / 8 + 8];
  lb_row *rows;
  size_t n_set = 0, k = 0;
  fill(bytes, n, pattern);
  for (size_t i = 0; i < n; i++) n_set += bytes[i];
  memset(bits, 0xff, sizeof bits); /* what stood there does not shine through */
  memset(back, 7, sizeof back);
  lb_bits_pack(bytes, start, n, bits);
  for (size_t i = 0; i < n; i++) assert_int_equal(lb_bit_get(bits, start + i), bytes[i]);
  for (size_t i = start + n; i < lb_bitmap_bytes(start + n) * 8; i++)
    assert_false(n % 8 != 0 && lb_bit_get(bits, i));
  lb_bits_expand(bits, start, n, back);
  assert_memory_equal(back, bytes, n);
  assert_int_equal(back[n], 7);
  assert_int_equal(lb_bits_count_bytes(bytes, n), n_set);
  rows = lb_mem_array(n_set, sizeof *rows); /* no room for one more: the sanitizer watches */
  assert_non_null(rows);
  assert_int_equal(lb_bits_rows(bits, start, n, rows), n_set);
  for (size_t i = 0; i < n; i++)
    if (bytes[i]) assert_int_equal(rows[k++], start + i);
  lb_mem_free(rows);
}

static void bits_and_bytes_agree(void **state)
{
  (void)state;
  for (size_t i = 0; i < N_LENGTHS; i++)
    for (unsigned pattern = 0; pattern < PATTERNS; pattern++) {
      check_bits(LENGTHS[i], 0, pattern);
      check_bits(LENGTHS[i], 64, pattern);
      check_bits(LENGTHS[i], 1024, pattern);
    }
}

static void no_bitmap_means_all(void **state)
{
  uint8_t bytes[MOST + 1];
  (void)state;
  memset(bytes, 7, sizeof bytes);
  lb_bits_expand(NULL, 64, MOST, bytes);
  for (size_t i = 0; i < MOST; i++) assert_int_equal(bytes[i], 1);
  assert_int_equal(bytes[MOST], 7);
}

static void every_byte_spreads_and_packs(void **state)
{
  (void)state;
  for (unsigned b = 0; b < 256; b++) {
    uint8_t from = (uint8_t)b, bytes[8], to = 0;
    lb_bits_expand(&from, 0, 8, bytes);
    for (unsigned k = 0; k < 8; k++) assert_int_equal(bytes[k], (b >> k) & 1);
    lb_bits_pack(bytes, 0, 8, &to);
    assert_int_equal(to, from);
  }
}

/* Sums ------------------------------------------------------------------------------------- */

/* 1e17 and -1e17 in turn, both there or neither, with small numbers between them whose sum is
 * exact: plain addition would lose these. The sum wanted. */
static double fill_cancelling(double *x, uint8_t *present, size_t n, unsigned pattern)
{
  double want = 0;
  fill(present, n, pattern);
  for (size_t k = 0; k < n; k++) {
    if (k % 3 == 0) present[k] = k + 1 < n && present[k] && present[k + 1];
    if (k % 3 == 1) present[k] = present[k - 1];
    double small = (double)(k % 7) * 0.25, value = k % 3 == 0 ? 1e17 : k % 3 == 1 ? -1e17 : small;
    x[k] = present[k] ? value : (double)NAN;
    if (present[k] && k % 3 == 2) want += small;
  }
  return want;
}

static void sums_are_exact_where_doubles_cancel(void **state)
{
  static double x[LB_SUM_ROWS];
  static uint8_t present[LB_SUM_ROWS];
  (void)state;
  for (size_t i = 0; i < N_LENGTHS; i++)
    for (unsigned pattern = 0; pattern < PATTERNS; pattern++) {
      size_t n = LENGTHS[i] < LB_SUM_ROWS ? LENGTHS[i] : LB_SUM_ROWS;
      double want = fill_cancelling(x, present, n, pattern);
      lb_sum sum = lb_sum_block(x, present, n);
      assert_true(sum.sum + sum.error == want);
    }
}

static void sums_that_are_not_finite_say_so(void **state)
{
  static const double odd[] = {NAN, INFINITY, -INFINITY};
  double x[100];
  uint8_t present[100];
  (void)state;
  for (size_t at = 0; at < 100; at++)
    for (size_t k = 0; k < 3; k++) {
      for (size_t i = 0; i < 100; i++) x[i] = 1;
      memset(present, 1, sizeof present);
      x[at] = odd[k];
      lb_sum sum = lb_sum_block(x, present, 100);
      bool finite = isfinite(sum.sum + sum.error);
      assert_false(finite);
      present[at] = 0;
      sum = lb_sum_block(x, present, 100);
      assert_true(sum.sum + sum.error == 99);
    }
}

static void integers_add_up_with_their_size(void **state)
{
  static int64_t x[LB_SUM_ROWS];
  static uint8_t present[LB_SUM_ROWS];
  uint64_t seed = 3;
  (void)state;
  for (size_t i = 0; i < N_LENGTHS; i++)
    for (unsigned pattern = 0; pattern < PATTERNS; pattern++) {
      size_t n = LENGTHS[i] < LB_SUM_ROWS ? LENGTHS[i] : LB_SUM_ROWS;
      int64_t want = 5, got = 5;
      uint64_t most = 0;
      fill(present, n, pattern);
      for (size_t k = 0; k < n; k++) {
        x[k] = present[k] ? (int64_t)(draw(&seed) % 2001) - 1000 : INT64_MIN;
        if (!present[k]) continue;
        want += x[k];
        uint64_t size = (uint64_t)(x[k] < 0 ? -x[k] - 1 : x[k]);
        most = size > most ? size : most;
      }
      uint64_t size = lb_sum_integer_block(x, present, n, &got);
      assert_int_equal(got, want);
      assert_true(size >= most && size <= 2 * most + 1);
    }
}

int main(void)
{
  const struct CMUnitTest tests[] = {LB_TEST(bits_and_bytes_agree),
                                     LB_TEST(no_bitmap_means_all),
                                     LB_TEST(every_byte_spreads_and_packs),
                                     LB_TEST(sums_are_exact_where_doubles_cancel),
                                     LB_TEST(sums_that_are_not_finite_say_so),
                                     LB_TEST(integers_add_up_with_their_size)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
