/* test_aggregate.c - functions of many rows, alone and inside expressions, whole and by group. */
#include "fixture.h"

static void check_by(const fx_case *cases, size_t n, const char *by)
{
  lb_frame *f = fx_frame();
  char got[FX_TEXT];
  size_t wrong = 0;
  for (size_t i = 0; i < n; i++) {
    fx_summarise(f, cases[i].text, by, NULL, got, sizeof got);
    fx_check(cases[i].text, got, cases[i].want, &wrong);
  }
  lb_frame_release(f);
  assert_int_equal(wrong, 0);
}
#define CHECK_BY(cases, by) check_by((cases), sizeof(cases) / sizeof *(cases), (by))

/* age is 64 71 NA 55 18 80: mean 57.6, squares about it 2297.2. */
static const fx_case WHOLE[] = {
    {"n()", "integer 6"},
    {"n_missing(age)", "integer 1"},
    {"mean(age)", "real 57.6"},
    {"mean(progressed)", "real 0.5"},
    {"sum(progressed)", "integer 3"},
    {"sum(age)", "integer 288"},
    {"sum(big)", "real 8"},
    {"sum(bili)", "real NaN"},
    {"var(age)", "real 574.3"},
    {"sd(two)", "real 1.7511900715418263"},
    {"median(age)", "real 64"},
    {"median(two)", "real 0.5"},
    {"median(bili)", "real NaN"},
    {"quantile(age, 0.25)", "real 55"},
    {"quantile(age, 0)", "real 18"},
    {"quantile(age, 1)", "real 80"},
    {"quantile(two, 0.9)", "real 2.5"},
    {"min(age)", "integer 18"},
    {"max(bili)", "real NaN"},
    {"max(start)", "date 2021-06-15"},
    {"min(grade)", "factor ordered 'G1'"},
    {"max(site)", "text 'liver, left'"},
    {"first(treatment)", "factor 'TAE'"},
    {"last(treatment)", "factor 'SIRT'"},
    {"any(p)", "logical T"},
    {"all(p)", "logical F"},
    {"count(age > 60)", "integer 3"},
    {"n_distinct(treatment)", "integer 3"},
    {"n_distinct(bili)", "integer 5"},
    {"n_distinct(site)", "integer 5"},
    {"(max(age) - min(age)) / n()", "real 10.333333333333334"},
    {"sum(age * two)", "integer 231"},
    {"sum(age * big)", "real 8.301034833169298e+19"},
    {"max(start) - min(start)", "integer 532"},
    {"if_else(n() > 5, 'many', 'few')", "text 'many'"},
    {"mean(if_else(is_na(age), 60, age))", "real 58"},
    {"1 + 1", "integer 2"},
    {"median(3)", "real 3"},
};

static void test_whole(void **state)
{
  (void)state;
  CHECK_BY(WHOLE, NULL);
}

/* Groups TAE (rows 1, 4), TACE (2), SIRT (3, 5), NA (6). */
static const fx_case GROUPED[] = {
    {"n()", "integer 2 1 2 1"},
    {"mean(age)", "real 59.5 71 18 80"},
    {"sd(age)", "real 6.363961030678928 NA NA NA"},
    {"sum(big)", "integer -1 1 3 4"},
    {"any(p)", "logical T T F NA"},
    {"all(p)", "logical F T F NA"},
    {"first(grade)", "factor ordered 'G1' 'G2' 'G3' 'G3'"},
    {"last(age)", "integer 55 71 18 80"},
    {"min(p or q)", "type: 'p or q' is logical, but 'min' wants values with an order\n"
                    "  min(p or q)\n"
                    "      ^^^^^^\n"
                    "Ask  any(x)  or  all(x)"},
    {"treatment", "factor 'TAE' 'TACE' 'SIRT' NA"},
    {"treatment .. ' ' .. text(n())", "text 'TAE 2' 'TACE 1' 'SIRT 2' NA"},
    {"age", "data: 'age' has several values in a group, and one is wanted\n"
            "Say which:  mean(age)  first(age)  , or group by it too"},
    {"factor(first(site))", "factor 'liver' 'Lung ' 'liver, left' 'bone'"},
    {"mean(age > 60 and p)", "real 0.5 1 0 NA"},
};

static void test_grouped(void **state)
{
  (void)state;
  CHECK_BY(GROUPED, "treatment");
}

static const fx_case REFUSED[] = {
    {"mean(mean(age))", "type: an aggregate cannot stand inside another\n"
                        "  mean(mean(age))\n"
                        "       ^^^^^^^^^"},
    {"quantile(age, 2)", "type: the second argument of 'quantile' is a number from 0 to 1\n"
                         "  quantile(age, 2)\n"
                         "                ^\n"
                         "Write  quantile(x, 0.25)"},
    {"min(treatment)", "type: the levels of 'treatment' have no order\n"
                       "  min(treatment)\n"
                       "      ^^^^^^^^^\n"
                       "Make the factor ordered, or take  first(x)"},
    {"mean(site)", "type: 'site' is text, but 'mean' wants a number\n"
                   "  mean(site)\n"
                   "       ^^^^\n"
                   "Convert it:  integer(site)  or  real(site)"},
    {"count(age)", "type: 'age' is a number, but 'count' wants a condition\n"
                   "  count(age)\n"
                   "        ^^^\n"
                   "Compare it with something:  age > 0"},
};

static void test_refused(void **state)
{
  (void)state;
  CHECK_BY(REFUSED, NULL);
}

static void test_no_rows(void **state)
{
  (void)state;
  static const fx_case EMPTY[] = {
      {"n()", "integer 0"},
      {"n_missing(age)", "integer 0"},
      {"n_distinct(site)", "integer 0"},
      {"mean(age)", "real NA"},
      {"sum(age)", "integer 0"},
      {"sum(bili)", "real 0"},
      {"min(age)", "integer NA"},
      {"any(p)", "logical NA"},
      {"count(p)", "integer 0"},
      {"median(bili)", "real NA"},
      {"first(treatment)", "factor NA"},
      {"age", "integer NA"},
  };
  lb_error err = {0};
  lb_frame *f = fx_frame(), *empty = NULL;
  char got[FX_TEXT];
  size_t wrong = 0;
  LB_OK_OR_FAIL(lb_frame_take(f, NULL, 0, &empty, &err), err);
  for (size_t i = 0; i < sizeof EMPTY / sizeof *EMPTY; i++) {
    fx_summarise(empty, EMPTY[i].text, NULL, NULL, got, sizeof got);
    fx_check(EMPTY[i].text, got, EMPTY[i].want, &wrong);
  }
  lb_frame_release(empty);
  lb_frame_release(f);
  assert_int_equal(wrong, 0);
}

/* Quantiles agree with full sorting, on data with many ties and without. */
static void test_selection(void **state)
{
  (void)state;
  lb_error err = {0};
  enum { N = 997 };
  double x[N], sorted[N];
  char text[64], got[FX_TEXT];
  for (int spread = 3; spread < 100000; spread *= 31) {
    lb_frame *f = NULL;
    uint64_t seed = 7;
    for (size_t i = 0; i < N; i++) {
      seed = seed * 6364136223846793005u + 1442695040888963407u;
      x[i] = (double)((seed >> 33) % (uint64_t)spread);
      size_t k = i;
      for (; k > 0 && sorted[k - 1] > x[i]; k--) sorted[k] = sorted[k - 1];
      sorted[k] = x[i];
    }
    LB_OK_OR_FAIL(lb_frame_new(N, NULL, &f, &err), err);
    fx_add(f, "x", LB_REAL, x, sizeof *x, NULL);
    for (size_t k = 0; k < N; k += 83) { /* (n - 1) p whole: an order statistic */
      char want[64] = "real ";
      snprintf(text, sizeof text, "quantile(x, %zu / 996)", k);
      want[5 + lb_format_real(want + 5, sorted[k])] = '\0';
      fx_summarise(f, text, NULL, NULL, got, sizeof got);
      assert_string_equal(got, want);
    }
    lb_frame_release(f);
  }
}

/* A compensated sum does not lose the small among the large. */
static void test_sum_accuracy(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_frame *f = NULL;
  const double x[] = {1e16, 1, -1e16, 1, INFINITY};
  char got[FX_TEXT];
  LB_OK_OR_FAIL(lb_frame_new(4, NULL, &f, &err), err);
  fx_add(f, "x", LB_REAL, x, sizeof *x, NULL);
  fx_summarise(f, "sum(x)", NULL, NULL, got, sizeof got);
  assert_string_equal(got, "real 2");
  fx_summarise(f, "sum(if_else(x == 1, 1/0, x))", NULL, NULL, got, sizeof got);
  assert_string_equal(got, "real Inf");
  lb_frame_release(f);
}

static void test_eval_refuses_aggregates(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_frame *f = fx_frame();
  lb_expr *e = NULL;
  lb_column *c = NULL;
  lb_selection s = {0};
  lb_expr_options options = {.aggregate = true};
  LB_OK_OR_FAIL(lb_expr_compile("n() > 3", 7, f, &options, &e, &err), err);
  assert_int_equal(lb_expr_eval(e, f, &c, &err), LB_ETYPE);
  assert_int_equal(lb_expr_select(e, f, &s, &err), LB_ETYPE);
  assert_null(c);
  lb_expr_free(e);
  lb_frame_release(f);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      LB_TEST(test_whole),
      LB_TEST(test_grouped),
      LB_TEST(test_refused),
      LB_TEST(test_no_rows),
      LB_TEST(test_selection),
      LB_TEST(test_sum_accuracy),
      LB_TEST(test_eval_refuses_aggregates),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
