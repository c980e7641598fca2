/* lattice.c - points that fill a cube evenly, for means over many dimensions. */
#include "stats/lattice.h"

#include <math.h>

static const double PRIMES[] = {2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37};
#define N_PRIMES (sizeof PRIMES / sizeof PRIMES[0])
#define LEAST    1e-16

void lb_lattice_point(size_t i, const double *shift, size_t n, double *out)
{
  for (size_t k = 0; k < n; k++) {
    size_t lap = k / N_PRIMES; /* square roots of other numbers than primes beyond the table */
    double x = (double)(i + 1) * sqrt(PRIMES[k % N_PRIMES] + 41.0 * (double)lap);
    x = fabs(2 * (x + shift[k] - floor(x + shift[k])) - 1); /* the baker's transformation */
    out[k] = fmin(fmax(x, LEAST), 1 - LEAST);
  }
}
