/* cox_walk.c - sums over every risk set of the Cox model: backwards in time, a row joins at its bin
 * and leaves at that before which it entered. */
#include "stats/survival/cox_work.h"

#include "base/clones.h"
#include "base/interrupt.h"

#include <math.h>
#include <string.h>

#define POLL_BINS 4096
/* Of the 32 digits of a compensated sum, at least 12 are kept. */
#define LOST_DIGITS 1e-20
/* The same of the 16 digits of a plain sum. */
#define LOST_PLAIN 1e-3

typedef struct walk {
  const cox_data *d;
  cox_state *s;
  size_t rows; /* at risk */
  double peak; /* largest sum of risk since the sums were made */
} walk;

static void add_sum(const walk *w, const double *sum)
{
  double *running = w->s->running;
  size_t n = w->d->p + 1;
  if (!w->s->exact) {
    for (size_t i = 0; i < n; i++) running[i] += sum[i];
    return;
  }
  cox_add_exactly(running, sum, n, 1);
  for (size_t i = n; i < 2 * n; i++) running[i] += sum[i];
}

static void start_sums(walk *w)
{
  memset(w->s->running, 0, w->s->stride * sizeof(double));
  w->peak = 0;
}

/* Rows of bin b join, others leave; an empty risk set sums to exactly 0. */
static void change_rows(walk *w, size_t b)
{
  const cox_bin *bin = &w->d->bin[b];
  cox_state *s = w->s;
  add_sum(w, s->joined + bin->segment * s->stride);
  if (bin->rows > bin->events) add_sum(w, s->joined + (bin->segment + 1) * s->stride);
  w->rows += bin->rows;
  if (bin->leave == 0) return;
  w->peak = fmax(w->peak, s->running[0]);
  for (size_t part = 0; part < s->n_part; part++)
    add_sum(w, s->left + (part * w->d->n_bin + b) * s->stride);
  w->rows -= bin->leave;
  if (w->rows == 0) start_sums(w);
}

static bool is_lost(const walk *w)
{
  return w->rows > 0 && !(w->s->running[0] > LOST_PLAIN * w->peak);
}

/* Sums made anew at bin b when so much has left that even compensated sums have lost digits. */
static void restore_digits(walk *w, size_t b, size_t end)
{
  const cox_data *d = w->d;
  double *running = w->s->running;
  size_t n = d->p + 1;
  if (w->rows == 0 || running[0] + running[n] > LOST_DIGITS * w->peak) return;
  start_sums(w);
  for (size_t k = d->bin[b].first_row; k < end; k++) {
    if (d->leave_bin[k] != COX_NO_BIN && d->leave_bin[k] >= b) continue;
    double *row = w->s->rows;
    row[0] = w->s->risk[k];
    for (size_t j = 0; j < d->p; j++) row[1 + j] = w->s->risk[k] * cox_z(d, k, j);
    cox_add_exactly(running, row, n, 1);
  }
  w->peak = running[0];
}

#define LANES 8
typedef double lanes __attribute__((vector_size(LANES * sizeof(double)), aligned(8), may_alias));

/* Walks bins [first, end) with two groups of columns, from i and j on; `now` are those at the bin
 * after them. */
static inline __attribute__((always_inline)) void walk_groups(const cox_data *d, cox_state *s,
                                                              const size_t bins[2],
                                                              const double *now, size_t i, size_t j)
{
  size_t n = d->p + 1;
  lanes at_i = {0}, at_j = {0};
  if (now != NULL) {
    at_i = *(const lanes *)(now + i);
    at_j = *(const lanes *)(now + j);
  }
  for (size_t b = bins[1]; b-- > bins[0];) {
    const double *sum = s->joined + d->bin[b].segment * n;
    at_i += *(const lanes *)(sum + i);
    at_j += *(const lanes *)(sum + j);
    if (d->bin[b].rows > d->bin[b].events) {
      at_i += *(const lanes *)(sum + n + i);
      at_j += *(const lanes *)(sum + n + j);
    }
    *(lanes *)(s->at_risk + b * n + i) = at_i;
    *(lanes *)(s->at_risk + b * n + j) = at_j;
  }
}

/* Of plain sums over rows that never leave. The last group of columns ends with the last one; what
 * it shares with the group before it is made twice, in the same way. */
static LB_CLONES void walk_bins(const cox_data *d, cox_state *s, const size_t bins[2],
                                const double *now)
{
  size_t last = d->p + 1 - LANES;
  for (size_t i = 0; i < d->p + 1; i += 2 * LANES)
    walk_groups(d, s, bins, now, i < last ? i : last, i + LANES < last ? i + LANES : last);
}

static lb_status walk_staying(const cox_data *d, cox_state *s, lb_error *err)
{
  for (size_t stratum = 0; stratum < d->n_stratum; stratum++) {
    size_t start = d->stratum_bin[stratum], end = d->stratum_bin[stratum + 1];
    const double *now = NULL;
    while (end > start) {
      size_t first = end - start > POLL_BINS ? end - POLL_BINS : start;
      walk_bins(d, s, (size_t[]){first, end}, now);
      now = s->at_risk + first * (d->p + 1);
      end = first;
      if (lb_interrupted()) return lb_error_interrupted(err);
    }
  }
  return LB_OK;
}

lb_status cox_walk(const cox_data *d, cox_state *s, bool *lost, lb_error *err)
{
  size_t n = d->p + 1;
  *lost = false;
  if (d->leave_bin == NULL && !s->exact && n >= LANES) return walk_staying(d, s, err);
  for (size_t stratum = 0; stratum < d->n_stratum; stratum++) {
    walk w = {.d = d, .s = s};
    start_sums(&w);
    for (size_t b = d->stratum_bin[stratum + 1]; b-- > d->stratum_bin[stratum];) {
      double *at_risk = s->at_risk + b * n;
      change_rows(&w, b);
      if (s->exact)
        restore_digits(&w, b, d->stratum_row[stratum + 1]);
      else if (d->leave_bin != NULL && is_lost(&w))
        *lost = true;
      if (*lost) return LB_OK;
      memcpy(at_risk, s->running, n * sizeof *at_risk);
      for (size_t i = 0; s->exact && i < n; i++) at_risk[i] += s->running[n + i];
      if (b % POLL_BINS == 0 && lb_interrupted()) return lb_error_interrupted(err);
    }
  }
  return LB_OK;
}
