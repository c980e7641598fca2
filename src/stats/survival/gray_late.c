/* gray_late.c - Gray's test with late entry or clusters: the score of a Fine-Gray model of the
 * groups at no effect, its variance by influences. */
#include "stats/survival/gray_work.h"

#include "base/interrupt.h"
#include "base/mem.h"
#include "stats/survival/finegray_work.h"

#include <math.h>
#include <string.h>

static const char TEST[] = "Gray's test";

typedef struct late_work {
  const lb_gray_late *plan;
  lb_gray *test;
  double *factor;              /* bins: L */
  cox_state at_zero, weighted; /* hazards at no effect, and times L */
} late_work;

/* (1 - F(t-))^rho of each stratum. */
static void set_factors(const late_work *q, const cox_data *d)
{
  double free = 1;
  for (size_t b = 0; b < d->n_bin; b++) {
    if (d->bin[b].is_first) free = 1;
    q->factor[b] = pow(free, q->plan->rho);
    double rest = 1 - d->bin[b].event_weight / q->at_zero.at_risk[b * (d->p + 1)];
    free *= fmax(rest, 0);
  }
}

/* Observed and expected events of the groups, whose columns are indicators. */
static void set_counts(const late_work *q, const fg_tables *t)
{
  const cox_data *d = t->d;
  const lb_partition *groups = q->plan->groups;
  for (size_t b = 0; b < d->n_bin; b++)
    for (size_t k = d->bin[b].first_row; k < d->bin[b].first_row + d->bin[b].events; k++) {
      double weight = q->factor[b] * cox_weight(d, k);
      q->test->observed[groups->code[d->row[k]]] += weight;
      for (size_t j = 0; j < d->p; j++)
        q->test->expected[j] -= weight * (cox_z(d, k, j) - t->mean[b * d->p + j]) * d->scale[j];
    }
  for (size_t j = 0; j < d->p; j++) q->test->expected[j] += q->test->observed[j];
  for (size_t k = 0; k < d->n; k++) q->test->n[groups->code[d->row[k]]] += cox_weight(d, k);
}

/* Influences on the scores, p numbers a unit: rows of weight w in roots of w, as w rows of their
 * own add up w squares of one; clusters as they are. */
static lb_status list_influences(const fg_tables *t, double *unit, lb_error *err)
{
  const cox_data *d = t->d;
  bool clustered = t->w->opt->cluster != NULL;
  double *room = lb_mem_zero(d->width * COX_ROWS + COX_LINE, sizeof *room);
  if (room == NULL) return lb_error_nomem(err, TEST);
  double *u = cox_align(room);
  for (size_t b = 0; b < d->n_block && !lb_interrupted(); b++) {
    fg_scores(t, b, u);
    for (size_t r = 0; r < cox_block_rows(d, b); r++) {
      size_t k = b * COX_ROWS + r;
      double weight = cox_weight(d, k), *to = unit + fg_unit(t->w, d, k) * d->p;
      if (weight == 0) continue;
      for (size_t j = 0; j < d->p; j++)
        to[j] += u[j * COX_ROWS + r] * d->scale[j] / (clustered ? 1 : sqrt(weight));
    }
  }
  lb_mem_free(room);
  return lb_interrupted() ? lb_error_interrupted(err) : LB_OK;
}

static lb_status set_variance(const late_work *q, const fg_tables *t, lb_error *err)
{
  size_t p = t->d->p, n = fg_units(t->w, t->d);
  double *unit = n > SIZE_MAX / (p + 1) ? NULL : lb_mem_zero(n * p, sizeof *unit);
  lb_status st = unit == NULL ? lb_error_nomem(err, TEST) : list_influences(t, unit, err);
  for (size_t i = 0; st == LB_OK && i < n; i++)
    for (size_t j = 0; j < p; j++)
      for (size_t k = 0; k < p; k++)
        q->test->variance[j * p + k] += unit[i * p + j] * unit[i * p + k];
  lb_mem_free(unit);
  return st;
}

static lb_status run(void *context, fg_work *w, const cox_data *d, const cox_state *s,
                     const lb_cox *fit, lb_error *err)
{
  late_work *q = context;
  (void)s;
  (void)fit;
  double *beta = lb_mem_zero(d->p, sizeof *beta);
  q->factor = lb_mem_array(d->n_bin, sizeof *q->factor);
  lb_status st = beta == NULL || q->factor == NULL ? lb_error_nomem(err, TEST)
                                                   : cox_state_new(d, &q->at_zero, err);
  if (st == LB_OK) st = cox_evaluate(d, w->opt->cox.ties, beta, &q->at_zero, err);
  lb_mem_free(beta);
  if (st != LB_OK) return st;
  set_factors(q, d);
  if (fg_by_time(w, d, &q->at_zero, q->factor, &q->weighted) != LB_OK)
    return lb_error_nomem(err, TEST);
  fg_tables t = {.w = w, .d = d, .s = &q->weighted, .factor = q->factor};
  st = fg_tables_new(&t, err);
  if (st == LB_OK) set_counts(q, &t);
  if (st == LB_OK) st = set_variance(q, &t, err);
  fg_tables_reset(&t);
  return st;
}

/* ---- The design of the groups ---- */

typedef struct late_design {
  double *number;        /* k x n: indicators */
  const double **column; /* k */
  int32_t *code;         /* n: stratum and group */
} late_design;

static lb_status design_new(const lb_surv *y, const lb_gray_late *plan, late_design *out,
                            lb_error *err)
{
  size_t k = lb_partition_count(plan->groups), n = y->n;
  if (k > INT32_MAX / (lb_partition_count(plan->strata) + 1))
    return lb_error_set(err, LB_EARG, "too many strata");
  out->number = n > SIZE_MAX / (k + 1) ? NULL : lb_mem_zero(n * k, sizeof(double));
  out->column = lb_mem_array(k, sizeof *out->column);
  out->code = lb_mem_array(n, sizeof *out->code);
  if (out->number == NULL || out->column == NULL || out->code == NULL)
    return lb_error_nomem(err, TEST);
  for (size_t g = 0; g < k; g++) out->column[g] = out->number + g * n;
  for (size_t i = 0; i < n; i++) {
    size_t g = lb_partition_class(plan->groups, i);
    out->number[g * n + i] = 1;
    out->code[i] = (int32_t)(lb_partition_class(plan->strata, i) * k + g);
  }
  return LB_OK;
}

static void design_free(late_design *d)
{
  lb_mem_free(d->number);
  lb_mem_free(d->column);
  lb_mem_free(d->code);
}

static bool has_events(const lb_surv *y, size_t cause)
{
  for (size_t i = 0; y->cause != NULL && i < y->n; i++)
    if (y->cause[i] == (int32_t)cause && (y->weight == NULL || y->weight[i] > 0)) return true;
  return false;
}

/* Without events there is nothing to compare: counts alone. */
static void count_rows(const lb_surv *y, const lb_gray_late *plan, lb_gray *test)
{
  for (size_t i = 0; i < y->n; i++)
    test->n[lb_partition_class(plan->groups, i)] += y->weight == NULL ? 1 : y->weight[i];
}

static lb_status test_rows(const lb_surv *y, const lb_gray_late *plan, lb_gray *test, lb_error *err)
{
  late_design groups = {0};
  late_work q = {.plan = plan, .test = test};
  lb_finegray fit = {0};
  lb_status st = design_new(y, plan, &groups, err);
  size_t k = test->n_groups, n_strata = lb_partition_count(plan->strata);
  const lb_partition classes = {groups.code, n_strata * k};
  const lb_design x = {.n = y->n, .p = k, .column = groups.column};
  const lb_finegray_options opt = {.cox = {.ties = LB_TIES_BRESLOW, .tolerance = 1, .max_iter = 1},
                                   .variance = LB_FINEGRAY_FULL,
                                   .events_first = true,
                                   .strata = plan->strata,
                                   .censoring = &classes,
                                   .cluster = plan->cluster};
  const lb_finegray_model model = {y, &x, plan->cause, &opt};
  const fg_after after = {&q, run, true};
  if (st == LB_OK) st = fg_fit_with(&model, &after, &fit, err);
  if (st == LB_OK) st = gray_finish(test, err);
  lb_mem_free(q.factor);
  cox_state_reset(&q.at_zero);
  fg_by_time_free(&q.weighted);
  lb_finegray_reset(&fit);
  design_free(&groups);
  return st;
}

lb_status lb_gray_late_test(const lb_surv *y, const lb_gray_late *plan, lb_gray *out, lb_error *err)
{
  lb_status st = gray_check(plan->cause, y->cause == NULL ? 0 : y->n_cause, plan->rho, err);
  if (st == LB_OK) st = lb_surv_check(y, err);
  if (st == LB_OK) st = lb_partition_check(plan->groups, y->n, "group", err);
  if (st == LB_OK) st = lb_partition_check(plan->strata, y->n, "stratum", err);
  if (st == LB_OK) st = lb_partition_check(plan->cluster, y->n, "cluster", err);
  if (st != LB_OK) return st;
  lb_gray test = {.n_groups = lb_partition_count(plan->groups), .p_value = NAN};
  test.n_used = y->n;
  test.n_missing = y->n_missing;
  st = gray_alloc(&test, err);
  if (st == LB_OK && has_events(y, plan->cause))
    st = test_rows(y, plan, &test, err);
  else if (st == LB_OK)
    count_rows(y, plan, &test);
  if (st == LB_OK)
    *out = test;
  else
    lb_gray_reset(&test);
  return st;
}
