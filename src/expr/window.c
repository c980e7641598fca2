/* window.c - aggregates given to each row of their group, and rank, row_number, lag, lead and
 * cumsum over the rows of a group in their order. */
#include "expr/window.h"
#include "base/bitmap.h"
#include "base/interrupt.h"
#include "base/mem.h"
#include "expr/aggregate.h"
#include "expr/functions.h"
#include <math.h>
#include <string.h>

/* One function over all groups. */
typedef struct task {
  const lb_op *op;
  const lb_column *arg; /* NULL: row_number() */
  const lb_groups *groups;
  lb_error *err;
} task;

/* A label says what the column was, not what was made of it. */
static lb_status take_unlabelled(const task *t, const lb_column *from, const lb_row *rows,
                                 lb_column **out)
{
  lb_column *labelled = NULL;
  lb_status st = lb_column_gather(from, rows, t->groups->n_rows, &labelled, t->err);
  if (st == LB_OK) st = lb_column_with_label(labelled, NULL, NULL, out, t->err);
  lb_column_release(labelled);
  return st;
}

static lb_status shifted(const task *t, lb_column **out)
{
  const lb_groups *g = t->groups;
  bool lead = t->op->aggregate == LB_FN_LEAD;
  size_t by = (size_t)t->op->parameter;
  lb_row *from = lb_mem_array(g->n_rows, sizeof *from);
  lb_status st = from == NULL ? lb_error_nomem(t->err, "rows") : LB_OK;
  for (size_t k = 0; st == LB_OK && k < g->n_groups; k++) {
    size_t start = g->start[k], end = g->start[k + 1];
    for (size_t i = start; i < end; i++) {
      bool inside = by <= (lead ? end - 1 - i : i - start);
      from[g->row[i]] = inside ? g->row[lead ? i + by : i - by] : LB_NO_ROW;
    }
    if (lb_interrupted()) st = lb_error_interrupted(t->err);
  }
  if (st == LB_OK) st = take_unlabelled(t, t->arg, from, out);
  lb_mem_free(from);
  return st;
}

static lb_status row_number(const task *t, lb_column **out)
{
  const lb_groups *g = t->groups;
  int64_t *value = lb_mem_array(g->n_rows, sizeof *value);
  if (value == NULL) return lb_error_nomem(t->err, "row numbers");
  for (size_t k = 0; k < g->n_groups; k++)
    for (size_t i = g->start[k]; i < g->start[k + 1]; i++)
      value[g->row[i]] = (int64_t)(i - g->start[k]) + 1;
  return lb_column_new(LB_INTEGER, g->n_rows, value, NULL, out, t->err);
}

/* Sums so far ------------------------------------------------------------------------------ */

/* Neumaier's compensated sum (1974, ZAMM 54:39), so that the last row agrees with sum(x). */
static void sum_reals(const task *t, size_t group, double *value)
{
  const lb_groups *g = t->groups;
  const double *x = lb_column_real(t->arg);
  const uint8_t *valid = lb_column_valid(t->arg);
  double sum = 0, rest = 0, plain = 0;
  for (size_t i = g->start[group]; i < g->start[group + 1]; i++) {
    lb_row row = g->row[i];
    value[row] = 0;
    if (!lb_is_valid(valid, row)) continue;
    double next = sum + x[row];
    rest += fabs(sum) >= fabs(x[row]) ? (sum - next) + x[row] : (x[row] - next) + sum;
    sum = next;
    plain += x[row];
    value[row] = isfinite(plain) ? sum + rest : plain;
  }
}

/* false: a sum left 64 bits. */
static bool sum_integers(const task *t, size_t group, int64_t *value)
{
  const lb_groups *g = t->groups;
  const int64_t *x = lb_column_integer(t->arg);
  const uint8_t *valid = lb_column_valid(t->arg);
  int64_t sum = 0;
  for (size_t i = g->start[group]; i < g->start[group + 1]; i++) {
    lb_row row = g->row[i];
    value[row] = 0;
    if (!lb_is_valid(valid, row)) continue;
    if (__builtin_add_overflow(sum, x[row], &sum)) return false;
    value[row] = sum;
  }
  return true;
}

static lb_status copy_valid(const task *t, uint8_t **out)
{
  size_t n = t->groups->n_rows;
  const uint8_t *valid = lb_column_valid(t->arg);
  if (valid == NULL) return LB_OK;
  uint8_t *copy = lb_bitmap_new(n, false);
  if (copy == NULL) return lb_error_nomem(t->err, "missing rows");
  for (size_t i = 0; i < n; i++)
    if (lb_bit_get(valid, i)) lb_bit_set(copy, i);
  *out = copy;
  return LB_OK;
}

static lb_status sums(const task *t, bool *overflow, lb_column **out)
{
  const lb_groups *g = t->groups;
  uint8_t *valid = NULL;
  void *value = lb_mem_array(g->n_rows, sizeof(double));
  lb_status st = value == NULL ? lb_error_nomem(t->err, "sums") : copy_valid(t, &valid);
  for (size_t k = 0; st == LB_OK && !*overflow && k < g->n_groups; k++) {
    if (t->op->type == LB_REAL)
      sum_reals(t, k, value);
    else
      *overflow = !sum_integers(t, k, value);
    if (lb_interrupted()) st = lb_error_interrupted(t->err);
  }
  if (st == LB_OK && !*overflow)
    return lb_column_new(t->op->type, g->n_rows, value, valid, out, t->err);
  lb_mem_free(value);
  lb_mem_free(valid);
  return st;
}

/* Ranks ------------------------------------------------------------------------------------ */

/* The rows of each group with their values ascending: NaN after all numbers, missing last. */
static lb_status sorted_rows(const task *t, lb_row **out)
{
  lb_frame *frame = NULL;
  const lb_sort_key key = {0, false};
  lb_status st = lb_frame_new(t->groups->n_rows, NULL, &frame, t->err);
  /* Reference counts are not part of a column's value. */
  if (st == LB_OK) st = lb_frame_add(frame, "x", (lb_column *)t->arg, t->err);
  if (st == LB_OK) st = lb_groups_sorted(t->groups, frame, &key, 1, out, t->err);
  lb_frame_release(frame);
  return st;
}

/* Equal values share the mean of the places they take. */
static void rank_group(const task *t, const lb_row *row, size_t n, double *value)
{
  const uint8_t *valid = lb_column_valid(t->arg);
  for (size_t i = 0, next; i < n; i = next) {
    bool present = lb_is_valid(valid, row[i]);
    for (next = i + 1; next < n && lb_same_value(t->arg, row[i], row[next]);) next++;
    double rank = present ? ((double)i + 1 + (double)next) / 2 : 0;
    for (size_t k = i; k < next; k++) value[row[k]] = rank;
  }
}

static lb_status ranks(const task *t, lb_column **out)
{
  const lb_groups *g = t->groups;
  lb_row *row = NULL;
  uint8_t *valid = NULL;
  double *value = lb_mem_array(g->n_rows, sizeof *value);
  lb_status st = value == NULL ? lb_error_nomem(t->err, "ranks") : copy_valid(t, &valid);
  if (st == LB_OK) st = sorted_rows(t, &row);
  for (size_t k = 0; st == LB_OK && k < g->n_groups; k++) {
    rank_group(t, row + g->start[k], g->start[k + 1] - g->start[k], value);
    if (lb_interrupted()) st = lb_error_interrupted(t->err);
  }
  lb_mem_free(row);
  if (st == LB_OK) return lb_column_new(LB_REAL, g->n_rows, value, valid, out, t->err);
  lb_mem_free(value);
  lb_mem_free(valid);
  return st;
}

/* The whole -------------------------------------------------------------------------------- */

static lb_status spread(const task *t, bool *overflow, lb_column **out)
{
  lb_column *whole = NULL;
  lb_status st = lb_aggregate(t->op, t->arg, t->groups, overflow, &whole, t->err);
  if (st == LB_OK && !*overflow)
    st = lb_column_gather(whole, t->groups->group, t->groups->n_rows, out, t->err);
  lb_column_release(whole);
  return st;
}

static lb_status apply(const task *t, bool *overflow, lb_column **out)
{
  switch (t->op->aggregate) {
  case LB_FN_RANK:
    return ranks(t, out);
  case LB_FN_ROW_NUMBER:
    return row_number(t, out);
  case LB_FN_LAG:
  case LB_FN_LEAD:
    return shifted(t, out);
  case LB_FN_CUMSUM:
    return sums(t, overflow, out);
  default:
    return spread(t, overflow, out);
  }
}

static void mark_needed(const lb_program *p, bool *needed)
{
  needed[p->root] = true;
  for (size_t i = p->root + 1; i-- > 0;)
    for (size_t k = 0; needed[i] && k < p->op[i].n; k++) needed[p->arg[p->op[i].first + k]] = true;
}

/* The value of operation `number`, whose operands below it are known by now. */
static lb_status find_value(const lb_exec *rows, const lb_groups *groups, size_t number,
                            lb_tally *tally, lb_column **out, lb_error *err)
{
  const lb_program *p = rows->program;
  task t = {.op = &p->op[number], .groups = groups, .err = err};
  lb_exec exec = *rows;
  lb_column *arg = NULL;
  bool overflow = false;
  lb_status st = LB_OK;
  if (t.op->n > 0) {
    exec.root = p->arg[t.op->first];
    st = lb_exec_column(&exec, tally, &arg, err);
  }
  t.arg = arg;
  if (st == LB_OK && tally->overflow == 0) st = apply(&t, &overflow, out);
  if (overflow) tally->overflow = number + 1;
  lb_column_release(arg);
  return st;
}

lb_status lb_window(const lb_exec *exec, const lb_groups *groups, lb_tally *tally, lb_column **out,
                    lb_error *err)
{
  const lb_program *p = exec->program;
  lb_column **made = lb_mem_zero(p->n_op, sizeof *made);
  const lb_column **input = lb_mem_array(p->n_op, sizeof *input);
  bool *needed = lb_mem_zero(p->n_op, sizeof *needed);
  lb_exec rows = {p, p->root, input, exec->n};
  lb_status st = LB_OK;
  if (made == NULL || input == NULL || needed == NULL) {
    st = lb_error_nomem(err, "evaluation");
    goto done;
  }
  memcpy(input, exec->input, p->n_op * sizeof *input);
  mark_needed(p, needed);
  for (size_t i = 0; i <= p->root; i++) {
    if (!needed[i] || p->op[i].aggregate == 0) continue;
    st = find_value(&rows, groups, i, tally, &made[i], err);
    if (st != LB_OK || tally->overflow != 0) goto done;
    input[i] = made[i];
  }
  st = lb_exec_column(&rows, tally, out, err);
done:
  for (size_t i = 0; made != NULL && i < p->n_op; i++) lb_column_release(made[i]);
  lb_mem_free(made);
  lb_mem_free(input);
  lb_mem_free(needed);
  return st;
}
