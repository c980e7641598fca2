/* csv_walk.h - the rows of one chunk of a csv text in batches: where every field ends. */
#ifndef LB_IO_CSV_WALK_H
#define LB_IO_CSV_WALK_H
#include "io/csv_mask.h"
#include "io/csv_scan.h"

#define LB_CSV_STRETCH 64 /* blocks whose masks are made at a time */

/* Rows that follow each other. Field j of row i ends before text[end[i * n_columns + j]] and begins
 * at row_start[i], or one byte after the end of the field before it. */
typedef struct lb_csv_batch {
  const char *text; /* the chunk */
  size_t first_row, n_rows, n_columns;
  const uint32_t *row_start;
  const uint32_t *end;
} lb_csv_batch;

/* Where a walk stands; its fields are its own. */
typedef struct lb_csv_walk {
  const lb_csv_layout *layout;
  const lb_csv_chunk *chunk;
  const char *text; /* of the chunk */
  size_t length;
  lb_csv_width width;
  size_t at;                                               /* bytes whose masks are used up */
  uint64_t inside, after_end, after_close, after_carriage; /* the state before byte `at` */
  lb_csv_masks masks[LB_CSV_STRETCH];
  size_t n_masks, i_mask;
  lb_csv_cursor cursor; /* the careful way */
  uint32_t *end, *row_start;
  size_t max_rows, capacity, n_found, n_ends, n_given; /* n_ends: rows that ended */
  size_t row, next_start;
} lb_csv_walk;

/* Begins a walk; at most max_rows + 64 rows come in a batch. LB_ENOMEM; LB_EDATA for a chunk of
 * 4 GB, which is one row. Free with lb_csv_walk_reset. */
lb_status lb_csv_walk_begin(const lb_csv_layout *layout, size_t chunk, size_t max_rows,
                            lb_csv_walk *walk);
void lb_csv_walk_reset(lb_csv_walk *walk);
/* The next rows; n_rows 0 at the end. false: something that only lb_csv_scan_carefully reads or
 * explains (a ragged row, a blank line, a quote amid text, a lone "\r"). */
bool lb_csv_walk_next(lb_csv_walk *walk, lb_csv_batch *batch);
#endif
