/* symmetric.c - small positive semi-definite matrices: rank-revealing Cholesky factors and what
 * they solve. */
#include "stats/symmetric.h"

#include "base/interrupt.h"
#include "base/mem.h"

#include <math.h>
#include <string.h>

size_t lb_cholesky(const double *a, size_t p, double tolerance, const double *scale, double *l,
                   bool *kept)
{
  size_t rank = 0;
  for (size_t j = 0; j < p; j++) {
    if (lb_interrupted()) {
      /* What is left counts as dependent: the caller gives up, and meets no wild values before. */
      memset(&kept[j], 0, (p - j) * sizeof *kept);
      memset(&l[j * p], 0, (p - j) * p * sizeof *l);
      return rank;
    }
    double diagonal = a[j * p + j], limit = tolerance * (scale == NULL ? diagonal : scale[j]);
    for (size_t i = 0; i < j; i++) {
      double sum = a[j * p + i];
      for (size_t m = 0; m < i; m++) sum -= l[j * p + m] * l[i * p + m];
      l[j * p + i] = kept[i] ? sum / l[i * p + i] : 0;
    }
    double pivot = diagonal;
    for (size_t m = 0; m < j; m++) pivot -= l[j * p + m] * l[j * p + m];
    kept[j] = pivot > 0 && pivot > limit && isfinite(pivot);
    if (!kept[j]) memset(&l[j * p], 0, j * sizeof *l);
    l[j * p + j] = kept[j] ? sqrt(pivot) : 0;
    rank += kept[j];
  }
  return rank;
}

void lb_cholesky_solve(const double *l, size_t stride, const bool *kept, size_t p, double *b)
{
  for (size_t i = 0; i < p; i++) {
    double sum = b[i];
    for (size_t m = 0; m < i; m++) sum -= l[i * stride + m] * b[m];
    b[i] = kept[i] ? sum / l[i * stride + i] : 0;
  }
  for (size_t i = p; i-- > 0;) {
    double sum = b[i];
    for (size_t m = i + 1; m < p; m++) sum -= l[m * stride + i] * b[m];
    b[i] = kept[i] ? sum / l[i * stride + i] : 0;
  }
}

void lb_cholesky_inverse(const double *l, const bool *kept, size_t p, double *inverse)
{
  memset(inverse, 0, p * p * sizeof *inverse);
  for (size_t j = 0; j < p; j++) {
    if (!kept[j]) continue;
    if (lb_interrupted()) return;
    inverse[j * p + j] = 1; /* row j is worked on as a vector; the inverse is symmetric */
    lb_cholesky_solve(l, p, kept, p, &inverse[j * p]);
  }
  for (size_t j = 0; j < p;
       j++) { /* two solves differ in the last bit: make it exactly symmetric */
    for (size_t i = 0; i < j; i++) inverse[i * p + j] = inverse[j * p + i];
  }
}

bool lb_symmetric_quadratic(const double *a, const double *b, size_t p, double tolerance,
                            double *value, size_t *rank)
{
  double *l = lb_mem_array(p * p, sizeof *l);
  double *x = lb_mem_array(p, sizeof *x);
  bool *kept = lb_mem_array(p, sizeof *kept);
  bool ok = l != NULL && x != NULL && kept != NULL;
  if (ok) {
    *rank = lb_cholesky(a, p, tolerance, NULL, l, kept);
    memcpy(x, b, p * sizeof *x);
    lb_cholesky_solve(l, p, kept, p, x);
    *value = 0;
    for (size_t j = 0; j < p; j++) *value += b[j] * x[j];
  }
  lb_mem_free(l);
  lb_mem_free(x);
  lb_mem_free(kept);
  return ok;
}
