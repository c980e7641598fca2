/* column.c - columns: construction, reference counts, borrowed values, labels. */
#include "frame/column.h"

#include <assert.h>
#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "base/bitmap.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/str.h"
#include "frame/column_internal.h"

struct lb_column {
  atomic_size_t references;
  lb_type type;
  bool ordered;
  size_t n, n_missing;
  size_t n_bytes;    /* text: length of bytes */
  void *values;      /* array of the type; logical: bitmap; text: offsets */
  char *bytes;       /* text */
  uint8_t *valid;    /* NULL when no row is missing */
  lb_column *levels; /* factor; one reference */
  lb_column *base;   /* not NULL: values, bytes, valid and levels belong to it; one reference */
  char *label, *unit;
};

static const char *const TYPE_NAMES[] = {
    [LB_REAL] = "real", [LB_INTEGER] = "integer", [LB_LOGICAL] = "logical",  [LB_FACTOR] = "factor",
    [LB_TEXT] = "text", [LB_DATE] = "date",       [LB_DATETIME] = "datetime"};
#define N_TYPES (sizeof TYPE_NAMES / sizeof TYPE_NAMES[0])

const char *lb_type_name(lb_type type)
{
  return (size_t)type < N_TYPES ? TYPE_NAMES[type] : "unknown";
}

bool lb_type_from_name(const char *name, lb_type *type)
{
  for (size_t i = 0; i < N_TYPES; i++) {
    if (strcmp(name, TYPE_NAMES[i]) == 0) {
      *type = (lb_type)i;
      return true;
    }
  }
  return false;
}

/* Takes values and valid on success only. A bitmap without a missing row is dropped, so that
 * kernels may take `valid == NULL` for the fast way. */
static lb_column *column_make(lb_type type, size_t n, void *values, uint8_t *valid)
{
  lb_column *column = lb_mem_zero(1, sizeof *column);
  if (column == NULL) return NULL;
  atomic_init(&column->references, 1);
  column->type = type;
  column->n = n;
  column->values = values;
  column->n_missing = valid == NULL ? 0 : n - lb_bitmap_count(valid, n);
  if (column->n_missing == 0)
    lb_mem_free(valid);
  else
    column->valid = valid;
  return column;
}

lb_status lb_column_new(lb_type type, size_t n, void *values, uint8_t *valid, lb_column **out,
                        lb_error *err)
{
  assert(type != LB_FACTOR && type != LB_TEXT);
  lb_column *column = column_make(type, n, values, valid);
  if (column == NULL) {
    lb_mem_free(values);
    lb_mem_free(valid);
    return lb_error_nomem(err, "column");
  }
  *out = column;
  return LB_OK;
}

lb_status lb_column_new_text(size_t n, int64_t *offsets, char *bytes, uint8_t *valid,
                             lb_column **out, lb_error *err)
{
  assert(offsets[0] == 0 && offsets[n] >= 0);
  lb_column *column = column_make(LB_TEXT, n, offsets, valid);
  if (column == NULL) {
    lb_mem_free(offsets);
    lb_mem_free(bytes);
    lb_mem_free(valid);
    return lb_error_nomem(err, "text column");
  }
  column->bytes = bytes;
  column->n_bytes = (size_t)offsets[n];
  *out = column;
  return LB_OK;
}

/* Levels are text, all present, each once. */
static lb_status check_levels(const lb_column *levels, lb_error *err)
{
  if (levels->type != LB_TEXT || levels->n_missing > 0)
    return lb_error_set(err, LB_EARG, "levels must be a text column without missing values");
  if (levels->n > INT32_MAX)
    return lb_error_set(err, LB_EDATA, "%zu levels; a factor holds at most %d", levels->n,
                        INT32_MAX);
  lb_map *seen = lb_map_new();
  if (seen == NULL) return lb_error_nomem(err, "levels");
  lb_status st = LB_OK;
  for (size_t i = 0; i < levels->n && st == LB_OK; i++) {
    size_t length, index;
    bool is_new;
    const char *text = lb_column_text(levels, i, &length);
    if (!lb_map_put(seen, text, length, &index, &is_new))
      st = lb_error_nomem(err, "levels");
    else if (!is_new)
      st = lb_error_set(err, LB_EARG, "level '%.*s' is repeated",
                        (int)(length < 100 ? length : 100), text);
  }
  lb_map_free(seen);
  return st;
}

/* A code out of range would read foreign memory, and codes may come from a file. */
static lb_status check_codes(const int32_t *codes, size_t n, const uint8_t *valid, size_t n_levels,
                             lb_error *err)
{
  for (size_t i = 0; i < n; i++) {
    if (codes[i] >= 0 && (size_t)codes[i] < n_levels) continue;
    if (lb_is_valid(valid, i))
      return lb_error_set(err, LB_EARG, "factor code %d with %zu levels", codes[i], n_levels);
  }
  return LB_OK;
}

lb_status lb_column_new_factor(size_t n, int32_t *codes, lb_column *levels, bool ordered,
                               uint8_t *valid, lb_column **out, lb_error *err)
{
  lb_status st = check_levels(levels, err);
  if (st == LB_OK) st = check_codes(codes, n, valid, levels->n, err);
  if (st == LB_OK) return lb_column_new_factor_trusted(n, codes, levels, ordered, valid, out, err);
  lb_mem_free(codes);
  lb_mem_free(valid);
  return st;
}

lb_status lb_column_new_factor_trusted(size_t n, int32_t *codes, const lb_column *levels,
                                       bool ordered, uint8_t *valid, lb_column **out, lb_error *err)
{
  lb_column *column = column_make(LB_FACTOR, n, codes, valid);
  if (column == NULL) {
    lb_mem_free(codes);
    lb_mem_free(valid);
    return lb_error_nomem(err, "factor column");
  }
  column->levels = lb_column_share(levels);
  column->ordered = ordered;
  *out = column;
  return LB_OK;
}

lb_column *lb_column_retain(lb_column *column)
{
  atomic_fetch_add_explicit(&column->references, 1, memory_order_relaxed);
  return column;
}

lb_column *lb_column_share(const lb_column *column)
{
  /* The count is the one part of a published column that changes. */
  return lb_column_retain((lb_column *)column);
}

void lb_column_release(lb_column *column)
{
  while (column != NULL) {
    if (atomic_fetch_sub_explicit(&column->references, 1, memory_order_acq_rel) != 1) return;
    lb_column *base = column->base;
    if (base == NULL) {
      lb_mem_free(column->values);
      lb_mem_free(column->bytes);
      lb_mem_free(column->valid);
      lb_column_release(column->levels);
    }
    lb_mem_free(column->label);
    lb_mem_free(column->unit);
    lb_mem_free(column);
    column = base;
  }
}

lb_type lb_column_type(const lb_column *column)
{
  return column->type;
}

size_t lb_column_length(const lb_column *column)
{
  return column->n;
}

size_t lb_column_missing(const lb_column *column)
{
  return column->n_missing;
}

const uint8_t *lb_column_valid(const lb_column *column)
{
  return column->valid;
}

static size_t values_bytes(const lb_column *column)
{
  switch (column->type) {
  case LB_LOGICAL:
    return lb_bitmap_bytes(column->n);
  case LB_FACTOR:
  case LB_DATE:
    return column->n * sizeof(int32_t);
  case LB_TEXT:
    return (column->n + 1) * sizeof(int64_t) + column->n_bytes;
  default:
    return column->n * sizeof(double);
  }
}

size_t lb_column_bytes(const lb_column *column)
{
  size_t total = sizeof *column + values_bytes(column);
  if (column->valid != NULL) total += lb_bitmap_bytes(column->n);
  if (column->levels != NULL) total += lb_column_bytes(column->levels);
  return total;
}

const double *lb_column_real(const lb_column *column)
{
  assert(column->type == LB_REAL);
  return column->values;
}

const int64_t *lb_column_integer(const lb_column *column)
{
  assert(column->type == LB_INTEGER || column->type == LB_DATETIME);
  return column->values;
}

const uint8_t *lb_column_logical(const lb_column *column)
{
  assert(column->type == LB_LOGICAL);
  return column->values;
}

const int32_t *lb_column_codes(const lb_column *column)
{
  assert(column->type == LB_FACTOR);
  return column->values;
}

const int32_t *lb_column_days(const lb_column *column)
{
  assert(column->type == LB_DATE);
  return column->values;
}

const char *lb_column_text(const lb_column *column, size_t row, size_t *length)
{
  assert(row < column->n);
  if (column->type == LB_FACTOR) {
    if (!lb_is_valid(column->valid, row)) {
      *length = 0;
      return "";
    }
    row = (size_t)lb_column_codes(column)[row];
    column = column->levels;
  }
  assert(column->type == LB_TEXT);
  const int64_t *offsets = column->values;
  *length = (size_t)(offsets[row + 1] - offsets[row]);
  return *length == 0 ? "" : column->bytes + offsets[row];
}

const lb_column *lb_column_levels(const lb_column *column)
{
  return column->levels;
}

size_t lb_column_level_count(const lb_column *column)
{
  return column->levels == NULL ? 0 : column->levels->n;
}

bool lb_column_ordered(const lb_column *column)
{
  return column->ordered;
}

double lb_column_number(const lb_column *column, size_t row)
{
  assert(row < column->n);
  if (!lb_is_valid(column->valid, row)) return (double)NAN;
  switch (column->type) {
  case LB_REAL:
    return lb_column_real(column)[row];
  case LB_INTEGER:
  case LB_DATETIME:
    return (double)lb_column_integer(column)[row];
  case LB_LOGICAL:
    return lb_bit_get(lb_column_logical(column), row) ? 1 : 0;
  case LB_FACTOR:
    return lb_column_codes(column)[row];
  case LB_DATE:
    return lb_column_days(column)[row];
  case LB_TEXT:
    break;
  }
  assert(!"text has no number");
  return (double)NAN;
}

const char *lb_column_label(const lb_column *column)
{
  return column->label;
}

const char *lb_column_unit(const lb_column *column)
{
  return column->unit;
}

lb_status lb_column_with_label(lb_column *column, const char *label, const char *unit,
                               lb_column **out, lb_error *err)
{
  if ((label != NULL && !lb_utf8_valid(label, strlen(label))) ||
      (unit != NULL && !lb_utf8_valid(unit, strlen(unit))))
    return lb_error_set(err, LB_EARG, "a label or unit is not UTF-8");
  lb_column *made = lb_mem_zero(1, sizeof *made);
  char *label_copy = label == NULL ? NULL : lb_mem_text(label, strlen(label));
  char *unit_copy = unit == NULL ? NULL : lb_mem_text(unit, strlen(unit));
  bool complete =
      made != NULL && (label == NULL || label_copy != NULL) && (unit == NULL || unit_copy != NULL);
  if (!complete) {
    lb_mem_free(made);
    lb_mem_free(label_copy);
    lb_mem_free(unit_copy);
    return lb_error_nomem(err, "column label");
  }
  /* Always the owner of the buffers: relabelling again and again builds no chain. */
  lb_column *base = column->base == NULL ? column : column->base;
  atomic_init(&made->references, 1);
  made->type = base->type;
  made->ordered = base->ordered;
  made->n = base->n;
  made->n_missing = base->n_missing;
  made->n_bytes = base->n_bytes;
  made->values = base->values;
  made->bytes = base->bytes;
  made->valid = base->valid;
  made->levels = base->levels;
  made->base = lb_column_retain(base);
  made->label = label_copy;
  made->unit = unit_copy;
  *out = made;
  return LB_OK;
}

lb_status lb_column_label_like(lb_column *made, const lb_column *model, lb_column **out,
                               lb_error *err)
{
  if (model->label == NULL && model->unit == NULL) {
    *out = made;
    return LB_OK;
  }
  lb_status st = lb_column_with_label(made, model->label, model->unit, out, err);
  lb_column_release(made);
  return st;
}

const int64_t *lb_column_offsets(const lb_column *column, const char **bytes)
{
  assert(column->type == LB_TEXT);
  *bytes = column->bytes;
  return column->values;
}
