/* rmst.h - restricted mean survival time by group, and with competing causes the time lost to
 * each. */
#ifndef LB_SURVIVAL_RMST_H
#define LB_SURVIVAL_RMST_H
#include "stats/surv.h"

#include <stdbool.h>

typedef struct lb_rmst_options {
  double from;       /* the window begins */
  const double *tau; /* n_tau horizons; none = the smallest of the groups' last times */
  size_t n_tau;
  bool robust; /* variance by the infinitesimal jackknife; clusters have it by themselves */
} lb_rmst_options;
#define LB_RMST_DEFAULTS                                                                           \
  {                                                                                                \
    .from = 0                                                                                      \
  }

typedef struct lb_rmst_group {
  size_t n;            /* rows */
  double weight_total; /* n without weights */
  double event_total;  /* weighted, any cause */
  double last;         /* largest time; NaN without rows */
  bool ended;          /* nobody is left event-free then */
  bool one_cluster;    /* a robust variance has nothing to be made of: NaN */
} lb_rmst_group;

/* Measure 0 is the restricted mean, measure k from 1 the time lost to cause k. Owns its arrays. */
typedef struct lb_rmst {
  size_t n_groups, n_tau, n_measure;
  size_t n_used, n_missing, n_cluster; /* n_cluster: 0 without clusters */
  double from;
  bool robust;
  double *tau;          /* n_tau */
  double *estimate;     /* (measure * n_tau + k) * n_groups + g; NaN when tau is beyond the group's
                           last time and somebody is event-free then: the data do not say */
  double *vcov;         /* with clusters, which may have rows in two groups, a matrix of groups for
                           each measure and horizon; else the groups are independent and it is
                           their variances alone: lb_rmst_covariance reads both */
  double *cause_event;  /* group * (n_measure - 1) + cause: weighted events of each cause */
  lb_rmst_group *group; /* n_groups */
} lb_rmst;

/* Area under the Kaplan-Meier curve over [from, tau] (Irwin 1949, J Hyg 47:188; Karrison 1987, JASA
 * 82:1169; Royston & Parmar 2013, BMC Med Res Methodol 13:152) with Greenwood's variance, sum over
 * event times of A(t)^2 d / (n (n - d)), A(t) the part of the area after t; survRM2's and
 * survfit's. With causes also the areas under the Aalen-Johansen curves, time lost to each
 * (Andersen 2013, Stat Med 32:5278), which with the restricted mean add up to tau - from; their
 * variance is that of the delta method on multinomial events, for rows of weight 1 the same as the
 * sum of squared influences. At risk: entry < t <= time; weights count as repeated rows.
 *   y, groups, cluster  borrowed; groups NULL = one; cluster NULL = rows are independent
 *   out                 written on success, untouched on failure; free with lb_rmst_reset
 * LB_EDATA as lb_surv_check; LB_EARG unless 0 <= from < tau; LB_ENOMEM; LB_EINTR. O(n) after the
 * sort for each measure and horizon with a robust variance, else O(times). */
lb_status lb_rmst_fit(const lb_surv *y, const lb_partition *groups, const lb_partition *cluster,
                      const lb_rmst_options *opt, lb_rmst *out, lb_error *err);
/* The same from counted rows, without a robust variance. */
lb_status lb_rmst_fit_counts(const lb_surv_counts *counts, const lb_rmst_options *opt, lb_rmst *out,
                             lb_error *err);
void lb_rmst_reset(lb_rmst *fit); /* safe on a zeroed struct */

/* Covariance of groups g and h in a measure to horizon k. */
double lb_rmst_covariance(const lb_rmst *fit, size_t measure, size_t k, size_t g, size_t h);

/* Means standardised over strata, sum over s of weight[s] times the mean of the group in stratum s
 * (direct standardisation to one distribution of the strata: Karrison 1987, JASA 82:1169; Zucker
 * 1998, JASA 93:702). The weights are taken as known. `crossed` has a group for each stratum and
 * group, stratum after stratum; weights add up to 1. Of the groups of the result `last` is the
 * least last time in a stratum where somebody is event-free then. LB_ENOMEM; `out` untouched on
 * failure. */
lb_status lb_rmst_standardise(const lb_rmst *crossed, size_t n_strata, const double *weight,
                              lb_rmst *out, lb_error *err);

/* Wald test that a measure is the same in all groups to horizon k: chi-square and its degrees
 * of freedom; NaN and 0 where an estimate or variance is not known. LB_ENOMEM. */
lb_status lb_rmst_equal(const lb_rmst *fit, size_t measure, size_t k, double *chi_square,
                        size_t *df, lb_error *err);
#endif
