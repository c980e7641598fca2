/* cox_zph_smooth.c - a natural cubic spline through points by least squares, with its standard
 * error: how a coefficient goes with time. */
#include "stats/survival/cox_zph.h"

#include "base/mem.h"
#include "stats/symmetric.h"

#include <gsl/gsl_sort.h>
#include <math.h>
#include <string.h>

#define MOST_KNOTS 12
#define RANK       1e-13

typedef struct spline {
  size_t n_knot; /* with the two at the ends */
  double knot[MOST_KNOTS], low, width;
} spline;

static double cube(double x)
{
  return x > 0 ? x * x * x : 0;
}

/* Restricted cubic spline (Durrleman & Simon 1989, Stat Med 8:551) on the unit interval: 1, x and
 * n_knot - 2 columns that are linear beyond the outer knots. */
static void basis(const spline *s, double x, double *out)
{
  size_t n = s->n_knot;
  const double *knot = s->knot;
  x = (x - s->low) / s->width;
  out[0] = 1;
  out[1] = x - 0.5;
  for (size_t k = 0; k + 2 < n; k++) {
    double last = knot[n - 1], before = knot[n - 2], gap = last - before;
    out[k + 2] = cube(x - knot[k]) - cube(x - before) * (last - knot[k]) / gap +
                 cube(x - last) * (before - knot[k]) / gap;
  }
}

/* Knots at equal steps of the quantiles of x (type 7), the ends included. false: too few values. */
static bool set_knots(const double *sorted, size_t n, size_t df, spline *s)
{
  s->n_knot = df + 1;
  s->low = sorted[0];
  s->width = sorted[n - 1] - sorted[0];
  for (size_t k = 0; k <= df; k++) {
    double place = (double)(n - 1) * (double)k / (double)df;
    size_t i = (size_t)place, next = i + 1 < n ? i + 1 : i;
    double value = sorted[i] + (place - (double)i) * (sorted[next] - sorted[i]);
    s->knot[k] = (value - s->low) / s->width;
    if (k > 0 && !(s->knot[k] > s->knot[k - 1])) return false;
  }
  return s->width > 0;
}

/* Cross products of the basis, factored, and the coefficients in `beta`. */
static bool fit(const spline *s, const lb_points *points, double *factor, double *beta)
{
  size_t w = s->n_knot;
  double row[MOST_KNOTS];
  bool kept[MOST_KNOTS];
  for (size_t i = 0; i < points->n; i++) {
    basis(s, points->x[i], row);
    for (size_t j = 0; j < w; j++) {
      beta[j] += row[j] * points->y[i];
      for (size_t k = 0; k <= j; k++) factor[j * w + k] += row[j] * row[k];
    }
  }
  if (lb_cholesky(factor, w, RANK, NULL, factor, kept) < w) return false;
  lb_cholesky_solve(factor, w, kept, w, beta);
  return true;
}

lb_status lb_smooth_spline(const lb_points *points, const double *at, size_t m, double *fitted,
                           double *root, lb_error *err)
{
  size_t n = points->n, df = points->df;
  spline s;
  double factor[MOST_KNOTS * MOST_KNOTS] = {0}, beta[MOST_KNOTS] = {0};
  double row[MOST_KNOTS] = {0};
  if (df < 1 || df + 1 > MOST_KNOTS || n < df + 1)
    return lb_error_set(err, LB_EARG, "%zu points for a curve of %zu df", n, df);
  double *sorted = lb_mem_array(n, sizeof *sorted);
  if (sorted == NULL) return lb_error_nomem(err, "smooth curve");
  memcpy(sorted, points->x, n * sizeof *sorted);
  gsl_sort(sorted, 1, n);
  bool ok = set_knots(sorted, n, df, &s);
  lb_mem_free(sorted);
  if (!ok || !fit(&s, points, factor, beta))
    return lb_error_set(err, LB_EARG, "too few distinct times for a curve of %zu df", df);
  for (size_t i = 0; i < m; i++) {
    double square = 0;
    fitted[i] = 0;
    basis(&s, at[i], row);
    for (size_t j = 0; j <= df; j++) fitted[i] += row[j] * beta[j];
    for (size_t j = 0; j <= df; j++) { /* |L^-1 row|^2 */
      for (size_t k = 0; k < j; k++) row[j] -= factor[j * (df + 1) + k] * row[k];
      row[j] /= factor[j * (df + 1) + j];
      square += row[j] * row[j];
    }
    root[i] = sqrt(square);
  }
  return LB_OK;
}
