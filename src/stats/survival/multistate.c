/* multistate.c - the Aalen-Johansen estimate: one walk through the times of a group. */
#include "stats/survival/multistate.h"

#include "base/interrupt.h"
#include "base/mem.h"
#include "base/sort.h"
#include "stats/interval.h"
#include "stats/sum.h"
#include "stats/survival/km_work.h"
#include "stats/survival/multistate_work.h"

#include <string.h>

#define POLL_TIMES 1024

/* ---- Spells at their places in time ---- */

/* At work on one group. */
typedef struct walk {
  lb_aj *fit;
  lb_aj_curve *curve;
  const double *p0;    /* given, else NULL */
  uint32_t *by_leave;  /* spells by their last time */
  uint32_t *by_enter;  /* by their first */
  size_t *leave_start; /* n_time + 1 places in by_leave */
  size_t *enter_start;
  lb_sum *risk;           /* n_state */
  size_t *present;        /* n_state: spells at risk */
  double *p;              /* n_state */
  double *moves;          /* n_state x n_state: weights of the moves at a time */
  size_t *movers;         /* n_state: moves out of it at a time */
  double *matrix, *share; /* of the step */
  double *covariance, *work;
  double *before;
  aj_jackknife *jackknife;
} walk;

size_t lb_aj_find(const lb_aj_curve *curve, double time)
{
  size_t low = 0, high = curve->n_time;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (curve->time[middle] <= time)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

/* Distinct times, and the places of each spell among them. */
static bool place_spells(walk *w)
{
  lb_aj_curve *c = w->curve;
  size_t n = c->n_spell;
  double *time = lb_mem_array(n, sizeof *time);
  w->by_leave = lb_mem_array(n, sizeof *w->by_leave);
  w->by_enter = lb_mem_array(n, sizeof *w->by_enter);
  c->time = lb_mem_array(n, sizeof *c->time);
  bool ok = time != NULL && w->by_leave != NULL && w->by_enter != NULL && c->time != NULL;
  for (size_t i = 0; ok && i < n; i++) time[i] = c->spell[i].time;
  ok = ok && lb_sort_order_real(time, n, w->by_leave);
  for (size_t r = 0; ok && r < n; r++) {
    lb_aj_spell *s = &c->spell[w->by_leave[r]];
    if (r == 0 || s->time != c->time[c->n_time - 1]) c->time[c->n_time++] = s->time;
    s->leave = (uint32_t)(c->n_time - 1);
  }
  lb_mem_free(time);
  w->leave_start = lb_mem_zero(c->n_time + 1, sizeof *w->leave_start);
  w->enter_start = lb_mem_zero(c->n_time + 2, sizeof *w->enter_start);
  if (!ok || w->leave_start == NULL || w->enter_start == NULL) return false;
  for (size_t i = 0; i < n; i++) {
    lb_aj_spell *s = &c->spell[i];
    s->enter = isinf(s->entry) ? 0 : (uint32_t)lb_aj_find(c, s->entry);
    w->leave_start[s->leave + 1]++;
    w->enter_start[s->enter + 2]++;
  }
  for (size_t t = 0; t < c->n_time; t++) w->leave_start[t + 1] += w->leave_start[t];
  for (size_t t = 2; t < c->n_time + 2; t++) w->enter_start[t] += w->enter_start[t - 1];
  for (size_t i = 0; i < n; i++) w->by_enter[w->enter_start[c->spell[i].enter + 1]++] = (uint32_t)i;
  return true;
}

/* ---- One time ---- */

static void enter_spells(walk *w, size_t t)
{
  for (size_t r = w->enter_start[t]; r < w->enter_start[t + 1]; r++) {
    const lb_aj_spell *s = &w->curve->spell[w->by_enter[r]];
    lb_sum_add(&w->risk[s->from], s->weight);
    w->present[s->from]++;
    if (w->jackknife != NULL) aj_jackknife_enter(w->jackknife, s);
  }
}

/* Counts at a time; the weights of moves stay in w->moves for the step. */
static size_t count_time(walk *w, size_t t)
{
  size_t k = w->fit->n_state, n_move = 0;
  lb_aj_curve *c = w->curve;
  for (size_t s = 0; s < k; s++) {
    c->n_risk[t * k + s] = w->present[s] == 0 ? 0 : lb_sum_value(&w->risk[s]);
    c->n_event_into[t * k + s] = c->n_censor[t * k + s] = 0;
  }
  for (size_t r = w->leave_start[t]; r < w->leave_start[t + 1]; r++) {
    const lb_aj_spell *s = &c->spell[w->by_leave[r]];
    size_t from = (size_t)s->from, to = (size_t)s->to;
    if (s->to == LB_STATE_NONE) {
      c->n_censor[t * k + from] += s->weight;
      continue;
    }
    w->moves[from * k + to] += s->weight;
    w->movers[from]++;
    c->n_event_into[t * k + to] += s->weight;
    c->n_event += s->weight;
    n_move++;
  }
  return n_move;
}

/* Lists the moves counted at time t; a pair of states with a move is one jump. */
static size_t list_jumps(walk *w, size_t first)
{
  size_t k = w->fit->n_state, n = first;
  for (size_t from = 0; from < k; from++) {
    for (size_t to = 0; w->movers[from] > 0 && to < k; to++) {
      double d = w->moves[from * k + to];
      if (d > 0) w->curve->jump[n++] = (lb_aj_jump){(int32_t)from, (int32_t)to, d};
    }
  }
  return n;
}

/* I + dA and the shares; then the counts of moves are cleared. */
static void make_matrix(walk *w, const aj_step *step)
{
  size_t k = step->k;
  memset(w->matrix, 0, k * k * sizeof *w->matrix);
  for (size_t s = 0; s < k; s++) {
    w->matrix[s * k + s] = 1;
    w->share[s] = w->movers[s] > 0 ? step->before[s] / step->n_risk[s] : 0;
  }
  for (size_t j = 0; j < step->n_jump; j++) {
    size_t from = (size_t)step->jump[j].from, to = (size_t)step->jump[j].to;
    double rate = step->jump[j].n_event / step->n_risk[from];
    w->matrix[from * k + to] += rate;
    w->matrix[from * k + from] -= rate;
    w->moves[from * k + to] = 0;
  }
  for (size_t s = 0; s < k; s++) {
    if (w->movers[s] == w->present[s] && w->movers[s] > 0) w->matrix[s * k + s] = 0;
    w->movers[s] = 0;
  }
}

/* p becomes p (I + dA). */
static void move_probability(walk *w, size_t k)
{
  for (size_t to = 0; to < k; to++) {
    double sum = 0;
    for (size_t from = 0; from < k; from++) sum += w->before[from] * w->matrix[from * k + to];
    w->p[to] = sum;
  }
  size_t left = 0, last = 0;
  for (size_t s = 0; s < k; s++) {
    left += w->p[s] > 0;
    if (w->p[s] > 0) last = s;
  }
  if (left == 1) w->p[last] = 1; /* all are there, to the last bit */
}

static void leave_spells(walk *w, size_t t)
{
  for (size_t r = w->leave_start[t]; r < w->leave_start[t + 1]; r++) {
    const lb_aj_spell *s = &w->curve->spell[w->by_leave[r]];
    lb_sum_add(&w->risk[s->from], -s->weight);
    if (--w->present[s->from] == 0) w->risk[s->from] = (lb_sum){0};
    if (w->jackknife != NULL) aj_jackknife_leave(w->jackknife, s);
  }
}

/* ---- The start distribution ---- */

/* First time with a move, n_time when there is none. */
static size_t first_move(const walk *w)
{
  const lb_aj_curve *c = w->curve;
  size_t first = c->n_time;
  for (size_t i = 0; i < c->n_spell; i++)
    if (c->spell[i].to != LB_STATE_NONE && c->spell[i].leave < first) first = c->spell[i].leave;
  return first;
}

/* Shares of the states among those at risk at the first move; without any, at the last time. */
static double find_start(walk *w, size_t at, uint32_t *spells, size_t *n)
{
  lb_aj_curve *c = w->curve;
  size_t k = w->fit->n_state, occupied = 0;
  lb_sum total = {0};
  *n = 0;
  for (size_t i = 0; i < c->n_spell; i++) {
    const lb_aj_spell *s = &c->spell[i];
    if (s->enter > at || s->leave < at) continue;
    spells[(*n)++] = (uint32_t)i;
    c->p0[s->from] += s->weight;
    lb_sum_add(&total, s->weight);
  }
  double sum = lb_sum_value(&total);
  for (size_t s = 0; s < k; s++) occupied += c->p0[s] > 0;
  for (size_t s = 0; s < k; s++) c->p0[s] = occupied == 1 ? c->p0[s] > 0 : c->p0[s] / sum;
  c->p0_estimated = occupied > 1;
  return sum;
}

static void start_variance(const walk *w, const uint32_t *spells, size_t n, double total)
{
  aj_jackknife_start(w->jackknife, spells, n, w->curve->p0, total);
  aj_jackknife_variance(w->jackknife, w->curve->p0, w->curve->p0_std_error);
  for (size_t s = 0; s < w->fit->n_state; s++)
    w->curve->p0_std_error[s] = sqrt(fmax(0, w->curve->p0_std_error[s]));
}

/* ---- The walk ---- */

static void set_variance(walk *w, size_t t)
{
  size_t k = w->fit->n_state;
  double *out = w->curve->std_error + t * k;
  if (w->jackknife != NULL) {
    aj_jackknife_variance(w->jackknife, w->p, out);
  } else {
    for (size_t s = 0; s < k; s++) out[s] = w->p[s] > 0 ? w->covariance[s * k + s] : 0;
  }
  for (size_t s = 0; s < k; s++) out[s] = sqrt(fmax(0, out[s]));
}

static void move_time(walk *w, size_t t)
{
  lb_aj_curve *c = w->curve;
  size_t k = w->fit->n_state;
  memcpy(w->before, w->p, k * sizeof *w->p);
  size_t first = c->jump_start[t], n = list_jumps(w, first) - first;
  c->jump_start[t + 1] = first + n;
  const aj_step step = {.k = k,
                        .before = w->before,
                        .n_risk = c->n_risk + t * k,
                        .jump = c->jump + first,
                        .n_jump = n,
                        .matrix = w->matrix,
                        .share = w->share};
  make_matrix(w, &step);
  move_probability(w, k);
  if (w->jackknife != NULL)
    aj_jackknife_move(w->jackknife, &step, w->by_leave + w->leave_start[t],
                      w->leave_start[t + 1] - w->leave_start[t]);
  else
    aj_covariance_move(&step, w->fit->options.variance, w->covariance, w->work);
}

static lb_status walk_times(walk *w, uint32_t *scratch, lb_error *err)
{
  lb_aj_curve *c = w->curve;
  size_t k = w->fit->n_state, start = first_move(w), n_start = 0;
  double total = 0;
  c->first_move = start < c->n_time ? c->time[start] : (double)NAN;
  if (w->p0 != NULL)
    memcpy(c->p0, w->p0, k * sizeof *c->p0);
  else if (c->n_time > 0)
    total = find_start(w, start < c->n_time ? start : c->n_time - 1, scratch, &n_start);
  memcpy(w->p, c->p0, k * sizeof *w->p);
  for (size_t t = 0; t < c->n_time; t++) {
    if (t % POLL_TIMES == 0 && lb_interrupted()) return lb_error_interrupted(err);
    enter_spells(w, t);
    if (t == start && c->p0_estimated && w->jackknife != NULL)
      start_variance(w, scratch, n_start, total);
    c->jump_start[t + 1] = c->jump_start[t];
    if (count_time(w, t) > 0) move_time(w, t);
    leave_spells(w, t);
    memcpy(c->estimate + t * k, w->p, k * sizeof *w->p);
    if (t >= start)
      set_variance(w, t);
    else
      memset(c->std_error + t * k, 0, k * sizeof *c->std_error);
  }
  for (size_t t = 0; t < start && c->p0_estimated; t++)
    memcpy(c->std_error + t * k, c->p0_std_error, k * sizeof *c->std_error);
  return LB_OK;
}

/* ---- Limits ---- */

static void set_limits(const lb_aj *fit, lb_aj_curve *c)
{
  size_t n = c->n_time * fit->n_state;
  double z = lb_z_value(fit->options.conf_level);
  for (size_t i = 0; i < n; i++) {
    double p = c->estimate[i];
    double half = z * c->std_error[i] / p;
    bool known = c->std_error[i] > 0 || c->p0_estimated == false;
    if (p > 0 && p < 1) {
      km_limits(p, (km_half){half, half}, fit->options.conf_type, &c->conf_low[i],
                &c->conf_high[i]);
    } else if (!(p > 0)) {
      c->conf_low[i] = c->conf_high[i] = 0;
    } else { /* before the first move everybody is where they began; later nothing is said */
      bool begins = known && c->time[i / fit->n_state] < c->first_move;
      c->conf_low[i] = c->conf_high[i] = begins || isnan(c->first_move) ? 1 : (double)NAN;
    }
  }
}

/* ---- A group ---- */

static bool alloc_curve(lb_aj_curve *c, size_t k)
{
  size_t cells = c->n_time * k;
  c->n_risk = lb_mem_array(cells, 7 * sizeof *c->n_risk);
  c->jump_start = lb_mem_zero(c->n_time + 1, sizeof *c->jump_start);
  c->jump = lb_mem_array(c->n_spell, sizeof *c->jump); /* at most one a spell */
  if (c->n_risk == NULL || c->jump_start == NULL || c->jump == NULL) return false;
  c->n_event_into = c->n_risk + cells;
  c->n_censor = c->n_event_into + cells;
  c->estimate = c->n_censor + cells;
  c->std_error = c->estimate + cells;
  c->conf_low = c->std_error + cells;
  c->conf_high = c->conf_low + cells;
  return true;
}

static bool alloc_walk(walk *w)
{
  size_t k = w->fit->n_state;
  w->risk = lb_mem_zero(k, sizeof *w->risk);
  w->present = lb_mem_zero(2 * k, sizeof *w->present);
  w->p = lb_mem_zero(3 * k + 5 * k * k, sizeof *w->p);
  if (w->risk == NULL || w->present == NULL || w->p == NULL) return false;
  w->movers = w->present + k;
  w->before = w->p + k;
  w->share = w->before + k;
  w->moves = w->share + k;
  w->matrix = w->moves + k * k;
  w->covariance = w->matrix + k * k;
  w->work = w->covariance + k * k;
  if (w->fit->options.variance != LB_AJ_JACKKNIFE) return true;
  w->jackknife = aj_jackknife_new(w->curve, k, w->fit->options.frequency);
  return w->jackknife != NULL;
}

static void reset_walk(walk *w)
{
  lb_mem_free(w->by_leave);
  lb_mem_free(w->by_enter);
  lb_mem_free(w->leave_start);
  lb_mem_free(w->enter_start);
  lb_mem_free(w->risk);
  lb_mem_free(w->present);
  lb_mem_free(w->p);
  aj_jackknife_free(w->jackknife);
}

/* Clusters of the group in order of appearance; `number` is n_cluster places of UINT32_MAX, and is
 * so again afterwards. */
static void number_clusters(lb_aj_curve *c, uint32_t *number, uint32_t *old)
{
  for (size_t i = 0; i < c->n_spell; i++) {
    old[i] = c->spell[i].cluster;
    if (number[old[i]] == UINT32_MAX) number[old[i]] = (uint32_t)c->n_cluster++;
    c->spell[i].cluster = number[old[i]];
  }
  for (size_t i = 0; i < c->n_spell; i++) number[old[i]] = UINT32_MAX;
}

static lb_status fit_group(lb_aj *fit, size_t g, const aj_spells *all, uint32_t *number,
                           lb_error *err)
{
  lb_aj_curve *c = &fit->curve[g];
  walk w = {.fit = fit, .curve = c, .p0 = fit->options.p0};
  c->n_spell = all->first[g + 1] - all->first[g];
  c->spell = lb_mem_array(c->n_spell, sizeof *c->spell);
  c->p0 = lb_mem_zero(2 * fit->n_state, sizeof *c->p0);
  uint32_t *scratch = lb_mem_array(c->n_spell, sizeof *scratch);
  bool ok = c->spell != NULL && c->p0 != NULL && scratch != NULL;
  if (ok && c->n_spell > 0)
    memcpy(c->spell, all->spell + all->first[g], c->n_spell * sizeof *c->spell);
  if (ok) number_clusters(c, number, scratch);
  if (ok) c->p0_std_error = c->p0 + fit->n_state;
  ok = ok && place_spells(&w) && alloc_curve(c, fit->n_state) && alloc_walk(&w);
  lb_status st = ok ? walk_times(&w, scratch, err) : lb_error_nomem(err, "state probabilities");
  if (st == LB_OK) set_limits(fit, c);
  lb_mem_free(scratch);
  reset_walk(&w);
  return st;
}

/* ---- The fit ---- */

static const lb_aj_options DEFAULTS = LB_AJ_DEFAULTS;

static lb_status check_options(const lb_aj_options *opt, size_t k, lb_error *err)
{
  if ((unsigned)opt->conf_type >= LB_KM_LOG_PETO || (unsigned)opt->variance > LB_AJ_AALEN ||
      opt->landmark < LB_STATE_NONE || opt->landmark >= (int32_t)k || isnan(opt->start_time))
    return lb_error_set(err, LB_EARG, "unknown option of state probabilities");
  double sum = 0;
  bool wrong = false;
  for (size_t s = 0; opt->p0 != NULL && s < k; s++) {
    wrong |= !(opt->p0[s] >= 0 && opt->p0[s] <= 1);
    sum += opt->p0[s];
  }
  if (wrong || (opt->p0 != NULL && fabs(sum - 1) > 1e-8))
    return lb_error_set(err, LB_EARG, "p0: expected probabilities that add up to 1");
  return lb_conf_level_check(opt->conf_level, err);
}

lb_status lb_aj_fit(const lb_aj_data *data, const lb_aj_options *opt, lb_aj *out, lb_error *err)
{
  aj_spells all = {0};
  if (opt == NULL) opt = &DEFAULTS;
  lb_aj fit = {.n_state = data->moves->n_state, .options = *opt};
  uint32_t *number = NULL;
  lb_status st = check_options(opt, fit.n_state, err);
  if (st == LB_OK) st = aj_spells_new(data, opt, &all, err);
  if (st != LB_OK) return st;
  if (opt->landmark != LB_STATE_NONE && all.n == 0) {
    st = lb_error_set(err, LB_EDATA, "nobody is under observation in the state at the landmark");
    goto done;
  }
  fit.curve = lb_mem_zero(all.n_group, sizeof *fit.curve);
  number = lb_mem_array(all.n_cluster, sizeof *number);
  if (fit.curve == NULL || number == NULL) {
    st = lb_error_nomem(err, "state probabilities");
    goto done;
  }
  fit.n_group = all.n_group;
  for (size_t c = 0; c < all.n_cluster; c++) number[c] = UINT32_MAX;
  for (size_t g = 0; st == LB_OK && g < fit.n_group; g++)
    st = fit_group(&fit, g, &all, number, err);
  fit.options.p0 = NULL;
  if (st == LB_OK) {
    *out = fit;
    fit = (lb_aj){0};
  }
done:
  lb_aj_reset(&fit);
  aj_spells_reset(&all);
  lb_mem_free(number);
  return st;
}

void lb_aj_reset(lb_aj *fit)
{
  if (fit == NULL) return;
  for (size_t g = 0; fit->curve != NULL && g < fit->n_group; g++) {
    lb_aj_curve *c = &fit->curve[g];
    lb_mem_free(c->spell);
    lb_mem_free(c->time);
    lb_mem_free(c->n_risk); /* the block */
    lb_mem_free(c->jump_start);
    lb_mem_free(c->jump);
    lb_mem_free(c->p0); /* with its std_error */
  }
  lb_mem_free(fit->curve);
  *fit = (lb_aj){0};
}
