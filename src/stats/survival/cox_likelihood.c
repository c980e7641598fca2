/* cox_likelihood.c - the Cox partial likelihood, its score and information, in two walks. */
#include "stats/survival/cox_work.h"

#include "base/interrupt.h"
#include "base/mem.h"
#include "base/parallel.h"

#include <math.h>
#include <string.h>

#define POLL_ROWS 4096
/* When the largest linear predictor is above this, all are brought down until it is not: exp()
 * cannot overflow, and ratios stay as they are. */
#define LARGEST_ETA 300.0
/* Of the 32 digits of a compensated sum, at least 12 are kept. */
#define LOST_DIGITS 1e-20

lb_status cox_state_new(const cox_data *d, cox_state *out, lb_error *err)
{
  cox_state s = {0};
  s.score = lb_mem_zero(d->p, sizeof *s.score);
  s.information = lb_mem_zero(d->p * d->p, sizeof *s.information);
  s.crossproduct = lb_mem_zero(d->p, sizeof *s.crossproduct);
  s.eta = lb_mem_zero(d->n, sizeof *s.eta);
  s.risk = lb_mem_zero(d->n, sizeof *s.risk);
  s.expected = lb_mem_zero(d->n, sizeof *s.expected);
  s.part = d->p > 0 && d->p > SIZE_MAX / d->p / COX_MAX_BLOCKS
               ? NULL
               : lb_mem_zero(cox_blocks(d->n) * d->p * d->p, sizeof *s.part);
  s.hazard = lb_mem_zero(d->set.n_time, sizeof *s.hazard);
  s.hazard_low = lb_mem_zero(d->set.n_time, sizeof *s.hazard_low);
  s.hazard_event = lb_mem_zero(d->set.n_time, sizeof *s.hazard_event);
  s.sum1 = lb_mem_zero(d->p, sizeof *s.sum1);
  s.event1 = lb_mem_zero(d->p, sizeof *s.event1);
  if (s.score == NULL || s.information == NULL || s.crossproduct == NULL || s.eta == NULL ||
      s.risk == NULL || s.hazard == NULL || s.hazard_event == NULL || s.sum1 == NULL ||
      s.event1 == NULL || s.expected == NULL || s.part == NULL || s.hazard_low == NULL) {
    cox_state_reset(&s);
    return lb_error_nomem(err, "Cox model");
  }
  *out = s;
  return LB_OK;
}

void cox_state_reset(cox_state *s)
{
  lb_mem_free(s->score);
  lb_mem_free(s->information);
  lb_mem_free(s->crossproduct);
  lb_mem_free(s->eta);
  lb_mem_free(s->risk);
  lb_mem_free(s->expected);
  lb_mem_free(s->part);
  lb_mem_free(s->hazard);
  lb_mem_free(s->hazard_event);
  lb_mem_free(s->hazard_low);
  lb_mem_free(s->sum1);
  lb_mem_free(s->event1);
  *s = (cox_state){0};
}

/* One pass over the rows in blocks; what a block writes is its own. */
typedef struct block_pass {
  const cox_data *d;
  cox_state *s;
  const double *beta;
  double shift;
} block_pass;

static lb_status run_blocks(block_pass *pass, void (*body)(void *context, size_t block),
                            lb_error *err)
{
  size_t n = pass->d->n;
  if (lb_parallel(cox_blocks(n), n >= COX_PARALLEL_ROWS, body, pass)) return LB_OK;
  return lb_error_interrupted(err);
}

static void eta_block(void *context, size_t block)
{
  const block_pass *pass = context;
  const cox_data *d = pass->d;
  for (size_t k = cox_block_start(d->n, block); k < cox_block_start(d->n, block + 1); k++) {
    double eta = d->offset[k];
    for (size_t j = 0; j < d->p; j++) eta += d->z[k * d->p + j] * pass->beta[j];
    pass->s->eta[k] = eta;
  }
}

static void risk_block(void *context, size_t block)
{
  const block_pass *pass = context;
  const cox_data *d = pass->d;
  for (size_t k = cox_block_start(d->n, block); k < cox_block_start(d->n, block + 1); k++) {
    pass->s->eta[k] -= pass->shift;
    pass->s->risk[k] = d->weight[k] * exp(pass->s->eta[k]);
  }
}

static lb_status set_risks(block_pass *pass, lb_error *err)
{
  lb_status st = run_blocks(pass, eta_block, err);
  if (st != LB_OK) return st;
  double largest = -INFINITY;
  for (size_t k = 0; k < pass->d->n; k++) largest = fmax(largest, pass->s->eta[k]);
  pass->shift = largest > LARGEST_ETA ? largest - LARGEST_ETA : 0;
  return run_blocks(pass, risk_block, err);
}

/* Sums over the current risk set; compensated only where rows leave it again. */
typedef struct risk_sums {
  lb_sum sum0;
  double peak; /* largest sum0 since the sums were made */
  size_t rows;
} risk_sums;

static void join(const cox_data *d, cox_state *s, risk_sums *r, size_t k)
{
  const double *z = d->z + k * d->p;
  double risk = s->risk[k];
  r->rows++;
  if (d->leave == NULL) {
    r->sum0.high += risk;
    for (size_t j = 0; j < d->p; j++) s->sum1[j].high += risk * z[j];
    return;
  }
  lb_sum_add(&r->sum0, risk);
  r->peak = fmax(r->peak, r->sum0.high);
  for (size_t j = 0; j < d->p; j++) lb_sum_add(&s->sum1[j], risk * z[j]);
}

static void leave(const cox_data *d, cox_state *s, risk_sums *r, size_t k)
{
  const double *z = d->z + k * d->p;
  lb_sum_add(&r->sum0, -s->risk[k]);
  for (size_t j = 0; j < d->p; j++) lb_sum_add(&s->sum1[j], -(s->risk[k] * z[j]));
  if (--r->rows > 0) return;
  *r = (risk_sums){0}; /* an empty risk set sums to exactly 0 */
  memset(s->sum1, 0, d->p * sizeof *s->sum1);
}

/* Sums made anew at time t when so much has left that even compensated sums have lost digits. */
static void restore_digits(const cox_data *d, cox_state *s, risk_sums *r, size_t stratum, size_t t)
{
  if (r->rows == 0 || lb_sum_value(&r->sum0) > LOST_DIGITS * r->peak) return;
  *r = (risk_sums){0};
  memset(s->sum1, 0, d->p * sizeof *s->sum1);
  for (size_t k = d->set.time_row[t]; k < d->set.class_row[stratum + 1]; k++) {
    if (d->first_time[k] <= t) join(d, s, r, k);
  }
}

/* The events of one time: how many, their weight, their risk; event1 has their sums of risk z. */
typedef struct tied_events {
  size_t count;
  double weight, risk;
} tied_events;

static tied_events gather_events(const cox_data *d, cox_state *s, size_t t)
{
  tied_events e = {0};
  memset(s->event1, 0, d->p * sizeof *s->event1);
  for (size_t k = d->set.time_row[t]; k < d->set.time_row[t + 1]; k++) {
    if (!d->event[k]) continue;
    const double *z = d->z + k * d->p;
    e.count++;
    e.weight += d->weight[k];
    e.risk += s->risk[k];
    s->log_lik += d->weight[k] * s->eta[k];
    for (size_t j = 0; j < d->p; j++) {
      s->event1[j] += s->risk[k] * z[j];
      s->score[j] += d->weight[k] * z[j];
    }
  }
  return e;
}

/* Adds event time t. With m tied events of mean weight v, Efron's k-th denominator is S0 - f D0,
 * f = k/m, where S are sums over the risk set and D over the events; Breslow's f is 0. The outer
 * products of the k means (S1 - f D1)/(S0 - f D0) add up to a S1 S1' - b (S1 D1' + D1 S1') + c
 * D1 D1'. */
static void add_event_time(const cox_data *d, lb_ties ties, cox_state *s, const risk_sums *r,
                           size_t t)
{
  tied_events e = gather_events(d, s, t);
  bool single = ties == LB_TIES_BRESLOW || e.count == 1;
  size_t m = single ? 1 : e.count;
  double v = e.weight / (double)m, s0 = lb_sum_value(&r->sum0);
  double hazard = 0, tied = 0, a = 0, b = 0, c = 0; /* tied = sum of f v / denominator */
  for (size_t k = 0; k < m; k++) {
    double f = (double)k / (double)m, inverse = 1 / (s0 - f * e.risk), step = v * inverse;
    s->log_lik += v * log(inverse);
    hazard += step;
    tied += f * step;
    a += step * inverse;
    b += f * step * inverse;
    c += f * f * step * inverse;
  }
  s->hazard[t] = hazard;
  s->hazard_event[t] = hazard - tied;
  for (size_t j = 0; j < d->p; j++) {
    double *row = s->information + j * d->p, s1 = lb_sum_value(&s->sum1[j]), d1 = s->event1[j];
    s->score[j] -= hazard * s1 - tied * d1;
    double on_s = b * d1 - a * s1, on_d = b * s1 - c * d1;
    for (size_t i = 0; i <= j; i++)
      row[i] += on_s * lb_sum_value(&s->sum1[i]) + on_d * s->event1[i];
  }
}

/* Backwards in time: a row joins at its time and leaves when entry >= t. */
static lb_status walk_back(const cox_data *d, lb_ties ties, size_t stratum, cox_state *s,
                           lb_error *err)
{
  const lb_riskset *set = &d->set;
  risk_sums r = {0};
  size_t left = set->class_row[stratum + 1], polled = left;
  memset(s->sum1, 0, d->p * sizeof *s->sum1);
  for (size_t t = set->class_time[stratum + 1]; t-- > set->class_time[stratum];) {
    for (size_t k = set->time_row[t]; k < set->time_row[t + 1]; k++) join(d, s, &r, k);
    while (d->leave != NULL && left > set->class_row[stratum] &&
           d->first_time[d->leave[left - 1]] > t)
      leave(d, s, &r, d->leave[--left]);
    if (d->leave != NULL) restore_digits(d, s, &r, stratum, t);
    s->hazard[t] = s->hazard_event[t] = 0;
    if (set->n_event[t] > 0) add_event_time(d, ties, s, &r, t);
    if (polled - set->time_row[t] >= POLL_ROWS) {
      polled = set->time_row[t];
      if (lb_interrupted()) return lb_error_interrupted(err);
    }
  }
  return LB_OK;
}

/* hazard[t] becomes cumulative up to and with t; what rounding drops is kept in hazard_low. */
static void cumulate(const cox_data *d, size_t stratum, cox_state *s)
{
  lb_sum sum = {0};
  for (size_t t = d->set.class_time[stratum]; t < d->set.class_time[stratum + 1]; t++) {
    lb_sum_add(&sum, s->hazard[t]);
    s->hazard[t] = sum.high;
    s->hazard_low[t] = sum.low;
  }
}

/* Cumulative hazard after time index `from` - 1 up to and with `to` - 1. Early risk sets of few
 * people can have hazards beside which all later ones vanish: hence the difference of both
 * parts. */
static double hazard_between(const cox_state *s, size_t start, size_t from, size_t to)
{
  double high = to > start ? s->hazard[to - 1] : 0, low = to > start ? s->hazard_low[to - 1] : 0;
  if (from > start) {
    high -= s->hazard[from - 1];
    low -= s->hazard_low[from - 1];
  }
  return high + low;
}

/* Expected events of each row: its risk times the cumulative hazard while it is at risk. By
 * Efron's rule an event shares the hazard of its own time. */
static void set_expected(const cox_data *d, size_t stratum, cox_state *s)
{
  const lb_riskset *set = &d->set;
  size_t start = set->class_time[stratum];
  for (size_t t = start; t < set->class_time[stratum + 1]; t++) {
    for (size_t k = set->time_row[t]; k < set->time_row[t + 1]; k++) {
      size_t from = d->first_time == NULL ? start : d->first_time[k];
      double hazard = d->event[k] ? hazard_between(s, start, from, t) + s->hazard_event[t]
                                  : hazard_between(s, start, from, t + 1);
      s->expected[k] = s->risk[k] * hazard;
    }
  }
}

/* Lower triangle of Z' diag(expected) Z over a block, four rows at a time. */
static void crossproduct_block(void *context, size_t block)
{
  const block_pass *pass = context;
  const cox_data *d = pass->d;
  const double *g = pass->s->expected;
  size_t p = d->p, k = cox_block_start(d->n, block), end = cox_block_start(d->n, block + 1);
  double *part = pass->s->part + block * p * p;
  memset(part, 0, p * p * sizeof *part);
  for (; k + 4 <= end; k += 4) {
    const double *z0 = d->z + k * p, *z1 = z0 + p, *z2 = z1 + p, *z3 = z2 + p;
    for (size_t j = 0; j < p; j++) {
      double a0 = g[k] * z0[j], a1 = g[k + 1] * z1[j], a2 = g[k + 2] * z2[j], a3 = g[k + 3] * z3[j],
             *row = part + j * p;
      for (size_t i = 0; i <= j; i++)
        row[i] += (a0 * z0[i] + a1 * z1[i]) + (a2 * z2[i] + a3 * z3[i]);
    }
  }
  for (; k < end; k++) {
    const double *z = d->z + k * p;
    for (size_t j = 0; j < p; j++) {
      double a = g[k] * z[j], *row = part + j * p;
      for (size_t i = 0; i <= j; i++) row[i] += a * z[i];
    }
  }
}

/* Blocks are added in their order: the same sum for any number of threads. */
static lb_status add_crossproduct(block_pass *pass, lb_error *err)
{
  cox_state *s = pass->s;
  size_t p = pass->d->p;
  lb_status st = run_blocks(pass, crossproduct_block, err);
  if (st != LB_OK) return st;
  for (size_t block = 0; block < cox_blocks(pass->d->n); block++) {
    const double *part = s->part + block * p * p;
    for (size_t k = 0; k < p * p; k++) s->information[k] += part[k];
    for (size_t j = 0; j < p; j++) s->crossproduct[j] += part[j * p + j];
  }
  return LB_OK;
}

lb_status cox_evaluate(const cox_data *d, lb_ties ties, const double *beta, cox_state *s,
                       lb_error *err)
{
  block_pass pass = {.d = d, .s = s, .beta = beta};
  s->log_lik = 0;
  memset(s->score, 0, d->p * sizeof *s->score);
  memset(s->information, 0, d->p * d->p * sizeof *s->information);
  memset(s->crossproduct, 0, d->p * sizeof *s->crossproduct);
  lb_status st = set_risks(&pass, err);
  for (size_t stratum = 0; stratum < d->set.n_class && st == LB_OK; stratum++) {
    st = walk_back(d, ties, stratum, s, err);
    if (st != LB_OK) return st;
    cumulate(d, stratum, s);
    set_expected(d, stratum, s);
  }
  return st == LB_OK ? add_crossproduct(&pass, err) : st;
}
