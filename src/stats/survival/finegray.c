/* finegray.c - the Fine-Gray model: weights for the Cox iterations, baseline, prediction. */
#include "stats/survival/finegray.h"

#include "base/mem.h"
#include "stats/survival/finegray_work.h"

#include <math.h>
#include <string.h>

/* ---- Censoring weights ---- */

static lb_status censoring(fg_work *w, lb_error *err)
{
  lb_surv plain = *w->y;
  plain.cause = NULL;
  lb_status st = lb_riskset_count(&plain, NULL, &w->set, err);
  if (st != LB_OK) return st;
  w->free = lb_mem_array(w->set.n_time, sizeof *w->free);
  w->place_end = lb_mem_zero(w->set.n_time, sizeof *w->place_end);
  if (w->free == NULL || w->place_end == NULL) return lb_error_nomem(err, "Fine-Gray model");
  double g = 1;
  for (size_t t = 0; t < w->set.n_time; t++) {
    w->free[t] = g;
    if (w->set.n_censor[t] > 0) g *= 1 - w->set.n_censor[t] / fg_at_risk(w, t);
  }
  return LB_OK;
}

/* Places ascend in time: each gets the weight of its time. */
static lb_status prepare(void *context, cox_data *d, lb_error *err)
{
  fg_work *w = context;
  lb_status st = censoring(w, err);
  if (st != LB_OK) return st;
  d->lasting_room = lb_mem_zero(d->n_block * COX_ROWS + COX_LINE, sizeof *d->lasting_room);
  d->bin_weight = lb_mem_array(d->n_bin, sizeof *d->bin_weight);
  if (d->lasting_room == NULL || d->bin_weight == NULL)
    return lb_error_nomem(err, "Fine-Gray model");
  d->lasting = cox_align(d->lasting_room);
  size_t t = 0, bin = 0;
  for (size_t k = 0; k < d->n; k++) {
    size_t row = d->row[k];
    while (w->set.time[t] != w->y->time[row]) t++;
    w->place_end[t] = (uint32_t)(k + 1);
    int32_t cause = w->y->cause[row];
    w->fit->n_competing += cause != 0 && cause != w->cause;
    w->fit->n_censored += cause == 0;
    if (cause != 0 && cause != w->cause) d->lasting[k] = 1 / w->free[t];
  }
  for (t = 0; t < w->set.n_time && bin < d->n_bin; t++)
    if (d->bin[bin].time == w->set.time[t]) d->bin_weight[bin++] = w->free[t];
  return LB_OK;
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

/* The hazard of the iterations is that of centred columns, less a shift. */
static lb_status set_baseline(fg_work *w, const cox_data *d, const cox_state *s, const lb_cox *fit,
                              lb_error *err)
{
  lb_finegray *out = w->fit;
  out->n_time = d->n_bin;
  out->time = lb_mem_array(d->n_bin, sizeof *out->time);
  out->cumulative_hazard = lb_mem_array(d->n_bin, sizeof *out->cumulative_hazard);
  if (out->time == NULL || out->cumulative_hazard == NULL)
    return lb_error_nomem(err, "Fine-Gray model");
  double centred = d->offset == NULL ? 0 : d->offset[0], at_means = 0;
  for (size_t j = 0; j < fit->p; j++) {
    if (isnan(fit->coef[j])) continue;
    centred += cox_z(d, 0, j) * d->scale[j] * fit->coef[j];
    at_means += fit->coef[j] * fit->means[j];
  }
  double taken = predictor(fit, w->x, d->row[0]) - centred;
  double factor = exp(at_means - taken - s->shift);
  for (size_t b = 0; b < d->n_bin; b++) {
    out->time[b] = d->bin[b].time;
    out->cumulative_hazard[b] = (s->hazard[b] + s->hazard_low[b]) * factor;
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
  if (st == LB_OK && w->opt->variance != LB_FINEGRAY_MODEL) st = fg_variance(w, d, s, fit, err);
  return st;
}

static lb_status check(const lb_surv *y, size_t cause, lb_error *err)
{
  size_t n = y->cause == NULL ? 0 : y->n_cause;
  if (cause < 1 || cause > n)
    return lb_error_set(err, LB_EARG, "there is no cause %zu of %zu", cause, n);
  if (y->entry != NULL)
    return lb_error_set(err, LB_EARG, "the Fine-Gray model does not take late entry");
  return LB_OK;
}

lb_status lb_finegray_fit(const lb_surv *y, const lb_design *x, size_t cause,
                          const lb_finegray_options *opt, lb_finegray *out, lb_error *err)
{
  static const lb_finegray_options DEFAULTS = LB_FINEGRAY_DEFAULTS;
  lb_status st = check(y, cause, err);
  if (st != LB_OK) return st;
  lb_finegray fit = {0};
  fg_work w = {.y = y, .x = x, .opt = opt == NULL ? &DEFAULTS : opt, .fit = &fit};
  const cox_hook hook = {&w, prepare, finish};
  w.cause = (int32_t)cause;
  uint8_t *event = lb_mem_array(y->n, sizeof *event);
  if (event == NULL) return lb_error_nomem(err, "Fine-Gray model");
  for (size_t i = 0; i < y->n; i++) event[i] = y->cause[i] == w.cause;
  lb_surv mine = *y;
  mine.event = event;
  mine.cause = NULL;
  st = cox_fit_with(&mine, x, NULL, &w.opt->cox, &hook, &fit.cox, err);
  lb_mem_free(event);
  lb_mem_free(w.free);
  lb_mem_free(w.place_end);
  lb_riskset_reset(&w.set);
  if (st == LB_OK)
    *out = fit;
  else
    lb_finegray_reset(&fit);
  return st;
}

void lb_finegray_reset(lb_finegray *fit)
{
  if (fit == NULL) return;
  lb_cox_reset(&fit->cox);
  lb_mem_free(fit->naive_vcov);
  lb_mem_free(fit->time);
  lb_mem_free(fit->cumulative_hazard);
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
