/* max_normal.h - tail of the largest of several correlated normal statistics. */
#ifndef LB_STATS_MAX_NORMAL_H
#define LB_STATS_MAX_NORMAL_H
#include "base/error.h"
#include <stdbool.h>
#include <stddef.h>

typedef struct lb_max_normal {
  double p_value;
  double error; /* bound of its numerical error: four standard errors of the lattice's shifts, or
                   1e-12 of the p-value up to rank 3, which is integrated exactly */
  size_t rank;  /* of the covariance */
} lb_max_normal;

/* P(max Z_j >= c), or P(max |Z_j| >= c) when two_sided, Z normal with mean 0 and the correlations
 * of `covariance` (m x m, both triangles, diagonal > 0; may be singular).
 * With Z = L X, X of independent normals in as many dimensions as the rank r, the length of X is
 * independent of its direction u: given u the tail is that of chi with r df at c / max l_j'u (Deak
 * 1980, Numer Math 35:47), so that small p-values keep their digits. Up to r = 3 the mean over
 * directions is a sum of integrals over an angle, one for the cell of the directions nearest to
 * each l_j. Above, P(Z_j >= c and Z_j is the largest) is the mean over Z_j and the direction of the
 * rest, on a rank-1 lattice with fixed shifts (as Genz 1992, J Comput Graph Stat 1:141, in order of
 * variables j). LB_EARG: a variance that is not positive; LB_ENOMEM; LB_EINTR. */
lb_status lb_max_normal_tail(const double *covariance, size_t m, double c, bool two_sided,
                             lb_max_normal *out, lb_error *err);
#endif
