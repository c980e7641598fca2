/* cox_theta.c - chi-squares of coefficients that go with time, from a score and its variance. */
#include "stats/survival/cox_theta.h"

#include "base/mem.h"
#include "stats/symmetric.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

static const char TEST[] = "test of proportional hazards";

/* The test of the columns that `term` gives to `which`; term NULL: of all. work: p (p + 1). */
static lb_status test_columns(const cox_theta *q, const size_t *term, size_t which, double *work,
                              lb_cox_test *out, lb_error *err)
{
  size_t p = q->p, n = 0, rank = 0, cells = 0;
  double value = 0, *score = work + p * p;
  for (size_t j = 0; j < p; j++) n += q->kept[j] && (term == NULL || term[j] == which);
  for (size_t j = 0, row = 0; j < p; j++) { /* rows of n numbers, of which the lower triangle */
    if (!q->kept[j] || (term != NULL && term[j] != which)) continue;
    cells = row * n;
    for (size_t i = 0; i <= j; i++)
      if (q->kept[i] && (term == NULL || term[i] == which)) work[cells++] = q->variance[j * p + i];
    score[row++] = q->score[j];
  }
  if (n > 0 && !lb_symmetric_quadratic(work, score, n, COX_COLLINEAR, &value, &rank))
    return lb_error_nomem(err, TEST);
  *out = (lb_cox_test){.chi_square = rank > 0 ? value : 0, .p_value = NAN, .df = rank};
  if (rank > 0) out->p_value = gsl_cdf_chisq_Q(value, (double)rank);
  return LB_OK;
}

static lb_cox_test test_column(const cox_theta *q, size_t j) /* needs no matrix */
{
  double variance = q->variance[j * q->p + j], x = q->score[j] * q->score[j] / variance;
  bool known = q->kept[j] && variance > COX_COLLINEAR * fabs(q->size[j * q->p + j]);
  lb_cox_test test = {.chi_square = known ? x : 0, .p_value = NAN, .df = known};
  if (known) test.p_value = gsl_cdf_chisq_Q(x, 1);
  return test;
}

lb_status cox_theta_tests(const cox_theta *theta, const size_t *term, size_t n_term,
                          lb_cox_zph *out, lb_error *err)
{
  size_t p = theta->p;
  lb_cox_zph zph = {.n_term = n_term, .p = p};
  double *work = p > SIZE_MAX / (p + 1) ? NULL : lb_mem_zero(p * (p + 1), sizeof *work);
  zph.term = lb_mem_zero(n_term, sizeof *zph.term);
  zph.column = lb_mem_zero(p, sizeof *zph.column);
  lb_status st = LB_OK;
  if (work == NULL || zph.term == NULL || zph.column == NULL) st = lb_error_nomem(err, TEST);
  if (st == LB_OK) st = test_columns(theta, NULL, 0, work, &zph.global, err);
  for (size_t t = 0; st == LB_OK && t < n_term; t++)
    st = test_columns(theta, term, t, work, &zph.term[t], err);
  for (size_t j = 0; st == LB_OK && j < p; j++) zph.column[j] = test_column(theta, j);
  lb_mem_free(work);
  if (st == LB_OK)
    *out = zph;
  else
    lb_cox_zph_reset(&zph);
  return st;
}
