/* finegray.c - the Fine-Gray model: weights for the Cox iterations, baseline, prediction. */
#include "stats/survival/finegray.h"

#include "base/mem.h"
#include "stats/survival/finegray_work.h"

#include <math.h>
#include <string.h>

static lb_status prepare(void *context, cox_data *d, lb_error *err)
{
  lb_status st = fg_weights(context, d, err);
  return st;
}

/* ---- After the iterations ---- */

/* Linear predictor of a row as the columns are, and offset. */
static double predictor(const lb_cox *fit, const lb_design *x, size_t row)
{
  double sum = x->offset == NULL ? 0 : x->offset[row];
  for (size_t j = 0; j < fit->p; j++)
    if (!isnan(fit->coef[j])) sum += x->column[j][row] * fit->coef[j];
  return sum;
}

/* The hazard of the iterations is that of columns centred in their stratum, less a shift. */
double fg_baseline_factor(const fg_work *w, const cox_data *d, const cox_state *s,
                          const lb_cox *fit, size_t stratum)
{
  size_t first = d->stratum_row[stratum];
  if (first == d->stratum_row[stratum + 1]) return 0;
  double centred = d->offset == NULL ? 0 : d->offset[first], at_means = 0;
  for (size_t j = 0; j < fit->p; j++) {
    if (isnan(fit->coef[j])) continue;
    centred += cox_z(d, first, j) * d->scale[j] * fit->coef[j];
    at_means += fit->coef[j] * fit->means[j];
  }
  double taken = predictor(fit, w->x, d->row[first]) - centred;
  return exp(at_means - taken - s->shift);
}

static lb_status set_baseline(fg_work *w, const cox_data *d, const cox_state *s, const lb_cox *fit,
                              lb_error *err)
{
  lb_finegray *out = w->fit;
  out->n_time = d->n_bin;
  out->n_strata = d->n_stratum;
  out->time = lb_mem_array(d->n_bin, sizeof *out->time);
  out->cumulative_hazard = lb_mem_array(d->n_bin, sizeof *out->cumulative_hazard);
  out->start = lb_mem_array(d->n_stratum + 1, sizeof *out->start);
  if (out->time == NULL || out->cumulative_hazard == NULL || out->start == NULL)
    return lb_error_nomem(err, "Fine-Gray model");
  memcpy(out->start, d->stratum_bin, (d->n_stratum + 1) * sizeof *out->start);
  for (size_t t = 0; t < d->n_stratum; t++) {
    double factor = fg_baseline_factor(w, d, s, fit, t);
    for (size_t b = out->start[t]; b < out->start[t + 1]; b++) {
      out->time[b] = d->bin[b].time;
      out->cumulative_hazard[b] = (s->hazard[b] + s->hazard_low[b]) * factor;
    }
  }
  return LB_OK;
}

static lb_status finish(void *context, const cox_data *d, const cox_state *s, lb_cox *fit,
                        lb_error *err)
{
  fg_work *w = context;
  size_t cells = fit->p * fit->p;
  w->fit->naive_vcov = lb_mem_array(cells, sizeof(double));
  if (w->fit->naive_vcov == NULL) return lb_error_nomem(err, "Fine-Gray model");
  if (cells > 0) memcpy(w->fit->naive_vcov, fit->vcov, cells * sizeof(double));
  lb_status st = set_baseline(w, d, s, fit, err);
  if (st == LB_OK && w->after != NULL) st = w->after->run(w->after->context, w, d, s, fit, err);
  if (w->after != NULL && w->after->instead) return st;
  if (st == LB_OK && w->opt->variance != LB_FINEGRAY_MODEL) st = fg_variance(w, d, s, fit, err);
  return st;
}

static lb_status check(const lb_surv *y, size_t cause, const lb_finegray_options *opt,
                       lb_error *err)
{
  size_t n = y->cause == NULL ? 0 : y->n_cause;
  if (cause < 1 || cause > n)
    return lb_error_set(err, LB_EARG, "there is no cause %zu of %zu", cause, n);
  lb_status st = lb_partition_check(opt->censoring, y->n, "censoring group", err);
  if (st == LB_OK) st = lb_partition_check(opt->strata, y->n, "stratum", err);
  if (st == LB_OK) st = lb_partition_check(opt->cluster, y->n, "cluster", err);
  bool model = opt->variance == LB_FINEGRAY_MODEL;
  if (st == LB_OK && model && (opt->n_incidence > 0 || opt->cluster != NULL))
    st = lb_error_set(err, LB_EARG, "the model-based variance has no influences of rows");
  return st;
}

lb_status fg_fit_with(const lb_finegray_model *model, const fg_after *after, lb_finegray *out,
                      lb_error *err)
{
  static const lb_finegray_options DEFAULTS = LB_FINEGRAY_DEFAULTS;
  const lb_finegray_options *opt = model->opt == NULL ? &DEFAULTS : model->opt;
  const lb_surv *y = model->y;
  lb_status st = check(y, model->cause, opt, err);
  if (st != LB_OK) return st;
  lb_finegray fit = {0};
  fg_work w = {.y = y, .x = model->x, .opt = opt, .fit = &fit, .after = after};
  const cox_hook hook = {&w, prepare, finish};
  w.cause = (int32_t)model->cause;
  uint8_t *event = lb_mem_array(y->n, sizeof *event);
  if (event == NULL) return lb_error_nomem(err, "Fine-Gray model");
  for (size_t i = 0; i < y->n; i++) event[i] = y->cause[i] == w.cause;
  lb_surv mine = *y;
  mine.event = event;
  mine.cause = NULL;
  st = cox_fit_with(&mine, model->x, opt->strata, &opt->cox, &hook, &fit.cox, err);
  lb_mem_free(event);
  fg_work_reset(&w);
  if (st == LB_OK)
    *out = fit;
  else
    lb_finegray_reset(&fit);
  return st;
}

lb_status lb_finegray_fit(const lb_surv *y, const lb_design *x, size_t cause,
                          const lb_finegray_options *opt, lb_finegray *out, lb_error *err)
{
  const lb_finegray_model model = {y, x, cause, opt};
  lb_status st = fg_fit_with(&model, NULL, out, err);
  return st;
}

void lb_finegray_reset(lb_finegray *fit)
{
  if (fit == NULL) return;
  lb_cox_reset(&fit->cox);
  lb_mem_free(fit->naive_vcov);
  lb_mem_free(fit->time);
  lb_mem_free(fit->cumulative_hazard);
  lb_mem_free(fit->start);
  lb_mem_free(fit->moment);
  *fit = (lb_finegray){0};
}

lb_status lb_finegray_predict(const lb_finegray *fit, const lb_design *x, const double *time,
                              size_t n_time, double *out, lb_error *err)
{
  if (x->p != fit->cox.p)
    return lb_error_set(err, LB_EARG, "the design has %zu columns and the fit %zu", x->p,
                        fit->cox.p);
  for (size_t k = 1; k < n_time; k++)
    if (!(time[k] > time[k - 1])) return lb_error_set(err, LB_EARG, "times must ascend");
  double at_means = 0;
  for (size_t j = 0; j < fit->cox.p; j++)
    if (!isnan(fit->cox.coef[j])) at_means += fit->cox.coef[j] * fit->cox.means[j];
  for (size_t i = 0; i < x->n; i++) {
    double risk = exp(predictor(&fit->cox, x, i) - at_means);
    size_t b = 0;
    for (size_t k = 0; k < n_time; k++) {
      while (b < fit->n_time && fit->time[b] <= time[k]) b++;
      out[i * n_time + k] = b == 0 ? 0 : -expm1(-fit->cumulative_hazard[b - 1] * risk);
    }
  }
  return LB_OK;
}
