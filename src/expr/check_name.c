/* check_name.c - columns by name; names that are none, with what was probably meant. */
#include "base/names.h"
#include "expr/check.h"
#include "expr/habits.h"
#include <string.h>

static lb_status add_slot(lb_checker *ck, const lb_node *at, const lb_column *column, size_t *out)
{
  lb_program *p = ck->program;
  for (size_t i = 0; i < p->n_slot; i++) {
    if (strcmp(p->slot[i].name, at->text) != 0) continue;
    *out = i;
    return LB_OK;
  }
  void *slots = p->slot;
  bool room = lb_array_grow(&slots, &p->slot_capacity, p->n_slot, sizeof(lb_slot));
  p->slot = slots;
  lb_slot slot = {.type = lb_column_type(column), .levels = lb_column_levels(column)};
  slot.name = room ? lb_arena_text(&p->arena, at->text, at->length) : NULL;
  if (slot.name == NULL) return lb_error_nomem(ck->err, "expression");
  if (slot.levels != NULL) {
    lb_status st = lb_program_hold(p, slot.levels, ck->err);
    if (st != LB_OK) return st;
    slot.ordered = lb_column_ordered(column);
  }
  *out = p->n_slot;
  p->slot[p->n_slot++] = slot;
  return LB_OK;
}

/* Node that has `node` as an operand; itself when it is the root. */
static size_t parent_of(const lb_ast *ast, size_t node)
{
  for (size_t i = node + 1; i < ast->n_node; i++)
    for (size_t k = 0; k < ast->node[i].n; k++)
      if (ast->arg[ast->node[i].first + k] == node) return i;
  return node;
}

/* Is the name a level of the factor that node names, or could it be a value of a text column? */
static bool is_value_of(const lb_checker *ck, size_t node, lb_span name, bool *certain)
{
  const lb_node *at = &ck->ast->node[node];
  size_t i;
  int64_t code;
  if (at->kind != LB_NODE_NAME || !lb_frame_find(ck->frame, at->text, at->length, &i)) return false;
  const lb_column *column = lb_frame_column_source(ck->frame, i);
  *certain = lb_column_type(column) == LB_FACTOR;
  if (*certain) return lb_ck_level(lb_column_levels(column), name, &code);
  return lb_column_type(column) == LB_TEXT;
}

static void mend_value(const lb_checker *ck, size_t parent, size_t column, const char *value,
                       bool certain)
{
  const lb_node *above = &ck->ast->node[parent];
  char source[LB_QUOTE];
  const char *name = lb_ck_quote(ck, column, source);
  bool in = above->kind == LB_NODE_IN;
  int n = in ? 2 : (int)(above->op_end - above->op_start);
  const char *op = in ? "in" : ck->ast->text + above->op_start;
  if (certain)
    lb_error_mend(ck->err, "'%s' is a level of '%s'. Text stands in quotes:  %s %.*s %s'%s'%s",
                  value, name, name, n, op, in ? "{" : "", value, in ? "}" : "");
  else
    lb_error_mend(ck->err, "If it is a value of '%s', it stands in quotes:  %s %.*s %s'%s'%s", name,
                  name, n, op, in ? "{" : "", value, in ? "}" : "");
}

/* `treatment == SIRT`, `treatment in {SIRT}`: quotes were forgotten. True when that is certain. */
static bool mend_quotes(const lb_checker *ck, size_t node)
{
  const lb_ast *ast = ck->ast;
  const lb_node *at = &ast->node[node];
  size_t parent = parent_of(ast, node);
  bool certain = false;
  if (ast->node[parent].kind == LB_NODE_LIST) parent = parent_of(ast, parent);
  const lb_node *above = &ast->node[parent];
  bool compares = above->kind == LB_NODE_BINARY && above->op >= LB_TOK_LT && above->op <= LB_TOK_NE;
  for (size_t k = 0; (compares || above->kind == LB_NODE_IN) && k < above->n; k++) {
    size_t other = ast->arg[above->first + k];
    if (other == node || !is_value_of(ck, other, (lb_span){at->text, at->length}, &certain))
      continue;
    mend_value(ck, parent, other, at->text, certain);
    return certain;
  }
  return false;
}

static lb_status fail_unknown(const lb_checker *ck, size_t node)
{
  const lb_node *at = &ck->ast->node[node];
  const lb_habit *habit = at->quoted ? NULL : lb_habit_word(at->text);
  if (habit != NULL) {
    lb_error_set(ck->err, LB_EPARSE, "'%s' is written '%s' in Lobule", at->text, habit->written);
    lb_error_caret(ck->err, ck->ast->text, ck->ast->length, at->start, at->end);
    if (strcmp(habit->written, "is_na(x)") == 0)
      lb_error_mend(ck->err, "Nothing equals a missing value; ask for it:  is_na(x)  or  "
                             "not is_na(x)");
    if (strcmp(habit->written, "is_nan(x)") == 0)
      lb_error_mend(ck->err, "is_nan(x) finds what is not a number, is_na(x) what is missing");
    return LB_EPARSE;
  }
  lb_error listing = {0};
  lb_name_unknown(&listing, "column", "Columns", at->text, lb_frame_names(ck->frame),
                  lb_frame_columns(ck->frame));
  lb_error_set(ck->err, LB_ENAME, "%s", listing.message);
  lb_error_caret(ck->err, ck->ast->text, ck->ast->length, at->start, at->end);
  if (mend_quotes(ck, node)) return LB_ENAME;
  if (!at->quoted && lb_function_find(at->text) != LB_FN_NONE)
    lb_error_mend(ck->err, "The function is called with parentheses:  %s",
                  lb_function_signature(lb_function_find(at->text)));
  if (listing.context[0] != '\0') lb_error_mend(ck->err, "%s", listing.context);
  return LB_ENAME;
}

lb_status lb_check_name(lb_checker *ck, size_t node, size_t *out)
{
  const lb_node *at = &ck->ast->node[node];
  size_t i, slot = 0;
  if (!lb_frame_find(ck->frame, at->text, at->length, &i)) return fail_unknown(ck, node);
  const lb_column *column = lb_frame_column_source(ck->frame, i);
  lb_status st = add_slot(ck, at, column, &slot);
  if (st != LB_OK) return st;
  const lb_slot *read = &ck->program->slot[slot];
  lb_op op = {.type = read->type, .column = true, .slot = slot, .node = node};
  op.levels = read->levels;
  op.ordered = read->ordered;
  return lb_ck_add(ck, &op, NULL, 0, out);
}

lb_status lb_check_unknown_function(const lb_checker *ck, size_t node)
{
  const lb_node *at = &ck->ast->node[node];
  const lb_habit *habit = lb_habit_function(at->text);
  if (habit != NULL) {
    lb_error_set(ck->err, LB_EPARSE, "'%s' is written '%s' in Lobule", at->text, habit->written);
    lb_error_caret(ck->err, ck->ast->text, ck->ast->length, at->op_start, at->op_end);
    if (habit->mend != NULL) lb_error_mend(ck->err, "%s", habit->mend);
    return LB_EPARSE;
  }
  const char *names[LB_FN_END - 1];
  lb_error listing = {0};
  lb_function_names(names);
  lb_name_unknown(&listing, "function", "Functions", at->text, names, LB_FN_END - 1);
  lb_error_set(ck->err, LB_ENAME, "%s", listing.message);
  lb_error_caret(ck->err, ck->ast->text, ck->ast->length, at->op_start, at->op_end);
  if (listing.context[0] != '\0') lb_error_mend(ck->err, "%s", listing.context);
  return LB_ENAME;
}
