/* order.h - the rows of a frame in the order of some columns. */
#ifndef LB_FRAME_ORDER_H
#define LB_FRAME_ORDER_H
#include "frame/frame.h"

typedef struct lb_sort_key {
  size_t column;
  bool descending;
} lb_sort_key;

/* order[0..rows) becomes the row numbers in the order of the keys, the first key deciding first;
 * equal rows in row order (stable, also descending). Factors by level, text by bytes, false before
 * true; NaN after all numbers, ascending and descending; missing rows last, or first when asked,
 * either way. LB_EARG: no such column. */
lb_status lb_frame_order(const lb_frame *frame, const lb_sort_key *keys, size_t n,
                         bool missing_first, lb_row *order, lb_error *err);
#endif
