/* turnbull.h - the survival curve of interval-censored times: Turnbull's maximum likelihood
 * estimate, and limits by the bootstrap. */
#ifndef LB_SURVIVAL_TURNBULL_H
#define LB_SURVIVAL_TURNBULL_H
#include "stats/surv.h"

#include <stdbool.h>

/* The event of row i happened in (lower, upper], exactly at lower when both are equal. */
typedef struct lb_intervals {
  size_t n;
  const double *lower;  /* finite, >= 0 */
  const double *upper;  /* >= lower; infinite: not until lower */
  const double *weight; /* NULL = all 1; else finite and >= 0 */
  size_t n_missing;
} lb_intervals;

/* The estimate of one group: mass on disjoint innermost intervals, ascending, those without mass
 * left out. Within one it does not matter to the likelihood where the mass lies: S is known between
 * them only. Owns its arrays. */
typedef struct lb_turnbull_curve {
  size_t n;                                   /* rows */
  size_t n_exact, n_left, n_right, n_between; /* rows by what is known: left: (0, upper] */
  double weight_total;
  size_t n_innermost; /* also those without mass */
  size_t n_interval;
  double *left, *right; /* (left, right]; one point when equal; right may be infinite */
  double *mass;
  double log_lik;
  double kkt; /* largest derivative of the log-likelihood to a mass over its value at the maximum,
                      less 1: no other curve has a likelihood more than weight_total * kkt higher */
  size_t n_iter;
  bool converged; /* kkt at most 1e-9 */
  bool unique;    /* no other masses have this likelihood (Gentleman & Geyer 1994) */
} lb_turnbull_curve;

typedef struct lb_turnbull {
  size_t n_groups;
  lb_turnbull_curve *curve;
  size_t n_used, n_missing;
} lb_turnbull;

/* Non-parametric maximum likelihood (Turnbull 1976, JRSS B 38:290): innermost intervals run from a
 * lower limit to the next upper one; a lower limit is open and an upper closed, so that an exact
 * time counts as before a lower limit equal to it and within an upper one. The maximum is found by
 * steps of EM and of the iterative convex minorant in turn (Wellner & Zhan 1997, JASA 92:945), then
 * by Newton's method on the intervals that have mass, to the Karush-Kuhn-Tucker conditions.
 *   y, groups  borrowed; groups NULL = one curve
 *   out        written on success, untouched on failure; free with lb_turnbull_reset
 * LB_EDATA when limits are not as above; LB_EARG group out of range; LB_ENOMEM; LB_EINTR. A curve
 * that did not converge says so. */
lb_status lb_turnbull_fit(const lb_intervals *y, const lb_partition *groups, lb_turnbull *out,
                          lb_error *err);
void lb_turnbull_reset(lb_turnbull *fit); /* safe on a zeroed struct */

/* Bounds of S(t) = P(T > t): equal unless t lies inside an interval with mass. */
void lb_turnbull_at(const lb_turnbull_curve *curve, double time, double *low, double *high);

/* First interval at whose end at least prob of the mass is reached: the quantile lies within, or
 * anywhere from its right end to the next interval's left one when exactly prob is reached there
 * (then right is the next one's right end). NaN when left is infinite. LB_EARG unless
 * 0 < prob <= 1. */
lb_status lb_turnbull_quantile(const lb_turnbull_curve *curve, double prob, double *left,
                               double *right, lb_error *err);

typedef struct lb_turnbull_boot {
  size_t replicates;
  uint64_t seed;
  double level;
  bool frequency; /* weights are numbers of rows, else they belong to the row that is drawn */
} lb_turnbull_boot;

/* Percentile limits of S at n times: replicate r draws as many rows of the group as it has, from
 * stream r of the seed; `low` is the quantile of the lower bounds of its curve, `high` that of the
 * upper ones. The arrays are the caller's. Where the number of different inspection times grows
 * with n, the estimate converges at the rate n^(1/3) and these limits are no more than a guide
 * (Sen, Banerjee & Woodroofe 2010, Ann Stat 38:1953). The same for any number of threads. Errors as
 * lb_turnbull_fit. */
lb_status lb_turnbull_bootstrap(const lb_intervals *y, const lb_partition *groups, size_t group,
                                const lb_turnbull_boot *options, const double *time, size_t n,
                                double *low, double *high, lb_error *err);

/* Generalised log-rank scores of the rows under the curve of all (one curve, of lb_turnbull_fit
 * without groups): Finkelstein's (1986, Biometrics 42:845), [S(l) log S(l) - S(u) log S(u)] /
 * [S(l) - S(u)], for exact times and intervals alike; with right-censored data the permutation
 * form of the log-rank test with discrete hazards. */
void lb_turnbull_scores(const lb_turnbull_curve *pooled, const lb_intervals *y, double *score);
#endif
