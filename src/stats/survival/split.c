/* split.c - follow-up cut into pieces. */
#include "stats/survival/split.h"

#include <math.h>

#include "base/interrupt.h"
#include "base/mem.h"

#define BLOCK 4096u /* rows between two looks at the interrupt flag */

/* One row's cuts and follow-up, all on the row's own clock. */
typedef struct follow_up {
  double start, stop, shift;
  const double *cut;
  size_t n_cut;
} follow_up;

static follow_up follow_up_of(const lb_surv *y, const lb_cuts *cuts, size_t i)
{
  follow_up f = {.start = y->entry == NULL ? 0 : y->entry[i], .stop = y->time[i]};
  f.cut = cuts->cut;
  f.n_cut = cuts->n;
  if (cuts->from != NULL) {
    f.cut = cuts->cut + cuts->from[i];
    f.n_cut = cuts->from[i + 1] - cuts->from[i];
  } else if (cuts->shift != NULL) {
    f.shift = cuts->shift[i];
  }
  return f;
}

/* How many cuts are <= x. */
static size_t cuts_upto(const follow_up *f, double x)
{
  size_t low = 0, high = f->n_cut;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (f->cut[middle] - f->shift <= x)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static size_t count_pieces(const follow_up *f)
{
  if (!(f->start < f->stop)) return 0;
  size_t n = 1;
  for (size_t k = cuts_upto(f, f->start); k < f->n_cut && f->cut[k] - f->shift < f->stop; k++) n++;
  return n;
}

static void write_pieces(const follow_up *f, size_t row, lb_pieces *out)
{
  if (!(f->start < f->stop)) {
    out->n_zero++;
    return;
  }
  double start = f->start;
  for (size_t k = cuts_upto(f, f->start);; k++) {
    double stop = k < f->n_cut ? f->cut[k] - f->shift : INFINITY;
    bool last = !(stop < f->stop);
    size_t at = out->n++;
    out->row[at] = (uint32_t)row;
    out->start[at] = start;
    out->stop[at] = last ? f->stop : stop;
    out->last[at] = last;
    out->interval[at] = (int32_t)k;
    if (last) return;
    start = stop;
  }
}

static lb_status check_list(const double *cut, size_t n, lb_error *err)
{
  for (size_t k = 0; k < n; k++) {
    if (!isfinite(cut[k]))
      return lb_error_set(err, LB_EARG, "cut %zu is not a finite number", k + 1);
    if (k > 0 && !(cut[k - 1] < cut[k]))
      return lb_error_set(err, LB_EARG, "cut %zu is not above the one before it", k + 1);
  }
  return LB_OK;
}

static lb_status check(const lb_surv *y, const lb_cuts *cuts, lb_error *err)
{
  lb_status st = lb_surv_check(y, err);
  if (st != LB_OK) return st;
  if (cuts->from == NULL) st = check_list(cuts->cut, cuts->n, err);
  for (size_t i = 0; i < y->n && st == LB_OK; i++) {
    if (cuts->from != NULL)
      st = check_list(cuts->cut + cuts->from[i], cuts->from[i + 1] - cuts->from[i], err);
    else if (cuts->shift != NULL && !isfinite(cuts->shift[i]))
      st = lb_error_set(err, LB_EDATA, "the scale of row %zu is not a finite number", i + 1);
  }
  return st;
}

static lb_status allocate(lb_pieces *p, size_t n, lb_error *err)
{
  if (n > UINT32_MAX)
    return lb_error_set(err, LB_EARG, "%zu pieces of follow-up; a frame holds at most %lld rows", n,
                        (long long)UINT32_MAX);
  p->row = lb_mem_array(n, sizeof *p->row);
  p->start = lb_mem_array(n, sizeof *p->start);
  p->stop = lb_mem_array(n, sizeof *p->stop);
  p->last = lb_mem_array(n, sizeof *p->last);
  p->interval = lb_mem_array(n, sizeof *p->interval);
  bool failed = p->row == NULL || p->start == NULL || p->stop == NULL || p->last == NULL ||
                p->interval == NULL;
  return failed ? lb_error_nomem(err, "pieces of follow-up") : LB_OK;
}

lb_status lb_split(const lb_surv *y, const lb_cuts *cuts, lb_pieces *out, lb_error *err)
{
  lb_pieces pieces = {0};
  size_t n = 0;
  lb_status st = check(y, cuts, err);
  for (size_t i = 0; i < y->n && st == LB_OK; i++) {
    follow_up f = follow_up_of(y, cuts, i);
    n += count_pieces(&f);
    if (i % BLOCK == 0 && lb_interrupted()) st = lb_error_interrupted(err);
  }
  if (st == LB_OK) st = allocate(&pieces, n, err);
  for (size_t i = 0; i < y->n && st == LB_OK; i++) {
    follow_up f = follow_up_of(y, cuts, i);
    write_pieces(&f, i, &pieces);
    if (i % BLOCK == 0 && lb_interrupted()) st = lb_error_interrupted(err);
  }
  if (st == LB_OK)
    *out = pieces;
  else
    lb_pieces_reset(&pieces);
  return st;
}

void lb_pieces_reset(lb_pieces *pieces)
{
  lb_mem_free(pieces->row);
  lb_mem_free(pieces->start);
  lb_mem_free(pieces->stop);
  lb_mem_free(pieces->last);
  lb_mem_free(pieces->interval);
  *pieces = (lb_pieces){0};
}
