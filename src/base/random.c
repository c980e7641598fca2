/* random.c - Philox 4x32-10 streams, and the same as a generator of GSL's. */
#include "base/random.h"

#include <assert.h>
#include <gsl/gsl_rng.h>

/* Multipliers and Weyl increments of Philox 4x32 (Salmon et al. 2011, table 2). */
#define MULTIPLIER_0 UINT64_C(0xD2511F53)
#define MULTIPLIER_1 UINT64_C(0xCD9E8D57)
#define WEYL_0       UINT32_C(0x9E3779B9) /* golden ratio */
#define WEYL_1       UINT32_C(0xBB67AE85) /* square root of 3, less 1 */
#define ROUNDS       10

void lb_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
  uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
  uint32_t k0 = key[0], k1 = key[1];
  for (int round = 0; round < ROUNDS; round++) {
    uint64_t p0 = MULTIPLIER_0 * c0, p1 = MULTIPLIER_1 * c2;
    c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
    c1 = (uint32_t)p1;
    c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
    c3 = (uint32_t)p0;
    k0 += WEYL_0;
    k1 += WEYL_1;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

void lb_random_init(lb_random *random, uint64_t seed, uint64_t stream)
{
  *random = (lb_random){.key = {(uint32_t)seed, (uint32_t)(seed >> 32)},
                        .counter = {0, 0, (uint32_t)stream, (uint32_t)(stream >> 32)},
                        .used = 4};
}

uint32_t lb_random_u32(lb_random *random)
{
  if (random->used == 4) {
    lb_philox(random->counter, random->key, random->block);
    random->used = 0;
    if (++random->counter[0] == 0) random->counter[1]++;
  }
  return random->block[random->used++];
}

uint64_t lb_random_u64(lb_random *random)
{
  uint64_t low = lb_random_u32(random);
  return low | (uint64_t)lb_random_u32(random) << 32;
}

double lb_random_uniform(lb_random *random)
{
  return (double)(lb_random_u64(random) >> 11) * 0x1p-53;
}

uint64_t lb_random_below(lb_random *random, uint64_t n)
{
  assert(n > 0);
  /* The lowest 2^64 mod n draws are thrown away: what is left divides evenly. */
  uint64_t excess = (0 - n) % n, draw;
  do draw = lb_random_u64(random);
  while (draw < excess);
  return draw % n;
}

void lb_random_choose(lb_random *random, uint32_t *all, size_t n, size_t k)
{
  for (size_t i = 0; i < n; i++) all[i] = (uint32_t)i;
  for (size_t i = 0; i < k; i++) {
    size_t j = i + (size_t)lb_random_below(random, n - i);
    uint32_t chosen = all[j];
    all[j] = all[i];
    all[i] = chosen;
  }
}

/* ---- GSL ---- */

static void gsl_set(void *state, unsigned long seed)
{
  lb_random_init(state, seed, 0);
}

static unsigned long gsl_get(void *state)
{
  return lb_random_u32(state);
}

static double gsl_get_double(void *state)
{
  return lb_random_uniform(state);
}

const void *lb_random_gsl_type(void)
{
  static const gsl_rng_type PHILOX = {.name = "philox4x32-10",
                                      .max = UINT32_MAX,
                                      .min = 0,
                                      .size = sizeof(lb_random),
                                      .set = gsl_set,
                                      .get = gsl_get,
                                      .get_double = gsl_get_double};
  return &PHILOX;
}
