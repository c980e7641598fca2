/* royston_curve.c - curves of people by a Royston-Parmar model, and where hazards are negative. */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "stats/survival/royston_spline.h"

static lb_standard standard_of(lb_royston_scale scale)
{
  return scale == LB_ROYSTON_HAZARD ? LB_STANDARD_EXTREME
         : scale == LB_ROYSTON_ODDS ? LB_STANDARD_LOGISTIC
                                    : LB_STANDARD_NORMAL;
}

/* The predictor of a row and its slope in log time, with their derivatives in the parameters. */
static void predictor_at(const lb_royston_people *who, size_t row, double x, double eta[2],
                         double *value, double *slope)
{
  const lb_royston_form *f = &who->form;
  double v[LB_ROYSTON_KNOTS], d[LB_ROYSTON_KNOTS];
  size_t at = (who->stratum == NULL ? 0 : (size_t)who->stratum[row]) * f->n_spline;
  memset(value, 0, f->n_param * sizeof *value);
  memset(slope, 0, f->n_param * sizeof *slope);
  lb_royston_basis(f->knot, f->n_spline, x, value + at, slope + at);
  at = f->n_stratum * f->n_spline;
  for (size_t j = 0; j < f->p; j++) value[at + j] = who->x.column[j][row];
  for (size_t e = 0; e < f->n_effect; e++) {
    const lb_royston_effect *effect = &f->effect[e];
    double column = who->x.column[effect->column][row];
    at = lb_royston_effect_at(f, e);
    lb_royston_basis(effect->knot, effect->n_knot, x, v, d);
    for (size_t j = 1; j < effect->n_knot; j++) {
      value[at + j - 1] = column * v[j];
      slope[at + j - 1] = column * d[j];
    }
  }
  eta[0] = who->x.offset == NULL ? 0 : who->x.offset[row];
  eta[1] = 0;
  for (size_t j = 0; j < f->n_param; j++) {
    eta[0] += who->coef[j] * value[j];
    eta[1] += who->coef[j] * slope[j];
  }
}

static void curve_at(const void *context, size_t row, double t, lb_curve_point *out)
{
  const lb_royston_people *who = context;
  double eta[2], x = log(t > 0 ? t : 1e-300);
  lb_standard kind = standard_of(who->form.scale);
  lb_mass_term m;
  lb_density d;
  predictor_at(who, row, x, eta, out->ds, out->dh);
  lb_standard_mass_term(kind, eta[0], INFINITY, 0, &m);
  lb_standard_density(kind, eta[0], 0, &d);
  double hazard = -m.l;
  out->log_survival = t > 0 ? m.log : 0;
  out->log_hazard = d.log - m.log + log(eta[1]) - x;
  for (size_t j = 0; j < who->form.n_param; j++) {
    double value = out->ds[j];
    out->ds[j] = t > 0 ? -hazard * value : 0;
    out->dh[j] = (d.w + hazard) * value + out->dh[j] / eta[1];
  }
}

/* x'b, without the splines. */
static double curve_linear(const void *context, size_t row, double *gradient)
{
  const lb_royston_people *who = context;
  double eta = who->x.offset == NULL ? 0 : who->x.offset[row];
  size_t at = who->form.n_stratum * who->form.n_spline;
  memset(gradient, 0, who->form.n_param * sizeof *gradient);
  for (size_t j = 0; j < who->x.p; j++) {
    gradient[at + j] = who->x.column[j][row];
    eta += who->coef[at + j] * who->x.column[j][row];
  }
  return eta;
}

void lb_royston_curve(const lb_royston_people *who, const double *vcov, double time_scale,
                      lb_curve *out)
{
  *out = (lb_curve){.p = who->form.n_param,
                    .vcov = vcov,
                    .context = who,
                    .at = curve_at,
                    .linear = curve_linear,
                    .positive = true,
                    .time_scale = time_scale};
}

/* ---- Negative hazards ---- */

/* Between knots the slope is a parabola, known from three places; `piece` intervals. */
typedef struct slopes {
  const lb_royston_people *who;
  size_t n_piece;
  double *cut;   /* n_piece + 1 */
  double *value; /* of each stratum and effect: n_piece x 3 */
} slopes;

static void add_cut(slopes *s, double at, double from, double to)
{
  if (!(at > from && at < to)) return;
  size_t j = s->n_piece++;
  for (; j > 0 && s->cut[j - 1] > at; j--) s->cut[j] = s->cut[j - 1];
  s->cut[j] = at;
}

/* The knots inside, sorted, between the two ends. */
static void fill_cuts(slopes *s, double from, double to)
{
  const lb_royston_form *f = &s->who->form;
  s->cut[0] = from;
  s->n_piece = 1;
  for (size_t j = 0; j < f->n_spline; j++) add_cut(s, f->knot[j], from, to);
  for (size_t e = 0; e < f->n_effect; e++)
    for (size_t j = 0; j < f->effect[e].n_knot; j++) add_cut(s, f->effect[e].knot[j], from, to);
  s->cut[s->n_piece] = to;
}

static double slope_of(const double *knot, size_t n, const double *coef, size_t first, double x)
{
  double v[LB_ROYSTON_KNOTS], d[LB_ROYSTON_KNOTS], sum = 0;
  lb_royston_basis(knot, n, x, v, d);
  for (size_t j = first; j < n; j++) sum += coef[j - first] * d[j];
  return sum;
}

static void fill_slopes(slopes *s)
{
  const lb_royston_form *f = &s->who->form;
  for (size_t k = 0; k < 3 * s->n_piece; k++) {
    double low = s->cut[k / 3], x = low + (double)(k % 3) / 2 * (s->cut[k / 3 + 1] - low);
    for (size_t g = 0; g < f->n_stratum; g++)
      s->value[g * 3 * s->n_piece + k] =
          slope_of(f->knot, f->n_spline, s->who->coef + g * f->n_spline, 0, x);
    for (size_t e = 0; e < f->n_effect; e++)
      s->value[(f->n_stratum + e) * 3 * s->n_piece + k] = slope_of(
          f->effect[e].knot, f->effect[e].n_knot, s->who->coef + lb_royston_effect_at(f, e), 1, x);
  }
}

/* Widens [from, to] by where the parabola through y at 0, 1/2 and 1 is below 0; false: nowhere. */
static bool below_zero(const double y[3], double *from, double *to)
{
  double a = 2 * (y[0] - 2 * y[1] + y[2]), b = y[2] - y[0] - a, c = y[0];
  double lowest = a > 0 ? fmin(1, fmax(0, -b / (2 * a))) : y[0] < y[2] ? 0 : 1;
  double least = c + lowest * (b + a * lowest);
  double size = fabs(y[0]) + fabs(y[1]) + fabs(y[2]);
  if (!(least < -1e-10 * size)) return false; /* a constant hazard of 0 may be rounded */
  double root = sqrt(fmax(0, b * b - 4 * a * c)), near = b > 0 ? -b - root : -b + root;
  double roots[2] = {a != 0 ? near / (2 * a) : 0, near != 0 ? 2 * c / near : 0};
  double low = y[0] < 0 ? 0 : 1, high = y[2] < 0 ? 1 : 0;
  for (size_t k = 0; k < 2; k++) {
    if (!(roots[k] >= 0 && roots[k] <= 1)) continue;
    low = fmin(low, roots[k]);
    high = fmax(high, roots[k]);
  }
  *from = fmin(lowest, low);
  *to = fmax(lowest, high);
  return true;
}

static void look_at_row(const slopes *s, size_t row, lb_royston_negative *out)
{
  const lb_royston_people *who = s->who;
  const lb_royston_form *f = &who->form;
  size_t stratum = who->stratum == NULL ? 0 : (size_t)who->stratum[row];
  bool any = false;
  for (size_t k = 0; k < s->n_piece; k++) {
    double y[3], from, to, low = s->cut[k], length = s->cut[k + 1] - low;
    for (size_t l = 0; l < 3; l++) {
      y[l] = s->value[(stratum * s->n_piece + k) * 3 + l];
      for (size_t e = 0; e < f->n_effect; e++)
        y[l] += who->x.column[f->effect[e].column][row] *
                s->value[((f->n_stratum + e) * s->n_piece + k) * 3 + l];
    }
    if (!below_zero(y, &from, &to)) continue;
    any = true;
    out->from = fmin(out->from, exp(low + from * length));
    out->to = fmax(out->to, exp(low + to * length));
  }
  out->n_row += any;
}

lb_status lb_royston_negative_hazards(const lb_royston_people *who, double from, double to,
                                      lb_royston_negative *out, lb_error *err)
{
  const lb_royston_form *f = &who->form;
  size_t most = f->n_spline + 2;
  for (size_t e = 0; e < f->n_effect; e++) most += f->effect[e].n_knot;
  slopes s = {.who = who};
  s.cut = lb_mem_array(most, sizeof *s.cut);
  s.value = lb_mem_array(most, 3 * (f->n_stratum + f->n_effect) * sizeof *s.value);
  lb_status st = s.cut != NULL && s.value != NULL ? LB_OK : lb_error_nomem(err, "hazards");
  if (st == LB_OK) {
    lb_royston_negative found = {.from = INFINITY};
    fill_cuts(&s, log(from), log(to));
    fill_slopes(&s);
    for (size_t i = 0; i < who->x.n; i++) look_at_row(&s, i, &found);
    *out = found;
  }
  lb_mem_free(s.cut);
  lb_mem_free(s.value);
  return st;
}
