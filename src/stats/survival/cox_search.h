/* cox_search.h - inside the Cox model: the maximum over some coefficients while others are held,
 * of the partial likelihood or of Firth's penalised one. */
#ifndef LB_SURVIVAL_COX_SEARCH_H
#define LB_SURVIVAL_COX_SEARCH_H
#include "stats/survival/cox_work.h"

#include "stats/sum.h"

/* Sums of the penalty's score along time; bins ascend. */
typedef struct cox_firth {
  double *inverse; /* p x p: inverse information */
  lb_sum *passed;  /* n_bin x (p + 1): hazard and hazard-weighted means up to and with the bin */
  double *own;     /* n_bin x (p + 1): the share that an event has in its own time's steps */
  double *events, *mean, *product, *at; /* p + 1, p, p, p + 1 */
} cox_firth;

lb_status cox_firth_new(const cox_data *d, cox_firth *out, lb_error *err);
void cox_firth_reset(cox_firth *f);
/* Adds log|information| / 2 to log_lik and its derivatives to the score; over the columns that are
 * kept, of which `factor` is the Cholesky factor of the information. LB_EINTR. */
lb_status cox_firth_add(const cox_data *d, lb_ties ties, const double *factor, const bool *kept,
                        cox_state *s, cox_firth *f, lb_error *err);

/* All per standard deviation of the columns. */
typedef struct cox_search {
  cox_data data;
  cox_state at; /* at beta */
  lb_ties ties;
  bool penalised;
  cox_firth firth;
  size_t max_iter, iterations;
  bool converged;              /* the last search ended with steps below SETTLED */
  double *beta, *trial, *step; /* p */
  double *factor, *masked;     /* p x p */
  bool *kept;                  /* p: not collinear */
  bool *free, *solid;          /* p: kept and not held; free and of a pivot that is no rounding */
} cox_search;

/* `kept` is copied. LB_EARG: a penalty with exact ties; else as cox_data_new. */
lb_status cox_search_new(const lb_surv *y, const lb_design *x, const lb_partition *strata,
                         const bool *kept, cox_search *q, lb_error *err);
void cox_search_reset(cox_search *q);
/* Likelihood at q->beta: q->at. */
lb_status cox_search_evaluate(cox_search *q, lb_error *err);
/* Moves the free coefficients from q->beta to the maximum. */
lb_status cox_search_run(cox_search *q, lb_error *err);
#endif
