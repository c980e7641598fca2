/* test_mem.c - counting, overflow, failures on demand. */
#include "check.h"

static void test_counts_blocks_and_bytes(void **state)
{
  (void)state;
  size_t bytes = lb_mem_bytes();
  char *a = lb_mem_alloc(100);
  double *b = lb_mem_array(10, sizeof *b);
  assert_int_equal(lb_mem_live(), 2);
  assert_true(lb_mem_bytes() - bytes >= 180);
  lb_mem_free(a);
  assert_int_equal(lb_mem_live(), 1);
  lb_mem_free(b);
  assert_int_equal(lb_mem_live(), 0);
  assert_int_equal(lb_mem_bytes(), bytes);
  lb_mem_free(NULL);
}

static void test_peak(void **state)
{
  (void)state;
  (void)lb_mem_peak();
  char *a = lb_mem_alloc(100000), *b = lb_mem_alloc(200000);
  lb_mem_free(a);
  b = lb_mem_resize(b, 50000, 1);
  size_t held = lb_mem_bytes(), peak = lb_mem_peak();
  assert_true(held >= 50000 && held < 100000);
  assert_true(peak >= 300000 && peak < 310000);
  assert_int_equal(lb_mem_peak(), held); /* begins anew */
  b = lb_mem_resize(b, 400000, 1);
  lb_mem_free(b);
  peak = lb_mem_peak();
  assert_true(peak >= 400000 && peak < 460000);
  assert_int_equal(lb_mem_peak(), 0);
}

static void test_nothing_is_a_block(void **state)
{
  (void)state;
  void *a = lb_mem_alloc(0), *b = lb_mem_array(0, 8), *c = lb_mem_zero(8, 0);
  assert_non_null(a);
  assert_non_null(b);
  assert_non_null(c);
  assert_ptr_not_equal(a, b);
  a = lb_mem_resize(a, 0, 4);
  assert_non_null(a);
  lb_mem_free(a);
  lb_mem_free(b);
  lb_mem_free(c);
}

static void test_overflow_is_refused(void **state)
{
  (void)state;
  volatile size_t huge = SIZE_MAX; /* volatile: the compiler would warn of the obvious */
  assert_null(lb_mem_alloc(huge));
  assert_null(lb_mem_array(huge / 2, 3));
  assert_null(lb_mem_zero(huge / 8 + 2, 8)); /* wraps to 8 bytes */
  assert_null(lb_mem_text("x", huge));
  char *block = lb_mem_text("kept", 4);
  assert_null(lb_mem_resize(block, huge / 4, 8));
  assert_string_equal(block, "kept");
  lb_mem_free(block);
}

static void test_zeroed(void **state)
{
  (void)state;
  unsigned char *block = lb_mem_zero(1000, 3);
  for (size_t i = 0; i < 3000; i++) assert_int_equal(block[i], 0);
  lb_mem_free(block);
}

static void test_resize_keeps_contents(void **state)
{
  (void)state;
  int *a = lb_mem_resize(NULL, 4, sizeof *a);
  for (int i = 0; i < 4; i++) a[i] = i;
  a = lb_mem_resize(a, 4000, sizeof *a);
  for (int i = 0; i < 4; i++) assert_int_equal(a[i], i);
  assert_int_equal(lb_mem_live(), 1);
  a = lb_mem_resize(a, 2, sizeof *a);
  assert_int_equal(a[1], 1);
  lb_mem_free(a);
  assert_int_equal(lb_mem_bytes(), 0);
}

static void test_text_copy(void **state)
{
  (void)state;
  char *copy = lb_mem_text("a\0b", 3), *empty = lb_mem_text(NULL, 0);
  assert_memory_equal(copy, "a\0b", 4);
  assert_string_equal(empty, "");
  lb_mem_free(copy);
  lb_mem_free(empty);
}

static void test_fails_on_demand(void **state)
{
  (void)state;
  lb_mem_fail_after(2);
  void *a = lb_mem_alloc(1), *b = lb_mem_zero(1, 1);
  assert_non_null(a);
  assert_non_null(b);
  assert_null(lb_mem_alloc(1));
  assert_null(lb_mem_resize(a, 2, 1)); /* and a is still ours */
  assert_null(lb_mem_text("x", 1));
  assert_int_equal(lb_mem_live(), 2);
  lb_mem_fail_after(-1);
  void *c = lb_mem_alloc(1);
  assert_non_null(c);
  lb_mem_free(a);
  lb_mem_free(b);
  lb_mem_free(c);
}

static void test_trim_gives_back_what_waits(void **state)
{
  (void)state;
  size_t size = (size_t)1 << 20;
  (void)lb_mem_trim();
  void *block = lb_mem_alloc(size);
  assert_non_null(block);
  assert_int_equal(lb_mem_trim(), 0); /* a block in use does not wait */
  lb_mem_free(block);
#ifndef __SANITIZE_ADDRESS__
  assert_true(lb_mem_trim() >= size);
#endif
  assert_int_equal(lb_mem_trim(), 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      LB_TEST(test_counts_blocks_and_bytes),
      LB_TEST(test_peak),
      LB_TEST(test_nothing_is_a_block),
      LB_TEST(test_overflow_is_refused),
      LB_TEST(test_zeroed),
      LB_TEST(test_resize_keeps_contents),
      LB_TEST(test_text_copy),
      LB_TEST(test_fails_on_demand),
      LB_TEST(test_trim_gives_back_what_waits),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
