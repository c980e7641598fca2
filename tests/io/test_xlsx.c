/* test_xlsx.c - spreadsheets: cells of every kind, dates of both systems, what is odd, and back. */
#include "check.h"
#include "make_zip.h"

#include "base/bitmap.h"
#include "base/date.h"
#include "frame/builder.h"
#include "io/library.h"
#include "io/package.h"
#include "io/xlsx.h"
#include "io/xlsx_date.h"
#include "io/xlsx_sheet.h"

static lb_status read_sheet(const char *sheet, const char *property, const lb_xlsx_options *options,
                            lb_frame **out, lb_problems *problems, lb_error *err)
{
  size_t length;
  char *bytes = zip_workbook(sheet, property, &length);
  lb_status st = lb_xlsx_read(bytes, length, options, out, problems, err);
  free(bytes);
  return st;
}

static lb_frame *read_ok(const char *sheet, const char *property, const lb_xlsx_options *options,
                         lb_problems *problems)
{
  lb_frame *frame = NULL;
  lb_error err = {0};
  LB_OK_OR_FAIL(read_sheet(sheet, property, options, &frame, problems, &err), err);
  return frame;
}

static const lb_column *column(const lb_frame *frame, size_t i)
{
  const lb_column *out = NULL;
  assert_int_equal(lb_frame_column(frame, i, &out, NULL), LB_OK);
  return out;
}

static void assert_text(const lb_frame *frame, size_t i, size_t row, const char *want)
{
  size_t n;
  const char *got = lb_column_text(column(frame, i), row, &n);
  assert_int_equal(n, strlen(want));
  assert_memory_equal(got, want, n);
}

static bool has_problem(const lb_problems *problems, const char *part)
{
  for (size_t i = 0; i < problems->n; i++)
    if (strstr(problems->item[i].message, part) != NULL) return true;
  print_error("no problem with '%s' among:\n", part);
  for (size_t i = 0; i < problems->n; i++) print_error("  %s\n", problems->item[i].message);
  return false;
}

/* ---- Dates ---- */

static const struct {
  double serial;
  bool from_1904;
  const char *want; /* NULL: none */
} serials[] = {
    {0, false, NULL},
    {-1, false, NULL},
    {1, false, "1900-01-01"},
    {59, false, "1900-02-28"},
    {60, false, NULL}, /* 29 February 1900, which never was */
    {61, false, "1900-03-01"},
    {25569, false, "1970-01-01"},
    {45351, false, "2024-02-29"},
    {2958465, false, "9999-12-31"},
    {2958466, false, NULL},
    {0, true, "1904-01-01"},
    {-1, true, NULL},
    {43889, true, "2024-02-29"},
    {2957003, true, "9999-12-31"},
    {2957004, true, NULL},
};

static void test_serial_numbers(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof serials / sizeof *serials; i++) {
    int64_t us = 0;
    char text[LB_DATE_TEXT];
    bool ok = lb_xlsx_date(serials[i].serial, serials[i].from_1904, &us);
    assert_int_equal(ok, serials[i].want != NULL);
    if (!ok) continue;
    lb_date_format(text, (int32_t)(us / 86400000000LL));
    assert_string_equal(text, serials[i].want);
  }
  int64_t us;
  assert_true(lb_xlsx_date(25569.4375, false, &us)); /* 10:30 */
  assert_int_equal(us, 37800000000LL);
  assert_false(lb_xlsx_date(NAN, false, &us));
  double serial;
  assert_true(lb_xlsx_serial(37800000000LL, &serial));
  LB_NEAR(serial, 25569.4375, 0);
  assert_false(lb_xlsx_serial(-86400000000LL * 25569, &serial));
}

static const struct {
  const char *code;
  lb_xlsx_format want;
} codes[] = {
    {"General", LB_XLSX_PLAIN},
    {"0.00", LB_XLSX_PLAIN},
    {"yyyy-mm-dd", LB_XLSX_DATE},
    {"[$-409]d\\-mmm\\-yyyy;@", LB_XLSX_DATE},
    {"dd/mm/yy hh:mm", LB_XLSX_DATETIME},
    {"h:mm AM/PM", LB_XLSX_TIME},
    {"[h]:mm", LB_XLSX_TIME},
    {"mm:ss.0", LB_XLSX_TIME},
    {"0\" days\"", LB_XLSX_PLAIN},
    {"[Red]0;[Blue]-0", LB_XLSX_PLAIN},
    {"0.0E+00", LB_XLSX_PLAIN},
    {"@", LB_XLSX_PLAIN},
    {"mmm", LB_XLSX_DATE},
    {"#,##0 \"d\"", LB_XLSX_PLAIN},
    {"\"day\" \\d", LB_XLSX_PLAIN},
    {"\"", LB_XLSX_PLAIN},
};

static void test_format_codes(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
    if (lb_xlsx_format_code(codes[i].code) != codes[i].want) print_error("%s\n", codes[i].code);
    assert_int_equal(lb_xlsx_format_code(codes[i].code), codes[i].want);
  }
  assert_int_equal(lb_xlsx_builtin_format(14), LB_XLSX_DATE);
  assert_int_equal(lb_xlsx_builtin_format(22), LB_XLSX_DATETIME);
  assert_int_equal(lb_xlsx_builtin_format(45), LB_XLSX_TIME);
  assert_int_equal(lb_xlsx_builtin_format(9), LB_XLSX_PLAIN);
}

static const struct {
  const char *text;
  bool ok;
  lb_xlsx_range want;
} ranges[] = {
    {"B3:H200", true, {2, 199, 1, 7}},  {"$B$3:$H$200", true, {2, 199, 1, 7}},
    {"h200:b3", true, {2, 199, 1, 7}},  {"XFD1048576", true, {1048575, 1048575, 16383, 16383}},
    {"XFE1", false, {0, 0, 0, 0}},      {"A0", false, {0, 0, 0, 0}},
    {"A1048577", false, {0, 0, 0, 0}},  {"3:4", false, {0, 0, 0, 0}},
    {"A:B", false, {0, 0, 0, 0}},       {"A1:", false, {0, 0, 0, 0}},
    {"A1:B2:C3", false, {0, 0, 0, 0}},  {"", false, {0, 0, 0, 0}},
    {"AAAAAAAA1", false, {0, 0, 0, 0}}, {"A99999999999", false, {0, 0, 0, 0}},
};

static void test_ranges(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
    lb_xlsx_range r = {0};
    assert_int_equal(lb_xlsx_range_parse(ranges[i].text, &r), ranges[i].ok);
    assert_memory_equal(&r, &ranges[i].want, sizeof r);
  }
}

/* ---- Cells ---- */

#define T(text) "<c t='str'><v>" text "</v></c>"
#define N(text) "<c><v>" text "</v></c>"

static const char KINDS[] =
    "<sheetData><row r='1'><c r='A1' t='s'><v>0</v></c><c r='B1' t='s'><v>1</v></c>"
    "<c r='C1' t='inlineStr'><is><t>ok</t></is></c>" T("size") T("day") T("seen") T("own")
        T("many") "</row><row r='2'><c r='A2'><v>1</v></c><c r='B2' t='s'><v>2</v></c><c r='C2' "
                  "t='b'><v>1</v></c>"
                  "<c r='D2'><v>2.5</v></c><c r='E2' s='1'><v>45351</v></c><c r='F2' "
                  "s='2'><v>45351.4375</v></c>"
                  "<c r='G2' s='5'><v>45351</v></c><c r='H2' s='6'><v>3.5</v></c></row>"
                  "<row r='3'><c r='A3'><f>A2+1</f><v>2</v></c><c r='B3' "
                  "t='inlineStr'><is><r><t>TA</t></r><r><t>E"
                  "</t></r></is></c><c r='C3' t='b'><v>0</v></c><c r='D3'><v>1E3</v></c>"
                  "<c r='E3' t='d'><v>2024-03-01</v></c><c r='F3' "
                  "s='2'><v>45352</v></c></row></sheetData>";

static void test_kinds_of_cells(void **state)
{
  (void)state;
  lb_problems problems = {0};
  lb_frame *f = read_ok(KINDS, "", NULL, &problems);
  static const lb_type TYPES[] = {LB_INTEGER, LB_TEXT,     LB_LOGICAL, LB_REAL,
                                  LB_DATE,    LB_DATETIME, LB_DATE,    LB_REAL};
  assert_int_equal(lb_frame_columns(f), 8);
  assert_int_equal(lb_frame_rows(f), 2);
  for (size_t i = 0; i < 8; i++) assert_int_equal(lb_column_type(column(f, i)), TYPES[i]);
  assert_string_equal(lb_frame_name(f, 2), "ok");
  assert_int_equal(lb_column_integer(column(f, 0))[1], 2);
  assert_text(f, 1, 0, "TACE"); /* rich text, without its reading aid */
  assert_text(f, 1, 1, "TAE");
  assert_true(lb_bit_get(lb_column_logical(column(f, 2)), 0));
  LB_NEAR(lb_column_real(column(f, 3))[1], 1000, 0);
  assert_int_equal(lb_column_days(column(f, 4))[0], 19782);
  assert_int_equal(lb_column_days(column(f, 4))[1], 19783);
  assert_int_equal(lb_column_integer(column(f, 5))[0], 19782 * 86400000000LL + 37800000000LL);
  assert_int_equal(lb_column_days(column(f, 6))[0], 19782);
  assert_int_equal(lb_column_missing(column(f, 7)), 1);
  assert_int_equal(problems.n_total, 1);
  assert_true(has_problem(&problems, "hidden sheet: 'Codes'"));
  lb_problems_reset(&problems);
  lb_frame_release(f);
}

static void test_1904(void **state)
{
  (void)state;
  lb_frame *f = read_ok("<sheetData><row>" T("d") "</row><row><c s='1'><v>43889</v></c></row>"
                                                  "</sheetData>",
                        "date1904='1'", NULL, NULL);
  assert_int_equal(lb_column_days(column(f, 0))[0], 19782);
  lb_frame_release(f);
}

static const struct {
  const char *sheet, *problem;
} oddities[] = {
    {"<row>" T("a") "</row><row><c t='e'><v>#DIV/0!</v></c></row>", "Data!A2: #DIV/0! is missing"},
    {"<row>" T("a") "</row><row><c><f>B1</f></c></row>", "Data!A2: a formula without a stored"},
    {"<row>" T("a") "</row><row><c s='1'><v>60</v></c></row>", "Data!A2: a number that is no date"},
    {"<row>" T("a") "</row><row><c t='s'><v>99</v></c></row>", "Data!A2: the cell is damaged"},
    {"<row>" T("a") "</row><row><c s='4'><v>1</v></c></row>", "1 cell has a colour (the first is "
                                                              "Data!A2): colour may carry meaning"},
    {"<row>" T("a") "</row><row><c s='3'><v>0.5</v></c></row>", "1 time without a date"},
    {"<row>" T("a") "</row><row hidden='1'>" N("1") "</row>", "1 row is hidden"},
    {"<row r='1'>" T("a") "</row><row r='4'>" N("1") "</row>",
     "2 empty rows were left out, the first is row 2"},
    {"<row>" T("a") T("a") "</row><row>" N("1") N("2") "</row>", "stands again above column 2"},
    {"<row>" T("a") "<c/>" T("b") "</row><row>" N("1") N("2") N("3") "</row>",
     "the header of column 2 is empty"},
    {"<row>" T("Title") "</row><row>" T("a") T("b") T("c") "</row>", "one cell only"},
    {"<row>" T("a") "</row><row>" N("1") "</row><row>" N("2") "</row><row>" T("n/a") "</row>",
     "Data!A4: 'n/a' is not a number: the column was read as text"},
    {"<row>" T("a") "</row><row>" N("1") "</row><row><c t='s'><v>4</v></c></row>",
     "1 value stored as text (the first is Data!A3) was read like the others"},
    {"<row>" T("a") "</row><row>" T("x") "</row><row>" T("y") "</row><row>" N("1") "</row>",
     "1 cell of this column of texts is no text (the first is Data!A4)"},
};

static void test_oddities_are_problems(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof oddities / sizeof *oddities; i++) {
    char sheet[1000];
    lb_problems problems = {0};
    snprintf(sheet, sizeof sheet, "<sheetData>%s</sheetData>", oddities[i].sheet);
    lb_frame *f = read_ok(sheet, "", NULL, &problems);
    assert_true(has_problem(&problems, oddities[i].problem));
    lb_problems_reset(&problems);
    lb_frame_release(f);
  }
}

static void test_merged_cells(void **state)
{
  (void)state;
  lb_problems problems = {0};
  lb_frame *f = read_ok("<sheetData><row>" T("a") "</row><row>" N("1") "</row><row/><row>" N(
                            "2") "</row></sheetData><mergeCells><mergeCell ref='A2:A3'/><mergeCell "
                                 "ref='D9:E9'/></mergeCells>",
                        "", NULL, &problems);
  assert_true(has_problem(&problems, "Data!A2:A3 are merged cells"));
  for (size_t i = 0; i < problems.n; i++)
    assert_null(strstr(problems.item[i].message, "D9")); /* outside the table */
  lb_problems_reset(&problems);
  lb_frame_release(f);
}

static void test_sheets_and_ranges(void **state)
{
  (void)state;
  lb_xlsx_options by_name = {.sheet = "Codes"}, by_number = {.sheet_number = 2};
  lb_xlsx_options range = {.range = "B2:C3"};
  lb_frame *f = read_ok(KINDS, "", &by_name, NULL);
  assert_int_equal(lb_column_integer(column(f, 0))[0], 7);
  lb_frame_release(f);
  f = read_ok(KINDS, "", &by_number, NULL);
  assert_string_equal(lb_frame_name(f, 0), "code");
  lb_frame_release(f);
  f = read_ok(KINDS, "", &range, NULL);
  assert_int_equal(lb_frame_columns(f), 2);
  assert_int_equal(lb_frame_rows(f), 1);
  assert_string_equal(lb_frame_name(f, 0), "TACE");
  lb_frame_release(f);
}

static const struct {
  const char *sheet;
  lb_xlsx_options options;
  lb_status want;
  const char *message;
} refusals[] = {
    {KINDS, {.sheet = "Dta"}, LB_ENAME, "no sheet 'Dta' (did you mean 'Data'?)"},
    {KINDS, {.sheet_number = 3}, LB_ENAME, "no sheet 3"},
    {KINDS, {.range = "B"}, LB_EARG, "range 'B'"},
    {KINDS, {.range = "X90:Z99"}, LB_EDATA, "no cells in the range"},
    {"<sheetData/>", {.sheet = NULL}, LB_EDATA, "sheet 'Data' has no cells"},
    {"<sheetData><row r='2'>" N("1") "</row><row r='1'>" N("1") "</row></sheetData>",
     {.sheet = NULL},
     LB_EPARSE,
     "not in order"},
    {"<sheetData><row><c r='B7'><v>1</v></c></row></sheetData>",
     {.sheet = NULL},
     LB_EPARSE,
     "its row"},
    {"<sheetData><c/></sheetData>", {.sheet = NULL}, LB_EPARSE, "without a row"},
    {"<sheetData><row>", {.sheet = NULL}, LB_EPARSE, "s1.xml"},
    {"<sheetData><row>" T("a") "</row><row r='9'>" N(
         "1") "</row><row r='1048576'><c "
              "r='XFD1048576'><v>1</v></c></row></sheetData>",
     {.sheet = NULL},
     LB_OK,
     ""},
    {KINDS, {.table = {.id = "no"}}, LB_ENAME, "no column 'no'"},
};

static void test_refusals(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
    lb_frame *f = NULL;
    lb_error err = {0};
    lb_status st = read_sheet(refusals[i].sheet, "", &refusals[i].options, &f, NULL, &err);
    if (st != refusals[i].want || strstr(err.message, refusals[i].message) == NULL)
      print_error("%zu: %d %s\n", i, (int)st, err.message);
    assert_int_equal(st, refusals[i].want);
    assert_non_null(strstr(err.message, refusals[i].message));
    assert_int_equal(f == NULL, st != LB_OK);
    lb_frame_release(f);
  }
  lb_frame *f = NULL;
  lb_error err = {0};
  assert_int_equal(lb_xlsx_read("\xD0\xCF\x11\xE0 etc", 8, NULL, &f, NULL, &err), LB_EPARSE);
  assert_non_null(strstr(err.message, "encrypted, or of the old .xls format"));
  assert_int_equal(lb_xlsx_read("a,b\n1,2\n", 8, NULL, &f, NULL, &err), LB_EPARSE);
  assert_int_equal(lb_xlsx_read("", 0, NULL, &f, NULL, &err), LB_EPARSE);
}

static void test_given_types(void **state)
{
  (void)state;
  lb_csv_type type = {"a", LB_DATE};
  lb_xlsx_options options = {.table = {.types = &type, .n_types = 1}};
  lb_frame *f = NULL;
  lb_error err = {0};
  assert_int_equal(read_sheet("<sheetData><row>" T("a") "</row><row>" N("7") "</row></sheetData>",
                              "", &options, &f, NULL, &err),
                   LB_EPARSE);
  assert_non_null(strstr(err.message, "Data!A2, column 'a': '7' is not a date"));
}

/* A cell far away must not make a table of a million empty ones. */
static void test_nearly_empty_sheet(void **state)
{
  (void)state;
  lb_str sheet = {0};
  lb_frame *f = NULL;
  lb_error err = {0};
  lb_str_puts(&sheet, "<sheetData>");
  for (int row = 1; row <= 100; row++) lb_str_addf(&sheet, "<row r='%d'>" N("1") "</row>", row);
  lb_str_puts(&sheet, "<row r='200'><c r='XFD200'><v>1</v></c></row></sheetData>");
  assert_int_equal(read_sheet(sheet.data, "", NULL, &f, NULL, &err), LB_EDATA);
  assert_non_null(strstr(err.message, "as far as XFD200, nearly all of them empty"));
  lb_str_reset(&sheet);
}

/* A document type could make entities that unfold without end. */
static void test_doctype_is_refused(void **state)
{
  (void)state;
  const zip_part parts[] = {{"xl/workbook.xml", "<!DOCTYPE x [<!ENTITY a 'b'>]><workbook/>"}};
  size_t length;
  char *bytes = zip_make(parts, 1, &length);
  lb_frame *f = NULL;
  lb_error err = {0};
  assert_int_equal(lb_xlsx_read(bytes, length, NULL, &f, NULL, &err), LB_EPARSE);
  assert_non_null(strstr(err.message, "document type"));
  free(bytes);
}

/* ---- Out, and in again ---- */

static lb_frame *sample(void)
{
  lb_frame *f = NULL;
  static const char *const TEXTS[] = {"a & <b>", "_x0041_ \x01", "line\nbreak"};
  double *real = lb_mem_array(3, sizeof *real);
  int32_t *days = lb_mem_array(3, sizeof *days);
  int64_t *moment = lb_mem_array(3, sizeof *moment);
  uint8_t *valid = lb_bitmap_new(3, true);
  lb_bit_clear(valid, 1);
  for (int i = 0; i < 3; i++) real[i] = 0.1 + i, days[i] = 19782 + i, moment[i] = 1709200800500000;
  lb_column *c[4] = {0};
  assert_int_equal(lb_column_from_texts(TEXTS, 3, &c[0], NULL), LB_OK);
  assert_int_equal(lb_column_new(LB_REAL, 3, real, valid, &c[1], NULL), LB_OK);
  assert_int_equal(lb_column_new(LB_DATE, 3, days, NULL, &c[2], NULL), LB_OK);
  assert_int_equal(lb_column_new(LB_DATETIME, 3, moment, NULL, &c[3], NULL), LB_OK);
  assert_int_equal(lb_frame_new(3, NULL, &f, NULL), LB_OK);
  static const char *const NAMES[] = {"text", "real", "day", "moment"};
  for (int i = 0; i < 4; i++) {
    assert_int_equal(lb_frame_add(f, NAMES[i], c[i], NULL), LB_OK);
    lb_column_release(c[i]);
  }
  return f;
}

static void test_round_trip(void **state)
{
  (void)state;
  lb_frame *f = sample(), *g = NULL;
  char *bytes = NULL, *again = NULL;
  size_t n, m;
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_xlsx_write(f, NULL, &bytes, &n, &err), err);
  LB_OK_OR_FAIL(lb_xlsx_write(f, NULL, &again, &m, &err), err);
  assert_int_equal(n, m);
  assert_memory_equal(bytes, again, n); /* no clock in it */
  lb_problems problems = {0};
  LB_OK_OR_FAIL(lb_xlsx_read(bytes, n, NULL, &g, &problems, &err), err);
  assert_int_equal(problems.n_total, 0);
  assert_text(g, 0, 0, "a & <b>");
  assert_text(g, 0, 1, "_x0041_ \x01");
  assert_text(g, 0, 2, "line\nbreak");
  LB_NEAR(lb_column_real(column(g, 1))[2], 2.1, 0);
  assert_int_equal(lb_column_missing(column(g, 1)), 1);
  assert_int_equal(lb_column_days(column(g, 2))[1], 19783);
  assert_int_equal(lb_column_integer(column(g, 3))[0], 1709200800500000);
  lb_frame_release(f);
  lb_frame_release(g);
  lb_mem_free(bytes);
  lb_mem_free(again);
}

static void test_bad_sheet_names(void **state)
{
  (void)state;
  lb_frame *f = sample();
  char *bytes = NULL;
  size_t n;
  static const char *const BAD[] = {"", "a/b", "x]", "'x", "a name of thirty-two characters.."};
  for (size_t i = 0; i < 5; i++) {
    assert_int_equal(lb_xlsx_write(f, BAD[i], &bytes, &n, NULL), LB_EARG);
    assert_null(bytes);
  }
  lb_frame_release(f);
}

/* ---- Limits and failures ---- */

static void test_allocation_failures(void **state)
{
  (void)state;
  size_t length;
  char *bytes = zip_workbook(KINDS, "", &length);
  lb_status st = LB_ENOMEM;
  for (long k = 0; st != LB_OK; k++) {
    lb_frame *f = NULL;
    lb_problems problems = {0};
    lb_mem_fail_after(k);
    st = lb_xlsx_read(bytes, length, NULL, &f, &problems, NULL);
    assert_true(st == LB_OK || (st == LB_ENOMEM && f == NULL && lb_mem_live() == 0));
    lb_frame_release(f);
    lb_problems_reset(&problems);
  }
  lb_mem_fail_after(-1);
  free(bytes);
  lb_frame *f = sample();
  size_t live = lb_mem_live();
  st = LB_ENOMEM;
  for (long k = 0; st != LB_OK; k++) {
    char *out = NULL;
    size_t n;
    lb_mem_fail_after(k);
    st = lb_xlsx_write(f, "Data", &out, &n, NULL);
    assert_true(st == LB_OK || (st == LB_ENOMEM && out == NULL && lb_mem_live() == live));
    lb_mem_free(out);
  }
  lb_mem_fail_after(-1);
  lb_frame_release(f);
}

static void test_missing_library(void **state)
{
  (void)state;
  static const lb_library_symbol NONE[] = {{"no_such_function", 0}};
  lb_library gone = {"libno-such-library.so.9", "libno-such9", "such files", NONE, 1};
  lb_library old = {"libzip.so.4", "libzip4", "xlsx files", NONE, 1};
  void *api[1];
  lb_error err = {0};
  assert_int_equal(lb_library_open(&gone, api, &err), LB_EIO);
  assert_non_null(strstr(err.message, "such files need the library libno-such-library.so.9"));
  assert_non_null(strstr(err.context, "apt install libno-such9"));
  assert_int_equal(lb_library_open(&old, api, &err), LB_EIO);
  assert_non_null(strstr(err.message, "no function no_such_function"));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      LB_TEST(test_serial_numbers),
      LB_TEST(test_format_codes),
      LB_TEST(test_ranges),
      LB_TEST(test_kinds_of_cells),
      LB_TEST(test_1904),
      LB_TEST(test_oddities_are_problems),
      LB_TEST(test_merged_cells),
      LB_TEST(test_sheets_and_ranges),
      LB_TEST(test_refusals),
      LB_TEST(test_given_types),
      LB_TEST(test_nearly_empty_sheet),
      LB_TEST(test_doctype_is_refused),
      LB_TEST(test_round_trip),
      LB_TEST(test_bad_sheet_names),
      LB_TEST(test_allocation_failures),
      LB_TEST(test_missing_library),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
