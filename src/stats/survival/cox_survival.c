/* cox_survival.c - predictions of a Cox model for people, read off its path along time. */
#include "stats/survival/cox_survival.h"

#include "base/mem.h"

#include <math.h>

static double known(double x)
{
  return isnan(x) ? 0 : x;
}

/* q' vcov q over the columns with an estimate. */
static double quadratic(const double *vcov, const double *q, size_t p)
{
  double sum = 0;
  for (size_t j = 0; j < p; j++) {
    double inner = 0;
    for (size_t k = 0; k < p; k++) inner += known(vcov[j * p + k]) * q[k];
    sum += q[j] * inner;
  }
  return fmax(sum, 0);
}

lb_status lb_cox_person_linear(const lb_cox_at *at, const lb_cox_path *path, const double *vcov,
                               const lb_cox_linear *linear, lb_error *err)
{
  const lb_design *x = linear->x;
  size_t p = path->p;
  if (x->p != p)
    return lb_error_set(err, LB_EARG, "the design has %zu columns, the model %zu", x->p, p);
  double *z = lb_mem_zero(p, sizeof *z);
  if (z == NULL) return lb_error_nomem(err, "predictions");
  for (size_t i = 0; i < x->n; i++) {
    double sum = x->offset == NULL || linear->only != NULL ? 0 : x->offset[i];
    for (size_t j = 0; j < p; j++) {
      if (linear->only != NULL && !linear->only[j]) continue;
      z[j] = x->column[j][i] - path->centre[j];
      sum += known(at->coef[j]) * z[j];
    }
    linear->out[i] = sum;
    linear->std_error[i] = sqrt(quadratic(vcov, z, p));
  }
  lb_mem_free(z);
  return LB_OK;
}

double lb_cox_person_row(const lb_cox_at *at, const lb_cox_path *path, const lb_design *x, size_t i,
                         double *z)
{
  double log_risk = x->offset == NULL ? 0 : x->offset[i] - path->shift;
  for (size_t j = 0; j < path->p; j++) {
    z[j] = x->column[j][i] - path->centre[j];
    log_risk += known(at->coef[j]) * z[j];
  }
  return log_risk;
}

lb_cox_hazard lb_cox_person_hazard(const lb_cox_path *path, const double *vcov,
                                   const lb_cox_person *person, size_t from, size_t to)
{
  size_t p = path->p, s = person->stratum;
  double hazard = lb_cox_path_between(path, s, from, to, LB_PATH_HAZARD);
  double variance = lb_cox_path_between(path, s, from, to, LB_PATH_VARIANCE);
  double risk = exp(person->log_risk), spread = 0;
  for (size_t j = 0; j < p; j++) {
    double q = person->z[j] * hazard - lb_cox_path_between(path, s, from, to, LB_PATH_MEANS + j);
    for (size_t k = 0; k < p; k++) {
      double r = person->z[k] * hazard - lb_cox_path_between(path, s, from, to, LB_PATH_MEANS + k);
      spread += q * known(vcov[j * p + k]) * r;
    }
  }
  return (lb_cox_hazard){risk * hazard, risk * sqrt(fmax(0, variance + spread))};
}

static double clip(double p)
{
  return p < 0 ? 0 : p > 1 ? 1 : p;
}

lb_cox_survival lb_cox_survival_of(lb_cox_hazard h, double z, lb_cox_conf type)
{
  double s = exp(-h.hazard), half = z * h.std_error;
  lb_cox_survival out = {s, s * h.std_error, s, s};
  if (!(h.hazard > 0)) return out; /* before the first event S is 1, without doubt */
  switch (type) {
  case LB_COX_CONF_LOG_LOG:
    out.conf_low = exp(-h.hazard * exp(half / h.hazard));
    out.conf_high = exp(-h.hazard * exp(-half / h.hazard));
    break;
  case LB_COX_CONF_LOG:
    out.conf_low = s * exp(-half);
    out.conf_high = clip(s * exp(half));
    break;
  case LB_COX_CONF_PLAIN:
    out.conf_low = clip(s - s * half);
    out.conf_high = clip(s + s * half);
    break;
  }
  return out;
}
