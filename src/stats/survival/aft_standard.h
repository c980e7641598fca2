/* aft_standard.h - standard distributions of a residual w: densities and the mass of intervals, in
 * logarithms and with their derivatives, right to the last digits also in the tails. */
#ifndef LB_STATS_AFT_STANDARD_H
#define LB_STATS_AFT_STANDARD_H
#include <stdbool.h>

/* Of w = (log t - location) / scale: smallest extreme value (Weibull t), normal, logistic,
 * Student's t, and Prentice's (1974, Biometrika 61:539) log-gamma: w = log(q^2 g) / q with g gamma
 * distributed of shape 1 / q^2; q = 1 is extreme value, q = 0 normal, q < 0 the mirror image. */
typedef enum lb_standard {
  LB_STANDARD_EXTREME,
  LB_STANDARD_NORMAL,
  LB_STANDARD_LOGISTIC,
  LB_STANDARD_T,       /* shape: degrees of freedom, not estimated */
  LB_STANDARD_LOGGAMMA /* shape: q */
} lb_standard;

/* Log density at w and its derivatives in w and the shape (0 for those without). */
typedef struct lb_density {
  double log, w, ww, q, qq, wq;
} lb_density;

/* log P(lower < w <= upper), and dP/dq / P, d2P/dq2 / P. */
typedef struct lb_mass {
  double log, q, qq;
} lb_mass;

/* Log mass as a function of its ends and the shape: what a censored row adds to a likelihood. */
typedef struct lb_mass_term {
  double log, l, u, q, ll, lu, uu, lq, uq, qq;
} lb_mass_term;

void lb_standard_density(lb_standard kind, double w, double q, lb_density *out);
/* lower < upper, infinite ends too. log is -infinity when the mass is below the least number. */
void lb_standard_mass(lb_standard kind, double lower, double upper, double q, lb_mass *out);
void lb_standard_mass_term(lb_standard kind, double lower, double upper, double q,
                           lb_mass_term *out);
/* w with P(W <= w) = prob, 0 < prob < 1. */
double lb_standard_quantile(lb_standard kind, double prob, double q);
/* log E exp(scale W) and its derivatives in scale and q: the mean of times. false: infinite. */
bool lb_standard_log_mgf(lb_standard kind, double scale, double q, double out[3]);
/* E W and its derivative in q. false: it does not exist (Student's t, df <= 1). */
bool lb_standard_mean(lb_standard kind, double q, double out[2]);

/* aft_loggamma.c */
void lb_loggamma_density(double w, double q, lb_density *out);
/* What of the log density does not depend on w, with its derivatives in q; the density with it. */
void lb_loggamma_constant(double q, double out[3]);
void lb_loggamma_density_at(double w, double q, const double constant[3], lb_density *out);
void lb_loggamma_mass(double lower, double upper, double q, lb_mass *out);
bool lb_loggamma_log_mgf(double scale, double q, double out[3]);

/* log(1 - exp(-x)), x > 0 (Maechler 2012, accurately computing log(1 - exp(-|a|))). */
double lb_log1mexp(double x);
/* Gauss-Legendre nodes and weights on [-1, 1]; node i and its mirror have weight i. */
#define LB_LEGENDRE 8 /* pairs: 16 points */
extern const double lb_legendre_node[LB_LEGENDRE], lb_legendre_weight[LB_LEGENDRE];
#endif
