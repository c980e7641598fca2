/* random_kernel.c - many draws of a Philox stream at once: blocks of one stream side by side, as
 * vector code. */
#include "base/clones.h"
#include "base/random.h"

/* As in random.c: multipliers and Weyl increments of Philox 4x32 (Salmon et al. 2011, table 2). */
#define MULTIPLIER_0 UINT64_C(0xD2511F53)
#define MULTIPLIER_1 UINT64_C(0xCD9E8D57)
#define WEYL_0       UINT32_C(0x9E3779B9)
#define WEYL_1       UINT32_C(0xBB67AE85)
#define ROUNDS       10
#define LANES        16
#define WORDS        4 /* of a block */

/* Ten rounds on LANES counters; word w of lane l stands in c[w][l]. The rounds are unrolled, so
 * that the loop over lanes is the one that becomes vector code and all stays in registers. */
LB_CLONES static void mix(uint32_t c[restrict WORDS][LANES], uint32_t key_0, uint32_t key_1)
{
  for (int l = 0; l < LANES; l++) {
    uint32_t c0 = c[0][l], c1 = c[1][l], c2 = c[2][l], c3 = c[3][l];
    uint32_t k0 = key_0, k1 = key_1;
#pragma GCC unroll 10
    for (int round = 0; round < ROUNDS; round++) {
      uint64_t p0 = MULTIPLIER_0 * c0, p1 = MULTIPLIER_1 * c2;
      c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
      c1 = (uint32_t)p1;
      c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
      c3 = (uint32_t)p0;
      k0 += WEYL_0;
      k1 += WEYL_1;
    }
    c[0][l] = c0;
    c[1][l] = c1;
    c[2][l] = c2;
    c[3][l] = c3;
  }
}

void lb_random_fill(lb_random *random, uint32_t *out, size_t n)
{
  size_t at = 0;
  while (at < n && random->used < WORDS) out[at++] = lb_random_u32(random);
  for (; n - at >= (size_t)LANES * WORDS; at += (size_t)LANES * WORDS) {
    uint32_t c[WORDS][LANES];
    uint64_t position = random->counter[0] | (uint64_t)random->counter[1] << 32;
    for (unsigned l = 0; l < LANES; l++) {
      c[0][l] = (uint32_t)(position + l);
      c[1][l] = (uint32_t)((position + l) >> 32);
      c[2][l] = random->counter[2];
      c[3][l] = random->counter[3];
    }
    mix(c, random->key[0], random->key[1]);
    for (int l = 0; l < LANES; l++) {
      for (int w = 0; w < WORDS; w++) out[at + (size_t)(WORDS * l + w)] = c[w][l];
    }
    position += LANES;
    random->counter[0] = (uint32_t)position;
    random->counter[1] = (uint32_t)(position >> 32);
  }
  while (at < n) out[at++] = lb_random_u32(random);
}
