/* test_reshape.c - columns below each other, filled, spread, compared, levels renamed: closed cases
 * and memory that fails. */
#include "columns.h"

#include "frame/concat.h"
#include "frame/levels.h"
#include "frame/reshape.h"

static lb_column *labelled(lb_column *column, const char *label, const char *unit)
{
  lb_error err = {0};
  lb_column *out = NULL;
  LB_OK_OR_FAIL(lb_column_with_label(column, label, unit, &out, &err), err);
  lb_column_release(column);
  return out;
}

static void release(lb_column *const *columns, size_t n)
{
  for (size_t i = 0; i < n; i++) lb_column_release(columns[i]);
}

static void test_types_reconciled(void **state)
{
  (void)state;
  lb_error err = {0};
  static const char *const LOW[] = {"low", "high"}, *const HIGH[] = {"high", "top"};
  lb_column *c[] = {labelled(integers(2, (const int64_t[]){1, 2}, "x-"), NULL, NULL),
                    labelled(reals(2, (const double[]){0.5, 7}, NULL), "Dose", "mg"),
                    factors("01-", LOW, 2),
                    factors("10", HIGH, 2),
                    texts(1, (const char *const[]){"x"}),
                    logicals("--"),
                    labelled(reals(1, (const double[]){1}, NULL), NULL, "g"),
                    dates(1, (const int32_t[]){3}, NULL)};
  lb_column *out = NULL;
  LB_OK_OR_FAIL(lb_columns_concat((const lb_column *[]){c[0], c[1]}, 2, &out, &err), err);
  assert_int_equal(lb_column_type(out), LB_REAL);
  LB_NEAR(lb_column_number(out, 0), 1, 0);
  LB_NEAR(lb_column_number(out, 1), (double)NAN, 0);
  LB_NEAR(lb_column_number(out, 3), 7, 0);
  assert_string_equal(lb_column_label(out), "Dose");
  assert_string_equal(lb_column_unit(out), "mg");
  lb_column_release(out);
  LB_OK_OR_FAIL(lb_columns_concat((const lb_column *[]){c[2], c[5], c[3]}, 3, &out, &err), err);
  assert_int_equal(lb_column_level_count(out), 3);
  CELL_IS(out, 1, "high");
  CELL_IS(out, 2, NULL);
  CELL_IS(out, 4, NULL);
  CELL_IS(out, 5, "top");
  CELL_IS(out, 6, "high");
  assert_int_equal(lb_column_codes(out)[6], 1);
  lb_column_release(out);
  LB_OK_OR_FAIL(lb_columns_concat((const lb_column *[]){c[2], c[4]}, 2, &out, &err), err);
  assert_int_equal(lb_column_type(out), LB_TEXT);
  CELL_IS(out, 0, "low");
  CELL_IS(out, 3, "x");
  lb_column_release(out);
  out = NULL;
  assert_int_equal(lb_columns_concat((const lb_column *[]){c[1], c[6]}, 2, &out, &err), LB_EDATA);
  assert_int_equal(lb_columns_concat((const lb_column *[]){c[1], c[7]}, 2, &out, &err), LB_ETYPE);
  assert_null(out);
  release(c, 8);
}

static lb_frame *visits(void)
{
  lb_error err = {0};
  lb_frame *frame = NULL;
  lb_column *c[] = {texts(5, (const char *const[]){"b", "a", "b", "a", "c"}),
                    integers(5, (const int64_t[]){2, 1, 1, 2, 1}, NULL),
                    labelled(reals(5, (const double[]){1, 2, 3, 4, 5}, "x-xxx"), "CgA", "ng/mL")};
  LB_OK_OR_FAIL(lb_frame_new(5, NULL, &frame, &err), err);
  LB_OK_OR_FAIL(lb_frame_add(frame, "id", c[0], &err), err);
  LB_OK_OR_FAIL(lb_frame_add(frame, "visit", c[1], &err), err);
  LB_OK_OR_FAIL(lb_frame_add(frame, "cga", c[2], &err), err);
  release(c, 3);
  return frame;
}

static void test_spread_and_fill(void **state)
{
  (void)state;
  static const size_t ID = 0, VISIT = 1;
  lb_error err = {0};
  lb_frame *f = visits();
  lb_spread s = {0};
  lb_spread_columns columns = {&ID, &VISIT, 1, 1};
  LB_OK_OR_FAIL(lb_frame_spread(f, &columns, &s, &err), err);
  assert_int_equal(s.n_rows, 3);
  assert_int_equal(s.n_names, 2);
  assert_int_equal(s.n_duplicates, 0);
  assert_memory_equal(s.first, ((const lb_row[]){0, 1, 4}), 3 * sizeof(lb_row));
  assert_memory_equal(s.row, ((const lb_row[]){2, 1, 4, 0, 3, LB_NO_ROW}), 6 * sizeof(lb_row));
  lb_spread_reset(&s);
  columns.n_names = 0; /* one place: both visits of a and b want it */
  LB_OK_OR_FAIL(lb_frame_spread(f, &columns, &s, &err), err);
  assert_int_equal(s.n_duplicates, 2);
  lb_spread_reset(&s);
  lb_column *filled = NULL;
  size_t n = 0;
  LB_OK_OR_FAIL(lb_frame_fill(f, 2, &(lb_fill){&ID, 1, true}, &filled, &n, &err), err);
  assert_int_equal(n, 1);
  LB_NEAR(lb_column_number(filled, 1), 4, 0);
  assert_string_equal(lb_column_unit(filled), "ng/mL");
  lb_column_release(filled);
  LB_OK_OR_FAIL(lb_frame_fill(f, 2, &(lb_fill){&ID, 1, false}, &filled, &n, &err), err);
  assert_int_equal(n, 0);
  lb_column_release(filled);
  lb_frame_release(f);
}

static void test_differ_and_levels(void **state)
{
  (void)state;
  static const char *const LEVELS[] = {"G1", "G2", "G3"};
  double nan = (double)NAN;
  lb_error err = {0};
  uint8_t *bits = NULL;
  lb_column *c[] = {reals(5, (const double[]){1, nan, 3, 0, 9007199254740993.0}, "xxx-x"),
                    integers(5, (const int64_t[]){1, 2, 3, 0, 9007199254740993}, "xxx-x"),
                    reals(5, (const double[]){1, nan, 3, 1, 0}, NULL), factors("012-0", LEVELS, 3),
                    texts(5, (const char *const[]){"G1", "G1", "G3", NULL, NULL})};
  LB_OK_OR_FAIL(lb_columns_differ(c[0], c[1], &bits, &err), err);
  assert_int_equal(bits[0], 0x12); /* NaN and 2; the integer above 2^53 is no double */
  lb_mem_free(bits);
  LB_OK_OR_FAIL(lb_columns_differ(c[0], c[2], &bits, &err), err);
  assert_int_equal(bits[0], 0x18);
  lb_mem_free(bits);
  LB_OK_OR_FAIL(lb_columns_differ(c[3], c[4], &bits, &err), err);
  assert_int_equal(bits[0], 0x12);
  lb_mem_free(bits);
  assert_int_equal(lb_columns_differ(c[0], c[4], &bits, &err), LB_ETYPE);
  lb_column *merged = NULL;
  const char *const to[] = {"low", "high", "high"}, *const gone[] = {NULL, "x", NULL};
  LB_OK_OR_FAIL(lb_column_map_levels(c[3], to, 3, &merged, &err), err);
  assert_int_equal(lb_column_level_count(merged), 2);
  CELL_IS(merged, 2, "high");
  CELL_IS(merged, 3, NULL);
  lb_column_release(merged);
  LB_OK_OR_FAIL(lb_column_map_levels(c[3], gone, 3, &merged, &err), err);
  assert_int_equal(lb_column_level_count(merged), 1);
  assert_int_equal(lb_column_missing(merged), 4);
  lb_column_release(merged);
  assert_int_equal(lb_column_map_levels(c[3], to, 2, &merged, &err), LB_EARG);
  assert_int_equal(lb_column_map_levels(c[0], to, 3, &merged, &err), LB_ETYPE);
  release(c, 5);
}

/* One operation on the frame, whatever it makes released. */
static lb_status run_one(int what, const lb_frame *f, lb_error *err)
{
  static const size_t ID = 0, VISIT = 1, ALL[] = {1, 2};
  const char *const names[] = {"p", "q", "r"}, *const to[] = {"z", NULL, "z"};
  lb_spread s = {0};
  lb_frame *frame = NULL;
  lb_column *column = NULL, *levels = NULL;
  lb_row *rows = NULL;
  size_t n;
  lb_status st = LB_OK;
  if (what == 0) st = lb_frame_append(f, f, &frame, err);
  if (what == 1) st = lb_frame_longer(f, ALL, 2, &rows, &column, err);
  if (what == 2) st = lb_frame_spread(f, &(lb_spread_columns){&ID, &VISIT, 1, 1}, &s, err);
  if (what == 3) st = lb_frame_fill(f, 2, &(lb_fill){&ID, 1, true}, &column, &n, err);
  if (what == 4) st = lb_frame_pick(f, &(lb_pick){&ID, 1, NULL, true}, &rows, &n, err);
  if (what == 5) st = lb_frame_bind(f, f, names, &frame, err);
  if (what == 6)
    st = lb_column_to_factor(lb_frame_column_source(f, 0), NULL, 0, false, &levels, err);
  if (what == 6 && st == LB_OK) st = lb_column_map_levels(levels, to, 3, &column, err);
  if (what == 7) st = lb_frame_take(f, (const lb_row[]){4, 0, 0}, 3, &frame, err);
  if (what == 7 && st == LB_OK) st = lb_frame_gather(frame, err);
  lb_spread_reset(&s);
  lb_frame_release(frame);
  lb_column_release(column);
  lb_column_release(levels);
  lb_mem_free(rows);
  return st;
}

static void test_memory(void **state)
{
  (void)state;
  lb_frame *f = visits();
  size_t before = lb_mem_live();
  for (int what = 0; what < 8; what++) {
    lb_status st = LB_ENOMEM;
    long k = 0;
    for (; st != LB_OK; k++) {
      lb_error err = {0};
      lb_mem_fail_after(k);
      st = run_one(what, f, &err);
      lb_mem_fail_after(-1);
      assert_true(st == LB_OK || st == LB_ENOMEM);
      assert_int_equal(lb_mem_live(), before);
    }
    assert_true(k > 2);
  }
  lb_frame_release(f);
}

int main(void)
{
  const struct CMUnitTest tests[] = {LB_TEST(test_types_reconciled), LB_TEST(test_spread_and_fill),
                                     LB_TEST(test_differ_and_levels), LB_TEST(test_memory)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
