/* turnbull.c - Turnbull's estimate by group, what is read off it, and its bootstrap limits. */
#include "stats/survival/turnbull.h"

#include "base/interrupt.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "base/random.h"
#include "stats/interval.h"
#include "stats/survival/riskset.h"
#include "stats/survival/turnbull_work.h"

#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>

#define CONVERGED  1e-9
#define NO_MASS    1e-10 /* what EM leaves of an interval that has none */
#define SAME_LEVEL 1e-9
#define BLOCK      16 /* replicates */

static lb_status check(const lb_intervals *y, lb_error *err)
{
  for (size_t i = 0; i < y->n; i++) {
    double l = y->lower[i], u = y->upper[i], w = y->weight == NULL ? 1 : y->weight[i];
    if (!(isfinite(l) && l >= 0 && u >= l))
      return lb_error_set(err, LB_EDATA, "row %zu: not an interval from 0 on", i + 1);
    if (!(isfinite(w) && w >= 0))
      return lb_error_set(err, LB_EDATA, "row %zu: a weight that is no number from 0 on", i + 1);
  }
  return y->n <= UINT32_MAX / 2 ? LB_OK : lb_error_set(err, LB_EDATA, "more than 2147483647 rows");
}

static void count_kinds(const lb_intervals *y, const turnbull_pairs *pairs, lb_turnbull_curve *c)
{
  for (size_t k = 0; k < pairs->n_row; k++) {
    double lower = y->lower[pairs->row[k]], upper = y->upper[pairs->row[k]];
    if (lower == upper)
      c->n_exact++;
    else if (isinf(upper))
      c->n_right++;
    else if (lower == 0)
      c->n_left++;
    else
      c->n_between++;
  }
}

/* The intervals with mass of a room become the curve's. */
static lb_status take_masses(const turnbull_room *r, lb_turnbull_curve *c, lb_error *err)
{
  c->left = lb_mem_array(r->n_set, sizeof *c->left);
  c->right = lb_mem_array(r->n_set, sizeof *c->right);
  c->mass = lb_mem_array(r->n_set, sizeof *c->mass);
  if (c->left == NULL || c->right == NULL || c->mass == NULL)
    return lb_error_nomem(err, "survival curve");
  for (size_t j = 0; j < r->n_set; j++) {
    if (!(r->mass[j] > NO_MASS)) continue;
    c->left[c->n_interval] = r->left[j];
    c->right[c->n_interval] = r->right[j];
    c->mass[c->n_interval++] = r->mass[j];
  }
  return LB_OK;
}

static lb_status fit_curve(const lb_intervals *y, const lb_partition *groups, size_t g,
                           lb_turnbull_curve *c, lb_error *err)
{
  turnbull_pairs pairs = {0};
  turnbull_room room = {0};
  lb_status st = turnbull_pairs_new(y, groups, g, &pairs, err);
  if (st == LB_OK) st = turnbull_room_new(&pairs, &room, err);
  if (st == LB_OK) st = turnbull_maximise(&room, pairs.weight, err);
  if (st == LB_OK) st = take_masses(&room, c, err);
  if (st != LB_OK) goto done;
  count_kinds(y, &pairs, c);
  c->n = pairs.n_row;
  c->weight_total = room.total;
  c->n_innermost = room.n_set;
  c->log_lik = room.log_lik;
  c->kkt = room.kkt;
  c->n_iter = room.n_iter;
  c->converged = room.kkt <= CONVERGED;
  c->unique = room.unique;
done:
  turnbull_room_reset(&room);
  turnbull_pairs_reset(&pairs);
  return st;
}

lb_status lb_turnbull_fit(const lb_intervals *y, const lb_partition *groups, lb_turnbull *out,
                          lb_error *err)
{
  lb_turnbull fit = {.n_used = y->n, .n_missing = y->n_missing};
  lb_status st = check(y, err);
  if (st == LB_OK) st = lb_partition_check(groups, y->n, "group", err);
  if (st != LB_OK) return st;
  fit.n_groups = lb_partition_count(groups);
  fit.curve = lb_mem_zero(fit.n_groups, sizeof *fit.curve);
  if (fit.curve == NULL) return lb_error_nomem(err, "survival curves");
  for (size_t g = 0; g < fit.n_groups && st == LB_OK; g++)
    st = fit_curve(y, groups, g, &fit.curve[g], err);
  if (st == LB_OK)
    *out = fit;
  else
    lb_turnbull_reset(&fit);
  return st;
}

void lb_turnbull_reset(lb_turnbull *fit)
{
  if (fit == NULL) return;
  for (size_t g = 0; fit->curve != NULL && g < fit->n_groups; g++) {
    lb_mem_free(fit->curve[g].left);
    lb_mem_free(fit->curve[g].right);
    lb_mem_free(fit->curve[g].mass);
  }
  lb_mem_free(fit->curve);
  *fit = (lb_turnbull){0};
}

/* Mass that lies after a time for certain, and that which may. */
static void bounds(const double *left, const double *right, const double *mass, size_t n,
                   double time, double *low, double *high)
{
  double after = 0, around = 0;
  for (size_t j = n; j-- > 0 && right[j] > time;) {
    if (left[j] >= time) /* an exact time here is after it, for right[j] is */
      after += mass[j];
    else
      around += mass[j];
  }
  *low = fmin(1, after);
  *high = fmin(1, after + around);
}

void lb_turnbull_at(const lb_turnbull_curve *curve, double time, double *low, double *high)
{
  bounds(curve->left, curve->right, curve->mass, curve->n_interval, time, low, high);
}

lb_status lb_turnbull_quantile(const lb_turnbull_curve *curve, double prob, double *left,
                               double *right, lb_error *err)
{
  if (!(prob > 0 && prob <= 1))
    return lb_error_set(err, LB_EARG, "prob is %g, expected a number above 0 and up to 1", prob);
  double sum = 0;
  *left = *right = NAN;
  for (size_t j = 0; j < curve->n_interval; j++) {
    sum += curve->mass[j];
    if (sum < prob - SAME_LEVEL) continue;
    bool flat = sum <= prob + SAME_LEVEL && j + 1 < curve->n_interval;
    if (isinf(curve->right[j])) return LB_OK; /* after the last inspection */
    *left = curve->left[j];
    *right = curve->right[flat ? j + 1 : j];
    return LB_OK;
  }
  return LB_OK;
}

/* ---- Bootstrap ---- */

typedef struct bootstrap {
  const lb_intervals *y;
  const turnbull_pairs *pairs;
  const lb_turnbull_boot *options;
  const double *time;
  size_t n;
  double *low, *high; /* n x replicates */
  double *upto;       /* pairs: cumulative frequencies; NULL when rows are drawn */
  uint8_t *failed;    /* one a block */
} bootstrap;

static void draw_frequencies(const bootstrap *b, lb_random *random, double *weight)
{
  size_t n = b->pairs->n;
  uint64_t total = (uint64_t)b->upto[n - 1];
  for (uint64_t i = 0; i < total; i++) {
    double at = (double)lb_random_below(random, total);
    size_t low = 0, high = n - 1;
    while (low < high) {
      size_t middle = low + (high - low) / 2;
      if (b->upto[middle] > at)
        high = middle;
      else
        low = middle + 1;
    }
    weight[low]++;
  }
}

static void draw_rows(const bootstrap *b, lb_random *random, double *weight)
{
  for (size_t i = 0; i < b->pairs->n_row; i++) {
    size_t k = (size_t)lb_random_below(random, b->pairs->n_row);
    weight[b->pairs->pair[k]] += b->y->weight == NULL ? 1 : b->y->weight[b->pairs->row[k]];
  }
}

static void replicate(const bootstrap *b, turnbull_room *room, double *weight, size_t i,
                      bool *failed)
{
  lb_random random;
  lb_error ignored = {0};
  lb_random_init(&random, b->options->seed, i);
  for (size_t k = 0; k < b->pairs->n; k++) weight[k] = 0;
  if (b->upto != NULL)
    draw_frequencies(b, &random, weight);
  else
    draw_rows(b, &random, weight);
  if (turnbull_maximise(room, weight, &ignored) != LB_OK) {
    *failed = true;
    return;
  }
  for (size_t t = 0; t < b->n; t++)
    bounds(room->left, room->right, room->mass, room->n_set, b->time[t],
           &b->low[t * b->options->replicates + i], &b->high[t * b->options->replicates + i]);
}

static void run_block(void *context, size_t block)
{
  bootstrap *b = context;
  lb_error ignored = {0};
  turnbull_room room = {0};
  double *weight = lb_mem_array(b->pairs->n, sizeof *weight);
  bool failed = weight == NULL || turnbull_room_new(b->pairs, &room, &ignored) != LB_OK;
  size_t end = (block + 1) * BLOCK;
  if (end > b->options->replicates) end = b->options->replicates;
  for (size_t i = block * BLOCK; i < end && !failed; i++) replicate(b, &room, weight, i, &failed);
  b->failed[block] = failed;
  turnbull_room_reset(&room);
  lb_mem_free(weight);
}

static lb_status boot_alloc(bootstrap *b, size_t blocks, lb_error *err)
{
  size_t n = b->n * b->options->replicates;
  b->low = lb_mem_array(n, sizeof *b->low);
  b->high = lb_mem_array(n, sizeof *b->high);
  b->failed = lb_mem_zero(blocks, 1);
  bool got = b->low != NULL && b->high != NULL && b->failed != NULL;
  if (got && b->options->frequency && b->y->weight != NULL) {
    b->upto = lb_mem_array(b->pairs->n, sizeof *b->upto);
    got = b->upto != NULL;
    double sum = 0;
    for (size_t k = 0; got && k < b->pairs->n; k++) b->upto[k] = sum += b->pairs->weight[k];
  }
  return got ? LB_OK : lb_error_nomem(err, "bootstrap");
}

static lb_status run(bootstrap *b, size_t blocks, double *low, double *high, lb_error *err)
{
  size_t r = b->options->replicates;
  if (!lb_parallel(blocks, b->pairs->n_row * r > 100000, run_block, b))
    return lb_error_interrupted(err);
  for (size_t k = 0; k < blocks; k++)
    if (b->failed[k]) return lb_error_nomem(err, "bootstrap");
  double tail = (1 - b->options->level) / 2;
  for (size_t t = 0; t < b->n; t++) {
    gsl_sort(b->low + t * r, 1, r);
    gsl_sort(b->high + t * r, 1, r);
    low[t] = gsl_stats_quantile_from_sorted_data(b->low + t * r, 1, r, tail);
    high[t] = gsl_stats_quantile_from_sorted_data(b->high + t * r, 1, r, 1 - tail);
  }
  return LB_OK;
}

lb_status lb_turnbull_bootstrap(const lb_intervals *y, const lb_partition *groups, size_t group,
                                const lb_turnbull_boot *options, const double *time, size_t n,
                                double *low, double *high, lb_error *err)
{
  turnbull_pairs pairs = {0};
  bootstrap b = {.y = y, .pairs = &pairs, .options = options, .time = time, .n = n};
  size_t blocks = (options->replicates + BLOCK - 1) / BLOCK;
  lb_status st = check(y, err);
  if (st == LB_OK) st = lb_partition_check(groups, y->n, "group", err);
  if (st == LB_OK) st = lb_conf_level_check(options->level, err);
  if (st == LB_OK && options->replicates < 2)
    st = lb_error_set(err, LB_EARG, "a bootstrap needs at least 2 replicates");
  if (st == LB_OK) st = turnbull_pairs_new(y, groups, group, &pairs, err);
  if (st != LB_OK) return st;
  if (pairs.n_row == 0) {
    for (size_t t = 0; t < n; t++) low[t] = high[t] = NAN;
  } else {
    st = boot_alloc(&b, blocks, err);
    if (st == LB_OK) st = run(&b, blocks, low, high, err);
  }
  lb_mem_free(b.low);
  lb_mem_free(b.high);
  lb_mem_free(b.upto);
  lb_mem_free(b.failed);
  turnbull_pairs_reset(&pairs);
  return st;
}

/* ---- Scores ---- */

static double s_log_s(double s)
{
  return s > 0 ? s * log(s) : 0;
}

void lb_turnbull_scores(const lb_turnbull_curve *pooled, const lb_intervals *y, double *score)
{
  for (size_t i = 0; i < y->n; i++) {
    double before, after, ignored;
    bool exact = y->lower[i] == y->upper[i];
    lb_turnbull_at(pooled, exact ? nextafter(y->lower[i], -1) : y->lower[i], &before, &ignored);
    lb_turnbull_at(pooled, y->upper[i], &after, &ignored);
    if (isinf(y->upper[i])) after = 0;
    score[i] = (s_log_s(before) - s_log_s(after)) / (before - after);
  }
}
