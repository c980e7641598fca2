/* logrank.h - log-rank test of k survival curves, stratified, with the weighted family. */
#ifndef LB_SURVIVAL_LOGRANK_H
#define LB_SURVIVAL_LOGRANK_H
#include "stats/surv.h"

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
#endif
