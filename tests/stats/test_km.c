/* test_km.c - Kaplan-Meier curves: published and reference values, properties, edges. */
#include "data.h"
#include "stats/survival/km.h"

#include <gsl/gsl_errno.h>

/* Remission in weeks of children with acute leukaemia, 6-MP and placebo: Freireich et al. 1963,
 * Blood 21:699. */
static const double WEEKS[] = {6,  6,  6,  6,  7,  9,  10, 10, 11, 13, 16, 17, 19, 20,
                               22, 23, 25, 32, 32, 34, 35, 1,  1,  2,  2,  3,  4,  4,
                               5,  5,  8,  8,  8,  8,  11, 11, 12, 12, 15, 17, 22, 23};
static const uint8_t RELAPSE[] = {1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0,
                                  1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
static const int32_t PLACEBO[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                                  1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
static const lb_surv FREIREICH = {.n = 42, .time = WEEKS, .event = RELAPSE};
static const lb_partition ARMS = {PLACEBO, 2};

/* R 4.2.2, survival 3.5-3: survfit(Surv(t, e) ~ arm, conf.type = "log-log") */
static void freireich(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_km km = {0};
  lb_km_point p;
  LB_OK_OR_FAIL(lb_km_fit(&FREIREICH, &ARMS, NULL, &km, &err), err);
  assert_int_equal(km.n_groups, 2);
  lb_km_at(&km.curve[0], 13, &p);
  LB_NEAR(p.survival, 0.6901960784313724, TOL_EXACT);
  LB_NEAR(p.std_error, 0.10681470777500982, TOL_EXACT);
  LB_NEAR(p.conf_low, 0.43161022248618408, TOL_EXACT);
  LB_NEAR(p.conf_high, 0.8490659633494506, TOL_EXACT);
  LB_NEAR(p.n_risk, 12, 0);
  LB_NEAR(p.n_event, 6, 0);
  LB_NEAR(p.n_censor, 4, 0);
  lb_km_at(&km.curve[1], 23, &p);
  LB_NEAR(p.survival, 0, 0);
  assert_true(isnan(p.std_error) && isnan(p.conf_low) && isnan(p.conf_high));
  double time, low, high;
  LB_OK_OR_FAIL(lb_km_quantile(&km.curve[0], 0.5, &time, &low, &high, &err), err);
  LB_NEAR(time, 23, 0); /* medians of the paper: 23 and 8 weeks */
  LB_NEAR(low, 13, 0);
  LB_NEAR(high, NAN, 0);
  LB_OK_OR_FAIL(lb_km_quantile(&km.curve[1], 0.5, &time, &low, &high, &err), err);
  LB_NEAR(time, 8, 0);
  LB_NEAR(low, 4, 0);
  LB_NEAR(high, 11, 0);
  lb_km_reset(&km);
}

/* Three subjects: S = 2/3 at 1, censored at 2, S = 0 at 3; Greenwood by hand: S^2 (1/(3 2)). */
static void three_subjects(void **state)
{
  (void)state;
  lb_error err = {0};
  const double time[] = {3, 1, 2};
  const uint8_t event[] = {1, 1, 0};
  const lb_surv y = {.n = 3, .time = time, .event = event, .n_missing = 4};
  const struct {
    lb_km_conf type;
    double low, high;
  } LIMITS[] = {
      {LB_KM_PLAIN, 2.0 / 3 - 1.959963984540054 * 2 / 3 / sqrt(6), 1},
      {LB_KM_LOG, 2.0 / 3 * exp(-1.959963984540054 / sqrt(6)), 1},
      {LB_KM_LOG_LOG, 0.05407, 0.945}, /* survfit prints these two */
      {LB_KM_ARCSINE, 0.14421, 0.998},
  };
  for (size_t k = 0; k < sizeof LIMITS / sizeof LIMITS[0]; k++) {
    lb_km km = {0};
    lb_km_options opt = LB_KM_DEFAULTS;
    opt.conf_type = LIMITS[k].type;
    LB_OK_OR_FAIL(lb_km_fit(&y, NULL, &opt, &km, &err), err);
    const lb_km_curve *c = &km.curve[0];
    assert_int_equal(km.n_missing, 4);
    assert_int_equal(c->n_time, 3);
    LB_NEAR(c->survival[0], 2.0 / 3, TOL_EXACT);
    LB_NEAR(c->std_error[1], 2.0 / 3 / sqrt(6), TOL_EXACT);
    LB_NEAR(c->survival[2], 0, 0);
    LB_NEAR(c->conf_low[0], LIMITS[k].low, k < 2 ? TOL_EXACT : 5e-4);
    LB_NEAR(c->conf_high[0], LIMITS[k].high, k < 2 ? TOL_EXACT : 5e-4);
    lb_km_reset(&km);
  }
}

/* R 4.2.2, survival 3.5-3: quantile(survfit(Surv(time, dead) ~ sex, lung, conf.type = "log-
 * log")), summary(times) */
static void lung_by_sex(void **state)
{
  (void)state;
  static double time[DATA_ROWS];
  static uint8_t event[DATA_ROWS];
  static int32_t sex[DATA_ROWS];
  static const char *const LEVELS[] = {"male", "female"};
  lb_error err = {0};
  size_t n = data_real("survival_lung", "time", time);
  data_event("survival_lung", "dead", event);
  data_code("survival_lung", "sex", LEVELS, 2, sex);
  const lb_surv y = {.n = n, .time = time, .event = event};
  const lb_partition groups = {sex, 2};
  lb_km km = {0};
  LB_OK_OR_FAIL(lb_km_fit(&y, &groups, NULL, &km, &err), err);
  lb_km_point p;
  lb_km_at(&km.curve[0], 365, &p);
  LB_NEAR(p.survival, 0.33608783463937864, TOL_EXACT);
  LB_NEAR(p.std_error, 0.04342358884179815, TOL_EXACT);
  LB_NEAR(p.conf_low, 0.2527291433279733, TOL_EXACT);
  LB_NEAR(p.conf_high, 0.42130216822271926, TOL_EXACT);
  LB_NEAR(p.n_risk, 35, 0);
  const double listed[] = {0, 200, 400, 600, 800, 1000};
  const double risk[] = {90, 66, 26, 11, 2, 0}, events[] = {0, 18, 19, 8, 8, 0};
  double n_risk[6], n_event[6], n_censor[6];
  LB_OK_OR_FAIL(lb_km_table(&km.curve[1], listed, 6, n_risk, n_event, n_censor, &err), err);
  for (size_t k = 0; k < 6; k++) {
    LB_NEAR(n_risk[k], risk[k], 0);
    LB_NEAR(n_event[k], events[k], 0);
  }
  double median, low, high;
  LB_OK_OR_FAIL(lb_km_quantile(&km.curve[1], 0.5, &median, &low, &high, &err), err);
  LB_NEAR(median, 426, 0);
  LB_NEAR(low, 345, 0);
  LB_NEAR(high, 524, 0);
  lb_km_reset(&km);
}

/* The same four aml values under each conf type: R 4.2.2, survival 3.5-3, second time of arm
 * Maintained. */
static void aml_limits(void **state)
{
  (void)state;
  const double time[] = {9, 13, 13, 18, 23, 28, 31, 34, 45, 48, 161};
  const uint8_t event[] = {1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 0};
  const lb_surv y = {.n = 11, .time = time, .event = event};
  static const struct {
    lb_km_options opt;
    size_t at;
    double low, high;
  } CASES[] = {
      {{.conf_level = 0.95, .conf_type = LB_KM_ARCSINE}, 1, 0.5493314246497959, 0.979111935447051},
      {{.conf_level = 0.90, .conf_type = LB_KM_LOGIT}, 1, 0.5543435278921371, 0.9421286081780653},
      {{.conf_level = 0.99, .conf_type = LB_KM_LOG_LOG}, 1, 0.28822113904205776, 0.968148638725416},
      {{.conf_level = 0.95, .conf_type = LB_KM_LOG_PETO},
       4,
       0.3731732599912258,
       0.9991576002284727},
      {{.conf_level = 0.95, .conf_type = LB_KM_LOG_PETO},
       9,
       0.031344524274821275,
       0.943525769474552},
  };
  lb_error err = {0};
  for (size_t k = 0; k < sizeof CASES / sizeof CASES[0]; k++) {
    lb_km km = {0};
    LB_OK_OR_FAIL(lb_km_fit(&y, NULL, &CASES[k].opt, &km, &err), err);
    LB_NEAR(km.curve[0].conf_low[CASES[k].at], CASES[k].low, TOL_EXACT);
    LB_NEAR(km.curve[0].conf_high[CASES[k].at], CASES[k].high, TOL_EXACT);
    lb_km_reset(&km);
  }
}

/* The middle of a flat part at exactly 1 - prob, and the end of the curve when it stays there. */
static void quantile_on_a_flat_part(void **state)
{
  (void)state;
  lb_error err = {0};
  const double time[] = {1, 2, 3, 4};
  uint8_t event[] = {1, 1, 1, 1};
  const lb_surv y = {.n = 4, .time = time, .event = event};
  lb_km km = {0};
  double median, low, high;
  LB_OK_OR_FAIL(lb_km_fit(&y, NULL, NULL, &km, &err), err);
  LB_OK_OR_FAIL(lb_km_quantile(&km.curve[0], 0.5, &median, &low, &high, &err), err);
  LB_NEAR(median, 2.5, 0);
  LB_OK_OR_FAIL(lb_km_quantile(&km.curve[0], 1, &median, &low, &high, &err), err);
  LB_NEAR(median, 4, 0);
  assert_int_equal(lb_km_quantile(&km.curve[0], 0, &median, &low, &high, &err), LB_EARG);
  lb_km_reset(&km);
  event[2] = event[3] = 0;
  LB_OK_OR_FAIL(lb_km_fit(&y, NULL, NULL, &km, &err), err);
  LB_OK_OR_FAIL(lb_km_quantile(&km.curve[0], 0.5, &median, &low, &high, &err), err);
  LB_NEAR(median, 3, 0);
  LB_OK_OR_FAIL(lb_km_quantile(&km.curve[0], 0.75, &median, &low, &high, &err), err);
  LB_NEAR(median, NAN, 0);
  lb_km_reset(&km);
}

/* Late entry: counts at, between and after the curve's times are those of a direct count. */
static void late_entry_counts(void **state)
{
  (void)state;
  lb_error err = {0};
  const double time[] = {5, 9, 12, 12, 15, 20}, entry[] = {0, 3, 5, 10, 11, 18};
  const uint8_t event[] = {1, 0, 1, 0, 1, 1};
  const lb_surv y = {.n = 6, .time = time, .entry = entry, .event = event};
  lb_km km = {0};
  LB_OK_OR_FAIL(lb_km_fit(&y, NULL, NULL, &km, &err), err);
  for (double t = -1; t < 23; t += 0.5) {
    double count = 0;
    for (size_t i = 0; i < 6; i++) count += entry[i] < t && t <= time[i];
    lb_km_point p;
    lb_km_at(&km.curve[0], t, &p);
    LB_NEAR(p.n_risk, count, 0);
  }
  LB_NEAR(km.curve[0].survival[0], 0.5, TOL_EXACT);
  lb_km_reset(&km);
}

/* R 4.2.2, survival 3.5-3: quantiles of age at death of women in mgus2, at risk from the age of
 * diagnosis. */
static void mgus_on_the_age_scale(void **state)
{
  (void)state;
  static double time[DATA_ROWS], entry[DATA_ROWS];
  static uint8_t event[DATA_ROWS];
  static int32_t sex[DATA_ROWS];
  static const char *const LEVELS[] = {"F", "M"};
  lb_error err = {0};
  size_t rows = data_real("survival_mgus2", "age_exit", time), n = 0;
  data_real("survival_mgus2", "age", entry);
  data_event("survival_mgus2", "death", event);
  data_code("survival_mgus2", "sex", LEVELS, 2, sex);
  for (size_t i = 0; i < rows; i++) { /* women with any follow-up */
    if (sex[i] != 0 || !(entry[i] < time[i])) continue;
    time[n] = time[i];
    entry[n] = entry[i];
    event[n++] = event[i];
  }
  const lb_surv y = {.n = n, .time = time, .entry = entry, .event = event};
  lb_km_options opt = LB_KM_DEFAULTS;
  opt.conf_type = LB_KM_LOG;
  lb_km km = {0};
  LB_OK_OR_FAIL(lb_km_fit(&y, NULL, &opt, &km, &err), err);
  double at, low, high;
  LB_OK_OR_FAIL(lb_km_quantile(&km.curve[0], 0.5, &at, &low, &high, &err), err);
  LB_NEAR(at, 38.3333, 1e-12); /* S is exactly 1/2 from 30.0833 to 46.5833 */
  LB_NEAR(low, 30.0833, 1e-12);
  LB_NEAR(high, 81.1667, 1e-12);
  lb_km_point p;
  lb_km_at(&km.curve[0], 80, &p);
  LB_NEAR(p.n_risk, 194, 0);
  LB_NEAR(p.survival, 0.13786144194137243, TOL_EXACT);
  LB_NEAR(p.conf_high, 0.5650074163527152, TOL_EXACT);
  lb_km_reset(&km);
}

/* Area under S = 2/3 from 1, 0 after 3 by hand: to tau = 2 it is 1 + 2/3; variance (2/3)^2 / (3
 * 2). */
static void restricted_mean(void **state)
{
  (void)state;
  lb_error err = {0};
  const double time[] = {3, 1, 2};
  uint8_t event[] = {1, 1, 0};
  const lb_surv y = {.n = 3, .time = time, .event = event};
  lb_km km = {0};
  double mean, std_error;
  LB_OK_OR_FAIL(lb_km_fit(&y, NULL, NULL, &km, &err), err);
  LB_OK_OR_FAIL(lb_km_restricted_mean(&km.curve[0], 2, &mean, &std_error, &err), err);
  LB_NEAR(mean, 5.0 / 3, TOL_EXACT);
  LB_NEAR(std_error, 2.0 / 3 / sqrt(6), TOL_EXACT);
  LB_OK_OR_FAIL(lb_km_restricted_mean(&km.curve[0], 10, &mean, &std_error, &err), err);
  LB_NEAR(mean, 7.0 / 3, TOL_EXACT); /* S is 0 after 3: nothing unknown beyond */
  lb_km_reset(&km);
  event[0] = 0;
  LB_OK_OR_FAIL(lb_km_fit(&y, NULL, NULL, &km, &err), err);
  LB_OK_OR_FAIL(lb_km_restricted_mean(&km.curve[0], 10, &mean, &std_error, &err), err);
  assert_true(isnan(mean) && isnan(std_error));
  assert_int_equal(lb_km_restricted_mean(&km.curve[0], 0, &mean, &std_error, &err), LB_EARG);
  lb_km_reset(&km);
}

static void assert_same_curve(const lb_km_curve *a, const lb_km_curve *b)
{
  assert_int_equal(a->n_time, b->n_time);
  for (size_t i = 0; i < a->n_time; i++) {
    LB_NEAR(a->n_risk[i], b->n_risk[i], TOL_EXACT);
    LB_NEAR(a->survival[i], b->survival[i], TOL_EXACT);
    LB_NEAR(a->std_error[i], b->std_error[i], TOL_EXACT);
    LB_NEAR(a->conf_low[i], b->conf_low[i], TOL_EXACT);
  }
}

/* Rows backwards give the same bits; weights 1, 2, 3 the same as repeated rows. */
static void row_order_and_weights(void **state)
{
  (void)state;
  lb_error err = {0};
  double time[42], weight[42], long_time[126];
  uint8_t event[42], long_event[126];
  size_t n = 0;
  for (size_t i = 0; i < 42; i++) {
    time[41 - i] = WEEKS[i];
    event[41 - i] = RELAPSE[i];
    weight[41 - i] = (double)(i % 3 + 1);
    for (size_t k = 0; k < i % 3 + 1; k++, n++) {
      long_time[n] = WEEKS[i];
      long_event[n] = RELAPSE[i];
    }
  }
  const lb_surv backwards = {.n = 42, .time = time, .event = event};
  const lb_surv weighted = {.n = 42, .time = time, .event = event, .weight = weight};
  const lb_surv repeated = {.n = n, .time = long_time, .event = long_event};
  lb_km a = {0}, b = {0};
  LB_OK_OR_FAIL(lb_km_fit(&FREIREICH, NULL, NULL, &a, &err), err);
  LB_OK_OR_FAIL(lb_km_fit(&backwards, NULL, NULL, &b, &err), err);
  assert_memory_equal(a.curve[0].conf_low, b.curve[0].conf_low, a.curve[0].n_time * sizeof(double));
  lb_km_reset(&a);
  lb_km_reset(&b);
  LB_OK_OR_FAIL(lb_km_fit(&weighted, NULL, NULL, &a, &err), err);
  LB_OK_OR_FAIL(lb_km_fit(&repeated, NULL, NULL, &b, &err), err);
  assert_same_curve(&a.curve[0], &b.curve[0]);
  lb_km_reset(&a);
  lb_km_reset(&b);
}

static void edges(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_km km = {0};
  lb_km_point p;
  double median, low, high;
  const lb_surv none = {0};
  LB_OK_OR_FAIL(lb_km_fit(&none, NULL, NULL, &km, &err), err);
  lb_km_at(&km.curve[0], 3, &p);
  LB_NEAR(p.survival, 1, 0);
  LB_NEAR(p.n_risk, 0, 0);
  LB_OK_OR_FAIL(lb_km_quantile(&km.curve[0], 0.5, &median, &low, &high, &err), err);
  LB_NEAR(median, NAN, 0);
  lb_km_reset(&km);
  const double zero = 0;
  uint8_t event = 1;
  const lb_surv one = {.n = 1, .time = &zero, .event = &event}; /* an event at time 0 counts */
  LB_OK_OR_FAIL(lb_km_fit(&one, NULL, NULL, &km, &err), err);
  assert_int_equal(km.n_time_zero, 1);
  LB_NEAR(km.curve[0].survival[0], 0, 0);
  lb_km_reset(&km);
  event = 0;
  LB_OK_OR_FAIL(lb_km_fit(&one, NULL, NULL, &km, &err), err);
  LB_NEAR(km.curve[0].conf_low[0], 1, 0);
  lb_km_reset(&km);
  lb_km_options opt = LB_KM_DEFAULTS;
  opt.conf_level = 95;
  assert_int_equal(lb_km_fit(&one, NULL, &opt, &km, &err), LB_EARG);
  opt = (lb_km_options){.conf_level = 0.95, .conf_type = (lb_km_conf)77};
  assert_int_equal(lb_km_fit(&one, NULL, &opt, &km, &err), LB_EARG);
  assert_null(km.curve);
  lb_km_reset(NULL);
}

static void memory(void **state)
{
  (void)state;
  lb_error err = {0};
  double entry[42];
  for (size_t i = 0; i < 42; i++) entry[i] = -(double)(i % 4);
  const lb_surv y = {.n = 42, .time = WEEKS, .entry = entry, .event = RELAPSE};
  lb_km km = {0};
  lb_status st = LB_ENOMEM;
  for (long k = 0; st != LB_OK; k++) {
    lb_mem_fail_after(k);
    st = lb_km_fit(&y, &ARMS, NULL, &km, &err);
    assert_true(st == LB_OK || (st == LB_ENOMEM && km.curve == NULL && lb_mem_live() == 0));
  }
  lb_km_reset(&km);
}

int main(void)
{
  gsl_set_error_handler_off();
  const struct CMUnitTest tests[] = {
      LB_TEST(freireich),
      LB_TEST(three_subjects),
      LB_TEST(lung_by_sex),
      LB_TEST(aml_limits),
      LB_TEST(quantile_on_a_flat_part),
      LB_TEST(late_entry_counts),
      LB_TEST(mgus_on_the_age_scale),
      LB_TEST(restricted_mean),
      LB_TEST(row_order_and_weights),
      LB_TEST(edges),
      LB_TEST(memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
