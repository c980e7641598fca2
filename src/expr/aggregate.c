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

/* Closed forms on n present values -------------------------------------------------------- */

/* Neumaier's compensated sum (1974, ZAMM 54:39). */
static double sum_of(const double *x, size_t n)
{
  double sum = 0, error = 0, plain = 0;
  for (size_t i = 0; i < n; i++) {
    double next = sum + x[i];
    error += fabs(sum) >= fabs(x[i]) ? (sum - next) + x[i] : (x[i] - next) + sum;
    sum = next;
    plain += x[i];
  }
  return isfinite(plain) ? sum + error : plain;
}

static double mean_of(const double *x, size_t n)
{
  return sum_of(x, n) / (double)n;
}

/* Two passes, with the correction for the rounded mean (Chan, Golub & LeVeque 1983). */
static double variance_of(const double *x, size_t n)
{
  double mean = mean_of(x, n), squares = 0, rest = 0;
  for (size_t i = 0; i < n; i++) {
    double d = x[i] - mean;
    squares += d * d;
    rest += d;
  }
  return (squares - rest * rest / (double)n) / (double)(n - 1);
}

static void swap(double *x, size_t i, size_t j)
{
  double was = x[i];
  x[i] = x[j];
  x[j] = was;
}

/* Hoare's selection with the median of three: afterwards x[k] is in its sorted place, nothing
 * before it larger, nothing behind it smaller. No NaN. */
static double select_value(double *x, size_t n, size_t k)
{
  size_t low = 0, high = n - 1;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (x[middle] < x[low]) swap(x, middle, low);
    if (x[high] < x[low]) swap(x, high, low);
    if (x[high] < x[middle]) swap(x, high, middle);
    double pivot = x[middle];
    size_t i = low, j = high;
    for (;;) {
      while (x[i] < pivot) i++;
      while (pivot < x[j]) j--;
      if (i >= j) break;
      swap(x, i++, j--);
    }
    if (i == j && k == i) return x[k];
    if (k <= j)
      high = j;
    else
      low = j + 1;
  }
  return x[k];
}

/* Hyndman & Fan's type 7; permutes x. */
static double quantile_of(double *x, size_t n, double p)
{
  for (size_t i = 0; i < n; i++)
    if (isnan(x[i])) return NAN;
  double place = (double)(n - 1) * p, below = floor(place), part = place - below;
  size_t k = (size_t)below;
  double low = select_value(x, n, k);
  if (part == 0 || k + 1 >= n) return low;
  double high = x[k + 1];
  for (size_t i = k + 2; i < n; i++)
    if (x[i] < high) high = x[i];
  if (low == high) return low;
  return isfinite(high - low) ? low + part * (high - low) : (1 - part) * low + part * high;
}

/* Reals ------------------------------------------------------------------------------------ */

/* Present values of a group into x; their number. */
static size_t collect(const task *t, size_t group, double *x)
{
  const double *value = lb_column_real(t->arg);
  const uint8_t *valid = lb_column_valid(t->arg);
  size_t n = 0;
  for (size_t i = t->groups->start[group]; i < t->groups->start[group + 1]; i++) {
    lb_row row = t->groups->row[i];
    if (lb_is_valid(valid, row)) x[n++] = value[row];
  }
  return n;
}

static bool real_value(const task *t, double *x, size_t n, double *out)
{
  size_t least = t->id == LB_FN_SUM ? 0 : t->id == LB_FN_SD || t->id == LB_FN_VAR ? 2 : 1;
  if (n < least) return false;
  switch (t->id) {
  case LB_FN_SUM:
    *out = sum_of(x, n);
    break;
  case LB_FN_MEAN:
    *out = mean_of(x, n);
    break;
  case LB_FN_VAR:
    *out = variance_of(x, n);
    break;
  case LB_FN_SD:
    *out = sqrt(variance_of(x, n));
    break;
  case LB_FN_MEDIAN:
    *out = quantile_of(x, n, 0.5);
    break;
  default:
    *out = quantile_of(x, n, t->op->parameter);
  }
  return true;
}

static size_t largest_group(const lb_groups *groups)
{
  size_t most = 0;
  for (size_t g = 0; g < groups->n_groups; g++) {
    size_t n = groups->start[g + 1] - groups->start[g];
    if (n > most) most = n;
  }
  return most;
}

static lb_status aggregate_real(const task *t, lb_column **out)
{
  size_t n = t->groups->n_groups;
  double *value = lb_mem_array(n, sizeof *value);
  double *x = lb_mem_array(largest_group(t->groups), sizeof *x);
  uint8_t *valid = lb_bitmap_new(n, true);
  lb_status st = LB_OK;
  if (value == NULL || x == NULL || valid == NULL) st = lb_error_nomem(t->err, "summary");
  for (size_t g = 0; st == LB_OK && g < n; g++) {
    value[g] = 0;
    if (!real_value(t, x, collect(t, g, x), &value[g])) lb_bit_clear(valid, g);
    if (lb_interrupted()) st = lb_error_interrupted(t->err);
  }
  lb_mem_free(x);
  if (st == LB_OK) return lb_column_new(LB_REAL, n, value, valid, out, t->err);
  lb_mem_free(value);
  lb_mem_free(valid);
  return st;
}

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
  return aggregate_real(&t, out);
}
