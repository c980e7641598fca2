/* cox_work.h - inside the Cox model: data sorted for the walk, and the likelihood at a beta. */
#ifndef LB_SURVIVAL_COX_WORK_H
#define LB_SURVIVAL_COX_WORK_H
#include "stats/sum.h"
#include "stats/survival/cox.h"
#include "stats/survival/riskset.h"

/* Rows in the order of set.by_time ("places"). Columns are centred in each stratum, which
 * changes no risk-set difference, and divided by their standard deviation there; a column that
 * is constant in every stratum is all zero. */
typedef struct cox_data {
  size_t n, p;
  lb_riskset set;               /* classes are strata */
  double *z;                    /* n x p, row after row */
  double *weight;               /* n */
  double *offset;               /* n, centred in each stratum */
  uint8_t *event;               /* n; events of weight 0 are none */
  uint32_t *leave;              /* n places by (stratum, entry); NULL without late entry */
  size_t *first_time;           /* n: first time index after entry; NULL without late entry */
  double *mean, *scale, *range; /* p: weighted mean; standard deviation (1 if zero); range of z */
} cox_data;

/* Passes over the rows run in cox_blocks(n) blocks, whatever the number of threads, so that sums
 * are the same to the last bit; block b has the places from cox_block_start(n, b) to that of
 * b + 1. */
#define COX_MAX_BLOCKS    64     /* each holds a p x p matrix */
#define COX_PARALLEL_ROWS 100000 /* below this, threads cost more than they give */
size_t cox_blocks(size_t n);
size_t cox_block_start(size_t n, size_t block);

lb_status cox_data_new(const lb_surv *y, const lb_design *x, const lb_partition *strata,
                       cox_data *out, lb_error *err);
void cox_data_reset(cox_data *d);

/* Log-likelihood, score and information at beta (per standard deviation), with what is needed to
 * get there. */
typedef struct cox_state {
  double log_lik;
  double *score;        /* p */
  double *information;  /* p x p, lower triangle */
  double *crossproduct; /* p: diagonal of Z' diag(w r H) Z, against which a pivot is judged small */
  double *eta, *risk;   /* n: linear predictor; weight exp(eta) */
  double *expected;     /* n: risk times the cumulative hazard while at risk: expected events */
  double *hazard;       /* of each time: the step for those at risk, then their cumulative hazard */
  double *hazard_low;   /* what rounding dropped from the cumulative hazard */
  double *hazard_event; /* the step for those with the event there */
  lb_sum *sum1;         /* p: risk-set sums of risk z */
  double *event1;       /* p: the same over the tied events */
  double *part;         /* cox_blocks(n) x p x p: sums over a block of rows */
} cox_state;

lb_status cox_state_new(const cox_data *d, cox_state *out, lb_error *err);
void cox_state_reset(cox_state *s);
/* LB_EINTR when interrupted; log_lik is not finite when beta is absurd, which is for the caller
 * to see. */
lb_status cox_evaluate(const cox_data *d, lb_ties ties, const double *beta, cox_state *s,
                       lb_error *err);
#endif
