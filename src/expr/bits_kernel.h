/* bits_kernel.h - bitmaps of columns as bytes of registers, and back. */
#ifndef LB_EXPR_BITS_KERNEL_H
#define LB_EXPR_BITS_KERNEL_H
#include "frame/column.h"

/* Rows start .. start + n of a bitmap as bytes 0 or 1; start is a multiple of 8; bits NULL: all 1.
 */
void lb_bits_expand(const uint8_t *bits, size_t start, size_t n, uint8_t *out);
/* n bytes 0 or 1 as bits from row `start` (a multiple of 8) on; bits behind the last row of its
 * byte become 0. */
void lb_bits_pack(const uint8_t *bytes, size_t start, size_t n, uint8_t *bits);
/* How many of n bytes 0 or 1 are 1; n at most LB_BITS_COUNTED. */
#define LB_BITS_COUNTED 2040
size_t lb_bits_count_bytes(const uint8_t *bytes, size_t n);
/* Rows whose bit is set among start .. start + n, ascending; start is a multiple of 64, `rows` has
 * room for exactly as many. Returns their number. */
size_t lb_bits_rows(const uint8_t *bits, size_t start, size_t n, lb_row *rows);
#endif
