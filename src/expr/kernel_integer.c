/* kernel_integer.c - arithmetic on 64-bit integers that never wraps: an overflow is told in the
 * tally. */
#include "expr/kernel.h"

static void tell_overflow(lb_block *b, bool overflow)
{
  if (overflow && b->tally->overflow == 0) b->tally->overflow = b->op + 1;
}

void lb_k_add_integer(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  (void)op;
  const int64_t *x = arg[0]->integer, *y = arg[1]->integer;
  bool overflow = false;
  lb_valid_both(b, arg[0], arg[1], out);
  for (size_t i = 0; i < b->n; i++)
    overflow |= __builtin_add_overflow(x[i], y[i], &out->integer[i]) & out->valid[i];
  tell_overflow(b, overflow);
}

void lb_k_sub_integer(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  (void)op;
  const int64_t *x = arg[0]->integer, *y = arg[1]->integer;
  bool overflow = false;
  lb_valid_both(b, arg[0], arg[1], out);
  for (size_t i = 0; i < b->n; i++)
    overflow |= __builtin_sub_overflow(x[i], y[i], &out->integer[i]) & out->valid[i];
  tell_overflow(b, overflow);
}

void lb_k_mul_integer(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  (void)op;
  const int64_t *x = arg[0]->integer, *y = arg[1]->integer;
  bool overflow = false;
  lb_valid_both(b, arg[0], arg[1], out);
  for (size_t i = 0; i < b->n; i++)
    overflow |= __builtin_mul_overflow(x[i], y[i], &out->integer[i]) & out->valid[i];
  tell_overflow(b, overflow);
}

/* Division by zero gives NA: an integer has no infinity. */
static uint8_t divisible(lb_block *b, uint8_t valid, int64_t y)
{
  if (!valid || y != 0) return valid;
  b->tally->count[LB_TALLY_ZERO]++;
  return 0;
}

void lb_k_floor_integer(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  (void)op;
  const int64_t *x = arg[0]->integer, *y = arg[1]->integer;
  bool overflow = false;
  lb_valid_both(b, arg[0], arg[1], out);
  for (size_t i = 0; i < b->n; i++) {
    out->valid[i] = divisible(b, out->valid[i], y[i]);
    if (!out->valid[i]) continue;
    if (y[i] == -1) {
      overflow |= __builtin_sub_overflow((int64_t)0, x[i], &out->integer[i]);
      continue;
    }
    int64_t q = x[i] / y[i];
    out->integer[i] = q - (x[i] % y[i] != 0 && (x[i] ^ y[i]) < 0);
  }
  tell_overflow(b, overflow);
}

void lb_k_mod_integer(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  (void)op;
  const int64_t *x = arg[0]->integer, *y = arg[1]->integer;
  lb_valid_both(b, arg[0], arg[1], out);
  for (size_t i = 0; i < b->n; i++) {
    out->valid[i] = divisible(b, out->valid[i], y[i]);
    if (!out->valid[i]) continue;
    int64_t m = y[i] == -1 ? 0 : x[i] % y[i];
    out->integer[i] = m != 0 && (m ^ y[i]) < 0 ? m + y[i] : m;
  }
}

void lb_k_negate_integer(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  (void)op;
  bool overflow = false;
  lb_valid_from(b, arg[0], out);
  for (size_t i = 0; i < b->n; i++)
    overflow |=
        __builtin_sub_overflow((int64_t)0, arg[0]->integer[i], &out->integer[i]) & out->valid[i];
  tell_overflow(b, overflow);
}

void lb_k_abs_integer(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  (void)op;
  bool overflow = false;
  lb_valid_from(b, arg[0], out);
  for (size_t i = 0; i < b->n; i++) {
    int64_t x = arg[0]->integer[i];
    out->integer[i] = x;
    if (x < 0) overflow |= __builtin_sub_overflow((int64_t)0, x, &out->integer[i]) & out->valid[i];
  }
  tell_overflow(b, overflow);
}

static void extreme(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out, bool max)
{
  for (size_t i = 0; i < b->n; i++) {
    int64_t best = arg[0]->integer[i];
    uint8_t valid = arg[0]->valid[i];
    for (size_t k = 1; k < op->n; k++) {
      int64_t x = arg[k]->integer[i];
      valid &= arg[k]->valid[i];
      if (max ? x > best : x < best) best = x;
    }
    out->integer[i] = best;
    out->valid[i] = valid;
  }
}

void lb_k_min_integer(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  extreme(b, op, arg, out, false);
}

void lb_k_max_integer(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  extreme(b, op, arg, out, true);
}
