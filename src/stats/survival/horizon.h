/* horizon.h - one number of a curve at a horizon: survival, incidence, restricted mean or lost
 * time, with its variance, its influences and what it is without each single row. */
#ifndef LB_SURVIVAL_HORIZON_H
#define LB_SURVIVAL_HORIZON_H
#include "stats/survival/riskset.h"

typedef enum lb_horizon_kind {
  LB_HORIZON_SURVIVAL,  /* S(tau) */
  LB_HORIZON_MEAN,      /* integral of S over [from, tau] */
  LB_HORIZON_INCIDENCE, /* F_k(tau) */
  LB_HORIZON_LOST       /* integral of F_k over [from, tau] */
} lb_horizon_kind;

typedef struct lb_horizon {
  lb_horizon_kind kind;
  size_t cause;     /* from 1; 0 = events of any cause. Of incidence and lost time */
  double from, tau; /* unit of the data; from only of the two integrals */
} lb_horizon;

/* LB_EARG unless tau is finite, 0 <= from < tau (for integrals), and the cause among n_cause. */
lb_status lb_horizon_check(const lb_horizon *h, size_t n_cause, lb_error *err);

/* All four are rewards of a walk through the states: a rate while event-free within the window, an
 * amount J(s) at an event of the cause, an amount at tau. V(t) is what is still to come for those
 * event-free after t:
 *   V(t-) = reward of the wait + h_k(t) J(t) + (1 - h(t)) V(t),    estimate = V(0)
 * and the derivative of the estimate by the hazard h_k at t is D_k(t) = S(t-) (J_k(t) - V(t)).
 * Multinomial events then have the variance sum over t of S(t-)^2 Var(J - V at an event) / n: of
 * the restricted mean sum A(t)^2 d / (n (n - d)), A(t) the area from t to tau (Greenwood). Beyond
 * the last time the curve is carried on; whether that may be said is for the caller to judge. */
typedef struct lb_horizon_walk {
  const lb_riskset *set;
  lb_horizon at;
  size_t first, n; /* times of the class up to tau: first .. first + n - 1 of the set */
  size_t room;     /* times that the arrays can hold */
  double *before;  /* n + 1: S just before time i; at n after all */
  double *value;   /* n + 1: V after i times */
  double *change;  /* n + 1: V with everybody at risk but one, less V; only when asked for */
  double *log_one; /* n + 1: log of the product of 1 - d / (n - 1) over the first i times */
  size_t *zero;    /* n + 1: how many of these factors are 0; they do not count in log_one */
  double *shared;  /* n + 1: sum over the first i times of sum_k h_k D_k / n */
} lb_horizon_walk;

/* Room for the longest class of the set. LB_ENOMEM. */
lb_status lb_horizon_walk_new(const lb_riskset *set, lb_horizon_walk *out, lb_error *err);
void lb_horizon_walk_reset(lb_horizon_walk *w);
/* Walks class c; returns the estimate. O(times). */
double lb_horizon_walk_class(lb_horizon_walk *w, size_t c, const lb_horizon *at);
/* Variance of the estimate of the class walked, as above. Of NaN-free data never below 0. */
double lb_horizon_variance(const lb_horizon_walk *w);

/* Influences of the rows of the class walked on its estimate: weight times (D_k(T) / n(T) less the
 * shared sum while at risk), the infinitesimal jackknife. y as the set was sorted of;
 * out[row] of the class's rows are written. */
void lb_horizon_influence(lb_horizon_walk *w, const lb_surv *y, size_t c, double *out);
/* The estimate without one person of each row, less the estimate: exact, as if refitted without
 * that person, from
 *   S(e) (U(e) + M(e, T-) ((event V(T) - J_k(T)) / (n - 1) - (1 - d / (n - 1)) U(T)))
 * where e is entry, T the row's time, U is `change` and M the product of 1 - d / (n - 1) over the
 * times between. Weights count persons. O(rows), with late entry O(rows log times). */
void lb_horizon_leave_one(lb_horizon_walk *w, const lb_surv *y, size_t c, double *out);
#endif
