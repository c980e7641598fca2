/* test_survival_threads.c - many rows: the same bits for one thread and two, whole days and other
 * times alike, and the same curves, tests and coefficients in whatever order the rows come. */
#include "base/parallel.h"
#include "check.h"
#include "stats/survival/cox.h"
#include "stats/survival/km.h"
#include "stats/survival/logrank.h"

#define N 210000
#define P 3

static double time_[N], later_[N], entry_[N], later_entry_[N], x_[P][N];
static uint8_t event_[N];
static int32_t group_[N], stratum_[N];
static const double *const COLUMNS[] = {x_[0], x_[1], x_[2]};
static const lb_partition GROUPS = {group_, 3}, STRATA = {stratum_, 7};

static double uniform(void)
{
  static uint64_t seed = 19720401;
  seed = seed * 6364136223846793005u + 1442695040888963407u;
  return (double)(seed >> 11) / 9007199254740992.0;
}

static int make_data(void **state)
{
  (void)state;
  for (size_t i = 0; i < N; i++) {
    group_[i] = (int32_t)(3 * uniform());
    stratum_[i] = (int32_t)(7 * uniform());
    x_[0][i] = floor(40 + 40 * uniform());
    x_[1][i] = uniform() < 0.4;
    x_[2][i] = uniform() - 0.5;
    double rate = exp(0.02 * x_[0][i] - 0.7 * x_[1][i] + 0.1 * group_[i]) / 1000;
    time_[i] = 1 + fmin(floor(-log(1 - uniform()) / rate), 900);
    later_[i] = time_[i] + 0.5;
    entry_[i] = floor(time_[i] * uniform()) - 1;
    later_entry_[i] = entry_[i] + 0.5;
    event_[i] = uniform() < 0.7;
  }
  return 0;
}

static void fit_cox(const lb_surv *y, const lb_partition *strata, int threads, lb_cox *fit)
{
  const lb_design x = {.n = y->n, .p = P, .column = COLUMNS};
  lb_error err = {0};
  lb_threads_set(threads);
  LB_OK_OR_FAIL(lb_cox_fit(y, &x, strata, NULL, fit, &err), err);
  lb_threads_set(0);
}

static void check_same_bits(const lb_cox *a, const lb_cox *b)
{
  assert_memory_equal(a->coef, b->coef, P * sizeof(double));
  assert_memory_equal(a->vcov, b->vcov, P * P * sizeof(double));
  assert_memory_equal(a->means, b->means, P * sizeof(double));
  assert_memory_equal(&a->log_lik, &b->log_lik, sizeof(double));
  assert_memory_equal(&a->log_lik_null, &b->log_lik_null, sizeof(double));
  assert_memory_equal(&a->score_test.chi_square, &b->score_test.chi_square, sizeof(double));
}

/* Days and times half a day later have the same order, and so the same likelihood. */
static void test_cox(void **state)
{
  (void)state;
  for (int kind = 0; kind < 4; kind++) {
    const double *entry = kind % 2 == 1 ? entry_ : NULL;
    const lb_partition *strata = kind >= 2 ? &STRATA : NULL;
    lb_surv y = {.n = N, .time = time_, .entry = entry, .event = event_};
    lb_cox one = {0}, two = {0}, later = {0};
    fit_cox(&y, strata, 1, &one);
    fit_cox(&y, strata, 2, &two);
    y.time = later_;
    if (entry != NULL) y.entry = later_entry_;
    fit_cox(&y, strata, 2, &later);
    assert_true(one.converged);
    check_same_bits(&one, &two);
    check_same_bits(&one, &later);
    lb_cox_reset(&one);
    lb_cox_reset(&two);
    lb_cox_reset(&later);
  }
}

static void fit_km(const lb_surv *y, int threads, lb_km *km)
{
  lb_error err = {0};
  lb_threads_set(threads);
  LB_OK_OR_FAIL(lb_km_fit(y, &GROUPS, NULL, km, &err), err);
  lb_threads_set(0);
}

static void test_km(void **state)
{
  (void)state;
  lb_surv y = {.n = N, .time = time_, .event = event_};
  lb_km one = {0}, two = {0}, later = {0};
  fit_km(&y, 1, &one);
  fit_km(&y, 2, &two);
  y.time = later_;
  fit_km(&y, 2, &later);
  for (size_t g = 0; g < 3; g++) {
    size_t n = one.curve[g].n_time;
    assert_int_equal(n, two.curve[g].n_time);
    assert_int_equal(n, later.curve[g].n_time);
    assert_memory_equal(one.curve[g].n_risk, later.curve[g].n_risk, n * sizeof(double));
    assert_memory_equal(one.curve[g].n_event, later.curve[g].n_event, n * sizeof(double));
    assert_memory_equal(one.curve[g].survival, two.curve[g].survival, n * sizeof(double));
    assert_memory_equal(one.curve[g].survival, later.curve[g].survival, n * sizeof(double));
  }
  lb_km_reset(&one);
  lb_km_reset(&two);
  lb_km_reset(&later);
}

/* Entry before everyone's time changes nothing, and takes the walk by rows. */
static void test_logrank(void **state)
{
  (void)state;
  static double before[N];
  for (size_t i = 0; i < N; i++) before[i] = -1;
  for (int kind = 0; kind < 2; kind++) {
    const lb_partition *strata = kind == 1 ? &STRATA : NULL;
    const lb_logrank_options opt = {
        .weight = LB_LOGRANK_FLEMING_HARRINGTON, .rho = 0.5 * kind, .gamma = 0};
    lb_surv y = {.n = N, .time = time_, .event = event_};
    lb_logrank counted = {0}, walked = {0};
    lb_error err = {0};
    LB_OK_OR_FAIL(lb_logrank_test(&y, &GROUPS, strata, &opt, &counted, &err), err);
    y.entry = before;
    LB_OK_OR_FAIL(lb_logrank_test(&y, &GROUPS, strata, &opt, &walked, &err), err);
    LB_NEAR(counted.chi_square / walked.chi_square, 1, TOL_ITER); /* differences of the above */
    for (size_t g = 0; g < 3; g++) {
      LB_NEAR(counted.observed[g] / walked.observed[g], 1, 1e-12);
      LB_NEAR(counted.expected[g] / walked.expected[g], 1, 1e-12);
      LB_NEAR(counted.n[g], walked.n[g], 0);
    }
    lb_logrank_reset(&counted);
    lb_logrank_reset(&walked);
  }
}

/* The table that rows of whole days make; days beyond the last, and a group without rows. */
#define DAYS 950
static uint32_t count_[4 * DAYS * 2];
static lb_surv_counts counted(size_t n_class)
{
  memset(count_, 0, sizeof count_);
  for (size_t i = 0; i < N; i++)
    count_[((size_t)group_[i] * DAYS + (size_t)time_[i]) * 2 + event_[i]]++;
  return (lb_surv_counts){.n = N, .n_class = n_class, .days = DAYS, .count = count_};
}

static void test_counts(void **state)
{
  (void)state;
  lb_surv y = {.n = N, .time = time_, .event = event_};
  const lb_surv_counts counts = counted(4);
  const lb_partition groups = {group_, 4};
  for (int type = LB_KM_LOG_LOG; type <= LB_KM_LOG_PETO; type++) {
    lb_km rows = {0}, table = {0};
    lb_error err = {0};
    const lb_km_options opt = {.conf_level = 0.9, .conf_type = (lb_km_conf)type};
    LB_OK_OR_FAIL(lb_km_fit(&y, &groups, &opt, &rows, &err), err);
    LB_OK_OR_FAIL(lb_km_fit_counts(&counts, &opt, &table, &err), err);
    assert_int_equal(table.n_used, N);
    assert_int_equal(table.n_time_zero, rows.n_time_zero);
    assert_int_equal(table.curve[3].n_time, 0);
    for (size_t g = 0; g < 4; g++) {
      const lb_km_curve *a = &rows.curve[g], *b = &table.curve[g];
      assert_int_equal(a->n, b->n);
      assert_int_equal(a->n_time, b->n_time);
      assert_true(a->event_total == b->event_total);
      assert_memory_equal(a->time, b->time, a->n_time * sizeof(double));
      assert_memory_equal(a->n_risk, b->n_risk, a->n_time * sizeof(double));
      assert_memory_equal(a->n_censor, b->n_censor, a->n_time * sizeof(double));
      assert_memory_equal(a->std_error, b->std_error, a->n_time * sizeof(double));
      assert_memory_equal(a->conf_low, b->conf_low, a->n_time * sizeof(double));
      assert_memory_equal(a->conf_high, b->conf_high, a->n_time * sizeof(double));
    }
    lb_km_reset(&rows);
    lb_km_reset(&table);
  }
  lb_logrank rows = {0}, table = {0};
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_logrank_test(&y, &groups, NULL, NULL, &rows, &err), err);
  LB_OK_OR_FAIL(lb_logrank_test_counts(&counts, NULL, &table, &err), err);
  assert_int_equal(table.df, 2);
  assert_memory_equal(&rows.chi_square, &table.chi_square, sizeof(double));
  assert_memory_equal(rows.n, table.n, 4 * sizeof(double));
  assert_memory_equal(rows.expected, table.expected, 4 * sizeof(double));
  lb_logrank_reset(&rows);
  lb_logrank_reset(&table);
}

static void test_counts_failures(void **state)
{
  (void)state;
  const lb_surv_counts counts = counted(3);
  lb_status km = LB_ENOMEM, logrank = LB_ENOMEM;
  lb_km curves = {0};
  lb_logrank test = {0};
  for (long k = 0; km != LB_OK || logrank != LB_OK; k++) {
    lb_error err = {0};
    lb_mem_fail_after(k);
    if (km != LB_OK) km = lb_km_fit_counts(&counts, NULL, &curves, &err);
    lb_mem_fail_after(k);
    if (logrank != LB_OK) logrank = lb_logrank_test_counts(&counts, NULL, &test, &err);
    lb_mem_fail_after(-1);
    assert_true(km == LB_OK || (km == LB_ENOMEM && curves.curve == NULL));
    assert_true(logrank == LB_OK || (logrank == LB_ENOMEM && test.n == NULL));
  }
  lb_km_reset(&curves);
  lb_logrank_reset(&test);
}

/* Limits computed many at once are those of the formula. */
static void test_limits(void **state)
{
  (void)state;
  const lb_surv_counts counts = counted(3);
  lb_km km = {0};
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_km_fit_counts(&counts, NULL, &km, &err), err);
  for (size_t g = 0; g < 3; g++) {
    const lb_km_curve *c = &km.curve[g];
    for (size_t i = 0; i < c->n_time; i++) {
      double s = c->survival[i], half = 1.959963984540054 * c->std_error[i] / s;
      if (!(s > 0 && s < 1)) continue;
      LB_NEAR(c->conf_low[i], pow(s, exp(half / -log(s))), 1e-13);
      LB_NEAR(c->conf_high[i], pow(s, exp(half / log(s))), 1e-13);
    }
  }
  lb_km_reset(&km);
}

int main(void)
{
  const struct CMUnitTest tests[] = {LB_TEST(test_cox),     LB_TEST(test_km),
                                     LB_TEST(test_logrank), LB_TEST(test_counts),
                                     LB_TEST(test_limits),  LB_TEST(test_counts_failures)};
  return cmocka_run_group_tests(tests, make_data, NULL);
}
