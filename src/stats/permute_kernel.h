/* permute_kernel.h - where the swaps of a partial shuffle go. */
#ifndef LB_STATS_PERMUTE_KERNEL_H
#define LB_STATS_PERMUTE_KERNEL_H
#include "base/random.h"

/* Words of random bits that lb_shuffle_places takes for m of n places. */
size_t lb_shuffle_words(size_t n, size_t m);
/* place[i], for i < m, becomes uniform on i .. n - 1, all independent: swapping i with place[i] in
 * turn is a partial Fisher-Yates shuffle. `word` holds lb_shuffle_words(n, m) draws of the stream
 * `random`, which gives more for the few that must be thrown away. m < n, n at most 2^32 - 1. */
void lb_shuffle_places(uint32_t *place, size_t n, size_t m, const uint32_t *word,
                       lb_random *random);
#endif
