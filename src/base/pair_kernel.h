/* pair_kernel.h - tables of pairs of counts (censored, events) by day, as vector code. */
#ifndef LB_BASE_PAIR_KERNEL_H
#define LB_BASE_PAIR_KERNEL_H
#include <stddef.h>
#include <stdint.h>

typedef struct lb_pair_totals {
  uint64_t first, second; /* sums of each side */
  size_t n_any;           /* pairs that are not 0, 0 */
} lb_pair_totals;

/* Totals of n pairs. */
lb_pair_totals lb_pairs_total(const uint32_t *pair, size_t n);
/* Adds n pairs to others; sums beyond 32 bits wrap. */
void lb_pairs_add(uint32_t *restrict to, const uint32_t *restrict pair, size_t n);
/* 1 + the place of the last pair that is not 0, 0; 0 when there is none. */
size_t lb_pairs_end(const uint32_t *pair, size_t n);

/* The same of rows of any number of counts: adds n counts; their total; the total of every
 * `stride`-th from the first; how many rows of `stride` counts are not all 0. */
void lb_counts_add(uint32_t *restrict to, const uint32_t *restrict count, size_t n);
uint64_t lb_counts_total(const uint32_t *count, size_t n);
uint64_t lb_counts_total_first(const uint32_t *count, size_t n_row, size_t stride);
size_t lb_counts_any(const uint32_t *count, size_t n_row, size_t stride);
#endif
