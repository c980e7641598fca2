/* lexer.h - the words of an expression, each with its place in the text. */
#ifndef LB_EXPR_LEXER_H
#define LB_EXPR_LEXER_H
#include "base/error.h"
#include "expr/arena.h"
#include <stdbool.h>
#include <stdint.h>

typedef enum lb_token_kind {
  LB_TOK_END,
  LB_TOK_INTEGER,
  LB_TOK_REAL,
  LB_TOK_TEXT,
  LB_TOK_NAME,
  LB_TOK_WITH, /* $name */
  LB_TOK_TRUE,
  LB_TOK_FALSE,
  LB_TOK_NA,
  LB_TOK_AND,
  LB_TOK_OR,
  LB_TOK_NOT,
  LB_TOK_IN,
  LB_TOK_LT,
  LB_TOK_LE,
  LB_TOK_GT,
  LB_TOK_GE,
  LB_TOK_EQ,
  LB_TOK_NE,
  LB_TOK_CONCAT,
  LB_TOK_PLUS,
  LB_TOK_MINUS,
  LB_TOK_STAR,
  LB_TOK_SLASH,
  LB_TOK_FLOOR, /* // */
  LB_TOK_PERCENT,
  LB_TOK_POWER,
  LB_TOK_LPAREN,
  LB_TOK_RPAREN,
  LB_TOK_LBRACE,
  LB_TOK_RBRACE,
  LB_TOK_COMMA
} lb_token_kind;

typedef struct lb_token {
  lb_token_kind kind;
  bool quoted;       /* LB_TOK_NAME in backticks */
  size_t start, end; /* bytes of the text */
  int64_t integer;
  double real;
  const char *text; /* text, name, $name without the $: in the arena, NUL-terminated */
  size_t length;
} lb_token;

typedef struct lb_lexer {
  const char *text; /* borrowed */
  size_t length;
  size_t at;
  lb_arena *arena;
  lb_error *err;
} lb_lexer;

/* The next token; LB_TOK_END at the end. LB_EPARSE with a caret and the mend, LB_ENOMEM. */
lb_status lb_lexer_next(lb_lexer *lexer, lb_token *out);
/* LB_EPARSE "message" with carets below [start, end). */
lb_status lb_lexer_fail(const lb_lexer *lexer, size_t start, size_t end, const char *message);

/* Name characters: ASCII letters, digits, '_' and everything beyond ASCII that is no sign or blank.
 * Length in bytes of the name at `at`, 0 when none begins there. */
size_t lb_lexer_name_length(const char *text, size_t length, size_t at);
/* The words that the grammar keeps for itself. */
bool lb_lexer_reserved(const char *name, size_t length);
#endif
