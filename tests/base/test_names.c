/* test_names.c - did you mean. */
#include "check.h"

#include "base/names.h"

static const char *const COLUMNS[] = {"patient_id", "treatment", "age_years", "dthdt",
                                      "Gr\xc3\xb6\xc3\x9f\x65"};
#define N_COLUMNS (sizeof COLUMNS / sizeof COLUMNS[0])

static void test_distances(void **state)
{
  (void)state;
  static const struct {
    const char *a, *b;
    size_t want;
  } cases[] = {
      {"", "", 0},
      {"", "abc", 3},
      {"treatment", "treatment", 0},
      {"Treat-Ment", "treat_ment ", 0},
      {"traetment", "treatment", 1}, /* neighbours swapped */
      {"treatmnt", "treatment", 1},
      {"treattment", "treatment", 1},
      {"kitten", "sitting", 3},
      {"ca", "abc", 3}, /* 2 if a stretch might be edited twice */
      {"abcd", "badc", 2},
      {"gr\xc3\xb6\xc3\x9f\x65", "grosse", 3}, /* characters, not bytes: o, s, s */
      {"m\xc3\xa4", "ma", 1},
      {"___", "-", 0},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    assert_int_equal(lb_name_distance(cases[i].a, cases[i].b), cases[i].want);
    assert_int_equal(lb_name_distance(cases[i].b, cases[i].a), cases[i].want);
  }
}

static void test_very_long_names_match_only_equals(void **state)
{
  (void)state;
  char a[1000], b[1000];
  memset(a, 'q', 999);
  a[999] = '\0';
  memcpy(b, a, sizeof b);
  assert_int_equal(lb_name_distance(a, b), 0);
  b[990] = 'r';
  assert_int_equal(lb_name_distance(a, b), 999);
  assert_int_equal(lb_name_distance(a, "q"), 999);
}

static void test_nearest(void **state)
{
  (void)state;
  assert_int_equal(lb_name_nearest("traetment", COLUMNS, N_COLUMNS), 1);
  assert_int_equal(lb_name_nearest("AgeYears", COLUMNS, N_COLUMNS), 2);
  assert_int_equal(lb_name_nearest("dthd", COLUMNS, N_COLUMNS), 3);
  assert_int_equal(lb_name_nearest("dth", COLUMNS, N_COLUMNS), N_COLUMNS); /* 2 off, 1 allowed */
  assert_int_equal(lb_name_nearest("gr\xc3\xb6sse", COLUMNS, N_COLUMNS), 4);
  assert_int_equal(lb_name_nearest("outcome", COLUMNS, N_COLUMNS), N_COLUMNS);
  assert_int_equal(lb_name_nearest("x", NULL, 0), 0);
  static const char *const TIES[] = {"arm3", "arm1", "arm2", "arm_2"};
  assert_int_equal(lb_name_nearest("arm", TIES, 4), 0);  /* all one off: the first */
  assert_int_equal(lb_name_nearest("ARM2", TIES, 4), 2); /* exact beats near */
}

static void test_unknown_with_a_suggestion(void **state)
{
  (void)state;
  lb_error err = {0};
  assert_int_equal(lb_name_unknown(&err, "column", "Columns", "traetment", COLUMNS, N_COLUMNS),
                   LB_ENAME);
  assert_int_equal(err.code, LB_ENAME);
  assert_string_equal(err.message, "no column 'traetment' (did you mean 'treatment'?)");
  assert_string_equal(err.context, "");
}

static void test_unknown_lists_what_there_is(void **state)
{
  (void)state;
  static const char *const LEVELS[] = {"a1", "b2", "c3",  "d4",  "e5",  "f6",  "g7",
                                       "h8", "i9", "j10", "k11", "l12", "m13", "n14"};
  lb_error err = {0};
  lb_name_unknown(&err, "level", "Levels", "zzz", LEVELS, 3);
  assert_string_equal(err.message, "no level 'zzz'");
  assert_string_equal(err.context, "Levels are: a1, b2, c3");
  lb_name_unknown(&err, "level", "Levels", "zzz", LEVELS, 12);
  assert_string_equal(err.context, "Levels are: a1, b2, c3, d4, e5, f6, g7, h8, i9, j10, k11, l12");
  lb_name_unknown(&err, "level", "Levels", "zzz", LEVELS, 14);
  assert_string_equal(
      err.context, "Levels are: a1, b2, c3, d4, e5, f6, g7, h8, i9, j10, k11, l12, ... (2 more)");
  lb_name_unknown(&err, "column", "Columns", "zzz", NULL, 0);
  assert_string_equal(err.context, "There are no columns.");
  assert_int_equal(lb_name_unknown(NULL, "column", "Columns", "zzz", LEVELS, 14), LB_ENAME);
}

static void test_long_names_do_not_overflow_the_list(void **state)
{
  (void)state;
  char text[700];
  memset(text, 'q', 699);
  text[699] = '\0';
  const char *names[] = {text, text, "short"};
  lb_error err = {0};
  lb_name_unknown(&err, "column", "Columns", "zzz", names, 3);
  assert_int_equal(strncmp(err.context, "Columns are: qqq", 16), 0);
  assert_non_null(strstr(err.context, "q, ... (2 more)"));
}

static void test_names_no_expression_could_quote(void **state)
{
  (void)state;
  lb_error err = {0};
  assert_int_equal(lb_name_check("age (years), \xC3\xA9t\xC3\xA9 'x'", &err), LB_OK);
  assert_int_equal(lb_name_check("a`b", &err), LB_EARG);
  assert_string_equal(err.message,
                      "the column name 'a`b' holds a backtick, which quotes names in expressions");
  assert_int_equal(lb_name_check("a\tb", &err), LB_EARG);
  assert_string_equal(err.message, "a column name holds a control character (code 9)");
  assert_int_equal(lb_name_check("a\x7F", &err), LB_EARG);
  char name[] = "a`b\r\nc\x7F\xC3\xA9";
  assert_int_equal(lb_name_mend(name), 4);
  assert_string_equal(name, "a'b  c \xC3\xA9");
  assert_int_equal(lb_name_mend(name), 0);
  assert_int_equal(lb_name_check(name, &err), LB_OK);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      LB_TEST(test_distances),
      LB_TEST(test_very_long_names_match_only_equals),
      LB_TEST(test_nearest),
      LB_TEST(test_unknown_with_a_suggestion),
      LB_TEST(test_unknown_lists_what_there_is),
      LB_TEST(test_names_no_expression_could_quote),
      LB_TEST(test_long_names_do_not_overflow_the_list),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
