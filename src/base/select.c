/* select.c - selection by counting: numbers fall into some two thousand ranges by their bits, and
 * only the range that holds the rank is looked at again: no branch to guess, as partitioning has.
 */
#include "base/select.h"

#include <stdint.h>
#include <string.h>

#include "base/clones.h"

#define N_RANGES   2048u
#define RANGE_BITS 11u
#define FEW        256u /* numbers for which counters cost more than partitioning */
#define LANES      8u

/* Doubles in order as unsigned integers; -0 and 0 are one. */
static inline uint64_t code_of(double value)
{
  uint64_t bits;
  value += 0.0;
  memcpy(&bits, &value, sizeof bits);
  return bits ^ ((0 - (bits >> 63)) | UINT64_C(1) << 63);
}

/* Lowest and highest number; false: one is NaN. */
LB_CLONES
static bool find_range(const double *x, size_t n, double *low, double *high)
{
  double least[LANES], most[LANES];
  uint64_t nan[LANES] = {0};
  for (size_t k = 0; k < LANES; k++) least[k] = most[k] = x[0];
  size_t i = 0;
  for (; i + LANES <= n; i += LANES)
    for (size_t k = 0; k < LANES; k++) {
      double value = x[i + k];
      least[k] = value < least[k] ? value : least[k];
      most[k] = value > most[k] ? value : most[k];
      nan[k] |= value != value;
    }
  for (; i < n; i++) {
    least[0] = x[i] < least[0] ? x[i] : least[0];
    most[0] = x[i] > most[0] ? x[i] : most[0];
    nan[0] |= x[i] != x[i];
  }
  for (size_t k = 1; k < LANES; k++) {
    least[0] = least[k] < least[0] ? least[k] : least[0];
    most[0] = most[k] > most[0] ? most[k] : most[0];
    nan[0] |= nan[k];
  }
  *low = least[0];
  *high = most[0];
  return nan[0] == 0;
}

static void swap(double *x, size_t i, size_t j)
{
  double was = x[i];
  x[i] = x[j];
  x[j] = was;
}

/* Hoare's selection with the median of three: afterwards x[k] is in its sorted place, nothing
 * before it larger, nothing behind it smaller. No NaN. */
static void partition(double *x, size_t n, size_t k)
{
  size_t low = 0, high = n - 1;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (x[middle] < x[low]) swap(x, middle, low);
    if (x[high] < x[low]) swap(x, high, low);
    if (x[high] < x[middle]) swap(x, high, middle);
    double pivot = x[middle];
    size_t i = low, j = high;
    for (;;) {
      while (x[i] < pivot) i++;
      while (pivot < x[j]) j--;
      if (i >= j) break;
      swap(x, i++, j--);
    }
    if (i == j && k == i) return;
    if (k <= j)
      high = j;
    else
      low = j + 1;
  }
}

/* Keeps the numbers of the range that holds rank k, and of the next that has any when k is its
 * last; their number. *k becomes the rank among them. */
static size_t narrow(double *x, size_t n, double low, double high, size_t *k)
{
  uint32_t count[2][N_RANGES];
  uint64_t first = code_of(low), span = code_of(high) - first;
  unsigned width = 64u - (unsigned)__builtin_clzll(span);
  unsigned shift = width > RANGE_BITS ? width - RANGE_BITS : 0;
  memset(count, 0, sizeof count);
  size_t i = 0;
  for (; i + 2 <= n; i += 2) { /* two tables: neighbours often fall into one range */
    count[0][(code_of(x[i]) - first) >> shift]++;
    count[1][(code_of(x[i + 1]) - first) >> shift]++;
  }
  if (i < n) count[0][(code_of(x[i]) - first) >> shift]++;
  size_t range = 0, before = 0, next;
  for (; before + count[0][range] + count[1][range] <= *k; range++)
    before += count[0][range] + count[1][range];
  next = range;
  if (*k + 1 == before + count[0][range] + count[1][range])
    for (next++; next < N_RANGES && count[0][next] + count[1][next] == 0;) next++;
  *k -= before;
  size_t kept = 0;
  for (i = 0; i < n; i++) {
    double value = x[i];
    uint64_t here = (code_of(value) - first) >> shift;
    x[kept] = value;
    kept += (here == range) | (here == next);
  }
  return kept;
}

bool lb_select(double *x, size_t n, size_t k, double *value, double *next)
{
  double low, high;
  if (!find_range(x, n, &low, &high)) return false;
  *value = *next = low;
  if (low == high) return true;
  /* Counters are of 32 bits. */
  if (n >= FEW && n <= UINT32_MAX) n = narrow(x, n, low, high, &k);
  partition(x, n, k);
  *value = *next = x[k];
  if (k + 1 == n) return true;
  *next = x[k + 1];
  for (size_t i = k + 2; i < n; i++) *next = x[i] < *next ? x[i] : *next;
  return true;
}
