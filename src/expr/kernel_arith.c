/* kernel_arith.c - arithmetic and mathematics on reals, by IEEE 754. */
#include "base/clones.h"
#include "base/log_kernel.h"
#include "expr/kernel.h"
#include <math.h>
#include <string.h>

/* Loops over plain arrays ------------------------------------------------------------------ */

LB_CLONES static void add(size_t n, const double *restrict x, const double *restrict y,
                          double *restrict out)
{
  for (size_t i = 0; i < n; i++) out[i] = x[i] + y[i];
}

LB_CLONES static void sub(size_t n, const double *restrict x, const double *restrict y,
                          double *restrict out)
{
  for (size_t i = 0; i < n; i++) out[i] = x[i] - y[i];
}

LB_CLONES static void mul(size_t n, const double *restrict x, const double *restrict y,
                          double *restrict out)
{
  for (size_t i = 0; i < n; i++) out[i] = x[i] * y[i];
}

LB_CLONES static void div(size_t n, const double *restrict x, const double *restrict y,
                          double *restrict out)
{
  for (size_t i = 0; i < n; i++) out[i] = x[i] / y[i];
}

LB_CLONES static void negate(size_t n, const double *restrict x, double *restrict out)
{
  for (size_t i = 0; i < n; i++) out[i] = -x[i];
}

LB_CLONES static void square_root(size_t n, const double *restrict x, double *restrict out)
{
  for (size_t i = 0; i < n; i++) out[i] = sqrt(x[i]);
}

LB_CLONES static void magnitude(size_t n, const double *restrict x, double *restrict out)
{
  for (size_t i = 0; i < n; i++) out[i] = fabs(x[i]);
}

/* NaN in any operand gives NaN. */
LB_CLONES static void least(size_t n, const double *restrict x, double *restrict out)
{
  for (size_t i = 0; i < n; i++) out[i] = isnan(x[i]) || x[i] < out[i] ? x[i] : out[i];
}

LB_CLONES static void greatest(size_t n, const double *restrict x, double *restrict out)
{
  for (size_t i = 0; i < n; i++) out[i] = isnan(x[i]) || x[i] > out[i] ? x[i] : out[i];
}

/* Kernels ---------------------------------------------------------------------------------- */

void lb_k_add_real(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  (void)op;
  lb_valid_both(b, arg[0], arg[1], out);
  add(b->n, arg[0]->real, arg[1]->real, out->real);
}

void lb_k_sub_real(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  (void)op;
  lb_valid_both(b, arg[0], arg[1], out);
  sub(b->n, arg[0]->real, arg[1]->real, out->real);
}

void lb_k_mul_real(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  (void)op;
  lb_valid_both(b, arg[0], arg[1], out);
  mul(b->n, arg[0]->real, arg[1]->real, out->real);
}

void lb_k_div_real(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  (void)op;
  lb_valid_both(b, arg[0], arg[1], out);
  div(b->n, arg[0]->real, arg[1]->real, out->real);
}

void lb_k_floor_real(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  (void)op;
  const double *x = arg[0]->real, *y = arg[1]->real;
  lb_valid_both(b, arg[0], arg[1], out);
  for (size_t i = 0; i < b->n; i++) out->real[i] = floor(x[i] / y[i]);
}

/* The remainder has the divisor's sign, as in Lua. */
void lb_k_mod_real(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  (void)op;
  const double *x = arg[0]->real, *y = arg[1]->real;
  lb_valid_both(b, arg[0], arg[1], out);
  for (size_t i = 0; i < b->n; i++) {
    double m = fmod(x[i], y[i]);
    out->real[i] = m != 0 && (m < 0) != (y[i] < 0) ? m + y[i] : m; /* m * y may underflow */
  }
}

/* x * x is pow(x, 2) to the last bit, and much faster. */
void lb_k_pow_real(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  (void)op;
  const double *x = arg[0]->real, *y = arg[1]->real;
  lb_valid_both(b, arg[0], arg[1], out);
  for (size_t i = 0; i < b->n; i++) out->real[i] = y[i] == 2 ? x[i] * x[i] : pow(x[i], y[i]);
}

void lb_k_negate_real(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  (void)op;
  lb_valid_from(b, arg[0], out);
  negate(b->n, arg[0]->real, out->real);
}

void lb_k_unsigned_zero(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  (void)op;
  lb_valid_from(b, arg[0], out);
  for (size_t i = 0; i < b->n; i++) out->real[i] = arg[0]->real[i] + 0.0;
}

void lb_k_map_real(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  const double *x = arg[0]->real;
  lb_valid_from(b, arg[0], out);
  if (op->map == log)
    lb_log_array(x, arg[0]->valid, out->real, b->n);
  else if (op->map == log10)
    lb_log10_array(x, arg[0]->valid, out->real, b->n);
  else if (op->map == sqrt)
    square_root(b->n, x, out->real);
  else if (op->map == fabs)
    magnitude(b->n, x, out->real);
  else
    for (size_t i = 0; i < b->n; i++) out->real[i] = op->map(x[i]);
}

/* Nearest multiple of 10^-digits to the stored value, halves away from zero. Scaling rounds, and
 * may make a half of what was just below it (1.45 * 10): the product's own error decides. */
static double round_digits(double x, double digits)
{
  if (digits == 0) return round(x);
  if (!isfinite(x) || digits > 300) return x;
  double power = pow(10, fabs(digits));
  if (digits < 0) return round(x / power) * power;
  double scaled = x * power, error = fma(x, power, -scaled);
  if (fabs(scaled) >= 0x1p52) return x; /* no digit beyond these is stored */
  double rounded = round(scaled);
  if (fabs(scaled - trunc(scaled)) == 0.5 && error != 0 && (error < 0) == (x > 0))
    rounded = trunc(scaled);
  return rounded / power;
}

void lb_k_round_real(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  (void)op;
  lb_valid_both(b, arg[0], arg[1], out);
  for (size_t i = 0; i < b->n; i++) out->real[i] = round_digits(arg[0]->real[i], arg[1]->real[i]);
}

static void extreme(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out,
                    void (*better)(size_t, const double *, double *))
{
  memcpy(out->real, arg[0]->real, b->n * sizeof(double));
  lb_valid_from(b, arg[0], out);
  for (size_t k = 1; k < op->n; k++) {
    lb_valid_both(b, out, arg[k], out);
    better(b->n, arg[k]->real, out->real);
  }
}

void lb_k_min_real(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  extreme(b, op, arg, out, least);
}

void lb_k_max_real(lb_block *b, const lb_op *op, const lb_vec *const *arg, lb_vec *out)
{
  extreme(b, op, arg, out, greatest);
}
