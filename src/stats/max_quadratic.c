/* max_quadratic.c - tail of the largest of several correlated chi-square statistics. */
#include "stats/max_quadratic.h"

#include "base/interrupt.h"
#include "base/mem.h"
#include "base/random.h"
#include "stats/lattice.h"
#include "stats/symmetric.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sf_erf.h>
#include <math.h>
#include <string.h>

#define RANK_TOLERANCE 1e-9 /* of a variance that is left */
#define SHIFTS         16
#define LATTICE        2048
#define POLL_POINTS    64
#define SEED           1
#define LEAST_ERROR    1e-6 /* of the p-value: a lattice may miss what is as rare as that */

typedef struct tail {
  size_t m, k, rank; /* statistics, numbers of each, dimensions */
  size_t df;         /* rank of each statistic */
  double q, tail_q;
  double *l;     /* (m k) x rank: the factor */
  double *basis; /* m x k x rank, of each df rows that are orthonormal */
  double *z, *x; /* rank + 1 each */
  double *along; /* k: z in the space of a statistic */
  double *log_tail;
  double *shift; /* rank + 1 */
} tail;

static double dot(const double *a, const double *b, size_t n)
{
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += a[i] * b[i];
  return sum;
}

static void tail_reset(tail *w)
{
  lb_mem_free(w->l);
  lb_mem_free(w->basis);
  lb_mem_free(w->z);
}

/* Logarithm of the tail of chi-square with r df at x, also where the tail is below the least
 * number: exp(-x/2) times a sum of r/2 terms, and of odd r the normal tail. */
static double log_chi_square_tail(double x, size_t r)
{
  double half = x / 2, term = 1, sum = 0;
  if (!(half < 1e300)) return -INFINITY;
  if (r % 2 == 1) {
    sum = exp(gsl_sf_log_erfc(sqrt(half)) + half);
    term = sqrt(half) * M_2_SQRTPI;
  }
  for (size_t j = 0; j < r / 2; j++) {
    sum += term;
    term *= half / ((double)j + 1 + (r % 2 == 1 ? 0.5 : 0));
  }
  return log(sum) - half;
}

/* The factor of the covariance without its zero columns. */
static lb_status factorise(tail *w, const double *covariance, lb_error *err)
{
  size_t p = w->m * w->k;
  bool *kept = lb_mem_array(p, sizeof *kept);
  double *l = lb_mem_array(p, p * sizeof *l);
  bool ok = kept != NULL && l != NULL;
  if (ok) {
    w->rank = lb_cholesky(covariance, p, RANK_TOLERANCE, NULL, l, kept);
    w->l = lb_mem_zero(p, (w->rank + 1) * sizeof *w->l);
    ok = w->l != NULL;
  }
  /* A dependent row is solved for from its covariances with those kept before it. */
  for (size_t i = 0; ok && i < p; i++) {
    size_t at = 0;
    double *row = &w->l[i * w->rank];
    for (size_t j = 0; j <= i; j++) {
      if (!kept[j]) continue;
      row[at] = kept[i] ? l[i * p + j]
                        : (covariance[i * p + j] - dot(row, &w->l[j * w->rank], at)) / l[j * p + j];
      at++;
    }
  }
  lb_mem_free(kept);
  lb_mem_free(l);
  return ok ? LB_OK : lb_error_nomem(err, "chi-square probabilities");
}

/* An orthonormal basis of the rows of statistic j, by Gram and Schmidt, twice; their number. */
static size_t set_basis(tail *w, size_t j)
{
  size_t r = w->rank, df = 0;
  double *basis = &w->basis[j * w->k * r];
  for (size_t i = 0; i < w->k; i++) {
    double *row = &basis[df * r];
    memcpy(row, &w->l[(j * w->k + i) * r], r * sizeof *row);
    double square = dot(row, row, r);
    for (int pass = 0; pass < 2; pass++) {
      for (size_t b = 0; b < df; b++) {
        double along = dot(row, &basis[b * r], r);
        for (size_t c = 0; c < r; c++) row[c] -= along * basis[b * r + c];
      }
    }
    double left = dot(row, row, r);
    if (!(left > RANK_TOLERANCE * square)) continue;
    for (size_t c = 0; c < r; c++) row[c] /= sqrt(left);
    df++;
  }
  return df;
}

static lb_status start(tail *w, const double *covariance, lb_error *err)
{
  lb_status st = factorise(w, covariance, err);
  if (st != LB_OK) return st;
  size_t r = w->rank;
  w->basis = lb_mem_array(w->m * w->k, (r + 1) * sizeof *w->basis);
  w->z = lb_mem_array(3 * (r + 1) + w->k + w->m, sizeof *w->z);
  if (w->basis == NULL || w->z == NULL) return lb_error_nomem(err, "chi-square probabilities");
  w->x = w->z + r + 1;
  w->shift = w->x + r + 1;
  w->along = w->shift + r + 1;
  w->log_tail = w->along + w->k;
  w->df = set_basis(w, 0);
  for (size_t j = 1; j < w->m; j++) {
    if (set_basis(w, j) != w->df)
      return lb_error_set(err, LB_EARG, "statistic %zu has a covariance of another rank", j + 1);
  }
  w->tail_q = gsl_cdf_chisq_Q(w->q, (double)w->df);
  return LB_OK;
}

/* max T_i / sum T_i in the direction of x. */
static double share_of_most(const tail *w)
{
  size_t r = w->rank;
  double square = dot(w->x, w->x, r), most = -INFINITY, sum = 0;
  for (size_t i = 0; i < w->m; i++) {
    double within = 0;
    for (size_t b = 0; b < w->df; b++) {
      double along = dot(&w->basis[(i * w->k + b) * r], w->x, r);
      within += along * along;
    }
    w->log_tail[i] = log_chi_square_tail(w->q * square / within, r);
    most = fmax(most, w->log_tail[i]);
  }
  for (size_t i = 0; i < w->m; i++) sum += exp(w->log_tail[i] - most);
  return 1 / sum;
}

/* One point of the lattice: z normal, and in the space of each statistic in turn of a length whose
 * square is drawn from the tail beyond q. */
static double at_lattice(const tail *w, size_t i)
{
  size_t r = w->rank;
  double sum = 0;
  lb_lattice_point(i, w->shift, r + 1, w->z);
  double length = sqrt(gsl_cdf_chisq_Qinv(w->z[r] * w->tail_q, (double)w->df));
  for (size_t c = 0; c < r; c++) w->z[c] = gsl_cdf_ugaussian_Pinv(w->z[c]);
  for (size_t j = 0; j < w->m; j++) {
    const double *basis = &w->basis[j * w->k * r];
    double square = 0;
    for (size_t b = 0; b < w->df; b++) {
      w->along[b] = dot(&basis[b * r], w->z, r);
      square += w->along[b] * w->along[b];
    }
    double stretch = length / sqrt(square) - 1;
    memcpy(w->x, w->z, r * sizeof *w->x);
    for (size_t b = 0; b < w->df; b++) {
      for (size_t c = 0; c < r; c++) w->x[c] += stretch * w->along[b] * basis[b * r + c];
    }
    sum += share_of_most(w);
  }
  return w->tail_q * sum;
}

static lb_status lattice_mean(const tail *w, lb_max_normal *out, lb_error *err)
{
  double mean[SHIFTS] = {0}, sum = 0, squares = 0;
  for (size_t s = 0; s < SHIFTS; s++) {
    lb_random random;
    lb_random_init(&random, SEED, s);
    for (size_t c = 0; c <= w->rank; c++) w->shift[c] = lb_random_uniform(&random);
    for (size_t i = 0; i < LATTICE; i++) {
      if (i % POLL_POINTS == 0 && lb_interrupted()) return lb_error_interrupted(err);
      mean[s] += at_lattice(w, i) / LATTICE;
    }
    sum += mean[s];
  }
  out->p_value = fmin(sum / SHIFTS, 1);
  for (size_t s = 0; s < SHIFTS; s++)
    squares += (mean[s] - sum / SHIFTS) * (mean[s] - sum / SHIFTS);
  out->error = fmax(4 * sqrt(squares / (SHIFTS * (SHIFTS - 1))), LEAST_ERROR * out->p_value);
  return LB_OK;
}

lb_status lb_max_quadratic_tail(const double *covariance, size_t m, size_t k, double q,
                                lb_max_normal *out, lb_error *err)
{
  tail w = {.m = m, .k = k, .q = q};
  lb_status st = start(&w, covariance, err);
  lb_max_normal result = {.p_value = w.tail_q, .rank = w.rank};
  /* All statistics are one, or the tail is below the least number. */
  bool one = w.rank == w.df || !(w.tail_q > 0);
  if (st == LB_OK && !one) st = lattice_mean(&w, &result, err);
  tail_reset(&w);
  if (st == LB_OK) *out = result;
  return st;
}
