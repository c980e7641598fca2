/* expected.c - expected, relative and net survival of groups: the walk through the population table
 * beside the observed curve. */
#include "stats/survival/expected.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "stats/survival/expected_walk.h"
#include "stats/survival/km.h"
#include "stats/survival/riskset.h"

typedef struct fit_work {
  const lb_surv *y;
  const lb_population *table;
  const lb_lives *lives;
  const lb_expected_options *opt;
  lb_km km;
  uint32_t *row; /* rows by group, in order */
  size_t *from;  /* n_groups + 1: places in row */
} fit_work;

static lb_status check(const fit_work *w, lb_error *err)
{
  const lb_surv *y = w->y;
  const lb_expected_options *opt = w->opt;
  if (w->lives->n != y->n)
    return lb_error_set(err, LB_EARG, "%zu outcomes, %zu people", y->n, w->lives->n);
  lb_status st = lb_surv_check(y, err);
  if (st == LB_OK) st = lb_lives_check(w->table, w->lives, err);
  if (st != LB_OK) return st;
  for (size_t i = 0; i < y->n; i++)
    if (!lb_lives_known(w->lives, i))
      return lb_error_set(err, LB_EDATA, "row %zu: %s is missing", i + 1,
                          lb_lives_unknown(w->lives, i));
  bool late = opt->method == LB_EXPECTED_EDERER1 || opt->method == LB_EXPECTED_HAKULINEN;
  if (late && y->entry != NULL)
    return lb_error_set(err, LB_EDATA,
                        "late entry: expected survival from time 0 needs everybody from time 0; "
                        "method \"ederer2\" or net survival take those at risk");
  for (size_t k = 0; opt->time != NULL && k < opt->n_time; k++) {
    if (!isfinite(opt->time[k]) || opt->time[k] < 0 || (k > 0 && opt->time[k] <= opt->time[k - 1]))
      return lb_error_set(err, LB_EARG, "times must ascend from 0: found %g at place %zu",
                          opt->time[k], k + 1);
  }
  if (opt->method != LB_EXPECTED_HAKULINEN) return LB_OK;
  if (opt->potential == NULL)
    return lb_error_set(err, LB_EARG, "Hakulinen's method needs potential follow-up times");
  for (size_t i = 0; i < y->n; i++)
    if (!isfinite(opt->potential[i]) || opt->potential[i] < y->time[i])
      return lb_error_set(err, LB_EDATA,
                          "row %zu: the potential follow-up is shorter than the "
                          "observed",
                          i + 1);
  return LB_OK;
}

/* Rows by group; the observed curves. */
static lb_status prepare(fit_work *w, const lb_partition *groups, lb_error *err)
{
  size_t n = w->y->n, n_groups = lb_partition_count(groups);
  lb_km_options options = LB_KM_DEFAULTS;
  options.type = w->opt->exponential ? LB_KM_NELSON_AALEN : LB_KM_PRODUCT;
  lb_status st = lb_km_fit(w->y, groups, &options, &w->km, err);
  if (st != LB_OK) return st;
  w->row = lb_mem_array(n, sizeof *w->row);
  w->from = lb_mem_zero(n_groups + 2, sizeof *w->from);
  if (w->row == NULL || w->from == NULL) return lb_error_nomem(err, "expected survival");
  for (size_t i = 0; i < n; i++) w->from[lb_partition_class(groups, i) + 2]++;
  for (size_t g = 0; g < n_groups; g++) w->from[g + 1] += w->from[g];
  for (size_t i = 0; i < n; i++) w->row[w->from[lb_partition_class(groups, i) + 1]++] = (uint32_t)i;
  return LB_OK;
}

static lb_status curve_new(lb_expected_curve *c, const lb_km_curve *km,
                           const lb_expected_options *opt, lb_error *err)
{
  size_t n = opt->time == NULL ? km->n_time : opt->n_time;
  *c = (lb_expected_curve){
      .n = km->n, .n_time = n, .weight_total = km->weight_total, .event_total = km->event_total};
  c->time = lb_mem_array(n, sizeof *c->time);
  c->n_risk = lb_mem_array(n, sizeof *c->n_risk);
  c->n_event = lb_mem_array(n, sizeof *c->n_event);
  c->n_censor = lb_mem_array(n, sizeof *c->n_censor);
  c->cumulative = lb_mem_array(n, sizeof *c->cumulative);
  c->survival = lb_mem_array(n, sizeof *c->survival);
  c->variance = lb_mem_array(n, sizeof *c->variance);
  bool failed = c->time == NULL || c->n_risk == NULL || c->n_event == NULL || c->n_censor == NULL ||
                c->cumulative == NULL || c->survival == NULL || c->variance == NULL;
  if (failed) return lb_error_nomem(err, "expected survival");
  const double *time = opt->time == NULL ? km->time : opt->time;
  if (n > 0) memcpy(c->time, time, n * sizeof *time);
  return LB_OK;
}

/* Counts and the observed curve at the times wanted: NaN beyond the last time of a group in which
 * somebody is event-free then, as nobody was watched there. */
static lb_status read_observed(lb_expected_curve *c, const lb_km_curve *km, lb_error *err)
{
  lb_status st = lb_km_table(km, c->time, c->n_time, c->n_risk, c->n_event, c->n_censor, err);
  if (st != LB_OK) return st;
  size_t done = 0;
  for (size_t k = 0; k < c->n_time; k++) {
    while (done < km->n_time && km->time[done] <= c->time[k]) done++;
    double s = done == 0 ? 1 : km->survival[done - 1];
    double se = done == 0 ? 0 : km->std_error[done - 1];
    bool unseen = done == km->n_time && s > 0 && (done == 0 || c->time[k] > km->time[done - 1]);
    c->survival[k] = unseen ? NAN : s;
    c->variance[k] = s > 0 && !unseen ? se * se / (s * s) : NAN;
  }
  return LB_OK;
}

static lb_walkers walkers_of(const fit_work *w, size_t g, double last)
{
  const lb_surv *y = w->y;
  lb_walkers who = {.row = w->row + w->from[g], .n = w->from[g + 1] - w->from[g]};
  who.weight = y->weight;
  switch (w->opt->method) {
  case LB_EXPECTED_EDERER1:
    who.stop_all = last;
    who.sign = -1;
    break;
  case LB_EXPECTED_HAKULINEN:
    who.stop = w->opt->potential;
    who.sign = -1;
    break;
  case LB_EXPECTED_EDERER2:
  case LB_EXPECTED_NET:
    who.start = y->entry;
    who.stop = y->time;
    who.sign = w->opt->method == LB_EXPECTED_NET ? 1 : 0;
    if (w->opt->method == LB_EXPECTED_NET) who.event = y->event;
  }
  return who;
}

static lb_status fit_group(fit_work *w, size_t g, lb_expected_curve *c, lb_error *err)
{
  lb_status st = curve_new(c, &w->km.curve[g], w->opt, err);
  if (st == LB_OK) st = read_observed(c, &w->km.curve[g], err);
  if (st != LB_OK || c->n_time == 0) return st;
  lb_walk_output out = {.time = c->time, .n = c->n_time, .cumulative = c->cumulative};
  if (w->opt->method == LB_EXPECTED_NET) {
    out.survival = c->survival;
    out.variance = c->variance;
    out.exponential = w->opt->exponential;
  }
  const lb_walkers who = walkers_of(w, g, c->time[c->n_time - 1]);
  return lb_expected_walk(w->table, w->lives, &who, &out, err);
}

lb_status lb_expected_fit(const lb_surv *y, const lb_partition *groups, const lb_population *table,
                          const lb_lives *lives, const lb_expected_options *opt, lb_expected *out,
                          lb_error *err)
{
  fit_work w = {.y = y, .table = table, .lives = lives, .opt = opt};
  lb_expected fit = {.n_used = y->n, .n_missing = y->n_missing, .method = opt->method};
  lb_status st = check(&w, err);
  if (st == LB_OK) st = lb_partition_check(groups, y->n, "group", err);
  if (st == LB_OK) st = prepare(&w, groups, err);
  if (st != LB_OK) goto done;
  size_t n_groups = lb_partition_count(groups);
  fit.curve = lb_mem_zero(n_groups, sizeof *fit.curve);
  if (fit.curve == NULL) {
    st = lb_error_nomem(err, "expected survival");
    goto done;
  }
  fit.n_groups = n_groups;
  for (size_t g = 0; g < n_groups && st == LB_OK; g++) st = fit_group(&w, g, &fit.curve[g], err);
done:
  lb_km_reset(&w.km);
  lb_mem_free(w.row);
  lb_mem_free(w.from);
  if (st == LB_OK)
    *out = fit;
  else
    lb_expected_reset(&fit);
  return st;
}

void lb_expected_reset(lb_expected *fit)
{
  for (size_t g = 0; g < fit->n_groups; g++) {
    lb_expected_curve *c = &fit->curve[g];
    lb_mem_free(c->time);
    lb_mem_free(c->n_risk);
    lb_mem_free(c->n_event);
    lb_mem_free(c->n_censor);
    lb_mem_free(c->cumulative);
    lb_mem_free(c->survival);
    lb_mem_free(c->variance);
  }
  lb_mem_free(fit->curve);
  *fit = (lb_expected){0};
}
