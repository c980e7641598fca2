/* sum_kernel.c - sums of blocks in lanes, the same lanes on every processor. */
#include "expr/sum_kernel.h"
#include "base/clones.h"
#include <string.h>

/* A sum waits for the one before: several vectors of them hide that. Written as vectors, so that
 * they stay in registers; arrays of lanes would go through memory at every step. */
#define WIDTH 4u
#define PARTS 4u
#define LANES (WIDTH * PARTS)
typedef double lanes __attribute__((vector_size(WIDTH * sizeof(double))));

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
LB_CLONES static void take_present(const double *restrict x, const uint8_t *restrict present,
                                   size_t n, double *restrict out)
{
  for (size_t i = 0; i < n; i++) out[i] = present[i] ? x[i] : 0;
}

/* n is a multiple of LANES. */
LB_CLONES static void sum_lanes(const double *restrict x, size_t n, double *restrict sum,
                                double *restrict error)
{
  lanes s[PARTS] = {0}, e[PARTS] = {0};
  for (size_t i = 0; i < n; i += LANES)
    for (size_t k = 0; k < PARTS; k++) {
      lanes value, next, from;
      memcpy(&value, x + i + k * WIDTH, sizeof value);
      next = s[k] + value;
      from = next - s[k];
      e[k] += (s[k] - (next - from)) + (value - from); /* as lost() */
      s[k] = next;
    }
  memcpy(sum, s, sizeof s);
  memcpy(error, e, sizeof e);
}

lb_sum lb_sum_block(const double *x, const uint8_t *present, size_t n)
{
  double sum[LANES], error[LANES], value[LB_SUM_ROWS];
  lb_sum all = {0, 0};
  size_t whole = n / LANES * LANES;
  take_present(x, present, whole, value);
  sum_lanes(value, whole, sum, error);
  for (size_t k = 0; k < LANES; k++) all = lb_sum_join(all, (lb_sum){sum[k], error[k]});
  for (size_t i = whole; i < n; i++)
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
