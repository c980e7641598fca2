/* cox_likelihood.c - the Cox partial likelihood, its score and information: a pass over the rows,
 * one over the event times, and another over the rows. */
#include "stats/survival/cox_exact.h"

#include "base/interrupt.h"
#include "base/log_kernel.h"
#include "base/mem.h"
#include "base/parallel.h"
#include "stats/exp_kernel.h"
#include "stats/sum.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* When the largest linear predictor is above this, all are brought down until it is not: exp()
 * cannot overflow, and ratios stay as they are. */
#define LARGEST_ETA 300.0
/* Parts of a pass with late entries, each with a table of bins: so many rows a bin pay for it. */
#define MAX_PARTS         8
#define PART_ROWS_PER_BIN 4

/* ---- Memory ---- */

static size_t count_parts(const cox_data *d)
{
  size_t parts = d->n / (PART_ROWS_PER_BIN * (d->n_bin + 1));
  if (parts > d->n_block / 8) parts = d->n_block / 8;
  return parts < 1 ? 1 : parts > MAX_PARTS ? MAX_PARTS : parts;
}

/* Numbers of a sum, were it exact. */
static size_t most_stride(const cox_data *d)
{
  return d->leave_bin == NULL ? d->p + 1 : 2 * (d->p + 1);
}

/* Room for sums, and for a vector that is read beyond the last one. */
static double *sums_new(size_t n, size_t stride)
{
  if (n > (SIZE_MAX - COX_LINE) / stride) return NULL;
  double *sum = lb_mem_array(n * stride + COX_LINE, sizeof *sum);
  if (sum != NULL) memset(sum + n * stride, 0, COX_LINE * sizeof *sum);
  return sum;
}

static bool alloc_late(const cox_data *d, cox_state *s)
{
  s->n_part = count_parts(d);
  s->left = lb_mem_array(s->n_part * d->n_bin, most_stride(d) * sizeof *s->left);
  s->rows = lb_mem_array(s->n_part * COX_ROWS, (d->p + 1) * sizeof *s->rows);
  return s->left != NULL && s->rows != NULL;
}

lb_status cox_state_new(const cox_data *d, cox_state *out, lb_error *err)
{
  cox_state s = {.stride = d->p + 1};
  size_t p = d->p, padded = COX_PADDED(p), chunks = cox_block_chunks(d).n;
  if (chunks < cox_bin_chunks(d).n) chunks = cox_bin_chunks(d).n;
  bool ok = d->leave_bin == NULL || alloc_late(d, &s);
  if (chunks < s.n_part) chunks = s.n_part; /* one also of no rows */
  if (d->lasting != NULL) ok = cox_lasting_new(d, &s) && ok;
  s.part_size = 1 + padded * (padded + 2);
  s.score = lb_mem_zero(p, sizeof *s.score);
  s.information = lb_mem_zero(p * p, sizeof *s.information);
  s.crossproduct = lb_mem_zero(p, sizeof *s.crossproduct);
  s.risk_room = lb_mem_array(d->n_block * COX_ROWS + COX_LINE, sizeof *s.risk_room);
  s.risk = cox_align(s.risk_room);
  s.joined = sums_new(d->n_segment, most_stride(d));
  s.head = lb_mem_array(d->n_block, most_stride(d) * sizeof *s.head);
  s.at_risk = sums_new(d->n_bin, p + 1);
  s.hazard = lb_mem_zero(d->n_bin, sizeof *s.hazard);
  s.hazard_low = lb_mem_zero(d->n_bin, sizeof *s.hazard_low);
  s.hazard_event = lb_mem_zero(d->n_bin, sizeof *s.hazard_event);
  s.running = lb_mem_zero(most_stride(d), sizeof *s.running);
  s.part = lb_mem_zero(chunks, s.part_size * sizeof *s.part);
  s.largest = lb_mem_zero(chunks, sizeof *s.largest);
  ok = ok && s.score != NULL && s.information != NULL && s.crossproduct != NULL && s.risk != NULL &&
       s.joined != NULL && s.head != NULL && s.at_risk != NULL && s.hazard != NULL &&
       s.hazard_low != NULL && s.hazard_event != NULL && s.running != NULL && s.part != NULL &&
       s.largest != NULL;
  if (ok)
    *out = s;
  else
    cox_state_reset(&s);
  return ok ? LB_OK : lb_error_nomem(err, "Cox model");
}

void cox_state_reset(cox_state *s)
{
  void *array[] = {s->score,          s->information,  s->crossproduct, s->risk_room, s->joined,
                   s->head,           s->left,         s->rows,         s->at_risk,   s->hazard,
                   s->hazard_low,     s->hazard_event, s->running,      s->part,      s->largest,
                   s->lasting_joined, s->lasting_head, s->later};
  for (size_t i = 0; i < sizeof array / sizeof array[0]; i++) lb_mem_free(array[i]);
  *s = (cox_state){0};
}

/* ---- First pass over the rows: risks, and their sums over segments ---- */

typedef struct pass {
  const cox_data *d;
  cox_state *s;
  const double *beta;
  lb_ties ties;
  cox_chunks chunks;
} pass;

/* Risks of a block; returns its largest linear predictor. */
static double set_risks(const pass *q, size_t b)
{
  const cox_data *d = q->d;
  size_t first = b * COX_ROWS, rows = cox_block_rows(d, b);
  _Alignas(64) double eta[COX_ROWS] = {0};
  double largest = -INFINITY, *risk = q->s->risk + first;
  if (d->offset != NULL) memcpy(eta, d->offset + first, rows * sizeof *eta);
  cox_linear(d->z + b * d->width * COX_ROWS, q->beta, d->p, eta);
  for (size_t r = 0; r < rows; r++) {
    largest = eta[r] > largest ? eta[r] : largest;
    eta[r] -= q->s->shift;
  }
  lb_exp_array(eta, risk, COX_ROWS);
  for (size_t r = 0; d->weight != NULL && r < rows; r++) risk[r] *= d->weight[first + r];
  memset(risk + rows, 0, (COX_ROWS - rows) * sizeof *risk);
  return largest;
}

/* Starts of the block's segments within it, then its end; returns how many. */
static size_t list_runs(const cox_data *d, size_t b, size_t start[COX_ROWS + 1])
{
  size_t first = b * COX_ROWS, end = first + cox_block_rows(d, b), n = 0;
  start[n++] = 0;
  for (size_t i = d->block_segment[b] + (size_t)1; i < d->n_segment && d->segment_row[i] < end; i++)
    start[n++] = d->segment_row[i] - first;
  start[n] = end - first;
  return n;
}

static bool is_continued(const cox_data *d, size_t b)
{
  return d->segment_row[d->block_segment[b]] < b * COX_ROWS;
}

/* Sums over segments, and over their parts that began in an earlier block. */
typedef struct run_sums {
  double *joined, *head;
  size_t stride;
} run_sums;

/* Where the sums of run i of block b go. */
static double *run_place(const cox_data *d, run_sums to, size_t b, size_t i)
{
  if (i == 0 && is_continued(d, b)) return to.head + b * to.stride;
  return to.joined + (d->block_segment[b] + i) * to.stride;
}

/* Sums of g, a number a place, and g z. */
static void sum_block(const cox_data *d, const double *here, run_sums to, size_t b)
{
  size_t start[COX_ROWS + 1], n = list_runs(d, b, start);
  const double *z = d->z + b * d->width * COX_ROWS;
  size_t alone = start[n] < COX_SHORT_RUN * n ? 1 : n; /* runs that are summed one by one */
  for (size_t i = 0; i < alone; i++)
    cox_run_sums(z, here, d->p, start[i], start[i + 1], run_place(d, to, b, i));
  if (alone == n) return;
  if (d->line != NULL)
    cox_line_runs(d->line + b * COX_ROWS * COX_PADDED(d->p + 1), here, d->p + 1, start + 1, n - 1,
                  run_place(d, to, b, 1), to.stride);
  else
    cox_short_runs(z, here, d->p, start + 1, n - 1, run_place(d, to, b, 1), to.stride);
}

static run_sums risk_sums(const cox_state *s)
{
  return (run_sums){s->joined, s->head, s->stride};
}

static run_sums lasting_sums(const cox_data *d, const cox_state *s)
{
  return (run_sums){s->lasting_joined, s->lasting_head, d->p + 1};
}

/* Sums of rows that stay, unless layers keep them apart. */
static void sum_lasting(const pass *q, size_t b)
{
  if (q->d->lasting == NULL || q->d->layer != NULL) return;
  _Alignas(COX_LINE * sizeof(double)) double lasting[COX_ROWS];
  for (size_t r = 0; r < COX_ROWS; r++) lasting[r] = cox_lasting_risk(q->d, q->s, b * COX_ROWS + r);
  sum_block(q->d, lasting, lasting_sums(q->d, q->s), b);
}

static void risk_chunk(void *context, size_t chunk)
{
  const pass *q = context;
  double largest = -INFINITY;
  size_t end = cox_chunk_start(q->chunks, chunk + 1);
  for (size_t b = cox_chunk_start(q->chunks, chunk); b < end; b++) {
    largest = fmax(largest, set_risks(q, b));
    sum_block(q->d, q->s->risk + b * COX_ROWS, risk_sums(q->s), b);
    sum_lasting(q, b);
  }
  q->s->largest[chunk] = largest;
}

/* As sum_block, row after row, with what rounding drops; rows that leave are summed for that. */
static void sum_block_exactly(const cox_data *d, cox_state *s, size_t b, size_t part)
{
  size_t start[COX_ROWS + 1], n = list_runs(d, b, start), w = d->p + 1;
  double *row = s->rows + part * COX_ROWS * w, *left = s->left + part * d->n_bin * s->stride;
  cox_rows(d->z + b * d->width * COX_ROWS, s->risk + b * COX_ROWS, d->p, start[n], row, w);
  for (size_t i = 0; i < n; i++) {
    double *sum = run_place(d, risk_sums(s), b, i);
    memset(sum, 0, s->stride * sizeof *sum);
    for (size_t r = start[i]; r < start[i + 1]; r++) cox_add_exactly(sum, row + r * w, w, 1);
  }
  for (size_t r = 0; r < start[n]; r++) {
    uint32_t bin = d->leave_bin[b * COX_ROWS + r];
    if (bin != COX_NO_BIN) cox_add_exactly(left + bin * s->stride, row + r * w, w, -1);
  }
}

/* Takes rows that leave from the sums of their bins. */
static void sum_leaving(const cox_data *d, const cox_state *s, size_t b, double *left)
{
  size_t rows = cox_block_rows(d, b), w = d->p + 1;
  const double *z = d->z + b * d->width * COX_ROWS, *risk = s->risk + b * COX_ROWS;
  const uint32_t *bin = d->leave_bin + b * COX_ROWS;
  if (d->line != NULL) {
    cox_line_leave(d->line + b * COX_ROWS * COX_PADDED(w), risk, w, bin, rows, left);
    return;
  }
  for (size_t r = 0; r < rows; r++) {
    if (bin[r] == COX_NO_BIN) continue;
    double *sum = left + bin[r] * w;
    sum[0] -= risk[r];
    for (size_t j = 0; j < d->p; j++) sum[1 + j] -= risk[r] * z[j * COX_ROWS + r];
  }
}

static void late_chunk(void *context, size_t chunk)
{
  const pass *q = context;
  const cox_data *d = q->d;
  double largest = -INFINITY;
  double *left = q->s->left + chunk * d->n_bin * q->s->stride;
  memset(left, 0, d->n_bin * q->s->stride * sizeof *left);
  size_t end = cox_chunk_start(q->chunks, chunk + 1);
  for (size_t b = cox_chunk_start(q->chunks, chunk); b < end; b++) {
    largest = fmax(largest, set_risks(q, b));
    if (q->s->exact) {
      sum_block_exactly(d, q->s, b, chunk);
    } else {
      sum_block(d, q->s->risk + b * COX_ROWS, risk_sums(q->s), b);
      sum_leaving(d, q->s, b, left);
    }
    sum_lasting(q, b);
  }
  q->s->largest[chunk] = largest;
}

static lb_status run(pass *q, cox_chunks chunks, void (*body)(void *context, size_t chunk),
                     lb_error *err)
{
  q->chunks = chunks;
  if (lb_parallel(chunks.n, q->d->n >= COX_PARALLEL_ROWS, body, q)) return LB_OK;
  return lb_error_interrupted(err);
}

static lb_status sum_risks(pass *q, lb_error *err)
{
  const cox_data *d = q->d;
  cox_state *s = q->s;
  bool late = d->leave_bin != NULL;
  cox_chunks chunks = cox_block_chunks(d);
  if (late) chunks.n = s->n_part;
  double largest = -INFINITY;
  lb_status st = run(q, chunks, late ? late_chunk : risk_chunk, err);
  for (size_t c = 0; c < chunks.n; c++) largest = fmax(largest, s->largest[c]);
  if (st != LB_OK || s->shift != 0 || !(largest > LARGEST_ETA)) return st;
  s->shift = largest - LARGEST_ETA;
  return run(q, chunks, late ? late_chunk : risk_chunk, err);
}

/* Adds the parts of segments that run over several blocks, in the order of the blocks. */
static void join_heads(const cox_data *d, cox_state *s)
{
  size_t w = d->p + 1;
  for (size_t b = 0; b < d->n_block; b++) {
    if (!is_continued(d, b)) continue;
    double *sum = s->joined + d->block_segment[b] * s->stride, *head = s->head + b * s->stride;
    if (s->exact) {
      cox_add_exactly(sum, head, w, 1);
      sum += w;
      head += w;
    }
    for (size_t i = 0; i < w; i++) sum[i] += head[i];
  }
}

/* ---- Pass over the event times ---- */

/* With m tied events of mean weight v, Efron's k-th denominator is S0 - f D0, f = k/m, where S are
 * sums over the risk set and D over the events; Breslow's f is 0. The outer products of the k means
 * (S1 - f D1)/(S0 - f D0) add up to a S1 S1' - b (S1 D1' + D1 S1') + c D1 D1'. */
cox_tied_sums cox_tied(lb_ties ties, const cox_bin *bin, double s0, double d0)
{
  cox_tied_sums sums = {0};
  if (ties == LB_TIES_EFRON && bin->events > 1) {
    cox_efron(s0, d0, bin->event_weight / (double)bin->events, bin->events, &sums);
    return sums;
  }
  double inverse = 1 / s0;
  sums.hazard = bin->event_weight * inverse;
  sums.a = sums.hazard * inverse;
  return sums;
}

/* Logarithms of risk sums that wait for each other to be taken many at once. */
#define LOGS 64
typedef struct logs {
  double weight[LOGS], sum[LOGS], log[LOGS];
  size_t n;
} logs;

/* Takes the log-likelihood of those waiting. */
static void take_logs(logs *wait, double *log_lik)
{
  lb_log_array(wait->sum, NULL, wait->log, wait->n);
  for (size_t k = 0; k < wait->n; k++) *log_lik -= wait->weight[k] * wait->log[k];
  wait->n = 0;
}

/* Adds -weight log(sum) to the log-likelihood, now or later. An absurd sum shows at once. */
static void add_log(logs *wait, double weight, double sum, double *log_lik)
{
  if (!(sum > 0 && sum <= DBL_MAX)) {
    *log_lik -= weight * log(sum);
    return;
  }
  wait->weight[wait->n] = weight;
  wait->sum[wait->n++] = sum;
  if (wait->n == LOGS) take_logs(wait, log_lik);
}

/* What a chunk adds up: score, room for D1, information. */
typedef struct time_part {
  double *log_lik, *score, *d1, *information;
} time_part;

/* Score and information of bin b. Sums are read beyond their last number, into those that follow:
 * nothing is made of it. */
static void add_bin(const cox_data *d, const cox_state *s, size_t b, const cox_tied_sums *sums,
                    const time_part *part)
{
  const double *d1 = s->joined + d->bin[b].segment * s->stride + 1;
  if (s->exact && sums->tied != 0) { /* else nothing is made of D1 */
    for (size_t j = 0; j < d->p; j++) part->d1[j] = d1[j] + d1[d->p + 1 + j];
    d1 = part->d1;
  }
  cox_add_bin(s->at_risk + b * (d->p + 1) + 1, d1, sums, d->p, part->score, part->information);
}

#define CLEAR_ROUND ((size_t)1 << 20)

/* Sets numbers to 0; false after Ctrl-C. Memory that nothing has touched yet costs a hundred times
 * a read: the square of some thousand columns takes longer than anyone waits. */
static bool clear(double *numbers, size_t n)
{
  for (size_t i = 0; i < n; i += CLEAR_ROUND) {
    if (n > CLEAR_ROUND && lb_interrupted()) return false;
    memset(numbers + i, 0, (n - i < CLEAR_ROUND ? n - i : CLEAR_ROUND) * sizeof *numbers);
  }
  return true;
}

/* From so many columns on, one death time takes longer than a look at the flag is worth saving. */
#define WIDE 256

/* Ties that an exact method takes up later on. */
static bool is_exact(const pass *q, const cox_bin *bin)
{
  return q->ties >= LB_TIES_EXACT && bin->events > 1;
}

static void time_chunk(void *context, size_t chunk)
{
  const pass *q = context;
  const cox_data *d = q->d;
  cox_state *s = q->s;
  size_t w = d->p + 1, padded = COX_PADDED(d->p), end = cox_chunk_start(q->chunks, chunk + 1);
  double *numbers = s->part + chunk * s->part_size, *score = numbers + 1;
  const time_part part = {numbers, score, score + padded, score + 2 * padded};
  logs wait = {.n = 0};
  if (!clear(numbers, s->part_size)) return;
  for (size_t b = cox_chunk_start(q->chunks, chunk); b < end; b++) {
    const cox_bin *bin = &d->bin[b];
    const double *joined = s->joined + bin->segment * s->stride;
    s->hazard[b] = s->hazard_event[b] = 0;
    if (is_exact(q, bin)) continue;
    if (d->p >= WIDE && lb_interrupted()) return; /* run() asks again */
    double s0 = s->at_risk[b * w], d0 = s->exact ? joined[0] + joined[w] : joined[0];
    cox_tied_sums sums = cox_tied(q->ties, bin, s0, d0);
    if (sums.tied == 0)
      add_log(&wait, bin->event_weight, s0, part.log_lik);
    else
      *part.log_lik += sums.log_lik;
    add_bin(d, s, b, &sums, &part);
    s->hazard[b] = sums.hazard;
    s->hazard_event[b] = sums.hazard - sums.tied;
  }
  take_logs(&wait, part.log_lik);
}

static lb_status add_times(pass *q, lb_error *err)
{
  const cox_data *d = q->d;
  cox_state *s = q->s;
  size_t p = d->p, padded = COX_PADDED(p);
  cox_chunks chunks = cox_bin_chunks(d);
  lb_status st = run(q, chunks, time_chunk, err);
  for (size_t c = 0; c < chunks.n && st == LB_OK; c++) {
    const double *part = s->part + c * s->part_size, *information = part + 1 + 2 * padded;
    if (lb_interrupted()) return lb_error_interrupted(err);
    s->log_lik += part[0];
    for (size_t j = 0; j < p; j++) s->score[j] += part[1 + j];
    for (size_t j = 0; j < p; j++)
      for (size_t i = 0; i <= j; i++) s->information[j * p + i] -= information[j * padded + i];
  }
  return st;
}

/* hazard[b] becomes cumulative up to and with b; what rounding drops is kept in hazard_low. */
static void cumulate(const cox_data *d, cox_state *s)
{
  lb_sum sum = {0};
  for (size_t b = 0; b < d->n_bin; b++) {
    if (d->bin[b].is_first) sum = (lb_sum){0};
    lb_sum_add(&sum, s->hazard[b]);
    s->hazard[b] = sum.high;
    s->hazard_low[b] = sum.low;
  }
}

/* ---- Second pass over the rows: the crossproduct ---- */

/* Cumulative hazard of a segment's rows: up to before its time, and the step there, of which an
 * event has a share by Efron's rule. Early risk sets of few people can have hazards beside which
 * all later ones vanish: hence two parts, from which those at entry are taken. */
typedef struct exposure {
  double high, low, step;
} exposure;

static exposure segment_exposure(const cox_data *d, const cox_state *s, size_t segment)
{
  uint32_t b = d->segment_bin[segment];
  if (b == COX_NO_BIN) return (exposure){0};
  if (segment > d->bin[b].segment) return (exposure){s->hazard[b], s->hazard_low[b], 0};
  if (d->bin[b].is_first) return (exposure){0, 0, s->hazard_event[b]};
  return (exposure){s->hazard[b - 1], s->hazard_low[b - 1], s->hazard_event[b]};
}

/* Expected events of rows [first, end): risk times the cumulative hazard while at risk. */
static void expect_late(const cox_data *d, const cox_state *s, exposure e, const size_t rows[2],
                        double *expected)
{
  for (size_t k = rows[0]; k < rows[1]; k++) {
    uint32_t bin = d->leave_bin[k];
    double high = e.high, low = e.low;
    if (bin != COX_NO_BIN) {
      high -= s->hazard[bin];
      low -= s->hazard_low[bin];
    }
    *expected++ = s->risk[k] * ((high + low) + e.step);
  }
}

static void expect_block(const cox_data *d, const cox_state *s, size_t b, double *expected)
{
  size_t start[COX_ROWS + 1], n = list_runs(d, b, start), first = b * COX_ROWS;
  memset(expected, 0, COX_ROWS * sizeof *expected);
  for (size_t i = 0; i < n; i++) {
    exposure e = segment_exposure(d, s, d->block_segment[b] + i);
    bool never = d->segment_bin[d->block_segment[b] + i] == COX_NO_BIN;
    if (d->leave_bin != NULL && !never) {
      const size_t rows[2] = {first + start[i], first + start[i + 1]};
      expect_late(d, s, e, rows, expected + start[i]);
      continue;
    }
    double hazard = (e.high + e.low) + e.step;
    for (size_t r = start[i]; r < start[i + 1]; r++) expected[r] = s->risk[first + r] * hazard;
  }
  for (size_t i = 0; d->lasting != NULL && i < n; i++) {
    size_t slot = d->slot[d->block_segment[b] + i];
    for (size_t r = start[i]; r < start[i + 1]; r++)
      expected[r] += cox_lasting_risk(d, s, first + r) * cox_later(d, s, first + r, slot);
  }
}

static void crossproduct_chunk(void *context, size_t chunk)
{
  const pass *q = context;
  const cox_data *d = q->d;
  _Alignas(64) double expected[COX_ROWS];
  double *part = q->s->part + chunk * q->s->part_size;
  size_t end = cox_chunk_start(q->chunks, chunk + 1);
  if (!clear(part, q->s->part_size)) return;
  for (size_t b = cox_chunk_start(q->chunks, chunk); b < end; b++) {
    if (d->p >= WIDE && lb_interrupted()) return; /* run() asks again */
    expect_block(d, q->s, b, expected);
    cox_crossproduct(d->z + b * d->width * COX_ROWS, expected, d->width, part);
  }
}

/* Chunks are added in their order: the same sum for any number of threads. */
static lb_status add_crossproduct(pass *q, lb_error *err)
{
  cox_state *s = q->s;
  size_t p = q->d->p, width = q->d->width;
  cox_chunks chunks = cox_block_chunks(q->d);
  lb_status st = run(q, chunks, crossproduct_chunk, err);
  for (size_t c = 0; c < chunks.n && st == LB_OK; c++) {
    const double *part = s->part + c * s->part_size;
    if (lb_interrupted()) return lb_error_interrupted(err);
    for (size_t j = 0; j < p; j++) {
      for (size_t i = 0; i <= j; i++) s->information[j * p + i] += part[j * width + i];
      s->crossproduct[j] += part[j * width + j];
    }
  }
  return st;
}

/* Sums over risk sets at beta; exact from where they must be. */
static lb_status sum_risk_sets(pass *q, lb_error *err)
{
  cox_state *s = q->s;
  bool lost = true;
  lb_status st = LB_OK;
  while (st == LB_OK && lost) {
    st = sum_risks(q, err);
    if (st != LB_OK) return st;
    join_heads(q->d, s);
    st = cox_walk(q->d, s, &lost, err);
    if (!lost) continue;
    s->exact = true;
    s->stride = most_stride(q->d);
  }
  return st;
}

lb_status cox_evaluate(const cox_data *d, lb_ties ties, const double *beta, cox_state *s,
                       lb_error *err)
{
  pass q = {.d = d, .s = s, .beta = beta, .ties = ties};
  s->shift = 0;
  memcpy(s->score, d->event_z, d->p * sizeof *s->score);
  if (!clear(s->information, d->p * d->p)) return lb_error_interrupted(err);
  memset(s->crossproduct, 0, d->p * sizeof *s->crossproduct);
  lb_status st = sum_risk_sets(&q, err);
  if (st != LB_OK) return st;
  if (d->lasting != NULL) cox_lasting_walk(d, s);
  s->log_lik = d->event_offset - s->shift * d->event_weight;
  for (size_t j = 0; j < d->p; j++) s->log_lik += d->event_z[j] * beta[j];
  st = add_times(&q, err);
  if (st != LB_OK) return st;
  if (ties >= LB_TIES_EXACT) st = cox_exact_add(d, ties, s, err);
  if (st != LB_OK) return st;
  if (d->lasting != NULL) cox_lasting_later(d, s);
  cumulate(d, s);
  return add_crossproduct(&q, err);
}
