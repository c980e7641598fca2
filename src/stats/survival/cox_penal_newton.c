/* cox_penal_newton.c - Newton's method for the penalised partial likelihood at given penalties. */
#include "stats/survival/cox_penal_work.h"

#include "base/interrupt.h"
#include "stats/symmetric.h"

#include <gsl/gsl_sf_gamma.h>
#include <math.h>
#include <string.h>

/* As in cox.c: a pivot below this part of its scale at 0 is rounding, the column collinear; below
 * the other, information that has vanished. */
#define COLLINEAR    1e-11
#define VANISHED     1e-14
#define ROUNDING     1e-13
#define MAX_HALVINGS 40
/* The iterations end when a step gains less than this part of the tolerance: it is made, and then
 * has all its digits. */
#define GAIN 1e-3
/* From here on the first term of Stirling's series has the digits that a difference of two
 * log-gamma functions has lost. */
#define STIRLING 1e5

/* ---- The penalised likelihood ---- */

void penal_set_penalty(penal_work *w)
{
  size_t cells = w->data.p * w->data.p;
  memset(w->penalty, 0, cells * sizeof *w->penalty);
  for (size_t k = 0; k < w->what->n_penalty; k++) {
    if (w->what->penalty[k].kind == LB_PENALTY_FRAILTY) continue;
    for (size_t i = 0; i < cells; i++)
      w->penalty[i] += w->theta[k] * w->unit_penalty[k * cells + i];
  }
}

static double frailty_variance(const penal_work *w)
{
  return w->theta[w->frailty_index];
}

/* Penalty of the coefficients and, if any, the log-frailties. exp(w) - w - 1 by its series where it
 * cancels. */
static double penalty_at(const penal_work *w, const double *beta, const double *omega)
{
  size_t p = w->data.p;
  double sum = 0;
  for (size_t j = 0; j < p; j++)
    for (size_t i = 0; i < p; i++) sum += beta[j] * w->penalty[j * p + i] * beta[i] / 2;
  if (!w->frailty_on) return sum;
  double frailty = 0;
  for (size_t i = 0; i < w->groups.q; i++) {
    double o = omega[i];
    bool small = fabs(o) < 1e-4;
    if (w->frailty->gaussian)
      frailty += o * o / 2;
    else
      frailty += small ? o * o * (1.0 / 2 + o * (1.0 / 6 + o / 24)) : expm1(o) - o;
  }
  return sum + frailty / frailty_variance(w);
}

/* The log-frailties join the offset. */
static void set_offset(penal_work *w, const double *omega)
{
  cox_data *d = &w->data;
  for (size_t k = 0; k < d->n; k++)
    d->offset[k] = w->base_offset[k] + (w->frailty_on ? omega[w->groups.group[k]] : 0);
  d->event_offset = 0;
  for (size_t b = 0; b < d->n_bin; b++) {
    size_t first = d->bin[b].first_row;
    for (size_t k = first; k < first + d->bin[b].events; k++)
      d->event_offset += cox_weight(d, k) * d->offset[k];
  }
}

static lb_status evaluate(penal_work *w, const double *beta, const double *omega, lb_error *err)
{
  set_offset(w, omega);
  lb_status st = cox_evaluate(&w->data, w->what->options.ties, beta, &w->at, err);
  w->value = penalty_at(w, beta, omega);
  w->objective = w->at.log_lik - w->value;
  return st;
}

/* ---- The step ---- */

/* Gradient and curvature of the log-frailties' penalty. */
static void frailty_gradient(penal_work *w)
{
  double variance = frailty_variance(w);
  for (size_t i = 0; i < w->groups.q; i++) {
    double o = w->omega[i];
    double pull = w->frailty->gaussian ? o : expm1(o);
    w->delta[i] = (w->frailty->gaussian ? 1 : exp(o)) / variance;
    w->omega_gradient[i] = w->groups.event[i] - w->groups.expected[i] - pull / variance;
  }
}

/* cross[j] = information between column j and the groups, solved[j] = (C + delta)^-1 of it. */
static lb_status cross_columns(penal_work *w, lb_error *err)
{
  size_t p = w->data.p, q = w->groups.q;
  for (size_t j = 0; j < p; j++) {
    for (size_t k = 0; k < w->data.n; k++) w->groups.u[k] = cox_z(&w->data, k, j);
    cox_groups_multiply(&w->groups, w->cross + j * q);
    lb_status st = cox_groups_solve(&w->groups, w->delta, w->cross + j * q, w->solved + j * q, err);
    if (st != LB_OK) return st;
  }
  return LB_OK;
}

/* The penalised information of the columns, what the groups explain taken off; lower triangle. */
static void set_schur(penal_work *w)
{
  size_t p = w->data.p, q = w->groups.q;
  for (size_t j = 0; j < p; j++) {
    w->pivot[j] = w->at.crossproduct[j] + w->penalty[j * p + j];
    for (size_t i = 0; i <= j; i++) {
      double sum = 0;
      for (size_t g = 0; w->frailty_on && g < q; g++)
        sum += w->cross[j * q + g] * w->solved[i * q + g];
      w->schur[j * p + i] = w->at.information[j * p + i] + w->penalty[j * p + i] - sum;
    }
  }
}

static void gradient_of(penal_work *w)
{
  size_t p = w->data.p;
  for (size_t j = 0; j < p; j++) {
    w->gradient[j] = w->at.score[j];
    for (size_t i = 0; i < p; i++) w->gradient[j] -= w->penalty[j * p + i] * w->beta[i];
  }
}

static void factor_schur(penal_work *w)
{
  size_t p = w->data.p;
  for (size_t j = 0; j < p; j++) {
    if (!w->kept[j]) w->schur[j * p + j] = 0;
  }
  lb_cholesky(w->schur, p, VANISHED, w->pivot, w->factor, w->solid);
}

/* Newton's step from beta and omega; *gain: what it promises, twice. */
static lb_status set_step(penal_work *w, double *gain, lb_error *err)
{
  size_t p = w->data.p, q = w->groups.q;
  lb_status st = LB_OK;
  gradient_of(w);
  if (w->frailty_on) {
    cox_groups_update(&w->groups, w->what->options.ties);
    frailty_gradient(w);
    st = cross_columns(w, err);
    if (st == LB_OK)
      st = cox_groups_solve(&w->groups, w->delta, w->omega_gradient, w->omega_step, err);
    if (st != LB_OK) return st;
  }
  set_schur(w);
  factor_schur(w);
  memcpy(w->step, w->gradient, p * sizeof *w->step);
  for (size_t j = 0; w->frailty_on && j < p; j++)
    for (size_t g = 0; g < q; g++) w->step[j] -= w->cross[j * q + g] * w->omega_step[g];
  lb_cholesky_solve(w->factor, p, w->solid, p, w->step);
  *gain = 0;
  for (size_t j = 0; j < p; j++) {
    *gain += w->step[j] * w->gradient[j];
    for (size_t g = 0; w->frailty_on && g < q; g++)
      w->omega_step[g] -= w->solved[j * q + g] * w->step[j];
  }
  for (size_t g = 0; w->frailty_on && g < q; g++) *gain += w->omega_step[g] * w->omega_gradient[g];
  return LB_OK;
}

/* Along the step, halved until the objective does not fall; false in *moved: there is no such. */
static lb_status move(penal_work *w, bool *moved, lb_error *err)
{
  size_t p = w->data.p, q = w->frailty_on ? w->groups.q : 0;
  double before = w->objective, part = 1;
  *moved = false;
  for (int halvings = 0; halvings <= MAX_HALVINGS && !*moved; halvings++, part /= 2) {
    for (size_t j = 0; j < p; j++) w->trial[j] = w->beta[j] + part * w->step[j];
    for (size_t g = 0; g < q; g++) w->omega_trial[g] = w->omega[g] + part * w->omega_step[g];
    lb_status st = evaluate(w, w->trial, w->omega_trial, err);
    if (st != LB_OK) return st;
    *moved = isfinite(w->objective) && w->objective >= before - ROUNDING * fabs(before);
  }
  if (!*moved) return evaluate(w, w->beta, w->omega, err);
  memcpy(w->beta, w->trial, p * sizeof *w->beta);
  if (q > 0) memcpy(w->omega, w->omega_trial, q * sizeof *w->omega);
  return LB_OK;
}

/* ---- Variances ---- */

/* out = a b, p x p. */
static void multiply(const double *a, const double *b, size_t p, double *out)
{
  for (size_t j = 0; j < p; j++)
    for (size_t i = 0; i < p; i++) {
      double sum = 0;
      for (size_t k = 0; k < p; k++) sum += a[j * p + k] * b[k * p + i];
      out[j * p + i] = sum;
    }
}

/* V I V = V (H - P) V over all coefficients, its part of the columns. With the frailties' H and P
 * it is V (S - P - X' delta X) V, S the Schur complement and X the solved columns. */
static void set_vcov2(penal_work *w)
{
  size_t p = w->data.p, q = w->groups.q;
  double *middle = w->room, *product = w->room + p * p;
  for (size_t j = 0; j < p; j++) {
    for (size_t i = 0; i <= j; i++) {
      double sum = w->schur[j * p + i] - w->penalty[j * p + i];
      for (size_t g = 0; w->frailty_on && g < q; g++)
        sum -= w->solved[j * q + g] * w->delta[g] * w->solved[i * q + g];
      middle[j * p + i] = middle[i * p + j] = sum;
    }
  }
  multiply(w->vcov, middle, p, product);
  multiply(product, w->vcov, p, w->vcov2);
}

/* V's part of the columns, and the diagonal of that of the groups. */
static lb_status set_variances(penal_work *w, bool inverse, lb_error *err)
{
  size_t p = w->data.p, q = w->groups.q;
  lb_cholesky_inverse(w->factor, w->solid, p, w->vcov);
  set_vcov2(w);
  if (!w->frailty_on || !inverse) return LB_OK;
  lb_status st = cox_groups_inverse(&w->groups, w->delta, w->inverse, &w->log_det, err);
  for (size_t g = 0; st == LB_OK && g < q; g++)
    for (size_t j = 0; j < p; j++)
      for (size_t i = 0; i < p; i++)
        w->inverse[g] += w->solved[j * q + g] * w->vcov[j * p + i] * w->solved[i * q + g];
  return st;
}

lb_status penal_start(penal_work *w, lb_error *err)
{
  size_t p = w->data.p;
  lb_status st = evaluate(w, w->beta, w->omega, err);
  if (st != LB_OK) return st;
  if (!isfinite(w->at.log_lik))
    return lb_error_set(err, LB_ENUMERIC, "the log-likelihood is not finite before any step");
  set_schur(w);
  w->rank = lb_cholesky(w->schur, p, COLLINEAR, w->pivot, w->factor, w->kept);
  lb_cholesky_inverse(w->factor, w->kept, p, w->vcov);
  for (size_t j = 0; j < p; j++) w->null_se[j] = sqrt(w->vcov[j * p + j]);
  return LB_OK;
}

lb_status penal_solve(penal_work *w, bool inverse, lb_error *err)
{
  double gain = 0;
  bool moved = true;
  penal_set_penalty(w);
  w->fits++;
  w->converged = false;
  lb_status st = evaluate(w, w->beta, w->omega, err);
  if (st == LB_OK) st = set_step(w, &gain, err);
  for (size_t i = 0; st == LB_OK && moved && !w->converged && i < w->what->options.max_iter; i++) {
    w->converged = gain <= GAIN * w->what->options.tolerance * fmax(1, fabs(w->objective));
    st = move(w, &moved, err);
    if (st == LB_OK) st = set_step(w, &gain, err);
    w->iterations++;
  }
  return st == LB_OK ? set_variances(w, inverse, err) : st;
}

/* ---- What is read from a fit ---- */

/* What the term adds to trace(V I): its columns or groups, less the trace of V P over them. */
static double own_df(const penal_work *w, size_t term)
{
  const lb_penalty *penalty = &w->what->penalty[term];
  size_t p = w->data.p;
  double df = 0;
  if (penalty->kind == LB_PENALTY_FRAILTY) {
    for (size_t g = 0; w->frailty_on && g < w->groups.q; g++) df += 1 - w->delta[g] * w->inverse[g];
    return df;
  }
  const double *unit = w->unit_penalty + term * p * p;
  for (size_t k = 0; k < penalty->n_column; k++) {
    size_t j = penalty->column[k];
    df += w->kept[j];
    for (size_t i = 0; i < p; i++) df -= w->theta[term] * w->vcov[j * p + i] * unit[i * p + j];
  }
  return df;
}

/* trace of (the term's V)^-1 (V I V). */
static double columns_df(penal_work *w, const lb_penalty *penalty)
{
  size_t p = w->data.p, m = penalty->n_column;
  double *part = w->room, *factor = part + p * p, *right = factor + p * p, df = 0;
  bool *kept = w->term_kept;
  for (size_t a = 0; a < m; a++)
    for (size_t b = 0; b < m; b++)
      part[a * m + b] = w->vcov[penalty->column[a] * p + penalty->column[b]];
  lb_cholesky(part, m, VANISHED, NULL, factor, kept);
  for (size_t a = 0; a < m; a++) {
    for (size_t b = 0; b < m; b++) right[b] = w->vcov2[penalty->column[a] * p + penalty->column[b]];
    lb_cholesky_solve(factor, m, kept, m, right);
    df += right[a];
  }
  return df;
}

/* The same of the frailty: its own less trace(P (V - (A + P)^-1)), A the columns' information. */
static double frailty_df(penal_work *w, size_t term)
{
  size_t p = w->data.p;
  double *sum = w->room, *inverse = sum + p * p, df = own_df(w, term);
  if (!w->frailty_on) return 0;
  for (size_t j = 0; j < p; j++) {
    for (size_t i = 0; i <= j; i++)
      sum[j * p + i] = w->at.information[j * p + i] + w->penalty[j * p + i];
    if (!w->kept[j]) sum[j * p + j] = 0;
  }
  lb_cholesky(sum, p, VANISHED, w->pivot, sum, w->term_kept);
  lb_cholesky_inverse(sum, w->term_kept, p, inverse);
  for (size_t i = 0; i < p * p; i++) df -= w->penalty[i] * (w->vcov[i] - inverse[i]);
  return df;
}

double penal_term_df(penal_work *w, size_t term)
{
  if (w->what->n_penalty == 1) return own_df(w, term); /* then it is the same */
  const lb_penalty *penalty = &w->what->penalty[term];
  return penalty->kind == LB_PENALTY_FRAILTY ? frailty_df(w, term) : columns_df(w, penalty);
}

double penal_df(const penal_work *w)
{
  double df = (double)w->rank;
  for (size_t k = 0; k < w->what->n_penalty; k++) {
    const lb_penalty *penalty = &w->what->penalty[k];
    for (size_t i = 0; i < penalty->n_column; i++) df -= w->kept[penalty->column[i]];
    df += own_df(w, k);
  }
  return df;
}

/* log Gamma(nu + d) / Gamma(nu) - d log nu: a sum over whole d, whose terms do not cancel however
 * large nu is; a fraction that is left is small beside nu. */
static double log_rising(double nu, double d)
{
  double whole = floor(d), rest = d - whole, sum = 0;
  for (size_t k = 0; (double)k < whole; k++) sum += log1p((double)k / nu);
  if (rest == 0) return sum;
  double from = nu + whole;
  sum += rest * log1p(whole / nu);
  if (from > STIRLING) return sum + rest * (rest - 1) / (2 * from);
  return sum + gsl_sf_lnpoch(from, rest) - rest * log(from);
}

/* Gamma: with nu = 1/theta and d_g events, log_lik + the sum over groups of nu w - (nu + d) log(1 +
 * d/nu) - d log nu + log Gamma(nu + d)/Gamma(nu) + d (Therneau & Grambsch 2000, eq. 9.11, so that
 * theta = 0 gives the log-likelihood without frailty). Gaussian: Laplace (Ripatti & Palmgren 2000,
 * Biometrics 56:1016, eq. 5). */
double penal_integrated(const penal_work *w)
{
  if (!w->frailty_on) return w->at.log_lik;
  double variance = frailty_variance(w), nu = 1 / variance, sum = 0;
  for (size_t g = 0; g < w->groups.q; g++) {
    double o = w->omega[g], d = w->groups.event[g];
    if (w->frailty->gaussian)
      sum -= o * o / (2 * variance) + log(variance) / 2;
    else
      sum += nu * o - (nu + d) * log1p(d / nu) + d + log_rising(nu, d);
  }
  if (w->frailty->gaussian) sum -= w->log_det / 2;
  return w->at.log_lik + sum;
}
