/* test_builder.c - the growing text builder: rows, missing rows, none at all, no memory. */
#include "columns.h"

static void test_rows_in_order(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_text_builder b = {0};
  lb_column *column = NULL;
  lb_text_builder_add(&b, "TAE", 3);
  lb_text_builder_add_missing(&b);
  lb_text_builder_add(&b, "", 0);
  lb_text_builder_add(&b, "a\0b", 3); /* bytes, not C strings */
  LB_OK_OR_FAIL(lb_text_builder_finish(&b, &column, &err), err);
  assert_int_equal(lb_column_length(column), 4);
  assert_int_equal(lb_column_missing(column), 1);
  CELL_IS(column, 0, "TAE");
  CELL_IS(column, 1, NULL);
  CELL_IS(column, 2, "");
  size_t length;
  assert_memory_equal(lb_column_text(column, 3, &length), "a\0b", 3);
  assert_int_equal(length, 3);
  assert_null(b.offsets); /* emptied: it may be used again */
  lb_column_release(column);
}

static void test_no_row_and_all_missing(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_text_builder b = {0};
  lb_column *column = NULL;
  LB_OK_OR_FAIL(lb_text_builder_finish(&b, &column, &err), err);
  assert_int_equal(lb_column_length(column), 0);
  lb_column_release(column);
  for (int i = 0; i < 100; i++) lb_text_builder_add_missing(&b);
  LB_OK_OR_FAIL(lb_text_builder_finish(&b, &column, &err), err);
  assert_int_equal(lb_column_missing(column), 100);
  lb_column_release(column);
}

static void test_many_rows(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_column *column = NULL;
  for (size_t reserved = 0; reserved <= 1000; reserved += 500) {
    lb_text_builder b = {0};
    char text[32];
    lb_text_builder_reserve(&b, reserved, reserved);
    for (int i = 0; i < 3000; i++) {
      if (i % 7 == 0)
        lb_text_builder_add_missing(&b);
      else
        lb_text_builder_add(&b, text, (size_t)snprintf(text, sizeof text, "patient %d", i));
    }
    LB_OK_OR_FAIL(lb_text_builder_finish(&b, &column, &err), err);
    for (int i = 0; i < 3000; i++) {
      snprintf(text, sizeof text, "patient %d", i);
      CELL_IS(column, (size_t)i, i % 7 == 0 ? NULL : text);
    }
    lb_column_release(column);
  }
}

static void test_out_of_memory(void **state)
{
  (void)state;
  lb_status st = LB_ENOMEM;
  for (long k = 0; st != LB_OK; k++) {
    lb_error err = {0};
    lb_text_builder b = {0};
    lb_column *column = NULL;
    lb_mem_fail_after(k);
    for (int i = 0; i < 50; i++) {
      lb_text_builder_add(&b, "some text", 9);
      lb_text_builder_add_missing(&b);
    }
    st = lb_text_builder_finish(&b, &column, &err);
    lb_mem_fail_after(-1);
    assert_true(st == LB_OK || (st == LB_ENOMEM && column == NULL));
    lb_column_release(column);
    assert_int_equal(lb_mem_live(), 0);
  }
  lb_text_builder unused = {0};
  lb_text_builder_reset(&unused);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      LB_TEST(test_rows_in_order),
      LB_TEST(test_no_row_and_all_missing),
      LB_TEST(test_many_rows),
      LB_TEST(test_out_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
