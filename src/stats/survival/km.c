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
  case LB_KM_LOG_LOG:
    *low = exp(log(s) * exp(z.half_low / -log(s)));
    *high = exp(log(s) / exp(z.half / -log(s)));
    return;
  case LB_KM_LOG:
  case LB_KM_LOG_PETO:
    *low = s * exp(-z.half_low);
    *high = clip(s * exp(z.half));
    return;
  case LB_KM_PLAIN:
    *low = clip(s - s * z.half_low);
    *high = clip(s + s * z.half);
    return;
  case LB_KM_LOGIT: {
    double factor = exp(z.half / (1 - s));
    *low = s / (s + (1 - s) * exp(z.half_low / (1 - s)));
    *high = s * factor / (s * factor + (1 - s));
    if (isinf(factor)) *high = 1;
    return;
  }
  case LB_KM_ARCSINE: {
    double angle = asin(sqrt(s)), width = sqrt(s / (1 - s)) / 2;
    *low = pow(sin(fmax(0, angle - z.half_low * width)), 2);
    *high = pow(sin(fmin(M_PI_2, angle + z.half * width)), 2);
    return;
  }
  }
}

/* z times the standard error of log S, for the lower limit. */
static double half_low(const lb_km_curve *c, size_t i, double half, double z, const lb_km *km,
                       double lag)
{
  bool peto = km->conf_lower == LB_KM_LOWER_PETO || km->conf_type == LB_KM_LOG_PETO;
  if (peto) return z * sqrt((1 - c->survival[i]) / c->n_risk[i]);
  return km->conf_lower == LB_KM_LOWER_MODIFIED ? half * sqrt(lag / c->n_risk[i]) : half;
}

void km_set_limits(const lb_km_curve *c, size_t i, double sum, double z, const lb_km *km,
                   double lag)
{
  double s = c->survival[i], half = z * sqrt(sum);
  c->std_error[i] = s > 0 ? s * sqrt(sum) : NAN;
  if (isnan(sum))
    c->conf_low[i] = c->conf_high[i] = (double)NAN;
  else if (s > 0 && s < 1)
    km_limits(s, (km_half){half, half_low(c, i, half, z, km, lag)}, km->conf_type, &c->conf_low[i],
              &c->conf_high[i]);
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

/* Limits at each time, in any scale. */
static void set_limits(const lb_km_curve *c, const walk *w, const lb_km *km, double z)
{
  double lag = c->n_time > 0 ? c->n_risk[0] : 0;
  for (size_t i = 0; i < c->n_time; i++) {
    if (c->n_event[i] > 0) lag = c->n_risk[i];
    km_set_limits(c, i, w->variance[i], z, km, lag);
  }
}

/* d events, those of `rows` rows, one after another: each takes its share of the weight. */
static lb_status fleming_step(double n, double d, double rows, double *hazard, double *variance,
                              lb_error *err)
{
  if (rows != floor(rows)) {
    lb_error_set(err, LB_EDATA, "the numbers of events are not whole: their order has no meaning");
    lb_error_mend(err, "Use type = \"nelson-aalen\" with weights.");
    return LB_EDATA;
  }
  double share = d / rows;
  size_t count = (size_t)rows;
  for (size_t k = 0; k < count; k++) {
    double left = n - (double)k * share;
    *hazard += share / left;
    *variance += share / (left * left);
  }
  return LB_OK;
}

/* S and the variance of its logarithm by cumulative hazards; `rows` as in km_fit_set. */
static lb_status walk_hazard(lb_km_curve *c, walk *w, lb_km_type type, const double *rows,
                             lb_error *err)
{
  double hazard = 0, variance = 0;
  for (size_t i = 0; i < c->n_time; i++) {
    double n = c->n_risk[i], d = c->n_event[i];
    if (d > 0 && type == LB_KM_NELSON_AALEN) {
      hazard += d / n;
      variance += d / (n * n);
    } else if (d > 0) {
      lb_status st = fleming_step(n, d, rows == NULL ? d : rows[i], &hazard, &variance, err);
      if (st != LB_OK) return st;
    }
    c->survival[i] = exp(-hazard);
    w->variance[i] = variance;
  }
  return LB_OK;
}

/* The same by the product limit. The variance is infinite once n = d, where S is 0 and has no
 * standard error. */
static void walk_product(lb_km_curve *c, walk *w)
{
  double survival = 1, sum = 0;
  lb_km_factors(c->n_risk, c->n_event, c->n_time, w->factor, w->variance);
  for (size_t i = 0; i < c->n_time; i++) {
    c->survival[i] = survival *= w->factor[i];
    w->variance[i] = sum += w->variance[i];
  }
}

/* Standard errors and limits are another. */
static lb_status alloc_errors(lb_km_curve *c, lb_error *err)
{
  c->std_error = lb_mem_array(c->n_time, 3 * sizeof *c->std_error);
  if (c->std_error == NULL) return lb_error_nomem(err, "survival curve");
  c->conf_low = c->std_error + c->n_time;
  c->conf_high = c->conf_low + c->n_time;
  return LB_OK;
}

/* Walks the times of one group forwards. */
static lb_status walk_curve(lb_km_curve *c, const lb_km *km, const double *rows, lb_error *err)
{
  double z = lb_z_value(km->conf_level);
  lb_status st = LB_OK;
  walk w = {0};
  if (!walk_alloc(&w, c->n_time)) {
    walk_reset(&w);
    return lb_error_nomem(err, "survival curve");
  }
  c->event_total = 0;
  for (size_t i = 0; i < c->n_time; i++) c->event_total += c->n_event[i];
  if (km->type == LB_KM_PRODUCT)
    walk_product(c, &w);
  else
    st = walk_hazard(c, &w, km->type, rows, err);
  if (st != LB_OK || km->no_errors) goto done;
  st = alloc_errors(c, err);
  if (st != LB_OK) goto done;
  if (km->conf_type == LB_KM_LOG_LOG && km->conf_lower == LB_KM_LOWER_USUAL) {
    lb_km_errors(c->survival, w.variance, c->n_time, c->std_error);
    set_log_log(c, &w, z);
  } else {
    set_limits(c, &w, km, z);
  }
done:
  walk_reset(&w);
  return st;
}

/* Distinct entry times of a group and the weight that has entered by each. */
static lb_status list_entries(lb_km_curve *c, const lb_surv *y, const lb_riskset *set, size_t group,
                              double start_time, lb_error *err)
{
  c->entry_time = lb_mem_zero(c->n, sizeof *c->entry_time);
  c->entry_weight = lb_mem_zero(c->n, sizeof *c->entry_weight);
  if (c->entry_time == NULL || c->entry_weight == NULL) return lb_error_nomem(err, "entry times");
  double total = 0;
  for (size_t k = set->class_row[group]; k < set->class_row[group + 1]; k++) {
    size_t row = set->by_entry[k];
    if (y->time[row] < start_time) continue;
    total += y->weight == NULL ? 1 : y->weight[row];
    if (c->n_entry == 0 || c->entry_time[c->n_entry - 1] != y->entry[row])
      c->entry_time[c->n_entry++] = y->entry[row];
    c->entry_weight[c->n_entry - 1] = total;
  }
  return LB_OK;
}

/* Times, counts and S are one block. */
static lb_status alloc_curve(lb_km_curve *c, lb_error *err)
{
  c->time = lb_mem_array(c->n_time, 5 * sizeof *c->time);
  if (c->time == NULL) return lb_error_nomem(err, "survival curve");
  c->n_risk = c->time + c->n_time;
  c->n_event = c->n_risk + c->n_time;
  c->n_censor = c->n_event + c->n_time;
  c->survival = c->n_censor + c->n_time;
  return LB_OK;
}

size_t km_skipped(const lb_riskset *set, size_t group, double start_time)
{
  size_t first = set->class_time[group], i = first;
  while (i < set->class_time[group + 1] && set->time[i] < start_time) i++;
  return i - first;
}

static lb_status fit_curve(lb_km_curve *c, const lb_riskset *set, size_t group, double start_time,
                           lb_error *err)
{
  size_t first = set->class_time[group] + km_skipped(set, group, start_time);
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

lb_status km_add_errors(const lb_km *km, size_t group, lb_error *err)
{
  lb_km full = *km;
  full.no_errors = false;
  return walk_curve(&km->curve[group], &full, NULL, err);
}

lb_status km_fit_set(const lb_riskset *set, const lb_surv *y, const double *rows, lb_km *km,
                     lb_error *err)
{
  km->curve = lb_mem_zero(set->n_class, sizeof *km->curve);
  if (km->curve == NULL) return lb_error_nomem(err, "survival curves");
  km->n_groups = set->n_class;
  for (size_t g = 0; g < km->n_groups; g++) {
    lb_km_curve *c = &km->curve[g];
    lb_status st = fit_curve(c, set, g, km->start_time, err);
    const double *own = rows == NULL ? NULL : rows + (set->class_time[g + 1] - c->n_time);
    if (st == LB_OK && y != NULL) st = list_entries(c, y, set, g, km->start_time, err);
    if (st == LB_OK) st = walk_curve(c, km, own, err);
    if (st == LB_OK && lb_interrupted()) st = lb_error_interrupted(err);
    if (st != LB_OK) return st;
  }
  return LB_OK;
}

/* The rows of each group from the start on, and their weight. */
static void sum_rows(lb_km *km, const lb_surv *y, const lb_partition *groups)
{
  if (y->weight == NULL && !(km->start_time > 0)) {
    for (size_t g = 0; g < km->n_groups; g++) km->curve[g].weight_total = (double)km->curve[g].n;
    return;
  }
  for (size_t g = 0; g < km->n_groups; g++) km->curve[g].n = 0;
  for (size_t i = 0; i < y->n; i++) {
    lb_km_curve *c = &km->curve[lb_partition_class(groups, i)];
    if (y->time[i] < km->start_time) continue;
    c->n++;
    c->weight_total += y->weight == NULL ? 1 : y->weight[i];
  }
}

/* The same of rows that are counted: each leaves at a time of the curve. */
static void sum_counts(lb_km *km)
{
  for (size_t g = 0; g < km->n_groups; g++) {
    lb_km_curve *c = &km->curve[g];
    c->n = c->n_time > 0 ? (size_t)c->n_risk[0] : 0;
    c->weight_total = (double)c->n;
  }
}

/* Takes the set. */
static lb_status finish(lb_km km, const lb_surv *y, lb_riskset *set, const double *rows, lb_km *out,
                        lb_error *err)
{
  lb_status st = km_fit_set(set, y, rows, &km, err);
  lb_riskset_reset(set);
  if (st == LB_OK)
    *out = km;
  else
    lb_km_reset(&km);
  return st;
}

static lb_km with_options(const lb_km_options *opt)
{
  return (lb_km){.conf_level = opt->conf_level,
                 .conf_type = opt->conf_type,
                 .type = opt->type,
                 .conf_lower = opt->conf_lower,
                 .start_time = opt->start_time};
}

static void count_before(lb_km *km)
{
  km->n_before = km->n_used;
  for (size_t g = 0; g < km->n_groups; g++) km->n_before -= km->curve[g].n;
}

lb_status km_check_options(const lb_km_options *opt, lb_error *err)
{
  if ((unsigned)opt->conf_type > LB_KM_LOG_PETO)
    return lb_error_set(err, LB_EARG, "unknown conf_type of a survival curve");
  if ((unsigned)opt->type > LB_KM_FLEMING)
    return lb_error_set(err, LB_EARG, "unknown type of a survival curve");
  if ((unsigned)opt->conf_lower > LB_KM_LOWER_MODIFIED)
    return lb_error_set(err, LB_EARG, "unknown conf_lower of a survival curve");
  if (!(opt->start_time >= 0 && isfinite(opt->start_time)))
    return lb_error_set(err, LB_EARG, "start_time is %g, expected a time", opt->start_time);
  return lb_conf_level_check(opt->conf_level, err);
}

/* Rows with the event at each time; the set of the same rows with weights has the same times. */
static lb_status count_rows(const lb_surv *y, const lb_partition *groups, const lb_km_options *opt,
                            lb_riskset *set, lb_error *err)
{
  if (opt->type != LB_KM_FLEMING || y->weight == NULL || !opt->case_weights) return LB_OK;
  lb_surv plain = *y;
  plain.weight = NULL;
  return lb_riskset_count(&plain, groups, set, err);
}

static const lb_km_options DEFAULTS = LB_KM_DEFAULTS;

lb_status lb_km_fit(const lb_surv *y, const lb_partition *groups, const lb_km_options *opt,
                    lb_km *out, lb_error *err)
{
  lb_riskset set = {0}, plain = {0};
  if (opt == NULL) opt = &DEFAULTS;
  lb_status st = km_check_options(opt, err);
  if (st == LB_OK) st = count_rows(y, groups, opt, &plain, err);
  if (st == LB_OK) st = lb_riskset_count(y, groups, &set, err);
  if (st != LB_OK) goto done;
  lb_km km = with_options(opt);
  km.n_used = y->n;
  km.n_missing = y->n_missing;
  for (size_t i = 0; i < y->n; i++) km.n_time_zero += y->time[i] == 0;
  st = finish(km, y->entry == NULL ? NULL : y, &set, plain.n_event, out, err);
  if (st != LB_OK) goto done;
  sum_rows(out, y, groups);
  count_before(out);
done:
  lb_riskset_reset(&plain);
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
  lb_km km = with_options(opt);
  km.n_used = counts->n;
  km.n_missing = counts->n_missing;
  for (size_t c = 0; counts->days > 0 && c < counts->n_class; c++) {
    const uint32_t *first = counts->count + c * counts->days * 2;
    km.n_time_zero += (size_t)first[0] + first[1];
  }
  st = finish(km, NULL, &set, NULL, out, err);
  if (st != LB_OK) return st;
  sum_counts(out);
  count_before(out);
  return LB_OK;
}

void lb_km_reset(lb_km *km)
{
  if (km == NULL) return;
  for (size_t g = 0; g < km->n_groups; g++) {
    lb_km_curve *c = &km->curve[g];
    lb_mem_free(c->time);
    lb_mem_free(c->std_error);
    lb_mem_free(c->entry_time);
    lb_mem_free(c->entry_weight);
  }
  lb_mem_free(km->curve);
  *km = (lb_km){0};
}
