/* cox_exact_marginal.c - ties of continuous times that were rounded: the probability that the tied
 * events came, in any order, before all others at risk. */
#include "stats/survival/cox_exact.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* With A the sum of risks of those at risk without the event and u_i = r_i / A, the probability is
 *   P = integral over t > 0 of e^-t prod_i (1 - e^(-u_i t))
 * (Kalbfleisch & Prentice 1973, Biometrika 60:267; DeLong, Guirguis & So 1994, Biometrika 81:607,
 * eq. 4). They take Gauss-Laguerre points. Here t = e^x: the integrand is then entire, log-concave
 * and falls off exponentially to the left and doubly so to the right, for which the trapezoidal
 * rule converges geometrically (Trefethen & Weideman 2014, SIAM Review 56:385, section 5): its step
 * is halved until halving changes the sum by less than SETTLED, when the error is about the square
 * of that. In x the points are drawn with a chance in proportion to the integrand; with v = u_i t
 * and psi_i = v / (e^v - 1), d log P / d log u_i is the mean of psi_i, and second derivatives are
 * covariances of the psi and means of psi' = psi (1 - v - psi). */
#define SETTLED      1e-9
#define NEGLIGIBLE   (-45.0) /* log of what is left out, relative to the largest */
#define MAX_HALVINGS 12
/* Where events are most of the risk, the rest is summed by itself: a difference loses digits. */
#define MOST_OF_RISK 1e-3

typedef struct integral {
  size_t p, n;               /* events */
  double rest;               /* A */
  double *u;                 /* n */
  double *y;                 /* n x p: z less the mean of the rest */
  double *gradient, *second; /* n: means of psi, psi' */
  double *rest_z;            /* p: mean of the rest */
  double *sum, *mean;        /* p */
  double mode, peak;         /* of the log integrand, in x */
  double step, log_p;
} integral;

size_t cox_marginal_work(size_t p, size_t events)
{
  if (p > UINT32_MAX || events >= SIZE_MAX / (p + 3) / sizeof(double) - 3) return SIZE_MAX;
  return events * (p + 3) + 3 * p;
}

static double psi(double v)
{
  return v < 1e-300 ? 1 : v / expm1(v);
}

static double log_integrand(const integral *q, double x)
{
  double t = exp(x), sum = x - t;
  for (size_t i = 0; i < q->n; i++) sum += log(-expm1(-q->u[i] * t));
  return sum;
}

/* The slope 1 - t + sum psi falls from above 0 at t = 1 to below 0 at t = n + 1. */
static void find_mode(integral *q)
{
  double low = 0, high = log1p((double)q->n), curvature = 1;
  q->mode = high / 2;
  for (int k = 0; k < 60 && high - low > 1e-6; k++) {
    double t = exp(q->mode), slope = 1 - t;
    curvature = t;
    for (size_t i = 0; i < q->n; i++) {
      double v = q->u[i] * t, f = psi(v);
      slope += f;
      curvature -= f * (1 - v - f);
    }
    *(slope > 0 ? &low : &high) = q->mode;
    double next = q->mode + slope / curvature;
    if (fabs(next - q->mode) < 1e-6) break;
    q->mode = next > low && next < high ? next : (low + high) / 2;
  }
  q->peak = log_integrand(q, q->mode);
  q->step = fmin(0.5, 1 / sqrt(curvature));
}

/* Sum of the integrand, relative to its peak, at mode + (first + k) step and to both sides. */
static double sum_points(const integral *q, double step, double first)
{
  double sum = 0;
  for (int side = -1; side <= 1; side += 2) {
    double k = first > 0 ? first : side < 0 ? 1 : 0;
    for (;; k++) {
      double f = log_integrand(q, q->mode + side * k * step) - q->peak;
      if (!(f > NEGLIGIBLE)) break;
      sum += exp(f);
    }
  }
  return sum;
}

static void integrate(integral *q)
{
  find_mode(q);
  double sum = sum_points(q, q->step, 0) * q->step;
  for (int k = 0; k < MAX_HALVINGS; k++) {
    double halved = (sum + sum_points(q, q->step, 0.5) * q->step) / 2;
    bool settled = fabs(halved - sum) <= SETTLED * halved;
    q->step /= 2;
    sum = halved;
    if (settled) break;
  }
  q->log_p = q->peak + log(sum);
}

/* Calls back with every point and its share of the integral. */
static void each_point(integral *q, const cox_tie_part *to,
                       void (*take)(integral *q, double t, double share, const cox_tie_part *to))
{
  for (int side = -1; side <= 1; side += 2) {
    for (double k = side < 0 ? 1 : 0;; k++) {
      double x = q->mode + side * k * q->step, f = log_integrand(q, x);
      if (!(f - q->peak > NEGLIGIBLE)) break;
      take(q, exp(x), q->step * exp(f - q->log_p), to);
    }
  }
}

static void take_means(integral *q, double t, double share, const cox_tie_part *to)
{
  (void)to;
  for (size_t i = 0; i < q->n; i++) {
    double v = q->u[i] * t, f = psi(v);
    q->gradient[i] += share * f;
    if (f > 0) q->second[i] += share * f * (1 - v - f);
  }
}

static void take_covariance(integral *q, double t, double share, const cox_tie_part *to)
{
  size_t p = q->p;
  for (size_t j = 0; j < p; j++) q->sum[j] = -q->mean[j];
  for (size_t i = 0; i < q->n; i++) {
    double f = psi(q->u[i] * t);
    for (size_t j = 0; j < p; j++) q->sum[j] += f * q->y[i * p + j];
  }
  for (size_t j = 0; j < p; j++)
    for (size_t i = 0; i <= j; i++) to->information[j * p + i] -= share * q->sum[j] * q->sum[i];
}

/* Sum of the risks of those at risk without the event, and the mean of their z. */
static void set_rest(integral *q, const cox_data *d, const cox_state *s, const cox_tie *tie)
{
  const cox_bin *bin = &d->bin[tie->bin];
  size_t p = d->p, w = p + 1, end = bin->first_row + bin->events;
  const double *all = s->at_risk + tie->bin * w, *own = s->joined + bin->segment * s->stride;
  q->rest = all[0] - own[0] - (s->exact ? own[w] : 0);
  bool apart = q->rest < MOST_OF_RISK * all[0];
  if (apart) q->rest = 0;
  for (size_t j = 0; j < p; j++)
    q->rest_z[j] = apart ? 0 : all[1 + j] - own[1 + j] - (s->exact ? own[w + 1 + j] : 0);
  for (size_t k = end; apart && k < tie->end; k++) {
    if (!cox_is_at_risk(d, tie, k)) continue;
    q->rest += s->risk[k];
    for (size_t j = 0; j < p; j++) q->rest_z[j] += s->risk[k] * cox_z(d, k, j);
  }
  for (size_t j = 0; j < p; j++) q->rest_z[j] /= q->rest;
}

/* Score and information of the events' own part; the rest's is that of a hazard G / A for all but
 * the events, which the passes over rows take up. */
static void add_result(integral *q, const cox_data *d, const cox_tie *tie, const cox_tie_part *to)
{
  size_t p = q->p, first = d->bin[tie->bin].first_row;
  for (size_t i = 0; i < q->n; i++) {
    const double *y = q->y + i * p;
    for (size_t j = 0; j < p; j++) {
      q->mean[j] += q->gradient[i] * y[j];
      to->score[j] += q->gradient[i] * y[j] - cox_z(d, first + i, j);
      to->crossproduct[j] -= q->second[i] * y[j] * y[j];
      for (size_t k = 0; k <= j; k++) to->information[j * p + k] -= q->second[i] * y[j] * y[k];
    }
  }
  each_point(q, to, take_covariance);
}

static void set_hazard(const integral *q, cox_state *s, size_t b, const cox_tie_part *to)
{
  double total = 0;
  size_t p = q->p;
  for (size_t i = 0; i < q->n; i++) total += q->gradient[i];
  s->hazard[b] = total / q->rest;
  s->hazard_event[b] = 0;
  for (size_t j = 0; j < p; j++)
    for (size_t i = 0; i <= j; i++)
      to->information[j * p + i] -= total * q->rest_z[j] * q->rest_z[i];
}

void cox_marginal_tie(const cox_data *d, cox_state *s, const cox_tie *tie, const cox_tie_part *to,
                      double *log_lik)
{
  const cox_bin *bin = &d->bin[tie->bin];
  size_t p = d->p, n = bin->events;
  integral q = {.p = p, .n = n, .u = to->work};
  q.gradient = q.u + n;
  q.second = q.gradient + n;
  q.y = q.second + n;
  q.rest_z = q.y + n * p;
  q.sum = q.rest_z + p;
  q.mean = q.sum + p;
  memset(to->work, 0, (n * (p + 3) + 3 * p) * sizeof *to->work);
  bool certain = n == tie->n_risk;
  if (!certain) set_rest(&q, d, s, tie);
  for (size_t i = 0; i < n; i++) {
    size_t k = bin->first_row + i;
    *log_lik -= log(s->risk[k]);
    q.u[i] = s->risk[k] / q.rest;
    for (size_t j = 0; j < p; j++) {
      if (certain) to->score[j] -= cox_z(d, k, j);
      q.y[i * p + j] = cox_z(d, k, j) - q.rest_z[j];
    }
  }
  if (certain) return;
  integrate(&q);
  *log_lik += q.log_p;
  each_point(&q, to, take_means);
  set_hazard(&q, s, tie->bin, to);
  add_result(&q, d, tie, to);
}
