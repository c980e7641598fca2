/* km_work.h - inside Kaplan-Meier: limits from the variance of log S. */
#ifndef LB_SURVIVAL_KM_WORK_H
#define LB_SURVIVAL_KM_WORK_H
#include "stats/survival/km.h"
#include "stats/survival/riskset.h"

/* Limits inside (0, 1) of an estimate there: half is z times its standard error over the estimate,
 * half_low the same for the lower limit of LB_KM_LOG and LB_KM_LOG_PETO. */
typedef struct km_half {
  double half, half_low;
} km_half;
void km_limits(double estimate, km_half half, lb_km_conf type, double *low, double *high);
/* The curves of the classes of a set, which stays the caller's; y NULL without late entry. */
lb_status km_fit_set(const lb_riskset *set, const lb_surv *y, lb_km *km, lb_error *err);
lb_status km_check_options(const lb_km_options *opt, lb_error *err);
/* Sets std_error and both limits at time i from `sum`, the variance of log S there, and z, the
 * normal quantile of the level. */
void km_set_limits(const lb_km_curve *c, size_t i, double sum, double z, lb_km_conf type);
#endif
