/* royston.c - Royston-Parmar models: likelihood of splines, strata and effects that change. */
#include "stats/survival/royston.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "stats/survival/aft_robust.h"
#include "stats/survival/royston_spline.h"
#include "stats/symmetric.h"

enum { LOWER, SLOPE, UPPER, ENTRY, N_PREDICTOR };
enum { LOW_LOW = 0, SLOPE_SLOPE = 2, UP_LOW = 3, UP_UP = 5, ENTRY_ENTRY = 9 };

static lb_standard standard_of(lb_royston_scale scale)
{
  return scale == LB_ROYSTON_HAZARD ? LB_STANDARD_EXTREME
         : scale == LB_ROYSTON_ODDS ? LB_STANDARD_LOGISTIC
                                    : LB_STANDARD_NORMAL;
}

/* ---- Likelihood ---- */

typedef struct rows {
  const lb_aft_outcome *y;
  lb_standard kind;
  double log_range; /* of the knots, which slopes are taken over */
} rows;

static bool row_term(const void *context, size_t i, const double *eta, lb_row_term *out)
{
  const rows *r = context;
  double lower = r->y->lower[i], upper = r->y->upper[i];
  if (lower == upper) {
    lb_density d;
    if (!(eta[SLOPE] > 0)) return false; /* a negative hazard */
    lb_standard_density(r->kind, eta[LOWER], 0, &d);
    out->value = d.log + log(eta[SLOPE]) - r->log_range - log(lower);
    out->grad[LOWER] = d.w;
    out->hess[LOW_LOW] = d.ww;
    out->grad[SLOPE] = 1 / eta[SLOPE];
    out->hess[SLOPE_SLOPE] = -1 / (eta[SLOPE] * eta[SLOPE]);
  } else {
    double l = lower > 0 ? eta[LOWER] : -INFINITY, u = isinf(upper) ? INFINITY : eta[UPPER];
    lb_mass_term t;
    if (!(l < u)) return false;
    lb_standard_mass_term(r->kind, l, u, 0, &t);
    out->value = t.log;
    out->grad[LOWER] = t.l;
    out->grad[UPPER] = t.u;
    out->hess[LOW_LOW] = t.ll;
    out->hess[UP_LOW] = t.lu;
    out->hess[UP_UP] = t.uu;
  }
  if (r->y->entry != NULL && r->y->entry[i] > 0) {
    lb_mass_term t;
    lb_standard_mass_term(r->kind, eta[ENTRY], INFINITY, 0, &t);
    out->value -= t.log;
    out->grad[ENTRY] = -t.l;
    out->hess[ENTRY_ENTRY] = -t.ll;
  }
  return isfinite(out->value) && isfinite(out->grad[LOWER]) && isfinite(out->hess[LOW_LOW]);
}

/* Knots on [0, 1] make the bases well conditioned; columns of x stand as they are. */
typedef struct problem {
  const lb_aft_outcome *y;
  const lb_design *x;
  const lb_royston_form *form;
  const lb_partition *strata; /* NULL: one */
  rows rows;
  lb_royston_form unit; /* knots on [0, 1] */
  size_t n_list;        /* columns of a predictor that are numbers of our own */
  double *number;       /* for each predictor: bases times strata or columns */
  const double **column;
  lb_predictors predictors;
} problem;

size_t lb_royston_effect_at(const lb_royston_form *form, size_t effect)
{
  size_t at = form->n_stratum * form->n_spline + form->p;
  for (size_t e = 0; e < effect; e++) at += form->effect[e].n_knot - 1;
  return at;
}

static double unit_time(const problem *m, double t)
{
  double low = m->form->knot[0], range = m->form->knot[m->form->n_spline - 1] - low;
  return t > 0 && isfinite(t) ? (log(t) - low) / range : 0; /* 0: nobody looks */
}

/* Our own columns of row i at a time: bases in the row's stratum, then those of the effects. */
static void fill_row(problem *m, size_t i, double t, double *value, double *slope)
{
  const lb_royston_form *f = &m->unit;
  size_t n = m->x->n, s = f->n_spline, stratum = m->strata == NULL ? 0 : (size_t)m->strata->code[i];
  double v[LB_ROYSTON_KNOTS], d[LB_ROYSTON_KNOTS], u = unit_time(m, t);
  lb_royston_basis(f->knot, s, u, v, d);
  for (size_t j = 0; j < s; j++) {
    value[(stratum * s + j) * n + i] = v[j];
    if (slope != NULL) slope[(stratum * s + j) * n + i] = d[j];
  }
  size_t at = f->n_stratum * s;
  for (size_t e = 0; e < f->n_effect; e++) {
    double x = m->x->column[f->effect[e].column][i];
    lb_royston_basis(f->effect[e].knot, f->effect[e].n_knot, u, v, d);
    for (size_t j = 1; j < f->effect[e].n_knot; j++, at++) {
      value[at * n + i] = x * v[j];
      if (slope != NULL) slope[at * n + i] = x * d[j];
    }
  }
}

static void fill_bases(problem *m)
{
  size_t n = m->x->n, p = m->form->n_param, own = m->form->n_stratum * m->form->n_spline;
  const double *const times[] = {m->y->lower, m->y->upper, m->y->entry};
  static const size_t PREDICTOR[] = {LOWER, UPPER, ENTRY};
  bool interval = false;
  for (size_t i = 0; i < n; i++)
    interval = interval || (m->y->lower[i] < m->y->upper[i] && isfinite(m->y->upper[i]));
  for (size_t k = 0; k < 3; k++) {
    if (times[k] == NULL || (k == 1 && !interval)) continue;
    double *value = m->number + PREDICTOR[k] * m->n_list * n;
    double *slope = k == 0 ? m->number + SLOPE * m->n_list * n : NULL;
    for (size_t i = 0; i < n; i++) fill_row(m, i, times[k][i], value, slope);
    for (size_t j = 0; j < m->n_list; j++) {
      size_t at = j < own ? j : j + m->form->p;
      m->column[PREDICTOR[k] * p + at] = value + j * n;
      bool constant = j < own && j % m->form->n_spline == 0;
      if (k == 0 && !constant) m->column[SLOPE * p + at] = slope + j * n;
    }
    for (size_t j = 0; j < m->x->p; j++) m->column[PREDICTOR[k] * p + own + j] = m->x->column[j];
    m->predictors.offset[PREDICTOR[k]] = m->x->offset;
  }
}

static void unit_knots(const lb_royston_form *form, lb_royston_form *unit)
{
  double low = form->knot[0], range = form->knot[form->n_spline - 1] - low;
  *unit = *form;
  for (size_t j = 0; j < form->n_spline; j++) unit->knot[j] = (form->knot[j] - low) / range;
  unit->knot[form->n_spline - 1] = 1;
  for (size_t e = 0; e < form->n_effect; e++) {
    size_t n = form->effect[e].n_knot;
    for (size_t j = 0; j < n; j++)
      unit->effect[e].knot[j] = (form->effect[e].knot[j] - low) / range;
    unit->effect[e].knot[n - 1] = 1;
  }
}

static lb_status problem_new(const lb_aft_outcome *y, const lb_design *x,
                             const lb_partition *strata, const lb_royston_form *form, problem *m,
                             lb_error *err)
{
  *m = (problem){.y = y,
                 .x = x,
                 .form = form,
                 .strata = strata,
                 .rows = {.y = y, .kind = standard_of(form->scale)}};
  m->n_list = form->n_param - form->p;
  m->number = lb_mem_zero(x->n, N_PREDICTOR * m->n_list * sizeof *m->number);
  m->column = lb_mem_zero(N_PREDICTOR * form->n_param, sizeof *m->column);
  if (m->number == NULL || m->column == NULL) return lb_error_nomem(err, "the spline");
  m->rows.log_range = log(form->knot[form->n_spline - 1] - form->knot[0]);
  unit_knots(form, &m->unit);
  m->predictors = (lb_predictors){.n = x->n,
                                  .k = N_PREDICTOR,
                                  .p = form->n_param,
                                  .column = m->column,
                                  .weight = y->weight,
                                  .row = row_term,
                                  .context = &m->rows};
  fill_bases(m);
  return LB_OK;
}

static void problem_reset(problem *m)
{
  lb_mem_free(m->number);
  lb_mem_free((void *)m->column);
}

/* The member of the family with a straight line and effects that do not change, on the scale of
 * the knots. */
static lb_status straight_start(const problem *m, double *start, lb_error *err)
{
  static const lb_aft_distribution LINE[] = {LB_AFT_WEIBULL, LB_AFT_LOGLOGISTIC, LB_AFT_LOGNORMAL};
  const lb_royston_form *f = m->form;
  lb_aft_options options = LB_AFT_DEFAULTS;
  lb_aft line = {0};
  options.distribution = LINE[f->scale];
  lb_design x = *m->x;
  x.offset = NULL; /* an offset of another scale; a start need not know it */
  lb_status st = lb_aft_fit(m->y, &x, NULL, NULL, &options, &line, err);
  if (st != LB_OK) return st;
  double sigma = exp(line.coef[1 + line.p]), low = f->knot[0];
  double range = f->knot[f->n_spline - 1] - low;
  for (size_t s = 0; s < f->n_stratum; s++) {
    start[s * f->n_spline] = (low - line.coef[0]) / sigma;
    start[s * f->n_spline + 1] = range / sigma;
  }
  for (size_t j = 0; j < line.p; j++) {
    bool none = line.collinear[j];
    if (none && st == LB_OK)
      st = lb_error_set(err, LB_EDATA, "column %zu of the design is a combination of those before",
                        j + 1);
    start[f->n_stratum * f->n_spline + j] = none ? 0 : -line.coef[1 + j] / sigma;
  }
  lb_aft_reset(&line);
  return st;
}

/* ---- Back to log t ---- */

/* theta = A fitted: A's column of a fitted parameter is its unit, and for a slope also what it
 * takes from the constant that it goes with. */
typedef struct way_back {
  double unit, shift;
  size_t constant;
} way_back;

static void fill_way(const lb_royston_form *f, way_back *way)
{
  double low = f->knot[0], range = f->knot[f->n_spline - 1] - low;
  double curve = 1 / (range * range * range);
  for (size_t j = 0; j < f->n_param; j++) way[j] = (way_back){1, 0, j};
  for (size_t s = 0; s < f->n_stratum; s++) {
    size_t at = s * f->n_spline;
    way[at + 1] = (way_back){1 / range, -low / range, at};
    for (size_t j = 2; j < f->n_spline; j++) way[at + j].unit = curve;
  }
  for (size_t e = 0; e < f->n_effect; e++) {
    size_t at = lb_royston_effect_at(f, e);
    size_t constant = f->n_stratum * f->n_spline + f->effect[e].column;
    way[at] = (way_back){1 / range, -low / range, constant};
    for (size_t j = 1; j + 1 < f->effect[e].n_knot; j++) way[at + j].unit = curve;
  }
}

static void back_coef(const way_back *way, size_t p, const double *theta, double *out)
{
  for (size_t j = 0; j < p; j++) {
    out[j] += way[j].unit * theta[j];
    out[way[j].constant] += way[j].shift * theta[j];
  }
}

/* out += A V A' */
static void back_vcov(const way_back *way, size_t p, const double *vcov, double *out)
{
  for (size_t j = 0; j < p; j++) {
    for (size_t k = 0; k < p; k++) {
      const way_back *a = &way[j], *b = &way[k];
      double v = vcov[j * p + k];
      out[j * p + k] += a->unit * b->unit * v;
      out[a->constant * p + k] += a->shift * b->unit * v;
      out[j * p + b->constant] += a->unit * b->shift * v;
      out[a->constant * p + b->constant] += a->shift * b->shift * v;
    }
  }
}

/* ---- Fit ---- */

/* b' V^-1 b of the splines of all effects, on the scale of the unit knots. */
static lb_status wald_change(const double *theta, const double *vcov, lb_royston *out,
                             lb_error *err)
{
  size_t p = out->form.n_param, from = lb_royston_effect_at(&out->form, 0), n = p - from;
  double *v = lb_mem_array(n + 1, (n + 1) * sizeof *v);
  if (v == NULL) return lb_error_nomem(err, "the test");
  for (size_t j = 0; j < n; j++)
    for (size_t k = 0; k < n; k++) v[j * n + k] = vcov[(from + j) * p + from + k];
  bool known = n == 0 || lb_symmetric_quadratic(v, theta + from, n, 1e-13, &out->wald_change,
                                                &out->df_change);
  lb_mem_free(v);
  return known ? LB_OK : lb_error_nomem(err, "the test");
}

static lb_status fill_fit(const problem *m, const lb_maximum *best, const lb_partition *cluster,
                          const lb_royston_options *o, lb_royston *out, lb_error *err)
{
  size_t p = out->form.n_param;
  bool clustered = cluster != NULL && cluster->code != NULL;
  way_back *way = lb_mem_array(p, sizeof *way);
  double *robust = lb_mem_array(p, p * sizeof *robust);
  lb_status st = way != NULL && robust != NULL ? LB_OK : lb_error_nomem(err, "the fit");
  if (st == LB_OK && (o->robust || clustered)) {
    out->n_cluster = clustered ? cluster->n : m->x->n;
    st = lb_likelihood_sandwich(&m->predictors, best, cluster, o->frequency, robust, err);
  }
  const double *vcov = out->n_cluster > 0 ? robust : best->vcov;
  if (st == LB_OK && !best->singular) st = wald_change(best->theta, vcov, out, err);
  if (st == LB_OK) {
    fill_way(&out->form, way);
    back_coef(way, p, best->theta, out->coef);
    back_vcov(way, p, best->vcov, out->naive_vcov);
    back_vcov(way, p, vcov, out->vcov);
    for (size_t j = 0; j < p; j++) out->std_error[j] = sqrt(out->vcov[j * p + j]);
    out->log_lik = best->value;
    out->iterations = best->iterations;
    out->converged = best->converged && !best->singular;
  }
  lb_mem_free(way);
  lb_mem_free(robust);
  return st;
}

/* One fit of the form that `fit` has. */
static lb_status fit_once(const lb_aft_outcome *y, const lb_design *x, const lb_partition *strata,
                          const lb_partition *cluster, const lb_royston_options *o, lb_royston *fit,
                          lb_error *err)
{
  problem m = {0};
  lb_maximum best = {0};
  lb_royston_form *f = &fit->form;
  f->p = x->p;
  f->n_param = lb_royston_effect_at(f, f->n_effect);
  size_t p = f->n_param;
  double *start = lb_mem_zero(p, sizeof *start);
  fit->coef = lb_mem_zero(2 * p * (p + 1), sizeof *fit->coef);
  lb_status st = start != NULL && fit->coef != NULL ? problem_new(y, x, strata, f, &m, err)
                                                    : lb_error_nomem(err, "the fit");
  if (st == LB_OK) st = straight_start(&m, start, err);
  if (st == LB_OK) st = lb_likelihood_maximise(&m.predictors, start, o->max_iter, &best, err);
  if (st == LB_OK) {
    fit->std_error = fit->coef + p;
    fit->vcov = fit->coef + 2 * p;
    fit->naive_vcov = fit->vcov + p * p;
    st = fill_fit(&m, &best, cluster, o, fit, err);
  }
  lb_maximum_reset(&best);
  problem_reset(&m);
  lb_mem_free(start);
  return st;
}

/* A stratum's own spline needs events of its own. */
static lb_status check_strata(const lb_aft_outcome *y, const lb_partition *strata, lb_error *err)
{
  if (strata == NULL) return LB_OK;
  size_t *events = lb_mem_zero(strata->n + 1, sizeof *events), few = 0;
  if (events == NULL) return lb_error_nomem(err, "strata");
  for (size_t i = 0; i < y->n; i++)
    if (isfinite(y->upper[i]) && (y->weight == NULL || y->weight[i] > 0)) events[strata->code[i]]++;
  for (size_t s = 0; s < strata->n; s++) few += events[s] < 2;
  lb_mem_free(events);
  if (few == 0) return LB_OK;
  lb_error_set(err, LB_EDATA, "%zu of %zu strata ha%s fewer than 2 events: no spline of their own",
               few, strata->n, few == 1 ? "s" : "ve");
  lb_error_mend(err, "Join levels, or add the variable as a term.");
  return LB_EDATA;
}

/* The times of the data: the least known to the largest. */
static lb_status check_hazards(const lb_aft_outcome *y, const lb_design *x,
                               const lb_partition *strata, lb_royston *fit, lb_error *err)
{
  double from = INFINITY, to = 0;
  const double *const times[] = {y->lower, y->upper, y->entry};
  for (size_t k = 0; k < 3; k++)
    for (size_t i = 0; times[k] != NULL && i < y->n; i++)
      if (times[k][i] > 0 && isfinite(times[k][i])) {
        from = fmin(from, times[k][i]);
        to = fmax(to, times[k][i]);
      }
  lb_royston_people who = {.form = fit->form,
                           .coef = fit->coef,
                           .x = *x,
                           .stratum = strata == NULL ? NULL : strata->code};
  if (!fit->converged) return LB_OK;
  return lb_royston_negative_hazards(&who, from, to, &fit->negative, err);
}

lb_status lb_royston_fit(const lb_aft_outcome *y, const lb_design *x, const lb_partition *strata,
                         const lb_partition *cluster, const lb_royston_options *options,
                         lb_royston *out, lb_error *err)
{
  lb_design none = {.n = x->n, .offset = x->offset};
  if (strata != NULL && strata->code == NULL) strata = NULL;
  lb_royston fit = {.form = {.scale = options->scale, .n_stratum = strata ? strata->n : 1}}, null;
  lb_status st = check_strata(y, strata, err);
  if (st == LB_OK) st = lb_royston_place_knots(y, options, &fit.form, err);
  null = fit;
  null.form.n_effect = 0;
  if (st == LB_OK) st = fit_once(y, x, strata, cluster, options, &fit, err);
  if (st == LB_OK) st = fit_once(y, &none, strata, NULL, options, &null, err);
  if (st == LB_OK) st = check_hazards(y, x, strata, &fit, err);
  if (st == LB_OK) {
    fit.log_lik_null = null.log_lik;
    fit.df = fit.form.n_param - null.form.n_param;
    *out = fit;
  } else {
    lb_royston_reset(&fit);
  }
  lb_royston_reset(&null);
  return st;
}

void lb_royston_reset(lb_royston *fit)
{
  if (fit == NULL) return;
  lb_mem_free(fit->coef);
  *fit = (lb_royston){0};
}
