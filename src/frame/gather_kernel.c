/* gather_kernel.c - inner loops of gathering: plain arrays, no branch a row. */
#include "frame/gather_kernel.h"

#include <string.h>

#include "base/bitmap.h"
#include "base/clones.h"

#define ALL_ONES ((uint8_t)0xff)

LB_CLONES lb_rows_look lb_rows_check(const lb_row *rows, size_t n, size_t n_rows)
{
  /* No row is above LB_NO_ROW, so that the limit fits. */
  lb_row limit = n_rows < LB_NO_ROW ? (lb_row)n_rows : LB_NO_ROW, differs = 0, none = 0,
         outside = 0;
  for (size_t i = 0; i < n; i++) {
    lb_row row = rows[i], absent = row == LB_NO_ROW;
    none |= absent;
    outside |= (lb_row)(row >= limit) & (absent ^ 1);
    differs |= row ^ (lb_row)i;
  }
  return (lb_rows_look){none != 0, outside != 0, differs == 0};
}

void lb_gather_8(const uint64_t *source, const lb_row *rows, size_t n, uint64_t *out)
{
  for (size_t i = 0; i < n; i++) out[i] = source[rows[i]];
}

void lb_gather_4(const uint32_t *source, const lb_row *rows, size_t n, uint32_t *out)
{
  for (size_t i = 0; i < n; i++) out[i] = source[rows[i]];
}

/* LB_NO_ROW reads the first byte there is, and gives 0. */
static inline unsigned bit_of(const uint8_t *source, lb_row row)
{
  unsigned known = row != LB_NO_ROW;
  size_t at = known ? row >> 3 : 0;
  return (unsigned)(source[at] >> (row & 7)) & known;
}

static unsigned byte_of(const uint8_t *source, const lb_row *rows, size_t n)
{
  unsigned byte = 0;
  for (unsigned k = 0; k < n; k++) byte |= bit_of(source, rows[k]) << k;
  return byte;
}

static void gather_known(const lb_row *rows, size_t n, uint8_t *out)
{
  memset(out, 0, lb_bitmap_bytes(n));
  for (size_t i = 0; i < n; i++)
    if (rows[i] != LB_NO_ROW) lb_bit_set(out, i);
}

void lb_gather_bits(const uint8_t *source, const lb_row *rows, size_t n, uint8_t *out)
{
  if (source == NULL) {
    gather_known(rows, n, out);
    return;
  }
  for (size_t i = 0; i + 8 <= n; i += 8) out[i / 8] = (uint8_t)byte_of(source, rows + i, 8);
  if (n % 8 != 0) out[n / 8] = (uint8_t)byte_of(source, rows + n / 8 * 8, n % 8);
}
