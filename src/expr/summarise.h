/* summarise.h - an expression with aggregates: one value a group. */
#ifndef LB_EXPR_SUMMARISE_H
#define LB_EXPR_SUMMARISE_H
#include "expr/exec.h"

/* exec describes the rows; out has one row a group. LB_EDATA when a column outside an aggregate
 * varies within a group. With an overflow in the tally *out stays NULL. */
lb_status lb_summarise(const lb_exec *exec, lb_groups *groups, lb_tally *tally, lb_column **out,
                       lb_error *err);
#endif
