/* cox_kernel.c - inner loops of the Cox model over one block of rows, as vector code.
 *
 * Sums run in eight lanes, added in one fixed order: the same bits whatever the width of the
 * processor's vectors. */
#include "stats/survival/cox_kernel.h"
#include "base/clones.h"

#include <math.h>
#include <string.h>

#define LANES  8
#define VECTOR LB_CLONES

typedef double lanes __attribute__((vector_size(LANES * sizeof(double)), aligned(8), may_alias));

static inline double add_lanes(const lanes *v)
{
  return (((*v)[0] + (*v)[4]) + ((*v)[2] + (*v)[6])) + (((*v)[1] + (*v)[5]) + ((*v)[3] + (*v)[7]));
}

static inline __attribute__((always_inline)) double run_total(const double *g, size_t first,
                                                              size_t end)
{
  lanes s = {0};
  size_t r = first;
  for (; r + LANES <= end; r += LANES) s += *(const lanes *)(g + r);
  double total = add_lanes(&s);
  for (; r < end; r++) total += g[r];
  return total;
}

VECTOR double cox_total(const double *x, size_t first, size_t end)
{
  return run_total(x, first, end);
}

VECTOR void cox_move(double *z, size_t first, size_t end, double shift, double factor)
{
  for (size_t r = first; r < end; r++) z[r] = (z[r] - shift) * factor;
}

VECTOR double cox_dot(const double *x, const double *y, size_t n)
{
  lanes sum = {0};
  size_t r = 0;
  for (; r + LANES <= n; r += LANES) sum += *(const lanes *)(x + r) * *(const lanes *)(y + r);
  double total = add_lanes(&sum);
  for (; r < n; r++) total += x[r] * y[r];
  return total;
}

VECTOR void cox_look(const double *x, cox_column *seen)
{
  double low[LANES] = {0}, high[LANES] = {0};
  lanes nothing = {0}; /* 0 x is 0 unless x is infinite or NaN */
  for (size_t r = 0; r < COX_ROWS; r += LANES) {
    nothing += *(const lanes *)(x + r) * 0.0;
    for (size_t l = 0; l < LANES; l++) {
      low[l] = x[r + l] < low[l] ? x[r + l] : low[l];
      high[l] = x[r + l] > high[l] ? x[r + l] : high[l];
    }
  }
  seen->bad += add_lanes(&nothing) == 0 ? 0 : 1;
  for (size_t l = 0; l < LANES; l++) {
    seen->size = -low[l] > seen->size ? -low[l] : seen->size;
    seen->size = high[l] > seen->size ? high[l] : seen->size;
  }
}

VECTOR void cox_spread(const double *z, cox_column *seen)
{
  double low[LANES] = {0}, high[LANES] = {0};
  lanes squares = {0};
  for (size_t r = 0; r < COX_ROWS; r += LANES) {
    squares += *(const lanes *)(z + r) * *(const lanes *)(z + r);
    for (size_t l = 0; l < LANES; l++) {
      low[l] = z[r + l] < low[l] ? z[r + l] : low[l];
      high[l] = z[r + l] > high[l] ? z[r + l] : high[l];
    }
  }
  seen->squares += add_lanes(&squares);
  for (size_t l = 0; l < LANES; l++) {
    seen->low = low[l] < seen->low ? low[l] : seen->low;
    seen->high = high[l] > seen->high ? high[l] : seen->high;
  }
}

VECTOR void cox_linear(const double *z, const double *beta, size_t p, double *eta)
{
  size_t j = 0;
  for (; j + 4 <= p; j += 4, z += 4 * COX_ROWS) {
    double b0 = beta[j], b1 = beta[j + 1], b2 = beta[j + 2], b3 = beta[j + 3];
#pragma GCC ivdep
    for (size_t r = 0; r < COX_ROWS; r++)
      eta[r] = (((eta[r] + z[r] * b0) + z[COX_ROWS + r] * b1) + z[2 * COX_ROWS + r] * b2) +
               z[3 * COX_ROWS + r] * b3;
  }
  for (; j < p; j++, z += COX_ROWS) {
#pragma GCC ivdep
    for (size_t r = 0; r < COX_ROWS; r++) eta[r] += z[r] * beta[j];
  }
}

/* Two columns by two: four sums keep the adders busy. */
VECTOR void cox_crossproduct(const double *z, const double *g, size_t width, double *out)
{
  _Alignas(64) double scaled[2 * COX_ROWS];
  for (size_t j = 0; j < width; j += 2) {
    const double *z0 = z + j * COX_ROWS, *z1 = z0 + COX_ROWS;
    for (size_t r = 0; r < COX_ROWS; r++) {
      scaled[r] = g[r] * z0[r];
      scaled[COX_ROWS + r] = g[r] * z1[r];
    }
    for (size_t i = 0; i <= j; i += 2) {
      const double *y0 = z + i * COX_ROWS, *y1 = y0 + COX_ROWS;
      lanes s00 = {0}, s01 = {0}, s10 = {0}, s11 = {0};
      for (size_t r = 0; r < COX_ROWS; r += LANES) {
        const lanes *a0 = (const lanes *)(scaled + r), *a1 = (const lanes *)(scaled + COX_ROWS + r);
        const lanes *b0 = (const lanes *)(y0 + r), *b1 = (const lanes *)(y1 + r);
        s00 += *a0 * *b0;
        s01 += *a0 * *b1;
        s10 += *a1 * *b0;
        s11 += *a1 * *b1;
      }
      out[j * width + i] += add_lanes(&s00);
      out[j * width + i + 1] += add_lanes(&s01);
      out[(j + 1) * width + i] += add_lanes(&s10);
      out[(j + 1) * width + i + 1] += add_lanes(&s11);
    }
  }
}

VECTOR void cox_run_sums(const double *z, const double *g, size_t p, size_t first, size_t end,
                         double *sum)
{
  sum[0] = run_total(g, first, end);
  for (size_t j = 0; j < p; j++) {
    const double *column = z + j * COX_ROWS;
    lanes s = {0};
    size_t r = first;
    for (; r + LANES <= end; r += LANES)
      s += *(const lanes *)(g + r) * *(const lanes *)(column + r);
    double total = add_lanes(&s);
    for (; r < end; r++) total += g[r] * column[r];
    sum[1 + j] = total;
  }
}

/* Four columns side by side: additions to one sum wait for each other. */
VECTOR void cox_short_runs(const double *z, const double *g, size_t p, const size_t *start,
                           size_t n_run, double *sum, size_t stride)
{
  static const double NONE[COX_ROWS];
  for (size_t i = 0; i < n_run; i++) {
    double total = 0;
    for (size_t r = start[i]; r < start[i + 1]; r++) total += g[r];
    sum[i * stride] = total;
  }
  for (size_t j = 0; j < p; j += 4) {
    size_t here = p - j < 4 ? p - j : 4;
    const double *z0 = z + j * COX_ROWS, *z1 = here > 1 ? z0 + COX_ROWS : NONE;
    const double *z2 = here > 2 ? z1 + COX_ROWS : NONE, *z3 = here > 3 ? z2 + COX_ROWS : NONE;
    for (size_t i = 0; i < n_run; i++) {
      double total[4] = {0};
      for (size_t r = start[i]; r < start[i + 1]; r++) {
        total[0] += g[r] * z0[r];
        total[1] += g[r] * z1[r];
        total[2] += g[r] * z2[r];
        total[3] += g[r] * z3[r];
      }
      double *place = sum + i * stride + 1 + j;
      if (here == 4)
        memcpy(place, total, sizeof total);
      else
        for (size_t k = 0; k < here; k++) place[k] = total[k];
    }
  }
}

/* Groups of LANES numbers; the last ends with the last number, and what it shares with the one
 * before it is made twice, in the same way. */
VECTOR void cox_line_runs(const double *line, const double *g, size_t n, const size_t *start,
                          size_t n_run, double *sum, size_t stride)
{
  size_t width = COX_PADDED(n), last = n < LANES ? 0 : n - LANES;
  for (size_t i = 0; i < n_run; i++) {
    double *place = sum + i * stride;
    for (size_t j = 0; j < n; j += LANES) {
      size_t at = j < last ? j : last;
      lanes total = {0};
      for (size_t r = start[i]; r < start[i + 1]; r++)
        total += g[r] * *(const lanes *)(line + r * width + at);
      for (size_t k = 0; n < LANES && k < n; k++) place[k] = total[k];
      if (n >= LANES) *(lanes *)(place + at) = total;
    }
  }
}

VECTOR void cox_line_leave(const double *line, const double *g, size_t n, const uint32_t *place,
                           size_t rows, double *sum)
{
  size_t width = COX_PADDED(n);
  for (size_t r = 0; r < rows; r++, line += width) {
    if (place[r] == UINT32_MAX) continue;
    double *to = sum + place[r] * n;
    size_t j = 0;
    for (; j + LANES <= n; j += LANES) *(lanes *)(to + j) -= g[r] * *(const lanes *)(line + j);
    for (; j < n; j++) to[j] -= g[r] * line[j];
  }
}

void cox_rows(const double *z, const double *g, size_t p, size_t n, double *out, size_t width)
{
  for (size_t r = 0; r < n; r++) {
    double *row = out + r * width;
    row[0] = g[r];
    for (size_t j = 0; j < p; j++) row[1 + j] = g[r] * z[j * COX_ROWS + r];
  }
}

VECTOR void cox_add_exactly(double *sum, const double *x, size_t n, double sign)
{
  double *low = sum + n;
#pragma GCC ivdep
  for (size_t i = 0; i < n; i++) {
    double high = sum[i], more = sign * x[i], total = high + more, part = total - high;
    low[i] += (high - (total - part)) + (more - part);
    sum[i] = total;
  }
}

/* Of one event alone, b and c are 0. */
static inline __attribute__((always_inline)) void add_square(const double *s, double a, size_t p,
                                                             double *out)
{
  size_t width = COX_PADDED(p);
  for (size_t j = 0; j < p; j++) {
    double on_s = a * s[j];
    for (size_t i = 0; i <= j; i += LANES)
      *(lanes *)(out + j * width + i) += on_s * *(const lanes *)(s + i);
  }
}

VECTOR void cox_add_bin(const double *s, const double *d, const cox_tied_sums *sums, size_t p,
                        double *score, double *out)
{
  size_t width = COX_PADDED(p);
  double a = sums->a, b = sums->b, c = sums->c;
  for (size_t i = 0; i < p; i += LANES)
    *(lanes *)(score + i) -= sums->hazard * *(const lanes *)(s + i);
  for (size_t i = 0; sums->tied != 0 && i < p; i += LANES)
    *(lanes *)(score + i) += sums->tied * *(const lanes *)(d + i);
  if (b == 0 && c == 0) {
    add_square(s, a, p, out);
    return;
  }
  for (size_t j = 0; j < p; j++) {
    double on_s = b * d[j] - a * s[j], on_d = b * s[j] - c * d[j];
    for (size_t i = 0; i <= j; i += LANES) {
      lanes *row = (lanes *)(out + j * width + i);
      *row -= on_s * *(const lanes *)(s + i) + on_d * *(const lanes *)(d + i);
    }
  }
}

/* One logarithm for 16 denominators: their ratios to s0 are at least 1 / m, so that the product
 * cannot vanish. */
#define GROUP 16
VECTOR void cox_efron(double s0, double d0, double v, size_t m, cox_tied_sums *out)
{
  double events = (double)m, inverse_s0 = 1 / s0, log_sum = 0;
  lanes hazard = {0}, tied = {0}, a = {0}, b = {0}, c = {0};
  static const lanes STEP = {0, 1, 2, 3, 4, 5, 6, 7};
  for (size_t k = 0; k < m; k += GROUP) {
    lanes product = {1, 1, 1, 1, 1, 1, 1, 1};
    for (size_t half = 0; half < GROUP && k + half < m; half += LANES) {
      lanes index = STEP + (double)(k + half), f = index / events;
      lanes denominator = s0 - f * d0, inverse = 1 / denominator;
      lanes part = denominator * inverse_s0;
      if (k + half + LANES > m) {
        for (size_t l = 0; l < LANES; l++) {
          if (k + half + l < m) continue;
          part[l] = 1;
          inverse[l] = 0;
        }
      }
      lanes step = v * inverse, squared = step * inverse;
      product *= part;
      hazard += step;
      tied += f * step;
      a += squared;
      b += f * squared;
      c += f * f * squared;
    }
    double all = ((product[0] * product[4]) * (product[2] * product[6])) *
                 ((product[1] * product[5]) * (product[3] * product[7]));
    log_sum += log(all);
  }
  out->hazard = add_lanes(&hazard);
  out->tied = add_lanes(&tied);
  out->a = add_lanes(&a);
  out->b = add_lanes(&b);
  out->c = add_lanes(&c);
  out->log_lik = -v * (events * log(s0) + log_sum);
}
