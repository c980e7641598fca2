/* design.c - what a design matrix must be for sums of its products to stay numbers. */
#include "stats/design.h"

#include <math.h>

lb_status lb_design_check(const lb_design *x, lb_error *err)
{
  for (size_t j = 0; j < x->p; j++) {
    for (size_t i = 0; i < x->n; i++) {
      if (fabs(x->column[j][i]) <= LB_DESIGN_LARGEST) continue;
      lb_error_set(err, LB_EDATA, "column %zu of the design has numbers beyond %g", j + 1,
                   LB_DESIGN_LARGEST);
      lb_error_mend(err, "Write it in another unit.");
      return LB_EDATA;
    }
  }
  return LB_OK;
}
