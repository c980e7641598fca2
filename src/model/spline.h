/* spline.h - bases of one number: natural and plain B-splines, restricted cubic splines, orthogonal
 * polynomials; P-splines' B-splines; what was learnt from the data stays, for predictions. */
#ifndef LB_MODEL_SPLINE_H
#define LB_MODEL_SPLINE_H
#include "base/error.h"
#include <stdbool.h>

typedef enum lb_basis_kind {
  LB_BASIS_NS,
  LB_BASIS_BS,
  LB_BASIS_RCS,
  LB_BASIS_POLY,
  LB_BASIS_PSPLINE
} lb_basis_kind;

#define LB_KNOTS_MAX  40
#define LB_DEGREE_MAX 20

/* What the formula asks for. */
typedef struct lb_basis_spec {
  lb_basis_kind kind;
  size_t df;     /* ns, bs: columns; rcs: knots; poly: degree; pspline: intervals between the knots;
                    0 when knots are given */
  size_t degree; /* of bs, pspline */
  size_t n_knot;
  double knot[LB_KNOTS_MAX]; /* ascending; ns, bs: inner ones */
  bool has_boundary;
  double boundary[2];
} lb_basis_spec;

/* A basis with its parameters; no memory of its own. */
typedef struct lb_basis {
  lb_basis_kind kind;
  size_t n_column;
  size_t order;                                        /* ns, bs: of the B-splines */
  size_t n_knot;                                       /* in `knot` */
  double knot[LB_KNOTS_MAX + 2 * (LB_DEGREE_MAX + 1)]; /* ns, bs: with boundaries repeated */
  double boundary[2];
  double mirror[2][LB_KNOTS_MAX + 4]; /* ns: the two reflections of its null space */
  double centre[LB_DEGREE_MAX], norm[LB_DEGREE_MAX + 2]; /* poly: recurrence */
} lb_basis;

/* Equal intervals of a P-spline at most, so that its knots find room. */
#define LB_INTERVALS_MAX      60
#define LB_PSPLINE_DEGREE_MAX 8

/* The basis of n finite numbers, as R's splines::ns and bs without intercept, Harrell's rcs and
 * stats::poly have it. Inner knots of ns and bs by df: equally spaced quantiles (type 7) of the
 * numbers within the boundary, which is their range. Knots of rcs by number: Harrell's quantiles
 * (Regression Modeling Strategies, 2nd ed., table 2.3; for n < 100 too, where Hmisc moves the outer
 * knots to the fifth smallest and largest). poly: orthonormal over the rows, by its three-term
 * recurrence (Forsythe 1957). pspline: B-splines on equally spaced knots, of which `df` intervals
 * cover the boundary (Eilers & Marx 1996, Stat Sci 11:89); the first is left out, as they sum to 1.
 * LB_EDATA when knots coincide or lie outside the boundary, or there
 * are fewer distinct numbers than the degree asks for; LB_EARG a df that the kind does not have;
 * LB_ENOMEM. O(n log n). */
lb_status lb_basis_fit(const lb_basis_spec *spec, const double *x, size_t n, lb_basis *out,
                       lb_error *err);
/* The same of numbers that each stand for count[i] rows (frequency weights; NULL = one): the knots
 * and polynomials of the rows repeated. */
lb_status lb_basis_fit_repeated(const lb_basis_spec *spec, const double *x, const double *count,
                                size_t n, lb_basis *out, lb_error *err);
/* column[0 .. n_column): n numbers each. Beyond the boundary ns and pspline are linear, bs goes
 * on with the polynomial of the end, as in R. O(n). */
void lb_basis_values(const lb_basis *basis, const double *x, size_t n, double *const *column);
#endif
