/* expr.h - expressions over columns: Lua's expression grammar in strings, compiled once, evaluated
 * in blocks. */
#ifndef LB_EXPR_EXPR_H
#define LB_EXPR_EXPR_H
#include "frame/frame.h"
#include "frame/group.h"

/* A value from the call's `with` table. */
typedef enum lb_value_kind {
  LB_VALUE_LOGICAL,
  LB_VALUE_INTEGER,
  LB_VALUE_REAL,
  LB_VALUE_TEXT,
  LB_VALUE_LIST
} lb_value_kind;
typedef struct lb_value {
  lb_value_kind kind;
  bool logical;
  int64_t integer;
  double real;
  const char *text; /* borrowed, length bytes */
  size_t length;
  const struct lb_value *item; /* LB_VALUE_LIST: `length` scalars, borrowed */
} lb_value;
typedef struct lb_with_entry {
  const char *name; /* borrowed */
  lb_value value;
  bool used; /* set by lb_expr_compile */
} lb_with_entry;
typedef struct lb_with {
  size_t n;
  lb_with_entry *entry;
} lb_with;
/* LB_ENAME naming the first entry that no expression compiled with it has used. */
lb_status lb_with_check_used(const lb_with *with, lb_error *err);

/* Called for things worth telling that are no error: an unknown factor level in a comparison (with
 * did-you-mean), integers that became real. NULL = not wanted. `message` lives for the call. Copied
 * by lb_expr_compile; evaluation calls it too, so `context` lives as long as the expression. */
typedef struct lb_expr_notes {
  void (*note)(void *context, const char *message);
  void *context;
} lb_expr_notes;

typedef struct lb_expr lb_expr;

/* Parses and types `text` against the frame's columns. Errors carry the source line with a caret
 * and the mend: LB_EPARSE syntax, LB_ENAME unknown column, function or $name (did you mean),
 * LB_ETYPE. with   NULL = none. notes NULL = none. Aggregates (mean, n, ...) are allowed only when
 * `aggregate` or `window`, functions of other rows (lag, rank, ...) only when `window`. */
typedef struct lb_expr_options {
  lb_with *with;
  const lb_expr_notes *notes;
  bool aggregate; /* for lb_expr_summarise */
  bool window;    /* for lb_expr_window */
} lb_expr_options;
lb_status lb_expr_compile(const char *text, size_t length, const lb_frame *frame,
                          const lb_expr_options *options, lb_expr **out, lb_error *err);
void lb_expr_free(lb_expr *expr);
lb_type lb_expr_type(const lb_expr *expr);

/* "name = expression": the name (bare, or quoted by backticks) and where the expression begins.
 * LB_EPARSE. */
lb_status lb_expr_split(const char *text, size_t length, lb_value *name, size_t *expression,
                        lb_error *err);

/* Value of every row as a new column. The frame is the one compiled for, or one with the same
 * columns and types. */
lb_status lb_expr_eval(const lb_expr *expr, const lb_frame *frame, lb_column **out, lb_error *err);
/* Rows where a logical expression is true, ascending; counts of false and NA rows. rows:
 * lb_mem_free. LB_ETYPE with the mend when the expression is not logical. */
typedef struct lb_selection {
  lb_row *rows;
  size_t n_true, n_false, n_missing;
} lb_selection;
lb_status lb_expr_select(const lb_expr *expr, const lb_frame *frame, lb_selection *out,
                         lb_error *err);
/* Rows where it is true are dropped, false and NA kept: rows lists those kept, counts as above. */
lb_status lb_expr_reject(const lb_expr *expr, const lb_frame *frame, lb_selection *out,
                         lb_error *err);
/* One row a group; the expression was compiled with `aggregate`. Columns outside an aggregate must
 * be constant in each group (keys), else LB_EDATA. */
lb_status lb_expr_summarise(const lb_expr *expr, const lb_frame *frame, lb_groups *groups,
                            lb_column **out, lb_error *err);
/* Value of every row, where aggregates have the value of the row's group and rank, row_number, lag,
 * lead and cumsum follow the order of rows in groups->row. Compiled with `window`, else LB_EARG.
 * What stands at the row itself (columns, arithmetic) is as in lb_expr_eval. */
lb_status lb_expr_window(const lb_expr *expr, const lb_frame *frame, lb_groups *groups,
                         lb_column **out, lb_error *err);
/* Names of the columns that the expression reads, each once, in order of first use; borrowed. */
size_t lb_expr_columns(const lb_expr *expr, const char *const **names);

/* How an expression is computed, for people who ask. Blocks of rows pass the steps in order; the
 * last one is the value. */
typedef struct lb_plan_step {
  const char *name; /* "column", "constant", "list", a function of many rows, or the kernel */
  lb_type type;
  bool folded;       /* a constant that was computed from constants */
  size_t start, end; /* the bytes of the text that it stands for */
  size_t first, n;   /* steps it reads: operand[first .. first + n), all before it */
} lb_plan_step;
typedef struct lb_plan { /* owns its arrays; zero-initialise */
  size_t n;
  lb_plan_step *step;
  size_t *operand;
} lb_plan;
lb_status lb_expr_plan(const lb_expr *expr, lb_plan *out, lb_error *err); /* LB_ENOMEM */
void lb_plan_reset(lb_plan *plan);

/* The functions of the language, for help, completion and the reference page. */
typedef struct lb_expr_function {
  const char *name, *signature, *help; /* help: clauses parted by "; ", one says what NA does */
  enum { LB_OF_ROW, LB_AGGREGATE, LB_WINDOW } kind;
} lb_expr_function;
const lb_expr_function *lb_expr_functions(size_t *n);
#endif
