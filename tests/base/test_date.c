/* test_date.c - the calendar and ISO 8601 text. */
#include "check.h"

#include "base/date.h"

static void test_known_days(void **state)
{
  (void)state;
  static const struct {
    const char *text;
    bool ok;
    int32_t days;
  } cases[] = {
      {"1970-01-01", true, 0},
      {"1969-12-31", true, -1},
      {"2000-03-01", true, 11017},
      {"2024-02-29", true, 19782},
      {"2000-02-29", true, 11016},
      {"0001-01-01", true, -719162},
      {"9999-12-31", true, 2932896},
      {"1900-02-28", true, -25509},
      {"2023-02-29", false, 0}, /* not a leap year */
      {"1900-02-29", false, 0},
      {"2024-02-30", false, 0},
      {"2024-04-31", false, 0},
      {"2024-13-01", false, 0},
      {"2024-00-01", false, 0},
      {"2024-01-00", false, 0},
      {"2024-01-32", false, 0},
      {"0000-01-01", false, 0},
      {"02/03/2024", false, 0}, /* ambiguous: we do not guess */
      {"2024-1-01", false, 0},
      {"2024-01-1", false, 0},
      {"24-01-01", false, 0},
      {"2024-01-01 ", false, 0},
      {" 2024-01-01", false, 0},
      {"+024-01-01", false, 0},
      {"2024-01--1", false, 0},
      {"20240101", false, 0},
      {"", false, 0},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    int32_t days = 77;
    assert_int_equal(lb_date_parse(cases[i].text, strlen(cases[i].text), &days), cases[i].ok);
    assert_int_equal(days, cases[i].ok ? cases[i].days : 77);
    char text[LB_DATE_TEXT];
    if (!cases[i].ok) continue;
    assert_int_equal(lb_date_format(text, days), 10);
    assert_string_equal(text, cases[i].text);
  }
}

static void test_no_such_day(void **state)
{
  (void)state;
  int32_t days = 77;
  assert_false(lb_date_from_civil(10000, 1, 1, &days));
  assert_false(lb_date_from_civil(0, 12, 31, &days));
  assert_false(lb_date_from_civil(-5, 1, 1, &days));
  assert_false(lb_date_from_civil(2024, -1, 1, &days));
  assert_false(lb_date_from_civil(2024, 1, -1, &days));
  assert_false(lb_date_from_civil(2023, 2, 29, &days));
  assert_int_equal(days, 77);
}

/* Walks a calendar kept by hand through over 400 years; checks both directions each day. */
static void test_each_day_of_an_era(void **state)
{
  (void)state;
  static const int LENGTHS[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  int32_t want;
  assert_true(lb_date_from_civil(1700, 1, 1, &want));
  for (int year = 1700; year <= 2110; year++)
    for (int month = 1; month <= 12; month++) {
      bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
      int last = LENGTHS[month - 1] + (leap && month == 2);
      for (int day = 1; day <= last; day++, want++) {
        int32_t days = 0;
        int y, m, d;
        assert_true(lb_date_from_civil(year, month, day, &days));
        assert_int_equal(days, want);
        lb_date_to_civil(days, &y, &m, &d);
        assert_true(y == year && m == month && d == day);
      }
    }
}

static void test_round_trip_of_all_years(void **state)
{
  (void)state;
  for (int32_t days = -719162; days <= 2932896; days += 13) {
    char text[LB_DATE_TEXT];
    int32_t back = 0;
    assert_true(lb_date_parse(text, lb_date_format(text, days), &back));
    assert_int_equal(back, days);
  }
}

static void test_extreme_days_fit_the_buffer(void **state)
{
  (void)state;
  char text[LB_DATETIME_TEXT];
  assert_true(lb_date_format(text, INT32_MIN) < LB_DATE_TEXT);
  assert_string_equal(text, "-5877641-06-23");
  assert_true(lb_date_format(text, INT32_MAX) < LB_DATE_TEXT);
  assert_string_equal(text, "5881580-07-11");
  assert_true(lb_datetime_format(text, INT64_MIN) < LB_DATETIME_TEXT);
  assert_string_equal(text, "-290308-12-21T19:59:05.224192Z");
  assert_true(lb_datetime_format(text, INT64_MAX) < LB_DATETIME_TEXT);
  assert_string_equal(text, "294247-01-10T04:00:54.775807Z");
}

#define DAY_US    INT64_C(86400000000)
#define MINUTE_US INT64_C(60000000)

static void test_datetimes(void **state)
{
  (void)state;
  static const struct {
    const char *text;
    bool ok;
    int64_t want;
    const char *printed;
  } cases[] = {
      {"1970-01-01T00:00", true, 0, "1970-01-01T00:00:00Z"},
      {"1970-01-01 00:01:00", true, MINUTE_US, "1970-01-01T00:01:00Z"},
      {"2024-02-29T12:30:00Z", true, 19782 * DAY_US + 750 * MINUTE_US, "2024-02-29T12:30:00Z"},
      {"2024-02-29T12:30:00.5", true, 19782 * DAY_US + 750 * MINUTE_US + 500000,
       "2024-02-29T12:30:00.5Z"},
      {"1969-12-31T23:59:59.999999Z", true, -1, "1969-12-31T23:59:59.999999Z"},
      {"1970-01-01T00:00:00.000120", true, 120, "1970-01-01T00:00:00.00012Z"},
      {"1970-01-01T02:00+02:00", true, 0, "1970-01-01T00:00:00Z"},
      {"1969-12-31T19:30:00-04:30", true, 0, "1970-01-01T00:00:00Z"},
      {"2024-03-01T00:15+01:00", true, 19782 * DAY_US + 1395 * MINUTE_US, "2024-02-29T23:15:00Z"},
      {"9999-12-31T23:59:59.999999", true, 2932897 * DAY_US - 1, "9999-12-31T23:59:59.999999Z"},
      {"9999-12-31T23:59-00:01", false, 0, NULL}, /* the year 10000 in UTC */
      {"0001-01-01T00:00+00:01", false, 0, NULL},
      {"2024-02-29T24:00", false, 0, NULL},
      {"2024-02-29T12:60", false, 0, NULL},
      {"2024-02-29T12:30:60", false, 0, NULL},
      {"2024-02-29T12:30:00.", false, 0, NULL},
      {"2024-02-29T12:30:00.1234567", false, 0, NULL},
      {"2024-02-29T12:30.5", false, 0, NULL},
      {"2024-02-29T1:30", false, 0, NULL},
      {"2024-02-29T12", false, 0, NULL},
      {"2024-02-29", false, 0, NULL},
      {"2024-02-29t12:30", false, 0, NULL},
      {"2024-02-29T12:30z", false, 0, NULL},
      {"2024-02-29T12:30 Z", false, 0, NULL},
      {"2024-02-29T12:30:5", false, 0, NULL},
      {"2024-02-29T12:30+0100", false, 0, NULL},
      {"2024-02-29T12:30+24:00", false, 0, NULL},
      {"2024-02-29T12:30+01:60", false, 0, NULL},
      {"2024-02-29T12:30+01:00x", false, 0, NULL},
      {"2023-02-29T12:30", false, 0, NULL},
      {"", false, 0, NULL},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    int64_t got = 77;
    bool ok = lb_datetime_parse(cases[i].text, strlen(cases[i].text), &got);
    if (ok != cases[i].ok) print_error("'%s'\n", cases[i].text);
    assert_int_equal(ok, cases[i].ok);
    assert_true(got == (ok ? cases[i].want : 77));
    char text[LB_DATETIME_TEXT];
    if (!ok) continue;
    assert_int_equal(lb_datetime_format(text, got), strlen(cases[i].printed));
    assert_string_equal(text, cases[i].printed);
  }
}

/* Every beginning of a good text, handed over without its NUL, is read within its bounds. */
static void test_cut_texts(void **state)
{
  (void)state;
  const char *text = "2024-02-29T12:30:15.250+01:00";
  for (size_t length = 0; length <= strlen(text); length++) {
    char *exact = lb_mem_alloc(length); /* so that a sanitizer sees any read past the end */
    memcpy(exact, text, length);
    int64_t at;
    int32_t days;
    bool ok = length == 16 || length == 19 || (length >= 21 && length <= 23) || length == 29;
    assert_int_equal(lb_datetime_parse(exact, length, &at), ok);
    assert_int_equal(lb_date_parse(exact, length, &days), length == 10);
    lb_mem_free(exact);
  }
}

static void test_add_months(void **state)
{
  (void)state;
  static const struct {
    const char *from;
    int64_t months;
    const char *want; /* NULL: refused */
  } cases[] = {
      {"2024-01-31", 1, "2024-02-29"},      {"2023-01-31", 1, "2023-02-28"},
      {"2024-02-29", 12, "2025-02-28"},     {"2024-02-29", 48, "2028-02-29"},
      {"2024-03-31", -1, "2024-02-29"},     {"2024-01-15", -1, "2023-12-15"},
      {"2024-12-31", 1, "2025-01-31"},      {"2024-05-10", 0, "2024-05-10"},
      {"2024-01-01", -24276, "0001-01-01"}, {"2024-01-01", -24277, NULL},
      {"9999-11-30", 1, "9999-12-30"},      {"9999-12-01", 1, NULL},
      {"2024-01-01", INT64_MAX, NULL},      {"2024-01-01", INT64_MIN, NULL},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    int32_t from, got = 77;
    char text[LB_DATE_TEXT];
    assert_true(lb_date_parse(cases[i].from, 10, &from));
    assert_int_equal(lb_date_add_months(from, cases[i].months, &got), cases[i].want != NULL);
    if (cases[i].want == NULL) {
      assert_int_equal(got, 77);
      continue;
    }
    lb_date_format(text, got);
    assert_string_equal(text, cases[i].want);
  }
  int32_t out;
  assert_false(lb_date_add_months(INT32_MAX, 0, &out));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      LB_TEST(test_known_days),
      LB_TEST(test_no_such_day),
      LB_TEST(test_each_day_of_an_era),
      LB_TEST(test_round_trip_of_all_years),
      LB_TEST(test_extreme_days_fit_the_buffer),
      LB_TEST(test_datetimes),
      LB_TEST(test_cut_texts),
      LB_TEST(test_add_months),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
