/* gather_kernel.h - inner loops of gathering: plain arrays, no branch a row. */
#ifndef LB_FRAME_GATHER_KERNEL_H
#define LB_FRAME_GATHER_KERNEL_H
#include "frame/column.h"

/* What a list of rows holds beside rows below n_rows. */
typedef struct lb_rows_look {
  bool any_none; /* LB_NO_ROW */
  bool outside;  /* rows from n_rows on, LB_NO_ROW apart */
  bool in_place; /* rows[i] is i */
} lb_rows_look;
lb_rows_look lb_rows_check(const lb_row *rows, size_t n, size_t n_rows);

/* out[i] = source[rows[i]]; none is LB_NO_ROW. */
void lb_gather_8(const uint64_t *source, const lb_row *rows, size_t n, uint64_t *out);
void lb_gather_4(const uint32_t *source, const lb_row *rows, size_t n, uint32_t *out);
/* Bit i of out = bit rows[i] of source, and 0 for LB_NO_ROW; source NULL: all 1. Whole bytes are
 * written: bits behind the last row become 0. */
void lb_gather_bits(const uint8_t *source, const lb_row *rows, size_t n, uint8_t *out);
#endif
