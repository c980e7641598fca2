/* bitmap.c - counting and making bitmaps. */
#include "base/bitmap.h"

#include <string.h>

#include "base/clones.h"
#include "base/mem.h"

LB_CLONES size_t lb_bitmap_count(const uint8_t *bits, size_t n)
{
  size_t count = 0, n_bytes = n / 8, i = 0;
  for (; i + 8 <= n_bytes; i += 8) {
    uint64_t word;
    memcpy(&word, bits + i, sizeof word);
    count += (size_t)__builtin_popcountll(word);
  }
  for (; i < n_bytes; i++) count += (size_t)__builtin_popcount(bits[i]);
  if (n % 8 != 0) count += (size_t)__builtin_popcount(bits[n_bytes] & ((1u << (n % 8)) - 1));
  return count;
}

uint8_t *lb_bitmap_new(size_t n, bool value)
{
  size_t n_bytes = n / 8 + (n % 8 != 0); /* lb_bitmap_bytes overflows near SIZE_MAX */
  uint8_t *bits = lb_mem_zero(n_bytes, 1);
  if (bits == NULL || !value) return bits;
  memset(bits, 0xff, n_bytes);
  if (n % 8 != 0) bits[n_bytes - 1] = (uint8_t)((1u << (n % 8)) - 1);
  return bits;
}
