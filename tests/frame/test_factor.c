/* test_factor.c - factors made from other columns, levels reordered and dropped, wrong levels
 * refused. */
#include "base/interrupt.h"
#include "columns.h"

static const char *const ARMS[] = {"TAE", "TACE", "SIRT"};

/* The levels are these, in this order. */
static void levels_are(const lb_column *factor, size_t n, const char *const *want)
{
  assert_int_equal(lb_column_type(factor), LB_FACTOR);
  assert_int_equal(lb_column_level_count(factor), n);
  for (size_t i = 0; i < n; i++) CELL_IS(lb_column_levels(factor), i, want[i]);
}

static void test_from_text(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_column *text = texts(6, (const char *const[]){"b", NULL, "ab", "b", "", "B"}), *factor = NULL;
  LB_OK_OR_FAIL(lb_column_to_factor(text, NULL, 0, false, &factor, &err), err);
  levels_are(factor, 4, (const char *const[]){"", "B", "ab", "b"}); /* by bytes */
  assert_int_equal(lb_column_missing(factor), 1);
  for (size_t i = 0; i < 6; i++) {
    size_t length;
    if (i != 1) {
      const char *cell = lb_column_text(text, i, &length);
      char want[8] = {0};
      memcpy(want, cell, length);
      CELL_IS(factor, i, want);
    }
  }
  CELL_IS(factor, 1, NULL);
  lb_column_release(factor);
  lb_column_release(text);
}

static void test_from_integer_in_numeric_order(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_column *factor = NULL;
  lb_column *ecog = integers(6, (const int64_t[]){10, 2, -1, 2, INT64_MIN, INT64_MAX}, "x-xxxx");
  LB_OK_OR_FAIL(lb_column_to_factor(ecog, NULL, 0, true, &factor, &err), err);
  levels_are(factor, 5,
             (const char *const[]){"-9223372036854775808", "-1", "2", "10", "9223372036854775807"});
  assert_true(lb_column_ordered(factor));
  CELL_IS(factor, 0, "10");
  CELL_IS(factor, 1, NULL);
  CELL_IS(factor, 3, "2");
  lb_column_release(factor);
  lb_column_release(ecog);
}

static void test_from_logical(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_column *flag = logicals("t-t"), *factor = NULL;
  LB_OK_OR_FAIL(lb_column_to_factor(flag, NULL, 0, false, &factor, &err), err);
  levels_are(factor, 2, (const char *const[]){"false", "true"});
  CELL_IS(factor, 0, "true");
  CELL_IS(factor, 1, NULL);
  lb_column_release(factor);
  /* A value that no row has needs no level. */
  LB_OK_OR_FAIL(lb_column_to_factor(flag, (const char *const[]){"true"}, 1, false, &factor, &err),
                err);
  levels_are(factor, 1, (const char *const[]){"true"});
  lb_column_release(factor);
  lb_column_release(flag);
}

static void test_from_factor(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_column *arm = factors("0-02", ARMS, 3), *factor = NULL;
  LB_OK_OR_FAIL(lb_column_to_factor(arm, NULL, 0, true, &factor, &err), err);
  levels_are(factor, 3, ARMS);
  assert_true(lb_column_ordered(factor));
  CELL_IS(factor, 3, "SIRT");
  lb_column_release(factor);
  static const char *const OTHERS[] = {"SIRT", "none", "TAE"};
  LB_OK_OR_FAIL(lb_column_to_factor(arm, OTHERS, 3, false, &factor, &err), err);
  levels_are(factor, 3, OTHERS);
  CELL_IS(factor, 0, "TAE");
  CELL_IS(factor, 1, NULL);
  CELL_IS(factor, 3, "SIRT");
  lb_column_release(factor);
  lb_column_release(arm);
}

static void test_levels_given(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_column *text = texts(3, (const char *const[]){"SIRT", "TAE", NULL}), *factor = NULL;
  LB_OK_OR_FAIL(lb_column_to_factor(text, ARMS, 3, false, &factor, &err), err);
  levels_are(factor, 3, ARMS);
  assert_int_equal(lb_column_codes(factor)[0], 2);
  lb_column_release(factor);
  lb_column_release(text);
  lb_column *grade = integers(2, (const int64_t[]){3, 1}, NULL);
  static const char *const GRADES[] = {"1", "2", "3"};
  LB_OK_OR_FAIL(lb_column_to_factor(grade, GRADES, 3, true, &factor, &err), err);
  assert_int_equal(lb_column_codes(factor)[0], 2);
  assert_int_equal(lb_column_codes(factor)[1], 0);
  lb_column_release(factor);
  lb_column_release(grade);
}

static void test_values_that_are_no_level(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_column *text = texts(5, (const char *const[]){"A", "Smith", "Jones", "Smith", "C"});
  lb_column *factor = NULL;
  static const char *const AB[] = {"A", "B"};
  assert_int_equal(lb_column_to_factor(text, AB, 2, false, &factor, &err), LB_ENAME);
  assert_string_equal(err.message, "3 values are not among the levels given (A, B)");
  assert_non_null(strstr(err.context, "4 rows"));
  assert_null(strstr(err.context, "Smith")); /* a cell's text stays private */
  assert_int_equal(lb_column_to_factor(text, AB, 0, false, &factor, &err), LB_ENAME);
  assert_string_equal(err.message, "4 values are not among the levels given (none)");
  assert_int_equal(
      lb_column_to_factor(text, (const char *const[]){"A", "A"}, 2, false, &factor, &err), LB_EARG);
  assert_null(factor);
  lb_column_release(text);
}

static void test_types_refused(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_column *x = reals(1, (const double[]){1}, NULL), *made = NULL;
  assert_int_equal(lb_column_to_factor(x, NULL, 0, false, &made, &err), LB_ETYPE);
  assert_int_equal(lb_column_relevel(x, ARMS, 1, &made, &err), LB_ETYPE);
  assert_int_equal(lb_column_drop_levels(x, &made, &err), LB_ETYPE);
  assert_null(made);
  lb_column_release(x);
}

static void test_relevel(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_column *arm = factors("012-", ARMS, 3), *labelled = NULL, *made = NULL;
  LB_OK_OR_FAIL(lb_column_with_label(arm, "Treatment", NULL, &labelled, &err), err);
  LB_OK_OR_FAIL(lb_column_relevel(labelled, (const char *const[]){"SIRT"}, 1, &made, &err), err);
  levels_are(made, 3, (const char *const[]){"SIRT", "TAE", "TACE"});
  for (size_t i = 0; i < 3; i++) CELL_IS(made, i, ARMS[i]); /* rows keep their text */
  CELL_IS(made, 3, NULL);
  assert_string_equal(lb_column_label(made), "Treatment");
  lb_column_release(made);
  made = NULL;
  assert_int_equal(lb_column_relevel(arm, (const char *const[]){"SIRR"}, 1, &made, &err), LB_ENAME);
  assert_string_equal(err.message, "no level 'SIRR' (did you mean 'SIRT'?)");
  assert_int_equal(lb_column_relevel(arm, (const char *const[]){"TAE", "TAE"}, 2, &made, &err),
                   LB_EARG);
  assert_null(made);
  lb_column_release(labelled);
  lb_column_release(arm);
}

static void test_drop_levels(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_column *arm = factors("2-0", ARMS, 3), *made = NULL, *again = NULL;
  LB_OK_OR_FAIL(lb_column_drop_levels(arm, &made, &err), err);
  levels_are(made, 2, (const char *const[]){"TAE", "SIRT"});
  CELL_IS(made, 0, "SIRT");
  CELL_IS(made, 1, NULL);
  CELL_IS(made, 2, "TAE");
  LB_OK_OR_FAIL(lb_column_drop_levels(made, &again, &err), err);
  assert_ptr_equal(again, made); /* nothing to drop: nothing copied */
  lb_column_release(again);
  lb_column_release(made);
  lb_column_release(arm);
  arm = factors("---", ARMS, 3);
  LB_OK_OR_FAIL(lb_column_drop_levels(arm, &made, &err), err);
  assert_int_equal(lb_column_level_count(made), 0);
  assert_int_equal(lb_column_missing(made), 3);
  lb_column_release(made);
  lb_column_release(arm);
}

static void test_no_rows(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_column *none = texts(0, NULL), *made = NULL;
  LB_OK_OR_FAIL(lb_column_to_factor(none, NULL, 0, false, &made, &err), err);
  assert_int_equal(lb_column_level_count(made), 0);
  lb_column_release(made);
  LB_OK_OR_FAIL(lb_column_to_factor(none, ARMS, 3, false, &made, &err), err);
  levels_are(made, 3, ARMS);
  lb_column_release(made);
  lb_column_release(none);
}

typedef lb_status (*conversion)(const lb_column *column, lb_column **out, lb_error *err);

static lb_status to_own_levels(const lb_column *column, lb_column **out, lb_error *err)
{
  return lb_column_to_factor(column, NULL, 0, false, out, err);
}
static lb_status to_given_levels(const lb_column *column, lb_column **out, lb_error *err)
{
  return lb_column_to_factor(column, ARMS, 3, false, out, err);
}
static lb_status relevelled(const lb_column *column, lb_column **out, lb_error *err)
{
  return lb_column_relevel(column, &ARMS[2], 1, out, err);
}

static void fails_cleanly(conversion convert, const lb_column *column)
{
  size_t before = lb_mem_live();
  lb_status st = LB_ENOMEM;
  for (long k = 0; st != LB_OK; k++) {
    lb_error err = {0};
    lb_column *made = NULL;
    lb_mem_fail_after(k);
    st = convert(column, &made, &err);
    lb_mem_fail_after(-1);
    assert_true(st == LB_OK || (st == LB_ENOMEM && made == NULL));
    lb_column_release(made);
    assert_int_equal(lb_mem_live(), before);
  }
}

static void test_out_of_memory(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_column *arm = factors("02-", ARMS, 3), *labelled = NULL;
  lb_column *text = texts(3, (const char *const[]){"SIRT", NULL, "TAE"});
  LB_OK_OR_FAIL(lb_column_with_label(arm, "Treatment", NULL, &labelled, &err), err);
  fails_cleanly(to_own_levels, text);
  fails_cleanly(to_given_levels, text);
  fails_cleanly(to_own_levels, labelled);
  fails_cleanly(to_given_levels, labelled);
  fails_cleanly(relevelled, labelled);
  fails_cleanly(lb_column_drop_levels, labelled);
  lb_column_release(text);
  lb_column_release(labelled);
  lb_column_release(arm);
}

static void test_interrupted(void **state)
{
  (void)state;
  lb_error err = {0};
  const char *const texts[] = {"a", "b", "a"};
  lb_column *text = NULL, *factor = NULL;
  LB_OK_OR_FAIL(lb_column_from_texts(texts, 3, &text, &err), err);
  lb_interrupt_raise();
  assert_int_equal(lb_column_to_factor(text, NULL, 0, false, &factor, &err), LB_EINTR);
  lb_interrupt_clear();
  assert_null(factor);
  lb_column_release(text);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      LB_TEST(test_from_text),     LB_TEST(test_from_integer_in_numeric_order),
      LB_TEST(test_from_logical),  LB_TEST(test_from_factor),
      LB_TEST(test_levels_given),  LB_TEST(test_values_that_are_no_level),
      LB_TEST(test_types_refused), LB_TEST(test_relevel),
      LB_TEST(test_drop_levels),   LB_TEST(test_no_rows),
      LB_TEST(test_out_of_memory), LB_TEST(test_interrupted),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
