/* multistate_predict_work.h - inside the predictions of a multistate Cox model: one person's way
 * through the times at which a baseline steps. */
#ifndef LB_SURVIVAL_MULTISTATE_PREDICT_WORK_H
#define LB_SURVIVAL_MULTISTATE_PREDICT_WORK_H
#include "stats/survival/multistate_predict.h"

typedef struct predict_work {
  const lb_cox_path *path;
  const lb_state_person *person;
  const lb_state_times *times;
  size_t k, p;
  size_t *place;  /* n_transition: next time of its stratum */
  double *matrix; /* k x k: exp(dA) or I + dA */
  double *rate;   /* k x k: dA */
  double *work;   /* 2 k x k */
  double *now, *before;
  double *covariance; /* k x k: of the baselines */
  double *slope;      /* p x k: derivative of p by the coefficients */
  double *step;       /* k: what a stratum's hazard moves */
} predict_work;

/* Before all times; end with state_end also after LB_ENOMEM. */
lb_status state_start(predict_work *w, const lb_cox_path *path, const lb_state_person *person,
                      const lb_state_times *times, lb_error *err);
/* The next time at which any baseline steps, up to `until`; infinite without. */
double state_next(const predict_work *w, double until);
/* Whether transition h steps at a time. */
bool state_steps(const predict_work *w, size_t h, double time);
/* Over that time: `matrix`, `before` and `now`; covariance and slope if `variance`. */
void state_move(predict_work *w, double time, bool variance);
/* And past it. */
void state_pass(predict_work *w, double time);
void state_end(predict_work *w);
/* out = a b, k x k. */
void state_multiply(const double *a, const double *b, size_t k, double *out);
#endif
