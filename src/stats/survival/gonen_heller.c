/* gonen_heller.c - concordance probability of a Cox model: sums over all pairs of rows. */
#include "stats/survival/gonen_heller.h"

#include "base/interrupt.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "stats/exp_kernel.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>

#include <math.h>
#include <stdbool.h>

#define BLOCK    64   /* rows of a task */
#define PIECE    512  /* exponentials taken at once */
#define PARALLEL 2000 /* rows from which a thread earns its wake-up */
#define CERTAIN  8.5  /* from here Phi is 1 to the last bit */

/* Of one row with all others. */
typedef struct row_sums {
  double sharp;  /* 1 / (1 + exp(-|d|)) */
  double smooth; /* s: the smoothed one */
  double square; /* s^2 about 1/2 */
  double slope;  /* of s along the row's own predictor */
  double tied;
} row_sums;

typedef struct pairing {
  size_t n;
  const double *predictor;
  double width; /* h; 0 = all predictors are equal */
  row_sums *row;
} pairing;

/* The smoothed indicator of d >= 0, and its derivative. */
static double step_up(double d, double width, double *slope)
{
  *slope = 0;
  if (width == 0) return 0.5; /* all predictors are equal: any width says so */
  if (d >= CERTAIN * width) return 1;
  *slope = gsl_ran_ugaussian_pdf(d / width) / width;
  return gsl_cdf_ugaussian_P(d / width);
}

/* decay: exp(-|d|) */
static void add_pair(row_sums *r, double d, double decay, double width)
{
  double away = fabs(d), p = 1 / (1 + decay), slope;
  double up = step_up(away, width, &slope);
  double s = up * p + (1 - up) * (1 - p) - 0.5; /* about 1/2, which keeps digits of squares */
  double derivative = slope * (2 * p - 1) + (2 * up - 1) * p * (1 - p);
  r->sharp += p - 0.5;
  r->smooth += s;
  r->square += s * s;
  r->slope += d > 0 ? derivative : -derivative;
  r->tied += d == 0;
}

static void pair_block(void *context, size_t block)
{
  const pairing *w = context;
  size_t end = (block + 1) * BLOCK < w->n ? (block + 1) * BLOCK : w->n;
  for (size_t i = block * BLOCK; i < end && !lb_interrupted(); i++) {
    row_sums sums = {0};
    double decay[PIECE];
    for (size_t at = 0, n; at < w->n; at += n) {
      n = w->n - at < PIECE ? w->n - at : PIECE;
      const double *other = w->predictor + at;
      for (size_t j = 0; j < n; j++) decay[j] = -fabs(w->predictor[i] - other[j]);
      lb_exp_array(decay, decay, n);
      for (size_t j = 0; j < n; j++)
        if (at + j != i) add_pair(&sums, w->predictor[i] - other[j], decay[j], w->width);
    }
    w->row[i] = sums;
  }
}

/* h = sd n^(-1/3) / 2; not finite: nor is a predictor, or its square. */
static double smoothing_width(const double *predictor, size_t n)
{
  double mean = 0, squares = 0;
  for (size_t i = 0; i < n; i++) mean += predictor[i] / (double)n;
  for (size_t i = 0; i < n; i++) squares += (predictor[i] - mean) * (predictor[i] - mean);
  return n < 2 ? 0 : sqrt(squares / (double)(n - 1)) / 2 / cbrt((double)n);
}

/* The row whose predictor's square overflows or is no number, and the column that makes it so. */
static lb_status refuse_size(const lb_design *x, const double *predictor, const double *coef,
                             lb_error *err)
{
  size_t row = 0, column = 0;
  for (size_t i = 0; i < x->n && isfinite(predictor[row]); i++)
    if (!(fabs(predictor[i]) <= fabs(predictor[row]))) row = i;
  double largest = -1;
  for (size_t j = 0; j < x->p; j++) {
    double size = isnan(coef[j]) ? 0 : fabs(coef[j] * x->column[j][row]);
    if (size <= largest) continue;
    largest = size;
    column = j;
  }
  lb_error_set(err, LB_EDATA,
               "row %zu: the linear predictor is too large to compare, by column %zu of the design",
               row + 1, column + 1);
  lb_error_mend(err, "Is the column in the unit of the fit?");
  return LB_EDATA;
}

/* g' V g, g_j = 2 / (n (n - 1)) sum over pairs of s'(d) (x_ij - x_kj). Every pair stands in the
 * sums of two rows. */
static lb_status coefficient_variance(const pairing *w, const lb_design *x, const double *coef,
                                      const double *vcov, double *out)
{
  double pairs = (double)w->n * (double)(w->n - 1) / 2;
  double *slope = lb_mem_zero(x->p, sizeof *slope);
  if (slope == NULL) return LB_ENOMEM;
  for (size_t j = 0; j < x->p; j++) {
    const double *column = x->column[j]; /* about its first row: slopes add up to 0 */
    for (size_t i = 0; !isnan(coef[j]) && i < w->n; i++)
      slope[j] += w->row[i].slope * (column[i] - column[0]) / pairs;
  }
  *out = 0;
  for (size_t j = 0; j < x->p; j++)
    for (size_t k = 0; k < x->p; k++)
      if (!isnan(coef[j]) && !isnan(coef[k])) *out += slope[j] * vcov[j * x->p + k] * slope[k];
  lb_mem_free(slope);
  return LB_OK;
}

/* Means over pairs, and the variance that sampling of rows brings. */
static double add_rows(const pairing *w, lb_gonen_heller *out)
{
  double others = (double)w->n - 1, ordered = (double)w->n * others, sum = 0;
  row_sums all = {0};
  for (size_t i = 0; i < w->n; i++) {
    all.sharp += w->row[i].sharp;
    all.smooth += w->row[i].smooth;
    all.tied += w->row[i].tied;
  }
  double mean = all.smooth / ordered;
  out->concordance = 0.5 + all.sharp / ordered;
  out->smoothed = 0.5 + mean;
  out->tied_x = all.tied / 2;
  for (size_t i = 0; i < w->n; i++) { /* the square of a sum, less the squares */
    const row_sums *r = &w->row[i];
    double excess = r->smooth - others * mean;
    sum += excess * excess - (r->square - 2 * mean * r->smooth + others * mean * mean);
  }
  return 4 * sum / (ordered * ordered);
}

lb_status lb_gonen_heller_fit(const lb_design *x, const double *predictor, const double *coef,
                              const double *vcov, lb_gonen_heller *out, lb_error *err)
{
  pairing w = {.n = x->n, .predictor = predictor, .width = smoothing_width(predictor, x->n)};
  lb_gonen_heller result = {NAN, NAN, NAN, 0, x->n};
  if (!isfinite(w.width)) return refuse_size(x, predictor, coef, err);
  if (x->n < 2) {
    *out = result;
    return LB_OK;
  }
  w.row = lb_mem_zero(x->n, sizeof *w.row);
  if (w.row == NULL) return lb_error_nomem(err, "concordance");
  lb_status st = LB_OK;
  double brought = 0;
  if (!lb_parallel((x->n + BLOCK - 1) / BLOCK, x->n >= PARALLEL, pair_block, &w))
    st = lb_error_interrupted(err);
  if (st == LB_OK) {
    double variance = add_rows(&w, &result);
    st = coefficient_variance(&w, x, coef, vcov, &brought);
    if (st == LB_ENOMEM) st = lb_error_nomem(err, "concordance");
    /* Rows that differ little may leave an estimate of the first part below 0. */
    if (x->n > 2) result.std_error = sqrt(fmax(variance, 0) + brought);
  }
  if (st == LB_OK) *out = result;
  lb_mem_free(w.row);
  return st;
}
