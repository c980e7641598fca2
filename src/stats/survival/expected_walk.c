/* expected_walk.c - the expected hazard of a changing group of people: their paths through the
 * table are cut into pieces of constant hazard, which join and leave running sums in the order of
 * time.
 *
 * On a piece a person's cumulative hazard is c + h t, so the weight exp(s (c + h t)) is a constant
 * exp(s c) times a function of the cell. The weighted mean hazard of those who count is s d/dt log
 * A(t), A the sum of weights: between changes of who counts its integral is s times the difference
 * of log A, with no step of integration. A itself is a Taylor series about an anchor, whose
 * coefficients are the sums of weight x h^k; what is left out is below 4e-17 of A as long as h
 * times the distance from the anchor stays below REACH. Then the sums over the cells give a new
 * anchor. */
#include "stats/survival/expected_walk.h"

#include <math.h>
#include <string.h>

#include "base/interrupt.h"
#include "base/mem.h"
#include "base/sort.h"

#define TERMS 9 /* REACH^TERMS / TERMS! = 4e-17 */
#define REACH (1.0 / 16)
#define BLOCK 4096u

typedef struct piece {
  double value; /* weight x exp(sign c) */
  uint32_t cell, row;
} piece;

/* Person after person, each one's pieces one after another: where one ends that is not the person's
 * last, the next begins. */
typedef struct pieces {
  size_t n, room;
  piece *piece;
  double *stop;
  uint32_t *by_stop; /* n: pieces in the order of their ends */
  double *when;      /* n: their ends */
  /* The first piece of each person, in the order of its beginning */
  size_t n_first;
  uint32_t *first, *by_start;
  double *start; /* in the order of `first` */
} pieces;

typedef struct walk {
  const lb_walkers *who;
  const lb_population *table;
  double unit;
  pieces p;
  size_t from, to; /* people that have begun, pieces that have ended: places in the orders */
  double *sum;     /* cells: sums of values */
  double *scale;   /* cells with pieces: exp(sign x hazard x anchor) */
  uint32_t *count; /* cells: pieces */
  uint32_t *active, *place; /* cells with pieces; where each stands in `active` */
  size_t n_active, n_in;
  double anchor, moment[TERMS], steepest; /* steepest: the highest hazard of any piece */
  double time;                            /* sign 0: integrated up to here */
  double log_before;                      /* log A after the last change of who counts */
  double cumulative, survival, hazard, variance;
} walk;

/* --- Pieces --- */

static bool pieces_room(pieces *p)
{
  if (p->n < p->room) return true;
  size_t room = p->room == 0 ? 1024 : p->room * 2;
  piece *more = lb_mem_resize(p->piece, room, sizeof *more);
  if (more == NULL) return false;
  p->piece = more;
  double *stop = lb_mem_resize(p->stop, room, sizeof *stop);
  if (stop == NULL) return false;
  p->stop = stop;
  p->room = room;
  return true;
}

/* The pieces of one person. False: out of memory. */
static bool cut_person(walk *w, const lb_lives *lives, size_t i)
{
  const lb_walkers *who = w->who;
  double start = who->start == NULL ? 0 : who->start[i];
  double stop = who->stop == NULL ? who->stop_all : who->stop[i];
  double weight = who->weight == NULL ? 1 : who->weight[i];
  if (!(start < stop) || weight == 0) return true;
  /* Weights are by the hazard since time 0, also of those who enter later. */
  double time = fmin(start, 0), sum = 0;
  lb_lexis path = lb_lexis_at(w->table, lives, i, time);
  w->p.start[w->p.n_first] = start;
  w->p.first[w->p.n_first++] = (uint32_t)w->p.n;
  while (time < stop) {
    lb_lexis_step step = lb_lexis_next(&path);
    double end = fmin(step.stop, stop);
    if (end > start) {
      pieces *p = &w->p;
      if (!pieces_room(p)) return false;
      double value = weight * exp(who->sign * (sum - step.hazard * time));
      p->stop[p->n] = end;
      p->piece[p->n++] = (piece){value, (uint32_t)step.cell, (uint32_t)i};
      w->steepest = fmax(w->steepest, step.hazard);
    }
    sum += step.hazard * (end - time);
    time = end;
  }
  return true;
}

/* The orders in which people begin and pieces end. */
static lb_status order(pieces *p, lb_error *err)
{
  if (p->n > UINT32_MAX) return lb_error_set(err, LB_EARG, "more than 4294967295 pieces");
  p->by_start = lb_mem_array(p->n_first, sizeof *p->by_start);
  p->by_stop = lb_mem_array(p->n, sizeof *p->by_stop);
  p->when = lb_mem_array(p->n, sizeof *p->when);
  bool failed = p->by_start == NULL || p->by_stop == NULL || p->when == NULL ||
                !lb_sort_order_real(p->start, p->n_first, p->by_start) ||
                !lb_sort_order_real(p->stop, p->n, p->by_stop);
  if (failed) return lb_error_nomem(err, "expected survival");
  for (size_t k = 0; k < p->n; k++) p->when[k] = p->stop[p->by_stop[k]];
  return LB_OK;
}

static lb_status cut(walk *w, const lb_lives *lives, lb_error *err)
{
  size_t n = w->who->n;
  w->p.first = lb_mem_array(n, sizeof *w->p.first);
  w->p.start = lb_mem_array(n, sizeof *w->p.start);
  if (w->p.first == NULL || w->p.start == NULL || !pieces_room(&w->p))
    return lb_error_nomem(err, "expected survival");
  for (size_t k = 0; k < n; k++) {
    if (!cut_person(w, lives, w->who->row[k])) return lb_error_nomem(err, "expected survival");
    if (k % BLOCK == 0 && lb_interrupted()) return lb_error_interrupted(err);
  }
  return LB_OK;
}

/* The piece is its person's last. */
static bool is_last(const pieces *p, size_t k)
{
  return k + 1 == p->n || p->piece[k + 1].row != p->piece[k].row;
}

/* --- Sums --- */

static double cell_hazard(const walk *w, size_t cell)
{
  return w->table->hazard[cell] * w->unit;
}

/* A at a time within reach of the anchor. */
static double total_at(const walk *w, double time)
{
  double x = w->who->sign * (time - w->anchor), sum = w->moment[TERMS - 1];
  for (int k = TERMS - 1; k > 0; k--) sum = w->moment[k - 1] + sum * x / k;
  return sum;
}

static void add_moments(walk *w, double weight, double hazard)
{
  for (int k = 0; k < TERMS; k++) {
    w->moment[k] += weight;
    weight *= hazard;
  }
}

static void set_anchor(walk *w, double time)
{
  w->anchor = time;
  memset(w->moment, 0, sizeof w->moment);
  for (size_t k = 0; k < w->n_active; k++) {
    size_t cell = w->active[k];
    double hazard = cell_hazard(w, cell);
    w->scale[cell] = exp(w->who->sign * hazard * time);
    add_moments(w, w->sum[cell] * w->scale[cell], hazard);
  }
}

static void activate(walk *w, uint32_t cell)
{
  w->place[cell] = (uint32_t)w->n_active;
  w->active[w->n_active++] = cell;
  w->sum[cell] = 0;
  w->scale[cell] = exp(w->who->sign * cell_hazard(w, cell) * w->anchor);
}

static void deactivate(walk *w, uint32_t cell)
{
  uint32_t last = w->active[--w->n_active];
  w->active[w->place[cell]] = last;
  w->place[last] = w->place[cell];
}

/* A piece joins (1) or leaves (-1). */
static void move_piece(walk *w, size_t k, int way)
{
  uint32_t cell = w->p.piece[k].cell;
  double value = way * w->p.piece[k].value, hazard = cell_hazard(w, cell);
  if (way > 0 && w->count[cell]++ == 0) activate(w, cell);
  w->sum[cell] += value;
  if (way < 0 && --w->count[cell] == 0) deactivate(w, cell);
  w->n_in = way > 0 ? w->n_in + 1 : w->n_in - 1;
  if (w->n_in == 0)
    memset(w->moment, 0, sizeof w->moment); /* nothing of rounding stays behind */
  else
    add_moments(w, value * w->scale[cell], hazard);
}

/* --- The walk --- */

/* Brings the sums to a time; of equal weights (sign 0) the integral goes along. */
static void advance(walk *w, double time)
{
  if (w->n_in > 0) {
    if (w->who->sign == 0) w->cumulative += w->moment[1] / w->moment[0] * (time - w->time);
    /* In steps of the reach, and right away when it is one long stretch. */
    if (w->steepest * (time - w->anchor) > REACH) set_anchor(w, time);
  } else {
    w->anchor = time;
  }
  w->time = time;
}

/* The expected hazard since the last change. */
static double since_change(const walk *w, double total)
{
  return w->who->sign == 0 || w->n_in == 0 ? 0 : w->who->sign * (log(total) - w->log_before);
}

/* Events among the pieces that end at `time`, the risk set still whole. */
static void count_events(walk *w, double time, double total)
{
  const lb_walkers *who = w->who;
  double events = 0, squares = 0;
  size_t n_event = 0;
  for (size_t k = w->to; k < w->p.n && w->p.when[k] <= time; k++) {
    const piece *at = &w->p.piece[w->p.by_stop[k]];
    size_t i = at->row;
    if (!who->event[i] || !is_last(&w->p, w->p.by_stop[k])) continue;
    n_event++;
    double weight = at->value * exp(who->sign * cell_hazard(w, at->cell) * time);
    events += weight;
    squares += weight * weight / (who->weight == NULL ? 1 : who->weight[i]);
  }
  if (n_event == 0) return;
  /* When all have it survival becomes exactly 0. */
  w->survival *= n_event == w->n_in ? 0 : 1 - events / total;
  w->hazard += events / total;
  w->variance += squares / (total * total);
}

/* What happens at `time` changes who counts, not only in which cell. */
static bool is_change(const walk *w, double time)
{
  const pieces *p = &w->p;
  if (w->from < p->n_first && p->start[p->by_start[w->from]] <= time) return true;
  for (size_t k = w->to; k < p->n && p->when[k] <= time; k++)
    if (is_last(p, p->by_stop[k])) return true;
  return false;
}

static void pass(walk *w, double time)
{
  const pieces *p = &w->p;
  advance(w, time);
  bool change = is_change(w, time);
  if (change && w->n_in > 0) {
    double total = total_at(w, time);
    w->cumulative += since_change(w, total);
    if (w->who->event != NULL) count_events(w, time, total);
  }
  while (w->from < p->n_first && p->start[p->by_start[w->from]] <= time)
    move_piece(w, p->first[p->by_start[w->from++]], 1);
  for (; w->to < p->n && p->when[w->to] <= time; w->to++) {
    size_t k = p->by_stop[w->to];
    if (!is_last(p, k)) move_piece(w, k + 1, 1);
    move_piece(w, k, -1);
  }
  if (change && w->n_in > 0 && w->who->sign != 0) w->log_before = log(total_at(w, time));
}

/* The last time at which anybody counts. */
static double last_time(const walk *w)
{
  return w->p.n == 0 ? 0 : w->p.when[w->p.n - 1];
}

static void write_output(walk *w, const lb_walk_output *out, size_t k)
{
  double time = out->time[k];
  if (w->to < w->p.n) advance(w, time);
  double more = w->n_in == 0 ? 0 : since_change(w, total_at(w, time));
  out->cumulative[k] = time > last_time(w) ? NAN : w->cumulative + more;
  if (out->survival == NULL) return;
  double survival = out->exponential ? exp(-w->hazard) : w->survival;
  out->survival[k] = survival;
  out->variance[k] = survival > 0 ? w->variance : NAN;
}

static double next_time(const walk *w)
{
  const pieces *p = &w->p;
  double start = w->from < p->n_first ? p->start[p->by_start[w->from]] : INFINITY;
  double stop = w->to < p->n ? p->when[w->to] : INFINITY;
  return fmin(start, stop);
}

/* Without late entry people whose time is 0 have no path: they are at risk at time 0 only, with
 * everybody, and all weights are 1. */
static void events_at_zero(walk *w)
{
  const lb_walkers *who = w->who;
  double total = 0, events = 0;
  size_t n_in = 0, n_event = 0;
  for (size_t k = 0; k < who->n; k++) {
    size_t i = who->row[k];
    double weight = who->weight == NULL ? 1 : who->weight[i];
    if (weight == 0) continue;
    total += weight;
    n_in++;
    if (who->stop[i] > 0 || !who->event[i]) continue;
    events += weight;
    n_event++;
  }
  if (n_event == 0) return;
  w->survival = n_event == n_in ? 0 : 1 - events / total;
  w->hazard = events / total;
  w->variance = events / (total * total);
}

static lb_status go(walk *w, const lb_walk_output *out, lb_error *err)
{
  size_t k = 0;
  w->survival = 1;
  if (w->who->event != NULL && w->who->start == NULL) events_at_zero(w);
  for (size_t step = 0; k < out->n; step++) {
    double next = next_time(w);
    while (k < out->n && out->time[k] < next) write_output(w, out, k++);
    if (k < out->n) pass(w, next);
    if (step % BLOCK == 0 && lb_interrupted()) return lb_error_interrupted(err);
  }
  for (k = 0; k < out->n; k++) {
    if (out->time[k] <= last_time(w) && !isfinite(out->cumulative[k]))
      return lb_error_set(err, LB_ENUMERIC,
                          "the expected hazards are so large that weights overflow: are the "
                          "rates per person-year, and is the unit of time right?");
  }
  return LB_OK;
}

static lb_status work_new(walk *w, lb_error *err)
{
  size_t n = w->table->n_class * w->table->n_year * w->table->n_age;
  w->sum = lb_mem_zero(n, sizeof *w->sum);
  w->scale = lb_mem_array(n, sizeof *w->scale);
  w->count = lb_mem_zero(n, sizeof *w->count);
  w->active = lb_mem_array(n, sizeof *w->active);
  w->place = lb_mem_array(n, sizeof *w->place);
  bool failed = w->sum == NULL || w->scale == NULL || w->count == NULL || w->active == NULL ||
                w->place == NULL;
  return failed ? lb_error_nomem(err, "expected survival") : LB_OK;
}

static void work_reset(walk *w)
{
  pieces *p = &w->p;
  lb_mem_free(p->piece);
  lb_mem_free(p->stop);
  lb_mem_free(p->by_stop);
  lb_mem_free(p->when);
  lb_mem_free(p->first);
  lb_mem_free(p->by_start);
  lb_mem_free(p->start);
  lb_mem_free(w->sum);
  lb_mem_free(w->scale);
  lb_mem_free(w->count);
  lb_mem_free(w->active);
  lb_mem_free(w->place);
}

lb_status lb_expected_walk(const lb_population *table, const lb_lives *lives, const lb_walkers *who,
                           const lb_walk_output *out, lb_error *err)
{
  walk w = {.who = who, .table = table, .unit = lives->unit};
  lb_status st = work_new(&w, err);
  if (st == LB_OK) st = cut(&w, lives, err);
  if (st == LB_OK) st = order(&w.p, err);
  /* cut() and order() have made both. */
  if (st == LB_OK && w.p.when != NULL && w.p.piece != NULL) st = go(&w, out, err);
  work_reset(&w);
  return st;
}
