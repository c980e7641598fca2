/* test_cuminc.c - cumulative incidence and Gray's test: closed forms, properties, edges. */
#include "check.h"
#include "stats/survival/cuminc.h"
#include "stats/survival/gray.h"
#include "stats/survival/logrank.h"

#include <gsl/gsl_errno.h>

#define N 300

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

static lb_cuminc fit(const lb_surv *y, const lb_partition *groups, lb_cuminc_variance variance,
                     lb_km_conf type)
{
  lb_error err = {0};
  lb_cuminc out = {0};
  const lb_cuminc_options opt = {.conf_level = 0.95, .conf_type = type, .variance = variance};
  LB_OK_OR_FAIL(lb_cuminc_fit(y, groups, NULL, &opt, &out, &err), err);
  for (size_t g = 0; g < out.any.n_groups; g++) {
    assert_null(out.curve[g].conf_low);
    LB_OK_OR_FAIL(lb_cuminc_limits(&out, g, &err), err);
  }
  return out;
}

/* Four at risk: cause 1 at 1, censored at 2, cause 2 at 3, cause 1 at 4. F1 = 1/4, then 1/4 + 3/4 *
 * 1/2 = 5/8; F2 = 3/8. Var F1(1) = (1/4)(3/4)/4. */
static void four_rows(void **state)
{
  (void)state;
  const double time[] = {1, 2, 3, 4};
  const uint8_t event[] = {1, 0, 1, 1};
  const int32_t cause[] = {1, 0, 2, 1};
  const lb_surv y = {.n = 4, .time = time, .event = event, .cause = cause, .n_cause = 2};
  lb_cuminc f = fit(&y, NULL, LB_CUMINC_GREENWOOD, LB_KM_PLAIN);
  const double *first = f.curve[0].estimate, *second = f.curve[0].estimate + 4;
  LB_NEAR(first[0], 0.25, TOL_EXACT);
  LB_NEAR(first[2], 0.25, TOL_EXACT);
  LB_NEAR(first[3], 0.625, TOL_EXACT);
  LB_NEAR(second[1], 0, 0);
  LB_NEAR(second[3], 0.375, TOL_EXACT);
  LB_NEAR(f.curve[0].std_error[0], sqrt(0.25 * 0.75 / 4), TOL_EXACT);
  LB_NEAR(f.curve[0].conf_high[4], 0, 0); /* before the first event of cause 2 */
  lb_km_point p;
  lb_cuminc_at(&f, 0, 0, 3.5, &p);
  LB_NEAR(p.survival, 0.25, TOL_EXACT);
  lb_cuminc_at(&f, 0, 0, 0.5, &p);
  LB_NEAR(p.survival, 0, 0);
  lb_cuminc_reset(&f);
}

/* With one cause F = 1 - S, and Greenwood's variance is that of S. */
static void one_cause(void **state)
{
  (void)state;
  lb_error err = {0};
  for (int late = 0; late <= 1; late++) {
    lb_surv y = make(N, 1, 7);
    if (late) y.entry = entry_;
    lb_cuminc f = fit(&y, NULL, LB_CUMINC_GREENWOOD, LB_KM_PLAIN);
    lb_km km = {0};
    const lb_km_options opt = {.conf_level = 0.95, .conf_type = LB_KM_PLAIN};
    y.cause = NULL;
    LB_OK_OR_FAIL(lb_km_fit(&y, NULL, &opt, &km, &err), err);
    for (size_t i = 0; i < km.curve[0].n_time && km.curve[0].survival[i] > 0; i++) {
      LB_NEAR(f.curve[0].estimate[i], 1 - km.curve[0].survival[i], TOL_EXACT);
      LB_NEAR(f.curve[0].std_error[i], km.curve[0].std_error[i], 1e-12);
      LB_NEAR(f.curve[0].conf_low[i], 1 - km.curve[0].conf_high[i], 1e-12);
    }
    lb_km_reset(&km);
    lb_cuminc_reset(&f);
  }
}

static void check_same(const lb_cuminc *a, const lb_cuminc *b, double tol)
{
  assert_int_equal(a->any.n_groups, b->any.n_groups);
  for (size_t g = 0; g < a->any.n_groups; g++) {
    size_t n = a->any.curve[g].n_time;
    assert_int_equal(n, b->any.curve[g].n_time);
    for (size_t i = 0; i < n * a->n_cause; i++) {
      LB_NEAR(a->curve[g].estimate[i], b->curve[g].estimate[i], tol);
      LB_NEAR(a->curve[g].std_error[i], b->curve[g].std_error[i], tol);
      LB_NEAR(a->curve[g].conf_low[i], b->curve[g].conf_low[i], tol);
      LB_NEAR(a->curve[g].n_event[i], b->curve[g].n_event[i], tol);
    }
  }
}

/* A value at a time is that of the curve to the last bit, though its limits are computed alone. */
static void point_is_curve(void **state)
{
  (void)state;
  lb_surv y = make(N, 2, 29);
  const lb_partition groups = {group_, 3};
  for (int type = LB_KM_LOG_LOG; type <= LB_KM_ARCSINE; type++) {
    lb_cuminc f = fit(&y, &groups, LB_CUMINC_AALEN, (lb_km_conf)type);
    for (size_t g = 0; g < 3; g++) {
      size_t n = f.any.curve[g].n_time;
      for (size_t k = 0; k < n * f.n_cause; k++) {
        lb_km_point p;
        lb_cuminc_at(&f, g, k / n, f.any.curve[g].time[k % n], &p);
        LB_NEAR(p.survival, f.curve[g].estimate[k], 0);
        LB_NEAR(p.std_error, f.curve[g].std_error[k], 0);
        LB_NEAR(p.conf_low, f.curve[g].conf_low[k], 0);
        LB_NEAR(p.conf_high, f.curve[g].conf_high[k], 0);
      }
    }
    lb_cuminc_reset(&f);
  }
}

/* All incidences and S add up to 1, whatever the entry. */
static void sum_is_one(void **state)
{
  (void)state;
  for (int late = 0; late <= 1; late++) {
    lb_surv y = make(N, 3, 11);
    const lb_partition groups = {group_, 3};
    if (late) y.entry = entry_;
    lb_cuminc f = fit(&y, &groups, LB_CUMINC_AALEN, LB_KM_LOG_LOG);
    for (size_t g = 0; g < 3; g++) {
      size_t n = f.any.curve[g].n_time;
      for (size_t i = 0; i < n; i++) {
        double sum = f.any.curve[g].survival[i];
        for (size_t k = 0; k < 3; k++) sum += f.curve[g].estimate[k * n + i];
        LB_NEAR(sum, 1, 1e-13);
      }
    }
    lb_cuminc_reset(&f);
  }
}

/* Rows turned round, times stretched: the same curves. */
static void order_and_unit(void **state)
{
  (void)state;
  double time[N];
  uint8_t event[N];
  int32_t cause[N], group[N];
  const lb_surv y = make(N, 2, 3);
  const lb_partition groups = {group_, 3}, turned_groups = {group, 3};
  for (size_t i = 0; i < N; i++) {
    time[i] = 7.25 * time_[N - 1 - i];
    event[i] = event_[N - 1 - i];
    cause[i] = cause_[N - 1 - i];
    group[i] = group_[N - 1 - i];
  }
  lb_surv turned = y;
  turned.time = time;
  turned.event = event;
  turned.cause = cause;
  lb_cuminc a = fit(&y, &groups, LB_CUMINC_JACKKNIFE, LB_KM_LOG_LOG);
  lb_cuminc b = fit(&turned, &turned_groups, LB_CUMINC_JACKKNIFE, LB_KM_LOG_LOG);
  check_same(&a, &b, 1e-12);
  lb_cuminc_reset(&a);
  lb_cuminc_reset(&b);
}

/* The rows of weight w, w times; returns how many. */
static size_t repeat(const lb_surv *y, double *time, uint8_t *event, int32_t *cause, int32_t *row)
{
  size_t n = 0;
  for (size_t i = 0; i < y->n; i++)
    for (size_t k = 0; k < (size_t)weight_[i]; k++, n++) {
      time[n] = time_[i];
      event[n] = event_[i];
      cause[n] = cause_[i];
      row[n] = (int32_t)i;
    }
  return n;
}

/* An integer weight is repeated rows; the jackknife of a weighted row is that of its repeated rows
 * as one cluster. */
static void weights_repeat(void **state)
{
  (void)state;
  double time[4 * N];
  uint8_t event[4 * N];
  int32_t cause[4 * N], row[4 * N];
  lb_error err = {0};
  lb_surv y = make(N, 2, 5);
  y.weight = weight_;
  lb_surv plain = {.time = time, .event = event, .cause = cause, .n_cause = 2};
  plain.n = repeat(&y, time, event, cause, row);
  for (int v = 0; v < 2; v++) {
    lb_cuminc a = fit(&y, NULL, (lb_cuminc_variance)v, LB_KM_LOGIT);
    lb_cuminc b = fit(&plain, NULL, (lb_cuminc_variance)v, LB_KM_LOGIT);
    check_same(&a, &b, 1e-12);
    lb_cuminc_reset(&a);
    lb_cuminc_reset(&b);
  }
  const lb_partition clusters = {row, N};
  lb_cuminc_options opt = LB_CUMINC_DEFAULTS;
  opt.variance = LB_CUMINC_JACKKNIFE;
  lb_cuminc a = fit(&y, NULL, LB_CUMINC_JACKKNIFE, LB_KM_LOG_LOG), b = {0};
  LB_OK_OR_FAIL(lb_cuminc_fit(&plain, NULL, &clusters, &opt, &b, &err), err);
  LB_OK_OR_FAIL(lb_cuminc_limits(&b, 0, &err), err);
  check_same(&a, &b, 1e-11);
  lb_cuminc_reset(&a);
  lb_cuminc_reset(&b);
}

/* Influences by their definition: the derivative of F by the weight of a row. */
static void jackknife_is_derivative(void **state)
{
  (void)state;
  enum { FEW = 40 };
  const double STEP = 1e-5;
  lb_surv y = make(FEW, 2, 21);
  y.weight = weight_;
  y.entry = entry_;
  lb_cuminc f = fit(&y, NULL, LB_CUMINC_JACKKNIFE, LB_KM_PLAIN);
  size_t n = f.any.curve[0].n_time, at = n / 2;
  double variance[2] = {0};
  for (size_t i = 0; i < FEW; i++) {
    double keep = weight_[i], high[2];
    weight_[i] = keep + STEP;
    lb_cuminc up = fit(&y, NULL, LB_CUMINC_GREENWOOD, LB_KM_PLAIN);
    for (size_t k = 0; k < 2; k++) high[k] = up.curve[0].estimate[k * n + at];
    lb_cuminc_reset(&up);
    weight_[i] = keep - STEP;
    lb_cuminc down = fit(&y, NULL, LB_CUMINC_GREENWOOD, LB_KM_PLAIN);
    for (size_t k = 0; k < 2; k++) {
      double slope = (high[k] - down.curve[0].estimate[k * n + at]) / (2 * STEP);
      variance[k] += keep * keep * slope * slope;
    }
    lb_cuminc_reset(&down);
    weight_[i] = keep;
  }
  for (size_t k = 0; k < 2; k++) LB_NEAR(f.curve[0].std_error[k * n + at], sqrt(variance[k]), 1e-7);
  lb_cuminc_reset(&f);
}

/* Days counted by group give what the rows give. */
static void counts_are_rows(void **state)
{
  (void)state;
  enum { DAYS = 40, KINDS = 4 };
  static uint32_t count[3 * DAYS * KINDS];
  lb_error err = {0};
  const lb_surv y = make(N, 3, 13);
  const lb_partition groups = {group_, 3};
  memset(count, 0, sizeof count);
  for (size_t i = 0; i < N; i++)
    count[((size_t)group_[i] * DAYS + (size_t)time_[i]) * KINDS + (size_t)cause_[i]]++;
  const lb_surv_counts counts = {
      .n = N, .n_class = 3, .days = DAYS, .count = count, .n_cause = KINDS - 1};
  lb_cuminc a = fit(&y, &groups, LB_CUMINC_GREENWOOD, LB_KM_LOG_LOG), b = {0};
  LB_OK_OR_FAIL(lb_cuminc_fit_counts(&counts, NULL, &b, &err), err);
  for (size_t g = 0; g < 3; g++) LB_OK_OR_FAIL(lb_cuminc_limits(&b, g, &err), err);
  check_same(&a, &b, 0);
  lb_cuminc_reset(&a);
  lb_cuminc_reset(&b);
  lb_gray c = {0}, d = {0};
  LB_OK_OR_FAIL(lb_gray_test(&y, &groups, NULL, 2, 0.5, &c, &err), err);
  LB_OK_OR_FAIL(lb_gray_test_counts(&counts, 2, 0.5, &d, &err), err);
  assert_int_equal(c.df, 2);
  LB_NEAR(c.chi_square, d.chi_square, 0);
  lb_gray_reset(&c);
  lb_gray_reset(&d);
}

/* Gray's test: groups renamed, times stretched, rows turned change nothing; scores and rows of the
 * variance add up to 0. */
static void gray_properties(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_surv y = make(N, 2, 17);
  const lb_partition groups = {group_, 3};
  lb_gray a = {0}, b = {0};
  LB_OK_OR_FAIL(lb_gray_test(&y, &groups, NULL, 1, 1, &a, &err), err);
  double score = 0;
  for (size_t k = 0; k < 3; k++) {
    double row = 0;
    for (size_t l = 0; l < 3; l++) row += a.variance[k * 3 + l];
    LB_NEAR(row, 0, 1e-12);
    score += a.observed[k] - a.expected[k];
  }
  LB_NEAR(score, 0, 1e-12);
  for (size_t i = 0; i < N; i++) {
    group_[i] = (group_[i] + 1) % 3;
    time_[i] *= 3;
  }
  LB_OK_OR_FAIL(lb_gray_test(&y, &groups, NULL, 1, 1, &b, &err), err);
  LB_NEAR(a.chi_square, b.chi_square, 1e-10);
  LB_NEAR(a.observed[0] - a.expected[0], b.observed[1] - b.expected[1], 1e-12);
  lb_gray_reset(&a);
  lb_gray_reset(&b);
}

/* Without a competing event the score of Gray's test is that of the log-rank test. */
static void gray_of_one_cause(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_surv y = make(N, 1, 19);
  const lb_partition groups = {group_, 3};
  lb_gray a = {0};
  lb_logrank b = {0};
  LB_OK_OR_FAIL(lb_gray_test(&y, &groups, NULL, 1, 0, &a, &err), err);
  y.cause = NULL;
  LB_OK_OR_FAIL(lb_logrank_test(&y, &groups, NULL, NULL, &b, &err), err);
  for (size_t k = 0; k < 3; k++) {
    LB_NEAR(a.observed[k], b.observed[k], 1e-12);
    LB_NEAR(a.expected[k], b.expected[k], 1e-12);
  }
  lb_gray_reset(&a);
  lb_logrank_reset(&b);
}

static void edges(void **state)
{
  (void)state;
  lb_error err = {0};
  const double time[] = {2, 2, 2};
  const uint8_t event[] = {1, 1, 0}, none[] = {0, 0, 0};
  const int32_t cause[] = {1, 2, 0}, no_cause[] = {0, 0, 0}, code[] = {0, 0, 2};
  lb_surv y = {.n = 0, .time = time, .event = event, .cause = cause, .n_cause = 2};
  const lb_partition groups = {code, 3};
  lb_cuminc f = fit(&y, NULL, LB_CUMINC_JACKKNIFE, LB_KM_LOG_LOG); /* no rows: an empty curve */
  assert_int_equal(f.any.curve[0].n_time, 0);
  lb_cuminc_reset(&f);
  y.n = 1; /* everybody has cause 1: F1 is 1 and has no limits, F2 stays 0 */
  f = fit(&y, NULL, LB_CUMINC_AALEN, LB_KM_LOG_LOG);
  LB_NEAR(f.curve[0].estimate[0], 1, 0);
  LB_NEAR(f.curve[0].conf_low[0], NAN, 0);
  LB_NEAR(f.curve[0].conf_high[1], 0, 0);
  lb_cuminc_reset(&f);
  y.n = 3; /* all tied, one group empty */
  f = fit(&y, &groups, LB_CUMINC_GREENWOOD, LB_KM_PLAIN);
  LB_NEAR(f.curve[0].estimate[0], 0.5, TOL_EXACT);
  LB_NEAR(f.curve[0].std_error[0], sqrt(0.125), TOL_EXACT);
  assert_int_equal(f.any.curve[1].n_time, 0);
  LB_NEAR(f.curve[2].estimate[0], 0, 0);
  lb_cuminc_reset(&f);
  lb_gray test = {0};
  LB_OK_OR_FAIL(lb_gray_test(&y, &groups, NULL, 1, 0, &test, &err), err);
  LB_NEAR(test.expected[1], 0, 0);
  lb_gray_reset(&test);
  y.event = none;
  y.cause = no_cause;
  LB_OK_OR_FAIL(lb_gray_test(&y, &groups, NULL, 1, 0, &test, &err), err);
  assert_int_equal(test.df, 0);
  LB_NEAR(test.p_value, NAN, 0);
  lb_gray_reset(&test);
  assert_int_equal(lb_gray_test(&y, &groups, NULL, 3, 0, &test, &err), LB_EARG);
  y.cause = NULL;
  assert_int_equal(lb_cuminc_fit(&y, NULL, NULL, NULL, &f, &err), LB_EARG);
}

static void allocation_failures(void **state)
{
  (void)state;
  lb_surv y = make(60, 2, 23);
  const lb_partition groups = {group_, 3};
  lb_cuminc_options opt = LB_CUMINC_DEFAULTS;
  opt.variance = LB_CUMINC_JACKKNIFE;
  lb_status st = LB_ENOMEM;
  for (long k = 0; st != LB_OK; k++) {
    lb_error err = {0};
    lb_cuminc f = {0};
    lb_mem_fail_after(k);
    st = lb_cuminc_fit(&y, &groups, NULL, &opt, &f, &err);
    assert_true(st == LB_OK || (st == LB_ENOMEM && f.curve == NULL && lb_mem_live() == 0));
    if (st == LB_OK) st = lb_cuminc_limits(&f, 1, &err);
    lb_mem_fail_after(-1);
    assert_true(st == LB_OK || (st == LB_ENOMEM && (f.curve == NULL || !f.curve[1].conf_low)));
    lb_cuminc_reset(&f);
    assert_true(lb_mem_live() == 0);
  }
  st = LB_ENOMEM;
  for (long k = 0; st != LB_OK; k++) {
    lb_error err = {0};
    lb_gray test = {0};
    lb_mem_fail_after(k);
    st = lb_gray_test(&y, &groups, NULL, 1, 0, &test, &err);
    lb_mem_fail_after(-1);
    assert_true(st == LB_OK || (st == LB_ENOMEM && test.n == NULL && lb_mem_live() == 0));
    lb_gray_reset(&test);
  }
}

int main(void)
{
  gsl_set_error_handler_off();
  const struct CMUnitTest tests[] = {LB_TEST(four_rows),
                                     LB_TEST(one_cause),
                                     LB_TEST(sum_is_one),
                                     LB_TEST(point_is_curve),
                                     LB_TEST(order_and_unit),
                                     LB_TEST(weights_repeat),
                                     LB_TEST(jackknife_is_derivative),
                                     LB_TEST(counts_are_rows),
                                     LB_TEST(gray_properties),
                                     LB_TEST(gray_of_one_cause),
                                     LB_TEST(edges),
                                     LB_TEST(allocation_failures)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
