/* exp_kernel.c - exponentials of many numbers at once, as plain arithmetic that vectorises.
 *
 * exp(x) = 2^k exp(r), k the whole number nearest x / log 2, |r| <= log(2) / 2, exp(r) by its
 * Taylor polynomial (Muller 2016, Elementary Functions, section 11.4). */
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
