/* turnbull_work.h - inside Turnbull's estimate: different pairs of limits, the innermost intervals
 * they leave, and the masses on them. */
#ifndef LB_SURVIVAL_TURNBULL_WORK_H
#define LB_SURVIVAL_TURNBULL_WORK_H
#include "stats/survival/turnbull.h"

/* The different pairs of limits of one group's rows. */
typedef struct turnbull_pairs {
  size_t n; /* pairs */
  double *lower, *upper;
  double *weight;       /* summed over the rows */
  uint32_t *end;        /* 2 n ends in order: 2 * pair, + 1 for the upper one */
  size_t n_row;         /* of the group */
  uint32_t *row, *pair; /* n_row: its row in the data, and its pair */
} turnbull_pairs;

lb_status turnbull_pairs_new(const lb_intervals *y, const lb_partition *groups, size_t group,
                             turnbull_pairs *out, lb_error *err);
void turnbull_pairs_reset(turnbull_pairs *pairs);

/* What one maximisation works with, for up to `capacity` pairs; used again by replicates. */
typedef struct turnbull_room {
  size_t capacity;
  const turnbull_pairs *pairs;
  const double *weight; /* of the pairs; 0: not there */
  double total;
  size_t n_set;                         /* innermost intervals */
  double *left, *right;                 /* n_set */
  uint32_t *first, *last;               /* pairs: the innermost intervals within */
  double *mass, *cumulative, *gradient; /* n_set, n_set + 1, n_set; the gradient over total */
  double *share;                        /* pairs: weight over the mass within */
  double *slope, *curvature, *level;    /* n_set + 1: of the convex minorant */
  double *block_mean, *block_weight;
  uint32_t *block_size;
  double *trial; /* n_set */
  double log_lik, kkt;
  size_t n_iter;
  bool unique;
} turnbull_room;

lb_status turnbull_room_new(const turnbull_pairs *pairs, turnbull_room *out, lb_error *err);
void turnbull_room_reset(turnbull_room *room);
/* Innermost intervals and masses for these weights of the pairs. LB_ENOMEM; LB_EINTR. */
lb_status turnbull_maximise(turnbull_room *room, const double *weight, lb_error *err);
/* The parts of it. */
void turnbull_find_sets(turnbull_room *room);
void turnbull_evaluate(turnbull_room *room);
double turnbull_log_lik(turnbull_room *room, const double *mass);
/* Newton's method on the intervals with mass; true when it reached the maximum. */
lb_status turnbull_newton(turnbull_room *room, bool *reached, lb_error *err);
#endif
