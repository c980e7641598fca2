/* cox_path.c - a Cox model along time at given coefficients: one walk backwards over the risk sets.
 */
#include "stats/survival/cox_path.h"

#include "base/interrupt.h"
#include "base/mem.h"
#include "stats/survival/riskset.h"

#include <math.h>
#include <string.h>

#define POLL_TIMES 1024

typedef struct path_work {
  const lb_cox_at *at;
  lb_cox_path path;
  lb_riskset set;
  lb_sum *risk_sum;  /* p + 1 sums over the risk set: risk, risk times column */
  double *event_sum; /* the same over the tied events */
  size_t rows;       /* at risk */
} path_work;

static double row_weight(const lb_surv *y, size_t i)
{
  return y->weight == NULL ? 1 : y->weight[i];
}

static double centred(const path_work *w, size_t i, size_t j)
{
  return w->at->x->column[j][i] - w->path.centre[j];
}

static lb_status check_shapes(const lb_cox_at *at, lb_error *err)
{
  if (at->x->n != at->y->n)
    return lb_error_set(err, LB_EARG, "the design has %zu rows and the outcome %zu", at->x->n,
                        at->y->n);
  return LB_OK;
}

static lb_status alloc(path_work *w, lb_error *err)
{
  lb_cox_path *path = &w->path;
  size_t n = path->n, p = path->p, width = p + 2;
  for (size_t t = 0; t < w->set.n_time; t++) path->n_time += w->set.n_event[t] > 0;
  bool fits = path->n_time <= SIZE_MAX / width / sizeof(lb_sum);
  path->start = lb_mem_zero(path->n_strata + 1, sizeof *path->start);
  path->time = lb_mem_zero(path->n_time, sizeof *path->time);
  path->n_risk = lb_mem_zero(path->n_time, sizeof *path->n_risk);
  path->n_event = lb_mem_zero(path->n_time, sizeof *path->n_event);
  path->centre = lb_mem_zero(p, sizeof *path->centre);
  path->risk = lb_mem_array(n, sizeof *path->risk);
  path->until = lb_mem_zero(n, sizeof *path->until);
  path->counts = lb_mem_zero(n, sizeof *path->counts);
  if (fits) {
    path->sum = lb_mem_zero(path->n_time * width, sizeof *path->sum);
    path->own = lb_mem_zero(path->n_time * width, sizeof *path->own);
    path->mean = lb_mem_zero(path->n_time * p, sizeof *path->mean);
  }
  if (w->at->y->entry != NULL) path->from = lb_mem_zero(n, sizeof *path->from);
  w->risk_sum = lb_mem_zero(p + 1, sizeof *w->risk_sum);
  w->event_sum = lb_mem_zero(p + 1, sizeof *w->event_sum);
  bool ok = path->start != NULL && path->time != NULL && path->n_risk != NULL &&
            path->n_event != NULL && path->centre != NULL && path->risk != NULL &&
            path->until != NULL && path->counts != NULL && path->sum != NULL && path->own != NULL &&
            path->mean != NULL && w->risk_sum != NULL && w->event_sum != NULL;
  ok = ok && (w->at->y->entry == NULL || path->from != NULL);
  return ok ? LB_OK : lb_error_nomem(err, "Cox model along time");
}

/* Weighted means; centring costs no generality and keeps exp() in range. */
static void set_centres(path_work *w)
{
  const lb_design *x = w->at->x;
  double total = 0;
  for (size_t i = 0; i < x->n; i++) total += row_weight(w->at->y, i);
  if (!(total > 0)) return;
  for (size_t j = 0; j < x->p; j++) {
    double sum = 0;
    for (size_t i = 0; i < x->n; i++) sum += row_weight(w->at->y, i) * x->column[j][i];
    w->path.centre[j] = sum / total;
  }
  double sum = 0;
  for (size_t i = 0; x->offset != NULL && i < x->n; i++)
    sum += row_weight(w->at->y, i) * x->offset[i];
  w->path.shift = sum / total;
}

static lb_status set_risks(path_work *w, lb_error *err)
{
  const lb_design *x = w->at->x;
  double *risk = w->path.risk;
  for (size_t i = 0; i < x->n; i++) risk[i] = x->offset == NULL ? 0 : x->offset[i] - w->path.shift;
  for (size_t j = 0; j < x->p; j++) {
    double coef = w->at->coef[j];
    if (isnan(coef) || coef == 0) continue;
    for (size_t i = 0; i < x->n; i++) risk[i] += coef * centred(w, i, j);
  }
  for (size_t i = 0; i < x->n; i++) {
    risk[i] = exp(risk[i]);
    if (!isfinite(risk[i]))
      return lb_error_set(err, LB_ENUMERIC, "the relative risk of row %zu is not finite", i + 1);
    w->path.counts[i] = w->at->y->event[i] && row_weight(w->at->y, i) > 0;
  }
  return LB_OK;
}

/* Adds (sign 1) or takes away (-1) a row of the risk set. An empty one sums to exactly 0. */
static void add_row(path_work *w, size_t i, double sign)
{
  double risk = sign * row_weight(w->at->y, i) * w->path.risk[i];
  lb_sum_add(&w->risk_sum[0], risk);
  for (size_t j = 0; j < w->path.p; j++) lb_sum_add(&w->risk_sum[j + 1], risk * centred(w, i, j));
  w->rows += sign > 0 ? 1 : (size_t)-1;
  if (w->rows == 0) memset(w->risk_sum, 0, (w->path.p + 1) * sizeof *w->risk_sum);
}

static size_t gather_events(path_work *w, size_t t, double *weight)
{
  size_t count = 0;
  memset(w->event_sum, 0, (w->path.p + 1) * sizeof *w->event_sum);
  *weight = 0;
  for (size_t k = w->set.time_row[t]; k < w->set.time_row[t + 1]; k++) {
    size_t i = w->set.by_time[k];
    if (!w->path.counts[i]) continue;
    double risk = row_weight(w->at->y, i) * w->path.risk[i];
    count++;
    *weight += row_weight(w->at->y, i);
    w->event_sum[0] += risk;
    for (size_t j = 0; j < w->path.p; j++) w->event_sum[j + 1] += risk * centred(w, i, j);
  }
  return count;
}

/* The steps of event time t at `place`, not yet cumulated. */
static void set_steps(path_work *w, size_t t, size_t place)
{
  lb_cox_path *path = &w->path;
  size_t p = path->p;
  double weight;
  size_t count = gather_events(w, t, &weight), m = w->at->ties == LB_TIES_EFRON ? count : 1;
  double v = weight / (double)m, s0 = lb_sum_value(&w->risk_sum[0]);
  lb_sum *step = path->sum + place * (p + 2);
  double *own = path->own + place * (p + 2), *mean = path->mean + place * p;
  path->time[place] = w->set.time[t];
  path->n_risk[place] = w->set.n_risk[t];
  path->n_event[place] = w->set.n_event[t];
  for (size_t k = 0; k < m; k++) {
    double f = (double)k / (double)m, inverse = 1 / (s0 - f * w->event_sum[0]);
    step[LB_PATH_HAZARD].high += v * inverse;
    step[LB_PATH_VARIANCE].high += v * inverse * inverse;
    own[LB_PATH_HAZARD] += (1 - f) * v * inverse;
    own[LB_PATH_VARIANCE] += (1 - f) * v * inverse * inverse;
    for (size_t j = 0; j < p; j++) {
      double e = (lb_sum_value(&w->risk_sum[j + 1]) - f * w->event_sum[j + 1]) * inverse;
      step[LB_PATH_MEANS + j].high += v * inverse * e;
      own[LB_PATH_MEANS + j] += (1 - f) * v * inverse * e;
      mean[j] += e / (double)m;
    }
  }
}

/* Backwards in time: a row joins at its time and leaves when entry >= t. `place` is one behind the
 * stratum's last. */
static lb_status walk_back(path_work *w, size_t s, size_t place, lb_error *err)
{
  const lb_riskset *set = &w->set;
  size_t left = set->class_row[s + 1];
  w->rows = 0;
  memset(w->risk_sum, 0, (w->path.p + 1) * sizeof *w->risk_sum);
  for (size_t t = set->class_time[s + 1]; t-- > set->class_time[s];) {
    for (size_t k = set->time_row[t]; k < set->time_row[t + 1]; k++) add_row(w, set->by_time[k], 1);
    while (set->by_entry != NULL && left > set->class_row[s] &&
           w->at->y->entry[set->by_entry[left - 1]] >= set->time[t])
      add_row(w, set->by_entry[--left], -1);
    if (set->n_event[t] > 0) set_steps(w, t, --place);
    if (t % POLL_TIMES == 0 && lb_interrupted()) return lb_error_interrupted(err);
  }
  return LB_OK;
}

/* Steps become sums; what rounding drops is kept, since early risk sets of few people can have
 * hazards beside which all later ones vanish. */
static void cumulate(lb_cox_path *path, size_t s)
{
  size_t width = path->p + 2;
  for (size_t place = path->start[s] + 1; place < path->start[s + 1]; place++) {
    lb_sum *now = path->sum + place * width;
    for (size_t j = 0; j < width; j++) {
      lb_sum total = now[j - width];
      lb_sum_add(&total, now[j].high);
      now[j] = total;
    }
  }
}

static void place_rows(path_work *w, size_t s)
{
  const lb_riskset *set = &w->set;
  lb_cox_path *path = &w->path;
  size_t place = path->start[s], end = path->start[s + 1];
  for (size_t k = set->class_row[s]; k < set->class_row[s + 1]; k++) {
    size_t i = set->by_time[k];
    while (place < end && path->time[place] <= w->at->y->time[i]) place++;
    path->until[i] = place;
  }
  place = path->start[s];
  for (size_t k = set->class_row[s]; path->from != NULL && k < set->class_row[s + 1]; k++) {
    size_t i = set->by_entry[k];
    while (place < end && path->time[place] <= w->at->y->entry[i]) place++;
    path->from[i] = place;
  }
}

lb_status lb_cox_path_new(const lb_cox_at *at, lb_cox_path *out, lb_error *err)
{
  path_work w = {.at = at, .path = {.n = at->y->n, .p = at->x->p}};
  lb_status st = check_shapes(at, err);
  if (st == LB_OK) st = lb_riskset_sort(at->y, at->strata, &w.set, err);
  w.path.n_strata = w.set.n_class;
  if (st == LB_OK) st = alloc(&w, err);
  if (st != LB_OK) goto done;
  set_centres(&w);
  st = set_risks(&w, err);
  for (size_t s = 0; st == LB_OK && s < w.set.n_class; s++) {
    size_t places = w.path.start[s];
    for (size_t t = w.set.class_time[s]; t < w.set.class_time[s + 1]; t++)
      places += w.set.n_event[t] > 0;
    w.path.start[s + 1] = places;
    st = walk_back(&w, s, places, err);
    cumulate(&w.path, s);
    place_rows(&w, s);
  }
  if (st != LB_OK) goto done;
  *out = w.path;
  w.path = (lb_cox_path){0};
done:
  lb_cox_path_reset(&w.path);
  lb_riskset_reset(&w.set);
  lb_mem_free(w.risk_sum);
  lb_mem_free(w.event_sum);
  return st;
}

double lb_cox_path_between(const lb_cox_path *path, size_t s, size_t from, size_t to, size_t column)
{
  size_t width = path->p + 2;
  double high = 0, low = 0;
  if (to > path->start[s]) {
    const lb_sum *end = &path->sum[(to - 1) * width + column];
    high = end->high;
    low = end->low;
  }
  if (from > path->start[s]) {
    const lb_sum *begin = &path->sum[(from - 1) * width + column];
    high -= begin->high;
    low -= begin->low;
  }
  return high + low;
}

size_t lb_cox_path_find(const lb_cox_path *path, size_t s, double time)
{
  size_t low = path->start[s], high = path->start[s + 1];
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (path->time[middle] <= time)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

double lb_cox_path_row(const lb_cox_path *path, size_t s, size_t i, size_t column)
{
  size_t from = path->from == NULL ? path->start[s] : path->from[i], to = path->until[i];
  size_t sum = column == 0 ? LB_PATH_HAZARD : LB_PATH_MEANS + column - 1;
  if (!path->counts[i]) return lb_cox_path_between(path, s, from, to, sum);
  return lb_cox_path_between(path, s, from, to - 1, sum) +
         path->own[(to - 1) * (path->p + 2) + sum];
}

void lb_cox_path_reset(lb_cox_path *path)
{
  if (path == NULL) return;
  lb_mem_free(path->start);
  lb_mem_free(path->time);
  lb_mem_free(path->n_risk);
  lb_mem_free(path->n_event);
  lb_mem_free(path->centre);
  lb_mem_free(path->risk);
  lb_mem_free(path->sum);
  lb_mem_free(path->own);
  lb_mem_free(path->mean);
  lb_mem_free(path->until);
  lb_mem_free(path->from);
  lb_mem_free(path->counts);
  *path = (lb_cox_path){0};
}
