/* fixture.h - a small frame with every type, and expressions shown as text, for table-driven tests.
 */
#ifndef LB_TESTS_EXPR_FIXTURE_H
#define LB_TESTS_EXPR_FIXTURE_H
#include "base/bitmap.h"
#include "base/date.h"
#include "base/str.h"
#include "check.h"
#include "expr/expr.h"

#define FX_ROWS 6
#define FX_TEXT 4096 /* room for a shown value or error */

/* valid: "110111", NULL = all. */
static inline uint8_t *fx_valid(const char *valid)
{
  if (valid == NULL) return NULL;
  uint8_t *bits = lb_bitmap_new(strlen(valid), false);
  assert_non_null(bits);
  for (size_t i = 0; valid[i] != '\0'; i++)
    if (valid[i] == '1') lb_bit_set(bits, i);
  return bits;
}

static inline void fx_take(lb_frame *frame, const char *name, lb_column *column)
{
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_frame_add(frame, name, column, &err), err);
  lb_column_release(column);
}

/* values: n elements of `width` bytes. */
static inline void fx_add(lb_frame *frame, const char *name, lb_type type, const void *values,
                          size_t width, const char *valid)
{
  lb_error err = {0};
  lb_column *column = NULL;
  size_t n = lb_frame_rows(frame);
  void *copy = lb_mem_array(n, width);
  assert_non_null(copy);
  memcpy(copy, values, n * width);
  LB_OK_OR_FAIL(lb_column_new(type, n, copy, fx_valid(valid), &column, &err), err);
  fx_take(frame, name, column);
}

static inline lb_column *fx_text(const char *const *values, size_t n, const char *valid)
{
  lb_error err = {0};
  lb_column *column = NULL;
  lb_str bytes = {0};
  int64_t *offset = lb_mem_array(n + 1, sizeof *offset);
  assert_non_null(offset);
  offset[0] = 0;
  for (size_t i = 0; i < n; i++) {
    lb_str_puts(&bytes, values[i]);
    offset[i + 1] = (int64_t)bytes.length;
  }
  char *data = lb_str_take(&bytes, NULL);
  assert_non_null(data);
  LB_OK_OR_FAIL(lb_column_new_text(n, offset, data, fx_valid(valid), &column, &err), err);
  return column;
}

static inline void fx_factor(lb_frame *frame, const char *name, const char *const *levels,
                             size_t n_level, bool ordered, const int32_t *codes, const char *valid)
{
  lb_error err = {0};
  lb_column *column = NULL, *level = fx_text(levels, n_level, NULL);
  size_t n = lb_frame_rows(frame);
  int32_t *copy = lb_mem_array(n, sizeof *copy);
  assert_non_null(copy);
  memcpy(copy, codes, n * sizeof *copy);
  LB_OK_OR_FAIL(lb_column_new_factor(n, copy, level, ordered, fx_valid(valid), &column, &err), err);
  lb_column_release(level);
  fx_take(frame, name, column);
}

static inline int32_t fx_day(const char *iso)
{
  int32_t days = 0;
  assert_true(lb_date_parse(iso, strlen(iso), &days));
  return days;
}

static inline void fx_numbers(lb_frame *f)
{
  const int64_t age[] = {64, 71, 0, 55, 18, 80}, two[] = {2, -2, 0, 3, 0, 1};
  const int64_t big[] = {INT64_MAX, 1, 0, INT64_MIN, 3, 4};
  const double bili[] = {1.5, NAN, 0.25, 0, 3, -2}, size[] = {10, 20, 30, 40, 50, 60};
  fx_add(f, "age", LB_INTEGER, age, sizeof *age, "110111");
  fx_add(f, "two", LB_INTEGER, two, sizeof *two, NULL);
  fx_add(f, "big", LB_INTEGER, big, sizeof *big, "110111");
  fx_add(f, "bili", LB_REAL, bili, sizeof *bili, "111011");
  fx_add(f, "Tumour size (mm)", LB_REAL, size, sizeof *size, NULL);
}

static inline void fx_words(lb_frame *f)
{
  static const char *const arms[] = {"TAE", "TACE", "SIRT"}, *const grades[] = {"G1", "G2", "G3"};
  static const char *const others[] = {"SIRT", "TAE"};
  const int32_t arm[] = {0, 1, 2, 0, 2, 1}, grade[] = {0, 1, 2, 0, 1, 2},
                other[] = {1, 0, 0, 1, 1, 0};
  const char *const site[] = {"liver", "Lung ", "", "Größe", "liver, left", "bone"};
  const char *const ecog[] = {"0", "1", "unk", "", "2", "?"};
  const uint8_t progressed[FX_ROWS] = {0x15}; /* 1 0 1 0 1 0 */
  fx_factor(f, "treatment", arms, 3, false, arm, "111110");
  fx_factor(f, "grade", grades, 3, true, grade, "111101");
  fx_factor(f, "planned", others, 2, false, other, NULL);
  fx_take(f, "site", fx_text(site, FX_ROWS, "110111"));
  fx_take(f, "ecog", fx_text(ecog, FX_ROWS, "111011"));
  fx_add(f, "progressed", LB_LOGICAL, progressed, 1, NULL);
}

static inline void fx_logic(lb_frame *f)
{
  lb_error err = {0};
  lb_column *column = NULL;
  uint8_t *p = lb_bitmap_new(FX_ROWS, false), *q = lb_bitmap_new(FX_ROWS, false);
  assert_non_null(p);
  assert_non_null(q);
  lb_bit_set(p, 0); /* p: T T F F N N, q: T N F N N F */
  lb_bit_set(p, 1);
  lb_bit_set(q, 0);
  LB_OK_OR_FAIL(lb_column_new(LB_LOGICAL, FX_ROWS, p, fx_valid("111100"), &column, &err), err);
  fx_take(f, "p", column);
  LB_OK_OR_FAIL(lb_column_new(LB_LOGICAL, FX_ROWS, q, fx_valid("101001"), &column, &err), err);
  fx_take(f, "q", column);
}

static inline void fx_times(lb_frame *f)
{
  const int32_t start[] = {fx_day("2020-01-01"), fx_day("2020-02-29"), fx_day("2019-12-31"), 0,
                           fx_day("2021-06-15"), fx_day("2020-01-31")};
  const int32_t end[] = {fx_day("2020-12-31"), fx_day("2020-03-01"), 0,
                         fx_day("2020-05-05"), fx_day("2021-06-15"), fx_day("2019-01-31")};
  int64_t seen[FX_ROWS];
  for (size_t i = 0; i < FX_ROWS; i++) seen[i] = start[i] * INT64_C(86400000000) + 43200000000;
  fx_add(f, "start", LB_DATE, start, sizeof *start, "111011");
  fx_add(f, "end_date", LB_DATE, end, sizeof *end, "110111");
  fx_add(f, "seen", LB_DATETIME, seen, sizeof *seen, "111011");
}

/* Six rows of every type; release with lb_frame_release. */
static inline lb_frame *fx_frame(void)
{
  lb_error err = {0};
  lb_frame *f = NULL;
  LB_OK_OR_FAIL(lb_frame_new(FX_ROWS, "nets.csv", &f, &err), err);
  fx_numbers(f);
  fx_words(f);
  fx_logic(f);
  fx_times(f);
  return f;
}

static inline void fx_show_value(lb_str *s, const lb_column *c, size_t row)
{
  char buffer[64];
  size_t n = 0;
  const char *text;
  if (!lb_is_valid(lb_column_valid(c), row)) {
    lb_str_puts(s, "NA");
    return;
  }
  switch (lb_column_type(c)) {
  case LB_REAL:
    lb_str_add(s, buffer, lb_format_real(buffer, lb_column_real(c)[row]));
    break;
  case LB_INTEGER:
    lb_str_addf(s, "%lld", (long long)lb_column_integer(c)[row]);
    break;
  case LB_LOGICAL:
    lb_str_puts(s, lb_bit_get(lb_column_logical(c), row) ? "T" : "F");
    break;
  case LB_DATE:
    lb_str_add(s, buffer, lb_date_format(buffer, lb_column_days(c)[row]));
    break;
  case LB_DATETIME:
    lb_str_add(s, buffer, lb_datetime_format(buffer, lb_column_integer(c)[row]));
    break;
  default:
    text = lb_column_text(c, row, &n);
    lb_str_putc(s, '\'');
    lb_str_add(s, text, n);
    lb_str_putc(s, '\'');
  }
}

/* "integer 65 72 NA" */
static inline void fx_show(const lb_column *c, char *out, size_t size)
{
  lb_str s = {0};
  lb_str_puts(&s, lb_type_name(lb_column_type(c)));
  if (lb_column_ordered(c)) lb_str_puts(&s, " ordered");
  for (size_t i = 0; i < lb_column_length(c); i++) {
    lb_str_putc(&s, ' ');
    fx_show_value(&s, c, i);
  }
  assert_true(!s.failed && s.length < size);
  memcpy(out, s.data, s.length + 1);
  lb_str_reset(&s);
}

/* Notes, one a line. */
typedef struct fx_notes {
  char text[2048];
} fx_notes;
static inline void fx_note(void *context, const char *message)
{
  fx_notes *notes = context;
  size_t used = strlen(notes->text);
  snprintf(notes->text + used, sizeof notes->text - used, "%s%s", used > 0 ? "\n" : "", message);
}

/* Value of the expression as fx_show, or "CODE: message" and the context's lines. */
static inline void fx_eval(const lb_frame *frame, const char *text, lb_with *with, fx_notes *notes,
                           char *out, size_t size)
{
  lb_error err = {0};
  lb_expr *e = NULL;
  lb_column *c = NULL;
  lb_expr_notes sink = {fx_note, notes};
  lb_expr_options options = {with, notes == NULL ? NULL : &sink, false, false};
  lb_status st = lb_expr_compile(text, strlen(text), frame, &options, &e, &err);
  if (st == LB_OK) st = lb_expr_eval(e, frame, &c, &err);
  if (st == LB_OK)
    fx_show(c, out, size);
  else
    snprintf(out, size, "%s: %s%s%s", lb_status_name(err.code), err.message,
             err.context[0] != '\0' ? "\n" : "", err.context);
  lb_column_release(c);
  lb_expr_free(e);
}

/* One aggregate expression over the groups of a column (NULL: one group). */
static inline void fx_summarise(const lb_frame *frame, const char *text, const char *by,
                                fx_notes *notes, char *out, size_t size)
{
  lb_error err = {0};
  lb_expr *e = NULL;
  lb_column *c = NULL;
  lb_groups groups = {0};
  size_t key = 0;
  lb_expr_notes sink = {fx_note, notes};
  lb_expr_options options = {NULL, notes == NULL ? NULL : &sink, true, false};
  lb_status st = lb_expr_compile(text, strlen(text), frame, &options, &e, &err);
  if (st == LB_OK && by != NULL) st = lb_frame_index(frame, by, strlen(by), &key, &err);
  if (st == LB_OK) st = lb_groups_make(frame, &key, by == NULL ? 0 : 1, &groups, &err);
  if (st == LB_OK) st = lb_expr_summarise(e, frame, &groups, &c, &err);
  if (st == LB_OK)
    fx_show(c, out, size);
  else
    snprintf(out, size, "%s: %s%s%s", lb_status_name(err.code), err.message,
             err.context[0] != '\0' ? "\n" : "", err.context);
  lb_groups_reset(&groups);
  lb_column_release(c);
  lb_expr_free(e);
}

typedef struct fx_case {
  const char *text, *want;
} fx_case;

static inline void fx_check(const char *text, const char *got, const char *want, size_t *wrong)
{
  if (strcmp(got, want) == 0) return;
  print_error("%s\n  got  %s\n  want %s\n", text, got, want);
  ++*wrong;
}

static inline void fx_check_all(const fx_case *cases, size_t n)
{
  lb_frame *f = fx_frame();
  char got[FX_TEXT];
  size_t wrong = 0;
  for (size_t i = 0; i < n; i++) {
    fx_eval(f, cases[i].text, NULL, NULL, got, sizeof got);
    fx_check(cases[i].text, got, cases[i].want, &wrong);
  }
  lb_frame_release(f);
  assert_int_equal(wrong, 0);
}
#define FX_CHECK_ALL(cases) fx_check_all((cases), sizeof(cases) / sizeof *(cases))
#endif
