/* logrank_work.h - what the log-rank tests and their permutation scores share: weights of times. */
#ifndef LB_SURVIVAL_LOGRANK_WORK_H
#define LB_SURVIVAL_LOGRANK_WORK_H
#include "stats/survival/logrank.h"

/* Survival just before a time, and Peto's, while time goes forwards; starts as {1, 1}. */
typedef struct lb_logrank_forwards {
  double survival, peto;
} lb_logrank_forwards;

/* The weights that n_opt tests give to the next time, with n at risk and d events. */
void lb_logrank_next_weights(const lb_logrank_options *opt, size_t n_opt, lb_logrank_forwards *f,
                             double n, double d, double *weight);
lb_status lb_logrank_check_options(const lb_logrank_options *opt, size_t n_opt, lb_error *err);
#endif
