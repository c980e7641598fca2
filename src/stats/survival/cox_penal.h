/* cox_penal.h - Cox regression with penalised terms: ridge, P-splines, gamma and Gaussian frailty.
 */
#ifndef LB_SURVIVAL_COX_PENAL_H
#define LB_SURVIVAL_COX_PENAL_H
#include "stats/penalty.h"
#include "stats/survival/cox.h"

/* What is penalised. At most one frailty. */
typedef struct lb_cox_penalised {
  const lb_penalty *penalty;
  size_t n_penalty;
  lb_partition group; /* of the frailty; code NULL without */
  lb_cox_options options;
} lb_cox_penalised;

/* df is effective, and need not be whole. NaN where a term has none. */
typedef struct lb_penal_test {
  double chi_square, df, p_value;
} lb_penal_test;

/* What a penalised term came to. */
typedef struct lb_penal_term {
  double theta;       /* 0: the variance of the frailty is estimated at its boundary */
  double df;          /* effective: trace of the term's (V)^-1 (V I V) */
  lb_penal_test wald; /* of all its coefficients */
  double slope, slope_std_error, slope_std_error2; /* spline: linear part, per unit of x */
  lb_penal_test linear, nonlinear;                 /* spline */
  size_t iterations;                               /* penalised fits until theta was found */
  bool converged;                                  /* theta was found; fixed: always */
  bool at_limit; /* the criterion wants no frailty, or the straight line of a spline */
} lb_penal_term;

/* A fitted model. Owns its arrays. In `cox`, vcov is the inverse V of the penalised information H
 * (over all coefficients and log-frailties), log_lik the partial likelihood without the penalty,
 * lr_test, wald_test and score_test are zero: their df is not whole. */
typedef struct lb_cox_penal {
  lb_cox cox;
  double *vcov2, *std_error2; /* p x p, p: V I V, I the information without the penalty */
  double penalty;             /* log_lik - penalty was maximised */
  double df;                  /* effective, in all: trace(V I). The terms' own add up to less */
  lb_penal_test lr_test;      /* 2 (log_lik - log_lik_null) */
  lb_penal_test wald_test;    /* of the coefficients; frailties are not among them */
  lb_penal_term *term;        /* n_penalty, as they were given */
  size_t n_penalty;
  size_t n_group;
  double *log_frailty, *log_frailty_std_error; /* n_group; NULL without frailty */
  double *group_event;                         /* n_group: weighted events */
  double log_lik_integrated;  /* over the frailties: gamma exact for Breslow's ties, Gaussian by
                                Laplace's approximation; NaN without frailty */
  double log_lik_no_frailty;  /* of the same model without it; NaN without frailty */
  lb_penal_test frailty_test; /* twice their difference: a half and half mixture of 0 and chi-square
                                 with 1 df, the variance 0 being at the boundary (Self & Liang 1987,
                                 JASA 82:605; Maller & Zhou 2003) */
  bool approximate_trace;     /* so many groups that df and REML use an approximate diagonal of V */
} lb_cox_penal;

/* Maximises log partial likelihood less penalties (Therneau, Grambsch & Pankratz 2003, JCGS 12:156;
 * Therneau & Grambsch 2000, chapters 5 and 9; Verweij & van Houwelingen 1994, Stat Med 13:2427).
 *   ridge     theta/2 sum b^2, times the variance of each column (over rows, n - 1) when scaled
 *   spline    theta/2 sum of squared second differences of its coefficients (Eilers & Marx 1996,
 *             Stat Sci 11:89), the first coefficient being 0
 *   frailty   gamma of mean 1 and variance theta: sum (exp w - w - 1)/theta; theta by the profile
 *             of the integrated likelihood (Nielsen et al. 1992, Scand J Stat 19:25; Klein 1992,
 *             Biometrics 48:795). Gaussian: sum w^2/(2 theta); theta by REML, the fixed point of
 *             theta = (sum w^2 + trace of V's part)/q (McGilchrist 1993, Biometrics 49:221).
 * Effective degrees of freedom after Gray (1992, JASA 87:942): of a term those of its Wald test.
 * The likelihood's rows, ties, strata, weights and offset are those of lb_cox_fit; a group's events
 * count weights as repeated rows. Newton steps are exact whatever the number of groups: the
 * frailties' information, diagonal less the outer products of the risk-set means, is never formed
 * but multiplied in O(n) a time, and solved by preconditioned conjugate gradients. The diagonal of
 * its inverse, from which df and REML's theta come, is exact up to 500 groups; with more it is that
 * of a complete graph's Laplacian with the same diagonal (standard errors within about 1 %).
 *   y, x, strata, what  borrowed for the call
 *   out                 written on success, untouched on failure; free with lb_cox_penal_reset
 * LB_EDATA, LB_ENUMERIC, LB_ENOMEM, LB_EINTR as lb_cox_fit; LB_EARG also: theta or df that a term
 * cannot have, two frailties, a frailty without groups. O(n p (p + steps of the gradients)) an
 * iteration. */
lb_status lb_cox_penal_fit(const lb_surv *y, const lb_design *x, const lb_partition *strata,
                           const lb_cox_penalised *what, lb_cox_penal *out, lb_error *err);
void lb_cox_penal_reset(lb_cox_penal *fit); /* safe on a zeroed struct */
#endif
