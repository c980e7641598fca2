/* exp_kernel.c - exponentials and logarithms of many numbers at once, as plain arithmetic that
 * vectorises.
 *
 * exp(x) = 2^k exp(r), k the whole number nearest x / log 2, |r| <= log(2) / 2, exp(r) by its
 * Taylor polynomial (Muller 2016, Elementary Functions, section 11.4).
 *
 * log(x) = k log 2 + log(1 + f), 1 + f between the roots of 1/2 and 2, and with t = f / (2 + f)
 * log(1 + f) = 2 (t + t^3 / 3 + t^5 / 5 + ...). The first term is written f - t f: f is exact, and
 * what is taken from it is small. */
#include "stats/exp_kernel.h"
#include "base/clones.h"

#include <stdint.h>
#include <string.h>

#define LOG2_E 0x1.71547652b82fep0
/* log 2 in two parts, the first short enough that its product with any k is exact. */
#define LN2_HIGH 0x1.62e42fee00000p-1
#define LN2_LOW  0x1.a39ef35793c76p-33
/* Added to a small number, it leaves that number, rounded, in the last bits. */
#define ROUNDER 0x1.8p52
/* Beyond these the result is infinite or 0. */
#define LARGEST  710.0
#define SMALLEST (-746.0)
#define BIAS     1023

/* 2^k for k within the exponents of normal numbers. */
static inline double power_of_two(int64_t k)
{
  double value;
  uint64_t bits = (uint64_t)(k + BIAS) << 52;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static inline double exponential(double x)
{
  x = x > LARGEST ? LARGEST : x;
  x = x < SMALLEST ? SMALLEST : x;
  double shifted = x * LOG2_E + ROUNDER, whole = shifted - ROUNDER;
  double r = (x - whole * LN2_HIGH) - whole * LN2_LOW;
  int64_t bits, base;
  double rounder = ROUNDER;
  memcpy(&bits, &shifted, sizeof bits);
  memcpy(&base, &rounder, sizeof base);
  int64_t k = bits - base;
  double sum = 1.0 / 6227020800.0;
  sum = sum * r + 1.0 / 479001600.0;
  sum = sum * r + 1.0 / 39916800.0;
  sum = sum * r + 1.0 / 3628800.0;
  sum = sum * r + 1.0 / 362880.0;
  sum = sum * r + 1.0 / 40320.0;
  sum = sum * r + 1.0 / 5040.0;
  sum = sum * r + 1.0 / 720.0;
  sum = sum * r + 1.0 / 120.0;
  sum = sum * r + 1.0 / 24.0;
  sum = sum * r + 1.0 / 6.0;
  sum = sum * r + 0.5;
  sum = 1.0 + (r + r * r * sum);
  /* Two factors: one alone overflows at the top and is subnormal at the bottom. Halved as an
   * unsigned number, since not every processor shifts signed ones in vectors. */
  int64_t half = (int64_t)((uint64_t)(k + 2048) >> 1) - 1024;
  return sum * power_of_two(half) * power_of_two(k - half);
}

LB_CLONES void lb_exp_array(const double *x, double *out, size_t n)
{
#pragma GCC ivdep
  for (size_t i = 0; i < n; i++) out[i] = exponential(x[i]);
}

/* The bits of the root of 1/2: above them, the mantissa is between the two roots. */
#define ROOT_HALF_BITS  INT64_C(0x3fe6a09e667f3bcd)
#define SMALLEST_NORMAL 0x1p-1022
#define LIFT            54 /* makes subnormal numbers normal */

static inline double from_bits(uint64_t bits)
{
  double value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static inline double logarithm(double x)
{
  double lifted = x < SMALLEST_NORMAL ? x * 0x1p54 : x, lift = x < SMALLEST_NORMAL ? LIFT : 0.0;
  uint64_t bits, rounder;
  double magic = ROUNDER;
  memcpy(&bits, &lifted, sizeof bits);
  memcpy(&rounder, &magic, sizeof rounder);
  /* Exponents are kept above 0 while they are shifted: not every processor shifts signed ones. */
  uint64_t k = ((bits - (uint64_t)ROOT_HALF_BITS + (UINT64_C(1024) << 52)) >> 52) - 1024;
  double f = from_bits(bits - (k << 52)) - 1.0;
  double exponent = (from_bits(rounder + k) - ROUNDER) - lift;
  double t = f / (2.0 + f), z = t * t, sum = 2.0 / 23.0;
  sum = sum * z + 2.0 / 21.0;
  sum = sum * z + 2.0 / 19.0;
  sum = sum * z + 2.0 / 17.0;
  sum = sum * z + 2.0 / 15.0;
  sum = sum * z + 2.0 / 13.0;
  sum = sum * z + 2.0 / 11.0;
  sum = sum * z + 2.0 / 9.0;
  sum = sum * z + 2.0 / 7.0;
  sum = sum * z + 2.0 / 5.0;
  sum = sum * z + 2.0 / 3.0;
  sum = sum * z;
  return exponent * LN2_HIGH + (f - (t * (f - sum) - exponent * LN2_LOW));
}

LB_CLONES void lb_log_array(const double *x, double *out, size_t n)
{
#pragma GCC ivdep
  for (size_t i = 0; i < n; i++) out[i] = logarithm(x[i]);
}
