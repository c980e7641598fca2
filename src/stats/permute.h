/* permute.h - permutation tests of statistics that are sums of scores over the rows of a group. */
#ifndef LB_STATS_PERMUTE_H
#define LB_STATS_PERMUTE_H
#include "base/error.h"
#include "stats/alternative.h"
#include "stats/surv.h"
#include <stdbool.h>

typedef struct lb_permute_options {
  size_t n; /* permutations; all arrangements are listed instead when they are not more */
  uint64_t seed;
  bool exact;             /* list all arrangements, up to LB_PERMUTE_EXACT of them */
  const double *contrast; /* n_groups weights c: the statistic is sum c_g U_g; NULL: of two groups
                             U_2, of more the quadratic form of U in its permutation covariance */
  lb_alternative alternative; /* of a contrast or two groups */
} lb_permute_options;
#define LB_PERMUTE_DEFAULTS                                                                        \
  {                                                                                                \
    .n = 10000, .seed = 1                                                                          \
  }
#define LB_PERMUTE_EXACT 10000000

typedef struct lb_permutation {
  double statistic; /* of the data: standardised by its permutation mean and variance, or the
                       quadratic form; NaN when nothing can vary */
  size_t n;         /* permutations, or arrangements when exact */
  size_t n_extreme; /* of them as far out as the data, or farther */
  bool exact;
  double p_value; /* n_extreme / n when exact, else (n_extreme + 1) / (n + 1) (Phipson & Smyth 2010,
                       Stat Appl Genet Mol Biol 9:39), which never is 0; NaN when nothing varies */
  double std_error; /* Monte Carlo error of p_value; 0 when exact */
} lb_permutation;

/* U_g = sum of score over the rows of group g. Groups are permuted among the rows of a stratum.
 * Permutation i draws from stream i of the seed and sums are whole numbers (scores in units of
 * 2^-61 of their range), so that the answer depends neither on threads nor on the order of rows.
 * strata NULL = one. LB_EARG: codes out of range, exact with too many arrangements; LB_EDATA: a
 * score is not finite, more than 4294967295 rows; LB_ENOMEM; LB_EINTR. */
lb_status lb_permute_test(const double *score, size_t n, const lb_partition *groups,
                          const lb_partition *strata, const lb_permute_options *opt,
                          lb_permutation *out, lb_error *err);
#endif
