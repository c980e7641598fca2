/* linear_kernel.c - linear predictors of many rows, as vector code. */
#include "stats/linear_kernel.h"
#include "base/clones.h"
#include "base/parallel.h"

#include <math.h>
#include <string.h>

#define ROWS     2048  /* whose sums stay in the first cache while columns pass by */
#define BLOCK    16384 /* rows of a task */
#define PARALLEL 50000 /* rows from which a thread earns its wake-up */

typedef struct linear {
  const lb_design *x;
  const double *coef, *mean;
  double *out;
} linear;

LB_CLONES static void add_column(const double *restrict column, size_t n, double coef, double mean,
                                 double *restrict out)
{
  for (size_t i = 0; i < n; i++) out[i] += coef * (column[i] - mean);
}

static void fill_rows(const linear *w, size_t first, size_t n)
{
  const lb_design *x = w->x;
  double *out = w->out + first;
  if (x->offset != NULL)
    memcpy(out, x->offset + first, n * sizeof *out);
  else
    memset(out, 0, n * sizeof *out);
  for (size_t j = 0; j < x->p; j++) {
    if (isnan(w->coef[j])) continue;
    add_column(x->column[j] + first, n, w->coef[j], w->mean == NULL ? 0 : w->mean[j], out);
  }
}

static void fill_block(void *context, size_t block)
{
  const linear *w = context;
  size_t end = (block + 1) * BLOCK < w->x->n ? (block + 1) * BLOCK : w->x->n;
  for (size_t at = block * BLOCK; at < end; at += ROWS)
    fill_rows(w, at, end - at < ROWS ? end - at : ROWS);
}

bool lb_linear_predictor(const lb_design *x, const double *coef, const double *mean, double *out)
{
  linear w = {x, coef, mean, out};
  return lb_parallel((x->n + BLOCK - 1) / BLOCK, x->n >= PARALLEL, fill_block, &w);
}
