/* parallel.c - block loops over OpenMP. Waiting threads sleep by the host's choice of
 * OMP_WAIT_POLICY (host/waiting.c); nothing here spins. */
#include "base/parallel.h"

#include <omp.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/interrupt.h"
#include "base/str.h"

#define MAX_THREADS 1024

static atomic_int chosen; /* by lb_threads_set; 0: ask the environment */

/* The number in an environment variable, or 0 when it is unset or not a count from 1 to
 * MAX_THREADS. OMP_NUM_THREADS may be a list, one number a nesting level: its first is ours. */
static int threads_from(const char *variable)
{
  const char *text = getenv(variable);
  int64_t n;
  if (text == NULL || !lb_parse_integer(text, strcspn(text, ","), &n)) return 0;
  return n >= 1 && n <= MAX_THREADS ? (int)n : 0;
}

int lb_threads(void)
{
  int n = atomic_load_explicit(&chosen, memory_order_relaxed);
  if (n == 0) n = threads_from("LOBULE_THREADS");
  if (n == 0) n = threads_from("OMP_NUM_THREADS");
  if (n == 0) n = omp_get_num_procs();
  return n < 1 ? 1 : n;
}

const char *lb_threads_misread(void)
{
  static const char NAME[] = "LOBULE_THREADS";
  const char *text = getenv(NAME);
  return text != NULL && text[0] != '\0' && threads_from(NAME) == 0 ? NAME : NULL;
}

void lb_threads_set(int n)
{
  int within = n < 0 ? 0 : n > MAX_THREADS ? MAX_THREADS : n;
  atomic_store_explicit(&chosen, within, memory_order_relaxed);
}

bool lb_parallel(size_t n_blocks, bool parallel, void (*body)(void *context, size_t block),
                 void *context)
{
  int n_threads = parallel ? lb_threads() : 1;
  if (n_blocks < (size_t)n_threads) n_threads = n_blocks == 0 ? 1 : (int)n_blocks;
  if (n_threads == 1) {
    for (size_t block = 0; block < n_blocks && !lb_interrupted(); block++) body(context, block);
    return !lb_interrupted();
  }
#pragma omp parallel for schedule(dynamic, 1) num_threads(n_threads)
  for (size_t block = 0; block < n_blocks; block++)
    if (!lb_interrupted()) body(context, block);
  /* Also false when the flag rose within the last block: its body may have polled it and left
   * early. */
  return !lb_interrupted();
}
