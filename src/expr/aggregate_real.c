/* aggregate_real.c - sums, moments and quantiles of groups: sums in one pass over the rows, the
 * rest on values laid out by group, groups shared between threads. */
#include <math.h>

#include "base/bitmap.h"
#include "base/interrupt.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "base/select.h"
#include "expr/aggregate.h"
#include "expr/functions.h"

#define PARALLEL  100000u /* rows from which groups are shared between threads */
#define POLL_ROWS 65536u

typedef struct task {
  lb_function_id id;
  double part; /* quantile asked for */
  const double *value;
  const uint8_t *valid; /* NULL: all present */
  const lb_groups *groups;
  double *x;     /* present values by group; group g from groups->start[g] on */
  size_t *count; /* of them */
  double *result;
} task;

/* ---- sums ---- */

/* Neumaier's compensated sum (1974, ZAMM 54:39). */
typedef struct sum {
  double sum, error, plain;
  size_t n;
} sum;

static inline void sum_add(sum *s, double value)
{
  double next = s->sum + value;
  s->error += fabs(s->sum) >= fabs(value) ? (s->sum - next) + value : (value - next) + s->sum;
  s->sum = next;
  s->plain += value;
  s->n++;
}

static double sum_total(const sum *s)
{
  return isfinite(s->plain) ? s->sum + s->error : s->plain;
}

/* Sums or means; rows of a group are added in row order. */
static lb_status sum_groups(const task *t, uint8_t *valid, lb_error *err)
{
  size_t n = t->groups->n_rows;
  const lb_row *group = t->groups->group;
  sum *all = lb_mem_zero(t->groups->n_groups, sizeof *all);
  lb_status st = all == NULL ? lb_error_nomem(err, "summary") : LB_OK;
  for (size_t start = 0; start < n && st == LB_OK; start += POLL_ROWS) {
    size_t end = n - start < POLL_ROWS ? n : start + POLL_ROWS;
    for (size_t i = start; i < end; i++)
      if (lb_is_valid(t->valid, i)) sum_add(&all[group[i]], t->value[i]);
    if (lb_interrupted()) st = lb_error_interrupted(err);
  }
  for (size_t g = 0; g < t->groups->n_groups && st == LB_OK; g++) {
    t->result[g] = sum_total(&all[g]);
    if (t->id != LB_FN_MEAN) continue;
    if (all[g].n == 0) lb_bit_clear(valid, g);
    t->result[g] = all[g].n == 0 ? 0 : t->result[g] / (double)all[g].n;
  }
  lb_mem_free(all);
  return st;
}

/* ---- what needs the values of a group together ---- */

static double mean_of(const double *x, size_t n)
{
  sum all = {0};
  for (size_t i = 0; i < n; i++) sum_add(&all, x[i]);
  return sum_total(&all) / (double)n;
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

/* Hyndman & Fan's type 7; uses x up. */
static double quantile_of(double *x, size_t n, double p)
{
  double place = (double)(n - 1) * p, below = floor(place), part = place - below, low, high;
  if (!lb_select(x, n, (size_t)below, &low, &high)) return NAN;
  if (part == 0 || low == high) return low;
  return isfinite(high - low) ? low + part * (high - low) : (1 - part) * low + part * high;
}

/* Rows are walked once; each value goes behind those of its group, and a missing one is written
 * over by the next. */
static lb_status lay_out(task *t, lb_error *err)
{
  size_t n = t->groups->n_rows, n_groups = t->groups->n_groups;
  const lb_row *group = t->groups->group;
  t->x = lb_mem_array(n, sizeof *t->x);
  t->count = lb_mem_array(n_groups, sizeof *t->count);
  if (t->x == NULL || t->count == NULL) return lb_error_nomem(err, "summary");
  for (size_t g = 0; g < n_groups; g++) t->count[g] = t->groups->start[g];
  for (size_t i = 0; i < n; i++) {
    size_t *next = &t->count[group[i]];
    t->x[*next] = t->value[i];
    *next += lb_is_valid(t->valid, i);
    if (i % POLL_ROWS == 0 && lb_interrupted()) return lb_error_interrupted(err);
  }
  for (size_t g = 0; g < n_groups; g++) t->count[g] -= t->groups->start[g];
  return LB_OK;
}

static void reduce_group(void *context, size_t g)
{
  const task *t = context;
  double *x = t->x + t->groups->start[g];
  size_t n = t->count[g];
  bool moment = t->id == LB_FN_VAR || t->id == LB_FN_SD;
  t->result[g] = 0;
  if (n < (moment ? 2u : 1u)) return;
  t->result[g] = moment ? variance_of(x, n) : quantile_of(x, n, t->part);
  if (t->id == LB_FN_SD) t->result[g] = sqrt(t->result[g]);
}

static lb_status reduce_groups(task *t, uint8_t *valid, lb_error *err)
{
  size_t n = t->groups->n_groups, least = t->id == LB_FN_VAR || t->id == LB_FN_SD ? 2 : 1;
  lb_status st = lay_out(t, err);
  if (st == LB_OK && !lb_parallel(n, t->groups->n_rows >= PARALLEL, reduce_group, t))
    st = lb_error_interrupted(err);
  for (size_t g = 0; g < n && st == LB_OK; g++)
    if (t->count[g] < least) lb_bit_clear(valid, g);
  lb_mem_free(t->x);
  lb_mem_free(t->count);
  return st;
}

lb_status lb_aggregate_real(const lb_op *op, const lb_column *arg, const lb_groups *groups,
                            lb_column **out, lb_error *err)
{
  task t = {.id = (lb_function_id)op->aggregate, .groups = groups};
  t.part = t.id == LB_FN_MEDIAN ? 0.5 : op->parameter;
  t.value = lb_column_real(arg);
  t.valid = lb_column_valid(arg);
  t.result = lb_mem_array(groups->n_groups, sizeof *t.result);
  uint8_t *valid = lb_bitmap_new(groups->n_groups, true);
  bool sums = t.id == LB_FN_SUM || t.id == LB_FN_MEAN;
  lb_status st = t.result == NULL || valid == NULL ? lb_error_nomem(err, "summary") : LB_OK;
  if (st == LB_OK) st = sums ? sum_groups(&t, valid, err) : reduce_groups(&t, valid, err);
  if (st == LB_OK) return lb_column_new(LB_REAL, groups->n_groups, t.result, valid, out, err);
  lb_mem_free(t.result);
  lb_mem_free(valid);
  return st;
}
