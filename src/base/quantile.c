/* quantile.c - quantiles of numbers, each of which may stand for several. */
#include "base/quantile.h"

#include <math.h>

/* Number k from 0 of the numbers repeated; `upto` of them stand in place *i or before it. */
static double repeated(const double *value, const double *count, size_t n, double k, size_t *i,
                       double *upto)
{
  while (!(*upto > k) && *i + 1 < n) *upto += count[++*i];
  return value[*i];
}

double lb_quantile(const double *value, const double *count, size_t n, double prob)
{
  double total = count == NULL ? (double)n : 0;
  for (size_t i = 0; count != NULL && i < n; i++) total += count[i];
  double at = prob * (total - 1), below = floor(at), low, high;
  if (count == NULL) {
    size_t i = (size_t)below;
    low = value[i];
    high = value[i + 1 < n ? i + 1 : i];
  } else {
    size_t i = 0;
    double upto = count[0];
    low = repeated(value, count, n, below, &i, &upto);
    high = repeated(value, count, n, below + 1, &i, &upto);
  }
  return low + (at - below) * (high - low);
}
