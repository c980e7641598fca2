/* cuminc_work.h - inside cumulative incidence: limits from standard errors, and the jackknife. */
#ifndef LB_SURVIVAL_CUMINC_WORK_H
#define LB_SURVIVAL_CUMINC_WORK_H
#include "stats/survival/cuminc.h"
#include "stats/survival/riskset.h"

/* Sets std_error of a cause in a group by the infinitesimal jackknife. */
lb_status cuminc_jackknife(const lb_surv *y, const lb_riskset *set, const lb_partition *cluster,
                           lb_cuminc *fit, lb_error *err);
#endif
