/* finegray_residual.c - residuals of a Fine-Gray fit: what its rows add to the scores. */
#include "stats/survival/finegray_residual.h"

#include "base/interrupt.h"
#include "base/mem.h"
#include "stats/survival/finegray_work.h"

#include <math.h>

static const char RESIDUALS[] = "Fine-Gray residuals";

static bool is_event(const cox_data *d, size_t segment)
{
  uint32_t b = d->segment_bin[segment];
  return b != COX_NO_BIN && segment == d->bin[b].segment;
}

double fg_expected(const cox_data *d, const cox_state *s, size_t segment, size_t k)
{
  double later = cox_lasting_risk(d, s, k) * cox_later(d, s, k, d->slot[segment]), high = 0,
         low = 0;
  uint32_t b = d->segment_bin[segment], leave = d->leave_bin == NULL ? COX_NO_BIN : d->leave_bin[k];
  bool event = is_event(d, segment);
  if (b == COX_NO_BIN) return later;
  if (!event || !d->bin[b].is_first) {
    high = s->hazard[event ? b - 1 : b];
    low = s->hazard_low[event ? b - 1 : b];
  }
  if (leave != COX_NO_BIN) {
    high -= s->hazard[leave];
    low -= s->hazard_low[leave];
  }
  return s->risk[k] * ((high + low) + (event ? s->hazard_event[b] : 0)) + later;
}

static bool alloc(lb_finegray_residuals *r, const cox_data *d)
{
  size_t n = d->n, p = d->p;
  r->n = n;
  r->p = r->schoenfeld.p = p;
  r->schoenfeld.n = d->n_event;
  r->martingale = lb_mem_array(n, sizeof *r->martingale);
  if (n <= SIZE_MAX / (p + 1) / sizeof *r->score) r->score = lb_mem_array(n, p * sizeof *r->score);
  r->schoenfeld.row = lb_mem_array(d->n_event, sizeof *r->schoenfeld.row);
  r->schoenfeld.residual = lb_mem_array(d->n_event, p * sizeof *r->schoenfeld.residual);
  return r->martingale != NULL && r->score != NULL && r->schoenfeld.row != NULL &&
         r->schoenfeld.residual != NULL;
}

static void set_martingale(lb_finegray_residuals *r, const cox_data *d, const cox_state *s)
{
  for (size_t i = 0; i < d->n_segment; i++) {
    for (size_t k = d->segment_row[i]; k < d->segment_row[i + 1]; k++) {
      double weight = cox_weight(d, k);
      double m = is_event(d, i) - fg_expected(d, s, i, k) / weight;
      r->martingale[d->row[k]] = weight > 0 ? m : (double)NAN;
    }
  }
}

/* Events of a bin stand first among its rows, in the order of the data. */
static void set_schoenfeld(lb_finegray_residuals *r, const fg_tables *t)
{
  const cox_data *d = t->d;
  size_t e = 0;
  for (size_t b = 0; b < d->n_bin; b++) {
    const cox_bin *bin = &d->bin[b];
    for (size_t k = bin->first_row; k < bin->first_row + bin->events; k++, e++) {
      r->schoenfeld.row[e] = d->row[k];
      for (size_t j = 0; j < d->p; j++)
        r->schoenfeld.residual[e * d->p + j] =
            (cox_z(d, k, j) - t->mean[b * d->p + j]) * d->scale[j];
    }
  }
}

static lb_status set_scores(lb_finegray_residuals *r, const fg_tables *t, lb_error *err)
{
  const cox_data *d = t->d;
  double *room = lb_mem_zero(d->width * COX_ROWS + COX_LINE, sizeof *room);
  if (room == NULL) return lb_error_nomem(err, RESIDUALS);
  double *u = cox_align(room);
  for (size_t b = 0; b < d->n_block && !lb_interrupted(); b++) {
    fg_scores(t, b, u);
    for (size_t i = 0; i < cox_block_rows(d, b); i++) {
      size_t k = b * COX_ROWS + i;
      double weight = cox_weight(d, k), *to = r->score + d->row[k] * d->p;
      for (size_t j = 0; j < d->p; j++)
        to[j] = weight > 0 ? u[j * COX_ROWS + i] * d->scale[j] / weight : (double)NAN;
    }
  }
  lb_mem_free(room);
  return lb_interrupted() ? lb_error_interrupted(err) : LB_OK;
}

static lb_status read_rows(void *context, fg_work *w, const cox_data *d, const cox_state *s,
                           const lb_cox *fit, lb_error *err)
{
  lb_finegray_residuals *r = context;
  fg_tables t = {.w = w, .d = d, .s = s};
  (void)fit;
  lb_status st = alloc(r, d) ? fg_tables_new(&t, err) : lb_error_nomem(err, RESIDUALS);
  if (st == LB_OK) {
    set_martingale(r, d, s);
    set_schoenfeld(r, &t);
    st = set_scores(r, &t, err);
  }
  fg_tables_reset(&t);
  return st;
}

lb_status lb_finegray_residuals_new(const lb_finegray_model *model, lb_finegray_residuals *out,
                                    lb_error *err)
{
  lb_finegray_residuals r = {0};
  const fg_after after = {&r, read_rows, false};
  lb_status st = fg_fit_with(model, &after, &r.fit, err);
  if (st == LB_OK)
    *out = r;
  else
    lb_finegray_residuals_reset(&r);
  return st;
}

void lb_finegray_residuals_reset(lb_finegray_residuals *r)
{
  if (r == NULL) return;
  lb_finegray_reset(&r->fit);
  lb_mem_free(r->martingale);
  lb_mem_free(r->score);
  lb_cox_schoenfeld_reset(&r->schoenfeld);
  *r = (lb_finegray_residuals){0};
}
