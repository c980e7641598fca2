/* check.c - walks the tree from its leaves and adds an operation for each node. */
#include "expr/check.h"
#include "base/mem.h"
#include "expr/kernel.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Notes ------------------------------------------------------------------------------------ */

void lb_note(const lb_expr_notes *notes, const char *format, ...)
{
  char message[512];
  if (notes == NULL || notes->note == NULL) return;
  va_list args;
  va_start(args, format);
  vsnprintf(message, sizeof message, format, args);
  va_end(args);
  notes->note(notes->context, message);
}

void lb_note_tally(const lb_expr_notes *notes, const lb_tally *tally)
{
  static const char *const WORDS[LB_TALLY_KINDS] = {
      [LB_TALLY_ZERO] = "an integer was divided by 0: NA",
      [LB_TALLY_LARGE] =
          "integers above 2^53 were compared as reals, which may not hold them exactly",
      [LB_TALLY_NUMBER] = "values that are no such number: NA",
      [LB_TALLY_DATE] = "values that are no date (YYYY-MM-DD, years 1 to 9999): NA",
      [LB_TALLY_LEVEL] = "values that are no level: NA",
      [LB_TALLY_NAN] = "NaN belongs to no class: NA"};
  for (size_t i = 0; i < LB_TALLY_KINDS; i++)
    if (tally->count[i] > 0)
      lb_note(notes, "%s (%zu time%s)", WORDS[i], tally->count[i], tally->count[i] == 1 ? "" : "s");
}

/* A piece of source, cut between code points. */
static const char *quote(const lb_ast *ast, size_t node, char buffer[LB_QUOTE])
{
  const lb_node *at = &ast->node[node];
  size_t n = at->end - at->start;
  const char *more = "";
  if (n > LB_QUOTE - 6) {
    for (n = LB_QUOTE - 6; n > 0 && ((unsigned char)ast->text[at->start + n] & 0xC0) == 0x80;) n--;
    more = "...";
  }
  snprintf(buffer, LB_QUOTE, "%.*s%s", (int)n, ast->text + at->start, more);
  return buffer;
}

void lb_note_overflow(const lb_expr_notes *notes, const lb_ast *ast, size_t node)
{
  char source[LB_QUOTE];
  lb_note(notes, "integers grew beyond 64 bits in '%s': it became real", quote(ast, node, source));
}

/* Errors ----------------------------------------------------------------------------------- */

lb_status lb_ck_fail(const lb_checker *ck, lb_status code, size_t node, const char *format, ...)
{
  char message[640];
  const lb_node *at = &ck->ast->node[node];
  va_list args;
  va_start(args, format);
  vsnprintf(message, sizeof message, format, args);
  va_end(args);
  lb_error_set(ck->err, code, "%s", message);
  lb_error_caret(ck->err, ck->ast->text, ck->ast->length, at->start, at->end);
  return code;
}

const char *lb_ck_quote(const lb_checker *ck, size_t node, char buffer[LB_QUOTE])
{
  return quote(ck->ast, node, buffer);
}

const char *lb_ck_name(const lb_checker *ck, size_t node, char buffer[LB_QUOTE])
{
  const lb_node *at = &ck->ast->node[node];
  char source[LB_QUOTE];
  char first = ck->ast->text[at->start];
  quote(ck->ast, node, source);
  if (at->kind == LB_NODE_TEXT && (first == '\'' || first == '"'))
    snprintf(buffer, LB_QUOTE, "%.*s", LB_QUOTE - 1, source);
  else if (at->kind == LB_NODE_NAME && at->length < LB_QUOTE - 2)
    snprintf(buffer, LB_QUOTE, "'%.*s'", LB_QUOTE - 3, at->text);
  else
    snprintf(buffer, LB_QUOTE, "'%.*s'", LB_QUOTE - 3, source);
  return buffer;
}

const char *lb_ck_kind(const lb_op *op)
{
  if (op->list) return "a list";
  if (op->constant && op->value.untyped) return "NA";
  switch (op->type) {
  case LB_REAL:
  case LB_INTEGER:
    return "a number";
  case LB_LOGICAL:
    return "logical";
  case LB_FACTOR:
    return "a factor";
  case LB_TEXT:
    return "text";
  case LB_DATE:
    return "a date";
  case LB_DATETIME:
    return "a datetime";
  }
  return "a value";
}

lb_status lb_ck_mismatch(const lb_checker *ck, size_t op, const char *user, const char *wanted)
{
  char source[LB_QUOTE];
  const lb_op *found = lb_ck_op(ck, op);
  lb_ck_fail(ck, LB_ETYPE, found->node, "%s is %s, but %s wants %s",
             lb_ck_name(ck, found->node, source), lb_ck_kind(found), user, wanted);
  if (found->list)
    lb_error_mend(ck->err, "A list may stand after  in  and in functions that take one");
  return LB_ETYPE;
}

lb_status lb_ck_add(lb_checker *ck, const lb_op *op, const size_t *args, size_t n, size_t *out)
{
  return lb_program_add(ck->program, op, args, n, &ck->tally, out, ck->err);
}

lb_status lb_ck_const(lb_checker *ck, const lb_const *value, size_t *out)
{
  lb_op op = {.type = value->type, .constant = true, .value = *value, .node = value->node};
  return lb_ck_add(ck, &op, NULL, 0, out);
}

/* Nodes ------------------------------------------------------------------------------------ */

static lb_status check_literal(lb_checker *ck, size_t node, size_t *out)
{
  const lb_node *at = &ck->ast->node[node];
  lb_const value = {.node = node, .integer = at->integer, .real = at->real};
  value.text = (lb_span){at->text, at->length};
  switch (at->kind) {
  case LB_NODE_INTEGER:
    value.type = LB_INTEGER;
    break;
  case LB_NODE_REAL:
    value.type = LB_REAL;
    break;
  case LB_NODE_TEXT:
    value.type = LB_TEXT;
    break;
  default:
    value.type = LB_LOGICAL;
  }
  value.missing = value.untyped = at->kind == LB_NODE_NA;
  return lb_ck_const(ck, &value, out);
}

static lb_status check_between_node(lb_checker *ck, size_t node, size_t *out)
{
  const lb_node *at = &ck->ast->node[node];
  size_t args[3];
  for (size_t i = 0; i < 3; i++) args[i] = ck->op_of[ck->ast->arg[at->first + i]];
  lb_status st = lb_check_between(ck, node, args, out);
  return st == LB_OK ? lb_check_negated(ck, node, at->negated, out) : st;
}

static lb_status check_node(lb_checker *ck, size_t node, size_t *out)
{
  switch (ck->ast->node[node].kind) {
  case LB_NODE_NAME:
    return lb_check_name(ck, node, out);
  case LB_NODE_LIST:
  case LB_NODE_VALUES:
    return lb_check_list(ck, node, out);
  case LB_NODE_CALL:
    return lb_check_call(ck, node, out);
  case LB_NODE_UNARY:
    return lb_check_unary(ck, node, out);
  case LB_NODE_BINARY:
    return lb_check_binary(ck, node, out);
  case LB_NODE_IN:
    return lb_check_in(ck, node, out);
  case LB_NODE_BETWEEN:
    return check_between_node(ck, node, out);
  default:
    return check_literal(ck, node, out);
  }
}

/* A constant whose integers overflow is done again in reals. */
static lb_status check_nodes(lb_checker *ck)
{
  for (size_t i = 0; i < ck->ast->n_node; i++) {
    lb_status st = check_node(ck, i, &ck->op_of[i]);
    if (st == LB_OK && ck->tally.overflow != 0) {
      ck->tally.overflow = 0;
      ck->widen[i] = true;
      lb_note_overflow(ck->notes, ck->ast, i);
      st = check_node(ck, i, &ck->op_of[i]);
    }
    if (st != LB_OK) return st;
  }
  return LB_OK;
}

lb_status lb_check_program(const lb_ast *ast, const lb_frame *frame, const lb_expr_notes *notes,
                           lb_scope scope, bool *widen, lb_program *out, lb_error *err)
{
  lb_program program = {0};
  lb_checker ck = {.ast = ast, .frame = frame, .notes = notes, .scope = scope};
  ck.widen = widen;
  ck.program = &program;
  ck.err = err;
  ck.op_of = lb_mem_array(ast->n_node, sizeof *ck.op_of);
  lb_status st = ck.op_of == NULL ? lb_error_nomem(err, "expression") : check_nodes(&ck);
  if (st == LB_OK && program.op != NULL) { /* at least the root's */
    program.root = ck.op_of[ast->root];
    const lb_op *root = &program.op[program.root];
    if (root->list) st = lb_ck_mismatch(&ck, program.root, "an expression", "one value a row");
  }
  lb_mem_free(ck.op_of);
  if (st != LB_OK) {
    lb_program_reset(&program);
    return st;
  }
  lb_note_tally(notes, &ck.tally);
  *out = program;
  return LB_OK;
}
