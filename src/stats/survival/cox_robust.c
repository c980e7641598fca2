/* cox_robust.c - the robust variance of a Cox model: outer products of clusters' score residuals.
 */
#include "stats/survival/cox_residual.h"

#include "base/interrupt.h"
#include "base/mem.h"
#include "stats/survival/riskset.h"
#include "stats/symmetric.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

#define POLL_ROWS 65536
/* A pivot of a covariance matrix below this part of its diagonal is rounding. */
#define DEPENDENT 1e-12
/* A robust variance below this part of the model-based one is the rounding of dfbeta that cancel:
 * one cluster alone bears on the coefficient. */
#define CANCELLED 1e-22

static double row_weight(const lb_surv *y, size_t i)
{
  return y->weight == NULL ? 1 : y->weight[i];
}

static bool clustered(const lb_partition *cluster)
{
  return cluster != NULL && cluster->code != NULL;
}

/* Adds the rows of each cluster up, in the order of the data. */
static lb_status collapse(lb_cox_scores *s, const lb_partition *cluster, lb_error *err)
{
  size_t n = s->n, p = s->p;
  double *sum = cluster->n > SIZE_MAX / (p + 1) ? NULL : lb_mem_zero(cluster->n * p, sizeof *sum);
  if (sum == NULL) return lb_error_nomem(err, "robust variance");
  for (size_t i = 0; i < n; i++) {
    double *to = sum + (size_t)cluster->code[i] * p;
    for (size_t j = 0; j < p; j++) to[j] += s->row[i * p + j];
  }
  lb_mem_free(s->row);
  s->row = sum;
  s->n = cluster->n;
  return LB_OK;
}

/* Clusters, or rows without clusters, of weight above 0. */
static lb_status count_seen(lb_cox_scores *s, const lb_surv *y, const lb_partition *cluster,
                            lb_error *err)
{
  bool *seen = lb_mem_zero(clustered(cluster) ? cluster->n : 0, sizeof *seen);
  if (seen == NULL) return lb_error_nomem(err, "robust variance");
  for (size_t i = 0; i < y->n; i++) {
    if (!(row_weight(y, i) > 0)) continue;
    bool *mark = clustered(cluster) ? &seen[(size_t)cluster->code[i]] : NULL;
    if (mark == NULL || !*mark) s->n_seen++;
    if (mark != NULL) *mark = true;
  }
  lb_mem_free(seen);
  return LB_OK;
}

lb_status lb_cox_scores_new(const lb_cox_at *at, const lb_cox_path *path,
                            const lb_partition *cluster, lb_cox_scores *out, lb_error *err)
{
  lb_cox_scores s = {.n = at->y->n, .p = at->x->p};
  lb_status st = lb_partition_check(cluster, at->y->n, "cluster", err);
  if (st != LB_OK) return st;
  s.row = s.n > SIZE_MAX / (s.p + 1) ? NULL : lb_mem_array(s.n * s.p, sizeof *s.row);
  if (s.row == NULL) {
    st = lb_error_nomem(err, "robust variance");
    goto done;
  }
  lb_cox_score_residuals(at, path, s.row);
  for (size_t i = 0; i < s.n; i++) {
    for (size_t j = 0; j < s.p; j++) s.row[i * s.p + j] *= row_weight(at->y, i);
  }
  st = count_seen(&s, at->y, cluster, err);
  if (st == LB_OK && clustered(cluster)) st = collapse(&s, cluster, err);
  if (st != LB_OK) goto done;
  *out = s;
  s.row = NULL;
done:
  lb_cox_scores_reset(&s);
  return st;
}

void lb_cox_scores_reset(lb_cox_scores *scores)
{
  if (scores == NULL) return;
  lb_mem_free(scores->row);
  *scores = (lb_cox_scores){0};
}

static lb_status scores_at(const lb_cox_at *at, const lb_partition *cluster, lb_cox_scores *out,
                           lb_error *err)
{
  lb_cox_path path = {0};
  lb_status st = lb_cox_path_new(at, &path, err);
  if (st == LB_OK) st = lb_cox_scores_new(at, &path, cluster, out, err);
  lb_cox_path_reset(&path);
  return st;
}

/* Both triangles of the sum of the rows' outer products. */
static lb_status outer_products(const lb_cox_scores *s, double *out, lb_error *err)
{
  size_t p = s->p;
  memset(out, 0, p * p * sizeof *out);
  for (size_t i = 0; i < s->n; i++) {
    const double *row = s->row + i * p;
    for (size_t j = 0; j < p; j++) {
      for (size_t k = 0; k <= j; k++) out[j * p + k] += row[j] * row[k];
    }
    if (i % POLL_ROWS == 0 && lb_interrupted()) return lb_error_interrupted(err);
  }
  for (size_t j = 0; j < p; j++) {
    for (size_t k = 0; k < j; k++) out[k * p + j] = out[j * p + k];
  }
  return LB_OK;
}

static lb_status quadratic_test(const double *a, const double *b, size_t p, lb_cox_test *out,
                                lb_error *err)
{
  lb_cox_test test = {.p_value = NAN};
  if (!lb_symmetric_quadratic(a, b, p, DEPENDENT, &test.chi_square, &test.df))
    return lb_error_nomem(err, "robust test");
  if (test.df > 0) test.p_value = gsl_cdf_chisq_Q(test.chi_square, (double)test.df);
  *out = test;
  return LB_OK;
}

/* The test of df coefficients that s->n_seen clusters are too few for. */
static bool too_few(const lb_cox_at *at, const lb_cox_scores *s, lb_cox_test *out)
{
  size_t df = 0;
  for (size_t j = 0; j < s->p; j++) {
    if (!isnan(at->coef[j])) df++;
  }
  if (df == 0 || s->n_seen > df) return false;
  *out = (lb_cox_test){.chi_square = NAN, .p_value = NAN, .df = df};
  return true;
}

/* Score test of all coefficients 0; columns without an estimate take no part. */
static lb_status score_test(const lb_cox_at *at, const lb_partition *cluster, lb_cox_robust *r,
                            double *work, lb_error *err)
{
  size_t p = r->p;
  lb_cox_scores s = {0};
  double *total = work, *square = work + p, *zero = work + p + p * p;
  memset(total, 0, p * sizeof *total);
  memset(zero, 0, p * sizeof *zero);
  lb_cox_at null = *at;
  null.coef = zero;
  lb_status st = scores_at(&null, cluster, &s, err);
  if (st != LB_OK) return st;
  for (size_t i = 0; i < s.n; i++) {
    for (size_t j = 0; j < p; j++) {
      if (isnan(at->coef[j])) s.row[i * p + j] = 0;
      total[j] += s.row[i * p + j];
    }
  }
  st = outer_products(&s, square, err);
  if (st == LB_OK && !too_few(at, &s, &r->score))
    st = quadratic_test(square, total, p, &r->score, err);
  lb_mem_free(s.row);
  return st;
}

/* true when the clusters say something of coefficient j. */
static bool is_known(const lb_cox_robust *r, const double *vcov, size_t j)
{
  double variance = r->vcov[j * r->p + j];
  return r->n_cluster > 1 && variance > CANCELLED * vcov[j * r->p + j];
}

/* The Wald test, and NaN for what the model did not estimate or the clusters do not tell. */
static lb_status finish(const lb_cox_at *at, const double *vcov, const lb_cox_scores *s,
                        lb_cox_robust *r, double *work, lb_error *err)
{
  size_t p = r->p;
  lb_status st = LB_OK;
  for (size_t j = 0; j < p; j++) work[j] = isnan(at->coef[j]) ? 0 : at->coef[j];
  r->n_cluster = s->n_seen;
  if (!too_few(at, s, &r->wald)) st = quadratic_test(r->vcov, work, p, &r->wald, err);
  for (size_t j = 0; j < p; j++) work[j] = is_known(r, vcov, j);
  for (size_t j = 0; j < p; j++) {
    if (work[j] == 0 && !isnan(at->coef[j])) r->wald.chi_square = r->wald.p_value = NAN;
    for (size_t k = 0; k < p; k++) {
      bool known = work[j] != 0 && work[k] != 0 && !isnan(vcov[j * p + k]);
      if (!known) r->vcov[j * p + k] = NAN;
    }
    r->std_error[j] = sqrt(r->vcov[j * p + j]);
  }
  return st;
}

lb_status lb_cox_robust_fit(const lb_cox_at *at, const double *vcov, const lb_partition *cluster,
                            lb_cox_robust *out, lb_error *err)
{
  size_t p = at->x->p;
  lb_cox_robust r = {.p = p};
  lb_cox_scores s = {0};
  double *work = lb_mem_zero(p * p + 2 * p, sizeof *work);
  lb_status st = lb_partition_check(cluster, at->y->n, "cluster", err);
  if (st != LB_OK) goto done;
  r.vcov = lb_mem_zero(p * p, sizeof *r.vcov);
  r.std_error = lb_mem_zero(p, sizeof *r.std_error);
  if (work == NULL || r.vcov == NULL || r.std_error == NULL) {
    st = lb_error_nomem(err, "robust variance");
    goto done;
  }
  st = scores_at(at, cluster, &s, err);
  if (st == LB_OK) st = lb_cox_dfbeta(s.row, s.n, p, vcov, err);
  if (st == LB_OK) st = outer_products(&s, r.vcov, err);
  if (st == LB_OK) st = score_test(at, cluster, &r, work, err);
  if (st == LB_OK) st = finish(at, vcov, &s, &r, work, err);
  if (st != LB_OK) goto done;
  *out = r;
  r = (lb_cox_robust){0};
done:
  lb_cox_robust_reset(&r);
  lb_mem_free(s.row);
  lb_mem_free(work);
  return st;
}

void lb_cox_robust_reset(lb_cox_robust *r)
{
  if (r == NULL) return;
  lb_mem_free(r->vcov);
  lb_mem_free(r->std_error);
  *r = (lb_cox_robust){0};
}
