/* test_summary.c - columns described: closed forms for moments and quartiles, counts of levels. */
#include "columns.h"

#include "frame/summary.h"

static lb_summary summary_of(lb_column *column)
{
  lb_error err = {0};
  lb_summary s = {0};
  LB_OK_OR_FAIL(lb_column_summary(column, &s, &err), err);
  lb_column_release(column);
  return s;
}

/* 1 to 10 and a missing row: mean 11/2, variance 10 * 11 / 12, quartiles at 1 + 9p. */
static void test_one_to_ten(void **state)
{
  (void)state;
  static const int64_t VALUES[] = {10, 3, 1, 99, 7, 5, 9, 2, 4, 8, 6};
  lb_summary s = summary_of(integers(11, VALUES, "xxx-xxxxxxx"));
  assert_true(s.numeric);
  assert_int_equal(s.n, 11);
  assert_int_equal(s.n_missing, 1);
  assert_int_equal(s.n_nan, 0);
  LB_NEAR(s.min, 1, TOL_EXACT);
  LB_NEAR(s.max, 10, TOL_EXACT);
  LB_NEAR(s.mean, 5.5, TOL_EXACT);
  LB_NEAR(s.sd, sqrt(110.0 / 12), TOL_EXACT);
  LB_NEAR(s.q1, 3.25, TOL_EXACT);
  LB_NEAR(s.median, 5.5, TOL_EXACT);
  LB_NEAR(s.q3, 7.75, TOL_EXACT);
  assert_null(s.counts);
  lb_summary_reset(&s);
  lb_summary_reset(&s);
}

static void test_nan_is_counted_apart_from_missing(void **state)
{
  (void)state;
  lb_summary s = summary_of(reals(4, (const double[]){2, (double)NAN, 5, 4}, "xx-x"));
  assert_int_equal(s.n_missing, 1);
  assert_int_equal(s.n_nan, 1);
  LB_NEAR(s.mean, 3, TOL_EXACT);
  LB_NEAR(s.sd, sqrt(2.0), TOL_EXACT);
  LB_NEAR(s.q1, 2.5, TOL_EXACT);
}

static void test_one_value_and_none(void **state)
{
  (void)state;
  lb_summary s = summary_of(reals(1, (const double[]){7}, NULL));
  LB_NEAR(s.mean, 7, TOL_EXACT);
  LB_NEAR(s.median, 7, TOL_EXACT);
  LB_NEAR(s.q3, 7, TOL_EXACT);
  assert_true(isnan(s.sd));
  lb_column *const nothing[] = {reals(0, NULL, NULL), reals(2, (const double[]){1, 2}, "--"),
                                dates(1, (const int32_t[]){3}, "-"),
                                reals(1, (const double[]){(double)NAN}, NULL)};
  for (size_t i = 0; i < 4; i++) {
    s = summary_of(nothing[i]);
    assert_true(isnan(s.min) && isnan(s.max) && isnan(s.mean) && isnan(s.sd));
    assert_true(isnan(s.q1) && isnan(s.median) && isnan(s.q3));
    assert_int_equal(s.n, s.n_missing + s.n_nan);
  }
}

/* A far mean must cost no digits: c + 1, c + 2, c + 3 have the same sd as 1, 2, 3. */
static void test_far_mean(void **state)
{
  (void)state;
  lb_summary s = summary_of(reals(3, (const double[]){1e15 + 1, 1e15 + 2, 1e15 + 3}, NULL));
  assert_true(s.mean == 1e15 + 2);
  LB_NEAR(s.sd, 1, TOL_EXACT);
  s = summary_of(reals(3, (const double[]){1e308, 1e308, 1e308}, NULL)); /* the sum overflows */
  assert_true(s.mean == 1e308);
  assert_true(s.sd == 0);
  s = summary_of(reals(3, (const double[]){0.1, 0.1, 0.1}, NULL));
  assert_true(s.mean == 0.1);
  assert_true(s.sd == 0);
}

static void test_infinities(void **state)
{
  (void)state;
  double inf = (double)INFINITY;
  lb_summary s = summary_of(reals(5, (const double[]){1, inf, 3, inf, inf}, NULL));
  assert_true(s.max == inf && s.mean == inf && s.median == inf && s.q3 == inf);
  LB_NEAR(s.q1, 3, TOL_EXACT);
  assert_true(isnan(s.sd));
  s = summary_of(reals(2, (const double[]){-inf, inf}, NULL));
  assert_true(s.min == -inf && isnan(s.mean));
}

static void test_dates(void **state)
{
  (void)state;
  lb_summary s = summary_of(dates(3, (const int32_t[]){19782, -1, 19784}, "x-x"));
  LB_NEAR(s.min, 19782, TOL_EXACT);
  LB_NEAR(s.median, 19783, TOL_EXACT);
  s = summary_of(datetimes(2, (const int64_t[]){INT64_C(1700000000000001), 1}, NULL));
  assert_true(s.max == 1700000000000001.0);
}

/* R: quantile(c(4, 1, 10, 2), c(0, .1, 1/3, .5, 1)) is 1.0 1.3 2.0 3.0 10.0; the definition is
 * x[1 + (n - 1) p]. */
static void test_quantile(void **state)
{
  (void)state;
  static const struct {
    double prob, want;
  } cases[] = {{0, 1}, {0.1, 1.3}, {1.0 / 3, 2}, {0.5, 3}, {0.9, 8.2}, {1, 10}};
  lb_error err = {0};
  lb_column *x = reals(5, (const double[]){4, 1, 10, (double)NAN, 2}, NULL), *text = logicals("t");
  double got = -1;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    LB_OK_OR_FAIL(lb_column_quantile(x, cases[i].prob, &got, &err), err);
    LB_NEAR(got, cases[i].want, TOL_EXACT);
  }
  assert_int_equal(lb_column_quantile(x, 1.5, &got, &err), LB_EARG);
  assert_int_equal(lb_column_quantile(x, (double)NAN, &got, &err), LB_EARG);
  assert_int_equal(lb_column_quantile(text, 0.5, &got, &err), LB_ETYPE);
  LB_NEAR(got, 10, TOL_EXACT);
  lb_column_release(x);
  lb_column_release(text);
}

static void test_level_counts(void **state)
{
  (void)state;
  static const char *const ARMS[] = {"TAE", "TACE", "SIRT"};
  static const char *const SITES[] = {"b", NULL, "a", "b", ""};
  lb_summary s = summary_of(factors("02-00", ARMS, 3));
  assert_false(s.numeric);
  assert_true(isnan(s.mean));
  assert_int_equal(s.n_levels, 3);
  assert_memory_equal(s.counts, ((const size_t[]){3, 0, 1}), 3 * sizeof(size_t));
  CELL_IS(s.levels, 2, "SIRT");
  assert_int_equal(s.n_missing, 1);
  lb_summary_reset(&s);
  s = summary_of(logicals("tt-t"));
  assert_memory_equal(s.counts, ((const size_t[]){0, 3}), 2 * sizeof(size_t));
  CELL_IS(s.levels, 0, "false");
  lb_summary_reset(&s);
  s = summary_of(texts(5, SITES));
  assert_int_equal(s.n_levels, 3);
  assert_memory_equal(s.counts, ((const size_t[]){1, 1, 2}), 3 * sizeof(size_t));
  CELL_IS(s.levels, 2, "b");
  lb_summary_reset(&s);
}

static void test_too_many_texts(void **state)
{
  (void)state;
  for (size_t n = LB_SUMMARY_TEXTS; n <= LB_SUMMARY_TEXTS + 1; n++) {
    lb_error err = {0};
    lb_text_builder b = {0};
    lb_column *ids = NULL;
    for (size_t i = 0; i < 3 * n; i++) {
      char id[16];
      lb_text_builder_add(&b, id, (size_t)snprintf(id, sizeof id, "p%zu", i % n));
    }
    LB_OK_OR_FAIL(lb_text_builder_finish(&b, &ids, &err), err);
    lb_summary s = summary_of(ids);
    assert_int_equal(s.too_many, n > LB_SUMMARY_TEXTS);
    assert_int_equal(s.n_levels, n > LB_SUMMARY_TEXTS ? 0 : n);
    assert_int_equal(s.counts == NULL, n > LB_SUMMARY_TEXTS);
    lb_summary_reset(&s);
  }
}

static void fails_cleanly(const lb_column *column)
{
  size_t before = lb_mem_live();
  lb_status st = LB_ENOMEM;
  for (long k = 0; st != LB_OK; k++) {
    lb_error err = {0};
    lb_summary s = {0};
    lb_mem_fail_after(k);
    st = lb_column_summary(column, &s, &err);
    lb_mem_fail_after(-1);
    assert_true(st == LB_OK || (st == LB_ENOMEM && s.n == 0 && s.counts == NULL));
    lb_summary_reset(&s);
    assert_int_equal(lb_mem_live(), before);
  }
}

static void test_out_of_memory(void **state)
{
  (void)state;
  static const char *const ARMS[] = {"TAE", "SIRT"};
  double values[80];
  for (int i = 0; i < 80; i++) values[i] = (i * 37) % 80;
  lb_column *const columns[] = {reals(80, values, NULL), factors("01-", ARMS, 2), logicals("t-f"),
                                texts(2, ARMS)};
  for (size_t i = 0; i < 4; i++) fails_cleanly(columns[i]);
  for (size_t i = 0; i < 4; i++) lb_column_release(columns[i]);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      LB_TEST(test_one_to_ten),         LB_TEST(test_nan_is_counted_apart_from_missing),
      LB_TEST(test_one_value_and_none), LB_TEST(test_far_mean),
      LB_TEST(test_infinities),         LB_TEST(test_dates),
      LB_TEST(test_quantile),           LB_TEST(test_level_counts),
      LB_TEST(test_too_many_texts),     LB_TEST(test_out_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
