/* test_frame.c - frames: building, names, filter chains, what is shared, what is refused. */
#include "columns.h"

#include "frame/frame.h"

/* age, arm (factor) and site (text) of five patients, read from 'nets.csv'. */
static lb_frame *sample(void)
{
  static const char *const ARMS[] = {"TAE", "SIRT"};
  static const char *const SITES[] = {"Zurich", "Oslo", NULL, "Rouen", "Oslo"};
  lb_error err = {0};
  lb_frame *frame = NULL;
  lb_column *age = reals(5, (const double[]){61, 54, 0, 70, 48}, "xx-xx");
  lb_column *arm = factors("01-10", ARMS, 2), *site = texts(5, SITES);
  LB_OK_OR_FAIL(lb_frame_new(5, "nets.csv", &frame, &err), err);
  LB_OK_OR_FAIL(lb_frame_add(frame, "age", age, &err), err);
  LB_OK_OR_FAIL(lb_frame_add(frame, "arm", arm, &err), err);
  LB_OK_OR_FAIL(lb_frame_add(frame, "site", site, &err), err);
  lb_column_release(age);
  lb_column_release(arm);
  lb_column_release(site);
  return frame;
}

static const lb_column *column_of(const lb_frame *frame, const char *name)
{
  lb_error err = {0};
  size_t i = 0;
  const lb_column *column = NULL;
  LB_OK_OR_FAIL(lb_frame_index(frame, name, strlen(name), &i, &err), err);
  LB_OK_OR_FAIL(lb_frame_column(frame, i, &column, &err), err);
  return column;
}

static lb_frame *taken(const lb_frame *frame, const lb_row *rows, size_t n)
{
  lb_error err = {0};
  lb_frame *made = NULL;
  LB_OK_OR_FAIL(lb_frame_take(frame, rows, n, &made, &err), err);
  return made;
}

static void test_build_and_look(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_frame *frame = sample();
  size_t i = 99;
  assert_int_equal(lb_frame_rows(frame), 5);
  assert_int_equal(lb_frame_columns(frame), 3);
  assert_string_equal(lb_frame_name(frame, 1), "arm");
  assert_string_equal(lb_frame_names(frame)[2], "site");
  assert_string_equal(lb_frame_source(frame), "nets.csv");
  assert_true(lb_frame_find(frame, "armed", 3, &i)); /* length counts, not the NUL */
  assert_int_equal(i, 1);
  assert_false(lb_frame_find(frame, "Arm", 3, &i));
  assert_int_equal(lb_frame_index(frame, "aeg", 3, &i, &err), LB_ENAME);
  assert_string_equal(err.message, "no column 'aeg' (did you mean 'age'?)");
  assert_int_equal(i, 1);
  assert_int_equal(lb_frame_source_row(frame, 4), 4);
  CELL_IS(column_of(frame, "site"), 3, "Rouen");
  lb_frame *same = lb_frame_retain(frame);
  lb_frame_release(frame);
  assert_int_equal(lb_frame_rows(same), 5);
  lb_frame_release(same);
  lb_frame_release(NULL);
}

static void test_refused_columns(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_frame *frame = sample(), *made = NULL;
  lb_column *five = logicals("ttttt"), *four = logicals("tttt");
  assert_int_equal(lb_frame_add(frame, "age", five, &err), LB_EARG);
  assert_string_equal(err.message, "there is already a column 'age'");
  assert_int_equal(lb_frame_add(frame, "", five, &err), LB_EARG);
  assert_int_equal(lb_frame_add(frame, "x", four, &err), LB_EARG);
  assert_string_equal(err.message, "column 'x' has 4 rows, the frame has 5");
  assert_int_equal(lb_frame_columns(frame), 3);
  assert_int_equal(lb_frame_with(frame, "", five, &made, &err), LB_EARG);
  assert_int_equal(lb_frame_with(frame, "x", four, &made, &err), LB_EARG);
  assert_int_equal(lb_frame_rename(frame, 0, "arm", &made, &err), LB_EARG);
  assert_int_equal(lb_frame_rename(frame, 0, "", &made, &err), LB_EARG);
  assert_int_equal(lb_frame_rename(frame, 3, "x", &made, &err), LB_EARG);
  assert_int_equal(lb_frame_select(frame, (const size_t[]){0, 0}, 2, &made, &err), LB_EARG);
  assert_int_equal(lb_frame_select(frame, (const size_t[]){3}, 1, &made, &err), LB_EARG);
  assert_int_equal(lb_frame_take(frame, (const lb_row[]){5}, 1, &made, &err), LB_EARG);
  assert_int_equal(lb_frame_new((size_t)UINT32_MAX + 1, NULL, &made, &err), LB_EDATA);
  assert_null(made);
  lb_column_release(five);
  lb_column_release(four);
  lb_frame_release(frame);
}

static void test_filter_chain_keeps_source_rows(void **state)
{
  (void)state;
  lb_frame *frame = sample();
  lb_frame *four = taken(frame, (const lb_row[]){0, 2, 3, 4}, 4);
  lb_frame *two = taken(four, (const lb_row[]){3, 1}, 2);
  lb_frame_release(frame);
  assert_int_equal(lb_frame_rows(two), 2);
  assert_int_equal(lb_frame_source_row(four, 1), 2);
  assert_int_equal(lb_frame_source_row(two, 0), 4);
  assert_int_equal(lb_frame_source_row(two, 1), 2);
  assert_string_equal(lb_frame_source(two), "nets.csv");
  CELL_IS(column_of(two, "site"), 0, "Oslo");
  CELL_IS(column_of(two, "site"), 1, NULL);
  CELL_IS(column_of(two, "arm"), 0, "TAE");
  LB_NEAR(lb_column_number(column_of(two, "age"), 0), 48, TOL_EXACT);
  assert_int_equal(lb_column_missing(column_of(two, "age")), 1);
  assert_ptr_equal(column_of(two, "age"), column_of(two, "age")); /* gathered once */
  lb_frame_release(four);
  lb_frame_release(two);
}

static void test_unchanged_columns_are_shared(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_frame *frame = sample(), *with = NULL, *picked = NULL, *renamed = NULL;
  const double *ages = lb_column_real(column_of(frame, "age"));
  lb_column *event = logicals("tftft");
  LB_OK_OR_FAIL(lb_frame_with(frame, "event", event, &with, &err), err);
  LB_OK_OR_FAIL(lb_frame_select(with, (const size_t[]){3, 0}, 2, &picked, &err), err);
  LB_OK_OR_FAIL(lb_frame_rename(picked, 1, "age_years", &renamed, &err), err);
  assert_ptr_equal(lb_column_real(column_of(renamed, "age_years")), ages);
  assert_ptr_equal(column_of(renamed, "event"), event);
  assert_string_equal(lb_frame_name(picked, 1), "age");
  assert_int_equal(lb_frame_columns(frame), 3); /* as it was */
  lb_frame *all = taken(frame, (const lb_row[]){0, 1, 2, 3, 4}, 5);
  assert_ptr_equal(lb_column_real(column_of(all, "age")),
                   ages); /* dropped nothing, copied nothing */
  lb_frame_release(all);
  lb_frame_release(renamed);
  lb_frame_release(picked);
  lb_frame_release(with);
  lb_frame_release(frame);
  lb_column_release(event);
}

static void test_replace_in_place(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_frame *frame = sample(), *with = NULL, *renamed = NULL;
  lb_column *arm = logicals("tftft");
  LB_OK_OR_FAIL(lb_frame_with(frame, "arm", arm, &with, &err), err);
  assert_int_equal(lb_frame_columns(with), 3);
  assert_string_equal(lb_frame_name(with, 1), "arm");
  assert_int_equal(lb_column_type(column_of(with, "arm")), LB_LOGICAL);
  assert_int_equal(lb_column_type(column_of(frame, "arm")), LB_FACTOR);
  LB_OK_OR_FAIL(lb_frame_rename(with, 1, "arm", &renamed, &err), err); /* its own name is free */
  assert_string_equal(lb_frame_name(renamed, 1), "arm");
  lb_column_release(arm);
  lb_frame_release(renamed);
  lb_frame_release(with);
  lb_frame_release(frame);
}

static void test_with_on_a_filtered_frame(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_frame *frame = sample(), *with = NULL;
  lb_frame *three = taken(frame, (const lb_row[]){4, 3, 0}, 3);
  lb_column *rank = integers(3, (const int64_t[]){10, 20, 30}, NULL);
  LB_OK_OR_FAIL(lb_frame_with(three, "rank", rank, &with, &err), err);
  lb_frame *last = taken(with, (const lb_row[]){2, 1}, 2);
  assert_int_equal(lb_column_integer(column_of(last, "rank"))[0], 30);
  assert_int_equal(lb_column_integer(column_of(last, "rank"))[1], 20);
  CELL_IS(column_of(last, "site"), 0, "Zurich");
  CELL_IS(column_of(last, "site"), 1, "Rouen");
  assert_int_equal(lb_frame_source_row(last, 0), 0);
  lb_column_release(rank);
  lb_frame_release(last);
  lb_frame_release(with);
  lb_frame_release(three);
  lb_frame_release(frame);
}

static void test_source_column_tells_without_gathering(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_frame *frame = sample(), *labelled = NULL;
  lb_column *age = NULL;
  LB_OK_OR_FAIL(
      lb_column_with_label((lb_column *)column_of(frame, "age"), "Age", "years", &age, &err), err);
  LB_OK_OR_FAIL(lb_frame_with(frame, "age", age, &labelled, &err), err);
  lb_frame *two = taken(labelled, (const lb_row[]){1, 0}, 2);
  size_t before = lb_frame_bytes(two);
  assert_string_equal(lb_column_unit(lb_frame_column_source(two, 0)), "years");
  assert_int_equal(lb_column_level_count(lb_frame_column_source(two, 1)), 2);
  assert_int_equal(lb_frame_bytes(two), before);
  assert_string_equal(lb_column_label(column_of(two, "age")), "Age"); /* gathered: label kept */
  assert_true(lb_frame_bytes(two) > before);
  lb_column_release(age);
  lb_frame_release(two);
  lb_frame_release(labelled);
  lb_frame_release(frame);
}

static void test_rows_that_are_not_there(void **state)
{
  (void)state;
  lb_frame *frame = sample();
  lb_frame *joined = taken(frame, (const lb_row[]){1, LB_NO_ROW, 1}, 3);
  lb_frame *again = taken(joined, (const lb_row[]){1, 0}, 2);
  CELL_IS(column_of(joined, "site"), 0, "Oslo");
  CELL_IS(column_of(joined, "site"), 1, NULL);
  CELL_IS(column_of(again, "site"), 0, NULL);
  assert_true(lb_frame_source_row(again, 0) == SIZE_MAX);
  assert_int_equal(lb_frame_source_row(again, 1), 1);
  lb_frame_release(again);
  lb_frame_release(joined);
  lb_frame_release(frame);
}

static void test_no_rows_no_columns(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_frame *frame = sample(), *bare = NULL, *empty = NULL;
  lb_frame *none = taken(frame, NULL, 0);
  assert_int_equal(lb_frame_rows(none), 0);
  assert_int_equal(lb_column_length(column_of(none, "site")), 0);
  LB_OK_OR_FAIL(lb_frame_select(frame, NULL, 0, &bare, &err), err);
  assert_int_equal(lb_frame_columns(bare), 0);
  assert_int_equal(lb_frame_rows(bare), 5);
  assert_non_null(lb_frame_names(bare));
  LB_OK_OR_FAIL(lb_frame_new(0, NULL, &empty, &err), err);
  assert_null(lb_frame_source(empty));
  size_t i;
  assert_false(lb_frame_find(empty, "x", 1, &i));
  lb_frame_release(empty);
  lb_frame_release(bare);
  lb_frame_release(none);
  lb_frame_release(frame);
}

/* Every column found among 10,000; quadratic work would be felt here. */
static void test_ten_thousand_columns(void **state)
{
  (void)state;
  lb_error err = {0};
  enum { N = 10000 };
  char name[32];
  lb_frame *frame = NULL, *with = NULL;
  lb_column *column = integers(2, (const int64_t[]){1, 2}, NULL);
  LB_OK_OR_FAIL(lb_frame_new(2, NULL, &frame, &err), err);
  for (int i = 0; i < N; i++) {
    snprintf(name, sizeof name, "gene_%d", i);
    LB_OK_OR_FAIL(lb_frame_add(frame, name, column, &err), err);
  }
  LB_OK_OR_FAIL(lb_frame_with(frame, "last", column, &with, &err), err);
  lb_frame *one = taken(with, (const lb_row[]){1}, 1);
  assert_int_equal(lb_frame_columns(one), N + 1);
  for (int i = 0; i < N; i++) {
    size_t found = 0;
    int length = snprintf(name, sizeof name, "gene_%d", i);
    assert_true(lb_frame_find(one, name, (size_t)length, &found));
    assert_int_equal(found, i);
    assert_string_equal(lb_frame_names(one)[i], name);
  }
  assert_int_equal(lb_column_integer(column_of(one, "gene_9999"))[0], 2);
  /* One list of rows is shared by all: far below a list for each. */
  assert_true(lb_frame_bytes(one) < (N + 1) * 32 + 4096);
  lb_frame_release(one);
  lb_frame_release(with);
  lb_frame_release(frame);
  lb_column_release(column);
}

/* A small analysis: build, filter, add, filter, gather, pick, rename. */
static lb_status steps(lb_column *age, lb_column *rank, lb_frame **out, lb_error *err)
{
  lb_frame *f[6] = {0};
  const lb_column *column;
  lb_status st = lb_frame_new(5, "nets.csv", &f[0], err);
  if (st == LB_OK) st = lb_frame_add(f[0], "age", age, err);
  if (st == LB_OK) st = lb_frame_take(f[0], (const lb_row[]){4, 3, 0}, 3, &f[1], err);
  if (st == LB_OK) st = lb_frame_with(f[1], "rank", rank, &f[2], err);
  if (st == LB_OK) st = lb_frame_take(f[2], (const lb_row[]){2, 1}, 2, &f[3], err);
  if (st == LB_OK) st = lb_frame_column(f[3], 0, &column, err);
  if (st == LB_OK) st = lb_frame_select(f[3], (const size_t[]){1, 0}, 2, &f[4], err);
  if (st == LB_OK) st = lb_frame_rename(f[4], 0, "place", &f[5], err);
  for (int i = 0; i < 5; i++) lb_frame_release(f[i]);
  if (st == LB_OK) *out = f[5];
  return st;
}

static size_t common_of(const lb_frame *a, size_t i, const lb_frame *b, size_t j)
{
  lb_error err = {0};
  size_t n = 99;
  LB_OK_OR_FAIL(lb_frame_common_rows(a, i, b, j, &n, &err), err);
  return n;
}

static void test_common_rows(void **state)
{
  (void)state;
  lb_error err = {0};
  size_t n = 99;
  lb_frame *all = sample(), *other = sample();
  lb_frame *even = taken(all, (const lb_row[]){0, 2, 4}, 3);
  lb_frame *odd = taken(all, (const lb_row[]){3, 1}, 2);
  lb_frame *mixed = taken(even, (const lb_row[]){2, LB_NO_ROW, 0, 2}, 4);
  assert_int_equal(common_of(all, 0, all, 0), 5);
  assert_int_equal(common_of(all, 1, even, 1), 3);
  assert_int_equal(common_of(even, 1, all, 1), 3);
  assert_int_equal(common_of(even, 2, odd, 2), 0);
  assert_int_equal(common_of(even, 0, mixed, 0), 3);         /* rows 4, 0 and 4 */
  assert_true(common_of(mixed, 0, even, 0) == LB_NO_COMMON); /* row 4 twice: as a join does */
  assert_true(common_of(all, 0, all, 1) == LB_NO_COMMON);
  assert_true(common_of(all, 0, other, 0) == LB_NO_COMMON); /* equal values are no proof */
  lb_mem_fail_after(0);
  assert_int_equal(lb_frame_common_rows(all, 0, even, 0, &n, &err), LB_ENOMEM);
  lb_mem_fail_after(-1);
  assert_int_equal(n, 99);
  lb_frame_release(mixed);
  lb_frame_release(odd);
  lb_frame_release(even);
  lb_frame_release(other);
  lb_frame_release(all);
}

static void test_out_of_memory(void **state)
{
  (void)state;
  lb_column *age = reals(5, (const double[]){61, 54, 0, 70, 48}, "xx-xx");
  lb_column *rank = integers(3, (const int64_t[]){10, 20, 30}, NULL);
  size_t before = lb_mem_live();
  lb_status st = LB_ENOMEM;
  for (long k = 0; st != LB_OK; k++) {
    lb_error err = {0};
    lb_frame *frame = NULL;
    lb_mem_fail_after(k);
    st = steps(age, rank, &frame, &err);
    lb_mem_fail_after(-1);
    assert_true(st == LB_OK || (st == LB_ENOMEM && frame == NULL));
    if (st == LB_OK) assert_int_equal(lb_column_integer(column_of(frame, "place"))[0], 30);
    lb_frame_release(frame);
    assert_int_equal(lb_mem_live(), before);
  }
  lb_column_release(rank);
  lb_column_release(age);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      LB_TEST(test_build_and_look),
      LB_TEST(test_refused_columns),
      LB_TEST(test_filter_chain_keeps_source_rows),
      LB_TEST(test_unchanged_columns_are_shared),
      LB_TEST(test_replace_in_place),
      LB_TEST(test_with_on_a_filtered_frame),
      LB_TEST(test_source_column_tells_without_gathering),
      LB_TEST(test_rows_that_are_not_there),
      LB_TEST(test_no_rows_no_columns),
      LB_TEST(test_ten_thousand_columns),
      LB_TEST(test_common_rows),
      LB_TEST(test_out_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
