/* test_progress_wiring.c - the long loops say how far they are: a csv text by bytes, a long sort and
 * a join by rows; the last step is the whole, and each begin has its end. */
#include "check.h"

#include "base/interrupt.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "base/str.h"
#include "frame/join.h"
#include "frame/order.h"
#include "io/csv.h"

enum { CSV_ROWS = 200000, SORT_ROWS = 1200000 };

static char label[64];
static uint64_t done, total;
static int n_steps, n_ends;

static void watch(lb_progress now) /* one thread only: the tests set it */
{
  if (now.label == NULL) {
    n_ends++;
    return;
  }
  snprintf(label, sizeof label, "%s", now.label);
  n_steps += now.done > 0;
  done = now.done;
  total = now.total;
}

static int set_up(void **state)
{
  (void)state;
  label[0] = '\0';
  done = total = 0;
  n_steps = n_ends = 0;
  lb_threads_set(1);
  lb_progress_set_watch(watch);
  return 0;
}

static int tear_down(void **state)
{
  lb_progress_set_watch(NULL);
  lb_threads_set(0);
  lb_interrupt_clear();
  return lb_no_leak(state);
}

static void make_text(lb_str *s)
{
  lb_str_puts(s, "id,x\n");
  for (int i = 0; i < CSV_ROWS; i++) lb_str_addf(s, "%d,%d\n", i, i % 977);
  assert_false(s->failed);
}

static void test_csv_by_bytes(void **state)
{
  (void)state;
  lb_str s = {0};
  lb_error err = {0};
  lb_frame *frame = NULL;
  make_text(&s);
  LB_OK_OR_FAIL(lb_csv_read(s.data, s.length, NULL, &frame, NULL, &err), err);
  assert_string_equal(label, "reading csv");
  assert_int_equal(total, s.length);
  assert_true(done > s.length - 100 && done <= s.length); /* the header is not read again */
  assert_true(n_steps > 2);
  assert_int_equal(n_ends, 1);
  lb_frame_release(frame);
  lb_str_reset(&s);
}

static void test_csv_that_is_interrupted_ends(void **state)
{
  (void)state;
  lb_str s = {0};
  lb_error err = {0};
  lb_frame *frame = NULL;
  make_text(&s);
  lb_interrupt_raise();
  assert_int_equal(lb_csv_read(s.data, s.length, NULL, &frame, NULL, &err), LB_EINTR);
  lb_interrupt_clear();
  n_ends = 0;
  lb_progress_begin("next", 1); /* seen: nothing is left open */
  assert_string_equal(label, "next");
  lb_progress_end();
  assert_int_equal(n_ends, 1);
  lb_str_reset(&s);
}

static lb_frame *numbers(size_t n)
{
  lb_error err = {0};
  lb_frame *frame = NULL;
  lb_column *column = NULL;
  int64_t *values = lb_mem_array(n, sizeof *values);
  assert_non_null(values);
  for (size_t i = 0; i < n; i++) values[i] = (int64_t)(i * 7919 % n);
  LB_OK_OR_FAIL(lb_column_new(LB_INTEGER, n, values, NULL, &column, &err), err);
  LB_OK_OR_FAIL(lb_frame_new(n, NULL, &frame, &err), err);
  LB_OK_OR_FAIL(lb_frame_add(frame, "x", column, &err), err);
  lb_column_release(column);
  return frame;
}

static void sort(size_t n)
{
  lb_error err = {0};
  lb_frame *frame = numbers(n);
  lb_row *order = lb_mem_array(n, sizeof *order);
  const lb_sort_key key = {.column = 0};
  assert_non_null(order);
  LB_OK_OR_FAIL(lb_frame_order(frame, &key, 1, false, order, &err), err);
  lb_mem_free(order);
  lb_frame_release(frame);
}

static void test_long_sort_by_rows(void **state)
{
  (void)state;
  sort(SORT_ROWS);
  assert_string_equal(label, "sorting");
  assert_int_equal(total, SORT_ROWS);
  assert_int_equal(n_ends, 1);
}

static void test_short_sort_is_silent(void **state)
{
  (void)state;
  sort(1000);
  assert_int_equal(n_ends, 0);
}

static void test_join_by_rows(void **state)
{
  (void)state;
  enum { N = 300000 };
  lb_error err = {0};
  lb_frame *frame = numbers(N);
  const size_t columns[] = {0};
  const lb_key_pair pair = {frame, frame, columns, columns, 1};
  lb_row_pairs pairs = {0};
  LB_OK_OR_FAIL(lb_join_rows(&pair, LB_JOIN_INNER, false, &pairs, &err), err);
  assert_string_equal(label, "joining");
  assert_int_equal(total, N);
  assert_true(n_steps >= 1 && done <= N);
  assert_int_equal(n_ends, 1);
  lb_row_pairs_reset(&pairs);
  lb_frame_release(frame);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_csv_by_bytes),      TEST(test_csv_that_is_interrupted_ends),
      TEST(test_long_sort_by_rows), TEST(test_short_sort_is_silent),
      TEST(test_join_by_rows),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
