/* cox_firth.c - Firth's penalty of the Cox partial likelihood, and the model fitted with it. */
#include "stats/survival/cox_firth.h"

#include "base/interrupt.h"
#include "base/mem.h"
#include "stats/survival/cox_search.h"
#include "stats/symmetric.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

#define POLL_ROWS 4096

/* The penalty is log|I| / 2 (Firth 1993, Biometrika 80:27; Heinze & Schemper 2001, Biometrics
 * 57:114, eq. 3), its derivative tr(I^-1 dI/dbeta_j) / 2. dI is a sum of third central moments over
 * risk sets: with V = I^-1 and m the mean of z in a risk set,
 *   tr(V dI/dbeta_j) = sum over event times of E (z_j - m_j)(z - m)' V (z - m).
 * Heinze & Schemper build the p matrices dI, O(n p^3). Multiplied out and summed by rows, as the
 * information is, it takes O(n p^2): with q = z' V z, H the cumulative hazard of a row while at
 * risk and A the same of hazard times m,
 *   sum over rows of r (z_j q H - q A_j - 2 z_j z' V A) + 2 sum over times of w m_j m' V m. */

lb_status cox_firth_new(const cox_data *d, cox_firth *out, lb_error *err)
{
  size_t p = d->p, w = p + 1;
  cox_firth f = {0};
  f.inverse = lb_mem_zero(p * p, sizeof *f.inverse);
  f.passed = lb_mem_zero(d->n_bin, w * sizeof *f.passed);
  f.own = lb_mem_zero(d->n_bin, w * sizeof *f.own);
  f.events = lb_mem_zero(w, sizeof *f.events);
  f.mean = lb_mem_zero(w, sizeof *f.mean);
  f.product = lb_mem_zero(w, sizeof *f.product);
  f.at = lb_mem_zero(w, sizeof *f.at);
  *out = f;
  bool ok = f.inverse != NULL && f.passed != NULL && f.own != NULL && f.events != NULL &&
            f.mean != NULL && f.product != NULL && f.at != NULL;
  return ok ? LB_OK : lb_error_nomem(err, "Firth's penalty");
}

void cox_firth_reset(cox_firth *f)
{
  void *array[] = {f->inverse, f->passed, f->own, f->events, f->mean, f->product, f->at};
  for (size_t i = 0; i < sizeof array / sizeof array[0]; i++) lb_mem_free(array[i]);
  *f = (cox_firth){0};
}

/* out = V z; returns z' V z. */
static double multiply(const double *inverse, size_t p, const double *z, double *out)
{
  double square = 0;
  for (size_t j = 0; j < p; j++) {
    double sum = 0;
    for (size_t i = 0; i < p; i++) sum += inverse[j * p + i] * z[i];
    out[j] = sum;
    square += sum * z[j];
  }
  return square;
}

/* Steps of bin b: what rows at risk pass, what its events share, and 2 w m m' V m to the score. */
static void add_steps(const cox_data *d, lb_ties ties, size_t b, cox_state *s, cox_firth *f)
{
  const cox_bin *bin = &d->bin[b];
  size_t p = d->p, w = p + 1, m = ties == LB_TIES_EFRON ? bin->events : 1;
  const double *all = s->at_risk + b * w, *joined = s->joined + bin->segment * s->stride;
  lb_sum *passed = f->passed + b * w;
  double *own = f->own + b * w, v = bin->event_weight / (double)m;
  for (size_t i = 0; i < w; i++) {
    f->events[i] = joined[i] + (s->exact ? joined[w + i] : 0);
    passed[i] = (lb_sum){0};
    if (!bin->is_first) passed[i] = passed[(ptrdiff_t)i - (ptrdiff_t)w];
    own[i] = 0;
  }
  for (size_t k = 0; k < m; k++) {
    double part = (double)k / (double)m, rest = all[0] - part * f->events[0], step = v / rest;
    for (size_t j = 0; j < p; j++) f->mean[j] = (all[1 + j] - part * f->events[1 + j]) / rest;
    double square = multiply(f->inverse, p, f->mean, f->product);
    lb_sum_add(&passed[0], step);
    own[0] += (1 - part) * step;
    for (size_t j = 0; j < p; j++) {
      lb_sum_add(&passed[1 + j], step * f->mean[j]);
      own[1 + j] += (1 - part) * step * f->mean[j];
      s->score[j] += v * f->mean[j] * square;
    }
  }
}

/* Hazard and hazard-weighted means that place k of a segment met while at risk. */
static void look_back(const cox_data *d, const cox_firth *f, size_t segment, size_t k, double *at)
{
  size_t w = d->p + 1, b = d->segment_bin[segment];
  bool event = segment == d->bin[b].segment;
  bool none = event && d->bin[b].is_first;
  const lb_sum *until = none ? NULL : f->passed + (event ? b - 1 : b) * w, *from = NULL;
  if (d->leave_bin != NULL && d->leave_bin[k] != COX_NO_BIN) from = f->passed + d->leave_bin[k] * w;
  for (size_t i = 0; i < w; i++) {
    double high = until == NULL ? 0 : until[i].high, low = until == NULL ? 0 : until[i].low;
    if (from != NULL) high -= from[i].high;
    if (from != NULL) low -= from[i].low;
    at[i] = high + low + (event ? f->own[b * w + i] : 0);
  }
}

static void add_row(const cox_data *d, size_t k, cox_state *s, cox_firth *f)
{
  size_t p = d->p;
  double *z = f->mean, *vz = f->product, *at = f->at;
  for (size_t j = 0; j < p; j++) z[j] = cox_z(d, k, j);
  double square = multiply(f->inverse, p, z, vz), toward = 0;
  for (size_t j = 0; j < p; j++) toward += vz[j] * at[1 + j];
  double along = square * at[0] - 2 * toward;
  for (size_t j = 0; j < p; j++)
    s->score[j] += s->risk[k] * (z[j] * along - square * at[1 + j]) / 2;
}

lb_status cox_firth_add(const cox_data *d, lb_ties ties, const double *factor, const bool *kept,
                        cox_state *s, cox_firth *f, lb_error *err)
{
  size_t p = d->p;
  lb_cholesky_inverse(factor, kept, p, f->inverse);
  for (size_t j = 0; j < p; j++)
    if (kept[j]) s->log_lik += log(factor[j * p + j]); /* half the log of its square */
  for (size_t b = 0; b < d->n_bin; b++) {
    if (b % POLL_ROWS == 0 && lb_interrupted()) return lb_error_interrupted(err);
    add_steps(d, ties, b, s, f);
  }
  for (size_t i = 0; i < d->n_segment; i++) {
    if (d->segment_bin[i] == COX_NO_BIN) continue;
    for (size_t k = d->segment_row[i]; k < d->segment_row[i + 1]; k++) {
      if (k % POLL_ROWS == 0 && lb_interrupted()) return lb_error_interrupted(err);
      look_back(d, f, i, k, f->at);
      add_row(d, k, s, f);
    }
  }
  return LB_OK;
}

/* ---- The model ---- */

static lb_cox_test test_of(double chi_square, size_t df)
{
  lb_cox_test test = {.chi_square = fmax(chi_square, 0), .df = df, .p_value = NAN};
  if (df > 0) test.p_value = gsl_cdf_chisq_Q(test.chi_square, (double)df);
  return test;
}

/* score' I^-1 score (or beta' I beta) over the columns that are kept, from a Cholesky factor. */
static double quadratic(const cox_search *q, bool inverse, const double *x)
{
  size_t p = q->data.p;
  double sum = 0;
  if (inverse) {
    memcpy(q->trial, x, p * sizeof *x);
    lb_cholesky_solve(q->factor, p, q->solid, p, q->trial);
    for (size_t j = 0; j < p; j++) sum += q->trial[j] * x[j];
    return sum;
  }
  for (size_t j = 0; j < p; j++) {
    double part = 0;
    for (size_t i = j; i < p; i++) part += q->factor[i * p + j] * x[i];
    sum += part * part;
  }
  return sum;
}

/* What log|I| / 2 has more in the columns' units than in their standard deviations. */
static double log_units(const cox_search *q)
{
  double sum = 0;
  for (size_t j = 0; j < q->data.p; j++) sum += q->kept[j] ? log(q->data.scale[j]) : 0;
  return sum;
}

/* What the search found, in the columns' units, in the place of the fit's own. */
static void take(const cox_search *q, size_t rank, lb_cox *fit)
{
  size_t p = fit->p;
  const double *scale = q->data.scale;
  fit->log_lik = q->at.log_lik + log_units(q);
  fit->lr_test = test_of(2 * (fit->log_lik - fit->log_lik_null), rank);
  fit->wald_test = test_of(quadratic(q, false, q->beta), rank);
  fit->iterations = q->iterations;
  fit->converged = q->converged;
  fit->n_infinite = 0;
  for (size_t j = 0; j < p; j++) {
    fit->infinite[j] = false;
    fit->coef[j] = q->kept[j] ? q->beta[j] / scale[j] : NAN;
    fit->std_error[j] = q->kept[j] ? sqrt(q->firth.inverse[j * p + j]) / scale[j] : NAN;
    for (size_t i = 0; i < p; i++) {
      bool both = q->kept[j] && q->kept[i];
      fit->vcov[j * p + i] = both ? q->firth.inverse[j * p + i] / (scale[i] * scale[j]) : NAN;
    }
  }
}

static lb_status search(cox_search *q, lb_cox *fit, lb_error *err)
{
  size_t rank = fit->p - fit->n_collinear;
  lb_status st = cox_search_evaluate(q, err);
  if (st != LB_OK) return st;
  if (!isfinite(q->at.log_lik))
    return lb_error_set(err, LB_ENUMERIC, "the penalised log-likelihood is not finite");
  fit->log_lik_null = q->at.log_lik + log_units(q);
  fit->score_test = test_of(quadratic(q, true, q->at.score), rank);
  st = cox_search_run(q, err);
  if (st != LB_OK) return st;
  st = cox_search_evaluate(q, err); /* its factor is that of all columns */
  if (st == LB_OK) take(q, rank, fit);
  return st;
}

lb_status lb_cox_firth_fit(const lb_surv *y, const lb_design *x, const lb_partition *strata,
                           const lb_cox_options *opt, lb_cox *out, lb_error *err)
{
  lb_cox_options first = *opt;
  cox_search q = {.ties = opt->ties, .penalised = true, .max_iter = opt->max_iter};
  lb_cox fit = {0};
  bool *kept = lb_mem_zero(x->p, sizeof *kept);
  if (kept == NULL) return lb_error_nomem(err, "Cox model");
  first.max_iter = 1; /* for what is collinear, and the checks */
  lb_status st = lb_cox_fit(y, x, strata, &first, &fit, err);
  for (size_t j = 0; st == LB_OK && j < x->p; j++) kept[j] = !fit.collinear[j];
  if (st == LB_OK) st = cox_search_new(y, x, strata, kept, &q, err);
  if (st == LB_OK) st = search(&q, &fit, err);
  if (st == LB_OK) {
    *out = fit;
    fit = (lb_cox){0};
  }
  lb_cox_reset(&fit);
  cox_search_reset(&q);
  lb_mem_free(kept);
  return st;
}
