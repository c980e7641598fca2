/* cox_predict.c - what follows from a Cox fit: linear predictors, concordance, baseline hazards. */
#include "stats/survival/cox.h"

#include "base/interrupt.h"
#include "base/mem.h"
#include "stats/linear_kernel.h"
#include "stats/survival/concordance.h"
#include "stats/survival/cox_work.h"

#include <math.h>
#include <string.h>

lb_status lb_cox_linear_predictor(const lb_cox *fit, const lb_design *x, bool centred, double *out,
                                  lb_error *err)
{
  if (x->p != fit->p)
    return lb_error_set(err, LB_EARG, "the design has %zu columns, the model %zu", x->p, fit->p);
  bool whole = lb_linear_predictor(x, fit->coef, centred ? fit->means : NULL, out);
  return whole ? LB_OK : lb_error_interrupted(err);
}

lb_status lb_cox_concordance(const lb_surv *y, const lb_design *x, const lb_partition *strata,
                             lb_cox *fit, lb_error *err)
{
  if (x->n != y->n)
    return lb_error_set(err, LB_EARG, "the design has %zu rows and the outcome %zu", x->n, y->n);
  double *predictor = lb_mem_array(x->n, sizeof *predictor);
  if (predictor == NULL) return lb_error_nomem(err, "concordance");
  lb_concordance c;
  lb_status st = lb_cox_linear_predictor(fit, x, true, predictor, err);
  if (st == LB_OK) st = lb_concordance_fit(y, predictor, strata, NULL, &c, err);
  if (st == LB_OK) {
    fit->concordance = c.concordance;
    fit->concordance_std_error = c.std_error;
  }
  lb_mem_free(predictor);
  return st;
}

static lb_status baseline_alloc(lb_cox_baseline *b, const cox_data *d, lb_error *err)
{
  b->n_strata = d->n_stratum;
  b->n_time = d->n_bin;
  b->start = lb_mem_zero(b->n_strata + 1, sizeof *b->start);
  b->time = lb_mem_zero(b->n_time, sizeof *b->time);
  b->n_risk = lb_mem_zero(b->n_time, sizeof *b->n_risk);
  b->n_event = lb_mem_zero(b->n_time, sizeof *b->n_event);
  b->hazard = lb_mem_zero(b->n_time, sizeof *b->hazard);
  b->cumulative_hazard = lb_mem_zero(b->n_time, sizeof *b->cumulative_hazard);
  if (b->start == NULL || b->time == NULL || b->n_risk == NULL || b->n_event == NULL ||
      b->hazard == NULL || b->cumulative_hazard == NULL)
    return lb_error_nomem(err, "baseline hazard");
  memcpy(b->start, d->stratum_bin, (b->n_strata + 1) * sizeof *b->start);
  return LB_OK;
}

/* Weighted numbers at risk and with the event, where there is one. */
static lb_status take_counts(const lb_surv *y, const lb_partition *strata, lb_cox_baseline *b,
                             lb_error *err)
{
  lb_riskset set = {0};
  lb_status st = lb_riskset_count(y, strata, &set, err);
  for (size_t t = 0, place = 0; st == LB_OK && t < set.n_time; t++) {
    if (!(set.n_event[t] > 0)) continue;
    b->n_risk[place] = set.n_risk[t];
    b->n_event[place++] = set.n_event[t];
  }
  lb_riskset_reset(&set);
  return st;
}

/* The likelihood walk with the linear predictor as an offset leaves cumulative hazards in `at`;
 * it centred the offset of each stratum, so a hazard for predictor 0 is that divided by
 * exp(centre). */
static void take_hazards(const cox_data *d, const cox_state *at, const double *predictor,
                         lb_cox_baseline *b)
{
  for (size_t s = 0; s < d->n_stratum; s++) {
    double before = 0, centre = 0;
    size_t k = d->stratum_row[s];
    if (k < d->stratum_row[s + 1]) centre = predictor[d->row[k]] - (d->offset[k] - at->shift);
    for (size_t i = d->stratum_bin[s]; i < d->stratum_bin[s + 1]; i++) {
      b->time[i] = d->bin[i].time;
      b->cumulative_hazard[i] = at->hazard[i] * exp(-centre);
      b->hazard[i] = b->cumulative_hazard[i] - before;
      before = b->cumulative_hazard[i];
    }
  }
}

lb_status lb_cox_baseline_fit(const lb_surv *y, const double *linear_predictor,
                              const lb_partition *strata, lb_ties ties, lb_cox_baseline *out,
                              lb_error *err)
{
  const lb_design x = {.n = y->n, .offset = linear_predictor};
  cox_data d = {0};
  cox_state at = {0};
  lb_cox_baseline b = {0};
  lb_status st = cox_data_new(y, &x, strata, &d, err);
  if (st == LB_OK) st = cox_state_new(&d, &at, err);
  if (st == LB_OK) st = cox_evaluate(&d, ties, at.score, &at, err); /* p is 0: no coefficients */
  if (st == LB_OK) st = baseline_alloc(&b, &d, err);
  if (st == LB_OK) st = take_counts(y, strata, &b, err);
  if (st == LB_OK) {
    take_hazards(&d, &at, linear_predictor, &b);
    *out = b;
    b = (lb_cox_baseline){0};
  }
  lb_cox_baseline_reset(&b);
  cox_state_reset(&at);
  cox_data_reset(&d);
  return st;
}

void lb_cox_baseline_reset(lb_cox_baseline *b)
{
  if (b == NULL) return;
  lb_mem_free(b->start);
  lb_mem_free(b->time);
  lb_mem_free(b->n_risk);
  lb_mem_free(b->n_event);
  lb_mem_free(b->hazard);
  lb_mem_free(b->cumulative_hazard);
  *b = (lb_cox_baseline){0};
}
