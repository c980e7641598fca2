/* log_kernel.c - logarithms of many numbers at once, as plain arithmetic that vectorises.
 *
 * x = 2^k m, m within sqrt(1/2) .. sqrt(2); log m = 2 artanh(s), s = (m - 1) / (m + 1), by its
 * Taylor series (Muller 2016, Elementary Functions, chapters 3 and 11). s is kept in two parts, so
 * that the leading term, which is nearly all of log m, has no error to speak of; 2^k comes in by
 * log 2 in two parts. No fused operation is needed for it: the leading parts are short enough that
 * their products are exact (Dekker 1971, Numer Math 18:224). */
#include "base/log_kernel.h"
#include "base/clones.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

/* Constants in two parts; the product of a leading part with k, or with a short number, is exact.
 */
#define LN2_HIGH     0x1.62e42fefa4000p-1
#define LN2_LOW      (-0x1.8432a1b0e2634p-43)
#define LOG10_2_HIGH 0x1.34413509f8000p-2
#define LOG10_2_LOW  (-0x1.80433b83b532ap-44)
#define LOG10_E_HIGH 0x1.bcb7b18000000p-2
#define LOG10_E_LOW  (-0x1.6c8d78e6acaa4p-29)

#define FRACTION  52
#define BIAS      1023
#define ROOT_HALF UINT64_C(0x3fe6a09e00000000) /* bits of sqrt(1/2), cut */
#define ONE       UINT64_C(0x3ff0000000000000)
#define SHORT     (~((UINT64_C(1) << 27) - 1)) /* leaves 26 leading bits */
#define TWO_52    0x1p52
#define BLOCK     512

/* log x = k log 2 + high + low; high has at most 26 bits, low is below 2 % of it. */
typedef struct parts {
  double k, high, low;
} parts;

static inline uint64_t bits_of(double x)
{
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

static inline double from_bits(uint64_t bits)
{
  double x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

/* x positive and normal. */
static inline parts split(double x)
{
  uint64_t shifted = bits_of(x) + (ONE - ROOT_HALF), exponent = shifted >> FRACTION;
  double m = from_bits((shifted & ((UINT64_C(1) << FRACTION) - 1)) + ROOT_HALF);
  /* The exponent as the last bits of a number from 2^52 on: vectors convert no integers. */
  double k = from_bits(bits_of(TWO_52) | exponent) - (TWO_52 + BIAS);
  double f = m - 1, d = m + 1, inverse = 1 / d;
  double d_high = from_bits(bits_of(d) & SHORT), d_low = m - (d_high - 1);
  double s_high = from_bits(bits_of(f * inverse) & SHORT);
  double s_low = ((f - s_high * d_high) - s_high * d_low) * inverse;
  double s = s_high + s_low, z = s * s;
  double sum = 1.0 / 21;
  sum = sum * z + 1.0 / 19;
  sum = sum * z + 1.0 / 17;
  sum = sum * z + 1.0 / 15;
  sum = sum * z + 1.0 / 13;
  sum = sum * z + 1.0 / 11;
  sum = sum * z + 1.0 / 9;
  sum = sum * z + 1.0 / 7;
  sum = sum * z + 1.0 / 5;
  sum = sum * z + 1.0 / 3;
  return (parts){k, 2 * s_high, 2 * (s_low + s * z * sum)};
}

/* a + high + low, |a| > |high| or a = 0. */
static inline double add_up(double a, double high, double low)
{
  double sum = a + high;
  return sum + (((a - sum) + high) + low);
}

static inline double natural(double x)
{
  parts p = split(x);
  return add_up(p.k * LN2_HIGH, p.high, p.k * LN2_LOW + p.low);
}

static inline double decimal(double x)
{
  parts p = split(x);
  double low = p.high * LOG10_E_LOW + p.low * (LOG10_E_HIGH + LOG10_E_LOW);
  return add_up(p.k * LOG10_2_HIGH, p.high * LOG10_E_HIGH, p.k * LOG10_2_LOW + low);
}

/* 1: neither positive and normal nor finite, so that the parts above mean nothing. */
static inline uint64_t is_odd(double x)
{
  return (x >= DBL_MIN && x <= DBL_MAX) ? 0 : 1;
}

LB_CLONES static uint64_t natural_all(const double *restrict x, const uint8_t *restrict present,
                                      double *restrict out, size_t n)
{
  uint64_t odd = 0;
  for (size_t i = 0; i < n; i++) {
    double value = present[i] ? x[i] : 1;
    odd |= is_odd(value);
    out[i] = natural(value);
  }
  return odd;
}

LB_CLONES static uint64_t decimal_all(const double *restrict x, const uint8_t *restrict present,
                                      double *restrict out, size_t n)
{
  uint64_t odd = 0;
  for (size_t i = 0; i < n; i++) {
    double value = present[i] ? x[i] : 1;
    odd |= is_odd(value);
    out[i] = decimal(value);
  }
  return odd;
}

/* One block, all or some of it present. */
static void natural_block(const double *x, const uint8_t *present, double *out, size_t n)
{
  if (natural_all(x, present, out, n) == 0) return;
  for (size_t i = 0; i < n; i++)
    if (present[i] && is_odd(x[i])) out[i] = log(x[i]);
}

static void decimal_block(const double *x, const uint8_t *present, double *out, size_t n)
{
  if (decimal_all(x, present, out, n) == 0) return;
  for (size_t i = 0; i < n; i++)
    if (present[i] && is_odd(x[i])) out[i] = log10(x[i]);
}

/* A block after another with the same flags: all present. */
static void all_present(void (*block)(const double *, const uint8_t *, double *, size_t),
                        const double *x, double *out, size_t n)
{
  uint8_t present[BLOCK];
  memset(present, 1, sizeof present);
  for (size_t from = 0; from < n; from += BLOCK)
    block(x + from, present, out + from, n - from < BLOCK ? n - from : BLOCK);
}

void lb_log_array(const double *x, const uint8_t *present, double *out, size_t n)
{
  if (present == NULL)
    all_present(natural_block, x, out, n);
  else
    natural_block(x, present, out, n);
}

void lb_log10_array(const double *x, const uint8_t *present, double *out, size_t n)
{
  if (present == NULL)
    all_present(decimal_block, x, out, n);
  else
    decimal_block(x, present, out, n);
}
