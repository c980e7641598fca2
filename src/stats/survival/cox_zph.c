/* cox_zph.c - the score test of proportional hazards: information of each risk set, weighted by a
 * function of time. */
#include "stats/survival/cox_zph.h"

#include "base/interrupt.h"
#include "base/mem.h"
#include "base/sort.h"
#include "stats/survival/cox_theta.h"
#include "stats/survival/cox_work.h"
#include "stats/survival/km.h"
#include "stats/symmetric.h"

#include <math.h>
#include <string.h>

#define POLL_ROWS 4096

/* ---- Functions of time ---- */

static lb_status log_times(const lb_surv *y, double *out, lb_error *err)
{
  for (size_t i = 0; i < y->n; i++) {
    if (!(y->time[i] > 0))
      return lb_error_set(err, LB_EDATA, "row %zu has the time 0, which has no logarithm", i + 1);
    out[i] = log(y->time[i]);
  }
  return LB_OK;
}

/* With the risk set sorted by time: mean ranks, or 1 - S(t-). */
static void set_by_time(const lb_riskset *set, lb_zph_transform transform, double *out)
{
  double survival = 1;
  for (size_t t = 0; t < set->n_time; t++) {
    size_t first = set->time_row[t], end = set->time_row[t + 1];
    double rank = ((double)first + (double)end + 1) / 2;
    for (size_t k = first; k < end; k++)
      out[set->by_time[k]] = transform == LB_ZPH_RANK ? rank : 1 - survival;
    if (set->n_event[t] > 0) survival *= 1 - set->n_event[t] / set->n_risk[t];
  }
}

lb_status lb_cox_zph_transform(const lb_surv *y, lb_zph_transform transform, double *out,
                               lb_error *err)
{
  lb_surv plain = *y;
  lb_riskset set = {0};
  plain.weight = NULL;
  plain.cause = NULL;
  if (transform == LB_ZPH_LOG) return log_times(y, out, err);
  if (transform == LB_ZPH_IDENTITY) {
    memcpy(out, y->time, y->n * sizeof *out);
    return LB_OK;
  }
  lb_status st = lb_riskset_sort(&plain, NULL, &set, err);
  if (st == LB_OK) set_by_time(&set, transform, out);
  lb_riskset_reset(&set);
  return st;
}

/* ---- The test ---- */

typedef struct zph_work {
  const lb_cox_at *at;
  cox_data d;
  cox_state s;
  size_t p;
  double *beta, *g;       /* p; n_bin: g less its mean over events */
  double *score;          /* p: of theta */
  double *cross, *second; /* p x p, lower triangle: sums of g V and g^2 V over risk sets */
  lb_sum *passed;         /* n_bin x 2: cumulative hazard times g, times g^2 */
  double *own;            /* n_bin x 2: shares of the events in their own time's steps */
  double *mean, *events;  /* p, p + 1 */
  double *full, *factor;  /* p x p */
  bool *kept;             /* p: not collinear */
  double *solved;         /* p x p */
} zph_work;

static lb_status zph_new(zph_work *q, const double *g, lb_error *err)
{
  lb_status st = cox_data_new(q->at->y, q->at->x, q->at->strata, &q->d, err);
  if (st == LB_OK) st = cox_state_new(&q->d, &q->s, err);
  if (st != LB_OK) return st;
  size_t p = q->p, n = q->d.n_bin;
  double **vector[] = {&q->beta, &q->score, &q->mean};
  double **matrix[] = {&q->cross, &q->second, &q->full, &q->factor, &q->solved};
  bool ok = true;
  for (size_t i = 0; i < 3; i++) ok = (*vector[i] = lb_mem_zero(p, sizeof(double))) != NULL && ok;
  for (size_t i = 0; i < 5; i++)
    ok = (*matrix[i] = lb_mem_zero(p * p, sizeof(double))) != NULL && ok;
  q->events = lb_mem_zero(p + 1, sizeof *q->events);
  q->g = lb_mem_zero(n, sizeof *q->g);
  q->passed = lb_mem_zero(n, 2 * sizeof *q->passed);
  q->own = lb_mem_zero(n, 2 * sizeof *q->own);
  q->kept = lb_mem_zero(p, sizeof *q->kept);
  if (!ok || q->events == NULL || q->g == NULL || q->passed == NULL || q->own == NULL ||
      q->kept == NULL)
    return lb_error_nomem(err, "test of proportional hazards");
  double sum = 0;
  for (size_t b = 0; b < n; b++) {
    q->g[b] = g[q->d.row[q->d.bin[b].first_row]];
    sum += q->g[b] * (double)q->d.bin[b].events;
  }
  for (size_t b = 0; b < n; b++) q->g[b] -= sum / (double)q->d.n_event;
  for (size_t j = 0; j < p; j++)
    q->beta[j] = isnan(q->at->coef[j]) ? 0 : q->at->coef[j] * q->d.scale[j];
  return LB_OK;
}

static void zph_free(zph_work *q)
{
  cox_data_reset(&q->d);
  cox_state_reset(&q->s);
  void *array[] = {q->beta, q->g,      q->score, q->cross,  q->second, q->passed, q->own,
                   q->mean, q->events, q->full,  q->factor, q->kept,   q->solved};
  for (size_t i = 0; i < sizeof array / sizeof array[0]; i++) lb_mem_free(array[i]);
}

/* Score of theta, and what the information takes off: v g m m' and v g^2 m m'. */
static void add_time(zph_work *q, size_t b)
{
  const cox_bin *bin = &q->d.bin[b];
  const cox_state *s = &q->s;
  size_t p = q->p, w = p + 1, m = q->at->ties == LB_TIES_EFRON ? bin->events : 1;
  const double *all = s->at_risk + b * w, *joined = s->joined + bin->segment * s->stride;
  lb_sum *passed = q->passed + 2 * b;
  double g = q->g[b], v = bin->event_weight / (double)m, *own = q->own + 2 * b;
  for (size_t i = 0; i < w; i++) q->events[i] = joined[i] + (s->exact ? joined[w + i] : 0);
  for (size_t i = 0; i < 2 && !bin->is_first; i++) passed[i] = passed[(ptrdiff_t)i - 2];
  for (size_t k = bin->first_row; k < bin->first_row + bin->events; k++)
    for (size_t j = 0; j < p; j++) q->score[j] += g * cox_weight(&q->d, k) * cox_z(&q->d, k, j);
  for (size_t k = 0; k < m; k++) {
    double part = (double)k / (double)m, rest = all[0] - part * q->events[0], step = v / rest;
    for (size_t j = 0; j < p; j++) q->mean[j] = (all[1 + j] - part * q->events[1 + j]) / rest;
    for (size_t i = 0; i < 2; i++) {
      double weighted = i == 0 ? g * step : g * g * step;
      lb_sum_add(&passed[i], weighted);
      own[i] += (1 - part) * weighted;
    }
    for (size_t j = 0; j < p; j++) {
      q->score[j] -= g * v * q->mean[j];
      for (size_t i = 0; i <= j; i++) {
        double product = g * v * q->mean[j] * q->mean[i];
        q->cross[j * p + i] -= product;
        q->second[j * p + i] -= g * product;
      }
    }
  }
}

/* r z z' times the hazard, g and g^2 times, that the row met while at risk. */
static void add_row(zph_work *q, size_t segment, size_t k)
{
  const cox_data *d = &q->d;
  size_t p = q->p, b = d->segment_bin[segment];
  bool event = segment == d->bin[b].segment;
  double met[2];
  for (size_t i = 0; i < 2; i++) {
    const lb_sum *until =
        event && d->bin[b].is_first ? NULL : &q->passed[2 * (event ? b - 1 : b) + i];
    lb_sum sum = {0};
    if (until != NULL) sum = *until;
    if (d->leave_bin != NULL && d->leave_bin[k] != COX_NO_BIN) {
      sum.high -= q->passed[2 * (size_t)d->leave_bin[k] + i].high;
      sum.low -= q->passed[2 * (size_t)d->leave_bin[k] + i].low;
    }
    met[i] = q->s.risk[k] * (lb_sum_value(&sum) + (event ? q->own[2 * b + i] : 0));
  }
  for (size_t j = 0; j < p; j++) q->mean[j] = cox_z(d, k, j);
  for (size_t j = 0; j < p; j++) {
    for (size_t i = 0; i <= j; i++) {
      double product = q->mean[j] * q->mean[i];
      q->cross[j * p + i] += met[0] * product;
      q->second[j * p + i] += met[1] * product;
    }
  }
}

static lb_status add_up(zph_work *q, lb_error *err)
{
  const cox_data *d = &q->d;
  size_t p = q->p;
  for (size_t b = 0; b < d->n_bin; b++) {
    if (b % POLL_ROWS == 0 && lb_interrupted()) return lb_error_interrupted(err);
    add_time(q, b);
  }
  for (size_t i = 0; i < d->n_segment; i++) {
    if (d->segment_bin[i] == COX_NO_BIN) continue;
    for (size_t k = d->segment_row[i]; k < d->segment_row[i + 1]; k++) {
      if (k % POLL_ROWS == 0 && lb_interrupted()) return lb_error_interrupted(err);
      add_row(q, i, k);
    }
  }
  for (size_t j = 0; j < p; j++) {
    for (size_t i = 0; i < j; i++) {
      q->cross[i * p + j] = q->cross[j * p + i];
      q->second[i * p + j] = q->second[j * p + i];
    }
  }
  return LB_OK;
}

/* q->full = I_gg - I_g I^-1 I_g', the information of theta when beta is estimated too. */
static lb_status reduce(zph_work *q, lb_error *err)
{
  size_t p = q->p;
  for (size_t j = 0; j < p; j++) q->s.information[j * p + j] *= !isnan(q->at->coef[j]);
  lb_cholesky(q->s.information, p, COX_COLLINEAR, q->s.crossproduct, q->factor, q->kept);
  for (size_t j = 0; j < p; j++) {
    if (lb_interrupted()) return lb_error_interrupted(err);
    double *row = q->solved + j * p;
    memcpy(row, q->cross + j * p, p * sizeof *row);
    lb_cholesky_solve(q->factor, p, q->kept, p, row);
  }
  for (size_t j = 0; j < p; j++) {
    for (size_t i = 0; i < p; i++) {
      double sum = q->second[j * p + i];
      for (size_t k = 0; k < p; k++) sum -= q->solved[j * p + k] * q->cross[i * p + k];
      q->full[j * p + i] = sum;
    }
  }
  return LB_OK;
}

lb_status lb_cox_zph_test(const lb_cox_at *at, const double *g, const size_t *term, size_t n_term,
                          lb_cox_zph *out, lb_error *err)
{
  if (at->ties >= LB_TIES_EXACT)
    return lb_error_set(err, LB_EARG,
                        "the test of proportional hazards takes ties of Efron or "
                        "Breslow");
  zph_work q = {.at = at, .p = at->x->p};
  lb_status st = zph_new(&q, g, err);
  if (st == LB_OK) st = cox_evaluate(&q.d, at->ties, q.beta, &q.s, err);
  if (st == LB_OK) st = add_up(&q, err);
  if (st == LB_OK) st = reduce(&q, err);
  const cox_theta theta = {q.p, q.kept, q.score, q.full, q.second};
  if (st == LB_OK) st = cox_theta_tests(&theta, term, n_term, out, err);
  zph_free(&q);
  return st;
}

void lb_cox_zph_reset(lb_cox_zph *zph)
{
  if (zph == NULL) return;
  lb_mem_free(zph->term);
  lb_mem_free(zph->column);
  *zph = (lb_cox_zph){0};
}
