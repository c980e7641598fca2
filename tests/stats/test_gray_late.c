/* test_gray_late.c - Gray's test with late entry against its formula, itself without, and the
 * jackknife. */
#include "check.h"
#include "stats/survival/gray.h"

#include <gsl/gsl_errno.h>

#define N    240
#define K    3
#define LAST 25

static double time_[N], entry_[N], weight_[N];
static uint8_t event_[N];
static int32_t cause_[N], group_[N], stratum_[N], cluster_[N];
static const lb_partition GROUPS = {group_, K}, STRATA = {stratum_, 2};

static uint32_t next(uint32_t *seed)
{
  *seed = *seed * 1664525u + 1013904223u;
  return *seed >> 12;
}

static lb_surv make(size_t n, uint32_t seed)
{
  for (size_t i = 0; i < n; i++) {
    time_[i] = 1 + (double)(next(&seed) % LAST);
    cause_[i] = (int32_t)(next(&seed) % 3);
    event_[i] = cause_[i] > 0;
    group_[i] = (int32_t)(next(&seed) % K);
    stratum_[i] = (int32_t)(next(&seed) % 2);
    weight_[i] = 1 + (double)(next(&seed) % 3);
    entry_[i] = next(&seed) % 3 == 0 ? floor(time_[i] * 0.6) : 0;
    cluster_[i] = (int32_t)i;
  }
  return (lb_surv){.n = n, .time = time_, .event = event_, .cause = cause_, .n_cause = 2};
}

static lb_gray late(const lb_surv *y, lb_gray_late plan)
{
  lb_error err = {0};
  lb_gray out = {0};
  LB_OK_OR_FAIL(lb_gray_late_test(y, &plan, &out, &err), err);
  return out;
}

static lb_gray_late plan_of(double rho)
{
  return (lb_gray_late){.groups = &GROUPS, .cause = 1, .rho = rho};
}

/* Expected events by R_k = Y_k (1 - F_k(t-)) / S_k(t-) of the Aalen-Johansen estimates. */
static void formula(const lb_surv *y, double *observed, double *expected)
{
  double survival[K] = {1, 1, 1}, incidence[K] = {0};
  for (double t = 1; t <= LAST; t++) {
    double at_risk[K] = {0}, mine[K] = {0}, other[K] = {0}, r[K], all = 0, events = 0;
    for (size_t i = 0; i < y->n; i++) {
      if (!(entry_[i] < t && t <= time_[i])) continue;
      at_risk[group_[i]]++;
      mine[group_[i]] += time_[i] == t && cause_[i] == 1;
      other[group_[i]] += time_[i] == t && cause_[i] == 2;
    }
    for (size_t g = 0; g < K; g++) {
      r[g] = survival[g] > 0 ? at_risk[g] * (1 - incidence[g]) / survival[g] : 0;
      all += r[g];
      events += mine[g];
    }
    for (size_t g = 0; g < K; g++) {
      observed[g] += mine[g];
      expected[g] += all > 0 ? events * r[g] / all : 0;
      if (at_risk[g] == 0) continue;
      incidence[g] += survival[g] * mine[g] / at_risk[g];
      survival[g] *= 1 - (mine[g] + other[g]) / at_risk[g];
    }
  }
}

static void is_the_formula(void **state)
{
  (void)state;
  for (uint32_t seed = 1; seed < 20; seed++) {
    lb_surv y = make(N, seed);
    y.entry = entry_;
    double observed[K] = {0}, expected[K] = {0};
    formula(&y, observed, expected);
    lb_gray test = late(&y, plan_of(0));
    for (size_t g = 0; g < K; g++) {
      LB_NEAR(test.observed[g], observed[g], 1e-12);
      LB_NEAR(test.expected[g], expected[g], 1e-10);
      double sum = 0;
      for (size_t k = 0; k < K; k++) sum += test.variance[g * K + k];
      LB_NEAR(sum, 0, 1e-9);
    }
    assert_int_equal(test.df, K - 1);
    lb_gray_reset(&test);
  }
}

/* Nobody enters late: Gray's observed and expected, and nearly his variance. */
static void is_gray_without_entry(void **state)
{
  (void)state;
  for (uint32_t seed = 1; seed < 10; seed++) {
    lb_error err = {0};
    lb_gray gray = {0};
    lb_surv y = make(N, seed);
    y.weight = seed % 2 == 0 ? weight_ : NULL;
    lb_gray_late plan = plan_of(0);
    plan.strata = seed % 3 == 0 ? &STRATA : NULL;
    LB_OK_OR_FAIL(lb_gray_test(&y, &GROUPS, plan.strata, 1, 0, &gray, &err), err);
    lb_gray test = late(&y, plan);
    for (size_t g = 0; g < K; g++) {
      LB_NEAR(test.n[g], gray.n[g], 1e-12);
      LB_NEAR(test.expected[g], gray.expected[g], 1e-10);
      double ratio = test.variance[g * K + g] / gray.variance[g * K + g];
      assert_true(ratio > 0.85 && ratio < 1.15);
    }
    lb_gray_reset(&gray);
    lb_gray_reset(&test);
  }
}

/* The variance of observed - expected without each row in turn. */
static void jackknife(void **state)
{
  (void)state;
  enum { M = 160 };
  lb_surv y = make(M, 5);
  y.entry = entry_;
  lb_gray test = late(&y, plan_of(0)), without[M];
  double mean = 0, variance = 0;
  y.weight = weight_;
  for (size_t i = 0; i < M; i++) {
    for (size_t k = 0; k < M; k++) weight_[k] = k != i;
    without[i] = late(&y, plan_of(0));
    mean += (without[i].observed[0] - without[i].expected[0]) / M;
  }
  for (size_t i = 0; i < M; i++) {
    variance += pow(without[i].observed[0] - without[i].expected[0] - mean, 2);
    lb_gray_reset(&without[i]);
  }
  double ratio = test.variance[0] / (variance * (M - 1) / M);
  assert_true(ratio > 0.9 && ratio < 1.1);
  lb_gray_reset(&test);
}

/* Weights are rows repeated; a cluster a row is no cluster; pairs of equal rows double it all. */
static void repeats(void **state)
{
  (void)state;
  enum { M = 80 };
  lb_surv y = make(M, 9);
  y.entry = entry_;
  y.weight = weight_;
  lb_gray weighted = late(&y, plan_of(1));
  size_t n = M;
  for (size_t i = 0; i < M; i++)
    for (double w = weight_[i]; w > 1; w--, n++) {
      time_[n] = time_[i];
      entry_[n] = entry_[i];
      event_[n] = event_[i];
      cause_[n] = cause_[i];
      group_[n] = group_[i];
      cluster_[n] = (int32_t)i;
    }
  y.n = n;
  y.weight = NULL;
  lb_gray repeated = late(&y, plan_of(1));
  LB_NEAR(weighted.chi_square, repeated.chi_square, 1e-9);
  LB_NEAR(weighted.expected[1], repeated.expected[1], 1e-9);
  const lb_partition cluster = {cluster_, M};
  lb_gray_late plan = plan_of(1);
  plan.cluster = &cluster;
  lb_gray clustered = late(&y, plan);
  assert_true(clustered.chi_square < repeated.chi_square);
  y.n = M;
  lb_gray alone = late(&y, plan_of(1)), each = late(&y, plan);
  LB_NEAR(alone.chi_square, each.chi_square, 1e-10);
  lb_gray *all[] = {&weighted, &repeated, &clustered, &alone, &each};
  for (size_t i = 0; i < 5; i++) lb_gray_reset(all[i]);
}

static void edges(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_gray out = {0};
  lb_surv y = make(40, 3);
  const double odd[] = {-1, (double)NAN, (double)INFINITY};
  for (size_t i = 0; i < 3; i++) {
    const lb_gray_late plan = plan_of(odd[i]);
    assert_int_equal(lb_gray_late_test(&y, &plan, &out, &err), LB_EARG);
    assert_int_equal(lb_gray_test(&y, &GROUPS, NULL, 1, odd[i], &out, &err), LB_EARG);
  }
  lb_gray_late other = plan_of(0);
  other.cause = 3;
  assert_int_equal(lb_gray_late_test(&y, &other, &out, &err), LB_EARG);
  for (size_t i = 0; i < 40; i++) cause_[i] = 2;
  lb_gray none = late(&y, plan_of(0)); /* no event of the cause */
  assert_int_equal(none.df, 0);
  assert_true(isnan(none.p_value) != 0);
  lb_gray_reset(&none);
  y.n = 1;
  cause_[0] = 1;
  lb_gray one = late(&y, plan_of(0));
  assert_int_equal(one.df, 0);
  lb_gray_reset(&one);
  y.n = 0;
  lb_gray empty = late(&y, plan_of(0));
  assert_int_equal(empty.df, 0);
  lb_gray_reset(&empty);
}

static void allocation_failures(void **state)
{
  (void)state;
  lb_surv y = make(60, 12);
  y.entry = entry_;
  const lb_gray_late plan = {&GROUPS, &STRATA, NULL, 1, 0.5};
  lb_status st = LB_ENOMEM;
  for (long k = 0; st != LB_OK; k++) {
    lb_error err = {0};
    lb_gray out = {0};
    lb_mem_fail_after(k);
    st = lb_gray_late_test(&y, &plan, &out, &err);
    lb_mem_fail_after(-1);
    assert_true(st == LB_OK || (st == LB_ENOMEM && out.n == NULL && lb_mem_live() == 0));
    lb_gray_reset(&out);
  }
}

int main(void)
{
  gsl_set_error_handler_off();
  const struct CMUnitTest tests[] = {LB_TEST(is_the_formula), LB_TEST(is_gray_without_entry),
                                     LB_TEST(jackknife),      LB_TEST(repeats),
                                     LB_TEST(edges),          LB_TEST(allocation_failures)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
