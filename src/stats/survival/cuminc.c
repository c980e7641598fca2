/* cuminc.c - cumulative incidence of competing causes: estimates, variances, pointwise limits. */
#include "stats/survival/cuminc.h"

#include "base/interrupt.h"
#include "base/mem.h"
#include "stats/interval.h"
#include "stats/survival/cuminc_kernel.h"
#include "stats/survival/cuminc_work.h"
#include "stats/survival/km_kernel.h"
#include "stats/survival/km_work.h"

#include <math.h>
#include <string.h>

/* ---- Estimates and variances ---- */

/* Sum of a + b h + c h^2 over the times so far: its value, its derivative by F, and half of the
 * second. F only grows, and the sums move along: nothing is taken from a larger number. */
typedef struct moments {
  double value, slope, curvature;
} moments;

static void move(moments *m, double step)
{
  m->value += step * m->slope + step * step * m->curvature;
  m->slope += 2 * step * m->curvature;
}

/* Events at one time. */
typedef struct jump {
  double n, d, cause;   /* at risk, events, events of the cause */
  double before, after; /* S */
  double inverse;       /* 1 / n */
  double spread;        /* d / (n (n - d)), 0 once S is 0 */
} jump;

static void add_greenwood(moments *m, const jump *j)
{
  double squared = j->cause * j->inverse * j->inverse;
  m->value += j->before * j->before * squared * ((j->n - j->cause) * j->inverse);
  m->slope -= 2 * j->before * squared;
  m->curvature += j->spread;
}

/* v = d (n - d) / ((n - 1) n^2); of one event alone, or less by weights, d / n^2. */
static double hypergeometric(double d, double n)
{
  double squared = d / (n * n);
  return d > 1 ? squared * (n - d) / (n - 1) : squared;
}

static void add_aalen(moments *m, const jump *j)
{
  double mine = hypergeometric(j->cause, j->n), other = hypergeometric(j->d - j->cause, j->n);
  double r = j->after > 0 ? j->before / j->after : 0;
  m->value += j->before * j->before * mine;
  m->slope -= 2 * j->before * r * mine;
  m->curvature += r * r * (mine + other);
}

/* Walks the times of a group forwards for one cause; std_error, which is left for the jackknife,
 * has the variance, which stays where there is no step. */
static void walk_cause(const lb_cuminc *fit, size_t group, size_t cause, const double *shared)
{
  const lb_km_curve *any = &fit->any.curve[group];
  size_t first = cause * any->n_time;
  const lb_cuminc_curve *c = &fit->curve[group];
  moments sum = {0};
  double incidence = 0, before = 1;
  for (size_t i = 0; i < any->n_time; i++) {
    jump j = {.n = any->n_risk[i],
              .d = any->n_event[i],
              .cause = c->n_event[first + i],
              .before = before,
              .after = any->survival[i],
              .inverse = shared[i],
              .spread = shared[any->n_time + i]};
    if (j.d > 0 && before > 0) {
      double step = before * j.cause * j.inverse;
      if (step > 0) move(&sum, step);
      incidence += step;
      if (fit->variance == LB_CUMINC_GREENWOOD) add_greenwood(&sum, &j);
      if (fit->variance == LB_CUMINC_AALEN) add_aalen(&sum, &j);
    }
    before = j.after;
    c->estimate[first + i] = incidence;
    c->std_error[first + i] = sum.value;
  }
}

/* One cause is 1 - S to the last bit. */
static void close_sum(const lb_cuminc *fit, size_t group)
{
  const lb_km_curve *any = &fit->any.curve[group];
  const lb_cuminc_curve *c = &fit->curve[group];
  for (size_t i = 0; fit->n_cause == 1 && i < any->n_time; i++)
    c->estimate[i] = 1 - any->survival[i];
}

/* ---- Limits ---- */

/* Where F is 0 or 1 there are no limits to compute. */
static bool is_edge(double estimate)
{
  return !(estimate > 0 && estimate < 1);
}

static double edge_limit(double estimate)
{
  return estimate > 0 ? (double)NAN : 0;
}

/* Limits of n estimates inside (0, 1): half is z times their standard error over them, and is used
 * up, limits first has the estimates, then n lower limits and n upper ones. On the log-log scale
 * many at once. */
static void find_limits(lb_km_conf type, double *half, double *log_f, double *limits, size_t n)
{
  if (type == LB_KM_LOG_LOG) {
    memcpy(limits + n, limits, n * sizeof *limits);
    lb_km_log_log(half, log_f, limits, n);
    return;
  }
  for (size_t k = 0; k < n; k++)
    km_limits(limits[k], (km_half){half[k], half[k]}, type, &limits[k], &limits[n + k]);
}

/* What an event of another cause, or a censoring, does not change is copied. */
static bool is_same(const lb_cuminc_curve *c, size_t first, size_t i)
{
  size_t k = first + i;
  return i > 0 && c->estimate[k] == c->estimate[k - 1] && c->std_error[k] == c->std_error[k - 1];
}

/* Limits of n_time values from `first` on, in room for 4 n_time numbers and as many places. */
static void set_limits(const lb_cuminc *fit, size_t group, size_t first, double *room,
                       uint32_t *place)
{
  const lb_cuminc_curve *c = &fit->curve[group];
  size_t n_time = fit->any.curve[group].n_time, n = 0;
  double z = lb_z_value(fit->any.conf_level);
  double *half = room, *limits = room + 2 * n_time;
  for (size_t i = 0; i < n_time; i++) {
    size_t k = first + i;
    if (is_same(c, first, i) || is_edge(c->estimate[k])) continue;
    half[n] = z * c->std_error[k] / c->estimate[k];
    limits[n] = c->estimate[k];
    place[n++] = (uint32_t)i;
  }
  find_limits(fit->any.conf_type, half, room + n_time, limits, n);
  for (size_t i = 0, k = 0; i < n_time; i++) {
    double *low = c->conf_low + first + i, *high = c->conf_high + first + i;
    if (k < n && place[k] == i) {
      *low = limits[k];
      *high = limits[n + k++];
    } else if (is_same(c, first, i)) {
      *low = low[-1];
      *high = high[-1];
    } else {
      *low = *high = edge_limit(c->estimate[first + i]);
    }
  }
}

lb_status lb_cuminc_limits(lb_cuminc *fit, size_t group, lb_error *err)
{
  lb_km_curve *any = &fit->any.curve[group];
  lb_cuminc_curve *c = &fit->curve[group];
  size_t n_time = any->n_time;
  if (c->conf_low != NULL) return LB_OK;
  lb_status st = any->std_error == NULL ? km_add_errors(&fit->any, group, err) : LB_OK;
  if (st != LB_OK) return st;
  uint32_t *place = lb_mem_array(n_time, sizeof *place);
  double *room = lb_mem_array(n_time, 4 * sizeof *room);
  double *limits = lb_mem_array(n_time * fit->n_cause, 2 * sizeof *limits);
  if (place != NULL && room != NULL && limits != NULL) {
    c->conf_low = limits;
    c->conf_high = limits + n_time * fit->n_cause;
    for (size_t k = 0; k < fit->n_cause; k++) set_limits(fit, group, k * n_time, room, place);
  } else {
    lb_mem_free(limits);
    st = lb_error_nomem(err, "cumulative incidence");
  }
  lb_mem_free(place);
  lb_mem_free(room);
  return st;
}

/* ---- The fit ---- */

/* The arrays of a group but its limits are one block. */
static lb_status alloc_curve(lb_cuminc_curve *c, size_t n_time, size_t n_cause, lb_error *err)
{
  size_t cells = n_time * n_cause;
  c->n_event = lb_mem_array(cells, 3 * sizeof *c->n_event);
  if (c->n_event == NULL) return lb_error_nomem(err, "cumulative incidence");
  c->estimate = c->n_event + cells;
  c->std_error = c->estimate + cells;
  return LB_OK;
}

static lb_status fit_group(lb_cuminc *fit, const lb_riskset *set, size_t group, lb_error *err)
{
  const lb_km_curve *any = &fit->any.curve[group];
  size_t n_time = any->n_time, first = set->class_time[group];
  lb_cuminc_curve *c = &fit->curve[group];
  lb_status st = alloc_curve(c, n_time, fit->n_cause, err);
  if (st != LB_OK) return st;
  for (size_t k = 0; k < fit->n_cause; k++)
    for (size_t i = 0; i < n_time; i++)
      c->n_event[k * n_time + i] = set->cause_event[(first + i) * fit->n_cause + k];
  double *shared = lb_mem_array(n_time, 2 * sizeof *shared);
  if (shared == NULL) return lb_error_nomem(err, "cumulative incidence");
  cuminc_share(any->n_risk, any->n_event, any->survival, n_time, shared, shared + n_time);
  for (size_t k = 0; k < fit->n_cause; k++) walk_cause(fit, group, k, shared);
  cuminc_roots(c->std_error, n_time * fit->n_cause);
  lb_mem_free(shared);
  close_sum(fit, group);
  return lb_interrupted() ? lb_error_interrupted(err) : LB_OK;
}

static lb_status check_options(const lb_cuminc_options *opt, bool causes, lb_error *err)
{
  const lb_km_options km = {.conf_level = opt->conf_level, .conf_type = opt->conf_type};
  if (!causes) return lb_error_set(err, LB_EARG, "cumulative incidence needs causes");
  if (opt->conf_type == LB_KM_LOG_PETO || (unsigned)opt->variance > LB_CUMINC_JACKKNIFE)
    return lb_error_set(err, LB_EARG, "unknown conf_type or variance of cumulative incidence");
  return km_check_options(&km, err);
}

/* Takes the set. y NULL: counted, without late entry and jackknife. */
static lb_status fit_set(const lb_surv *y, const lb_partition *cluster, lb_riskset *set,
                         lb_cuminc *fit, lb_error *err)
{
  fit->n_cause = set->n_cause;
  lb_status st = km_fit_set(set, y == NULL || y->entry == NULL ? NULL : y, NULL, &fit->any, err);
  if (st == LB_OK) {
    fit->curve = lb_mem_zero(fit->any.n_groups, sizeof *fit->curve);
    if (fit->curve == NULL) st = lb_error_nomem(err, "cumulative incidence");
  }
  for (size_t g = 0; st == LB_OK && g < fit->any.n_groups; g++) st = fit_group(fit, set, g, err);
  if (st == LB_OK && fit->variance == LB_CUMINC_JACKKNIFE)
    st = cuminc_jackknife(y, set, cluster, fit, err);
  for (size_t g = 0; st == LB_OK && g < fit->any.n_groups; g++)
    cuminc_close(fit->curve[g].estimate, fit->n_cause * fit->any.curve[g].n_time,
                 fit->curve[g].std_error);
  lb_riskset_reset(set);
  return st;
}

static const lb_cuminc_options DEFAULTS = LB_CUMINC_DEFAULTS;

static lb_cuminc start(const lb_cuminc_options *opt, size_t n, size_t n_missing)
{
  lb_cuminc fit = {.variance = opt->variance};
  fit.any.no_errors = true;
  fit.any.n_used = n;
  fit.any.n_missing = n_missing;
  fit.any.conf_level = opt->conf_level;
  fit.any.conf_type = opt->conf_type;
  return fit;
}

lb_status lb_cuminc_fit(const lb_surv *y, const lb_partition *groups, const lb_partition *cluster,
                        const lb_cuminc_options *opt, lb_cuminc *out, lb_error *err)
{
  lb_riskset set = {0};
  if (opt == NULL) opt = &DEFAULTS;
  lb_status st = check_options(opt, y->cause != NULL && y->n_cause > 0, err);
  if (st == LB_OK) st = lb_partition_check(cluster, y->n, "cluster", err);
  if (st == LB_OK) st = lb_riskset_sort(y, groups, &set, err);
  if (st != LB_OK) return st;
  lb_cuminc fit = start(opt, y->n, y->n_missing);
  for (size_t i = 0; i < y->n; i++) fit.any.n_time_zero += y->time[i] == 0;
  st = fit_set(y, cluster, &set, &fit, err);
  if (st == LB_OK)
    *out = fit;
  else
    lb_cuminc_reset(&fit);
  return st;
}

lb_status lb_cuminc_fit_counts(const lb_surv_counts *counts, const lb_cuminc_options *opt,
                               lb_cuminc *out, lb_error *err)
{
  lb_riskset set = {0};
  if (opt == NULL) opt = &DEFAULTS;
  lb_status st = check_options(opt, counts->n_cause > 0, err);
  if (st == LB_OK && opt->variance == LB_CUMINC_JACKKNIFE)
    st = lb_error_set(err, LB_EARG, "the jackknife needs rows");
  if (st == LB_OK) st = lb_riskset_from_counts(counts, &set, err);
  if (st != LB_OK) return st;
  lb_cuminc fit = start(opt, counts->n, counts->n_missing);
  size_t kinds = lb_surv_kinds(counts);
  for (size_t c = 0; counts->days > 0 && c < counts->n_class; c++)
    for (size_t k = 0; k < kinds; k++)
      fit.any.n_time_zero += counts->count[c * counts->days * kinds + k];
  st = fit_set(NULL, NULL, &set, &fit, err);
  if (st == LB_OK)
    *out = fit;
  else
    lb_cuminc_reset(&fit);
  return st;
}

void lb_cuminc_reset(lb_cuminc *fit)
{
  if (fit == NULL) return;
  for (size_t g = 0; fit->curve != NULL && g < fit->any.n_groups; g++) {
    lb_mem_free(fit->curve[g].n_event); /* the block */
    lb_mem_free(fit->curve[g].conf_low);
  }
  lb_mem_free(fit->curve);
  lb_km_reset(&fit->any);
  *fit = (lb_cuminc){0};
}

/* ---- Reading ---- */

void lb_cuminc_at(const lb_cuminc *fit, size_t group, size_t cause, double time, lb_km_point *out)
{
  const lb_km_curve *any = &fit->any.curve[group];
  const lb_cuminc_curve *c = &fit->curve[group];
  size_t low = 0, high = any->n_time; /* steps at or before time */
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (any->time[middle] <= time)
      low = middle + 1;
    else
      high = middle;
  }
  *out = (lb_km_point){.time = time};
  if (low == 0) return;
  size_t k = cause * any->n_time + low - 1;
  out->survival = c->estimate[k];
  out->std_error = c->std_error[k];
  double limits[2], log_f, half = lb_z_value(fit->any.conf_level) * out->std_error / out->survival;
  limits[0] = limits[1] = edge_limit(out->survival);
  if (!is_edge(out->survival)) {
    limits[0] = out->survival;
    find_limits(fit->any.conf_type, &half, &log_f, limits, 1);
  }
  out->conf_low = limits[0];
  out->conf_high = limits[1];
}

lb_status lb_cuminc_fall(lb_cuminc *fit, size_t group, size_t cause, lb_km_curve *out,
                         lb_error *err)
{
  const lb_km_curve *any = &fit->any.curve[group];
  const lb_cuminc_curve *c = &fit->curve[group];
  size_t n = any->n_time, first = cause * n;
  lb_status st = lb_cuminc_limits(fit, group, err);
  if (st != LB_OK) return st;
  lb_km_curve fall = *any;
  fall.n_event = c->n_event + first;
  fall.std_error = c->std_error + first;
  fall.n_censor = lb_mem_array(n, 4 * sizeof(double));
  if (fall.n_censor == NULL) return lb_error_nomem(err, "cumulative incidence");
  fall.survival = fall.n_censor + n;
  fall.conf_low = fall.survival + n;
  fall.conf_high = fall.conf_low + n;
  fall.event_total = 0;
  for (size_t i = 0; i < n; i++) {
    fall.event_total += fall.n_event[i];
    fall.n_censor[i] = any->n_censor[i] + (any->n_event[i] - fall.n_event[i]);
    fall.survival[i] = 1 - c->estimate[first + i];
    fall.conf_low[i] = 1 - c->conf_high[first + i];
    fall.conf_high[i] = 1 - c->conf_low[first + i];
  }
  *out = fall;
  return LB_OK;
}

void lb_cuminc_fall_reset(lb_km_curve *curve)
{
  lb_mem_free(curve->n_censor);
  *curve = (lb_km_curve){0};
}
