/* aft_residual.h - residuals of a parametric survival regression. */
#ifndef LB_STATS_AFT_RESIDUAL_H
#define LB_STATS_AFT_RESIDUAL_H
#include "stats/survival/aft_people.h"

typedef enum lb_aft_residual_kind {
  LB_AFT_RESPONSE,   /* time less exp(location); of an interval its most likely time */
  LB_AFT_DEVIANCE,   /* signed root of twice the log-likelihood lost to the best location */
  LB_AFT_WORKING,    /* Newton step of the row's own location: -L' / L'' */
  LB_AFT_COX_SNELL,  /* H(time) - H(entry); NaN where the time is not known from below */
  LB_AFT_MARTINGALE, /* event less that */
  LB_AFT_LDCASE, /* likelihood displacement by the row's weight (Escobar & Meeker 1992, Biometrics
                    48:507) */
  LB_AFT_DFBETA, /* n_param a row: change of the parameters without the row, to first order */
  LB_AFT_DFBETAS /* in standard errors */
} lb_aft_residual_kind;

/* Without weights in them. y and who are rows of the fit, naive_vcov its model-based covariance.
 * out: n numbers, or n n_param row by row. LB_EARG: response, deviance or working of Gompertz
 * hazards, or deviance with late entry. */
lb_status lb_aft_residuals(const lb_aft_outcome *y, const lb_aft_people *who,
                           const double *naive_vcov, lb_aft_residual_kind kind, double *out,
                           lb_error *err);
#endif
