/* test_bitmap.c - bits in Arrow's order. */
#include "check.h"

#include "base/bitmap.h"

static void test_order_of_bits(void **state)
{
  (void)state;
  uint8_t bits[2] = {0, 0};
  lb_bit_set(bits, 0);
  lb_bit_set(bits, 3);
  lb_bit_set(bits, 9);
  assert_int_equal(bits[0], 0x09);
  assert_int_equal(bits[1], 0x02);
  assert_true(lb_bit_get(bits, 9));
  assert_false(lb_bit_get(bits, 8));
  lb_bit_clear(bits, 3);
  assert_int_equal(bits[0], 0x01);
  assert_true(lb_is_valid(NULL, 1000));
  assert_false(lb_is_valid(bits, 3));
}

static void test_count_against_one_by_one(void **state)
{
  (void)state;
  uint8_t bits[40];
  uint32_t random = 7;
  for (size_t i = 0; i < sizeof bits; i++) {
    random = random * 1664525u + 1013904223u;
    bits[i] = (uint8_t)(random >> 24);
  }
  size_t want = 0;
  for (size_t n = 0; n <= 8 * sizeof bits; n++) {
    assert_int_equal(lb_bitmap_count(bits, n), want); /* bits past n do not count */
    if (n < 8 * sizeof bits) want += lb_bit_get(bits, n);
  }
}

static void test_new(void **state)
{
  (void)state;
  for (size_t n = 0; n < 70; n++) {
    uint8_t *ones = lb_bitmap_new(n, true), *zeros = lb_bitmap_new(n, false);
    assert_int_equal(lb_bitmap_count(ones, 8 * lb_bitmap_bytes(n)), n); /* none beyond n */
    assert_int_equal(lb_bitmap_count(zeros, 8 * lb_bitmap_bytes(n)), 0);
    lb_mem_free(ones);
    lb_mem_free(zeros);
  }
  lb_mem_fail_after(0);
  assert_null(lb_bitmap_new(10, true));
}

int main(void)
{
  const struct CMUnitTest tests[] = {LB_TEST(test_order_of_bits),
                                     LB_TEST(test_count_against_one_by_one), LB_TEST(test_new)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
