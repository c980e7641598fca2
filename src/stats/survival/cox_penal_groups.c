/* cox_penal_groups.c - the information of log-frailties, one a group of rows: its products with
 * vectors in one walk over the risk sets, and equations solved with them. */
#include "stats/survival/cox_penal_work.h"

#include "base/interrupt.h"
#include "base/mem.h"
#include "stats/sum.h"
#include "stats/symmetric.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Conjugate gradients end when the residual is this part of the right-hand side, in the norm of
 * the preconditioner. */
#define CG_TOLERANCE 1e-13
#define CG_MOST      500
/* Rounds in which the edges of the complete graph settle. */
#define EDGE_ROUNDS 20

/* ---- Memory ---- */

void cox_groups_reset(cox_groups *g)
{
  void *array[] = {g->group,   g->bin,      g->first_bin, g->start,    g->place,     g->event,
                   g->tied,    g->exposure, g->expected,  g->steps,    g->steps_low, g->own,
                   g->leaving, g->u,        g->row,       g->diagonal, g->edge,      g->cumulative,
                   g->change,  g->cg[0],    g->cg[1],     g->cg[2],    g->cg[3]};
  for (size_t i = 0; i < sizeof array / sizeof array[0]; i++) lb_mem_free(array[i]);
  *g = (cox_groups){0};
}

static bool alloc_groups(cox_groups *g)
{
  const cox_data *d = g->d;
  size_t n = d->n, q = g->q;
  g->group = lb_mem_array(n, sizeof *g->group);
  g->bin = lb_mem_array(n, sizeof *g->bin);
  g->first_bin = lb_mem_array(d->n_bin, sizeof *g->first_bin);
  g->start = lb_mem_zero(q + 2, sizeof *g->start);
  g->place = lb_mem_array(n, sizeof *g->place);
  g->event = lb_mem_zero(q, sizeof *g->event);
  g->tied = lb_mem_zero(d->n_bin, sizeof *g->tied);
  g->exposure = lb_mem_zero(n, sizeof *g->exposure);
  g->expected = lb_mem_zero(q, sizeof *g->expected);
  g->steps = lb_mem_zero(d->n_bin, sizeof *g->steps);
  g->steps_low = lb_mem_zero(d->n_bin, sizeof *g->steps_low);
  g->own = lb_mem_zero(d->n_bin, sizeof *g->own);
  g->leaving = d->leave_bin == NULL ? NULL : lb_mem_zero(d->n_bin, sizeof *g->leaving);
  g->u = lb_mem_zero(n, sizeof *g->u);
  g->row = lb_mem_zero(n, sizeof *g->row);
  g->diagonal = lb_mem_zero(q, sizeof *g->diagonal);
  g->edge = lb_mem_zero(q, sizeof *g->edge);
  g->cumulative = lb_mem_zero(d->n_bin, sizeof *g->cumulative);
  g->change = lb_mem_array(2 * n, sizeof *g->change);
  bool ok = d->leave_bin == NULL || g->leaving != NULL;
  for (size_t i = 0; i < 4; i++) ok = (g->cg[i] = lb_mem_zero(q, sizeof(double))) != NULL && ok;
  return ok && g->group != NULL && g->bin != NULL && g->first_bin != NULL && g->start != NULL &&
         g->place != NULL && g->event != NULL && g->tied != NULL && g->exposure != NULL &&
         g->expected != NULL && g->steps != NULL && g->steps_low != NULL && g->own != NULL &&
         g->u != NULL && g->row != NULL && g->diagonal != NULL && g->edge != NULL &&
         g->cumulative != NULL && g->change != NULL;
}

static bool is_event(const cox_data *d, size_t b, size_t k)
{
  return k - d->bin[b].first_row < d->bin[b].events;
}

/* Where each row stands, and what does not change: bins, events. */
static void place_rows(cox_groups *g, const int32_t *code)
{
  const cox_data *d = g->d;
  for (size_t k = 0; k < d->n; k++) {
    g->bin[k] = COX_NO_BIN;
    g->group[k] = (uint32_t)code[d->row[k]];
    g->start[g->group[k] + 2]++;
  }
  for (size_t i = 1; i <= g->q; i++) g->start[i + 1] += g->start[i];
  for (size_t k = 0; k < d->n; k++) g->place[g->start[g->group[k] + 1]++] = (uint32_t)k;
  for (size_t s = 0; s < d->n_stratum; s++)
    for (size_t b = d->stratum_bin[s]; b < d->stratum_bin[s + 1]; b++)
      g->first_bin[b] = (uint32_t)d->stratum_bin[s];
  for (size_t b = 0; b < d->n_bin; b++) {
    size_t first = d->bin[b].first_row, end = first + d->bin[b].rows;
    for (size_t k = first; k < end; k++) {
      g->bin[k] = (uint32_t)b;
      if (is_event(d, b, k)) g->event[g->group[k]] += cox_weight(d, k);
    }
  }
}

lb_status cox_groups_new(const cox_data *d, const cox_state *s, const lb_partition *group,
                         cox_groups *out, lb_error *err)
{
  cox_groups g = {.q = group->n, .d = d, .s = s};
  if (group->code == NULL || group->n == 0)
    return lb_error_set(err, LB_EARG, "a frailty without groups");
  for (size_t i = 0; i < d->n; i++)
    if (group->code[i] < 0 || (size_t)group->code[i] >= group->n)
      return lb_error_set(err, LB_EARG, "group of row %zu is out of range", i + 1);
  if (!alloc_groups(&g)) {
    cox_groups_reset(&g);
    return lb_error_nomem(err, "frailty");
  }
  place_rows(&g, group->code);
  *out = g;
  return LB_OK;
}

/* ---- Of one evaluation ---- */

/* Cumulative hazard that the row of place k met, an event sharing the ties by their rule. */
static double exposure_of(const cox_groups *g, size_t k)
{
  const cox_data *d = g->d;
  const cox_state *s = g->s;
  size_t b = g->bin[k];
  double high = s->hazard[b], low = s->hazard_low[b];
  if (is_event(d, b, k)) {
    bool first = d->bin[b].is_first;
    high = first ? 0 : s->hazard[b - 1];
    low = (first ? 0 : s->hazard_low[b - 1]) + s->hazard_event[b];
  }
  if (d->leave_bin != NULL && d->leave_bin[k] != COX_NO_BIN) {
    high -= s->hazard[d->leave_bin[k]];
    low -= s->hazard_low[d->leave_bin[k]];
  }
  return high + low;
}

static int by_bin(const void *a, const void *b)
{
  uint32_t x = ((const group_change *)a)->bin, y = ((const group_change *)b)->bin;
  return x < y ? 1 : x > y ? -1 : 0;
}

/* Changes of a group's risk, latest first; returns how many. */
static size_t list_changes(const cox_groups *g, size_t i)
{
  const cox_data *d = g->d;
  size_t n = 0;
  for (size_t at = g->start[i]; at < g->start[i + 1]; at++) {
    size_t k = g->place[at];
    if (g->bin[k] == COX_NO_BIN) continue;
    double risk = g->s->risk[k];
    g->change[n++] = (group_change){g->bin[k], risk, is_event(d, g->bin[k], k) ? risk : 0};
    if (d->leave_bin != NULL && d->leave_bin[k] != COX_NO_BIN)
      g->change[n++] = (group_change){d->leave_bin[k], -risk, 0};
  }
  qsort(g->change, n, sizeof *g->change, by_bin);
  return n;
}

/* Sum of tied.a over the bins above `from` up to `to`; from = COX_NO_BIN: from the stratum's first.
 */
static double steps_between(const cox_groups *g, uint32_t from, uint32_t to)
{
  uint32_t first = g->first_bin[to];
  if (from != COX_NO_BIN && g->first_bin[from] == first)
    return g->cumulative[to] - g->cumulative[from];
  return g->cumulative[to] - (first == 0 ? 0 : g->cumulative[first - 1]);
}

/* Squares of the group's risk-set means, summed over the events: the diagonal of W W'. */
static double sum_squares(const cox_groups *g, size_t n)
{
  double sum = 0, risk = 0;
  uint32_t last = COX_NO_BIN;
  for (size_t i = 0; i < n;) {
    uint32_t b = g->change[i].bin;
    double event = 0;
    if (last != COX_NO_BIN) sum += risk * risk * steps_between(g, b, last);
    if (last != COX_NO_BIN && g->first_bin[last] != g->first_bin[b]) risk = 0;
    for (; i < n && g->change[i].bin == b; i++) {
      risk += g->change[i].risk;
      event += g->change[i].event;
    }
    sum += g->tied[b].c * event * event - 2 * g->tied[b].b * risk * event;
    last = b;
  }
  if (last != COX_NO_BIN) sum += risk * risk * steps_between(g, COX_NO_BIN, last);
  return sum;
}

/* Edges e with e - e^2 / sum e the diagonal of C. */
static void set_edges(cox_groups *g)
{
  for (size_t i = 0; i < g->q; i++) g->edge[i] = g->expected[i];
  for (int round = 0; round < EDGE_ROUNDS; round++) {
    g->edges = 0;
    for (size_t i = 0; i < g->q; i++) g->edges += g->edge[i];
    if (!(g->edges > 0)) return;
    for (size_t i = 0; i < g->q; i++) {
      double e = g->diagonal[i] + g->edge[i] * g->edge[i] / g->edges;
      g->edge[i] = e < g->expected[i] ? e : g->expected[i];
    }
  }
  g->edges = 0;
  for (size_t i = 0; i < g->q; i++) g->edges += g->edge[i];
}

void cox_groups_update(cox_groups *g, lb_ties ties)
{
  const cox_data *d = g->d;
  const cox_state *s = g->s;
  size_t w = d->p + 1;
  double sum = 0;
  for (size_t b = 0; b < d->n_bin; b++) {
    const double *joined = s->joined + d->bin[b].segment * s->stride;
    double d0 = s->exact ? joined[0] + joined[w] : joined[0];
    g->tied[b] = cox_tied(ties, &d->bin[b], s->at_risk[b * w], d0);
    g->cumulative[b] = sum += g->tied[b].a;
  }
  memset(g->expected, 0, g->q * sizeof *g->expected);
  for (size_t k = 0; k < d->n; k++) {
    if (g->bin[k] == COX_NO_BIN) continue;
    g->exposure[k] = exposure_of(g, k);
    g->expected[g->group[k]] += s->risk[k] * g->exposure[k];
  }
  for (size_t i = 0; i < g->q; i++) {
    double squares = sum_squares(g, list_changes(g, i));
    g->diagonal[i] = fmax(g->expected[i] - squares, 0);
  }
  set_edges(g);
}

/* ---- Products ---- */

/* Steps of the means of u over the risk sets, cumulative in each stratum, and what an event does
 * not share of its own. With a, b, c as in cox_tied_sums they are a U1 - b UD and b U1 - c UD. */
static void sum_steps(cox_groups *g, size_t stratum)
{
  const cox_data *d = g->d;
  const double *risk = g->s->risk;
  lb_sum at_risk = {0}, steps = {0};
  size_t start = d->stratum_bin[stratum], end = d->stratum_bin[stratum + 1];
  for (size_t b = end; b-- > start;) {
    const cox_bin *bin = &d->bin[b];
    double events = 0, others = 0;
    for (size_t k = bin->first_row; k < bin->first_row + bin->events; k++)
      events += risk[k] * g->u[k];
    for (size_t k = bin->first_row + bin->events; k < bin->first_row + bin->rows; k++)
      others += risk[k] * g->u[k];
    lb_sum_add(&at_risk, events + others);
    if (g->leaving != NULL) lb_sum_add(&at_risk, -g->leaving[b]);
    double all = lb_sum_value(&at_risk);
    g->steps[b] = g->tied[b].a * all - g->tied[b].b * events;
    g->own[b] = g->tied[b].b * all - g->tied[b].c * events;
  }
  for (size_t b = start; b < end; b++) {
    lb_sum_add(&steps, g->steps[b]);
    g->steps[b] = steps.high;
    g->steps_low[b] = steps.low;
  }
}

/* row[k] = the derivative of k's expected events along u. */
static void multiply_rows(cox_groups *g)
{
  const cox_data *d = g->d;
  if (g->leaving != NULL) {
    memset(g->leaving, 0, d->n_bin * sizeof *g->leaving);
    for (size_t k = 0; k < d->n; k++)
      if (g->bin[k] != COX_NO_BIN && d->leave_bin[k] != COX_NO_BIN)
        g->leaving[d->leave_bin[k]] += g->s->risk[k] * g->u[k];
  }
  for (size_t s = 0; s < d->n_stratum; s++) sum_steps(g, s);
  for (size_t k = 0; k < d->n; k++) {
    size_t b = g->bin[k];
    if (b == COX_NO_BIN) continue;
    double high = g->steps[b], low = g->steps_low[b];
    if (is_event(d, b, k)) low -= g->own[b];
    if (d->leave_bin != NULL && d->leave_bin[k] != COX_NO_BIN) {
      high -= g->steps[d->leave_bin[k]];
      low -= g->steps_low[d->leave_bin[k]];
    }
    g->row[k] = g->s->risk[k] * (g->exposure[k] * g->u[k] - (high + low));
  }
}

void cox_groups_multiply(cox_groups *g, double *out)
{
  multiply_rows(g);
  memset(out, 0, g->q * sizeof *out);
  for (size_t k = 0; k < g->d->n; k++) out[g->group[k]] += g->row[k];
}

/* out = (C + diag(delta)) v. */
static void multiply_groups(cox_groups *g, const double *delta, const double *v, double *out)
{
  for (size_t k = 0; k < g->d->n; k++) g->u[k] = v[g->group[k]];
  cox_groups_multiply(g, out);
  for (size_t i = 0; i < g->q; i++) out[i] += delta[i] * v[i];
}

/* ---- Equations ---- */

/* What is left of the edges' sum once a rank-one update is solved for (Sherman & Morrison 1950). */
static double edge_rest(const cox_groups *g, const double *delta)
{
  double rest = 0;
  for (size_t i = 0; i < g->q; i++) rest += g->edge[i] * (delta[i] / (g->edge[i] + delta[i]));
  return rest;
}

/* y = the inverse of the complete graph's Laplacian + diag(delta), times r. */
static void precondition(const cox_groups *g, const double *delta, double rest, const double *r,
                         double *y)
{
  double sum = 0;
  for (size_t i = 0; i < g->q; i++) {
    y[i] = r[i] / (g->edge[i] + delta[i]);
    sum += g->edge[i] * y[i];
  }
  double factor = rest > 0 ? sum / rest : 0;
  for (size_t i = 0; i < g->q; i++) y[i] += g->edge[i] / (g->edge[i] + delta[i]) * factor;
}

static double dot(const double *a, const double *b, size_t n)
{
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += a[i] * b[i];
  return sum;
}

/* Hestenes & Stiefel (1952), preconditioned. */
lb_status cox_groups_solve(cox_groups *g, const double *delta, const double *b, double *x,
                           lb_error *err)
{
  size_t q = g->q;
  double *r = g->cg[0], *y = g->cg[1], *direction = g->cg[2], *product = g->cg[3];
  double rest = edge_rest(g, delta);
  precondition(g, delta, rest, b, y);
  double enough = CG_TOLERANCE * CG_TOLERANCE * dot(b, y, q);
  multiply_groups(g, delta, x, product);
  for (size_t i = 0; i < q; i++) r[i] = b[i] - product[i];
  precondition(g, delta, rest, r, y);
  memcpy(direction, y, q * sizeof *y);
  double norm = dot(r, y, q);
  for (size_t step = 0; step < CG_MOST && norm > enough; step++) {
    if (lb_interrupted()) return lb_error_interrupted(err);
    multiply_groups(g, delta, direction, product);
    double curvature = dot(direction, product, q);
    if (!(curvature > 0)) break;
    double length = norm / curvature, before = norm;
    for (size_t i = 0; i < q; i++) {
      x[i] += length * direction[i];
      r[i] -= length * product[i];
    }
    precondition(g, delta, rest, r, y);
    norm = dot(r, y, q);
    for (size_t i = 0; i < q; i++) direction[i] = y[i] + norm / before * direction[i];
  }
  return LB_OK;
}

/* ---- The diagonal of the inverse ---- */

static lb_status invert_dense(cox_groups *g, const double *delta, double *inverse, double *log_det,
                              lb_error *err)
{
  size_t q = g->q;
  double *c = lb_mem_array(q * q, sizeof *c), *all = lb_mem_array(q * q, sizeof *all);
  bool *kept = lb_mem_zero(q, sizeof *kept);
  lb_status st = LB_OK;
  if (c == NULL || all == NULL || kept == NULL) {
    st = lb_error_nomem(err, "frailty");
    goto done;
  }
  for (size_t i = 0; i < q && st == LB_OK; i++) {
    if (lb_interrupted()) st = lb_error_interrupted(err);
    memset(g->cg[0], 0, q * sizeof *g->cg[0]);
    g->cg[0][i] = 1;
    multiply_groups(g, delta, g->cg[0], c + i * q);
  }
  if (st != LB_OK) goto done;
  lb_cholesky(c, q, 0, NULL, c, kept);
  lb_cholesky_inverse(c, kept, q, all);
  *log_det = 0;
  for (size_t i = 0; i < q; i++) {
    inverse[i] = all[i * q + i];
    if (kept[i]) *log_det += 2 * log(c[i * q + i]);
  }
  if (lb_interrupted()) st = lb_error_interrupted(err);
done:
  lb_mem_free(c);
  lb_mem_free(all);
  lb_mem_free(kept);
  return st;
}

lb_status cox_groups_inverse(cox_groups *g, const double *delta, double *inverse, double *log_det,
                             lb_error *err)
{
  if (g->q <= PENAL_DENSE) return invert_dense(g, delta, inverse, log_det, err);
  double rest = edge_rest(g, delta);
  *log_det = rest > 0 ? log(rest / g->edges) : 0;
  for (size_t i = 0; i < g->q; i++) {
    double all = g->edge[i] + delta[i], share = g->edge[i] / all;
    inverse[i] = 1 / all + (rest > 0 ? share * share / rest : 0);
    *log_det += log(all);
  }
  return LB_OK;
}
