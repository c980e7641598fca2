/* window.h - an expression over groups with a value for every row: aggregates spread over the rows
 * of their group, and functions that look at the rows before and behind. */
#ifndef LB_EXPR_WINDOW_H
#define LB_EXPR_WINDOW_H
#include "expr/exec.h"
#include "frame/group.h"

/* exec describes the rows; out has as many. Rows stand within a group as groups->row lists them.
 * With an overflow in the tally *out stays NULL. LB_ENOMEM, LB_EINTR. */
lb_status lb_window(const lb_exec *exec, const lb_groups *groups, lb_tally *tally, lb_column **out,
                    lb_error *err);
#endif
