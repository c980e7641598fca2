/* test_rmst.c - restricted means, time lost, and pseudo-values: closed forms, leave-one-out by
 * brute force, properties, edges. */
#include "check.h"
#include "stats/survival/km.h"
#include "stats/survival/pseudo.h"
#include "stats/survival/rmst.h"

#include <gsl/gsl_errno.h>

#define N 120

static double time_[2 * N], entry_[2 * N], weight_[2 * N];
static uint8_t event_[2 * N];
static int32_t cause_[2 * N], group_[2 * N], cluster_[2 * N];

/* Rows of tied times, three groups, causes 0 to n_cause; the same on every machine. */
static lb_surv make(size_t n, size_t n_cause, uint32_t seed)
{
  for (size_t i = 0; i < n; i++) {
    seed = seed * 1664525u + 1013904223u;
    time_[i] = 1 + (double)(seed >> 16 & 31);
    cause_[i] = (int32_t)((seed >> 22) % (n_cause + 1));
    group_[i] = (int32_t)((seed >> 25) % 3);
    cluster_[i] = (int32_t)i;
    event_[i] = cause_[i] > 0;
    entry_[i] = (double)(seed >> 28) / 16 * time_[i] - 1e-3;
    weight_[i] = 1 + (double)(seed >> 10 & 3);
  }
  return (lb_surv){.n = n, .time = time_, .event = event_, .cause = cause_, .n_cause = n_cause};
}

static lb_rmst fit(const lb_surv *y, const lb_partition *groups, const lb_partition *cluster,
                   const lb_rmst_options *opt)
{
  lb_error err = {0};
  lb_rmst out = {0};
  LB_OK_OR_FAIL(lb_rmst_fit(y, groups, cluster, opt, &out, &err), err);
  return out;
}

/* Deaths at 1 and 3, censored at 2 and 4: S is 3/4 from 1, 3/8 from 3. To 4 the area is 1 + 2 (3/4)
 * + 3/8, the variance (2 (3/4) + 3/8)^2 / 12 + (3/8)^2 / 2. Over [2, 4]: 3/4 + 3/8. */
static void four_rows(void **state)
{
  (void)state;
  const double time[] = {1, 2, 3, 4}, tau[] = {4, 2.5, 5};
  const uint8_t event[] = {1, 0, 1, 0};
  const lb_surv y = {.n = 4, .time = time, .event = event};
  lb_rmst f = fit(&y, NULL, NULL, &(lb_rmst_options){.tau = tau, .n_tau = 3});
  LB_NEAR(f.estimate[0], 2.875, TOL_EXACT);
  LB_NEAR(f.vcov[0], 1.875 * 1.875 / 12 + 0.375 * 0.375 / 2, TOL_EXACT);
  LB_NEAR(f.estimate[1], 1 + 1.5 * 0.75, TOL_EXACT);
  LB_NEAR(f.vcov[1], 1.125 * 1.125 / 12, TOL_EXACT);
  assert_true(isnan(f.estimate[2]) && isnan(f.vcov[2])); /* somebody lives at 4 */
  lb_rmst_reset(&f);
  f = fit(&y, NULL, NULL, &(lb_rmst_options){.from = 2, .tau = tau, .n_tau = 1});
  LB_NEAR(f.estimate[0], 0.75 + 0.375, TOL_EXACT);
  LB_NEAR(f.vcov[0], 1.125 * 1.125 / 12 + 0.375 * 0.375 / 2, TOL_EXACT);
  lb_rmst_reset(&f);
  f = fit(&y, NULL, NULL, NULL);
  LB_NEAR(f.tau[0], 4, 0); /* the last time */
  LB_NEAR(f.group[0].event_total, 2, 0);
  lb_rmst_reset(&f);
}

/* Cause 1 at 1, censored at 2, cause 2 at 3, cause 1 at 4: F1 = 1/4, 5/8 from 4; F2 = 3/8 from 3.
 * Nobody is left, so 6 is within reach: lost 5/4 + 2 (3/8) and 3 (3/8). */
static void lost(void **state)
{
  (void)state;
  const double time[] = {1, 2, 3, 4}, tau = 6;
  const uint8_t event[] = {1, 0, 1, 1};
  const int32_t cause[] = {1, 0, 2, 1};
  const lb_surv y = {.n = 4, .time = time, .event = event, .cause = cause, .n_cause = 2};
  lb_rmst f = fit(&y, NULL, NULL, &(lb_rmst_options){.tau = &tau, .n_tau = 1});
  LB_NEAR(f.estimate[1], 2, TOL_EXACT);
  LB_NEAR(f.estimate[2], 1.125, TOL_EXACT);
  LB_NEAR(f.estimate[0], 6 - 2 - 1.125, TOL_EXACT);
  LB_NEAR(f.cause_event[0], 2, 0);
  LB_NEAR(f.cause_event[1], 1, 0);
  lb_rmst_reset(&f);
}

/* The one-group functions agree, and Greenwood's variance is the sum of squared influences. */
static void agrees_with_km(void **state)
{
  (void)state;
  lb_error err = {0};
  const double tau[] = {7, 20.5, 30};
  for (int late = 0; late <= 1; late++) {
    lb_surv y = make(N, 1, 3);
    y.cause = NULL;
    if (late) y.entry = entry_;
    const lb_partition groups = {group_, 3};
    lb_rmst f = fit(&y, &groups, NULL, &(lb_rmst_options){.tau = tau, .n_tau = 3});
    lb_rmst r = fit(&y, &groups, NULL, &(lb_rmst_options){.tau = tau, .n_tau = 3, .robust = true});
    lb_km km = {0};
    LB_OK_OR_FAIL(lb_km_fit(&y, &groups, NULL, &km, &err), err);
    for (size_t k = 0; k < 3; k++) {
      for (size_t g = 0; g < 3; g++) {
        double mean, se;
        LB_OK_OR_FAIL(lb_km_restricted_mean(&km.curve[g], tau[k], &mean, &se, &err), err);
        if (isnan(mean)) continue;
        LB_NEAR(f.estimate[k * 3 + g], mean, 1e-12);
        LB_NEAR(sqrt(lb_rmst_covariance(&f, 0, k, g, g)), se, 1e-12);
        /* with late entry only in large samples */
        if (!late) LB_NEAR(lb_rmst_covariance(&r, 0, k, g, g), se * se, 1e-9);
      }
    }
    lb_km_reset(&km);
    lb_rmst_reset(&f);
    lb_rmst_reset(&r);
  }
}

/* Lost time and restricted mean add up; squared influences give the delta variance; rows of the
 * same weights repeated are the same; time in other units scales. */
static void properties(void **state)
{
  (void)state;
  const double tau = 18;
  double twice = 36;
  const lb_rmst_options opt = {.from = 3, .tau = &tau, .n_tau = 1};
  const lb_rmst_options robust = {.from = 3, .tau = &tau, .n_tau = 1, .robust = true};
  for (int late = 0; late <= 1; late++) {
    lb_surv y = make(N, 2, 11);
    if (late) y.entry = entry_;
    lb_rmst f = fit(&y, NULL, NULL, &opt), r = fit(&y, NULL, NULL, &robust);
    LB_NEAR(f.estimate[0] + f.estimate[1] + f.estimate[2], 15, 1e-12);
    for (size_t m = 0; m < 3 && !late; m++) LB_NEAR(r.vcov[m], f.vcov[m], 1e-9);
    lb_rmst_reset(&r);
    for (size_t i = 0; i < N; i++) {
      time_[i] *= 2;
      entry_[i] *= 2;
    }
    r = fit(&y, NULL, NULL, &(lb_rmst_options){.from = 6, .tau = &twice, .n_tau = 1});
    for (size_t m = 0; m < 3; m++) LB_NEAR(r.estimate[m], 2 * f.estimate[m], 1e-12);
    for (size_t m = 0; m < 3; m++) LB_NEAR(r.vcov[m], 4 * f.vcov[m], 1e-12);
    lb_rmst_reset(&r);
    lb_rmst_reset(&f);
  }
}

/* Each row of weight 2 is two rows, also in a robust variance whose clusters are the rows. */
static void weights(void **state)
{
  (void)state;
  const double tau = 18;
  lb_surv y = make(N, 2, 5);
  for (size_t i = 0; i < N; i++) {
    time_[N + i] = time_[i];
    event_[N + i] = event_[i];
    cause_[N + i] = cause_[i];
    cluster_[N + i] = (int32_t)i;
    weight_[i] = 2;
  }
  const lb_partition cluster = {cluster_, N};
  for (int robust = 0; robust <= 1; robust++) {
    const lb_rmst_options opt = {.tau = &tau, .n_tau = 1, .robust = robust == 1};
    y.n = N;
    y.weight = weight_;
    lb_rmst one = fit(&y, NULL, NULL, &opt);
    y.n = 2 * N;
    y.weight = NULL;
    lb_rmst two = fit(&y, NULL, robust ? &cluster : NULL, &opt);
    for (size_t m = 0; m < 3; m++) {
      LB_NEAR(one.estimate[m], two.estimate[m], 1e-12);
      LB_NEAR(one.vcov[m], two.vcov[m], 1e-9);
    }
    LB_NEAR(one.group[0].weight_total, 2 * N, 0);
    lb_rmst_reset(&one);
    lb_rmst_reset(&two);
  }
}

/* Clusters of a row in each of two groups that are alike: the difference has no variance. */
static void pairs(void **state)
{
  (void)state;
  const double tau = 18;
  lb_surv y = make(N, 1, 9);
  y.cause = NULL;
  for (size_t i = 0; i < N; i++) {
    time_[N + i] = time_[i];
    event_[N + i] = event_[i];
    group_[i] = 0;
    group_[N + i] = 1;
    cluster_[N + i] = (int32_t)i;
  }
  y.n = 2 * N;
  const lb_partition groups = {group_, 2}, cluster = {cluster_, N};
  lb_rmst f = fit(&y, &groups, &cluster, &(lb_rmst_options){.tau = &tau, .n_tau = 1});
  LB_NEAR(f.vcov[1], f.vcov[0], 1e-12);
  LB_NEAR(f.vcov[3], f.vcov[0], 1e-12);
  lb_rmst_reset(&f);
}

static lb_pseudo pseudo(const lb_surv *y, const lb_partition *strata, const lb_horizon *at,
                        size_t n_at, bool infinitesimal)
{
  lb_error err = {0};
  lb_pseudo p = {0};
  const lb_pseudo_options opt = {at, n_at, infinitesimal};
  LB_OK_OR_FAIL(lb_pseudo_values(y, strata, &opt, &p, &err), err);
  return p;
}

/* The estimate of a horizon by a fresh sort. */
static double estimate(const lb_surv *y, const lb_horizon *at)
{
  lb_error err = {0};
  lb_riskset set = {0};
  lb_horizon_walk w = {0};
  LB_OK_OR_FAIL(lb_riskset_sort(y, NULL, &set, &err), err);
  LB_OK_OR_FAIL(lb_horizon_walk_new(&set, &w, &err), err);
  double value = lb_horizon_walk_class(&w, 0, at);
  lb_horizon_walk_reset(&w);
  lb_riskset_reset(&set);
  return value;
}

static const lb_horizon AT[] = {{LB_HORIZON_SURVIVAL, 0, 0, 6},  {LB_HORIZON_SURVIVAL, 0, 0, 15.5},
                                {LB_HORIZON_MEAN, 0, 0, 12},     {LB_HORIZON_MEAN, 0, 2.5, 14},
                                {LB_HORIZON_INCIDENCE, 1, 0, 9}, {LB_HORIZON_INCIDENCE, 2, 0, 17},
                                {LB_HORIZON_INCIDENCE, 0, 0, 9}, {LB_HORIZON_LOST, 1, 0, 11},
                                {LB_HORIZON_LOST, 2, 4, 17},     {LB_HORIZON_LOST, 0, 0, 13}};
#define N_AT (sizeof AT / sizeof AT[0])

/* Without row i, refitted: every kind of horizon, tied times, late entry with risk sets that empty
 * in the middle, the last row. */
static void leave_one_out(void **state)
{
  (void)state;
  for (uint32_t seed = 1; seed <= 60; seed++) {
    size_t n = seed % 3 == 0 ? 7 : 40;
    lb_surv y = make(n, 2, seed);
    if (seed % 2) y.entry = entry_;
    for (size_t i = 0; i < n; i++) { /* with fewer values for more ties and gaps */
      time_[i] = 1 + floor(time_[i] / 2);
      entry_[i] = seed % 4 == 1 ? fmax(0, time_[i] - 2 - (double)(i % 2)) : entry_[i] / 2 - 1;
    }
    time_[0] = 18; /* reached by all horizons */
    lb_pseudo p = pseudo(&y, NULL, AT, N_AT, false);
    for (size_t i = 0; i < n; i++) {
      double t = time_[i], e = entry_[i];
      uint8_t event = event_[i];
      int32_t cause = cause_[i];
      time_[i] = time_[n - 1];
      entry_[i] = entry_[n - 1];
      event_[i] = event_[n - 1];
      cause_[i] = cause_[n - 1];
      y.n = n - 1;
      for (size_t k = 0; k < N_AT; k++) {
        double without = estimate(&y, &AT[k]);
        double want = (double)n * p.estimate[k] - (double)(n - 1) * without;
        assert_true(fabs(p.value[k * n + i] - want) <= 1e-9 * (1 + fabs(want)));
      }
      y.n = n;
      time_[i] = t;
      entry_[i] = e;
      event_[i] = event;
      cause_[i] = cause;
    }
    lb_pseudo_reset(&p);
  }
}

/* Without censoring a pseudo-value is the row's own; both kinds. */
static void uncensored(void **state)
{
  (void)state;
  lb_surv y = make(N, 2, 21);
  for (size_t i = 0; i < N; i++) {
    cause_[i] = 1 + cause_[i] % 2;
    event_[i] = 1;
  }
  for (int infinitesimal = 0; infinitesimal <= 1; infinitesimal++) {
    lb_pseudo p = pseudo(&y, NULL, AT, N_AT, infinitesimal == 1);
    for (size_t i = 0; i < N; i++) {
      double t = time_[i];
      LB_NEAR(p.value[i], t > 6, 1e-9);
      LB_NEAR(p.value[2 * N + i], fmin(t, 12), 1e-9);
      LB_NEAR(p.value[3 * N + i], fmax(0, fmin(t, 14) - 2.5), 1e-9);
      LB_NEAR(p.value[4 * N + i], t <= 9 && cause_[i] == 1, 1e-9);
      LB_NEAR(p.value[8 * N + i], cause_[i] == 2 ? fmax(0, 17 - fmax(t, 4)) : 0, 1e-9);
    }
    lb_pseudo_reset(&p);
  }
}

/* Weights are persons alike; strata are on their own. */
static void repeated_and_strata(void **state)
{
  (void)state;
  lb_surv y = make(N, 2, 33);
  size_t n = 0;
  double time[4 * N];
  uint8_t event[4 * N];
  int32_t cause[4 * N], of[4 * N], code[4 * N];
  for (size_t i = 0; i < N; i++) {
    for (int k = 0; k < (int)weight_[i] && n < 4 * N; k++, n++) {
      time[n] = time_[i];
      event[n] = event_[i];
      cause[n] = cause_[i];
      of[n] = (int32_t)i;
      code[n] = group_[i];
    }
  }
  lb_surv z = {.n = n, .time = time, .event = event, .cause = cause, .n_cause = 2};
  y.weight = weight_;
  const lb_partition strata = {group_, 3}, repeated = {code, 3};
  const lb_horizon at[] = {{LB_HORIZON_MEAN, 0, 0, 9}, {LB_HORIZON_LOST, 1, 0, 9}};
  for (int infinitesimal = 0; infinitesimal <= 1; infinitesimal++) {
    lb_pseudo p = pseudo(&y, &strata, at, 2, infinitesimal == 1);
    lb_pseudo q = pseudo(&z, &repeated, at, 2, infinitesimal == 1);
    for (size_t k = 0; k < 2; k++)
      for (size_t j = 0; j < n; j++)
        LB_NEAR(q.value[k * n + j], p.value[k * N + (size_t)of[j]], 1e-9);
    lb_pseudo_reset(&p);
    lb_pseudo_reset(&q);
  }
}

static void refusals(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_rmst f = {0};
  lb_pseudo p = {0};
  lb_surv y = make(N, 2, 2);
  const double bad[] = {-1, 0, INFINITY, NAN};
  for (size_t k = 0; k < 4; k++)
    assert_int_equal(
        lb_rmst_fit(&y, NULL, NULL, &(lb_rmst_options){.tau = &bad[k], .n_tau = 1}, &f, &err),
        LB_EARG);
  const double tau = 5;
  assert_int_equal(
      lb_rmst_fit(&y, NULL, NULL, &(lb_rmst_options){.from = 5, .tau = &tau, .n_tau = 1}, &f, &err),
      LB_EARG);
  const lb_horizon cause = {LB_HORIZON_INCIDENCE, 3, 0, 5}, far = {LB_HORIZON_MEAN, 0, 0, 50};
  assert_int_equal(lb_pseudo_values(&y, NULL, &(lb_pseudo_options){&cause, 1, false}, &p, &err),
                   LB_EARG);
  for (size_t i = 0; i < N; i++) event_[i] = 0, cause_[i] = 0;
  assert_int_equal(lb_pseudo_values(&y, NULL, &(lb_pseudo_options){&far, 1, false}, &p, &err),
                   LB_EDATA);
  assert_null(p.value);
}

/* No event: the whole window, without variance. One row; all tied. */
static void edges(void **state)
{
  (void)state;
  lb_surv y = make(N, 1, 2);
  const double tau = 1;
  y.cause = NULL;
  for (size_t i = 0; i < N; i++) event_[i] = 0;
  lb_rmst f = fit(&y, NULL, NULL, &(lb_rmst_options){.tau = &tau, .n_tau = 1});
  LB_NEAR(f.estimate[0], 1, 0);
  LB_NEAR(f.vcov[0], 0, 0);
  lb_rmst_reset(&f);
  for (size_t i = 0; i < N; i++) event_[i] = 1, time_[i] = 3;
  f = fit(&y, NULL, NULL, NULL);
  LB_NEAR(f.estimate[0], 3, 0);
  LB_NEAR(f.vcov[0], 0, 0);
  assert_true(f.group[0].ended);
  lb_rmst_reset(&f);
  y.n = 1;
  const double far = 9;
  f = fit(&y, NULL, NULL, &(lb_rmst_options){.tau = &far, .n_tau = 1, .robust = true});
  LB_NEAR(f.estimate[0], 3, 0);
  assert_true(isnan(f.vcov[0])); /* one row alone has no robust variance */
  lb_rmst_reset(&f);
  lb_pseudo p = pseudo(&y, NULL, AT, 3, false);
  LB_NEAR(p.value[2], 3, TOL_EXACT);
  lb_pseudo_reset(&p);
}

/* Strata of one and the same group: their average, with clusters and without; a weight of 1 is the
 * stratum alone. */
static void standardised(void **state)
{
  (void)state;
  lb_error err = {0};
  const double tau = 9, weight[] = {0.25, 0.75, 0}, alone[] = {0, 1, 0};
  for (int clustered = 0; clustered <= 1; clustered++) {
    const lb_surv y = make(N, 2, 4);
    int32_t crossed[N], cluster[N];
    for (int i = 0; i < N; i++) crossed[i] = i % 6, cluster[i] = i / 4;
    const lb_partition groups = {crossed, 6}, by = {cluster, N / 4 + 1};
    lb_rmst f = fit(&y, &groups, clustered == 1 ? &by : NULL,
                    &(lb_rmst_options){.tau = &tau, .n_tau = 1}),
            out = {0};
    LB_OK_OR_FAIL(lb_rmst_standardise(&f, 3, alone, &out, &err), err);
    for (size_t g = 0; g < 2; g++) {
      LB_NEAR(out.estimate[2 + g], f.estimate[6 + 2 + g], 0); /* lost to the first cause */
      LB_NEAR(lb_rmst_covariance(&out, 1, 0, g, 1), lb_rmst_covariance(&f, 1, 0, 2 + g, 3), 0);
    }
    lb_rmst_reset(&out);
    LB_OK_OR_FAIL(lb_rmst_standardise(&f, 3, weight, &out, &err), err);
    LB_NEAR(out.estimate[0], (f.estimate[0] + 3 * f.estimate[2]) / 4, TOL_EXACT);
    double variance = lb_rmst_covariance(&f, 0, 0, 0, 0) + 9 * lb_rmst_covariance(&f, 0, 0, 2, 2) +
                      6 * lb_rmst_covariance(&f, 0, 0, 0, 2);
    LB_NEAR(lb_rmst_covariance(&out, 0, 0, 0, 0), variance / 16, TOL_EXACT);
    assert_int_equal(out.group[1].n, f.group[1].n + f.group[3].n + f.group[5].n);
    lb_rmst_reset(&out);
    lb_status st = LB_ENOMEM;
    for (long k = 0; st != LB_OK; k++) {
      lb_mem_fail_after(k);
      st = lb_rmst_standardise(&f, 3, weight, &out, &err);
      assert_true(st == LB_OK || (st == LB_ENOMEM && out.tau == NULL));
    }
    lb_mem_fail_after(-1);
    lb_rmst_reset(&out);
    lb_rmst_reset(&f);
  }
}

/* Of independent groups, two of them without a variance: the same as of the matrix of covariances,
 * which a clustered fit has. */
static void equality(void **state)
{
  (void)state;
  lb_error err = {0};
  double tau = 1, estimate[] = {3, 4, 5, 7}, variance[] = {0.5, 0, 0.25, 0}, matrix[16] = {0};
  lb_rmst f = {.n_groups = 4, .n_tau = 1, .n_measure = 1, .tau = &tau, .estimate = estimate};
  for (int positive = 0; positive <= 1; positive++) {
    double chi_square[2];
    size_t df[2];
    if (positive == 1) variance[1] = variance[3] = 2;
    for (size_t g = 0; g < 4; g++) matrix[g * 5] = variance[g];
    f.n_cluster = 0;
    f.vcov = variance;
    LB_OK_OR_FAIL(lb_rmst_equal(&f, 0, 0, &chi_square[0], &df[0], &err), err);
    f.n_cluster = 1;
    f.vcov = matrix;
    LB_OK_OR_FAIL(lb_rmst_equal(&f, 0, 0, &chi_square[1], &df[1], &err), err);
    LB_NEAR(chi_square[0], chi_square[1], TOL_EXACT);
    assert_int_equal(df[0], df[1]);
    assert_int_equal(df[0], positive == 1 ? 3 : 2);
  }
}

static void out_of_memory(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_surv y = make(N, 2, 4);
  const lb_partition cluster = {cluster_, N}, groups = {group_, 3};
  const double tau = 9;
  const lb_rmst_options opt = {.tau = &tau, .n_tau = 1};
  const lb_pseudo_options pseudo_opt = {AT, 3, false};
  lb_status st[2] = {LB_ENOMEM, LB_ENOMEM};
  for (long k = 0; st[0] != LB_OK || st[1] != LB_OK; k++) {
    lb_rmst f = {0};
    lb_pseudo p = {0};
    size_t before = lb_mem_live();
    lb_mem_fail_after(k);
    st[0] = lb_rmst_fit(&y, &groups, &cluster, &opt, &f, &err);
    lb_mem_fail_after(k);
    st[1] = lb_pseudo_values(&y, &groups, &pseudo_opt, &p, &err);
    lb_mem_fail_after(-1);
    assert_true(st[0] == LB_OK || (st[0] == LB_ENOMEM && f.tau == NULL));
    assert_true(st[1] == LB_OK || (st[1] == LB_ENOMEM && p.value == NULL));
    lb_rmst_reset(&f);
    lb_pseudo_reset(&p);
    assert_int_equal(lb_mem_live(), before);
    assert_true(k < 1000);
  }
}

int main(void)
{
  gsl_set_error_handler_off();
  const struct CMUnitTest tests[] = {
      LB_TEST(four_rows),     LB_TEST(lost),       LB_TEST(agrees_with_km),
      LB_TEST(properties),    LB_TEST(weights),    LB_TEST(pairs),
      LB_TEST(leave_one_out), LB_TEST(uncensored), LB_TEST(repeated_and_strata),
      LB_TEST(refusals),      LB_TEST(edges),      LB_TEST(out_of_memory),
      LB_TEST(standardised),  LB_TEST(equality),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
