/* interval.h - the normal quantile that belongs to a two-sided confidence level, and the level's
 * check. */
#ifndef LB_STATS_INTERVAL_H
#define LB_STATS_INTERVAL_H
#include "base/error.h"

/* z with P(|Z| <= z) = conf_level for a standard normal Z: 1.959964 for 0.95. */
double lb_z_value(double conf_level);
/* LB_EARG unless 0 < conf_level < 1. */
lb_status lb_conf_level_check(double conf_level, lb_error *err);
#endif
