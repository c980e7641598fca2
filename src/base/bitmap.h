/* bitmap.h - bits in Arrow's order: bit i is bit i % 8 of byte i / 8. */
#ifndef LB_BASE_BITMAP_H
#define LB_BASE_BITMAP_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline size_t lb_bitmap_bytes(size_t n)
{
  return (n + 7) / 8;
}
static inline bool lb_bit_get(const uint8_t *bits, size_t i)
{
  return (bits[i >> 3] >> (i & 7)) & 1;
}
static inline void lb_bit_set(uint8_t *bits, size_t i)
{
  bits[i >> 3] = (uint8_t)(bits[i >> 3] | (1u << (i & 7)));
}
static inline void lb_bit_clear(uint8_t *bits, size_t i)
{
  bits[i >> 3] = (uint8_t)(bits[i >> 3] & ~(1u << (i & 7)));
}
/* valid == NULL means that every row is present. */
static inline bool lb_is_valid(const uint8_t *valid, size_t i)
{
  return valid == NULL || lb_bit_get(valid, i);
}
/* Number of set bits among the first n. */
size_t lb_bitmap_count(const uint8_t *bits, size_t n);
/* n bits, all zero or all one (bits beyond n are zero); lb_mem_free it; NULL when out of memory. */
uint8_t *lb_bitmap_new(size_t n, bool value);
#endif
