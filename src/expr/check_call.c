/* check_call.c - types of the functions of a row. */
#include "expr/check.h"
#include "expr/kernel.h"
#include <math.h>
#include <stdio.h>

static lb_status check_arity(const lb_checker *ck, size_t node, lb_function_id id)
{
  const lb_node *at = &ck->ast->node[node];
  size_t least, most;
  lb_function_arity(id, &least, &most);
  if (at->n >= least && at->n <= most) return LB_OK;
  char range[48];
  if (least == most)
    snprintf(range, sizeof range, "%zu argument%s", least, least == 1 ? "" : "s");
  else if (most == SIZE_MAX)
    snprintf(range, sizeof range, "%zu arguments or more", least);
  else
    snprintf(range, sizeof range, "%zu to %zu arguments", least, most);
  lb_ck_fail(ck, LB_EPARSE, node, "'%s' takes %s, but %zu %s given", at->text, range, at->n,
             at->n == 1 ? "is" : "are");
  if ((id == LB_FN_MIN || id == LB_FN_MAX) && at->n > 1)
    lb_error_mend(ck->err, "Of several columns in the same row:  p%s(a, b)", at->text);
  return lb_error_mend(ck->err, "Write  %s", lb_function_signature(id));
}

static lb_status refuse_lists(const lb_checker *ck, size_t node, const size_t *args, size_t n)
{
  char user[64];
  snprintf(user, sizeof user, "'%s'", ck->ast->node[node].text);
  for (size_t i = 0; i < n; i++)
    if (lb_ck_op(ck, args[i])->list) return lb_ck_mismatch(ck, args[i], user, "a value");
  return LB_OK;
}

/* Choice ----------------------------------------------------------------------------------- */

/* The values of a choice, brought to one type, give the result its type and levels. */
static lb_status add_choice(lb_checker *ck, size_t node, lb_kernel kernel, const size_t *args,
                            size_t n, size_t value, size_t *out)
{
  lb_op op = {.kernel = kernel, .node = node};
  op.type = lb_ck_op(ck, value)->type;
  if (op.type == LB_FACTOR) {
    for (size_t i = 0; i < n; i++) {
      const lb_op *arg = lb_ck_op(ck, args[i]);
      if (arg->type != LB_FACTOR || arg->levels == NULL || op.levels != NULL) continue;
      op.levels = arg->levels;
      op.ordered = arg->ordered;
    }
  }
  return lb_ck_add(ck, &op, args, n, out);
}

/* Conditions at 0, 2, ..., values between them, and a default (NA when there is none). */
static lb_status check_case(lb_checker *ck, size_t node, size_t *args, size_t n, size_t *out)
{
  lb_const na = {.missing = true, .untyped = true, .type = LB_LOGICAL, .node = node};
  char user[64];
  snprintf(user, sizeof user, "'%s'", ck->ast->node[node].text);
  size_t *value = lb_arena_alloc(&ck->program->arena, n + 1, sizeof *value), n_value = 0;
  if (value == NULL) return lb_error_nomem(ck->err, "expression");
  lb_status st = LB_OK;
  if (n % 2 == 0) st = lb_ck_const(ck, &na, &args[n++]);
  for (size_t i = 0; st == LB_OK && i < n; i++) {
    if (i % 2 == 0 && i + 1 < n)
      st = lb_ck_want_logical(ck, &args[i], user);
    else
      value[n_value++] = args[i];
  }
  if (st == LB_OK) st = lb_ck_unify(ck, value, n_value, user);
  if (st != LB_OK) return st;
  for (size_t i = 1, k = 0; k < n_value; i += 2, k++) args[i < n ? i : n - 1] = value[k];
  return add_choice(ck, node, n == 3 ? lb_k_if_else : lb_k_case, args, n, args[n - 1], out);
}

static lb_status check_coalesce(lb_checker *ck, size_t node, size_t *args, size_t n, size_t *out)
{
  lb_status st = lb_ck_unify(ck, args, n, "'coalesce'");
  return st == LB_OK ? add_choice(ck, node, lb_k_coalesce, args, n, args[0], out) : st;
}

/* Numbers ---------------------------------------------------------------------------------- */

static double (*map_of(lb_function_id id))(double)
{
  switch (id) {
  case LB_FN_ABS:
    return fabs;
  case LB_FN_SQRT:
    return sqrt;
  case LB_FN_EXP:
    return exp;
  case LB_FN_LOG:
    return log;
  case LB_FN_LOG2:
    return log2;
  case LB_FN_LOG10:
    return log10;
  case LB_FN_FLOOR:
    return floor;
  default:
    return ceil;
  }
}

static lb_status check_map(lb_checker *ck, size_t node, lb_function_id id, size_t *args,
                           size_t *out)
{
  char user[64];
  snprintf(user, sizeof user, "'%s'", ck->ast->node[node].text);
  bool integer = lb_ck_op(ck, args[0])->type == LB_INTEGER && !lb_ck_op(ck, args[0])->list;
  lb_op op = {.kernel = lb_k_map_real, .type = LB_REAL, .node = node, .map = map_of(id)};
  if (integer && (id == LB_FN_FLOOR || id == LB_FN_CEIL)) {
    *out = args[0];
    return LB_OK;
  }
  if (integer && id == LB_FN_ABS && !ck->widen[node]) {
    op.kernel = lb_k_abs_integer;
    op.type = LB_INTEGER;
    return lb_ck_add(ck, &op, args, 1, out);
  }
  lb_status st = lb_ck_want_real(ck, &args[0], user);
  return st == LB_OK ? lb_ck_add(ck, &op, args, 1, out) : st;
}

static lb_status check_round(lb_checker *ck, size_t node, size_t *args, size_t n, size_t *out)
{
  lb_op op = {.kernel = lb_k_round_real, .type = LB_REAL, .node = node};
  lb_const zero = {.type = LB_INTEGER, .node = node};
  lb_status st = n == 2 ? LB_OK : lb_ck_const(ck, &zero, &args[1]);
  if (st == LB_OK) st = lb_ck_want_integer(ck, &args[1], "'round' (as digits)");
  if (st != LB_OK) return st;
  const lb_op *x = lb_ck_op(ck, args[0]), *digits = lb_ck_op(ck, args[1]);
  bool keeps = digits->constant && !digits->value.missing && digits->value.integer >= 0;
  if (!x->list && x->type == LB_INTEGER && keeps) {
    *out = args[0];
    return LB_OK;
  }
  st = lb_ck_want_real(ck, &args[0], "'round'");
  if (st == LB_OK) st = lb_ck_to_real(ck, &args[1]);
  return st == LB_OK ? lb_ck_add(ck, &op, args, 2, out) : st;
}

/* Dates take the way through datetimes, which compare as integers. */
static lb_status check_extreme(lb_checker *ck, size_t node, bool max, size_t *args, size_t *out)
{
  size_t n = ck->ast->node[node].n;
  lb_op op = {.kernel = max ? lb_k_max_integer : lb_k_min_integer, .node = node};
  lb_op back = {.kernel = lb_k_datetime_date, .type = LB_DATE, .node = node};
  const char *user = max ? "'pmax'" : "'pmin'";
  lb_status st = lb_ck_unify(ck, args, n, user);
  if (st != LB_OK) return st;
  lb_type type = op.type = lb_ck_op(ck, args[0])->type;
  if (type == LB_LOGICAL || type == LB_FACTOR || type == LB_TEXT)
    return lb_ck_mismatch(ck, args[0], user, "numbers or dates");
  if (type == LB_REAL) op.kernel = max ? lb_k_max_real : lb_k_min_real;
  for (size_t i = 0; type == LB_DATE && i < n; i++) {
    op.type = LB_DATETIME;
    st = lb_ck_to_datetime(ck, &args[i]);
    if (st != LB_OK) return st;
  }
  st = lb_ck_add(ck, &op, args, n, out);
  size_t whole = *out;
  return st == LB_OK && type == LB_DATE ? lb_ck_add(ck, &back, &whole, 1, out) : st;
}

/* Conversion ------------------------------------------------------------------------------- */

static lb_status check_number(lb_checker *ck, size_t node, bool real, size_t *args, size_t *out)
{
  const lb_op *x = lb_ck_op(ck, args[0]);
  lb_type type = real ? LB_REAL : LB_INTEGER;
  lb_op op = {.type = type, .node = node};
  *out = args[0];
  if (x->constant && x->value.untyped) return lb_ck_typed(ck, out, type);
  if (x->type == type) return LB_OK;
  switch (x->type) {
  case LB_REAL:
    op.kernel = lb_k_real_integer;
    break;
  case LB_INTEGER:
  case LB_LOGICAL:
    if (real) return lb_ck_to_real(ck, out);
    op.kernel = lb_k_logical_integer;
    break;
  case LB_TEXT:
    op.kernel = real ? lb_k_text_real : lb_k_text_integer;
    break;
  case LB_FACTOR:
    lb_ck_mismatch(ck, args[0], real ? "'real'" : "'integer'", "text or a number");
    return lb_error_mend(ck->err,
                         "A factor's codes mean nothing; for numbers that its levels name: "
                         " %s(text(x))",
                         real ? "real" : "integer");
  default:
    lb_ck_mismatch(ck, args[0], real ? "'real'" : "'integer'", "text or a number");
    return lb_error_mend(ck->err, "Count the days since a date:  days('2020-01-01', x)");
  }
  return lb_ck_add(ck, &op, args, 1, out);
}

static lb_status check_text(lb_checker *ck, size_t node, lb_function_id id, size_t *args,
                            size_t *out)
{
  static const struct {
    lb_function_id id;
    lb_kernel kernel;
    lb_type type;
    size_t n;
  } KERNELS[] = {{LB_FN_LOWER, lb_k_lower, LB_TEXT, 1},
                 {LB_FN_UPPER, lb_k_upper, LB_TEXT, 1},
                 {LB_FN_TRIM, lb_k_trim, LB_TEXT, 1},
                 {LB_FN_LENGTH, lb_k_length, LB_INTEGER, 1},
                 {LB_FN_CONTAINS, lb_k_contains, LB_LOGICAL, 2},
                 {LB_FN_STARTS_WITH, lb_k_starts_with, LB_LOGICAL, 2},
                 {LB_FN_ENDS_WITH, lb_k_ends_with, LB_LOGICAL, 2}};
  size_t k = 0;
  while (KERNELS[k].id != id) k++;
  char user[64];
  snprintf(user, sizeof user, "'%s'", ck->ast->node[node].text);
  lb_op op = {.kernel = KERNELS[k].kernel, .type = KERNELS[k].type, .node = node};
  for (size_t i = 0; i < KERNELS[k].n; i++) {
    lb_status st = lb_ck_want_text(ck, &args[i], user);
    if (st != LB_OK) return st;
  }
  return lb_ck_add(ck, &op, args, KERNELS[k].n, out);
}

static lb_status check_missing(lb_checker *ck, size_t node, bool nan, size_t *args, size_t *out)
{
  lb_op op = {.kernel = nan ? lb_k_is_nan : lb_k_is_na, .type = LB_LOGICAL, .node = node};
  lb_status st = nan ? lb_ck_want_real(ck, &args[0], "'is_nan'") : LB_OK;
  return st == LB_OK ? lb_ck_add(ck, &op, args, 1, out) : st;
}

/* All -------------------------------------------------------------------------------------- */

static lb_status check_row_function(lb_checker *ck, size_t node, lb_function_id id, size_t *args,
                                    size_t *out)
{
  size_t n = ck->ast->node[node].n;
  lb_status st = refuse_lists(ck, node, args, n);
  if (st != LB_OK) return st;
  switch (id) {
  case LB_FN_IS_NA:
  case LB_FN_IS_NAN:
    return check_missing(ck, node, id == LB_FN_IS_NAN, args, out);
  case LB_FN_COALESCE:
    return check_coalesce(ck, node, args, n, out);
  case LB_FN_IF_ELSE:
  case LB_FN_CASE:
    return check_case(ck, node, args, n, out);
  case LB_FN_BETWEEN:
    return lb_check_between(ck, node, args, out);
  case LB_FN_ROUND:
    return check_round(ck, node, args, n, out);
  case LB_FN_PMIN:
  case LB_FN_PMAX:
    return check_extreme(ck, node, id == LB_FN_PMAX, args, out);
  case LB_FN_INTEGER:
  case LB_FN_REAL:
    return check_number(ck, node, id == LB_FN_REAL, args, out);
  case LB_FN_TEXT:
    *out = args[0];
    return lb_ck_to_text(ck, out);
  case LB_FN_LOWER:
  case LB_FN_UPPER:
  case LB_FN_TRIM:
  case LB_FN_LENGTH:
  case LB_FN_CONTAINS:
  case LB_FN_STARTS_WITH:
  case LB_FN_ENDS_WITH:
    return check_text(ck, node, id, args, out);
  case LB_FN_DATE:
  case LB_FN_YEAR:
  case LB_FN_MONTH:
  case LB_FN_DAY:
  case LB_FN_HOUR:
  case LB_FN_MINUTE:
  case LB_FN_SECOND:
  case LB_FN_DAYS:
  case LB_FN_MONTHS:
  case LB_FN_YEARS:
  case LB_FN_HOURS:
  case LB_FN_MINUTES:
    return lb_check_date_call(ck, node, id, args, out);
  default:
    return check_map(ck, node, id, args, out);
  }
}

lb_status lb_check_call(lb_checker *ck, size_t node, size_t *out)
{
  const lb_node *at = &ck->ast->node[node];
  lb_function_id id = lb_function_find(at->text);
  if (id == LB_FN_NONE) return lb_check_unknown_function(ck, node);
  lb_status st = check_arity(ck, node, id);
  if (st != LB_OK) return st;
  size_t *args = lb_arena_alloc(&ck->program->arena, at->n + 2, sizeof *args);
  if (args == NULL) return lb_error_nomem(ck->err, "expression");
  for (size_t i = 0; i < at->n; i++) args[i] = ck->op_of[ck->ast->arg[at->first + i]];
  if (id == LB_FN_CUT) return lb_check_cut(ck, node, args, at->n, out);
  if (id == LB_FN_FACTOR) return lb_check_factor(ck, node, args, at->n, out);
  if (id >= LB_FN_RANK) return lb_check_window(ck, node, id, args, out);
  if (id >= LB_FN_N) return lb_check_aggregate(ck, node, id, args, out);
  return check_row_function(ck, node, id, args, out);
}
