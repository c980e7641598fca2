/* finegray_censoring.c - how a row bears on the weights of others: sums over the times at which
 * rows are censored, or enter. */
#include "stats/survival/finegray_work.h"

#include "base/interrupt.h"
#include "base/mem.h"

#include <math.h>
#include <string.h>

#define POLL_JUMPS 4096

/* Walking the jumps of one group: sums of its rows that stay, by stratum, and bins that are past.
 * Strata from `first`: its own, or all. */
typedef struct walk {
  const fg_tables *t;
  const fg_sum *method;
  bool entry; /* rows with X <= u and bins after u count, else rows with X < u and bins from u on */
  size_t first, n_strata;
  double *sum;         /* n_strata x width */
  size_t *past;        /* n_strata */
  size_t time, member; /* next time of the set, next member */
} walk;

static bool precedes(const walk *w, double time, double u)
{
  return w->entry ? time <= u : time < u;
}

/* Rows that stay and bins that are past come up to u. */
static void advance(walk *w, size_t end, double u)
{
  const cox_data *d = w->t->d;
  const fg_work *fg = w->t->w;
  for (; w->time < end && precedes(w, fg->set.time[w->time], u); w->time++) {
    for (; w->member < fg->member_end[w->time]; w->member++) {
      size_t k = fg_member(fg, w->member);
      if (cox_lasting_risk(d, w->t->s, k) == 0) continue;
      size_t s = fg_stratum(fg, k) - w->first;
      w->method->add(w->method->context, k, w->sum + s * w->method->width);
    }
  }
  for (size_t s = 0; s < w->n_strata; s++) {
    size_t stop = d->stratum_bin[w->first + s + 1];
    while (w->past[s] < stop && precedes(w, d->bin[w->past[s]].time, u)) w->past[s]++;
  }
}

static lb_status sum_group(walk *w, size_t g, double *jump, double *drift, lb_error *err)
{
  const fg_jumps *jumps = w->entry ? &w->t->w->entry : &w->t->w->censor;
  const fg_sum *m = w->method;
  size_t places = fg_jump_places(jumps), end = w->t->w->set.class_time[g + 1];
  size_t layer = w->t->d->n_layer == 1 ? 0 : g;
  double *q = w->sum + w->n_strata * m->width;
  for (size_t i = jumps->start[g] + g + 1; i < jumps->start[g + 1] + g + 1; i++) {
    advance(w, end, jumps->time[i]);
    memset(q, 0, m->n_value * sizeof *q);
    for (size_t s = 0; s < w->n_strata; s++)
      m->take(m->context, w->sum + s * m->width, layer, w->past[s] + w->first + s, q);
    bool any = jumps->count[i] > 0;
    double share = any ? jumps->count[i] / jumps->at_risk[i] : 0;
    for (size_t v = 0; v < m->n_value; v++) {
      size_t at = v * places + i;
      jump[at] = any ? q[v] / jumps->at_risk[i] : 0;
      drift[at] = drift[at - 1] + jump[at] * share;
    }
    if (i % POLL_JUMPS == 0 && lb_interrupted()) return lb_error_interrupted(err);
  }
  return LB_OK;
}

lb_status fg_sum_jumps(const fg_tables *t, const fg_sum *method, bool entry, double *jump,
                       double *drift, lb_error *err)
{
  const fg_work *fg = t->w;
  walk w = {.t = t, .method = method, .entry = entry, .n_strata = fg->own ? 1 : t->d->n_stratum};
  w.sum = lb_mem_array(w.n_strata * method->width + method->n_value, sizeof *w.sum);
  w.past = lb_mem_array(w.n_strata, sizeof *w.past);
  bool ok = w.sum != NULL && w.past != NULL;
  lb_status st = ok ? LB_OK : lb_error_nomem(err, "Fine-Gray variance");
  for (size_t g = 0; g < fg->n_group && st == LB_OK; g++) {
    w.first = fg->own ? g : 0;
    w.time = fg->set.class_time[g];
    w.member = w.time == 0 ? 0 : fg->member_end[w.time - 1];
    memset(w.sum, 0, w.n_strata * method->width * sizeof *w.sum);
    for (size_t s = 0; s < w.n_strata; s++) w.past[s] = t->d->stratum_bin[w.first + s];
    st = sum_group(&w, g, jump, drift, err);
  }
  lb_mem_free(w.sum);
  lb_mem_free(w.past);
  return st == LB_OK && lb_interrupted() ? lb_error_interrupted(err) : st;
}

/* ---- Where the rows stand among the jumps ---- */

/* Of the rows of group g that end at time i of the set, from member `m` on. */
static void place_time(fg_tables *t, size_t g, size_t i, size_t m)
{
  fg_work *w = t->w;
  double time = w->set.time[i];
  bool late = w->entry.start != NULL, spared = w->opt->events_first;
  uint32_t before = (uint32_t)fg_find(&w->censor, g, time, false);
  uint32_t with = (uint32_t)fg_find(&w->censor, g, time, true);
  uint32_t event = spared ? before : with; /* by its own time it may not be at risk */
  uint32_t entered = late ? (uint32_t)fg_find(&w->entry, g, time, false) : 0;
  for (; m < w->member_end[i]; m++) {
    size_t k = fg_member(w, m), row = t->d->row[k];
    uint32_t *at = t->index + k * t->n_index;
    bool censored = w->y->cause[row] == 0;
    at[0] = censored ? with : event;
    t->censored[k] = censored && cox_weight(t->d, k) > 0;
    if (!late) continue;
    at[1] = (uint32_t)fg_find(&w->censor, g, w->y->entry[row], true);
    at[2] = entered;
    at[3] = (uint32_t)fg_find(&w->entry, g, w->y->entry[row], false);
  }
}

static lb_status set_places(fg_tables *t, lb_error *err)
{
  const fg_work *w = t->w;
  size_t n = t->d->n;
  t->n_index = w->entry.start != NULL ? 4 : 1;
  t->index = lb_mem_array(n, t->n_index * sizeof *t->index);
  t->censored = lb_mem_zero(n, sizeof *t->censored);
  if (t->index == NULL || t->censored == NULL) return lb_error_nomem(err, "Fine-Gray variance");
  for (size_t g = 0; g < w->n_group; g++)
    for (size_t i = w->set.class_time[g]; i < w->set.class_time[g + 1]; i++)
      place_time(t, g, i, i == 0 ? 0 : w->member_end[i - 1]);
  return LB_OK;
}

/* ---- Of the scores ---- */

static void add_row(void *context, size_t k, double *sum)
{
  const fg_tables *t = context;
  double lasting = cox_lasting_risk(t->d, t->s, k);
  sum[0] += lasting;
  for (size_t j = 0; j < t->d->p; j++) sum[1 + j] += lasting * cox_z(t->d, k, j);
}

static void take_q(void *context, const double *sum, size_t layer, size_t slot, double *q)
{
  const fg_tables *t = context;
  size_t i = layer * cox_slots(t->d) + slot;
  for (size_t j = 0; j < t->d->p; j++)
    q[j] += sum[1 + j] * t->s->later[i] - sum[0] * t->later[i * t->d->p + j];
}

lb_status fg_censoring_new(fg_tables *t, lb_error *err)
{
  size_t p = t->d->p;
  const fg_sum method = {p + 1, p, t, add_row, take_q};
  lb_status st = set_places(t, err);
  for (size_t e = 0; e < (t->w->entry.start == NULL ? 1 : 2) && st == LB_OK; e++) {
    size_t places = fg_jump_places(e == 0 ? &t->w->censor : &t->w->entry);
    t->jump[e] = lb_mem_zero(places, p * sizeof *t->jump[e]);
    t->drift[e] = lb_mem_zero(places, p * sizeof *t->drift[e]);
    if (t->jump[e] == NULL || t->drift[e] == NULL) return lb_error_nomem(err, "Fine-Gray variance");
    st = fg_sum_jumps(t, &method, e == 1, t->jump[e], t->drift[e], err);
  }
  return st;
}
