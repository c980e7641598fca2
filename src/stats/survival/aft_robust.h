/* aft_robust.h - sandwich variance of any likelihood of rows. */
#ifndef LB_STATS_AFT_ROBUST_H
#define LB_STATS_AFT_ROBUST_H
#include "stats/surv.h"
#include "stats/survival/aft_newton.h"

/* V (sum over clusters u u') V, V the inverse information at `best`, u the weighted scores of a
 * cluster's rows added up (Huber 1967; Lin & Wei 1989, JASA 84:1074), without a correction for few
 * clusters, as R's survreg. cluster NULL, or with code NULL: each row is one; `frequency`: its
 * weight is a count of such rows. out: p x p. */
lb_status lb_likelihood_sandwich(const lb_predictors *x, const lb_maximum *best,
                                 const lb_partition *cluster, bool frequency, double *out,
                                 lb_error *err);
#endif
