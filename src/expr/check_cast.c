/* check_cast.c - conversions that the typing step puts in, and the types that operations want. */
#include "base/date.h"
#include "base/mem.h"
#include "base/names.h"
#include "expr/check.h"
#include "expr/kernel.h"
#include <stdio.h>
#include <string.h>

static lb_status cast(lb_checker *ck, size_t *op, lb_type type, lb_kernel kernel)
{
  lb_op made = {.kernel = kernel, .type = type, .node = lb_ck_op(ck, *op)->node};
  size_t arg = *op;
  return lb_ck_add(ck, &made, &arg, 1, op);
}

static bool is_na(const lb_op *op)
{
  return op->constant && op->value.untyped;
}

bool lb_ck_number(const lb_op *op)
{
  return !op->list && (op->type == LB_REAL || op->type == LB_INTEGER || is_na(op));
}

lb_status lb_ck_typed(lb_checker *ck, size_t *op, lb_type type)
{
  if (!is_na(lb_ck_op(ck, *op))) return LB_OK;
  lb_const value = {.type = type, .missing = true, .node = lb_ck_op(ck, *op)->node};
  value.text.data = "";
  return lb_ck_const(ck, &value, op);
}

lb_status lb_ck_to_real(lb_checker *ck, size_t *op)
{
  lb_status st = lb_ck_typed(ck, op, LB_REAL);
  if (st == LB_OK && lb_ck_op(ck, *op)->type == LB_LOGICAL)
    st = cast(ck, op, LB_INTEGER, lb_k_logical_integer);
  if (st == LB_OK && lb_ck_op(ck, *op)->type == LB_INTEGER)
    st = cast(ck, op, LB_REAL, lb_k_integer_real);
  return st;
}

/* Levels as spans that factor kernels read. */
static lb_status factor_to_text(lb_checker *ck, size_t *op)
{
  const lb_op from = *lb_ck_op(ck, *op);
  size_t n = lb_column_length(from.levels), arg = *op;
  lb_span *level = lb_arena_alloc(&ck->program->arena, n + 1, sizeof *level);
  if (level == NULL) return lb_error_nomem(ck->err, "expression");
  for (size_t i = 0; i < n; i++) level[i].data = lb_column_text(from.levels, i, &level[i].length);
  lb_op made = {.kernel = lb_k_factor_text, .type = LB_TEXT, .node = from.node, .payload = level};
  return lb_ck_add(ck, &made, &arg, 1, op);
}

lb_status lb_ck_to_text(lb_checker *ck, size_t *op)
{
  lb_status st = lb_ck_typed(ck, op, LB_TEXT);
  if (st != LB_OK) return st;
  switch (lb_ck_op(ck, *op)->type) {
  case LB_TEXT:
    return LB_OK;
  case LB_FACTOR:
    return factor_to_text(ck, op);
  case LB_REAL:
    return cast(ck, op, LB_TEXT, lb_k_number_text);
  case LB_INTEGER:
    return cast(ck, op, LB_TEXT, lb_k_integer_text);
  case LB_LOGICAL:
    return cast(ck, op, LB_TEXT, lb_k_logical_text);
  case LB_DATE:
    return cast(ck, op, LB_TEXT, lb_k_date_text);
  default:
    return cast(ck, op, LB_TEXT, lb_k_datetime_text);
  }
}

lb_status lb_ck_to_datetime(lb_checker *ck, size_t *op)
{
  lb_status st = lb_ck_typed(ck, op, LB_DATETIME);
  if (st == LB_OK && lb_ck_op(ck, *op)->type == LB_DATE)
    st = cast(ck, op, LB_DATETIME, lb_k_date_datetime);
  return st;
}

lb_status lb_ck_date_literal(lb_checker *ck, size_t *op, lb_type type)
{
  const lb_op *from = lb_ck_op(ck, *op);
  lb_const value = {.type = type, .node = from->node};
  lb_span t = from->value.text;
  int32_t days = 0;
  if (lb_date_parse(t.data, t.length, &days)) {
    value.integer = type == LB_DATE ? days : days * INT64_C(86400000000);
    return lb_ck_const(ck, &value, op);
  }
  if (type == LB_DATETIME && lb_datetime_parse(t.data, t.length, &value.integer))
    return lb_ck_const(ck, &value, op);
  char source[LB_QUOTE];
  return lb_ck_fail(ck, LB_ETYPE, from->node, "%s is not a date (expected 'YYYY-MM-DD'%s)",
                    lb_ck_name(ck, from->node, source),
                    type == LB_DATETIME ? " or 'YYYY-MM-DD HH:MM:SS'" : "");
}

/* What operations want --------------------------------------------------------------------- */

static void mend_number(const lb_checker *ck, size_t op)
{
  char source[LB_QUOTE];
  const lb_op *found = lb_ck_op(ck, op);
  lb_ck_quote(ck, found->node, source);
  if (found->list) return;
  if (found->type == LB_TEXT || found->type == LB_LOGICAL)
    lb_error_mend(ck->err, "Convert it:  integer(%s)  or  real(%s)", source, source);
  if (found->type == LB_FACTOR)
    lb_error_mend(ck->err, "Convert the names of its levels:  real(text(%s))", source);
}

lb_status lb_ck_want_real(lb_checker *ck, size_t *op, const char *user)
{
  if (lb_ck_number(lb_ck_op(ck, *op))) return lb_ck_to_real(ck, op);
  lb_ck_mismatch(ck, *op, user, "a number");
  mend_number(ck, *op);
  return LB_ETYPE;
}

/* A real that an overflow made of an integer goes back, NA where it no longer fits. */
lb_status lb_ck_want_integer(lb_checker *ck, size_t *op, const char *user)
{
  const lb_op *found = lb_ck_op(ck, *op);
  char source[LB_QUOTE];
  if (is_na(found)) return lb_ck_typed(ck, op, LB_INTEGER);
  if (!found->list && found->type == LB_INTEGER) return LB_OK;
  if (!found->list && found->type == LB_REAL && ck->widen[found->node])
    return cast(ck, op, LB_INTEGER, lb_k_real_integer);
  lb_ck_mismatch(ck, *op, user, "an integer");
  if (!found->list && found->type == LB_REAL)
    return lb_error_mend(ck->err, "Cut it to a whole number:  integer(%s)",
                         lb_ck_quote(ck, found->node, source));
  mend_number(ck, *op);
  return LB_ETYPE;
}

lb_status lb_ck_want_logical(lb_checker *ck, size_t *op, const char *user)
{
  const lb_op *found = lb_ck_op(ck, *op);
  char source[LB_QUOTE];
  if (!found->list && found->type == LB_LOGICAL) return lb_ck_typed(ck, op, LB_LOGICAL);
  lb_ck_mismatch(ck, *op, user, "a condition");
  lb_ck_quote(ck, found->node, source);
  if (found->constant && found->type == LB_TEXT)
    lb_error_mend(ck->err, "Repeat the comparison:  x == 'a' or x == 'b'  , or write  x in {'a', "
                           "'b'}");
  else if (!found->list && strcmp(user, "'not'") == 0)
    lb_error_mend(ck->err, "'not' binds first, as in Lua. Use parentheses:  not (%s == ...)",
                  source);
  else if (lb_ck_number(found))
    lb_error_mend(ck->err, "Compare it with something:  %s > 0", source);
  else if (!found->list)
    lb_error_mend(ck->err, "Compare it with something:  %s == '...'", source);
  return LB_ETYPE;
}

lb_status lb_ck_want_text(lb_checker *ck, size_t *op, const char *user)
{
  const lb_op *found = lb_ck_op(ck, *op);
  char source[LB_QUOTE];
  if (!found->list && (found->type == LB_TEXT || found->type == LB_FACTOR || is_na(found)))
    return lb_ck_to_text(ck, op);
  lb_ck_mismatch(ck, *op, user, "text");
  if (found->list) return LB_ETYPE;
  return lb_error_mend(ck->err, "Convert it:  text(%s)", lb_ck_quote(ck, found->node, source));
}

/* Levels ----------------------------------------------------------------------------------- */

bool lb_ck_level(const lb_column *levels, lb_span text, int64_t *code)
{
  for (size_t i = 0; i < lb_column_length(levels); i++) {
    lb_span level;
    level.data = lb_column_text(levels, i, &level.length);
    if (lb_span_compare(level, text) != 0) continue;
    *code = (int64_t)i;
    return true;
  }
  return false;
}

bool lb_ck_same_levels(const lb_column *a, const lb_column *b)
{
  if (a == b) return true;
  if (a == NULL || b == NULL || lb_column_length(a) != lb_column_length(b)) return false;
  for (size_t i = 0; i < lb_column_length(a); i++) {
    lb_span x, y;
    x.data = lb_column_text(a, i, &x.length);
    y.data = lb_column_text(b, i, &y.length);
    if (lb_span_compare(x, y) != 0) return false;
  }
  return true;
}

#define MANY_LEVELS 5000 /* beyond, nobody wants them searched or listed */

/* "(did you mean 'SIRT'?)" or "(levels: TAE, TACE, SIRT)"; empty when memory or levels are out of
 * reach: it is only advice. */
static void advise_level(const lb_column *levels, lb_span literal, char *out, size_t size)
{
  size_t n = lb_column_length(levels), at = 0, used = 0;
  lb_arena arena = {0};
  out[0] = '\0';
  if (n == 0 || n > MANY_LEVELS) return;
  const char **names = lb_arena_alloc(&arena, n, sizeof *names);
  const char *name = lb_arena_text(&arena, literal.data, literal.length);
  for (; names != NULL && name != NULL && at < n; at++) {
    size_t length;
    const char *level = lb_column_text(levels, at, &length);
    names[at] = lb_arena_text(&arena, level, length);
    if (names[at] == NULL) break;
  }
  if (at == n) {
    size_t nearest = lb_name_nearest(name, names, n);
    if (nearest < n) snprintf(out, size, " (did you mean '%s'?)", names[nearest]);
    for (size_t i = 0; nearest == n && i < n && i < 12 && used + 1 < size; i++)
      used += (size_t)snprintf(out + used, size - used, "%s%s%s", i == 0 ? " (levels: " : ", ",
                               names[i],
                               i + 1 == n ? ")"
                               : i == 11  ? ", ...)"
                                          : "");
  }
  lb_arena_reset(&arena);
}

void lb_ck_note_level(const lb_checker *ck, size_t factor, lb_span literal)
{
  char source[LB_QUOTE], advice[256];
  if (ck->notes == NULL) return;
  const lb_op *op = lb_ck_op(ck, factor);
  advise_level(op->levels, literal, advice, sizeof advice);
  lb_note(ck->notes, "'%.*s' is no level of %s%s", (int)(literal.length < 64 ? literal.length : 64),
          literal.data, lb_ck_name(ck, op->node, source), advice);
}

lb_status lb_ck_fail_level(const lb_checker *ck, size_t factor, size_t node, lb_span literal)
{
  char source[LB_QUOTE], advice[256];
  const lb_op *op = lb_ck_op(ck, factor);
  advise_level(op->levels, literal, advice, sizeof advice);
  return lb_ck_fail(ck, LB_ENAME, node, "'%.*s' is no level of %s%s",
                    (int)(literal.length < 64 ? literal.length : 64), literal.data,
                    lb_ck_name(ck, op->node, source), advice);
}

/* One type for several --------------------------------------------------------------------- */

/* The type of both, or false. */
static bool join(lb_type a, lb_type b, lb_type *out)
{
  bool numbers = (a == LB_REAL || a == LB_INTEGER) && (b == LB_REAL || b == LB_INTEGER);
  bool texts = (a == LB_TEXT || a == LB_FACTOR) && (b == LB_TEXT || b == LB_FACTOR);
  bool times = (a == LB_DATE || a == LB_DATETIME) && (b == LB_DATE || b == LB_DATETIME);
  *out = numbers ? LB_REAL : texts ? LB_TEXT : LB_DATETIME;
  if (a == b) *out = a;
  return a == b || numbers || texts || times;
}

static lb_status unify_one(lb_checker *ck, size_t *op, lb_type type)
{
  lb_status st = lb_ck_typed(ck, op, type);
  if (st != LB_OK || lb_ck_op(ck, *op)->type == type) return st;
  if (type == LB_REAL) return lb_ck_to_real(ck, op);
  return type == LB_TEXT ? lb_ck_to_text(ck, op) : lb_ck_to_datetime(ck, op);
}

/* Factors that do not share their levels meet as text. */
static bool levels_differ(const lb_checker *ck, const size_t *ops, size_t n, size_t first)
{
  const lb_op *a = lb_ck_op(ck, ops[first]);
  for (size_t i = first + 1; i < n; i++) {
    const lb_op *b = lb_ck_op(ck, ops[i]);
    if (!is_na(b) && (!lb_ck_same_levels(a->levels, b->levels) || a->ordered != b->ordered))
      return true;
  }
  return false;
}

lb_status lb_ck_unify(lb_checker *ck, size_t *ops, size_t n, const char *user)
{
  size_t first = n;
  lb_type type = LB_LOGICAL;
  char a[LB_QUOTE], b[LB_QUOTE];
  for (size_t i = 0; i < n; i++) {
    const lb_op *op = lb_ck_op(ck, ops[i]);
    if (op->list) return lb_ck_mismatch(ck, ops[i], user, "a value");
    if (is_na(op)) continue;
    if (first == n) {
      first = i;
      type = op->type;
    } else if (!join(type, op->type, &type)) {
      const lb_op *was = lb_ck_op(ck, ops[first]);
      lb_ck_fail(ck, LB_ETYPE, op->node, "%s wants values of one type: %s is %s, but %s is %s",
                 user, lb_ck_name(ck, was->node, a), lb_ck_kind(was), lb_ck_name(ck, op->node, b),
                 lb_ck_kind(op));
      return lb_error_mend(ck->err, "Convert one of them:  text(x)  integer(x)  real(x)  date(x)");
    }
  }
  if (type == LB_FACTOR && first < n && levels_differ(ck, ops, n, first)) type = LB_TEXT;
  for (size_t i = 0; i < n; i++) {
    lb_status st = unify_one(ck, &ops[i], type);
    if (st != LB_OK) return st;
  }
  return LB_OK;
}
