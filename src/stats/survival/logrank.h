/* logrank.h - log-rank test of k survival curves, stratified, with the weighted family. */
#ifndef LB_SURVIVAL_LOGRANK_H
#define LB_SURVIVAL_LOGRANK_H
#include "stats/alternative.h"
#include "stats/surv.h"
#include <stdbool.h>

/* Weight of event time t, all pooled over groups within the stratum; n = n_risk, d = n_event there.
 */
typedef enum lb_logrank_weight {
  LB_LOGRANK_EQUAL,             /* 1 (Mantel 1966; Peto & Peto 1972) */
  LB_LOGRANK_GEHAN,             /* n (Gehan 1965, Breslow 1970) */
  LB_LOGRANK_TARONE_WARE,       /* sqrt n (Tarone & Ware 1977) */
  LB_LOGRANK_PETO,              /* product over u <= t of 1 - d/(n + 1) (Peto & Peto 1972) */
  LB_LOGRANK_MODIFIED_PETO,     /* that times n/(n + 1) (Andersen et al. 1982) */
  LB_LOGRANK_FLEMING_HARRINGTON /* S(t-)^rho (1 - S(t-))^gamma, S pooled Kaplan-Meier (1991,
                                   section 7.2) */
} lb_logrank_weight;

typedef struct lb_logrank_options {
  lb_logrank_weight weight;
  double rho, gamma; /* Fleming-Harrington; >= 0 */
  bool sampling; /* weights of rows are inverse probabilities: variance of Xie & Liu (2005, Stat Med
                    24:3089), for k groups; else they count as repeated rows */
} lb_logrank_options;
#define LB_LOGRANK_DEFAULTS                                                                        \
  {                                                                                                \
    .weight = LB_LOGRANK_EQUAL                                                                     \
  }

/* Owns its arrays, of n_groups numbers each; observed and expected are weighted by the weight of
 * each event time. */
typedef struct lb_logrank {
  size_t n_groups;
  double *n; /* weighted number of rows */
  double *observed, *expected;
  double *
      variance; /* n_groups x n_groups covariance of observed - expected; singular: rows add to 0 */
  double chi_square, p_value;
  size_t df; /* rank of variance: 0 when nothing can be compared, then chi_square is 0 and p_value
                NaN */
  size_t n_used, n_missing;
} lb_logrank;

/* Sum over strata and event times of observed - expected with hypergeometric variance; entry is
 * honoured; weights count as repeated rows. The statistic uses a generalised inverse: a group never
 * at risk adds a zero row and no degree of freedom. groups NULL or strata NULL = one class.
 * LB_EDATA as lb_surv_check; LB_EARG for a code out of range or rho, gamma below 0; LB_ENOMEM;
 * LB_EINTR. O(n + times k^2) after the radix sort. `out` untouched on failure. */
lb_status lb_logrank_test(const lb_surv *y, const lb_partition *groups, const lb_partition *strata,
                          const lb_logrank_options *opt, lb_logrank *out, lb_error *err);
/* The same from rows that are counted already, a group a class, no strata. */
lb_status lb_logrank_test_counts(const lb_surv_counts *counts, const lb_logrank_options *opt,
                                 lb_logrank *out, lb_error *err);
void lb_logrank_reset(lb_logrank *test);

/* The statistic a'(O - E) with variance a'Va. */
typedef struct lb_logrank_contrast {
  double statistic, variance;
  double z; /* statistic / sqrt(variance); NaN when the variance is 0 */
} lb_logrank_contrast;

/* Test for trend in the groups' hazards with scores a (Tarone 1975, Biometrika 62:679); of two
 * groups, with scores 0 and 1, the test itself with its sign: z > 0 when the second has more events
 * than expected. */
void lb_logrank_trend(const lb_logrank *test, const double *score, lb_logrank_contrast *out);

/* Several weights of event times, and of each several contrasts of the groups. Borrowed. */
typedef struct lb_logrank_family {
  const lb_logrank_options *weighting; /* n_test */
  size_t n_test;
  const double *score; /* n_score x groups */
  size_t n_score;
} lb_logrank_family;

/* Contrasts of several tests on the same rows, with their joint covariance: of test i the n_score
 * contrasts from i n_score on. Owns its arrays. */
typedef struct lb_logrank_joint {
  size_t n_test, n_score;
  double *statistic;  /* a'(O - E) of each test and contrast */
  double *covariance; /* square: sum of w_i w_j a'vb over event times */
} lb_logrank_joint;

/* Several weights at once, for the largest of their statistics (Karrison 2016, Stata J 16:678).
 * Otherwise as lb_logrank_test. */
lb_status lb_logrank_joint_test(const lb_surv *y, const lb_partition *groups,
                                const lb_partition *strata, const lb_logrank_family *family,
                                lb_logrank_joint *out, lb_error *err);
lb_status lb_logrank_joint_counts(const lb_surv_counts *counts, const lb_logrank_family *family,
                                  lb_logrank_joint *out, lb_error *err);
void lb_logrank_joint_reset(lb_logrank_joint *joint);

/* The largest of the statistics z_j of a joint test, or of |z_j|, or the least when the alternative
 * is LB_LESS. Owns its array. */
typedef struct lb_logrank_combo {
  size_t n_test;
  double *z;             /* of each test; NaN when its variance is 0: it is left out */
  double most;           /* the one that counts, with its sign; NaN without any */
  size_t which;          /* the test it is of, from 0 */
  double p_value, error; /* from the joint normal distribution; numerical error of p_value */
  size_t rank;           /* of the covariance: independent tests */
} lb_logrank_combo;

/* Of a joint test of one contrast. LB_ENOMEM; LB_EINTR. `out` untouched on failure. */
lb_status lb_logrank_combine(const lb_logrank_joint *joint, lb_alternative alternative,
                             lb_logrank_combo *out, lb_error *err);
void lb_logrank_combo_reset(lb_logrank_combo *combo);

/* The largest of the chi-square statistics of a joint test whose contrasts tell all groups apart
 * (one for each group but one). Owns its arrays. */
typedef struct lb_logrank_omnibus {
  size_t n_test;
  double *chi_square; /* of each test; NaN of one that is left out */
  size_t *df;         /* rank of each covariance */
  double most;        /* NaN without any */
  size_t which;       /* the test it is of, from 0 */
  double p_value, error;
  size_t rank; /* of the joint covariance */
} lb_logrank_omnibus;

/* The p-value is from the joint normal distribution of all contrasts (max_quadratic.h). Tests whose
 * covariance has a lower rank than another's compare fewer groups: they are left out. LB_ENOMEM;
 * LB_EINTR. `out` untouched on failure. */
lb_status lb_logrank_combine_groups(const lb_logrank_joint *joint, lb_logrank_omnibus *out,
                                    lb_error *err);
void lb_logrank_omnibus_reset(lb_logrank_omnibus *omnibus);

/* Scores of the rows, whose sum over a group is its observed - expected: w(t) of an event at t less
 * the sum of w d/n over the event times at which the row is at risk. They do not depend on groups:
 * permuting groups permutes scores. y without weights. score: y->n numbers. */
lb_status lb_logrank_scores(const lb_surv *y, const lb_partition *strata,
                            const lb_logrank_options *opt, double *score, lb_error *err);
#endif
