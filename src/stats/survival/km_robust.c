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

/* The influence of a cluster on log S(t) is rest + weight A(t): the weight of its rows at risk, and
 * what does not change until one enters or leaves. */
typedef struct member {
  double weight, rest;
  size_t rows; /* at risk */
} member;

/* Sums over the clusters, u = rest + weight A(t): of weight^2, weight u and u^2. */
typedef struct squares {
  lb_sum weight, linear, square;
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

/* One group's walk forwards in time. */
typedef struct walk {
  const lb_surv *y;
  const lb_riskset *set;
  const lb_partition *cluster; /* NULL = each row */
  lb_km_curve *curve;
  member *member;
  squares sum;
  double area; /* A(t) */
  size_t rows; /* at risk */
  const lb_km *km;
} walk;

static member *member_of(const walk *w, size_t i)
{
  bool clustered = w->cluster != NULL && w->cluster->code != NULL;
  return &w->member[clustered ? (size_t)w->cluster->code[i] : i];
}

/* Takes a cluster out of the sums (sign -1) or puts it in. */
static void count(walk *w, const member *m, double sign)
{
  double u = m->rest + m->weight * w->area;
  lb_sum_add(&w->sum.weight, sign * m->weight * m->weight);
  lb_sum_add(&w->sum.linear, sign * m->weight * u);
  lb_sum_add(&w->sum.square, sign * u * u);
}

/* A row joins its cluster's weight at risk, or leaves it (sign -1) with `jump` added for good. */
static void change(walk *w, size_t i, double sign, double jump)
{
  member *m = member_of(w, i);
  double weight = row_weight(w->y, i);
  count(w, m, -1);
  m->weight += sign * weight;
  m->rest += jump - sign * weight * w->area;
  m->rows += sign > 0 ? 1 : (size_t)-1;
  if (m->rows == 0) { /* exactly nothing at risk, not what rounding leaves */
    m->rest += m->weight * w->area;
    m->weight = 0;
  }
  count(w, m, 1);
  w->rows += sign > 0 ? 1 : (size_t)-1;
  if (w->rows == 0) w->sum.weight = w->sum.linear = (lb_sum){0};
}

/* Rows that enter before time t (all of them at once without late entry). */
static void enter(walk *w, size_t group, size_t *entered, double t)
{
  const lb_riskset *set = w->set;
  for (; *entered < set->class_row[group + 1]; ++*entered) {
    size_t i = set->by_entry == NULL ? set->by_time[*entered] : set->by_entry[*entered];
    if (set->by_entry != NULL && w->y->entry[i] >= t) return;
    if (w->y->time[i] >= w->km->start_time) change(w, i, 1, 0);
  }
}

/* Rows whose time is t: the event's influence is weight/(n - d) lower. */
static void end_rows(walk *w, size_t t, double rest)
{
  const lb_riskset *set = w->set;
  for (size_t k = set->time_row[t]; k < set->time_row[t + 1]; k++) {
    size_t i = set->by_time[k];
    double weight = row_weight(w->y, i);
    bool event = w->y->event[i] && weight > 0; /* without weight, n - d may be 0 */
    change(w, i, -1, event ? -weight / rest : 0);
  }
}

/* Clusters may have had rows in the groups before. */
static void start_group(walk *w, size_t group)
{
  const lb_riskset *set = w->set;
  w->area = 0;
  w->rows = 0;
  w->sum = (squares){0};
  for (size_t k = set->class_row[group]; k < set->class_row[group + 1]; k++)
    *member_of(w, set->by_time[k]) = (member){0};
}

/* true when rows of weight above 0 of a group are of one cluster: their influences add up to 0. */
static bool is_one_cluster(const walk *w, size_t group)
{
  const lb_riskset *set = w->set;
  const member *first = NULL;
  for (size_t k = set->class_row[group]; k < set->class_row[group + 1]; k++) {
    size_t i = set->by_time[k];
    if (!(row_weight(w->y, i) > 0) || w->y->time[i] < w->km->start_time) continue;
    const member *m = member_of(w, i);
    if (first != NULL && m != first) return false;
    first = m;
  }
  return true;
}

/* What A grows by with d events among n, and what is left of n for one event's own influence: the
 * derivatives of log(1 - d / n), or of d / n. */
static double hazard_step(double n, double d, lb_km_type type, double *left)
{
  *left = type == LB_KM_PRODUCT ? n - d : n;
  return d > 0 && *left > 0 ? d / (n * *left) : 0;
}

static lb_status walk_group(walk *w, size_t group, double z, lb_error *err)
{
  const lb_riskset *set = w->set;
  lb_km_curve *c = w->curve;
  size_t first = set->class_time[group + 1] - c->n_time, entered = set->class_row[group];
  c->one_cluster = is_one_cluster(w, group);
  start_group(w, group);
  for (size_t i = 0; i < c->n_time; i++) {
    double n = c->n_risk[i], d = c->n_event[i];
    enter(w, group, &entered, c->time[i]);
    double left, step = hazard_step(n, d, w->km->type, &left);
    w->area += step;
    if (step > 0) grow(&w->sum, step);
    if (c->survival[i] > 0) end_rows(w, first + i, left);
    double variance = fmax(0, lb_sum_value(&w->sum.square));
    if (c->one_cluster && c->survival[i] < 1) variance = (double)NAN;
    km_set_limits(c, i, variance, z, w->km, n);
    if (i % POLL_TIMES == 0 && lb_interrupted()) return lb_error_interrupted(err);
  }
  return LB_OK;
}

/* What assumes independent rows of weight 1. */
static lb_status check_robust(const lb_km_options *opt, lb_error *err)
{
  lb_status st = LB_OK;
  if (opt->type == LB_KM_FLEMING) {
    st = lb_error_set(err, LB_EARG, "the correction for ties has no robust variance");
    lb_error_mend(err, "type = \"nelson-aalen\" has one.");
  } else if (opt->conf_lower != LB_KM_LOWER_USUAL) {
    st = lb_error_set(err, LB_EARG, "conf_lower: this lower limit counts rows as independent");
    lb_error_mend(err, "Leave it out with clusters and sampling weights.");
  }
  return st;
}

lb_status lb_km_robust_fit(const lb_surv *y, const lb_partition *groups,
                           const lb_partition *cluster, const lb_km_options *opt, lb_km *out,
                           lb_error *err)
{
  lb_km km = {0};
  lb_riskset set = {0};
  walk w = {.y = y, .set = &set, .cluster = cluster};
  bool clustered = cluster != NULL && cluster->code != NULL;
  lb_status st = lb_partition_check(cluster, y->n, "cluster", err);
  if (st == LB_OK && opt != NULL) st = check_robust(opt, err);
  if (st == LB_OK) st = lb_km_fit(y, groups, opt, &km, err);
  if (st == LB_OK) st = lb_riskset_sort(y, groups, &set, err);
  if (st != LB_OK) goto done;
  w.member = lb_mem_zero(clustered ? cluster->n : y->n, sizeof *w.member);
  if (w.member == NULL) {
    st = lb_error_nomem(err, "robust variance");
    goto done;
  }
  double z = lb_z_value(km.conf_level);
  w.km = &km;
  for (size_t g = 0; g < km.n_groups && st == LB_OK; g++) {
    w.curve = &km.curve[g];
    st = walk_group(&w, g, z, err);
  }
  if (st != LB_OK) goto done;
  *out = km;
  km = (lb_km){0};
done:
  lb_km_reset(&km);
  lb_riskset_reset(&set);
  lb_mem_free(w.member);
  return st;
}
