/* parser.c - operator precedence parser for Lua's expression grammar with `in` and `between`. */
#include "base/mem.h"
#include "base/str.h"
#include "expr/ast.h"
#include "expr/habits.h"
#include <stdio.h>
#include <string.h>

#define MAX_DEPTH 200 /* as Lua's own limit: keeps the C stack small whatever the input */

/* Lua's binding powers; a right one below the left one makes an operator right-associative. */
#define POWER_COMPARE 3
#define POWER_UNARY   12

typedef struct parser {
  lb_lexer lexer;
  lb_token token, last; /* the one looked at; the one before */
  lb_ast *ast;
  lb_error *err;
  size_t depth;
  size_t *stack; /* operands of lists and calls still open */
  size_t n_stack, stack_capacity;
} parser;

static lb_status parse_sub(parser *p, int limit, size_t *out);

void lb_caret_note(lb_error *err, const char *note)
{
  if (err == NULL) return;
  size_t used = strlen(err->context);
  snprintf(err->context + used, sizeof err->context - used, " %s", note);
}

void lb_ast_reset(lb_ast *ast)
{
  lb_arena_reset(&ast->arena);
  lb_mem_free(ast->node);
  lb_mem_free(ast->arg);
  *ast = (lb_ast){0};
}

static lb_status advance(parser *p)
{
  p->last = p->token;
  return lb_lexer_next(&p->lexer, &p->token);
}

/* The source of a token for messages, cut to what fits. */
static const char *spelling(const parser *p, const lb_token *token, char *buffer, size_t size)
{
  size_t n = token->end - token->start;
  if (n >= size - 4) {
    n = size - 5;
    while (n > 0 && ((unsigned char)p->lexer.text[token->start + n] & 0xC0) == 0x80) n--;
    snprintf(buffer, size, "%.*s...", (int)n, p->lexer.text + token->start);
  } else {
    snprintf(buffer, size, "%.*s", (int)n, p->lexer.text + token->start);
  }
  return buffer;
}

/* Nodes ------------------------------------------------------------------------------------ */

static lb_status add_node(parser *p, const lb_node *node, const size_t *args, size_t n, size_t *out)
{
  lb_ast *ast = p->ast;
  void *nodes = ast->node, *list = ast->arg;
  bool room = lb_array_grow(&nodes, &ast->node_capacity, ast->n_node, sizeof *ast->node);
  ast->node = nodes;
  for (size_t i = 0; room && i < n; i++) {
    room = lb_array_grow(&list, &ast->arg_capacity, ast->n_arg + i, sizeof *ast->arg);
    ast->arg = list;
    if (room) ast->arg[ast->n_arg + i] = args[i];
  }
  if (!room) return lb_error_nomem(p->err, "expression");
  lb_node *added = &ast->node[ast->n_node];
  *added = *node;
  added->first = ast->n_arg;
  added->n = n;
  ast->n_arg += n;
  *out = ast->n_node++;
  return LB_OK;
}

static lb_status add_operation(parser *p, lb_node_kind kind, const lb_token *op, const size_t *args,
                               size_t n, size_t *out)
{
  const lb_node *node = p->ast->node;
  lb_node made = {.kind = kind, .op = op->kind, .op_start = op->start, .op_end = op->end};
  made.start = n == 1 ? op->start : node[args[0]].start;
  made.end = node[args[n - 1]].end;
  return add_node(p, &made, args, n, out);
}

static lb_status push(parser *p, size_t node)
{
  void *stack = p->stack;
  bool room = lb_array_grow(&stack, &p->stack_capacity, p->n_stack, sizeof *p->stack);
  p->stack = stack;
  if (!room) return lb_error_nomem(p->err, "expression");
  p->stack[p->n_stack++] = node;
  return LB_OK;
}

/* Errors ----------------------------------------------------------------------------------- */

static lb_status fail_end(parser *p)
{
  char word[48];
  if (p->last.end == 0) return lb_error_set(p->err, LB_EPARSE, "the expression is empty");
  lb_error_set(p->err, LB_EPARSE, "the expression ends after '%s'",
               spelling(p, &p->last, word, sizeof word));
  lb_error_caret(p->err, p->lexer.text, p->lexer.length, p->last.end, p->last.end);
  lb_caret_note(p->err, "a value should follow");
  return lb_error_mend(p->err, "Did quotes inside the string end it? Use double quotes outside:  "
                               ":filter \"treatment == 'SIRT'\"");
}

static lb_status fail_value(parser *p)
{
  char word[48], message[96];
  if (p->token.kind == LB_TOK_END) return fail_end(p);
  snprintf(message, sizeof message, "a value should stand before '%s'",
           spelling(p, &p->token, word, sizeof word));
  return lb_lexer_fail(&p->lexer, p->token.start, p->token.end, message);
}

/* A value is complete, and what follows neither continues nor ends the expression. */
static lb_status fail_rest(parser *p)
{
  char word[48], before[48];
  const lb_token *t = &p->token;
  const lb_habit *habit = t->kind == LB_TOK_NAME && !t->quoted ? lb_habit_word(t->text) : NULL;
  spelling(p, t, word, sizeof word);
  if (habit != NULL) {
    lb_error_set(p->err, LB_EPARSE, "'%s' is written '%s' in Lobule", word, habit->written);
    return lb_error_caret(p->err, p->lexer.text, p->lexer.length, t->start, t->end);
  }
  lb_error_set(p->err, LB_EPARSE, "'%s' cannot follow '%s'", word,
               spelling(p, &p->last, before, sizeof before));
  lb_error_caret(p->err, p->lexer.text, p->lexer.length, t->start, t->end);
  if (t->kind == LB_TOK_COMMA)
    return lb_error_mend(p->err, "A decimal number has a point:  0.5 ; conditions are joined by "
                                 " and");
  if (t->kind == LB_TOK_RPAREN || t->kind == LB_TOK_RBRACE)
    return lb_error_mend(p->err, "There is nothing open that it could close");
  if (t->kind == LB_TOK_NAME && p->last.kind == LB_TOK_NAME)
    return lb_error_mend(p->err, "A name with blanks stands in backticks:  `Tumour size (mm)`");
  return lb_error_mend(p->err, "An operator should stand between them:  +  ==  and  or  ..");
}

static lb_status expect_close(parser *p, lb_token_kind kind, const lb_token *open)
{
  char message[80], word[16], found[48];
  if (p->token.kind == kind) return advance(p);
  spelling(p, open, word, sizeof word);
  if (p->token.kind == LB_TOK_END)
    snprintf(message, sizeof message, "the expression ends, but '%s' is still open", word);
  else
    snprintf(message, sizeof message, "'%s' stands where '%s' should close",
             spelling(p, &p->token, found, sizeof found), kind == LB_TOK_RPAREN ? ")" : "}");
  const lb_token *at = p->token.kind == LB_TOK_END ? open : &p->token;
  return lb_lexer_fail(&p->lexer, at->start, at->end, message);
}

/* Values ----------------------------------------------------------------------------------- */

/* Items up to the closing token, which is consumed; *n of them stand on the stack. */
static lb_status parse_items(parser *p, lb_token_kind close, size_t *n)
{
  lb_token open = p->token;
  lb_status st = advance(p);
  *n = 0;
  while (st == LB_OK && p->token.kind != close) {
    size_t item = 0;
    st = parse_sub(p, 0, &item);
    if (st == LB_OK) st = push(p, item);
    if (st != LB_OK) return st;
    ++*n;
    if (p->token.kind != LB_TOK_COMMA) break;
    st = advance(p);
    if (st == LB_OK && close == LB_TOK_RPAREN && p->token.kind == close) return fail_value(p);
  }
  return st == LB_OK ? expect_close(p, close, &open) : st;
}

static lb_status parse_call(parser *p, const lb_token *name, size_t *out)
{
  size_t n;
  lb_status st = parse_items(p, LB_TOK_RPAREN, &n);
  if (st != LB_OK) return st;
  lb_node made = {.kind = LB_NODE_CALL, .start = name->start, .end = p->last.end};
  made.op_start = name->start;
  made.op_end = name->end;
  made.text = name->text;
  made.length = name->length;
  p->n_stack -= n;
  return add_node(p, &made, n > 0 ? p->stack + p->n_stack : NULL, n, out);
}

static lb_status parse_list(parser *p, size_t *out)
{
  lb_node made = {.kind = LB_NODE_LIST, .start = p->token.start};
  size_t n;
  lb_status st = parse_items(p, LB_TOK_RBRACE, &n);
  if (st != LB_OK) return st;
  made.end = p->last.end;
  p->n_stack -= n;
  return add_node(p, &made, n > 0 ? p->stack + p->n_stack : NULL, n, out);
}

static lb_status parse_group(parser *p, size_t *out)
{
  lb_token open = p->token;
  lb_status st = advance(p);
  if (st == LB_OK) st = parse_sub(p, 0, out);
  if (st != LB_OK) return st;
  if (p->token.kind == LB_TOK_COMMA) {
    fail_rest(p);
    return lb_error_mend(p->err, "A list stands in braces:  treatment in {'TAE', 'SIRT'}");
  }
  st = expect_close(p, LB_TOK_RPAREN, &open);
  if (st != LB_OK) return st;
  p->ast->node[*out].start = open.start; /* carets and messages show the parentheses too */
  p->ast->node[*out].end = p->last.end;
  return LB_OK;
}

static lb_status parse_literal(parser *p, size_t *out)
{
  const lb_token t = p->token;
  lb_node made = {.start = t.start, .end = t.end, .op_start = t.start, .op_end = t.end};
  made.integer = t.kind == LB_TOK_TRUE ? 1 : t.integer;
  made.real = t.real;
  made.text = t.text;
  made.length = t.length;
  made.quoted = t.quoted;
  switch (t.kind) {
  case LB_TOK_INTEGER:
    made.kind = LB_NODE_INTEGER;
    break;
  case LB_TOK_REAL:
    made.kind = LB_NODE_REAL;
    break;
  case LB_TOK_TEXT:
    made.kind = LB_NODE_TEXT;
    break;
  case LB_TOK_TRUE:
  case LB_TOK_FALSE:
    made.kind = LB_NODE_LOGICAL;
    break;
  case LB_TOK_NA:
    made.kind = LB_NODE_NA;
    break;
  case LB_TOK_WITH:
    made.kind = LB_NODE_WITH;
    break;
  case LB_TOK_NAME:
    made.kind = LB_NODE_NAME;
    break;
  default:
    return fail_value(p);
  }
  lb_status st = advance(p);
  if (st != LB_OK) return st;
  if (t.kind == LB_TOK_NAME && p->token.kind == LB_TOK_LPAREN && !t.quoted)
    return parse_call(p, &t, out);
  if (t.kind == LB_TOK_NAME && !t.quoted && strcmp(t.text, "nil") == 0) {
    lb_lexer_fail(&p->lexer, t.start, t.end,
                  "nothing equals nil: a missing value is found by "
                  "'is_na(x)'");
    return lb_error_mend(p->err, "Write  is_na(x)  or  not is_na(x)");
  }
  return add_node(p, &made, NULL, 0, out);
}

static lb_status parse_primary(parser *p, size_t *out)
{
  if (p->token.kind == LB_TOK_LPAREN) return parse_group(p, out);
  if (p->token.kind == LB_TOK_LBRACE) return parse_list(p, out);
  return parse_literal(p, out);
}

/* Operators -------------------------------------------------------------------------------- */

static bool binding(lb_token_kind kind, int *left, int *right)
{
  static const struct {
    lb_token_kind kind;
    int left, right;
  } POWERS[] = {{LB_TOK_OR, 1, 1},      {LB_TOK_AND, 2, 2},     {LB_TOK_LT, 3, 3},
                {LB_TOK_LE, 3, 3},      {LB_TOK_GT, 3, 3},      {LB_TOK_GE, 3, 3},
                {LB_TOK_EQ, 3, 3},      {LB_TOK_NE, 3, 3},      {LB_TOK_CONCAT, 9, 8},
                {LB_TOK_PLUS, 10, 10},  {LB_TOK_MINUS, 10, 10}, {LB_TOK_STAR, 11, 11},
                {LB_TOK_SLASH, 11, 11}, {LB_TOK_FLOOR, 11, 11}, {LB_TOK_PERCENT, 11, 11},
                {LB_TOK_POWER, 14, 13}};
  for (size_t i = 0; i < sizeof POWERS / sizeof *POWERS; i++) {
    if (POWERS[i].kind != kind) continue;
    *left = POWERS[i].left;
    *right = POWERS[i].right;
    return true;
  }
  return false;
}

static bool at_between(const parser *p)
{
  return p->token.kind == LB_TOK_NAME && !p->token.quoted && strcmp(p->token.text, "between") == 0;
}

static lb_status parse_in(parser *p, bool negated, size_t *value)
{
  lb_token op = p->token;
  lb_status st = advance(p);
  if (st != LB_OK) return st;
  size_t args[2] = {*value, 0};
  if (p->token.kind == LB_TOK_END) return fail_end(p);
  if (p->token.kind != LB_TOK_LBRACE && p->token.kind != LB_TOK_WITH) {
    lb_lexer_fail(&p->lexer, p->token.start, p->token.end, "'in' wants a list");
    return lb_error_mend(p->err, "A list stands in braces:  treatment in {'TAE', 'SIRT'}  ; or it "
                                 "comes from the call:  treatment in $arms");
  }
  st = parse_primary(p, &args[1]);
  if (st == LB_OK) st = add_operation(p, LB_NODE_IN, &op, args, 2, value);
  if (st == LB_OK) p->ast->node[*value].negated = negated;
  return st;
}

static lb_status parse_between(parser *p, bool negated, size_t *value)
{
  lb_token op = p->token;
  size_t args[3] = {*value, 0, 0};
  lb_status st = advance(p);
  if (st == LB_OK) st = parse_sub(p, POWER_COMPARE, &args[1]);
  if (st != LB_OK) return st;
  if (p->token.kind != LB_TOK_AND) {
    const lb_token *at = p->token.kind == LB_TOK_END ? &op : &p->token;
    lb_lexer_fail(&p->lexer, at->start, at->end, "'between' wants two ends");
    return lb_error_mend(p->err, "Write  age between 18 and 75  ; both ends belong to it");
  }
  st = advance(p);
  if (st == LB_OK) st = parse_sub(p, POWER_COMPARE, &args[2]);
  if (st == LB_OK) st = add_operation(p, LB_NODE_BETWEEN, &op, args, 3, value);
  if (st == LB_OK) p->ast->node[*value].negated = negated;
  return st;
}

/* `in`, `between`, and both after `not`; *done when the token is something else. */
static lb_status parse_member(parser *p, size_t *value, bool *done)
{
  bool negated = p->token.kind == LB_TOK_NOT;
  *done = !negated && p->token.kind != LB_TOK_IN && !at_between(p);
  if (*done) return LB_OK;
  lb_status st = negated ? advance(p) : LB_OK;
  if (st != LB_OK) return st;
  if (p->token.kind == LB_TOK_IN) return parse_in(p, negated, value);
  if (at_between(p)) return parse_between(p, negated, value);
  return lb_lexer_fail(&p->lexer, p->last.start, p->last.end,
                       "after a value 'not' wants 'in' or 'between' behind it");
}

static lb_status parse_unary(parser *p, size_t *out)
{
  if (p->token.kind != LB_TOK_NOT && p->token.kind != LB_TOK_MINUS) return parse_primary(p, out);
  lb_token op = p->token;
  size_t operand = 0;
  lb_status st = advance(p);
  if (st == LB_OK) st = parse_sub(p, POWER_UNARY, &operand);
  return st == LB_OK ? add_operation(p, LB_NODE_UNARY, &op, &operand, 1, out) : st;
}

/* A value and all operators behind it that bind more strongly than `limit`. */
static lb_status parse_operators(parser *p, int limit, size_t *out)
{
  lb_status st = parse_unary(p, out);
  while (st == LB_OK) {
    int left, right;
    if (binding(p->token.kind, &left, &right)) {
      if (left <= limit) return LB_OK;
      lb_token op = p->token;
      size_t args[2] = {*out, 0};
      st = advance(p);
      if (st == LB_OK) st = parse_sub(p, right, &args[1]);
      if (st == LB_OK) st = add_operation(p, LB_NODE_BINARY, &op, args, 2, out);
    } else {
      bool done = limit >= POWER_COMPARE;
      if (!done) st = parse_member(p, out, &done);
      if (done) return st;
    }
  }
  return st;
}

static lb_status parse_sub(parser *p, int limit, size_t *out)
{
  if (++p->depth > MAX_DEPTH) {
    lb_lexer_fail(&p->lexer, p->token.start, p->token.end, "the expression is nested too deeply");
    return lb_error_mend(p->err, "%d levels are the limit; compute parts of it first", MAX_DEPTH);
  }
  lb_status st = parse_operators(p, limit, out);
  p->depth--;
  return st;
}

lb_status lb_ast_parse(const char *text, size_t length, lb_ast *out, lb_error *err)
{
  lb_ast ast = {0};
  parser p = {.ast = &ast, .err = err};
  lb_status st = LB_OK;
  if (!lb_utf8_valid(text, length))
    return lb_error_set(err, LB_EPARSE, "the expression is no well-formed UTF-8");
  ast.text = lb_arena_text(&ast.arena, text, length);
  ast.length = length;
  p.lexer = (lb_lexer){.text = ast.text, .length = length, .arena = &ast.arena, .err = err};
  if (ast.text == NULL) st = lb_error_nomem(err, "expression");
  if (st == LB_OK) st = advance(&p);
  if (st == LB_OK) st = parse_sub(&p, 0, &ast.root);
  if (st == LB_OK && p.token.kind != LB_TOK_END) st = fail_rest(&p);
  lb_mem_free(p.stack);
  if (st == LB_OK)
    *out = ast;
  else
    lb_ast_reset(&ast);
  return st;
}
