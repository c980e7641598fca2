/* progress.c - one set of counters for the program: there is one terminal and one thread of Lua.
 * File scope, like interrupt.c, because the loops that step know nothing of who watches. */
#include "base/progress.h"

#include <stdatomic.h>
#include <stddef.h>

static _Atomic(lb_progress_watch) watcher;
static _Atomic(const char *) label;
static atomic_uint_least64_t total, done;
static atomic_int depth; /* works that have begun and not ended */

void lb_progress_set_watch(lb_progress_watch watch)
{
  atomic_store(&watcher, watch);
}

static void tell(const char *what, uint64_t so_far)
{
  lb_progress_watch watch = atomic_load_explicit(&watcher, memory_order_acquire);
  uint64_t all = atomic_load_explicit(&total, memory_order_relaxed);
  if (watch != NULL) watch((lb_progress){what, so_far < all ? so_far : all, all});
}

void lb_progress_begin(const char *what, uint64_t units)
{
  if (atomic_fetch_add(&depth, 1) > 0) return;
  atomic_store(&total, units);
  atomic_store(&done, 0);
  atomic_store(&label, what);
  tell(what, 0);
}

void lb_progress_step(uint64_t units)
{
  if (atomic_load_explicit(&depth, memory_order_relaxed) != 1) return;
  uint64_t before = atomic_fetch_add_explicit(&done, units, memory_order_relaxed);
  tell(atomic_load_explicit(&label, memory_order_relaxed), before + units);
}

void lb_progress_end(void)
{
  if (atomic_fetch_sub(&depth, 1) > 1) return;
  atomic_store(&label, NULL);
  tell(NULL, atomic_load(&done));
}
