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

int main(void)
{
  const struct CMUnitTest tests[] = {LB_TEST(test_cox), LB_TEST(test_km), LB_TEST(test_logrank)};
  return cmocka_run_group_tests(tests, make_data, NULL);
}
