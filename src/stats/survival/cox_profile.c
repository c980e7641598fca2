/* cox_profile.c - limits of profile likelihood: a root of the signed root, fit by fit. */
#include "stats/survival/cox_profile.h"

#include "base/mem.h"
#include "stats/survival/cox_search.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

/* The signed root is met to this part of itself. */
#define CLOSE    1e-9
#define MAX_FITS 60
/* A log hazard over the column's range beyond which no data tell any more: the limit is infinite.
 */
#define BEYOND 60.0

typedef struct profile {
  cox_search q;
  double target;  /* root of the quantile of chi-square */
  double maximum; /* log-likelihood */
  double *best;   /* p: beta at the maximum */
} profile;

static double known(double x)
{
  return isnan(x) ? 0 : x;
}

/* Log-likelihood with coefficient j at c, its slope there, and whether the fit converged. Others
 * start where the last fit left them. */
static lb_status hold(profile *f, size_t j, double c, bool *ok, lb_error *err)
{
  f->q.beta[j] = c;
  f->q.free[j] = false;
  lb_status st = cox_search_run(&f->q, err);
  f->q.free[j] = true;
  *ok = f->q.converged;
  return st;
}

static double root_of(const profile *f)
{
  return sqrt(fmax(0, 2 * (f->maximum - f->q.at.log_lik)));
}

/* One limit of coefficient j, `side` -1 or 1. The root of twice the fall is about linear in the
 * distance from the maximum, and its slope is known: Newton's steps, kept within a bracket. */
static lb_status find_limit(profile *f, size_t j, double side, double first, double *limit,
                            lb_error *err)
{
  double low = 0, high = INFINITY, range = f->q.data.range[j], distance = first;
  memcpy(f->q.beta, f->best, f->q.data.p * sizeof *f->best);
  *limit = NAN;
  for (int k = 0; k < MAX_FITS; k++) {
    bool ok;
    lb_status st = hold(f, j, f->best[j] + side * distance, &ok, err);
    if (st != LB_OK) return st;
    double root = root_of(f), slope = -side * f->q.at.score[j] / fmax(root, 1e-300);
    if (ok && fabs(root - f->target) <= CLOSE * f->target) {
      *limit = f->best[j] + side * distance;
      return LB_OK;
    }
    if (root < f->target && distance * range > BEYOND) {
      *limit = side * INFINITY;
      return LB_OK;
    }
    *(root < f->target ? &low : &high) = distance;
    double next = distance + (f->target - root) / slope;
    bool inside = isfinite(next) && next > low && next < high;
    if (isinf(high) && (!inside || next > 4 * distance))
      next = 2 * distance;
    else if (!inside)
      next = (low + high) / 2;
    distance = next;
  }
  return LB_OK;
}

/* The first guess is Wald's limit, which a coefficient without end has nowhere near. */
static double first_guess(const profile *f, size_t j, double std_error)
{
  double scale = f->q.data.scale[j], range = f->q.data.range[j];
  double wald = f->target * std_error * scale, most = fmax(5, fabs(f->best[j]) * range) / range;
  return wald > 0 && wald < most ? wald : most;
}

static lb_status profile_one(profile *f, size_t j, double std_error, lb_cox_profile *out,
                             lb_error *err)
{
  double first = first_guess(f, j, std_error), scale = f->q.data.scale[j];
  bool ok = false;
  lb_status st = find_limit(f, j, -1, first, &out->conf_low, err);
  if (st == LB_OK) st = find_limit(f, j, 1, first, &out->conf_high, err);
  if (st != LB_OK) return st;
  memcpy(f->q.beta, f->best, f->q.data.p * sizeof *f->best);
  st = hold(f, j, 0, &ok, err);
  if (st != LB_OK) return st;
  out->conf_low /= scale;
  out->conf_high /= scale;
  if (!ok) return LB_OK;
  double root = root_of(f);
  out->test = (lb_cox_test){root * root, gsl_cdf_chisq_Q(root * root, 1), 1};
  return LB_OK;
}

/* The maximum, from the fit's coefficients. Where one has no end it is as near as counts. */
static lb_status start(profile *f, const lb_cox_maximum *maximum, lb_error *err)
{
  size_t p = f->q.data.p;
  for (size_t j = 0; j < p; j++) f->q.beta[j] = known(maximum->coef[j]) * f->q.data.scale[j];
  lb_status st = cox_search_run(&f->q, err);
  f->maximum = f->q.at.log_lik;
  if (st == LB_OK) memcpy(f->best, f->q.beta, p * sizeof *f->best);
  return st;
}

lb_status lb_cox_profile_fit(const lb_surv *y, const lb_design *x, const lb_partition *strata,
                             const lb_cox_profile_options *opt, const lb_cox_maximum *maximum,
                             lb_cox_profile *out, lb_error *err)
{
  if (!(opt->conf_level > 0 && opt->conf_level < 1))
    return lb_error_set(err, LB_EARG, "conf_level must be between 0 and 1");
  size_t p = x->p;
  profile f = {.q = {.ties = opt->ties, .penalised = opt->firth, .max_iter = opt->max_iter}};
  f.target = sqrt(gsl_cdf_chisq_Pinv(opt->conf_level, 1));
  f.best = lb_mem_zero(p, sizeof *f.best);
  bool *kept = lb_mem_zero(p, sizeof *kept);
  lb_status st = f.best == NULL || kept == NULL ? lb_error_nomem(err, "profile likelihood") : LB_OK;
  for (size_t j = 0; st == LB_OK && j < p; j++) kept[j] = !isnan(maximum->coef[j]);
  if (st == LB_OK) st = cox_search_new(y, x, strata, kept, &f.q, err);
  if (st == LB_OK && f.q.data.n_event == 0) st = lb_error_set(err, LB_EDATA, "no events");
  if (st == LB_OK) st = start(&f, maximum, err);
  for (size_t j = 0; st == LB_OK && j < p; j++) {
    out[j] = (lb_cox_profile){NAN, NAN, {NAN, NAN, 1}};
    if (kept[j] && (maximum->wanted == NULL || maximum->wanted[j]))
      st = profile_one(&f, j, maximum->std_error[j], &out[j], err);
  }
  cox_search_reset(&f.q);
  lb_mem_free(f.best);
  lb_mem_free(kept);
  return st;
}
