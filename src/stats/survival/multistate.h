/* multistate.h - probabilities of being in each state over time, a set of curves per group. */
#ifndef LB_SURVIVAL_MULTISTATE_H
#define LB_SURVIVAL_MULTISTATE_H
#include "stats/survival/km.h"
#include "stats/survival/multistate_history.h"

#include <math.h>

typedef enum lb_aj_variance {
  LB_AJ_JACKKNIFE, /* infinitesimal jackknife over clusters, else persons */
  LB_AJ_GREENWOOD, /* moves at a time multinomial; the start distribution taken as known */
  LB_AJ_AALEN      /* moves at a time Poisson; as above */
} lb_aj_variance;

typedef struct lb_aj_options {
  double conf_level;
  lb_km_conf conf_type; /* of the probability; not LB_KM_LOG_PETO */
  lb_aj_variance variance;
  double start_time; /* follow-up begins here, -INFINITY: with the data */
  int32_t landmark;  /* only persons in this state at start_time; LB_STATE_NONE: everybody */
  const double *p0;  /* n_state: where everybody is at the start; NULL = estimated */
  bool frequency;    /* weights are repeated persons; else each weighs once, so much */
} lb_aj_options;
#define LB_AJ_DEFAULTS                                                                             \
  {                                                                                                \
    .conf_level = 0.95, .conf_type = LB_KM_LOG_LOG, .start_time = -INFINITY,                       \
    .landmark = LB_STATE_NONE                                                                      \
  }

/* What the estimate needs beside the moves; arrays by row, borrowed. */
typedef struct lb_aj_data {
  const lb_moves *moves;
  const lb_history *history; /* of the moves, without overlaps */
  const double *weight;      /* NULL = 1 */
  lb_partition groups;       /* n 0 = one */
  lb_partition cluster;      /* code NULL = persons */
} lb_aj_data;

/* Moves from one state to another at one time. */
typedef struct lb_aj_jump {
  int32_t from, to;
  double n_event; /* weighted */
} lb_aj_jump;

/* A spell of a person in one state: rows that follow each other without a move are one. At risk at
 * the times enter <= i <= leave of its curve. */
typedef struct lb_aj_spell {
  int32_t from, to; /* to LB_STATE_NONE: left by censoring */
  uint32_t enter, leave, cluster;
  double entry, time, weight;
} lb_aj_spell;

/* One group, at its n_time distinct times, ascending; state s of time i at [i * n_state + s]. */
typedef struct lb_aj_curve {
  size_t n_spell, n_cluster, n_time; /* clusters that occur */
  double n_event;                    /* weighted moves */
  lb_aj_spell *spell;
  double *time;
  double *n_risk, *n_event_into, *n_censor; /* weighted; in the state just before, moves into it */
  double *estimate, *std_error, *conf_low, *conf_high;
  size_t *jump_start;        /* n_time + 1 */
  lb_aj_jump *jump;          /* by time, from, to */
  double *p0, *p0_std_error; /* n_state */
  bool p0_estimated;         /* from those at risk at the first move, not all in one state */
  double first_move;         /* NaN without any */
} lb_aj_curve;

typedef struct lb_aj {
  size_t n_state, n_group;
  lb_aj_curve *curve;    /* a group each, also of one without rows (n_time 0) */
  lb_aj_options options; /* p0 not kept */
} lb_aj;

/* Aalen-Johansen estimate p(t) = p0 prod (I + dA), dA_jk = moves j -> k / at risk in j (Aalen &
 * Johansen 1978, Scand J Stat 5:141; Andersen et al. 1993, section IV.4). Censored at a time
 * are at risk then. p0 is the share of each state among those at risk at the first move, as
 * survival's survfit. The state is that of persons at a landmark with landmark >= 0: then no
 * Markov assumption is made (Putter & Spitoni 2018, Stat Methods Med Res 27:2081).
 * Variances: the jackknife adds up squares of the derivative of p(t) to a cluster's weight
 * (that of the start distribution included), times the weight; moments over clusters are moved
 * along instead of each cluster's derivative. Greenwood (eq. 4.4.19) and Aalen (4.4.17) move the
 * covariance along. Where a state is empty its variance is 0.
 *   out  written on success, untouched on failure; free with lb_aj_reset
 * LB_EARG options or codes out of range, p0 that does not add up to 1; LB_EDATA when nobody is in
 * the landmark's state; LB_ENOMEM; LB_EINTR. O((n log times + times states) states^2). */
lb_status lb_aj_fit(const lb_aj_data *data, const lb_aj_options *opt, lb_aj *out, lb_error *err);
void lb_aj_reset(lb_aj *fit); /* safe on a zeroed struct */

/* Number of times of the curve at or before `time`. */
size_t lb_aj_find(const lb_aj_curve *curve, double time);

/* What is expected between two times: for each state the probability of being there at the end,
 * the mean time spent there, the mean number of moves into it; with their standard errors by the
 * infinitesimal jackknife (NULL std_error: not wanted). Three blocks of n_state numbers. */
enum { LB_AJ_OCCUPATION, LB_AJ_SOJOURN, LB_AJ_VISITS, LB_AJ_N_MEAN };
/* From the start of follow-up (time 0, or the start_time) to `to`. LB_ENOMEM.
 * O(times states^2 + spells states). */
typedef struct lb_aj_mean {
  double *estimate, *std_error; /* 3 n_state each */
} lb_aj_mean;
lb_status lb_aj_expect(const lb_aj *fit, size_t group, double to, const lb_aj_mean *out,
                       lb_error *err);
/* P(from, to), n_state x n_state: row j holds the probabilities of each state at `to` of a person
 * in j at `from`, with std_error (same shape) by the jackknife of the moves in between. */
lb_status lb_aj_transition(const lb_aj *fit, size_t group, const double window[2], double *out,
                           double *std_error, lb_error *err);
#endif
