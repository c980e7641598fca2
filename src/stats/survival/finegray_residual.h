/* finegray_residual.h - residuals of a Fine-Gray fit, and tests that its ratios are constant in
 * time. */
#ifndef LB_SURVIVAL_FINEGRAY_RESIDUAL_H
#define LB_SURVIVAL_FINEGRAY_RESIDUAL_H
#include "stats/survival/cox_residual.h"
#include "stats/survival/cox_zph.h"
#include "stats/survival/finegray.h"

/* Owns its arrays. Case weights do not multiply residuals; a row of weight 0 has none: NaN. */
typedef struct lb_finegray_residuals {
  lb_finegray fit;
  size_t n, p;
  double *martingale; /* n: events of the cause less integral w e^(b Z) dLambda */
  double
      *score; /* n x p: eta of lb_finegray_fit, and psi when the variance of the fit has it: their
                    outer products, weights squared, are the middle of its sandwich */
  lb_cox_schoenfeld schoenfeld; /* column less its mean over the weighted risk set */
} lb_finegray_residuals;

/* The fit made again, with the residuals of its rows. Errors as lb_finegray_fit; `out` untouched
 * on failure, free with lb_finegray_residuals_reset. */
lb_status lb_finegray_residuals_new(const lb_finegray_model *model, lb_finegray_residuals *out,
                                    lb_error *err);
void lb_finegray_residuals_reset(lb_finegray_residuals *r); /* safe on a zeroed struct */

typedef struct lb_finegray_zph_plan {
  lb_zph_transform transform; /* LB_ZPH_KM: cumulative incidence of the cause before the time */
  const size_t *term;         /* of each column, from 0 to n_term - 1 */
  size_t n_term;
} lb_finegray_zph_plan;

/* Score tests of theta = 0, beta becoming beta + theta g(t): U = sum over events of g (Z - zbar),
 * the modified Schoenfeld residuals times g (Zhou, Fine & Laird 2013, Stat Med 32:3804). Its
 * variance is that of the sum of the rows' influences (eta_g + psi_g) - C V (eta + psi): eta_g and
 * psi_g are eta and psi of lb_finegray_fit with g dM and g dLambda, C = sum over events of g times
 * the covariance of Z in the risk set, V the inverse information; influences are added up within
 * clusters. Without psi when the fit's variance is LB_FINEGRAY_ROBUST; of LB_FINEGRAY_MODEL the
 * information of theta less C V C' instead, as lb_cox_zph_test. A combination of earlier columns
 * counts for no df. Errors as lb_finegray_fit and lb_cox_zph_transform; `out` untouched on failure,
 * free with lb_cox_zph_reset. O(n p^2). */
lb_status lb_finegray_zph_test(const lb_finegray_model *model, const lb_finegray_zph_plan *plan,
                               lb_cox_zph *out, lb_error *err);
#endif
