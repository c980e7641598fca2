/* kernel_choose.c - kernels that pass on one of their operands' values, and cut. */
#include "expr/kernel.h"
#include <math.h>
#include <string.h>

/* Row i of `from` into `to`; from NULL: missing. */
static void copy_row(lb_vec *to, const lb_vec *from, size_t i, size_t width)
{
  unsigned char *at = (unsigned char *)to->any + i * width;
  to->valid[i] = from != NULL ? from->valid[i] : 0;
  if (to->valid[i])
    memcpy(at, (const unsigned char *)from->any + i * width, width);
  else
    memset(at, 0, width);
}

/* condition, then, else; a missing condition gives a missing value. */
void lb_k_if_else(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  size_t width = lb_type_width(op->type);
  for (size_t i = 0; i < b->n; i++) {
    const lb_vec *from = !arg[0]->valid[i] ? NULL : arg[0]->logical[i] ? arg[1] : arg[2];
    copy_row(out, from, i, width);
  }
}

/* condition, value, ..., default: as nested if_else, so that a missing condition met before a true
 * one gives a missing value. */
void lb_k_case(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  size_t width = lb_type_width(op->type);
  for (size_t i = 0; i < b->n; i++) {
    size_t k = 0;
    while (k + 1 < op->n && arg[k]->valid[i] && !arg[k]->logical[i]) k += 2;
    const lb_vec *from = NULL;
    if (k + 1 == op->n)
      from = arg[k];
    else if (k < op->n && arg[k]->valid[i])
      from = arg[k + 1];
    copy_row(out, from, i, width);
  }
}

void lb_k_coalesce(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  size_t width = lb_type_width(op->type);
  for (size_t i = 0; i < b->n; i++) {
    size_t k = 0;
    while (k + 1 < op->n && !arg[k]->valid[i]) k++;
    copy_row(out, arg[k], i, width);
  }
}

/* The class is the number of breaks at or below x: closed on the left. */
void lb_k_cut(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  const lb_set *breaks = op->payload;
  for (size_t i = 0; i < b->n; i++) {
    double x = arg[0]->real[i];
    int32_t class = 0;
    out->valid[i] = arg[0]->valid[i];
    out->code[i] = 0;
    if (!out->valid[i]) continue;
    if (isnan(x)) {
      b->tally->count[LB_TALLY_NAN]++;
      out->valid[i] = 0;
      continue;
    }
    for (size_t k = 0; k < breaks->n; k++) class += breaks->real[k] <= x;
    out->code[i] = class;
  }
}
