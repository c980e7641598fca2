/* finegray_work.h - inside Fine-Gray: censoring weights, and the variance. */
#ifndef LB_SURVIVAL_FINEGRAY_WORK_H
#define LB_SURVIVAL_FINEGRAY_WORK_H
#include "stats/survival/cox_work.h"
#include "stats/survival/finegray.h"

/* The fit while it runs. Times are all distinct ones; places are the Cox model's. */
typedef struct fg_work {
  const lb_surv *y; /* events of any cause */
  const lb_design *x;
  const lb_finegray_options *opt;
  int32_t cause;
  lb_riskset set;      /* n_risk, n_event, n_censor at each time */
  double *free;        /* G(t-) at each time: not yet censored */
  uint32_t *place_end; /* of each time: places up to and with it */
  lb_finegray *fit;
} fg_work;

/* Those at risk of being censored at time t. */
static inline double fg_at_risk(const fg_work *w, size_t t)
{
  return w->set.n_risk[t] - (w->opt->events_first ? w->set.n_event[t] : 0);
}
/* Replaces vcov, std_error and wald_test of the fit by those of the sandwich. */
lb_status fg_variance(const fg_work *w, const cox_data *d, const cox_state *s, lb_cox *fit,
                      lb_error *err);
#endif
