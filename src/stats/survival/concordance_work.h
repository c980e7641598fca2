/* concordance_work.h - inside the concordance: rows in order of their scores, and two ways to count
 * pairs. */
#ifndef LB_SURVIVAL_CONCORDANCE_WORK_H
#define LB_SURVIVAL_CONCORDANCE_WORK_H
#include "stats/survival/concordance.h"

#include <stddef.h>

/* A row of a stratum. Times are ranked from 0 within the stratum; whole days may be their own
 * ranks. */
typedef struct lb_scored {
  union {
    double score;
    struct {
      uint32_t won_twice, met; /* comparable partners: won, a tie counting 1 of 2; all */
    } pairs;                   /* takes the place of the score once the row is counted */
  };
  uint32_t place; /* twice the rank of the time, and 1 more when it is no event */
  uint32_t row;
} lb_scored;

/* Where the rows of a stratum come from. */
typedef struct lb_scored_source {
  size_t n;
  const double *score;   /* by row of the data, finite, all from low to high */
  double low, high;      /* of all strata */
  const uint32_t *row;   /* n rows of the data; NULL = 0, 1, 2, ... */
  const uint32_t *place; /* n, beside row; NULL = from the times below, which are whole days */
  const double *time;    /* by row of the data; NULL = all at place 0 */
  const uint8_t *event;
  double tau; /* events beyond count as none */
} lb_scored_source;

/* Rows in ascending order of score, ties in the order of the source, in blocks of which none ends
 * within a tie. How many blocks there are depends on the threads; the order does not. */
typedef struct lb_scored_blocks {
  lb_scored *item;  /* n, borrowed from the caller */
  size_t n_block;   /* at least 1 */
  size_t *start;    /* n_block + 1 */
  size_t n_place;   /* 2 x the ranks */
  uint32_t *before; /* n_block x n_place: rows at each place in the blocks before; for one block
                       NULL */
  uint32_t *total;  /* n_place: rows at each place */
} lb_scored_blocks;

/* Fills item[0 .. n) of the source. LB_ENOMEM, LB_EINTR, without a message. */
lb_status lb_scored_sort(const lb_scored_source *source, size_t n_place, lb_scored *item,
                         lb_scored_blocks *out);
void lb_scored_blocks_reset(lb_scored_blocks *blocks);

/* Rows of weight 1 that are all at risk from the start, each pair counting 1; fewer than 2^31.
 * `scores`: of all rows, with low and high; the rest is set here. */
lb_status lb_concordance_count(const lb_surv *y, const lb_scored_source *scores,
                               const lb_concordance_options *opt, lb_concordance *out,
                               lb_error *err);
/* Any rows. */
lb_status lb_concordance_walk(const lb_surv *y, const double *predictor,
                              const lb_concordance_options *opt, lb_concordance *out,
                              lb_error *err);
#endif
