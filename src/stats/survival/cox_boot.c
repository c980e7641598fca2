/* cox_boot.c - bootstrap of a Cox model: draws, Newton's steps of eight resamples at a time, and
 * the long way for those that need it. */
#include "stats/survival/cox_boot.h"

#include "base/interrupt.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "base/random.h"
#include "stats/survival/cox_boot_kernel.h"
#include "stats/survival/cox_work.h"
#include "stats/survival/repeat.h"

#include <math.h>
#include <string.h>

#define CHUNK_BATCHES 4 /* of eight resamples, which share their work arrays */
/* Newton's method doubles the digits at each step; from the second step on the information hardly
 * changes, and steps with that of the second, which cost a fifth, gain two digits each. */
#define FULL_STEPS  2
#define CHORD_STEPS 9  /* up to here; then each step makes its own information again */
#define MAX_STEPS   16 /* an infinite coefficient goes on for longer */
/* Squared length of the last step in standard errors. */
#define DECREMENT 1e-16
/* A pivot so small against its diagonal: the resample has lost a contrast. */
#define SINGULAR    1e-10
#define REFIT_STEPS 30

typedef struct boot_work {
  const lb_cox_at *at;
  const lb_partition *cluster;
  const lb_cox_boot_options *opt;
  lb_design x; /* columns with an estimate */
  const double **column;
  size_t *source; /* x.p: their places among all columns */
  cox_data data;
  boot_plan plan;
  boot_bin *bin;
  uint32_t *leave;
  double *z;
  double *start;     /* x.p: coefficients of the full fit, per standard deviation */
  double event_mass; /* mean weight of an event */
  lb_cox_boot *out;  /* in the making */
  size_t n_chunk;
  lb_status *status; /* of each chunk */
  size_t *failed, *slow;
} boot_work;

/* ---- The plan ---- */

static lb_status take_columns(boot_work *w, lb_error *err)
{
  const lb_design *x = w->at->x;
  w->column = lb_mem_zero(x->p, sizeof *w->column);
  w->source = lb_mem_zero(x->p, sizeof *w->source);
  w->start = lb_mem_zero(x->p, sizeof *w->start);
  if (w->column == NULL || w->source == NULL || w->start == NULL)
    return lb_error_nomem(err, "bootstrap");
  size_t p = 0;
  for (size_t j = 0; j < x->p; j++) {
    if (isnan(w->at->coef[j])) continue;
    w->column[p] = x->column[j];
    w->source[p++] = j;
  }
  w->x = (lb_design){.n = x->n, .p = p, .column = w->column, .offset = x->offset};
  if (p == 0) return lb_error_set(err, LB_EARG, "no coefficient to resample");
  return LB_OK;
}

/* Rows that leave, in the order of their bins. */
static lb_status order_leaving(boot_work *w, lb_error *err)
{
  const cox_data *d = &w->data;
  if (d->leave_bin == NULL) return LB_OK;
  w->leave = lb_mem_array(d->n, sizeof *w->leave);
  if (w->leave == NULL) return lb_error_nomem(err, "bootstrap");
  for (size_t k = 0; k < d->n; k++) {
    if (d->leave_bin[k] != COX_NO_BIN) w->bin[d->leave_bin[k]].leave_end++;
  }
  size_t start = 0;
  for (size_t b = 0; b < d->n_bin; b++) {
    size_t here = w->bin[b].leave_end;
    w->bin[b].leave_start = w->bin[b].leave_end = start;
    start += here;
  }
  for (size_t k = 0; k < d->n; k++) {
    if (d->leave_bin[k] != COX_NO_BIN) w->leave[w->bin[d->leave_bin[k]].leave_end++] = (uint32_t)k;
  }
  return LB_OK;
}

static void fill_plan(boot_work *w)
{
  const cox_data *d = &w->data;
  for (size_t b = 0; b < d->n_bin; b++) {
    const cox_bin *bin = &d->bin[b];
    w->bin[b] = (boot_bin){.first = bin->first_row,
                           .others = bin->first_row + bin->events,
                           .end = bin->first_row + bin->rows};
  }
  for (size_t k = 0; k < d->n; k++) {
    for (size_t j = 0; j < d->p; j++) w->z[k * d->p + j] = cox_z(d, k, j);
  }
  for (size_t j = 0; j < d->p; j++) w->start[j] = w->at->coef[w->source[j]] * d->scale[j];
  w->event_mass = d->event_weight / (double)d->n_event;
}

static lb_status make_plan(boot_work *w, lb_error *err)
{
  lb_status st = take_columns(w, err);
  if (st == LB_OK) st = cox_data_new(w->at->y, &w->x, w->at->strata, &w->data, err);
  if (st != LB_OK) return st;
  const cox_data *d = &w->data;
  if (d->n_event == 0) return lb_error_set(err, LB_EDATA, "no events");
  bool fits = d->n <= SIZE_MAX / d->p / sizeof(double);
  w->bin = lb_mem_zero(d->n_bin, sizeof *w->bin);
  w->z = fits ? lb_mem_array(d->n * d->p, sizeof *w->z) : NULL;
  if (w->bin == NULL || w->z == NULL) return lb_error_nomem(err, "bootstrap");
  fill_plan(w);
  st = order_leaving(w, err);
  w->plan = (boot_plan){.n = d->n,
                        .p = d->p,
                        .n_stratum = d->n_stratum,
                        .n_bin = d->n_bin,
                        .stratum_bin = d->stratum_bin,
                        .bin = w->bin,
                        .leave = w->leave,
                        .leave_bin = d->leave_bin,
                        .z = w->z,
                        .offset = d->offset,
                        .efron = w->at->ties == LB_TIES_EFRON};
  return st;
}

/* ---- A batch of eight ---- */

typedef struct batch {
  boot_lanes lanes;
  double *room;       /* of all arrays of lanes */
  double *count;      /* n x COX_LANES, place after place */
  double *by_row;     /* n: of one resample */
  uint32_t *drawn;    /* n, or clusters */
  size_t first, size; /* resamples of this batch */
  double alive[COX_LANES], done[COX_LANES];
} batch;

static size_t n_units(const boot_work *w)
{
  bool clustered = w->cluster != NULL && w->cluster->code != NULL;
  return clustered ? w->cluster->n : w->data.n;
}

static bool batch_alloc(batch *b, const boot_work *w)
{
  const boot_plan *d = &w->plan;
  size_t triangle = boot_width(d->p), products = COX_PRODUCTS * triangle / COX_LANES + 1;
  double **array[] = {&b->count,
                      &b->lanes.mass,
                      &b->lanes.risk,
                      &b->lanes.tied,
                      &b->lanes.event_mass,
                      &b->lanes.hazard,
                      &b->lanes.hazard_event,
                      &b->lanes.event_z,
                      &b->lanes.beta,
                      &b->lanes.score,
                      &b->lanes.step,
                      &b->lanes.sums,
                      &b->lanes.information,
                      &b->lanes.factor,
                      &b->lanes.products};
  const size_t length[] = {d->n, d->n, d->n, d->n_bin,       d->n_bin, d->n_bin, d->n_bin, d->p,
                           d->p, d->p, d->p, 4 * (d->p + 1), triangle, triangle, products};
  size_t total = 0, at = 0;
  for (size_t i = 0; i < sizeof length / sizeof *length; i++) total += length[i];
  b->room = lb_mem_zero(total + 1, COX_LANES * sizeof *b->room);
  b->by_row = lb_mem_array(d->n, sizeof *b->by_row);
  b->drawn = lb_mem_array(n_units(w), sizeof *b->drawn);
  if (b->room == NULL || b->by_row == NULL || b->drawn == NULL) return false;
  double *line = cox_align(b->room);
  for (size_t i = 0; i < sizeof length / sizeof *length; at += length[i++])
    *array[i] = line + at * COX_LANES;
  return true;
}

static void batch_reset(batch *b)
{
  lb_mem_free(b->room);
  lb_mem_free(b->by_row);
  lb_mem_free(b->drawn);
}

void lb_cox_boot_counts(lb_boot_draw draw, const lb_partition *cluster, size_t n, uint32_t *drawn,
                        double *count)
{
  bool clustered = cluster != NULL && cluster->code != NULL;
  size_t units = clustered ? cluster->n : n;
  lb_random random;
  lb_random_init(&random, draw.seed, draw.replicate);
  memset(drawn, 0, units * sizeof *drawn);
  for (size_t i = 0; i < units; i++) drawn[lb_random_below(&random, units)]++;
  for (size_t i = 0; i < n; i++) count[i] = drawn[clustered ? (size_t)cluster->code[i] : i];
}

/* Draws the batch; its last lanes, if none are left to draw, copy the first. */
static void draw(const boot_work *w, batch *b)
{
  const cox_data *d = &w->data;
  for (size_t l = 0; l < COX_LANES; l++) {
    uint64_t replicate = b->first + (l < b->size ? l : 0);
    lb_cox_boot_counts((lb_boot_draw){w->opt->seed, replicate}, w->cluster, d->n, b->drawn,
                       b->by_row);
    for (size_t k = 0; k < d->n; k++) {
      double count = b->by_row[d->row[k]];
      b->count[k * COX_LANES + l] = count;
      b->lanes.mass[k * COX_LANES + l] = count * cox_weight(d, k);
    }
    for (size_t j = 0; j < d->p; j++) b->lanes.beta[j * COX_LANES + l] = w->start[j];
    b->alive[l] = 1;
    b->done[l] = 0;
  }
}

/* Adds the step to lanes that are still on their way; true while there are any. */
static bool step(const boot_work *w, batch *b, const double *decrement)
{
  bool any = false;
  for (size_t l = 0; l < COX_LANES; l++) {
    if (b->alive[l] == 0 || b->done[l] == 1) continue;
    if (!isfinite(decrement[l])) {
      b->alive[l] = 0;
      continue;
    }
    for (size_t j = 0; j < w->plan.p; j++)
      b->lanes.beta[j * COX_LANES + l] += b->lanes.step[j * COX_LANES + l];
    b->done[l] = decrement[l] <= DECREMENT * w->event_mass;
    any |= b->done[l] == 0;
  }
  return any;
}

static void climb(const boot_work *w, batch *b)
{
  double decrement[COX_LANES];
  bool going = true;
  boot_events(&w->plan, b->count, &b->lanes);
  for (size_t i = 0; i < MAX_STEPS && going; i++) {
    bool full = i < FULL_STEPS || i >= CHORD_STEPS;
    boot_risks(&w->plan, &b->lanes);
    boot_evaluate(&w->plan, &b->lanes, full);
    if (full) boot_factor(w->plan.p, SINGULAR, &b->lanes, b->alive);
    boot_solve(w->plan.p, &b->lanes, decrement);
    going = step(w, b, decrement);
  }
}

/* ---- The long way ---- */

/* Fits the resample whose counts by row are at hand, each row as often as it was drawn. LB_OK also
 * when it has no estimate: then *fit is empty. */
static lb_status fit_rows(const boot_work *w, const double *count, lb_cox *fit, lb_error *err)
{
  lb_repeat rows = {0};
  lb_surv y = *w->at->y;
  const double *weight = y.weight;
  double *each = NULL;
  lb_cox_options options = LB_COX_DEFAULTS;
  options.ties = w->at->ties;
  options.max_iter = REFIT_STEPS;
  y.weight = count;
  lb_status st = lb_repeat_rows(&y, &w->x, w->at->strata, NULL, &rows, err);
  if (st != LB_OK) return st;
  if (weight != NULL) {
    each = lb_mem_array(rows.n, sizeof *each);
    if (each == NULL) {
      st = lb_error_nomem(err, "bootstrap");
      goto done;
    }
    for (size_t k = 0; k < rows.n; k++) each[k] = weight[rows.row[k]];
    rows.y.weight = each;
  }
  st =
      lb_cox_fit(&rows.y, &rows.x, w->at->strata == NULL ? NULL : &rows.strata, &options, fit, err);
  if (st == LB_EDATA || st == LB_ENUMERIC) st = LB_OK; /* a resample without events */
done:
  lb_mem_free(each);
  lb_repeat_reset(&rows);
  return st;
}

static lb_status refit(const boot_work *w, batch *b, size_t replicate, bool *failed)
{
  lb_cox fit = {0};
  lb_cox_boot_counts((lb_boot_draw){w->opt->seed, replicate}, w->cluster, w->data.n, b->drawn,
                     b->by_row);
  lb_status st = fit_rows(w, b->by_row, &fit, NULL);
  *failed = fit.p == 0 || !fit.converged || fit.n_collinear > 0;
  double *coef = w->out->coef + replicate * w->out->p;
  for (size_t j = 0; j < w->x.p; j++) coef[w->source[j]] = *failed ? NAN : fit.coef[j];
  lb_cox_reset(&fit);
  return st;
}

static lb_status collect(const boot_work *w, batch *b, size_t chunk)
{
  const cox_data *d = &w->data;
  lb_status st = LB_OK;
  for (size_t l = 0; l < b->size && st == LB_OK; l++) {
    double *coef = w->out->coef + (b->first + l) * w->out->p;
    if (b->alive[l] == 1 && b->done[l] == 1) {
      for (size_t j = 0; j < d->p; j++)
        coef[w->source[j]] = b->lanes.beta[j * COX_LANES + l] / d->scale[j];
      continue;
    }
    bool failed = true;
    st = refit(w, b, b->first + l, &failed);
    w->slow[chunk]++;
    w->failed[chunk] += failed;
  }
  return st;
}

/* ---- All resamples ---- */

static void run_chunk(void *context, size_t chunk)
{
  boot_work *w = context;
  batch b = {0};
  size_t first = chunk * CHUNK_BATCHES * COX_LANES;
  lb_status st = batch_alloc(&b, w) ? LB_OK : LB_ENOMEM;
  for (size_t i = 0; i < CHUNK_BATCHES && st == LB_OK; i++) {
    b.first = first + i * COX_LANES;
    if (b.first >= w->opt->replicates) break;
    size_t left = w->opt->replicates - b.first;
    b.size = left < COX_LANES ? left : COX_LANES;
    if (lb_interrupted()) break; /* lb_parallel says so */
    draw(w, &b);
    climb(w, &b);
    st = collect(w, &b, chunk);
  }
  w->status[chunk] = st;
  batch_reset(&b);
}

static lb_status run(boot_work *w, lb_error *err)
{
  lb_cox_boot *out = w->out;
  size_t size = CHUNK_BATCHES * COX_LANES;
  w->n_chunk = w->opt->replicates / size + (w->opt->replicates % size > 0);
  bool fits = w->opt->replicates <= SIZE_MAX / out->p / sizeof(double);
  out->coef = fits ? lb_mem_array(out->replicates * out->p, sizeof *out->coef) : NULL;
  w->status = lb_mem_zero(w->n_chunk, sizeof *w->status);
  w->failed = lb_mem_zero(w->n_chunk, sizeof *w->failed);
  w->slow = lb_mem_zero(w->n_chunk, sizeof *w->slow);
  if (out->coef == NULL || w->status == NULL || w->failed == NULL || w->slow == NULL)
    return lb_error_nomem(err, "bootstrap");
  for (size_t i = 0; i < out->replicates * out->p; i++) out->coef[i] = NAN;
  if (!lb_parallel(w->n_chunk, true, run_chunk, w)) return lb_error_interrupted(err);
  for (size_t c = 0; c < w->n_chunk; c++) {
    if (w->status[c] == LB_ENOMEM) return lb_error_nomem(err, "bootstrap");
    if (w->status[c] == LB_EINTR) return lb_error_interrupted(err);
    if (w->status[c] != LB_OK)
      return lb_error_set(err, w->status[c], "a resample could not be fitted");
    out->n_failed += w->failed[c];
    out->n_slow += w->slow[c];
  }
  return LB_OK;
}

static void work_reset(boot_work *w)
{
  void *array[] = {(void *)w->column, w->source, w->start, w->bin, w->leave, w->z,
                   w->status,         w->slow,   w->failed};
  for (size_t i = 0; i < sizeof array / sizeof *array; i++) lb_mem_free(array[i]);
  cox_data_reset(&w->data);
}

lb_status lb_cox_boot_fit(const lb_cox_at *at, const lb_partition *cluster,
                          const lb_cox_boot_options *opt, lb_cox_boot *out, lb_error *err)
{
  lb_cox_boot boot = {.p = at->x->p, .replicates = opt->replicates};
  boot_work w = {.at = at, .cluster = cluster, .opt = opt, .out = &boot};
  if (opt->replicates == 0) return lb_error_set(err, LB_EARG, "replicates must be above 0");
  lb_status st = lb_partition_check(cluster, at->y->n, "cluster", err);
  if (st == LB_OK) st = make_plan(&w, err);
  if (st == LB_OK) st = run(&w, err);
  if (st == LB_OK)
    *out = boot;
  else
    lb_cox_boot_reset(&boot);
  work_reset(&w);
  return st;
}

void lb_cox_boot_reset(lb_cox_boot *boot)
{
  if (boot == NULL) return;
  lb_mem_free(boot->coef);
  *boot = (lb_cox_boot){0};
}
