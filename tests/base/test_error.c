/* test_error.c - messages, contexts and carets, cut at whole characters. */
#include "check.h"

#include "base/str.h"

static void test_status_names(void **state)
{
  (void)state;
  assert_string_equal(lb_status_name(LB_OK), "ok");
  assert_string_equal(lb_status_name(LB_ENOMEM), "memory");
  assert_string_equal(lb_status_name(LB_EINTR), "interrupted");
  assert_string_equal(lb_status_name(LB_ENUMERIC), "numeric");
  assert_string_equal(lb_status_name((lb_status)99), "unknown");
}

static void test_each_caller_adds_where(void **state)
{
  (void)state;
  lb_error err = {0};
  assert_int_equal(lb_error_set(&err, LB_EPARSE, "not a %s", "date"), LB_EPARSE);
  assert_int_equal(lb_error_in(&err, "row %d", 214), LB_EPARSE);
  lb_error_in(&err, "column '%s'", "dthdt");
  assert_string_equal(err.message, "column 'dthdt': row 214: not a date");
  assert_string_equal(err.context, "");
  lb_error_mend(&err, "Pass types = { %s = \"date\" }.", "dthdt");
  lb_error_mend(&err, "Or leave it.");
  assert_string_equal(err.context, "Pass types = { dthdt = \"date\" }.\nOr leave it.");
  lb_error_set(&err, LB_EDATA, "again: %s", err.message); /* arguments may point into err */
  assert_string_equal(err.message, "again: column 'dthdt': row 214: not a date");
  assert_string_equal(err.context, "");
  assert_int_equal(lb_error_nomem(&err, "columns"), LB_ENOMEM);
  assert_string_equal(err.message, "out of memory (columns)");
}

static void test_null_is_accepted_and_never_ok(void **state)
{
  (void)state;
  assert_int_equal(lb_error_set(NULL, LB_EIO, "x"), LB_EIO);
  assert_int_equal(lb_error_nomem(NULL, "x"), LB_ENOMEM);
  assert_int_not_equal(lb_error_in(NULL, "x"), LB_OK);
  assert_int_not_equal(lb_error_mend(NULL, "x"), LB_OK);
  assert_int_not_equal(lb_error_caret(NULL, "x", 1, 0, 1), LB_OK);
}

static void test_a_message_is_one_tame_line(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_error_set(&err, LB_ENAME, "no column '%s'", "a\nb\x1b[31m");
  assert_string_equal(err.message, "no column 'a b?[31m'");
}

/* Texts of two-, three- and four-byte characters at every offset: never cut within one. */
static void test_cut_at_whole_characters(void **state)
{
  (void)state;
  static const char *const CHARACTERS[] = {"\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};
  char text[4096];
  for (size_t c = 0; c < 3; c++)
    for (size_t shift = 0; shift < 4; shift++) {
      lb_error err = {0};
      size_t used = shift;
      memset(text, 'x', shift);
      for (; used < 3000; used += strlen(CHARACTERS[c]))
        memcpy(text + used, CHARACTERS[c], strlen(CHARACTERS[c]) + 1);
      lb_error_set(&err, LB_EDATA, "%s", text);
      assert_true(strlen(err.message) >= sizeof err.message - 4);
      assert_true(lb_utf8_valid(err.message, strlen(err.message)));
      lb_error_in(&err, "%s", "wh\xc3\xa4re");
      assert_true(lb_utf8_valid(err.message, strlen(err.message)));
      lb_error_mend(&err, "%s", text);
      lb_error_mend(&err, "%s", text); /* the context is full by now */
      assert_true(strlen(err.context) >= sizeof err.context - 4);
      assert_true(lb_utf8_valid(err.context, strlen(err.context)));
    }
}

static void test_carets(void **state)
{
  (void)state;
  static const struct {
    const char *text;
    size_t start, end;
    const char *want;
  } cases[] = {
      {"traetment == 'SIRT'", 0, 9, "  traetment == 'SIRT'\n  ^^^^^^^^^"},
      {"a + b", 4, 5, "  a + b\n      ^"},
      {"a +", 3, 3, "  a +\n     ^"},  /* past the end */
      {"a +", 9, 12, "  a +\n     ^"}, /* further past */
      {"a +", 1, 99, "  a +\n   ^^"},
      {"abc", 1, 1, "  abc\n   ^"},
      {"abc", 2, 1, "  abc\n    ^"}, /* end before start */
      {"", 0, 0, "  \n  ^"},
      {"one\ntwo\nthree", 4, 7, "  two\n  ^^^"},
      {"one\ntwo\nthree", 5, 11, "  two\n   ^^"}, /* only the line of start */
      {"one\ntwo", 3, 4, "  one\n     ^"},        /* at the line break */
      {"one\r\ntwo", 0, 5, "  one\n  ^^^"},
      {"one\r\ntwo", 4, 5, "  one\n     ^"},
      {"\ta\tb", 1, 2, "   a b\n   ^"},
      {"gr\xc3\xb6\xc3\x9f"
       "e > 1",
       8, 9,
       "  gr\xc3\xb6\xc3\x9f"
       "e > 1\n        ^"},
      {"\xc3\xa4\xc3\xb6", 3, 4, "  \xc3\xa4\xc3\xb6\n   ^"}, /* start within a character */
      {"a\xff\xc3"
       "b",
       3, 4,
       "  a\xef\xbf\xbd\xef\xbf\xbd"
       "b\n     ^"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    lb_error err = {0};
    lb_error_set(&err, LB_ENAME, "x");
    assert_int_equal(
        lb_error_caret(&err, cases[i].text, strlen(cases[i].text), cases[i].start, cases[i].end),
        LB_ENAME);
    assert_string_equal(err.context, cases[i].want);
  }
}

/* Any range of a long line: at most 76 columns, and the caret stands below the character of start.
 */
static void test_long_lines_are_windowed(void **state)
{
  (void)state;
  char line[1001];
  for (size_t i = 0; i < 1000; i++) line[i] = (char)('a' + i % 26);
  line[1000] = '\0';
  for (size_t start = 0; start <= 1000; start++)
    for (size_t extent = 0; extent <= 200; extent += 40) {
      lb_error err = {0};
      lb_error_set(&err, LB_EPARSE, "x");
      lb_error_caret(&err, line, 1000, start, start + extent);
      char *second = strchr(err.context, '\n');
      assert_non_null(second);
      size_t shown = lb_utf8_length(err.context, (size_t)(second - err.context));
      assert_true(shown <= 78);
      size_t column = strcspn(second + 1, "^");
      assert_true(strlen(second + 1) <= 79 && strlen(second + 1) > column);
      if (start == 1000) continue;
      const char *at = err.context;
      for (size_t c = 0; c < column; c++) at += ((unsigned char)*at == 0xe2) ? 3 : 1;
      assert_int_equal(*at, line[start]);
    }
}

static void test_caret_after_a_mend(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_error_set(&err, LB_EPARSE, "x");
  lb_error_mend(&err, "first");
  lb_error_caret(&err, "ab", 2, 1, 2);
  lb_error_mend(&err, "last");
  assert_string_equal(err.context, "first\n  ab\n   ^\nlast");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      LB_TEST(test_status_names),
      LB_TEST(test_each_caller_adds_where),
      LB_TEST(test_null_is_accepted_and_never_ok),
      LB_TEST(test_a_message_is_one_tame_line),
      LB_TEST(test_cut_at_whole_characters),
      LB_TEST(test_carets),
      LB_TEST(test_long_lines_are_windowed),
      LB_TEST(test_caret_after_a_mend),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
