/* kernel_choose.c - kernels that pass on one of their operands' values, and cut. */
#include "base/clones.h"
#include "expr/kernel.h"
#include <math.h>
#include <string.h>

/* Values where `taken` is 255 in place of those that stand there; `taken` is 0 elsewhere. */
LB_CLONES static void take_8(size_t n, const uint8_t *restrict taken, const uint64_t *restrict from,
                             uint64_t *restrict to)
{
  for (size_t i = 0; i < n; i++) to[i] = taken[i] ? from[i] : to[i];
}

LB_CLONES static void take_4(size_t n, const uint8_t *restrict taken, const uint32_t *restrict from,
                             uint32_t *restrict to)
{
  for (size_t i = 0; i < n; i++) to[i] = taken[i] ? from[i] : to[i];
}

LB_CLONES static void take_1(size_t n, const uint8_t *restrict taken, const uint8_t *restrict from,
                             uint8_t *restrict to)
{
  for (size_t i = 0; i < n; i++) to[i] = (uint8_t)((from[i] & taken[i]) | (to[i] & ~taken[i]));
}

static void take_spans(size_t n, const uint8_t *taken, const lb_span *from, lb_span *to)
{
  for (size_t i = 0; i < n; i++)
    if (taken[i]) to[i] = from[i];
}

/* Where `taken`, values and presence of `from` into `out`. */
static void take(size_t n, lb_type type, const uint8_t *taken, const lb_vec *from, lb_vec *out)
{
  take_1(n, taken, from->valid, out->valid);
  switch (lb_type_width(type)) {
  case 1:
    take_1(n, taken, from->logical, out->logical);
    break;
  case 4:
    take_4(n, taken, from->any, out->any);
    break;
  case 8:
    take_8(n, taken, from->any, out->any);
    break;
  default:
    take_spans(n, taken, from->text, out->text);
  }
}

/* All rows from one operand, to begin with. */
static void begin(size_t n, lb_type type, const lb_vec *from, lb_vec *out)
{
  memcpy(out->any, from->any, n * lb_type_width(type));
  memcpy(out->valid, from->valid, n);
}

/* What stands at a missing row is 0, so that a logical's byte says "true" by itself. */
LB_CLONES static void clear_8(size_t n, const uint8_t *restrict valid, uint64_t *restrict to)
{
  for (size_t i = 0; i < n; i++) to[i] &= -(uint64_t)valid[i];
}

LB_CLONES static void clear_1(size_t n, const uint8_t *restrict valid, uint8_t *restrict to)
{
  for (size_t i = 0; i < n; i++) to[i] &= valid[i];
}

LB_CLONES static void clear_4(size_t n, const uint8_t *restrict valid, uint32_t *restrict to)
{
  for (size_t i = 0; i < n; i++) to[i] &= -(uint32_t)valid[i];
}

static void clear_missing(size_t n, lb_type type, lb_vec *out)
{
  switch (lb_type_width(type)) {
  case 1:
    clear_1(n, out->valid, out->logical);
    break;
  case 4:
    clear_4(n, out->valid, out->any);
    break;
  case 8:
    clear_8(n, out->valid, out->any);
    break;
  default:
    for (size_t i = 0; i < n; i++)
      if (!out->valid[i]) out->text[i] = (lb_span){"", 0};
  }
}

/* Masks of 255 where a condition is true, and where it is missing. */
LB_CLONES static void masks(size_t n, const uint8_t *restrict true_bytes,
                            const uint8_t *restrict valid, uint8_t *restrict holds,
                            uint8_t *restrict missing)
{
  for (size_t i = 0; i < n; i++) {
    holds[i] = (uint8_t)-true_bytes[i];
    missing[i] = (uint8_t)(valid[i] - 1);
  }
}

/* No presence where `taken` is 255. */
LB_CLONES static void drop(size_t n, const uint8_t *restrict taken, uint8_t *restrict valid)
{
  for (size_t i = 0; i < n; i++) valid[i] = (uint8_t)(valid[i] & ~taken[i]);
}

/* Operands are conditions and values in turn, and a default: from the last pair to the first, each
 * true condition puts its value over what later ones gave, each missing one takes it away. */
static void choose(size_t n, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  uint8_t holds[LB_BLOCK_ROWS], missing[LB_BLOCK_ROWS];
  begin(n, op->type, arg[op->n - 1], out);
  for (size_t k = op->n / 2; k-- > 0;) {
    masks(n, arg[2 * k]->logical, arg[2 * k]->valid, holds, missing);
    take(n, op->type, holds, arg[2 * k + 1], out);
    drop(n, missing, out->valid);
  }
  clear_missing(n, op->type, out);
}

/* condition, then, else; a missing condition gives a missing value. */
void lb_k_if_else(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  choose(b->n, op, arg, out);
}

/* condition, value, ..., default: as nested if_else, so that a missing condition met before a true
 * one gives a missing value. */
void lb_k_case(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  choose(b->n, op, arg, out);
}

void lb_k_coalesce(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  uint8_t present[LB_BLOCK_ROWS];
  begin(b->n, op->type, arg[op->n - 1], out);
  for (size_t k = op->n - 1; k-- > 0;) {
    const uint8_t *valid = arg[k]->valid;
    for (size_t i = 0; i < b->n; i++) present[i] = (uint8_t)-valid[i];
    take(b->n, op->type, present, arg[k], out);
  }
  clear_missing(b->n, op->type, out);
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
