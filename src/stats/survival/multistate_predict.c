/* multistate_predict.c - where people of a multistate Cox model will be. */
#include "stats/survival/multistate_predict_work.h"

#include "base/interrupt.h"
#include "base/mem.h"
#include "stats/interval.h"
#include "stats/survival/km_work.h"

#include <math.h>
#include <string.h>

#define POLL_TIMES 1024
#define HALVINGS   16 /* of dA, until its series needs few terms */
#define TERMS      14

static double known(double x)
{
  return isnan(x) ? 0 : x;
}

/* Step of column c of the sums at place i of a stratum that begins at `first`. */
static double step_of(const lb_cox_path *path, size_t first, size_t i, size_t c)
{
  size_t width = path->p + 2;
  const lb_sum *now = &path->sum[i * width + c];
  if (i == first) return lb_sum_value(now);
  const lb_sum *past = &path->sum[(i - 1) * width + c];
  return (now->high - past->high) + (now->low - past->low);
}

void state_multiply(const double *a, const double *b, size_t k, double *out)
{
  memset(out, 0, k * k * sizeof *out);
  for (size_t i = 0; i < k; i++)
    for (size_t m = 0; m < k; m++)
      for (size_t j = 0; a[i * k + m] != 0 && j < k; j++)
        out[i * k + j] += a[i * k + m] * b[m * k + j];
}

/* exp of a matrix of rates: one row with rates is exact, others by scaling and the Taylor series
 * (Moler & Van Loan 2003, SIAM Rev 45:3), whose terms are all small after the halvings. */
static void exponential(predict_work *w)
{
  size_t k = w->k, rows = 0, row = 0;
  double largest = 0;
  for (size_t s = 0; s < k; s++) {
    largest = fmax(largest, -w->rate[s * k + s]);
    if (w->rate[s * k + s] < 0) {
      rows++;
      row = s;
    }
  }
  memset(w->matrix, 0, k * k * sizeof *w->matrix);
  for (size_t s = 0; s < k; s++) w->matrix[s * k + s] = 1;
  if (rows == 1) {
    double total = -w->rate[row * k + row], leaving = -expm1(-total);
    for (size_t s = 0; s < k; s++)
      w->matrix[row * k + s] = s == row ? exp(-total) : w->rate[row * k + s] / total * leaving;
    return;
  }
  int halvings = 0;
  for (; largest > 0.1 && halvings < HALVINGS; halvings++) largest /= 2;
  double *term = w->work, *spare = w->work + k * k, scale = ldexp(1, -halvings);
  memcpy(term, w->matrix, k * k * sizeof *term);
  for (int n = 1; n <= TERMS; n++) {
    state_multiply(term, w->rate, k, spare);
    for (size_t i = 0; i < k * k; i++) {
      term[i] = spare[i] * scale / n;
      w->matrix[i] += term[i];
    }
  }
  for (int n = 0; n < halvings; n++) {
    state_multiply(w->matrix, w->matrix, k, term);
    memcpy(w->matrix, term, k * k * sizeof *term);
  }
}

/* I + dA, rows cut so that no probability is below 0. */
static void increments(predict_work *w)
{
  size_t k = w->k;
  memcpy(w->matrix, w->rate, k * k * sizeof *w->matrix);
  for (size_t s = 0; s < k; s++) {
    double total = -w->rate[s * k + s];
    for (size_t l = 0; total > 1 && l < k; l++) w->matrix[s * k + l] /= total;
    w->matrix[s * k + s] = total > 1 ? 0 : 1 - total;
  }
}

double state_next(const predict_work *w, double until)
{
  double next = INFINITY;
  for (size_t h = 0; h < w->person->n_transition; h++) {
    size_t end = w->path->start[w->person->stratum[h] + 1];
    if (w->place[h] < end) next = fmin(next, w->path->time[w->place[h]]);
  }
  return next <= until ? next : INFINITY;
}

bool state_steps(const predict_work *w, size_t h, double time)
{
  return w->place[h] < w->path->start[w->person->stratum[h] + 1] &&
         w->path->time[w->place[h]] == time;
}

static void set_rates(predict_work *w, double time)
{
  size_t k = w->k;
  memset(w->rate, 0, k * k * sizeof *w->rate);
  for (size_t h = 0; h < w->person->n_transition; h++) {
    if (!state_steps(w, h, time)) continue;
    size_t first = w->path->start[w->person->stratum[h]], from = (size_t)w->person->from[h];
    double rate =
        exp(w->person->log_risk[h]) * step_of(w->path, first, w->place[h], LB_PATH_HAZARD);
    w->rate[from * k + (size_t)w->person->to[h]] += rate;
    w->rate[from * k + from] -= rate;
  }
}

/* rows[n x k] becomes rows times the matrix. */
static void move_rows(predict_work *w, double *rows, size_t n)
{
  size_t k = w->k;
  double *moved = w->step;
  for (size_t r = 0; r < n; r++) {
    double *row = rows + r * k;
    memset(moved, 0, k * sizeof *moved);
    for (size_t s = 0; s < k; s++)
      for (size_t l = 0; row[s] != 0 && l < k; l++) moved[l] += row[s] * w->matrix[s * k + l];
    memcpy(row, moved, k * sizeof *row);
  }
}

/* The share of p_from that hazard h moves: its derivative to the hazard, at the time itself. */
static void add_baseline(predict_work *w, size_t h, double time)
{
  const lb_state_person *who = w->person;
  size_t k = w->k, first = w->path->start[who->stratum[h]];
  for (size_t g = 0; g < h; g++)
    if (who->stratum[g] == who->stratum[h] && state_steps(w, g, time)) return; /* done with g */
  memset(w->step, 0, k * sizeof *w->step);
  for (size_t g = h; g < who->n_transition; g++) {
    if (who->stratum[g] != who->stratum[h] || !state_steps(w, g, time)) continue;
    double part = w->before[who->from[g]] * exp(who->log_risk[g]);
    w->step[who->to[g]] += part;
    w->step[who->from[g]] -= part;
  }
  double variance = step_of(w->path, first, w->place[h], LB_PATH_VARIANCE);
  for (size_t a = 0; a < k; a++)
    for (size_t b = 0; b < k; b++) w->covariance[a * k + b] += variance * w->step[a] * w->step[b];
}

static void add_slope(predict_work *w, size_t h)
{
  const lb_state_person *who = w->person;
  size_t k = w->k, p = w->p, first = w->path->start[who->stratum[h]], i = w->place[h];
  double hazard = step_of(w->path, first, i, LB_PATH_HAZARD);
  double part = w->before[who->from[h]] * exp(who->log_risk[h]);
  for (size_t j = 0; j < p; j++) {
    double q = who->z[h * p + j] * hazard - step_of(w->path, first, i, LB_PATH_MEANS + j);
    w->slope[j * k + (size_t)who->to[h]] += part * q;
    w->slope[j * k + (size_t)who->from[h]] -= part * q;
  }
}

static void add_parts(predict_work *w, double time)
{
  for (size_t h = 0; h < w->person->n_transition; h++) {
    if (!state_steps(w, h, time)) continue;
    add_baseline(w, h, time);
    add_slope(w, h);
  }
}

/* Moves what is held over one time. The derivative of p (I + dA) to a hazard is p (e_to - e_from),
 * that of p exp(dA) is the same times exp(dA), where the states' hazards commute (two states), and
 * to the first order elsewhere: there new parts are moved too. */
static void move_variance(predict_work *w, double time, bool increment)
{
  size_t k = w->k;
  if (!increment) add_parts(w, time);
  move_rows(w, w->covariance, k);
  for (size_t a = 0; a < k; a++) /* transposed, moved, and symmetric again */
    for (size_t b = a + 1; b < k; b++) {
      double x = w->covariance[a * k + b];
      w->covariance[a * k + b] = w->covariance[b * k + a];
      w->covariance[b * k + a] = x;
    }
  move_rows(w, w->covariance, k);
  move_rows(w, w->slope, w->p);
  if (increment) add_parts(w, time);
}

static void read_out(const predict_work *w, const double *vcov, double *estimate, double *std_error)
{
  size_t k = w->k, p = w->p;
  for (size_t s = 0; s < k; s++) {
    estimate[s] = w->now[s];
    if (vcov == NULL || std_error == NULL) continue;
    double sum = w->covariance[s * k + s];
    for (size_t i = 0; i < p; i++)
      for (size_t j = 0; j < p; j++)
        sum += w->slope[i * k + s] * known(vcov[i * p + j]) * w->slope[j * k + s];
    std_error[s] = sqrt(fmax(0, sum));
  }
}

static bool alloc_work(predict_work *w)
{
  size_t k = w->k, cells = k * k;
  w->place = lb_mem_array(w->person->n_transition, sizeof *w->place);
  w->matrix = lb_mem_zero(5 * cells + 3 * k + w->p * k, sizeof *w->matrix);
  if (w->place == NULL || w->matrix == NULL) return false;
  w->rate = w->matrix + cells;
  w->work = w->rate + cells;
  w->covariance = w->work + 2 * cells;
  w->now = w->covariance + cells;
  w->before = w->now + k;
  w->step = w->before + k;
  w->slope = w->step + k;
  return true;
}

lb_status state_start(predict_work *w, const lb_cox_path *path, const lb_state_person *person,
                      const lb_state_times *times, lb_error *err)
{
  *w = (predict_work){.path = path, .person = person, .times = times};
  w->k = person->n_state;
  w->p = path->p;
  if (!alloc_work(w)) return lb_error_nomem(err, "predicted probabilities");
  for (size_t h = 0; h < person->n_transition; h++)
    w->place[h] = lb_cox_path_find(path, person->stratum[h], times->from);
  memcpy(w->now, person->p0, w->k * sizeof *w->now);
  return LB_OK;
}

void state_move(predict_work *w, double time, bool variance)
{
  set_rates(w, time);
  if (w->times->increment)
    increments(w);
  else
    exponential(w);
  memcpy(w->before, w->now, w->k * sizeof *w->now);
  move_rows(w, w->now, 1);
  if (variance) move_variance(w, time, w->times->increment);
}

void state_pass(predict_work *w, double time)
{
  for (size_t h = 0; h < w->person->n_transition; h++) w->place[h] += state_steps(w, h, time);
}

void state_end(predict_work *w)
{
  lb_mem_free(w->place);
  lb_mem_free(w->matrix);
}

lb_status lb_state_predict(const lb_cox_path *path, const double *vcov,
                           const lb_state_person *person, const lb_state_times *times,
                           double *estimate, double *std_error, lb_error *err)
{
  predict_work w;
  lb_status st = state_start(&w, path, person, times, err);
  size_t polled = 0;
  for (size_t t = 0; st == LB_OK && t < times->n; t++) {
    for (double time; (time = state_next(&w, times->time[t])) < INFINITY;) {
      if (++polled % POLL_TIMES == 0 && lb_interrupted()) {
        st = lb_error_interrupted(err);
        break;
      }
      state_move(&w, time, vcov != NULL);
      state_pass(&w, time);
    }
    if (st == LB_OK)
      read_out(&w, vcov, estimate + t * w.k, std_error == NULL ? NULL : std_error + t * w.k);
  }
  state_end(&w);
  return st;
}

void lb_state_limits(const double *estimate, const double *std_error, size_t n, double conf_level,
                     lb_km_conf type, double *low, double *high)
{
  double z = lb_z_value(conf_level);
  for (size_t i = 0; i < n; i++) {
    double p = estimate[i], half = z * std_error[i] / p;
    if (p > 0 && p < 1)
      km_limits(p, (km_half){half, half}, type, &low[i], &high[i]);
    else
      low[i] = high[i] = p > 0 ? 1 : 0;
  }
}
