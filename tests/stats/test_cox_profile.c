/* test_cox_profile.c - profile likelihood: closed forms of one event time, limits without end,
 * refits with a coefficient held, properties, edges, failing allocations. */
#include "base/parallel.h"
#include "check.h"
#include "stats/survival/cox_firth.h"
#include "stats/survival/cox_profile.h"

#include <gsl/gsl_cdf.h>

#define N 40
#define P 2

static double time_[N], entry_[N], x_[P][N];
static uint8_t event_[N];
static int32_t stratum_[N];
static const double *const COLUMNS[] = {x_[0], x_[1]};
static const lb_surv OUTCOME = {.n = N, .time = time_, .entry = entry_, .event = event_};
static const lb_design DESIGN = {.n = N, .p = P, .column = COLUMNS};
static const lb_partition STRATA = {stratum_, 2};
static const lb_cox_profile_options DEFAULTS = {.conf_level = 0.95, .max_iter = 50};

static void make_rows(void)
{
  uint32_t state = 2718;
  for (size_t i = 0; i < N; i++) {
    double u[4];
    for (size_t k = 0; k < 4; k++) {
      state = state * 1664525u + 1013904223u;
      u[k] = (double)(state >> 8) / 16777216.0;
    }
    time_[i] = 2 + floor(8 * u[0]);
    entry_[i] = floor(time_[i] * 0.5 * u[1]);
    event_[i] = u[2] < 0.6;
    x_[0][i] = 3 * u[1] - u[3];
    x_[1][i] = (double)(i % 2);
    stratum_[i] = (int32_t)(i % 3 == 0);
  }
}

/* ---- One event time: a rows with x = 1, b with x = 0, m events, k of them with x = 1. The
 * log-likelihood (Breslow) is k beta - m log(a e^beta + b); Firth's has 1/2 and 1 more. ---- */

typedef struct one_time {
  size_t a, b, m, k;
} one_time;

static double log_lik(one_time t, bool firth, double beta)
{
  double k = (double)t.k + (firth ? 0.5 : 0), m = (double)t.m + (firth ? 1 : 0);
  return k * beta - m * log((double)t.a * exp(beta) + (double)t.b);
}

static double maximum(one_time t, bool firth)
{
  double k = (double)t.k + (firth ? 0.5 : 0), m = (double)t.m + (firth ? 1 : 0);
  return log((double)t.b / (double)t.a * k / (m - k));
}

/* Where the log-likelihood is `fall` below its maximum, on one side, by halving. */
static double limit_of(one_time t, bool firth, double side, double fall)
{
  double best = maximum(t, firth), low = 0, high = 40;
  for (int i = 0; i < 200; i++) {
    double middle = (low + high) / 2;
    bool above = log_lik(t, firth, best) - log_lik(t, firth, best + side * middle) < fall;
    *(above ? &low : &high) = middle;
  }
  return best + side * low;
}

static lb_cox_profile profile_one_time(one_time t, bool firth, double level, double unit)
{
  double time[N], x[N];
  uint8_t event[N];
  size_t n = t.a + t.b;
  for (size_t i = 0; i < n; i++) {
    bool one = i < t.a;
    x[i] = one ? unit : 0;
    event[i] = one ? i < t.k : i - t.a < t.m - t.k;
    time[i] = event[i] ? 1 : 2;
  }
  const double *column[] = {x};
  const lb_surv y = {.n = n, .time = time, .event = event};
  const lb_design d = {.n = n, .p = 1, .column = column};
  lb_cox_options opt = LB_COX_DEFAULTS;
  opt.ties = LB_TIES_BRESLOW;
  lb_cox_profile_options options = DEFAULTS;
  options.ties = LB_TIES_BRESLOW;
  options.firth = firth;
  options.conf_level = level;
  lb_error err = {0};
  lb_cox fit = {0};
  lb_cox_profile out = {0};
  LB_OK_OR_FAIL((firth ? lb_cox_firth_fit : lb_cox_fit)(&y, &d, NULL, &opt, &fit, &err), err);
  const lb_cox_maximum at = {.coef = fit.coef, .std_error = fit.std_error};
  LB_OK_OR_FAIL(lb_cox_profile_fit(&y, &d, NULL, &options, &at, &out, &err), err);
  lb_cox_reset(&fit);
  return out;
}

static void closed_forms(void **state)
{
  (void)state;
  static const one_time CASES[] = {{3, 4, 2, 1}, {9, 5, 6, 4}, {4, 12, 7, 3}, {10, 10, 3, 1}};
  static const double LEVEL[] = {0.5, 0.95, 0.999};
  for (size_t c = 0; c < sizeof CASES / sizeof CASES[0]; c++) {
    for (size_t l = 0; l < 3; l++) {
      for (int firth = 0; firth < 2; firth++) {
        one_time t = CASES[c];
        double fall = gsl_cdf_chisq_Pinv(LEVEL[l], 1) / 2, best = maximum(t, firth);
        double chi = 2 * (log_lik(t, firth, best) - log_lik(t, firth, 0));
        for (double unit = 1; unit < 1e4; unit *= 1000) {
          lb_cox_profile got = profile_one_time(t, firth, LEVEL[l], unit);
          LB_NEAR(got.conf_low * unit, limit_of(t, firth, -1, fall), 2e-9);
          LB_NEAR(got.conf_high * unit, limit_of(t, firth, 1, fall), 2e-9);
          LB_NEAR(got.test.chi_square, chi, TOL_ITER);
          LB_NEAR(got.test.p_value, gsl_cdf_chisq_Q(chi, 1), TOL_ITER);
          assert_int_equal(got.test.df, 1);
        }
      }
    }
  }
}

/* All events with x = 1: the likelihood rises to a^-m, and falls below it by c / 2 where
 * a + b e^-beta = a e^(c / 2m). */
static void without_end(void **state)
{
  (void)state;
  static const one_time CASES[] = {{3, 4, 1, 1}, {6, 9, 4, 4}};
  for (size_t c = 0; c < 2; c++) {
    one_time t = CASES[c];
    double a = (double)t.a, b = (double)t.b, m = (double)t.m;
    double low = -log(a / b * expm1(gsl_cdf_chisq_Pinv(0.95, 1) / (2 * m)));
    double chi = 2 * m * log((a + b) / a);
    lb_cox_profile got = profile_one_time(t, false, 0.95, 1);
    LB_NEAR(got.conf_low, low, 1e-8);
    assert_true(isinf(got.conf_high) && got.conf_high > 0);
    LB_NEAR(got.test.chi_square, chi, 1e-8);
    got = profile_one_time(t, false, 0.95, -1); /* the other way round */
    LB_NEAR(got.conf_high, -low, 1e-8);
    assert_true(isinf(got.conf_low) && got.conf_low < 0);
    got = profile_one_time(t, true, 0.95, 1); /* Firth's has an end, its upper limit too */
    LB_NEAR(got.conf_high, limit_of(t, true, 1, gsl_cdf_chisq_Pinv(0.95, 1) / 2), 2e-9);
  }
}

/* ---- Two columns ---- */

static void run(const lb_surv *y, const lb_design *d, const lb_partition *strata, lb_ties ties,
                lb_cox *fit, lb_cox_profile *out)
{
  lb_cox_options opt = LB_COX_DEFAULTS;
  lb_cox_profile_options options = DEFAULTS;
  lb_error err = {0};
  opt.ties = options.ties = ties;
  LB_OK_OR_FAIL(lb_cox_fit(y, d, strata, &opt, fit, &err), err);
  const lb_cox_maximum at = {.coef = fit->coef, .std_error = fit->std_error};
  LB_OK_OR_FAIL(lb_cox_profile_fit(y, d, strata, &options, &at, out, &err), err);
}

/* Twice the fall of the likelihood with column j held at c, the other one refitted. */
static double fall_with(const lb_cox *whole, lb_ties ties, size_t j, double c)
{
  double offset[N];
  const double *other[] = {x_[1 - j]};
  for (size_t i = 0; i < N; i++) offset[i] = c * x_[j][i];
  const lb_design d = {.n = N, .p = 1, .column = other, .offset = offset};
  lb_cox_options opt = LB_COX_DEFAULTS;
  lb_cox fit = {0};
  lb_error err = {0};
  opt.ties = ties;
  opt.tolerance = 1e-13;
  LB_OK_OR_FAIL(lb_cox_fit(&OUTCOME, &d, &STRATA, &opt, &fit, &err), err);
  double fall = 2 * (whole->log_lik - fit.log_lik);
  lb_cox_reset(&fit);
  return fall;
}

static void refits(void **state)
{
  (void)state;
  double quantile = gsl_cdf_chisq_Pinv(0.95, 1);
  make_rows();
  for (int k = 0; k < 3; k++) {
    static const lb_ties TIES[] = {LB_TIES_EFRON, LB_TIES_BRESLOW, LB_TIES_EXACT};
    lb_cox fit = {0};
    lb_cox_profile out[P];
    run(&OUTCOME, &DESIGN, &STRATA, TIES[k], &fit, out);
    for (size_t j = 0; j < P; j++) {
      assert_true(out[j].conf_low < fit.coef[j] && fit.coef[j] < out[j].conf_high);
      LB_NEAR(fall_with(&fit, TIES[k], j, out[j].conf_low), quantile, 1e-8);
      LB_NEAR(fall_with(&fit, TIES[k], j, out[j].conf_high), quantile, 1e-8);
      LB_NEAR(fall_with(&fit, TIES[k], j, 0), out[j].test.chi_square, 1e-8);
    }
    lb_cox_reset(&fit);
  }
}

static void order_and_units(void **state)
{
  (void)state;
  double time[N], entry[N], x[P][N];
  uint8_t event[N];
  int32_t stratum[N];
  make_rows();
  for (size_t i = 0; i < N; i++) {
    size_t k = (i * 7 + 3) % N;
    time[i] = time_[k] / 12;
    entry[i] = entry_[k] / 12;
    event[i] = event_[k];
    stratum[i] = 1 - stratum_[k];
    x[0][i] = 1e4 * x_[0][k] + 7;
    x[1][i] = 1 - x_[1][k];
  }
  const double *column[] = {x[0], x[1]};
  const lb_surv y = {.n = N, .time = time, .entry = entry, .event = event};
  const lb_design d = {.n = N, .p = P, .column = column};
  const lb_partition strata = {stratum, 2};
  lb_cox a = {0}, b = {0};
  lb_cox_profile want[P], got[P];
  run(&OUTCOME, &DESIGN, &STRATA, LB_TIES_EFRON, &a, want);
  run(&y, &d, &strata, LB_TIES_EFRON, &b, got);
  LB_NEAR(got[0].conf_low * 1e4, want[0].conf_low, TOL_ITER);
  LB_NEAR(got[0].conf_high * 1e4, want[0].conf_high, TOL_ITER);
  LB_NEAR(got[1].conf_low, -want[1].conf_high, TOL_ITER);
  LB_NEAR(got[1].conf_high, -want[1].conf_low, TOL_ITER);
  for (size_t j = 0; j < P; j++) LB_NEAR(got[j].test.p_value, want[j].test.p_value, TOL_ITER);
  lb_cox_reset(&a);
  lb_cox_reset(&b);
}

static void wanted_and_collinear(void **state)
{
  (void)state;
  double twice[N];
  make_rows();
  for (size_t i = 0; i < N; i++) twice[i] = 2 * x_[0][i];
  const double *column[] = {x_[0], twice, x_[1]};
  const lb_design d = {.n = N, .p = 3, .column = column};
  lb_cox two = {0}, three = {0};
  lb_cox_profile want[P], got[3];
  lb_error err = {0};
  run(&OUTCOME, &DESIGN, &STRATA, LB_TIES_EFRON, &two, want);
  run(&OUTCOME, &d, &STRATA, LB_TIES_EFRON, &three, got);
  assert_true(isnan(got[1].conf_low) && isnan(got[1].conf_high) && isnan(got[1].test.p_value));
  LB_NEAR(got[0].conf_low, want[0].conf_low, TOL_ITER);
  LB_NEAR(got[2].conf_high, want[1].conf_high, TOL_ITER);
  const bool wanted[] = {false, true, true};
  const lb_cox_maximum at = {three.coef, three.std_error, wanted};
  lb_cox_profile_options options = DEFAULTS;
  LB_OK_OR_FAIL(lb_cox_profile_fit(&OUTCOME, &d, &STRATA, &options, &at, got, &err), err);
  assert_true(isnan(got[0].conf_low) && isnan(got[0].test.chi_square));
  LB_NEAR(got[2].conf_low, want[1].conf_low, TOL_ITER);
  options.conf_level = 1;
  assert_int_equal(lb_cox_profile_fit(&OUTCOME, &d, &STRATA, &options, &at, got, &err), LB_EARG);
  options.conf_level = NAN;
  assert_int_equal(lb_cox_profile_fit(&OUTCOME, &d, &STRATA, &options, &at, got, &err), LB_EARG);
  options = DEFAULTS;
  options.firth = true;
  options.ties = LB_TIES_EXACT;
  assert_int_equal(lb_cox_profile_fit(&OUTCOME, &d, &STRATA, &options, &at, got, &err), LB_EARG);
  lb_cox_reset(&two);
  lb_cox_reset(&three);
}

/* Nobody, and nobody with the event: as the fit itself. */
static void edges(void **state)
{
  (void)state;
  static const uint8_t NONE[N];
  const double zero[P] = {0, 0};
  const lb_cox_maximum at = {.coef = zero, .std_error = zero};
  lb_cox_profile out[P];
  lb_error err = {0};
  make_rows();
  lb_surv y = OUTCOME;
  lb_design d = DESIGN;
  y.n = d.n = 0;
  assert_int_equal(lb_cox_profile_fit(&y, &d, NULL, &DEFAULTS, &at, out, &err), LB_EDATA);
  y = OUTCOME;
  y.event = NONE;
  assert_int_equal(lb_cox_profile_fit(&y, &DESIGN, NULL, &DEFAULTS, &at, out, &err), LB_EDATA);
  y = OUTCOME;
  y.n = 39;
  assert_int_equal(lb_cox_profile_fit(&y, &DESIGN, NULL, &DEFAULTS, &at, out, &err), LB_EARG);
}

static void threads(void **state)
{
  (void)state;
  enum { MANY = 100500 };
  static double time[MANY], x[MANY];
  static uint8_t event[MANY];
  uint32_t u = 7;
  for (size_t i = 0; i < MANY; i++) {
    u = u * 1664525u + 1013904223u;
    time[i] = (double)(u >> 24);
    x[i] = (double)(u >> 12 & 255) / 64;
    event[i] = (u >> 9 & 7) == 0;
  }
  const double *column[] = {x};
  const lb_surv y = {.n = MANY, .time = time, .event = event};
  const lb_design d = {.n = MANY, .p = 1, .column = column};
  lb_cox_profile out[2];
  for (int k = 0; k < 2; k++) {
    lb_cox fit = {0};
    lb_threads_set(1 + 2 * k);
    run(&y, &d, NULL, LB_TIES_EFRON, &fit, &out[k]);
    lb_cox_reset(&fit);
  }
  lb_threads_set(0);
  assert_true(out[0].conf_low == out[1].conf_low && out[0].conf_high == out[1].conf_high);
  assert_true(out[0].test.chi_square == out[1].test.chi_square);
}

static void failing_allocations(void **state)
{
  (void)state;
  make_rows();
  for (int firth = 0; firth < 2; firth++) {
    lb_cox_profile_options options = DEFAULTS;
    const double near[P] = {0.1, 0.1};
    const lb_cox_maximum at = {.coef = near, .std_error = near};
    lb_status st = LB_ENOMEM;
    long k = 0;
    options.firth = firth;
    for (; st != LB_OK; k++) {
      lb_cox_profile out[P];
      lb_error err = {0};
      lb_mem_fail_after(k);
      st = lb_cox_profile_fit(&OUTCOME, &DESIGN, &STRATA, &options, &at, out, &err);
      lb_mem_fail_after(-1);
      assert_true(st == LB_OK || st == LB_ENOMEM);
      assert_int_equal(lb_mem_live(), 0);
    }
    assert_true(k > 30);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      LB_TEST(closed_forms),    LB_TEST(without_end),          LB_TEST(refits),
      LB_TEST(order_and_units), LB_TEST(wanted_and_collinear), LB_TEST(edges),
      LB_TEST(threads),         LB_TEST(failing_allocations),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
