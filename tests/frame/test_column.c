/* test_column.c - columns of every type: what goes in comes out, missing rows, gather, labels. */
#include "columns.h"

#include "base/interrupt.h"

#define N_TYPES 7

/* Four rows of each type; row 1 is missing. */
static lb_column *sample(lb_type type)
{
  static const char *const LEVELS[] = {"TAE", "TACE", "SIRT"};
  switch (type) {
  case LB_REAL:
    return reals(4, (const double[]){1.5, 9, -0.0, (double)INFINITY}, "x-xx");
  case LB_INTEGER:
    return integers(4, (const int64_t[]){1, 9, INT64_MIN, INT64_MAX}, "x-xx");
  case LB_LOGICAL:
    return logicals("t-ft");
  case LB_FACTOR:
    return factors("2-00", LEVELS, 3);
  case LB_TEXT:
    return texts(4, (const char *const[]){"liver", NULL, "", "d\xc3\xbcnn"});
  case LB_DATE:
    return dates(4, (const int32_t[]){0, 9, -1, 19782}, "x-xx");
  case LB_DATETIME:
    return datetimes(4, (const int64_t[]){0, 9, -1, 5}, "x-xx");
  }
  return NULL;
}

/* Same type and same cell, text or number, missing or not. */
static void cells_equal(const lb_column *a, size_t i, const lb_column *b, size_t j)
{
  bool present = lb_is_valid(lb_column_valid(a), i);
  assert_int_equal(present, lb_is_valid(lb_column_valid(b), j));
  if (!present) return;
  if (lb_column_type(a) == LB_TEXT || lb_column_type(a) == LB_FACTOR) {
    size_t n, m;
    const char *x = lb_column_text(a, i, &n), *y = lb_column_text(b, j, &m);
    assert_int_equal(n, m);
    assert_memory_equal(x, y, n);
  } else {
    double x = lb_column_number(a, i), y = lb_column_number(b, j);
    assert_true(x == y || (isnan(x) && isnan(y)));
  }
}

static void test_type_names(void **state)
{
  (void)state;
  lb_type type = LB_REAL;
  for (int t = 0; t < N_TYPES; t++) {
    assert_true(lb_type_from_name(lb_type_name((lb_type)t), &type));
    assert_int_equal(type, t);
  }
  assert_string_equal(lb_type_name(LB_DATETIME), "datetime");
  assert_false(lb_type_from_name("double", &type));
  assert_int_equal(type, LB_DATETIME);
}

static void test_every_type_holds_its_rows(void **state)
{
  (void)state;
  for (int t = 0; t < N_TYPES; t++) {
    lb_column *column = sample((lb_type)t);
    assert_int_equal(lb_column_type(column), t);
    assert_int_equal(lb_column_length(column), 4);
    assert_int_equal(lb_column_missing(column), 1);
    assert_false(lb_is_valid(lb_column_valid(column), 1));
    assert_true(lb_is_valid(lb_column_valid(column), 2));
    assert_true(lb_column_bytes(column) > 4);
    assert_null(lb_column_label(column));
    assert_null(lb_column_unit(column));
    lb_column_release(column);
  }
  lb_column_release(NULL);
}

static void test_values(void **state)
{
  (void)state;
  lb_column *column = sample(LB_REAL);
  assert_true(lb_column_real(column)[0] == 1.5);
  assert_true(isnan(lb_column_number(column, 1)));
  assert_true(lb_column_number(column, 3) == (double)INFINITY);
  lb_column_release(column);
  column = sample(LB_INTEGER);
  assert_true(lb_column_integer(column)[3] == INT64_MAX);
  assert_true(lb_column_number(column, 2) == -0x1p63);
  lb_column_release(column);
  column = sample(LB_LOGICAL);
  assert_true(lb_bit_get(lb_column_logical(column), 0));
  assert_true(lb_column_number(column, 2) == 0 && lb_column_number(column, 3) == 1);
  lb_column_release(column);
  column = sample(LB_FACTOR);
  assert_int_equal(lb_column_codes(column)[0], 2);
  assert_int_equal(lb_column_level_count(column), 3);
  assert_false(lb_column_ordered(column));
  CELL_IS(column, 0, "SIRT");
  CELL_IS(column, 1, NULL);
  CELL_IS(lb_column_levels(column), 1, "TACE");
  assert_true(lb_column_number(column, 0) == 2);
  lb_column_release(column);
  column = sample(LB_TEXT);
  CELL_IS(column, 0, "liver");
  CELL_IS(column, 2, "");
  CELL_IS(column, 3, "d\xc3\xbcnn");
  assert_int_equal(lb_column_level_count(column), 0);
  assert_null(lb_column_levels(column));
  lb_column_release(column);
  column = sample(LB_DATE);
  assert_int_equal(lb_column_days(column)[2], -1);
  lb_column_release(column);
}

static void test_all_present_drops_the_bitmap(void **state)
{
  (void)state;
  lb_column *column = reals(3, (const double[]){1, 2, (double)NAN}, "xxx");
  assert_null(lb_column_valid(column));
  assert_int_equal(lb_column_missing(column), 0); /* NaN is a value */
  lb_column_release(column);
}

static void test_no_rows(void **state)
{
  (void)state;
  lb_error err = {0};
  for (int t = 0; t < N_TYPES; t++) {
    lb_column *column = sample((lb_type)t), *none = NULL, *again = NULL;
    LB_OK_OR_FAIL(lb_column_gather(column, NULL, 0, &none, &err), err);
    assert_int_equal(lb_column_length(none), 0);
    assert_int_equal(lb_column_missing(none), 0);
    assert_null(lb_column_valid(none));
    LB_OK_OR_FAIL(lb_column_gather(none, (const lb_row[]){LB_NO_ROW}, 1, &again, &err), err);
    assert_int_equal(lb_column_missing(again), 1);
    lb_column_release(again);
    lb_column_release(none);
    lb_column_release(column);
  }
}

static void test_gather_and_gather_again(void **state)
{
  (void)state;
  lb_error err = {0};
  static const lb_row ROWS[] = {3, LB_NO_ROW, 0, 3, 1, 2}, AGAIN[] = {5, 4, 1, 0, LB_NO_ROW};
  for (int t = 0; t < N_TYPES; t++) {
    lb_column *column = sample((lb_type)t), *once = NULL, *twice = NULL;
    LB_OK_OR_FAIL(lb_column_gather(column, ROWS, 6, &once, &err), err);
    assert_int_equal(lb_column_type(once), t);
    assert_int_equal(lb_column_length(once), 6);
    assert_int_equal(lb_column_missing(once), 2);
    for (size_t i = 0; i < 6; i++)
      if (ROWS[i] != LB_NO_ROW) cells_equal(once, i, column, ROWS[i]);
    assert_false(lb_is_valid(lb_column_valid(once), 1));
    LB_OK_OR_FAIL(lb_column_gather(once, AGAIN, 5, &twice, &err), err);
    assert_int_equal(lb_column_missing(twice), 3);
    for (size_t i = 0; i < 4; i++) cells_equal(twice, i, once, AGAIN[i]);
    assert_ptr_equal(lb_column_levels(once), lb_column_levels(column));
    lb_column_release(twice);
    lb_column_release(once);
    lb_column_release(column);
  }
}

static void test_gather_present_rows_has_no_bitmap(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_column *column = sample(LB_TEXT), *kept = NULL;
  LB_OK_OR_FAIL(lb_column_gather(column, (const lb_row[]){0, 3}, 2, &kept, &err), err);
  assert_null(lb_column_valid(kept));
  CELL_IS(kept, 1, "d\xc3\xbcnn");
  lb_column_release(kept);
  lb_column_release(column);
}

/* More rows than one block and than the threshold for threads, against a plain loop. */
static void test_gather_many_rows(void **state)
{
  (void)state;
  lb_error err = {0};
  size_t n = 200003;
  lb_row *rows = lb_mem_array(n, sizeof *rows);
  assert_non_null(rows);
  for (size_t i = 0; i < n; i++) rows[i] = i % 11 == 3 ? LB_NO_ROW : (lb_row)(i * 7 % 4);
  for (int t = 0; t < N_TYPES; t++) {
    lb_column *column = sample((lb_type)t), *made = NULL;
    LB_OK_OR_FAIL(lb_column_gather(column, rows, n, &made, &err), err);
    for (size_t i = 0; i < n; i++) {
      if (rows[i] == LB_NO_ROW)
        assert_false(lb_is_valid(lb_column_valid(made), i));
      else
        cells_equal(made, i, column, rows[i]);
    }
    lb_column_release(made);
    lb_column_release(column);
  }
  lb_mem_free(rows);
}

static void test_gather_refuses_rows_out_of_range(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_column *column = sample(LB_REAL), *made = NULL;
  assert_int_equal(lb_column_gather(column, (const lb_row[]){0, 4}, 2, &made, &err), LB_EARG);
  assert_null(made);
  lb_column_release(column);
}

static void test_interrupted_gather(void **state)
{
  (void)state;
  for (int t = 0; t < N_TYPES; t++) {
    lb_error err = {0};
    lb_column *column = sample((lb_type)t), *made = NULL;
    size_t before = lb_mem_live();
    lb_interrupt_raise();
    lb_status st = lb_column_gather(column, (const lb_row[]){0, 1}, 2, &made, &err);
    lb_interrupt_clear();
    assert_int_equal(st, LB_EINTR);
    assert_null(made);
    assert_int_equal(lb_mem_live(), before);
    lb_column_release(column);
  }
}

static void test_label_shares_the_values(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_column *column = sample(LB_REAL), *labelled = NULL, *again = NULL, *bare = NULL;
  LB_OK_OR_FAIL(lb_column_with_label(column, "Chromogranin A", "ng/mL", &labelled, &err), err);
  assert_ptr_equal(lb_column_real(labelled), lb_column_real(column));
  assert_ptr_equal(lb_column_valid(labelled), lb_column_valid(column));
  assert_int_equal(lb_column_missing(labelled), 1);
  assert_string_equal(lb_column_label(labelled), "Chromogranin A");
  assert_string_equal(lb_column_unit(labelled), "ng/mL");
  assert_null(lb_column_label(column));
  LB_OK_OR_FAIL(lb_column_with_label(labelled, "CgA", NULL, &again, &err), err);
  LB_OK_OR_FAIL(lb_column_with_label(again, NULL, NULL, &bare, &err), err);
  lb_column_release(labelled);
  lb_column_release(column); /* the labelled ones keep the values alive */
  assert_string_equal(lb_column_label(again), "CgA");
  assert_null(lb_column_unit(again));
  assert_true(lb_column_real(again)[0] == 1.5);
  lb_column_release(again);
  assert_null(lb_column_label(bare));
  assert_true(lb_column_real(bare)[0] == 1.5);
  lb_column_release(bare);
}

/* Relabelling again and again keeps only the last label alive. */
static void test_relabelling_builds_no_chain(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_column *column = sample(LB_REAL);
  size_t before = 0;
  for (int i = 0; i < 10; i++) {
    lb_column *next = NULL;
    LB_OK_OR_FAIL(lb_column_with_label(column, "CgA", "ng/mL", &next, &err), err);
    lb_column_release(column);
    column = next;
    if (i > 0) assert_int_equal(lb_mem_live(), before);
    before = lb_mem_live();
  }
  lb_column_release(column);
}

static void test_gather_keeps_label_and_levels(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_column *column = sample(LB_FACTOR), *labelled = NULL, *made = NULL;
  LB_OK_OR_FAIL(lb_column_with_label(column, "Treatment", NULL, &labelled, &err), err);
  lb_column_release(column);
  LB_OK_OR_FAIL(lb_column_gather(labelled, (const lb_row[]){3, 0}, 2, &made, &err), err);
  lb_column_release(labelled);
  assert_string_equal(lb_column_label(made), "Treatment");
  CELL_IS(made, 0, "TAE");
  CELL_IS(made, 1, "SIRT");
  lb_column_release(made);
}

static void test_factor_refuses_wrong_codes_and_levels(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_column *levels = texts(2, (const char *const[]){"no", "yes"}), *made = NULL;
  lb_column *repeated = texts(2, (const char *const[]){"no", "no"});
  lb_column *with_missing = texts(2, (const char *const[]){"no", NULL});
  lb_column *const wrong[] = {levels, repeated, with_missing};
  for (size_t i = 0; i < 3; i++) {
    int32_t *codes = lb_mem_zero(2, sizeof *codes);
    assert_non_null(codes);
    if (i == 0) codes[1] = 2;
    assert_int_equal(lb_column_new_factor(2, codes, wrong[i], false, NULL, &made, &err), LB_EARG);
    assert_null(made);
  }
  lb_column_release(levels);
  lb_column_release(repeated);
  lb_column_release(with_missing);
}

/* Every constructor, gather and relabelling with each allocation failing in turn. */
static void test_out_of_memory(void **state)
{
  (void)state;
  for (int t = 0; t < N_TYPES; t++) {
    lb_error err = {0};
    lb_column *column = sample((lb_type)t), *labelled = NULL;
    LB_OK_OR_FAIL(lb_column_with_label(column, "label", "unit", &labelled, &err), err);
    size_t before = lb_mem_live();
    lb_status st = LB_ENOMEM;
    for (long k = 0; st != LB_OK; k++) {
      lb_column *made = NULL;
      lb_mem_fail_after(k);
      st = lb_column_gather(labelled, (const lb_row[]){3, LB_NO_ROW, 1}, 3, &made, &err);
      lb_mem_fail_after(-1);
      assert_true(st == LB_OK || (st == LB_ENOMEM && made == NULL));
      lb_column_release(made);
      assert_int_equal(lb_mem_live(), before);
    }
    lb_column_release(labelled);
    lb_column_release(column);
  }
}

static void test_failed_new_frees_what_it_took(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_column *levels = texts(1, (const char *const[]){"a"}), *made = NULL;
  size_t before = lb_mem_live();
  for (int t = 0; t < N_TYPES; t++) {
    int64_t *values = lb_mem_zero(3, sizeof *values); /* large enough for two rows of any type */
    char *bytes = lb_mem_alloc(0);
    uint8_t *valid = lb_bitmap_new(2, false);
    lb_mem_fail_after(0);
    lb_status st;
    if (t == LB_TEXT) {
      st = lb_column_new_text(2, values, bytes, valid, &made, &err);
    } else {
      lb_mem_free(bytes);
      st = t == LB_FACTOR
               ? lb_column_new_factor(2, (int32_t *)values, levels, false, valid, &made, &err)
               : lb_column_new((lb_type)t, 2, values, valid, &made, &err);
    }
    lb_mem_fail_after(-1);
    assert_int_equal(st, LB_ENOMEM);
    assert_null(made);
    assert_int_equal(lb_mem_live(), before);
  }
  lb_column_release(levels);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      LB_TEST(test_type_names),
      LB_TEST(test_every_type_holds_its_rows),
      LB_TEST(test_values),
      LB_TEST(test_all_present_drops_the_bitmap),
      LB_TEST(test_no_rows),
      LB_TEST(test_gather_and_gather_again),
      LB_TEST(test_gather_present_rows_has_no_bitmap),
      LB_TEST(test_gather_many_rows),
      LB_TEST(test_gather_refuses_rows_out_of_range),
      LB_TEST(test_interrupted_gather),
      LB_TEST(test_label_shares_the_values),
      LB_TEST(test_relabelling_builds_no_chain),
      LB_TEST(test_gather_keeps_label_and_levels),
      LB_TEST(test_factor_refuses_wrong_codes_and_levels),
      LB_TEST(test_out_of_memory),
      LB_TEST(test_failed_new_frees_what_it_took),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
