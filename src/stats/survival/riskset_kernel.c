/* riskset_kernel.c - a look at many times at once, as vector code. */
#include "stats/survival/riskset_kernel.h"
#include "base/clones.h"

#define BLOCK 4096 /* between looks at what was found: most data say early that they are no days */

LB_CLONES static int32_t look_at_days(const double *time, size_t n, int32_t last)
{
  int32_t fractions = 0;
  for (size_t i = 0; i < n; i++) {
    int32_t inside = (time[i] >= 0) & (time[i] <= 2147483647.0);
    double safe = inside ? time[i] : 0.0;
    int32_t day = (int32_t)safe;
    fractions |= !inside | ((double)day != safe);
    last = day > last ? day : last;
  }
  return fractions != 0 ? -1 : last;
}

bool lb_whole_days(const double *time, size_t n, int32_t *last)
{
  int32_t found = 0;
  for (size_t at = 0; at < n && found >= 0; at += BLOCK)
    found = look_at_days(time + at, n - at < BLOCK ? n - at : BLOCK, found);
  *last = found < 0 ? 0 : found;
  return found >= 0;
}
