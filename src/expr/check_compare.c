/* check_compare.c - what may be compared with what, and what to say when it may not. */
#include "base/bitmap.h"
#include "base/str.h"
#include "expr/check.h"
#include "expr/kernel.h"
#include <stdio.h>
#include <string.h>

static bool is_literal(const lb_op *op)
{
  return op->constant && !op->value.missing;
}

static bool is_na(const lb_op *op)
{
  return op->constant && op->value.untyped;
}

static bool is_equality(lb_token_kind relation)
{
  return relation == LB_TOK_EQ || relation == LB_TOK_NE;
}

static bool is_text_like(const lb_op *op)
{
  return !op->list && (op->type == LB_TEXT || op->type == LB_FACTOR);
}

static bool is_time(const lb_op *op)
{
  return !op->list && (op->type == LB_DATE || op->type == LB_DATETIME);
}

/* Errors ----------------------------------------------------------------------------------- */

/* "211 values are numbers; 3 are not (rows 9, 77, 140 of nets.csv)" behind the carets of a text
 * column. Only advice: silent when the column cannot be had. */
static void note_numbers(const lb_checker *ck, const lb_op *text)
{
  size_t i, numbers = 0, others = 0, used;
  const lb_column *column;
  char note[200], rows[80] = "";
  const lb_node *at = &ck->ast->node[text->node];
  if (!text->column || !lb_frame_find(ck->frame, at->text, at->length, &i)) return;
  if (lb_frame_column(ck->frame, i, &column, NULL) != LB_OK) return;
  for (size_t row = 0; row < lb_column_length(column); row++) {
    size_t length;
    double number;
    if (!lb_is_valid(lb_column_valid(column), row)) continue;
    const char *value = lb_column_text(column, row, &length);
    if (lb_parse_real(value, length, &number)) {
      numbers++;
      continue;
    }
    used = strlen(rows);
    if (++others <= 3)
      snprintf(rows + used, sizeof rows - used, "%s%zu", others == 1 ? "" : ", ",
               lb_frame_source_row(ck->frame, row) + 1);
  }
  if (numbers == 0) return;
  const char *source = lb_frame_source(ck->frame);
  snprintf(note, sizeof note, "%zu value%s; %zu %s not%s%s%s%s%.80s%s", numbers,
           numbers == 1 ? " is a number" : "s are numbers", others, others == 1 ? "is" : "are",
           others > 0 ? others == 1 ? " (row " : " (rows " : "", rows, others > 3 ? ", ..." : "",
           others > 0 && source != NULL ? " of " : "", others > 0 && source != NULL ? source : "",
           others > 0 ? ")" : "");
  lb_caret_note(ck->err, note);
}

static void mend_text_number(const lb_checker *ck, const lb_op *text, const lb_op *number)
{
  char name[LB_QUOTE], value[LB_QUOTE];
  lb_ck_quote(ck, text->node, name);
  lb_ck_quote(ck, number->node, value);
  if (text->constant && text->type == LB_TEXT) {
    double parsed;
    if (lb_parse_real(text->value.text.data, text->value.text.length, &parsed))
      lb_error_mend(ck->err, "Write the number without quotes:  %.*s", (int)text->value.text.length,
                    text->value.text.data);
    else
      lb_error_mend(ck->err, "Numbers stand without quotes:  %s == 1", value);
  } else if (text->type == LB_FACTOR) {
    lb_error_mend(ck->err, "Levels are text and stand in quotes:  %s == '%s'", name, value);
  } else if (text->column) {
    lb_error_mend(ck->err,
                  "If it should be a number, read it with  types = { %s = \"integer\" }  and the "
                  "right  na = {...} , or convert it:  integer(%s)",
                  name, name);
  } else {
    lb_error_mend(ck->err, "Convert it:  integer(%s)  or  real(%s)", name, name);
  }
}

static void mend(const lb_checker *ck, const lb_op *subject, const lb_op *other)
{
  char name[LB_QUOTE], value[LB_QUOTE];
  lb_ck_quote(ck, subject->node, name);
  const lb_node *at = &ck->ast->node[subject->node];
  bool relation = at->kind == LB_NODE_BINARY && at->op >= LB_TOK_LT && at->op <= LB_TOK_NE;
  if (relation && subject->type == LB_LOGICAL && !other->list && other->type != LB_LOGICAL)
    lb_error_mend(ck->err, "Comparisons are not chained:  1 < x and x < 5  , or  x between 1 and "
                           "5");
  else if (is_text_like(subject) && lb_ck_number(other))
    mend_text_number(ck, subject, other);
  else if (lb_ck_number(subject) && is_text_like(other))
    mend_text_number(ck, other, subject);
  else if (subject->type == LB_LOGICAL && !subject->list)
    lb_error_mend(ck->err, "A condition stands by itself:  %s  or  not %s", name, name);
  else if (is_time(subject) && is_text_like(other))
    lb_error_mend(ck->err, "Convert the text:  date(%s)", lb_ck_quote(ck, other->node, value));
  else if (is_time(subject))
    lb_error_mend(ck->err, "A date stands in quotes:  %s >= '2020-01-31'", name);
  else if (other->list)
    lb_error_mend(ck->err, "Ask whether it is in the list:  %s in {...}", name);
}

/* The subject is what varies: a column rather than a literal. */
static lb_status fail_types(const lb_checker *ck, const size_t sides[2])
{
  char name[LB_QUOTE];
  const lb_op *subject = lb_ck_op(ck, sides[0]), *other = lb_ck_op(ck, sides[1]);
  if (subject->constant || (subject->list && !other->list)) {
    const lb_op *swap = subject;
    subject = other;
    other = swap;
  }
  lb_ck_fail(ck, LB_ETYPE, subject->node, "%s is %s, but is compared with %s",
             lb_ck_name(ck, subject->node, name), lb_ck_kind(subject), lb_ck_kind(other));
  if (subject->type == LB_TEXT && lb_ck_number(other)) note_numbers(ck, subject);
  mend(ck, subject, other);
  return LB_ETYPE;
}

/* Kinds ------------------------------------------------------------------------------------ */

static lb_status add_compare(lb_checker *ck, size_t node, lb_token_kind relation, lb_kernel kernel,
                             const size_t sides[2], size_t *out)
{
  lb_op op = {.kernel = kernel, .type = LB_LOGICAL, .node = node, .relation = relation};
  return lb_ck_add(ck, &op, sides, 2, out);
}

static lb_status compare_numbers(lb_checker *ck, size_t node, lb_token_kind relation,
                                 size_t sides[2], size_t *out)
{
  if (lb_ck_op(ck, sides[0])->type == LB_INTEGER && lb_ck_op(ck, sides[1])->type == LB_INTEGER)
    return add_compare(ck, node, relation, lb_k_compare_integer, sides, out);
  for (size_t i = 0; i < 2; i++) {
    const lb_op *side = lb_ck_op(ck, sides[i]);
    lb_op cast = {.kernel = lb_k_integer_compared, .type = LB_REAL, .node = side->node};
    size_t arg = sides[i];
    if (side->type != LB_INTEGER) continue;
    lb_status st = lb_ck_add(ck, &cast, &arg, 1, &sides[i]);
    if (st != LB_OK) return st;
  }
  return add_compare(ck, node, relation, lb_k_compare_real, sides, out);
}

static lb_status compare_text(lb_checker *ck, size_t node, lb_token_kind relation, size_t sides[2],
                              size_t *out)
{
  for (size_t i = 0; i < 2; i++) {
    lb_status st = lb_ck_to_text(ck, &sides[i]);
    if (st != LB_OK) return st;
  }
  return add_compare(ck, node, relation, lb_k_compare_text, sides, out);
}

static lb_status fail_unordered(const lb_checker *ck, size_t factor)
{
  char name[LB_QUOTE];
  const lb_op *op = lb_ck_op(ck, factor);
  lb_ck_fail(ck, LB_ETYPE, op->node, "the levels of %s have no order",
             lb_ck_name(ck, op->node, name));
  return lb_error_mend(ck->err, "Compare by  ==  ~=  or  in {...} , or make the factor ordered");
}

/* A level that the factor lacks equals no row: code -1. */
static lb_status compare_level(lb_checker *ck, size_t node, lb_token_kind relation, size_t sides[2],
                               size_t *out)
{
  size_t f = lb_ck_op(ck, sides[0])->type == LB_FACTOR ? 0 : 1;
  const lb_op *literal = lb_ck_op(ck, sides[1 - f]);
  lb_const code = {.type = LB_FACTOR, .integer = -1, .node = literal->node};
  if (!lb_ck_level(lb_ck_op(ck, sides[f])->levels, literal->value.text, &code.integer)) {
    if (!is_equality(relation))
      return lb_ck_fail_level(ck, sides[f], literal->node, literal->value.text);
    lb_ck_note_level(ck, sides[f], literal->value.text);
  }
  lb_status st = lb_ck_const(ck, &code, &sides[1 - f]);
  return st == LB_OK ? add_compare(ck, node, relation, lb_k_compare_code, sides, out) : st;
}

static lb_status compare_texts(lb_checker *ck, size_t node, lb_token_kind relation, size_t sides[2],
                               size_t *out)
{
  const lb_op *a = lb_ck_op(ck, sides[0]), *b = lb_ck_op(ck, sides[1]);
  bool factors = a->type == LB_FACTOR && b->type == LB_FACTOR;
  for (size_t i = 0; i < 2 && !is_equality(relation); i++) {
    const lb_op *side = lb_ck_op(ck, sides[i]);
    if (side->type == LB_FACTOR && !side->ordered) return fail_unordered(ck, sides[i]);
  }
  if (factors && a->levels != NULL && lb_ck_same_levels(a->levels, b->levels))
    return add_compare(ck, node, relation, lb_k_compare_code, sides, out);
  if (a->type == LB_FACTOR && is_literal(b) && b->type == LB_TEXT)
    return compare_level(ck, node, relation, sides, out);
  if (b->type == LB_FACTOR && is_literal(a) && a->type == LB_TEXT)
    return compare_level(ck, node, relation, sides, out);
  if (!is_equality(relation) && (a->type == LB_FACTOR || b->type == LB_FACTOR)) {
    lb_ck_fail(ck, LB_ETYPE, node,
               "an ordered factor is compared with a level or with a factor of "
               "the same levels");
    return lb_error_mend(ck->err, "To compare the words themselves:  text(x)");
  }
  return compare_text(ck, node, relation, sides, out);
}

/* Either side may be a text literal. */
static lb_status compare_times(lb_checker *ck, size_t node, lb_token_kind relation, size_t sides[2],
                               size_t *out)
{
  bool dates = true;
  for (size_t i = 0; i < 2; i++) {
    lb_status st = LB_OK;
    if (is_text_like(lb_ck_op(ck, sides[i])))
      st = lb_ck_date_literal(ck, &sides[i], lb_ck_op(ck, sides[1 - i])->type);
    if (st != LB_OK) return st;
    dates = dates && lb_ck_op(ck, sides[i])->type == LB_DATE;
  }
  if (dates) return add_compare(ck, node, relation, lb_k_compare_code, sides, out);
  for (size_t i = 0; i < 2; i++) {
    lb_status st = lb_ck_to_datetime(ck, &sides[i]);
    if (st != LB_OK) return st;
  }
  return add_compare(ck, node, relation, lb_k_compare_integer, sides, out);
}

/* The literal NA: allowed, but surely meant otherwise. */
static lb_status compare_na(lb_checker *ck, size_t node, size_t *out)
{
  char source[LB_QUOTE];
  lb_const na = {.type = LB_LOGICAL, .missing = true, .node = node};
  lb_note(ck->notes, "'%s' is NA in every row: a missing value is found by is_na(x)",
          lb_ck_quote(ck, node, source));
  return lb_ck_const(ck, &na, out);
}

lb_status lb_check_compare(lb_checker *ck, size_t node, lb_token_kind relation,
                           const size_t given[2], size_t *out)
{
  size_t sides[2] = {given[0], given[1]};
  const lb_op *a = lb_ck_op(ck, sides[0]), *b = lb_ck_op(ck, sides[1]);
  if (a->list || b->list) return fail_types(ck, sides);
  if (is_na(a) || is_na(b)) return compare_na(ck, node, out);
  if (lb_ck_number(a) && lb_ck_number(b)) return compare_numbers(ck, node, relation, sides, out);
  if (is_text_like(a) && is_text_like(b)) return compare_texts(ck, node, relation, sides, out);
  if ((is_time(a) && (is_time(b) || (is_literal(b) && b->type == LB_TEXT))) ||
      (is_time(b) && is_literal(a) && a->type == LB_TEXT))
    return compare_times(ck, node, relation, sides, out);
  if (a->type == LB_LOGICAL && b->type == LB_LOGICAL && is_equality(relation))
    return add_compare(ck, node, relation, lb_k_compare_logical, sides, out);
  if (a->type == LB_LOGICAL && b->type == LB_LOGICAL) {
    lb_ck_fail(ck, LB_ETYPE, node, "true and false have no order");
    return lb_error_mend(ck->err, "Compare them by  ==  or  ~=");
  }
  return fail_types(ck, sides);
}

lb_status lb_check_between(lb_checker *ck, size_t node, const size_t args[3], size_t *out)
{
  size_t low[2] = {args[0], args[1]}, high[2] = {args[0], args[2]}, both[2];
  lb_op op = {.kernel = lb_k_and, .type = LB_LOGICAL, .node = node};
  lb_status st = lb_check_compare(ck, node, LB_TOK_GE, low, &both[0]);
  if (st == LB_OK) st = lb_check_compare(ck, node, LB_TOK_LE, high, &both[1]);
  return st == LB_OK ? lb_ck_add(ck, &op, both, 2, out) : st;
}
