/* sum_kernel.c - sums of blocks in lanes, the same lanes on every processor. */
#include "expr/sum_kernel.h"
#include "base/clones.h"

#define LANES 16u /* a sum waits for the one before: several vectors of them hide that */

/* What was lost in sum = a + b, exactly (Knuth 1997, The Art of Computer Programming 2, 4.2.2). */
static inline double lost(double a, double b, double sum)
{
  double from_b = sum - a;
  return (a - (sum - from_b)) + (b - from_b);
}

lb_sum lb_sum_join(lb_sum a, lb_sum b)
{
  double sum = a.sum + b.sum;
  return (lb_sum){sum, a.error + b.error + lost(a.sum, b.sum, sum)};
}

/* Missing rows add 0. */
static inline void add_lanes(const double *restrict x, const uint8_t *restrict present,
                             double *restrict sum, double *restrict error)
{
  for (size_t k = 0; k < LANES; k++) {
    double value = present[k] ? x[k] : 0, next = sum[k] + value;
    error[k] += lost(sum[k], value, next);
    sum[k] = next;
  }
}

LB_CLONES static void sum_lanes(const double *restrict x, const uint8_t *restrict present, size_t n,
                                double *restrict sum, double *restrict error)
{
  for (size_t i = 0; i + LANES <= n; i += LANES) add_lanes(x + i, present + i, sum, error);
}

lb_sum lb_sum_block(const double *x, const uint8_t *present, size_t n)
{
  double sum[LANES] = {0}, error[LANES] = {0};
  lb_sum all = {0, 0};
  sum_lanes(x, present, n, sum, error);
  for (size_t k = 0; k < LANES; k++) all = lb_sum_join(all, (lb_sum){sum[k], error[k]});
  for (size_t i = n / LANES * LANES; i < n; i++)
    if (present[i]) all = lb_sum_join(all, (lb_sum){x[i], 0});
  return all;
}

LB_CLONES uint64_t lb_sum_integer_block(const int64_t *restrict x, const uint8_t *restrict present,
                                        size_t n, int64_t *restrict sum)
{
  uint64_t total = (uint64_t)*sum, size = 0;
  for (size_t i = 0; i < n; i++) {
    uint64_t value = (uint64_t)x[i] & -(uint64_t)present[i];
    total += value;
    size |= value ^ -(value >> 63); /* of a negative number, its size less 1 */
  }
  *sum = (int64_t)total;
  return size;
}
