/* check_date.c - types of the functions of dates. */
#include "expr/check.h"
#include "expr/kernel.h"

static bool is_text(const lb_op *op)
{
  return !op->list && (op->type == LB_TEXT || op->type == LB_FACTOR);
}

/* A date, a datetime, or a literal that is one. */
static lb_status want_time(lb_checker *ck, size_t *op, const char *user)
{
  const lb_op *found = lb_ck_op(ck, *op);
  char source[LB_QUOTE];
  if (found->constant && found->value.untyped) return lb_ck_typed(ck, op, LB_DATE);
  if (!found->list && (found->type == LB_DATE || found->type == LB_DATETIME)) return LB_OK;
  if (found->constant && found->type == LB_TEXT && !found->value.missing)
    return lb_ck_date_literal(ck, op, LB_DATE);
  lb_ck_mismatch(ck, *op, user, "a date");
  if (is_text(found))
    lb_error_mend(ck->err, "Convert it:  date(%s)", lb_ck_quote(ck, found->node, source));
  return LB_ETYPE;
}

static lb_status to_date(lb_checker *ck, size_t *op)
{
  lb_op cast = {.kernel = lb_k_datetime_date, .type = LB_DATE};
  size_t arg = *op;
  cast.node = lb_ck_op(ck, arg)->node;
  return lb_ck_op(ck, arg)->type == LB_DATETIME ? lb_ck_add(ck, &cast, &arg, 1, op) : LB_OK;
}

static lb_status check_part(lb_checker *ck, size_t node, lb_function_id id, size_t *args,
                            size_t *out)
{
  lb_op op = {.type = LB_INTEGER, .node = node};
  op.kernel = id == LB_FN_YEAR ? lb_k_year : id == LB_FN_MONTH ? lb_k_month : lb_k_day;
  const char *user = id == LB_FN_YEAR ? "'year'" : id == LB_FN_MONTH ? "'month'" : "'day'";
  lb_status st = want_time(ck, &args[0], user);
  if (st == LB_OK) st = to_date(ck, &args[0]);
  return st == LB_OK ? lb_ck_add(ck, &op, args, 1, out) : st;
}

static lb_status check_span(lb_checker *ck, size_t node, lb_function_id id, size_t *args,
                            size_t *out)
{
  lb_op op = {.kernel = lb_k_date_span, .type = LB_REAL, .node = node};
  const char *user = id == LB_FN_DAYS ? "'days'" : id == LB_FN_MONTHS ? "'months'" : "'years'";
  op.parameter = id == LB_FN_DAYS ? 1 : id == LB_FN_MONTHS ? 30.4375 : 365.25;
  bool dates = true;
  for (size_t i = 0; i < 2; i++) {
    lb_status st = want_time(ck, &args[i], user);
    if (st != LB_OK) return st;
    dates = dates && lb_ck_op(ck, args[i])->type == LB_DATE;
  }
  for (size_t i = 0; i < 2 && !dates; i++) {
    lb_status st = lb_ck_to_datetime(ck, &args[i]);
    if (st != LB_OK) return st;
  }
  if (!dates) op.kernel = lb_k_datetime_span;
  if (dates && id == LB_FN_DAYS) {
    op.kernel = lb_k_date_days;
    op.type = LB_INTEGER;
  }
  return lb_ck_add(ck, &op, args, 2, out);
}

static lb_status check_make(lb_checker *ck, size_t node, size_t *args, size_t *out)
{
  lb_op op = {.kernel = lb_k_make_date, .type = LB_DATE, .node = node};
  for (size_t i = 0; i < 3; i++) {
    lb_status st = lb_ck_want_integer(ck, &args[i], "'date'");
    if (st != LB_OK) return st;
  }
  return lb_ck_add(ck, &op, args, 3, out);
}

static lb_status check_convert(lb_checker *ck, size_t node, size_t *args, size_t *out)
{
  lb_op op = {.kernel = lb_k_text_date, .type = LB_DATE, .node = node};
  const lb_op *found = lb_ck_op(ck, args[0]);
  lb_status st;
  if (!is_text(found) || found->constant) {
    st = want_time(ck, &args[0], "'date'");
    if (st == LB_OK) st = to_date(ck, &args[0]);
    *out = args[0];
    return st;
  }
  st = lb_ck_to_text(ck, &args[0]);
  return st == LB_OK ? lb_ck_add(ck, &op, args, 1, out) : st;
}

lb_status lb_check_date_call(lb_checker *ck, size_t node, lb_function_id id, size_t *args,
                             size_t *out)
{
  size_t n = ck->ast->node[node].n;
  switch (id) {
  case LB_FN_DATE:
    if (n == 2) {
      lb_ck_fail(ck, LB_EPARSE, node, "'date' takes 1 or 3 arguments, but 2 are given");
      return lb_error_mend(ck->err, "Write  date(year, month, day)  or  date('2020-01-31')");
    }
    return n == 3 ? check_make(ck, node, args, out) : check_convert(ck, node, args, out);
  case LB_FN_DAYS:
  case LB_FN_MONTHS:
  case LB_FN_YEARS:
    return check_span(ck, node, id, args, out);
  default:
    return check_part(ck, node, id, args, out);
  }
}
