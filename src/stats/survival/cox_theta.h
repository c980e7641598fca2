/* cox_theta.h - inside the tests of proportional hazards: chi-squares of coefficients that go with
 * time. */
#ifndef LB_SURVIVAL_COX_THETA_H
#define LB_SURVIVAL_COX_THETA_H
#include "stats/survival/cox_zph.h"

/* As in the fit: a pivot below this part of its crossproduct is rounding. */
#define COX_COLLINEAR 1e-11

/* Score of theta, beta becoming beta + theta g(t), at theta = 0. Borrowed. */
typedef struct cox_theta {
  size_t p;
  const bool *kept;       /* p: not collinear */
  const double *score;    /* p */
  const double *variance; /* p x p, row after row: of the score when beta is estimated too */
  const double *size;     /* p x p: a variance far below this diagonal is rounding */
} cox_theta;

/* Of each term, each column and all together. LB_ENOMEM; `out` untouched on failure. */
lb_status cox_theta_tests(const cox_theta *theta, const size_t *term, size_t n_term,
                          lb_cox_zph *out, lb_error *err);
#endif
