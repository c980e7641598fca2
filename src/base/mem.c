/* mem.c - counted, overflow-checked memory over malloc, with failures on demand for the tests.
 *
 * Fresh pages cost a hundred times what reading them costs: large blocks that are freed wait in a
 * small pool for the next that fits, and large blocks ask for huge pages. */
#include "base/mem.h"

#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static atomic_size_t live_blocks;
static atomic_size_t live_bytes;
static atomic_size_t peak_bytes;
static atomic_long allowance = -1; /* allocations that may still succeed; negative: no limit */
static void (*on_exhausted)(void *context); /* set before any thread starts */
static void *exhausted_context;

/* There is no memory: NULL, unless the process ends here. */
static void *exhausted(void)
{
  if (on_exhausted != NULL) on_exhausted(exhausted_context);
  return NULL;
}

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

static void add_bytes(size_t size)
{
  size_t now = atomic_fetch_add_explicit(&live_bytes, size, memory_order_relaxed) + size;
  size_t peak = atomic_load_explicit(&peak_bytes, memory_order_relaxed);
  while (now > peak && !atomic_compare_exchange_weak(&peak_bytes, &peak, now)) continue;
}

static void count_in(void *block)
{
  atomic_fetch_add_explicit(&live_blocks, 1, memory_order_relaxed);
  add_bytes(malloc_usable_size(block));
}

/* ---- The pool ---- */

#define POOL_BLOCKS   64
#define POOL_BYTES    ((size_t)256 << 20) /* waiting at most */
#define POOL_SMALLEST ((size_t)64 << 10)
#define HUGE_PAGE     ((size_t)2 << 20)
#define HUGE_SMALLEST (2 * HUGE_PAGE)

static struct pool {
  pthread_mutex_t lock;
  size_t n, bytes;
  void *block[POOL_BLOCKS];
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* The sanitizer sees every use after free only when blocks are not used again. */
#ifdef __SANITIZE_ADDRESS__
static const bool POOLED = false;
#else
static const bool POOLED = true;
#endif

static void *pool_remove(size_t index)
{
  void *block = pool.block[index];
  pool.bytes -= malloc_usable_size(block);
  pool.block[index] = pool.block[--pool.n];
  return block;
}

/* The smallest block that holds `total` and is not a quarter larger; NULL: there is none. */
static void *pool_take(size_t total)
{
  void *block = NULL;
  if (!POOLED || total < POOL_SMALLEST) return NULL;
  pthread_mutex_lock(&pool.lock);
  size_t best = POOL_BLOCKS, least = total + total / 4 + 1;
  for (size_t i = 0; i < pool.n; i++) {
    size_t size = malloc_usable_size(pool.block[i]);
    if (size < total || size >= least) continue;
    best = i;
    least = size;
  }
  if (best < POOL_BLOCKS) block = pool_remove(best);
  pthread_mutex_unlock(&pool.lock);
  return block;
}

/* false: the block is not for the pool. Others give way. */
static bool pool_put(void *block)
{
  size_t size = malloc_usable_size(block), n_old = 0;
  void *old[POOL_BLOCKS];
  if (!POOLED || size < POOL_SMALLEST || size > POOL_BYTES) return false;
  pthread_mutex_lock(&pool.lock);
  while (pool.n == POOL_BLOCKS || pool.bytes + size > POOL_BYTES) old[n_old++] = pool_remove(0);
  pool.block[pool.n++] = block;
  pool.bytes += size;
  pthread_mutex_unlock(&pool.lock);
  for (size_t i = 0; i < n_old; i++) free(old[i]);
  return true;
}

static size_t pool_clear(void)
{
  pthread_mutex_lock(&pool.lock);
  size_t bytes = pool.bytes;
  while (pool.n > 0) free(pool_remove(0));
  pthread_mutex_unlock(&pool.lock);
  return bytes;
}

/* Asks for huge pages within a block that is not touched yet; a kernel that says no is fine. */
static void ask_huge(void *block, size_t total)
{
  if (total < HUGE_SMALLEST) return;
  uintptr_t start = ((uintptr_t)block + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
  uintptr_t end = ((uintptr_t)block + total) / HUGE_PAGE * HUGE_PAGE;
  if (end > start) (void)madvise((void *)start, end - start, MADV_HUGEPAGE);
}

/* Fresh memory; what waits in the pool gives way when there is none. */
static void *fresh(size_t total, bool zero)
{
  void *block = zero ? calloc(1, total) : malloc(total);
  if (block == NULL) {
    (void)pool_clear();
    block = zero ? calloc(1, total) : malloc(total);
  }
  if (block == NULL) return exhausted();
  ask_huge(block, total);
  return block;
}

/* ---- Blocks ---- */

void *lb_mem_array(size_t n, size_t size)
{
  size_t total;
  if (!total_size(n, size, &total)) return exhausted();
  if (!permitted()) return NULL;
  void *block = pool_take(total);
  if (block == NULL) block = fresh(total, false);
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
  if (!total_size(n, size, &total)) return exhausted();
  if (!permitted()) return NULL;
  void *block = pool_take(total);
  if (block != NULL)
    memset(block, 0, total);
  else
    block = fresh(total, true); /* fresh pages come zeroed: calloc knows, memset does not */
  if (block != NULL) count_in(block);
  return block;
}

void *lb_mem_resize(void *block, size_t n, size_t size)
{
  if (block == NULL) return lb_mem_array(n, size);
  size_t total;
  if (!total_size(n, size, &total)) return exhausted();
  if (!permitted()) return NULL;
  size_t before = malloc_usable_size(block);
  void *moved = realloc(block, total);
  if (moved == NULL && pool_clear() > 0) moved = realloc(block, total);
  if (moved == NULL) return exhausted();
  add_bytes(malloc_usable_size(moved));
  atomic_fetch_sub_explicit(&live_bytes, before, memory_order_relaxed);
  return moved;
}

void lb_mem_free(void *block)
{
  if (block == NULL) return;
  atomic_fetch_sub_explicit(&live_blocks, 1, memory_order_relaxed);
  atomic_fetch_sub_explicit(&live_bytes, malloc_usable_size(block), memory_order_relaxed);
  if (!pool_put(block)) free(block);
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

void lb_mem_on_exhausted(void (*handler)(void *context), void *context)
{
  on_exhausted = handler;
  exhausted_context = context;
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

size_t lb_mem_peak(void)
{
  return atomic_exchange(&peak_bytes, lb_mem_bytes());
}

size_t lb_mem_trim(void)
{
  size_t bytes = pool_clear();
  malloc_trim(0);
  return bytes;
}
