/* cox_adjusted.c - survival averaged over the covariates of the data, with its covariances. */
#include "stats/survival/cox_adjusted.h"

#include "base/interrupt.h"
#include "base/mem.h"
#include "base/sort.h"
#include "stats/survival/riskset.h"

#include <math.h>
#include <string.h>

/* A moment is linear in errors of the baseline's steps and of the coefficients: what multiplies
 * them, a level each. */
typedef struct adjusting {
  const lb_cox_at *at;
  const lb_cox_path *path;
  const lb_cox_levels *levels;
  const lb_cox_adjusted_options *opt;
  lb_cox_scores beta; /* of the jackknife: influence on the coefficients */
  double total;       /* sum of weights */
  double *risk;       /* level x n: relative risk of each row at each level */
  double *estimate;   /* level */
  double *on_step;    /* level x path->n_time */
  double *on_beta;    /* level x p */
  double *own;        /* level x n: the moment of each row */
  double *risk_sum;   /* n_strata x (p + 1): sums of w S r, w S r z */
  double *step_sum;   /* n_time: on_step times the variance's steps, added up */
  double *influence;  /* cluster x level */
} adjusting;

static double weight_of(const adjusting *w, size_t i)
{
  return w->at->y->weight == NULL ? 1 : w->at->y->weight[i];
}

static size_t stratum_at(const adjusting *w, size_t level, size_t i)
{
  const lb_cox_levels *l = w->levels;
  return l->stratum == NULL ? 0 : (size_t)l->stratum[level][l->row[i]];
}

static lb_status set_risks(adjusting *w, lb_error *err)
{
  const lb_cox_path *path = w->path;
  double *z = lb_mem_zero(path->p, sizeof *z);
  if (z == NULL) return lb_error_nomem(err, "adjusted survival");
  for (size_t i = 0; i < path->n; i++) w->total += weight_of(w, i);
  for (size_t a = 0; a < w->levels->n; a++) {
    const lb_design *x = &w->levels->design[a];
    for (size_t i = 0; i < path->n; i++)
      w->risk[a * path->n + i] = exp(lb_cox_person_row(w->at, path, x, w->levels->row[i], z));
  }
  lb_mem_free(z);
  return LB_OK;
}

static void moment_clear(adjusting *w)
{
  const lb_cox_path *path = w->path;
  size_t n = w->levels->n;
  memset(w->estimate, 0, n * sizeof *w->estimate);
  memset(w->on_step, 0, n * path->n_time * sizeof *w->on_step);
  memset(w->on_beta, 0, n * path->p * sizeof *w->on_beta);
  memset(w->own, 0, n * path->n * sizeof *w->own);
}

/* Sums over the rows at a time of level a; survival times `width` goes to the rows' moments. */
static void sum_rows(adjusting *w, size_t a, const double *hazard, double width)
{
  const lb_cox_path *path = w->path;
  const lb_design *x = &w->levels->design[a];
  memset(w->risk_sum, 0, path->n_strata * (path->p + 1) * sizeof *w->risk_sum);
  for (size_t i = 0; i < path->n; i++) {
    size_t s = stratum_at(w, a, i), row = w->levels->row[i];
    double risk = w->risk[a * path->n + i], survival = exp(-risk * hazard[s]);
    double part = width * weight_of(w, i) / w->total * survival, *sum;
    w->own[a * path->n + i] += width * survival;
    w->estimate[a] += part;
    sum = w->risk_sum + s * (path->p + 1);
    sum[0] += part * risk;
    for (size_t j = 0; j < path->p; j++)
      sum[1 + j] += part * risk * (x->column[j][row] - path->centre[j]);
  }
}

/* Adds survival at `time`, for `width` units of it, to the moment. `hazard` holds n_strata. */
static void add_time(adjusting *w, double time, double width, double *hazard)
{
  const lb_cox_path *path = w->path;
  size_t p = path->p;
  for (size_t s = 0; s < path->n_strata; s++)
    hazard[s] = lb_cox_path_between(path, s, path->start[s], lb_cox_path_find(path, s, time),
                                    LB_PATH_HAZARD);
  for (size_t a = 0; a < w->levels->n; a++) {
    sum_rows(w, a, hazard, width);
    for (size_t s = 0; s < path->n_strata; s++) {
      const double *sum = w->risk_sum + s * (p + 1);
      size_t end = lb_cox_path_find(path, s, time);
      if (end == path->start[s]) continue;
      w->on_step[a * path->n_time + end - 1] -= sum[0];
      for (size_t j = 0; j < p; j++) {
        double mean = lb_cox_path_between(path, s, path->start[s], end, LB_PATH_MEANS + j);
        w->on_beta[a * p + j] -= sum[1 + j] * hazard[s] - sum[0] * mean;
      }
    }
  }
}

/* A time's survival has all steps up to it. */
static void spread_steps(adjusting *w)
{
  const lb_cox_path *path = w->path;
  for (size_t a = 0; a < w->levels->n; a++) {
    double *step = w->on_step + a * path->n_time;
    for (size_t s = 0; s < path->n_strata; s++) {
      for (size_t k = path->start[s + 1]; k-- > path->start[s] + 1;) step[k - 1] += step[k];
    }
  }
}

static double known(double x)
{
  return isnan(x) ? 0 : x;
}

static void model_covariance(const adjusting *w, double *out)
{
  const lb_cox_path *path = w->path;
  size_t n = w->levels->n, p = path->p;
  for (size_t a = 0; a < n; a++) {
    for (size_t b = 0; b < n; b++) {
      const double *e = w->on_step + a * path->n_time, *f = w->on_step + b * path->n_time;
      double sum = 0;
      for (size_t s = 0; s < path->n_strata; s++) {
        for (size_t k = path->start[s]; k < path->start[s + 1]; k++)
          sum += e[k] * f[k] * lb_cox_path_between(path, s, k, k + 1, LB_PATH_VARIANCE);
      }
      for (size_t j = 0; j < p; j++) {
        for (size_t l = 0; l < p; l++)
          sum += w->on_beta[a * p + j] * known(w->opt->vcov[j * p + l]) * w->on_beta[b * p + l];
      }
      out[a * n + b] = sum;
    }
  }
}

/* The influence of row i through the baseline's steps; step_sum is that of the level. As
 * row_direct of cox_jackknife.c, where the reasons stand. */
static double row_steps(const adjusting *w, const double *on_step, size_t i)
{
  const lb_cox_path *path = w->path;
  size_t s = lb_partition_class(w->at->strata, i), start = path->start[s];
  size_t from = path->from == NULL ? start : path->from[i], last = path->until[i];
  double event = 0, share = 0;
  if (path->counts[i]) {
    last--;
    double step = lb_cox_path_between(path, s, last, last + 1, LB_PATH_HAZARD);
    event = on_step[last] * step / path->n_event[last];
    share = on_step[last] * path->own[last * (path->p + 2) + LB_PATH_VARIANCE];
  }
  if (last > from) {
    share += w->step_sum[last - 1];
    if (from > start) share -= w->step_sum[from - 1];
  }
  return weight_of(w, i) * (event - path->risk[i] * share);
}

static void sum_steps(adjusting *w, const double *on_step)
{
  const lb_cox_path *path = w->path;
  for (size_t s = 0; s < path->n_strata; s++) {
    double sum = 0;
    for (size_t k = path->start[s]; k < path->start[s + 1]; k++) {
      sum += on_step[k] * lb_cox_path_between(path, s, k, k + 1, LB_PATH_VARIANCE);
      w->step_sum[k] = sum;
    }
  }
}

static void jackknife_covariance(adjusting *w, double *out)
{
  const lb_cox_path *path = w->path;
  const lb_partition *cluster = w->opt->cluster;
  size_t n = w->levels->n, p = path->p, clusters = w->beta.n;
  memset(w->influence, 0, clusters * n * sizeof *w->influence);
  for (size_t a = 0; a < n; a++) {
    const double *on_step = w->on_step + a * path->n_time;
    sum_steps(w, on_step);
    for (size_t i = 0; i < path->n; i++) {
      size_t c = cluster == NULL || cluster->code == NULL ? i : (size_t)cluster->code[i];
      double more = row_steps(w, on_step, i);
      if (w->opt->random)
        more += weight_of(w, i) * (w->own[a * path->n + i] - w->estimate[a]) / w->total;
      w->influence[c * n + a] += more;
    }
    for (size_t c = 0; c < clusters; c++) {
      for (size_t j = 0; j < p; j++)
        w->influence[c * n + a] += w->beta.row[c * p + j] * w->on_beta[a * p + j];
    }
  }
  for (size_t c = 0; c < clusters; c++) {
    const double *u = w->influence + c * n;
    for (size_t a = 0; a < n; a++)
      for (size_t b = 0; b < n; b++) out[a * n + b] += u[a] * u[b];
  }
  for (size_t k = 0; w->beta.n_seen < 2 && k < n * n; k++) out[k] = NAN;
}

static void finish_moment(adjusting *w, size_t m, lb_cox_adjusted *out)
{
  size_t n = w->levels->n;
  spread_steps(w);
  memcpy(out->estimate + m * n, w->estimate, n * sizeof *w->estimate);
  if (w->opt->jackknife)
    jackknife_covariance(w, out->covariance + m * n * n);
  else
    model_covariance(w, out->covariance + m * n * n);
}

/* The area under the step curves up to tau: from each event time of any stratum to the next. */
static lb_status add_area(adjusting *w, double *hazard, lb_error *err)
{
  const lb_cox_path *path = w->path;
  uint32_t *order = lb_mem_array(path->n_time, sizeof *order);
  lb_status st = LB_OK;
  if (order == NULL || !lb_sort_order_real(path->time, path->n_time, order)) {
    lb_mem_free(order);
    return lb_error_nomem(err, "adjusted survival");
  }
  double from = 0, tau = w->opt->tau;
  for (size_t k = 0; k <= path->n_time && from < tau && st == LB_OK; k++) {
    double to = k < path->n_time ? fmin(path->time[order[k]], tau) : tau;
    if (to > from) add_time(w, from, to - from, hazard);
    if (to > from) from = to;
    if (lb_interrupted()) st = lb_error_interrupted(err);
  }
  lb_mem_free(order);
  return st;
}

static lb_status work_new(adjusting *w, lb_error *err)
{
  const lb_cox_path *path = w->path;
  size_t n = w->levels->n;
  if (w->opt->jackknife) {
    lb_status st = lb_cox_scores_new(w->at, path, w->opt->cluster, &w->beta, err);
    if (st == LB_OK) st = lb_cox_dfbeta(w->beta.row, w->beta.n, w->beta.p, w->opt->vcov, err);
    if (st != LB_OK) return st;
  }
  w->risk = lb_mem_array(n * path->n, sizeof *w->risk);
  w->estimate = lb_mem_zero(n, sizeof *w->estimate);
  w->on_step = lb_mem_zero(n * path->n_time, sizeof *w->on_step);
  w->on_beta = lb_mem_zero(n * path->p, sizeof *w->on_beta);
  w->own = lb_mem_zero(n * path->n, sizeof *w->own);
  w->risk_sum = lb_mem_zero(path->n_strata * (path->p + 1), sizeof *w->risk_sum);
  w->step_sum = lb_mem_zero(path->n_time, sizeof *w->step_sum);
  w->influence = lb_mem_zero(w->beta.n * n, sizeof *w->influence);
  bool ok = w->risk != NULL && w->estimate != NULL && w->on_step != NULL && w->on_beta != NULL &&
            w->own != NULL && w->risk_sum != NULL && w->step_sum != NULL && w->influence != NULL;
  return ok ? set_risks(w, err) : lb_error_nomem(err, "adjusted survival");
}

static void work_reset(adjusting *w)
{
  double *array[] = {w->risk, w->estimate, w->on_step,  w->on_beta,
                     w->own,  w->risk_sum, w->step_sum, w->influence};
  for (size_t i = 0; i < sizeof array / sizeof *array; i++) lb_mem_free(array[i]);
  lb_cox_scores_reset(&w->beta);
}

static lb_status fill(adjusting *w, lb_cox_adjusted *out, lb_error *err)
{
  size_t n = out->n_level;
  double *hazard = lb_mem_zero(w->path->n_strata, sizeof *hazard);
  lb_status st = LB_OK;
  out->estimate = lb_mem_zero(out->n_moment * n, sizeof *out->estimate);
  out->covariance = lb_mem_zero(out->n_moment * n * n, sizeof *out->covariance);
  if (hazard == NULL || out->estimate == NULL || out->covariance == NULL)
    st = lb_error_nomem(err, "adjusted survival");
  for (size_t m = 0; m < w->opt->n_time && st == LB_OK; m++) {
    moment_clear(w);
    add_time(w, w->opt->time[m], 1, hazard);
    finish_moment(w, m, out);
    if (lb_interrupted()) st = lb_error_interrupted(err);
  }
  if (st == LB_OK && out->n_moment > w->opt->n_time) {
    moment_clear(w);
    st = add_area(w, hazard, err);
    if (st == LB_OK) finish_moment(w, out->n_moment - 1, out);
  }
  lb_mem_free(hazard);
  return st;
}

lb_status lb_cox_adjusted_new(const lb_cox_at *at, const lb_cox_path *path,
                              const lb_cox_levels *levels, const lb_cox_adjusted_options *opt,
                              lb_cox_adjusted *out, lb_error *err)
{
  adjusting w = {.at = at, .path = path, .levels = levels, .opt = opt};
  lb_cox_adjusted result = {.n_level = levels->n};
  result.n_moment = opt->n_time + (isnan(opt->tau) ? 0 : 1);
  for (size_t a = 0; a < levels->n; a++) {
    if (levels->design[a].p != path->p)
      return lb_error_set(err, LB_EARG, "the design of a level has %zu columns, the model %zu",
                          levels->design[a].p, path->p);
  }
  if (opt->random && !opt->jackknife)
    return lb_error_set(err, LB_EARG, "covariates that vary ask for the jackknife");
  lb_status st = work_new(&w, err);
  if (st == LB_OK) st = fill(&w, &result, err);
  if (st == LB_OK)
    *out = result;
  else
    lb_cox_adjusted_reset(&result);
  work_reset(&w);
  return st;
}

void lb_cox_adjusted_reset(lb_cox_adjusted *adjusted)
{
  if (adjusted == NULL) return;
  lb_mem_free(adjusted->estimate);
  lb_mem_free(adjusted->covariance);
  *adjusted = (lb_cox_adjusted){0};
}
