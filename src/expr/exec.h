/* exec.h - runs a program over rows, block by block, and collects the values or the rows. */
#ifndef LB_EXPR_EXEC_H
#define LB_EXPR_EXEC_H
#include "expr/expr.h"
#include "expr/program.h"

/* What to compute. */
typedef struct lb_exec {
  const lb_program *program;
  size_t root;                   /* operation whose value is wanted */
  const lb_column *const *input; /* by operation: the column of an input, else NULL */
  size_t n;                      /* rows of every input */
} lb_exec;

/* The root's value as a column. tally: added to; with an overflow there is no column. */
lb_status lb_exec_column(const lb_exec *exec, lb_tally *tally, lb_column **out, lb_error *err);
/* Rows where the (logical) root is true, or (reject) where it is not. */
lb_status lb_exec_rows(const lb_exec *exec, bool reject, lb_tally *tally, lb_selection *out,
                       lb_error *err);
#endif
