/* threads.c - waiting threads sleep: said to OpenMP before it reads its environment.
 *
 * Its default is to spin for milliseconds after each loop. On a machine that does other work too a
 * thread that spins keeps the one it waits for from running: a filter of a million rows took four
 * times as long with two threads as with one. The library reads OMP_WAIT_POLICY in a constructor of
 * its own, so it is linked into the program, where constructors with a priority come first. */
#include <stdlib.h>

__attribute__((constructor(101))) static void waiting_threads_sleep(void)
{
  (void)setenv("OMP_WAIT_POLICY", "passive", 0); /* who has set it keeps it */
}
