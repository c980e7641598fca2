/* design.h - a design matrix as column pointers: what every regression routine takes. */
#ifndef LB_STATS_DESIGN_H
#define LB_STATS_DESIGN_H
#include <stddef.h>

typedef struct lb_design {
  size_t n, p;
  const double *const *column; /* p pointers to n finite doubles; borrowed */
  const double *offset;        /* NULL = 0 */
} lb_design;
#endif
