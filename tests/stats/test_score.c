/* test_score.c - AUC and Brier score against their definitions, influences against the jackknife. */
#include "check.h"
#include "stats/survival/score.h"

#define N 400
static double time_[N], risk_[N];
static uint8_t event_[N];
static int32_t cause_[N];

static lb_surv make(uint32_t seed)
{
  for (size_t i = 0; i < N; i++) {
    seed = seed * 1664525u + 1013904223u;
    time_[i] = 1 + (double)((seed >> 12) % 25);
    cause_[i] = (int32_t)((seed >> 8) % 3);
    event_[i] = cause_[i] > 0;
    risk_[i] = (double)((seed >> 15) % 20) / 20;
  }
  return (lb_surv){.n = N, .time = time_, .event = event_, .cause = cause_, .n_cause = 2};
}

#define LAST 26 /* times are 1 .. 25 */
static double before_[LAST + 1], at_[LAST + 1];

/* Probabilities of being uncensored just before each time and at it, events first at a tie. */
static void uncensored(size_t n)
{
  double g = 1;
  for (int u = 1; u <= LAST; u++) {
    double at_risk = 0, censored = 0;
    for (size_t i = 0; i < n; i++) {
      at_risk += time_[i] > u || (time_[i] == u && !event_[i]);
      censored += time_[i] == u && !event_[i];
    }
    before_[u] = g;
    if (censored > 0) g *= 1 - censored / at_risk;
    at_[u] = g;
  }
}

static void definition(size_t n, double t, double *auc, double *brier)
{
  double weight[N], above = 0, all = 0;
  int side[N];
  *brier = 0;
  uncensored(n);
  for (size_t i = 0; i < n; i++) {
    bool early = time_[i] <= t;
    side[i] = early && !event_[i] ? 0 : early && cause_[i] == 1 ? 1 : 2;
    weight[i] = side[i] == 0 ? 0 : 1 / (early ? before_[(int)time_[i]] : at_[(int)t]);
    *brier += weight[i] * pow((side[i] == 1) - risk_[i], 2) / (double)n;
  }
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < n; j++) {
      if (side[i] != 1 || side[j] != 2) continue;
      all += weight[i] * weight[j];
      above += weight[i] * weight[j] * (risk_[i] > risk_[j] ? 1 : risk_[i] == risk_[j] ? 0.5 : 0);
    }
  *auc = above / all;
}

static void agrees_with_the_definition(void **state)
{
  (void)state;
  for (uint32_t seed = 1; seed < 20; seed++) {
    lb_surv y = make(seed);
    lb_score s = {0};
    lb_error err = {0};
    double auc, brier;
    definition(N, 12, &auc, &brier);
    LB_OK_OR_FAIL(lb_score_at(&y, 1, risk_, 12, &s, &err), err);
    LB_NEAR(s.auc, auc, 1e-12); /* 40,000 pairs summed */
    LB_NEAR(s.brier, brier, 1e-12);
    assert_int_equal(s.n_case + s.n_control + s.n_unknown, N);
    lb_score_reset(&s);
  }
}

static double spread(const double *influence)
{
  double sum = 0;
  for (size_t i = 0; i < N; i++) sum += influence[i] * influence[i];
  return sqrt(sum) / N;
}

/* Leaving out each row in turn: the jackknife's standard error is near that of the influences. */
static void influences_are_near_the_jackknife(void **state)
{
  (void)state;
  lb_surv y = make(77);
  lb_score s = {0};
  lb_error err = {0};
  double auc[N], brier[N], mean_auc = 0, mean_brier = 0, v_auc = 0, v_brier = 0;
  LB_OK_OR_FAIL(lb_score_at(&y, 1, risk_, 12, &s, &err), err);
  for (size_t i = 0; i < N; i++) {
    double t = time_[i], r = risk_[i];
    uint8_t e = event_[i];
    int32_t c = cause_[i];
    size_t last = N - 1;
    time_[i] = time_[last], risk_[i] = risk_[last], event_[i] = event_[last];
    cause_[i] = cause_[last];
    definition(N - 1, 12, &auc[i], &brier[i]);
    time_[i] = t, risk_[i] = r, event_[i] = e, cause_[i] = c;
    mean_auc += auc[i] / N;
    mean_brier += brier[i] / N;
  }
  for (size_t i = 0; i < N; i++) {
    v_auc += pow(auc[i] - mean_auc, 2) * (N - 1) / N;
    v_brier += pow(brier[i] - mean_brier, 2) * (N - 1) / N;
  }
  assert_true(fabs(spread(s.auc_influence) / sqrt(v_auc) - 1) < 0.02);
  assert_true(fabs(spread(s.brier_influence) / sqrt(v_brier) - 1) < 0.02);
  lb_score_reset(&s);
}

static void edges(void **state)
{
  (void)state;
  lb_surv y = make(5);
  lb_score s = {.n_case = 77};
  lb_error err = {0};
  for (long k = 0; k < 12; k++) {
    lb_mem_fail_after(k);
    lb_status st = lb_score_at(&y, 0, risk_, 12, &s, &err);
    lb_mem_fail_after(-1);
    if (st == LB_OK) {
      lb_score_reset(&s);
      s.n_case = 77;
    } else {
      assert_int_equal(st, LB_ENOMEM);
    }
  }
  y.entry = risk_;
  assert_int_equal(lb_score_at(&y, 0, risk_, 12, &s, &err), LB_EARG);
  y = make(5);
  risk_[3] = -0.1;
  assert_int_equal(lb_score_at(&y, 0, risk_, 12, &s, &err), LB_EDATA);
  assert_int_equal(s.n_case, 77);
  y.n = 0;
  LB_OK_OR_FAIL(lb_score_at(&y, 0, risk_, 12, &s, &err), err);
  assert_true(isnan(s.auc));
  lb_score_reset(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(agrees_with_the_definition, lb_no_leak),
      cmocka_unit_test_teardown(influences_are_near_the_jackknife, lb_no_leak),
      cmocka_unit_test_teardown(edges, lb_no_leak)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
