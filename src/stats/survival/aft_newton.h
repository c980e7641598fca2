/* aft_newton.h - maximum likelihood when each row sees the parameters through a few linear
 * predictors: location, log scale, shape, log odds of cure; or a spline and its slope. */
#ifndef LB_STATS_AFT_NEWTON_H
#define LB_STATS_AFT_NEWTON_H
#include "base/error.h"
#include <stdbool.h>
#include <stddef.h>

#define LB_MOST_PREDICTORS 4
#define LB_PREDICTOR_PAIRS 10 /* k (k + 1) / 2 of them */

/* Log-likelihood of a row and its derivatives in predictors; hess[k (k + 1) / 2 + l], l <= k. */
typedef struct lb_row_term {
  double value, grad[LB_MOST_PREDICTORS], hess[LB_PREDICTOR_PAIRS];
} lb_row_term;

/* Predictor k of row i is base[k] + offset[k][i] + sum over j of column[k p + j][i] theta[j]. A
 * parameter may stand in several predictors. All borrowed. */
typedef struct lb_predictors {
  size_t n, k, p;
  const double *const *column;              /* k p of them, n numbers each; NULL = 0 */
  const double *offset[LB_MOST_PREDICTORS]; /* NULL = 0 */
  double base[LB_MOST_PREDICTORS];
  const double *weight; /* n; NULL = 1 */
  /* false: these predictors have no likelihood; a step does not go there */
  bool (*row)(const void *context, size_t i, const double *eta, lb_row_term *out);
  const void *context;
  /* NULL, or called before the rows are at each theta, with the predictors of the first
   * row: for what all rows have in common. */
  lb_status (*prepare)(const void *context, const double *eta, lb_error *err);
} lb_predictors;

typedef struct lb_maximum {
  double value;
  double *theta, *gradient, *step; /* p; the last Newton step */
  double *vcov;                    /* p x p, inverse of the negative second derivatives */
  size_t iterations;
  bool converged;
  bool singular; /* no inverse: vcov is NaN */
} lb_maximum;

/* Newton's method in a trust region (More 1978: damping by the diagonal of the information),
 * analytic derivatives, from `start`. Converged when the gain that a full step promises is below
 * 1e-12 (1e-6 standard errors) and that step is taken. Blocks of rows are added in order, so bits
 * do not depend on threads. LB_ENUMERIC when the start has no likelihood; LB_EINTR; LB_ENOMEM.
 * O(iterations n (p^2 + k^2)). */
lb_status lb_likelihood_maximise(const lb_predictors *x, const double *start, size_t max_iter,
                                 lb_maximum *out, lb_error *err);
void lb_maximum_reset(lb_maximum *m);
/* score[i p + j] = derivative of row i's log-likelihood, without its weight. */
lb_status lb_likelihood_scores(const lb_predictors *x, const double *theta, double *score,
                               lb_error *err);
/* eta[0 .. k) of a row. */
void lb_predictors_row(const lb_predictors *x, const double *theta, size_t i, double *eta);
#endif
