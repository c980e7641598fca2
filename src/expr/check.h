/* check.h - from the tree of an expression to a typed program: names, types, conversions. */
#ifndef LB_EXPR_CHECK_H
#define LB_EXPR_CHECK_H
#include "expr/expr.h"
#include "expr/functions.h"
#include "expr/program.h"

/* What the functions of an expression may see. */
typedef enum lb_scope {
  LB_SCOPE_ROW,
  LB_SCOPE_GROUPS, /* aggregates */
  LB_SCOPE_WINDOW  /* aggregates and functions of the other rows, each row with a value */
} lb_scope;

/* One run of the typing step. */
typedef struct lb_checker {
  const lb_ast *ast; /* $names already replaced by their values */
  const lb_frame *frame;
  const lb_expr_notes *notes; /* or NULL */
  lb_scope scope;
  bool *widen; /* by node: its integers overflowed, so it is computed in reals; may be set */
  lb_program *program;
  size_t *op_of;  /* by node: the operation */
  lb_tally tally; /* of constants */
  lb_error *err;
} lb_checker;

/* Types the tree for the columns of a frame. out: untouched on failure. LB_ENAME, LB_ETYPE,
 * LB_EPARSE (a date that is none), LB_ENOMEM. */
lb_status lb_check_program(const lb_ast *ast, const lb_frame *frame, const lb_expr_notes *notes,
                           lb_scope scope, bool *widen, lb_program *out, lb_error *err);
/* Tells what an evaluation met; overflow has its own words. */
void lb_note_tally(const lb_expr_notes *notes, const lb_tally *tally);
void lb_note_overflow(const lb_expr_notes *notes, const lb_ast *ast, size_t node);
void lb_note(const lb_expr_notes *notes, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Between the files of the typing step ------------------------------------------------------ */

#define LB_QUOTE 72 /* room for a piece of source in a message */

static inline const lb_op *lb_ck_op(const lb_checker *ck, size_t op)
{
  return &ck->program->op[op];
}
/* Sets the error with carets below the node; returns code. */
lb_status lb_ck_fail(const lb_checker *ck, lb_status code, size_t node, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* The node's source as it is, cut to fit. */
const char *lb_ck_quote(const lb_checker *ck, size_t node, char buffer[LB_QUOTE]);
/* The same for messages: 'age', '(a + b)', and a text literal in its own quotes. */
const char *lb_ck_name(const lb_checker *ck, size_t node, char buffer[LB_QUOTE]);
/* "a number", "text", "a factor", ... */
const char *lb_ck_kind(const lb_op *op);
/* LB_ETYPE "'x' is text, but USER wants WANTED". */
lb_status lb_ck_mismatch(const lb_checker *ck, size_t op, const char *user, const char *wanted);
lb_status lb_ck_add(lb_checker *ck, const lb_op *op, const size_t *args, size_t n, size_t *out);
lb_status lb_ck_const(lb_checker *ck, const lb_const *value, size_t *out);

bool lb_ck_number(const lb_op *op); /* real, integer or NA */
/* Each replaces *op by an operation of the wanted type; the type was checked before. */
lb_status lb_ck_to_real(lb_checker *ck, size_t *op); /* integer, real, logical, NA */
lb_status lb_ck_to_text(lb_checker *ck, size_t *op); /* anything but a list */
lb_status lb_ck_to_datetime(lb_checker *ck, size_t *op);
lb_status lb_ck_typed(lb_checker *ck, size_t *op, lb_type type); /* gives NA its type */
/* A text literal as a date or datetime; LB_ETYPE naming the form when it is none. */
lb_status lb_ck_date_literal(lb_checker *ck, size_t *op, lb_type type);
/* As above with the check: LB_ETYPE "..., but USER wants ...". */
lb_status lb_ck_want_real(lb_checker *ck, size_t *op, const char *user);
lb_status lb_ck_want_integer(lb_checker *ck, size_t *op, const char *user);
lb_status lb_ck_want_logical(lb_checker *ck, size_t *op, const char *user);
lb_status lb_ck_want_text(lb_checker *ck, size_t *op, const char *user);
/* Brings n operations to one type: integers and reals to real, factors of other levels and text to
 * text. */
lb_status lb_ck_unify(lb_checker *ck, size_t *ops, size_t n, const char *user);
/* Numbers the factor's level equal to text; false when there is none. */
bool lb_ck_level(const lb_column *levels, lb_span text, int64_t *code);
bool lb_ck_same_levels(const lb_column *a, const lb_column *b);
/* Tells that a literal is no level of the factor, with did-you-mean. */
void lb_ck_note_level(const lb_checker *ck, size_t factor, lb_span literal);
/* Sets LB_ENAME for it. */
lb_status lb_ck_fail_level(const lb_checker *ck, size_t factor, size_t node, lb_span literal);

/* check_name.c */
lb_status lb_check_name(lb_checker *ck, size_t node, size_t *out);
lb_status lb_check_unknown_function(const lb_checker *ck, size_t node);
/* check_operator.c */
lb_status lb_check_unary(lb_checker *ck, size_t node, size_t *out);
lb_status lb_check_binary(lb_checker *ck, size_t node, size_t *out);
lb_status lb_check_negated(lb_checker *ck, size_t node, bool negated, size_t *out);
/* check_compare.c */
lb_status lb_check_compare(lb_checker *ck, size_t node, lb_token_kind relation,
                           const size_t sides[2], size_t *out);
lb_status lb_check_between(lb_checker *ck, size_t node, const size_t args[3], size_t *out);
/* check_in.c */
lb_status lb_check_in(lb_checker *ck, size_t node, size_t *out);
lb_status lb_check_list(lb_checker *ck, size_t node, size_t *out);
/* check_call.c: arguments are operations, n of them */
lb_status lb_check_call(lb_checker *ck, size_t node, size_t *out);
/* check_factor.c */
lb_status lb_check_cut(lb_checker *ck, size_t node, size_t *args, size_t n, size_t *out);
lb_status lb_check_factor(lb_checker *ck, size_t node, size_t *args, size_t n, size_t *out);
/* check_date.c */
lb_status lb_check_date_call(lb_checker *ck, size_t node, lb_function_id id, size_t *args,
                             size_t *out);
/* check_aggregate.c */
lb_status lb_check_aggregate(lb_checker *ck, size_t node, lb_function_id id, size_t *args,
                             size_t *out);
/* check_window.c */
lb_status lb_check_window(lb_checker *ck, size_t node, lb_function_id id, size_t *args,
                          size_t *out);
#endif
