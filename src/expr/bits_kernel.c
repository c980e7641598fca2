/* bits_kernel.c - eight rows at a time within one word; rows of set bits without a branch a row. */
#include "expr/bits_kernel.h"
#include "base/bitmap.h"
#include "base/clones.h"
#include <string.h>

#define ONES      UINT64_C(0x0101010101010101)
#define DIAGONAL  UINT64_C(0x8040201008040201) /* bit k of byte k */
#define GATHERING UINT64_C(0x0102040810204080) /* times bytes 0 or 1: byte k to bit 56 + k */

/* Byte k of the word is bit k of b: each byte keeps its own bit, which then carries to the top. */
static inline uint64_t spread(uint8_t b)
{
  uint64_t own = (b * ONES) & DIAGONAL;
  return ((own + 0x7f * ONES) >> 7) & ONES;
}

LB_CLONES static void expand(const uint8_t *restrict bits, size_t n_bytes, uint8_t *restrict out)
{
  for (size_t i = 0; i < n_bytes; i++) {
    uint64_t word = spread(bits[i]);
    memcpy(out + 8 * i, &word, sizeof word);
  }
}

LB_CLONES static void pack(const uint8_t *restrict bytes, size_t n_bytes, uint8_t *restrict bits)
{
  for (size_t i = 0; i < n_bytes; i++) {
    uint64_t word;
    memcpy(&word, bytes + 8 * i, sizeof word);
    bits[i] = (uint8_t)((word * GATHERING) >> 56);
  }
}

void lb_bits_expand(const uint8_t *bits, size_t start, size_t n, uint8_t *out)
{
  if (bits == NULL) {
    memset(out, 1, n);
    return;
  }
  bits += start / 8;
  expand(bits, n / 8, out);
  for (size_t i = n / 8 * 8; i < n; i++) out[i] = lb_bit_get(bits, i);
}

void lb_bits_pack(const uint8_t *bytes, size_t start, size_t n, uint8_t *bits)
{
  bits += start / 8;
  pack(bytes, n / 8, bits);
  if (n % 8 == 0) return;
  unsigned last = 0;
  for (size_t i = n / 8 * 8; i < n; i++) last |= (unsigned)bytes[i] << (i % 8);
  bits[n / 8] = (uint8_t)last;
}

/* Eight counters in one word: none passes 255 within LB_BITS_COUNTED bytes. */
size_t lb_bits_count_bytes(const uint8_t *bytes, size_t n)
{
  uint64_t counters = 0;
  size_t count = 0;
  for (size_t i = 0; i < n / 8; i++) {
    uint64_t word;
    memcpy(&word, bytes + 8 * i, sizeof word);
    counters += word;
  }
  for (unsigned k = 0; k < 64; k += 8) count += (counters >> k) & 0xff;
  for (size_t i = n / 8 * 8; i < n; i++) count += bytes[i];
  return count;
}

/* The word of bits from row `at` on (a multiple of 64), without those of rows behind `end`. */
static inline uint64_t word_at(const uint8_t *bits, size_t at, size_t end)
{
  uint64_t word = 0;
  if (end - at >= 64) {
    memcpy(&word, bits + at / 8, sizeof word);
    return word;
  }
  memcpy(&word, bits + at / 8, lb_bitmap_bytes(end - at));
  return word & ((UINT64_C(1) << (end - at)) - 1);
}

LB_CLONES size_t lb_bits_rows(const uint8_t *bits, size_t start, size_t n, lb_row *rows)
{
  size_t k = 0;
  for (size_t at = start; at < start + n; at += 64) {
    uint64_t word = word_at(bits, at, start + n);
    while (word != 0) {
      rows[k++] = (lb_row)at + (lb_row)__builtin_ctzll(word);
      word &= word - 1;
    }
  }
  return k;
}
