/* km.c - Kaplan-Meier curves: the product-limit estimate, Greenwood's variance and pointwise
 * limits. */
#include "stats/survival/km.h"

#include "base/interrupt.h"
#include "base/mem.h"
#include "stats/interval.h"
#include "stats/survival/km_kernel.h"
#include "stats/survival/km_work.h"
#include "stats/survival/riskset.h"

#include <math.h>
#include <string.h>

static double clip(double p)
{
  return p < 0 ? 0 : p > 1 ? 1 : p;
}

void km_limits(double s, km_half z, lb_km_conf type, double *low, double *high)
{
  switch (type) {
  case LB_KM_LOG_LOG: {
    double factor = exp(z.half / -log(s));
    *low = exp(log(s) * factor);
    *high = exp(log(s) / factor);
    return;
  }
  case LB_KM_LOG:
  case LB_KM_LOG_PETO:
    *low = s * exp(-z.half_low);
    *high = clip(s * exp(z.half));
    return;
  case LB_KM_PLAIN:
    *low = clip(s - s * z.half);
    *high = clip(s + s * z.half);
    return;
  case LB_KM_LOGIT: {
    double factor = exp(z.half / (1 - s));
    *low = s / (s + (1 - s) * factor);
    *high = s * factor / (s * factor + (1 - s));
    if (isinf(factor)) *high = 1;
    return;
  }
  case LB_KM_ARCSINE: {
    double angle = asin(sqrt(s)), width = z.half * sqrt(s / (1 - s)) / 2;
    *low = pow(sin(fmax(0, angle - width)), 2);
    *high = pow(sin(fmin(M_PI_2, angle + width)), 2);
    return;
  }
  }
}

/* z times the standard error of log S becomes limits of S; 0 < S < 1. */
static void limits_inside(const lb_km_curve *c, size_t i, double half, double z, lb_km_conf type)
{
  double s = c->survival[i];
  double low = type == LB_KM_LOG_PETO ? z * sqrt((1 - s) / c->n_risk[i]) : half;
  km_limits(s, (km_half){half, low}, type, &c->conf_low[i], &c->conf_high[i]);
}

void km_set_limits(const lb_km_curve *c, size_t i, double sum, double z, lb_km_conf type)
{
  double s = c->survival[i];
  c->std_error[i] = s > 0 ? s * sqrt(sum) : NAN;
  if (isnan(sum))
    c->conf_low[i] = c->conf_high[i] = (double)NAN;
  else if (s > 0 && s < 1)
    limits_inside(c, i, z * sqrt(sum), z, type);
  else
    c->conf_low[i] = c->conf_high[i] = s > 0 ? 1 : NAN;
}

/* Room for the walk through a curve of n times. */
typedef struct walk {
  double *factor, *variance;     /* of the product limit; of log S */
  double *half, *log_s, *limits; /* 1, 1 and 2 n */
  uint32_t *place;               /* times with an event where 0 < S < 1 */
} walk;

static bool walk_alloc(walk *w, size_t n)
{
  w->factor = lb_mem_array(n, 6 * sizeof *w->factor);
  w->place = lb_mem_array(n, sizeof *w->place);
  if (w->factor == NULL || w->place == NULL) return false;
  w->variance = w->factor + n;
  w->half = w->variance + n;
  w->log_s = w->half + n;
  w->limits = w->log_s + n;
  return true;
}

static void walk_reset(walk *w)
{
  lb_mem_free(w->factor);
  lb_mem_free(w->place);
}

/* The default limits, many at once; a censoring does not change them. */
static void set_log_log(lb_km_curve *c, walk *w, double z)
{
  size_t n = 0;
  for (size_t i = 0; i < c->n_time; i++) {
    w->place[n] = (uint32_t)i;
    w->half[n] = w->variance[i];
    n += c->n_event[i] > 0 && c->survival[i] > 0 && c->survival[i] < 1;
  }
  for (size_t k = 0; k < n; k++) w->limits[n + k] = c->survival[w->place[k]];
  lb_km_widths(w->half, n, z);
  lb_km_log_log(w->half, w->log_s, w->limits, n);
  double low = 1, high = 1;
  for (size_t i = 0, k = 0; i < c->n_time; i++) {
    if (k < n && w->place[k] == i) {
      low = w->limits[k];
      high = w->limits[n + k++];
    }
    if (!(c->survival[i] > 0)) low = high = NAN;
    c->conf_low[i] = low;
    c->conf_high[i] = high;
  }
}

/* Walks the times of one group forwards. The variance is infinite once n = d, where S is 0 and has
 * no standard error. */
static lb_status walk_curve(lb_km_curve *c, const lb_km_options *opt, lb_error *err)
{
  double z = lb_z_value(opt->conf_level), survival = 1, sum = 0, events = 0;
  walk w = {0};
  if (!walk_alloc(&w, c->n_time)) {
    walk_reset(&w);
    return lb_error_nomem(err, "survival curve");
  }
  lb_km_factors(c->n_risk, c->n_event, c->n_time, w.factor, w.variance);
  for (size_t i = 0; i < c->n_time; i++) {
    events += c->n_event[i];
    c->survival[i] = survival *= w.factor[i];
    w.variance[i] = sum += w.variance[i];
  }
  c->event_total = events;
  if (opt->conf_type == LB_KM_LOG_LOG) {
    lb_km_errors(c->survival, w.variance, c->n_time, c->std_error);
    set_log_log(c, &w, z);
  } else {
    for (size_t i = 0; i < c->n_time; i++) km_set_limits(c, i, w.variance[i], z, opt->conf_type);
  }
  walk_reset(&w);
  return LB_OK;
}

/* Distinct entry times of a group and the weight that has entered by each. */
static lb_status list_entries(lb_km_curve *c, const lb_surv *y, const lb_riskset *set, size_t group,
                              lb_error *err)
{
  c->entry_time = lb_mem_zero(c->n, sizeof *c->entry_time);
  c->entry_weight = lb_mem_zero(c->n, sizeof *c->entry_weight);
  if (c->entry_time == NULL || c->entry_weight == NULL) return lb_error_nomem(err, "entry times");
  double total = 0;
  for (size_t k = set->class_row[group]; k < set->class_row[group + 1]; k++) {
    size_t row = set->by_entry[k];
    total += y->weight == NULL ? 1 : y->weight[row];
    if (c->n_entry == 0 || c->entry_time[c->n_entry - 1] != y->entry[row])
      c->entry_time[c->n_entry++] = y->entry[row];
    c->entry_weight[c->n_entry - 1] = total;
  }
  return LB_OK;
}

static lb_status alloc_curve(lb_km_curve *c, lb_error *err)
{
  double **array[] = {&c->time,     &c->n_risk,    &c->n_event,  &c->n_censor,
                      &c->survival, &c->std_error, &c->conf_low, &c->conf_high};
  for (size_t k = 0; k < sizeof array / sizeof array[0]; k++) {
    *array[k] = lb_mem_array(c->n_time, sizeof(double));
    if (*array[k] == NULL) return lb_error_nomem(err, "survival curve");
  }
  return LB_OK;
}

static lb_status fit_curve(lb_km_curve *c, const lb_riskset *set, size_t group, lb_error *err)
{
  size_t first = set->class_time[group];
  c->n = set->class_row[group + 1] - set->class_row[group];
  c->n_time = set->class_time[group + 1] - first;
  lb_status st = alloc_curve(c, err);
  if (st != LB_OK) return st;
  if (c->n_time == 0) return LB_OK;
  memcpy(c->time, set->time + first, c->n_time * sizeof *c->time);
  memcpy(c->n_risk, set->n_risk + first, c->n_time * sizeof *c->n_risk);
  memcpy(c->n_event, set->n_event + first, c->n_time * sizeof *c->n_event);
  memcpy(c->n_censor, set->n_censor + first, c->n_time * sizeof *c->n_censor);
  return LB_OK;
}

lb_status km_fit_set(const lb_riskset *set, const lb_surv *y, lb_km *km, lb_error *err)
{
  const lb_km_options opt = {km->conf_level, km->conf_type};
  km->curve = lb_mem_zero(set->n_class, sizeof *km->curve);
  if (km->curve == NULL) return lb_error_nomem(err, "survival curves");
  km->n_groups = set->n_class;
  for (size_t g = 0; g < km->n_groups; g++) {
    lb_km_curve *c = &km->curve[g];
    lb_status st = fit_curve(c, set, g, err);
    if (st == LB_OK && y != NULL) st = list_entries(c, y, set, g, err);
    if (st == LB_OK) st = walk_curve(c, &opt, err);
    if (st == LB_OK && lb_interrupted()) st = lb_error_interrupted(err);
    if (st != LB_OK) return st;
  }
  return LB_OK;
}

/* The weight of the rows of each group. */
static void sum_weights(lb_km *km, const lb_surv *y, const lb_partition *groups)
{
  for (size_t g = 0; g < km->n_groups; g++) km->curve[g].weight_total = (double)km->curve[g].n;
  if (y == NULL || y->weight == NULL) return;
  for (size_t g = 0; g < km->n_groups; g++) km->curve[g].weight_total = 0;
  for (size_t i = 0; i < y->n; i++)
    km->curve[lb_partition_class(groups, i)].weight_total += y->weight[i];
}

/* Takes the set. */
static lb_status finish(lb_km km, const lb_surv *y, lb_riskset *set, lb_km *out, lb_error *err)
{
  lb_status st = km_fit_set(set, y, &km, err);
  lb_riskset_reset(set);
  if (st == LB_OK)
    *out = km;
  else
    lb_km_reset(&km);
  return st;
}

lb_status km_check_options(const lb_km_options *opt, lb_error *err)
{
  if ((unsigned)opt->conf_type > LB_KM_LOG_PETO)
    return lb_error_set(err, LB_EARG, "unknown conf_type of a survival curve");
  return lb_conf_level_check(opt->conf_level, err);
}

static const lb_km_options DEFAULTS = LB_KM_DEFAULTS;

lb_status lb_km_fit(const lb_surv *y, const lb_partition *groups, const lb_km_options *opt,
                    lb_km *out, lb_error *err)
{
  lb_riskset set = {0};
  if (opt == NULL) opt = &DEFAULTS;
  lb_status st = km_check_options(opt, err);
  if (st == LB_OK) st = lb_riskset_count(y, groups, &set, err);
  if (st != LB_OK) return st;
  lb_km km = {.n_used = y->n, .n_missing = y->n_missing};
  km.conf_level = opt->conf_level;
  km.conf_type = opt->conf_type;
  for (size_t i = 0; i < y->n; i++) km.n_time_zero += y->time[i] == 0;
  st = finish(km, y->entry == NULL ? NULL : y, &set, out, err);
  if (st == LB_OK) sum_weights(out, y, groups);
  return st;
}

lb_status lb_km_fit_counts(const lb_surv_counts *counts, const lb_km_options *opt, lb_km *out,
                           lb_error *err)
{
  lb_riskset set = {0};
  if (opt == NULL) opt = &DEFAULTS;
  lb_status st = km_check_options(opt, err);
  if (st == LB_OK) st = lb_riskset_from_counts(counts, &set, err);
  if (st != LB_OK) return st;
  lb_km km = {.n_used = counts->n, .n_missing = counts->n_missing};
  km.conf_level = opt->conf_level;
  km.conf_type = opt->conf_type;
  for (size_t c = 0; counts->days > 0 && c < counts->n_class; c++) {
    const uint32_t *first = counts->count + c * counts->days * 2;
    km.n_time_zero += (size_t)first[0] + first[1];
  }
  st = finish(km, NULL, &set, out, err);
  if (st == LB_OK) sum_weights(out, NULL, NULL);
  return st;
}

void lb_km_reset(lb_km *km)
{
  if (km == NULL) return;
  for (size_t g = 0; g < km->n_groups; g++) {
    lb_km_curve *c = &km->curve[g];
    double *array[] = {c->time,      c->n_risk,   c->n_event,   c->n_censor,   c->survival,
                       c->std_error, c->conf_low, c->conf_high, c->entry_time, c->entry_weight};
    for (size_t k = 0; k < sizeof array / sizeof array[0]; k++) lb_mem_free(array[k]);
  }
  lb_mem_free(km->curve);
  *km = (lb_km){0};
}
