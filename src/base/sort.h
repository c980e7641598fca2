/* sort.h - stable orders of numeric keys by radix; NaN after all numbers, -0 and 0 tied. */
#ifndef LB_BASE_SORT_H
#define LB_BASE_SORT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* order[0..n) becomes the row numbers in ascending order of key, equal keys in row order. false:
 * out of memory. */
bool lb_sort_order_real(const double *key, size_t n, uint32_t *order);
bool lb_sort_order_integer(const int64_t *key, size_t n, uint32_t *order);
/* Re-sorts an existing order by one more key, stably (least significant key first). */
bool lb_sort_refine_real(const double *key, size_t n, uint32_t *order);
bool lb_sort_refine_integer(const int64_t *key, size_t n, uint32_t *order);
#endif
