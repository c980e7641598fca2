/* test_expr.c - the interface: $names, notes, selections, names read, limits, failing memory. */
#include "base/parallel.h"
#include "fixture.h"

static lb_value text_value(const char *text)
{
  return (lb_value){.kind = LB_VALUE_TEXT, .text = text, .length = strlen(text)};
}

static void test_with(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_frame *f = fx_frame();
  const lb_value arms[] = {text_value("TAE"), text_value("SIRT")};
  const lb_value list = {.kind = LB_VALUE_LIST, .item = arms, .length = 2};
  lb_with_entry entry[] = {{.name = "worst", .value = {.kind = LB_VALUE_INTEGER, .integer = 60}},
                           {.name = "arms", .value = list},
                           {.name = "limit", .value = {.kind = LB_VALUE_REAL, .real = 1.5}},
                           {.name = "on", .value = {.kind = LB_VALUE_LOGICAL, .logical = true}},
                           {.name = "arm", .value = text_value("TAE")}};
  lb_with with = {5, entry};
  char got[FX_TEXT];
  fx_eval(f, "age > $worst", &with, NULL, got, sizeof got);
  assert_string_equal(got, "logical T T NA F F T");
  fx_eval(f, "treatment in $arms", &with, NULL, got, sizeof got);
  assert_string_equal(got, "logical T F T T T NA");
  fx_eval(f, "bili >= $limit and $on", &with, NULL, got, sizeof got);
  assert_string_equal(got, "logical T F F NA T F");
  assert_int_equal(lb_with_check_used(&with, &err), LB_ENAME);
  assert_string_equal(err.message, "no expression uses the value 'arm' of `with`");
  fx_eval(f, "treatment == $arm", &with, NULL, got, sizeof got);
  assert_string_equal(got, "logical T F F T F NA");
  assert_int_equal(lb_with_check_used(&with, &err), LB_OK);
  fx_eval(f, "age > $wrost", &with, NULL, got, sizeof got);
  assert_string_equal(got, "name: no value 'wrost' (did you mean 'worst'?)\n"
                           "  age > $wrost\n"
                           "        ^^^^^^");
  fx_eval(f, "ecog > $worst", &with, NULL, got, sizeof got);
  assert_non_null(strstr(got, "type: 'ecog' is text, but is compared with a number\n"
                              "  ecog > $worst\n"
                              "  ^^^^ 3 values are numbers; 2 are not"));
  fx_eval(f, "age in $worst", &with, NULL, got, sizeof got);
  assert_non_null(strstr(got, "'in' wants a list, and this is one value"));
  fx_eval(f, "age == $arms", &with, NULL, got, sizeof got);
  assert_non_null(strstr(got, "'age' is a number, but is compared with a list"));
  lb_frame_release(f);
}

static void test_notes(void **state)
{
  (void)state;
  static const fx_case NOTES[] = {
      {"treatment == 'SRIT'", "'SRIT' is no level of 'treatment' (did you mean 'SIRT'?)"},
      {"treatment in {'bland', 'TAE'}",
       "'bland' is no level of 'treatment' (levels: TAE, TACE, SIRT)"},
      {"big * 2", "integers grew beyond 64 bits in 'big * 2': it became real"},
      {"7 // two", "an integer was divided by 0: NA (2 times)"},
      {"integer(ecog)", "values that are no such number: NA (2 times)"},
      {"date(2023, 2, 29)", "values that are no date (YYYY-MM-DD, years 1 to 9999): NA (1 time)"},
      {"factor(planned, {'TAE'})", "values that are no level: NA (3 times)"},
      {"big == bili",
       "integers above 2^53 were compared as reals, which may not hold them exactly (1 time)"},
      {"cut(bili, {1})", "NaN belongs to no class: NA (1 time)"},
      {"age == NA", "'age == NA' is NA in every row: a missing value is found by is_na(x)"},
      {"age + 1", ""},
  };
  lb_frame *f = fx_frame();
  char got[FX_TEXT];
  size_t wrong = 0;
  for (size_t i = 0; i < sizeof NOTES / sizeof *NOTES; i++) {
    fx_notes notes = {""};
    fx_eval(f, NOTES[i].text, NULL, &notes, got, sizeof got);
    if (i != 7) fx_check(NOTES[i].text, notes.text, NOTES[i].want, &wrong);
    if (i == 7) assert_non_null(strstr(notes.text, "above 2^53"));
  }
  lb_frame_release(f);
  assert_int_equal(wrong, 0);
}

/* Kleene's tables: all nine pairs of true, false and NA. */
static void test_kleene(void **state)
{
  (void)state;
  static const char *const VALUE[] = {"true", "false", "NA"};
  static const char SHOWN[] = {'T', 'F', 'N'};
  static const char AND[] = "TFNFFFNFN", OR[] = "TTTTFNTNN";
  lb_frame *f = fx_frame();
  char text[64], got[FX_TEXT];
  for (size_t a = 0; a < 3; a++) {
    for (size_t b = 0; b < 3; b++) {
      for (int k = 0; k < 2; k++) { /* folded, and with a column */
        snprintf(text, sizeof text, "%s%s and %s", k ? "is_na(two) and false or " : "", VALUE[a],
                 VALUE[b]);
        fx_eval(f, text, NULL, NULL, got, sizeof got);
        assert_int_equal(got[8], AND[3 * a + b]);
        snprintf(text, sizeof text, "%s%s or %s", k ? "is_na(two) and false or " : "", VALUE[a],
                 VALUE[b]);
        fx_eval(f, text, NULL, NULL, got, sizeof got);
        assert_int_equal(got[8], OR[3 * a + b]);
      }
    }
    snprintf(text, sizeof text, "not %s", VALUE[a]);
    fx_eval(f, text, NULL, NULL, got, sizeof got);
    assert_int_equal(got[8], a == 0 ? 'F' : a == 1 ? 'T' : SHOWN[2]);
  }
  lb_frame_release(f);
}

static void check_rows(const lb_selection *s, const lb_row *want, size_t n)
{
  for (size_t i = 0; i < n; i++) assert_int_equal(s->rows[i], want[i]);
}

static void test_select(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_frame *f = fx_frame();
  lb_expr *e = NULL;
  lb_selection s = {0};
  const lb_row over[] = {0, 1, 5}, rest[] = {2, 3, 4};
  LB_OK_OR_FAIL(lb_expr_compile("age > 60", 8, f, NULL, &e, &err), err);
  assert_int_equal(lb_expr_type(e), LB_LOGICAL);
  LB_OK_OR_FAIL(lb_expr_select(e, f, &s, &err), err);
  assert_int_equal(s.n_true, 3);
  assert_int_equal(s.n_false, 2);
  assert_int_equal(s.n_missing, 1);
  check_rows(&s, over, 3);
  lb_mem_free(s.rows);
  LB_OK_OR_FAIL(lb_expr_reject(e, f, &s, &err), err);
  assert_int_equal(s.n_true, 3);
  check_rows(&s, rest, 3);
  lb_mem_free(s.rows);
  lb_expr_free(e);
  LB_OK_OR_FAIL(lb_expr_compile("age + 1", 7, f, NULL, &e, &err), err);
  assert_int_equal(lb_expr_select(e, f, &s, &err), LB_ETYPE);
  assert_string_equal(err.message, "a condition is true or false, but this is a number");
  assert_string_equal(err.context, "  age + 1\n"
                                   "  ^^^^^^^\n"
                                   "Compare it with something:  age + 1 > 0");
  lb_expr_free(e);
  lb_frame_release(f);
}

static void test_columns_read(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_frame *f = fx_frame();
  lb_expr *e = NULL;
  const char *const *names = NULL;
  static const char TEXT[] = "two + age * two - `Tumour size (mm)`";
  LB_OK_OR_FAIL(lb_expr_compile(TEXT, strlen(TEXT), f, NULL, &e, &err), err);
  assert_int_equal(lb_expr_columns(e, &names), 3);
  assert_string_equal(names[0], "two");
  assert_string_equal(names[1], "age");
  assert_string_equal(names[2], "Tumour size (mm)");
  lb_expr_free(e);
  lb_frame_release(f);
}

/* The frame may have dropped levels since the expression was compiled. */
static void test_other_levels(void **state)
{
  (void)state;
  lb_error err = {0};
  static const char *const levels[] = {"SIRT", "TAE"};
  const int32_t codes[] = {1, 0, 0, 1, 1, 0};
  lb_frame *f = fx_frame(), *g = NULL;
  lb_expr *e = NULL;
  lb_column *c = NULL;
  char got[FX_TEXT];
  LB_OK_OR_FAIL(lb_frame_new(FX_ROWS, NULL, &g, &err), err);
  fx_factor(g, "treatment", levels, 2, false, codes, NULL);
  LB_OK_OR_FAIL(lb_expr_compile("treatment == 'TAE'", 18, f, NULL, &e, &err), err);
  LB_OK_OR_FAIL(lb_expr_eval(e, g, &c, &err), err);
  fx_show(c, got, sizeof got);
  assert_string_equal(got, "logical T F F T T F");
  lb_column_release(c);
  lb_expr_free(e);
  lb_frame_release(g);
  lb_frame_release(f);
}

static void test_label_of_bare_column(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_frame *f = fx_frame(), *g = NULL;
  lb_column *labelled = NULL, *c = NULL;
  const lb_column *age = NULL;
  size_t i = 0;
  assert_true(lb_frame_find(f, "age", 3, &i));
  LB_OK_OR_FAIL(lb_frame_column(f, i, &age, &err), err);
  LB_OK_OR_FAIL(lb_column_with_label((lb_column *)age, "Age", "years", &labelled, &err), err);
  LB_OK_OR_FAIL(lb_frame_with(f, "age", labelled, &g, &err), err);
  static const char *const TEXT[] = {"age", "age + 0"};
  for (size_t k = 0; k < 2; k++) {
    lb_expr *e = NULL;
    LB_OK_OR_FAIL(lb_expr_compile(TEXT[k], strlen(TEXT[k]), g, NULL, &e, &err), err);
    LB_OK_OR_FAIL(lb_expr_eval(e, g, &c, &err), err);
    if (k == 0) assert_string_equal(lb_column_unit(c), "years");
    if (k == 1) assert_null(lb_column_unit(c));
    lb_column_release(c);
    lb_expr_free(e);
  }
  lb_column_release(labelled);
  lb_frame_release(g);
  lb_frame_release(f);
}

static lb_status compile_repeated(const lb_frame *f, const char *before, size_t n,
                                  const char *middle, const char *after, lb_error *err)
{
  lb_str s = {0};
  lb_expr *e = NULL;
  for (size_t i = 0; i < n; i++) lb_str_puts(&s, before);
  lb_str_puts(&s, middle);
  for (size_t i = 0; i < n; i++) lb_str_puts(&s, after);
  lb_status st = lb_expr_compile(s.data, s.length, f, NULL, &e, err);
  lb_expr_free(e);
  lb_str_reset(&s);
  return st;
}

static void test_nesting(void **state)
{
  (void)state;
  static const struct {
    const char *before, *middle, *after;
  } SHAPES[] = {{"(", "age", ")"},     {"- ", "age", ""},      {"not ", "p", ""},
                {"abs(", "age", ")"},  {"age in {", "1", "}"}, {"1 ^ ", "2", ""},
                {"'a' .. ", "'b'", ""}};
  lb_frame *f = fx_frame();
  for (size_t i = 0; i < sizeof SHAPES / sizeof *SHAPES; i++) {
    lb_error err = {0};
    assert_int_equal(
        compile_repeated(f, SHAPES[i].before, 10000, SHAPES[i].middle, SHAPES[i].after, &err),
        LB_EPARSE);
    assert_string_equal(err.message, "the expression is nested too deeply");
  }
  lb_error err = {0};
  LB_OK_OR_FAIL(compile_repeated(f, "(", 150, "age", ")", &err), err);
  /* Long is not deep. */
  LB_OK_OR_FAIL(compile_repeated(f, "age + ", 20000, "1", "", &err), err);
  lb_frame_release(f);
}

static void test_split(void **state)
{
  (void)state;
  static const struct {
    const char *text, *name;
    size_t expression;
    const char *message;
  } CASES[] = {
      {"pfs = months(a, b)", "pfs", 6, NULL},
      {"  x=1", "x", 4, NULL},
      {"`Tumour size` = a == 3", "Tumour size", 16, NULL},
      {"größe = 3", "größe", 10, NULL},
      {"x == 3", NULL, 0, "a new name and '=' should stand before the expression"},
      {"= 3", NULL, 0, "a new name and '=' should stand before the expression"},
      {"mean(x)", NULL, 0, "a new name and '=' should stand before the expression"},
      {"", NULL, 0, "a new name and '=' should stand before the expression"},
      {"x =  ", NULL, 0, "an expression should follow '='"},
      {"and = 3", NULL, 0, "'and' is a word of the language"},
      {"``= 3", NULL, 0, "the name in backticks is empty"},
      {"`x = 3", NULL, 0, "the name in backticks does not end"},
      {"\xC3 = 3", NULL, 0, "the expression is no well-formed UTF-8"},
  };
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    lb_error err = {0};
    lb_value name = {0};
    size_t at = 99;
    lb_status st = lb_expr_split(CASES[i].text, strlen(CASES[i].text), &name, &at, &err);
    if (CASES[i].message == NULL) {
      LB_OK_OR_FAIL(st, err);
      assert_int_equal(at, CASES[i].expression);
      assert_int_equal(name.length, strlen(CASES[i].name));
      assert_memory_equal(name.text, CASES[i].name, name.length);
    } else {
      assert_int_equal(st, LB_EPARSE);
      assert_string_equal(err.message, CASES[i].message);
      assert_int_equal(at, 99);
    }
  }
}

static void test_no_rows(void **state)
{
  (void)state;
  static const char *const TEXTS[] = {
      "age + 1", "site .. 'x'", "age > 3", "treatment == 'TAE'", "cut(age, {1})", "factor(site)",
      "start",   "NA",          "1 // 0"};
  lb_error err = {0};
  lb_frame *f = fx_frame(), *empty = NULL;
  LB_OK_OR_FAIL(lb_frame_take(f, NULL, 0, &empty, &err), err);
  for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++) {
    lb_expr *e = NULL;
    lb_column *c = NULL;
    LB_OK_OR_FAIL(lb_expr_compile(TEXTS[i], strlen(TEXTS[i]), empty, NULL, &e, &err), err);
    LB_OK_OR_FAIL(lb_expr_eval(e, empty, &c, &err), err);
    assert_int_equal(lb_column_length(c), 0);
    assert_int_equal(lb_column_type(c), lb_expr_type(e));
    lb_column_release(c);
    lb_expr_free(e);
  }
  lb_frame_release(empty);
  lb_frame_release(f);
}

/* Rows beyond one chunk, in parallel: the same as computed by hand, for one thread and two. */
static void test_many_rows(void **state)
{
  (void)state;
  enum { N = 150003 };
  lb_error err = {0};
  lb_frame *f = NULL;
  lb_expr *e = NULL, *t = NULL;
  int64_t *x = lb_mem_array(N, sizeof *x);
  assert_non_null(x);
  for (size_t i = 0; i < N; i++) x[i] = (int64_t)(i % 1000);
  LB_OK_OR_FAIL(lb_frame_new(N, NULL, &f, &err), err);
  fx_add(f, "x", LB_INTEGER, x, sizeof *x, NULL);
  LB_OK_OR_FAIL(lb_expr_compile("x // 2 * 2 == x and x >= 500", 28, f, NULL, &e, &err), err);
  LB_OK_OR_FAIL(lb_expr_compile("x .. '!'", 8, f, NULL, &t, &err), err);
  for (int threads = 1; threads <= 2; threads++) {
    lb_selection s = {0};
    lb_column *c = NULL;
    size_t n = 0;
    lb_threads_set(threads);
    LB_OK_OR_FAIL(lb_expr_select(e, f, &s, &err), err);
    for (size_t i = 0; i < N; i++)
      if (x[i] % 2 == 0 && x[i] >= 500) assert_int_equal(s.rows[n++], i);
    assert_int_equal(s.n_true, n);
    lb_mem_free(s.rows);
    LB_OK_OR_FAIL(lb_expr_eval(t, f, &c, &err), err);
    for (size_t i = 0; i < N; i += 997) {
      char want[16];
      size_t length = 0;
      const char *text = lb_column_text(c, i, &length);
      snprintf(want, sizeof want, "%d!", (int)x[i]);
      assert_int_equal(length, strlen(want));
      assert_memory_equal(text, want, length);
    }
    lb_column_release(c);
  }
  lb_threads_set(0);
  lb_mem_free(x);
  lb_expr_free(e);
  lb_expr_free(t);
  lb_frame_release(f);
}

static lb_status compile_and_run(const lb_frame *f, const char *text, bool aggregate, lb_error *err)
{
  lb_expr *e = NULL;
  lb_column *c = NULL;
  lb_groups groups = {0};
  lb_value item[] = {text_value("TAE"), text_value("SIRT")};
  lb_with_entry entry = {.name = "arms",
                         .value = {.kind = LB_VALUE_LIST, .item = item, .length = 2}};
  lb_with with = {1, &entry};
  lb_expr_options options = {.with = &with, .aggregate = aggregate};
  lb_status st = lb_expr_compile(text, strlen(text), f, &options, &e, err);
  if (st == LB_OK && aggregate) st = lb_groups_make(f, NULL, 0, &groups, err);
  if (st == LB_OK && aggregate) st = lb_expr_summarise(e, f, &groups, &c, err);
  if (st == LB_OK && !aggregate) st = lb_expr_eval(e, f, &c, err);
  lb_groups_reset(&groups);
  lb_column_release(c);
  lb_expr_free(e);
  return st;
}

/* Each allocation gets its turn to fail. */
static void test_failing_memory(void **state)
{
  (void)state;
  static const struct {
    const char *text;
    bool aggregate;
  } CASES[] = {
      {"if_else(treatment in $arms and age > 3 or site in {'a', 'b'}, upper(site) .. text(age), "
       "'x' .. 'y')",
       false},
      {"big * 2 + round(bili, 1)", false},
      {"cut(age, {10, 20}, {'a', 'b', 'c'})", false},
      {"factor(site)", false},
      {"factor(site, {'liver', 'bone'}) == 'bone'", false},
      {"coalesce(start, date('2020-01-01')) in {'2020-01-01'}", false},
      {"treatment == 'SRIT'", false},
      {"(max(age) - min(age)) / n_distinct(site) + median(bili)", true},
      {"sum(big) > 1 and any(p)", true},
  };
  lb_frame *f = fx_frame();
  size_t live = lb_mem_live();
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    lb_status st = LB_ENOMEM;
    for (long k = 0; st != LB_OK; k++) {
      lb_error err = {0};
      lb_mem_fail_after(k);
      st = compile_and_run(f, CASES[i].text, CASES[i].aggregate, &err);
      lb_mem_fail_after(-1);
      assert_true(st == LB_OK || st == LB_ENOMEM);
      assert_int_equal(lb_mem_live(), live);
      assert_true(k < 10000);
    }
  }
  lb_frame_release(f);
}

static void test_function_table(void **state)
{
  (void)state;
  size_t n = 0;
  const lb_expr_function *table = lb_expr_functions(&n);
  assert_true(n > 45);
  for (size_t i = 0; i < n; i++) {
    assert_int_equal(strncmp(table[i].signature, table[i].name, strlen(table[i].name)), 0);
    assert_true(strlen(table[i].help) > 10);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      LB_TEST(test_with),
      LB_TEST(test_notes),
      LB_TEST(test_kleene),
      LB_TEST(test_select),
      LB_TEST(test_columns_read),
      LB_TEST(test_other_levels),
      LB_TEST(test_label_of_bare_column),
      LB_TEST(test_nesting),
      LB_TEST(test_split),
      LB_TEST(test_no_rows),
      LB_TEST(test_many_rows),
      LB_TEST(test_failing_memory),
      LB_TEST(test_function_table),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
