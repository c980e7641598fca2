/* multistate_predict.h - where people of a multistate Cox model will be: state probabilities from
 * the hazards of all transitions. */
#ifndef LB_SURVIVAL_MULTISTATE_PREDICT_H
#define LB_SURVIVAL_MULTISTATE_PREDICT_H
#include "stats/survival/cox_jackknife.h"
#include "stats/survival/cox_survival.h"
#include "stats/survival/km.h"

/* One transition of one person: the stratum of the stacked model that has its baseline, and the
 * person's columns there less path->centre. */
typedef struct lb_state_person {
  size_t n_transition, n_state;
  const int32_t *from, *to;
  const size_t *stratum;  /* n_transition */
  const double *z;        /* n_transition x p */
  const double *log_risk; /* n_transition */
  const double *p0;       /* n_state */
} lb_state_person;

typedef struct lb_state_times {
  const double *time; /* n, ascending */
  size_t n;
  double from;    /* the hazards count after this time */
  bool increment; /* product of I + dA (Aalen-Johansen) instead of exp(dA) */
} lb_state_times;

/* p(t) = p0 prod exp(dA(s)), dA the hazards of the person's transitions: with two states the usual
 * exp(-H). An increment above 1, which exp(dA) takes, makes I + dA no probability; then it is cut
 * at 1. std_error by the delta method: the martingale part of the baselines and the coefficients'
 * (Andersen, Hansen & Keiding 1991, Scand J Stat 18:153, section 3; vcov NULL: not wanted).
 *   estimate, std_error  times x n_state
 * LB_ENOMEM. O(times of moves (states^2 (states + p))). */
lb_status lb_state_predict(const lb_cox_path *path, const double *vcov,
                           const lb_state_person *person, const lb_state_times *times,
                           double *estimate, double *std_error, lb_error *err);
/* The same with the robust standard error of the infinitesimal jackknife: the influence of a
 * cluster on p(t) is that on the baselines, dD(s) of each stratum as in lb_cox_jackknife times the
 * derivative of p(t) to the stratum's hazard at s, and that on the coefficients times the
 * derivative of p(t) to them; squares added up over clusters. Derivatives are those of
 * lb_state_predict, taken backwards from each time asked for. NaN with fewer than two clusters of
 * weight. O(times (times of moves states^3 + rows states)). */
lb_status lb_state_predict_robust(const lb_cox_jackknife *jackknife, const lb_state_person *person,
                                  const lb_state_times *times, double *estimate, double *std_error,
                                  lb_error *err);
/* Limits of each, in place of nothing: as state probabilities have them. */
void lb_state_limits(const double *estimate, const double *std_error, size_t n, double conf_level,
                     lb_km_conf type, double *low, double *high);
#endif
