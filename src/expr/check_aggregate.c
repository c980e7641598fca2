/* check_aggregate.c - types of the functions of many rows. */
#include "expr/check.h"
#include <math.h>
#include <stdio.h>

/* Beside the type that `wanted` names, sums and means take conditions as 0 and 1. */
static lb_status check_argument(lb_checker *ck, size_t node, lb_function_id id, size_t *arg)
{
  const lb_op *op = lb_ck_op(ck, *arg);
  char user[64];
  snprintf(user, sizeof user, "'%s'", ck->ast->node[node].text);
  bool condition = !op->list && op->type == LB_LOGICAL && !op->value.untyped;
  switch (id) {
  case LB_FN_COUNT:
  case LB_FN_ANY:
  case LB_FN_ALL:
    return lb_ck_want_logical(ck, arg, user);
  case LB_FN_MEAN:
    if (condition) return lb_ck_to_real(ck, arg);
    return lb_ck_want_real(ck, arg, user);
  case LB_FN_SUM:
    if (condition) return LB_OK;
    if (!op->list && op->type == LB_INTEGER && !ck->widen[node]) return LB_OK;
    return lb_ck_want_real(ck, arg, user);
  case LB_FN_SD:
  case LB_FN_VAR:
  case LB_FN_MEDIAN:
  case LB_FN_QUANTILE:
    return lb_ck_want_real(ck, arg, user);
  default:
    if (op->list) return lb_ck_mismatch(ck, *arg, user, "a value");
    return lb_ck_typed(ck, arg, LB_REAL);
  }
}

static lb_status check_order(const lb_checker *ck, lb_function_id id, size_t arg)
{
  char source[LB_QUOTE];
  const lb_op *op = lb_ck_op(ck, arg);
  if (id != LB_FN_MIN && id != LB_FN_MAX) return LB_OK;
  if (op->type == LB_LOGICAL) {
    lb_ck_mismatch(ck, arg, id == LB_FN_MIN ? "'min'" : "'max'", "values with an order");
    return lb_error_mend(ck->err, "Ask  any(x)  or  all(x)");
  }
  if (op->type != LB_FACTOR || op->ordered) return LB_OK;
  lb_ck_fail(ck, LB_ETYPE, op->node, "the levels of %s have no order",
             lb_ck_name(ck, op->node, source));
  return lb_error_mend(ck->err, "Make the factor ordered, or take  first(x)");
}

static lb_status check_probability(const lb_checker *ck, size_t arg, double *out)
{
  const lb_op *op = lb_ck_op(ck, arg);
  bool number = op->constant && !op->value.missing && lb_ck_number(op);
  double p = !number ? NAN : op->type == LB_REAL ? op->value.real : (double)op->value.integer;
  if (!(p >= 0 && p <= 1)) {
    lb_ck_fail(ck, LB_ETYPE, op->node, "the second argument of 'quantile' is a number from 0 to 1");
    return lb_error_mend(ck->err, "Write  quantile(x, 0.25)");
  }
  *out = p;
  return LB_OK;
}

static lb_type result_type(lb_function_id id, const lb_op *arg)
{
  switch (id) {
  case LB_FN_N:
  case LB_FN_N_MISSING:
  case LB_FN_N_DISTINCT:
  case LB_FN_COUNT:
    return LB_INTEGER;
  case LB_FN_ANY:
  case LB_FN_ALL:
    return LB_LOGICAL;
  case LB_FN_SUM:
    return arg->type == LB_REAL ? LB_REAL : LB_INTEGER;
  case LB_FN_MIN:
  case LB_FN_MAX:
  case LB_FN_FIRST:
  case LB_FN_LAST:
    return arg->type;
  default:
    return LB_REAL;
  }
}

static lb_status refuse_aggregate(const lb_checker *ck, size_t node, lb_function_id id)
{
  const char *name = ck->ast->node[node].text;
  char source[LB_QUOTE];
  lb_ck_fail(ck, LB_ETYPE, node, "'%s' makes one value of many rows and belongs in summarise",
             name);
  if (id == LB_FN_MIN || id == LB_FN_MAX)
    return lb_error_mend(ck->err, "Of several columns in the same row:  p%s(a, b)", name);
  return lb_error_mend(ck->err, "Write  :summarise { \"name = %s\" }",
                       lb_ck_quote(ck, node, source));
}

lb_status lb_check_aggregate(lb_checker *ck, size_t node, lb_function_id id, size_t *args,
                             size_t *out)
{
  lb_op op = {.aggregate = (int)id, .node = node, .outer = true};
  if (ck->scope == LB_SCOPE_ROW) return refuse_aggregate(ck, node, id);
  if (id == LB_FN_N) {
    op.type = LB_INTEGER;
    return lb_ck_add(ck, &op, NULL, 0, out);
  }
  if (ck->scope == LB_SCOPE_GROUPS && lb_ck_op(ck, args[0])->outer)
    return lb_ck_fail(ck, LB_ETYPE, lb_ck_op(ck, args[0])->node,
                      "an aggregate cannot stand inside another");
  lb_status st = check_argument(ck, node, id, &args[0]);
  if (st == LB_OK) st = check_order(ck, id, args[0]);
  if (st == LB_OK && id == LB_FN_QUANTILE) st = check_probability(ck, args[1], &op.parameter);
  if (st != LB_OK) return st;
  const lb_op *arg = lb_ck_op(ck, args[0]);
  op.type = result_type(id, arg);
  op.levels = op.type == LB_FACTOR ? arg->levels : NULL;
  op.ordered = arg->ordered;
  return lb_ck_add(ck, &op, args, 1, out);
}
