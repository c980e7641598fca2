/* multistate_robust.c - robust standard errors of predicted state probabilities: influences of
 * clusters on the baselines and coefficients of a multistate Cox model. */
#include "stats/survival/multistate_predict_work.h"

#include "base/interrupt.h"
#include "base/mem.h"
#include "stats/survival/riskset.h"

#include <math.h>
#include <string.h>

#define POLL_TIMES 256
#define POLL_ROWS  65536

static const char PREDICTED[] = "predicted probabilities";

/* What was met on the way, for the way back. */
typedef struct trace {
  size_t n;
  double *matrix, *before; /* k x k and k of each time */
  size_t *place;           /* n_transition of each time: where it steps, SIZE_MAX where not */
} trace;

typedef struct robust_work {
  const lb_cox_jackknife *jackknife;
  predict_work way;
  trace trace;
  double *weight; /* n_time x k: derivative of p(t) to the hazard at each place */
  double *past;   /* (n_time + 1) x k: sums of it times the variance's steps before a place */
  double *later;  /* 2 x k x k: from after a time, or with it, to t */
  double *unit;   /* clusters x k: influences */
  bool *used;     /* n_strata */
} robust_work;

static bool alloc(robust_work *q)
{
  const lb_cox_path *path = q->way.path;
  const lb_state_person *who = q->way.person;
  size_t k = q->way.k, most = 0;
  for (size_t h = 0; h < who->n_transition; h++)
    most += path->start[who->stratum[h] + 1] - path->start[who->stratum[h]];
  q->trace.matrix = lb_mem_array(most, k * k * sizeof *q->trace.matrix);
  q->trace.before = lb_mem_array(most, k * sizeof *q->trace.before);
  q->trace.place = lb_mem_array(most, who->n_transition * sizeof *q->trace.place);
  q->weight = lb_mem_array(path->n_time, k * sizeof *q->weight);
  q->past = lb_mem_array(path->n_time + 1, k * sizeof *q->past);
  q->later = lb_mem_array(2 * k, k * sizeof *q->later);
  q->unit = lb_mem_array(q->jackknife->beta.n, k * sizeof *q->unit);
  q->used = lb_mem_zero(path->n_strata, sizeof *q->used);
  return q->trace.matrix != NULL && q->trace.before != NULL && q->trace.place != NULL &&
         q->weight != NULL && q->past != NULL && q->later != NULL && q->unit != NULL &&
         q->used != NULL;
}

static void robust_free(robust_work *q)
{
  void *array[] = {q->trace.matrix, q->trace.before, q->trace.place, q->weight,
                   q->past,         q->later,        q->unit,        q->used};
  for (size_t i = 0; i < sizeof array / sizeof array[0]; i++) lb_mem_free(array[i]);
  state_end(&q->way);
}

static void record(robust_work *q, double time)
{
  const predict_work *w = &q->way;
  size_t k = w->k, n_h = w->person->n_transition, n = q->trace.n++;
  memcpy(q->trace.matrix + n * k * k, w->matrix, k * k * sizeof(double));
  memcpy(q->trace.before + n * k, w->before, k * sizeof(double));
  for (size_t h = 0; h < n_h; h++)
    q->trace.place[n * n_h + h] = state_steps(w, h, time) ? w->place[h] : SIZE_MAX;
}

/* Derivatives of p(t) to the hazards of all strata, backwards from t: moving from state a to b at
 * s changes p(t) by the difference of their ways from s on. */
static void set_weights(robust_work *q)
{
  const predict_work *w = &q->way;
  const lb_state_person *who = w->person;
  size_t k = w->k, n_h = who->n_transition;
  double *later = q->later, *with = later + k * k;
  memset(q->weight, 0, w->path->n_time * k * sizeof *q->weight);
  memset(later, 0, k * k * sizeof *later);
  for (size_t s = 0; s < k; s++) later[s * k + s] = 1;
  for (size_t n = q->trace.n; n-- > 0;) {
    state_multiply(q->trace.matrix + n * k * k, later, k, with);
    const double *before = q->trace.before + n * k, *way = w->times->increment ? later : with;
    for (size_t h = 0; h < n_h; h++) {
      size_t place = q->trace.place[n * n_h + h];
      if (place == SIZE_MAX) continue;
      double part = before[who->from[h]] * exp(who->log_risk[h]);
      const double *to = way + (size_t)who->to[h] * k, *from = way + (size_t)who->from[h] * k;
      for (size_t s = 0; s < k; s++) q->weight[place * k + s] += part * (to[s] - from[s]);
    }
    memcpy(later, with, k * k * sizeof *later);
  }
}

static void sum_past(robust_work *q)
{
  const lb_cox_path *path = q->way.path;
  size_t k = q->way.k;
  memset(q->past, 0, k * sizeof *q->past);
  for (size_t s = 0; s < path->n_strata; s++)
    for (size_t i = path->start[s]; i < path->start[s + 1]; i++) {
      double step = lb_cox_path_between(path, s, i, i + 1, LB_PATH_VARIANCE);
      for (size_t a = 0; a < k; a++)
        q->past[(i + 1) * k + a] = q->past[i * k + a] + q->weight[i * k + a] * step;
    }
}

/* What row i of stratum s adds to its cluster by the baseline. */
static void add_row(robust_work *q, size_t s, size_t i, double *unit)
{
  const lb_cox_path *path = q->way.path;
  const lb_surv *y = q->jackknife->at->y;
  size_t k = q->way.k, from = path->from == NULL ? path->start[s] : path->from[i];
  size_t last = path->until[i];
  double weight = y->weight == NULL ? 1 : y->weight[i], event = 0, own = 0;
  if (path->counts[i] && last > from) {
    last--;
    event = lb_cox_path_between(path, s, last, last + 1, LB_PATH_HAZARD) / path->n_event[last];
    own = path->own[last * (path->p + 2) + LB_PATH_VARIANCE];
  }
  for (size_t a = 0; a < k; a++) {
    double at_event = event > 0 ? q->weight[last * k + a] : 0, share = 0;
    if (last > from) share = q->past[last * k + a] - q->past[from * k + a];
    unit[a] += weight * (at_event * event - path->risk[i] * (share + at_event * own));
  }
}

static lb_status set_units(robust_work *q, lb_error *err)
{
  const lb_cox_jackknife *j = q->jackknife;
  size_t k = q->way.k, p = q->way.p;
  memset(q->unit, 0, j->beta.n * k * sizeof *q->unit);
  for (size_t i = 0; i < q->way.path->n; i++) {
    size_t s = lb_partition_class(j->at->strata, i);
    bool alone = j->cluster == NULL || j->cluster->code == NULL;
    if (i % POLL_ROWS == 0 && lb_interrupted()) return lb_error_interrupted(err);
    if (q->used[s]) add_row(q, s, i, q->unit + (alone ? i : (size_t)j->cluster->code[i]) * k);
  }
  for (size_t c = 0; c < j->beta.n; c++)
    for (size_t l = 0; l < p; l++)
      for (size_t a = 0; a < k; a++)
        q->unit[c * k + a] += q->way.slope[l * k + a] * j->beta.row[c * p + l];
  return LB_OK;
}

/* At a time that the way has come to. */
static lb_status read_out(robust_work *q, double *estimate, double *std_error, lb_error *err)
{
  size_t k = q->way.k;
  set_weights(q);
  sum_past(q);
  lb_status st = set_units(q, err);
  if (st != LB_OK) return st;
  memcpy(estimate, q->way.now, k * sizeof *estimate);
  for (size_t a = 0; a < k; a++) {
    double sum = 0;
    for (size_t c = 0; c < q->jackknife->beta.n; c++)
      sum += q->unit[c * k + a] * q->unit[c * k + a];
    std_error[a] = q->jackknife->beta.n_seen < 2 ? (double)NAN : sqrt(sum);
  }
  return LB_OK;
}

lb_status lb_state_predict_robust(const lb_cox_jackknife *jackknife, const lb_state_person *person,
                                  const lb_state_times *times, double *estimate, double *std_error,
                                  lb_error *err)
{
  robust_work q = {.jackknife = jackknife};
  lb_status st = state_start(&q.way, jackknife->path, person, times, err);
  if (st == LB_OK && !alloc(&q)) st = lb_error_nomem(err, PREDICTED);
  for (size_t h = 0; st == LB_OK && h < person->n_transition; h++)
    q.used[person->stratum[h]] = true;
  for (size_t t = 0; st == LB_OK && t < times->n; t++) {
    for (double time; (time = state_next(&q.way, times->time[t])) < INFINITY;) {
      if (q.trace.n % POLL_TIMES == 0 && lb_interrupted()) {
        st = lb_error_interrupted(err);
        break;
      }
      state_move(&q.way, time, true);
      record(&q, time);
      state_pass(&q.way, time);
    }
    if (st == LB_OK) st = read_out(&q, estimate + t * q.way.k, std_error + t * q.way.k, err);
  }
  robust_free(&q);
  return st;
}
