/* mean_model.c - estimating equations with independence working correlation, and the sandwich. */
#include "stats/survival/mean_model.h"

#include "base/interrupt.h"
#include "base/mem.h"
#include "stats/symmetric.h"

#include <math.h>
#include <string.h>

#define COLLINEAR 1e-11 /* a pivot below this share of its column's sum of squares */
#define HALVINGS  30
#define ROUNDING  1e-9  /* of a value: pseudo-values are differences of sums over all rows */
#define CANCELLED 1e-13 /* of the sizes of its terms: a sum is rounding below */
#define LARGEST   30.0 /* of a linear predictor on a scale of exp: fitted means are 0 or 1 beyond */

/* The arrays of a solution in the making, columns centred. */
typedef struct work {
  const lb_mean_data *d;
  const lb_mean_options *opt;
  lb_mean_fit *fit;
  double *beta, *trial, *step, *gradient; /* q each */
  double *slope, *factor;                 /* q x q */
  double *row;                            /* q: x of one row and time */
  double merit, spread;                   /* what is minimised; mean squared Pearson residual */
} work;

/* ---- Links ---- */

static double clamp(double eta)
{
  return fmax(-LARGEST, fmin(LARGEST, eta));
}

/* mu, and *slope its derivative. */
static double inverse_link(lb_mean_link link, double eta, double *slope)
{
  switch (link) {
  case LB_LINK_IDENTITY:
    *slope = 1;
    return eta;
  case LB_LINK_LOG:
    return *slope = exp(eta);
  case LB_LINK_LOGIT: {
    double e = exp(-fabs(clamp(eta))), p = 1 / (1 + e);
    *slope = e * p * p;
    return eta < 0 ? e * p : p;
  }
  case LB_LINK_CLOGLOG: {
    double hazard = exp(clamp(eta));
    *slope = hazard * exp(-hazard);
    return -expm1(-hazard);
  }
  }
  return (double)NAN;
}

/* The link of a mean that lies inside its range. */
static double link_of(lb_mean_link link, double mu)
{
  double inside = fmax(1e-3, fmin(1 - 1e-3, mu));
  switch (link) {
  case LB_LINK_IDENTITY:
    return mu;
  case LB_LINK_LOG:
    return log(mu > 0 ? mu : 1e-3);
  case LB_LINK_LOGIT:
    return log(inside / (1 - inside));
  case LB_LINK_CLOGLOG:
    return log(-log1p(-inside));
  }
  return (double)NAN;
}

/* ---- One row ---- */

static double row_weight(const lb_mean_data *d, size_t i)
{
  return d->weight == NULL ? 1 : d->weight[i];
}

static double value_weight(const lb_mean_data *d, size_t i, size_t k)
{
  size_t at = k * d->x.n + i;
  if (isnan(d->value[at])) return 0;
  return d->inverse == NULL ? 1 : d->inverse[at];
}

static void fill_row(work *w, size_t i)
{
  const lb_mean_data *d = w->d;
  for (size_t j = 0; j < d->x.p; j++) w->row[d->n_time + j] = d->x.column[j][i] - w->fit->mean[j];
}

static double linear(const work *w, const double *beta, size_t i, size_t k)
{
  const lb_mean_data *d = w->d;
  double eta = beta[k] + (d->x.offset == NULL ? 0 : d->x.offset[i]);
  for (size_t j = 0; j < d->x.p; j++) eta += beta[d->n_time + j] * w->row[d->n_time + j];
  return eta;
}

/* What a value contributes: residual times s, and the weight of x x' in the slope. */
typedef struct part {
  double mean, pull, curve, merit, pearson, size; /* size: of pull, were the residual y and mu */
} part;

static part part_of(const work *w, const double *beta, size_t i, size_t k)
{
  double slope = NAN, eta = linear(w, beta, i, k), y = w->d->value[k * w->d->x.n + i];
  double mu = inverse_link(w->opt->link, eta, &slope), residual = y - mu;
  part p = {.mean = mu};
  if (w->opt->poisson) {
    p.pull = residual * slope / mu;
    p.size = (fabs(y) + fabs(mu)) * fabs(slope / mu);
    p.curve = slope * slope / mu;
    p.merit = mu - y * log(mu);
    p.pearson = residual * residual / mu;
  } else {
    p.pull = residual * slope;
    p.size = (fabs(y) + fabs(mu)) * fabs(slope);
    p.curve = slope * slope;
    p.merit = p.pearson = residual * residual;
  }
  return p;
}

/* ---- Sums over rows ---- */

static double merit_at(work *w, const double *beta)
{
  double sum = 0;
  for (size_t i = 0; i < w->d->x.n; i++) {
    fill_row(w, i);
    for (size_t k = 0; k < w->d->n_time; k++) {
      double weight = row_weight(w->d, i) * value_weight(w->d, i, k);
      if (weight > 0) sum += weight * part_of(w, beta, i, k).merit;
    }
  }
  return sum;
}

/* Row i and time k into the lower triangle of the slope; only that time's intercept is 1. */
static void add_slope(work *w, size_t k, double weight)
{
  size_t n_time = w->d->n_time, q = w->fit->q;
  w->slope[k * q + k] += weight;
  for (size_t j = n_time; j < q; j++) {
    double wx = weight * w->row[j];
    if (wx == 0) continue;
    w->slope[j * q + k] += wx;
    for (size_t l = n_time; l <= j; l++) w->slope[j * q + l] += wx * w->row[l];
  }
}

/* Gradient, slope and merit at beta; `score`, when not NULL, gets each row's contribution. */
static lb_status accumulate(work *w, double *score, lb_error *err)
{
  const lb_mean_data *d = w->d;
  size_t q = w->fit->q;
  double total = 0, pearson = 0;
  memset(w->gradient, 0, q * sizeof *w->gradient);
  memset(w->slope, 0, q * q * sizeof *w->slope);
  w->merit = 0;
  for (size_t i = 0; i < d->x.n; i++) {
    double own = row_weight(d, i);
    fill_row(w, i);
    for (size_t k = 0; k < d->n_time; k++) {
      double inverse = value_weight(d, i, k), weight = own * inverse;
      bool all = w->opt->slope_of_all && score != NULL;
      if (!(weight > 0) && !all) continue;
      part p = part_of(w, w->beta, i, k);
      add_slope(w, k, (all ? own : weight) * p.curve);
      if (!(weight > 0)) continue;
      w->merit += weight * p.merit;
      pearson += weight * p.pearson;
      total += weight;
      w->gradient[k] += weight * p.pull;
      for (size_t j = d->n_time; j < q; j++) w->gradient[j] += weight * p.pull * w->row[j];
      if (score == NULL) continue;
      score[i * q + k] += inverse * p.pull;
      for (size_t j = d->n_time; j < q; j++) score[i * q + j] += inverse * p.pull * w->row[j];
    }
    if (i % 65536 == 0 && lb_interrupted()) return lb_error_interrupted(err);
  }
  w->spread = total > 0 ? pearson / total : 0;
  return LB_OK;
}

/* ---- Solving ---- */

/* Columns are centred at their means, so that intercepts and slopes hardly depend on each other;
 * the start is the link of each time's mean value. */
static lb_status start(work *w, lb_error *err)
{
  const lb_mean_data *d = w->d;
  double total = 0;
  for (size_t i = 0; i < d->x.n; i++) total += row_weight(d, i);
  if (!(total > 0)) return lb_error_set(err, LB_EDATA, "no rows to fit");
  for (size_t j = 0; j < d->x.p; j++) {
    double sum = 0;
    for (size_t i = 0; i < d->x.n; i++) sum += row_weight(d, i) * d->x.column[j][i];
    w->fit->mean[j] = sum / total;
  }
  for (size_t k = 0; k < d->n_time; k++) {
    double sum = 0, weights = 0;
    for (size_t i = 0; i < d->x.n; i++) {
      double weight = row_weight(d, i) * value_weight(d, i, k);
      if (weight > 0) sum += weight * d->value[k * d->x.n + i];
      weights += weight;
    }
    if (!(weights > 0)) return lb_error_set(err, LB_EDATA, "no values to fit at a time");
    w->beta[k] = link_of(w->opt->link, sum / weights);
  }
  return LB_OK;
}

/* A step along `step`, halved until the merit does not rise; false: none was found. */
static bool advance(work *w)
{
  size_t q = w->fit->q;
  double scale = 1;
  for (int half = 0; half <= HALVINGS; half++, scale /= 2) {
    for (size_t j = 0; j < q; j++) w->trial[j] = w->beta[j] + scale * w->step[j];
    double merit = merit_at(w, w->trial);
    if (isfinite(merit) && merit <= w->merit + 1e-12 * fabs(w->merit)) {
      memcpy(w->beta, w->trial, q * sizeof *w->beta);
      return true;
    }
  }
  return false;
}

static lb_status iterate(work *w, lb_error *err)
{
  lb_mean_fit *fit = w->fit;
  size_t q = fit->q;
  lb_status st = LB_OK;
  while (st == LB_OK && fit->iterations < w->opt->max_iter && !fit->converged) {
    st = accumulate(w, NULL, err);
    if (st != LB_OK) break;
    fit->iterations++;
    lb_cholesky(w->slope, q, COLLINEAR, NULL, w->factor, fit->kept);
    /* The fitted means start equal: what is lost here the design itself does not tell. */
    for (size_t j = 0; j < q && fit->iterations == 1; j++) fit->collinear[j] = !fit->kept[j];
    memcpy(w->step, w->gradient, q * sizeof *w->step);
    lb_cholesky_solve(w->factor, q, fit->kept, q, w->step);
    double gain = 0;
    for (size_t j = 0; j < q; j++) gain += w->step[j] * w->gradient[j];
    double limit = w->opt->tolerance * w->opt->tolerance * w->spread;
    if (!advance(w)) break;
    fit->converged = gain <= limit || w->opt->link == LB_LINK_IDENTITY;
    if (lb_interrupted()) st = lb_error_interrupted(err);
  }
  return st;
}

/* ---- Results ---- */

static bool alloc_work(work *w, size_t q)
{
  w->beta = lb_mem_zero(q, 5 * sizeof *w->beta);
  w->slope = lb_mem_zero(q, q * 2 * sizeof *w->slope);
  if (w->beta == NULL || w->slope == NULL) return false;
  w->trial = w->beta + q;
  w->step = w->trial + q;
  w->gradient = w->step + q;
  w->row = w->gradient + q;
  w->factor = w->slope + q * q;
  return true;
}

static lb_status alloc_fit(lb_mean_fit *fit, const lb_mean_data *d, lb_error *err)
{
  size_t q = fit->q;
  fit->coef = lb_mem_zero(q, sizeof *fit->coef);
  fit->std_error = lb_mem_zero(q, sizeof *fit->std_error);
  fit->vcov = lb_mem_zero(q, q * sizeof *fit->vcov);
  fit->inverse = lb_mem_zero(q, q * sizeof *fit->inverse);
  fit->kept = lb_mem_zero(q, sizeof *fit->kept);
  fit->mean = lb_mem_zero(d->x.p, sizeof *fit->mean);
  fit->collinear = lb_mem_zero(q, sizeof *fit->collinear);
  fit->noise = lb_mem_zero(q, sizeof *fit->noise);
  fit->score = lb_mem_zero(d->x.n, q * sizeof *fit->score);
  bool ok = fit->coef != NULL && fit->std_error != NULL && fit->vcov != NULL &&
            fit->inverse != NULL && fit->kept != NULL && fit->mean != NULL && fit->score != NULL;
  return ok ? LB_OK : lb_error_nomem(err, "regression");
}

/* From the centred columns to those of the data: each intercept loses the slopes times the means.
 */
static void set_coef(const work *w)
{
  lb_mean_fit *fit = w->fit;
  double shift = 0;
  for (size_t j = fit->n_time; j < fit->q; j++) {
    if (fit->kept[j]) shift += w->beta[j] * fit->mean[j - fit->n_time];
    fit->coef[j] = fit->kept[j] ? w->beta[j] : (double)NAN;
  }
  for (size_t k = 0; k < fit->n_time; k++)
    fit->coef[k] = fit->kept[k] ? w->beta[k] - shift : (double)NAN;
}

/* Turns centred coefficients into those of the data: intercepts less slopes times means. */
static void uncentre(const lb_mean_fit *fit, double *transform)
{
  size_t q = fit->q;
  for (size_t j = 0; j < q; j++) {
    for (size_t l = 0; l < q; l++) transform[j * q + l] = j == l;
    for (size_t l = fit->n_time; j < fit->n_time && l < q; l++)
      transform[j * q + l] = -fit->mean[l - fit->n_time];
  }
}

/* Size of the influence of row i on coefficient j, were its values off by their own size. */
static double influence_size(work *w, const double *map, size_t i, size_t j)
{
  const lb_mean_data *d = w->d;
  size_t q = w->fit->q;
  double covariates = 0, sum = 0;
  for (size_t l = d->n_time; l < q; l++) covariates += fabs(map[j * q + l] * w->row[l]);
  for (size_t k = 0; k < d->n_time; k++) {
    double inverse = value_weight(d, i, k);
    if (inverse > 0)
      sum += inverse * part_of(w, w->beta, i, k).size * (fabs(map[j * q + k]) + covariates);
  }
  return sum;
}

/* What rounding of the values makes of each variance. Uses slope and factor, whose turn is over. */
static lb_status set_noise(work *w, lb_error *err)
{
  lb_mean_fit *fit = w->fit;
  size_t q = fit->q;
  double *map = w->slope, *transform = w->factor;
  uncentre(fit, transform);
  for (size_t j = 0; j < q; j++) {
    for (size_t l = 0; l < q; l++) {
      map[j * q + l] = 0;
      for (size_t m = 0; m < q; m++)
        map[j * q + l] += transform[j * q + m] * fit->inverse[m * q + l];
    }
  }
  for (size_t i = 0; i < w->d->x.n; i++) {
    fill_row(w, i);
    for (size_t j = 0; j < q; j++) {
      double size = ROUNDING * influence_size(w, map, i, j);
      fit->noise[j] += row_weight(w->d, i) * size * size;
    }
    if (i % 65536 == 0 && lb_interrupted()) return lb_error_interrupted(err);
  }
  return LB_OK;
}

/* The slope at the solution, its inverse and what follows; a column that the design tells and the
 * slope no longer does has no finite coefficient. */
static lb_status conclude(work *w, lb_error *err)
{
  lb_mean_fit *fit = w->fit;
  lb_cholesky(w->slope, fit->q, COLLINEAR, NULL, w->factor, fit->kept);
  lb_cholesky_inverse(w->factor, fit->kept, fit->q, fit->inverse);
  set_coef(w);
  for (size_t j = 0; j < fit->q; j++)
    if (!fit->kept[j] && !fit->collinear[j]) fit->converged = false;
  return set_noise(w, err);
}

lb_status lb_mean_solve(const lb_mean_data *d, const lb_mean_options *opt, lb_mean_fit *out,
                        lb_error *err)
{
  static const lb_mean_options DEFAULTS = LB_MEAN_DEFAULTS;
  lb_mean_fit fit = {.n_time = d->n_time, .p = d->x.p, .q = d->n_time + d->x.p};
  work w = {.d = d, .opt = opt == NULL ? &DEFAULTS : opt, .fit = &fit};
  fit.n_used = d->x.n;
  fit.n_missing = d->n_missing;
  lb_status st = alloc_fit(&fit, d, err);
  if (st == LB_OK && !alloc_work(&w, fit.q)) st = lb_error_nomem(err, "regression");
  if (st == LB_OK) st = lb_design_check(&d->x, err);
  if (st == LB_OK) st = start(&w, err);
  if (st == LB_OK) st = iterate(&w, err);
  if (st == LB_OK) st = accumulate(&w, fit.score, err);
  if (st == LB_OK) st = conclude(&w, err);
  if (st == LB_OK) {
    *out = fit;
    fit = (lb_mean_fit){0};
  }
  lb_mean_fit_reset(&fit);
  lb_mem_free(w.beta);
  lb_mem_free(w.slope);
  return st;
}

/* ---- Sandwich ---- */

/* meat += weight u u', lower triangle. */
static void add_square(double *meat, const double *u, size_t q, double weight)
{
  for (size_t j = 0; j < q; j++)
    for (size_t l = 0; l <= j && u[j] != 0; l++) meat[j * q + l] += weight * u[j] * u[l];
}

/* Scores of clusters, rows times their weights added up. */
static lb_status cluster_meat(const lb_mean_data *d, const lb_mean_fit *fit, double *meat,
                              lb_error *err)
{
  size_t q = fit->q;
  double *sum = lb_mem_zero(d->cluster->n, q * sizeof *sum);
  if (sum == NULL) return lb_error_nomem(err, "robust variance");
  for (size_t i = 0; i < d->x.n; i++) {
    double *u = sum + (size_t)d->cluster->code[i] * q;
    for (size_t j = 0; j < q; j++) u[j] += row_weight(d, i) * fit->score[i * q + j];
  }
  for (size_t c = 0; c < d->cluster->n; c++) add_square(meat, sum + c * q, q, 1);
  lb_mem_free(sum);
  return LB_OK;
}

/* out = a b a' for q x q a, and b given by its lower triangle; room: q x q. */
static void surround(const double *a, double *b, size_t q, double *room, double *out)
{
  for (size_t j = 0; j < q; j++)
    for (size_t l = j + 1; l < q; l++) b[j * q + l] = b[l * q + j];
  for (size_t pass = 0; pass < 2; pass++) {
    const double *right = pass == 0 ? b : room;
    double *to = pass == 0 ? room : out;
    for (size_t j = 0; j < q; j++) {
      for (size_t l = 0; l < q; l++) {
        double sum = 0; /* pass 0: a b; pass 1: (a b) a' */
        for (size_t m = 0; m < q; m++)
          sum += pass == 0 ? a[j * q + m] * right[m * q + l] : right[j * q + m] * a[l * q + m];
        to[j * q + l] = sum;
      }
    }
  }
}

/* Row and column j of the covariance matrix; what is not a number stays. */
static void fill_cross(lb_mean_fit *fit, size_t j, double value)
{
  size_t q = fit->q;
  for (size_t l = 0; l < q; l++) {
    if (isnan(fit->vcov[j * q + l])) continue;
    fit->vcov[j * q + l] = fit->vcov[l * q + j] = value;
  }
}

lb_status lb_mean_sandwich(const lb_mean_data *d, lb_mean_fit *fit, lb_error *err)
{
  size_t q = fit->q;
  bool clustered = d->cluster != NULL && d->cluster->code != NULL;
  double *meat = lb_mem_zero(q, q * 4 * sizeof *meat);
  if (meat == NULL) return lb_error_nomem(err, "robust variance");
  double *room = meat + q * q, *centred = room + q * q, *transform = centred + q * q;
  lb_status st = LB_OK;
  fit->n_cluster = clustered ? d->cluster->n : 0;
  if (clustered)
    st = cluster_meat(d, fit, meat, err);
  else
    for (size_t i = 0; i < d->x.n; i++) add_square(meat, fit->score + i * q, q, row_weight(d, i));
  if (st == LB_OK) {
    surround(fit->inverse, meat, q, room, centred);
    uncentre(fit, transform);
    surround(transform, centred, q, room, fit->vcov);
    for (size_t j = 0; j < q; j++) {
      if (!fit->kept[j])
        fill_cross(fit, j, (double)NAN);
      else if (fit->vcov[j * q + j] <= fit->noise[j])
        fill_cross(fit, j, 0);
      fit->std_error[j] = sqrt(fit->vcov[j * q + j]);
    }
  }
  lb_mem_free(meat);
  return st;
}

/* ---- Predictions ---- */

double lb_mean_inverse_link(lb_mean_link link, double eta)
{
  double slope;
  return inverse_link(link, eta, &slope);
}

lb_status lb_mean_predict(const lb_mean_fit *fit, const lb_design *x, double *eta,
                          double *std_error, lb_error *err)
{
  size_t q = fit->q, n_time = fit->n_time;
  if (x->p != fit->p)
    return lb_error_set(err, LB_EARG, "%zu columns, the fit has %zu", x->p, fit->p);
  double *z = lb_mem_zero(q, sizeof *z);
  if (z == NULL) return lb_error_nomem(err, "predictions");
  for (size_t k = 0; k < n_time; k++) {
    for (size_t j = 0; j < n_time; j++) z[j] = j == k;
    for (size_t i = 0; i < x->n; i++) {
      double sum = x->offset == NULL ? 0 : x->offset[i], variance = 0, size = 0;
      for (size_t j = 0; j < x->p; j++) z[n_time + j] = x->column[j][i];
      for (size_t j = 0; j < q; j++) {
        if (z[j] == 0 || isnan(fit->coef[j])) continue; /* a sum of other columns counts there */
        sum += z[j] * fit->coef[j];
        for (size_t l = 0; l < q; l++) {
          if (z[l] == 0 || isnan(fit->coef[l])) continue;
          variance += z[j] * z[l] * fit->vcov[j * q + l];
          size += fabs(z[j] * z[l] * fit->vcov[j * q + l]);
        }
      }
      eta[k * x->n + i] = sum;
      std_error[k * x->n + i] = variance > CANCELLED * size ? sqrt(variance) : (double)NAN;
    }
  }
  lb_mem_free(z);
  return LB_OK;
}

void lb_mean_fit_reset(lb_mean_fit *fit)
{
  if (fit == NULL) return;
  lb_mem_free(fit->coef);
  lb_mem_free(fit->std_error);
  lb_mem_free(fit->vcov);
  lb_mem_free(fit->inverse);
  lb_mem_free(fit->kept);
  lb_mem_free(fit->mean);
  lb_mem_free(fit->score);
  lb_mem_free(fit->collinear);
  lb_mem_free(fit->noise);
  *fit = (lb_mean_fit){0};
}
