/* multistate_work.h - inside the Aalen-Johansen estimate: one time's moves, and the variance that
 * is moved along with them. */
#ifndef LB_SURVIVAL_MULTISTATE_WORK_H
#define LB_SURVIVAL_MULTISTATE_WORK_H
#include "stats/survival/multistate.h"
#include "stats/survival/riskset.h"

#include <math.h>

/* A time at which somebody moves. */
typedef struct aj_step {
  size_t k;             /* states */
  const double *before; /* p just before */
  const double *n_risk; /* by state */
  const lb_aj_jump *jump;
  size_t n_jump;
  double *matrix; /* k x k: I + dA; a diagonal is exactly 0 where everybody leaves */
  double *share;  /* p_j / at risk in j where somebody leaves j, else 0 */
} aj_step;

/* Influences of clusters, as moments. */
typedef struct aj_jackknife aj_jackknife;
aj_jackknife *aj_jackknife_new(const lb_aj_curve *curve, size_t n_state, bool frequency);
void aj_jackknife_free(aj_jackknife *j);
/* Spells in the order of time: enter before the moves of their first time, leave after those of
 * their last. */
void aj_jackknife_enter(aj_jackknife *j, const lb_aj_spell *spell);
void aj_jackknife_leave(aj_jackknife *j, const lb_aj_spell *spell);
/* The start distribution was estimated from these n spells, of weight `total`. */
void aj_jackknife_start(aj_jackknife *j, const uint32_t *spells, size_t n, const double *p0,
                        double total);
/* The n spells that end at a time, some of them with a move. */
void aj_jackknife_move(aj_jackknife *j, const aj_step *step, const uint32_t *spells, size_t n);
/* Variance of each state's probability; 0 where `p` is 0. */
void aj_jackknife_variance(aj_jackknife *j, const double *p, double *out);
/* What a spell's influence is multiplied with. */
static inline double aj_scale(const lb_aj_spell *s, bool frequency)
{
  return frequency ? sqrt(s->weight) : s->weight;
}

/* covariance becomes I+dA' covariance I+dA and what the moves add; work holds 2 k^2 numbers. */
void aj_covariance_move(const aj_step *step, lb_aj_variance kind, double *covariance, double *work);

/* multistate_spells.c: the spells of all groups, those of group g at first[g] .. first[g + 1). */
typedef struct aj_spells {
  size_t n, n_group, n_cluster;
  lb_aj_spell *spell;
  size_t *first;
} aj_spells;
lb_status aj_spells_new(const lb_aj_data *data, const lb_aj_options *opt, aj_spells *out,
                        lb_error *err);
void aj_spells_reset(aj_spells *spells);
#endif
