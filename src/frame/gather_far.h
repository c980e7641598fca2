/* gather_far.h - rows gathered in no order, as a sort leaves them: loads in flight instead of one
 * after the other. Only for gather.c. */
#ifndef LB_FRAME_GATHER_FAR_H
#define LB_FRAME_GATHER_FAR_H
#include "frame/column.h"

/* Rows of a column and where they go. `valid` is given (zeroed, or NULL when no row comes out
 * missing); `values` and, for text, `bytes` are made. The caller owns all three, also on
 * failure. */
typedef struct lb_far {
  const lb_column *column;
  const lb_row *rows; /* each below the column's length, or LB_NO_ROW */
  size_t n;
  void *values;   /* of the column's C type; text: n + 1 offsets */
  char *bytes;    /* text */
  uint8_t *valid; /* n bits */
} lb_far;

/* Whether a list of rows jumps back and forth, as far as a few looks can tell. */
bool lb_rows_are_far(const lb_row *rows, size_t n);
lb_status lb_gather_far(lb_far *job, lb_error *err);
#endif
