/* pair_kernel.c - tables of pairs of counts (censored, events) by day, as vector code. */
#include "base/pair_kernel.h"
#include "base/clones.h"

/* Pairs that stay in the cache between the two passes over them. */
#define PIECE 1024

LB_CLONES static size_t count_any(const uint32_t *restrict pair, size_t n)
{
  uint32_t any = 0;
  for (size_t i = 0; i < n; i++) any += (pair[2 * i] | pair[2 * i + 1]) != 0;
  return any;
}

LB_CLONES static void add_sides(const uint32_t *restrict pair, size_t n, uint64_t *restrict sum)
{
  uint64_t first = 0, second = 0;
  for (size_t i = 0; i < n; i++) {
    first += pair[2 * i];
    second += pair[2 * i + 1];
  }
  sum[0] += first;
  sum[1] += second;
}

lb_pair_totals lb_pairs_total(const uint32_t *pair, size_t n)
{
  uint64_t sum[2] = {0, 0};
  size_t any = 0;
  for (size_t at = 0; at < n; at += PIECE) {
    size_t here = n - at < PIECE ? n - at : PIECE;
    add_sides(pair + 2 * at, here, sum);
    any += count_any(pair + 2 * at, here);
  }
  return (lb_pair_totals){sum[0], sum[1], any};
}

LB_CLONES void lb_pairs_add(uint32_t *restrict to, const uint32_t *restrict pair, size_t n)
{
  for (size_t i = 0; i < 2 * n; i++) to[i] += pair[i];
}

size_t lb_pairs_end(const uint32_t *pair, size_t n)
{
  while (n > 0 && (pair[2 * n - 2] | pair[2 * n - 1]) == 0) n--;
  return n;
}

LB_CLONES void lb_counts_add(uint32_t *restrict to, const uint32_t *restrict count, size_t n)
{
  for (size_t i = 0; i < n; i++) to[i] += count[i];
}

LB_CLONES uint64_t lb_counts_total(const uint32_t *count, size_t n)
{
  uint64_t total = 0;
  for (size_t i = 0; i < n; i++) total += count[i];
  return total;
}

uint64_t lb_counts_total_first(const uint32_t *count, size_t n_row, size_t stride)
{
  uint64_t total = 0;
  for (size_t i = 0; i < n_row; i++) total += count[i * stride];
  return total;
}

LB_CLONES static size_t any_of_three(const uint32_t *count, size_t n_row)
{
  size_t n = 0;
  for (size_t i = 0; i < n_row; i++) n += (count[3 * i] | count[3 * i + 1] | count[3 * i + 2]) != 0;
  return n;
}

size_t lb_counts_any(const uint32_t *count, size_t n_row, size_t stride)
{
  size_t n = 0;
  if (stride == 3) return any_of_three(count, n_row); /* two causes: most */
  for (size_t i = 0; i < n_row; i++) {
    uint32_t any = 0;
    for (size_t k = 0; k < stride; k++) any |= count[i * stride + k];
    n += any != 0;
  }
  return n;
}
