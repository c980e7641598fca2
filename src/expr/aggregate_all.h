/* aggregate_all.h - sums and means of all rows of a frame: one pass, in blocks, without lists of
 * rows. */
#ifndef LB_EXPR_AGGREGATE_ALL_H
#define LB_EXPR_AGGREGATE_ALL_H
#include "expr/program.h"
#include "frame/group.h"

/* As lb_aggregate for one group of all rows, where it is faster: *out stays NULL where it is not
 * (other functions, few rows, sums that are not finite or may overflow). The sum is the one that
 * lb_aggregate gives but for the last bit; it does not depend on the number of threads. LB_ENOMEM,
 * LB_EINTR. */
lb_status lb_aggregate_all(const lb_op *op, const lb_column *arg, const lb_groups *groups,
                           lb_column **out, lb_error *err);
#endif
