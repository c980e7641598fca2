/* km_robust.c - the infinitesimal jackknife variance of Kaplan-Meier curves, in one walk. */
#include "stats/survival/km_robust.h"

#include "base/interrupt.h"
#include "base/mem.h"
#include "stats/interval.h"
#include "stats/sum.h"
#include "stats/survival/km_work.h"
#include "stats/survival/riskset.h"

#include <math.h>
#include <stdbool.h>

#define POLL_TIMES 4096

/* With u = A(t) - A(entry) of those at risk: sums of w^2, w^2 u and w^2 u^2; and of the squares of
 * those whose time has passed. */
typedef struct squares {
  lb_sum weight, linear, square, past;
} squares;

static double row_weight(const lb_surv *y, size_t i)
{
  return y->weight == NULL ? 1 : y->weight[i];
}

/* A grows by `step` for everybody at risk. */
static void grow(squares *q, double step)
{
  double weight = lb_sum_value(&q->weight), linear = lb_sum_value(&q->linear);
  lb_sum_add(&q->square, 2 * step * linear);
  lb_sum_add(&q->square, step * step * weight);
  lb_sum_add(&q->linear, step * weight);
}

/* A row at risk, met at `u`, leaves for good with `rest` as its influence. */
static void leave(squares *q, double weight, double u, double rest)
{
  double w2 = weight * weight;
  lb_sum_add(&q->weight, -w2);
  lb_sum_add(&q->linear, -w2 * u);
  lb_sum_add(&q->square, -w2 * u * u);
  lb_sum_add(&q->past, w2 * rest * rest);
}

/* One group's walk forwards in time; start[i] is A at the entry of row i. */
typedef struct walk {
  const lb_surv *y;
  const lb_riskset *set;
  lb_km_curve *curve;
  double *start;
  double area; /* A(t) */
  size_t rows; /* at risk */
} walk;

/* Rows that enter before time t (all of them at once without late entry). */
static void enter(walk *w, squares *q, size_t group, size_t *entered, double t)
{
  const lb_riskset *set = w->set;
  for (; *entered < set->class_row[group + 1]; ++*entered) {
    size_t i = set->by_entry == NULL ? set->by_time[*entered] : set->by_entry[*entered];
    if (set->by_entry != NULL && w->y->entry[i] >= t) return;
    double weight = row_weight(w->y, i);
    w->start[i] = w->area;
    lb_sum_add(&q->weight, weight * weight);
    w->rows++;
  }
}

/* Rows whose time is t: their influence ends; the event's is 1/(n - d) lower. */
static void end_rows(walk *w, squares *q, size_t t, double rest)
{
  const lb_riskset *set = w->set;
  for (size_t k = set->time_row[t]; k < set->time_row[t + 1]; k++) {
    size_t i = set->by_time[k];
    double u = w->area - w->start[i], weight = row_weight(w->y, i);
    bool event = w->y->event[i] && weight > 0; /* without weight, n - d may be 0 */
    leave(q, weight, u, event ? u - 1 / rest : u);
    w->rows--;
  }
  if (w->rows == 0) q->weight = q->linear = q->square = (lb_sum){0};
}

static lb_status walk_group(walk *w, size_t group, double z, lb_km_conf type, lb_error *err)
{
  const lb_riskset *set = w->set;
  lb_km_curve *c = w->curve;
  squares q = {0};
  size_t first = set->class_time[group], entered = set->class_row[group];
  w->area = 0;
  w->rows = 0;
  for (size_t i = 0; i < c->n_time; i++) {
    double n = c->n_risk[i], d = c->n_event[i];
    enter(w, &q, group, &entered, c->time[i]);
    if (d > 0 && n > d) {
      double step = d / (n * (n - d));
      w->area += step;
      grow(&q, step);
    }
    if (c->survival[i] > 0) end_rows(w, &q, first + i, n - d);
    double variance = fmax(0, lb_sum_value(&q.square)) + lb_sum_value(&q.past);
    km_set_limits(c, i, variance, z, type);
    if (i % POLL_TIMES == 0 && lb_interrupted()) return lb_error_interrupted(err);
  }
  return LB_OK;
}

lb_status lb_km_robust_fit(const lb_surv *y, const lb_partition *groups, const lb_km_options *opt,
                           lb_km *out, lb_error *err)
{
  lb_km km = {0};
  lb_riskset set = {0};
  walk w = {.y = y, .set = &set};
  lb_status st = lb_km_fit(y, groups, opt, &km, err);
  if (st == LB_OK) st = lb_riskset_sort(y, groups, &set, err);
  if (st != LB_OK) goto done;
  w.start = lb_mem_zero(y->n, sizeof *w.start);
  if (w.start == NULL) {
    st = lb_error_nomem(err, "robust variance");
    goto done;
  }
  double z = lb_z_value(km.conf_level);
  for (size_t g = 0; g < km.n_groups && st == LB_OK; g++) {
    w.curve = &km.curve[g];
    st = walk_group(&w, g, z, km.conf_type, err);
  }
  if (st != LB_OK) goto done;
  *out = km;
  km = (lb_km){0};
done:
  lb_km_reset(&km);
  lb_riskset_reset(&set);
  lb_mem_free(w.start);
  return st;
}
