/* max_normal.c - tail of the largest of several correlated normal statistics. */
#include "stats/max_normal.h"

#include "base/interrupt.h"
#include "base/mem.h"
#include "base/random.h"
#include "stats/lattice.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RANK_TOLERANCE 1e-10 /* of a variance of 1 that is left */
#define SAME_POINT     1e-20 /* squared distance of directions that are one */
#define EXACT_ERROR    1e-12
#define NODES          16 /* Gauss-Legendre, in each half of a piece between breakpoints */
#define MOST_HALVINGS  14
#define TOLERANCE      1e-13
#define ON_BORDER      1e-9
#define SHIFTS         16
#define LATTICE        2048
#define POLL_POINTS    4 /* of the lattice: with 100 statistics, some 20 ms */
#define SEED           1
#define PI             3.14159265358979323846

typedef struct tail {
  size_t m, rank; /* points, dimensions */
  size_t step;    /* 2 when points come in opposite pairs, next to each other, else 1 */
  double *point;  /* m x rank, unit vectors */
  double c;
  double *border; /* 3 a point, in three dimensions: what bounds a cell */
  double *cut;    /* breakpoints of angles */
  size_t n_cut;
  double node[NODES], weight[NODES]; /* of Gauss and Legendre, on -1 .. 1 */
} tail;

/* Probability that the length of X, of two dimensions, is beyond what its direction u needs: x =
 * max l_j'u. */
static double beyond(const tail *w, double x)
{
  double s = w->c / x;
  if (w->c > 0) return x > 0 ? exp(-s * s / 2) : 0;
  return x >= 0 ? 1 : -expm1(-s * s / 2);
}

static double dot(const double *a, const double *b, size_t n)
{
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += a[i] * b[i];
  return sum;
}

/* Nodes and weights of Gauss and Legendre: roots of the polynomial by Newton's method. */
static void set_nodes(tail *w)
{
  for (int k = 0; k < NODES; k++) {
    double x = cos(PI * (k + 0.75) / (NODES + 0.5)), slope = 1;
    for (int iteration = 0; iteration < 10; iteration++) {
      double before = 1, p = x;
      for (int n = 2; n <= NODES; n++) {
        double next = ((2 * n - 1) * x * p - (n - 1) * before) / n;
        before = p;
        p = next;
      }
      slope = NODES * (before - x * p) / (1 - x * x);
      x -= p / slope;
    }
    w->node[k] = x;
    w->weight[k] = 2 / ((1 - x * x) * slope * slope);
  }
}

/* ---- Factor ---- */

/* Pivoted Cholesky factor of the correlations: rows of l (m x m) are unit vectors in `rank`
 * dimensions, dependent rows too. */
static size_t factorise(const double *covariance, size_t m, double *l, double *left)
{
  size_t rank = 0;
  for (size_t i = 0; i < m; i++) left[i] = 1;
  for (; rank < m; rank++) {
    size_t pivot = 0;
    for (size_t i = 1; i < m; i++) {
      if (left[i] > left[pivot]) pivot = i;
    }
    if (!(left[pivot] > RANK_TOLERANCE)) break;
    double root = sqrt(left[pivot]), scale = sqrt(covariance[pivot * m + pivot]);
    for (size_t i = 0; i < m; i++) {
      double sum = covariance[i * m + pivot] / (scale * sqrt(covariance[i * m + i]));
      sum -= dot(&l[i * m], &l[pivot * m], rank);
      l[i * m + rank] = left[i] > 0 ? sum / root : 0;
    }
    for (size_t i = 0; i < m; i++) left[i] -= l[i * m + rank] * l[i * m + rank];
    left[pivot] = 0;
  }
  return rank;
}

/* Takes a unit vector along v, and the opposite when two-sided, unless it is there already. */
static void add_point(tail *w, const double *v, double sign)
{
  double *point = &w->point[w->m * w->rank], length = sqrt(dot(v, v, w->rank));
  for (size_t i = 0; i < w->rank; i++) point[i] = sign * v[i] / length;
  for (size_t j = 0; j < w->m; j++) {
    double distance = 0;
    for (size_t i = 0; i < w->rank; i++)
      distance += (point[i] - w->point[j * w->rank + i]) * (point[i] - w->point[j * w->rank + i]);
    if (distance < SAME_POINT) return;
  }
  w->m++;
}

static lb_status start(tail *w, const double *covariance, size_t m, bool two_sided, lb_error *err)
{
  double *l = lb_mem_zero(m, m * sizeof *l), *left = lb_mem_array(m, sizeof *left);
  bool ok = l != NULL && left != NULL;
  if (ok) {
    w->rank = factorise(covariance, m, l, left);
    w->point = lb_mem_array(2 * m + 1, (w->rank + 1) * sizeof *w->point);
    /* Points and pairs of points give the breakpoints, two each, and there are the ends. */
    w->cut = lb_mem_array(4 * m * m + 2, 2 * sizeof *w->cut);
    set_nodes(w);
    w->border = lb_mem_array(2 * m + 1, 3 * sizeof *w->border);
    ok = w->point != NULL && w->cut != NULL && w->border != NULL;
  }
  for (size_t j = 0; ok && j < m; j++) {
    add_point(w, &l[j * m], 1);
    if (two_sided) add_point(w, &l[j * m], -1);
  }
  lb_mem_free(l);
  lb_mem_free(left);
  return ok ? LB_OK : lb_error_nomem(err, "normal probabilities");
}

/* ---- Two and three dimensions ---- */

static int ascending(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

typedef double integrand(const tail *w, size_t point, double angle);

typedef struct adaptive {
  integrand *f;
  size_t point;
  double total; /* of a first pass */
} adaptive;

static double integrate_piece(const tail *w, double a, double b, integrand *f, size_t point)
{
  double sum = 0, half = (b - a) / 2, middle = a + half;
  for (size_t k = 0; k < NODES; k++) sum += w->weight[k] * f(w, point, middle + half * w->node[k]);
  return half * sum;
}

/* Halves the piece until that changes nothing beside `total`: near the edge of a tail the integrand
 * has all derivatives, but none that a polynomial follows. */
static double halve(const tail *w, double a, double b, const adaptive *f, int halvings)
{
  double middle = a + (b - a) / 2, whole = integrate_piece(w, a, b, f->f, f->point);
  double left = integrate_piece(w, a, middle, f->f, f->point);
  double right = integrate_piece(w, middle, b, f->f, f->point);
  double change = fabs(left + right - whole);
  if (halvings == 0 || change <= TOLERANCE * (f->total + fabs(whole))) return left + right;
  return halve(w, a, middle, f, halvings - 1) + halve(w, middle, b, f, halvings - 1);
}

/* Integral of f over the circle, in pieces that end at the cuts, where f has kinks. */
static double integrate(tail *w, integrand *f, size_t point)
{
  adaptive work = {f, point, 0};
  w->cut[w->n_cut++] = 0;
  w->cut[w->n_cut++] = 2 * PI;
  qsort(w->cut, w->n_cut, sizeof *w->cut, ascending);
  for (size_t i = 0; i + 1 < w->n_cut; i++) {
    double a = w->cut[i], b = w->cut[i + 1];
    if (b > a) work.total += integrate_piece(w, a, b, f, point);
  }
  double sum = 0;
  for (size_t i = 0; i + 1 < w->n_cut; i++) {
    double a = w->cut[i], b = w->cut[i + 1];
    if (b > a) sum += halve(w, a, b, &work, MOST_HALVINGS);
  }
  return sum;
}

/* Cuts at an angle and its opposite where `border` says that there is a kink. */
static void add_cuts(tail *w, double angle, size_t point, size_t i,
                     bool (*border)(const tail *w, size_t point, size_t i, double angle))
{
  double both[2] = {angle < 0 ? angle + 2 * PI : angle, angle < PI ? angle + PI : 0};
  for (int k = 0; k < 2; k++) {
    if (border(w, point, i, both[k])) w->cut[w->n_cut++] = both[k];
  }
}

static double plane_most(const tail *w, double angle)
{
  double u[2] = {cos(angle), sin(angle)}, most = -INFINITY;
  for (size_t j = 0; j < w->m; j++) most = fmax(most, dot(&w->point[2 * j], u, 2));
  return most;
}

/* r = 2: the tail in the direction at an angle. */
static double in_plane(const tail *w, size_t point, double angle)
{
  (void)point;
  return beyond(w, plane_most(w, angle));
}

/* Is the point the nearest to the direction? */
static bool is_most(const tail *w, size_t point, size_t i, double angle)
{
  (void)i;
  double u[2] = {cos(angle), sin(angle)};
  return dot(&w->point[2 * point], u, 2) >= plane_most(w, angle) - ON_BORDER;
}

/* The nearest point changes at the bisectors of pairs; at right angles to it the tail ends. */
static double plane_mean(tail *w)
{
  w->n_cut = 0;
  for (size_t j = 0; j < w->m; j++) {
    const double *a = &w->point[2 * j];
    add_cuts(w, atan2(a[0], -a[1]), j, j, is_most);
    for (size_t i = 0; i < j; i++) {
      const double *b = &w->point[2 * i];
      add_cuts(w, atan2(a[0] - b[0], b[1] - a[1]), j, i, is_most);
    }
  }
  return integrate(w, in_plane, 0) / (2 * PI);
}

/* r = 3, about the axis `point`: the frame's two other axes. */
static void frame_of(const double *axis, double *e1, double *e2)
{
  size_t least = fabs(axis[0]) < fabs(axis[1]) ? 0 : 1;
  if (fabs(axis[2]) < fabs(axis[least])) least = 2;
  double length = sqrt(1 - axis[least] * axis[least]);
  for (size_t i = 0; i < 3; i++) e1[i] = ((i == least) - axis[least] * axis[i]) / length;
  e2[0] = axis[1] * e1[2] - axis[2] * e1[1];
  e2[1] = axis[2] * e1[0] - axis[0] * e1[2];
  e2[2] = axis[0] * e1[1] - axis[1] * e1[0];
}

/* Antiderivative of beyond() in x, for 3 df: x Q(c/x) less the part of the density, whose integral
 * is elementary. */
static double beyond_sum(const tail *w, double x)
{
  double c = fabs(w->c);
  if (x == 0) return 0;
  double s = c / fabs(x), gauss = sqrt(2 / PI) * exp(-s * s / 2);
  double q = erfc(s / sqrt(2)) + s * gauss;
  if (w->c > 0) return x > 0 ? x * q - c * gauss : 0;
  return x > 0 ? x : x * (1 - q) - c * gauss;
}

/* Where point j bounds the cell about an axis: gap = 1 - a'b, b's part in the two other axes. */
static void set_borders(tail *w, size_t point)
{
  const double *a = &w->point[3 * point];
  double e1[3], e2[3];
  frame_of(a, e1, e2);
  for (size_t j = 0; j < w->m; j++) {
    const double *b = &w->point[3 * j];
    w->border[3 * j] = 1 - dot(a, b, 3);
    w->border[3 * j + 1] = dot(e1, b, 3);
    w->border[3 * j + 2] = dot(e2, b, 3);
  }
}

/* Cosine of the angle from the axis, in the direction c, s about it, at which point j is as near:
 * its tangent is the gap over the part of b in that direction. */
static double border_with(const tail *w, size_t j, double c, double s)
{
  const double *border = &w->border[3 * j];
  double gap = border[0], side = c * border[1] + s * border[2];
  return side / sqrt(gap * gap + side * side);
}

static double cell_border(const tail *w, size_t point, double c, double s)
{
  double most = -1;
  for (size_t j = 0; j < w->m; j++) {
    if (j != point) most = fmax(most, border_with(w, j, c, s));
  }
  return most;
}

/* The sum over the cell of the directions nearest to `point`, at azimuth phi. */
static double in_cell(const tail *w, size_t point, double phi)
{
  return beyond_sum(w, 1) - beyond_sum(w, cell_border(w, point, cos(phi), sin(phi)));
}

static bool is_border(const tail *w, size_t point, size_t i, double phi)
{
  double c = cos(phi), s = sin(phi);
  return border_with(w, i, c, s) >= cell_border(w, point, c, s) - ON_BORDER;
}

/* Azimuths about `point` at which the bordering point changes, or the border passes 90 degrees. */
static void cell_cuts(tail *w, size_t point)
{
  set_borders(w, point);
  w->n_cut = 0;
  for (size_t j = 0; j < w->m; j++) {
    if (j == point) continue;
    const double *b = &w->border[3 * j];
    add_cuts(w, atan2(b[1], -b[2]), point, j, is_border);
    for (size_t i = 0; i < j; i++) {
      if (i == point) continue;
      const double *d = &w->border[3 * i];
      add_cuts(w, atan2(b[1] * d[0] - d[1] * b[0], d[2] * b[0] - b[2] * d[0]), point, j, is_border);
    }
  }
}

static double sphere_mean(tail *w)
{
  double sum = 0;
  for (size_t j = 0; j < w->m; j += w->step) { /* opposite cells are alike */
    cell_cuts(w, j);
    sum += integrate(w, in_cell, j);
  }
  return (double)w->step * sum / (4 * PI);
}

/* ---- More dimensions ---- */

#define HUGE_SQUARE 1e6

/* Z_j is the largest and beyond c: the chance over the length of what is at right angles to l_j, of
 * direction v, when Z_j = z: points i limit it where z (1 - l_j'l_i) = length v'l_i. */
static double largest_given(const tail *w, size_t j, double z, const double *v, double sign)
{
  size_t r = w->rank;
  double low = 0, high = INFINITY;
  for (size_t i = 0; i < w->m; i++) {
    if (i == j) continue;
    double gap = 1 - dot(&w->point[j * r], &w->point[i * r], r);
    double side = sign * dot(v, &w->point[i * r], r), length = z * gap / side;
    if (side > 0)
      high = fmin(high, length);
    else if (z < 0)
      low = fmax(low, side < 0 ? length : INFINITY);
  }
  if (!(high > low)) return 0;
  double df = (double)(r - 1);
  return (high < INFINITY ? gsl_cdf_chisq_P(high * high, df) : 1) -
         (low > 0 ? gsl_cdf_chisq_P(fmin(low * low, HUGE_SQUARE), df) : 0);
}

/* One point of the lattice: the tail of each Z_j cut into equal parts, in two opposite directions.
 * `u` has room for 2 r numbers, r + 1 shifts. */
static double at_lattice(const tail *w, size_t i, const double *shift, double *u)
{
  size_t r = w->rank;
  double tail_c = gsl_cdf_ugaussian_Q(w->c), sum = 0, *v = u + r;
  lb_lattice_point(i, shift, r + 1, u); /* the last goes where v begins, and z is of it */
  double z = gsl_cdf_ugaussian_Qinv(u[r] * tail_c);
  for (size_t k = 0; k < r; k++) u[k] = gsl_cdf_ugaussian_Pinv(u[k]);
  for (size_t j = 0; j < w->m; j += w->step) {
    const double *point = &w->point[j * r];
    double along = dot(u, point, r);
    for (size_t k = 0; k < r; k++) v[k] = u[k] - along * point[k];
    double length = sqrt(dot(v, v, r));
    for (size_t k = 0; k < r; k++) v[k] /= length;
    sum += largest_given(w, j, z, v, 1) + largest_given(w, j, z, v, -1);
  }
  return (double)w->step * tail_c * sum / 2;
}

static lb_status lattice_mean(const tail *w, lb_max_normal *out, lb_error *err)
{
  double *u = lb_mem_array(w->rank, 2 * sizeof *u);
  double *shift = lb_mem_array(w->rank + 1, sizeof *shift);
  double mean[SHIFTS] = {0}, sum = 0, squares = 0;
  lb_status st = u == NULL || shift == NULL ? lb_error_nomem(err, "normal probabilities") : LB_OK;
  for (size_t s = 0; st == LB_OK && s < SHIFTS; s++) {
    lb_random random;
    lb_random_init(&random, SEED, s);
    for (size_t k = 0; k <= w->rank; k++) shift[k] = lb_random_uniform(&random);
    for (size_t i = 0; st == LB_OK && i < LATTICE; i++) {
      if (i % POLL_POINTS == 0 && lb_interrupted()) st = lb_error_interrupted(err);
      mean[s] += at_lattice(w, i, shift, u) / LATTICE;
    }
    sum += mean[s];
  }
  lb_mem_free(u);
  lb_mem_free(shift);
  out->p_value = sum / SHIFTS;
  for (size_t s = 0; s < SHIFTS; s++)
    squares += (mean[s] - out->p_value) * (mean[s] - out->p_value);
  out->error = 4 * sqrt(squares / (SHIFTS * (SHIFTS - 1)));
  return st;
}

lb_status lb_max_normal_tail(const double *covariance, size_t m, double c, bool two_sided,
                             lb_max_normal *out, lb_error *err)
{
  tail w = {.c = c, .step = two_sided ? 2 : 1};
  lb_max_normal result = {.p_value = 1};
  for (size_t j = 0; j < m; j++) {
    if (!(covariance[j * m + j] > 0))
      return lb_error_set(err, LB_EARG, "variance %zu is not positive", j + 1);
  }
  lb_status st = start(&w, covariance, m, two_sided, err);
  result.rank = w.rank;
  if (st == LB_OK && !(two_sided && c <= 0)) {
    if (w.rank == 1) {
      /* One point: a normal tail; two, opposite ones, also of one side: both tails. */
      result.p_value = w.m > 1 ? 2 * gsl_cdf_ugaussian_Q(fmax(c, 0)) : gsl_cdf_ugaussian_Q(c);
    } else if (w.rank == 2) {
      result.p_value = plane_mean(&w);
    } else if (w.rank == 3) {
      result.p_value = sphere_mean(&w);
    } else {
      st = lattice_mean(&w, &result, err);
    }
    if (w.rank <= 3) result.error = EXACT_ERROR * result.p_value;
  }
  lb_mem_free(w.point);
  lb_mem_free(w.border);
  lb_mem_free(w.cut);
  result.p_value = fmin(result.p_value, 1);
  if (st == LB_OK) *out = result;
  return st;
}
