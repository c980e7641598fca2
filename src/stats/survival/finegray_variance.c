/* finegray_variance.c - the sandwich variance of the Fine-Gray model: score residuals with the term
 * for the estimated censoring distribution, block by block. */
#include "stats/survival/finegray_work.h"

#include "base/interrupt.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "stats/symmetric.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

#define DEPENDENT 1e-12 /* a pivot below this part of its diagonal is rounding */

/* Sums over times of hazard steps, each n_bin + 1 (before any bin, up to and with each) x p. With
 * Efron's ties a step is several, those with the event there have less of it. */
typedef struct tables {
  const fg_work *w;
  const cox_data *d;
  const cox_state *s;
  double *mean;    /* n_bin x p: zbar of an event at the bin */
  double *past;    /* (n_bin + 1) x p: sum of zbar dLambda */
  double *own;     /* n_bin x p: that of the bin itself for those with the event there */
  double *later;   /* (n_bin + 1) x p: sum of G zbar dLambda from a bin on */
  size_t n_censor; /* times at which any are censored */
  double *jump;    /* p x n_censor: q / pi */
  double *drift;   /* p x n_censor: sum of q / pi dLambda^c up to and with */
  uint32_t *time;  /* of each place: times with censoring up to and with it */
  uint8_t *kind;   /* of each place: 1 = the row is censored, at that time; 2 = an event at it */
  double *part;    /* of each chunk: width x width */
  double *room, *scores; /* of each chunk: a block of scores, as d->z */
  cox_chunks chunks;
} tables;

static lb_status tables_new(tables *t, lb_error *err)
{
  size_t p = t->d->p, n_bin = t->d->n_bin;
  const lb_riskset *set = &t->w->set;
  for (size_t i = 0; i < set->n_time; i++) t->n_censor += set->n_censor[i] > 0;
  t->chunks = cox_block_chunks(t->d);
  t->mean = lb_mem_zero(n_bin, p * sizeof *t->mean);
  t->past = lb_mem_zero(n_bin + 1, p * sizeof *t->past);
  t->own = lb_mem_zero(n_bin, p * sizeof *t->own);
  t->later = lb_mem_zero(n_bin + 1, p * sizeof *t->later);
  t->jump = lb_mem_zero(t->n_censor, p * sizeof *t->jump);
  t->drift = lb_mem_zero(t->n_censor, p * sizeof *t->drift);
  t->time = lb_mem_zero(t->d->n, sizeof *t->time);
  t->kind = lb_mem_zero(t->d->n, sizeof *t->kind);
  t->part = lb_mem_zero(t->chunks.n, t->d->width * t->d->width * sizeof *t->part);
  t->room = lb_mem_zero(t->chunks.n * t->d->width * COX_ROWS + COX_LINE, sizeof *t->room);
  t->scores = cox_align(t->room);
  bool ok = t->room != NULL && t->mean != NULL && t->past != NULL && t->own != NULL &&
            t->later != NULL && t->jump != NULL && t->drift != NULL && t->time != NULL &&
            t->kind != NULL && t->part != NULL;
  return ok ? LB_OK : lb_error_nomem(err, "Fine-Gray variance");
}

static void tables_reset(tables *t)
{
  void *array[] = {t->mean,  t->past, t->own,  t->later, t->jump,
                   t->drift, t->time, t->kind, t->part,  t->room};
  for (size_t i = 0; i < sizeof array / sizeof array[0]; i++) lb_mem_free(array[i]);
}

/* Sums over the bins, forwards and backwards. */
static void sum_steps(tables *t)
{
  const cox_data *d = t->d;
  size_t p = d->p, w = p + 1;
  for (size_t b = 0; b < d->n_bin; b++) {
    const double *s = t->s->at_risk + b * w, *e = t->s->joined + d->bin[b].segment * t->s->stride;
    cox_tied_sums sums = cox_tied(t->w->opt->cox.ties, &d->bin[b], s[0], e[0]);
    for (size_t j = 0; j < p; j++) {
      double step = sums.a * s[1 + j] - sums.b * e[1 + j];
      t->mean[b * p + j] = (sums.hazard * s[1 + j] - sums.tied * e[1 + j]) / d->bin[b].event_weight;
      t->own[b * p + j] = step - (sums.b * s[1 + j] - sums.c * e[1 + j]);
      t->past[(b + 1) * p + j] = t->past[b * p + j] + step;
      t->later[b * p + j] = d->bin_weight[b] * step;
    }
  }
  for (size_t b = d->n_bin; b-- > 0;)
    for (size_t j = 0; j < p; j++) t->later[b * p + j] += t->later[(b + 1) * p + j];
}

/* q / pi at time `time`, `bins` bins being before it; sum: L0 and L1 of rows before it. */
static void set_jump(tables *t, size_t time, size_t bins, const double *sum, size_t c)
{
  size_t p = t->d->p;
  double at_risk = fg_at_risk(t->w, time), share = t->w->set.n_censor[time] / at_risk;
  for (size_t j = 0; j < p; j++) {
    double q = sum[1 + j] * t->s->later[bins] - sum[0] * t->later[bins * p + j];
    size_t i = j * t->n_censor + c;
    t->jump[i] = q / at_risk;
    t->drift[i] = (c == 0 ? 0 : t->drift[i - 1]) + t->jump[i] * share;
  }
}

/* Walks all times forwards: where any are censored, q is known; rows with a competing event then
 * join the sums. */
static lb_status sum_censoring(tables *t, lb_error *err)
{
  const cox_data *d = t->d;
  const fg_work *w = t->w;
  size_t k = 0, bins = 0, c = 0;
  double *sum = lb_mem_zero(d->p + 1, sizeof *sum);
  if (sum == NULL) return lb_error_nomem(err, "Fine-Gray variance");
  for (size_t i = 0; i < w->set.n_time; i++) {
    size_t first = k;
    bool any = w->set.n_censor[i] > 0;
    while (bins < d->n_bin && d->bin[bins].time < w->set.time[i]) bins++;
    if (any) set_jump(t, i, bins, sum, c);
    for (; k < w->place_end[i]; k++) {
      double lasting = t->s->lasting_risk[k];
      if (lasting == 0) continue;
      sum[0] += lasting;
      for (size_t j = 0; j < d->p; j++) sum[1 + j] += lasting * cox_z(d, k, j);
    }
    c += any;
    for (size_t r = first; r < k; r++) {
      t->time[r] = (uint32_t)c;
      t->kind[r] = !any ? 0 : w->y->cause[d->row[r]] == 0 ? 1 : 2;
    }
  }
  lb_mem_free(sum);
  return lb_interrupted() ? lb_error_interrupted(err) : LB_OK;
}

/* Hazard so far of the rows of a segment, and which rows of the tables hold its sums. */
typedef struct segment_at {
  double hazard, later;
  const double *past, *own, *mean, *later_z; /* own and mean: NULL without the event */
} segment_at;

static segment_at look_up(const tables *t, size_t segment)
{
  const cox_data *d = t->d;
  const cox_state *s = t->s;
  uint32_t b = d->segment_bin[segment];
  size_t p = d->p, bins = b == COX_NO_BIN ? 0 : (size_t)b + 1;
  bool event = bins > 0 && segment == d->bin[b].segment;
  segment_at at = {.later = s->later[bins], .later_z = t->later + bins * p};
  size_t past = event ? bins - 1 : bins;
  at.past = t->past + past * p;
  if (past > 0) at.hazard = s->hazard[past - 1] + s->hazard_low[past - 1];
  if (!event) return at;
  at.hazard += s->hazard_event[b];
  at.own = t->own + b * p;
  at.mean = t->mean + b * p;
  return at;
}

/* eta of rows [first, end) of block b, all of one segment, into u, columns of COX_ROWS. */
static void set_eta(const tables *t, size_t b, const size_t rows[2], segment_at at, double *u)
{
  const cox_data *d = t->d;
  const double *z = d->z + b * d->width * COX_ROWS;
  const double *risk = t->s->risk + b * COX_ROWS, *lasting = t->s->lasting_risk + b * COX_ROWS;
  double factor[COX_ROWS], event[COX_ROWS];
  for (size_t r = rows[0]; r < rows[1]; r++) {
    event[r] = at.mean == NULL ? 0 : cox_weight(d, b * COX_ROWS + r);
    factor[r] = event[r] - risk[r] * at.hazard - lasting[r] * at.later;
  }
  for (size_t j = 0; j < d->p; j++) {
    double past = at.past[j] + (at.own == NULL ? 0 : at.own[j]);
    double mean = at.mean == NULL ? 0 : at.mean[j], later = at.later_z[j];
    for (size_t r = rows[0]; r < rows[1]; r++) {
      size_t i = j * COX_ROWS + r;
      /* cppcheck-suppress uninitvar ; the first loop sets the same rows */
      u[i] = z[i] * factor[r] + risk[r] * past + lasting[r] * later - event[r] * mean;
    }
  }
}

/* Adds psi to the rows of block b. */
static void add_psi(const tables *t, size_t b, double *u)
{
  const cox_data *d = t->d;
  size_t rows = cox_block_rows(d, b), first = b * COX_ROWS;
  bool spared = t->w->opt->events_first; /* by its own time an event was not at risk */
  for (size_t j = 0; j < d->p; j++) {
    const double *jump = t->jump + j * t->n_censor, *drift = t->drift + j * t->n_censor;
    for (size_t r = 0; r < rows; r++) {
      size_t c = t->time[first + r];
      uint8_t kind = t->kind[first + r];
      if (kind == 2 && spared) c--;
      double psi = (kind == 1 ? jump[c - 1] : 0) - (c > 0 ? drift[c - 1] : 0);
      u[j * COX_ROWS + r] += cox_weight(d, first + r) * psi;
    }
  }
}

static void score_chunk(void *context, size_t chunk)
{
  const tables *t = context;
  const cox_data *d = t->d;
  size_t end = cox_chunk_start(t->chunks, chunk + 1);
  double one[COX_ROWS], *u = t->scores + chunk * d->width * COX_ROWS;
  double *part = t->part + chunk * d->width * d->width;
  for (size_t r = 0; r < COX_ROWS; r++) one[r] = 1;
  for (size_t b = cox_chunk_start(t->chunks, chunk); b < end; b++) {
    size_t n_rows = cox_block_rows(d, b), at = 0;
    for (size_t s = d->block_segment[b]; at < n_rows; s++) {
      size_t stop = d->segment_row[s + 1] - b * COX_ROWS;
      const size_t rows[2] = {at, stop < n_rows ? stop : n_rows};
      set_eta(t, b, rows, look_up(t, s), u);
      at = rows[1];
    }
    if (t->w->opt->variance == LB_FINEGRAY_FULL && t->n_censor > 0) add_psi(t, b, u);
    for (size_t j = 0; n_rows < COX_ROWS && j < d->p; j++)
      memset(u + j * COX_ROWS + n_rows, 0, (COX_ROWS - n_rows) * sizeof *u);
    cox_crossproduct(u, one, d->width, part);
  }
}

/* Sum of outer products of scores, per unit of the columns, into out (p x p). */
static lb_status sum_scores(tables *t, double *out, lb_error *err)
{
  const cox_data *d = t->d;
  size_t p = d->p, width = d->width;
  if (!lb_parallel(t->chunks.n, d->n >= COX_PARALLEL_ROWS, score_chunk, t))
    return lb_error_interrupted(err);
  for (size_t c = 0; c < t->chunks.n; c++) {
    const double *part = t->part + c * width * width;
    for (size_t j = 0; j < p; j++)
      for (size_t i = 0; i <= j; i++) out[j * p + i] += part[j * width + i];
  }
  for (size_t j = 0; j < p; j++)
    for (size_t i = 0; i <= j; i++) {
      out[j * p + i] *= d->scale[j] * d->scale[i];
      out[i * p + j] = out[j * p + i];
    }
  return LB_OK;
}

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

lb_status fg_variance(const fg_work *w, const cox_data *d, const cox_state *s, lb_cox *fit,
                      lb_error *err)
{
  size_t p = fit->p;
  tables t = {.w = w, .d = d, .s = s};
  if (p == 0) return LB_OK;
  double *work = lb_mem_zero(3 * p, p * sizeof *work);
  lb_status st = work == NULL ? lb_error_nomem(err, "Fine-Gray variance") : tables_new(&t, err);
  if (st == LB_OK) {
    sum_steps(&t);
    st = sum_censoring(&t, err);
  }
  if (st == LB_OK) st = sum_scores(&t, work, err);
  if (st == LB_OK) {
    sandwich(fit, work, work + p * p);
    st = wald(fit, work, err);
  }
  tables_reset(&t);
  lb_mem_free(work);
  return st;
}
