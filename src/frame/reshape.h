/* reshape.h - rows chosen, filled and spread by group. */
#ifndef LB_FRAME_RESHAPE_H
#define LB_FRAME_RESHAPE_H
#include "frame/frame.h"

/* Rows of a list of rows that are the first (or last) of their group in the order of that list,
 * ascending. order NULL: rows as they stand. No columns: one group. rows: lb_mem_free. */
typedef struct lb_pick {
  const size_t *by;
  size_t n_by;
  const lb_row *order;
  bool last;
} lb_pick;
lb_status lb_frame_pick(const lb_frame *frame, const lb_pick *pick, lb_row **rows, size_t *n,
                        lb_error *err);

/* Column `column` with every missing cell replaced by the last present one above it (below, when
 * `up`) in its group; *n_filled counts them. Label and unit stay. */
typedef struct lb_fill {
  const size_t *by;
  size_t n_by;
  bool up;
} lb_fill;
lb_status lb_frame_fill(const lb_frame *frame, size_t column, const lb_fill *fill, lb_column **out,
                        size_t *n_filled, lb_error *err);

/* A table of rows: one line a combination of the id columns (in order of first appearance), one
 * place a combination of the name columns (in order of their keys). Owns its arrays. */
typedef struct lb_spread {
  size_t n_rows, n_names;
  lb_row *first; /* n_rows: the first row of each line */
  lb_row *row;   /* n_rows * n_names by place, then line: the row that stands there, or LB_NO_ROW */
  lb_frame *names;     /* n_names rows: the name columns */
  size_t n_duplicates; /* places that more than one row claims; the first row stands there */
} lb_spread;
typedef struct lb_spread_columns {
  const size_t *id, *names;
  size_t n_id, n_names;
} lb_spread_columns;
lb_status lb_frame_spread(const lb_frame *frame, const lb_spread_columns *columns, lb_spread *out,
                          lb_error *err);
void lb_spread_reset(lb_spread *spread);

/* Rows where two columns of one length differ: a missing cell equals a missing one, NaN equals NaN;
 * integer with real by value, factor with text by text. differs: bitmap of n, lb_mem_free. LB_ETYPE
 * for other pairs of types. */
lb_status lb_columns_differ(const lb_column *a, const lb_column *b, uint8_t **differs,
                            lb_error *err);
#endif
