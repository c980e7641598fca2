/* interrupt.c - the flag that Ctrl-C raises. */
#include "base/interrupt.h"

#include <stdatomic.h>

/* Atomic, not sig_atomic_t: worker threads read what a handler in another thread has set. */
static atomic_int raised;
_Static_assert(ATOMIC_INT_LOCK_FREE == 2, "a signal handler needs a lock-free flag");

bool lb_interrupted(void)
{
  return atomic_load_explicit(&raised, memory_order_relaxed) != 0;
}

void lb_interrupt_raise(void)
{
  atomic_store_explicit(&raised, 1, memory_order_relaxed);
}

void lb_interrupt_clear(void)
{
  atomic_store_explicit(&raised, 0, memory_order_relaxed);
}

lb_status lb_error_interrupted(lb_error *err)
{
  return lb_error_set(err, LB_EINTR, "interrupted");
}
