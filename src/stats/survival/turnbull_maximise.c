/* turnbull_maximise.c - the masses of the largest likelihood: EM and the iterative convex minorant
 * in turn, then Newton's method where few intervals are left. */
#include "base/interrupt.h"
#include "stats/survival/turnbull_work.h"

#include <math.h>

#define WANTED     1e-11 /* of the Karush-Kuhn-Tucker conditions, relative */
#define ENOUGH     1e-10 /* by EM and minorant alone */
#define FIRST_TRY  20    /* rounds before Newton's method is tried; doubled each time it fails */
#define MOST       20000
#define LEAST_STEP 1e-9
#define POLL       32

double turnbull_log_lik(turnbull_room *r, const double *mass)
{
  double sum = 0;
  r->cumulative[0] = 0;
  for (size_t j = 0; j < r->n_set; j++) r->cumulative[j + 1] = r->cumulative[j] + mass[j];
  for (size_t k = 0; k < r->pairs->n; k++) {
    if (!(r->weight[k] > 0)) continue;
    double within = r->cumulative[r->last[k] + 1] - r->cumulative[r->first[k]];
    if (!(within > 0)) return -INFINITY;
    sum += r->weight[k] * log(within);
  }
  return sum;
}

/* Log-likelihood, derivatives to the masses over the total weight (1 at the maximum where there is
 * mass, at most 1 elsewhere), and how far they are from that. */
void turnbull_evaluate(turnbull_room *r)
{
  r->log_lik = turnbull_log_lik(r, r->mass);
  for (size_t j = 0; j <= r->n_set; j++) r->slope[j] = 0;
  for (size_t k = 0; k < r->pairs->n; k++) {
    if (!(r->weight[k] > 0)) continue;
    double within = r->cumulative[r->last[k] + 1] - r->cumulative[r->first[k]];
    r->share[k] = r->weight[k] / within;
    r->slope[r->first[k]] += r->share[k];
    r->slope[r->last[k] + 1] -= r->share[k];
  }
  double sum = 0;
  r->kkt = 0;
  for (size_t j = 0; j < r->n_set; j++) {
    sum += r->slope[j];
    r->gradient[j] = sum / r->total;
    r->kkt = fmax(r->kkt, r->gradient[j] - 1);
  }
}

/* The self-consistency step (Turnbull 1976); keeps a total of 1. */
static void em_step(turnbull_room *r)
{
  double sum = 0;
  for (size_t j = 0; j < r->n_set; j++) sum += r->mass[j] *= r->gradient[j];
  for (size_t j = 0; j < r->n_set; j++) r->mass[j] /= sum;
}

/* Weighted isotonic regression of level[1 .. n_set - 1] in place (pool adjacent violators). */
static void make_isotonic(turnbull_room *r)
{
  size_t n = 0;
  for (size_t j = 1; j < r->n_set; j++) {
    double mean = r->level[j], weight = r->curvature[j];
    uint32_t size = 1;
    for (; n > 0 && r->block_mean[n - 1] >= mean; n--) {
      double both = weight + r->block_weight[n - 1];
      mean = (mean * weight + r->block_mean[n - 1] * r->block_weight[n - 1]) / both;
      weight = both;
      size += r->block_size[n - 1];
    }
    r->block_mean[n] = mean;
    r->block_weight[n] = weight;
    r->block_size[n++] = size;
  }
  size_t j = 1;
  for (size_t b = 0; b < n; b++)
    for (uint32_t i = 0; i < r->block_size[b]; i++) r->level[j++] = r->block_mean[b];
}

/* One step of the iterative convex minorant (Groeneboom & Wellner 1992) with halving (Jongbloed
 * 1998, J Comput Graph Stat 7:310): the likelihood as a function of F at the ends of the intervals,
 * its second derivatives taken as a diagonal. */
static void minorant_step(turnbull_room *r)
{
  size_t m = r->n_set;
  for (size_t j = 0; j <= m; j++) r->slope[j] = r->curvature[j] = 0;
  for (size_t k = 0; k < r->pairs->n; k++) {
    if (!(r->weight[k] > 0)) continue;
    double square = r->share[k] * r->share[k] / r->weight[k];
    r->slope[r->last[k] + 1] += r->share[k];
    r->slope[r->first[k]] -= r->share[k];
    r->curvature[r->last[k] + 1] += square;
    r->curvature[r->first[k]] += square;
  }
  for (size_t j = 1; j < m; j++) r->level[j] = r->cumulative[j] + r->slope[j] / r->curvature[j];
  make_isotonic(r);
  r->level[0] = 0;
  r->level[m] = 1;
  for (size_t j = 1; j < m; j++) r->level[j] = fmin(1, fmax(0, r->level[j]));
  double step = 1;
  while (step > LEAST_STEP) {
    for (size_t j = 0; j < m; j++)
      r->trial[j] = (1 - step) * r->mass[j] + step * (r->level[j + 1] - r->level[j]);
    if (turnbull_log_lik(r, r->trial) > r->log_lik) {
      for (size_t j = 0; j < m; j++) r->mass[j] = r->trial[j];
      return;
    }
    step /= 2;
  }
}

lb_status turnbull_maximise(turnbull_room *r, const double *weight, lb_error *err)
{
  r->weight = weight;
  r->total = 0;
  for (size_t k = 0; k < r->pairs->n; k++) r->total += weight[k];
  turnbull_find_sets(r);
  for (size_t j = 0; j < r->n_set; j++) r->mass[j] = 1 / (double)r->n_set;
  r->log_lik = r->kkt = 0;
  r->unique = true;
  r->n_iter = 0;
  if (r->n_set == 0) return LB_OK;
  for (size_t next = FIRST_TRY; r->n_iter < MOST; r->n_iter++) {
    turnbull_evaluate(r);
    bool reached = r->kkt <= WANTED;
    if (reached || r->n_iter == next) {
      lb_status st = turnbull_newton(r, &reached, err);
      if (st != LB_OK) return st;
      if (reached || r->kkt <= ENOUGH) return LB_OK;
      next *= 2;
    }
    minorant_step(r);
    turnbull_evaluate(r);
    em_step(r);
    if (r->n_iter % POLL == 0 && lb_interrupted()) return lb_error_interrupted(err);
  }
  turnbull_evaluate(r);
  return LB_OK;
}
