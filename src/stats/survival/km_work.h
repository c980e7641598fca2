/* km_work.h - inside Kaplan-Meier: limits from the variance of log S. */
#ifndef LB_SURVIVAL_KM_WORK_H
#define LB_SURVIVAL_KM_WORK_H
#include "stats/survival/km.h"
#include "stats/survival/riskset.h"

/* Limits inside (0, 1) of an estimate there: half is z times its standard error over the estimate,
 * half_low the same for the lower limit. */
typedef struct km_half {
  double half, half_low;
} km_half;
void km_limits(double estimate, km_half half, lb_km_conf type, double *low, double *high);
/* The curves of the classes of a set, which stays the caller's; y NULL without late entry. Options
 * are those in `km`; `rows` has the number of rows with the event at each time of the set where
 * LB_KM_FLEMING needs it beside their weight, else NULL. */
lb_status km_fit_set(const lb_riskset *set, const lb_surv *y, const double *rows, lb_km *km,
                     lb_error *err);
/* std_error and limits of a curve by the product limit that was fitted with no_errors. */
lb_status km_add_errors(const lb_km *km, size_t group, lb_error *err);
lb_status km_check_options(const lb_km_options *opt, lb_error *err);
/* Times of a class before the start, which its curve does not have. */
size_t km_skipped(const lb_riskset *set, size_t group, double start_time);
/* Sets std_error and both limits at time i from `sum`, the variance of log S there, and z, the
 * normal quantile of the level. `lag` is n_risk at the last event, for LB_KM_LOWER_MODIFIED. */
void km_set_limits(const lb_km_curve *c, size_t i, double sum, double z, const lb_km *km,
                   double lag);
#endif
