/* finegray_zph.c - are the subdistribution hazards of a Fine-Gray model proportional? The scores of
 * the model, its times weighted by a function of time. */
#include "stats/survival/finegray_residual.h"

#include "base/interrupt.h"
#include "base/mem.h"
#include "stats/sum.h"
#include "stats/survival/cox_theta.h"
#include "stats/survival/cuminc.h"
#include "stats/survival/finegray_work.h"
#include "stats/symmetric.h"

#include <math.h>
#include <string.h>

#define POLL_ROWS 4096

static const char TEST[] = "test of proportional hazards";

/* ---- Functions of time ---- */

/* Cumulative incidence of the cause just before each row's time. */
static lb_status set_incidence(const lb_finegray_model *model, double *out, lb_error *err)
{
  const lb_surv *y = model->y;
  lb_cuminc curve = {0};
  lb_status st = lb_cuminc_fit(y, NULL, NULL, NULL, &curve, err);
  for (size_t i = 0; st == LB_OK && i < y->n; i++) {
    lb_km_point point;
    lb_cuminc_at(&curve, 0, model->cause - 1, nextafter(y->time[i], -INFINITY), &point);
    out[i] = point.survival;
  }
  lb_cuminc_reset(&curve);
  return st;
}

/* g of the bins in standard deviations from its mean over events: neither changes a test. */
static void set_times(const cox_data *d, const double *g, double *out)
{
  double mean = 0, square = 0, largest = 0;
  for (size_t b = 0; b < d->n_bin; b++) {
    out[b] = g[d->row[d->bin[b].first_row]];
    largest = fmax(largest, fabs(out[b]));
  }
  for (size_t b = 0; b < d->n_bin; b++) {
    out[b] = largest > 0 ? out[b] / largest : 0; /* times may be beyond the root of the range */
    mean += out[b] * (double)d->bin[b].events;
  }
  for (size_t b = 0; b < d->n_bin; b++) {
    out[b] -= mean / (double)d->n_event;
    square += out[b] * out[b] * (double)d->bin[b].events;
  }
  for (size_t b = 0; b < d->n_bin; b++)
    if (square > 0) out[b] /= sqrt(square / (double)d->n_event);
}

/* ---- Hazards with weighted times ---- */

lb_status fg_by_time(const fg_work *w, const cox_data *d, const cox_state *s, const double *factor,
                     cox_state *out)
{
  *out = *s;
  out->hazard = lb_mem_array(d->n_bin, sizeof *out->hazard);
  out->hazard_low = lb_mem_array(d->n_bin, sizeof *out->hazard_low);
  out->hazard_event = lb_mem_array(d->n_bin, sizeof *out->hazard_event);
  out->later = lb_mem_zero(d->n_layer * cox_slots(d), sizeof *out->later);
  if (out->hazard == NULL || out->hazard_low == NULL || out->hazard_event == NULL ||
      out->later == NULL)
    return LB_ENOMEM;
  for (size_t b = 0; b < d->n_bin; b++) {
    const double *joined = s->joined + d->bin[b].segment * s->stride;
    double d0 = s->exact ? joined[0] + joined[d->p + 1] : joined[0];
    cox_tied_sums tied = cox_tied(w->opt->cox.ties, &d->bin[b], s->at_risk[b * (d->p + 1)], d0);
    out->hazard[b] = factor[b] * tied.hazard;
    out->hazard_event[b] = factor[b] * (tied.hazard - tied.tied);
  }
  cox_lasting_later(d, out);
  lb_sum sum = {0};
  for (size_t b = 0; b < d->n_bin; b++) {
    if (d->bin[b].is_first) sum = (lb_sum){0};
    lb_sum_add(&sum, out->hazard[b]);
    out->hazard[b] = sum.high;
    out->hazard_low[b] = sum.low;
  }
  return LB_OK;
}

void fg_by_time_free(cox_state *s)
{
  lb_mem_free(s->hazard);
  lb_mem_free(s->hazard_low);
  lb_mem_free(s->hazard_event);
  lb_mem_free(s->later);
}

/* ---- Information of theta ---- */

typedef struct zph_work {
  const lb_finegray_zph_plan *plan;
  const double *g_row; /* of the rows of y */
  fg_work *w;
  const cox_data *d;
  const cox_state *s;
  size_t p;
  double *g[2];                      /* bins: g and its square */
  cox_state by_g[2];                 /* hazards with these */
  double *score;                     /* p: of theta */
  double *sum[2];                    /* p x p: g V and g^2 V added up over risk sets */
  double *factor, *cross, *variance; /* p x p: of the information; sum[0] V; of the score */
  double *z;                         /* 2 (p + 1) */
  bool *kept;                        /* p */
  lb_cox_zph *out;
} zph_work;

static bool alloc(zph_work *q)
{
  size_t p = q->p;
  bool ok = true;
  double **matrix[] = {&q->sum[0], &q->sum[1], &q->factor, &q->cross, &q->variance};
  for (size_t i = 0; i < sizeof matrix / sizeof matrix[0]; i++) {
    *matrix[i] = lb_mem_zero(p, p * sizeof(double));
    ok = *matrix[i] != NULL && ok;
  }
  for (size_t i = 0; i < 2; i++) {
    q->g[i] = lb_mem_array(q->d->n_bin, sizeof(double));
    ok = q->g[i] != NULL && ok;
  }
  q->score = lb_mem_zero(p, sizeof *q->score);
  q->z = lb_mem_array(p + 1, 2 * sizeof *q->z);
  q->kept = lb_mem_zero(p, sizeof *q->kept);
  return ok && q->score != NULL && q->z != NULL && q->kept != NULL;
}

static void zph_free(zph_work *q)
{
  void *array[] = {q->g[0],   q->g[1],  q->score,    q->sum[0], q->sum[1],
                   q->factor, q->cross, q->variance, q->z,      q->kept};
  for (size_t i = 0; i < sizeof array / sizeof array[0]; i++) lb_mem_free(array[i]);
  for (size_t i = 0; i < 2; i++) fg_by_time_free(&q->by_g[i]);
}

/* What the information of a time takes off: outer products of means over its risk set. */
static void take_means(zph_work *q, size_t b)
{
  const cox_state *s = q->s;
  size_t p = q->p, w = p + 1;
  const double *all = s->at_risk + b * w, *joined = s->joined + q->d->bin[b].segment * s->stride;
  double *d1 = q->z;
  for (size_t i = 0; i < w; i++) d1[i] = joined[i] + (s->exact ? joined[w + i] : 0);
  cox_tied_sums tied = cox_tied(q->w->opt->cox.ties, &q->d->bin[b], all[0], d1[0]);
  for (size_t j = 1; j < w; j++) {
    for (size_t i = 1; i <= j; i++) {
      double product = tied.a * all[j] * all[i] - tied.b * (all[j] * d1[i] + d1[j] * all[i]) +
                       tied.c * d1[j] * d1[i];
      for (size_t e = 0; e < 2; e++) q->sum[e][(j - 1) * p + i - 1] -= q->g[e][b] * product;
    }
  }
}

static lb_status set_information(zph_work *q, lb_error *err)
{
  const cox_data *d = q->d;
  size_t p = q->p;
  for (size_t b = 0; b < d->n_bin; b++) take_means(q, b);
  for (size_t s = 0; s < d->n_segment; s++) {
    for (size_t k = d->segment_row[s]; k < d->segment_row[s + 1]; k++) {
      double met[2];
      if (k % POLL_ROWS == 0 && lb_interrupted()) return lb_error_interrupted(err);
      for (size_t e = 0; e < 2; e++) met[e] = fg_expected(d, &q->by_g[e], s, k);
      for (size_t j = 0; j < p; j++) q->z[j] = cox_z(d, k, j);
      for (size_t j = 0; j < p; j++)
        for (size_t i = 0; i <= j; i++)
          for (size_t e = 0; e < 2; e++) q->sum[e][j * p + i] += met[e] * q->z[j] * q->z[i];
    }
  }
  for (size_t e = 0; e < 2; e++)
    for (size_t j = 0; j < p; j++)
      for (size_t i = 0; i < j; i++) q->sum[e][i * p + j] = q->sum[e][j * p + i];
  return LB_OK;
}

/* cross = C V, row after row; variance = C2 - C V C', that of the model. */
static void reduce(zph_work *q, const lb_cox *fit)
{
  size_t p = q->p;
  memcpy(q->variance, q->s->information, p * p * sizeof *q->variance);
  for (size_t j = 0; j < p; j++) q->variance[j * p + j] *= !isnan(fit->coef[j]);
  lb_cholesky(q->variance, p, COX_COLLINEAR, q->s->crossproduct, q->factor, q->kept);
  memcpy(q->cross, q->sum[0], p * p * sizeof *q->cross);
  for (size_t j = 0; j < p; j++) lb_cholesky_solve(q->factor, p, q->kept, p, q->cross + j * p);
  for (size_t j = 0; j < p; j++)
    for (size_t i = 0; i < p; i++) {
      double sum = q->sum[1][j * p + i];
      for (size_t k = 0; k < p; k++) sum -= q->cross[j * p + k] * q->sum[0][i * p + k];
      q->variance[j * p + i] = sum;
    }
}

/* ---- Influences ---- */

static void set_score(zph_work *q, const fg_tables *t)
{
  const cox_data *d = q->d;
  for (size_t b = 0; b < d->n_bin; b++)
    for (size_t k = d->bin[b].first_row; k < d->bin[b].first_row + d->bin[b].events; k++)
      for (size_t j = 0; j < q->p; j++)
        q->score[j] += q->g[0][b] * cox_weight(d, k) * (cox_z(d, k, j) - t->mean[b * q->p + j]);
}

/* Influences of the units on the score of theta, p numbers each. */
static lb_status add_influences(const zph_work *q, const fg_tables t[2], double *unit,
                                lb_error *err)
{
  const cox_data *d = q->d;
  size_t p = q->p, block = d->width * COX_ROWS;
  double *room = lb_mem_zero(2 * block + COX_LINE, sizeof *room);
  if (room == NULL) return lb_error_nomem(err, TEST);
  double *plain = cox_align(room), *with_g = plain + block;
  for (size_t b = 0; b < d->n_block && !lb_interrupted(); b++) {
    fg_scores(&t[0], b, plain);
    fg_scores(&t[1], b, with_g);
    for (size_t r = 0; r < cox_block_rows(d, b); r++) {
      double *to = unit + fg_unit(q->w, d, b * COX_ROWS + r) * p;
      for (size_t j = 0; j < p; j++) {
        to[j] += with_g[j * COX_ROWS + r];
        for (size_t i = 0; i < p; i++) to[j] -= q->cross[j * p + i] * plain[i * COX_ROWS + r];
      }
    }
  }
  lb_mem_free(room);
  return lb_interrupted() ? lb_error_interrupted(err) : LB_OK;
}

static lb_status set_variance(zph_work *q, const fg_tables t[2], lb_error *err)
{
  size_t p = q->p, n = fg_units(q->w, q->d);
  double *unit = n > SIZE_MAX / (p + 1) ? NULL : lb_mem_zero(n * p, sizeof *unit);
  lb_status st = unit == NULL ? lb_error_nomem(err, TEST) : add_influences(q, t, unit, err);
  if (st == LB_OK) memset(q->variance, 0, p * p * sizeof *q->variance);
  for (size_t u = 0; st == LB_OK && u < n; u++)
    for (size_t j = 0; j < p; j++)
      for (size_t i = 0; i < p; i++) q->variance[j * p + i] += unit[u * p + j] * unit[u * p + i];
  lb_mem_free(unit);
  return st;
}

static lb_status test(zph_work *q, const lb_cox *fit, lb_error *err)
{
  fg_tables t[2] = {{.w = q->w, .d = q->d, .s = q->s},
                    {.w = q->w, .d = q->d, .s = &q->by_g[0], .factor = q->g[0]}};
  lb_status st = set_information(q, err);
  if (st == LB_OK) reduce(q, fit);
  for (size_t e = 0; st == LB_OK && e < 2; e++) st = fg_tables_new(&t[e], err);
  if (st == LB_OK) set_score(q, &t[0]);
  if (st == LB_OK && q->w->opt->variance != LB_FINEGRAY_MODEL) st = set_variance(q, t, err);
  for (size_t e = 0; e < 2; e++) fg_tables_reset(&t[e]);
  if (st == LB_OK && lb_interrupted()) st = lb_error_interrupted(err); /* amid a factor */
  const cox_theta theta = {q->p, q->kept, q->score, q->variance, q->sum[1]};
  return st == LB_OK ? cox_theta_tests(&theta, q->plan->term, q->plan->n_term, q->out, err) : st;
}

static lb_status run(void *context, fg_work *w, const cox_data *d, const cox_state *s,
                     const lb_cox *fit, lb_error *err)
{
  zph_work *q = context;
  q->w = w;
  q->d = d;
  q->s = s;
  q->p = d->p;
  lb_status st = alloc(q) ? LB_OK : LB_ENOMEM;
  if (st == LB_OK) {
    set_times(d, q->g_row, q->g[0]);
    for (size_t b = 0; b < d->n_bin; b++) q->g[1][b] = q->g[0][b] * q->g[0][b];
  }
  for (size_t e = 0; e < 2 && st == LB_OK; e++) st = fg_by_time(w, d, s, q->g[e], &q->by_g[e]);
  if (st != LB_OK) return lb_error_nomem(err, TEST);
  st = test(q, fit, err);
  return st;
}

lb_status lb_finegray_zph_test(const lb_finegray_model *model, const lb_finegray_zph_plan *plan,
                               lb_cox_zph *out, lb_error *err)
{
  lb_finegray fit = {0};
  lb_cox_zph zph = {0};
  size_t n_cause = model->y->cause == NULL ? 0 : model->y->n_cause;
  if (model->cause < 1 || model->cause > n_cause)
    return lb_error_set(err, LB_EARG, "there is no cause %zu of %zu", model->cause, n_cause);
  double *g = lb_mem_array(model->y->n, sizeof *g);
  if (g == NULL) return lb_error_nomem(err, TEST);
  lb_status st = plan->transform == LB_ZPH_KM
                     ? set_incidence(model, g, err)
                     : lb_cox_zph_transform(model->y, plan->transform, g, err);
  zph_work q = {.plan = plan, .g_row = g, .out = &zph};
  const fg_after after = {&q, run, true};
  if (st == LB_OK) st = fg_fit_with(model, &after, &fit, err);
  if (st == LB_OK)
    *out = zph;
  else
    lb_cox_zph_reset(&zph);
  zph_free(&q);
  lb_finegray_reset(&fit);
  lb_mem_free(g);
  return st;
}
