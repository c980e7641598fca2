/* cox.c - Cox regression: Newton's method on the partial likelihood, tests and warnings. */
#include "stats/survival/cox.h"

#include "base/interrupt.h"
#include "base/mem.h"
#include "stats/survival/cox_work.h"
#include "stats/symmetric.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

/* A pivot of the information at 0 below this part of its crossproduct is rounding: the column is
 * collinear. */
#define COLLINEAR 1e-11
/* Later on the same is information that has vanished: a coefficient on its way to infinity. */
#define VANISHED 1e-14
/* Steps are halved so long as the log-likelihood falls by more than its own rounding. */
#define ROUNDING 1e-13
/* A last step that changes no log hazard over its column's range by more than this is made without
 * a look at the likelihood there: beta has all its digits, and the information at the two ends
 * differs by as little. */
#define SETTLED      1e-9
#define MAX_HALVINGS 40
/* Signs of an infinite coefficient: the next Newton step still changes the log hazard over the
 * column's range by GROWING (at a finite maximum it is near 1e-12), the log hazard ratio over that
 * range is beyond EXTREME, and the likelihood is flat: it settled, or many steps did not settle
 * it, or the standard error has grown SE_GROWTH times from that at coefficient 0. */
#define GROWING    1e-3
#define EXTREME    8.0
#define MANY_STEPS 15
#define SE_GROWTH  5.0

/* All per standard deviation of the columns. */
typedef struct cox_work {
  cox_data data;
  cox_state at;                /* the likelihood at `beta` */
  double *beta, *trial, *step; /* p */
  double *se_null;             /* p: standard errors at 0 */
  double *factor;              /* p x p Cholesky factor */
  bool *kept;                  /* p: not collinear */
  bool *solid;                 /* p: kept, and the information has not vanished */
  size_t rank;
} cox_work;

static void work_reset(cox_work *w)
{
  cox_data_reset(&w->data);
  cox_state_reset(&w->at);
  lb_mem_free(w->beta);
  lb_mem_free(w->trial);
  lb_mem_free(w->step);
  lb_mem_free(w->se_null);
  lb_mem_free(w->factor);
  lb_mem_free(w->kept);
  lb_mem_free(w->solid);
}

static lb_status work_new(cox_work *w, const lb_surv *y, const lb_design *x,
                          const lb_partition *strata, const cox_hook *hook, lb_error *err)
{
  size_t p = x->p;
  lb_status st = cox_data_new(y, x, strata, &w->data, err);
  if (st == LB_OK && hook != NULL) st = hook->prepare(hook->context, &w->data, err);
  if (st == LB_OK) st = cox_state_new(&w->data, &w->at, err);
  if (st != LB_OK) return st;
  w->beta = lb_mem_zero(p, sizeof *w->beta);
  w->trial = lb_mem_zero(p, sizeof *w->trial);
  w->step = lb_mem_zero(p, sizeof *w->step);
  w->se_null = lb_mem_zero(p, sizeof *w->se_null);
  w->factor = lb_mem_zero(p * p, sizeof *w->factor);
  w->kept = lb_mem_zero(p, sizeof *w->kept);
  w->solid = lb_mem_zero(p, sizeof *w->solid);
  if (w->beta == NULL || w->trial == NULL || w->step == NULL || w->se_null == NULL ||
      w->factor == NULL || w->kept == NULL || w->solid == NULL)
    return lb_error_nomem(err, "Cox model");
  return LB_OK;
}

static lb_status fit_alloc(lb_cox *fit, lb_error *err)
{
  size_t p = fit->p;
  fit->coef = lb_mem_zero(p, sizeof *fit->coef);
  fit->vcov = lb_mem_zero(p * p, sizeof *fit->vcov);
  fit->std_error = lb_mem_zero(p, sizeof *fit->std_error);
  fit->means = lb_mem_zero(p, sizeof *fit->means);
  fit->scale = lb_mem_zero(p, sizeof *fit->scale);
  fit->rounded = lb_mem_zero(p, sizeof *fit->rounded);
  fit->collinear = lb_mem_zero(p, sizeof *fit->collinear);
  fit->infinite = lb_mem_zero(p, sizeof *fit->infinite);
  if (fit->coef == NULL || fit->vcov == NULL || fit->std_error == NULL || fit->means == NULL ||
      fit->scale == NULL || fit->collinear == NULL || fit->infinite == NULL || fit->rounded == NULL)
    return lb_error_nomem(err, "Cox model");
  return LB_OK;
}

static lb_cox_test chi_square_test(double chi_square, size_t df)
{
  lb_cox_test test = {.chi_square = df > 0 ? fmax(chi_square, 0) : 0, .df = df, .p_value = NAN};
  if (df > 0) test.p_value = gsl_cdf_chisq_Q(test.chi_square, (double)df);
  return test;
}

/* Factors the information at beta over the kept columns and solves for the next Newton step. */
static void solve_step(cox_work *w)
{
  size_t p = w->data.p;
  for (size_t j = 0; j < p; j++) {
    if (!w->kept[j]) w->at.information[j * p + j] = 0;
  }
  lb_cholesky(w->at.information, p, VANISHED, w->at.crossproduct, w->factor, w->solid);
  memcpy(w->step, w->at.score, p * sizeof *w->step);
  lb_cholesky_solve(w->factor, p, w->solid, p, w->step);
}

/* At beta = 0: which columns are collinear, the score test, the first step. */
static lb_status start(cox_work *w, lb_cox *fit, const lb_cox_options *opt, lb_error *err)
{
  size_t p = fit->p;
  lb_status st = cox_evaluate(&w->data, opt->ties, w->beta, &w->at, err);
  if (st != LB_OK) return st;
  if (!isfinite(w->at.log_lik))
    return lb_error_set(err, LB_ENUMERIC, "the log-likelihood is not finite before any step");
  fit->log_lik_null = w->at.log_lik;
  w->rank = lb_cholesky(w->at.information, p, COLLINEAR, w->at.crossproduct, w->factor, w->kept);
  solve_step(w);
  double score = 0;
  for (size_t j = 0; j < p; j++) score += w->step[j] * w->at.score[j];
  fit->score_test = chi_square_test(score, w->rank);
  return LB_OK;
}

/* Moves beta by the step, halved until the log-likelihood does not fall. false in *moved: no
 * such step was found and beta stays. */
static lb_status move(cox_work *w, const lb_cox_options *opt, bool *moved, lb_error *err)
{
  size_t p = w->data.p;
  double before = w->at.log_lik, part = 1;
  *moved = false;
  for (int halvings = 0; halvings <= MAX_HALVINGS && !*moved; halvings++, part /= 2) {
    for (size_t j = 0; j < p; j++) w->trial[j] = w->beta[j] + part * w->step[j];
    lb_status st = cox_evaluate(&w->data, opt->ties, w->trial, &w->at, err);
    if (st != LB_OK) return st;
    *moved = isfinite(w->at.log_lik) && w->at.log_lik >= before - ROUNDING * fabs(before);
  }
  if (!*moved) return cox_evaluate(&w->data, opt->ties, w->beta, &w->at, err);
  memcpy(w->beta, w->trial, p * sizeof *w->beta);
  return LB_OK;
}

static bool is_settled(const cox_work *w)
{
  double largest = 0;
  for (size_t j = 0; j < w->data.p; j++)
    largest = fmax(largest, fabs(w->step[j]) * w->data.range[j]);
  return largest <= SETTLED;
}

/* Relative change of the log-likelihood, as is usual: an absolute one may never end on large n. */
static lb_status iterate(cox_work *w, lb_cox *fit, const lb_cox_options *opt, lb_error *err)
{
  bool moved = true;
  while (moved && !fit->converged && fit->iterations < opt->max_iter) {
    double before = w->at.log_lik;
    lb_status st = move(w, opt, &moved, err);
    if (st != LB_OK) return st;
    fit->iterations++;
    fit->converged = moved && fabs(w->at.log_lik - before) <= opt->tolerance * fabs(w->at.log_lik);
    solve_step(w);
  }
  if (!fit->converged) return LB_OK;
  /* Newton doubles the digits at each step: one more turns 1e-9 of log-likelihood into full
   * precision of beta. */
  if (is_settled(w)) {
    for (size_t j = 0; j < w->data.p; j++) {
      w->at.log_lik += w->step[j] * w->at.score[j] / 2;
      w->beta[j] += w->step[j];
    }
    return LB_OK;
  }
  lb_status st = move(w, opt, &moved, err);
  solve_step(w);
  return st;
}

static void flag_infinite(const cox_work *w, lb_cox *fit)
{
  size_t p = fit->p;
  for (size_t j = 0; j < p; j++) {
    if (!w->kept[j]) continue;
    double range = w->data.range[j];
    bool grows = fabs(w->step[j]) * range > GROWING && fabs(w->beta[j]) * range > EXTREME &&
                 (fit->converged || fit->iterations >= MANY_STEPS ||
                  sqrt(fit->vcov[j * p + j]) > SE_GROWTH * w->se_null[j]);
    fit->infinite[j] = grows || !w->solid[j];
    fit->n_infinite += fit->infinite[j];
  }
  if (fit->n_infinite > 0) fit->converged = false;
}

/* Row j: the combination of earlier kept columns that column j is, from the information at 0. */
static lb_status find_combinations(cox_work *w, lb_cox *fit, lb_error *err)
{
  size_t p = fit->p;
  if (w->rank == p) return LB_OK;
  fit->n_collinear = p - w->rank;
  fit->combination = lb_mem_zero(p * p, sizeof *fit->combination);
  if (fit->combination == NULL) return lb_error_nomem(err, "Cox model");
  for (size_t j = 0; j < p; j++) {
    fit->collinear[j] = !w->kept[j];
    if (w->kept[j]) continue;
    if (lb_interrupted()) return lb_error_interrupted(err);
    double *row = fit->combination + j * p;
    memcpy(row, w->at.information + j * p, j * sizeof *row);
    lb_cholesky_solve(w->factor, p, w->kept, j, row);
    for (size_t i = 0; i < j; i++) {
      double noise = sqrt(COLLINEAR);
      row[i] = fabs(row[i]) < noise ? 0 : row[i] * w->data.scale[j] / w->data.scale[i];
    }
  }
  return LB_OK;
}

/* Columns of no variation that are not the same number throughout each stratum. */
static void flag_rounded(const cox_work *w, const lb_design *x, lb_cox *fit)
{
  const cox_data *d = &w->data;
  for (size_t j = 0; j < fit->p; j++) {
    for (size_t s = 0; d->range[j] == 0 && s < d->n_stratum; s++) {
      for (size_t k = d->stratum_row[s]; k < d->stratum_row[s + 1]; k++) {
        size_t first = d->row[d->stratum_row[s]];
        fit->rounded[j] |= x->column[j][d->row[k]] != x->column[j][first];
      }
    }
  }
}

/* From standard deviations back to the columns' units. */
static void unscale(const cox_work *w, lb_cox *fit)
{
  size_t p = fit->p;
  const double *scale = w->data.scale;
  for (size_t j = 0; j < p; j++) {
    fit->means[j] = w->data.mean[j];
    fit->scale[j] = scale[j];
    fit->coef[j] = w->kept[j] ? w->beta[j] / scale[j] : NAN;
    fit->std_error[j] = w->solid[j] ? sqrt(fit->vcov[j * p + j]) / scale[j] : NAN;
  }
  for (size_t j = 0; j < p; j++) {
    for (size_t i = 0; i < p; i++) {
      double *v = &fit->vcov[j * p + i];
      *v = w->solid[i] && w->solid[j] ? *v / (scale[i] * scale[j]) : NAN;
    }
  }
}

static void finish(cox_work *w, lb_cox *fit)
{
  size_t p = fit->p;
  double wald = 0;
  for (size_t j = 0; j < p; j++) { /* |L' beta|^2: no cancelling sums */
    double sum = 0;
    for (size_t i = j; i < p; i++) sum += w->factor[i * p + j] * w->beta[i];
    wald += sum * sum;
  }
  fit->log_lik = w->at.log_lik;
  fit->wald_test = chi_square_test(wald, w->rank);
  fit->lr_test = chi_square_test(2 * (fit->log_lik - fit->log_lik_null), w->rank);
  lb_cholesky_inverse(w->factor, w->solid, p, fit->vcov);
  flag_infinite(w, fit);
  unscale(w, fit);
}

static lb_status check_options(const lb_cox_options *opt, lb_error *err)
{
  if (!(opt->tolerance > 0)) return lb_error_set(err, LB_EARG, "tolerance must be above 0");
  if (opt->ties > LB_TIES_MARGINAL) return lb_error_set(err, LB_EARG, "unknown method for ties");
  if (opt->max_iter == 0) return lb_error_set(err, LB_EARG, "max_iter must be above 0");
  return LB_OK;
}

/* An exact likelihood is one of orders or of subsets of persons: a part of a person has no place in
 * it. */
static lb_status check_weights(const lb_surv *y, const lb_cox_options *opt, lb_error *err)
{
  if (opt->ties < LB_TIES_EXACT || y->weight == NULL) return LB_OK;
  for (size_t i = 0; i < y->n; i++)
    if (y->weight[i] != 1)
      return lb_error_set(err, LB_EARG, "exact ties do not take weights other than frequencies");
  return LB_OK;
}

lb_status lb_cox_fit(const lb_surv *y, const lb_design *x, const lb_partition *strata,
                     const lb_cox_options *opt, lb_cox *out, lb_error *err)
{
  return cox_fit_with(y, x, strata, opt, NULL, out, err);
}

lb_status cox_fit_with(const lb_surv *y, const lb_design *x, const lb_partition *strata,
                       const lb_cox_options *opt, const cox_hook *hook, lb_cox *out, lb_error *err)
{
  static const lb_cox_options DEFAULTS = LB_COX_DEFAULTS;
  if (opt == NULL) opt = &DEFAULTS;
  cox_work w = {0};
  lb_cox fit = {.p = x->p, .n_used = y->n, .n_missing = y->n_missing};
  fit.concordance = fit.concordance_std_error = NAN;
  lb_status st = check_options(opt, err);
  if (st == LB_OK) st = check_weights(y, opt, err);
  if (st == LB_OK) st = work_new(&w, y, x, strata, hook, err);
  if (st == LB_OK) st = fit_alloc(&fit, err);
  if (st == LB_OK) fit.n_event = w.data.n_event;
  if (st == LB_OK && fit.n_event == 0) st = lb_error_set(err, LB_EDATA, "no events");
  if (st == LB_OK) st = start(&w, &fit, opt, err);
  if (st != LB_OK) goto done;
  st = find_combinations(&w, &fit, err);
  if (st != LB_OK) goto done;
  lb_cholesky_inverse(w.factor, w.solid, fit.p, fit.vcov);
  for (size_t j = 0; j < fit.p; j++) w.se_null[j] = sqrt(fit.vcov[j * fit.p + j]);
  fit.converged = w.rank == 0; /* nothing to estimate */
  if (w.rank > 0) st = iterate(&w, &fit, opt, err);
  if (st != LB_OK) goto done;
  finish(&w, &fit);
  flag_rounded(&w, x, &fit);
  if (lb_interrupted()) { /* perhaps in the middle of a factor */
    st = lb_error_interrupted(err);
    goto done;
  }
  if (hook != NULL) st = hook->finish(hook->context, &w.data, &w.at, &fit, err);
  if (st != LB_OK) goto done;
  *out = fit;
  fit = (lb_cox){0};
done:
  lb_cox_reset(&fit);
  work_reset(&w);
  return st;
}

void lb_cox_reset(lb_cox *fit)
{
  if (fit == NULL) return;
  lb_mem_free(fit->coef);
  lb_mem_free(fit->vcov);
  lb_mem_free(fit->std_error);
  lb_mem_free(fit->means);
  lb_mem_free(fit->scale);
  lb_mem_free(fit->rounded);
  lb_mem_free(fit->collinear);
  lb_mem_free(fit->infinite);
  lb_mem_free(fit->combination);
  *fit = (lb_cox){0};
}
