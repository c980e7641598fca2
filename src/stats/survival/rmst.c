/* rmst.c - restricted mean survival time and time lost by cause, with variances within and between
 * groups. */
#include "stats/survival/rmst.h"

#include "base/interrupt.h"
#include "base/mem.h"
#include "stats/survival/horizon.h"
#include "stats/symmetric.h"

#include <math.h>

/* What is shared by the walks of a fit. */
typedef struct work {
  const lb_surv *y; /* NULL when rows are counted */
  const lb_riskset *set;
  const lb_partition *cluster;
  lb_horizon_walk walk;
  double *influence; /* a row each */
  double *sum;       /* a cluster and group each */
} work;

static bool clustered(const lb_partition *cluster)
{
  return cluster != NULL && cluster->code != NULL;
}

/* ---- Groups ---- */

static double row_weight(const lb_surv *y, size_t i)
{
  return y->weight == NULL ? 1 : y->weight[i];
}

/* true when all rows of weight above 0 are of one cluster: their influences add up to 0. */
static bool is_one_cluster(const work *w, size_t group)
{
  const lb_riskset *set = w->set;
  size_t first = SIZE_MAX;
  for (size_t k = set->class_row[group]; k < set->class_row[group + 1]; k++) {
    size_t row = set->by_time[k];
    if (!(row_weight(w->y, row) > 0)) continue;
    size_t c = clustered(w->cluster) ? (size_t)w->cluster->code[row] : row;
    if (first != SIZE_MAX && c != first) return false;
    first = c;
  }
  return true;
}

/* The last time with somebody at risk, and whether the curve is 0 there. */
static void find_last(const lb_riskset *set, size_t g, lb_rmst_group *out)
{
  out->last = NAN;
  for (size_t t = set->class_time[g]; t < set->class_time[g + 1]; t++) {
    if (!(set->n_risk[t] > 0)) continue;
    out->last = set->time[t];
    out->ended = out->ended || set->n_event[t] >= set->n_risk[t];
  }
}

static void describe(const work *w, lb_rmst *fit)
{
  const lb_riskset *set = w->set;
  size_t n_cause = set->n_cause;
  for (size_t g = 0; g < fit->n_groups; g++) {
    lb_rmst_group *out = &fit->group[g];
    out->n = set->class_row[g + 1] - set->class_row[g];
    out->weight_total = 0;
    for (size_t t = set->class_time[g]; t < set->class_time[g + 1]; t++) {
      out->event_total += set->n_event[t];
      out->weight_total += set->n_event[t] + set->n_censor[t];
      for (size_t k = 0; k < n_cause; k++)
        fit->cause_event[g * n_cause + k] += set->cause_event[t * n_cause + k];
    }
    find_last(set, g, out);
    out->one_cluster = fit->robust && is_one_cluster(w, g);
  }
}

/* ---- Horizons ---- */

static lb_status set_horizons(const lb_rmst_options *opt, lb_rmst *fit, lb_error *err)
{
  double least = INFINITY;
  for (size_t g = 0; g < fit->n_groups; g++)
    if (fit->group[g].last < least) least = fit->group[g].last;
  for (size_t k = 0; k < fit->n_tau; k++) {
    fit->tau[k] = opt->n_tau == 0 ? least : opt->tau[k];
    lb_horizon h = {.kind = LB_HORIZON_MEAN, .from = fit->from, .tau = fit->tau[k]};
    lb_status st = lb_horizon_check(&h, 0, err);
    if (st != LB_OK) return st;
  }
  return LB_OK;
}

static bool known(const lb_rmst_group *g, double tau)
{
  return tau <= g->last || (g->ended && g->n > 0);
}

/* Adds the influences of a group's rows to its clusters, or squares them when there are none. */
static double gather(work *w, const lb_rmst *fit, size_t g)
{
  const lb_riskset *set = w->set;
  double square = 0;
  lb_horizon_influence(&w->walk, w->y, g, w->influence);
  for (size_t k = set->class_row[g]; k < set->class_row[g + 1]; k++) {
    size_t row = set->by_time[k];
    double u = w->influence[row];
    if (clustered(w->cluster))
      w->sum[(size_t)w->cluster->code[row] * fit->n_groups + g] += u;
    else
      square += u * u;
  }
  return square;
}

/* Covariances between groups of the sums over clusters. */
static void cross(const work *w, const lb_rmst *fit, double *vcov)
{
  size_t n = fit->n_groups;
  for (size_t c = 0; c < w->cluster->n; c++) {
    const double *u = w->sum + c * n;
    for (size_t g = 0; g < n; g++)
      for (size_t h = 0; h < n && u[g] != 0; h++) vcov[g * n + h] += u[g] * u[h];
  }
}

static void fit_cell(work *w, lb_rmst *fit, size_t measure, size_t k)
{
  size_t n = fit->n_groups, cell = measure * fit->n_tau + k;
  double *estimate = fit->estimate + cell * n;
  size_t step = fit->n_cluster > 0 ? n : 1; /* a matrix of covariances, or variances */
  double *vcov = fit->vcov + cell * n * step;
  lb_horizon at = {.kind = measure == 0 ? LB_HORIZON_MEAN : LB_HORIZON_LOST,
                   .cause = measure,
                   .from = fit->from,
                   .tau = fit->tau[k]};
  bool by_cluster = fit->robust && clustered(w->cluster);
  for (size_t i = 0; by_cluster && i < w->cluster->n * n; i++) w->sum[i] = 0;
  for (size_t g = 0; g < n; g++) {
    estimate[g] = lb_horizon_walk_class(&w->walk, g, &at);
    vcov[fit->n_cluster > 0 ? g * n + g : g] =
        fit->robust ? gather(w, fit, g) : lb_horizon_variance(&w->walk);
  }
  if (by_cluster) cross(w, fit, vcov);
  for (size_t g = 0; g < n; g++) {
    bool unknown = !known(&fit->group[g], fit->tau[k]);
    if (unknown) estimate[g] = NAN;
    if (!unknown && !fit->group[g].one_cluster) continue;
    if (fit->n_cluster == 0) vcov[g] = NAN;
    for (size_t h = 0; h < n && fit->n_cluster > 0; h++)
      vcov[g * n + h] = vcov[h * n + g] = (double)NAN;
  }
}

static lb_status alloc_fit(work *w, lb_rmst *fit, lb_error *err)
{
  size_t cells = fit->n_measure * fit->n_tau, n = fit->n_groups;
  fit->tau = lb_mem_zero(fit->n_tau, sizeof *fit->tau);
  fit->estimate = lb_mem_zero(cells * n, sizeof *fit->estimate);
  fit->vcov = lb_mem_zero(cells * n * (fit->n_cluster > 0 ? n : 1), sizeof *fit->vcov);
  fit->cause_event = lb_mem_zero(n * (fit->n_measure - 1), sizeof *fit->cause_event);
  fit->group = lb_mem_zero(n, sizeof *fit->group);
  bool ok = fit->tau != NULL && fit->estimate != NULL && fit->vcov != NULL &&
            fit->cause_event != NULL && fit->group != NULL;
  if (fit->robust) w->influence = lb_mem_array(w->y->n, sizeof *w->influence);
  if (fit->robust && clustered(w->cluster))
    w->sum = lb_mem_array(w->cluster->n, n * sizeof *w->sum);
  ok = ok && (!fit->robust || w->influence != NULL);
  ok = ok && (!fit->robust || !clustered(w->cluster) || w->sum != NULL);
  return ok ? LB_OK : lb_error_nomem(err, "restricted means");
}

/* ---- The fit ---- */

static lb_status fit_set(work *w, const lb_rmst_options *opt, lb_rmst *out, lb_error *err)
{
  lb_rmst fit = *out;
  fit.n_groups = w->set->n_class;
  fit.n_measure = 1 + w->set->n_cause;
  fit.n_tau = opt->n_tau == 0 ? 1 : opt->n_tau;
  fit.from = opt->from;
  lb_status st = alloc_fit(w, &fit, err);
  if (st == LB_OK) st = lb_horizon_walk_new(w->set, &w->walk, err);
  if (st == LB_OK) {
    describe(w, &fit);
    st = set_horizons(opt, &fit, err);
  }
  for (size_t i = 0; st == LB_OK && i < fit.n_measure * fit.n_tau; i++) {
    fit_cell(w, &fit, i / fit.n_tau, i % fit.n_tau);
    if (lb_interrupted()) st = lb_error_interrupted(err);
  }
  if (st == LB_OK) {
    *out = fit;
    fit = (lb_rmst){0};
  }
  lb_rmst_reset(&fit);
  lb_horizon_walk_reset(&w->walk);
  lb_mem_free(w->influence);
  lb_mem_free(w->sum);
  return st;
}

static const lb_rmst_options DEFAULTS = LB_RMST_DEFAULTS;

lb_status lb_rmst_fit(const lb_surv *y, const lb_partition *groups, const lb_partition *cluster,
                      const lb_rmst_options *opt, lb_rmst *out, lb_error *err)
{
  lb_riskset set = {0};
  if (opt == NULL) opt = &DEFAULTS;
  lb_rmst fit = {.n_used = y->n, .n_missing = y->n_missing};
  fit.robust = opt->robust || clustered(cluster);
  if (clustered(cluster)) fit.n_cluster = cluster->n;
  lb_status st = lb_partition_check(cluster, y->n, "cluster", err);
  if (st == LB_OK)
    st =
        fit.robust ? lb_riskset_sort(y, groups, &set, err) : lb_riskset_count(y, groups, &set, err);
  if (st != LB_OK) return st;
  work w = {.y = y, .set = &set, .cluster = cluster};
  st = fit_set(&w, opt, &fit, err);
  if (st == LB_OK) *out = fit;
  lb_riskset_reset(&set);
  return st;
}

lb_status lb_rmst_fit_counts(const lb_surv_counts *counts, const lb_rmst_options *opt, lb_rmst *out,
                             lb_error *err)
{
  lb_riskset set = {0};
  if (opt == NULL) opt = &DEFAULTS;
  if (opt->robust) return lb_error_set(err, LB_EARG, "the jackknife needs rows");
  lb_rmst fit = {.n_used = counts->n, .n_missing = counts->n_missing};
  lb_status st = lb_riskset_from_counts(counts, &set, err);
  if (st != LB_OK) return st;
  work w = {.set = &set};
  st = fit_set(&w, opt, &fit, err);
  if (st == LB_OK) *out = fit;
  lb_riskset_reset(&set);
  return st;
}

void lb_rmst_reset(lb_rmst *fit)
{
  if (fit == NULL) return;
  lb_mem_free(fit->tau);
  lb_mem_free(fit->estimate);
  lb_mem_free(fit->vcov);
  lb_mem_free(fit->cause_event);
  lb_mem_free(fit->group);
  *fit = (lb_rmst){0};
}

double lb_rmst_covariance(const lb_rmst *fit, size_t measure, size_t k, size_t g, size_t h)
{
  size_t n = fit->n_groups, cell = measure * fit->n_tau + k;
  if (fit->n_cluster > 0) return fit->vcov[(cell * n + g) * n + h];
  return g == h ? fit->vcov[cell * n + g] : 0;
}

/* ---- Equality ---- */

/* Differences from the first group. Pivots below this share of their diagonal are dependent. */
#define SINGULAR 1e-10

/* Independent groups: their distances from the mean weighted by inverse variances (Cochran), or
 * from the first group that has no variance, which is what a generalised inverse of the
 * covariances of differences comes to. */
static double independent_distance(const double *estimate, const double *variance, size_t n,
                                   size_t *df)
{
  double sum = 0, weight = 0, from = 0, distance = 0;
  size_t positive = 0, fixed = n;
  for (size_t g = n; g-- > 0;) {
    if (!(variance[g] > 0)) {
      fixed = g;
      continue;
    }
    positive++;
    weight += 1 / variance[g];
    sum += (estimate[g] - estimate[0]) / variance[g];
  }
  from = fixed < n ? estimate[fixed] : estimate[0] + sum / weight;
  for (size_t g = 0; g < n; g++) {
    double difference = estimate[g] - from;
    if (variance[g] > 0) distance += difference * difference / variance[g];
  }
  *df = fixed < n ? positive : n - 1;
  return *df > 0 ? distance : NAN;
}

lb_status lb_rmst_equal(const lb_rmst *fit, size_t measure, size_t k, double *chi_square,
                        size_t *df, lb_error *err)
{
  size_t n = fit->n_groups, p = n - 1, cell = measure * fit->n_tau + k;
  const double *estimate = fit->estimate + cell * n;
  *chi_square = NAN;
  *df = 0;
  bool all = n > 1;
  for (size_t g = 0; g < n; g++)
    all = all && !isnan(estimate[g]) && !isnan(lb_rmst_covariance(fit, measure, k, g, g));
  if (!all) return LB_OK;
  if (fit->n_cluster == 0) {
    *chi_square = independent_distance(estimate, fit->vcov + cell * n, n, df);
    return LB_OK;
  }
  const double *vcov = fit->vcov + cell * n * n;
  double *difference = lb_mem_array(p, (1 + p) * sizeof *difference);
  if (difference == NULL) return lb_error_nomem(err, "test of restricted means");
  double *v = difference + p;
  for (size_t g = 1; g < n; g++) {
    difference[g - 1] = estimate[g] - estimate[0];
    for (size_t h = 1; h < n; h++)
      v[(g - 1) * p + h - 1] = vcov[g * n + h] - vcov[g * n] - vcov[h] + vcov[0];
  }
  bool ok = lb_symmetric_quadratic(v, difference, p, SINGULAR, chi_square, df);
  if (*df == 0) *chi_square = NAN;
  lb_mem_free(difference);
  return ok ? LB_OK : lb_error_nomem(err, "test of restricted means");
}
