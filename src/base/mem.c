/* mem.c - counted, overflow-checked memory over malloc, with failures on demand for the tests. */
#include "base/mem.h"

#include <malloc.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static atomic_size_t live_blocks;
static atomic_size_t live_bytes;
static atomic_long allowance = -1; /* allocations that may still succeed; negative: no limit */

/* Whether one more allocation may go ahead; counts it when a limit is set. */
static bool permitted(void)
{
  long left = atomic_load_explicit(&allowance, memory_order_relaxed);
  while (left > 0)
    if (atomic_compare_exchange_weak(&allowance, &left, left - 1)) return true;
  return left < 0;
}

/* n * size, 1 for nothing; false on overflow or past what one object may hold. */
static bool total_size(size_t n, size_t size, size_t *total)
{
  if (__builtin_mul_overflow(n, size, total) || *total > PTRDIFF_MAX) return false;
  if (*total == 0) *total = 1;
  return true;
}

static void count_in(void *block)
{
  atomic_fetch_add_explicit(&live_blocks, 1, memory_order_relaxed);
  atomic_fetch_add_explicit(&live_bytes, malloc_usable_size(block), memory_order_relaxed);
}

void *lb_mem_array(size_t n, size_t size)
{
  size_t total;
  if (!total_size(n, size, &total) || !permitted()) return NULL;
  void *block = malloc(total);
  if (block != NULL) count_in(block);
  return block;
}

void *lb_mem_alloc(size_t size)
{
  return lb_mem_array(1, size);
}

void *lb_mem_zero(size_t n, size_t size)
{
  size_t total;
  if (!total_size(n, size, &total) || !permitted()) return NULL;
  void *block = calloc(1, total); /* fresh pages come zeroed: calloc knows, memset does not */
  if (block != NULL) count_in(block);
  return block;
}

void *lb_mem_resize(void *block, size_t n, size_t size)
{
  if (block == NULL) return lb_mem_array(n, size);
  size_t total;
  if (!total_size(n, size, &total) || !permitted()) return NULL;
  size_t before = malloc_usable_size(block);
  void *moved = realloc(block, total);
  if (moved == NULL) return NULL;
  atomic_fetch_add_explicit(&live_bytes, malloc_usable_size(moved), memory_order_relaxed);
  atomic_fetch_sub_explicit(&live_bytes, before, memory_order_relaxed);
  return moved;
}

void lb_mem_free(void *block)
{
  if (block == NULL) return;
  atomic_fetch_sub_explicit(&live_blocks, 1, memory_order_relaxed);
  atomic_fetch_sub_explicit(&live_bytes, malloc_usable_size(block), memory_order_relaxed);
  free(block);
}

char *lb_mem_text(const char *text, size_t length)
{
  if (length >= PTRDIFF_MAX) return NULL;
  char *copy = lb_mem_alloc(length + 1);
  if (copy == NULL) return NULL;
  if (length > 0) memcpy(copy, text, length);
  copy[length] = '\0';
  return copy;
}

void lb_mem_fail_after(long k)
{
  atomic_store(&allowance, k);
}

size_t lb_mem_live(void)
{
  return atomic_load(&live_blocks);
}

size_t lb_mem_bytes(void)
{
  return atomic_load(&live_bytes);
}
