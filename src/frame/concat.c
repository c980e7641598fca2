/* concat.c - columns set one below the other, their types reconciled. */
#include "frame/concat.h"

#include <string.h>

#include "base/bitmap.h"
#include "base/hash.h"
#include "base/interrupt.h"
#include "base/mem.h"
#include "frame/builder.h"
#include "frame/column_internal.h"

#define MAX_ROWS ((size_t)UINT32_MAX)

/* The columns and what becomes of them. */
typedef struct concat {
  const lb_column *const *columns;
  size_t k, n;
  lb_type type;
  bool ordered;
  const char *label, *unit;
  uint8_t *valid; /* NULL when no row is missing */
} concat;

/* ---- one type for all ---- */

static bool is_number(lb_type type)
{
  return type == LB_REAL || type == LB_INTEGER;
}

static bool is_text(lb_type type)
{
  return type == LB_TEXT || type == LB_FACTOR;
}

static bool is_empty(const lb_column *column)
{
  return lb_column_missing(column) == lb_column_length(column);
}

static lb_status reconcile(lb_type *type, lb_type other, lb_error *err)
{
  if (*type == other) return LB_OK;
  if (is_number(*type) && is_number(other))
    *type = LB_REAL;
  else if (is_text(*type) && is_text(other))
    *type = LB_TEXT;
  else
    return lb_error_set(err, LB_ETYPE, "%s cannot stand below %s", lb_type_name(other),
                        lb_type_name(*type));
  return LB_OK;
}

static lb_status find_type(concat *c, lb_error *err)
{
  bool found = false;
  c->type = lb_column_type(c->columns[0]);
  for (size_t i = 0; i < c->k; i++) {
    if (is_empty(c->columns[i])) continue;
    lb_type type = lb_column_type(c->columns[i]);
    lb_status st = found ? reconcile(&c->type, type, err) : LB_OK;
    if (st != LB_OK) return st;
    if (!found) c->type = type;
    found = true;
  }
  /* Whether numbers come out real does not hang on which rows were left. */
  for (size_t i = 0; i < c->k && is_number(c->type); i++)
    if (lb_column_type(c->columns[i]) == LB_REAL) c->type = LB_REAL;
  return LB_OK;
}

static lb_status find_labels(concat *c, lb_error *err)
{
  for (size_t i = 0; i < c->k; i++) {
    const char *label = lb_column_label(c->columns[i]), *unit = lb_column_unit(c->columns[i]);
    if (c->label == NULL) c->label = label;
    if (c->unit == NULL) c->unit = unit;
    if (unit == NULL || strcmp(unit, c->unit) == 0) continue;
    lb_error_set(err, LB_EDATA, "units differ: '%s' and '%s'", c->unit, unit);
    return lb_error_mend(err, "Convert one of them with :mutate and set its unit with :label.");
  }
  return LB_OK;
}

static lb_status find_rows(concat *c, lb_error *err)
{
  bool missing = false;
  for (size_t i = 0; i < c->k; i++) {
    c->n += lb_column_length(c->columns[i]);
    missing = missing || lb_column_missing(c->columns[i]) > 0;
    if (c->n > MAX_ROWS)
      return lb_error_set(err, LB_EDATA, "more than %zu rows, the most a frame holds", MAX_ROWS);
  }
  if (!missing) return LB_OK;
  c->valid = lb_bitmap_new(c->n, false);
  if (c->valid == NULL) return lb_error_nomem(err, "column");
  for (size_t i = 0, at = 0; i < c->k; i++)
    for (size_t row = 0; row < lb_column_length(c->columns[i]); row++, at++)
      if (lb_is_valid(lb_column_valid(c->columns[i]), row)) lb_bit_set(c->valid, at);
  return LB_OK;
}

/* ---- values ---- */

static size_t type_size(lb_type type)
{
  return type == LB_DATE ? sizeof(int32_t) : sizeof(int64_t);
}

static const void *values_of(const lb_column *column)
{
  switch (lb_column_type(column)) {
  case LB_REAL:
    return lb_column_real(column);
  case LB_DATE:
    return lb_column_days(column);
  default:
    return lb_column_integer(column);
  }
}

/* Real, integer, date, datetime. */
static lb_status concat_numbers(concat *c, lb_column **out, lb_error *err)
{
  size_t size = type_size(c->type), at = 0;
  char *values = lb_mem_array(c->n, size);
  if (values == NULL) return lb_error_nomem(err, "column");
  for (size_t i = 0; i < c->k; i++) {
    const lb_column *column = c->columns[i];
    size_t n = lb_column_length(column);
    if (lb_column_type(column) == c->type) {
      if (n > 0) memcpy(values + at * size, values_of(column), n * size);
    } else if (is_empty(column)) {
      memset(values + at * size, 0, n * size);
    } else { /* integers that become real */
      for (size_t row = 0; row < n; row++)
        ((double *)(void *)values)[at + row] = (double)lb_column_integer(column)[row];
    }
    at += n;
  }
  uint8_t *valid = c->valid;
  c->valid = NULL;
  return lb_column_new(c->type, c->n, values, valid, out, err);
}

static lb_status concat_logical(concat *c, lb_column **out, lb_error *err)
{
  uint8_t *values = lb_bitmap_new(c->n, false);
  if (values == NULL) return lb_error_nomem(err, "column");
  for (size_t i = 0, at = 0; i < c->k; i++) {
    const lb_column *column = c->columns[i];
    size_t n = lb_column_length(column);
    if (lb_column_type(column) == LB_LOGICAL)
      for (size_t row = 0; row < n; row++)
        if (lb_bit_get(lb_column_logical(column), row)) lb_bit_set(values, at + row);
    at += n;
  }
  uint8_t *valid = c->valid;
  c->valid = NULL;
  return lb_column_new(LB_LOGICAL, c->n, values, valid, out, err);
}

static lb_status concat_texts(const concat *c, lb_column **out, lb_error *err)
{
  lb_text_builder b = {0};
  lb_text_builder_reserve(&b, c->n, 0);
  for (size_t i = 0; i < c->k; i++) {
    const lb_column *column = c->columns[i];
    for (size_t row = 0; row < lb_column_length(column); row++) {
      size_t length;
      if (!lb_is_valid(lb_column_valid(column), row)) {
        lb_text_builder_add_missing(&b);
        continue;
      }
      const char *text = lb_column_text(column, row, &length);
      lb_text_builder_add(&b, text, length);
    }
  }
  return lb_text_builder_finish(&b, out, err);
}

/* ---- factors ---- */

static bool same_levels(const lb_column *a, const lb_column *b)
{
  size_t n = lb_column_level_count(a), na, nb;
  if (n != lb_column_level_count(b)) return false;
  for (size_t i = 0; i < n; i++) {
    const char *x = lb_column_text(lb_column_levels(a), i, &na);
    const char *y = lb_column_text(lb_column_levels(b), i, &nb);
    if (na != nb || memcmp(x, y, na) != 0) return false;
  }
  return true;
}

/* All factors among the columns have one and the same order of levels. */
static bool all_ordered(const concat *c)
{
  const lb_column *first = NULL;
  for (size_t i = 0; i < c->k; i++) {
    if (lb_column_type(c->columns[i]) != LB_FACTOR) continue;
    if (!lb_column_ordered(c->columns[i])) return false;
    if (first == NULL) first = c->columns[i];
    if (!same_levels(first, c->columns[i])) return false;
  }
  return true;
}

/* Puts the levels of a factor into the union; new_code[level] is the level's place there. */
static bool unite_levels(lb_map *map, lb_text_builder *levels, const lb_column *column,
                         int32_t *new_code)
{
  for (size_t i = 0; i < lb_column_level_count(column); i++) {
    size_t length, index;
    bool is_new;
    const char *text = lb_column_text(lb_column_levels(column), i, &length);
    if (!lb_map_put(map, text, length, &index, &is_new)) return false;
    if (is_new) lb_text_builder_add(levels, text, length);
    new_code[i] = (int32_t)index;
  }
  return true;
}

static bool unite_codes(const concat *c, lb_map *map, lb_text_builder *levels, int32_t *codes)
{
  for (size_t i = 0, at = 0; i < c->k; i++) {
    const lb_column *column = c->columns[i];
    size_t n = lb_column_length(column);
    if (lb_column_type(column) != LB_FACTOR) { /* nothing present */
      for (size_t row = 0; row < n; row++) codes[at++] = 0;
      continue;
    }
    int32_t *new_code = lb_mem_array(lb_column_level_count(column), sizeof *new_code);
    if (new_code == NULL || !unite_levels(map, levels, column, new_code)) {
      lb_mem_free(new_code);
      return false;
    }
    for (size_t row = 0; row < n; row++, at++)
      codes[at] =
          lb_is_valid(lb_column_valid(column), row) ? new_code[lb_column_codes(column)[row]] : 0;
    lb_mem_free(new_code);
  }
  return true;
}

static lb_status concat_factors(concat *c, lb_column **out, lb_error *err)
{
  lb_text_builder builder = {0};
  lb_column *levels = NULL;
  lb_map *map = lb_map_new();
  int32_t *codes = lb_mem_array(c->n, sizeof *codes);
  lb_status st = LB_OK;
  if (map == NULL || codes == NULL || !unite_codes(c, map, &builder, codes)) {
    lb_text_builder_reset(&builder);
    st = lb_error_nomem(err, "factor");
    goto done;
  }
  st = lb_text_builder_finish(&builder, &levels, err);
  if (st != LB_OK) goto done;
  uint8_t *valid = c->valid;
  c->valid = NULL;
  st = lb_column_new_factor_trusted(c->n, codes, levels, all_ordered(c), valid, out, err);
  codes = NULL; /* taken */
done:
  lb_mem_free(codes);
  lb_map_free(map);
  lb_column_release(levels);
  return st;
}

lb_status lb_columns_concat(const lb_column *const *columns, size_t k, lb_column **out,
                            lb_error *err)
{
  concat c = {.columns = columns, .k = k};
  lb_column *made = NULL;
  lb_status st = find_type(&c, err);
  if (st == LB_OK) st = find_labels(&c, err);
  if (st == LB_OK) st = find_rows(&c, err);
  if (st != LB_OK) return st;
  if (c.type == LB_TEXT)
    st = concat_texts(&c, &made, err);
  else if (c.type == LB_FACTOR)
    st = concat_factors(&c, &made, err);
  else if (c.type == LB_LOGICAL)
    st = concat_logical(&c, &made, err);
  else
    st = concat_numbers(&c, &made, err);
  lb_mem_free(c.valid);
  if (st == LB_OK && c.label == NULL && c.unit == NULL) {
    *out = made;
  } else if (st == LB_OK) {
    st = lb_column_with_label(made, c.label, c.unit, out, err);
    lb_column_release(made);
  }
  return st;
}
