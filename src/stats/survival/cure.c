/* cure.c - mixture cure models: likelihood, starts, curves. */
#include "stats/survival/cure.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "stats/survival/aft_robust.h"
#include "stats/survival/aft_rows.h"

#define CURE      3 /* predictor of cure; before it those of the latency */
#define CURE_CURE 9

static double logistic(double x)
{
  return x > 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x));
}

/* log(1 + exp(x)) */
static double log1pexp(double x)
{
  return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x));
}

/* Adds sign log(c + (1 - c) exp(s.value)). With g = c / M the chance that one who is event-free is
 * cured: d/ds = 1 - g, d/dxi = g - c, second derivatives +-g (1 - g) and that less c (1 - c). */
static void add_mixture(const lb_row_term *s, double xi, double sign, lb_row_term *out)
{
  double log_c = -log1pexp(-xi), log_rest = -log1pexp(xi) + s->value;
  double high = fmax(log_c, log_rest), c = logistic(xi);
  double log_m = high + log(exp(log_c - high) + exp(log_rest - high));
  double g = exp(log_c - log_m), a = exp(log_rest - log_m);
  out->value += sign * log_m;
  for (size_t k = 0; k < CURE; k++) {
    out->grad[k] += sign * a * s->grad[k];
    for (size_t l = 0; l <= k; l++) {
      size_t pair = k * (k + 1) / 2 + l;
      out->hess[pair] += sign * (a * s->hess[pair] + a * g * s->grad[k] * s->grad[l]);
    }
    out->hess[CURE * (CURE + 1) / 2 + k] -= sign * a * g * s->grad[k];
  }
  out->grad[CURE] += sign * (g - c);
  out->hess[CURE_CURE] += sign * (a * g - c * (1 - c));
}

static bool finite_term(const lb_row_term *t)
{
  return isfinite(t->value) && isfinite(t->grad[0]) && isfinite(t->hess[2]);
}

static bool cure_row(const void *context, size_t i, const double *eta, lb_row_term *out)
{
  const lb_aft_rows *r = context;
  double xi = eta[CURE], c = logistic(xi);
  lb_aft_place at = {r->kind,      eta[0],  exp(eta[1]), r->has_shape ? eta[2] : r->df,
                     r->has_shape, r->table};
  lb_row_term s = {0};
  if (!(at.sigma > 0) || !isfinite(at.sigma)) return false;
  if (isinf(r->upper[i])) {
    lb_aft_add_mass(&at, r->lower[i], INFINITY, 1, &s);
    if (!finite_term(&s)) s = (lb_row_term){.value = -INFINITY}; /* surely cured */
    add_mixture(&s, xi, 1, out);
  } else {
    if (r->lower[i] == r->upper[i])
      lb_aft_add_density(&at, r->lower[i], out);
    else
      lb_aft_add_mass(&at, r->lower[i], r->upper[i], 1, out);
    out->value -= log1pexp(xi);
    out->grad[CURE] -= c;
    out->hess[CURE_CURE] -= c * (1 - c);
  }
  if (r->entry != NULL && isfinite(r->entry[i])) {
    s = (lb_row_term){0};
    lb_aft_add_mass(&at, r->entry[i], INFINITY, 1, &s);
    if (!finite_term(&s)) return false;
    add_mixture(&s, xi, -1, out);
  }
  return finite_term(out);
}

/* ---- Fit ---- */

typedef struct problem {
  const lb_cure_data *data;
  lb_aft_rows rows;
  size_t n_scale, n_latency, n_param;
  double *number; /* ones, offset of the latency on the fitted scale, strata */
  const double **column;
  lb_predictors predictors;
} problem;

static void fill_columns(problem *m, bool shape)
{
  const lb_design *x = m->data->x, *z = m->data->z;
  const lb_partition *strata = m->data->strata;
  size_t n = x->n, p = m->n_param;
  for (size_t i = 0; i < n; i++) {
    m->number[i] = 1;
    m->number[n + i] = x->offset == NULL ? 0 : x->offset[i] / m->rows.spread;
  }
  m->column[0] = m->number;
  for (size_t j = 0; j < x->p; j++) m->column[1 + j] = x->column[j];
  for (size_t s = 0; s < m->n_scale; s++) {
    double *own = m->number + (2 + s) * n;
    for (size_t i = 0; i < n; i++)
      own[i] = strata == NULL || strata->code == NULL || (size_t)strata->code[i] == s;
    m->column[p + 1 + x->p + s] = own;
  }
  if (shape) m->column[2 * p + m->n_latency - 1] = m->number;
  m->column[CURE * p + m->n_latency] = m->number;
  for (size_t j = 0; j < z->p; j++) m->column[CURE * p + m->n_latency + 1 + j] = z->column[j];
}

static lb_status problem_new(const lb_cure_data *data, const lb_aft_options *o, problem *m,
                             lb_error *err)
{
  const lb_partition *strata = data->strata;
  size_t n = data->x->n, shape = lb_aft_has_shape(o->distribution);
  *m = (problem){.data = data};
  lb_status st = lb_aft_rows_new(data->y, o, true, &m->rows, err);
  if (st != LB_OK) return st;
  m->n_scale = o->scale > 0 ? 0 : strata != NULL && strata->code != NULL ? strata->n : 1;
  m->n_latency = 1 + data->x->p + m->n_scale + shape;
  m->n_param = m->n_latency + 1 + data->z->p;
  m->number = lb_mem_array(n, (2 + m->n_scale) * sizeof *m->number);
  m->column = lb_mem_zero(4 * m->n_param, sizeof *m->column);
  if (m->number == NULL || m->column == NULL) return lb_error_nomem(err, "the design");
  fill_columns(m, shape > 0);
  m->predictors = (lb_predictors){.n = n,
                                  .k = 4,
                                  .p = m->n_param,
                                  .column = m->column,
                                  .weight = data->y->weight,
                                  .row = cure_row,
                                  .prepare = lb_aft_prepare,
                                  .context = &m->rows};
  m->predictors.offset[0] = m->number + n;
  if (m->n_scale == 0) m->predictors.base[1] = log(o->scale / m->rows.spread);
  return LB_OK;
}

/* Latency parameters of a fit without cure, on the fitted scale, with a fraction cured. */
static void start_from(const problem *m, const lb_aft *line, double fraction, double *start)
{
  memset(start, 0, m->n_param * sizeof *start);
  start[0] = (line->coef[0] - m->rows.centre) / m->rows.spread;
  for (size_t j = 1; j <= line->p; j++) start[j] = line->coef[j] / m->rows.spread;
  for (size_t s = 0; s < m->n_scale; s++) /* of the one scale of the line */
    start[1 + line->p + s] = line->coef[1 + line->p] - log(m->rows.spread);
  if (line->n_shape > 0) start[m->n_latency - 1] = line->coef[line->n_param - 1];
  start[m->n_latency] = log(fraction) - log1p(-fraction);
}

/* The latency if the censored count little: a start where many are cured. */
static lb_status discounted(const lb_aft_outcome *y, const lb_design *x, const lb_aft_options *o,
                            double keep, lb_aft *out, lb_error *err)
{
  double *weight = lb_mem_array(y->n, sizeof *weight);
  if (weight == NULL) return lb_error_nomem(err, "weights");
  lb_aft_outcome less = *y;
  less.weight = weight;
  for (size_t i = 0; i < y->n; i++)
    weight[i] = (y->weight == NULL ? 1 : y->weight[i]) * (isinf(y->upper[i]) ? keep : 1);
  lb_status st = lb_aft_fit(&less, x, NULL, NULL, o, out, err);
  lb_mem_free(weight);
  return st;
}

static lb_status fit_from(const problem *m, const lb_aft_options *o, double keep, lb_maximum *best,
                          lb_error *err)
{
  const lb_aft_outcome *y = m->data->y;
  lb_aft line = {0};
  lb_maximum fit = {0};
  double known = 0, all = 0;
  for (size_t i = 0; i < y->n; i++) {
    double w = y->weight == NULL ? 1 : y->weight[i];
    all += w;
    known += isinf(y->upper[i]) ? 0 : w;
  }
  double fraction = fmin(0.9, fmax(0.05, (1 - keep) * (1 - known / all)));
  double *start = lb_mem_array(m->n_param, sizeof *start);
  lb_status st = start != NULL ? discounted(y, m->data->x, o, keep, &line, err)
                               : lb_error_nomem(err, "the fit");
  for (size_t j = 0; st == LB_OK && j < line.p; j++)
    if (line.collinear[j])
      st = lb_error_set(err, LB_EDATA, "latency: column %zu is a combination of those before it",
                        j + 1);
  if (st == LB_OK) start_from(m, &line, fraction, start);
  if (st == LB_OK) st = lb_likelihood_maximise(&m->predictors, start, o->max_iter, &fit, err);
  lb_aft_reset(&line);
  lb_mem_free(start);
  bool better = best->theta == NULL || (fit.converged && !best->converged) ||
                (fit.converged == best->converged && fit.value > best->value);
  if (st == LB_OK && better) {
    lb_maximum_reset(best);
    *best = fit;
  } else {
    lb_maximum_reset(&fit);
  }
  return st;
}

/* Back to the units of the data. */
static void back_vcov(const problem *m, size_t p_latency, const double *vcov, double *out)
{
  size_t p = m->n_param;
  for (size_t j = 0; j < p; j++)
    for (size_t k = 0; k < p; k++)
      out[j * p + k] = (j <= p_latency ? m->rows.spread : 1) *
                       (k <= p_latency ? m->rows.spread : 1) * vcov[j * p + k];
}

static lb_status fill_fit(const problem *m, const lb_maximum *best, const lb_aft_options *o,
                          lb_cure *out, lb_error *err)
{
  size_t p = m->n_param;
  const lb_partition *cluster = m->data->cluster;
  bool clustered = cluster != NULL && cluster->code != NULL;
  back_vcov(m, out->p, best->vcov, out->naive_vcov);
  memcpy(out->vcov, out->naive_vcov, p * p * sizeof *out->vcov);
  if (o->robust || clustered) {
    double *robust = lb_mem_array(p, p * sizeof *robust);
    lb_status st = robust == NULL ? lb_error_nomem(err, "the robust variance")
                                  : lb_likelihood_sandwich(&m->predictors, best, cluster,
                                                           o->frequency, robust, err);
    if (st == LB_OK) back_vcov(m, out->p, robust, out->vcov);
    lb_mem_free(robust);
    if (st != LB_OK) return st;
    out->n_cluster = clustered ? cluster->n : m->data->x->n;
  }
  for (size_t j = 0; j < p; j++) {
    out->coef[j] = (j <= out->p ? m->rows.spread : 1) * best->theta[j];
    out->std_error[j] = sqrt(out->vcov[j * p + j]);
  }
  out->coef[0] += m->rows.centre;
  for (size_t s = 0; s < out->n_scale; s++) out->coef[1 + out->p + s] += log(m->rows.spread);
  out->log_lik = best->value + m->rows.constant;
  out->iterations = best->iterations;
  out->converged = best->converged && !best->singular;
  return LB_OK;
}

static lb_status alloc_fit(const problem *m, const lb_aft_options *o, lb_cure *out, lb_error *err)
{
  size_t p = m->n_param;
  *out = (lb_cure){.distribution = o->distribution,
                   .p = m->data->x->p,
                   .p_cure = m->data->z->p,
                   .n_scale = m->n_scale,
                   .n_param = p,
                   .n_shape = lb_aft_has_shape(o->distribution),
                   .scale = o->scale > 0 ? o->scale : (double)NAN};
  out->coef = lb_mem_zero(2 * p * (p + 1), sizeof *out->coef);
  if (out->coef == NULL) return lb_error_nomem(err, "the fit");
  out->std_error = out->coef + p;
  out->vcov = out->coef + 2 * p;
  out->naive_vcov = out->vcov + p * p;
  return LB_OK;
}

lb_status lb_cure_fit(const lb_cure_data *data, const lb_aft_options *options, lb_cure *out,
                      lb_error *err)
{
  static const double KEEP[] = {0.5, 0.1, 0.9};
  lb_aft_options o = *options;
  problem m = {0};
  lb_maximum best = {0};
  lb_aft none = {0};
  lb_cure fit = {0};
  if (!lb_aft_log_time(o.distribution))
    return lb_error_set(err, LB_EARG, "a cure model needs a distribution of log times");
  if (o.distribution == LB_AFT_EXPONENTIAL) o.scale = 1;
  if (o.distribution == LB_AFT_RAYLEIGH) o.scale = 0.5;
  lb_status st = problem_new(data, &o, &m, err);
  o.robust = false; /* of the starts */
  const lb_partition *strata = data->strata;
  if (strata != NULL && strata->code == NULL) strata = NULL;
  if (st == LB_OK) st = lb_aft_fit(data->y, data->x, strata, NULL, &o, &none, err);
  for (size_t k = 0; st == LB_OK && k < sizeof KEEP / sizeof *KEEP; k++)
    st = fit_from(&m, &o, KEEP[k], &best, err);
  if (st == LB_OK) st = alloc_fit(&m, &o, &fit, err);
  if (st == LB_OK) st = fill_fit(&m, &best, options, &fit, err);
  if (st == LB_OK) {
    fit.log_lik_none = none.log_lik;
    *out = fit;
  } else {
    lb_cure_reset(&fit);
  }
  lb_aft_reset(&none);
  lb_maximum_reset(&best);
  lb_aft_rows_reset(&m.rows);
  lb_mem_free(m.number);
  lb_mem_free((void *)m.column);
  return st;
}

void lb_cure_reset(lb_cure *fit)
{
  if (fit == NULL) return;
  lb_mem_free(fit->coef);
  *fit = (lb_cure){0};
}

double lb_cure_follow_up(const lb_aft_outcome *y)
{
  double last = 0, last_event = 0;
  size_t within = 0;
  for (size_t i = 0; i < y->n; i++) {
    bool exact = y->lower[i] == y->upper[i];
    if (!exact && isfinite(y->upper[i])) return (double)NAN;
    last = fmax(last, y->lower[i]);
    if (exact) last_event = fmax(last_event, y->lower[i]);
  }
  if (!(last > last_event)) return (double)NAN;
  for (size_t i = 0; i < y->n; i++)
    within += y->lower[i] == y->upper[i] && y->lower[i] > 2 * last_event - last;
  return pow(1 - (double)within / (double)y->n, (double)y->n);
}

/* ---- Curves ---- */

static double cure_predictor(const lb_cure_people *who, size_t row)
{
  const double *g = who->coef + who->latency.n_param;
  double xi = g[0] + (who->z.offset == NULL ? 0 : who->z.offset[row]);
  for (size_t j = 0; j < who->z.p; j++) xi += g[1 + j] * who->z.column[j][row];
  return xi;
}

/* Derivatives in location, log scale and shape, and in xi, become those in the parameters. */
static void spread_gradient(const lb_cure_people *who, size_t row, const double d[4], double *out)
{
  const lb_aft_people *l = &who->latency;
  size_t n = l->n_param;
  memset(out, 0, who->n_param * sizeof *out);
  out[0] = d[0];
  for (size_t j = 0; j < l->x.p; j++) out[1 + j] = d[0] * l->x.column[j][row];
  size_t stratum = l->stratum == NULL ? 0 : (size_t)l->stratum[row];
  if (l->n_scale > 0) out[1 + l->x.p + stratum] = d[1];
  if (l->n_shape > 0) out[n - 1] = d[2];
  out[n] = d[3];
  for (size_t j = 0; j < who->z.p; j++) out[n + 1 + j] = d[3] * who->z.column[j][row];
}

/* S = c + (1 - c) S0; the hazard is the latency's times the chance not to be cured. */
static void curve_at(const void *context, size_t row, double t, lb_curve_point *out)
{
  const lb_cure_people *who = context;
  double eta[3], xi = cure_predictor(who, row), ds[4], dh[4];
  lb_aft_point at;
  lb_row_term s = {0}, m = {0};
  lb_aft_person(&who->latency, row, eta);
  lb_aft_point_at(who->latency.distribution, who->latency.df, eta, t, &at);
  s.value = at.log_survival;
  memcpy(s.grad, at.ds, sizeof at.ds);
  add_mixture(&s, xi, 1, &m);
  double g = exp(-log1pexp(-xi) - m.value); /* cured among the event-free */
  out->log_survival = m.value;
  out->log_hazard = at.log_hazard - log1pexp(xi) + at.log_survival - m.value;
  for (int k = 0; k < 3; k++) {
    ds[k] = m.grad[k];
    dh[k] = at.dh[k] + g * at.ds[k];
  }
  ds[3] = m.grad[CURE];
  dh[3] = -g;
  spread_gradient(who, row, ds, out->ds);
  spread_gradient(who, row, dh, out->dh);
}

static double curve_linear(const void *context, size_t row, double *gradient)
{
  spread_gradient(context, row, (double[]){0, 0, 0, 1}, gradient);
  return cure_predictor(context, row);
}

/* log(c / ((1 - c) S0(t))) */
static double curve_cured(const void *context, size_t row, double t, double *gradient)
{
  const lb_cure_people *who = context;
  double eta[3];
  lb_aft_point at;
  lb_aft_person(&who->latency, row, eta);
  lb_aft_point_at(who->latency.distribution, who->latency.df, eta, t, &at);
  spread_gradient(who, row, (double[]){-at.ds[0], -at.ds[1], -at.ds[2], 1}, gradient);
  return cure_predictor(who, row) - at.log_survival;
}

void lb_cure_curve(const lb_cure_people *who, const double *vcov, double time_scale, lb_curve *out)
{
  *out = (lb_curve){.p = who->n_param,
                    .vcov = vcov,
                    .context = who,
                    .at = curve_at,
                    .linear = curve_linear,
                    .cured = curve_cured,
                    .positive = true,
                    .time_scale = time_scale};
}
