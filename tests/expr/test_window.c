/* test_window.c - aggregates for every row, and functions of the rows before and behind. */
#include "fixture.h"
#include "frame/group.h"

static lb_status order_groups(const lb_frame *frame, const char *order, lb_groups *groups,
                              lb_error *err)
{
  lb_sort_key key = {0, order != NULL && order[0] == '-'};
  lb_row *row = NULL;
  if (order == NULL) return LB_OK;
  order += key.descending;
  lb_status st = lb_frame_index(frame, order, strlen(order), &key.column, err);
  if (st == LB_OK) st = lb_groups_sorted(groups, frame, &key, 1, &row, err);
  if (st != LB_OK) return st;
  lb_mem_free(groups->row);
  groups->row = row;
  return LB_OK;
}

static lb_status run(const lb_frame *frame, const char *text, const char *by, const char *order,
                     fx_notes *notes, lb_column **out, lb_error *err)
{
  lb_expr *e = NULL;
  lb_groups groups = {0};
  size_t key = 0;
  lb_expr_notes sink = {fx_note, notes};
  lb_expr_options options = {.notes = notes == NULL ? NULL : &sink, .window = true};
  lb_status st = lb_expr_compile(text, strlen(text), frame, &options, &e, err);
  if (st == LB_OK && by != NULL) st = lb_frame_index(frame, by, strlen(by), &key, err);
  if (st == LB_OK) st = lb_groups_make(frame, &key, by == NULL ? 0 : 1, &groups, err);
  if (st == LB_OK) st = order_groups(frame, order, &groups, err);
  if (st == LB_OK) st = lb_expr_window(e, frame, &groups, out, err);
  lb_groups_reset(&groups);
  lb_expr_free(e);
  return st;
}

static void show(const lb_frame *frame, const char *text, const char *by, const char *order,
                 fx_notes *notes, char got[FX_TEXT])
{
  lb_error err = {0};
  lb_column *c = NULL;
  if (run(frame, text, by, order, notes, &c, &err) == LB_OK)
    fx_show(c, got, FX_TEXT);
  else
    snprintf(got, FX_TEXT, "%s: %s%s%s", lb_status_name(err.code), err.message,
             err.context[0] != '\0' ? "\n" : "", err.context);
  lb_column_release(c);
}

static void check_all(const fx_case *cases, size_t n, const char *by, const char *order)
{
  lb_frame *f = fx_frame();
  char got[FX_TEXT];
  size_t wrong = 0;
  for (size_t i = 0; i < n; i++) {
    show(f, cases[i].text, by, order, NULL, got);
    fx_check(cases[i].text, got, cases[i].want, &wrong);
  }
  lb_frame_release(f);
  assert_int_equal(wrong, 0);
}
#define CHECK(cases, by, order) check_all((cases), sizeof(cases) / sizeof *(cases), (by), (order))

/* age is 64 71 NA 55 18 80, two 2 -2 0 3 0 1. */
static void test_whole(void **state)
{
  (void)state;
  static const fx_case CASES[] = {
      {"n()", "integer 6 6 6 6 6 6"},
      {"age - mean(age)", "real 6.399999999999999 13.399999999999999 NA -2.6000000000000014 "
                          "-39.6 22.4"},
      {"age", "integer 64 71 NA 55 18 80"},
      {"row_number()", "integer 1 2 3 4 5 6"},
      {"rank(two)", "real 5 1 2.5 6 2.5 4"},
      {"rank(age)", "real 3 4 NA 2 1 5"},
      {"rank(bili)", "real 3 5 2 NA 4 1"},
      {"rank(grade)", "real 1.5 3 4.5 1.5 NA 4.5"},
      {"rank(site)", "real 4 2 NA 1 5 3"},
      {"rank(start)", "real 2 4 1 NA 5 3"},
      {"rank(NA)", "real NA NA NA NA NA NA"},
      {"lag(age)", "integer NA 64 71 NA 55 18"},
      {"lead(age)", "integer 71 NA 55 18 80 NA"},
      {"lag(age, 0)", "integer 64 71 NA 55 18 80"},
      {"lag(age, 6)", "integer NA NA NA NA NA NA"},
      {"lead(treatment, 2)", "factor 'SIRT' 'TAE' 'SIRT' NA NA NA"},
      {"lag(grade, 1)", "factor ordered NA 'G1' 'G2' 'G3' 'G1' NA"},
      {"lag(site)", "text NA 'liver' 'Lung ' NA 'Gr\xC3\xB6\xC3\x9F"
                    "e' 'liver, left'"},
      {"lead(p)", "logical T F F NA NA NA"},
      {"cumsum(age)", "integer 64 135 NA 190 208 288"},
      {"cumsum(p)", "integer 1 2 2 2 NA NA"},
      {"cumsum(bili)", "real 1.5 NaN NaN NA NaN NaN"},
      {"cumsum(0.5 * two)", "real 1 0 0 1.5 1.5 2"},
      {"cumsum(1)", "integer 1 2 3 4 5 6"},
      {"first(age)", "integer 64 64 64 64 64 64"},
      {"last(age > 60)", "logical T T T T T T"},
      {"cumsum(age - mean(age)) < 1e-9", "logical F F NA F T T"},
      {"lag(rank(two)) + n()", "real NA 11 7 8.5 12 8.5"},
      {"mean(lag(two))", "real 0.6 0.6 0.6 0.6 0.6 0.6"},
      {"if_else(row_number() == 1, 'first', text(lag(two)))", "text 'first' '2' '-2' '0' '3' '0'"},
      {"factor(if_else(age > median(age), 'high', 'low'))",
       "factor 'low' 'high' NA 'low' 'low' 'high'"},
      {"start - lag(start)", "integer NA 59 -60 NA NA -501"},
  };
  CHECK(CASES, NULL, NULL);
}

/* Groups TAE (rows 1, 4), TACE (2), SIRT (3, 5), NA (6). */
static void test_grouped(void **state)
{
  (void)state;
  static const fx_case ROWS[] = {
      {"n()", "integer 2 1 2 2 2 1"},           {"mean(age)", "real 59.5 71 18 59.5 18 80"},
      {"row_number()", "integer 1 1 1 2 2 1"},  {"lag(two)", "integer NA NA NA 2 0 NA"},
      {"lead(two)", "integer 3 NA 0 NA NA NA"}, {"cumsum(age)", "integer 64 71 NA 119 18 80"},
      {"rank(two)", "real 1 1 1.5 2 1.5 1"},    {"sum(big)", "integer -1 1 3 -1 3 4"},
      {"any(p)", "logical T T F T F NA"},       {"n() == 1 and age > 75", "logical F F F F F T"},
  };
  static const fx_case BY_AGE[] = {
      {"row_number()", "integer 2 1 2 1 1 1"}, {"lag(two)", "integer 3 NA 0 NA NA NA"},
      {"first(two)", "integer 3 -2 0 3 0 1"},  {"last(two)", "integer 2 -2 0 2 0 1"},
      {"cumsum(two)", "integer 5 -2 0 3 0 1"},
  };
  static const fx_case DOWN[] = {
      {"row_number()", "integer 1 1 2 2 1 1"}, /* a missing age stays last */
      {"lag(two)", "integer NA NA 0 2 NA NA"},
  };
  CHECK(ROWS, "treatment", NULL);
  CHECK(BY_AGE, "treatment", "age");
  CHECK(DOWN, "treatment", "-age");
}

static void test_refused(void **state)
{
  (void)state;
  static const fx_case CASES[] = {
      {"lag(age, two)", "type: the second argument of 'lag' is a number of rows from 0\n"
                        "  lag(age, two)\n"
                        "           ^^^\n"
                        "Write  lag(x, 2)"},
      {"lead(age, -1)", "type: the second argument of 'lead' is a number of rows from 0\n"
                        "  lead(age, -1)\n"
                        "            ^^\n"
                        "The other way is  lag(x, n)"},
      {"rank(treatment)", "type: the levels of 'treatment' have no order\n"
                          "  rank(treatment)\n"
                          "       ^^^^^^^^^\n"
                          "Make the factor ordered, or rank its words:  rank(text(treatment))"},
      {"rank(p)", "type: 'p' is logical, but 'rank' wants values with an order\n"
                  "  rank(p)\n"
                  "       ^"},
      {"cumsum(site)", "type: 'site' is text, but 'cumsum' wants a number\n"
                       "  cumsum(site)\n"
                       "         ^^^^\n"
                       "Convert it:  integer(site)  or  real(site)"},
      {"lag({1, 2})", "type: '{1, 2}' is a list, but 'lag' wants a value\n"
                      "  lag({1, 2})\n"
                      "      ^^^^^^\n"
                      "A list may stand after  in  and in functions that take one"},
      {"row_number(age)", "parse: 'row_number' takes 0 arguments, but 1 is given\n"
                          "  row_number(age)\n"
                          "  ^^^^^^^^^^^^^^^\n"
                          "Write  row_number()"},
  };
  CHECK(CASES, NULL, NULL);
}

/* In a filter and in summarise they have no meaning, and say where they belong. */
static void test_other_scopes(void **state)
{
  (void)state;
  lb_frame *f = fx_frame();
  char got[FX_TEXT];
  fx_eval(f, "lag(age) > 3", NULL, NULL, got, sizeof got);
  assert_string_equal(got,
                      "type: 'lag' looks at other rows and belongs in mutate with by or order\n"
                      "  lag(age) > 3\n"
                      "  ^^^^^^^^\n"
                      "Write  :mutate({ \"name = lag(age)\" }, { by = { ... }, order = { ... } })");
  fx_summarise(f, "mean(rank(age))", NULL, NULL, got, sizeof got);
  assert_string_equal(got, "type: 'rank' has a value for each row, and here one a group is wanted\n"
                           "  mean(rank(age))\n"
                           "       ^^^^^^^^^\n"
                           "Compute it before:  :mutate({ \"name = rank(age)\" }, { by = ... })");
  lb_frame_release(f);
}

/* An expression compiled for one scope is not run in another. */
static void test_compiled_otherwise(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_frame *f = fx_frame();
  lb_expr *e = NULL;
  lb_column *c = NULL;
  lb_groups groups = {0};
  LB_OK_OR_FAIL(lb_groups_make(f, NULL, 0, &groups, &err), err);
  lb_expr_options window = {.window = true}, aggregate = {.aggregate = true};
  LB_OK_OR_FAIL(lb_expr_compile("n() + 1", 7, f, &window, &e, &err), err);
  assert_int_equal(lb_expr_summarise(e, f, &groups, &c, &err), LB_EARG);
  assert_int_equal(lb_expr_eval(e, f, &c, &err), LB_ETYPE);
  lb_expr_free(e);
  e = NULL;
  LB_OK_OR_FAIL(lb_expr_compile("n() + 1", 7, f, &aggregate, &e, &err), err);
  assert_int_equal(lb_expr_window(e, f, &groups, &c, &err), LB_EARG);
  assert_null(c);
  lb_expr_free(e);
  lb_groups_reset(&groups);
  lb_frame_release(f);
}

/* big is 2^63-1, 1, NA, -2^63, 3, 4: the sum so far leaves 64 bits and becomes real, where the
 * first is 2^63; the last row agrees with sum(big). */
static void test_overflow(void **state)
{
  (void)state;
  lb_frame *f = fx_frame();
  fx_notes notes = {""};
  char got[FX_TEXT];
  show(f, "cumsum(big)", NULL, NULL, &notes, got);
  assert_string_equal(got, "real 9.223372036854776e+18 9.223372036854776e+18 NA 1 4 8");
  assert_string_equal(notes.text, "integers grew beyond 64 bits in 'cumsum(big)': it became real");
  lb_frame_release(f);
}

static void test_no_rows(void **state)
{
  (void)state;
  static const fx_case EMPTY[] = {
      {"n()", "integer"},
      {"mean(age)", "real"},
      {"row_number()", "integer"},
      {"rank(age)", "real"},
      {"lag(site)", "text"},
      {"cumsum(bili)", "real"},
      {"lead(treatment)", "factor"},
  };
  lb_error err = {0};
  lb_frame *f = fx_frame(), *empty = NULL, *one = NULL;
  char got[FX_TEXT];
  size_t wrong = 0;
  const lb_row last = 5;
  LB_OK_OR_FAIL(lb_frame_take(f, NULL, 0, &empty, &err), err);
  LB_OK_OR_FAIL(lb_frame_take(f, &last, 1, &one, &err), err);
  for (size_t i = 0; i < sizeof EMPTY / sizeof *EMPTY; i++) {
    show(empty, EMPTY[i].text, NULL, NULL, NULL, got);
    fx_check(EMPTY[i].text, got, EMPTY[i].want, &wrong);
    show(empty, EMPTY[i].text, "treatment", "age", NULL, got);
    fx_check(EMPTY[i].text, got, EMPTY[i].want, &wrong);
  }
  show(one, "rank(age) + row_number() + cumsum(age) + n()", "treatment", "age", NULL, got);
  fx_check("one row", got, "real 83", &wrong);
  lb_frame_release(one);
  lb_frame_release(empty);
  lb_frame_release(f);
  assert_int_equal(wrong, 0);
}

/* What is lost among large values comes back when they leave. */
static void test_sum_accuracy(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_frame *f = NULL;
  const double x[] = {1e16, 1, -1e16, 1};
  char got[FX_TEXT];
  LB_OK_OR_FAIL(lb_frame_new(4, NULL, &f, &err), err);
  fx_add(f, "x", LB_REAL, x, sizeof *x, NULL);
  show(f, "cumsum(x)", NULL, NULL, NULL, got);
  assert_string_equal(got, "real 1e+16 1e+16 1 2");
  lb_frame_release(f);
}

/* Each allocation gets its turn to fail. */
static void test_failing_memory(void **state)
{
  (void)state;
  static const char *const CASES[] = {
      "rank(site) + cumsum(age - mean(age))",
      "lag(treatment) == lead(treatment, 2)",
      "upper(first(site)) .. text(row_number())",
      "cumsum(big)",
      "factor(if_else(age > median(age), 'high', 'low'))",
      "quantile(lag(bili), 0.25) + n_distinct(site)",
  };
  lb_frame *f = fx_frame();
  size_t live = lb_mem_live();
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    lb_status st = LB_ENOMEM;
    for (long k = 0; st != LB_OK; k++) {
      lb_error err = {0};
      lb_column *c = NULL;
      lb_mem_fail_after(k);
      st = run(f, CASES[i], "treatment", "-age", NULL, &c, &err);
      lb_mem_fail_after(-1);
      assert_true(st == LB_OK || (st == LB_ENOMEM && c == NULL));
      lb_column_release(c);
      assert_int_equal(lb_mem_live(), live);
      assert_true(k < 10000);
    }
  }
  lb_frame_release(f);
}

static lb_status plan_of(const lb_frame *f, const char *text, lb_plan *out, lb_error *err)
{
  lb_expr *e = NULL;
  lb_status st = lb_expr_compile(text, strlen(text), f, NULL, &e, err);
  if (st == LB_OK) st = lb_expr_plan(e, out, err);
  lb_expr_free(e);
  return st;
}

static void test_plan(void **state)
{
  (void)state;
  const char *text = "age + 1 > 2 * 30 and site == 'bone'";
  static const struct {
    const char *name, *source;
    bool folded;
  } WANT[] = {{"column", "age", false},
              {"constant", "1", false},
              {"add_integer", "age + 1", false},
              {"constant", "2 * 30", true},
              {"compare_integer", "age + 1 > 2 * 30", false},
              {"column", "site", false},
              {"constant", "'bone'", false},
              {"compare_text", "site == 'bone'", false}};
  lb_frame *f = fx_frame();
  size_t live = lb_mem_live();
  lb_plan plan = {0};
  lb_status st = LB_ENOMEM;
  for (long k = 0; st != LB_OK; k++) {
    lb_error err = {0};
    lb_mem_fail_after(k);
    st = plan_of(f, text, &plan, &err);
    lb_mem_fail_after(-1);
    assert_true(st == LB_OK || (st == LB_ENOMEM && lb_mem_live() == live && plan.step == NULL));
  }
  assert_int_equal(plan.n, 9);
  for (size_t i = 0; i < 8; i++) {
    const lb_plan_step *step = &plan.step[i];
    assert_string_equal(step->name, WANT[i].name);
    assert_int_equal(step->folded, WANT[i].folded);
    assert_int_equal(step->end - step->start, strlen(WANT[i].source));
    assert_memory_equal(text + step->start, WANT[i].source, strlen(WANT[i].source));
  }
  assert_string_equal(plan.step[8].name, "and");
  assert_int_equal(plan.operand[plan.step[8].first], 4);
  assert_int_equal(plan.operand[plan.step[8].first + 1], 7);
  lb_plan_reset(&plan);
  assert_int_equal(lb_mem_live(), live);
  lb_frame_release(f);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      LB_TEST(test_whole),
      LB_TEST(test_grouped),
      LB_TEST(test_refused),
      LB_TEST(test_other_scopes),
      LB_TEST(test_compiled_otherwise),
      LB_TEST(test_overflow),
      LB_TEST(test_no_rows),
      LB_TEST(test_sum_accuracy),
      LB_TEST(test_failing_memory),
      LB_TEST(test_plan),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
