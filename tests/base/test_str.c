/* test_str.c - the text buffer, UTF-8, and numbers as text. */
#include "check.h"

#include <float.h>
#include <locale.h>
#include <stdlib.h>

#include "base/str.h"

/* ---- the buffer ---- */

static void test_buffer_grows(void **state)
{
  (void)state;
  lb_str s = {0};
  for (int i = 0; i < 1000; i++) lb_str_addf(&s, "%d,", i);
  lb_str_putc(&s, 'x');
  lb_str_puts(&s, "yz");
  lb_str_add(&s, "ignored", 0);
  assert_int_equal(s.length, 10 * 2 + 90 * 3 + 900 * 4 + 3);
  assert_int_equal(strlen(s.data), s.length);
  assert_memory_equal(s.data, "0,1,2,", 6);
  assert_string_equal(s.data + s.length - 7, "999,xyz");
  lb_str_reset(&s);
  assert_null(s.data);
  lb_str_reset(NULL);
}

static void test_long_format(void **state)
{
  (void)state;
  char word[700];
  memset(word, 'w', 699);
  word[699] = '\0';
  lb_str s = {0};
  lb_str_addf(&s, "<%s>", word);
  assert_int_equal(s.length, 701);
  assert_int_equal(s.data[700], '>');
  assert_int_equal(s.data[701], '\0');
  lb_str_reset(&s);
}

static void test_take_hands_over(void **state)
{
  (void)state;
  lb_str s = {0};
  size_t length = 99;
  char *empty = lb_str_take(&s, &length);
  assert_string_equal(empty, "");
  assert_int_equal(length, 0);
  lb_mem_free(empty);
  lb_str_add(&s, "a\0b", 3);
  char *text = lb_str_take(&s, &length);
  assert_int_equal(length, 3);
  assert_memory_equal(text, "a\0b", 4);
  assert_null(s.data);
  lb_mem_free(text);
}

static void test_a_failed_add_is_remembered(void **state)
{
  (void)state;
  char *text = NULL;
  for (long k = 0; text == NULL; k++) {
    lb_str s = {0};
    lb_mem_fail_after(k);
    for (int i = 0; i < 100; i++) lb_str_addf(&s, "%d %s", i, "some text");
    bool failed = s.failed;
    text = lb_str_take(&s, NULL);
    assert_int_equal(failed, text == NULL);
    assert_false(s.failed); /* taken or not, s is empty again */
    assert_true(text != NULL || lb_mem_live() == 0);
  }
  lb_mem_free(text);
  lb_mem_fail_after(0);
  lb_str empty = {0};
  assert_null(lb_str_take(&empty, NULL));
}

/* ---- UTF-8 ---- */

static void test_utf8(void **state)
{
  (void)state;
  static const struct {
    const char *text;
    bool valid;
    size_t length, width;
  } cases[] = {
      {"", true, 0, 0},
      {"plain text, long enough", true, 23, 23},
      {"gr\xc3\xb6\xc3\x9f\x65", true, 5, 5},
      {"eight by\xc3\xa4", true, 9, 9},
      {"a\xcc\x88", true, 2, 1},                /* a and a combining diaeresis */
      {"\xe6\xbc\xa2\xe5\xad\x97", true, 2, 4}, /* two ideographs */
      {"\xf0\x9f\x98\x80", true, 1, 2},
      {"\xf4\x8f\xbf\xbf", true, 1, 1},  /* U+10FFFF */
      {"\xf4\x90\x80\x80", false, 4, 4}, /* one above */
      {"\xed\x9f\xbf", true, 1, 1},
      {"\xed\xa0\x80", false, 3, 3}, /* a surrogate */
      {"\xc0\x80", false, 2, 2},     /* overlong NUL */
      {"\xc1\xbf", false, 2, 2},
      {"\xe0\x9f\xbf", false, 3, 3},
      {"\xe0\xa0\x80", true, 1, 1},
      {"\xf0\x8f\xbf\xbf", false, 4, 4},
      {"\xf0\x90\x80\x80", true, 1, 1},
      {"a\xc3", false, 2, 2}, /* cut short */
      {"\xe2\x82", false, 2, 2},
      {"\x80", false, 1, 1},
      {"\xff\xfe", false, 2, 2},
      {"\xe2\x82\x41", false, 3, 3},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    size_t n = strlen(cases[i].text);
    assert_int_equal(lb_utf8_valid(cases[i].text, n), cases[i].valid);
    assert_int_equal(lb_utf8_length(cases[i].text, n), cases[i].length);
    for (size_t k = 0; k < 20 * 20; k++) { /* between plain letters, at every place in a word */
      char padded[64];
      int all = snprintf(padded, sizeof padded, "%.*s%s%.*s", (int)(k / 20), "aaaaaaaaaaaaaaaaaaaa",
                         cases[i].text, (int)(k % 20), "bbbbbbbbbbbbbbbbbbbb");
      assert_int_equal(lb_utf8_length(padded, (size_t)all), k / 20 + cases[i].length + k % 20);
    }
    assert_int_equal(lb_utf8_width(cases[i].text, n), cases[i].width);
  }
}

/* ---- numbers ---- */

static void test_parse_real(void **state)
{
  (void)state;
  static const struct {
    const char *text;
    bool ok;
    double want;
  } cases[] = {
      {"0", true, 0},
      {"-12.50", true, -12.5},
      {"+3", true, 3},
      {"0.1", true, 0.1},
      {"000123.4500", true, 123.45},
      {"1e3", true, 1000},
      {"1E-3", true, 0.001},
      {"1e+22", true, 1e22},
      {"1e23", true, 1e23},
      {"9007199254740992", true, 9007199254740992.0},
      {"9007199254740993", true, 9007199254740992.0}, /* a tie, to even */
      {"9007199254740993.00000000000000000000001", true, 9007199254740994.0},
      {"123456789012345678901234567890", true, 123456789012345678901234567890.0},
      {"0.000000000000000000000000000000000001", true, 1e-36},
      {"1.7976931348623157e308", true, DBL_MAX},
      {"1.8e308", false, 0},
      {"1e999999999999", false, 0},
      {"0e999999999999", true, 0},
      {"4.9406564584124654e-324", true, 4.9406564584124654e-324},
      {"1e-400", true, 0},
      {"1e-999999999999", true, 0},
      {"2.2250738585072011e-308", true, 2.2250738585072011e-308},
      {"", false, 0},
      {"+", false, 0},
      {"-", false, 0},
      {".", false, 0},
      {".5", true, 0.5},
      {"5.", true, 5},
      {".", false, 0},
      {"-.e1", false, 0},
      {"1e", false, 0},
      {"1e+", false, 0},
      {"e5", false, 0},
      {"--1", false, 0},
      {"1,5", false, 0},
      {" 1", false, 0},
      {"1 ", false, 0},
      {"0x10", false, 0},
      {"inf", false, 0},
      {"nan", false, 0},
      {"1.2.3", false, 0},
      {"1_000", false, 0},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    double got = 77;
    bool ok = lb_parse_real(cases[i].text, strlen(cases[i].text), &got);
    if (ok != cases[i].ok) print_error("'%s'\n", cases[i].text);
    assert_int_equal(ok, cases[i].ok);
    assert_true(got == (ok ? cases[i].want : 77));
  }
  double zero = 1;
  assert_true(lb_parse_real("-0", 2, &zero) && zero == 0 && signbit(zero));
  assert_true(lb_parse_real("1.5e3xyz", 3, &zero) && zero == 1.5); /* length, not NUL, ends it */
  assert_false(lb_parse_real("1\0", 2, &zero));
}

static void test_parse_real_of_long_text(void **state)
{
  (void)state;
  char text[2001];
  memset(text, '0', 2000);
  memcpy(text, "1.5", 3);
  text[1999] = '1';
  double value = 0;
  assert_true(lb_parse_real(text, 2000, &value));
  assert_true(value == 1.5);
  lb_mem_fail_after(0);
  value = 7;
  assert_false(lb_parse_real(text, 2000, &value));
  assert_true(value == 7);
}

static void test_parse_integer(void **state)
{
  (void)state;
  static const struct {
    const char *text;
    bool ok;
    int64_t want;
  } cases[] = {
      {"0", true, 0},
      {"-0", true, 0},
      {"+42", true, 42},
      {"-42", true, -42},
      {"007", true, 7},
      {"9223372036854775807", true, INT64_MAX},
      {"-9223372036854775808", true, INT64_MIN},
      {"9223372036854775808", false, 0},
      {"-9223372036854775809", false, 0},
      {"99999999999999999999999", false, 0},
      {"", false, 0},
      {"-", false, 0},
      {"1.0", false, 0},
      {"1e3", false, 0},
      {" 1", false, 0},
      {"0x1", false, 0},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    int64_t got = 77;
    bool ok = lb_parse_integer(cases[i].text, strlen(cases[i].text), &got);
    assert_int_equal(ok, cases[i].ok);
    assert_true(got == (ok ? cases[i].want : 77));
  }
}

static void test_format_real(void **state)
{
  (void)state;
  static const struct {
    double value;
    const char *want;
  } cases[] = {
      {0, "0"},
      {-0.0, "-0"},
      {5, "5"},
      {-123456, "-123456"},
      {0.1, "0.1"},
      {1.0 / 3, "0.3333333333333333"},
      {0.1 + 0.2, "0.30000000000000004"},
      {1e300, "1e+300"},
      {1e-7, "1e-07"},
      {123456789012345678.0, "1.2345678901234568e+17"},
      {9007199254740993.0, "9007199254740992"},
      {DBL_MAX, "1.7976931348623157e+308"},
      {(double)NAN, "NaN"},
      {(double)INFINITY, "Inf"},
      {-(double)INFINITY, "-Inf"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char buffer[LB_REAL_TEXT];
    assert_int_equal(lb_format_real(buffer, cases[i].value), strlen(cases[i].want));
    assert_string_equal(buffer, cases[i].want);
  }
}

/* Random bit patterns: what is written reads back as the same double, and as strtod reads it. */
static void test_reals_round_trip(void **state)
{
  (void)state;
  uint64_t random = 20240229;
  for (int i = 0; i < 50000; i++) {
    random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    uint64_t bits = random ^ random >> 31;
    double value, back = 0;
    memcpy(&value, &bits, sizeof value);
    if (i % 2 == 1) value = (double)(bits >> 44) / 1000; /* as clinical measurements look */
    if (!isfinite(value)) continue;
    char buffer[LB_REAL_TEXT];
    size_t length = lb_format_real(buffer, value);
    assert_true(length < LB_REAL_TEXT);
    assert_true(lb_parse_real(buffer, length, &back));
    assert_true(back == value);
    assert_true(strtod(buffer, NULL) == value);
  }
}

static void test_locale_does_not_matter(void **state)
{
  (void)state;
  static const char *const COMMAS[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "de_DE"};
  const char *found = NULL;
  for (size_t i = 0; i < 4 && found == NULL; i++) found = setlocale(LC_ALL, COMMAS[i]);
  if (found == NULL) skip();
  char buffer[LB_REAL_TEXT];
  double value = 0;
  lb_format_real(buffer, 1234.5);
  bool read = lb_parse_real("0.12345678901234567890123", 25, &value);
  bool comma = lb_parse_real("1,5", 3, &value);
  setlocale(LC_ALL, "C");
  assert_string_equal(buffer, "1234.5");
  assert_true(read && !comma);
  assert_true(value == 0.12345678901234567890123);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      LB_TEST(test_buffer_grows),
      LB_TEST(test_long_format),
      LB_TEST(test_take_hands_over),
      LB_TEST(test_a_failed_add_is_remembered),
      LB_TEST(test_utf8),
      LB_TEST(test_parse_real),
      LB_TEST(test_parse_real_of_long_text),
      LB_TEST(test_parse_integer),
      LB_TEST(test_format_real),
      LB_TEST(test_reals_round_trip),
      LB_TEST(test_locale_does_not_matter),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
