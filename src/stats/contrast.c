/* contrast.c - linear combinations of a fit's coefficients: what they estimate, the joint Wald
 * test, and which of them a design can tell. */
#include "stats/contrast.h"

#include "base/interrupt.h"
#include "base/mem.h"
#include "stats/symmetric.h"

#include <math.h>
#include <string.h>

#define RANK_TOLERANCE 1e-10 /* of a correlation matrix */
#define CANCELLED      1e-14 /* of the sizes of what is added up */
/* A column is solved for from crossproducts, which halve the digits. */
#define ALIAS_TOLERANCE 1e-6
#define SAME            1e-10 /* differences of equal things: rounding of functions of the values */

void lb_contrast_reset(lb_contrast *contrast)
{
  lb_mem_free(contrast->estimate);
  lb_mem_free(contrast->covariance);
  *contrast = (lb_contrast){0};
}

/* sum_jk a_j v_jk b_k over the coefficients that both touch. */
static double form(const double *a, const double *b, const double *v, size_t p)
{
  double sum = 0;
  for (size_t j = 0; j < p; j++) {
    if (a[j] == 0) continue;
    double inner = 0;
    for (size_t k = 0; k < p; k++)
      if (b[k] != 0) inner += v[j * p + k] * b[k];
    sum += a[j] * inner;
  }
  return sum;
}

/* a'va; 0 where what its terms leave of one another is their rounding. */
static double own_form(const double *a, const double *v, size_t p)
{
  double size = 0, sum = form(a, a, v, p);
  for (size_t j = 0; j < p; j++)
    for (size_t k = 0; k < p && a[j] != 0; k++)
      if (a[k] != 0) size += fabs(a[j] * v[j * p + k] * a[k]);
  return sum <= CANCELLED * size ? 0 : sum;
}

static double product(const double *a, const double *b, size_t p)
{
  double sum = 0;
  for (size_t j = 0; j < p; j++)
    if (a[j] != 0) sum += a[j] * b[j];
  return sum;
}

/* The joint test on standardised differences z and their correlations. */
static lb_status joint(const lb_contrast_rows *in, lb_contrast *out, lb_error *err)
{
  size_t m = in->m;
  double *z = lb_mem_array(m, sizeof *z), *r = lb_mem_array(m * m, sizeof *r);
  lb_status st = LB_OK;
  bool known = true;
  if (z == NULL || r == NULL) {
    st = lb_error_set(err, LB_ENOMEM, "a test of %zu contrasts", m);
    goto done;
  }
  for (size_t i = 0; i < m; i++) known = known && out->covariance[i * m + i] > 0;
  out->chi_square = NAN;
  if (!known) goto done;
  for (size_t i = 0; i < m; i++) {
    double se = sqrt(out->covariance[i * m + i]);
    z[i] = (out->estimate[i] - (in->null == NULL ? 0 : in->null[i])) / se;
    for (size_t k = 0; k < m; k++)
      r[i * m + k] =
          i == k ? 1 : out->covariance[i * m + k] / se / sqrt(out->covariance[k * m + k]);
  }
  if (!lb_symmetric_quadratic(r, z, m, RANK_TOLERANCE, &out->chi_square, &out->df))
    st = lb_error_set(err, LB_ENOMEM, "a test of %zu contrasts", m);
done:
  lb_mem_free(z);
  lb_mem_free(r);
  return st;
}

lb_status lb_contrast_fit(const lb_contrast_rows *in, lb_contrast *out, lb_error *err)
{
  size_t m = in->m, p = in->p;
  if (m == 0) return lb_error_set(err, LB_EARG, "no contrast");
  lb_contrast made = {.m = m};
  made.estimate = lb_mem_array(m, sizeof *made.estimate);
  made.covariance = lb_mem_array(m * m, sizeof *made.covariance);
  lb_status st = LB_OK;
  if (made.estimate == NULL || made.covariance == NULL) {
    st = lb_error_set(err, LB_ENOMEM, "%zu contrasts", m);
    goto done;
  }
  for (size_t i = 0; i < m; i++) {
    const double *row = in->row + i * p;
    made.estimate[i] = product(row, in->coef, p);
    for (size_t k = 0; k <= i; k++) {
      made.covariance[i * m + k] =
          i == k ? own_form(row, in->vcov, p) : form(row, in->row + k * p, in->vcov, p);
      made.covariance[k * m + i] = made.covariance[i * m + k];
    }
  }
  st = joint(in, &made, err);
done:
  if (st != LB_OK) {
    lb_contrast_reset(&made);
    return st;
  }
  *out = made;
  return LB_OK;
}

size_t lb_design_difference(const lb_design *a, const lb_design *b, double *row)
{
  size_t first = a->n;
  for (size_t j = 0; j < a->p; j++) {
    const double *x = a->column[j], *y = b->column[j];
    row[j] = a->n == 0 ? 0 : x[0] - y[0];
    double size = a->n == 0 ? 0 : fabs(x[0]) + fabs(y[0]);
    if (fabs(row[j]) <= SAME * size) row[j] = 0;
    for (size_t i = 0; i < first; i++) {
      if (fabs(x[i] - y[i] - row[j]) > SAME * (fabs(x[i]) + fabs(y[i]) + size)) first = i;
    }
  }
  return first;
}

typedef struct alias_work {
  size_t p;
  double *mean;   /* p a stratum */
  double *weight; /* rows of a stratum */
  double *cross;  /* p x p: crossproducts of centred columns, then of the kept alone a factor */
  double *factor, *null;
  bool *kept;
} alias_work;

static void alias_reset(alias_work *w)
{
  lb_mem_free(w->mean);
  lb_mem_free(w->weight);
  lb_mem_free(w->cross);
  lb_mem_free(w->factor);
  lb_mem_free(w->null);
  lb_mem_free(w->kept);
}

static lb_status alias_alloc(alias_work *w, const lb_contrast_design *d, lb_error *err)
{
  size_t p = w->p, s = d->n_stratum > 0 ? d->n_stratum : 1;
  w->mean = lb_mem_array(s * p, sizeof *w->mean);
  w->weight = lb_mem_array(s, sizeof *w->weight);
  w->cross = lb_mem_array(p * p, sizeof *w->cross);
  w->factor = lb_mem_array(p * p, sizeof *w->factor);
  w->null = lb_mem_array(p, sizeof *w->null);
  w->kept = lb_mem_array(p, sizeof *w->kept);
  if (w->mean == NULL || w->weight == NULL || w->cross == NULL || w->factor == NULL ||
      w->null == NULL || w->kept == NULL)
    return lb_error_set(err, LB_ENOMEM, "a design of %zu columns", p);
  memset(w->mean, 0, s * p * sizeof *w->mean);
  memset(w->weight, 0, s * sizeof *w->weight);
  return LB_OK;
}

static size_t stratum_of(const lb_contrast_design *d, size_t i)
{
  return d->stratum == NULL ? 0 : (size_t)d->stratum[i];
}

/* Crossproducts of columns taken from their means within strata, two passes. */
static lb_status alias_cross(alias_work *w, const lb_contrast_design *d, lb_error *err)
{
  size_t p = w->p, n = d->x.n, s = d->n_stratum > 0 ? d->n_stratum : 1;
  for (size_t i = 0; i < n; i++) {
    w->weight[stratum_of(d, i)] += 1;
    for (size_t j = 0; j < p; j++) w->mean[stratum_of(d, i) * p + j] += d->x.column[j][i];
  }
  for (size_t k = 0; k < s * p; k++)
    if (w->weight[k / p] > 0) w->mean[k] /= w->weight[k / p];
  for (size_t j = 0; j < p; j++) {
    if (lb_interrupted()) return lb_error_set(err, LB_EINTR, "interrupted");
    for (size_t k = 0; k <= j; k++) {
      double sum = 0;
      for (size_t i = 0; i < n; i++) {
        const double *mean = w->mean + stratum_of(d, i) * p;
        sum += (d->x.column[j][i] - mean[j]) * (d->x.column[k][i] - mean[k]);
      }
      w->cross[j * p + k] = w->cross[k * p + j] = sum;
    }
  }
  return LB_OK;
}

/* The combination of kept columns that aliased column j is, less itself: the design cannot tell
 * coefficients that differ by a multiple of it. */
static void null_direction(alias_work *w, const bool *aliased, size_t j)
{
  size_t p = w->p;
  for (size_t k = 0; k < p; k++) w->null[k] = aliased[k] ? 0 : w->cross[k * p + j];
  lb_cholesky_solve(w->factor, p, w->kept, p, w->null);
  w->null[j] = -1;
}

/* Whether a combination is orthogonal to the direction, but for the rounding of what was solved
 * for: columns are compared in units of their spread. */
static bool orthogonal(const alias_work *w, const double *row)
{
  size_t p = w->p;
  double sum = 0, size = 0, widest = 0, length = 0;
  for (size_t k = 0; k < p; k++) {
    double spread = sqrt(w->cross[k * p + k]);
    sum += row[k] * w->null[k];
    size += fabs(row[k] * w->null[k]);
    if (!(spread > 0)) continue;
    widest = fmax(widest, fabs(w->null[k]) * spread);
    length += fabs(row[k]) / spread;
  }
  return fabs(sum) <= ALIAS_TOLERANCE * fmax(size, widest * length);
}

lb_status lb_contrast_estimable(const lb_contrast_design *design, const double *row, size_t m,
                                bool *estimable, lb_error *err)
{
  size_t p = design->x.p;
  bool any = false;
  for (size_t j = 0; j < p; j++) any = any || design->aliased[j];
  if (!any) {
    for (size_t i = 0; i < m; i++) estimable[i] = true;
    return LB_OK;
  }
  alias_work w = {.p = p};
  lb_status st = alias_alloc(&w, design, err);
  if (st == LB_OK) st = alias_cross(&w, design, err);
  if (st != LB_OK) goto done;
  memcpy(w.factor, w.cross, p * p * sizeof *w.factor);
  for (size_t j = 0; j < p; j++)
    for (size_t k = 0; k < p; k++)
      if (design->aliased[j] || design->aliased[k]) w.factor[j * p + k] = 0;
  lb_cholesky(w.factor, p, 0, NULL, w.factor, w.kept);
  for (size_t i = 0; i < m; i++) estimable[i] = true;
  for (size_t j = 0; j < p; j++) {
    if (!design->aliased[j]) continue;
    null_direction(&w, design->aliased, j);
    for (size_t i = 0; i < m; i++)
      if (!orthogonal(&w, row + i * p)) estimable[i] = false;
  }
done:
  alias_reset(&w);
  return st;
}
