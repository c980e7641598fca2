/* concordance_kernel.h - counters over the ranks of times, and the walk over rows by score. */
#ifndef LB_SURVIVAL_CONCORDANCE_KERNEL_H
#define LB_SURVIVAL_CONCORDANCE_KERNEL_H
#include "stats/survival/concordance_work.h"

#define LB_COUNT_FAN    32 /* counters of a node, two vectors of the widest kind */
#define LB_COUNT_LEVELS 7  /* 32^7 ranks are more than 2^31 */

/* Events and other rows seen so far by the rank r of their time. A node of level l holds the
 * counts of 32 children, ranks that share r >> 5 l, as sums over the children before: a question is
 * one reading a level, a row is one addition of vectors a level. */
typedef struct lb_rank_counts {
  size_t n_level;
  uint32_t *level[LB_COUNT_LEVELS]; /* nodes of 32 for events, then 32 for others */
} lb_rank_counts;

/* Counters that one reading of level l needs for the ranks 0 .. n_rank. */
size_t lb_rank_counts_size(size_t n_rank, size_t level);
/* Levels that n_rank ranks need. */
size_t lb_rank_counts_levels(size_t n_rank);
/* Starts from rows at each of 2 x n_rank places; `room` holds as many numbers and is overwritten.
 * NULL rows = none. */
void lb_rank_counts_start(lb_rank_counts *c, const uint32_t *rows, size_t n_rank, uint32_t *room);

/* Partners with lower scores (before), or not higher ones (after), of the events, who are later;
 * pairs of events with equal scores at the same time, twice. */
typedef struct lb_pair_sums {
  uint64_t before, after, same_twice;
} lb_pair_sums;

/* What a row at a place meets in all: comparable partners, and events before. */
typedef struct lb_place_total {
  uint32_t met, earlier;
} lb_place_total;

/* Counts the rows item[0..n) in ascending order of score after `seen` others, which `c` holds. */
void lb_count_pairs(lb_scored *item, size_t n, size_t seen, const lb_place_total *total,
                    lb_rank_counts *c, lb_pair_sums *sums);

/* The sum of squares of won - concordance * met over n rows. */
double lb_influence_squares(const lb_scored *item, size_t n, double concordance);

/* Least and greatest of n numbers; false unless all are finite. n = 0: both 0. */
bool lb_score_range(const double *score, size_t n, double *low, double *high);
#endif
