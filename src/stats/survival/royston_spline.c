/* royston_spline.c - natural cubic splines of log time: bases and places of knots. */
#include "stats/survival/royston_spline.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/quantile.h"

static double cube(double x)
{
  return x > 0 ? x * x * x : 0;
}

static double square(double x)
{
  return x > 0 ? x * x : 0;
}

void lb_royston_basis(const double *knot, size_t n, double x, double *value, double *slope)
{
  double low = knot[0], high = knot[n - 1];
  value[0] = 1;
  value[1] = x;
  slope[0] = 0;
  slope[1] = 1;
  for (size_t j = 1; j + 1 < n; j++) {
    double l = (high - knot[j]) / (high - low);
    value[j + 1] = cube(x - knot[j]) - l * cube(x - low) - (1 - l) * cube(x - high);
    slope[j + 1] = 3 * (square(x - knot[j]) - l * square(x - low) - (1 - l) * square(x - high));
  }
}

/* The logarithm of an exact time, and how many rows stand for it. */
typedef struct event_time {
  double time, count;
} event_time;

static int ascending(const void *a, const void *b)
{
  double x = ((const event_time *)a)->time, y = ((const event_time *)b)->time;
  return (x > y) - (x < y);
}

/* All of them, ascending. */
typedef struct event_times {
  double *time, *count;
  size_t n;
} event_times;

static lb_status place(const lb_royston_knots *k, const event_times *events,
                       const double boundary[2], double *knot, lb_error *err)
{
  size_t inner = k->n_knot > 0 ? k->n_knot : k->df - 1;
  knot[0] = boundary[0];
  knot[inner + 1] = boundary[1];
  for (size_t j = 1; j <= inner; j++) {
    double prob = (double)j / (double)(inner + 1);
    knot[j] = k->n_knot > 0 ? log(k->knot[j - 1])
                            : lb_quantile(events->time, events->count, events->n, prob);
  }
  for (size_t j = 0; j <= inner; j++) {
    if (knot[j] < knot[j + 1]) continue;
    lb_error_set(err, LB_EDATA, "knots coincide or lie outside the exact event times");
    lb_error_mend(err, "Take a smaller df, or inner knots between the first and the last event.");
    return LB_EDATA;
  }
  return LB_OK;
}

static lb_status check_knots(const lb_royston_knots *k, lb_error *err)
{
  if ((k->n_knot == 0 && k->df < 1) ||
      (k->n_knot > 0 ? k->n_knot + 2 : k->df + 1) > LB_ROYSTON_KNOTS)
    return lb_error_set(err, LB_EARG, "df: expected 1 to %d", LB_ROYSTON_KNOTS - 1);
  return LB_OK;
}

static lb_status place_all(const lb_royston_options *o, const event_times *events,
                           lb_royston_form *form, lb_error *err)
{
  size_t n = events->n;
  const lb_royston_knots base = {o->df, o->n_knot, o->knot};
  bool given = o->boundary[1] > 0;
  if (!given && (n < 2 || !(events->time[n - 1] > events->time[0])))
    return lb_error_set(err, LB_EDATA, "a spline of log time needs two distinct exact event times");
  if (n == 0) return lb_error_set(err, LB_EDATA, "a spline of log time needs exact event times");
  double boundary[2] = {given ? log(o->boundary[0]) : events->time[0],
                        given ? log(o->boundary[1]) : events->time[n - 1]};
  form->n_spline = (o->n_knot > 0 ? o->n_knot : o->df - 1) + 2;
  lb_status st = place(&base, events, boundary, form->knot, err);
  for (size_t e = 0; st == LB_OK && e < o->n_change; e++) {
    const lb_royston_knots *k = &o->change[e].knots;
    form->effect[e].column = o->change[e].column;
    form->effect[e].n_knot = (k->n_knot > 0 ? k->n_knot : k->df - 1) + 2;
    st = place(k, events, boundary, form->effect[e].knot, err);
  }
  form->n_effect = o->n_change;
  return st;
}

/* The sorted pairs as arrays of their own. */
static lb_status place_sorted(const lb_royston_options *o, const event_time *list, size_t n,
                              lb_royston_form *form, lb_error *err)
{
  event_times events = {lb_mem_array(n, sizeof *events.time), lb_mem_array(n, sizeof *events.count),
                        n};
  lb_status st = LB_OK;
  if (events.time == NULL || events.count == NULL) st = lb_error_nomem(err, "knots");
  for (size_t i = 0; st == LB_OK && i < n; i++) {
    events.time[i] = list[i].time;
    events.count[i] = list[i].count;
  }
  if (st == LB_OK) st = place_all(o, &events, form, err);
  lb_mem_free(events.time);
  lb_mem_free(events.count);
  return st;
}

lb_status lb_royston_place_knots(const lb_aft_outcome *y, const lb_royston_options *o,
                                 lb_royston_form *form, lb_error *err)
{
  lb_status st = check_knots(&(lb_royston_knots){o->df, o->n_knot, o->knot}, err);
  if (st == LB_OK && o->n_change > LB_ROYSTON_EFFECTS)
    st = lb_error_set(err, LB_EARG, "effects of %zu columns change with time, expected %d at most",
                      o->n_change, LB_ROYSTON_EFFECTS);
  for (size_t e = 0; st == LB_OK && e < o->n_change; e++)
    st = check_knots(&o->change[e].knots, err);
  if (st == LB_OK && o->boundary[1] > 0 &&
      !(o->boundary[0] > 0 && o->boundary[0] < o->boundary[1] && isfinite(o->boundary[1])))
    st = lb_error_set(err, LB_EARG, "boundary: expected two positive times, ascending");
  if (st != LB_OK) return st;
  event_time *list = lb_mem_array(y->n, sizeof *list);
  size_t n = 0;
  if (list == NULL) return lb_error_nomem(err, "knots");
  for (size_t i = 0; i < y->n; i++) {
    double w = y->weight == NULL ? 1 : y->weight[i];
    if (y->lower[i] == y->upper[i] && y->lower[i] > 0 && w > 0)
      list[n++] = (event_time){log(y->lower[i]), o->frequency ? w : 1};
  }
  if (n > 0) qsort(list, n, sizeof *list, ascending);
  st = place_sorted(o, list, n, form, err);
  lb_mem_free(list);
  return st;
}
