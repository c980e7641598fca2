/* km_work.h - inside Kaplan-Meier: limits from the variance of log S. */
#ifndef LB_SURVIVAL_KM_WORK_H
#define LB_SURVIVAL_KM_WORK_H
#include "stats/survival/km.h"

/* Sets std_error and both limits at time i from `sum`, the variance of log S there, and z, the
 * normal quantile of the level. */
void km_set_limits(const lb_km_curve *c, size_t i, double sum, double z, lb_km_conf type);
#endif
