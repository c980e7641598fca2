/* turnbull_newton.c - Newton's method on the innermost intervals that have mass, with intervals
 * leaving at 0 and coming back by the Karush-Kuhn-Tucker conditions. */
#include "base/interrupt.h"
#include "base/mem.h"
#include "stats/survival/turnbull_work.h"
#include "stats/symmetric.h"

#include <math.h>

#define LARGEST   700   /* intervals with mass: the matrix is as wide */
#define TINY      1e-9  /* a mass this small is tried as 0 first */
#define WANTED    1e-12 /* of derivatives, relative */
#define ADDED     1e-11 /* an interval with more than this in excess comes back */
#define DEPENDENT 1e-11
#define FLAT      1e-6 /* a derivative this close to its bound may be at it */
#define ROUNDS    400
#define HALVINGS  30

/* The intervals with mass and their system of equations. */
typedef struct newton {
  size_t p;
  uint32_t *set;           /* p, ascending */
  uint32_t *place;         /* n_set + 1: intervals of `set` before this one */
  double *matrix, *factor; /* p x p */
  double *step, *old;
  bool *kept;
} newton;

static void newton_reset(newton *w)
{
  void *array[] = {w->set, w->place, w->matrix, w->factor, w->step, w->old, w->kept};
  for (size_t k = 0; k < sizeof array / sizeof array[0]; k++) lb_mem_free(array[k]);
}

static bool newton_alloc(newton *w, size_t n_set, size_t most)
{
  w->set = lb_mem_array(most, sizeof *w->set);
  w->place = lb_mem_array(n_set + 1, sizeof *w->place);
  w->matrix = lb_mem_array(most * most, sizeof *w->matrix);
  w->factor = lb_mem_array(most * most, sizeof *w->factor);
  w->step = lb_mem_array(most, sizeof *w->step);
  w->old = lb_mem_array(n_set, sizeof *w->old);
  w->kept = lb_mem_array(most, sizeof *w->kept);
  return w->set != NULL && w->place != NULL && w->matrix != NULL && w->factor != NULL &&
         w->step != NULL && w->old != NULL && w->kept != NULL;
}

static void number_places(newton *w, size_t n_set)
{
  size_t next = 0;
  for (size_t j = 0; j <= n_set; j++) {
    w->place[j] = (uint32_t)next;
    if (next < w->p && w->set[next] == j) next++;
  }
}

/* Minus the second derivatives: entry (i, j) is the sum of weight / mass^2 over the pairs with both
 * within, so corners are put in place and added up along rows and columns. */
static void fill_matrix(const turnbull_room *r, newton *w)
{
  size_t p = w->p;
  double *a = w->matrix; /* first >= second: row b, column a, for a pair from a to b */
  for (size_t i = 0; i < p * p; i++) a[i] = 0;
  for (size_t k = 0; k < r->pairs->n; k++) {
    if (!(r->weight[k] > 0)) continue;
    uint32_t from = w->place[r->first[k]], to = w->place[r->last[k] + 1];
    if (from < to) a[(to - 1) * p + from] += r->share[k] * r->share[k] / r->weight[k];
  }
  for (size_t i = p; i-- > 0;) {
    double along = 0;
    for (size_t j = 0; j <= i; j++) {
      along += a[i * p + j];
      a[i * p + j] = along + (i + 1 < p ? a[(i + 1) * p + j] : 0);
    }
  }
}

/* The likelihood less a multiplier times the masses, which needs no constraint: at its maximum they
 * add up to 1 by themselves. */
static double objective(turnbull_room *r)
{
  double sum = 0, log_lik = turnbull_log_lik(r, r->mass);
  for (size_t j = 0; j < r->n_set; j++) sum += r->mass[j];
  return log_lik - r->total * (sum - 1);
}

/* Moves along the step as far as masses stay >= 0 and the objective does not fall. */
static bool move(turnbull_room *r, newton *w)
{
  double before = objective(r), most = 1;
  size_t blocking = w->p;
  for (size_t i = 0; i < w->p; i++) {
    double mass = r->mass[w->set[i]];
    w->old[i] = mass;
    if (w->step[i] < 0 && mass < -most * w->step[i]) {
      most = mass / -w->step[i];
      blocking = i;
    }
  }
  double slack = 1e-13 * (fabs(before) + r->total);
  for (int h = 0; h < HALVINGS; h++, most /= 2) {
    for (size_t i = 0; i < w->p; i++) r->mass[w->set[i]] = fmax(0, w->old[i] + most * w->step[i]);
    if (h == 0 && blocking < w->p) r->mass[w->set[blocking]] = 0;
    if (objective(r) >= before - slack) return true;
  }
  for (size_t i = 0; i < w->p; i++) r->mass[w->set[i]] = w->old[i];
  return false;
}

/* Leaves out intervals without mass. */
static void shrink(const turnbull_room *r, newton *w)
{
  size_t n = 0;
  for (size_t i = 0; i < w->p; i++)
    if (r->mass[w->set[i]] > 0) w->set[n++] = w->set[i];
  w->p = n;
}

static void insert(newton *w, size_t set)
{
  size_t i = w->p++;
  for (; i > 0 && w->set[i - 1] > set; i--) w->set[i] = w->set[i - 1];
  w->set[i] = (uint32_t)set;
}

static void normalise(turnbull_room *r)
{
  double sum = 0;
  for (size_t j = 0; j < r->n_set; j++) sum += r->mass[j];
  for (size_t j = 0; j < r->n_set; j++) r->mass[j] /= sum;
}

/* How far derivatives on the intervals with mass are from 1. */
static double residual(const turnbull_room *r, const newton *w)
{
  double worst = 0;
  for (size_t i = 0; i < w->p; i++) worst = fmax(worst, fabs(r->gradient[w->set[i]] - 1));
  return worst;
}

static void solve(const turnbull_room *r, newton *w)
{
  fill_matrix(r, w);
  lb_cholesky(w->matrix, w->p, DEPENDENT, NULL, w->factor, w->kept);
  for (size_t i = 0; i < w->p; i++) w->step[i] = r->total * (r->gradient[w->set[i]] - 1);
  lb_cholesky_solve(w->factor, w->p, w->kept, w->p, w->step);
}

/* The interval without mass whose derivative is most in excess; n_set when there is none. */
static size_t most_wanted(const turnbull_room *r)
{
  size_t best = r->n_set;
  double excess = ADDED;
  for (size_t j = 0; j < r->n_set; j++) {
    if (r->mass[j] > 0 || r->gradient[j] - 1 <= excess) continue;
    excess = r->gradient[j] - 1;
    best = j;
  }
  return best;
}

/* One maximisation on the present intervals after another, until none wants to come back. */
static bool iterate(turnbull_room *r, newton *w, size_t most)
{
  double last = INFINITY;
  for (int round = 0; round < ROUNDS && !lb_interrupted(); round++) {
    number_places(w, r->n_set);
    turnbull_evaluate(r);
    double off = residual(r, w);
    bool settled = off <= WANTED || (off < 1e-9 && off >= last / 2);
    last = off;
    if (settled) {
      size_t next = most_wanted(r);
      if (next == r->n_set) return true;
      if (w->p == most) return false;
      insert(w, next);
      last = INFINITY;
      number_places(w, r->n_set);
    }
    solve(r, w);
    if (!move(r, w)) return false;
    shrink(r, w);
  }
  return false;
}

/* The masses are unique when the second derivatives on all intervals whose derivative is at its
 * bound have full rank (Gentleman & Geyer 1994, Biometrika 81:618). */
static bool is_unique(const turnbull_room *r, newton *w, size_t most)
{
  w->p = 0;
  for (size_t j = 0; j < r->n_set; j++) {
    if (r->gradient[j] < 1 - FLAT) continue;
    if (w->p == most) return false;
    w->set[w->p++] = (uint32_t)j;
  }
  number_places(w, r->n_set);
  fill_matrix(r, w);
  return lb_cholesky(w->matrix, w->p, DEPENDENT, NULL, w->factor, w->kept) == w->p;
}

static size_t count_mass(const turnbull_room *r)
{
  size_t n = 0;
  for (size_t j = 0; j < r->n_set; j++) n += r->mass[j] > TINY;
  return n;
}

/* Masses back to where they were, when the method led nowhere better. */
static void keep_better(turnbull_room *r, const double *before, double log_lik)
{
  normalise(r);
  turnbull_evaluate(r);
  if (r->log_lik >= log_lik) return;
  for (size_t j = 0; j < r->n_set; j++) r->mass[j] = before[j];
  turnbull_evaluate(r);
}

lb_status turnbull_newton(turnbull_room *r, bool *reached, lb_error *err)
{
  newton w = {0};
  size_t most = count_mass(r);
  if (most > LARGEST) return LB_OK;
  most = most + 100 < r->n_set ? most + 100 : r->n_set;
  double *before = lb_mem_array(r->n_set, sizeof *before), log_lik = r->log_lik;
  if (!newton_alloc(&w, r->n_set, most) || before == NULL) {
    newton_reset(&w);
    lb_mem_free(before);
    return lb_error_nomem(err, "interval-censored times");
  }
  for (size_t j = 0; j < r->n_set; j++) {
    before[j] = r->mass[j];
    if (r->mass[j] > TINY)
      w.set[w.p++] = (uint32_t)j;
    else
      r->mass[j] = 0;
  }
  if (isfinite(turnbull_log_lik(r, r->mass))) *reached = iterate(r, &w, most);
  keep_better(r, before, log_lik - 1e-12 * (fabs(log_lik) + r->total));
  *reached = *reached && r->kkt <= 1e-9;
  if (*reached) r->unique = is_unique(r, &w, most);
  newton_reset(&w);
  lb_mem_free(before);
  return lb_interrupted() ? lb_error_interrupted(err) : LB_OK;
}
