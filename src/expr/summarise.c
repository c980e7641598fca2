/* summarise.c - arguments of aggregates over rows, aggregates over groups, and the rest of the
 * expression over the groups' values. */
#include "expr/summarise.h"
#include "base/bitmap.h"
#include "base/mem.h"
#include "expr/aggregate.h"
#include "expr/aggregate_all.h"
#include "expr/functions.h"
#include "expr/kernel.h"
#include <string.h>

typedef struct summary {
  const lb_exec *exec;
  lb_groups *groups; /* listed when first needed */
  bool *needed;      /* by operation: outside aggregates */
  lb_column **value; /* by operation: one value a group, of what is an input there */
} summary;

static void mark_needed(summary *s)
{
  const lb_program *p = s->exec->program;
  s->needed[p->root] = true;
  for (size_t i = p->root + 1; i-- > 0;) {
    const lb_op *op = &p->op[i];
    if (!s->needed[i] || op->aggregate != 0) continue;
    for (size_t k = 0; k < op->n; k++) s->needed[p->arg[op->first + k]] = true;
  }
}

/* A column outside aggregates: a key, or another that is constant in each group. */
static lb_status constant_column(const summary *s, size_t op, lb_column **out, lb_error *err)
{
  const lb_groups *g = s->groups;
  const lb_column *column = s->exec->input[op];
  lb_row *first = lb_mem_array(g->n_groups, sizeof *first);
  lb_status st = first == NULL ? lb_error_nomem(err, "summary") : lb_groups_list(s->groups, err);
  for (size_t k = 0; st == LB_OK && k < g->n_groups; k++) {
    first[k] = g->start[k] < g->start[k + 1] ? g->row[g->start[k]] : (lb_row)-1;
    for (size_t i = g->start[k]; st == LB_OK && i < g->start[k + 1]; i++) {
      if (lb_same_value(column, first[k], g->row[i])) continue;
      const lb_program *p = s->exec->program;
      const char *name = p->slot[p->op[op].slot].name;
      st = lb_error_set(err, LB_EDATA, "'%s' has several values in a group, and one is wanted",
                        name);
      lb_error_mend(err, "Say which:  mean(%s)  first(%s)  , or group by it too", name, name);
    }
  }
  if (st == LB_OK) st = lb_column_gather(column, first, g->n_groups, out, err);
  lb_mem_free(first);
  return st;
}

/* Sums of all rows, and how many there are, need no lists of rows; these take longer than a sum. */
static lb_status aggregate_groups(const summary *s, const lb_op *op, const lb_column *arg,
                                  bool *overflow, lb_column **out, lb_error *err)
{
  lb_status st = LB_OK;
  if (s->groups->row == NULL && op->aggregate != LB_FN_N) {
    st = lb_aggregate_all(op, arg, s->groups, out, err);
    if (st != LB_OK || *out != NULL) return st;
    st = lb_groups_list(s->groups, err);
  }
  return st == LB_OK ? lb_aggregate(op, arg, s->groups, overflow, out, err) : st;
}

static lb_status aggregate(const summary *s, size_t number, lb_tally *tally, lb_column **out,
                           lb_error *err)
{
  const lb_program *p = s->exec->program;
  const lb_op *op = &p->op[number];
  lb_exec exec = *s->exec;
  lb_column *arg = NULL;
  bool overflow = false;
  lb_status st = LB_OK;
  if (op->n > 0) {
    exec.root = p->arg[op->first];
    st = lb_exec_column(&exec, tally, &arg, err);
  }
  if (st == LB_OK && tally->overflow == 0) st = aggregate_groups(s, op, arg, &overflow, out, err);
  if (overflow) tally->overflow = number + 1;
  lb_column_release(arg);
  return st;
}

static lb_status find_values(const summary *s, lb_tally *tally, lb_error *err)
{
  const lb_program *p = s->exec->program;
  for (size_t i = 0; i <= p->root; i++) {
    lb_status st = LB_OK;
    if (!s->needed[i]) continue;
    if (p->op[i].column) st = constant_column(s, i, &s->value[i], err);
    if (p->op[i].aggregate != 0) st = aggregate(s, i, tally, &s->value[i], err);
    if (st != LB_OK || tally->overflow != 0) return st;
  }
  return LB_OK;
}

lb_status lb_summarise(const lb_exec *exec, lb_groups *groups, lb_tally *tally, lb_column **out,
                       lb_error *err)
{
  size_t n = exec->program->n_op;
  summary s = {.exec = exec, .groups = groups};
  s.needed = lb_mem_zero(n, sizeof *s.needed);
  s.value = lb_mem_zero(n, sizeof *s.value);
  lb_status st = LB_OK;
  if (s.needed == NULL || s.value == NULL) {
    st = lb_error_nomem(err, "summary");
    goto done;
  }
  mark_needed(&s);
  st = find_values(&s, tally, err);
  if (st == LB_OK && tally->overflow == 0) {
    lb_exec outer = {exec->program, exec->program->root, (const lb_column *const *)s.value,
                     groups->n_groups};
    st = lb_exec_column(&outer, tally, out, err);
  }
done:
  for (size_t i = 0; s.value != NULL && i < n; i++) lb_column_release(s.value[i]);
  lb_mem_free(s.needed);
  lb_mem_free(s.value);
  return st;
}
