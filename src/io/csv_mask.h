/* csv_mask.h - a text 64 bytes at a time: one bit a byte for separators, line feeds, quotes and
 * carriage returns, by the widest instructions that the processor has. */
#ifndef LB_IO_CSV_MASK_H
#define LB_IO_CSV_MASK_H
#include <stddef.h>
#include <stdint.h>

#define LB_CSV_BLOCK 64

typedef struct lb_csv_masks { /* bit i: byte i of the block */
  uint64_t separator, newline, quote, carriage;
} lb_csv_masks;

#define LB_CSV_HIGH 1u /* some byte is not ASCII */
#define LB_CSV_NUL  2u /* some byte is 0 */

typedef enum lb_csv_width { LB_CSV_PLAIN, LB_CSV_SSE2, LB_CSV_AVX2, LB_CSV_AVX512 } lb_csv_width;
/* The widest that this processor has. */
lb_csv_width lb_csv_width_best(void);

/* Masks of n_blocks whole blocks of text; returns LB_CSV_HIGH and LB_CSV_NUL as they occur. A width
 * that the processor has not must not be asked for. */
unsigned lb_csv_masks_make(lb_csv_width width, const char *text, size_t n_blocks, char separator,
                           lb_csv_masks *out);
/* The same for the last length < LB_CSV_BLOCK bytes; bits past the end are 0. */
unsigned lb_csv_masks_tail(lb_csv_width width, const char *text, size_t length, char separator,
                           lb_csv_masks *out);

/* Bit i is the parity of bits 0 .. i: with quotes in, 1 from an opening quote up to the byte before
 * the closing one. */
static inline uint64_t lb_csv_prefix_xor(uint64_t bits)
{
  bits ^= bits << 1;
  bits ^= bits << 2;
  bits ^= bits << 4;
  bits ^= bits << 8;
  bits ^= bits << 16;
  return bits ^ bits << 32;
}
#endif
