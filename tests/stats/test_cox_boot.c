/* test_cox_boot.c - resamples of a Cox model against fits of repeated rows, threads, failures. */
#include "base/parallel.h"
#include "check.h"
#include "stats/bootstrap.h"
#include "stats/survival/cox_boot.h"
#include "stats/survival/cox_validate.h"
#include "stats/survival/repeat.h"

#include <gsl/gsl_errno.h>

#define N         90
#define P         3
#define N_CLUSTER 30
#define R         41

static double time_[N], entry_[N], weight_[N], offset_[N], x_[P][N];
static uint8_t event_[N];
static int32_t stratum_[N], cluster_[N];
static const double *const COLUMNS[] = {x_[0], x_[1], x_[2]};
static const lb_partition STRATA = {stratum_, 2}, CLUSTERS = {cluster_, N_CLUSTER};

/* Made-up rows with ties, late entry, weights, offset, strata and clusters across them; times as
 * good as continuous when not `tied`. */
static void make_rows(bool tied)
{
  uint32_t state = 815;
  for (size_t i = 0; i < N; i++) {
    double u[6];
    for (size_t k = 0; k < 6; k++) {
      state = state * 1664525u + 1013904223u;
      u[k] = (double)(state >> 8) / 16777216.0;
    }
    time_[i] = tied ? 2 + floor(9 * u[0]) : 1 + 9 * u[0];
    entry_[i] = time_[i] * 0.6 * u[1];
    event_[i] = u[2] < 0.7;
    weight_[i] = 0.5 + 2 * u[3];
    offset_[i] = u[4] - 0.5;
    x_[0][i] = 100 + 20 * (u[1] - u[3]);
    x_[1][i] = (double)(u[5] < 0.4);
    x_[2][i] = u[4] + u[5];
    stratum_[i] = (int32_t)(i % 3 == 0);
    cluster_[i] = (int32_t)(i % N_CLUSTER);
  }
}

/* Kinds of data, as bits. */
enum { LATE = 1, WEIGHTS = 2, STRATIFIED = 4, OFFSET = 8, BRESLOW = 16, CLUSTERED = 32, TIED = 64 };
enum { ALL_KINDS = 128 };

typedef struct problem {
  lb_surv y;
  lb_design x;
  const lb_partition *strata, *cluster;
  lb_ties ties;
} problem;

static problem make_problem(int kind)
{
  make_rows((kind & TIED) != 0);
  problem q = {.y = {.n = N, .time = time_, .event = event_}};
  q.x = (lb_design){.n = N, .p = P, .column = COLUMNS};
  if (kind & LATE) q.y.entry = entry_;
  if (kind & WEIGHTS) q.y.weight = weight_;
  if (kind & OFFSET) q.x.offset = offset_;
  if (kind & STRATIFIED) q.strata = &STRATA;
  if (kind & CLUSTERED) q.cluster = &CLUSTERS;
  q.ties = kind & BRESLOW ? LB_TIES_BRESLOW : LB_TIES_EFRON;
  return q;
}

static void fit_problem(const problem *q, lb_cox *fit)
{
  lb_cox_options options = LB_COX_DEFAULTS;
  lb_error err = {0};
  options.ties = q->ties;
  LB_OK_OR_FAIL(lb_cox_fit(&q->y, &q->x, q->strata, &options, fit, &err), err);
}

static lb_status resample(const problem *q, const lb_cox *fit, size_t replicates, lb_cox_boot *out)
{
  lb_cox_at at = {&q->y, &q->x, q->strata, q->ties, fit->coef};
  const lb_cox_boot_options options = {replicates, 7};
  return lb_cox_boot_fit(&at, q->cluster, &options, out, NULL);
}

/* The coefficients of replicate r by repeating its rows. */
static void fit_repeated(const problem *q, size_t r, lb_cox *fit)
{
  uint32_t drawn[N];
  double count[N], each[N * 30];
  lb_repeat rows = {0};
  lb_error err = {0};
  lb_cox_boot_counts((lb_boot_draw){7, r}, q->cluster, N, drawn, count);
  problem repeated = *q;
  lb_surv y = q->y;
  y.weight = count;
  LB_OK_OR_FAIL(lb_repeat_rows(&y, &q->x, q->strata, NULL, &rows, &err), err);
  repeated.y = rows.y;
  repeated.x = rows.x;
  if (q->strata != NULL) repeated.strata = &rows.strata;
  if (q->y.weight != NULL) {
    for (size_t k = 0; k < rows.n; k++) each[k] = q->y.weight[rows.row[k]];
    repeated.y.weight = each;
  }
  fit_problem(&repeated, fit);
  lb_repeat_reset(&rows);
}

static void test_repeated_rows(void **state)
{
  (void)state;
  for (int kind = 0; kind < ALL_KINDS; kind++) {
    problem q = make_problem(kind);
    lb_cox fit = {0};
    lb_cox_boot boot = {0};
    fit_problem(&q, &fit);
    assert_int_equal(resample(&q, &fit, R, &boot), LB_OK);
    assert_int_equal(boot.n_failed, 0);
    assert_int_equal(boot.n_slow, 0);
    for (size_t r = 0; r < R; r += 9) {
      lb_cox again = {0};
      fit_repeated(&q, r, &again);
      for (size_t j = 0; j < P; j++)
        LB_NEAR(boot.coef[r * P + j] / fit.std_error[j], again.coef[j] / fit.std_error[j], 1e-7);
      lb_cox_reset(&again);
    }
    lb_cox_boot_reset(&boot);
    lb_cox_reset(&fit);
  }
}

/* The first of many are the fewer; any number of threads. */
static void test_same_bits(void **state)
{
  (void)state;
  problem q = make_problem(LATE | WEIGHTS | TIED);
  lb_cox fit = {0};
  lb_cox_boot one = {0}, two = {0}, few = {0};
  fit_problem(&q, &fit);
  lb_threads_set(1);
  assert_int_equal(resample(&q, &fit, 150, &one), LB_OK);
  lb_threads_set(2);
  assert_int_equal(resample(&q, &fit, 150, &two), LB_OK);
  lb_threads_set(0);
  assert_int_equal(resample(&q, &fit, 13, &few), LB_OK);
  assert_memory_equal(one.coef, two.coef, 150 * P * sizeof(double));
  assert_memory_equal(one.coef, few.coef, 13 * P * sizeof(double));
  lb_cox_boot_reset(&one);
  lb_cox_boot_reset(&two);
  lb_cox_boot_reset(&few);
  lb_cox_reset(&fit);
}

/* A level with one event: resamples without it have no finite estimate, and say so. */
static void test_rare_level(void **state)
{
  (void)state;
  problem q = make_problem(0);
  bool seen = false;
  for (size_t i = 0; i < N; i++) {
    x_[1][i] = !seen && event_[i] && time_[i] > 5;
    seen |= x_[1][i] == 1;
    if (i % 30 == 29) x_[1][i] = 1;
    if (i % 30 == 29) event_[i] = 0;
  }
  lb_cox fit = {0};
  lb_cox_boot boot = {0};
  fit_problem(&q, &fit);
  assert_true(fit.converged);
  assert_int_equal(resample(&q, &fit, 200, &boot), LB_OK);
  size_t missing = 0;
  for (size_t r = 0; r < 200; r++) {
    uint32_t drawn[N];
    double count[N], events = 0;
    lb_cox_boot_counts((lb_boot_draw){7, r}, NULL, N, drawn, count);
    for (size_t i = 0; i < N; i++) events += x_[1][i] == 1 && event_[i] ? count[i] : 0;
    missing += isnan(boot.coef[r * P]) ? 1 : 0;
    if (events == 0) assert_true(isnan(boot.coef[r * P]));
  }
  assert_int_equal(missing, boot.n_failed);
  assert_in_range(boot.n_failed, 40, 110); /* (1 - 1/90)^90 of them, and more */
  assert_true(boot.n_slow >= boot.n_failed);
  lb_cox_boot_reset(&boot);
  lb_cox_reset(&fit);
}

/* Draws are what they should be: each row once on average, all clusters' rows together. */
static void test_counts(void **state)
{
  (void)state;
  double sum[N] = {0}, count[N];
  uint32_t drawn[N];
  make_rows(true);
  for (size_t r = 0; r < 2000; r++) {
    double total = 0;
    lb_cox_boot_counts((lb_boot_draw){3, r}, NULL, N, drawn, count);
    for (size_t i = 0; i < N; i++) {
      sum[i] += count[i];
      total += count[i];
    }
    LB_NEAR(total, N, TOL_EXACT);
    lb_cox_boot_counts((lb_boot_draw){3, r}, &CLUSTERS, N, drawn, count);
    for (size_t i = N_CLUSTER; i < N; i++) LB_NEAR(count[i], count[i - N_CLUSTER], TOL_EXACT);
  }
  for (size_t i = 0; i < N; i++) LB_NEAR(sum[i] / 2000, 1, 0.11); /* 5 standard errors */
}

static void test_refusals(void **state)
{
  (void)state;
  problem q = make_problem(0);
  const double none[P] = {NAN, NAN, NAN}, half[P] = {0.01, NAN, 0.2};
  lb_cox fit = {.coef = (double *)none};
  lb_cox_boot boot = {0};
  assert_int_equal(resample(&q, &fit, 5, &boot), LB_EARG);
  fit.coef = (double *)half;
  assert_int_equal(resample(&q, &fit, 0, &boot), LB_EARG);
  assert_int_equal(resample(&q, &fit, 5, &boot), LB_OK);
  assert_true(isnan(boot.coef[1]) && isfinite(boot.coef[0]) && isfinite(boot.coef[2]));
  lb_cox_boot_reset(&boot);
}

static void test_failing_allocations(void **state)
{
  (void)state;
  problem q = make_problem(LATE | WEIGHTS | OFFSET | STRATIFIED);
  lb_cox fit = {0};
  fit_problem(&q, &fit);
  lb_threads_set(1);
  size_t live = lb_mem_live();
  lb_status st = LB_ENOMEM;
  lb_cox_at at = {&q.y, &q.x, q.strata, q.ties, fit.coef};
  for (long k = 0; st != LB_OK; k++) {
    lb_cox_boot boot = {0};
    lb_cox_validation v;
    lb_mem_fail_after(k);
    st = resample(&q, &fit, 9, &boot);
    if (st == LB_OK) st = lb_cox_validate(&at, NULL, &boot, 7, &v, NULL);
    lb_mem_fail_after(-1);
    lb_cox_boot_reset(&boot);
    assert_true(st == LB_OK || st == LB_ENOMEM);
    assert_int_equal(lb_mem_live(), live);
  }
  lb_threads_set(0);
  lb_cox_reset(&fit);
}

/* Eq. 5.8 by hand: 19 replicates at 90 % are cut at the first and the last. */
static void test_limits(void **state)
{
  (void)state;
  double x[19];
  lb_boot_summary s;
  for (size_t i = 0; i < 19; i++) x[(i * 7) % 19] = (double)(i * i);
  lb_boot_question ask = {.estimate = 90, .conf_level = 0.9, .conf = LB_BOOT_PERCENTILE};
  assert_int_equal(lb_boot_summarise(x, 19, 1, &ask, &s, NULL), LB_OK);
  LB_NEAR(s.conf_low, 0, TOL_EXACT);
  LB_NEAR(s.conf_high, 324, TOL_EXACT);
  LB_NEAR(s.mean, 111, TOL_EXACT); /* sum of squares to 18 is 2109 */
  assert_false(s.extreme);
  ask.conf_level = 0.95;
  assert_int_equal(lb_boot_summarise(x, 19, 1, &ask, &s, NULL), LB_OK);
  assert_true(s.extreme);
  /* BCa without bias and acceleration is the percentile: ten of 19 below or at 81, half at it. */
  lb_boot_summary plain;
  ask = (lb_boot_question){.estimate = 81, .conf_level = 0.5, .conf = LB_BOOT_BCA};
  assert_int_equal(lb_boot_summarise(x, 19, 1, &ask, &s, NULL), LB_OK);
  ask.conf = LB_BOOT_PERCENTILE;
  assert_int_equal(lb_boot_summarise(x, 19, 1, &ask, &plain, NULL), LB_OK);
  LB_NEAR(s.conf_low, plain.conf_low, TOL_ITER);
  LB_NEAR(s.conf_high, 196, TOL_ITER); /* number 15 */
  ask.conf = LB_BOOT_NORMAL;
  assert_int_equal(lb_boot_summarise(x, 19, 1, &ask, &s, NULL), LB_OK);
  LB_NEAR((s.conf_low + s.conf_high) / 2, 2 * 81 - 111, TOL_EXACT);
  const double influence[] = {1, -2, 1}; /* cubes -6, squares 6 */
  LB_NEAR(lb_boot_acceleration(influence, 3, 1), -1 / (6 * sqrt(6)), TOL_EXACT);
}

/* Against indices of fits of repeated rows. */
static void test_validation(void **state)
{
  (void)state;
  problem q = make_problem(TIED | OFFSET);
  lb_cox fit = {0};
  lb_cox_boot boot = {0};
  lb_cox_validation v;
  lb_error err = {0};
  double training = 0, slope = 0;
  fit_problem(&q, &fit);
  assert_int_equal(resample(&q, &fit, 3, &boot), LB_OK);
  lb_cox_at at = {&q.y, &q.x, NULL, q.ties, fit.coef};
  LB_OK_OR_FAIL(lb_cox_validate(&at, NULL, &boot, 7, &v, &err), err);
  for (size_t r = 0; r < 3; r++) {
    uint32_t drawn[N];
    double count[N], lp[N] = {0};
    lb_cox again = {0};
    lb_repeat rows = {0};
    lb_surv y = q.y;
    lb_cox_boot_counts((lb_boot_draw){7, r}, NULL, N, drawn, count);
    y.weight = count;
    LB_OK_OR_FAIL(lb_repeat_rows(&y, &q.x, NULL, NULL, &rows, &err), err);
    fit_repeated(&q, r, &again);
    LB_OK_OR_FAIL(lb_cox_concordance(&rows.y, &rows.x, NULL, &again, &err), err);
    training += again.concordance / 3;
    for (size_t j = 0; j < P; j++)
      for (size_t i = 0; i < N; i++) lp[i] += boot.coef[r * P + j] * x_[j][i];
    const double *const column[] = {lp};
    lb_design one = {.n = N, .p = 1, .column = column, .offset = offset_};
    lb_cox judge = {0};
    LB_OK_OR_FAIL(lb_cox_fit(&q.y, &one, NULL, NULL, &judge, &err), err);
    slope += judge.coef[0] / 3;
    lb_cox_reset(&judge);
    lb_cox_reset(&again);
    lb_repeat_reset(&rows);
  }
  LB_NEAR(v.concordance.training, training, TOL_ITER);
  LB_NEAR(v.slope.test, slope, 1e-7);
  LB_NEAR(v.slope.corrected, slope, 1e-7);
  LB_NEAR(v.concordance.corrected, v.concordance.apparent - v.concordance.optimism, TOL_EXACT);
  lb_cox_boot_reset(&boot);
  lb_cox_reset(&fit);
}

int main(void)
{
  const struct CMUnitTest tests[] = {LB_TEST(test_repeated_rows), LB_TEST(test_same_bits),
                                     LB_TEST(test_rare_level),    LB_TEST(test_counts),
                                     LB_TEST(test_refusals),      LB_TEST(test_failing_allocations),
                                     LB_TEST(test_limits),        LB_TEST(test_validation)};
  gsl_set_error_handler_off();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
