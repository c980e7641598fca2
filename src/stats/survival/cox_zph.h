/* cox_zph.h - are the hazards of a Cox model proportional? */
#ifndef LB_SURVIVAL_COX_ZPH_H
#define LB_SURVIVAL_COX_ZPH_H
#include "stats/survival/cox_path.h"

typedef enum lb_zph_transform {
  LB_ZPH_KM,   /* 1 - Kaplan-Meier just before the time, of all rows, unweighted */
  LB_ZPH_RANK, /* mean rank among all times */
  LB_ZPH_IDENTITY,
  LB_ZPH_LOG
} lb_zph_transform;

/* g(time) of each row. LB_EDATA: log of a time 0; as lb_surv_check; LB_ENOMEM. out: y->n. */
lb_status lb_cox_zph_transform(const lb_surv *y, lb_zph_transform transform, double *out,
                               lb_error *err);

/* Owns its arrays. */
typedef struct lb_cox_zph {
  size_t n_term, p;
  lb_cox_test *term;   /* n_term */
  lb_cox_test *column; /* p */
  lb_cox_test global;
} lb_cox_zph;

/* Score tests of theta = 0 where beta becomes beta + theta g(t), with the information of beta and
 * theta together (Grambsch & Therneau 1994, Biometrika 81:515, whose test took the variance of the
 * residuals as constant over time; here it is that of each risk set, Therneau & Grambsch 2000,
 * section 6.2). A linear combination of earlier columns counts for no df.
 *   at    the fit: ties of Efron or Breslow, coefficients at the maximum
 *   g     of each row of at->y; only its values at event times count
 *   term  of each column, from 0 to n_term - 1
 * LB_EARG exact ties; as lb_cox_path_new. O(n p^2). `out` untouched on failure. */
lb_status lb_cox_zph_test(const lb_cox_at *at, const double *g, const size_t *term, size_t n_term,
                          lb_cox_zph *out, lb_error *err);
void lb_cox_zph_reset(lb_cox_zph *zph);

/* The least-squares natural cubic spline with `df` degrees of freedom above the constant, knots at
 * quantiles of x, through n points, at m values of x; `root` is the root of a point's variance
 * factor there: times the standard deviation of y, the standard error of the curve. LB_EARG fewer
 * than df + 1 distinct x; LB_ENOMEM. */
typedef struct lb_points {
  const double *x, *y;
  size_t n, df;
} lb_points;
lb_status lb_smooth_spline(const lb_points *points, const double *at, size_t m, double *fitted,
                           double *root, lb_error *err);
#endif
