/* waiting.c - threads without work sleep: by itself OpenMP lets them turn in a loop for a while,
 * which on a shared machine takes the processor from the thread that everyone waits for. */
#include "host/waiting.h"

#include <stdbool.h>
#include <stdlib.h>

#define POLICY "OMP_WAIT_POLICY"

static bool chosen; /* by us: the user's own choice stays */

/* OpenMP reads its environment in a constructor, before main. It is linked into the program so that
 * this one, of a higher priority, comes first. */
__attribute__((constructor(101))) static void choose(void)
{
  chosen = getenv(POLICY) == NULL && getenv("GOMP_SPINCOUNT") == NULL &&
           setenv(POLICY, "passive", 0) == 0;
}

void lb_waiting_forget(void)
{
  if (chosen) (void)unsetenv(POLICY);
}
