/* cox_jackknife.c - the infinitesimal jackknife of a Cox model's cumulative hazards. */
#include "stats/survival/cox_jackknife.h"

#include "base/mem.h"
#include "stats/survival/riskset.h"

#include <math.h>
#include <string.h>

static size_t cluster_of(const lb_cox_jackknife *k, size_t i)
{
  return k->cluster == NULL || k->cluster->code == NULL ? i : (size_t)k->cluster->code[i];
}

/* Weight times the derivative of the baseline's hazard in (from, to] to the weight of row i. At
 * its own time an event adds the mean of 1/D_k to the steps and shares their denominators by the
 * rule for ties; at the others the row is in every denominator. */
static double row_direct(const lb_cox_jackknife *k, size_t s, size_t i, size_t from, size_t to)
{
  const lb_cox_path *path = k->path;
  size_t enters = path->from == NULL ? path->start[s] : path->from[i], own = path->until[i];
  double weight = k->at->y->weight == NULL ? 1 : k->at->y->weight[i], event = 0, share = 0;
  size_t last = own < to ? own : to;
  if (enters > from) from = enters;
  if (path->counts[i] && own <= to && own > from) {
    last = own - 1;
    event = lb_cox_path_between(path, s, last, own, LB_PATH_HAZARD) / path->n_event[last];
    share = path->own[last * (path->p + 2) + LB_PATH_VARIANCE];
  }
  if (last > from) share += lb_cox_path_between(path, s, from, last, LB_PATH_VARIANCE);
  return weight * (event - path->risk[i] * share);
}

/* Sum of D^2 and of B D over the clusters, D of the interval. */
static void sum_moments(lb_cox_jackknife *k, size_t s, size_t from, size_t to, double *moment)
{
  size_t p = k->path->p;
  memset(k->direct, 0, k->beta.n * sizeof *k->direct);
  memset(moment, 0, (p + 1) * sizeof *moment);
  for (size_t i = 0; i < k->path->n; i++) {
    if (lb_partition_class(k->at->strata, i) == s)
      k->direct[cluster_of(k, i)] += row_direct(k, s, i, from, to);
  }
  for (size_t c = 0; c < k->beta.n; c++) {
    double direct = k->direct[c];
    if (direct == 0) continue; /* clusters of other strata */
    moment[0] += direct * direct;
    for (size_t j = 0; j < p; j++) moment[j + 1] += k->beta.row[c * p + j] * direct;
  }
}

static const double *moments(lb_cox_jackknife *k, size_t s, size_t from, size_t to)
{
  size_t width = k->path->p + 1;
  if (from != k->path->start[s] || to == from) {
    sum_moments(k, s, from, to, k->scratch);
    return k->scratch;
  }
  double *kept = k->moment + (to - 1) * width;
  if (!k->known[to - 1]) sum_moments(k, s, from, to, kept);
  k->known[to - 1] = true;
  return kept;
}

lb_cox_hazard lb_cox_jackknife_hazard(lb_cox_jackknife *k, const lb_cox_person *person, size_t from,
                                      size_t to)
{
  const lb_cox_path *path = k->path;
  size_t p = path->p, s = person->stratum;
  const double *moment = moments(k, s, from, to);
  double hazard = lb_cox_path_between(path, s, from, to, LB_PATH_HAZARD);
  double risk = exp(person->log_risk), variance = moment[0];
  for (size_t j = 0; j < p; j++) {
    double q = person->z[j] * hazard - lb_cox_path_between(path, s, from, to, LB_PATH_MEANS + j);
    variance += 2 * q * moment[j + 1];
    for (size_t l = 0; l < p; l++) {
      double r = person->z[l] * hazard - lb_cox_path_between(path, s, from, to, LB_PATH_MEANS + l);
      variance += q * k->vcov[j * p + l] * r;
    }
  }
  return (lb_cox_hazard){risk * hazard, risk * sqrt(fmax(0, variance))};
}

static void sum_squares(lb_cox_jackknife *k)
{
  size_t p = k->path->p;
  for (size_t c = 0; c < k->beta.n; c++) {
    const double *row = k->beta.row + c * p;
    for (size_t j = 0; j < p; j++) {
      for (size_t l = 0; l < p; l++) k->vcov[j * p + l] += row[j] * row[l];
    }
  }
}

static lb_status alloc(lb_cox_jackknife *k, lb_error *err)
{
  size_t p = k->path->p, n_time = k->path->n_time;
  bool fits = n_time <= SIZE_MAX / (p + 1) / sizeof(double);
  k->vcov = lb_mem_zero(p * p, sizeof *k->vcov);
  k->direct = lb_mem_zero(k->beta.n, sizeof *k->direct);
  k->moment = fits ? lb_mem_array(n_time * (p + 1), sizeof *k->moment) : NULL;
  k->known = lb_mem_zero(n_time, sizeof *k->known);
  k->scratch = lb_mem_zero(p + 1, sizeof *k->scratch);
  bool ok = k->vcov != NULL && k->direct != NULL && k->moment != NULL && k->known != NULL;
  return ok && k->scratch != NULL ? LB_OK : lb_error_nomem(err, "robust variance");
}

lb_status lb_cox_jackknife_new(const lb_cox_at *at, const lb_cox_path *path, const double *vcov,
                               const lb_partition *cluster, lb_cox_jackknife *out, lb_error *err)
{
  lb_cox_jackknife k = {.at = at, .path = path, .cluster = cluster};
  lb_status st = lb_cox_scores_new(at, path, cluster, &k.beta, err);
  if (st == LB_OK) st = lb_cox_dfbeta(k.beta.row, k.beta.n, k.beta.p, vcov, err);
  if (st == LB_OK) st = alloc(&k, err);
  if (st != LB_OK) {
    lb_cox_jackknife_reset(&k);
    return st;
  }
  sum_squares(&k);
  *out = k;
  return LB_OK;
}

void lb_cox_jackknife_reset(lb_cox_jackknife *k)
{
  if (k == NULL) return;
  lb_cox_scores_reset(&k->beta);
  lb_mem_free(k->vcov);
  lb_mem_free(k->direct);
  lb_mem_free(k->moment);
  lb_mem_free(k->known);
  lb_mem_free(k->scratch);
  *k = (lb_cox_jackknife){0};
}
