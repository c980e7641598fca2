/* test_aalen.c - additive hazards against their definition, and as they must behave. */
#include "check.h"
#include "stats/survival/aalen.h"

#define N 60
static double time_[N], entry_[N], x_[2][N], weight_[N];
static uint8_t event_[N];
static const double *const COLUMN[2] = {x_[0], x_[1]};

static lb_surv make(uint32_t seed)
{
  for (size_t i = 0; i < N; i++) {
    seed = seed * 1664525u + 1013904223u;
    time_[i] = 2 + (double)((seed >> 12) % 30);
    event_[i] = (seed >> 8) % 3 > 0;
    entry_[i] = (double)((seed >> 20) % 2);
    x_[0][i] = (double)((seed >> 5) % 1000) / 100;
    x_[1][i] = (double)((seed >> 17) % 2);
    weight_[i] = 1 + (double)((seed >> 22) % 3);
  }
  return (lb_surv){.n = N, .time = time_, .event = event_};
}

static lb_aalen fit(const lb_surv *y, size_t p)
{
  const lb_design x = {.n = y->n, .p = p, .column = COLUMN};
  lb_aalen out = {0};
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_aalen_fit(y, &x, 5, LB_AALEN_INVERSE, &out, &err), err);
  return out;
}

/* Without columns: Nelson-Aalen, whose variance is the sum of 1/n^2 of each event. */
static void without_columns_it_is_nelson_aalen(void **state)
{
  (void)state;
  lb_surv y = make(3);
  y.entry = entry_;
  lb_aalen a = fit(&y, 0);
  double sum = 0, variance = 0;
  for (size_t t = 0; t < a.n_time; t++) {
    double n = 0, d = 0;
    for (size_t i = 0; i < N; i++) {
      n += entry_[i] < a.time[t] && time_[i] >= a.time[t];
      d += event_[i] && time_[i] == a.time[t];
    }
    sum += d / n;
    variance += d / (n * n);
    LB_NEAR(a.n_risk[t], n, 0);
    LB_NEAR(a.cumulative[t], sum, TOL_EXACT);
    LB_NEAR(a.variance[t], variance, TOL_EXACT);
  }
  assert_true(a.n_time > 10);
  lb_aalen_reset(&a);
}

/* One column of 0 and 1: the difference of two Nelson-Aalen curves. */
static void groups_are_nelson_aalen_each(void **state)
{
  (void)state;
  lb_surv y = make(8);
  memcpy(x_[0], x_[1], sizeof x_[0]);
  lb_aalen a = fit(&y, 1);
  double curve[2] = {0, 0};
  for (size_t t = 0; t < a.n_time; t++) {
    double n[2] = {0, 0}, d[2] = {0, 0};
    for (size_t i = 0; i < N; i++) {
      size_t g = x_[1][i] > 0;
      n[g] += time_[i] >= a.time[t];
      d[g] += event_[i] && time_[i] == a.time[t];
    }
    for (size_t g = 0; g < 2; g++) curve[g] += d[g] / n[g];
    LB_NEAR(a.cumulative[2 * t], curve[0], 1e-12);
    LB_NEAR(a.cumulative[2 * t + 1], curve[1] - curve[0], 1e-12);
  }
  lb_aalen_reset(&a);
}

static void units_and_weights(void **state)
{
  (void)state;
  lb_surv y = make(21);
  lb_aalen a = fit(&y, 2);
  for (size_t i = 0; i < N; i++) x_[0][i] = 100 + 10 * x_[0][i];
  lb_aalen b = fit(&y, 2);
  assert_int_equal(a.n_time, b.n_time);
  size_t last = 3 * (a.n_time - 1);
  LB_NEAR(b.cumulative[last + 1] * 10, a.cumulative[last + 1], 1e-11);
  LB_NEAR(b.cumulative[last + 2], a.cumulative[last + 2], 1e-11);
  LB_NEAR(b.chi_square, a.chi_square, 1e-10);
  lb_aalen_reset(&b);
  for (size_t i = 0; i < N; i++) weight_[i] = 4;
  y.weight = weight_;
  b = fit(&y, 2);
  LB_NEAR(b.cumulative[last + 2], a.cumulative[last + 2], 1e-11);
  lb_aalen_reset(&a);
  lb_aalen_reset(&b);
}

/* A column that nobody has at first is level there; the others are as without it. */
static void column_that_is_empty_at_first(void **state)
{
  (void)state;
  double x[] = {0, 0, 0, 0, 0, 0, 1, 1, 0, 1}, t[] = {1, 2, 3, 7, 8, 9, 10, 11, 12, 13};
  double entry[] = {0, 0, 0, 0, 0, 0, 5, 5, 0, 5};
  uint8_t event[] = {1, 1, 1, 1, 0, 1, 1, 0, 1, 1};
  const double *column[] = {x};
  const lb_surv y = {.n = 10, .time = t, .entry = entry, .event = event};
  lb_design design = {.n = 10, .p = 1, .column = column};
  lb_aalen a = {0}, alone = {0};
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_aalen_fit(&y, &design, 2, LB_AALEN_INVERSE, &a, &err), err);
  design.p = 0;
  LB_OK_OR_FAIL(lb_aalen_fit(&y, &design, 2, LB_AALEN_INVERSE, &alone, &err), err);
  assert_int_equal(a.n_flat[1], 3);
  assert_int_equal(a.n_skipped, 0);
  for (size_t k = 0; k < 3; k++) {
    LB_NEAR(a.cumulative[k * 2 + 1], 0, 0);
    LB_NEAR(a.cumulative[k * 2], alone.cumulative[k], TOL_EXACT);
  }
  /* at 7: one event among 4 of x = 0, none among 3 of x = 1 */
  LB_NEAR(a.cumulative[3 * 2], alone.cumulative[2] + 1.0 / 4, TOL_EXACT);
  LB_NEAR(a.cumulative[3 * 2 + 1], -1.0 / 4, TOL_EXACT);
  lb_aalen_reset(&a);
  lb_aalen_reset(&alone);
}

static void refusals(void **state)
{
  (void)state;
  lb_surv y = make(5);
  lb_design x = {.n = N, .p = 2, .column = COLUMN};
  lb_aalen out = {.n_time = 77};
  lb_error err = {0};
  assert_int_equal(lb_aalen_fit(&y, &x, 1000, LB_AALEN_RISK, &out, &err), LB_ENUMERIC);
  for (size_t i = 0; i < N; i++) x_[1][i] = 1;
  assert_int_equal(lb_aalen_fit(&y, &x, 1, LB_AALEN_RISK, &out, &err), LB_ENUMERIC);
  make(5);
  int failures = 0;
  for (long k = 0; k < 200; k++) {
    lb_mem_fail_after(k);
    lb_status st = lb_aalen_fit(&y, &x, 1, LB_AALEN_RISK, &out, &err);
    lb_mem_fail_after(-1);
    if (st == LB_OK) {
      lb_aalen_reset(&out);
      out.n_time = 77;
      break;
    }
    assert_int_equal(st, LB_ENOMEM);
    failures++;
  }
  assert_true(failures > 10 && out.n_time == 77);
  memset(event_, 0, sizeof event_);
  assert_int_equal(lb_aalen_fit(&y, &x, 1, LB_AALEN_RISK, &out, &err), LB_EDATA);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(without_columns_it_is_nelson_aalen, lb_no_leak),
      cmocka_unit_test_teardown(groups_are_nelson_aalen_each, lb_no_leak),
      cmocka_unit_test_teardown(units_and_weights, lb_no_leak),
      cmocka_unit_test_teardown(column_that_is_empty_at_first, lb_no_leak),
      cmocka_unit_test_teardown(refusals, lb_no_leak)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
