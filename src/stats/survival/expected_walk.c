/* expected_walk.c - the expected hazard of a changing group of people: their paths through the
 * table are cut into pieces of constant hazard, which join and leave running sums in the order of
 * time.
 *
 * On a piece a person's cumulative hazard is c + h t, so the weight exp(s (c + h t)) is a constant
 * exp(s c) times a function of the cell. The weighted mean hazard of those who count is s d/dt log
 * A(t), A the sum of weights: between changes of who counts its integral is s times the difference
 * of log A, with no step of integration. A itself is a Taylor series about an anchor, whose
 * coefficients are the sums of weight x h^k; what is left out is below 4e-17 of A as long as h times
 * the distance from the anchor stays below REACH. Then the sums over the cells give a new anchor. */
#include "stats/survival/expected_walk.h"

#include <math.h>
#include <string.h>

#include "base/interrupt.h"
#include "base/mem.h"
#include "base/sort.h"

#define TERMS 9 /* REACH^TERMS / TERMS! = 4e-17 */
#define REACH (1.0 / 16)
#define BLOCK 4096u

enum { FIRST = 1, LAST = 2 }; /* what a piece is for its person */

typedef struct pieces {
  size_t n, room;
  double *start, *stop;
  double *value;  /* weight x exp(sign c) */
  uint32_t *cell;
  uint32_t *row;
  uint8_t *flags;
  uint32_t *by_start, *by_stop;
} pieces;

typedef struct walk {
  const lb_walkers *who;
  const lb_population *table;
  double unit;
  pieces p;
  size_t from, to; /* pieces that have begun, ended: places in by_start, by_stop */
  double *sum;     /* cells: sums of values */
  uint32_t *count; /* cells: pieces */
  uint32_t *active, *place; /* cells with pieces; where each stands in `active` */
  size_t n_active, n_in;
  double anchor, moment[TERMS], steepest; /* steepest: the highest hazard of any piece */
  double time;       /* sign 0: integrated up to here */
  double log_before; /* log A after the last change of who counts */
  double cumulative, survival, hazard, variance;
} walk;

/* --- Pieces --- */

static bool pieces_room(pieces *p)
{
  if (p->n < p->room) return true;
  size_t room = p->room == 0 ? 1024 : p->room * 2;
  void *grown;
#define GROW(array)                                                                                \
  if ((grown = lb_mem_resize(p->array, room, sizeof *p->array)) == NULL) return false;             \
  p->array = grown
  GROW(start);
  GROW(stop);
  GROW(value);
  GROW(cell);
  GROW(row);
  GROW(flags);
#undef GROW
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
  lb_lexis path = lb_lexis_at(w->table, lives, i, 0);
  double time = 0, sum = 0;
  uint8_t first = FIRST;
  while (time < stop) {
    lb_lexis_step step = lb_lexis_next(&path);
    double end = fmin(step.stop, stop);
    if (end > start) {
      pieces *p = &w->p;
      if (!pieces_room(p)) return false;
      size_t k = p->n++;
      p->start[k] = fmax(time, start);
      p->stop[k] = end;
      p->cell[k] = (uint32_t)step.cell;
      p->row[k] = (uint32_t)i;
      p->flags[k] = (uint8_t)(first | (step.stop >= stop ? LAST : 0));
      p->value[k] = weight * exp(who->sign * (sum - step.hazard * time));
      first = 0;
      w->steepest = fmax(w->steepest, step.hazard);
    }
    sum += step.hazard * (end - time);
    time = end;
  }
  return true;
}

static lb_status cut(walk *w, const lb_lives *lives, lb_error *err)
{
  for (size_t k = 0; k < w->who->n; k++) {
    if (!cut_person(w, lives, w->who->row[k])) return lb_error_nomem(err, "expected survival");
    if (k % BLOCK == 0 && lb_interrupted()) return lb_error_interrupted(err);
  }
  pieces *p = &w->p;
  if (p->n > UINT32_MAX) return lb_error_set(err, LB_EARG, "more than 4294967295 pieces");
  p->by_start = lb_mem_array(p->n, sizeof *p->by_start);
  p->by_stop = lb_mem_array(p->n, sizeof *p->by_stop);
  bool failed = p->by_start == NULL || p->by_stop == NULL ||
                !lb_sort_order_real(p->start, p->n, p->by_start) ||
                !lb_sort_order_real(p->stop, p->n, p->by_stop);
  return failed ? lb_error_nomem(err, "expected survival") : LB_OK;
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
    add_moments(w, w->sum[cell] * exp(w->who->sign * hazard * time), hazard);
  }
}

static void activate(walk *w, uint32_t cell)
{
  w->place[cell] = (uint32_t)w->n_active;
  w->active[w->n_active++] = cell;
  w->sum[cell] = 0;
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
  uint32_t cell = w->p.cell[k];
  double value = way * w->p.value[k], hazard = cell_hazard(w, cell);
  if (way > 0 && w->count[cell]++ == 0) activate(w, cell);
  w->sum[cell] += value;
  if (way < 0 && --w->count[cell] == 0) deactivate(w, cell);
  w->n_in = way > 0 ? w->n_in + 1 : w->n_in - 1;
  if (w->n_in == 0)
    memset(w->moment, 0, sizeof w->moment); /* nothing of rounding stays behind */
  else
    add_moments(w, value * exp(w->who->sign * hazard * w->anchor), hazard);
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
  for (size_t k = w->to; k < w->p.n && w->p.stop[w->p.by_stop[k]] <= time; k++) {
    size_t at = w->p.by_stop[k], i = w->p.row[at];
    if (!(w->p.flags[at] & LAST) || !who->event[i]) continue;
    n_event++;
    double weight = w->p.value[at] * exp(who->sign * cell_hazard(w, w->p.cell[at]) * time);
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
  for (size_t k = w->to; k < p->n && p->stop[p->by_stop[k]] <= time; k++)
    if (p->flags[p->by_stop[k]] & LAST) return true;
  for (size_t k = w->from; k < p->n && p->start[p->by_start[k]] <= time; k++)
    if (p->flags[p->by_start[k]] & FIRST) return true;
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
  while (w->from < p->n && p->start[p->by_start[w->from]] <= time)
    move_piece(w, p->by_start[w->from++], 1);
  while (w->to < p->n && p->stop[p->by_stop[w->to]] <= time)
    move_piece(w, p->by_stop[w->to++], -1);
  if (change && w->n_in > 0 && w->who->sign != 0) w->log_before = log(total_at(w, time));
}

/* The last time at which anybody counts. */
static double last_time(const walk *w)
{
  return w->p.n == 0 ? 0 : w->p.stop[w->p.by_stop[w->p.n - 1]];
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
  double start = w->from < p->n ? p->start[p->by_start[w->from]] : INFINITY;
  double stop = w->to < p->n ? p->stop[p->by_stop[w->to]] : INFINITY;
  return fmin(start, stop);
}

static lb_status go(walk *w, const lb_walk_output *out, lb_error *err)
{
  size_t k = 0;
  w->survival = 1;
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
  w->count = lb_mem_zero(n, sizeof *w->count);
  w->active = lb_mem_array(n, sizeof *w->active);
  w->place = lb_mem_array(n, sizeof *w->place);
  bool failed = w->sum == NULL || w->count == NULL || w->active == NULL || w->place == NULL;
  return failed ? lb_error_nomem(err, "expected survival") : LB_OK;
}

static void work_reset(walk *w)
{
  pieces *p = &w->p;
  lb_mem_free(p->start);
  lb_mem_free(p->stop);
  lb_mem_free(p->value);
  lb_mem_free(p->cell);
  lb_mem_free(p->row);
  lb_mem_free(p->flags);
  lb_mem_free(p->by_start);
  lb_mem_free(p->by_stop);
  lb_mem_free(w->sum);
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
  if (st == LB_OK) st = go(&w, out, err);
  work_reset(&w);
  return st;
}
