/* parallel.h - loops over a fixed number of blocks: the same blocks, so the same bits, for any
 * thread count. */
#ifndef LB_BASE_PARALLEL_H
#define LB_BASE_PARALLEL_H
#include <stdbool.h>
#include <stddef.h>

/* Threads to use: lb_threads_set, else LOBULE_THREADS, else OMP_NUM_THREADS, else all cores. At
 * least 1. */
int lb_threads(void);
/* LOBULE_THREADS, if it is set and no count from 1 to 1024, so that lb_threads passes it over; else
 * NULL. */
const char *lb_threads_misread(void);
void lb_threads_set(int n); /* 0: back to the environment */
/* Runs body(context, block) for block = 0 .. n_blocks-1, in parallel when `parallel`. Bodies must
 * not share what they write. Stops early when interrupted: returns false. */
bool lb_parallel(size_t n_blocks, bool parallel, void (*body)(void *context, size_t block),
                 void *context);
#endif
