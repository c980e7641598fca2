/* km_robust.h - Kaplan-Meier curves with sampling weights or clusters: the robust variance. */
#ifndef LB_SURVIVAL_KM_ROBUST_H
#define LB_SURVIVAL_KM_ROBUST_H
#include "stats/survival/km.h"

/* As lb_km_fit, but the standard errors and limits are those of the infinitesimal jackknife: the
 * influence of a row on S(t), weight times the derivative of S(t) to the weight, is that times S(t)
 * (A(t) - A(entry)) while it is at risk and stays S(t) (A(x) - A(entry) - event/(n - d)) after its
 * time x, with A(t) = sum d/(n (n - d)) (Therneau & Grambsch 2000, section 2.2; Williams 1995, Int
 * J Epidemiol 24:S12). Influences are added up within clusters and the variance is the sum of their
 * squares; cluster NULL or without codes: each row is a subject of its own. LB_EARG cluster out of
 * range; else as lb_km_fit. O(n log n). */
lb_status lb_km_robust_fit(const lb_surv *y, const lb_partition *groups,
                           const lb_partition *cluster, const lb_km_options *opt, lb_km *out,
                           lb_error *err);
#endif
