/* progress.h - how far long work has come: counters, and a watcher that the host sets. */
#ifndef LB_BASE_PROGRESS_H
#define LB_BASE_PROGRESS_H
#include <stdint.h>

/* The work at one moment. */
typedef struct lb_progress {
  const char *label;    /* "reading csv"; NULL: the work has ended */
  uint64_t done, total; /* in the work's own unit: bytes, rows; done <= total */
} lb_progress;

/* Called at the begin, at each step (from any thread, perhaps several at once) and at the end. Must
 * be quick and must not call back into the library. */
typedef void (*lb_progress_watch)(lb_progress now);

/* NULL, as at the start: nobody watches. Not while work is going on. */
void lb_progress_set_watch(lb_progress_watch watch);

/* Begins work of `total` units; label is borrowed until the end. Each begin needs its end, also
 * after a failure. Both are called by the thread that runs Lua. Work within work counts as part of
 * the outer one: its steps are not seen. */
void lb_progress_begin(const char *label, uint64_t total);
void lb_progress_step(uint64_t done); /* so many units more; from any thread; cheap */
void lb_progress_end(void);
#endif
