/* check_date.c - types of the functions of dates. */
#include "expr/check.h"
#include "expr/kernel.h"

static bool is_text(const lb_op *op)
{
  return !op->list && (op->type == LB_TEXT || op->type == LB_FACTOR);
}

/* A date, a datetime, or a literal that is one: read as `literal`. */
static lb_status want_time(lb_checker *ck, size_t *op, lb_type literal, const char *user)
{
  const lb_op *found = lb_ck_op(ck, *op);
  char source[LB_QUOTE];
  if (found->constant && found->value.untyped) return lb_ck_typed(ck, op, literal);
  if (!found->list && (found->type == LB_DATE || found->type == LB_DATETIME)) return LB_OK;
  if (found->constant && found->type == LB_TEXT && !found->value.missing)
    return lb_ck_date_literal(ck, op, literal);
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
  lb_status st = want_time(ck, &args[0], LB_DATE, user);
  if (st == LB_OK) st = to_date(ck, &args[0]);
  return st == LB_OK ? lb_ck_add(ck, &op, args, 1, out) : st;
}

/* hour, minute, second: a date has none. */
static lb_status check_clock(lb_checker *ck, size_t node, lb_function_id id, size_t *arg,
                             size_t *out)
{
  lb_op op = {.type = id == LB_FN_SECOND ? LB_REAL : LB_INTEGER, .node = node};
  op.kernel = id == LB_FN_HOUR ? lb_k_hour : id == LB_FN_MINUTE ? lb_k_minute : lb_k_second;
  const char *user = id == LB_FN_HOUR ? "'hour'" : id == LB_FN_MINUTE ? "'minute'" : "'second'";
  if (!lb_ck_op(ck, *arg)->list && lb_ck_op(ck, *arg)->type == LB_DATE) {
    lb_ck_mismatch(ck, *arg, user, "a datetime");
    return lb_error_mend(ck->err, "Read it with its time:  types = { ... = \"datetime\" }");
  }
  lb_status st = want_time(ck, arg, LB_DATETIME, user);
  return st == LB_OK ? lb_ck_add(ck, &op, arg, 1, out) : st;
}

/* Units of spans. */
static const struct unit {
  lb_function_id id;
  const char *user;
  double days;         /* in the unit; 0: dates are taken as their midnights */
  double microseconds; /* in the unit */
} UNITS[] = {{LB_FN_DAYS, "'days'", 1, 86400e6},
             {LB_FN_MONTHS, "'months'", 30.4375, 30.4375 * 86400e6},
             {LB_FN_YEARS, "'years'", 365.25, 365.25 * 86400e6},
             {LB_FN_HOURS, "'hours'", 0, 3600e6},
             {LB_FN_MINUTES, "'minutes'", 0, 60e6}};

static lb_status check_span(lb_checker *ck, size_t node, lb_function_id id, size_t *args,
                            size_t *out)
{
  const struct unit *unit = UNITS;
  while (unit->id != id) unit++;
  lb_op op = {.kernel = lb_k_date_span, .type = LB_REAL, .node = node, .parameter = unit->days};
  bool dates = unit->days > 0;
  for (size_t i = 0; i < 2; i++) {
    const lb_op *other = lb_ck_op(ck, args[1 - i]);
    bool clock = unit->days == 0 || (!other->list && other->type == LB_DATETIME);
    lb_status st = want_time(ck, &args[i], clock ? LB_DATETIME : LB_DATE, unit->user);
    if (st != LB_OK) return st;
    dates = dates && lb_ck_op(ck, args[i])->type == LB_DATE;
  }
  for (size_t i = 0; i < 2 && !dates; i++) {
    lb_status st = lb_ck_to_datetime(ck, &args[i]);
    if (st != LB_OK) return st;
  }
  if (!dates) {
    op.kernel = lb_k_datetime_span;
    op.parameter = unit->microseconds;
  }
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
    st = want_time(ck, &args[0], LB_DATE, "'date'");
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
  case LB_FN_HOURS:
  case LB_FN_MINUTES:
    return check_span(ck, node, id, args, out);
  case LB_FN_HOUR:
  case LB_FN_MINUTE:
  case LB_FN_SECOND:
    return check_clock(ck, node, id, &args[0], out);
  default:
    return check_part(ck, node, id, args, out);
  }
}
