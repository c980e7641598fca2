/* check_window.c - types of the functions that look at other rows of a group. */
#include "expr/check.h"
#include "expr/kernel.h"
#include <stdio.h>

#define MOST_ROWS INT64_C(4294967295) /* a frame holds fewer */

static lb_status refuse_window(const lb_checker *ck, size_t node)
{
  const char *name = ck->ast->node[node].text;
  char source[LB_QUOTE];
  lb_ck_quote(ck, node, source);
  if (ck->scope == LB_SCOPE_GROUPS) {
    lb_ck_fail(ck, LB_ETYPE, node, "'%s' has a value for each row, and here one a group is wanted",
               name);
    return lb_error_mend(ck->err, "Compute it before:  :mutate({ \"name = %s\" }, { by = ... })",
                         source);
  }
  lb_ck_fail(ck, LB_ETYPE, node, "'%s' looks at other rows and belongs in mutate with by or order",
             name);
  return lb_error_mend(
      ck->err, "Write  :mutate({ \"name = %s\" }, { by = { ... }, order = { ... } })", source);
}

static lb_status check_distance(lb_checker *ck, size_t node, size_t arg, double *out)
{
  const lb_op *op = lb_ck_op(ck, arg);
  const char *name = ck->ast->node[node].text;
  bool whole = op->constant && !op->list && !op->value.missing && op->type == LB_INTEGER;
  if (!whole || op->value.integer < 0 || op->value.integer > MOST_ROWS) {
    lb_ck_fail(ck, LB_ETYPE, op->node, "the second argument of '%s' is a number of rows from 0",
               name);
    if (whole && op->value.integer < 0)
      return lb_error_mend(ck->err, "The other way is  %s(x, n)",
                           lb_function_find(name) == LB_FN_LAG ? "lead" : "lag");
    return lb_error_mend(ck->err, "Write  %s(x, 2)", name);
  }
  *out = (double)op->value.integer;
  return LB_OK;
}

/* Conditions count as 0 and 1. */
static lb_status check_sum(lb_checker *ck, size_t node, lb_op *op, size_t *arg)
{
  const lb_op *found = lb_ck_op(ck, *arg);
  lb_op cast = {.kernel = lb_k_logical_integer, .type = LB_INTEGER, .node = found->node};
  bool plain = !found->list && !found->value.untyped;
  op->type = LB_INTEGER;
  if (plain && found->type == LB_LOGICAL) {
    size_t condition = *arg;
    return lb_ck_add(ck, &cast, &condition, 1, arg);
  }
  if (plain && found->type == LB_INTEGER && !ck->widen[node]) return LB_OK;
  op->type = LB_REAL;
  return lb_ck_want_real(ck, arg, "'cumsum'");
}

static lb_status check_rank(lb_checker *ck, lb_op *op, size_t *arg)
{
  char source[LB_QUOTE];
  op->type = LB_REAL;
  if (lb_ck_op(ck, *arg)->list) return lb_ck_mismatch(ck, *arg, "'rank'", "a value");
  lb_status st = lb_ck_typed(ck, arg, LB_REAL);
  const lb_op *found = lb_ck_op(ck, *arg);
  if (st != LB_OK) return st;
  if (found->type == LB_LOGICAL) return lb_ck_mismatch(ck, *arg, "'rank'", "values with an order");
  if (found->type != LB_FACTOR || found->ordered) return LB_OK;
  lb_ck_fail(ck, LB_ETYPE, found->node, "the levels of %s have no order",
             lb_ck_name(ck, found->node, source));
  return lb_error_mend(ck->err, "Make the factor ordered, or rank its words:  rank(text(%s))",
                       lb_ck_quote(ck, found->node, source));
}

static lb_status check_shift(lb_checker *ck, size_t node, lb_op *op, size_t *args)
{
  char user[64];
  snprintf(user, sizeof user, "'%s'", ck->ast->node[node].text);
  op->parameter = 1;
  if (lb_ck_op(ck, args[0])->list) return lb_ck_mismatch(ck, args[0], user, "a value");
  lb_status st = lb_ck_typed(ck, &args[0], LB_REAL);
  if (st == LB_OK && ck->ast->node[node].n == 2)
    st = check_distance(ck, node, args[1], &op->parameter);
  const lb_op *found = lb_ck_op(ck, args[0]);
  op->type = found->type;
  op->levels = found->type == LB_FACTOR ? found->levels : NULL;
  op->ordered = found->ordered;
  return st;
}

lb_status lb_check_window(lb_checker *ck, size_t node, lb_function_id id, size_t *args, size_t *out)
{
  lb_op op = {.aggregate = (int)id, .node = node, .outer = true, .type = LB_INTEGER};
  lb_status st = LB_OK;
  if (ck->scope != LB_SCOPE_WINDOW) return refuse_window(ck, node);
  if (id == LB_FN_ROW_NUMBER) return lb_ck_add(ck, &op, NULL, 0, out);
  if (id == LB_FN_RANK)
    st = check_rank(ck, &op, &args[0]);
  else if (id == LB_FN_CUMSUM)
    st = check_sum(ck, node, &op, &args[0]);
  else
    st = check_shift(ck, node, &op, args);
  return st == LB_OK ? lb_ck_add(ck, &op, args, 1, out) : st;
}
