/* finegray_variance.c - the sandwich variance of the Fine-Gray model: outer products of scores, of
 * rows or of clusters. */
#include "stats/survival/finegray_work.h"

#include "base/interrupt.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "stats/symmetric.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

#define DEPENDENT 1e-12 /* a pivot below this part of its diagonal is rounding */
#define POLL_ROWS 65536

/* ---- Rows are independent ---- */

typedef struct score_pass {
  const fg_tables *t;
  double *part;          /* of each chunk: width x width */
  double *room, *scores; /* of each chunk: a block of scores, as d->z */
  cox_chunks chunks;
} score_pass;

static void score_chunk(void *context, size_t chunk)
{
  const score_pass *q = context;
  const cox_data *d = q->t->d;
  size_t end = cox_chunk_start(q->chunks, chunk + 1);
  double one[COX_ROWS], *u = q->scores + chunk * d->width * COX_ROWS;
  double *part = q->part + chunk * d->width * d->width;
  for (size_t r = 0; r < COX_ROWS; r++) one[r] = 1;
  for (size_t b = cox_chunk_start(q->chunks, chunk); b < end; b++) {
    size_t n_rows = cox_block_rows(d, b);
    fg_scores(q->t, b, u);
    for (size_t j = 0; n_rows < COX_ROWS && j < d->p; j++)
      memset(u + j * COX_ROWS + n_rows, 0, (COX_ROWS - n_rows) * sizeof *u);
    cox_crossproduct(u, one, d->width, part);
  }
}

/* Both triangles from the lower one, per unit of the columns. */
static void unscale(const cox_data *d, double *out)
{
  for (size_t j = 0; j < d->p; j++)
    for (size_t i = 0; i <= j; i++) {
      out[j * d->p + i] *= d->scale[j] * d->scale[i];
      out[i * d->p + j] = out[j * d->p + i];
    }
}

/* Sum of outer products of scores into out (p x p). */
static lb_status sum_rows(const fg_tables *t, double *out, lb_error *err)
{
  const cox_data *d = t->d;
  size_t p = d->p, width = d->width;
  score_pass q = {.t = t, .chunks = cox_block_chunks(d)};
  q.part = lb_mem_zero(q.chunks.n, width * width * sizeof *q.part);
  q.room = lb_mem_zero(q.chunks.n * width * COX_ROWS + COX_LINE, sizeof *q.room);
  q.scores = cox_align(q.room);
  lb_status st = LB_OK;
  if (q.part == NULL || q.room == NULL)
    st = lb_error_nomem(err, "Fine-Gray variance");
  else if (!lb_parallel(q.chunks.n, d->n >= COX_PARALLEL_ROWS, score_chunk, &q))
    st = lb_error_interrupted(err);
  for (size_t c = 0; c < q.chunks.n && st == LB_OK; c++) {
    const double *part = q.part + c * width * width;
    for (size_t j = 0; j < p; j++)
      for (size_t i = 0; i <= j; i++) out[j * p + i] += part[j * width + i];
  }
  if (st == LB_OK) unscale(d, out);
  lb_mem_free(q.part);
  lb_mem_free(q.room);
  return st;
}

/* ---- Clusters, or scores that are wanted for themselves ---- */

size_t fg_unit(const fg_work *w, const cox_data *d, size_t k)
{
  const lb_partition *cluster = w->opt->cluster;
  return cluster == NULL || cluster->code == NULL ? d->row[k] : (size_t)cluster->code[d->row[k]];
}

size_t fg_units(const fg_work *w, const cox_data *d)
{
  const lb_partition *cluster = w->opt->cluster;
  return cluster == NULL || cluster->code == NULL ? d->n : cluster->n;
}

/* Scores of the units, p numbers each, per unit of the columns. */
static lb_status list_scores(const fg_tables *t, double *scores, lb_error *err)
{
  const cox_data *d = t->d;
  double *room = lb_mem_zero(d->width * COX_ROWS + COX_LINE, sizeof *room);
  if (room == NULL) return lb_error_nomem(err, "Fine-Gray variance");
  double *u = cox_align(room);
  for (size_t b = 0; b < d->n_block; b++) {
    fg_scores(t, b, u);
    for (size_t r = 0; r < cox_block_rows(d, b); r++) {
      double *to = scores + fg_unit(t->w, d, b * COX_ROWS + r) * d->p;
      for (size_t j = 0; j < d->p; j++) to[j] += u[j * COX_ROWS + r] * d->scale[j];
    }
    if (b % (POLL_ROWS / COX_ROWS) == 0 && lb_interrupted()) break;
  }
  lb_mem_free(room);
  return lb_interrupted() ? lb_error_interrupted(err) : LB_OK;
}

static lb_status sum_units(const fg_tables *t, const double *scores, double *out, lb_error *err)
{
  size_t p = t->d->p, n = fg_units(t->w, t->d);
  for (size_t i = 0; i < n; i++) {
    for (size_t j = 0; j < p; j++)
      for (size_t k = 0; k <= j; k++) out[j * p + k] += scores[i * p + j] * scores[i * p + k];
    if (i % POLL_ROWS == 0 && lb_interrupted()) return lb_error_interrupted(err);
  }
  for (size_t j = 0; j < p; j++)
    for (size_t k = 0; k < j; k++) out[k * p + j] = out[j * p + k];
  return LB_OK;
}

/* ---- The sandwich ---- */

/* vcov = V meat V over the columns that have an estimate. */
static void sandwich(lb_cox *fit, const double *meat, double *work)
{
  size_t p = fit->p;
  double *v = work, *half = work + p * p;
  for (size_t i = 0; i < p * p; i++) v[i] = isnan(fit->vcov[i]) ? 0 : fit->vcov[i];
  for (size_t i = 0; i < p; i++)
    for (size_t j = 0; j < p; j++) {
      half[i * p + j] = 0;
      for (size_t k = 0; k < p; k++) half[i * p + j] += v[i * p + k] * meat[k * p + j];
    }
  for (size_t i = 0; i < p; i++)
    for (size_t j = 0; j < p; j++) {
      double sum = 0;
      for (size_t k = 0; k < p; k++) sum += half[i * p + k] * v[k * p + j];
      if (!isnan(fit->vcov[i * p + j])) fit->vcov[i * p + j] = sum;
    }
  for (size_t j = 0; j < p; j++) fit->std_error[j] = sqrt(fit->vcov[j * p + j]);
}

static lb_status wald(lb_cox *fit, double *work, lb_error *err)
{
  size_t p = fit->p;
  double *v = work, *b = work + p * p;
  for (size_t i = 0; i < p * p; i++) v[i] = isnan(fit->vcov[i]) ? 0 : fit->vcov[i];
  for (size_t j = 0; j < p; j++) b[j] = isnan(fit->coef[j]) ? 0 : fit->coef[j];
  lb_cox_test test = {.p_value = NAN};
  if (!lb_symmetric_quadratic(v, b, p, DEPENDENT, &test.chi_square, &test.df))
    return lb_error_nomem(err, "Fine-Gray variance");
  if (test.df > 0) test.p_value = gsl_cdf_chisq_Q(test.chi_square, (double)test.df);
  fit->wald_test = test;
  return LB_OK;
}

/* vcov of the fit and what goes with it; work: 3 p x p, the first of them the meat. */
static lb_status replace(lb_cox *fit, double *work, lb_error *err)
{
  if (fit->p == 0) return LB_OK;
  sandwich(fit, work, work + fit->p * fit->p);
  return wald(fit, work, err);
}

static lb_status with_scores(fg_tables *t, lb_cox *fit, double *work, lb_error *err)
{
  size_t n = fg_units(t->w, t->d);
  double *scores = n > SIZE_MAX / (fit->p + 1) ? NULL : lb_mem_zero(n * fit->p, sizeof *scores);
  lb_status st = scores == NULL ? lb_error_nomem(err, "Fine-Gray variance") : LB_OK;
  if (st == LB_OK) st = list_scores(t, scores, err);
  if (st == LB_OK) st = sum_units(t, scores, work, err);
  if (st == LB_OK && t->w->opt->n_incidence > 0) st = fg_incidence(t, scores, fit, err);
  if (st == LB_OK) st = replace(fit, work, err);
  lb_mem_free(scores);
  return st;
}

lb_status fg_variance(fg_work *w, const cox_data *d, const cox_state *s, lb_cox *fit, lb_error *err)
{
  size_t p = fit->p;
  bool units = w->opt->n_incidence > 0 || fg_units(w, d) != d->n || w->opt->cluster != NULL;
  fg_tables t = {.w = w, .d = d, .s = s};
  if (p == 0 && !units) return LB_OK;
  double *work = lb_mem_zero(3 * p, p * sizeof *work);
  lb_status st = work == NULL ? lb_error_nomem(err, "Fine-Gray variance") : fg_tables_new(&t, err);
  if (st == LB_OK && units) st = with_scores(&t, fit, work, err);
  if (st == LB_OK && !units) st = sum_rows(&t, work, err);
  if (st == LB_OK && !units) st = replace(fit, work, err);
  fg_tables_reset(&t);
  lb_mem_free(work);
  return st;
}
