/* expected_walk.h - the expected hazard of a changing group of people, by one walk through time. */
#ifndef LB_SURVIVAL_EXPECTED_WALK_H
#define LB_SURVIVAL_EXPECTED_WALK_H
#include "stats/survival/population.h"

#include <stdbool.h>

/* Who is on the walk. Rows of the arrays; all borrowed. */
typedef struct lb_walkers {
  const uint32_t *row; /* n: rows of this walk */
  size_t n;
  const double *start;  /* NULL = 0 */
  const double *stop;   /* at risk when start < t <= stop */
  double stop_all;      /* when stop is NULL: everybody's */
  const double *weight; /* NULL = 1 */
  const uint8_t *event; /* NULL: not wanted */
  int sign;             /* people weigh exp(sign x own cumulative hazard) */
} lb_walkers;

/* What is written at each of n ascending times. */
typedef struct lb_walk_output {
  const double *time;
  size_t n;
  double *cumulative; /* expected hazard; NaN after the last time at which anybody counts */
  double *survival;   /* of weighted people, see below; NULL: not wanted */
  double *variance;   /* sum of w^2 dN / (sum of w Y)^2; NULL: not wanted */
  bool exponential;   /* survival exp(-sum of dN / Y) instead of prod(1 - dN / Y) */
} lb_walk_output;

/* LB_ENUMERIC when weights overflow; LB_ENOMEM; LB_EINTR. */
lb_status lb_expected_walk(const lb_population *table, const lb_lives *lives, const lb_walkers *who,
                           const lb_walk_output *out, lb_error *err);
#endif
