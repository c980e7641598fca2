/* cuminc_jackknife.c - the infinitesimal jackknife variance of cumulative incidence: one walk a
 * cause. */
#include "stats/survival/cuminc_work.h"

#include "base/interrupt.h"
#include "base/mem.h"
#include "stats/sum.h"

#include <math.h>
#include <stdbool.h>

#define POLL_TIMES 4096

/* The influence of a row of weight w on F_k(t) is D(t) - F(t) B(t), where B is that on -log S:
 *   dB = w (dN / (n - d) - d / (n (n - d)))        while at risk
 *   dD = w S(s-) (dN_k / n - d_k / n^2) + F(s) dB
 * (functional delta method; as Greenwood's for rows of weight 1). All rows at risk share the terms
 * without dN, whose integrals are the shared B(t) and D(t). A cluster has the sums of its rows:
 * what stays, and its weight at risk times what is shared. */
typedef struct member {
  double weight, b, d; /* b, d: less weight times what is shared */
  size_t rows;         /* at risk */
} member;

/* Sums over clusters of products of weight w, u = influence on F, b = influence on -log S. */
typedef struct products {
  lb_sum ww, wu, wb, uu, ub, bb;
} products;

typedef struct walk {
  const lb_surv *y;
  const lb_riskset *set;
  const lb_partition *cluster; /* NULL = each row */
  member *member;
  products sum;
  double shared_b, shared_d, incidence; /* F(t) */
  size_t cause;
} walk;

static double row_weight(const lb_surv *y, size_t i)
{
  return y->weight == NULL ? 1 : y->weight[i];
}

static member *member_of(const walk *w, size_t i)
{
  bool clustered = w->cluster != NULL && w->cluster->code != NULL;
  return &w->member[clustered ? (size_t)w->cluster->code[i] : i];
}

/* Everybody at risk moves by (du, db) per weight after F has moved by `step`: u loses step b. */
static void move(products *s, double step, double du, double db)
{
  double ww = lb_sum_value(&s->ww), wu = lb_sum_value(&s->wu), wb = lb_sum_value(&s->wb);
  double ub = lb_sum_value(&s->ub), bb = lb_sum_value(&s->bb);
  lb_sum_add(&s->uu, -2 * step * ub);
  lb_sum_add(&s->uu, step * step * bb);
  lb_sum_add(&s->uu, 2 * du * (wu - step * wb));
  lb_sum_add(&s->uu, du * du * ww);
  lb_sum_add(&s->ub, -step * bb);
  lb_sum_add(&s->ub, du * wb);
  lb_sum_add(&s->ub, db * (wu - step * wb));
  lb_sum_add(&s->ub, du * db * ww);
  lb_sum_add(&s->bb, 2 * db * wb);
  lb_sum_add(&s->bb, db * db * ww);
  lb_sum_add(&s->wu, -step * wb);
  lb_sum_add(&s->wu, du * ww);
  lb_sum_add(&s->wb, db * ww);
}

/* Takes a cluster out of the sums (sign -1) or puts it in. */
static void count(walk *w, const member *m, double sign)
{
  double b = m->b + m->weight * w->shared_b;
  double u = m->d + m->weight * w->shared_d - w->incidence * b;
  lb_sum_add(&w->sum.ww, sign * m->weight * m->weight);
  lb_sum_add(&w->sum.wu, sign * m->weight * u);
  lb_sum_add(&w->sum.wb, sign * m->weight * b);
  lb_sum_add(&w->sum.uu, sign * u * u);
  lb_sum_add(&w->sum.ub, sign * u * b);
  lb_sum_add(&w->sum.bb, sign * b * b);
}

/* A row joins its cluster's weight at risk, or leaves it with jumps of D and B that stay. */
static void change(walk *w, size_t i, double sign, const double jump[2])
{
  member *m = member_of(w, i);
  double weight = sign * row_weight(w->y, i);
  count(w, m, -1);
  m->weight += weight;
  m->d += jump[0] - weight * w->shared_d;
  m->b += jump[1] - weight * w->shared_b;
  m->rows += sign > 0 ? 1 : (size_t)-1;
  if (m->rows == 0) { /* exactly nothing at risk, not what rounding leaves */
    m->d += m->weight * w->shared_d;
    m->b += m->weight * w->shared_b;
    m->weight = 0;
  }
  count(w, m, 1);
}

/* Rows that enter before time t (all of them at once without late entry). */
static void enter(walk *w, size_t group, size_t *entered, double t)
{
  static const double NOTHING[2] = {0, 0};
  const lb_riskset *set = w->set;
  for (; *entered < set->class_row[group + 1]; ++*entered) {
    size_t i = set->by_entry == NULL ? set->by_time[*entered] : set->by_entry[*entered];
    if (set->by_entry != NULL && w->y->entry[i] >= t) return;
    change(w, i, 1, NOTHING);
  }
}

/* Rows whose time is number t of the set; S before it, and n - d. */
static void end_rows(walk *w, size_t t, double before, double rest)
{
  const lb_riskset *set = w->set;
  for (size_t k = set->time_row[t]; k < set->time_row[t + 1]; k++) {
    size_t i = set->by_time[k];
    double weight = row_weight(w->y, i), jump[2] = {0, 0};
    if (w->y->event[i] && weight > 0) {
      bool mine = (size_t)w->y->cause[i] == w->cause + 1;
      jump[1] = rest > 0 ? weight / rest : 0;
      jump[0] = w->incidence * jump[1] + (mine ? weight * before / set->n_risk[t] : 0);
    }
    change(w, i, -1, jump);
  }
}

static void start_group(walk *w, size_t group)
{
  const lb_riskset *set = w->set;
  w->sum = (products){0};
  w->shared_b = w->shared_d = w->incidence = 0;
  for (size_t k = set->class_row[group]; k < set->class_row[group + 1]; k++)
    *member_of(w, set->by_time[k]) = (member){0};
}

/* The shared parts at time t of the set. */
static void step_shared(walk *w, size_t t, double before)
{
  double n = w->set->n_risk[t], d = w->set->n_event[t];
  double mine = w->set->cause_event[t * w->set->n_cause + w->cause];
  double step = before * mine / n, db = n > d ? -d / (n * (n - d)) : 0;
  double du = -step / n;
  w->incidence += step;
  w->shared_b += db;
  w->shared_d += du + w->incidence * db;
  move(&w->sum, step, du, db);
}

static lb_status walk_group(walk *w, size_t group, const lb_cuminc *fit, lb_error *err)
{
  const lb_km_curve *any = &fit->any.curve[group];
  double *std_error = fit->curve[group].std_error + w->cause * any->n_time, before = 1;
  size_t first = w->set->class_time[group], entered = w->set->class_row[group];
  start_group(w, group);
  for (size_t i = 0; i < any->n_time; i++) {
    size_t t = first + i;
    if (before > 0) { /* once S is 0, nothing changes */
      enter(w, group, &entered, any->time[i]);
      if (any->n_event[i] > 0) step_shared(w, t, before);
      end_rows(w, t, before, any->n_risk[i] - any->n_event[i]);
    }
    before = any->survival[i];
    std_error[i] = sqrt(fmax(0, lb_sum_value(&w->sum.uu)));
    if (i % POLL_TIMES == 0 && lb_interrupted()) return lb_error_interrupted(err);
  }
  return LB_OK;
}

lb_status cuminc_jackknife(const lb_surv *y, const lb_riskset *set, const lb_partition *cluster,
                           lb_cuminc *fit, lb_error *err)
{
  bool clustered = cluster != NULL && cluster->code != NULL;
  walk w = {.y = y, .set = set, .cluster = cluster};
  w.member = lb_mem_zero(clustered ? cluster->n : y->n, sizeof *w.member);
  lb_status st = w.member == NULL ? lb_error_nomem(err, "robust variance") : LB_OK;
  for (; w.cause < fit->n_cause && st == LB_OK; w.cause++)
    for (size_t g = 0; g < fit->any.n_groups && st == LB_OK; g++) st = walk_group(&w, g, fit, err);
  lb_mem_free(w.member);
  return st;
}
