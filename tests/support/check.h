/* check.h - what every C test needs: cmocka, named tolerances, near-equality, leak-checked groups. */
#ifndef LB_TESTS_CHECK_H
#define LB_TESTS_CHECK_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"

#define TOL_EXACT     1e-14 /* closed forms: rounding only */
#define TOL_ITER      1e-9  /* iterated to convergence */
#define TOL_REFERENCE 1e-8  /* another program at full precision */
#define TOL_PUBLISHED 5e-6  /* six printed digits */

/* |got - want| <= tol * max(1, |want|); NaN matches NaN only, infinities must be equal. */
#define LB_NEAR(got, want, tol) lb_check_near((got), (want), (tol), #got, __FILE__, __LINE__)
static inline void lb_check_near(double got, double want, double tol, const char *what,
                                 const char *file, int line)
{
  bool same =
      (isnan(got) && isnan(want)) || got == want || fabs(got - want) <= tol * fmax(1.0, fabs(want));
  if (same) return;
  print_error("%s:%d: %s is %.17g, expected %.17g\n", file, line, what, got, want);
  _fail(file, line);
}
/* The call succeeds, else its message is shown. */
#define LB_OK_OR_FAIL(call, err)                                                                   \
  do {                                                                                             \
    if ((call) != LB_OK) {                                                                         \
      print_error("%s: %s\n%s\n", #call, (err).message, (err).context);                            \
      _fail(__FILE__, __LINE__);                                                                   \
    }                                                                                              \
  } while (0)
/* Teardown for cmocka_unit_test_setup_teardown: nothing of ours is still allocated. */
static inline int lb_no_leak(void **state)
{
  (void)state;
  lb_mem_fail_after(-1);
  if (lb_mem_live() == 0) return 0;
  print_error("%zu blocks leaked\n", lb_mem_live());
  return -1;
}
#define LB_TEST(function) cmocka_unit_test_setup_teardown(function, NULL, lb_no_leak)
#endif
