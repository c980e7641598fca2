/* aft_loggamma_table.c - the log-gamma distribution at one shape for many rows. */
#include "stats/survival/aft_loggamma_table.h"

#include <gsl/gsl_math.h>
#include <math.h>

#include "base/interrupt.h"
#include "base/mem.h"
#include "base/parallel.h"

#define NODES    13    /* of an interval: degree 12 */
#define PIECES   96    /* intervals */
#define WIDTH    0.5   /* of one at |q| <= 1: zeros of the survival are more than 2 away */
#define LOWEST   (-36) /* intervals below 0; the left tail is the longer one */
#define FUNCTION 3     /* log S, dS/dq / S, d2S/dq2 / S */
#define ACCURATE 1e-14

typedef struct piece {
  bool known;
  double c[FUNCTION][NODES]; /* Chebyshev coefficients, the first halved */
} piece;

struct lb_loggamma_table {
  bool filled;
  double q, constant[3], width;
  double node[NODES]; /* in [-1, 1] */
  double wave[NODES][NODES];
  piece piece[PIECES];
};

lb_loggamma_table *lb_loggamma_table_new(void)
{
  lb_loggamma_table *t = lb_mem_zero(1, sizeof *t);
  if (t == NULL) return NULL;
  for (size_t k = 0; k < NODES; k++) {
    double angle = M_PI * ((double)k + 0.5) / NODES;
    t->node[k] = cos(angle);
    for (size_t j = 0; j < NODES; j++)
      t->wave[j][k] = (j == 0 ? 1.0 : 2.0) / NODES * cos((double)j * angle);
  }
  return t;
}

void lb_loggamma_table_free(lb_loggamma_table *table)
{
  lb_mem_free(table);
}

/* Clenshaw's recurrence for the three functions together; x in [-1, 1]. */
static void interpolate(const piece *p, double x, double out[FUNCTION])
{
  double b[FUNCTION] = {0}, last[FUNCTION] = {0};
  for (size_t j = NODES - 1; j > 0; j--) {
    for (size_t f = 0; f < FUNCTION; f++) {
      double next = 2 * x * b[f] - last[f] + p->c[f][j];
      last[f] = b[f];
      b[f] = next;
    }
  }
  for (size_t f = 0; f < FUNCTION; f++) out[f] = x * b[f] - last[f] + p->c[f][0];
}

static void integrate(const lb_loggamma_table *t, double w, double out[FUNCTION])
{
  lb_mass m;
  lb_loggamma_mass(w, INFINITY, t->q, &m);
  out[0] = m.log;
  out[1] = m.q;
  out[2] = m.qq;
}

static double middle_of(const lb_loggamma_table *t, size_t i)
{
  return ((double)i + LOWEST + 0.5) * t->width;
}

/* Whether the interpolant is the integral between nodes too, largest in size `most`. */
static bool accurate(const lb_loggamma_table *t, const piece *p, double middle, const double *most)
{
  static const double PLACE[] = {-0.97, 0.11, 0.93};
  for (size_t k = 0; k < sizeof PLACE / sizeof *PLACE; k++) {
    double exact[FUNCTION], near[FUNCTION];
    integrate(t, middle + PLACE[k] * t->width / 2, exact);
    interpolate(p, PLACE[k], near);
    for (size_t f = 0; f < FUNCTION; f++)
      if (!(fabs(exact[f] - near[f]) <= ACCURATE * fmax(1, most[f]))) return false;
  }
  return true;
}

static void fill_piece(void *context, size_t i)
{
  lb_loggamma_table *t = context;
  piece *p = &t->piece[i];
  double middle = middle_of(t, i), most[FUNCTION] = {0};
  *p = (piece){0};
  for (size_t k = 0; k < NODES; k++) {
    double value[FUNCTION];
    integrate(t, middle + t->node[k] * t->width / 2, value);
    for (size_t f = 0; f < FUNCTION; f++) {
      if (!isfinite(value[f])) return;
      most[f] = fmax(most[f], fabs(value[f]));
      for (size_t j = 0; j < NODES; j++) p->c[f][j] += t->wave[j][k] * value[f];
    }
  }
  p->known = accurate(t, p, middle, most);
}

lb_status lb_loggamma_table_fill(lb_loggamma_table *table, double q, lb_error *err)
{
  if (table->filled && table->q == q) return LB_OK;
  table->filled = false;
  if (!isfinite(q)) return LB_OK;
  table->q = q;
  table->width = WIDTH / fmax(1, fabs(q));
  lb_loggamma_constant(q, table->constant);
  if (!lb_parallel(PIECES, true, fill_piece, table)) return lb_error_interrupted(err);
  table->filled = true;
  return LB_OK;
}

static bool is_of(const lb_loggamma_table *table, double q)
{
  return table != NULL && table->filled && table->q == q;
}

void lb_loggamma_table_density(const lb_loggamma_table *table, double w, double q, lb_density *out)
{
  if (is_of(table, q))
    lb_loggamma_density_at(w, q, table->constant, out);
  else
    lb_loggamma_density(w, q, out);
}

void lb_loggamma_table_above(const lb_loggamma_table *table, double lower, double q,
                             lb_mass_term *out)
{
  double place = is_of(table, q) ? lower / table->width - LOWEST : -1, m[FUNCTION];
  if (!(place >= 0 && place < PIECES) || !table->piece[(size_t)place].known) {
    lb_standard_mass_term(LB_STANDARD_LOGGAMMA, lower, INFINITY, q, out);
    return;
  }
  const piece *p = &table->piece[(size_t)place];
  lb_density low;
  interpolate(p, 2 * (place - floor(place)) - 1, m);
  lb_loggamma_density_at(lower, q, table->constant, &low);
  double a = exp(low.log - m[0]);
  *out = (lb_mass_term){.log = m[0],
                        .q = m[1],
                        .qq = m[2] - m[1] * m[1],
                        .l = -a,
                        .ll = -a * (low.w + a),
                        .lq = -a * (low.q - m[1])};
}
