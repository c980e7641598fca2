/* cox_penal_work.h - inside the penalised Cox model: groups of rows, the penalised step, the search
 * for theta. */
#ifndef LB_SURVIVAL_COX_PENAL_WORK_H
#define LB_SURVIVAL_COX_PENAL_WORK_H
#include "stats/survival/cox_penal.h"
#include "stats/survival/cox_work.h"

/* Up to so many groups the diagonal of the inverse is exact. */
#define PENAL_DENSE 500

/* A row joins the risk set of its group at a bin, or leaves it. */
typedef struct group_change {
  uint32_t bin;
  double risk, event; /* event: its risk when it has the event there */
} group_change;

/* Rows in places (cox_work.h) by group, and what the last evaluation says of them. The information
 * of the log-frailties is C = diag(sum of expected) - W W'; it is known by its products alone. */
typedef struct cox_groups {
  size_t q;
  const cox_data *d;
  const cox_state *s;
  uint32_t *group, *bin;           /* n: of each place; bin COX_NO_BIN when never at risk */
  uint32_t *first_bin;             /* n_bin: the first of its stratum */
  uint32_t *start, *place;         /* q + 1, n: places of each group, ascending */
  double *event;                   /* q: weighted events */
  cox_tied_sums *tied;             /* n_bin */
  double *exposure;                /* n: cumulative hazard that the row met */
  double *expected;                /* q: expected events */
  double *steps, *steps_low, *own; /* n_bin: of a product */
  double *leaving;                 /* n_bin; NULL without late entry */
  double *u, *row;                 /* n: of a product */
  double *diagonal;                /* q: of C */
  double *edge, edges;  /* q: a complete graph's Laplacian, diag(edge) - edge edge' / edges,
                                      has the diagonal of C, and its null vector */
  double *cumulative;   /* n_bin: sums of tied.a */
  group_change *change; /* of one group */
  double *cg[4];        /* q: of conjugate gradients */
} cox_groups;

lb_status cox_groups_new(const cox_data *d, const cox_state *s, const lb_partition *group,
                         cox_groups *out, lb_error *err);
void cox_groups_reset(cox_groups *g);
/* After an evaluation of the likelihood. */
void cox_groups_update(cox_groups *g, lb_ties ties);
/* out (q) = the part of the information for groups, times the n numbers in g->u. */
void cox_groups_multiply(cox_groups *g, double *out);
/* Solves (C + diag(delta)) x = b; x is where it starts from. */
lb_status cox_groups_solve(cox_groups *g, const double *delta, const double *b, double *x,
                           lb_error *err);
/* inverse: q places for the diagonal of (C + diag(delta))^-1; *log_det: log |C + diag(delta)|. */
lb_status cox_groups_inverse(cox_groups *g, const double *delta, double *inverse, double *log_det,
                             lb_error *err);

typedef struct penal_work {
  cox_data data;
  cox_state at; /* the likelihood at beta and omega */
  const lb_cox_penalised *what;
  const lb_penalty *frailty; /* NULL without */
  size_t frailty_index;
  bool frailty_on; /* off: all log-frailties are 0 */
  cox_groups groups;
  double *theta;        /* n_penalty: as they are now */
  double *unit_penalty; /* n_penalty blocks, p x p each: for theta 1, per standard deviation */
  double *penalty;      /* p x p: their sum */
  double *base_offset;  /* n: of each place, without frailty */
  double *beta, *trial, *step, *gradient;                            /* p */
  double *omega, *omega_trial, *omega_step, *omega_gradient, *delta; /* q */
  double *cross, *solved;        /* p x q: B' and ((C + delta)^-1 B)' */
  double *schur, *factor, *vcov; /* p x p: information without log-frailties, its Cholesky factor,
                                    its inverse */
  double *vcov2, *room;          /* p x p: V I V of the columns; 3 p x p to work in */
  double *pivot;                 /* p: what a pivot is judged by */
  double *null_se;               /* p: standard errors at 0 */
  bool *term_kept;               /* p: of a term's columns, at work */
  bool *kept, *solid;            /* p: not collinear; and the information has not vanished */
  size_t rank;
  double *inverse; /* q: diagonal of V */
  double log_det;
  double objective, value; /* log-likelihood less penalty; the penalty */
  size_t iterations, fits;
  bool converged;
} penal_work;

/* At beta = 0 without frailty: which columns are collinear. */
lb_status penal_start(penal_work *w, lb_error *err);
/* Newton's method from where beta and omega are; then `vcov` is set, and with `inverse` the
 * diagonal for the frailties too. */
lb_status penal_solve(penal_work *w, bool inverse, lb_error *err);
/* Effective degrees of freedom of a term, of all. */
double penal_term_df(penal_work *w, size_t term);
double penal_df(const penal_work *w);
/* The sum of unit_penalty times theta. */
void penal_set_penalty(penal_work *w);
/* Log-likelihood integrated over the frailties. */
double penal_integrated(const penal_work *w);
/* cox_penal_theta.c: finds theta of all terms, or of all but the frailty, which is left off; the
 * fit stays there. */
lb_status penal_find_theta(penal_work *w, lb_penal_term *term, bool frailty, lb_error *err);
#endif
