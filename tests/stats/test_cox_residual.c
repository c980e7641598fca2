/* test_cox_residual.c - residuals, robust variance and predicted survival: closed forms, what must
 * hold for all data, edges, failing allocations. */
#include "data.h"
#include "stats/survival/cox_residual.h"
#include "stats/survival/cox_survival.h"
#include "stats/survival/repeat.h"

#include <gsl/gsl_errno.h>

#define N 40
#define P 2

static double time_[N], entry_[N], weight_[N], x_[P][N];
static uint8_t event_[N];
static int32_t stratum_[N], cluster_[N];
static const double *const COLUMNS[] = {x_[0], x_[1]};

/* Made-up rows with ties, late entry, weights, strata; the same each time. */
static void make_rows(void)
{
  uint32_t state = 12345;
  for (size_t i = 0; i < N; i++) {
    double u[4];
    for (size_t k = 0; k < 4; k++) {
      state = state * 1664525u + 1013904223u;
      u[k] = (double)(state >> 8) / 16777216.0;
    }
    time_[i] = 2 + floor(8 * u[0]);
    entry_[i] = floor(time_[i] * 0.6 * u[1]);
    event_[i] = u[2] < 0.7;
    weight_[i] = 1 + floor(3 * u[3]);
    x_[0][i] = u[1] - u[3];
    x_[1][i] = (double)(i % 2);
    stratum_[i] = (int32_t)(i % 3 == 0);
    cluster_[i] = (int32_t)(i / 2);
  }
}

/* Two subjects, x = 1 fails first, at coefficient b: the hazard at 1 is 1/(r + 1), r = e^b (per
 * person at x = 0), martingale 1 - r/(r + 1) and -1/(r + 1); the score residuals are those times
 * the distances to the mean r/(r + 1). */
static void two_subjects(void **state)
{
  (void)state;
  const double time[] = {1, 2}, x[] = {1, 0}, coef[] = {0.5};
  const double *column[] = {x};
  const uint8_t event[] = {1, 0};
  const lb_surv y = {.n = 2, .time = time, .event = event};
  const lb_design d = {.n = 2, .p = 1, .column = column};
  const lb_cox_at at = {.y = &y, .x = &d, .coef = coef};
  lb_cox_path path = {0};
  lb_error err = {0};
  double m[2], dev[2], u[2], r = exp(0.5);
  LB_OK_OR_FAIL(lb_cox_path_new(&at, &path, &err), err);
  lb_cox_martingale(&at, &path, m);
  lb_cox_score_residuals(&at, &path, u);
  lb_cox_deviance(&at, m, dev);
  LB_NEAR(m[0], 1 / (r + 1), TOL_EXACT);
  LB_NEAR(m[1], -1 / (r + 1), TOL_EXACT);
  LB_NEAR(dev[1], -sqrt(2 / (r + 1)), TOL_EXACT);
  LB_NEAR(u[0], (1 - r / (r + 1)) / (r + 1), TOL_EXACT);
  LB_NEAR(u[1], r / (r + 1) / (r + 1), TOL_EXACT);
  /* Baseline at x = 0, known coefficient: variance of the hazard is its square. */
  const double z[] = {-path.centre[0]}, none[] = {0};
  const lb_cox_person person = {.z = z, .log_risk = -0.5 * path.centre[0]};
  lb_cox_hazard h = lb_cox_person_hazard(&path, none, &person, 0, 1);
  LB_NEAR(h.hazard, 1 / (r + 1), TOL_EXACT);
  LB_NEAR(h.std_error, 1 / (r + 1), TOL_EXACT);
  lb_cox_path_reset(&path);
}

/* Three tied events of four at coefficient 0: Efron's hazard is 1/4 + 1/3 + 1/2 for the one who
 * stays, and the events share 1/4 + 2/9 + 1/6; Breslow's is 3/4 for all. */
static void ties(void **state)
{
  (void)state;
  const double time[] = {1, 1, 1, 2}, x[] = {0, 1, 2, 5}, coef[] = {0};
  const double *column[] = {x};
  const uint8_t event[] = {1, 1, 1, 0};
  const lb_surv y = {.n = 4, .time = time, .event = event};
  const lb_design d = {.n = 4, .p = 1, .column = column};
  lb_cox_at at = {.y = &y, .x = &d, .coef = coef, .ties = LB_TIES_EFRON};
  lb_cox_path path = {0};
  lb_error err = {0};
  double m[4];
  LB_OK_OR_FAIL(lb_cox_path_new(&at, &path, &err), err);
  lb_cox_martingale(&at, &path, m);
  LB_NEAR(m[0], 1 - (1.0 / 4 + 2.0 / 9 + 1.0 / 6), TOL_EXACT);
  LB_NEAR(m[3], -(1.0 / 4 + 1.0 / 3 + 1.0 / 2), TOL_EXACT);
  lb_cox_path_reset(&path);
  at.ties = LB_TIES_BRESLOW;
  LB_OK_OR_FAIL(lb_cox_path_new(&at, &path, &err), err);
  lb_cox_martingale(&at, &path, m);
  LB_NEAR(m[0], 0.25, TOL_EXACT);
  LB_NEAR(m[3], -0.75, TOL_EXACT);
  lb_cox_path_reset(&path);
}

/* At the maximum, weighted sums of martingale, score and Schoenfeld residuals are 0. */
static void sums_are_zero(void **state)
{
  (void)state;
  make_rows();
  const lb_surv y = {.n = N, .time = time_, .entry = entry_, .event = event_, .weight = weight_};
  const lb_design x = {.n = N, .p = P, .column = COLUMNS};
  const lb_partition strata = {stratum_, 2};
  for (int t = 0; t < 2; t++) {
    lb_cox_options opt = LB_COX_DEFAULTS;
    lb_cox fit = {0};
    lb_cox_path path = {0};
    lb_cox_schoenfeld s = {0};
    lb_error err = {0};
    double m[N], u[N * P], sum[2 * P + 1] = {0};
    opt.ties = (lb_ties)t;
    LB_OK_OR_FAIL(lb_cox_fit(&y, &x, &strata, &opt, &fit, &err), err);
    const lb_cox_at at = {&y, &x, &strata, opt.ties, fit.coef};
    LB_OK_OR_FAIL(lb_cox_path_new(&at, &path, &err), err);
    LB_OK_OR_FAIL(lb_cox_schoenfeld_new(&at, &path, &s, &err), err);
    lb_cox_martingale(&at, &path, m);
    lb_cox_score_residuals(&at, &path, u);
    for (size_t i = 0; i < N; i++) {
      sum[0] += weight_[i] * m[i];
      for (size_t j = 0; j < P; j++) sum[1 + j] += weight_[i] * u[i * P + j];
    }
    for (size_t k = 0; k < s.n; k++)
      for (size_t j = 0; j < P; j++) sum[1 + P + j] += weight_[s.row[k]] * s.residual[k * P + j];
    for (size_t k = 0; k < 2 * P + 1; k++) LB_NEAR(sum[k], 0, TOL_ITER);
    lb_cox_schoenfeld_reset(&s);
    lb_cox_path_reset(&path);
    lb_cox_reset(&fit);
  }
}

/* A subject cut in two rows (entry, middle], (middle, time] has the same path and, as one cluster,
 * the same robust variance. */
static void split_follow_up(void **state)
{
  (void)state;
  make_rows();
  static double time[2 * N], entry[2 * N], x[P][2 * N];
  static uint8_t event[2 * N];
  static int32_t who[2 * N], own[N];
  const double *column[] = {x[0], x[1]};
  for (size_t i = 0; i < N; i++) {
    double middle = entry_[i] + (time_[i] - entry_[i]) / 3;
    for (size_t k = 0; k < 2; k++) {
      entry[2 * i + k] = k == 0 ? entry_[i] : middle;
      time[2 * i + k] = k == 0 ? middle : time_[i];
      event[2 * i + k] = k == 1 && event_[i];
      for (size_t j = 0; j < P; j++) x[j][2 * i + k] = x_[j][i];
      who[2 * i + k] = (int32_t)i;
    }
    own[i] = (int32_t)i;
  }
  const lb_surv whole = {.n = N, .time = time_, .entry = entry_, .event = event_, .weight = NULL};
  const lb_surv split = {.n = 2 * N, .time = time, .entry = entry, .event = event, .weight = NULL};
  const lb_design dx = {.n = N, .p = P, .column = COLUMNS};
  const lb_design ds = {.n = 2 * N, .p = P, .column = column};
  const lb_partition one = {own, N}, two = {who, N};
  lb_error err = {0};
  lb_cox fit = {0};
  lb_cox_robust a = {0}, b = {0}, c = {0};
  LB_OK_OR_FAIL(lb_cox_fit(&whole, &dx, NULL, NULL, &fit, &err), err);
  const lb_cox_at at = {&whole, &dx, NULL, LB_TIES_EFRON, fit.coef};
  const lb_cox_at at_split = {&split, &ds, NULL, LB_TIES_EFRON, fit.coef};
  LB_OK_OR_FAIL(lb_cox_robust_fit(&at, fit.vcov, &one, &a, &err), err);
  LB_OK_OR_FAIL(lb_cox_robust_fit(&at_split, fit.vcov, &two, &b, &err), err);
  LB_OK_OR_FAIL(lb_cox_robust_fit(&at, fit.vcov, NULL, &c, &err), err);
  for (size_t k = 0; k < P * P; k++) {
    LB_NEAR(b.vcov[k], a.vcov[k], TOL_ITER);
    LB_NEAR(c.vcov[k], a.vcov[k], TOL_EXACT);
  }
  LB_NEAR(b.score.chi_square, a.score.chi_square, TOL_ITER);
  assert_int_equal(b.n_cluster, N);
  lb_cox_robust_reset(&a);
  lb_cox_robust_reset(&b);
  lb_cox_robust_reset(&c);
  lb_cox_reset(&fit);
}

/* Repeated rows under Breslow are the weighted fit. */
static void repeated_rows(void **state)
{
  (void)state;
  make_rows();
  const lb_surv y = {
      .n = N, .time = time_, .entry = entry_, .event = event_, .weight = weight_, .n_missing = 3};
  const lb_design x = {.n = N, .p = P, .column = COLUMNS};
  const lb_partition strata = {stratum_, 2}, cluster = {cluster_, N / 2};
  lb_cox_options opt = LB_COX_DEFAULTS;
  lb_repeat r = {0};
  lb_cox a = {0}, b = {0};
  lb_error err = {0};
  opt.ties = LB_TIES_BRESLOW;
  LB_OK_OR_FAIL(lb_repeat_rows(&y, &x, &strata, &cluster, &r, &err), err);
  LB_OK_OR_FAIL(lb_cox_fit(&y, &x, &strata, &opt, &a, &err), err);
  LB_OK_OR_FAIL(lb_cox_fit(&r.y, &r.x, &r.strata, &opt, &b, &err), err);
  assert_int_equal(r.y.n_missing, 3);
  for (size_t j = 0; j < P; j++) {
    LB_NEAR(b.coef[j], a.coef[j], TOL_ITER);
    LB_NEAR(b.std_error[j], a.std_error[j], TOL_ITER);
  }
  lb_cox_reset(&a);
  lb_cox_reset(&b);
  lb_repeat_reset(&r);
  weight_[7] = 1.5;
  assert_int_equal(lb_repeat_rows(&y, &x, NULL, NULL, &r, &err), LB_EDATA);
  assert_string_equal(err.message, "1 of 40 frequency weights are not whole numbers");
}

/* No row, one row, no event: nothing to divide by. */
static void edges(void **state)
{
  (void)state;
  make_rows();
  static const double coef[P] = {0};
  lb_error err = {0};
  for (size_t n = 0; n < 2; n++) {
    const uint8_t none[] = {0};
    const lb_surv y = {.n = n, .time = time_, .entry = NULL, .event = none, .weight = NULL};
    const lb_design x = {.n = n, .p = P, .column = COLUMNS};
    const lb_cox_at at = {&y, &x, NULL, LB_TIES_EFRON, coef};
    lb_cox_path path = {0};
    lb_cox_schoenfeld s = {0};
    double m[1] = {NAN}, u[P];
    LB_OK_OR_FAIL(lb_cox_path_new(&at, &path, &err), err);
    LB_OK_OR_FAIL(lb_cox_schoenfeld_new(&at, &path, &s, &err), err);
    lb_cox_martingale(&at, &path, m);
    lb_cox_score_residuals(&at, &path, u);
    assert_int_equal(path.n_time + s.n, 0);
    if (n == 1) LB_NEAR(m[0], 0, TOL_EXACT);
    if (n == 1) LB_NEAR(u[0], 0, TOL_EXACT);
    lb_cox_schoenfeld_reset(&s);
    lb_cox_path_reset(&path);
  }
  const lb_surv y = {.n = 2, .time = time_, .entry = NULL, .event = event_, .weight = NULL};
  const lb_design x = {.n = 3, .p = P, .column = COLUMNS};
  const lb_cox_at at = {&y, &x, NULL, LB_TIES_EFRON, coef};
  lb_cox_path path = {0};
  assert_int_equal(lb_cox_path_new(&at, &path, &err), LB_EARG);
}

/* S = exp(-1), se 0.5: the limits by hand. */
static void limits(void **state)
{
  (void)state;
  const lb_cox_hazard h = {1, 0.5};
  lb_cox_survival s = lb_cox_survival_of(h, 2, LB_COX_CONF_LOG_LOG);
  LB_NEAR(s.survival, exp(-1), TOL_EXACT);
  LB_NEAR(s.std_error, exp(-1) / 2, TOL_EXACT);
  LB_NEAR(s.conf_low, exp(-exp(1)), TOL_EXACT);
  LB_NEAR(s.conf_high, exp(-exp(-1)), TOL_EXACT);
  s = lb_cox_survival_of(h, 2, LB_COX_CONF_LOG);
  LB_NEAR(s.conf_low, exp(-2), TOL_EXACT);
  LB_NEAR(s.conf_high, 1, TOL_EXACT);
  s = lb_cox_survival_of(h, 2, LB_COX_CONF_PLAIN);
  LB_NEAR(s.conf_low, 0, TOL_EXACT);
  s = lb_cox_survival_of((lb_cox_hazard){0, 0}, 2, LB_COX_CONF_LOG_LOG);
  LB_NEAR(s.conf_low, 1, TOL_EXACT);
}

static void allocation_failures(void **state)
{
  (void)state;
  make_rows();
  static const double coef[P] = {0.1, -0.2}, vcov[P * P] = {0.1, 0, 0, 0.1};
  const lb_surv y = {.n = N, .time = time_, .entry = entry_, .event = event_, .weight = weight_};
  const lb_design x = {.n = N, .p = P, .column = COLUMNS};
  const lb_partition strata = {stratum_, 2}, cluster = {cluster_, N / 2};
  const lb_cox_at at = {&y, &x, &strata, LB_TIES_EFRON, coef};
  for (int which = 0; which < 2; which++) {
    lb_status st = LB_ENOMEM;
    lb_cox_robust robust = {0};
    lb_repeat repeat = {0};
    for (long k = 0; st != LB_OK; k++) {
      lb_mem_fail_after(k);
      st = which == 0 ? lb_cox_robust_fit(&at, vcov, &cluster, &robust, NULL)
                      : lb_repeat_rows(&y, &x, &strata, &cluster, &repeat, NULL);
      lb_mem_fail_after(-1);
      assert_true(st == LB_OK || (st == LB_ENOMEM && lb_mem_live() == 0));
    }
    lb_cox_robust_reset(&robust);
    lb_repeat_reset(&repeat);
  }
}

/* The dfbeta of all clusters add up to 0: one has no variance, and no more clusters than
 * coefficients no joint tests. A cluster of weight 0 is none. */
static void few_clusters(void **state)
{
  (void)state;
  for (int32_t n = 1; n <= 3; n++) {
    make_rows();
    for (size_t i = 0; i < N; i++) cluster_[i] = (int32_t)(i / 2) % (n + 1);
    for (size_t i = 0; i < N; i++) weight_[i] = cluster_[i] == n ? 0 : weight_[i];
    const lb_surv y = {.n = N, .time = time_, .event = event_, .weight = weight_};
    const lb_design x = {.n = N, .p = P, .column = COLUMNS};
    const lb_partition cluster = {cluster_, (size_t)n + 1};
    lb_cox fit = {0};
    lb_cox_robust robust = {0};
    lb_error err = {0};
    LB_OK_OR_FAIL(lb_cox_fit(&y, &x, NULL, NULL, &fit, &err), err);
    const lb_cox_at at = {.y = &y, .x = &x, .coef = fit.coef};
    LB_OK_OR_FAIL(lb_cox_robust_fit(&at, fit.vcov, &cluster, &robust, &err), err);
    assert_int_equal(robust.n_cluster, n);
    assert_int_equal(robust.wald.df, P);
    assert_int_equal(isnan(robust.wald.p_value), n <= P);
    assert_int_equal(isnan(robust.score.p_value), n <= P);
    for (size_t j = 0; j < P; j++) assert_int_equal(isnan(robust.std_error[j]), n == 1);
    lb_cox_robust_reset(&robust);
    lb_cox_reset(&fit);
  }
}

/* Whatever the unit: coefficient and standard error times it stay, also where vcov cannot. */
static void units(void **state)
{
  (void)state;
  static const double UNIT[] = {1, 1e-250, 1e-120, 1e-12, 1e12, 1e120, 1e250};
  static double scaled[N];
  const double *column[] = {scaled};
  double coef = 0, std_error = 0;
  for (size_t k = 0; k < sizeof UNIT / sizeof *UNIT; k++) {
    make_rows();
    for (size_t i = 0; i < N; i++) scaled[i] = x_[0][i] * UNIT[k];
    const lb_surv y = {.n = N, .time = time_, .event = event_};
    const lb_design x = {.n = N, .p = 1, .column = column};
    lb_cox fit = {0};
    lb_error err = {0};
    LB_OK_OR_FAIL(lb_cox_fit(&y, &x, NULL, NULL, &fit, &err), err);
    assert_true(fit.converged && !fit.collinear[0] && !fit.infinite[0]);
    if (k == 0) coef = fit.coef[0], std_error = fit.std_error[0];
    LB_NEAR(fit.coef[0] * UNIT[k], coef, TOL_ITER);
    LB_NEAR(fit.std_error[0] * UNIT[k], std_error, TOL_ITER);
    lb_cox_reset(&fit);
  }
}

int main(void)
{
  gsl_set_error_handler_off();
  const struct CMUnitTest tests[] = {
      LB_TEST(two_subjects),  LB_TEST(ties),  LB_TEST(sums_are_zero), LB_TEST(split_follow_up),
      LB_TEST(repeated_rows), LB_TEST(edges), LB_TEST(limits),        LB_TEST(allocation_failures),
      LB_TEST(few_clusters),  LB_TEST(units),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
