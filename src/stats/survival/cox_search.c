/* cox_search.c - Newton's method over the coefficients that are not held. */
#include "stats/survival/cox_search.h"

#include "base/interrupt.h"
#include "base/mem.h"
#include "stats/symmetric.h"

#include <math.h>
#include <string.h>

/* No log hazard over its column's range moves by more than this in the last step. */
#define SETTLED      1e-10
#define VANISHED     1e-14
#define ROUNDING     1e-14
#define MAX_HALVINGS 40
#define TURNED       0.2 /* part of a slope that a step may leave with the other sign */
/* Where a coefficient has no end, steps never settle; the likelihood does: so many times in turn it
 * gained less than this part of itself. Firth's has an end, but comes to it by a constant factor a
 * step, not by doubling digits: there the steps alone tell. */
#define FLAT       1e-12
#define FLAT_STEPS 2
/* A step moves no log hazard over its column's range by more: far from the maximum the information
 * may be next to nothing. */
#define LONGEST 10.0

void cox_search_reset(cox_search *q)
{
  cox_data_reset(&q->data);
  cox_state_reset(&q->at);
  cox_firth_reset(&q->firth);
  void *array[] = {q->beta, q->trial, q->step, q->factor, q->masked, q->kept, q->free, q->solid};
  for (size_t i = 0; i < sizeof array / sizeof array[0]; i++) lb_mem_free(array[i]);
  *q = (cox_search){0};
}

lb_status cox_search_new(const lb_surv *y, const lb_design *x, const lb_partition *strata,
                         const bool *kept, cox_search *q, lb_error *err)
{
  size_t p = x->p;
  if (q->penalised && q->ties >= LB_TIES_EXACT)
    return lb_error_set(err, LB_EARG, "Firth's penalty goes with Efron's or Breslow's ties");
  lb_status st = cox_data_new(y, x, strata, &q->data, err);
  if (st == LB_OK) st = cox_state_new(&q->data, &q->at, err);
  if (st == LB_OK && q->penalised) st = cox_firth_new(&q->data, &q->firth, err);
  if (st != LB_OK) return st;
  q->beta = lb_mem_zero(p, sizeof *q->beta);
  q->trial = lb_mem_zero(p, sizeof *q->trial);
  q->step = lb_mem_zero(p, sizeof *q->step);
  q->factor = lb_mem_zero(p * p, sizeof *q->factor);
  q->masked = lb_mem_zero(p * p, sizeof *q->masked);
  q->kept = lb_mem_zero(p, sizeof *q->kept);
  q->free = lb_mem_zero(p, sizeof *q->free);
  q->solid = lb_mem_zero(p, sizeof *q->solid);
  if (q->beta == NULL || q->trial == NULL || q->step == NULL || q->factor == NULL ||
      q->masked == NULL || q->kept == NULL || q->free == NULL || q->solid == NULL)
    return lb_error_nomem(err, "Cox model");
  for (size_t j = 0; j < p; j++) q->kept[j] = q->free[j] = kept[j];
  return LB_OK;
}

/* Factor of the information over the columns that are `in`; others have a pivot of 0. */
static size_t factor(cox_search *q, const bool *in)
{
  size_t p = q->data.p;
  memcpy(q->masked, q->at.information, p * p * sizeof *q->masked);
  for (size_t j = 0; j < p; j++) {
    if (in[j]) continue;
    for (size_t i = 0; i < p; i++) q->masked[i * p + j] = q->masked[j * p + i] = 0;
  }
  return lb_cholesky(q->masked, p, VANISHED, q->at.crossproduct, q->factor, q->solid);
}

static lb_status evaluate_at(cox_search *q, const double *beta, lb_error *err)
{
  lb_status st = cox_evaluate(&q->data, q->ties, beta, &q->at, err);
  if (st != LB_OK || !q->penalised) return st;
  size_t n_kept = 0;
  for (size_t j = 0; j < q->data.p; j++) n_kept += q->kept[j];
  bool whole = factor(q, q->kept) == n_kept;
  if (lb_interrupted()) return lb_error_interrupted(err);
  if (!whole) { /* no volume: the penalty is without bound */
    q->at.log_lik = -INFINITY;
    return LB_OK;
  }
  return cox_firth_add(&q->data, q->ties, q->factor, q->kept, &q->at, &q->firth, err);
}

lb_status cox_search_evaluate(cox_search *q, lb_error *err)
{
  return evaluate_at(q, q->beta, err);
}

/* The next step; returns by how much it moves a log hazard over its column's range. */
static double next_step(cox_search *q)
{
  size_t p = q->data.p;
  double largest = 0;
  factor(q, q->free);
  memcpy(q->step, q->at.score, p * sizeof *q->step);
  lb_cholesky_solve(q->factor, p, q->solid, p, q->step);
  for (size_t j = 0; j < p; j++) largest = fmax(largest, fabs(q->step[j]) * q->data.range[j]);
  for (size_t j = 0; j < p && largest > LONGEST; j++) q->step[j] *= LONGEST / largest;
  return largest;
}

/* Slope along the step where q->at is. */
static double slope(const cox_search *q)
{
  double sum = 0;
  for (size_t j = 0; j < q->data.p; j++) sum += q->step[j] * q->at.score[j];
  return sum;
}

/* The penalty bends the likelihood too, which I does not know: with one event it is twice as
 * curved, and full steps jump from side to side for ever. A step that has turned the slope is cut,
 * once, to where it vanishes if the curvature is even. */
static lb_status move(cox_search *q, bool *moved, lb_error *err)
{
  size_t p = q->data.p;
  double before = q->at.log_lik, first = slope(q), part = 1;
  bool cut = !q->penalised;
  *moved = false;
  for (int k = 0; k <= MAX_HALVINGS && !*moved; k++) {
    for (size_t j = 0; j < p; j++) q->trial[j] = q->beta[j] + part * q->step[j];
    lb_status st = evaluate_at(q, q->trial, err);
    if (st != LB_OK) return st;
    *moved = isfinite(q->at.log_lik) && q->at.log_lik >= before - ROUNDING * fabs(before);
    double last = *moved && !cut ? slope(q) : 0;
    bool turned = last < -TURNED * first;
    part *= turned ? first / (first - last) : 0.5;
    cut = cut || turned;
    *moved = *moved && !turned;
  }
  if (!*moved) return cox_search_evaluate(q, err);
  memcpy(q->beta, q->trial, p * sizeof *q->beta);
  return LB_OK;
}

lb_status cox_search_run(cox_search *q, lb_error *err)
{
  bool moved = true;
  int flat = 0;
  q->converged = false;
  lb_status st = cox_search_evaluate(q, err);
  for (q->iterations = 0; st == LB_OK && moved && q->iterations < q->max_iter; q->iterations++) {
    if (next_step(q) <= SETTLED) {
      q->converged = true;
      break;
    }
    double before = q->at.log_lik;
    st = move(q, &moved, err);
    flat = fabs(q->at.log_lik - before) <= FLAT * fabs(before) ? flat + 1 : 0;
    q->converged = !q->penalised && flat >= FLAT_STEPS;
    if (q->converged) break;
  }
  if (st == LB_OK && lb_interrupted()) return lb_error_interrupted(err);
  return st;
}
