/* penalty.h - penalised terms of a regression: ridge, P-spline, frailty, and how much each is
 * penalised. */
#ifndef LB_STATS_PENALTY_H
#define LB_STATS_PENALTY_H
#include <stdbool.h>
#include <stddef.h>

typedef enum lb_penalty_kind {
  LB_PENALTY_RIDGE,  /* theta / 2 times the sum of squares of the coefficients */
  LB_PENALTY_SPLINE, /* theta / 2 times that of their second differences (Eilers & Marx 1996) */
  LB_PENALTY_FRAILTY /* a log-frailty for each group, of variance theta */
} lb_penalty_kind;

typedef enum lb_penalty_method {
  LB_PENALTY_FIXED, /* theta is given */
  LB_PENALTY_DF,    /* theta gives so many effective degrees of freedom */
  LB_PENALTY_AIC,   /* theta minimises Akaike's criterion */
  LB_PENALTY_EM,    /* gamma frailty: theta maximises the integrated likelihood */
  LB_PENALTY_REML   /* Gaussian frailty: restricted maximum likelihood */
} lb_penalty_method;

/* One term. */
typedef struct lb_penalty {
  lb_penalty_kind kind;
  lb_penalty_method method;
  double theta;         /* above 0; of LB_PENALTY_FIXED */
  double df;            /* of LB_PENALTY_DF */
  bool scaled;          /* ridge: squares times the variance of the column */
  bool gaussian;        /* frailty: log-normal, else gamma */
  double spacing;       /* spline: between the knots */
  const size_t *column; /* n_column columns of the design; a spline's first one, which is fixed at
                           0, is not among them. None of a frailty. Borrowed */
  size_t n_column;
} lb_penalty;
#endif
