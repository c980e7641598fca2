/* riskset_order.h - inside the risk sets: rows by class and time. */
#ifndef LB_SURVIVAL_RISKSET_ORDER_H
#define LB_SURVIVAL_RISKSET_ORDER_H
#include "stats/survival/riskset.h"

#include <stdbool.h>

/* Days of a table classes x days that costs less than a sort; 0: times are not whole, or the table
 * would be larger than the data. */
size_t lb_riskset_days(const double *time, size_t n, size_t n_class);
/* order: rows by (class, time, row); false: out of memory. */
bool lb_riskset_by(const double *time, size_t n, const lb_partition *classes, uint32_t *order);
/* Sets class_row, class_time, by_time, time_row, time, n_time; n and n_class are set. */
bool lb_riskset_place(lb_riskset *set, const lb_surv *y, const lb_partition *classes);
/* What every risk set asks of its rows. */
lb_status lb_riskset_check(const lb_surv *y, const lb_partition *classes, lb_error *err);
#endif
