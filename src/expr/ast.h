/* ast.h - an expression as a tree, laid out in a list where operands come before what uses them. */
#ifndef LB_EXPR_AST_H
#define LB_EXPR_AST_H
#include "expr/lexer.h"

struct lb_const; /* program.h */

typedef enum lb_node_kind {
  LB_NODE_INTEGER,
  LB_NODE_REAL,
  LB_NODE_TEXT,
  LB_NODE_LOGICAL, /* integer: 0 or 1 */
  LB_NODE_NA,
  LB_NODE_NAME,
  LB_NODE_WITH,   /* $name; compilation puts the value in its place */
  LB_NODE_VALUES, /* a $name that is a list: value[0 .. n_value) */
  LB_NODE_LIST,   /* operands: the items */
  LB_NODE_CALL,   /* text: the function; operands: the arguments */
  LB_NODE_UNARY,  /* op: LB_TOK_NOT, LB_TOK_MINUS */
  LB_NODE_BINARY, /* op */
  LB_NODE_IN,     /* value, list; negated: "not in" */
  LB_NODE_BETWEEN /* value, low, high; negated */
} lb_node_kind;

typedef struct lb_node {
  lb_node_kind kind;
  lb_token_kind op;
  bool negated, quoted;
  size_t start, end;       /* bytes of the whole */
  size_t op_start, op_end; /* bytes of the operator or the function's name */
  size_t first, n;         /* operands: arg[first .. first + n) */
  int64_t integer;
  double real;
  const char *text; /* in the arena, NUL-terminated */
  size_t length;
  const struct lb_const *value; /* in the arena */
  size_t n_value;
} lb_node;

/* Owns its arrays; zero-initialise. Operands have smaller numbers than what uses them, so that a
 * loop in ascending order needs no recursion. */
typedef struct lb_ast {
  const char *text; /* copy in the arena */
  size_t length;
  lb_arena arena;
  lb_node *node;
  size_t n_node, node_capacity;
  size_t *arg;
  size_t n_arg, arg_capacity;
  size_t root;
} lb_ast;

/* LB_EPARSE with a caret and the mend, LB_ENOMEM. The AST is untouched on failure. */
lb_status lb_ast_parse(const char *text, size_t length, lb_ast *out, lb_error *err);
void lb_ast_reset(lb_ast *ast);

/* Appends words behind the carets that lb_error_caret has just written. */
void lb_caret_note(lb_error *err, const char *note);
#endif
