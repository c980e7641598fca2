/* cox_jackknife.c - the infinitesimal jackknife of a Cox model's cumulative hazards. */
#include "stats/survival/cox_jackknife.h"

#include "base/interrupt.h"
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

/* Sum of D^2 and of B D over the clusters, D of the interval, straight from the rows. */
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

/* ---- The moments from the stratum's start to each time, in one walk ---- */

/* D of a cluster is rest - risk V(t), V the sum of the variance's steps, risk that of its rows at
 * risk: it changes of itself only through V, so sums over clusters follow V without a loop. */
typedef struct member {
  double risk, rest;
  size_t rows; /* at risk */
} member;

typedef struct walk {
  const lb_cox_jackknife *k;
  member *member;
  lb_sum risk, cross, square; /* sums of risk^2, risk D, D^2 */
  lb_sum *beta;               /* 2 p: sums of B risk, B D */
  size_t *join, *leave;       /* n_time + 2: where the rows of a place begin in the lists below */
  uint32_t *by_join, *by_leave;
  double v;
} walk;

static void count(walk *w, size_t c, double sign)
{
  const member *m = &w->member[c];
  size_t p = w->k->path->p;
  double d = m->rest - m->risk * w->v;
  lb_sum_add(&w->risk, sign * m->risk * m->risk);
  lb_sum_add(&w->cross, sign * m->risk * d);
  lb_sum_add(&w->square, sign * d * d);
  for (size_t j = 0; j < p; j++) {
    double b = sign * w->k->beta.row[c * p + j];
    lb_sum_add(&w->beta[j], b * m->risk);
    lb_sum_add(&w->beta[p + j], b * d);
  }
}

/* A row of relative risk `risk` (times weight) joins (sign 1) or leaves; D jumps. */
static void change(walk *w, size_t i, double sign, double jump)
{
  size_t c = cluster_of(w->k, i);
  member *m = &w->member[c];
  double weight = w->k->at->y->weight == NULL ? 1 : w->k->at->y->weight[i];
  double d = m->rest - m->risk * w->v + jump;
  count(w, c, -1);
  m->rows += sign > 0 ? 1 : (size_t)-1;
  m->risk = m->rows == 0 ? 0 : m->risk + sign * weight * w->k->path->risk[i];
  m->rest = d + m->risk * w->v;
  count(w, c, 1);
}

static void grow(walk *w, double step)
{
  double risk = lb_sum_value(&w->risk), cross = lb_sum_value(&w->cross);
  size_t p = w->k->path->p;
  lb_sum_add(&w->square, -2 * step * cross);
  lb_sum_add(&w->square, step * step * risk);
  lb_sum_add(&w->cross, -step * risk);
  for (size_t j = 0; j < p; j++) lb_sum_add(&w->beta[p + j], -step * lb_sum_value(&w->beta[j]));
  w->v += step;
}

/* An event's own addition to D at its time, less what it does not share of that time's step. */
static double event_jump(const lb_cox_jackknife *k, size_t s, size_t i, size_t place, double step)
{
  const lb_cox_path *path = k->path;
  if (!path->counts[i]) return 0;
  double weight = k->at->y->weight == NULL ? 1 : k->at->y->weight[i];
  double mean = lb_cox_path_between(path, s, place, place + 1, LB_PATH_HAZARD);
  double own = path->own[place * (path->p + 2) + LB_PATH_VARIANCE];
  return weight * (mean / path->n_event[place] + path->risk[i] * (step - own));
}

static void walk_stratum(walk *w, size_t s, double *moment)
{
  const lb_cox_path *path = w->k->path;
  size_t p = path->p;
  memset(w->member, 0, w->k->beta.n * sizeof *w->member);
  memset(w->beta, 0, 2 * p * sizeof *w->beta);
  w->risk = w->cross = w->square = (lb_sum){0};
  w->v = 0;
  for (size_t place = path->start[s]; place < path->start[s + 1]; place++) {
    double step = lb_cox_path_between(path, s, place, place + 1, LB_PATH_VARIANCE);
    for (size_t r = w->join[place]; r < w->join[place + 1]; r++) change(w, w->by_join[r], 1, 0);
    grow(w, step);
    for (size_t r = w->leave[place]; r < w->leave[place + 1]; r++) {
      size_t i = w->by_leave[r];
      change(w, i, -1, event_jump(w->k, s, i, place, step));
    }
    double *out = moment + place * (p + 1);
    out[0] = fmax(0, lb_sum_value(&w->square));
    for (size_t j = 0; j < p; j++) out[j + 1] = lb_sum_value(&w->beta[p + j]);
  }
}

/* First and last place at which row i is at risk; false for a row that met none. */
static bool places_of(const lb_cox_jackknife *k, size_t i, size_t *first, size_t *last)
{
  const lb_cox_path *path = k->path;
  size_t s = lb_partition_class(k->at->strata, i);
  *first = path->from == NULL ? path->start[s] : path->from[i];
  *last = path->until[i] - 1;
  return path->until[i] > *first;
}

/* Rows by the place at which they join and that after which they leave: counting sorts. */
static void order_rows(walk *w)
{
  const lb_cox_path *path = w->k->path;
  size_t first, last, n_time = path->n_time;
  for (size_t i = 0; i < path->n; i++) {
    if (!places_of(w->k, i, &first, &last)) continue;
    w->join[first + 2]++;
    w->leave[last + 2]++;
  }
  for (size_t t = 1; t < n_time + 2; t++) {
    w->join[t] += w->join[t - 1];
    w->leave[t] += w->leave[t - 1];
  }
  for (size_t i = 0; i < path->n; i++) {
    if (!places_of(w->k, i, &first, &last)) continue;
    w->by_join[w->join[first + 1]++] = (uint32_t)i;
    w->by_leave[w->leave[last + 1]++] = (uint32_t)i;
  }
}

static lb_status fill_moments(lb_cox_jackknife *k, lb_error *err)
{
  const lb_cox_path *path = k->path;
  walk w = {.k = k};
  lb_status st = LB_OK;
  w.member = lb_mem_zero(k->beta.n, sizeof *w.member);
  w.beta = lb_mem_zero(2 * path->p, sizeof *w.beta);
  w.join = lb_mem_zero(path->n_time + 2, sizeof *w.join);
  w.leave = lb_mem_zero(path->n_time + 2, sizeof *w.leave);
  w.by_join = lb_mem_array(path->n, sizeof *w.by_join);
  w.by_leave = lb_mem_array(path->n, sizeof *w.by_leave);
  bool ok = w.member != NULL && w.beta != NULL && w.join != NULL && w.leave != NULL;
  if (!ok || w.by_join == NULL || w.by_leave == NULL) {
    st = lb_error_nomem(err, "robust variance");
    goto done;
  }
  order_rows(&w);
  for (size_t s = 0; s < path->n_strata && st == LB_OK; s++) {
    walk_stratum(&w, s, k->moment);
    if (lb_interrupted()) st = lb_error_interrupted(err);
  }
done:
  lb_mem_free(w.member);
  lb_mem_free(w.beta);
  lb_mem_free(w.join);
  lb_mem_free(w.leave);
  lb_mem_free(w.by_join);
  lb_mem_free(w.by_leave);
  return st;
}

static const double *moments(lb_cox_jackknife *k, size_t s, size_t from, size_t to)
{
  if (from == k->path->start[s] && to > from) return k->moment + (to - 1) * (k->path->p + 1);
  sum_moments(k, s, from, to, k->scratch);
  return k->scratch;
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
  if (k->beta.n_seen < 2) variance = NAN;
  return (lb_cox_hazard){risk * hazard, risk * sqrt(variance < 0 ? 0 : variance)};
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
  k->scratch = lb_mem_zero(p + 1, sizeof *k->scratch);
  bool ok = k->vcov != NULL && k->direct != NULL && k->moment != NULL;
  return ok && k->scratch != NULL ? LB_OK : lb_error_nomem(err, "robust variance");
}

lb_status lb_cox_jackknife_new(const lb_cox_at *at, const lb_cox_path *path, const double *vcov,
                               const lb_partition *cluster, lb_cox_jackknife *out, lb_error *err)
{
  lb_cox_jackknife k = {.at = at, .path = path, .cluster = cluster};
  lb_status st = lb_cox_scores_new(at, path, cluster, &k.beta, err);
  if (st == LB_OK) st = lb_cox_dfbeta(k.beta.row, k.beta.n, k.beta.p, vcov, err);
  if (st == LB_OK) st = alloc(&k, err);
  if (st == LB_OK) st = fill_moments(&k, err);
  if (st != LB_OK) {
    lb_cox_jackknife_reset(&k);
    return st;
  }
  sum_squares(&k);
  for (size_t j = 0; k.beta.n_seen < 2 && j < path->p * path->p; j++) k.vcov[j] = NAN;
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
  lb_mem_free(k->scratch);
  *k = (lb_cox_jackknife){0};
}
