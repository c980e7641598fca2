/* aggregate.c - summaries of groups of rows; NA is skipped; empty gives NA, counts and sums 0. */
#include "expr/aggregate.h"
#include "base/bitmap.h"
#include "base/interrupt.h"
#include "base/mem.h"
#include "expr/aggregate_all.h"
#include "expr/functions.h"
#include "expr/kernel.h"
#include <math.h>
#include <string.h>

typedef struct task {
  lb_function_id id;
  const lb_op *op;
  const lb_column *arg;
  const lb_groups *groups;
  lb_error *err;
} task;

#define NO_ROW ((lb_row)-1)

/* Counts and sums of integers -------------------------------------------------------------- */

static bool is_true(const lb_column *column, size_t row)
{
  return lb_is_valid(lb_column_valid(column), row) && lb_bit_get(lb_column_logical(column), row);
}

static bool integer_value(const task *t, size_t group, int64_t *out)
{
  const lb_groups *groups = t->groups;
  bool logical = t->arg != NULL && lb_column_type(t->arg) == LB_LOGICAL, fits = true;
  *out = 0;
  if (t->id == LB_FN_N) *out = (int64_t)(groups->start[group + 1] - groups->start[group]);
  if (t->id == LB_FN_N) return true;
  for (size_t i = groups->start[group]; i < groups->start[group + 1]; i++) {
    lb_row row = groups->row[i];
    bool present = lb_is_valid(lb_column_valid(t->arg), row);
    if (t->id == LB_FN_N_MISSING)
      *out += !present;
    else if (logical)
      *out += is_true(t->arg, row);
    else if (present && __builtin_add_overflow(*out, lb_column_integer(t->arg)[row], out))
      fits = false;
  }
  return fits;
}

/* The bytes that make a value distinct; text as it is, -0 as 0, any NaN as one. */
static const void *key_of(const lb_column *column, size_t row, double *number, size_t *length)
{
  if (lb_column_type(column) == LB_TEXT) return lb_column_text(column, row, length);
  *length = sizeof *number;
  if (lb_column_type(column) == LB_INTEGER || lb_column_type(column) == LB_DATETIME)
    return &lb_column_integer(column)[row];
  *number = lb_column_number(column, row);
  if (*number == 0) *number = 0;
  if (isnan(*number)) *number = (double)NAN;
  return number;
}

/* One map for all groups: the key is the group's number and the value's bytes. */
static lb_status count_distinct(const task *t, int64_t *count)
{
  lb_map *map = lb_map_new();
  lb_str key = {0};
  lb_status st = map == NULL ? lb_error_nomem(t->err, "summary") : LB_OK;
  for (size_t row = 0; st == LB_OK && row < t->groups->n_rows; row++) {
    double number;
    size_t length = 0, index;
    bool is_new = false;
    if (!lb_is_valid(lb_column_valid(t->arg), row)) continue;
    const void *value = key_of(t->arg, row, &number, &length);
    key.length = 0;
    lb_str_add(&key, (const char *)&t->groups->group[row], sizeof(lb_row));
    lb_str_add(&key, value, length);
    if (key.failed || !lb_map_put(map, key.data, key.length, &index, &is_new))
      st = lb_error_nomem(t->err, "summary");
    count[t->groups->group[row]] += is_new;
  }
  lb_str_reset(&key);
  lb_map_free(map);
  return st;
}

static lb_status aggregate_integer(const task *t, bool *overflow, lb_column **out)
{
  size_t n = t->groups->n_groups;
  int64_t *value = lb_mem_zero(n, sizeof *value);
  lb_status st = value == NULL ? lb_error_nomem(t->err, "summary") : LB_OK;
  if (st == LB_OK && t->id == LB_FN_N_DISTINCT) st = count_distinct(t, value);
  for (size_t g = 0; st == LB_OK && t->id != LB_FN_N_DISTINCT && g < n; g++) {
    if (!integer_value(t, g, &value[g])) *overflow = true;
    if (lb_interrupted()) st = lb_error_interrupted(t->err);
  }
  if (st == LB_OK && !*overflow) return lb_column_new(LB_INTEGER, n, value, NULL, out, t->err);
  lb_mem_free(value);
  return st;
}

/* Conditions ------------------------------------------------------------------------------- */

static lb_status aggregate_logical(const task *t, lb_column **out)
{
  size_t n = t->groups->n_groups;
  uint8_t *bits = lb_bitmap_new(n, false), *valid = lb_bitmap_new(n, false);
  if (bits == NULL || valid == NULL) {
    lb_mem_free(bits);
    lb_mem_free(valid);
    return lb_error_nomem(t->err, "summary");
  }
  for (size_t g = 0; g < n; g++) {
    size_t present = 0, holds = 0;
    for (size_t i = t->groups->start[g]; i < t->groups->start[g + 1]; i++) {
      present += lb_is_valid(lb_column_valid(t->arg), t->groups->row[i]);
      holds += is_true(t->arg, t->groups->row[i]);
    }
    if (present > 0) lb_bit_set(valid, g);
    if (present > 0 && (t->id == LB_FN_ANY ? holds > 0 : holds == present)) lb_bit_set(bits, g);
  }
  return lb_column_new(LB_LOGICAL, n, bits, valid, out, t->err);
}

/* Values that stand in a row --------------------------------------------------------------- */

static int compare_rows(const lb_column *column, size_t a, size_t b)
{
  if (lb_column_type(column) == LB_TEXT) {
    lb_span x, y;
    x.data = lb_column_text(column, a, &x.length);
    y.data = lb_column_text(column, b, &y.length);
    return lb_span_compare(x, y);
  }
  if (lb_column_type(column) == LB_INTEGER || lb_column_type(column) == LB_DATETIME) {
    int64_t x = lb_column_integer(column)[a], y = lb_column_integer(column)[b];
    return (x > y) - (x < y);
  }
  double x = lb_column_number(column, a), y = lb_column_number(column, b);
  return (x > y) - (x < y);
}

static bool is_nan_row(const lb_column *column, size_t row)
{
  return lb_column_type(column) == LB_REAL && isnan(lb_column_real(column)[row]);
}

/* NaN wins over every number, as in arithmetic. */
static bool replaces(const task *t, lb_row row, lb_row best)
{
  if (best == NO_ROW) return true;
  if (t->id == LB_FN_FIRST || t->id == LB_FN_LAST) return t->id == LB_FN_LAST;
  if (is_nan_row(t->arg, best)) return false;
  if (is_nan_row(t->arg, row)) return true;
  int order = compare_rows(t->arg, row, best);
  return t->id == LB_FN_MIN ? order < 0 : order > 0;
}

static lb_status aggregate_pick(const task *t, lb_column **out)
{
  size_t n = t->groups->n_groups;
  lb_column *labelled = NULL;
  lb_row *pick = lb_mem_array(n, sizeof *pick);
  if (pick == NULL) return lb_error_nomem(t->err, "summary");
  for (size_t g = 0; g < n; g++) {
    pick[g] = NO_ROW;
    for (size_t i = t->groups->start[g]; i < t->groups->start[g + 1]; i++) {
      lb_row row = t->groups->row[i];
      if (lb_is_valid(lb_column_valid(t->arg), row) && replaces(t, row, pick[g])) pick[g] = row;
    }
  }
  lb_status st = lb_column_gather(t->arg, pick, n, &labelled, t->err);
  lb_mem_free(pick);
  /* The label says what the column was, not what its extreme is. */
  if (st == LB_OK) st = lb_column_with_label(labelled, NULL, NULL, out, t->err);
  lb_column_release(labelled);
  return st;
}

bool lb_same_value(const lb_column *column, size_t a, size_t b)
{
  const uint8_t *valid = lb_column_valid(column);
  if (!lb_is_valid(valid, a) || !lb_is_valid(valid, b))
    return lb_is_valid(valid, a) == lb_is_valid(valid, b);
  if (lb_column_type(column) == LB_TEXT) {
    lb_span x, y;
    x.data = lb_column_text(column, a, &x.length);
    y.data = lb_column_text(column, b, &y.length);
    return lb_span_compare(x, y) == 0;
  }
  if (lb_column_type(column) == LB_INTEGER || lb_column_type(column) == LB_DATETIME)
    return lb_column_integer(column)[a] == lb_column_integer(column)[b];
  double x = lb_column_number(column, a), y = lb_column_number(column, b);
  return x == y || (x != x && y != y);
}

lb_status lb_aggregate(const lb_op *op, const lb_column *arg, const lb_groups *groups,
                       bool *overflow, lb_column **out, lb_error *err)
{
  task t = {(lb_function_id)op->aggregate, op, arg, groups, err};
  lb_column *all = NULL;
  lb_status st = lb_aggregate_all(op, arg, groups, &all, err);
  if (st == LB_OK && all != NULL) *out = all;
  if (st != LB_OK || all != NULL) return st;
  switch (t.id) {
  case LB_FN_MIN:
  case LB_FN_MAX:
  case LB_FN_FIRST:
  case LB_FN_LAST:
    return aggregate_pick(&t, out);
  case LB_FN_ANY:
  case LB_FN_ALL:
    return aggregate_logical(&t, out);
  default:
    break;
  }
  if (op->type == LB_INTEGER) return aggregate_integer(&t, overflow, out);
  return lb_aggregate_real(op, arg, groups, out, err);
}
