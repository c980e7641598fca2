/* permute_kernel.c - where the swaps of a partial shuffle go, two places from one random word when
 * there are few rows. */
#include "stats/permute_kernel.h"

#include <stdbool.h>

#include "base/clones.h"

/* Two numbers below a and b come from one word by multiplying twice (Brackett-Rozinsky & Lemire
 * 2024, Softw Pract Exper 54:1). Words are thrown away when the last remainder is below 2^32 mod
 * ab: at most one of 256 for so many rows. */
#define PAIR_ROWS 4096
#define PIECE     256

static bool in_pairs(size_t n)
{
  return n <= PAIR_ROWS;
}

size_t lb_shuffle_words(size_t n, size_t m)
{
  return in_pairs(n) ? (m + 1) / 2 : m;
}

/* Both places of `count` pairs from first on, and the remainder of each. The second place of the
 * last pair may be one beyond m. */
LB_CLONES static void split_pairs(const uint32_t *restrict word, uint32_t n, uint32_t first,
                                  size_t count, uint32_t *restrict one, uint32_t *restrict two,
                                  uint32_t *restrict rest)
{
  for (size_t i = 0; i < count; i++) {
    uint32_t at = first + 2 * (uint32_t)i;
    uint64_t a = (uint64_t)word[i] * (n - at);
    uint64_t b = (uint64_t)(uint32_t)a * (n - at - 1);
    one[i] = at + (uint32_t)(a >> 32);
    two[i] = at + 1 + (uint32_t)(b >> 32);
    rest[i] = (uint32_t)b;
  }
}

/* A pair again, from further words of the stream, until none is thrown away. */
static void redraw_pair(uint32_t n, uint32_t at, uint32_t *place, lb_random *random)
{
  uint32_t a = n - at, b = n - at - 1, ab = a * b, excess = (0 - ab) % ab, rest;
  do {
    uint64_t high = (uint64_t)lb_random_u32(random) * a;
    uint64_t low = (uint64_t)(uint32_t)high * b;
    place[0] = at + (uint32_t)(high >> 32);
    place[1] = at + 1 + (uint32_t)(low >> 32);
    rest = (uint32_t)low;
  } while (rest < excess);
}

static void places_in_pairs(uint32_t *place, uint32_t n, size_t m, const uint32_t *word,
                            lb_random *random)
{
  uint32_t one[PIECE], two[PIECE], rest[PIECE];
  for (size_t first = 0; first < m; first += 2 * (size_t)PIECE) {
    size_t count = m - first < 2 * (size_t)PIECE ? (m - first + 1) / 2 : PIECE;
    split_pairs(word + first / 2, n, (uint32_t)first, count, one, two, rest);
    for (size_t i = 0; i < count; i++) {
      uint32_t at = (uint32_t)(first + 2 * i), pair[2] = {one[i], two[i]};
      uint32_t ab = (n - at) * (n - at - 1);
      if (rest[i] < ab && rest[i] < (0 - ab) % ab) redraw_pair(n, at, pair, random);
      place[at] = pair[0];
      if (at + 1 < m) place[at + 1] = pair[1];
    }
  }
}

static void places_alone(uint32_t *place, uint32_t n, size_t m, const uint32_t *word,
                         lb_random *random)
{
  for (uint32_t i = 0; i < m; i++) {
    uint32_t left = n - i;
    uint64_t product = (uint64_t)word[i] * left;
    if ((uint32_t)product < left) {
      uint32_t excess = (0 - left) % left;
      while ((uint32_t)product < excess) product = (uint64_t)lb_random_u32(random) * left;
    }
    place[i] = i + (uint32_t)(product >> 32);
  }
}

void lb_shuffle_places(uint32_t *place, size_t n, size_t m, const uint32_t *word, lb_random *random)
{
  if (in_pairs(n))
    places_in_pairs(place, (uint32_t)n, m, word, random);
  else
    places_alone(place, (uint32_t)n, m, word, random);
}
