/* test_csv_options.c - decimal commas, date formats, values below a limit, marks for thousands; the
 * same table for any number of threads. */
#include "check.h"

#include "base/bitmap.h"
#include "base/parallel.h"
#include "base/str.h"
#include "io/csv.h"

static lb_frame *read_with(const char *text, const lb_csv_options *options, lb_problems *problems)
{
  lb_frame *frame = NULL;
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_csv_read(text, strlen(text), options, &frame, problems, &err), err);
  return frame;
}

static const lb_column *column(const lb_frame *frame, size_t i)
{
  const lb_column *out = NULL;
  assert_int_equal(lb_frame_column(frame, i, &out, NULL), LB_OK);
  return out;
}

/* ---- One column ---- */

static const struct {
  const char *cells;
  char decimal;
  const char *date_format;
  bool censored;
  lb_type want;
  const char *problem; /* NULL = none */
} columns_wanted[] = {
    {"1,5\n2\n-,25\n", ',', NULL, false, LB_REAL, NULL},
    {"1.5\n2.5\n3.5\n", ',', NULL, false, LB_TEXT,
     "3 values look like '1.5': decimal points, or marks for thousands; the column was not read as "
     "a number"},
    {"1.234,5\n2,5\n3,5\n", ',', NULL, false, LB_TEXT,
     "1 value looks like '1.234,5': marks for thousands are not read; export the numbers without "
     "them"},
    {"1 234,5\n2,5\n3,5\n", ',', NULL, false, LB_TEXT,
     "1 value looks like '1 234,5': marks for thousands are not read; export the numbers without "
     "them"},
    {"1'234\n999\n1'000'000.5\n", 0, NULL, false, LB_TEXT,
     "2 values look like '1'234': marks for thousands are not read; export the numbers without "
     "them"},
    {"1\xC2\xA0"
     "234\n999\n5\n",
     0, NULL, false, LB_TEXT,
     "1 value looks like '1\xC2\xA0"
     "234': marks for thousands are not read; export the numbers without them"},
    {"12 34\n1\n2\n", 0, NULL, false, LB_TEXT,
     "'12 34' is not a number: the column was read as text"},
    {"31/12/2024\n01/02/2023\n", 0, "DD/MM/YYYY", false, LB_DATE, NULL},
    {"31/12/2024\n2023-02-01\n", 0, "DD/MM/YYYY", false, LB_DATE, NULL},
    {"12/31/2024\n02/01/2023\n", 0, "MM/DD/YYYY", false, LB_DATE, NULL},
    {"31/12/2024\n1/2/2023\n", 0, "DD/MM/YYYY", false, LB_TEXT,
     "1 value looks like '1/2/2023': no such date by date_format; the column was read as text"},
    {"31.12.2024\n1.2.2023\n", 0, "D.M.YYYY", false, LB_DATE, NULL},
    {"31/12/2024\n31/02/2024\n", 0, "DD/MM/YYYY", false, LB_TEXT,
     "1 value looks like '31/02/2024': no such date by date_format; the column was read as text"},
    {"31/12/2024\n1/2/23\n", 0, NULL, false, LB_TEXT,
     "2 values look like '31/12/2024': day and month are never guessed; pass date_format = "
     "\"DD/MM/YYYY\", or the order that holds"},
    {"<0.5\n1\n2.5\n", 0, NULL, true, LB_REAL,
     "1 value is below a limit ('<...'): the limit was kept, and 'x_censored' says where"},
    {"< 0,5\n1\n<2\n", ',', NULL, true, LB_REAL,
     "2 values are below a limit ('<...'): the limit was kept, and 'x_censored' says where"},
    {"<0.5\n1\n2.5\n", 0, NULL, false, LB_TEXT,
     "'<0.5' is not a number: the column was read as text"},
    {"<-1\n<<2\n<\n", 0, NULL, true, LB_TEXT, NULL},
    {"1\n2\n3\n", 0, NULL, true, LB_INTEGER, NULL},
};

static void test_columns(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof columns_wanted / sizeof *columns_wanted; i++) {
    lb_csv_options options = {.decimal = columns_wanted[i].decimal,
                              .date_format = columns_wanted[i].date_format,
                              .censored = columns_wanted[i].censored,
                              .separator = ';'};
    lb_problems problems = {0};
    char text[256];
    snprintf(text, sizeof text, "x\n%s", columns_wanted[i].cells);
    lb_frame *frame = read_with(text, &options, &problems);
    if (lb_column_type(column(frame, 0)) != columns_wanted[i].want) print_error("%s\n", text);
    assert_int_equal(lb_column_type(column(frame, 0)), columns_wanted[i].want);
    if (columns_wanted[i].problem == NULL && problems.n > 0)
      print_error("%s\n", problems.item[0].message);
    assert_int_equal(problems.n_total, columns_wanted[i].problem != NULL);
    if (columns_wanted[i].problem != NULL)
      assert_string_equal(problems.item[0].message, columns_wanted[i].problem);
    lb_frame_release(frame);
    lb_problems_reset(&problems);
  }
}

static void test_values(void **state)
{
  (void)state;
  lb_csv_options options = {.decimal = ',', .date_format = "DD.MM.YYYY", .separator = ';'};
  lb_frame *frame = read_with("a;d\n-1,25;31.12.1969\n12345678,9;02.01.1970\n;\n", &options, NULL);
  LB_NEAR(lb_column_real(column(frame, 0))[0], -1.25, 0);
  LB_NEAR(lb_column_real(column(frame, 0))[1], 12345678.9, 0);
  assert_int_equal(lb_column_days(column(frame, 1))[0], -1);
  assert_int_equal(lb_column_days(column(frame, 1))[1], 1);
  assert_int_equal(lb_column_missing(column(frame, 1)), 1);
  lb_frame_release(frame);
}

/* The number stays, the sign goes to a column of its own; a name that is taken is not taken twice. */
static void test_censored(void **state)
{
  (void)state;
  lb_csv_type type = {"x", LB_REAL};
  lb_csv_options options = {.censored = true, .types = &type, .n_types = 1};
  lb_frame *frame = read_with("x,x_censored\n<0.5,a\n,b\n2,c\n", &options, NULL);
  assert_int_equal(lb_frame_columns(frame), 3);
  assert_string_equal(lb_frame_name(frame, 2), "x_censored_2");
  const lb_column *below = column(frame, 2);
  LB_NEAR(lb_column_real(column(frame, 0))[0], 0.5, 0);
  assert_int_equal(lb_column_type(below), LB_LOGICAL);
  assert_true(lb_bit_get(lb_column_logical(below), 0));
  assert_false(lb_bit_get(lb_column_logical(below), 2));
  assert_int_equal(lb_column_missing(below), 1);
  assert_false(lb_is_valid(lb_column_valid(below), 1));
  lb_frame_release(frame);
}

static const struct {
  lb_csv_options options;
  const char *message;
} refusals[] = {
    {{.decimal = ';'}, "the decimal mark must be \".\" or \",\""},
    {{.separator = '"'}, "a quote or a line end cannot be the separator"},
    {{.date_format = "DD/MM/YY"}, "'DD/MM/YY' is no date format"},
    {{.date_format = "DDMMYYYY"}, "'DDMMYYYY' is no date format"},
    {{.date_format = "DD/DD/YYYY"}, "'DD/DD/YYYY' is no date format"},
    {{.date_format = "DD/MMM/YYYY"}, "'DD/MMM/YYYY' is no date format"},
    {{.date_format = ""}, "'' is no date format"},
};

static void test_refusals(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
    lb_frame *frame = NULL;
    lb_error err = {0};
    assert_int_equal(lb_csv_read("a\n1\n", 4, &refusals[i].options, &frame, NULL, &err), LB_EARG);
    assert_string_equal(err.message, refusals[i].message);
    assert_null(frame);
  }
}

/* What a given type refuses comes with its mend. */
static void test_mends(void **state)
{
  (void)state;
  static const struct {
    const char *cell;
    lb_type type;
    const char *mend;
  } cases[] = {
      {"\"1,5\"", LB_REAL, "decimal = \",\""},
      {"1'234", LB_INTEGER, "Marks for thousands"},
      {"<0.5", LB_REAL, "censored = \"below\""},
      {"31/12/2024", LB_DATE, "date_format = \"DD/MM/YYYY\""},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    lb_csv_type type = {"x", cases[i].type};
    lb_csv_options options = {.types = &type, .n_types = 1};
    lb_frame *frame = NULL;
    lb_error err = {0};
    char text[64];
    snprintf(text, sizeof text, "x,y\n%s,1\n", cases[i].cell);
    assert_int_equal(lb_csv_read(text, strlen(text), &options, &frame, NULL, &err), LB_EPARSE);
    assert_non_null(strstr(err.context, cases[i].mend));
  }
}

/* ---- Many rows ---- */

/* A table of several chunks: a column whose type changes far down, factors whose levels come late,
 * quoted NA words before the first needless quote, doubled quotes, CRLF. */
static void write_table(lb_str *s, int n_rows, bool freely, const char *line_end)
{
  uint64_t seed = 9;
  lb_str_addf(s, "id,late,level,many,note,date,score%s", line_end);
  for (int i = 0; i < n_rows; i++) {
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    int r = (int)(seed >> 40);
    lb_str_addf(s, "P%d,%d%s,level %d,v%d,", i, r % 1000, i == n_rows - 5 ? ".5" : "",
                r % (i < n_rows / 2 ? 3 : 5), i < n_rows - 9 ? r % 60 : 60 + n_rows - i);
    lb_str_puts(s, r % 7 == 0 ? "\"NA\"" : r % 5 == 0 ? "\"say \"\"x\"\",\nthere\"" : "plain");
    lb_str_addf(s, ",%04d-%02d-%02d,", 1950 + r % 70, 1 + r % 12, 1 + r % 28);
    if (freely && i == n_rows - 1)
      lb_str_puts(s, "\"1\"");
    else if (r % 11 > 0)
      lb_str_addf(s, "%d.%d", r % 50, r % 10);
    lb_str_puts(s, line_end);
  }
}

static void test_same_for_any_threads(void **state)
{
  (void)state;
  for (int kind = 0; kind < 4; kind++) {
    lb_str s = {0};
    char *want = NULL;
    size_t want_length = 0;
    write_table(&s, 40000, kind % 2 == 1, kind < 2 ? "\n" : "\r\n");
    assert_true(s.length > (size_t)3 << 19);
    for (int threads = 1; threads <= 5; threads++) {
      char *got = NULL;
      size_t length = 0;
      lb_error err = {0};
      lb_threads_set(threads);
      lb_frame *frame = read_with(s.data, NULL, NULL);
      assert_int_equal(lb_frame_rows(frame), 40000);
      assert_int_equal(lb_column_type(column(frame, 1)), LB_REAL);
      assert_int_equal(lb_column_level_count(column(frame, 2)), 5);
      assert_int_equal(lb_column_type(column(frame, 3)), LB_TEXT);
      assert_int_equal(lb_column_missing(column(frame, 4)) > 0, kind % 2);
      assert_int_equal(lb_column_type(column(frame, 5)), LB_DATE);
      LB_OK_OR_FAIL(lb_csv_write(frame, &got, &length, &err), err);
      if (want == NULL) {
        want = got;
        want_length = length;
        got = NULL;
      } else {
        assert_int_equal(length, want_length);
        assert_memory_equal(got, want, length);
      }
      lb_mem_free(got);
      lb_frame_release(frame);
    }
    lb_threads_set(0);
    lb_mem_free(want);
    lb_str_reset(&s);
  }
}

/* Rows and lines far down are still named rightly, in the careful way too. */
static void test_places_far_down(void **state)
{
  (void)state;
  for (int careful = 0; careful < 2; careful++) {
    lb_str s = {0};
    lb_problems problems = {0};
    lb_error err = {0};
    lb_frame *frame = NULL;
    lb_str_puts(&s, careful ? "\na,b\n" : "a,b\n");
    for (int i = 1; i <= 100000; i++) lb_str_addf(&s, "%s,\"x\ny\"\n", i == 90000 ? "?" : "12345");
    if (careful) lb_str_puts(&s, "\n1,2\n"); /* a blank line amid the rows */
    frame = read_with(s.data, NULL, &problems);
    const lb_problem *p = &problems.item[problems.n - 1];
    assert_int_equal(p->row, 90000);
    assert_int_equal(p->line, 2 + 2 * 89999 + careful);
    lb_frame_release(frame);
    lb_problems_reset(&problems);
    lb_csv_type type = {"a", LB_INTEGER};
    lb_csv_options options = {.types = &type, .n_types = 1};
    frame = NULL;
    assert_int_equal(lb_csv_read(s.data, s.length, &options, &frame, NULL, &err), LB_EPARSE);
    assert_string_equal(err.message, "row 90000, column 'a': '?' is not an integer");
    lb_str_puts(&s, "1,2,3\n");
    assert_int_equal(lb_csv_read(s.data, s.length, NULL, &frame, NULL, &err), LB_EPARSE);
    assert_non_null(strstr(err.message, "has 3 fields, the header has 2"));
    lb_str_reset(&s);
  }
}

/* A text longer than a packed place can say, quoted and bare. */
static void test_very_long_texts(void **state)
{
  (void)state;
  size_t n = ((size_t)1 << 24) + 5, length = 0;
  char *text = lb_mem_alloc(2 * n + 64);
  lb_frame *frame = NULL;
  lb_error err = {0};
  assert_non_null(text);
  memcpy(text, "a,b\nx,\"", 7);
  memset(text + 7, 'y', n);
  memcpy(text + 7 + n / 2, "\"\"", 2);
  length = 7 + n;
  memcpy(text + length, "\"\n ", 3);
  length += 3;
  memset(text + length, 'z', n);
  length += n;
  memcpy(text + length, " ,w\n", 4);
  length += 4;
  LB_OK_OR_FAIL(lb_csv_read(text, length, NULL, &frame, NULL, &err), err);
  size_t got;
  lb_column_text(column(frame, 1), 0, &got);
  assert_int_equal(got, n - 1);
  lb_column_text(column(frame, 0), 1, &got);
  assert_int_equal(got, n);
  lb_frame_release(frame);
  lb_mem_free(text);
}

static void test_allocation_failures(void **state)
{
  (void)state;
  const char *text = "i;l;c;d;t;m\n1;a;<1,5;31/12/2024;\"x\"\"y\";1,5\n2;a;2;1/1/2024;z;1.500,5\n"
                     "x;b;3;;w;2,5\n4;b;4,5;;\"NA\";3\n";
  lb_csv_type type = {"l", LB_FACTOR};
  lb_csv_options options = {
      .types = &type, .n_types = 1, .decimal = ',', .censored = true, .date_format = "D/M/YYYY"};
  lb_status st = LB_ENOMEM;
  lb_error err = {0};
  lb_frame *frame = NULL;
  lb_problems problems = {0};
  for (long k = 0; st != LB_OK; k++) {
    lb_mem_fail_after(k);
    st = lb_csv_read(text, strlen(text), &options, &frame, &problems, &err);
    assert_true(st == LB_OK || (st == LB_ENOMEM && frame == NULL && lb_mem_live() == 0));
  }
  lb_mem_fail_after(-1);
  assert_int_equal(lb_frame_columns(frame), 7);
  lb_problems_reset(&problems);
  lb_frame_release(frame);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      LB_TEST(test_columns),
      LB_TEST(test_values),
      LB_TEST(test_censored),
      LB_TEST(test_refusals),
      LB_TEST(test_mends),
      LB_TEST(test_same_for_any_threads),
      LB_TEST(test_places_far_down),
      LB_TEST(test_very_long_texts),
      LB_TEST(test_allocation_failures),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
