/* aft.c - parametric survival regression by maximum likelihood: standardised rows and columns, good
 * starts, and the way back to the units of the data. */
#include "stats/survival/aft.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "stats/survival/aft_robust.h"
#include "stats/survival/aft_rows.h"
#include "stats/symmetric.h"

/* Columns this many standard deviations from 0 are centred. Others stay, so that a level without
 * events, whose coefficient is infinite, does not spill into the intercept. */
#define FAR        10.0
#define COLLINEAR  1e-9    /* of a column's own variance, once those before it are taken out */
#define ENDLESS    0.03    /* a converged step of this many scales: the estimate is infinite */
#define NO_SCALE   (-11.0) /* log scale in units of the spread: exp(-11) is none */
#define FAR_OFF    8.0     /* scales that a standard deviation of a column moves times by */
#define STEEP      100.0   /* a Gompertz shape times the mean time */
#define SMALL_DATA 20000   /* rows up to which a second start is tried */

/* A model in the making: rows and columns standardised. Parameters: intercept, the p kept columns,
 * log scales, shape. */
typedef struct problem {
  const lb_aft_outcome *y;
  const lb_design *x;
  const lb_aft_options *options;
  lb_aft_rows rows;
  size_t p, n_scale, n_shape, n_param; /* p: kept columns */
  size_t *kept;                        /* p indices of columns */
  bool *collinear;                     /* x->p */
  double *mean, *sd, *centre;          /* x->p */
  double *number;                      /* ones, columns, strata, offset */
  double *own_offset;
  const double **column; /* k times n_param */
  lb_predictors predictors;
} problem;

static void problem_reset(problem *m)
{
  lb_aft_rows_reset(&m->rows);
  lb_mem_free(m->kept);
  lb_mem_free(m->collinear);
  lb_mem_free(m->mean);
  lb_mem_free(m->number);
  lb_mem_free((void *)m->column);
}

/* Weighted mean and standard deviation of a column. */
static void column_moments(const problem *m, size_t j)
{
  const double *x = m->x->column[j], *weight = m->y->weight;
  double n = 0, mean = 0, square = 0;
  for (size_t i = 0; i < m->x->n; i++) {
    double w = weight == NULL ? 1 : weight[i], off = x[i] - mean;
    if (!(w > 0)) continue;
    n += w;
    mean += off * w / n;
    square += w * off * (x[i] - mean);
  }
  m->mean[j] = mean;
  m->sd[j] = square > 0 ? sqrt(square / n) : 0;
  if (!(m->sd[j] > 1e-14 * fabs(mean))) m->sd[j] = 0;
  m->centre[j] = fabs(mean) > FAR * m->sd[j] ? mean : 0;
}

/* Correlations of the columns; those that depend on earlier ones are left out. */
static lb_status find_collinear(problem *m, lb_error *err)
{
  size_t p = m->x->p;
  double *c = lb_mem_zero(p * p + 1, sizeof *c);
  bool *kept = lb_mem_zero(p + 1, sizeof *kept);
  lb_status st = c != NULL && kept != NULL ? LB_OK : lb_error_nomem(err, "the design");
  for (size_t j = 0; st == LB_OK && j < p; j++) {
    for (size_t k = 0; k <= j; k++) {
      const double *a = m->x->column[j], *b = m->x->column[k];
      double sum = 0, unit = m->sd[j] * m->sd[k];
      for (size_t i = 0; unit > 0 && i < m->x->n; i++) {
        double w = m->y->weight == NULL ? 1 : m->y->weight[i];
        sum += w * ((a[i] - m->mean[j]) / m->sd[j]) * ((b[i] - m->mean[k]) / m->sd[k]);
      }
      c[j * p + k] = sum;
    }
  }
  if (st == LB_OK) lb_cholesky(c, p, COLLINEAR, NULL, c, kept);
  for (size_t j = 0; st == LB_OK && j < p; j++) {
    m->collinear[j] = !kept[j] || m->sd[j] == 0;
    if (!m->collinear[j]) m->kept[m->p++] = j;
  }
  lb_mem_free(c);
  lb_mem_free(kept);
  return st;
}

/* The columns of all predictors: location, log scale, shape. */
static lb_status fill_columns(problem *m, const lb_partition *strata, lb_error *err)
{
  size_t n = m->x->n, k = lb_aft_n_predictor(m->options->distribution);
  size_t lists = 1 + m->p + m->n_scale + (m->x->offset != NULL);
  m->number = lb_mem_zero(n * lists + 1, sizeof *m->number);
  m->column = lb_mem_zero(k * m->n_param, sizeof *m->column);
  if (m->number == NULL || m->column == NULL) return lb_error_nomem(err, "the design");
  double *at = m->number;
  for (size_t i = 0; i < n; i++) at[i] = 1;
  m->column[0] = at;
  at += n;
  for (size_t c = 0; c < m->p; c++, at += n) {
    size_t j = m->kept[c];
    for (size_t i = 0; i < n; i++) at[i] = (m->x->column[j][i] - m->centre[j]) / m->sd[j];
    m->column[1 + c] = at;
  }
  for (size_t s = 0; s < m->n_scale; s++, at += n) {
    for (size_t i = 0; i < n; i++) at[i] = strata == NULL || (size_t)strata->code[i] == s;
    m->column[m->n_param + 1 + m->p + s] = at;
  }
  if (m->n_shape > 0) m->column[k * m->n_param - 1] = m->number;
  if (m->x->offset != NULL) {
    double unit = lb_aft_has_scale(m->options->distribution) ? m->rows.spread : 1;
    for (size_t i = 0; i < n; i++) at[i] = m->x->offset[i] / unit;
    m->own_offset = at;
  }
  return LB_OK;
}

static lb_status problem_new(const lb_aft_outcome *y, const lb_design *x,
                             const lb_partition *strata, const lb_aft_options *options, problem *m,
                             lb_error *err)
{
  lb_aft_distribution d = options->distribution;
  *m = (problem){.y = y, .x = x, .options = options};
  lb_status st = lb_aft_rows_new(y, options, true, &m->rows, err);
  if (st != LB_OK) return st;
  m->kept = lb_mem_array(x->p + 1, sizeof *m->kept);
  m->collinear = lb_mem_zero(x->p + 1, sizeof *m->collinear);
  m->mean = lb_mem_zero(3 * x->p + 1, sizeof *m->mean);
  if (m->kept == NULL || m->collinear == NULL || m->mean == NULL)
    return lb_error_nomem(err, "the design");
  m->sd = m->mean + x->p;
  m->centre = m->sd + x->p;
  for (size_t j = 0; j < x->p; j++) column_moments(m, j);
  st = find_collinear(m, err);
  if (st != LB_OK) return st;
  bool fixed = options->scale > 0 || !lb_aft_has_scale(d);
  m->n_scale = fixed ? 0 : strata == NULL ? 1 : strata->n;
  m->n_shape = lb_aft_has_shape(d);
  m->n_param = 1 + m->p + m->n_scale + m->n_shape;
  st = fill_columns(m, strata, err);
  m->predictors = (lb_predictors){.n = x->n,
                                  .k = lb_aft_n_predictor(d),
                                  .p = m->n_param,
                                  .column = m->column,
                                  .weight = y->weight,
                                  .row = lb_aft_row,
                                  .prepare = lb_aft_prepare,
                                  .context = &m->rows};
  m->predictors.offset[0] = m->own_offset;
  if (options->scale > 0 && lb_aft_has_scale(d))
    m->predictors.base[1] = log(options->scale / m->rows.spread);
  return st;
}

/* ---- Fits of parts of the model ---- */

/* Which distribution, from where, with or without the columns. */
static lb_status maximise(problem *m, const double *start, lb_maximum *out, lb_error *err)
{
  lb_maximum_reset(out);
  return lb_likelihood_maximise(&m->predictors, start, m->options->max_iter, out, err);
}

/* Which parameters are fitted; the shape is else fixed at `shape`. */
typedef struct part {
  bool columns, shape_free;
  double shape;
} part;

/* The same problem with some of its parameters, the others as theta says; theta is moved to the
 * maximum. */
static lb_status maximise_part(problem *m, part which, double *theta, double *value, lb_error *err)
{
  size_t k = m->predictors.k, n = 0;
  lb_maximum best = {0};
  const double **column = lb_mem_zero(k * m->n_param, sizeof *column);
  size_t *place = lb_mem_array(m->n_param, sizeof *place);
  double *start = lb_mem_array(m->n_param, sizeof *start);
  bool room = column != NULL && place != NULL && start != NULL;
  lb_predictors some = m->predictors;
  for (size_t j = 0; room && j < m->n_param; j++) {
    bool shape = j >= m->n_param - m->n_shape, of_design = j > 0 && j <= m->p;
    if ((shape && !which.shape_free) || (of_design && !which.columns)) continue;
    start[n] = theta[j];
    place[n++] = j;
  }
  for (size_t j = 0; room && j < n; j++)
    for (size_t l = 0; l < k; l++) column[l * n + j] = m->column[l * m->n_param + place[j]];
  some.p = n;
  some.column = column;
  if (m->n_shape > 0 && !which.shape_free) some.base[k - 1] = which.shape;
  lb_status st = room ? lb_likelihood_maximise(&some, start, m->options->max_iter, &best, err)
                      : lb_error_nomem(err, "the design");
  for (size_t j = 0; st == LB_OK && j < n; j++) theta[place[j]] = best.theta[j];
  if (st == LB_OK && value != NULL) *value = best.value;
  lb_maximum_reset(&best);
  lb_mem_free((void *)column);
  lb_mem_free(place);
  lb_mem_free(start);
  return st;
}

/* A start of the null model: all 0 but the shape, which is 0 too or, of the log-gamma, `q`.
 * Gompertz: a constant hazard. */
static void null_start(const problem *m, double q, double *start)
{
  memset(start, 0, m->n_param * sizeof *start);
  if (m->options->distribution != LB_AFT_GOMPERTZ) {
    if (m->n_shape > 0) start[m->n_param - 1] = q;
    return;
  }
  double events = 0, exposure = 0;
  for (size_t i = 0; i < m->rows.n; i++) {
    double w = m->y->weight == NULL ? 1 : m->y->weight[i];
    bool known = isfinite(m->rows.upper[i]);
    events += w * known;
    exposure += w * (m->rows.lower[i] - (m->rows.entry == NULL ? 0 : m->rows.entry[i]));
    if (known) exposure += w * (m->rows.upper[i] - m->rows.lower[i]) / 2;
  }
  start[0] = events > 0 && exposure > 0 ? log(events / exposure) : 0;
}

/* The better of two fits is kept in `best`. */
static void keep_better(lb_maximum *best, lb_maximum *other)
{
  bool better = best->theta == NULL || (other->converged && !best->converged) ||
                (other->converged == best->converged && other->value > best->value);
  if (better) {
    lb_maximum t = *best;
    *best = *other;
    *other = t;
  }
  lb_maximum_reset(other);
}

/* With shape q: the intercept, then the columns, then all at once; and the null model (*value).
 * Each step begins where the one before ended, so the end is no worse than the model with shape
 * q. */
static lb_status fit_from(problem *m, double q, double *work, double *value, lb_maximum *best,
                          lb_error *err)
{
  double null, *whole = work + m->n_param;
  lb_maximum fit = {0};
  null_start(m, q, work);
  lb_status st = maximise_part(m, (part){false, false, q}, work, &null, err);
  memcpy(whole, work, m->n_param * sizeof *work);
  if (st == LB_OK && m->n_shape > 0)
    st = maximise_part(m, (part){false, true, q}, work, &null, err);
  if (st == LB_OK && m->n_shape > 0)
    st = maximise_part(m, (part){true, false, q}, whole, NULL, err);
  if (st == LB_OK) st = maximise(m, whole, &fit, err);
  if (st != LB_OK) return st;
  if (null > *value) *value = null;
  keep_better(best, &fit);
  return LB_OK;
}

static lb_status fit_whole(problem *m, double *null, lb_maximum *best, lb_error *err)
{
  static const double MORE[] = {1, -1, 0.5, 3};
  double *work = lb_mem_array(2 * m->n_param, sizeof *work);
  if (work == NULL) return lb_error_nomem(err, "the fit");
  *null = -INFINITY;
  lb_status st = fit_from(m, 0, work, null, best, err);
  bool several = m->options->distribution == LB_AFT_GENGAMMA;
  for (size_t k = 0; st == LB_OK && several && k < sizeof MORE / sizeof *MORE; k++) {
    /* The log-normal and the Weibull start nearly always meet; the others are for when they fail.
     * */
    bool needed = !best->converged || (k == 0 && m->rows.n <= SMALL_DATA);
    if (needed) st = fit_from(m, MORE[k], work, null, best, err);
  }
  lb_mem_free(work);
  return st;
}

/* ---- Back to the units of the data ---- */

static lb_status alloc_fit(const problem *m, lb_aft *out, lb_error *err)
{
  size_t n = 1 + m->x->p + m->n_scale + m->n_shape;
  *out = (lb_aft){.distribution = m->options->distribution,
                  .p = m->x->p,
                  .n_scale = m->n_scale,
                  .n_shape = m->n_shape,
                  .n_param = n};
  out->coef = lb_mem_zero(n, sizeof *out->coef);
  out->std_error = lb_mem_zero(n, sizeof *out->std_error);
  out->vcov = lb_mem_zero(n * n, sizeof *out->vcov);
  out->naive_vcov = lb_mem_zero(n * n, sizeof *out->naive_vcov);
  out->collinear = lb_mem_zero(out->p + 1, sizeof *out->collinear);
  out->infinite = lb_mem_zero(out->p + 1, sizeof *out->infinite);
  return out->coef != NULL && out->std_error != NULL && out->vcov != NULL &&
                 out->naive_vcov != NULL && out->collinear != NULL && out->infinite != NULL
             ? LB_OK
             : lb_error_nomem(err, "the fit");
}

/* Place of a fitted parameter among all: collinear columns have no fitted one. */
static size_t place_of(const problem *m, size_t j)
{
  if (j == 0) return 0;
  return j <= m->p ? 1 + m->kept[j - 1] : j - m->p + m->x->p;
}

/* theta = A fitted + b: A's column of a fitted parameter is its unit, and for a slope also what the
 * intercept loses by the column's mean. */
typedef struct way_back {
  double unit, intercept; /* d theta[place] and d theta[0] */
} way_back;

static way_back back_of(const problem *m, size_t j)
{
  bool scaled = lb_aft_has_scale(m->options->distribution);
  double spread = m->rows.spread, unit = scaled ? spread : 1;
  if (j == 0) return (way_back){unit, 0};
  if (j <= m->p) {
    double sd = m->sd[m->kept[j - 1]];
    return (way_back){unit / sd, -unit * m->centre[m->kept[j - 1]] / sd};
  }
  return (way_back){!scaled ? 1 / spread : 1, 0};
}

static void back_coef(const problem *m, const double *theta, lb_aft *out)
{
  bool scaled = lb_aft_has_scale(m->options->distribution);
  out->coef[0] = scaled ? m->rows.centre : -log(m->rows.spread);
  for (size_t j = 0; j < m->n_param; j++) {
    way_back b = back_of(m, j);
    out->coef[place_of(m, j)] += b.unit * theta[j];
    if (j > 0) out->coef[0] += b.intercept * theta[j];
  }
  for (size_t s = 0; s < m->n_scale; s++) out->coef[1 + out->p + s] += log(m->rows.spread);
  for (size_t j = 0; j < out->p; j++)
    if (m->collinear[j]) out->coef[1 + j] = (double)NAN;
}

/* A V A' */
static void back_vcov(const problem *m, const double *vcov, size_t n, double *out)
{
  size_t p = m->n_param;
  memset(out, 0, n * n * sizeof *out);
  for (size_t j = 0; j < p; j++) {
    for (size_t k = 0; k < p; k++) {
      way_back a = back_of(m, j), b = back_of(m, k);
      size_t r = place_of(m, j), c = place_of(m, k);
      double v = vcov[j * p + k];
      out[r * n + c] += a.unit * b.unit * v;
      out[c] += a.intercept * b.unit * v;
      out[r * n] += a.unit * b.intercept * v;
      out[0] += a.intercept * b.intercept * v;
    }
  }
}

/* Where the likelihood has no maximum. */
static void look_for_limits(const problem *m, const lb_maximum *best, lb_aft *out)
{
  double scale = 1;
  for (size_t s = 0; s < m->n_scale; s++) {
    double log_scale = best->theta[1 + m->p + s];
    if (log_scale < NO_SCALE) out->unbounded = true;
    scale = s == 0 ? exp(log_scale) : fmin(scale, exp(log_scale));
  }
  if (m->n_scale == 0 && lb_aft_has_scale(m->options->distribution))
    scale = exp(m->predictors.base[1]);
  out->converged = best->converged && !out->unbounded && !best->singular;
  for (size_t j = 0; best->converged && j < m->p; j++)
    out->infinite[m->kept[j]] = fabs(best->step[1 + j]) > ENDLESS * scale;
}

/* What a search that did not end ran after. */
static void look_for_runaways(const problem *m, const lb_maximum *best, lb_aft *out)
{
  double scale = 1;
  if (out->converged || out->unbounded) return;
  if (m->n_scale > 0) scale = exp(best->theta[1 + m->p]);
  if (m->n_scale == 0 && lb_aft_has_scale(m->options->distribution))
    scale = exp(m->predictors.base[1]);
  for (size_t j = 0; j < m->p; j++) {
    bool far_off = fabs(best->theta[1 + j]) > FAR_OFF * scale;
    if (far_off) out->infinite[m->kept[j]] = out->endless = true;
  }
  bool gompertz = m->options->distribution == LB_AFT_GOMPERTZ;
  out->endless_shape = gompertz && fabs(best->theta[m->n_param - 1]) > STEEP;
}

static void count_rows(const problem *m, lb_aft *out)
{
  const lb_aft_outcome *y = m->y;
  out->n_used = y->n;
  for (size_t i = 0; i < y->n; i++) {
    bool right = isinf(y->upper[i]) != 0, exact = y->lower[i] == y->upper[i];
    bool left = !right && !exact && !(y->lower[i] > 0);
    out->n_right += right;
    out->n_exact += exact;
    out->n_left += left;
    out->n_interval += !right && !exact && !left;
    if (!right) out->weight_event += y->weight == NULL ? 1 : y->weight[i];
  }
}

static lb_status fill_fit(const problem *m, const lb_maximum *best, const lb_partition *cluster,
                          lb_aft *out, lb_error *err)
{
  size_t n = out->n_param;
  double *robust = lb_mem_array(m->n_param * m->n_param, sizeof *robust);
  if (robust == NULL) return lb_error_nomem(err, "the fit");
  lb_status st = LB_OK;
  back_coef(m, best->theta, out);
  back_vcov(m, best->vcov, n, out->naive_vcov);
  memcpy(out->vcov, out->naive_vcov, n * n * sizeof *out->vcov);
  bool clustered = cluster != NULL && cluster->code != NULL;
  if (m->options->robust || clustered) {
    st = lb_likelihood_sandwich(&m->predictors, best, cluster, m->options->frequency, robust, err);
    if (st == LB_OK) back_vcov(m, robust, n, out->vcov);
    out->n_cluster = clustered ? cluster->n : m->x->n;
  }
  for (size_t j = 0; j < n; j++) out->std_error[j] = sqrt(out->vcov[j * n + j]);
  for (size_t j = 0; j < out->p; j++)
    if (m->collinear[j]) out->std_error[1 + j] = (double)NAN;
  memcpy(out->collinear, m->collinear, out->p * sizeof *out->collinear);
  out->scale =
      m->n_scale > 0 || !lb_aft_has_scale(out->distribution) ? (double)NAN : m->options->scale;
  out->iterations = best->iterations;
  out->df = m->p;
  count_rows(m, out);
  look_for_limits(m, best, out);
  look_for_runaways(m, best, out);
  lb_mem_free(robust);
  return st;
}

lb_status lb_aft_fit(const lb_aft_outcome *y, const lb_design *x, const lb_partition *strata,
                     const lb_partition *cluster, const lb_aft_options *options, lb_aft *out,
                     lb_error *err)
{
  problem m;
  lb_maximum best = {0};
  lb_aft fit = {0};
  double null;
  lb_aft_options o = *options;
  if (o.distribution == LB_AFT_EXPONENTIAL) o.scale = 1;
  if (o.distribution == LB_AFT_RAYLEIGH) o.scale = 0.5;
  lb_status st = problem_new(y, x, strata, &o, &m, err);
  if (st == LB_OK) st = fit_whole(&m, &null, &best, err);
  if (st == LB_OK) st = alloc_fit(&m, &fit, err);
  if (st == LB_OK) st = fill_fit(&m, &best, cluster, &fit, err);
  if (st == LB_OK) {
    fit.log_lik = best.value + m.rows.constant;
    fit.log_lik_null = null + m.rows.constant;
    *out = fit;
  } else {
    lb_aft_reset(&fit);
  }
  lb_maximum_reset(&best);
  problem_reset(&m);
  return st;
}

void lb_aft_reset(lb_aft *fit)
{
  if (fit == NULL) return;
  lb_mem_free(fit->coef);
  lb_mem_free(fit->std_error);
  lb_mem_free(fit->vcov);
  lb_mem_free(fit->naive_vcov);
  lb_mem_free(fit->collinear);
  lb_mem_free(fit->infinite);
  *fit = (lb_aft){0};
}
