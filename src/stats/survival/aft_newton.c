/* aft_newton.c - Newton's method in a trust region for likelihoods of a few linear predictors. */
#include "stats/survival/aft_newton.h"

#include <math.h>
#include <string.h>

#include "base/interrupt.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "stats/symmetric.h"

#define CHUNK         256   /* rows whose terms are held at once */
#define BLOCK         2048  /* rows whose sums are added in order */
#define PARALLEL_ROWS 20000 /* below, threads cost more than they save */
#define PIVOT                                                                                      \
  1e-13                    /* of a parameter's own information: below, the matrix is not definite
                               */
#define GAIN         1e-12 /* promised by a full step: then the estimate stands */
#define NOISE        1e-11 /* of the log-likelihood: what rounding may take from a good step */
#define MOST_DAMPING 1e14

static size_t pair_of(size_t k, size_t l)
{
  return k >= l ? k * (k + 1) / 2 + l : l * (l + 1) / 2 + k;
}

/* Sums over rows; one for each block. */
typedef struct sums {
  double value;
  double *gradient, *information; /* p, p x p lower triangle */
  bool outside;
} sums;

typedef struct evaluation {
  const lb_predictors *x;
  const double *theta;
  sums *block;
  size_t n_block;
  double *number; /* of all blocks */
} evaluation;

void lb_predictors_row(const lb_predictors *x, const double *theta, size_t i, double *eta)
{
  for (size_t k = 0; k < x->k; k++) {
    eta[k] = x->base[k] + (x->offset[k] == NULL ? 0 : x->offset[k][i]);
    for (size_t j = 0; j < x->p; j++) {
      const double *column = x->column[k * x->p + j];
      if (column != NULL) eta[k] += column[i] * theta[j];
    }
  }
}

/* Predictors of rows from .. from + n, predictor by predictor. */
static void fill_eta(const lb_predictors *x, const double *theta, size_t from, size_t n,
                     double eta[LB_MOST_PREDICTORS][CHUNK])
{
  for (size_t k = 0; k < x->k; k++) {
    for (size_t i = 0; i < n; i++)
      eta[k][i] = x->base[k] + (x->offset[k] == NULL ? 0 : x->offset[k][from + i]);
    for (size_t j = 0; j < x->p; j++) {
      const double *column = x->column[k * x->p + j];
      if (column == NULL) continue;
      for (size_t i = 0; i < n; i++) eta[k][i] += column[from + i] * theta[j];
    }
  }
}

/* Weighted derivatives of a chunk of rows, a list for each. */
typedef struct chunk {
  double eta[LB_MOST_PREDICTORS][CHUNK];
  double grad[LB_MOST_PREDICTORS][CHUNK], hess[LB_PREDICTOR_PAIRS][CHUNK];
} chunk;

static bool fill_chunk(const evaluation *e, size_t from, size_t n, chunk *c, double *value)
{
  const lb_predictors *x = e->x;
  size_t pairs = x->k * (x->k + 1) / 2;
  fill_eta(x, e->theta, from, n, c->eta);
  for (size_t i = 0; i < n; i++) {
    double eta[LB_MOST_PREDICTORS], w = x->weight == NULL ? 1 : x->weight[from + i];
    lb_row_term t = {0};
    for (size_t k = 0; k < x->k; k++) eta[k] = c->eta[k][i];
    /* A row of weight 0 says nothing, not even that it cannot be. */
    if (w > 0 && !(x->row(x->context, from + i, eta, &t) && isfinite(t.value))) return false;
    *value += w * t.value;
    for (size_t k = 0; k < x->k; k++) c->grad[k][i] = w * t.grad[k];
    for (size_t k = 0; k < pairs; k++) c->hess[k][i] = w * t.hess[k];
  }
  return true;
}

/* Adds -sum h a b for the columns of two parameters in all pairs of predictors. */
static double information_of(const lb_predictors *x, const chunk *c, size_t from, size_t n,
                             const size_t pair[2])
{
  double sum = 0;
  for (size_t k = 0; k < x->k; k++) {
    const double *a = x->column[k * x->p + pair[0]];
    for (size_t l = 0; a != NULL && l < x->k; l++) {
      const double *b = x->column[l * x->p + pair[1]], *h = c->hess[pair_of(k, l)];
      if (b == NULL) continue;
      double part = 0;
      for (size_t i = 0; i < n; i++) part += h[i] * a[from + i] * b[from + i];
      sum -= part;
    }
  }
  return sum;
}

static void evaluate_block(void *context, size_t b)
{
  evaluation *e = context;
  const lb_predictors *x = e->x;
  sums *s = &e->block[b];
  size_t end = b + 1 == e->n_block ? x->n : (b + 1) * BLOCK;
  chunk c;
  for (size_t from = b * BLOCK; from < end; from += CHUNK) {
    size_t n = end - from < CHUNK ? end - from : CHUNK;
    if (!fill_chunk(e, from, n, &c, &s->value)) {
      s->outside = true;
      return;
    }
    for (size_t j = 0; j < x->p; j++) {
      for (size_t k = 0; k < x->k; k++) {
        const double *column = x->column[k * x->p + j];
        double part = 0;
        for (size_t i = 0; column != NULL && i < n; i++) part += c.grad[k][i] * column[from + i];
        s->gradient[j] += part;
      }
      for (size_t m = 0; m <= j; m++)
        s->information[j * x->p + m] += information_of(x, &c, from, n, (size_t[]){j, m});
    }
  }
}

static lb_status evaluation_new(const lb_predictors *x, evaluation *e, lb_error *err)
{
  size_t p = x->p;
  *e = (evaluation){.x = x, .n_block = x->n / BLOCK + (x->n % BLOCK > 0 || x->n == 0)};
  e->block = lb_mem_zero(e->n_block, sizeof *e->block);
  e->number = lb_mem_array(e->n_block, (p + p * p + 1) * sizeof *e->number);
  return e->block != NULL && e->number != NULL ? LB_OK : lb_error_nomem(err, "the likelihood");
}

static void evaluation_reset(evaluation *e)
{
  lb_mem_free(e->block);
  lb_mem_free(e->number);
}

static lb_status prepare(const lb_predictors *x, const double *theta, lb_error *err)
{
  double eta[LB_MOST_PREDICTORS];
  if (x->prepare == NULL || x->n == 0) return LB_OK;
  lb_predictors_row(x, theta, 0, eta);
  return x->prepare(x->context, eta, err);
}

/* Value, gradient and information at theta; value -infinity where there is no likelihood. */
static lb_status evaluate(evaluation *e, const double *theta, sums *out, lb_error *err)
{
  size_t p = e->x->p, width = p + p * p;
  lb_status st = prepare(e->x, theta, err);
  if (st != LB_OK) return st;
  memset(e->number, 0, e->n_block * width * sizeof *e->number);
  e->theta = theta;
  for (size_t b = 0; b < e->n_block; b++) {
    double *number = e->number + b * width;
    e->block[b] = (sums){.gradient = number, .information = number + p};
  }
  if (!lb_parallel(e->n_block, e->x->n >= PARALLEL_ROWS, evaluate_block, e))
    return lb_error_interrupted(err);
  out->value = 0;
  memset(out->gradient, 0, p * sizeof *out->gradient);
  memset(out->information, 0, p * p * sizeof *out->information);
  for (size_t b = 0; b < e->n_block; b++) {
    const sums *s = &e->block[b];
    if (s->outside) {
      out->value = -INFINITY;
      return LB_OK;
    }
    out->value += s->value;
    for (size_t j = 0; j < p; j++) out->gradient[j] += s->gradient[j];
    for (size_t j = 0; j < p * p; j++) out->information[j] += s->information[j];
  }
  if (!isfinite(out->value)) out->value = -INFINITY;
  return LB_OK;
}

typedef struct search {
  evaluation e;
  size_t p;
  double *theta, *trial, *step, *matrix, *scale; /* p, p, p, p x p, p */
  bool *kept;
  sums at, next;
  double damping;
  double *number;
} search;

static void search_reset(search *s)
{
  evaluation_reset(&s->e);
  lb_mem_free(s->number);
  lb_mem_free(s->kept);
}

static lb_status search_new(const lb_predictors *x, const double *start, search *s, lb_error *err)
{
  size_t p = x->p;
  *s = (search){.p = p};
  lb_status st = evaluation_new(x, &s->e, err);
  s->number = lb_mem_zero(6 * p + 3 * p * p + 1, sizeof *s->number);
  s->kept = lb_mem_zero(p + 1, sizeof *s->kept);
  if (st == LB_OK && (s->number == NULL || s->kept == NULL))
    st = lb_error_nomem(err, "the likelihood");
  if (st != LB_OK) return st;
  double *at = s->number;
  double **const lists[] = {&s->theta, &s->trial,       &s->step,
                            &s->scale, &s->at.gradient, &s->next.gradient};
  for (size_t k = 0; k < sizeof lists / sizeof lists[0]; k++, at += p) *lists[k] = at;
  s->matrix = at;
  s->at.information = at + p * p;
  s->next.information = at + 2 * p * p;
  if (p > 0) memcpy(s->theta, start, p * sizeof *start);
  return LB_OK;
}

/* step = (information + damping diagonal)^-1 gradient; false: not positive definite. */
static bool solve_step(search *s)
{
  size_t p = s->p;
  double least = 0;
  for (size_t j = 0; j < p; j++) least = fmax(least, fabs(s->at.information[j * p + j]));
  memcpy(s->matrix, s->at.information, p * p * sizeof *s->matrix);
  for (size_t j = 0; j < p; j++) {
    double own = fabs(s->at.information[j * p + j]);
    if (s->damping > 0) s->matrix[j * p + j] += s->damping * fmax(own, 1e-6 * least);
    s->scale[j] = fabs(s->matrix[j * p + j]);
    if (!isfinite(s->matrix[j * p + j])) return false;
  }
  if (lb_cholesky(s->matrix, p, PIVOT, s->scale, s->matrix, s->kept) < p) return false;
  memcpy(s->step, s->at.gradient, p * sizeof *s->step);
  lb_cholesky_solve(s->matrix, p, s->kept, p, s->step);
  return true;
}

/* The rise of the quadratic model along the step, and of its linear part. */
static double promised(const search *s, double *linear)
{
  double quadratic = 0;
  *linear = 0;
  for (size_t j = 0; j < s->p; j++) {
    *linear += s->step[j] * s->at.gradient[j];
    for (size_t m = 0; m <= j; m++)
      quadratic += (m == j ? 1 : 2) * s->step[j] * s->step[m] * s->at.information[j * s->p + m];
  }
  return *linear - quadratic / 2;
}

static void more_damping(search *s)
{
  s->damping = s->damping == 0 ? 1e-4 : s->damping * 8;
}

/* Takes the trial point. */
static void move(search *s)
{
  double *theta = s->theta;
  sums at = s->at;
  s->theta = s->trial;
  s->trial = theta;
  s->at = s->next;
  s->next = at;
}

/* One trial; *done when the estimate stands. */
static lb_status try_step(search *s, bool *done, lb_error *err)
{
  double linear, gain;
  *done = false;
  if (!solve_step(s)) {
    more_damping(s);
    return LB_OK;
  }
  gain = promised(s, &linear);
  for (size_t j = 0; j < s->p; j++) s->trial[j] = s->theta[j] + s->step[j];
  lb_status st = evaluate(&s->e, s->trial, &s->next, err);
  if (st != LB_OK) return st;
  double rise = s->next.value - s->at.value, noise = NOISE * (1 + fabs(s->at.value));
  bool small = gain < noise && rise > -noise;
  if (!(rise > 1e-4 * gain || small)) {
    more_damping(s);
    return LB_OK;
  }
  *done = s->damping == 0 && gain < GAIN;
  if (rise > 0.75 * gain || small)
    s->damping = s->damping < 1e-5 ? 0 : s->damping / 16;
  else if (rise < 0.25 * gain)
    s->damping = s->damping == 0 ? 1e-3 : 4 * s->damping;
  move(s);
  return LB_OK;
}

static lb_status finish(search *s, lb_maximum *out, lb_error *err)
{
  size_t p = s->p;
  lb_maximum m = {.value = s->at.value, .iterations = out->iterations, .converged = out->converged};
  m.theta = lb_mem_zero(3 * p + p * p + 1, sizeof *m.theta);
  if (m.theta == NULL) return lb_error_nomem(err, "the estimates");
  m.gradient = m.theta + p;
  m.step = m.theta + 2 * p;
  m.vcov = m.theta + 3 * p;
  memcpy(m.theta, s->theta, p * sizeof *m.theta);
  memcpy(m.gradient, s->at.gradient, p * sizeof *m.theta);
  memcpy(m.step, s->step, p * sizeof *m.theta);
  s->damping = 0;
  m.singular = !solve_step(s);
  for (size_t j = 0; m.singular && j < p * p; j++) m.vcov[j] = (double)NAN;
  if (!m.singular) lb_cholesky_inverse(s->matrix, s->kept, p, m.vcov);
  *out = m;
  return LB_OK;
}

lb_status lb_likelihood_maximise(const lb_predictors *x, const double *start, size_t max_iter,
                                 lb_maximum *out, lb_error *err)
{
  search s;
  lb_maximum m = {0};
  lb_status st = search_new(x, start, &s, err);
  if (st == LB_OK) st = evaluate(&s.e, s.theta, &s.at, err);
  if (st == LB_OK && isinf(s.at.value))
    st = lb_error_set(err, LB_ENUMERIC, "the likelihood does not exist at the starting values");
  m.converged = x->p == 0;
  while (st == LB_OK && !m.converged && m.iterations < max_iter && s.damping < MOST_DAMPING) {
    m.iterations++;
    st = try_step(&s, &m.converged, err);
  }
  if (st == LB_OK) st = finish(&s, &m, err);
  if (st == LB_OK) *out = m;
  search_reset(&s);
  return st;
}

void lb_maximum_reset(lb_maximum *m)
{
  if (m == NULL) return;
  lb_mem_free(m->theta);
  *m = (lb_maximum){0};
}

lb_status lb_likelihood_scores(const lb_predictors *x, const double *theta, double *score,
                               lb_error *err)
{
  lb_status st = prepare(x, theta, err);
  if (st != LB_OK) return st;
  for (size_t i = 0; i < x->n; i++) {
    double eta[LB_MOST_PREDICTORS];
    lb_row_term t = {0};
    if (i % BLOCK == 0 && lb_interrupted()) return lb_error_interrupted(err);
    lb_predictors_row(x, theta, i, eta);
    x->row(x->context, i, eta, &t);
    for (size_t j = 0; j < x->p; j++) {
      double sum = 0;
      for (size_t k = 0; k < x->k; k++) {
        const double *column = x->column[k * x->p + j];
        if (column != NULL) sum += t.grad[k] * column[i];
      }
      score[i * x->p + j] = sum;
    }
  }
  return LB_OK;
}
