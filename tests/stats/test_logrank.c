/* test_logrank.c - log-rank tests: published and reference values, properties, edges. */
#include "data.h"
#include "stats/survival/logrank.h"

#include <gsl/gsl_errno.h>

static double time_[DATA_ROWS];
static uint8_t event_[DATA_ROWS];
static int32_t group_[DATA_ROWS], stratum_[DATA_ROWS];
static const char *const SEX[] = {"male", "female"};
static const char *const CELL[] = {"squamous", "smallcell", "adeno", "large"};

static lb_surv read_lung(void)
{
  size_t n = data_real("survival_lung", "time", time_);
  data_event("survival_lung", "dead", event_);
  data_code("survival_lung", "sex", SEX, 2, group_);
  return (lb_surv){.n = n, .time = time_, .event = event_};
}

/* Two subjects, one in each group; the first dies with both at risk: O - E = 1 - 1/2, V = 1/4. */
static void two_subjects(void **state)
{
  (void)state;
  lb_error err = {0};
  const double time[] = {1, 2};
  const uint8_t event[] = {1, 0};
  const int32_t code[] = {0, 1};
  const lb_surv y = {.n = 2, .time = time, .event = event};
  const lb_partition groups = {code, 2};
  lb_logrank test = {0};
  LB_OK_OR_FAIL(lb_logrank_test(&y, &groups, NULL, NULL, &test, &err), err);
  LB_NEAR(test.observed[0] - test.expected[0], 0.5, TOL_EXACT);
  LB_NEAR(test.variance[0], 0.25, TOL_EXACT);
  LB_NEAR(test.variance[1], -0.25, TOL_EXACT);
  LB_NEAR(test.chi_square, 1, TOL_EXACT);
  LB_NEAR(test.p_value, erfc(sqrt(0.5)), TOL_EXACT);
  lb_logrank_reset(&test);
}

/* R 4.2.2, survival 3.5-3: survdiff(Surv(time, dead) ~ sex, lung), and with rho = 1 and 0.5 */
static void lung_by_sex(void **state)
{
  (void)state;
  lb_error err = {0};
  const lb_surv y = read_lung();
  const lb_partition groups = {group_, 2};
  lb_logrank test = {0};
  LB_OK_OR_FAIL(lb_logrank_test(&y, &groups, NULL, NULL, &test, &err), err);
  LB_NEAR(test.n[1], 90, 0);
  LB_NEAR(test.observed[0], 112, 0);
  LB_NEAR(test.chi_square, 10.326741954885632, TOL_REFERENCE);
  LB_NEAR(test.p_value, 0.0013111645203554882, TOL_REFERENCE);
  lb_logrank_reset(&test);
  lb_logrank_options opt = {.weight = LB_LOGRANK_FLEMING_HARRINGTON, .rho = 1};
  LB_OK_OR_FAIL(lb_logrank_test(&y, &groups, NULL, &opt, &test, &err), err);
  LB_NEAR(test.observed[0], 70.3775422947522, TOL_REFERENCE);
  LB_NEAR(test.expected[1], 43.53511009515778, TOL_REFERENCE);
  LB_NEAR(test.chi_square, 12.714151401157508, TOL_REFERENCE);
  lb_logrank_reset(&test);
  opt.rho = 0.5;
  LB_OK_OR_FAIL(lb_logrank_test(&y, &groups, NULL, &opt, &test, &err), err);
  LB_NEAR(test.chi_square, 12.25066834724773, TOL_REFERENCE);
  lb_logrank_reset(&test);
}

/* R 4.2.2, survival 3.5-3: survdiff(Surv(time, dead) ~ celltype, veteran) */
static void veteran_four_groups(void **state)
{
  (void)state;
  lb_error err = {0};
  size_t n = data_real("survival_veteran", "time", time_);
  data_event("survival_veteran", "dead", event_);
  data_code("survival_veteran", "celltype", CELL, 4, group_);
  const lb_surv y = {.n = n, .time = time_, .event = event_};
  lb_partition groups = {group_, 4};
  lb_logrank test = {0};
  LB_OK_OR_FAIL(lb_logrank_test(&y, &groups, NULL, NULL, &test, &err), err);
  LB_NEAR(test.expected[2], 15.693764614360491, TOL_REFERENCE);
  LB_NEAR(test.variance[1], -9.533852020456552, TOL_REFERENCE);
  LB_NEAR(test.variance[15], 24.19903529384837, TOL_REFERENCE);
  LB_NEAR(test.chi_square, 25.403700345785357, TOL_REFERENCE);
  assert_int_equal(test.df, 3);
  double chi_square = test.chi_square;
  lb_logrank_reset(&test);
  for (size_t i = 0; i < n; i++) group_[i] = 5 - group_[i]; /* swapped, and two groups empty */
  groups.n = 7;
  LB_OK_OR_FAIL(lb_logrank_test(&y, &groups, NULL, NULL, &test, &err), err);
  LB_NEAR(test.chi_square, chi_square, TOL_REFERENCE);
  assert_int_equal(test.df, 3);
  LB_NEAR(test.variance[0], 0, 0);
  lb_logrank_reset(&test);
}

/* R 4.2.2, survival 3.5-3: survdiff(Surv(time, dead) ~ sex + strata(inst), lung) */
static void lung_stratified(void **state)
{
  (void)state;
  static double institution[DATA_ROWS];
  lb_error err = {0};
  lb_surv y = read_lung();
  size_t n = 0;
  data_real("survival_lung", "inst", institution);
  for (size_t i = 0; i < y.n; i++) {
    if (isnan(institution[i])) continue;
    time_[n] = time_[i];
    event_[n] = event_[i];
    group_[n] = group_[i];
    stratum_[n++] = (int32_t)institution[i];
  }
  y.n = n;
  const lb_partition groups = {group_, 2}, strata = {stratum_, 34};
  lb_logrank test = {0};
  LB_OK_OR_FAIL(lb_logrank_test(&y, &groups, &strata, NULL, &test, &err), err);
  LB_NEAR(test.expected[0], 93.92458589799399, TOL_REFERENCE);
  LB_NEAR(test.chi_square, 8.524467363323174, TOL_REFERENCE);
  LB_NEAR(test.p_value, 0.0035040328700608088, TOL_REFERENCE);
  lb_logrank_reset(&test);
}

/* The weighted family, by hand at two event times: n = 4 then 2, S(t-) = 1 then 3/4, Peto's 4/5
 * then 8/15. */
static void weights_by_hand(void **state)
{
  (void)state;
  static const struct {
    lb_logrank_options opt;
    double first, second;
  } CASES[] = {
      {{.weight = LB_LOGRANK_EQUAL}, 1, 1},
      {{.weight = LB_LOGRANK_GEHAN}, 4, 2},
      {{.weight = LB_LOGRANK_TARONE_WARE}, 2, 1.4142135623730951},
      {{.weight = LB_LOGRANK_PETO}, 0.8, 8.0 / 15},
      {{.weight = LB_LOGRANK_MODIFIED_PETO}, 0.8 * 4 / 5, 8.0 / 15 * 2 / 3},
      {{.weight = LB_LOGRANK_FLEMING_HARRINGTON, .rho = 2}, 1, 9.0 / 16},
      {{.weight = LB_LOGRANK_FLEMING_HARRINGTON, .gamma = 1}, 0, 0.25},
  };
  lb_error err = {0};
  const double time[] = {1, 2, 3, 4};
  const uint8_t event[] = {1, 0, 1, 0};
  const int32_t code[] = {0, 0, 1, 0};
  const lb_surv y = {.n = 4, .time = time, .event = event};
  const lb_partition groups = {code, 2};
  for (size_t k = 0; k < sizeof CASES / sizeof CASES[0]; k++) {
    double a = CASES[k].first, b = CASES[k].second;
    lb_logrank test = {0};
    LB_OK_OR_FAIL(lb_logrank_test(&y, &groups, NULL, &CASES[k].opt, &test, &err), err);
    LB_NEAR(test.observed[0], a, TOL_EXACT);
    LB_NEAR(test.observed[1], b, TOL_EXACT);
    LB_NEAR(test.expected[0], a * 3 / 4 + b / 2, TOL_EXACT);
    LB_NEAR(test.variance[3], a * a * 3 / 16 + b * b / 4, TOL_EXACT);
    lb_logrank_reset(&test);
  }
}

/* Cutting follow-up into (entry, time] pieces and repeating rows instead of weighting them
 * change nothing. */
static void pieces_and_weights(void **state)
{
  (void)state;
  static double time[3 * DATA_ROWS], entry[3 * DATA_ROWS], weight[DATA_ROWS];
  static uint8_t event[3 * DATA_ROWS];
  static int32_t group[3 * DATA_ROWS];
  lb_error err = {0};
  lb_surv y = read_lung(), pieces = {.time = time, .entry = entry, .event = event};
  for (size_t i = 0; i < y.n; i++) {
    weight[i] = (double)(i % 2 + 1);
    for (size_t copy = 0; copy < i % 2 + 1; copy++) {
      double from = -1, cut = floor(y.time[i] / 2);
      for (int piece = 0; piece < 2; piece++, pieces.n++) {
        entry[pieces.n] = from;
        time[pieces.n] = from = piece == 0 ? cut : y.time[i];
        event[pieces.n] = piece == 1 && y.event[i];
        group[pieces.n] = group_[i];
      }
    }
  }
  y.weight = weight;
  const lb_partition groups = {group_, 2}, piece_groups = {group, 2};
  lb_logrank a = {0}, b = {0};
  LB_OK_OR_FAIL(lb_logrank_test(&y, &groups, NULL, NULL, &a, &err), err);
  LB_OK_OR_FAIL(lb_logrank_test(&pieces, &piece_groups, NULL, NULL, &b, &err), err);
  LB_NEAR(a.chi_square, b.chi_square, 1e-12);
  LB_NEAR(a.expected[0], b.expected[0], 1e-12);
  LB_NEAR(a.variance[2], b.variance[2], 1e-12);
  lb_logrank_reset(&a);
  lb_logrank_reset(&b);
}

static void nothing_to_compare(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_logrank test = {0};
  const lb_surv none = {0};
  LB_OK_OR_FAIL(lb_logrank_test(&none, NULL, NULL, NULL, &test, &err), err);
  assert_int_equal(test.df, 0);
  LB_NEAR(test.p_value, NAN, 0);
  lb_logrank_reset(&test);
  lb_surv y = read_lung();
  memset(event_, 0, sizeof event_);
  const lb_partition groups = {group_, 2}, wrong = {group_, 1};
  LB_OK_OR_FAIL(lb_logrank_test(&y, &groups, NULL, NULL, &test, &err), err);
  assert_int_equal(test.df, 0);
  LB_NEAR(test.chi_square, 0, 0);
  lb_logrank_reset(&test);
  assert_int_equal(lb_logrank_test(&y, &wrong, NULL, NULL, &test, &err), LB_EARG);
  const lb_logrank_options negative = {.rho = -1};
  assert_int_equal(lb_logrank_test(&y, &groups, NULL, &negative, &test, &err), LB_EARG);
}

static void memory(void **state)
{
  (void)state;
  lb_error err = {0};
  const lb_surv y = read_lung();
  const lb_partition groups = {group_, 2};
  lb_logrank test = {0};
  lb_status st = LB_ENOMEM;
  for (long k = 0; st != LB_OK; k++) {
    lb_mem_fail_after(k);
    st = lb_logrank_test(&y, &groups, &groups, NULL, &test, &err);
    assert_true(st == LB_OK || (st == LB_ENOMEM && test.n == NULL && lb_mem_live() == 0));
  }
  assert_int_equal(test.df, 0); /* groups within strata of the groups */
  lb_logrank_reset(&test);
}

int main(void)
{
  gsl_set_error_handler_off();
  const struct CMUnitTest tests[] = {
      LB_TEST(two_subjects),       LB_TEST(lung_by_sex),     LB_TEST(veteran_four_groups),
      LB_TEST(lung_stratified),    LB_TEST(weights_by_hand), LB_TEST(pieces_and_weights),
      LB_TEST(nothing_to_compare), LB_TEST(memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
