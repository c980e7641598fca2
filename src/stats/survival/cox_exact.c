/* cox_exact.c - the exact methods for ties: lists the ties and adds up what each gives. */
#include "stats/survival/cox_exact.h"

#include "base/interrupt.h"
#include "base/mem.h"
#include "base/parallel.h"

#include <math.h>
#include <string.h>

#define MAX_CHUNKS 16
/* Cells of recursion below which threads cost more than they give. */
#define PARALLEL_CELLS 100000.0

typedef struct tie_pass {
  const cox_data *d;
  cox_state *s;
  lb_ties ties;
  cox_tie *tie;
  size_t n_tie, n_chunk, most_events;
  size_t start[MAX_CHUNKS + 1];
  double cells;
  cox_tie_part part[MAX_CHUNKS];
  double *numbers;
} tie_pass;

/* Rows at risk are counted walking back, as sums over risk sets are. */
static lb_status list_ties(tie_pass *q, lb_error *err)
{
  const cox_data *d = q->d;
  for (size_t b = 0; b < d->n_bin; b++) q->n_tie += d->bin[b].events > 1;
  q->tie = lb_mem_array(q->n_tie, sizeof *q->tie);
  if (q->tie == NULL) return lb_error_nomem(err, "ties of a Cox model");
  size_t next = q->n_tie;
  for (size_t s = d->n_stratum; s-- > 0;) {
    size_t n_risk = 0;
    for (size_t b = d->stratum_bin[s + 1]; b-- > d->stratum_bin[s];) {
      const cox_bin *bin = &d->bin[b];
      n_risk += bin->rows;
      n_risk -= bin->leave;
      if (bin->events < 2) continue;
      q->tie[--next] = (cox_tie){b, d->stratum_row[s + 1], n_risk};
      if (bin->events > q->most_events) q->most_events = bin->events;
    }
  }
  return LB_OK;
}

/* Cells of the recursion for a tie, d (n - d + 1); of the integral the work is in d alone. */
static double tie_cost(const tie_pass *q, const cox_tie *tie)
{
  double events = (double)q->d->bin[tie->bin].events;
  return q->ties == LB_TIES_EXACT ? events * ((double)tie->n_risk - events + 1) : 100 * events;
}

/* Chunks of about the same cost, which depends on the data alone. */
static void cut_ties(tie_pass *q)
{
  double sum = 0;
  for (size_t i = 0; i < q->n_tie; i++) q->cells += tie_cost(q, &q->tie[i]);
  q->n_chunk = q->n_tie < MAX_CHUNKS ? q->n_tie : MAX_CHUNKS;
  size_t chunk = 1;
  for (size_t i = 0; i < q->n_tie; i++) {
    sum += tie_cost(q, &q->tie[i]);
    while (chunk < q->n_chunk && sum >= q->cells * (double)chunk / (double)q->n_chunk)
      q->start[chunk++] = i + 1;
  }
  while (chunk <= q->n_chunk) q->start[chunk++] = q->n_tie;
}

static lb_status alloc_parts(tie_pass *q, lb_error *err)
{
  size_t p = q->d->p, events = q->most_events;
  size_t work =
      q->ties == LB_TIES_EXACT ? cox_discrete_work(p, events) : cox_marginal_work(p, events);
  size_t sums = p * (p + 2), size = sums + work;
  bool fits = work <= SIZE_MAX / sizeof(double) / MAX_CHUNKS - sums;
  q->numbers = fits ? lb_mem_zero(q->n_chunk, size * sizeof *q->numbers) : NULL;
  if (q->numbers == NULL)
    return lb_error_set(err, LB_ENOMEM, "%zu tied events of %zu terms", events, p);
  for (size_t c = 0; c < q->n_chunk; c++) {
    double *at = q->numbers + c * size;
    q->part[c] = (cox_tie_part){0, at, at + p, at + 2 * p, at + sums};
  }
  return LB_OK;
}

static void tie_chunk(void *context, size_t chunk)
{
  tie_pass *q = context;
  cox_tie_part *part = &q->part[chunk];
  for (size_t i = q->start[chunk]; i < q->start[chunk + 1] && !lb_interrupted(); i++) {
    if (q->ties == LB_TIES_EXACT)
      cox_discrete_tie(q->d, q->s, &q->tie[i], part, &part->log_lik);
    else
      cox_marginal_tie(q->d, q->s, &q->tie[i], part, &part->log_lik);
  }
}

/* In the order of the chunks: the same bits for any number of threads. */
static void join_parts(tie_pass *q)
{
  cox_state *s = q->s;
  size_t p = q->d->p;
  for (size_t c = 0; c < q->n_chunk; c++) {
    const cox_tie_part *part = &q->part[c];
    s->log_lik += part->log_lik;
    for (size_t j = 0; j < p; j++) {
      s->score[j] += part->score[j];
      s->crossproduct[j] += part->crossproduct[j];
      for (size_t i = 0; i <= j; i++) s->information[j * p + i] += part->information[j * p + i];
    }
  }
}

lb_status cox_exact_add(const cox_data *d, lb_ties ties, cox_state *s, lb_error *err)
{
  tie_pass q = {.d = d, .s = s, .ties = ties};
  lb_status st = list_ties(&q, err);
  if (st != LB_OK || q.n_tie == 0) goto done;
  cut_ties(&q);
  st = alloc_parts(&q, err);
  if (st != LB_OK) goto done;
  bool whole = lb_parallel(q.n_chunk, q.cells >= PARALLEL_CELLS, tie_chunk, &q);
  if (!whole || lb_interrupted()) {
    st = lb_error_interrupted(err);
    goto done;
  }
  join_parts(&q);
done:
  lb_mem_free(q.tie);
  lb_mem_free(q.numbers);
  return st;
}
