/* km.c - Kaplan-Meier curves: the product-limit estimate, Greenwood's variance and pointwise
 * limits. */
#include "stats/survival/km.h"

#include "base/interrupt.h"
#include "base/mem.h"
#include "stats/interval.h"
#include "stats/survival/km_work.h"
#include "stats/survival/riskset.h"

#include <math.h>

static double clip(double p)
{
  return p < 0 ? 0 : p > 1 ? 1 : p;
}

/* z times the standard error of log S becomes limits of S; 0 < S < 1. */
static void limits_inside(const lb_km_curve *c, size_t i, double half, double z, lb_km_conf type)
{
  double s = c->survival[i], *low = &c->conf_low[i], *high = &c->conf_high[i];
  switch (type) {
  case LB_KM_LOG_LOG: {
    double factor = exp(half / -log(s));
    *low = exp(log(s) * factor);
    *high = exp(log(s) / factor);
    return;
  }
  case LB_KM_LOG:
  case LB_KM_LOG_PETO:
    *low = s * exp(-(type == LB_KM_LOG ? half : z * sqrt((1 - s) / c->n_risk[i])));
    *high = clip(s * exp(half));
    return;
  case LB_KM_PLAIN:
    *low = clip(s - s * half);
    *high = clip(s + s * half);
    return;
  case LB_KM_LOGIT: {
    double factor = exp(half / (1 - s));
    *low = s / (s + (1 - s) * factor);
    *high = s * factor / (s * factor + (1 - s));
    if (isinf(factor)) *high = 1;
    return;
  }
  case LB_KM_ARCSINE: {
    double angle = asin(sqrt(s)), width = half * sqrt(s / (1 - s)) / 2;
    *low = pow(sin(fmax(0, angle - width)), 2);
    *high = pow(sin(fmin(M_PI_2, angle + width)), 2);
    return;
  }
  }
}

void km_set_limits(const lb_km_curve *c, size_t i, double sum, double z, lb_km_conf type)
{
  double s = c->survival[i];
  c->std_error[i] = s > 0 ? s * sqrt(sum) : NAN;
  if (s > 0 && s < 1)
    limits_inside(c, i, z * sqrt(sum), z, type);
  else
    c->conf_low[i] = c->conf_high[i] = s > 0 ? 1 : NAN;
}

/* Walks the times of one group forwards. */
static void walk_curve(lb_km_curve *c, const lb_km_options *opt)
{
  double z = lb_z_value(opt->conf_level), survival = 1, sum = 0;
  for (size_t i = 0; i < c->n_time; i++) {
    double n = c->n_risk[i], d = c->n_event[i];
    if (d > 0) {
      survival *= (n - d) / n;
      sum += d / (n * (n - d)); /* infinite once n = d, where S is 0 and has no standard error */
      c->event_total += d;
    }
    c->survival[i] = survival;
    km_set_limits(c, i, sum, z, opt->conf_type);
  }
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
    *array[k] = lb_mem_zero(c->n_time, sizeof(double));
    if (*array[k] == NULL) return lb_error_nomem(err, "survival curve");
  }
  return LB_OK;
}

static lb_status fit_curve(lb_km_curve *c, const lb_surv *y, const lb_riskset *set, size_t group,
                           lb_error *err)
{
  size_t first = set->class_time[group];
  c->n = set->class_row[group + 1] - set->class_row[group];
  c->n_time = set->class_time[group + 1] - first;
  lb_status st = alloc_curve(c, err);
  if (st != LB_OK) return st;
  for (size_t i = 0; i < c->n_time; i++) {
    c->time[i] = set->time[first + i];
    c->n_risk[i] = set->n_risk[first + i];
    c->n_event[i] = set->n_event[first + i];
    c->n_censor[i] = set->n_censor[first + i];
  }
  return y->entry == NULL ? LB_OK : list_entries(c, y, set, group, err);
}

static size_t count_time_zero(const lb_surv *y)
{
  size_t count = 0;
  for (size_t i = 0; i < y->n; i++) count += y->time[i] == 0;
  return count;
}

lb_status lb_km_fit(const lb_surv *y, const lb_partition *groups, const lb_km_options *opt,
                    lb_km *out, lb_error *err)
{
  static const lb_km_options DEFAULTS = LB_KM_DEFAULTS;
  if (opt == NULL) opt = &DEFAULTS;
  lb_km km = {.n_missing = y->n_missing, .conf_level = opt->conf_level, .n_used = y->n};
  lb_riskset set = {0};
  if ((unsigned)opt->conf_type > LB_KM_LOG_PETO)
    return lb_error_set(err, LB_EARG, "unknown conf_type of a survival curve");
  lb_status st = lb_conf_level_check(opt->conf_level, err);
  if (st == LB_OK) st = lb_riskset_count(y, groups, &set, err);
  if (st != LB_OK) return st;
  km.conf_type = opt->conf_type;
  km.n_time_zero = count_time_zero(y);
  km.curve = lb_mem_zero(set.n_class, sizeof *km.curve);
  if (km.curve == NULL) {
    st = lb_error_nomem(err, "survival curves");
    goto done;
  }
  km.n_groups = set.n_class;
  for (size_t g = 0; g < km.n_groups; g++) {
    st = fit_curve(&km.curve[g], y, &set, g, err);
    if (st != LB_OK) goto done;
    walk_curve(&km.curve[g], opt);
    if (lb_interrupted()) {
      st = lb_error_interrupted(err);
      goto done;
    }
  }
  *out = km;
  km = (lb_km){0};
done:
  lb_km_reset(&km);
  lb_riskset_reset(&set);
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
