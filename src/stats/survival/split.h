/* split.h - follow-up cut into pieces: at fixed times, at ages, or where a covariate changes. */
#ifndef LB_SURVIVAL_SPLIT_H
#define LB_SURVIVAL_SPLIT_H
#include "stats/surv.h"

/* Where to cut. All borrowed; cuts ascending, finite. Without `from` every row has the same list,
 * on a scale that was at shift[i] when the row's clock was at 0 (its age, say); with `from` row i
 * has cut[from[i]] .. cut[from[i + 1]). */
typedef struct lb_cuts {
  size_t n;
  const double *cut;
  const size_t *from;  /* rows + 1, or NULL */
  const double *shift; /* rows, or NULL = 0; only without `from` */
} lb_cuts;

/* The pieces, row after row, in the order of time. Owns its arrays. */
typedef struct lb_pieces {
  size_t n;
  uint32_t *row;        /* the row that was cut */
  double *start, *stop; /* at risk when start < t <= stop */
  uint8_t *last;        /* 1: the row's last piece, which has its event */
  int32_t *interval;    /* how many cuts of the row's list are <= start (< stop) */
  size_t n_zero;        /* rows that ended at the time they started: no follow-up, no piece */
} lb_pieces;

/* A piece (start, stop] lies between neighbouring cuts; one at the end of follow-up makes no piece
 * of length 0, so an event at a cut belongs to the interval before it. Rows without entry start at
 * 0. LB_EDATA as lb_surv_check, a shift that is not finite; LB_EARG: cuts that do not ascend or
 * are not finite, or more than 4294967295 pieces; LB_ENOMEM; LB_EINTR. `out` is untouched on
 * failure. */
lb_status lb_split(const lb_surv *y, const lb_cuts *cuts, lb_pieces *out, lb_error *err);
void lb_pieces_reset(lb_pieces *pieces); /* safe on a zeroed struct */
#endif
