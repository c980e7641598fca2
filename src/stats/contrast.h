/* contrast.h - linear combinations of a fit's coefficients: what they estimate, the joint Wald
 * test, and which of them a design can tell. */
#ifndef LB_STATS_CONTRAST_H
#define LB_STATS_CONTRAST_H
#include "base/error.h"
#include "stats/design.h"

#include <stdbool.h>
#include <stdint.h>

/* m combinations of p coefficients, matrices row after row. A coefficient that no row touches (0 in
 * all) may be NaN. */
typedef struct lb_contrast_rows {
  size_t m, p;
  const double *row;  /* m x p */
  const double *coef; /* p */
  const double *vcov; /* p x p, both triangles */
  const double *null; /* m: values under the null hypothesis; NULL = 0 */
} lb_contrast_rows;

/* Owns its arrays. */
typedef struct lb_contrast {
  size_t m;
  double *estimate;   /* m: L b */
  double *covariance; /* m x m: L V L', symmetric to the last bit */
  double chi_square;  /* d' (L V L')^- d, d = L b - null; NaN where a variance is not above 0 */
  size_t df;          /* rank of L V L' */
} lb_contrast;

/* Estimates and joint Wald test (Wald 1943, Trans Am Math Soc 54:426; general linear hypotheses:
 * Hothorn, Bretz & Westfall 2008, Biom J 50:346, equation 2). The rank is judged on correlations,
 * so that units have no say in it. LB_EARG: no row; LB_ENOMEM. `out` untouched on failure. */
lb_status lb_contrast_fit(const lb_contrast_rows *in, lb_contrast *out, lb_error *err);
void lb_contrast_reset(lb_contrast *contrast); /* safe on a zeroed struct */

/* Two designs of the same rows, one column after another: row[j] is the difference a - b of column
 * j in the first row. Returns the first row in which the difference is another one (by more than
 * rounding), n when it is the same everywhere: then it does not depend on what the rows hold beside
 * the values in which a and b differ. n = 0: zeros. */
size_t lb_design_difference(const lb_design *a, const lb_design *b, double *row);

/* Whether m combinations (m x p) are estimable (Searle 1971, Linear Models, section 5.4): the same
 * for every solution, so orthogonal to what the design cannot tell apart, its columns taken from
 * their means within strata (a baseline or an intercept takes those). aliased[j]: the fit left
 * column j out as a sum of others. estimable[i] is true at once for all where none is aliased.
 * O(n p^2). LB_ENOMEM, LB_EINTR; `estimable` untouched on failure. */
typedef struct lb_contrast_design {
  lb_design x;
  const int32_t *stratum; /* n codes from 0; NULL = one */
  size_t n_stratum;
  const bool *aliased; /* p */
} lb_contrast_design;
lb_status lb_contrast_estimable(const lb_contrast_design *design, const double *row, size_t m,
                                bool *estimable, lb_error *err);
#endif
