/* aalen.c - additive hazards by least squares at each event time. */
#include "stats/survival/aalen.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

#include "base/interrupt.h"
#include "base/mem.h"
#include "stats/sum.h"
#include "stats/survival/riskset.h"
#include "stats/symmetric.h"

#define DEPENDENT 1e-9 /* of a column's own sum of squares: nothing is left beside the others */

/* A fit in the making. Columns are taken less their means, which are put back at the end. */
typedef struct work {
  const lb_surv *y;
  const lb_design *x;
  lb_riskset set;
  size_t q;
  double *centre;  /* q: 0, then the means */
  double *z;       /* q: a row of the design */
  lb_sum *cross;   /* q x q: Z'WZ of those at risk, lower triangle */
  double *factor;  /* q x q */
  double *inverse; /* q x q, of the last time looked at */
  bool *kept;
  size_t rows;     /* at risk */
  double *step;    /* events x q: increment of each event, in the order of by_time, later first */
  double *weight;  /* times x q: weights of the tests */
  bool *good;      /* times: can be estimated */
  bool *flat;      /* times x q: estimated but for this column, which depends on earlier ones */
  bool full_later; /* columns were independent at a later time */
} work;

static void row_of(work *w, size_t i)
{
  w->z[0] = 1;
  for (size_t j = 1; j < w->q; j++) w->z[j] = w->x->column[j - 1][i] - w->centre[j];
}

static double weight_of(const lb_surv *y, size_t i)
{
  return y->weight == NULL ? 1 : y->weight[i];
}

/* A row joins those at risk (sign 1) or leaves them (-1). */
static void move_row(work *w, size_t i, double sign)
{
  double weight = weight_of(w->y, i);
  if (weight == 0) return;
  row_of(w, i);
  for (size_t a = 0; a < w->q; a++)
    for (size_t b = 0; b <= a; b++)
      lb_sum_add(&w->cross[a * w->q + b], sign * weight * w->z[a] * w->z[b]);
  if (sign > 0)
    w->rows++;
  else
    w->rows--;
}

/* Inverts Z'WZ, without the columns that depend on earlier ones; false where that leaves the
 * functions without an end: when no later time has all columns independent. */
static bool invert(work *w)
{
  size_t q = w->q;
  for (size_t a = 0; a < q; a++)
    for (size_t b = 0; b <= a; b++) w->factor[a * q + b] = lb_sum_value(&w->cross[a * q + b]);
  if (lb_cholesky(w->factor, q, DEPENDENT, NULL, w->factor, w->kept) == q)
    w->full_later = true;
  else if (!w->full_later)
    return false;
  lb_cholesky_inverse(w->factor, w->kept, q, w->inverse);
  return true;
}

/* The intercept's function is that of a person with all columns 0: B_0 = b_0 - sum m_j B_j. Row 0
 * of the inverse changes likewise. */
static void uncentre(const work *w, double *b)
{
  for (size_t j = 1; j < w->q; j++) b[0] -= w->centre[j] * b[j];
}

static double intercept_variance(const work *w)
{
  double value = 0;
  for (size_t a = 0; a < w->q; a++)
    for (size_t b = 0; b < w->q; b++) {
      double ca = a == 0 ? 1 : -w->centre[a], cb = b == 0 ? 1 : -w->centre[b];
      value += ca * cb * w->inverse[a * w->q + b];
    }
  return value;
}

static void set_weights(work *w, size_t t, lb_aalen_test test)
{
  double *weight = w->weight + t * w->q;
  for (size_t j = 0; j < w->q; j++) {
    double variance = j == 0 ? intercept_variance(w) : w->inverse[j * w->q + j];
    weight[j] = test == LB_AALEN_RISK ? w->set.n_risk[t] : 1 / variance;
    w->flat[t * w->q + j] = !w->kept[j];
    if (!w->kept[j]) weight[j] = 0;
  }
}

/* Increments of the events at time t into w->step, each at its place in by_time. */
static void step_events(work *w, size_t t)
{
  size_t q = w->q;
  for (size_t k = w->set.time_row[t]; k < w->set.time_row[t + 1]; k++) {
    size_t i = w->set.by_time[k];
    double weight = weight_of(w->y, i), *step = w->step + k * q;
    if (w->y->event[i] == 0 || weight == 0) continue;
    row_of(w, i);
    for (size_t a = 0; a < q; a++) {
      step[a] = 0;
      for (size_t b = 0; b < q; b++) step[a] += w->inverse[a * q + b] * weight * w->z[b];
    }
    uncentre(w, step);
  }
}

/* Backwards in time: rows join at their own time, and leave at their entry. */
static lb_status walk(work *w, size_t min_risk, lb_aalen_test test, lb_error *err)
{
  const lb_riskset *set = &w->set;
  size_t entered = set->by_entry == NULL ? 0 : set->n;
  for (size_t t = set->n_time; t-- > 0;) {
    for (size_t k = set->time_row[t]; k < set->time_row[t + 1]; k++)
      move_row(w, set->by_time[k], 1);
    while (entered > 0 && w->y->entry[set->by_entry[entered - 1]] >= set->time[t])
      move_row(w, set->by_entry[--entered], -1);
    w->good[t] = true;
    if (set->n_event[t] == 0) continue;
    w->good[t] = w->rows >= min_risk && invert(w);
    if (w->good[t]) {
      set_weights(w, t, test);
      step_events(w, t);
    }
    if (lb_interrupted()) return lb_error_interrupted(err);
  }
  return LB_OK;
}

static lb_status centre_columns(work *w, lb_error *err)
{
  size_t n = w->x->n;
  for (size_t j = 1; j < w->q; j++) {
    lb_sum sum = {0};
    for (size_t i = 0; i < n; i++) {
      double value = w->x->column[j - 1][i];
      if (!isfinite(value))
        return lb_error_set(err, LB_EDATA, "column %zu has a value that is not finite", j);
      lb_sum_add(&sum, value);
    }
    w->centre[j] = n == 0 ? 0 : lb_sum_value(&sum) / (double)n;
  }
  return LB_OK;
}

static lb_status work_new(work *w, lb_error *err)
{
  size_t q = w->q, n_time = w->set.n_time;
  w->centre = lb_mem_zero(q, sizeof *w->centre);
  w->z = lb_mem_zero(q, sizeof *w->z);
  w->cross = lb_mem_zero(q * q, sizeof *w->cross);
  w->factor = lb_mem_zero(q * q, sizeof *w->factor);
  w->inverse = lb_mem_zero(q * q, sizeof *w->inverse);
  w->kept = lb_mem_zero(q, sizeof *w->kept);
  w->step = lb_mem_array(w->set.n * q, sizeof *w->step);
  w->weight = lb_mem_array(n_time * q, sizeof *w->weight);
  w->good = lb_mem_zero(n_time, sizeof *w->good);
  w->flat = lb_mem_zero(n_time * q, sizeof *w->flat);
  bool failed = w->centre == NULL || w->z == NULL || w->cross == NULL || w->factor == NULL ||
                w->inverse == NULL || w->kept == NULL || w->step == NULL || w->weight == NULL ||
                w->good == NULL || w->flat == NULL;
  return failed ? lb_error_nomem(err, "additive hazards") : centre_columns(w, err);
}

static void work_reset(work *w)
{
  lb_riskset_reset(&w->set);
  lb_mem_free(w->centre);
  lb_mem_free(w->z);
  lb_mem_free(w->cross);
  lb_mem_free(w->factor);
  lb_mem_free(w->inverse);
  lb_mem_free(w->kept);
  lb_mem_free(w->step);
  lb_mem_free(w->weight);
  lb_mem_free(w->good);
  lb_mem_free(w->flat);
}

static lb_status fit_new(lb_aalen *fit, size_t n_time, size_t q, lb_error *err)
{
  fit->q = q;
  fit->time = lb_mem_array(n_time, sizeof *fit->time);
  fit->n_risk = lb_mem_array(n_time, sizeof *fit->n_risk);
  fit->cumulative = lb_mem_zero(n_time * q, sizeof *fit->cumulative);
  fit->variance = lb_mem_zero(n_time * q, sizeof *fit->variance);
  fit->statistic = lb_mem_zero(q, sizeof *fit->statistic);
  fit->covariance = lb_mem_zero(q * q, sizeof *fit->covariance);
  fit->slope = lb_mem_zero(q, sizeof *fit->slope);
  fit->n_flat = lb_mem_zero(q, sizeof *fit->n_flat);
  bool failed = fit->time == NULL || fit->n_risk == NULL || fit->cumulative == NULL ||
                fit->variance == NULL || fit->statistic == NULL || fit->covariance == NULL ||
                fit->slope == NULL || fit->n_flat == NULL;
  return failed ? lb_error_nomem(err, "additive hazards") : LB_OK;
}

/* One event's increment into the functions at place `at` and into the tests. */
static void add_event(lb_aalen *fit, size_t at, const double *step, const double *weight)
{
  size_t q = fit->q;
  for (size_t a = 0; a < q; a++) {
    fit->cumulative[at * q + a] += step[a];
    fit->variance[at * q + a] += step[a] * step[a];
    fit->statistic[a] += weight[a] * step[a];
    for (size_t b = 0; b < q; b++)
      fit->covariance[a * q + b] += weight[a] * step[a] * weight[b] * step[b];
  }
  fit->n_event++;
}

/* When follow-up starts: the first entry, else 0. */
static double start_of(const work *w)
{
  const uint32_t *by_entry = w->set.by_entry;
  return by_entry == NULL ? 0 : w->y->entry[by_entry[0]];
}

/* Adds up increments forwards in time: from the first event time that can be estimated, as far as
 * that goes on. */
static void add_up(const work *w, lb_aalen *fit)
{
  const lb_riskset *set = &w->set;
  size_t q = w->q, n = 0;
  double before = start_of(w);
  bool open = true;
  for (size_t t = 0; t < set->n_time; t++) {
    if (set->n_event[t] == 0) continue;
    fit->last = set->time[t];
    if (n == 0 && !w->good[t]) {
      fit->n_skipped++;
      before = set->time[t];
      continue;
    }
    open = open && w->good[t];
    if (!open) continue;
    fit->time[n] = set->time[t];
    fit->n_risk[n] = set->n_risk[t];
    if (n > 0) {
      memcpy(fit->cumulative + n * q, fit->cumulative + (n - 1) * q, q * sizeof(double));
      memcpy(fit->variance + n * q, fit->variance + (n - 1) * q, q * sizeof(double));
    }
    for (size_t k = set->time_row[t]; k < set->time_row[t + 1]; k++) {
      size_t i = set->by_time[k];
      if (w->y->event[i] != 0 && weight_of(w->y, i) > 0)
        add_event(fit, n, w->step + k * q, w->weight + t * q);
    }
    for (size_t j = 0; j < q; j++) {
      fit->slope[j] += w->weight[t * q + j] * (set->time[t] - before);
      fit->n_flat[j] += w->flat[t * q + j];
    }
    before = fit->time[n++];
  }
  for (size_t j = 0; j < q; j++) fit->slope[j] = fit->statistic[j] / fit->slope[j];
  fit->n_time = n;
}

/* All columns together, without the intercept. */
static lb_status test_all(lb_aalen *fit, lb_error *err)
{
  size_t p = fit->q - 1;
  fit->p_value = NAN;
  if (p == 0) return LB_OK;
  double *part = lb_mem_array(p * p, sizeof *part);
  if (part == NULL) return lb_error_nomem(err, "test");
  for (size_t a = 0; a < p; a++)
    for (size_t b = 0; b < p; b++) part[a * p + b] = fit->covariance[(a + 1) * fit->q + b + 1];
  bool done =
      lb_symmetric_quadratic(part, fit->statistic + 1, p, 1e-12, &fit->chi_square, &fit->df);
  lb_mem_free(part);
  if (!done) return lb_error_nomem(err, "test");
  fit->p_value = fit->df == 0 ? NAN : gsl_cdf_chisq_Q(fit->chi_square, (double)fit->df);
  return LB_OK;
}

lb_status lb_aalen_fit(const lb_surv *y, const lb_design *x, size_t min_risk, lb_aalen_test test,
                       lb_aalen *out, lb_error *err)
{
  work w = {.y = y, .x = x, .q = x->p + 1};
  lb_aalen fit = {0};
  if (x->n != y->n) return lb_error_set(err, LB_EARG, "%zu outcomes, %zu rows", y->n, x->n);
  lb_status st = lb_design_check(x, err);
  if (st == LB_OK) st = lb_riskset_sort(y, NULL, &w.set, err);
  if (st == LB_OK) st = work_new(&w, err);
  if (st == LB_OK) st = walk(&w, min_risk, test, err);
  if (st == LB_OK) st = fit_new(&fit, w.set.n_time, w.q, err);
  if (st == LB_OK) {
    add_up(&w, &fit);
    if (fit.last == 0 && fit.n_time == 0 && fit.n_event == 0) fit.last = NAN;
    if (fit.n_time == 0)
      st = isnan(fit.last) ? lb_error_set(err, LB_EDATA, "no event")
                           : lb_error_set(err, LB_ENUMERIC,
                                          "the risk sets are too small, or their columns depend on "
                                          "each other, at every event time");
  }
  if (st == LB_OK) st = test_all(&fit, err);
  work_reset(&w);
  if (st == LB_OK)
    *out = fit;
  else
    lb_aalen_reset(&fit);
  return st;
}

void lb_aalen_reset(lb_aalen *fit)
{
  lb_mem_free(fit->time);
  lb_mem_free(fit->n_risk);
  lb_mem_free(fit->cumulative);
  lb_mem_free(fit->variance);
  lb_mem_free(fit->statistic);
  lb_mem_free(fit->covariance);
  lb_mem_free(fit->slope);
  lb_mem_free(fit->n_flat);
  *fit = (lb_aalen){0};
}
