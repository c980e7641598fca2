/* design.h - a design matrix as column pointers: what every regression routine takes. */
#ifndef LB_STATS_DESIGN_H
#define LB_STATS_DESIGN_H
#include "base/error.h"

#include <stddef.h>

#define LB_DESIGN_LARGEST 1e100

typedef struct lb_design {
  size_t n, p;
  const double *const *column; /* p pointers to n finite doubles; borrowed */
  const double *offset;        /* NULL = 0 */
} lb_design;

/* LB_EDATA, naming the column, when a number's size is beyond LB_DESIGN_LARGEST, from where on
 * products of variances overflow. */
lb_status lb_design_check(const lb_design *x, lb_error *err);
#endif
