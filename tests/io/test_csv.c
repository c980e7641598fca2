/* test_csv.c - reading hostile comma-separated files: types, missing values, problems, refusals. */
#include "check.h"

#include "base/bitmap.h"
#include "base/interrupt.h"
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

static void assert_cell(const lb_frame *frame, size_t i, size_t row, const char *want)
{
  size_t n;
  const char *got = lb_column_text(column(frame, i), row, &n);
  assert_int_equal(n, strlen(want));
  assert_memory_equal(got, want, n);
}

static bool missing(const lb_frame *frame, size_t i, size_t row)
{
  return !lb_is_valid(lb_column_valid(column(frame, i)), row);
}

/* ---- Types ---- */

static const struct {
  const char *cells; /* one column, without its header */
  lb_type want;
  size_t n_missing;
} guesses[] = {
    {"true\nFALSE\nTrue\n", LB_LOGICAL, 0},
    {"true\n\nNA\nfalse\n", LB_LOGICAL, 2},
    {"yes\nno\n", LB_TEXT, 0},
    {"0\n1\n", LB_INTEGER, 0},
    {"+5\n-3\n9223372036854775807\n", LB_INTEGER, 0},
    {"9223372036854775808\n1\n", LB_TEXT, 0},
    {"007\n8\n", LB_TEXT, 0},
    {"0\n-0\n", LB_INTEGER, 0},
    {"1\n2.5\n1e-3\n", LB_REAL, 0},
    {".5\n-.25\nNaN\nInf\n-Inf\n", LB_REAL, 0},
    {"0.5\n00.5\n", LB_REAL, 0},
    {"1e999\n1\n", LB_TEXT, 0},
    {"0x10\n1\n", LB_TEXT, 0},
    {"inf\n1\n", LB_TEXT, 0},
    {"2024-02-29\nNA\n", LB_DATE, 1},
    {"2023-02-29\n2024-01-01\n", LB_TEXT, 0},
    {"2024-02-29T12:30:00Z\n2024-02-29 12:30\n", LB_DATETIME, 0},
    {"2024-02-29\n2024-02-29 12:30\n", LB_TEXT, 0},
    {"NA\n\nNA\n", LB_REAL, 3},
    {"a\na\na\n", LB_FACTOR, 0},
    {"a\na\nb\n", LB_TEXT, 0},
    {"a\na\na\nb\nb\nb\n\n\nc\n", LB_TEXT, 2},
    {"", LB_TEXT, 0},
    {"\"1\"\n\"\"\n\"3\"\n", LB_INTEGER, 1},
};

static void test_types_are_found(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof guesses / sizeof *guesses; i++) {
    char text[256];
    snprintf(text, sizeof text, "x\n%s", guesses[i].cells);
    lb_frame *frame = read_with(text, NULL, NULL);
    if (lb_column_type(column(frame, 0)) != guesses[i].want)
      print_error("%s is %s\n", text, lb_type_name(lb_column_type(column(frame, 0))));
    assert_int_equal(lb_column_type(column(frame, 0)), guesses[i].want);
    assert_int_equal(lb_column_missing(column(frame, 0)), guesses[i].n_missing);
    lb_frame_release(frame);
  }
}

static void test_values(void **state)
{
  (void)state;
  lb_frame *frame = read_with("i,r,l,d,f,t\n"
                              "+5,.5,true,1970-01-02,b,\"say \"\"hi\"\",\nthere\"\n"
                              "-7,1e3,FALSE,1969-12-31,a, plain \n"
                              ",NA,,,,\n"
                              "0,-.25,true,2024-02-29,a,z\n"
                              "1,2,true,2024-02-29,b,y\n"
                              "1,2,true,2024-02-29,b,x\n"
                              "1,2,true,2024-02-29,a,w\n",
                              NULL, NULL);
  assert_int_equal(lb_frame_rows(frame), 7);
  assert_int_equal(lb_column_integer(column(frame, 0))[0], 5);
  assert_int_equal(lb_column_integer(column(frame, 0))[1], -7);
  LB_NEAR(lb_column_real(column(frame, 1))[0], 0.5, 0);
  LB_NEAR(lb_column_real(column(frame, 1))[1], 1000, 0);
  LB_NEAR(lb_column_real(column(frame, 1))[3], -0.25, 0);
  assert_true(lb_bit_get(lb_column_logical(column(frame, 2)), 0));
  assert_false(lb_bit_get(lb_column_logical(column(frame, 2)), 1));
  assert_int_equal(lb_column_days(column(frame, 3))[0], 1);
  assert_int_equal(lb_column_days(column(frame, 3))[1], -1);
  assert_int_equal(lb_column_type(column(frame, 4)), LB_FACTOR);
  assert_int_equal(lb_column_codes(column(frame, 4))[0], 1);
  assert_cell(frame, 4, 1, "a");
  assert_cell(frame, 5, 0, "say \"hi\",\nthere");
  assert_cell(frame, 5, 1, "plain");
  for (size_t i = 0; i < 6; i++) assert_true(missing(frame, i, 2));
  lb_frame_release(frame);
}

/* Distinct values up to 64 make a factor, 65 do not. */
static void test_factor_limit(void **state)
{
  (void)state;
  for (int levels = 64; levels <= 65; levels++) {
    lb_str s = {0};
    lb_str_puts(&s, "x\n");
    for (int row = 0; row < 3 * levels; row++) lb_str_addf(&s, "v%d\n", row % levels);
    lb_frame *frame = read_with(s.data, NULL, NULL);
    assert_int_equal(lb_column_type(column(frame, 0)), levels == 64 ? LB_FACTOR : LB_TEXT);
    lb_frame_release(frame);
    lb_str_reset(&s);
  }
}

static void test_ids(void **state)
{
  (void)state;
  lb_csv_options options = {.id = "id"};
  lb_frame *frame = read_with("id\na\na\na\n", &options, NULL);
  assert_int_equal(lb_column_type(column(frame, 0)), LB_TEXT);
  lb_frame_release(frame);
  frame = read_with("id\n1.5\n2\n", &options, NULL);
  assert_int_equal(lb_column_type(column(frame, 0)), LB_TEXT);
  lb_frame_release(frame);
  frame = read_with("id\n1\n2\n", &options, NULL);
  assert_int_equal(lb_column_type(column(frame, 0)), LB_INTEGER);
  lb_frame_release(frame);
}

static void test_given_types(void **state)
{
  (void)state;
  lb_csv_type types[] = {{"a", LB_FACTOR}, {"b", LB_LOGICAL}, {"c", LB_INTEGER},
                         {"d", LB_REAL},   {"e", LB_TEXT},    {"f", LB_DATETIME}};
  lb_csv_options options = {.types = types, .n_types = 6};
  lb_frame *frame = read_with("a,b,c,d,e,f\n10,1,007,1,1,2024-01-01 00:00\n"
                              "9,0,8,2,2,\n",
                              &options, NULL);
  for (size_t i = 0; i < 6; i++) assert_int_equal(lb_column_type(column(frame, i)), types[i].type);
  assert_cell(frame, 0, 0, "10");
  assert_int_equal(lb_column_codes(column(frame, 0))[0], 1); /* in numeric order: 9, 10 */
  assert_true(lb_bit_get(lb_column_logical(column(frame, 1)), 0));
  assert_int_equal(lb_column_integer(column(frame, 2))[0], 7);
  assert_true(missing(frame, 5, 1));
  lb_frame_release(frame);
}

static void test_columns_chosen(void **state)
{
  (void)state;
  const char *names[] = {"c", "a"};
  lb_csv_options options = {.columns = names, .n_columns = 2};
  lb_frame *frame = read_with("a,b,c\n1,x,3\n", &options, NULL);
  assert_int_equal(lb_frame_columns(frame), 2);
  assert_string_equal(lb_frame_name(frame, 0), "c");
  assert_int_equal(lb_column_integer(column(frame, 1))[0], 1);
  lb_frame_release(frame);
}

/* ---- Missing ---- */

static void test_na_words(void **state)
{
  (void)state;
  const char *na[] = {"unk", "-99"};
  lb_csv_options options = {.na = na, .n_na = 2};
  lb_frame *frame = read_with("a,b\n1,unk\n-99,NA\n3,\n", &options, NULL);
  assert_int_equal(lb_column_type(column(frame, 0)), LB_INTEGER);
  assert_true(missing(frame, 0, 1));
  assert_true(missing(frame, 1, 0));
  assert_false(missing(frame, 1, 1)); /* "NA" and "" are not among the words given */
  assert_cell(frame, 1, 2, "");
  lb_frame_release(frame);
}

/* Quotes mean something only in a file that has none without need. */
static void test_quoted_na(void **state)
{
  (void)state;
  lb_frame *frame = read_with("a,n\n\"\",1\n,2\n\"NA\",\"\"\nx,4\n", NULL, NULL);
  assert_false(missing(frame, 0, 0));
  assert_cell(frame, 0, 0, "");
  assert_true(missing(frame, 0, 1));
  assert_cell(frame, 0, 2, "NA");
  assert_int_equal(lb_column_type(column(frame, 1)), LB_INTEGER);
  assert_true(missing(frame, 1, 2));
  lb_frame_release(frame);
  frame = read_with("\"a\",\"n\"\n\"\",\"1\"\n\"x\",\"2\"\n", NULL, NULL);
  assert_true(missing(frame, 0, 0));
  assert_int_equal(lb_column_type(column(frame, 1)), LB_INTEGER);
  lb_frame_release(frame);
}

/* ---- Layout ---- */

static const struct {
  const char *text;
  size_t n_rows, n_columns;
} layouts[] = {
    {"a,b\n1,2\n", 1, 2},
    {"a,b\n1,2", 1, 2},
    {"a,b\r\n1,2\r\n3,4\r\n", 2, 2},
    {"a,b\r1,2\r3,4", 2, 2},
    {"\xEF\xBB\xBF"
     "a,b\n1,2\n",
     1, 2},
    {"a;b\n1,5;2\n3,5;4\n", 2, 2},
    {"a\tb\n1\t\n", 1, 2},
    {"a|b|c\n1|2|3\n", 1, 3},
    {"a,b\n", 0, 2},
    {"a", 0, 1},
    {"a,b\n1,2\n\n\n \n", 1, 2},
    {"a,b\n,\n", 1, 2},
    {"\"a,b\",c\n\"1\n2\",3\n", 1, 2},
    {"a\n1\n\n3\n\n\n", 3, 1},
    {"\n\na,b\n1,2\n", 1, 2},
    {"a,b\n1,5\" pipe\n", 1, 2},
};

static void test_layouts(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++) {
    lb_frame *frame = read_with(layouts[i].text, NULL, NULL);
    assert_int_equal(lb_frame_rows(frame), layouts[i].n_rows);
    assert_int_equal(lb_frame_columns(frame), layouts[i].n_columns);
    lb_frame_release(frame);
  }
}

static void test_header_only(void **state)
{
  (void)state;
  lb_frame *frame = read_with("a,b\n", NULL, NULL);
  assert_int_equal(lb_column_type(column(frame, 1)), LB_TEXT);
  lb_frame_release(frame);
}

static void test_ten_thousand_columns(void **state)
{
  (void)state;
  lb_str s = {0};
  for (int i = 0; i < 10000; i++) lb_str_puts(&s, i > 0 ? ",a" : "a");
  lb_str_putc(&s, '\n');
  for (int i = 0; i < 10000; i++) lb_str_addf(&s, i > 0 ? ",%d" : "%d", i);
  lb_frame *frame = read_with(s.data, NULL, NULL);
  assert_int_equal(lb_frame_columns(frame), 10000);
  assert_string_equal(lb_frame_name(frame, 9999), "a_10000");
  assert_int_equal(lb_column_integer(column(frame, 9999))[0], 9999);
  lb_frame_release(frame);
  lb_str_reset(&s);
}

static void test_one_huge_cell(void **state)
{
  (void)state;
  size_t n = (size_t)4 << 20, length = n + 8;
  char *text = lb_mem_alloc(length);
  lb_frame *frame = NULL;
  lb_error err = {0};
  memcpy(text, "a,b\n1,\"", 7);
  memset(text + 7, 'x', n);
  text[n + 7] = '"';
  LB_OK_OR_FAIL(lb_csv_read(text, length, NULL, &frame, NULL, &err), err);
  size_t got;
  lb_column_text(column(frame, 1), 0, &got);
  assert_int_equal(got, n);
  lb_frame_release(frame);
  lb_mem_free(text);
}

/* ---- Problems ---- */

static const struct {
  const char *text;
  size_t row, line;
  const char *column, *message;
} problems_wanted[] = {
    {"a,b`c\n1,2\n", 0, 1, "b'c",
     "the header of column 2 held a backtick or a control character: named 'b\'c'"},
    {"a,\"b\nc\"\n1,2\n", 0, 1, "b c",
     "the header of column 2 held a backtick or a control character: named 'b c'"},
    {"a,,c\n1,2,3\n", 0, 1, "column_2", "the header of column 2 is empty: it was named 'column_2'"},
    {"a,b,a\n1,2,3\n", 0, 1, "a_2", "the header 'a' stands again above column 3: named 'a_2'"},
    {"a,a,a_2\n1,2,3\n", 0, 1, "a_3", "the header 'a' stands again above column 2: named 'a_3'"},
    {"a,b\n1,2\n\n \n3,4\n\n", 0, 3, NULL, "2 blank lines were left out"},
    {"a\n1\n2\n3\n4\n5\n6\n7\n8\n9\n<0.5\n", 10, 11, "a",
     "'<0.5' is not a number: the column was read as text"},
    {"a\n1\n2\n3\n4\n5\n6\n7\n8\n9\n\"a\n\tvery long text, longer than thirty characters\"\n", 10,
     11, "a", "a text of 48 characters is not a number: the column was read as text"},
    {"a\n1\n2\n3\n4\n5\n6\n7\n8\n9\n010\n", 10, 11, "a",
     "'010' would lose digits as a number: the column was read as text"},
    {"a;b\n3,14;1\n2,5;2\n1.234,5;3\n", 1, 2, "a",
     "3 values look like '3,14': decimal commas, or marks for thousands; the column was not read "
     "as a number"},
    {"a\n2024-01-01\n2024-01-02\n2024-01-03\n2024-01-04\n2024-01-05\n2024-01-06\n2024-01-07\n"
     "2024-01-08\n2024-01-09\n31/02/2019\n",
     10, 11, "a", "'31/02/2019' is not a date (expected YYYY-MM-DD): the column was read as text"},
};

static void test_problems(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof problems_wanted / sizeof *problems_wanted; i++) {
    lb_problems problems = {0};
    lb_frame *frame = read_with(problems_wanted[i].text, NULL, &problems);
    assert_int_equal(problems.n, 1);
    assert_int_equal(problems.n_total, 1);
    assert_string_equal(problems.item[0].message, problems_wanted[i].message);
    assert_int_equal(problems.item[0].row, problems_wanted[i].row);
    assert_int_equal(problems.item[0].line, problems_wanted[i].line);
    if (problems_wanted[i].column == NULL)
      assert_null(problems.item[0].column);
    else
      assert_string_equal(problems.item[0].column, problems_wanted[i].column);
    lb_frame_release(frame);
    lb_problems_reset(&problems);
  }
}

/* Two misfits in ten are no near miss; ids are never shown. */
static void test_no_problem(void **state)
{
  (void)state;
  lb_problems problems = {0};
  lb_frame *frame = read_with("a\n1\n2\n3\n4\n5\n6\n7\n8\nx\ny\n", NULL, &problems);
  assert_int_equal(problems.n_total, 0);
  lb_frame_release(frame);
  lb_csv_options options = {.id = "a"};
  frame = read_with("a\n1\n2\n3\n4\n5\n6\n7\n8\n9\nMRS-SMITH\n", &options, &problems);
  assert_int_equal(problems.n_total, 0);
  lb_frame_release(frame);
  lb_problems_reset(&problems);
}

static void test_problems_are_capped(void **state)
{
  (void)state;
  lb_problems problems = {0};
  lb_str s = {0};
  lb_str_puts(&s, "a\n");
  for (int i = 0; i < 20000; i++) lb_str_puts(&s, i % 10 == 0 ? "?\n" : "1\n");
  lb_frame *frame = read_with(s.data, NULL, &problems);
  assert_int_equal(problems.n, LB_PROBLEMS_MAX);
  assert_int_equal(problems.n_total, 2000);
  lb_frame_release(frame);
  lb_problems_reset(&problems);
  lb_str_reset(&s);
}

/* ---- Refusals ---- */

static const struct {
  const char *text;
  size_t length; /* 0: strlen */
  lb_status status;
  const char *message;
} refusals[] = {
    {"", 0, LB_EPARSE, "f.csv: the file is empty"},
    {"\n \n", 0, LB_EPARSE, "f.csv: the file has no header"},
    {"a,b\n1,\"open\n2,3\n", 0, LB_EPARSE,
     "f.csv: the double quote that opens in line 2 is never closed"},
    {"a,b\n\"x\"y,3\n", 0, LB_EPARSE, "f.csv: line 2: text follows a closing double quote"},
    {"a,b\n1,2\n3,\0\n", 11, LB_EPARSE, "f.csv: line 3 holds a NUL byte: this is no text file"},
    {"a,b\n1,2\n\"x\ny\",2,3\n", 0, LB_EPARSE,
     "f.csv: row 2 (line 3) has 3 fields, the header has 2"},
    {"a,b,c\n1,\"2\n2\",3\n1\n", 0, LB_EPARSE,
     "f.csv: row 2 (line 4) has 1 field, the header has 3"},
    {"a,b\n1,2\n3,M\xFCller\n", 0, LB_EPARSE, "f.csv: line 3 is not UTF-8"},
    {"\xFF\xFE"
     "a\0,\0",
     6, LB_EPARSE, "f.csv: the file is UTF-16, not UTF-8"},
    {"date,b\n2019-02-28,2\n31/02/2019,1\n", 0, LB_EPARSE,
     "f.csv: row 2, column 'date': '31/02/2019' is not a date (expected YYYY-MM-DD)"},
    {"dat,b\n2019-02-28,2\n", 0, LB_ENAME, "f.csv: no column 'date' (did you mean 'dat'?)"},
};

static void test_refusals(void **state)
{
  (void)state;
  lb_csv_type date = {"date", LB_DATE};
  for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
    bool typed = strncmp(refusals[i].text, "dat", 3) == 0;
    lb_csv_options options = {.source = "f.csv", .types = &date, .n_types = typed};
    lb_frame *frame = NULL;
    lb_error err = {0};
    lb_problems problems = {0};
    size_t length = refusals[i].length > 0 ? refusals[i].length : strlen(refusals[i].text);
    lb_status st = lb_csv_read(refusals[i].text, length, &options, &frame, &problems, &err);
    assert_string_equal(err.message, refusals[i].message);
    assert_int_equal(st, refusals[i].status);
    assert_null(frame);
    assert_int_equal(problems.n_total, 0);
    assert_int_equal(lb_csv_read(refusals[i].text, length, &options, &frame, NULL, NULL), st);
  }
}

static void test_ids_are_not_quoted(void **state)
{
  (void)state;
  lb_csv_type type = {"id", LB_INTEGER};
  lb_csv_options options = {.id = "id", .types = &type, .n_types = 1};
  lb_frame *frame = NULL;
  lb_error err = {0};
  const char *text = "id\n1\nSmith\n";
  assert_int_equal(lb_csv_read(text, strlen(text), &options, &frame, NULL, &err), LB_EPARSE);
  assert_string_equal(err.message, "row 2, column 'id': the cell is not an integer");
}

static void test_interrupt(void **state)
{
  (void)state;
  lb_frame *frame = NULL;
  lb_error err = {0};
  lb_interrupt_raise();
  assert_int_equal(lb_csv_read("a\n1\n", 4, NULL, &frame, NULL, &err), LB_EINTR);
  lb_interrupt_clear();
  assert_string_equal(err.message, "interrupted");
}

/* Enough cells for threads: problems still come in the order of the columns, and so do errors. */
static void test_many_cells(void **state)
{
  (void)state;
  enum { ROWS = 30000 };
  lb_str s = {0};
  lb_problems problems = {0};
  lb_error err = {0};
  lb_frame *frame = NULL;
  lb_str_puts(&s, "a,b,c,d,e,f,g,h\n");
  for (int row = 0; row < ROWS; row++)
    lb_str_puts(&s, row == 99 ? "?,1,!,1,1,-,1,1\n" : "1,1,1,1,1,1,1,1\n");
  frame = read_with(s.data, NULL, &problems);
  assert_int_equal(problems.n, 3);
  assert_string_equal(problems.item[0].column, "a");
  assert_string_equal(problems.item[1].column, "c");
  assert_string_equal(problems.item[2].column, "f");
  lb_frame_release(frame);
  lb_problems_reset(&problems);
  lb_csv_type types[] = {{"f", LB_REAL}, {"c", LB_REAL}};
  lb_csv_options options = {.types = types, .n_types = 2};
  frame = NULL;
  assert_int_equal(lb_csv_read(s.data, s.length, &options, &frame, &problems, &err), LB_EPARSE);
  assert_string_equal(err.message, "row 100, column 'c': '!' is not a number");
  lb_str_reset(&s);
}

static void test_allocation_failures(void **state)
{
  (void)state;
  const char *text = "i,r,f,t,,i\n1,.5,a,\"x\"\"y\",1,x\n2,1,a,z,2,\n,,b,w,,x\n4,4,b,,4,y\n"
                     "5,5,a,q,\"1,5\",x\n6,6,b,,<2,y\n";
  lb_csv_type type = {"f", LB_FACTOR};
  lb_csv_options options = {.types = &type, .n_types = 1};
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
  size_t live = lb_mem_live();
  char *out = NULL;
  st = LB_ENOMEM;
  for (long k = 0; st != LB_OK; k++) {
    lb_mem_fail_after(k);
    st = lb_csv_write(frame, &out, NULL, &err);
    assert_true(st == LB_OK || (st == LB_ENOMEM && out == NULL && lb_mem_live() == live));
  }
  lb_mem_fail_after(-1);
  lb_mem_free(out);
  lb_problems_reset(&problems);
  lb_frame_release(frame);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      LB_TEST(test_types_are_found),
      LB_TEST(test_values),
      LB_TEST(test_factor_limit),
      LB_TEST(test_ids),
      LB_TEST(test_given_types),
      LB_TEST(test_columns_chosen),
      LB_TEST(test_na_words),
      LB_TEST(test_quoted_na),
      LB_TEST(test_layouts),
      LB_TEST(test_header_only),
      LB_TEST(test_ten_thousand_columns),
      LB_TEST(test_one_huge_cell),
      LB_TEST(test_problems),
      LB_TEST(test_no_problem),
      LB_TEST(test_problems_are_capped),
      LB_TEST(test_refusals),
      LB_TEST(test_ids_are_not_quoted),
      LB_TEST(test_interrupt),
      LB_TEST(test_many_cells),
      LB_TEST(test_allocation_failures),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
