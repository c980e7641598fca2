/* aggregate.h - one value of many rows: counts, moments, quantiles, extremes. */
#ifndef LB_EXPR_AGGREGATE_H
#define LB_EXPR_AGGREGATE_H
#include "expr/program.h"
#include "frame/group.h"

/* One value a group, missing rows skipped.
 *   op   the aggregate; arg  its argument's values (NULL for n())
 *   overflow  set when a sum of integers left 64 bits; then *out stays NULL
 * LB_ENOMEM, LB_EINTR. */
lb_status lb_aggregate(const lb_op *op, const lb_column *arg, const lb_groups *groups,
                       bool *overflow, lb_column **out, lb_error *err);
/* As lb_aggregate for what is a real: sums, moments and quantiles of a real column. */
lb_status lb_aggregate_real(const lb_op *op, const lb_column *arg, const lb_groups *groups,
                            lb_column **out, lb_error *err);
/* Both missing, both NaN, or equal. */
bool lb_same_value(const lb_column *column, size_t a, size_t b);
#endif
