/* lattice.h - points that fill a cube evenly, for means over many dimensions. */
#ifndef LB_STATS_LATTICE_H
#define LB_STATS_LATTICE_H
#include <stddef.h>

/* Point i (from 0) of Richtmyer's lattice in n dimensions, multiples of the square roots of primes,
 * moved by `shift` and folded by the baker's transformation; numbers within (0, 1). */
void lb_lattice_point(size_t i, const double *shift, size_t n, double *out);
#endif
