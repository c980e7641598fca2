/* km_robust.h - Kaplan-Meier curves with sampling weights: the robust variance. */
#ifndef LB_SURVIVAL_KM_ROBUST_H
#define LB_SURVIVAL_KM_ROBUST_H
#include "stats/survival/km.h"

/* As lb_km_fit, but the standard errors and limits are those of the infinitesimal jackknife: the
 * variance of S(t) is the sum over rows of the square of weight times the derivative of S(t) to
 * the weight, which is S(t) (A(t) - A(entry)) for a row at risk beyond t and stays S(t) (A(x) -
 * A(entry) - event/(n - d)) after its time x, with A(t) = sum d/(n (n - d)) (Therneau & Grambsch
 * 2000, section 2.2; Williams 1995, Int J Epidemiol 24:S12). Each row is a subject of its own.
 * O(n log n). */
lb_status lb_km_robust_fit(const lb_surv *y, const lb_partition *groups, const lb_km_options *opt,
                           lb_km *out, lb_error *err);
#endif
