/* cox_residual.c - residuals of a Cox model, read off its path along time. */
#include "stats/survival/cox_residual.h"

#include "base/mem.h"
#include "base/sort.h"
#include "stats/survival/riskset.h"

#include <math.h>

void lb_cox_martingale(const lb_cox_at *at, const lb_cox_path *path, double *out)
{
  for (size_t i = 0; i < path->n; i++) {
    size_t s = lb_partition_class(at->strata, i);
    out[i] = at->y->event[i] - path->risk[i] * lb_cox_path_row(path, s, i, 0);
  }
}

void lb_cox_deviance(const lb_cox_at *at, const double *martingale, double *out)
{
  for (size_t i = 0; i < at->y->n; i++) {
    double m = martingale[i], expected = at->y->event[i] - m;
    double inside = at->y->event[i] ? m + log(expected) : m;
    out[i] = copysign(sqrt(fmax(0, -2 * inside)), m);
  }
}

void lb_cox_score_residuals(const lb_cox_at *at, const lb_cox_path *path, double *out)
{
  size_t p = path->p;
  for (size_t i = 0; i < path->n; i++) {
    size_t s = lb_partition_class(at->strata, i);
    double hazard = lb_cox_path_row(path, s, i, 0), *row = out + i * p;
    const double *mean = path->counts[i] ? path->mean + (path->until[i] - 1) * p : NULL;
    for (size_t j = 0; j < p; j++) {
      double z = at->x->column[j][i] - path->centre[j];
      row[j] = -path->risk[i] * (z * hazard - lb_cox_path_row(path, s, i, j + 1));
      if (mean != NULL) row[j] += z - mean[j];
    }
  }
}

/* Rows of events by (stratum, time, row): their place along time is just that order. */
static lb_status order_events(const lb_cox_path *path, lb_cox_schoenfeld *s, lb_error *err)
{
  int64_t *key = lb_mem_array(s->n, sizeof *key);
  uint32_t *row = lb_mem_array(s->n, sizeof *row), *order = lb_mem_array(s->n, sizeof *order);
  lb_status st = LB_OK;
  if (key == NULL || row == NULL || order == NULL) {
    st = lb_error_nomem(err, "Schoenfeld residuals");
    goto done;
  }
  size_t k = 0;
  for (size_t i = 0; i < path->n; i++) {
    if (!path->counts[i]) continue;
    key[k] = (int64_t)path->until[i];
    row[k++] = (uint32_t)i;
  }
  if (!lb_sort_order_integer(key, s->n, order)) {
    st = lb_error_nomem(err, "Schoenfeld residuals");
    goto done;
  }
  for (size_t i = 0; i < s->n; i++) s->row[i] = row[order[i]];
done:
  lb_mem_free(key);
  lb_mem_free(row);
  lb_mem_free(order);
  return st;
}

lb_status lb_cox_schoenfeld_new(const lb_cox_at *at, const lb_cox_path *path,
                                lb_cox_schoenfeld *out, lb_error *err)
{
  size_t p = path->p;
  lb_cox_schoenfeld s = {.p = p};
  for (size_t i = 0; i < path->n; i++) s.n += path->counts[i];
  s.row = lb_mem_array(s.n, sizeof *s.row);
  s.residual = s.n > SIZE_MAX / (p + 1) ? NULL : lb_mem_array(s.n * p, sizeof *s.residual);
  lb_status st = s.row == NULL || s.residual == NULL ? lb_error_nomem(err, "Schoenfeld residuals")
                                                     : order_events(path, &s, err);
  if (st != LB_OK) {
    lb_cox_schoenfeld_reset(&s);
    return st;
  }
  for (size_t k = 0; k < s.n; k++) {
    size_t i = s.row[k];
    const double *mean = path->mean + (path->until[i] - 1) * p;
    for (size_t j = 0; j < p; j++)
      s.residual[k * p + j] = at->x->column[j][i] - path->centre[j] - mean[j];
  }
  *out = s;
  return LB_OK;
}

static double known(double x)
{
  return isnan(x) ? 0 : x;
}

/* row becomes factor row' vcov; `copy` holds p numbers. */
static void multiply_row(double *row, size_t p, const double *vcov, double factor, double *copy)
{
  for (size_t j = 0; j < p; j++) copy[j] = row[j];
  for (size_t j = 0; j < p; j++) {
    double sum = 0;
    for (size_t k = 0; k < p; k++) sum += copy[k] * known(vcov[k * p + j]);
    row[j] = factor * sum;
  }
}

lb_status lb_cox_dfbeta(double *rows, size_t n, size_t p, const double *vcov, lb_error *err)
{
  double *copy = lb_mem_array(p, sizeof *copy);
  if (copy == NULL) return lb_error_nomem(err, "residuals");
  for (size_t i = 0; i < n; i++) multiply_row(rows + i * p, p, vcov, 1, copy);
  lb_mem_free(copy);
  return LB_OK;
}

lb_status lb_cox_schoenfeld_scale(lb_cox_schoenfeld *s, const double *vcov, const double *coef,
                                  lb_error *err)
{
  double *copy = lb_mem_array(s->p, sizeof *copy);
  if (copy == NULL) return lb_error_nomem(err, "Schoenfeld residuals");
  for (size_t k = 0; k < s->n; k++) {
    double *row = s->residual + k * s->p;
    multiply_row(row, s->p, vcov, (double)s->n, copy);
    for (size_t j = 0; j < s->p; j++) row[j] += coef[j];
  }
  lb_mem_free(copy);
  return LB_OK;
}

void lb_cox_schoenfeld_reset(lb_cox_schoenfeld *s)
{
  if (s == NULL) return;
  lb_mem_free(s->row);
  lb_mem_free(s->residual);
  *s = (lb_cox_schoenfeld){0};
}
