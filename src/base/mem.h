/* mem.h - memory: counted, overflow-checked, and able to fail on demand so that tests can see what
 * then happens. */
#ifndef LB_BASE_MEM_H
#define LB_BASE_MEM_H
#include <stddef.h>

/* Large blocks that are freed are kept, up to 256 MiB, and used again.
 * All return NULL on failure or overflow; a size of 0 gives a unique non-NULL block. Thread-safe.
 */
void *lb_mem_alloc(size_t size);
void *lb_mem_array(size_t n, size_t size); /* not initialised */
void *lb_mem_zero(size_t n, size_t size);  /* zeroed */
void *lb_mem_resize(void *block, size_t n,
                    size_t size); /* as realloc; on failure the old block is unchanged */
void lb_mem_free(void *block);    /* NULL is fine */
char *lb_mem_text(const char *text, size_t length); /* copy with a final NUL */

/* Calls handler(context) whenever a request cannot be met, in the thread that made it, before NULL
 * is returned; for a process that ends at its limit. NULL: none. Set it before any thread starts.
 */
void lb_mem_on_exhausted(void (*handler)(void *context), void *context);

/* Tests: after k further allocations succeed, every one fails, until lb_mem_fail_after(-1). */
void lb_mem_fail_after(long k);
/* Blocks and bytes now held. */
size_t lb_mem_live(void);
size_t lb_mem_bytes(void);
/* The most bytes held at once since the last call, which begins anew from what is held now. */
size_t lb_mem_peak(void);
/* Gives the freed blocks that wait for reuse back to the system; their number of bytes. */
size_t lb_mem_trim(void);
#endif
