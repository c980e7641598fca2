/* cox_penal_theta.c - how much to penalise: theta by degrees of freedom, Akaike's criterion, the
 * integrated likelihood, or restricted maximum likelihood. */
#include "stats/survival/cox_penal_work.h"

#include <gsl/gsl_sf_psi.h>
#include <math.h>

/* The search is in log theta, in steps of a factor of 4 until the solution is between two; then to
 * this width. */
#define STEP       1.3862943611198906
#define WIDTH      1e-10
#define SMALL      1e-11 /* of the criterion, beside its values there */
#define MOST_STEPS 60
#define AIC_WIDTH  1e-6
/* Below, a variance that still wants to fall is 0; beyond, theta has no end. */
#define LEAST_FRAILTY (-11.512925464970229) /* log 1e-5 */
#define SLIGHT        1e-3
#define LEAST         (-27.6) /* log 1e-12 */
#define MOST          27.6
/* Several terms are searched in turn until none moves more than this. */
#define SWEEPS  40
#define SETTLED 1e-7

typedef struct search {
  penal_work *w;
  size_t term;
} search;

/* psi(nu + d) - psi(nu), psi the derivative of the log-gamma function: a sum over whole d. */
static double psi_difference(double nu, double d)
{
  double whole = floor(d), sum = 0;
  for (size_t k = 0; (double)k < whole; k++) sum += 1 / (nu + (double)k);
  return d == whole ? sum : sum + gsl_sf_psi(nu + d) - gsl_sf_psi(nu + whole);
}

/* What is to become 0 in log theta, or of Akaike's criterion to become least. */
static lb_status criterion(const search *s, double log_theta, double *value, lb_error *err)
{
  penal_work *w = s->w;
  const lb_penalty *penalty = &w->what->penalty[s->term];
  w->theta[s->term] = exp(log_theta);
  lb_status st = penal_solve(w, true, err);
  if (st != LB_OK) return st;
  double theta = w->theta[s->term], sum = 0;
  switch (penalty->method) {
  case LB_PENALTY_FIXED:
    break;
  case LB_PENALTY_DF:
    sum = penal_term_df(w, s->term) - penalty->df;
    if (penalty->kind == LB_PENALTY_FRAILTY) sum = -sum; /* more variance, more freedom */
    break;
  case LB_PENALTY_AIC:
    sum = penal_df(w) - w->at.log_lik;
    break;
  case LB_PENALTY_EM: /* -nu times the derivative of the integrated likelihood to nu */
    for (size_t g = 0; g < w->groups.q; g++) {
      double nu = 1 / theta, d = w->groups.event[g];
      sum -= nu * (psi_difference(nu, d) - log1p(d / nu) + w->omega[g]);
    }
    break;
  case LB_PENALTY_REML:
    for (size_t g = 0; g < w->groups.q; g++) sum += w->omega[g] * w->omega[g] + w->inverse[g];
    sum = sum / ((double)w->groups.q * theta) - 1;
    break;
  }
  *value = sum;
  return LB_OK;
}

/* A solution between low and high, where the criterion has the signs of value[0] and value[1]:
 * regula falsi with the Illinois rule (Dowell & Jarratt 1971, BIT 11:168). */
static lb_status refine(const search *s, double low, double high, double value[2], lb_error *err)
{
  double at = low, f = 0, small = SMALL * fmax(fabs(value[0]), fabs(value[1]));
  int side = 0;
  for (int i = 0; i < MOST_STEPS && high - low > WIDTH; i++) {
    at = (low * value[1] - high * value[0]) / (value[1] - value[0]);
    lb_status st = criterion(s, at, &f, err);
    if (st != LB_OK || fabs(f) <= small) return st;
    bool same = (f > 0) == (value[0] > 0);
    if (same) {
      low = at;
      value[0] = f;
      if (side == -1) value[1] /= 2;
    } else {
      high = at;
      value[1] = f;
      if (side == 1) value[0] /= 2;
    }
    side = same ? -1 : 1;
  }
  return LB_OK;
}

/* From log theta = start, downhill in steps until the criterion, which falls as theta grows, has
 * changed its sign. At a limit it is left there, *at_limit. */
static lb_status find_root(const search *s, double start, double least, bool *at_limit,
                           lb_error *err)
{
  double at = fmax(start, least), f, next_f;
  lb_status st = criterion(s, at, &f, err);
  *at_limit = false;
  while (st == LB_OK && f != 0) {
    double next = at + (f > 0 ? STEP : -STEP);
    if (next < least || next > MOST) {
      *at_limit = true;
      return LB_OK;
    }
    st = criterion(s, next, &next_f, err);
    if (st != LB_OK || next_f == 0) return st;
    if ((next_f > 0) != (f > 0)) {
      bool up = next > at;
      double value[2] = {up ? f : next_f, up ? next_f : f};
      return refine(s, up ? at : next, up ? next : at, value, err);
    }
    at = next;
    f = next_f;
  }
  return st;
}

/* Golden section between low and high, after which theta stays at the least. */
static lb_status golden(const search *s, double low, double high, lb_error *err)
{
  const double ratio = (sqrt(5) - 1) / 2;
  double a = high - ratio * (high - low), b = low + ratio * (high - low), fa, fb;
  lb_status st = criterion(s, a, &fa, err);
  if (st == LB_OK) st = criterion(s, b, &fb, err);
  while (st == LB_OK && high - low > AIC_WIDTH) {
    if (fa <= fb) {
      high = b;
      b = a;
      fb = fa;
      a = high - ratio * (high - low);
      st = criterion(s, a, &fa, err);
    } else {
      low = a;
      a = b;
      fa = fb;
      b = low + ratio * (high - low);
      st = criterion(s, b, &fb, err);
    }
  }
  if (st == LB_OK) st = criterion(s, (low + high) / 2, &fa, err);
  return st;
}

/* The least of Akaike's criterion on a coarse grid, then within its neighbours. */
static lb_status find_least(const search *s, bool *at_limit, lb_error *err)
{
  bool frailty = s->w->what->penalty[s->term].kind == LB_PENALTY_FRAILTY;
  double low = frailty ? LEAST_FRAILTY : -14, high = frailty ? 5 : 18, f;
  double best = low, least = INFINITY;
  lb_status st = LB_OK;
  for (double at = high; at >= low && st == LB_OK; at -= 2 * STEP) {
    st = criterion(s, at, &f, err);
    if (st == LB_OK && f < least) {
      least = f;
      best = at;
    }
  }
  *at_limit = best >= high || best - 2 * STEP < low;
  if (st != LB_OK) return st;
  return golden(s, fmax(best - 2 * STEP, low), fmin(best + 2 * STEP, high), err);
}

/* A variance that wants to be 0 is 0. */
static lb_status drop_frailty(penal_work *w, size_t term, lb_error *err)
{
  w->theta[term] = 0;
  w->frailty_on = false;
  return penal_solve(w, true, err);
}

static lb_status find_term(penal_work *w, size_t k, lb_penal_term *term, lb_error *err)
{
  const lb_penalty *penalty = &w->what->penalty[k];
  bool frailty = penalty->kind == LB_PENALTY_FRAILTY;
  const search s = {w, k};
  double start = w->theta[k] > 0 ? log(w->theta[k]) : 0;
  size_t fits = w->fits;
  lb_status st;
  if (frailty) w->frailty_on = true;
  if (penalty->method == LB_PENALTY_AIC) {
    st = find_least(&s, &term->at_limit, err);
    term->converged = true;
    if (st == LB_OK && frailty && term->at_limit && w->theta[k] < SLIGHT)
      st = drop_frailty(w, k, err);
  } else {
    bool variance = penalty->method == LB_PENALTY_EM || penalty->method == LB_PENALTY_REML;
    st = find_root(&s, start, variance ? LEAST_FRAILTY : LEAST, &term->at_limit, err);
    bool zero = variance && term->at_limit && w->theta[k] < 1;
    if (st == LB_OK && zero) st = drop_frailty(w, k, err);
    term->converged = !term->at_limit || zero;
  }
  term->iterations += w->fits - fits;
  return st;
}

static bool is_searched(const penal_work *w, size_t k, bool frailty)
{
  const lb_penalty *penalty = &w->what->penalty[k];
  if (penalty->kind == LB_PENALTY_FRAILTY && !frailty) return false;
  return penalty->method != LB_PENALTY_FIXED;
}

/* Terms in turn, each at the others' last theta, until all are settled. */
lb_status penal_find_theta(penal_work *w, lb_penal_term *term, bool frailty, lb_error *err)
{
  size_t n = w->what->n_penalty, searched = 0;
  double moved = INFINITY;
  lb_status st = LB_OK;
  w->frailty_on = frailty;
  for (size_t k = 0; k < n; k++) searched += is_searched(w, k, frailty);
  for (int sweep = 0; sweep < SWEEPS && moved > SETTLED && st == LB_OK; sweep++) {
    moved = 0;
    for (size_t k = 0; k < n && st == LB_OK; k++) {
      double before = w->theta[k];
      if (!is_searched(w, k, frailty)) continue;
      st = find_term(w, k, &term[k], err);
      if (w->theta[k] != before) moved = fmax(moved, fabs(log(w->theta[k] / before)));
    }
    if (searched < 2) break;
  }
  for (size_t k = 0; k < n; k++) {
    if (w->what->penalty[k].method == LB_PENALTY_FIXED) term[k].converged = true;
    if (searched > 1 && !(moved <= SETTLED)) term[k].converged = false;
  }
  return st == LB_OK ? penal_solve(w, true, err) : st;
}
