/* spline.c - bases of one number: B-splines by de Boor's recurrence, and what is built on them. */
#include "model/spline.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/quantile.h"
#include "base/sort.h"

#define ORDER_MAX (LB_DEGREE_MAX + 1)

/* ---- Quantiles ---- */

/* Numbers, and how many rows each stands for (NULL = one). */
typedef struct numbers {
  const double *x, *count;
  size_t n;
} numbers;

typedef struct sorted {
  double *value, *count;
  size_t n;
} sorted;

static void sorted_reset(sorted *s)
{
  lb_mem_free(s->value);
  lb_mem_free(s->count);
}

static double quantile(const sorted *s, double prob)
{
  return lb_quantile(s->value, s->count, s->n, prob);
}

/* The numbers within the boundary, ascending. */
static lb_status sort_inside(const numbers *x, const double *boundary, sorted *out, lb_error *err)
{
  size_t n = x->n;
  uint32_t *order = lb_mem_array(n, sizeof *order);
  sorted s = {.value = lb_mem_array(n, sizeof *s.value)};
  if (x->count != NULL) s.count = lb_mem_array(n, sizeof *s.count);
  bool failed = order == NULL || s.value == NULL || (x->count != NULL && s.count == NULL);
  if (failed || !lb_sort_order_real(x->x, n, order)) {
    lb_mem_free(order);
    sorted_reset(&s);
    return lb_error_nomem(err, "knots");
  }
  for (size_t k = 0; k < n; k++) {
    double value = x->x[order[k]];
    bool stands = x->count == NULL || x->count[order[k]] > 0;
    if (!stands || !(value >= boundary[0] && value <= boundary[1])) continue;
    if (x->count != NULL) s.count[s.n] = x->count[order[k]];
    s.value[s.n++] = value;
  }
  lb_mem_free(order);
  *out = s;
  return LB_OK;
}

static lb_status check_knots(const double *knot, size_t n, const double *boundary, lb_error *err)
{
  for (size_t k = 0; k < n; k++) {
    if (boundary != NULL && !(knot[k] > boundary[0] && knot[k] < boundary[1])) {
      lb_error_set(err, LB_EDATA, "knot %zu is not inside the boundary", k + 1);
      lb_error_mend(err, "Give fewer degrees of freedom, or knots = {...} within the data.");
      return LB_EDATA;
    }
    if (k > 0 && !(knot[k] > knot[k - 1])) {
      lb_error_set(err, LB_EDATA, "knots %zu and %zu do not ascend", k, k + 1);
      lb_error_mend(err, "Many equal values give equal quantiles: give knots = {...}.");
      return LB_EDATA;
    }
  }
  return LB_OK;
}

/* ---- B-splines ---- */

/* Index m with t[m] <= x < t[m + 1] among the inner intervals; the nearest for an x outside. */
static size_t interval(const lb_basis *b, double x)
{
  size_t low = b->order - 1, high = b->n_knot - b->order;
  while (high - low > 1) {
    size_t middle = low + (high - low) / 2;
    if (x >= b->knot[middle])
      low = middle;
    else
      high = middle;
  }
  return low;
}

/* The `order` B-splines that are not 0 around x, or their derivatives, into v (de Boor 1978, A
 * Practical Guide to Splines, ch. X). Returns the index of the first. */
static size_t bsplines(const lb_basis *b, double x, size_t derivative, double *v)
{
  size_t k = b->order, m = interval(b, x);
  const double *t = b->knot;
  for (size_t i = 0; i <= k; i++) v[i] = 0;
  v[k - 1] = 1;
  for (size_t order = 2; order <= k; order++) {
    for (size_t at = k - order; at < k; at++) {
      size_t i = m + 1 + at - k; /* number of the spline in v[at] */
      double left = t[i + order - 1] - t[i], right = t[i + order] - t[i + 1];
      double a = left > 0 ? v[at] / left : 0, c = right > 0 ? v[at + 1] / right : 0;
      if (order + derivative <= k)
        v[at] = (x - t[i]) * a + (t[i + order] - x) * c;
      else
        v[at] = (double)(order - 1) * (a - c);
    }
  }
  return m + 1 - k;
}

/* Row of all columns (intercept's left out) at x. */
static void bspline_row(const lb_basis *b, double x, size_t derivative, double *row)
{
  double v[ORDER_MAX + 1];
  size_t n = b->n_knot - b->order, first = bsplines(b, x, derivative, v);
  memset(row, 0, (n - 1) * sizeof *row);
  for (size_t j = 0; j < b->order; j++) {
    if (first + j > 0) row[first + j - 1] = v[j];
  }
}

/* true when so many quantiles are knots: ascending, within the boundary. */
static bool quantile_knots(const sorted *s, size_t inner, const double *boundary, double *knot)
{
  bool good = s->n > 0 || inner == 0;
  for (size_t k = 0; k < inner && s->n > 0; k++) {
    knot[k] = quantile(s, (double)(k + 1) / (double)(inner + 1));
    good = good && knot[k] > (k == 0 ? boundary[0] : knot[k - 1]) && knot[k] < boundary[1];
  }
  return good;
}

/* Knots at quantiles; when some coincide, says how many degrees of freedom the data have room for.
 */
static lb_status place_knots(const lb_basis_spec *spec, const sorted *s, size_t least,
                             const double *boundary, double *knot, lb_error *err)
{
  double trial[LB_KNOTS_MAX];
  size_t inner = spec->df - least, fits = inner, distinct = s->n > 0;
  if (quantile_knots(s, inner, boundary, knot)) return LB_OK;
  while (fits > 0 && !quantile_knots(s, fits, boundary, trial)) fits--;
  for (size_t k = 1; k < s->n; k++) distinct += s->value[k] != s->value[k - 1];
  lb_error_set(err, LB_EDATA,
               "df is %zu: its %zu inner knots, quantiles of the %zu distinct values, coincide",
               spec->df, inner, distinct);
  lb_error_mend(err, "df = %zu is the most that these values have room for; or give knots = {...}.",
                fits + least);
  return LB_EDATA;
}

static lb_status fit_bspline(const lb_basis_spec *spec, const numbers *x, lb_basis *b,
                             lb_error *err)
{
  size_t degree = b->order - 1, inner = spec->n_knot;
  double knot[LB_KNOTS_MAX];
  memcpy(knot, spec->knot, sizeof knot);
  if (spec->df > 0) {
    size_t least = spec->kind == LB_BASIS_NS ? 1 : degree;
    if (spec->df < least)
      return lb_error_set(err, LB_EARG, "df is %zu: a spline of degree %zu has %zu or more",
                          spec->df, degree, least);
    inner = spec->df - least;
    if (inner > LB_KNOTS_MAX)
      return lb_error_set(err, LB_EARG, "df is %zu: at most %zu, for %d inner knots", spec->df,
                          LB_KNOTS_MAX + least, LB_KNOTS_MAX);
    sorted s;
    lb_status st = sort_inside(x, b->boundary, &s, err);
    if (st != LB_OK) return st;
    st = place_knots(spec, &s, least, b->boundary, knot, err);
    sorted_reset(&s);
    if (st != LB_OK) return st;
  }
  lb_status st = check_knots(knot, inner, b->boundary, err);
  if (st != LB_OK) return st;
  b->n_knot = inner + 2 * b->order;
  for (size_t k = 0; k < b->order; k++) {
    b->knot[k] = b->boundary[0];
    b->knot[b->n_knot - 1 - k] = b->boundary[1];
  }
  memcpy(b->knot + b->order, knot, inner * sizeof *knot);
  b->n_column = inner + degree;
  return LB_OK;
}

/* ---- Natural splines: those B-splines whose second derivative is 0 at both boundaries ---- */

/* Applies reflection `which` to row, as LINPACK stores it: u with u[which] on the diagonal. */
static void reflect(const double *u, size_t which, size_t n, double *row)
{
  double sum = 0;
  if (u[which] == 0) return;
  for (size_t i = which; i < n; i++) sum += u[i] * row[i];
  double factor = -sum / u[which];
  for (size_t i = which; i < n; i++) row[i] += factor * u[i];
}

/* Householder's QR of the two constraints; the rest of the rotated basis is the null space. The
 * signs are LINPACK's (Dongarra et al. 1979, ch. 9), so that columns are those of R. */
static void set_mirrors(lb_basis *b)
{
  size_t n = b->n_knot - b->order - 1;
  bspline_row(b, b->boundary[0], 2, b->mirror[0]);
  bspline_row(b, b->boundary[1], 2, b->mirror[1]);
  for (size_t which = 0; which < 2; which++) {
    double *u = b->mirror[which], norm = 0;
    if (which == 1) reflect(b->mirror[0], 0, n, u);
    for (size_t i = which; i < n; i++) norm = hypot(norm, u[i]);
    if (norm == 0) continue;
    if (u[which] != 0) norm = copysign(norm, u[which]);
    for (size_t i = which; i < n; i++) u[i] /= norm;
    u[which] += 1;
  }
}

static void natural_row(const lb_basis *b, double x, double *row)
{
  size_t n = b->n_knot - b->order - 1;
  double slope[LB_KNOTS_MAX + 2 * ORDER_MAX];
  double edge = x < b->boundary[0] ? b->boundary[0] : b->boundary[1];
  bool outside = x < b->boundary[0] || x > b->boundary[1];
  bspline_row(b, outside ? edge : x, 0, row);
  if (outside) {
    bspline_row(b, edge, 1, slope);
    for (size_t j = 0; j < n; j++) row[j] += (x - edge) * slope[j];
  }
  reflect(b->mirror[0], 0, n, row);
  reflect(b->mirror[1], 1, n, row);
}

/* ---- P-splines ---- */

static void fit_pspline(const lb_basis_spec *spec, lb_basis *b)
{
  double width = (b->boundary[1] - b->boundary[0]) / (double)spec->df;
  size_t degree = spec->degree;
  b->order = degree + 1;
  b->n_knot = spec->df + 2 * degree + 1;
  for (size_t k = 0; k < b->n_knot; k++) {
    double at = (double)k - (double)degree;
    bool upper = k >= spec->df + degree; /* exact at both ends */
    b->knot[k] =
        upper ? b->boundary[1] + width * (at - (double)spec->df) : b->boundary[0] + width * at;
  }
  b->n_column = spec->df + degree - 1;
}

/* Beyond the boundary the line that touches the curve there. */
static void pspline_row(const lb_basis *b, double x, double *row)
{
  double slope[LB_KNOTS_MAX + 2 * ORDER_MAX];
  double edge = x < b->boundary[0] ? b->boundary[0] : b->boundary[1];
  bool outside = x < b->boundary[0] || x > b->boundary[1];
  bspline_row(b, outside ? edge : x, 0, row);
  if (!outside) return;
  bspline_row(b, edge, 1, slope);
  for (size_t j = 0; j < b->n_column; j++) row[j] += (x - edge) * slope[j];
}

/* ---- Restricted cubic splines ---- */

static lb_status harrell_knots(size_t count, const numbers *x, double *knot, lb_error *err)
{
  static const double PROB[][7] = {{0.1, 0.5, 0.9},
                                   {0.05, 0.35, 0.65, 0.95},
                                   {0.05, 0.275, 0.5, 0.725, 0.95},
                                   {0.05, 0.23, 0.41, 0.59, 0.77, 0.95},
                                   {0.025, 0.18333333333333333, 0.34166666666666667, 0.5,
                                    0.65833333333333333, 0.81666666666666667, 0.975}};
  const double all[2] = {-INFINITY, INFINITY};
  if (count < 3 || count > 7) {
    lb_error_set(err, LB_EARG, "%zu knots: rcs() has quantiles for 3 to 7", count);
    lb_error_mend(err, "Give them yourself:  rcs(x, knots = {30, 50, 70})");
    return LB_EARG;
  }
  sorted s;
  lb_status st = sort_inside(x, all, &s, err);
  if (st != LB_OK) return st;
  for (size_t k = 0; k < count; k++) knot[k] = quantile(&s, PROB[count - 3][k]);
  sorted_reset(&s);
  return LB_OK;
}

static lb_status fit_rcs(const lb_basis_spec *spec, const numbers *x, lb_basis *b, lb_error *err)
{
  lb_status st = LB_OK;
  b->n_knot = spec->n_knot > 0 ? spec->n_knot : spec->df;
  memcpy(b->knot, spec->knot, sizeof spec->knot);
  if (spec->n_knot == 0) st = harrell_knots(spec->df, x, b->knot, err);
  if (st == LB_OK && b->n_knot < 3)
    st = lb_error_set(err, LB_EARG, "a restricted cubic spline has at least 3 knots");
  if (st == LB_OK) st = check_knots(b->knot, b->n_knot, NULL, err);
  b->n_column = b->n_knot - 1;
  return st;
}

static double cube_above(double x, double knot)
{
  double d = x - knot;
  return d > 0 ? d * d * d : 0;
}

/* Durrleman & Simon 1989 (Stat Med 8:551); divided by the squared range of the knots. */
static double rcs_value(const lb_basis *b, size_t j, double x)
{
  if (j == 0) return x;
  size_t k = b->n_knot;
  double last = b->knot[k - 1], before = b->knot[k - 2], t = b->knot[j - 1];
  double range = last - b->knot[0], gap = last - before;
  double cubes = cube_above(x, t) - cube_above(x, before) * (last - t) / gap +
                 cube_above(x, last) * (before - t) / gap;
  return cubes / (range * range);
}

/* ---- Orthogonal polynomials ---- */

static double rows_of(const numbers *x, size_t i)
{
  return x->count == NULL ? 1 : x->count[i];
}

static lb_status fit_poly(const lb_basis_spec *spec, const numbers *data, lb_basis *b,
                          lb_error *err)
{
  const double *x = data->x;
  size_t n = data->n;
  double *now = lb_mem_array(n, sizeof *now), *last = lb_mem_zero(n, sizeof *last);
  lb_status st = LB_OK;
  b->n_column = spec->df;
  if (now == NULL || last == NULL) {
    st = lb_error_nomem(err, "polynomial");
    goto done;
  }
  for (size_t i = 0; i < n; i++) now[i] = 1;
  b->norm[0] = 1;
  for (size_t d = 0; d <= spec->df; d++) {
    double square = 0, moment = 0, mean = 0, total = 0;
    for (size_t i = 0; i < n; i++) {
      mean += rows_of(data, i) * x[i];
      total += rows_of(data, i);
    }
    mean /= total;
    for (size_t i = 0; i < n; i++) {
      square += rows_of(data, i) * now[i] * now[i];
      moment += rows_of(data, i) * (x[i] - mean) * now[i] * now[i];
    }
    b->norm[d + 1] = square;
    if (d == spec->df) break;
    b->centre[d] = mean + moment / square;
    double ratio = square / b->norm[d];
    for (size_t i = 0; i < n; i++) {
      double next = (x[i] - b->centre[d]) * now[i] - (d > 0 ? ratio * last[i] : 0);
      last[i] = now[i];
      now[i] = next;
    }
  }
done:
  lb_mem_free(now);
  lb_mem_free(last);
  return st;
}

/* A polynomial of degree d needs d + 1 distinct numbers. */
static lb_status check_distinct(const lb_basis_spec *spec, const numbers *x, lb_error *err)
{
  const double all[2] = {-INFINITY, INFINITY};
  sorted s;
  lb_status st = sort_inside(x, all, &s, err);
  if (st != LB_OK) return st;
  size_t distinct = s.n > 0;
  for (size_t k = 1; k < s.n; k++) distinct += s.value[k] != s.value[k - 1];
  sorted_reset(&s);
  if (distinct > spec->df) return LB_OK;
  return lb_error_set(err, LB_EDATA, "degree %zu needs %zu distinct values, there are %zu",
                      spec->df, spec->df + 1, distinct);
}

static void poly_row(const lb_basis *b, double x, double *row)
{
  double now = 1, last = 0;
  for (size_t d = 0; d < b->n_column; d++) {
    double next = (x - b->centre[d]) * now - (d > 0 ? b->norm[d + 1] / b->norm[d] * last : 0);
    last = now;
    now = next;
    row[d] = next / sqrt(b->norm[d + 2]);
  }
}

/* ---- All of them ---- */

static void set_boundary(const lb_basis_spec *spec, const numbers *x, lb_basis *b)
{
  size_t first = 0; /* of those that stand for a row */
  while (first < x->n && !(rows_of(x, first) > 0)) first++;
  b->boundary[0] = first < x->n ? x->x[first] : 0;
  b->boundary[1] = b->boundary[0];
  for (size_t i = first; i < x->n; i++) {
    if (!(rows_of(x, i) > 0)) continue;
    b->boundary[0] = fmin(b->boundary[0], x->x[i]);
    b->boundary[1] = fmax(b->boundary[1], x->x[i]);
  }
  if (!spec->has_boundary) return;
  b->boundary[0] = spec->boundary[0];
  b->boundary[1] = spec->boundary[1];
}

lb_status lb_basis_fit(const lb_basis_spec *spec, const double *x, size_t n, lb_basis *out,
                       lb_error *err)
{
  return lb_basis_fit_repeated(spec, x, NULL, n, out, err);
}

lb_status lb_basis_fit_repeated(const lb_basis_spec *spec, const double *x, const double *count,
                                size_t n, lb_basis *out, lb_error *err)
{
  const numbers data = {x, count, n};
  lb_basis b = {.kind = spec->kind, .order = spec->kind == LB_BASIS_BS ? spec->degree + 1 : 4};
  lb_status st = LB_OK;
  set_boundary(spec, &data, &b);
  bool pspline = spec->kind == LB_BASIS_PSPLINE;
  bool spline = spec->kind == LB_BASIS_NS || spec->kind == LB_BASIS_BS || pspline;
  if (spline && !(b.boundary[0] < b.boundary[1]))
    return lb_error_set(err, LB_EDATA, "a spline needs at least two distinct values");
  if (pspline)
    fit_pspline(spec, &b);
  else if (spline)
    st = fit_bspline(spec, &data, &b, err);
  else if (spec->kind == LB_BASIS_RCS)
    st = fit_rcs(spec, &data, &b, err);
  else {
    st = check_distinct(spec, &data, err);
    if (st == LB_OK) st = fit_poly(spec, &data, &b, err);
  }
  if (st != LB_OK) return st;
  if (spec->kind == LB_BASIS_NS) {
    set_mirrors(&b);
    b.n_column -= 2;
  }
  *out = b;
  return LB_OK;
}

void lb_basis_values(const lb_basis *b, const double *x, size_t n, double *const *column)
{
  double row[LB_KNOTS_MAX + 2 * ORDER_MAX];
  size_t skip = b->kind == LB_BASIS_NS ? 2 : 0;
  for (size_t i = 0; i < n; i++) {
    switch (b->kind) {
    case LB_BASIS_NS:
      natural_row(b, x[i], row);
      break;
    case LB_BASIS_BS:
      bspline_row(b, x[i], 0, row);
      break;
    case LB_BASIS_PSPLINE:
      pspline_row(b, x[i], row);
      break;
    case LB_BASIS_POLY:
      poly_row(b, x[i], row);
      break;
    case LB_BASIS_RCS:
      for (size_t j = 0; j < b->n_column; j++) row[j] = rcs_value(b, j, x[i]);
      break;
    }
    for (size_t j = 0; j < b->n_column; j++) column[j][i] = row[skip + j];
  }
}
