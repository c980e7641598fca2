/* rmst_strata.c - restricted means standardised over strata. */
#include "base/mem.h"
#include "stats/survival/rmst.h"

#include <math.h>

/* Counts are added up; the horizon reaches as far as in the stratum that ends first. */
static void gather_group(const lb_rmst *crossed, size_t n_strata, size_t g, lb_rmst *fit)
{
  lb_rmst_group *out = &fit->group[g];
  size_t n_cause = fit->n_measure - 1;
  *out = (lb_rmst_group){.last = INFINITY, .ended = true};
  for (size_t s = 0; s < n_strata; s++) {
    const lb_rmst_group *one = &crossed->group[s * fit->n_groups + g];
    out->n += one->n;
    out->weight_total += one->weight_total;
    out->event_total += one->event_total;
    out->one_cluster = out->one_cluster || one->one_cluster;
    if (!one->ended) {
      out->ended = false;
      if (!(one->last >= out->last)) out->last = one->last;
    }
    for (size_t k = 0; k < n_cause; k++)
      fit->cause_event[g * n_cause + k] +=
          crossed->cause_event[(s * fit->n_groups + g) * n_cause + k];
  }
}

static void gather_cell(const lb_rmst *crossed, size_t n_strata, const double *weight, size_t cell,
                        lb_rmst *fit)
{
  size_t n = fit->n_groups, measure = cell / fit->n_tau, k = cell % fit->n_tau;
  const double *estimate = crossed->estimate + cell * n * n_strata;
  for (size_t i = 0; i < n * n_strata; i++) {
    size_t s = i / n, g = i % n;
    fit->estimate[cell * n + g] += weight[s] * estimate[i];
    if (fit->n_cluster == 0) {
      fit->vcov[cell * n + g] +=
          weight[s] * weight[s] * lb_rmst_covariance(crossed, measure, k, i, i);
      continue;
    }
    for (size_t j = 0; j < n * n_strata; j++)
      fit->vcov[(cell * n + g) * n + j % n] +=
          weight[s] * weight[j / n] * lb_rmst_covariance(crossed, measure, k, i, j);
  }
}

lb_status lb_rmst_standardise(const lb_rmst *crossed, size_t n_strata, const double *weight,
                              lb_rmst *out, lb_error *err)
{
  lb_rmst fit = *crossed;
  size_t n = crossed->n_groups / n_strata, cells = fit.n_measure * fit.n_tau;
  fit.n_groups = n;
  fit.tau = lb_mem_array(fit.n_tau, sizeof *fit.tau);
  fit.estimate = lb_mem_zero(cells * n, sizeof *fit.estimate);
  fit.vcov = lb_mem_zero(cells * n * (fit.n_cluster > 0 ? n : 1), sizeof *fit.vcov);
  fit.cause_event = lb_mem_zero(n * (fit.n_measure - 1), sizeof *fit.cause_event);
  fit.group = lb_mem_zero(n, sizeof *fit.group);
  if (fit.tau == NULL || fit.estimate == NULL || fit.vcov == NULL || fit.cause_event == NULL ||
      fit.group == NULL) {
    lb_rmst_reset(&fit);
    return lb_error_nomem(err, "restricted means");
  }
  for (size_t k = 0; k < fit.n_tau; k++) fit.tau[k] = crossed->tau[k];
  for (size_t g = 0; g < n; g++) gather_group(crossed, n_strata, g, &fit);
  for (size_t cell = 0; cell < cells; cell++) gather_cell(crossed, n_strata, weight, cell, &fit);
  *out = fit;
  return LB_OK;
}
