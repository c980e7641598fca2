/* multistate_mean.c - what is expected of a person over a window of time: where they end, how long
 * they stay in each state, how often they come there. */
#include "base/mem.h"
#include "stats/survival/multistate_work.h"

#include <string.h>

/* What a functional counts is worth of being in a state just after a time, from there to the end of
 * the window: worth (k x k, state x functional). A move j -> l changes it by worth_l + reward -
 * worth_j; the derivative to a person's weight is the sum over the moves of p_j / at risk in j
 * times that, less the same for the expected moves while at risk (the product integral
 * differentiated, Andersen et al. 1993, proposition II.8.7). */
typedef struct mean_work {
  const lb_aj *fit;
  const lb_aj_curve *curve;
  size_t k, first, last; /* times of the window: first <= t < last */
  double from, to;
  double *before; /* window x k: p just before each time */
  double *worth;  /* (window + 1) x k x k: just after each time; the last is the end */
  double *drift;  /* (window + 1) x k x k: sums from a time on of share_j times expected change */
  double *influence; /* clusters x k */
  double *p, *begin; /* k; worth at the start of the window, k x k */
} mean_work;

static bool alloc_work(mean_work *w)
{
  size_t n = w->last - w->first, cells = w->k * w->k;
  w->before = lb_mem_array(n, w->k * sizeof *w->before);
  w->worth = lb_mem_array(n + 1, cells * sizeof *w->worth);
  w->drift = lb_mem_zero(n + 1, cells * sizeof *w->drift);
  w->influence = lb_mem_array(w->curve->n_cluster, w->k * sizeof *w->influence);
  w->p = lb_mem_array(w->k + cells, sizeof *w->p);
  w->begin = w->p == NULL ? NULL : w->p + w->k;
  return w->before != NULL && w->worth != NULL && w->drift != NULL && w->influence != NULL &&
         w->p != NULL;
}

static void free_work(mean_work *w)
{
  lb_mem_free(w->before);
  lb_mem_free(w->worth);
  lb_mem_free(w->drift);
  lb_mem_free(w->influence);
  lb_mem_free(w->p);
}

static void open_window(mean_work *w, const lb_aj *fit, size_t group, const double window[2])
{
  *w = (mean_work){.fit = fit, .curve = &fit->curve[group], .k = fit->n_state};
  w->from = window[0];
  w->to = window[1];
  w->first = lb_aj_find(w->curve, w->from);
  w->last = lb_aj_find(w->curve, w->to);
  if (w->last < w->first) w->last = w->first;
}

static double rate_of(const mean_work *w, size_t t, const lb_aj_jump *jump)
{
  return jump->n_event / w->curve->n_risk[t * w->k + (size_t)jump->from];
}

/* p just before each time, from w->p at the start of the window on. */
static void walk_forwards(mean_work *w)
{
  size_t k = w->k;
  for (size_t t = w->first; t < w->last; t++) {
    const double *before = memcpy(w->before + (t - w->first) * k, w->p, k * sizeof *w->p);
    for (size_t j = w->curve->jump_start[t]; j < w->curve->jump_start[t + 1]; j++) {
      const lb_aj_jump *jump = &w->curve->jump[j];
      double part = before[jump->from] * rate_of(w, t, jump);
      w->p[jump->from] -= part;
      w->p[jump->to] += part;
    }
  }
}

/* Worth and drift backwards in time; `kind` says what is counted. */
static void walk_backwards(mean_work *w, int kind)
{
  size_t k = w->k, cells = k * k, n = w->last - w->first;
  double *now = w->worth + n * cells, later = w->to;
  memset(now, 0, cells * sizeof *now);
  for (size_t s = 0; kind == LB_AJ_OCCUPATION && s < k; s++) now[s * k + s] = 1;
  for (size_t t = w->last; t-- > w->first;) {
    size_t at = t - w->first;
    double *after = w->worth + at * cells, *drift = w->drift + at * cells;
    memcpy(after, now, cells * sizeof *after);
    for (size_t s = 0; kind == LB_AJ_SOJOURN && s < k; s++)
      after[s * k + s] += later - w->curve->time[t];
    later = w->curve->time[t];
    memcpy(drift, drift + cells, cells * sizeof *drift);
    now = w->begin; /* worth just before t */
    memcpy(now, after, cells * sizeof *now);
    for (size_t j = w->curve->jump_start[t]; j < w->curve->jump_start[t + 1]; j++) {
      const lb_aj_jump *jump = &w->curve->jump[j];
      size_t from = (size_t)jump->from, to = (size_t)jump->to;
      double rate = rate_of(w, t, jump);
      double share = w->before[at * k + from] / w->curve->n_risk[t * k + from];
      for (size_t f = 0; f < k; f++) {
        double reward = kind == LB_AJ_VISITS && f == to;
        double change = rate * (after[to * k + f] + reward - after[from * k + f]);
        now[from * k + f] += change;
        drift[from * k + f] += share * change;
      }
    }
  }
  if (now != w->begin) memcpy(w->begin, now, cells * sizeof *now);
  for (size_t s = 0; kind == LB_AJ_SOJOURN && s < k; s++) w->begin[s * k + s] += later - w->from;
}

/* What a spell adds to the influence of its cluster. */
static void add_spell(mean_work *w, const lb_aj_spell *s, int kind)
{
  size_t k = w->k, cells = k * k, from = (size_t)s->from;
  size_t enter = s->enter < w->first ? w->first : s->enter;
  size_t leave = s->leave < w->last ? s->leave + 1 : w->last;
  if (enter >= leave) return;
  double scale = aj_scale(s, w->fit->options.frequency);
  double *out = w->influence + s->cluster * k;
  const double *low = w->drift + (enter - w->first) * cells + from * k;
  const double *high = w->drift + (leave - w->first) * cells + from * k;
  for (size_t f = 0; f < k; f++) out[f] -= scale * (low[f] - high[f]);
  if (s->to == LB_STATE_NONE || s->leave >= w->last) return;
  size_t at = s->leave - w->first, to = (size_t)s->to;
  const double *after = w->worth + at * cells;
  double share = scale * w->before[at * k + from] / w->curve->n_risk[s->leave * k + from];
  for (size_t f = 0; f < k; f++) {
    double reward = kind == LB_AJ_VISITS && f == to;
    out[f] += share * (after[to * k + f] + reward - after[from * k + f]);
  }
}

/* The estimated start distribution: (e_j - p0) / total of those it was made of, times the worth. */
static void add_start(mean_work *w)
{
  const lb_aj_curve *c = w->curve;
  size_t k = w->k, at = isnan(c->first_move) ? c->n_time - 1 : lb_aj_find(c, c->first_move) - 1;
  double total = 0;
  for (size_t i = 0; i < c->n_spell; i++)
    if (c->spell[i].enter <= at && c->spell[i].leave >= at) total += c->spell[i].weight;
  for (size_t i = 0; i < c->n_spell; i++) {
    const lb_aj_spell *s = &c->spell[i];
    if (s->enter > at || s->leave < at) continue;
    double scale = aj_scale(s, w->fit->options.frequency) / total;
    double *out = w->influence + s->cluster * k;
    for (size_t f = 0; f < k; f++) {
      double mean = 0;
      for (size_t j = 0; j < k; j++) mean += c->p0[j] * w->begin[j * k + f];
      out[f] += scale * (w->begin[(size_t)s->from * k + f] - mean);
    }
  }
}

/* One kind of functional for the start distribution p; estimated: its own variance counts. */
static void find_kind(mean_work *w, const double *p, int kind, bool estimated, double *estimate,
                      double *std_error)
{
  size_t k = w->k;
  memcpy(w->p, p, k * sizeof *p);
  walk_forwards(w);
  walk_backwards(w, kind);
  for (size_t f = 0; f < k; f++) {
    estimate[f] = 0;
    for (size_t j = 0; j < k; j++) estimate[f] += p[j] * w->begin[j * k + f];
  }
  if (std_error == NULL) return;
  memset(w->influence, 0, w->curve->n_cluster * k * sizeof *w->influence);
  for (size_t i = 0; i < w->curve->n_spell; i++) add_spell(w, &w->curve->spell[i], kind);
  if (estimated) add_start(w);
  memset(std_error, 0, k * sizeof *std_error);
  for (size_t c = 0; c < w->curve->n_cluster; c++)
    for (size_t f = 0; f < k; f++)
      std_error[f] += w->influence[c * k + f] * w->influence[c * k + f];
  for (size_t f = 0; f < k; f++) std_error[f] = sqrt(std_error[f]);
}

lb_status lb_aj_expect(const lb_aj *fit, size_t group, double to, const lb_aj_mean *out,
                       lb_error *err)
{
  double start = fit->options.start_time;
  const double window[2] = {isinf(start) ? fmin(0, to) : start, to};
  mean_work w;
  size_t k = fit->n_state;
  open_window(&w, fit, group, window);
  w.first = 0; /* with times below 0, if any ever are */
  bool ok = alloc_work(&w);
  for (int kind = 0; ok && kind < LB_AJ_N_MEAN; kind++)
    find_kind(&w, w.curve->p0, kind, w.curve->p0_estimated && w.curve->n_time > 0,
              out->estimate + (size_t)kind * k,
              out->std_error == NULL ? NULL : out->std_error + (size_t)kind * k);
  free_work(&w);
  return ok ? LB_OK : lb_error_nomem(err, "expected times");
}

lb_status lb_aj_transition(const lb_aj *fit, size_t group, const double window[2], double *out,
                           double *std_error, lb_error *err)
{
  mean_work w;
  size_t k = fit->n_state;
  open_window(&w, fit, group, window);
  bool ok = alloc_work(&w);
  double *p = ok ? lb_mem_array(k, sizeof *p) : NULL;
  for (size_t j = 0; p != NULL && j < k; j++) {
    memset(p, 0, k * sizeof *p);
    p[j] = 1;
    find_kind(&w, p, LB_AJ_OCCUPATION, false, out + j * k,
              std_error == NULL ? NULL : std_error + j * k);
  }
  ok = p != NULL;
  lb_mem_free(p);
  free_work(&w);
  return ok ? LB_OK : lb_error_nomem(err, "transition probabilities");
}
