/* columns.h - small columns for the tests of src/frame, written as literals. */
#ifndef LB_TESTS_FRAME_COLUMNS_H
#define LB_TESTS_FRAME_COLUMNS_H
#include "check.h"

#include "base/bitmap.h"
#include "frame/builder.h"
#include "frame/column.h"

/* present: one character a row, '-' = missing; NULL = all present. */
static inline uint8_t *valid_of(const char *present, size_t n)
{
  if (present == NULL) return NULL;
  assert_int_equal(strlen(present), n);
  uint8_t *valid = lb_bitmap_new(n, false);
  assert_non_null(valid);
  for (size_t i = 0; i < n; i++)
    if (present[i] != '-') lb_bit_set(valid, i);
  return valid;
}

static inline lb_column *fixed_column(lb_type type, size_t n, const void *values, size_t width,
                                      const char *present)
{
  lb_error err = {0};
  lb_column *column = NULL;
  void *copy = lb_mem_array(n, width);
  assert_non_null(copy);
  if (n > 0) memcpy(copy, values, n * width);
  LB_OK_OR_FAIL(lb_column_new(type, n, copy, valid_of(present, n), &column, &err), err);
  return column;
}

static inline lb_column *reals(size_t n, const double *values, const char *present)
{
  return fixed_column(LB_REAL, n, values, sizeof *values, present);
}

static inline lb_column *integers(size_t n, const int64_t *values, const char *present)
{
  return fixed_column(LB_INTEGER, n, values, sizeof *values, present);
}

static inline lb_column *datetimes(size_t n, const int64_t *values, const char *present)
{
  return fixed_column(LB_DATETIME, n, values, sizeof *values, present);
}

static inline lb_column *dates(size_t n, const int32_t *values, const char *present)
{
  return fixed_column(LB_DATE, n, values, sizeof *values, present);
}

/* One character a row: 't', 'f', or '-' for missing. */
static inline lb_column *logicals(const char *rows)
{
  lb_error err = {0};
  lb_column *column = NULL;
  size_t n = strlen(rows);
  uint8_t *bits = lb_bitmap_new(n, false);
  assert_non_null(bits);
  for (size_t i = 0; i < n; i++)
    if (rows[i] == 't') lb_bit_set(bits, i);
  LB_OK_OR_FAIL(lb_column_new(LB_LOGICAL, n, bits, valid_of(rows, n), &column, &err), err);
  return column;
}

/* NULL = missing. */
static inline lb_column *texts(size_t n, const char *const *values)
{
  lb_error err = {0};
  lb_column *column = NULL;
  lb_text_builder b = {0};
  for (size_t i = 0; i < n; i++) {
    if (values[i] == NULL)
      lb_text_builder_add_missing(&b);
    else
      lb_text_builder_add(&b, values[i], strlen(values[i]));
  }
  LB_OK_OR_FAIL(lb_text_builder_finish(&b, &column, &err), err);
  return column;
}

/* One digit a row, the code; '-' = missing, its code is then out of range on purpose. */
static inline lb_column *factors(const char *rows, const char *const *levels, size_t n_levels)
{
  lb_error err = {0};
  lb_column *column = NULL, *level_texts = texts(n_levels, levels);
  size_t n = strlen(rows);
  int32_t *codes = lb_mem_array(n, sizeof *codes);
  assert_non_null(codes);
  for (size_t i = 0; i < n; i++) codes[i] = rows[i] == '-' ? INT32_MIN : rows[i] - '0';
  LB_OK_OR_FAIL(
      lb_column_new_factor(n, codes, level_texts, false, valid_of(rows, n), &column, &err), err);
  lb_column_release(level_texts);
  return column;
}

/* Cell as text is `want`; NULL = the row is missing. */
#define CELL_IS(column, row, want) cell_is((column), (row), (want), __FILE__, __LINE__)
static inline void cell_is(const lb_column *column, size_t row, const char *want, const char *file,
                           int line)
{
  bool present = lb_is_valid(lb_column_valid(column), row);
  size_t length = 0;
  const char *text = present ? lb_column_text(column, row, &length) : "NA";
  if (!present) length = 2;
  if (present == (want != NULL) &&
      (want == NULL || (strlen(want) == length && memcmp(text, want, length) == 0)))
    return;
  print_error("%s:%d: row %zu is %.*s, expected %s\n", file, line, row, (int)length, text,
              want == NULL ? "NA" : want);
  _fail(file, line);
}
#endif
