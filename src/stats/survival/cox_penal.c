/* cox_penal.c - Cox regression with penalised terms: from data to a fitted model with its tests. */
#include "stats/survival/cox_penal.h"

#include "base/interrupt.h"
#include "base/mem.h"
#include "stats/survival/cox_penal_work.h"
#include "stats/symmetric.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

/* Signs of an infinite coefficient, as in cox.c. */
#define GROWING   1e-3
#define EXTREME   8.0
#define SE_GROWTH 5.0
/* A variance's pivot below this part of its diagonal is rounding. */
#define SINGULAR 1e-12
/* A chi-square with fewer degrees of freedom than this is judged by this many. */
#define LEAST_DF 0.5

/* ---- Preparing ---- */

static lb_status check_term(const lb_penalty *t, size_t q, lb_error *err)
{
  bool frailty = t->kind == LB_PENALTY_FRAILTY;
  double least = t->kind == LB_PENALTY_SPLINE ? 1 : 0, most = (double)(frailty ? q : t->n_column);
  if (t->method == LB_PENALTY_FIXED && !(t->theta > 0 && isfinite(t->theta)))
    return lb_error_set(err, LB_EARG, "theta must be above 0");
  if (t->method == LB_PENALTY_DF && !(t->df > least && t->df < most))
    return lb_error_set(err, LB_EARG, "df is %g: between %g and %g was expected", t->df, least,
                        most);
  bool em = t->method == LB_PENALTY_EM, reml = t->method == LB_PENALTY_REML;
  if ((em && (!frailty || t->gaussian)) || (reml && !(frailty && t->gaussian)))
    return lb_error_set(err, LB_EARG, "the method is for %s frailty", em ? "gamma" : "Gaussian");
  return LB_OK;
}

static lb_status check(penal_work *w, size_t p, lb_error *err)
{
  const lb_cox_penalised *what = w->what;
  if (!(what->options.tolerance > 0))
    return lb_error_set(err, LB_EARG, "tolerance must be above 0");
  if (what->options.ties != LB_TIES_EFRON && what->options.ties != LB_TIES_BRESLOW)
    return lb_error_set(err, LB_EARG, "unknown method for ties");
  if (what->options.max_iter == 0) return lb_error_set(err, LB_EARG, "max_iter must be above 0");
  for (size_t k = 0; k < what->n_penalty; k++) {
    const lb_penalty *t = &what->penalty[k];
    lb_status st = check_term(t, what->group.n, err);
    if (st != LB_OK) return st;
    for (size_t j = 0; j < t->n_column; j++)
      if (t->column[j] >= p) return lb_error_set(err, LB_EARG, "a penalised column is not there");
    if (t->kind != LB_PENALTY_FRAILTY) continue;
    if (w->frailty != NULL) return lb_error_set(err, LB_EARG, "two frailties");
    w->frailty = t;
    w->frailty_index = k;
  }
  return LB_OK;
}

static bool alloc_columns(penal_work *w, size_t n_penalty)
{
  size_t p = w->data.p;
  w->theta = lb_mem_zero(n_penalty, sizeof *w->theta);
  w->unit_penalty = lb_mem_zero(n_penalty * p * p, sizeof *w->unit_penalty);
  w->penalty = lb_mem_zero(p * p, sizeof *w->penalty);
  w->base_offset = lb_mem_zero(w->data.n, sizeof *w->base_offset);
  w->beta = lb_mem_zero(p, sizeof *w->beta);
  w->trial = lb_mem_zero(p, sizeof *w->trial);
  w->step = lb_mem_zero(p, sizeof *w->step);
  w->gradient = lb_mem_zero(p, sizeof *w->gradient);
  w->schur = lb_mem_zero(p * p, sizeof *w->schur);
  w->factor = lb_mem_zero(p * p, sizeof *w->factor);
  w->vcov = lb_mem_zero(p * p, sizeof *w->vcov);
  w->pivot = lb_mem_zero(p, sizeof *w->pivot);
  w->null_se = lb_mem_zero(p, sizeof *w->null_se);
  w->kept = lb_mem_zero(p, sizeof *w->kept);
  w->solid = lb_mem_zero(p, sizeof *w->solid);
  w->term_kept = lb_mem_zero(p, sizeof *w->term_kept);
  w->vcov2 = lb_mem_zero(p * p, sizeof *w->vcov2);
  w->room = lb_mem_zero(3 * p * p, sizeof *w->room);
  return w->theta != NULL && w->unit_penalty != NULL && w->penalty != NULL &&
         w->base_offset != NULL && w->beta != NULL && w->trial != NULL && w->step != NULL &&
         w->gradient != NULL && w->schur != NULL && w->factor != NULL && w->vcov != NULL &&
         w->pivot != NULL && w->null_se != NULL && w->kept != NULL && w->solid != NULL &&
         w->term_kept != NULL && w->vcov2 != NULL && w->room != NULL;
}

static bool alloc_groups(penal_work *w)
{
  size_t q = w->groups.q, cells = w->data.p * q;
  w->omega = lb_mem_zero(q, sizeof *w->omega);
  w->omega_trial = lb_mem_zero(q, sizeof *w->omega_trial);
  w->omega_step = lb_mem_zero(q, sizeof *w->omega_step);
  w->omega_gradient = lb_mem_zero(q, sizeof *w->omega_gradient);
  w->delta = lb_mem_zero(q, sizeof *w->delta);
  w->inverse = lb_mem_zero(q, sizeof *w->inverse);
  w->cross = lb_mem_zero(cells, sizeof *w->cross);
  w->solved = lb_mem_zero(cells, sizeof *w->solved);
  return w->omega != NULL && w->omega_trial != NULL && w->omega_step != NULL &&
         w->omega_gradient != NULL && w->delta != NULL && w->inverse != NULL && w->cross != NULL &&
         w->solved != NULL;
}

static void work_reset(penal_work *w)
{
  void *array[] = {w->theta,      w->unit_penalty, w->penalty,  w->base_offset,    w->beta,
                   w->trial,      w->step,         w->gradient, w->omega,          w->omega_trial,
                   w->omega_step, w->delta,        w->cross,    w->omega_gradient, w->solved,
                   w->schur,      w->factor,       w->vcov,     w->pivot,          w->null_se,
                   w->kept,       w->solid,        w->inverse,  w->term_kept,      w->vcov2,
                   w->room};
  for (size_t i = 0; i < sizeof array / sizeof array[0]; i++) lb_mem_free(array[i]);
  cox_groups_reset(&w->groups);
  cox_data_reset(&w->data);
  cox_state_reset(&w->at);
}

/* Variance of a column over the rows, n - 1 below. */
static double column_variance(const double *x, size_t n)
{
  double mean = 0, rest = 0, squares = 0;
  for (size_t i = 0; i < n; i++) mean += x[i] / (double)n;
  for (size_t i = 0; i < n; i++) {
    rest += x[i] - mean;
    squares += (x[i] - mean) * (x[i] - mean);
  }
  return n > 1 ? (squares - rest * rest / (double)n) / (double)(n - 1) : 0;
}

/* Second differences of (0, b_1, ..., b_m): D'D without its first row and column. */
static double difference_product(size_t i, size_t j, size_t m)
{
  double sum = 0;
  for (size_t r = 0; r + 1 < m; r++) { /* difference r joins coefficients r, r + 1, r + 2 */
    const double weight[3] = {1, -2, 1};
    if (i + 1 < r || i + 1 > r + 2 || j + 1 < r || j + 1 > r + 2) continue;
    sum += weight[i + 1 - r] * weight[j + 1 - r];
  }
  return sum;
}

/* The penalty for theta 1, of coefficients per standard deviation. */
static void set_unit(penal_work *w, const lb_design *x, size_t k)
{
  const lb_penalty *t = &w->what->penalty[k];
  size_t p = w->data.p;
  double *unit = w->unit_penalty + k * p * p;
  for (size_t a = 0; a < t->n_column; a++) {
    size_t j = t->column[a];
    double scale = w->data.scale[j];
    if (t->kind == LB_PENALTY_RIDGE)
      unit[j * p + j] = (t->scaled ? column_variance(x->column[j], x->n) : 1) / (scale * scale);
    for (size_t b = 0; t->kind == LB_PENALTY_SPLINE && b < t->n_column; b++) {
      size_t i = t->column[b];
      unit[j * p + i] = difference_product(a, b, t->n_column) / (scale * w->data.scale[i]);
    }
  }
}

static lb_status work_new(penal_work *w, const lb_surv *y, const lb_design *x,
                          const lb_partition *strata, lb_error *err)
{
  const lb_cox_penalised *what = w->what;
  lb_status st = check(w, x->p, err);
  if (st != LB_OK) return st;
  double *zero = x->offset == NULL ? lb_mem_zero(x->n, sizeof *zero) : NULL;
  if (x->offset == NULL && zero == NULL) return lb_error_nomem(err, "Cox model");
  lb_design design = *x; /* log-frailties will be part of the offset */
  if (zero != NULL) design.offset = zero;
  st = cox_data_new(y, &design, strata, &w->data, err);
  lb_mem_free(zero);
  if (st == LB_OK) st = cox_state_new(&w->data, &w->at, err);
  if (st == LB_OK && !alloc_columns(w, what->n_penalty)) st = lb_error_nomem(err, "Cox model");
  if (st == LB_OK && w->frailty != NULL) {
    st = cox_groups_new(&w->data, &w->at, &what->group, &w->groups, err);
    if (st == LB_OK && !alloc_groups(w)) st = lb_error_nomem(err, "frailty");
  }
  if (st != LB_OK) return st;
  memcpy(w->base_offset, w->data.offset, w->data.n * sizeof *w->base_offset);
  for (size_t k = 0; k < what->n_penalty; k++) {
    w->theta[k] = what->penalty[k].method == LB_PENALTY_FIXED ? what->penalty[k].theta : 1;
    set_unit(w, x, k);
  }
  penal_set_penalty(w);
  return LB_OK;
}

static lb_status fit_alloc(lb_cox_penal *f, size_t p, size_t n_penalty, size_t q, lb_error *err)
{
  lb_cox *fit = &f->cox;
  fit->coef = lb_mem_zero(p, sizeof *fit->coef);
  fit->vcov = lb_mem_zero(p * p, sizeof *fit->vcov);
  fit->std_error = lb_mem_zero(p, sizeof *fit->std_error);
  fit->means = lb_mem_zero(p, sizeof *fit->means);
  fit->scale = lb_mem_zero(p, sizeof *fit->scale);
  fit->rounded = lb_mem_zero(p, sizeof *fit->rounded);
  fit->collinear = lb_mem_zero(p, sizeof *fit->collinear);
  fit->infinite = lb_mem_zero(p, sizeof *fit->infinite);
  f->vcov2 = lb_mem_zero(p * p, sizeof *f->vcov2);
  f->std_error2 = lb_mem_zero(p, sizeof *f->std_error2);
  f->term = lb_mem_zero(n_penalty, sizeof *f->term);
  f->log_frailty = lb_mem_zero(q, sizeof *f->log_frailty);
  f->log_frailty_std_error = lb_mem_zero(q, sizeof *f->log_frailty_std_error);
  f->group_event = lb_mem_zero(q, sizeof *f->group_event);
  bool ok = fit->coef != NULL && fit->vcov != NULL && fit->std_error != NULL &&
            fit->means != NULL && fit->scale != NULL && fit->rounded != NULL &&
            fit->collinear != NULL && fit->infinite != NULL && f->vcov2 != NULL &&
            f->std_error2 != NULL && f->term != NULL && f->log_frailty != NULL &&
            f->log_frailty_std_error != NULL && f->group_event != NULL;
  return ok ? LB_OK : lb_error_nomem(err, "Cox model");
}

/* Row j: the combination of earlier kept columns that column j is, from the information at 0. */
static lb_status find_combinations(const penal_work *w, lb_cox *fit, lb_error *err)
{
  size_t p = w->data.p;
  if (w->rank == p) return LB_OK;
  fit->n_collinear = p - w->rank;
  fit->combination = lb_mem_zero(p * p, sizeof *fit->combination);
  if (fit->combination == NULL) return lb_error_nomem(err, "Cox model");
  for (size_t j = 0; j < p; j++) {
    fit->collinear[j] = !w->kept[j];
    if (w->kept[j]) continue;
    double *row = fit->combination + j * p;
    memcpy(row, w->schur + j * p, j * sizeof *row);
    lb_cholesky_solve(w->factor, p, w->kept, j, row);
    for (size_t i = 0; i < j; i++)
      row[i] = fabs(row[i]) < 1e-5 ? 0 : row[i] * w->data.scale[j] / w->data.scale[i];
  }
  return LB_OK;
}

/* ---- Finishing ---- */

static lb_penal_test chi_square_test(double chi_square, double df)
{
  lb_penal_test test = {.chi_square = fmax(chi_square, 0), .df = df, .p_value = NAN};
  if (df > 0) test.p_value = gsl_cdf_chisq_Q(test.chi_square, fmax(df, LEAST_DF));
  return test;
}

static void flag_infinite(const penal_work *w, lb_cox *fit)
{
  size_t p = w->data.p;
  for (size_t j = 0; j < p; j++) {
    if (!w->kept[j]) continue;
    double range = w->data.range[j], se = sqrt(w->vcov[j * p + j]);
    bool grows = fabs(w->step[j]) * range > GROWING && fabs(w->beta[j]) * range > EXTREME &&
                 (w->converged || se > SE_GROWTH * w->null_se[j]);
    fit->infinite[j] = grows || !w->solid[j];
    fit->n_infinite += fit->infinite[j];
  }
}

/* From standard deviations back to the columns' units. */
static void unscale(const penal_work *w, lb_cox_penal *f)
{
  size_t p = w->data.p;
  const double *scale = w->data.scale;
  lb_cox *fit = &f->cox;
  for (size_t j = 0; j < p; j++) {
    fit->means[j] = w->data.mean[j];
    fit->scale[j] = scale[j];
    fit->coef[j] = w->kept[j] ? w->beta[j] / scale[j] : NAN;
    for (size_t i = 0; i < p; i++) {
      bool known = w->solid[i] && w->solid[j];
      double unit = scale[i] * scale[j];
      fit->vcov[j * p + i] = known ? w->vcov[j * p + i] / unit : NAN;
      f->vcov2[j * p + i] = known ? w->vcov2[j * p + i] / unit : NAN;
    }
    fit->std_error[j] = w->solid[j] ? sqrt(w->vcov[j * p + j]) / scale[j] : NAN;
    f->std_error2[j] = w->solid[j] ? sqrt(fmax(f->vcov2[j * p + j], 0)) : NAN;
  }
}

/* The coefficients of a term, with their variances: m numbers, m x m. */
typedef struct term_part {
  size_t m;
  double *coef, *vcov, *vcov2, *factor, *room;
  bool *kept;
} term_part;

static void part_reset(term_part *t)
{
  lb_mem_free(t->coef);
  lb_mem_free(t->kept);
}

/* Columns without an estimate are left out. */
static lb_status part_new(const lb_cox_penal *f, const lb_penalty *penalty, term_part *out,
                          lb_error *err)
{
  size_t m = penalty->n_column, p = f->cox.p, n = 0;
  term_part t = {.coef = lb_mem_zero(3 * m * m + 4 * m, sizeof *t.coef),
                 .kept = lb_mem_zero(m, sizeof *t.kept)};
  if (t.coef == NULL || t.kept == NULL) {
    part_reset(&t);
    return lb_error_nomem(err, "Cox model");
  }
  for (size_t k = 0; k < m; k++) n += isfinite(f->cox.std_error[penalty->column[k]]) != 0;
  t.m = n;
  t.vcov = t.coef + m;
  t.vcov2 = t.vcov + n * n;
  t.factor = t.vcov2 + n * n;
  t.room = t.factor + n * n;
  for (size_t k = 0, a = 0; k < m; k++) {
    size_t j = penalty->column[k];
    if (!isfinite(f->cox.std_error[j])) continue;
    t.coef[a] = f->cox.coef[j];
    t.room[2 * n + a] = (double)(k + 1) * penalty->spacing;
    for (size_t l = 0, b = 0; l < m; l++) {
      size_t i = penalty->column[l];
      if (!isfinite(f->cox.std_error[i])) continue;
      t.vcov[a * n + b] = f->cox.vcov[j * p + i];
      t.vcov2[a * n + b++] = f->vcov2[j * p + i];
    }
    a++;
  }
  lb_cholesky(t.vcov, n, SINGULAR, NULL, t.factor, t.kept);
  *out = t;
  return LB_OK;
}

static double part_dot(const double *a, const double *b, size_t n)
{
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += a[i] * b[i];
  return sum;
}

/* The slope of the coefficients over the centres of their B-splines, by generalised least squares:
 * a straight line in x has coefficients on a straight line (Therneau & Grambsch 2000, section
 * 5.8.3). The rest of the Wald statistic is that of the departure from the line. */
static void test_linear(const term_part *t, lb_penal_term *term)
{
  size_t m = t->m;
  double *one = t->room, *slope = t->room + m, *centre = t->room + 2 * m;
  for (size_t i = 0; i < m; i++) one[i] = 1;
  memcpy(slope, centre, m * sizeof *slope);
  lb_cholesky_solve(t->factor, m, t->kept, m, one);
  lb_cholesky_solve(t->factor, m, t->kept, m, slope);
  double a = 0, b = part_dot(one, centre, m), c = part_dot(slope, centre, m);
  for (size_t i = 0; i < m; i++) a += one[i];
  double determinant = a * c - b * b;
  for (size_t i = 0; i < m; i++) slope[i] = (a * slope[i] - b * one[i]) / determinant;
  double variance = 0, variance2 = 0;
  for (size_t i = 0; i < m; i++) {
    variance += slope[i] * part_dot(t->vcov + i * m, slope, m);
    variance2 += slope[i] * part_dot(t->vcov2 + i * m, slope, m);
  }
  term->slope = part_dot(slope, t->coef, m);
  term->slope_std_error = sqrt(fmax(variance, 0));
  term->slope_std_error2 = sqrt(fmax(variance2, 0));
  term->linear = chi_square_test(term->slope * term->slope / variance, 1);
  term->nonlinear =
      chi_square_test(term->wald.chi_square - term->linear.chi_square, fmax(term->df - 1, 0));
}

static lb_status test_columns(const lb_cox_penal *f, const lb_penalty *penalty, lb_penal_term *term,
                              lb_error *err)
{
  term_part t;
  lb_status st = part_new(f, penalty, &t, err);
  if (st != LB_OK) return st;
  memcpy(t.room, t.coef, t.m * sizeof *t.room);
  lb_cholesky_solve(t.factor, t.m, t.kept, t.m, t.room);
  term->wald = chi_square_test(part_dot(t.room, t.coef, t.m), term->df);
  if (penalty->kind == LB_PENALTY_SPLINE && t.m > 1) test_linear(&t, term);
  part_reset(&t);
  return LB_OK;
}

/* w' (V's part of the frailties)^-1 w = w'(C + delta)w - (B'w)'(A + P)^-1 (B'w). */
static void test_frailty(penal_work *w, lb_penal_term *term)
{
  size_t p = w->data.p, q = w->groups.q;
  double sum = 0;
  if (!w->frailty_on) {
    term->wald = (lb_penal_test){0, 0, NAN};
    return;
  }
  for (size_t k = 0; k < w->data.n; k++) w->groups.u[k] = w->omega[w->groups.group[k]];
  cox_groups_multiply(&w->groups, w->omega_trial);
  for (size_t g = 0; g < q; g++)
    sum += w->omega[g] * (w->omega_trial[g] + w->delta[g] * w->omega[g]);
  for (size_t j = 0; j < p; j++) {
    w->trial[j] = part_dot(w->cross + j * q, w->omega, q);
    for (size_t i = 0; i <= j; i++)
      w->schur[j * p + i] = w->at.information[j * p + i] + w->penalty[j * p + i];
    if (!w->kept[j]) w->schur[j * p + j] = 0;
  }
  lb_cholesky(w->schur, p, SINGULAR, w->pivot, w->factor, w->solid);
  memcpy(w->step, w->trial, p * sizeof *w->step);
  lb_cholesky_solve(w->factor, p, w->solid, p, w->step);
  term->wald = chi_square_test(sum - part_dot(w->step, w->trial, p), term->df);
}

static void finish_frailty(const penal_work *w, lb_cox_penal *f)
{
  f->log_lik_integrated = penal_integrated(w);
  f->approximate_trace = f->n_group > PENAL_DENSE && w->frailty_on;
  for (size_t g = 0; g < f->n_group; g++) {
    f->log_frailty[g] = w->frailty_on ? w->omega[g] : 0;
    f->log_frailty_std_error[g] = w->frailty_on ? sqrt(w->inverse[g]) : 0;
    f->group_event[g] = w->groups.event[g];
  }
  double twice = fmax(2 * (f->log_lik_integrated - f->log_lik_no_frailty), 0);
  f->frailty_test = (lb_penal_test){twice, 1, twice > 0 ? gsl_cdf_chisq_Q(twice, 1) / 2 : 1};
}

/* Of coefficients with an estimate. */
static double wald_of(const penal_work *w)
{
  size_t p = w->data.p;
  double wald = 0;
  for (size_t j = 0; j < p; j++) { /* |L' beta|^2 */
    double sum = 0;
    for (size_t i = j; i < p; i++) sum += w->factor[i * p + j] * w->beta[i];
    wald += sum * sum;
  }
  return wald;
}

static lb_status finish(penal_work *w, lb_cox_penal *f, lb_error *err)
{
  flag_infinite(w, &f->cox);
  unscale(w, f);
  f->cox.log_lik = w->at.log_lik;
  f->penalty = w->value;
  f->df = penal_df(w);
  double frailty_df = w->frailty == NULL ? 0 : penal_term_df(w, w->frailty_index);
  f->lr_test = chi_square_test(2 * (f->cox.log_lik - f->cox.log_lik_null), f->df);
  f->wald_test = chi_square_test(wald_of(w), f->df - frailty_df);
  if (w->frailty != NULL) finish_frailty(w, f);
  f->cox.iterations = w->iterations;
  f->cox.converged = w->converged && f->cox.n_infinite == 0;
  lb_status st = LB_OK;
  for (size_t k = 0; k < f->n_penalty && st == LB_OK; k++) {
    lb_penal_term *term = &f->term[k];
    term->theta = w->theta[k];
    term->df = penal_term_df(w, k);
    f->cox.converged = f->cox.converged && term->converged;
    if (w->what->penalty[k].kind != LB_PENALTY_FRAILTY)
      st = test_columns(f, &w->what->penalty[k], term, err);
  }
  if (w->frailty != NULL) test_frailty(w, &f->term[w->frailty_index]); /* uses up the factor */
  return st;
}

/* The null model, the one without frailty, then theta. */
static lb_status fit_all(penal_work *w, lb_cox_penal *f, lb_error *err)
{
  lb_status st = penal_start(w, err);
  if (st != LB_OK) return st;
  f->cox.log_lik_null = w->at.log_lik;
  st = find_combinations(w, &f->cox, err);
  f->log_lik_integrated = f->log_lik_no_frailty = f->frailty_test.p_value = NAN;
  if (st == LB_OK && w->frailty != NULL) {
    st = penal_find_theta(w, f->term, false, err);
    f->log_lik_no_frailty = w->at.log_lik;
  }
  if (st == LB_OK) st = penal_find_theta(w, f->term, w->frailty != NULL, err);
  if (st == LB_OK) st = finish(w, f, err);
  if (st == LB_OK && lb_interrupted()) st = lb_error_interrupted(err);
  return st;
}

lb_status lb_cox_penal_fit(const lb_surv *y, const lb_design *x, const lb_partition *strata,
                           const lb_cox_penalised *what, lb_cox_penal *out, lb_error *err)
{
  penal_work w = {.what = what};
  lb_cox_penal f = {.n_penalty = what->n_penalty};
  f.cox = (lb_cox){.p = x->p, .n_used = y->n, .n_missing = y->n_missing};
  f.cox.concordance = f.cox.concordance_std_error = NAN;
  lb_status st = work_new(&w, y, x, strata, err);
  f.n_group = w.groups.q;
  if (st == LB_OK) st = fit_alloc(&f, x->p, what->n_penalty, f.n_group, err);
  if (st == LB_OK) f.cox.n_event = w.data.n_event;
  if (st == LB_OK && f.cox.n_event == 0) st = lb_error_set(err, LB_EDATA, "no events");
  if (st == LB_OK) st = fit_all(&w, &f, err);
  if (st == LB_OK) {
    *out = f;
    f = (lb_cox_penal){0};
  }
  lb_cox_penal_reset(&f);
  work_reset(&w);
  return st;
}

void lb_cox_penal_reset(lb_cox_penal *fit)
{
  if (fit == NULL) return;
  void *array[] = {
      fit->vcov2,      fit->std_error2, fit->term, fit->log_frailty, fit->log_frailty_std_error,
      fit->group_event};
  for (size_t i = 0; i < sizeof array / sizeof array[0]; i++) lb_mem_free(array[i]);
  lb_cox_reset(&fit->cox);
  *fit = (lb_cox_penal){0};
}
