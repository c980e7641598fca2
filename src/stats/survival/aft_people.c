/* aft_people.c - survival, hazard, quantiles and mean of people by a parametric regression. */
#include "stats/survival/aft_people.h"

#include <math.h>
#include <string.h>

#include "stats/survival/aft_rows.h"

void lb_aft_person(const lb_aft_people *who, size_t row, double eta[3])
{
  size_t p = who->x.p, stratum = who->stratum == NULL ? 0 : (size_t)who->stratum[row];
  eta[0] = who->coef[0] + (who->x.offset == NULL ? 0 : who->x.offset[row]);
  for (size_t j = 0; j < p; j++)
    if (!isnan(who->coef[1 + j])) eta[0] += who->coef[1 + j] * who->x.column[j][row];
  eta[1] = who->n_scale > 0 ? who->coef[1 + p + stratum] : isnan(who->scale) ? 0 : log(who->scale);
  eta[2] = who->n_shape > 0 ? who->coef[who->n_param - 1] : who->df;
}

/* Derivatives in location, log scale and shape become those in the parameters. */
static void spread_gradient(const lb_aft_people *who, size_t row, const double d[3], double *out)
{
  size_t p = who->x.p, stratum = who->stratum == NULL ? 0 : (size_t)who->stratum[row];
  memset(out, 0, who->n_param * sizeof *out);
  out[0] = d[0];
  for (size_t j = 0; j < p; j++)
    if (!isnan(who->coef[1 + j])) out[1 + j] = d[0] * who->x.column[j][row];
  if (who->n_scale > 0) out[1 + p + stratum] = d[1];
  if (who->n_shape > 0) out[who->n_param - 1] = d[2];
}

static void gompertz_at(const double eta[3], double t, lb_aft_point *out)
{
  double h[3];
  lb_gompertz_hazard(eta[0], eta[2], t, h);
  *out = (lb_aft_point){.log_survival = -h[0],
                        .log_hazard = eta[0] + eta[2] * t,
                        .ds = {-h[0], 0, -h[1]},
                        .dh = {1, 0, t}};
}

void lb_aft_point_at(lb_aft_distribution d, double df, const double eta[3], double t,
                     lb_aft_point *out)
{
  if (d == LB_AFT_GOMPERTZ) {
    gompertz_at(eta, t, out);
    return;
  }
  bool log_time = lb_aft_log_time(d);
  lb_standard kind = lb_aft_standard(d);
  double sigma = exp(eta[1]), q = d == LB_AFT_GENGAMMA ? eta[2] : df;
  double z = ((log_time ? log(t) : t) - eta[0]) / sigma;
  if (log_time && !(t > 0)) { /* the hazard there is 0, finite or infinite: its limit from above */
    lb_aft_point_at(d, df, eta, 1e-300, out);
    out->log_survival = 0;
    memset(out->ds, 0, sizeof out->ds);
    return;
  }
  lb_mass_term m;
  lb_density f;
  lb_standard_mass_term(kind, z, INFINITY, q, &m);
  lb_standard_density(kind, z, q, &f);
  double hazard = -m.l, slope = f.w + hazard; /* of w, and d log hazard / dw */
  out->log_survival = m.log;
  out->log_hazard = f.log - m.log - eta[1] - (log_time ? log(t) : 0);
  out->ds[0] = hazard / sigma;
  out->ds[1] = z * hazard;
  out->ds[2] = m.q;
  out->dh[0] = -slope / sigma;
  out->dh[1] = -z * slope - 1;
  out->dh[2] = f.q - m.q;
}

static void curve_at(const void *context, size_t row, double t, lb_curve_point *out)
{
  const lb_aft_people *who = context;
  double eta[3];
  lb_aft_point at;
  lb_aft_person(who, row, eta);
  lb_aft_point_at(who->distribution, who->df, eta, t, &at);
  out->log_survival = at.log_survival;
  out->log_hazard = at.log_hazard;
  spread_gradient(who, row, at.ds, out->ds);
  spread_gradient(who, row, at.dh, out->dh);
}

static double curve_linear(const void *context, size_t row, double *gradient)
{
  double eta[3];
  lb_aft_person(context, row, eta);
  spread_gradient(context, row, (double[]){1, 0, 0}, gradient);
  return eta[0];
}

static bool curve_mean(const void *context, size_t row, double *value, double *gradient)
{
  const lb_aft_people *who = context;
  double eta[3], part[3] = {0}, d[3] = {1, 0, 0};
  lb_standard kind = lb_aft_standard(who->distribution);
  lb_aft_person(who, row, eta);
  *value = (double)NAN;
  if (who->distribution == LB_AFT_GOMPERTZ) {
    if (eta[2] <= 0) *value = INFINITY; /* some never have the event; 0 itself is not estimated */
    return eta[2] > 0;
  }
  double sigma = exp(eta[1]);
  if (lb_aft_log_time(who->distribution)) {
    if (!lb_standard_log_mgf(kind, sigma, eta[2], part)) {
      *value = INFINITY;
      return false;
    }
    *value = eta[0] + part[0];
    d[1] = sigma * part[1];
    d[2] = part[2];
  } else {
    if (!lb_standard_mean(kind, who->df, part)) return false;
    *value = eta[0] + sigma * part[0];
    d[1] = sigma * part[0];
  }
  spread_gradient(who, row, d, gradient);
  return true;
}

/* The time at which a Gompertz hazard has added up to h. */
static double gompertz_time(const double eta[3], double h)
{
  double x = eta[2] * h / exp(eta[0]);
  if (x <= -1) return INFINITY;
  return fabs(x) < 1e-12 ? h / exp(eta[0]) : log1p(x) / eta[2];
}

static double curve_quantile(const void *context, size_t row, double prob)
{
  const lb_aft_people *who = context;
  double eta[3];
  lb_aft_person(who, row, eta);
  if (who->distribution == LB_AFT_GOMPERTZ) return gompertz_time(eta, -log1p(-prob));
  double w = lb_standard_quantile(lb_aft_standard(who->distribution), prob, eta[2]);
  double y = eta[0] + exp(eta[1]) * w;
  return lb_aft_log_time(who->distribution) ? exp(y) : y;
}

void lb_aft_curve(const lb_aft_people *who, const double *vcov, double time_scale, lb_curve *out)
{
  *out = (lb_curve){.p = who->n_param,
                    .vcov = vcov,
                    .context = who,
                    .at = curve_at,
                    .linear = curve_linear,
                    .mean = curve_mean,
                    .quantile = curve_quantile,
                    .positive = lb_aft_positive(who->distribution),
                    .time_scale = time_scale};
}
