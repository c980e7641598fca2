/* symmetric.h - small positive semi-definite matrices: rank-revealing Cholesky factors and what
 * they solve. */
#ifndef LB_STATS_SYMMETRIC_H
#define LB_STATS_SYMMETRIC_H
#include <stdbool.h>
#include <stddef.h>

/* Matrices are p x p, row after row; only the lower triangle of an input is read. Factors and
 * inverses of wide matrices take minutes: when lb_interrupted() they are left unfinished at the
 * next row, and who calls them asks the same before a result goes out. */

/* Cholesky factor L (lower triangle, diagonal included) of the rows and columns that are
 * independent of those before them. Column j is dependent (kept[j] = false, its row and column of L
 * zero) when its pivot is at most tolerance * scale[j]; scale NULL = the diagonal of a. Returns the
 * rank. a and l may be the same array. */
size_t lb_cholesky(const double *a, size_t p, double tolerance, const double *scale, double *l,
                   bool *kept);
/* Solves L L' x = b in place over the kept columns; the others become 0. Rows of l are `stride`
 * apart: with p below that, only the leading p columns are meant. */
void lb_cholesky_solve(const double *l, size_t stride, const bool *kept, size_t p, double *b);
/* Inverse over the kept rows and columns, zero elsewhere; both triangles of `inverse` are written.
 */
void lb_cholesky_inverse(const double *l, const bool *kept, size_t p, double *inverse);
/* b' A^- b with a generalised inverse, and the rank of A. false: out of memory. */
bool lb_symmetric_quadratic(const double *a, const double *b, size_t p, double tolerance,
                            double *value, size_t *rank);
#endif
