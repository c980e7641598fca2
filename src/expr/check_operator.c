/* check_operator.c - types of arithmetic, logic and joining. */
#include "expr/check.h"
#include "expr/kernel.h"

static const struct arithmetic {
  lb_token_kind op;
  const char *name;
  lb_kernel integer, real; /* integer NULL: always real */
} ARITHMETIC[] = {
    {LB_TOK_PLUS, "'+'", lb_k_add_integer, lb_k_add_real},
    {LB_TOK_MINUS, "'-'", lb_k_sub_integer, lb_k_sub_real},
    {LB_TOK_STAR, "'*'", lb_k_mul_integer, lb_k_mul_real},
    {LB_TOK_SLASH, "'/'", NULL, lb_k_div_real},
    {LB_TOK_FLOOR, "'//'", lb_k_floor_integer, lb_k_floor_real},
    {LB_TOK_PERCENT, "'%'", lb_k_mod_integer, lb_k_mod_real},
    {LB_TOK_POWER, "'^'", NULL, lb_k_pow_real},
};

static const struct arithmetic *arithmetic_of(lb_token_kind op)
{
  for (size_t i = 0; i < sizeof ARITHMETIC / sizeof *ARITHMETIC; i++)
    if (ARITHMETIC[i].op == op) return &ARITHMETIC[i];
  return NULL;
}

/* An operand that keeps integers integers: NA does not decide. */
static bool stays_integer(const lb_op *op)
{
  return op->type == LB_INTEGER || (op->constant && op->value.untyped);
}

static bool was_integer(const lb_op *op)
{
  return stays_integer(op) || op->whole;
}

/* Adds an operation on what were integers before some overflowed: 0 * -5 and -0 are 0 for them, and
 * in reals -0. */
static lb_status add_whole(lb_checker *ck, lb_op *op, const size_t *args, size_t n, size_t *out)
{
  const lb_op unsigned_zero = {
      .kernel = lb_k_unsigned_zero, .type = LB_REAL, .node = op->node, .whole = true};
  size_t signed_zero;
  op->whole = true;
  lb_status st = lb_ck_add(ck, op, args, n, &signed_zero);
  return st == LB_OK ? lb_ck_add(ck, &unsigned_zero, &signed_zero, 1, out) : st;
}

static lb_status check_numbers(lb_checker *ck, size_t node, const struct arithmetic *a,
                               size_t args[2], size_t *out)
{
  lb_op op = {.kernel = a->integer, .type = LB_INTEGER, .node = node};
  bool real = a->integer == NULL || ck->widen[node], whole = a->integer != NULL;
  for (size_t i = 0; i < 2; i++) {
    real = real || !stays_integer(lb_ck_op(ck, args[i]));
    whole = whole && was_integer(lb_ck_op(ck, args[i]));
  }
  if (real) {
    op.kernel = a->real;
    op.type = LB_REAL;
  }
  for (size_t i = 0; i < 2; i++) {
    lb_status st =
        real ? lb_ck_want_real(ck, &args[i], a->name) : lb_ck_want_integer(ck, &args[i], a->name);
    if (st != LB_OK) return st;
  }
  if (real && whole) return add_whole(ck, &op, args, 2, out);
  return lb_ck_add(ck, &op, args, 2, out);
}

static bool is_time(const lb_op *op)
{
  return !op->list && (op->type == LB_DATE || op->type == LB_DATETIME);
}

static bool is_text_literal(const lb_op *op)
{
  return op->constant && op->type == LB_TEXT && !op->value.missing;
}

/* Days between two dates, days (real) between a date and a datetime, seconds (real) between two
 * datetimes. */
static lb_status check_difference(lb_checker *ck, size_t node, size_t args[2], size_t *out)
{
  size_t span[2] = {args[1], args[0]}; /* from, to */
  lb_op op = {.kernel = lb_k_date_days, .type = LB_INTEGER, .node = node, .parameter = 1};
  size_t n_dates = 0;
  for (size_t i = 0; i < 2; i++) n_dates += lb_ck_op(ck, span[i])->type == LB_DATE;
  if (n_dates < 2) {
    op.kernel = lb_k_datetime_span;
    op.type = LB_REAL;
    op.parameter = n_dates == 1 ? 86400e6 : 1e6; /* microseconds */
  }
  for (size_t i = 0; i < 2 && n_dates < 2; i++) {
    lb_status st = lb_ck_to_datetime(ck, &span[i]);
    if (st != LB_OK) return st;
  }
  return lb_ck_add(ck, &op, span, 2, out);
}

/* datetime + seconds, seconds + datetime, datetime - seconds; pair: the datetime first */
static lb_status check_move(lb_checker *ck, size_t node, bool minus, size_t pair[2], size_t *out)
{
  lb_op op = {.kernel = minus ? lb_k_datetime_minus : lb_k_datetime_plus, .node = node};
  op.type = LB_DATETIME;
  lb_status st = lb_ck_want_real(ck, &pair[1], "a datetime (which moves by seconds)");
  return st == LB_OK ? lb_ck_add(ck, &op, pair, 2, out) : st;
}

/* date + days, days + date, date - days; and of datetimes */
static lb_status check_shift(lb_checker *ck, size_t node, bool minus, size_t args[2], size_t *out)
{
  bool first = is_time(lb_ck_op(ck, args[0]));
  size_t pair[2] = {first ? args[0] : args[1], first ? args[1] : args[0]};
  lb_op op = {.kernel = minus ? lb_k_date_minus : lb_k_date_plus, .type = LB_DATE, .node = node};
  if (minus && !first)
    return lb_ck_fail(ck, LB_ETYPE, node, "a date cannot be subtracted from what is no date");
  if (lb_ck_op(ck, pair[0])->type == LB_DATETIME) return check_move(ck, node, minus, pair, out);
  lb_status st = lb_ck_want_integer(ck, &pair[1], "a date (which moves by whole days)");
  return st == LB_OK ? lb_ck_add(ck, &op, pair, 2, out) : st;
}

static lb_status check_arithmetic(lb_checker *ck, size_t node, size_t args[2], size_t *out)
{
  lb_token_kind token = ck->ast->node[node].op;
  const struct arithmetic *a = arithmetic_of(token);
  bool first = is_time(lb_ck_op(ck, args[0])), second = is_time(lb_ck_op(ck, args[1]));
  if ((!first && !second) || (token != LB_TOK_PLUS && token != LB_TOK_MINUS))
    return check_numbers(ck, node, a, args, out);
  if (token == LB_TOK_MINUS) {
    for (size_t i = 0; i < 2; i++) {
      size_t other = args[1 - i];
      if (!is_text_literal(lb_ck_op(ck, args[i])) || !is_time(lb_ck_op(ck, other))) continue;
      lb_status st = lb_ck_date_literal(ck, &args[i], lb_ck_op(ck, other)->type);
      if (st != LB_OK) return st;
      first = second = true;
    }
    if (first && second) return check_difference(ck, node, args, out);
  }
  if (first && second)
    return lb_ck_fail(ck, LB_ETYPE, node,
                      "two dates cannot be added; their difference is a number "
                      "of days");
  return check_shift(ck, node, token == LB_TOK_MINUS, args, out);
}

static lb_status check_logic(lb_checker *ck, size_t node, bool both, size_t args[2], size_t *out)
{
  lb_op op = {.kernel = both ? lb_k_and : lb_k_or, .type = LB_LOGICAL, .node = node};
  for (size_t i = 0; i < 2; i++) {
    lb_status st = lb_ck_want_logical(ck, &args[i], both ? "'and'" : "'or'");
    if (st != LB_OK) return st;
  }
  return lb_ck_add(ck, &op, args, 2, out);
}

static lb_status check_concat(lb_checker *ck, size_t node, size_t args[2], size_t *out)
{
  lb_op op = {.kernel = lb_k_concat, .type = LB_TEXT, .node = node};
  for (size_t i = 0; i < 2; i++) {
    if (lb_ck_op(ck, args[i])->list) return lb_ck_mismatch(ck, args[i], "'..'", "text");
    lb_status st = lb_ck_to_text(ck, &args[i]);
    if (st != LB_OK) return st;
  }
  return lb_ck_add(ck, &op, args, 2, out);
}

lb_status lb_check_binary(lb_checker *ck, size_t node, size_t *out)
{
  const lb_node *at = &ck->ast->node[node];
  size_t args[2];
  for (size_t i = 0; i < 2; i++) args[i] = ck->op_of[ck->ast->arg[at->first + i]];
  switch (at->op) {
  case LB_TOK_AND:
  case LB_TOK_OR:
    return check_logic(ck, node, at->op == LB_TOK_AND, args, out);
  case LB_TOK_CONCAT:
    return check_concat(ck, node, args, out);
  case LB_TOK_LT:
  case LB_TOK_LE:
  case LB_TOK_GT:
  case LB_TOK_GE:
  case LB_TOK_EQ:
  case LB_TOK_NE:
    return lb_check_compare(ck, node, at->op, args, out);
  default:
    return check_arithmetic(ck, node, args, out);
  }
}

lb_status lb_check_unary(lb_checker *ck, size_t node, size_t *out)
{
  const lb_node *at = &ck->ast->node[node];
  size_t arg = ck->op_of[ck->ast->arg[at->first]];
  lb_status st;
  lb_op op = {.kernel = lb_k_not, .type = LB_LOGICAL, .node = node};
  if (at->op == LB_TOK_NOT) {
    st = lb_ck_want_logical(ck, &arg, "'not'");
  } else if (lb_ck_op(ck, arg)->type == LB_INTEGER && !lb_ck_op(ck, arg)->list &&
             !ck->widen[node]) {
    op = (lb_op){.kernel = lb_k_negate_integer, .type = LB_INTEGER, .node = node};
    st = LB_OK;
  } else {
    bool whole = !lb_ck_op(ck, arg)->list && was_integer(lb_ck_op(ck, arg));
    op = (lb_op){.kernel = lb_k_negate_real, .type = LB_REAL, .node = node};
    st = lb_ck_want_real(ck, &arg, "'-'");
    if (st == LB_OK && whole) return add_whole(ck, &op, &arg, 1, out);
  }
  return st == LB_OK ? lb_ck_add(ck, &op, &arg, 1, out) : st;
}

lb_status lb_check_negated(lb_checker *ck, size_t node, bool negated, size_t *out)
{
  lb_op op = {.kernel = lb_k_not, .type = LB_LOGICAL, .node = node};
  size_t arg = *out;
  return negated ? lb_ck_add(ck, &op, &arg, 1, out) : LB_OK;
}
