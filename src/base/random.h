/* random.h - counter-based random streams, Philox 4x32-10: replicate i draws from stream i on every
 * thread. */
#ifndef LB_BASE_RANDOM_H
#define LB_BASE_RANDOM_H
#include <stddef.h>
#include <stdint.h>

/* The bijection itself (Salmon, Moraes, Dror & Shaw 2011, Proc. SC11, section 3.3), ten rounds. */
void lb_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

/* One stream: key = seed, counter = 64 bits of position below 64 bits of stream number, so that no
 * two streams of a seed ever meet. Open to the eye; set it with lb_random_init. */
typedef struct lb_random {
  uint32_t key[2], counter[4];
  uint32_t block[4]; /* draws of the last counter */
  uint32_t used;     /* of the block; 4: a new one is due */
} lb_random;

void lb_random_init(lb_random *random, uint64_t seed, uint64_t stream);
uint32_t lb_random_u32(lb_random *random);
uint64_t lb_random_u64(lb_random *random);
/* out[0..n) as n calls of lb_random_u32 would give, several blocks side by side. */
void lb_random_fill(lb_random *random, uint32_t *out, size_t n);
/* Uniform on [0, 1), 53 bits. */
double lb_random_uniform(lb_random *random);
/* Uniform on 0 .. n-1 without bias; n at least 1. */
uint64_t lb_random_below(lb_random *random, uint64_t n);
/* Puts k different numbers of 0 .. n-1 into the first k places of all[0..n), which is overwritten:
 * each subset, and each order of it, is equally likely (Fisher & Yates, partial). k <= n. */
void lb_random_choose(lb_random *random, uint32_t *all, size_t n, size_t k);

/* The same stream as a `const gsl_rng_type *`, for GSL's distributions. The state of such a
 * generator (gsl_rng_state) is an lb_random: lb_random_init on it chooses seed and stream;
 * gsl_rng_set takes stream 0. */
const void *lb_random_gsl_type(void);
#endif
