/* km_band_critical.c - how far the Brownian bridge strays between two times: the critical values of
 * simultaneous bands, computed. */
#include "base/mem.h"
#include "stats/interval.h"
#include "stats/survival/km_band.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_eigen.h>
#include <gsl/gsl_integration.h>
#include <math.h>

#define SHORTEST   4e-3 /* on the logistic time scale: shorter intervals count as this one */
#define NEGLIGIBLE 40.0 /* exp(-40) of 1 */
#define FEWEST     24   /* cosines at least: those of smooth eigenfunctions fall fast */
#define MOST       320
#define NODES      16 /* Gauss-Legendre, on each of as many panels as cosines */
#define TOLERANCE  1e-12

/* Room for N cosines. */
typedef struct scratch {
  size_t n;
  double *from, *to;  /* A_n, B_n */
  gsl_matrix *energy; /* n x n */
  gsl_matrix *vector;
  gsl_vector *value;
  gsl_eigen_symmv_workspace *work;
  gsl_integration_glfixed_table *nodes;
} scratch;

static void scratch_reset(scratch *s)
{
  lb_mem_free(s->from);
  if (s->energy != NULL) gsl_matrix_free(s->energy);
  if (s->vector != NULL) gsl_matrix_free(s->vector);
  if (s->value != NULL) gsl_vector_free(s->value);
  if (s->work != NULL) gsl_eigen_symmv_free(s->work);
  if (s->nodes != NULL) gsl_integration_glfixed_table_free(s->nodes);
}

static lb_status scratch_new(scratch *s, lb_km_band_type type, size_t n, lb_error *err)
{
  s->n = n;
  s->from = lb_mem_array(n, 2 * sizeof(double));
  s->nodes = gsl_integration_glfixed_table_alloc(NODES);
  bool got = s->from != NULL && s->nodes != NULL;
  if (got) s->to = s->from + n;
  if (got && type == LB_KM_EQUAL_PRECISION) {
    s->energy = gsl_matrix_alloc(n, n);
    s->vector = gsl_matrix_alloc(n, n);
    s->value = gsl_vector_alloc(n);
    s->work = gsl_eigen_symmv_alloc(n);
    got = s->energy != NULL && s->vector != NULL && s->value != NULL && s->work != NULL;
  }
  if (got) return LB_OK;
  scratch_reset(s);
  *s = (scratch){0};
  return lb_error_nomem(err, "critical value of a band");
}

/* Integrals over (-c, c) of the cosines cos((2 j + 1) pi x / (2 c)) / sqrt(c), which are
 * orthonormal and vanish at both ends, against exp(-x^2 / (2 variance)). */
static void cosine_moments(const scratch *s, double c, double variance, double *out)
{
  double reach = fmin(c, 9 * sqrt(variance)); /* beyond, the density is 0 */
  for (size_t j = 0; j < s->n; j++) out[j] = 0;
  for (size_t panel = 0; panel < s->n; panel++) {
    double a = reach * (double)panel / (double)s->n, b = reach * (double)(panel + 1) / (double)s->n;
    for (size_t k = 0; k < NODES; k++) {
      double x, weight;
      gsl_integration_glfixed_point(a, b, k, &x, &weight, s->nodes);
      double mass = 2 * weight * exp(-x * x / (2 * variance)) / sqrt(c);
      double angle = M_PI * x / (2 * c), twice = 2 * cos(2 * angle);
      double before = cos(angle), now = before; /* cos(-angle), cos(angle) */
      for (size_t j = 0; j < s->n; j++) {
        out[j] += mass * now;
        double next = twice * now - before;
        before = now;
        now = next;
      }
    }
  }
}

/* P(sup |W| <= k) between low and high. */
static double stays_hall(scratch *s, double k, double low, double high)
{
  double rate = M_PI * M_PI * (high - low) / (8 * k * k), sum = 0;
  if (low > 0) {
    cosine_moments(s, k, low, s->from);
    for (size_t j = 0; j < s->n; j++) s->from[j] /= sqrt(2 * M_PI * low);
  } else {
    for (size_t j = 0; j < s->n; j++) s->from[j] = 1 / sqrt(k);
  }
  if (high < 1) {
    cosine_moments(s, k, 1 - high, s->to);
    for (size_t j = 0; j < s->n; j++) s->to[j] /= sqrt(2 * M_PI * (1 - high));
  } else {
    for (size_t j = 0; j < s->n; j++) s->to[j] = 1 / sqrt(k);
  }
  for (size_t j = 0; j < s->n; j++) {
    double odd = 2 * (double)j + 1;
    sum += s->from[j] * s->to[j] * exp(-rate * odd * odd);
  }
  return sum * sqrt(2 * M_PI);
}

/* x^2 between two of the cosines. */
static double square_between(size_t i, size_t j, double c)
{
  double m = 2 * (double)i + 1, n = 2 * (double)j + 1;
  if (i == j) return c * c * (1.0 / 3 - 2 / (M_PI * M_PI * m * m));
  double sign = (i + j) % 2 == 0 ? 1 : -1;
  double less = 1 / ((m - n) * (m - n)), more = 1 / ((m + n) * (m + n));
  return 8 * c * c * sign / (M_PI * M_PI) * (less - more);
}

/* P(sup |U| <= c) over a time t, U stationary Ornstein-Uhlenbeck with covariance exp(-|t|). */
static double stays_precise(scratch *s, double c, double t)
{
  for (size_t i = 0; i < s->n; i++) {
    for (size_t j = 0; j < s->n; j++) {
      double odd = (2 * (double)i + 1) * M_PI / (2 * c);
      double kinetic = i == j ? odd * odd - 0.5 : 0;
      gsl_matrix_set(s->energy, i, j, kinetic + square_between(i, j, c) / 4);
    }
  }
  cosine_moments(s, c, 2, s->from); /* against the root of the normal density */
  gsl_eigen_symmv(s->energy, s->value, s->vector, s->work);
  double sum = 0;
  for (size_t j = 0; j < s->n; j++) {
    double part = 0;
    for (size_t i = 0; i < s->n; i++) part += gsl_matrix_get(s->vector, i, j) * s->from[i];
    sum += part * part * exp(-gsl_vector_get(s->value, j) * t);
  }
  return sum / sqrt(2 * M_PI);
}

/* Length of the interval on the time scale of the stationary process; of both ends at 0 or 1 it is
 * infinite. */
static double span_of(double low, double high)
{
  return 0.5 * (log(high / low) + log((1 - low) / (1 - high)));
}

/* A short interval around the same middle gets the least length. */
static void widen(double *low, double *high)
{
  double span = span_of(*low, *high);
  if (!(span < SHORTEST)) return;
  double half = (SHORTEST - span), a = log(*low / (1 - *low)) - half;
  double b = log(*high / (1 - *high)) + half;
  *low = 1 / (1 + exp(-a));
  *high = 1 / (1 + exp(-b));
}

/* How many cosines matter: the last, with exponent rate (2 n - 1)^2, has lost NEGLIGIBLE of its
 * weight by the end. */
static size_t count_cosines(double rate)
{
  double n = 0.5 * (sqrt(NEGLIGIBLE / rate) + 1);
  return n < FEWEST ? FEWEST : n > MOST ? MOST : (size_t)ceil(n);
}

typedef struct problem {
  lb_km_band_type type;
  double low, high, level;
  scratch room;
} problem;

static double excess(problem *p, double value)
{
  double stays = p->type == LB_KM_HALL_WELLNER
                     ? stays_hall(&p->room, value, p->low, p->high)
                     : stays_precise(&p->room, value, span_of(p->low, p->high));
  return stays - p->level;
}

/* The root between two values, by the Illinois rule (Dowell & Jarratt 1971, BIT 11:168). */
static double root_of(problem *p, double a, double b)
{
  double fa = excess(p, a), fb = excess(p, b);
  for (int i = 0; i < 100 && b - a > TOLERANCE * b; i++) {
    double x = b - fb * (b - a) / (fb - fa), fx = excess(p, x);
    if (fx == 0 || !(x > a && x < b)) return x;
    if (fx < 0) {
      a = x;
      fa = fx;
      fb /= 2;
    } else {
      b = x;
      fb = fx;
      fa /= 2;
    }
    if (fabs(fx) < TOLERANCE) return x;
  }
  return (a + b) / 2;
}

static lb_status check_ends(lb_km_band_type type, double level, double low, double high,
                            lb_error *err)
{
  bool open = type == LB_KM_EQUAL_PRECISION;
  if (!(low >= 0 && low <= high && high <= 1) || (open && (low == 0 || high == 1)))
    return lb_error_set(err, LB_EARG, "a band from %g to %g: expected fractions %s 0 and 1", low,
                        high, open ? "between" : "from");
  return lb_conf_level_check(level, err);
}

lb_status lb_km_band_critical(lb_km_band_type type, double level, double low, double high,
                              double *value, lb_error *err)
{
  lb_status st = check_ends(type, level, low, high, err);
  if (st != LB_OK) return st;
  double z = lb_z_value(level);
  bool hall = type == LB_KM_HALL_WELLNER;
  if (low == high) { /* one time */
    *value = hall ? z * sqrt(low * (1 - low)) : z;
    return LB_OK;
  }
  if (low > 0 && high < 1) widen(&low, &high);
  /* The bridge on its whole way stays below this; the other scale has no bound, but no data get
   * there. */
  double widest = hall ? 0.8 + z : z + 4;
  double time = hall ? (high - low) / 2 : span_of(low, high);
  problem p = {.type = type, .low = low, .high = high, .level = level};
  /* Roots beyond this come with times so long that a few cosines are enough. */
  double likely = hall ? z : z + 1.3;
  st = scratch_new(&p.room, type, count_cosines(M_PI * M_PI * time / (4 * likely * likely)), err);
  if (st != LB_OK) return st;
  double least = hall ? z * sqrt(fmax(low * (1 - low), high * (1 - high))) : z;
  if (hall && low <= 0.5 && high >= 0.5) least = z / 2;
  *value = root_of(&p, fmax(least, 1e-3) * (1 - 1e-9), widest);
  scratch_reset(&p.room);
  return LB_OK;
}
