/* gray.h - Gray's test that the cumulative incidence of a cause is the same in k groups. */
#ifndef LB_SURVIVAL_GRAY_H
#define LB_SURVIVAL_GRAY_H
#include "stats/surv.h"

/* Owns its arrays, of n_groups numbers each. observed and expected are events weighted by (1 -
 * F(t-))^rho. */
typedef struct lb_gray {
  size_t n_groups;
  double *n; /* weighted number of rows */
  double *observed, *expected;
  double *variance; /* n_groups x n_groups covariance of observed - expected; rows add to 0 */
  double chi_square, p_value;
  size_t df; /* rank of variance: 0 when nothing can be compared, then chi_square is 0 and p_value
                NaN */
  size_t n_used, n_missing;
} lb_gray;

/* Gray (1988, Ann Stat 16:1141): sum over strata and times of L (dN_k - dN R_k / R) of events of
 * the cause, with R_k = Y_k (1 - F_k(t-)) / S_k(t-) of Y_k at risk, S event-free, and L = (1 -
 * F(t-))^rho of the pooled incidence F, dF = dN / h, h = sum of h_k = Y_k / S_k(t-). The score is
 * linear in dF_k near the null: sum over r of (a_kr(t) + c_kr(end) - c_kr(t)) dF_r(t), a_kr = L h_k
 * (1(k = r) - h_r / h), dc_kr = a_kr dF / (1 - F(t-)). In its variance, with e_kr = c_kr(end) -
 * c_kr(t), an event of the cause counts S_r(t-) dF / Y_r times (a_kr + e_kr (1 - (1 - F) / S_r))^2,
 * one of another cause S_r(t-)^2 d / Y_r^2 times (e_kr (1 - F) / S_r)^2, each times (m - d) / (m -
 * 1) for d tied events, m = S_r(t-) h or Y_r.
 *   y               with causes, without late entry; weights count as repeated rows; borrowed
 *   groups, strata  strata NULL = one
 *   cause           from 1
 * Errors as lb_riskset_sort; LB_EARG for a cause that is not there, late entry, rho below 0.
 * O(n + times k^3) after the radix sort. `out` untouched on failure. */
lb_status lb_gray_test(const lb_surv *y, const lb_partition *groups, const lb_partition *strata,
                       size_t cause, double rho, lb_gray *out, lb_error *err);
/* The same from rows that are counted already, a group a class, no strata. */
lb_status lb_gray_test_counts(const lb_surv_counts *counts, size_t cause, double rho, lb_gray *out,
                              lb_error *err);
/* The same question with late entry, or of rows in clusters; borrowed. */
typedef struct lb_gray_late {
  const lb_partition *groups, *strata, *cluster; /* strata, cluster NULL = one, each row its own */
  size_t cause;
  double rho;
} lb_gray_late;
/* The score of the Fine-Gray model of the groups at no effect, whose risk sets R_k = sum of w_i G_k
 * H_k (Geskus 2011, Biometrics 67:39; a censoring and an entry distribution for each group and
 * stratum) are n Y_k (1 - F_k(t-)) / S_k(t-) again, Y_k of those who entered before t: observed and
 * expected without late entry are those of lb_gray_test when events come before censorings, as
 * they do here. L = (1 - F(t-))^rho, 1 - F the product limit of the pooled weighted risk set. The
 * variance is that of the sum of influences eta + psi of lb_finegray_fit, of rows (of weight w as
 * w rows) or of clusters: in large samples that of Gray. Errors as lb_finegray_fit, lb_gray_test;
 * `out` untouched on failure. O(n k). */
lb_status lb_gray_late_test(const lb_surv *y, const lb_gray_late *plan, lb_gray *out,
                            lb_error *err);
void lb_gray_reset(lb_gray *test); /* safe on a zeroed struct */
#endif
