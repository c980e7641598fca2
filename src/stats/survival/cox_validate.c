/* cox_validate.c - how much of a Cox model's concordance and calibration is optimism. */
#include "stats/survival/cox_validate.h"

#include "base/interrupt.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "stats/survival/concordance.h"

#include <math.h>

typedef struct judged {
  double training, test, slope;
  lb_status status;
} judged;

typedef struct validation {
  const lb_cox_at *at;
  const lb_partition *cluster;
  const lb_cox_boot *boot;
  uint64_t seed;
  judged *each; /* of each resample */
} validation;

/* out[i] = sum of coef x, without the offset. */
static void predict(const lb_design *x, const double *coef, double *out)
{
  for (size_t i = 0; i < x->n; i++) out[i] = 0;
  for (size_t j = 0; j < x->p; j++) {
    double mean = 0; /* predictors keep their digits where a column is far from 0 */
    if (isnan(coef[j])) continue;
    for (size_t i = 0; i < x->n; i++) mean += x->column[j][i] / (double)x->n;
    for (size_t i = 0; i < x->n; i++) out[i] += coef[j] * (x->column[j][i] - mean);
  }
}

/* The index where each row weighs its weight times `count`; NULL = 1. */
static lb_status concordance_of(const validation *v, const double *count, const double *predictor,
                                double *weight, double *out)
{
  lb_surv y = *v->at->y;
  lb_concordance c;
  if (count != NULL) {
    for (size_t i = 0; i < y.n; i++) weight[i] = count[i] * (y.weight == NULL ? 1 : y.weight[i]);
    y.weight = weight;
  }
  lb_status st = lb_concordance_fit(&y, predictor, v->at->strata, NULL, &c, NULL);
  if (st == LB_OK) *out = c.concordance;
  return st;
}

static lb_status slope_of(const validation *v, const double *predictor, double *out)
{
  const lb_design *all = v->at->x;
  const double *const column[] = {predictor};
  lb_design x = {.n = all->n, .p = 1, .column = column, .offset = all->offset};
  lb_cox_options options = LB_COX_DEFAULTS;
  lb_cox fit = {0};
  options.ties = v->at->ties;
  lb_status st = lb_cox_fit(v->at->y, &x, v->at->strata, &options, &fit, NULL);
  if (st == LB_OK && fit.converged && fit.n_collinear == 0) *out = fit.coef[0];
  lb_cox_reset(&fit);
  return st == LB_EDATA || st == LB_ENUMERIC ? LB_OK : st;
}

typedef struct rooms {
  double *predictor, *with_offset, *count, *weight;
  uint32_t *drawn;
} rooms;

static bool rooms_alloc(rooms *m, const validation *v)
{
  size_t n = v->at->y->n, units = n;
  if (v->cluster != NULL && v->cluster->code != NULL) units = v->cluster->n;
  m->predictor = lb_mem_array(n, sizeof *m->predictor);
  m->with_offset = lb_mem_array(n, sizeof *m->with_offset);
  m->count = lb_mem_array(n, sizeof *m->count);
  m->weight = lb_mem_array(n, sizeof *m->weight);
  m->drawn = lb_mem_array(units, sizeof *m->drawn);
  return m->predictor != NULL && m->with_offset != NULL && m->count != NULL && m->weight != NULL &&
         m->drawn != NULL;
}

static void rooms_reset(rooms *m)
{
  lb_mem_free(m->predictor);
  lb_mem_free(m->with_offset);
  lb_mem_free(m->count);
  lb_mem_free(m->weight);
  lb_mem_free(m->drawn);
}

static void add_offset(const lb_design *x, const rooms *m)
{
  for (size_t i = 0; i < x->n; i++)
    m->with_offset[i] = m->predictor[i] + (x->offset == NULL ? 0 : x->offset[i]);
}

static bool has_model(const lb_cox_boot *boot, const double *full, size_t r)
{
  for (size_t j = 0; j < boot->p; j++) {
    if (!isnan(full[j]) && isnan(boot->coef[r * boot->p + j])) return false;
  }
  return true;
}

static void judge(void *context, size_t r)
{
  validation *v = context;
  judged *j = &v->each[r];
  rooms m = {0};
  *j = (judged){NAN, NAN, NAN, LB_OK};
  if (!has_model(v->boot, v->at->coef, r)) return;
  if (!rooms_alloc(&m, v)) {
    j->status = LB_ENOMEM;
    goto done;
  }
  predict(v->at->x, v->boot->coef + r * v->boot->p, m.predictor);
  add_offset(v->at->x, &m);
  lb_cox_boot_counts((lb_boot_draw){v->seed, r}, v->cluster, v->at->y->n, m.drawn, m.count);
  j->status = concordance_of(v, m.count, m.with_offset, m.weight, &j->training);
  if (j->status == LB_OK) j->status = concordance_of(v, NULL, m.with_offset, NULL, &j->test);
  if (j->status == LB_OK) j->status = slope_of(v, m.predictor, &j->slope);
done:
  rooms_reset(&m);
}

static lb_status apparent(const validation *v, double *concordance, lb_error *err)
{
  rooms m = {0};
  lb_status st = rooms_alloc(&m, v) ? LB_OK : lb_error_nomem(err, "validation");
  if (st == LB_OK) {
    predict(v->at->x, v->at->coef, m.predictor);
    add_offset(v->at->x, &m);
    st = concordance_of(v, NULL, m.with_offset, NULL, concordance);
    if (st != LB_OK) lb_error_set(err, st, "the concordance could not be counted");
  }
  rooms_reset(&m);
  return st;
}

/* Sums become means. */
static void conclude(lb_validated *of)
{
  double n = (double)of->n;
  of->training = of->n > 0 ? of->training / n : NAN;
  of->test = of->n > 0 ? of->test / n : NAN;
  of->optimism = of->training - of->test;
  of->corrected = of->apparent - of->optimism;
}

static void add_one(lb_validated *to, double training, double test)
{
  to->training += training;
  to->test += test;
  to->n++;
}

lb_status lb_cox_validate(const lb_cox_at *at, const lb_partition *cluster, const lb_cox_boot *boot,
                          uint64_t seed, lb_cox_validation *out, lb_error *err)
{
  validation v = {.at = at, .cluster = cluster, .boot = boot, .seed = seed};
  lb_cox_validation result = {.slope = {.apparent = 1}};
  if (boot->p != at->x->p) return lb_error_set(err, LB_EARG, "resamples of another model");
  v.each = lb_mem_zero(boot->replicates, sizeof *v.each);
  if (v.each == NULL) return lb_error_nomem(err, "validation");
  lb_status st = apparent(&v, &result.concordance.apparent, err);
  if (st == LB_OK && !lb_parallel(boot->replicates, true, judge, &v))
    st = lb_error_interrupted(err);
  for (size_t r = 0; r < boot->replicates && st == LB_OK; r++) {
    const judged *j = &v.each[r];
    if (j->status == LB_ENOMEM)
      st = lb_error_nomem(err, "validation");
    else if (j->status == LB_EINTR)
      st = lb_error_interrupted(err);
    else if (j->status != LB_OK)
      st = lb_error_set(err, j->status, "a resample has no index");
    if (isnan(j->training) || isnan(j->test) || isnan(j->slope)) {
      result.n_failed++;
      continue;
    }
    add_one(&result.concordance, j->training, j->test);
    add_one(&result.slope, 1, j->slope);
  }
  conclude(&result.concordance);
  conclude(&result.slope);
  if (st == LB_OK) *out = result;
  lb_mem_free(v.each);
  return st;
}
