/* kernel_integer.c - arithmetic on 64-bit integers that never wraps: an overflow is told in the
 * tally. */
#include "base/clones.h"
#include "expr/kernel.h"
#include <string.h>

static void tell_overflow(lb_block *b, bool overflow)
{
  if (overflow && b->tally->overflow == 0) b->tally->overflow = b->op + 1;
}

/* Sums that wrap, and in the sign of the result (0 or 1) whether a present row did so: then the sum
 * differs in sign from both operands. */
LB_CLONES static uint64_t add(size_t n, const int64_t *restrict x, const int64_t *restrict y,
                              const uint8_t *restrict valid, int64_t *restrict out)
{
  uint64_t wrapped = 0;
  for (size_t i = 0; i < n; i++) {
    uint64_t a = (uint64_t)x[i], b = (uint64_t)y[i], sum = a + b;
    out[i] = (int64_t)sum;
    wrapped |= ((a ^ sum) & (b ^ sum)) & -(uint64_t)valid[i];
  }
  return wrapped >> 63;
}

LB_CLONES static uint64_t subtract(size_t n, const int64_t *restrict x, const int64_t *restrict y,
                                   const uint8_t *restrict valid, int64_t *restrict out)
{
  uint64_t wrapped = 0;
  for (size_t i = 0; i < n; i++) {
    uint64_t a = (uint64_t)x[i], b = (uint64_t)y[i], rest = a - b;
    out[i] = (int64_t)rest;
    wrapped |= ((a ^ b) & (a ^ rest)) & -(uint64_t)valid[i];
  }
  return wrapped >> 63;
}

void lb_k_add_integer(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  (void)op;
  lb_valid_both(b, arg[0], arg[1], out);
  tell_overflow(b, add(b->n, arg[0]->integer, arg[1]->integer, out->valid, out->integer) != 0);
}

void lb_k_sub_integer(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  (void)op;
  lb_valid_both(b, arg[0], arg[1], out);
  tell_overflow(b, subtract(b->n, arg[0]->integer, arg[1]->integer, out->valid, out->integer) != 0);
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
    out->integer[i] = 0;
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
    out->integer[i] = 0;
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

LB_CLONES static void least(size_t n, const int64_t *restrict x, int64_t *restrict out)
{
  for (size_t i = 0; i < n; i++) out[i] = x[i] < out[i] ? x[i] : out[i];
}

LB_CLONES static void greatest(size_t n, const int64_t *restrict x, int64_t *restrict out)
{
  for (size_t i = 0; i < n; i++) out[i] = x[i] > out[i] ? x[i] : out[i];
}

static void extreme(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out,
                    void (*better)(size_t, const int64_t *, int64_t *))
{
  memcpy(out->integer, arg[0]->integer, b->n * sizeof(int64_t));
  lb_valid_from(b, arg[0], out);
  for (size_t k = 1; k < op->n; k++) {
    lb_valid_both(b, out, arg[k], out);
    better(b->n, arg[k]->integer, out->integer);
  }
}

void lb_k_min_integer(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  extreme(b, op, arg, out, least);
}

void lb_k_max_integer(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  extreme(b, op, arg, out, greatest);
}
