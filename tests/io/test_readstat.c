/* test_readstat.c - files of SAS, SPSS and Stata that another program wrote, and our own read back. */
#include "check.h"

#include "base/bitmap.h"
#include "base/file.h"
#include "frame/builder.h"
#include "io/readstat.h"
#include "io/readstat_api.h"

#define DATA "tests/data/formats/"
#define DAY  86400000000LL

static lb_frame *read_file(const char *path, lb_stat_format format, const lb_stat_options *options,
                           lb_problems *problems)
{
  char *bytes = NULL;
  size_t length = 0;
  lb_frame *frame = NULL;
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_file_read(path, &bytes, &length, &err), err);
  LB_OK_OR_FAIL(lb_stat_read(bytes, length, format, options, &frame, problems, &err), err);
  lb_mem_free(bytes);
  return frame;
}

static const lb_column *column(const lb_frame *frame, const char *name)
{
  const lb_column *out = NULL;
  size_t i;
  assert_int_equal(lb_frame_index(frame, name, strlen(name), &i, NULL), LB_OK);
  assert_int_equal(lb_frame_column(frame, i, &out, NULL), LB_OK);
  return out;
}

static void assert_text(const lb_column *c, size_t row, const char *want)
{
  size_t n;
  const char *got = lb_column_text(c, row, &n);
  assert_int_equal(n, strlen(want));
  assert_memory_equal(got, want, n);
}

static bool missing(const lb_column *c, size_t row)
{
  return !lb_is_valid(lb_column_valid(c), row);
}

static void assert_problem(const lb_problems *problems, const char *name, const char *message)
{
  for (size_t i = 0; i < problems->n; i++)
    if (strcmp(problems->item[i].column, name) == 0 &&
        strcmp(problems->item[i].message, message) == 0)
      return;
  for (size_t i = 0; i < problems->n; i++)
    print_error("%s: %s\n", problems->item[i].column, problems->item[i].message);
  fail();
}

/* What make.R put into every file (tests/data/formats). */
static void check_common(const lb_frame *f)
{
  assert_int_equal(lb_frame_rows(f), 9);
  assert_text(column(f, "usubjid"), 8, "X-09");
  const lb_column *age = column(f, "age");
  assert_int_equal(lb_column_type(age), LB_REAL);
  LB_NEAR(lb_column_real(age)[0], 61.5, 0);
  assert_true(missing(age, 2));
  assert_string_equal(lb_column_label(age), "Age at entry");
  assert_int_equal(lb_column_integer(column(f, "visits"))[8], 9);
  const lb_column *entry = column(f, "entry");
  assert_int_equal(lb_column_type(entry), LB_DATE);
  assert_int_equal(lb_column_days(entry)[0], 19781); /* 2024-02-28 */
  assert_int_equal(lb_column_days(entry)[8], 19789);
  assert_true(missing(entry, 1));
  const lb_column *seen = column(f, "seen");
  assert_int_equal(lb_column_type(seen), LB_DATETIME);
  assert_int_equal(lb_column_integer(seen)[0], 19781 * DAY + 37800000000LL); /* 10:30 */
  assert_int_equal(lb_column_integer(seen)[8], 19781 * DAY + 66600000000LL);
}

static void check_arm(const lb_frame *f)
{
  const lb_column *arm = column(f, "arm");
  assert_int_equal(lb_column_type(arm), LB_FACTOR);
  assert_int_equal(lb_column_level_count(arm), 3);
  assert_text(lb_column_levels(arm), 0, "TAE"); /* in the order of the codes, not of the alphabet */
  assert_text(lb_column_levels(arm), 2, "SIRT");
  assert_text(arm, 1, "TACE");
  assert_true(missing(arm, 8));
}

static void check_spss(const char *path)
{
  lb_problems problems = {0};
  lb_frame *f = read_file(path, LB_STAT_SAV, NULL, &problems);
  check_common(f);
  check_arm(f);
  assert_string_equal(lb_column_label(column(f, "arm")), "Treatment");
  const lb_column *ecog = column(f, "ecog");
  assert_int_equal(lb_column_level_count(ecog), 3); /* codes of missing values are no levels */
  assert_text(ecog, 3, "Severe");
  assert_true(missing(ecog, 2) && missing(ecog, 4) && missing(ecog, 7));
  assert_int_equal(lb_column_missing(ecog), 3);
  assert_problem(&problems, "ecog",
                 "3 values are missing by codes of the file: 9 'Unknown' (2), 8 'Refused' (1)");
  /* A few labelled values among unlabelled ones: the numbers stay. */
  assert_int_equal(lb_column_type(column(f, "part")), LB_INTEGER);
  assert_int_equal(lb_column_integer(column(f, "part"))[8], 99);
  assert_problem(&problems, "part", "6 values have no label: the codes were kept");
  assert_int_equal(problems.n_total, 2);
  lb_problems_reset(&problems);
  lb_frame_release(f);
}

static void test_spss(void **state)
{
  (void)state;
  check_spss(DATA "haven.sav");
  check_spss(DATA "haven.zsav");
}

static void test_stata(void **state)
{
  (void)state;
  lb_problems problems = {0};
  lb_frame *f = read_file(DATA "haven.dta", LB_STAT_DTA, NULL, &problems);
  check_common(f);
  check_arm(f);
  const lb_column *ecog = column(f, "ecog");
  assert_int_equal(lb_column_level_count(ecog), 3);
  assert_true(missing(ecog, 2) && missing(ecog, 4) && missing(ecog, 7));
  assert_problem(&problems, "ecog", "3 values are missing by codes of the file: .a (2), .b (1)");
  lb_problems_reset(&problems);
  lb_frame_release(f);
}

static void test_sas_transport(void **state)
{
  (void)state;
  lb_problems problems = {0};
  lb_frame *f = read_file(DATA "haven.xpt", LB_STAT_XPT, NULL, &problems);
  check_common(f);
  assert_int_equal(lb_column_type(column(f, "arm")), LB_TEXT); /* 3 levels need 9 values */
  assert_text(column(f, "arm"), 2, "SIRT");
  assert_true(missing(column(f, "arm"), 8)); /* an empty text */
  assert_int_equal(lb_column_integer(column(f, "grade"))[3], 2);
  assert_problem(&problems, "grade", "2 values are missing by codes of the file: .a (1), .z (1)");
  lb_problems_reset(&problems);
  lb_frame_release(f);
}

static void test_codes_and_columns(void **state)
{
  (void)state;
  const char *names[] = {"arm", "usubjid"};
  lb_stat_options options = {.columns = names, .n_columns = 2, .codes = true};
  lb_frame *f = read_file(DATA "haven.sav", LB_STAT_SAV, &options, NULL);
  assert_int_equal(lb_frame_columns(f), 2);
  assert_string_equal(lb_frame_name(f, 0), "arm");
  assert_int_equal(lb_column_type(column(f, "arm")), LB_INTEGER);
  assert_int_equal(lb_column_integer(column(f, "arm"))[2], 3);
  lb_frame_release(f);
  char *bytes = NULL;
  size_t length;
  lb_error err = {0};
  f = NULL;
  names[1] = "usubjd";
  assert_int_equal(lb_file_read(DATA "haven.sav", &bytes, &length, &err), LB_OK);
  assert_int_equal(lb_stat_read(bytes, length, LB_STAT_SAV, &options, &f, NULL, &err), LB_ENAME);
  assert_non_null(strstr(err.message, "did you mean 'usubjid'?"));
  lb_mem_free(bytes);
}

static const struct {
  const char *format;
  lb_stat_format file;
  lb_stat_shows want;
} formats[] = {
    {"DATE9", LB_STAT_XPT, LB_SHOWS_DATE},
    {"YYMMDD10.", LB_STAT_SAS7BDAT, LB_SHOWS_DATE},
    {"E8601DA", LB_STAT_XPT, LB_SHOWS_DATE},
    {"datetime20.", LB_STAT_XPT, LB_SHOWS_DATETIME},
    {"TIME8.", LB_STAT_XPT, LB_SHOWS_TIME},
    {"BEST12.", LB_STAT_XPT, LB_SHOWS_NUMBER},
    {"", LB_STAT_XPT, LB_SHOWS_NUMBER},
    {"EDATE10", LB_STAT_SAV, LB_SHOWS_DATE},
    {"DATETIME23.2", LB_STAT_SAV, LB_SHOWS_DATETIME},
    {"F8.2", LB_STAT_SAV, LB_SHOWS_NUMBER},
    {"%td", LB_STAT_DTA, LB_SHOWS_DATE},
    {"%-tdD_m_Y", LB_STAT_DTA, LB_SHOWS_DATE},
    {"%d", LB_STAT_DTA, LB_SHOWS_DATE},
    {"%tc", LB_STAT_DTA, LB_SHOWS_DATETIME},
    {"%tC", LB_STAT_DTA, LB_SHOWS_LEAP},
    {"%tm", LB_STAT_DTA, LB_SHOWS_PERIOD},
    {"%9.0g", LB_STAT_DTA, LB_SHOWS_NUMBER},
};

static void test_date_formats(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
    assert_int_equal(lb_stat_format_shows(formats[i].format, formats[i].file), formats[i].want);
  int64_t us;
  assert_true(lb_stat_microseconds(0, LB_SHOWS_DATE, LB_STAT_XPT, &us));
  assert_int_equal(us, -3653 * DAY); /* 1960-01-01 */
  assert_true(lb_stat_microseconds(0, LB_SHOWS_DATE, LB_STAT_SAV, &us));
  assert_int_equal(us, -141428 * DAY); /* 1582-10-14 */
  assert_false(lb_stat_microseconds(1e300, LB_SHOWS_DATE, LB_STAT_DTA, &us));
  assert_false(lb_stat_microseconds(-1e9, LB_SHOWS_DATE, LB_STAT_DTA, &us));
}

/* ---- Out ---- */

static lb_frame *one_column(const char *name, lb_column *c)
{
  lb_frame *f = NULL;
  assert_int_equal(lb_frame_new(lb_column_length(c), NULL, &f, NULL), LB_OK);
  assert_int_equal(lb_frame_add(f, name, c, NULL), LB_OK);
  lb_column_release(c);
  return f;
}

static lb_column *real_column(double value)
{
  lb_column *c = NULL;
  double *values = lb_mem_array(1, sizeof *values);
  values[0] = value;
  assert_int_equal(lb_column_new(LB_REAL, 1, values, NULL, &c, NULL), LB_OK);
  return c;
}

static void test_round_trip(void **state)
{
  (void)state;
  static const lb_stat_format FORMATS[] = {LB_STAT_XPT, LB_STAT_SAV, LB_STAT_DTA};
  for (size_t i = 0; i < 3; i++) {
    lb_frame *f = read_file(DATA "haven.sav", LB_STAT_SAV, NULL, NULL), *g = NULL;
    char *bytes = NULL, *again = NULL;
    size_t n, m;
    lb_error err = {0};
    LB_OK_OR_FAIL(lb_stat_write(f, FORMATS[i], &bytes, &n, &err), err);
    LB_OK_OR_FAIL(lb_stat_write(f, FORMATS[i], &again, &m, &err), err);
    assert_int_equal(n, m);
    assert_memory_equal(bytes, again, n);
    LB_OK_OR_FAIL(lb_stat_read(bytes, n, FORMATS[i], NULL, &g, NULL, &err), err);
    check_common(g);
    if (FORMATS[i] != LB_STAT_XPT) check_arm(g);
    if (FORMATS[i] == LB_STAT_XPT) assert_text(column(g, "arm"), 1, "TACE");
    assert_int_equal(lb_column_missing(column(g, "ecog")), 3);
    lb_frame_release(f);
    lb_frame_release(g);
    lb_mem_free(bytes);
    lb_mem_free(again);
  }
}

static void refuse(lb_frame *f, lb_stat_format format, const char *message)
{
  char *bytes = NULL;
  size_t n;
  lb_error err = {0};
  assert_int_not_equal(lb_stat_write(f, format, &bytes, &n, &err), LB_OK);
  if (strstr(err.message, message) == NULL) print_error("%s\n", err.message);
  assert_non_null(strstr(err.message, message));
  assert_null(bytes);
  lb_frame_release(f);
}

static void test_refusals(void **state)
{
  (void)state;
  refuse(one_column("progression", real_column(1)), LB_STAT_XPT, "at most 8 characters");
  refuse(one_column("a b", real_column(1)), LB_STAT_DTA, "letters, digits and _");
  refuse(one_column("a", real_column(NAN)), LB_STAT_SAV, "row 1: NaN or infinite");
  refuse(one_column("a", real_column(1e80)), LB_STAT_XPT, "too large or too near to 0");
  refuse(one_column("a", real_column(-1e-80)), LB_STAT_XPT, "too large or too near to 0");
  refuse(one_column("a", real_column(9e307)), LB_STAT_DTA, "too large");
  refuse(one_column("a", real_column(1)), LB_STAT_POR, "por files are read, not written");
  char text[202];
  memset(text, 'x', 201);
  text[201] = '\0';
  const char *texts[] = {text};
  lb_column *c = NULL, *labelled = NULL;
  assert_int_equal(lb_column_from_texts(texts, 1, &c, NULL), LB_OK);
  refuse(one_column("a", c), LB_STAT_XPT, "a text of 201 bytes, a xpt file holds 200");
  c = real_column(1);
  assert_int_equal(lb_column_with_label(c, text, NULL, &labelled, NULL), LB_OK);
  lb_column_release(c);
  refuse(one_column("a", labelled), LB_STAT_XPT, "its label has 201 bytes");
  int64_t *large = lb_mem_array(1, sizeof *large);
  large[0] = 9007199254740993;
  assert_int_equal(lb_column_new(LB_INTEGER, 1, large, NULL, &c, NULL), LB_OK);
  refuse(one_column("a", c), LB_STAT_DTA, "beyond 2^53");
}

static void test_not_such_files(void **state)
{
  (void)state;
  for (lb_stat_format format = LB_STAT_XPT; format <= LB_STAT_DTA; format++) {
    lb_frame *f = NULL;
    lb_error err = {0};
    assert_int_equal(lb_stat_read("a,b\n1,2\n", 8, format, NULL, &f, NULL, &err), LB_EPARSE);
    assert_non_null(strstr(err.message, "or damaged"));
    assert_int_equal(lb_stat_read("", 0, format, NULL, &f, NULL, &err), LB_EPARSE);
    assert_null(f);
  }
}

/* Files cut short anywhere end in an error or in fewer rows, never in a crash or a leak. */
static void test_cut_short(void **state)
{
  (void)state;
  static const char *const PATHS[] = {DATA "haven.xpt", DATA "haven.sav", DATA "haven.dta"};
  static const lb_stat_format FORMATS[] = {LB_STAT_XPT, LB_STAT_SAV, LB_STAT_DTA};
  for (size_t i = 0; i < 3; i++) {
    char *bytes = NULL;
    size_t length;
    assert_int_equal(lb_file_read(PATHS[i], &bytes, &length, NULL), LB_OK);
    for (size_t n = 0; n < length; n += 7) {
      lb_frame *f = NULL;
      lb_stat_read(bytes, n, FORMATS[i], NULL, &f, NULL, NULL);
      lb_frame_release(f);
    }
    lb_mem_free(bytes);
  }
}

static void test_allocation_failures(void **state)
{
  (void)state;
  char *bytes = NULL;
  size_t length;
  assert_int_equal(lb_file_read(DATA "haven.sav", &bytes, &length, NULL), LB_OK);
  size_t live = lb_mem_live();
  lb_frame *f = NULL;
  lb_status st = LB_ENOMEM;
  for (long k = 0; st != LB_OK; k++) {
    lb_problems problems = {0};
    lb_mem_fail_after(k);
    st = lb_stat_read(bytes, length, LB_STAT_SAV, NULL, &f, &problems, NULL);
    assert_true(st == LB_OK || (st == LB_ENOMEM && f == NULL && lb_mem_live() == live));
    lb_problems_reset(&problems);
  }
  lb_mem_fail_after(-1);
  live = lb_mem_live();
  st = LB_ENOMEM;
  for (long k = 0; st != LB_OK; k++) {
    char *out = NULL;
    size_t n;
    lb_mem_fail_after(k);
    st = lb_stat_write(f, LB_STAT_DTA, &out, &n, NULL);
    assert_true(st == LB_OK || (st == LB_ENOMEM && out == NULL && lb_mem_live() == live));
    lb_mem_free(out);
  }
  lb_mem_fail_after(-1);
  lb_frame_release(f);
  lb_mem_free(bytes);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      LB_TEST(test_spss),          LB_TEST(test_stata),
      LB_TEST(test_sas_transport), LB_TEST(test_codes_and_columns),
      LB_TEST(test_date_formats),  LB_TEST(test_round_trip),
      LB_TEST(test_refusals),      LB_TEST(test_not_such_files),
      LB_TEST(test_cut_short),     LB_TEST(test_allocation_failures),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
