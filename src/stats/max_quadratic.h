/* max_quadratic.h - tail of the largest of several correlated chi-square statistics. */
#ifndef LB_STATS_MAX_QUADRATIC_H
#define LB_STATS_MAX_QUADRATIC_H
#include "stats/max_normal.h"

/* P(max Q_j >= q), Q_j = U_j' V_j^- U_j, of m vectors U_j of k numbers that are jointly normal with
 * mean 0; `covariance` is (m k) x (m k), blocks V_j on its diagonal, and each block has the same
 * rank. With U = L X, X of r independent normals, Q_j = |A_j X|^2, the rows of A_j orthonormal.
 * Given the direction u of X the tail of Q_j is T_j(u), that of chi-square with r df at q over
 * |A_j u|^2, so that
 *   P = P(Q_1 >= q) sum over j of E(max_i T_i(u) / sum_i T_i(u) | Q_j >= q)
 * (importance sampling of unions: Naiman & Priebe 2001, J Comput Graph Stat 10:296; the length of
 * X is integrated out). The mean is over a lattice with fixed shifts; what is averaged lies in
 * [1/m, 1], so that small p-values keep their digits. q > 0. LB_EARG: a block of another rank;
 * LB_ENOMEM; LB_EINTR. */
lb_status lb_max_quadratic_tail(const double *covariance, size_t m, size_t k, double q,
                                lb_max_normal *out, lb_error *err);
#endif
