/* test_logrank_family.c - scores of rows, joint tests, trend and sampling weights of the log-rank
 * family, against the tests themselves and by hand. */
#include "base/random.h"
#include "data.h"
#include "stats/max_quadratic.h"
#include "stats/survival/logrank.h"

#include <gsl/gsl_errno.h>
#include <stdlib.h>

#define MANY 1000000

static double time_[DATA_ROWS], entry_[DATA_ROWS];
static uint8_t event_[DATA_ROWS];
static int32_t group_[DATA_ROWS], stratum_[DATA_ROWS];
static const char *const CELL[] = {"squamous", "smallcell", "adeno", "large"};

static const lb_logrank_options FAMILY[] = {
    {.weight = LB_LOGRANK_EQUAL},
    {.weight = LB_LOGRANK_GEHAN},
    {.weight = LB_LOGRANK_TARONE_WARE},
    {.weight = LB_LOGRANK_PETO},
    {.weight = LB_LOGRANK_MODIFIED_PETO},
    {.weight = LB_LOGRANK_FLEMING_HARRINGTON, .rho = 0.5, .gamma = 2},
};
#define N_FAMILY (sizeof FAMILY / sizeof FAMILY[0])

static lb_surv read_veteran(bool late)
{
  size_t n = data_real("survival_veteran", "time", time_);
  data_event("survival_veteran", "dead", event_);
  data_code("survival_veteran", "celltype", CELL, 4, group_);
  for (size_t i = 0; i < n; i++) {
    stratum_[i] = (int32_t)(i % 3);
    entry_[i] = i % 4 == 0 ? floor(time_[i] / 3) - 1 : -1;
  }
  return (lb_surv){.n = n, .time = time_, .entry = late ? entry_ : NULL, .event = event_};
}

/* Scores summed over a group are its observed - expected: each weight, late entry, strata. */
static void scores_add_up(void **state)
{
  (void)state;
  lb_error err = {0};
  static double score[DATA_ROWS];
  const lb_partition groups = {group_, 4}, strata = {stratum_, 3};
  for (size_t k = 0; k < 2 * N_FAMILY; k++) {
    const lb_surv y = read_veteran(k % 2 == 1);
    const lb_partition *by = k % 3 == 0 ? NULL : &strata;
    lb_logrank test = {0};
    double sum[4] = {0};
    LB_OK_OR_FAIL(lb_logrank_test(&y, &groups, by, &FAMILY[k / 2], &test, &err), err);
    LB_OK_OR_FAIL(lb_logrank_scores(&y, by, &FAMILY[k / 2], score, &err), err);
    for (size_t i = 0; i < y.n; i++) sum[group_[i]] += score[i];
    for (size_t g = 0; g < 4; g++) LB_NEAR(sum[g], test.observed[g] - test.expected[g], 1e-11);
    lb_logrank_reset(&test);
  }
}

/* A joint test has each test's contrast and variance, and the covariance of linear combinations:
 * S + (1 - S) = 1 makes the log-rank test the sum of FH(1, 0) and FH(0, 1). */
static void joint_tests(void **state)
{
  (void)state;
  lb_error err = {0};
  const double score[] = {1, 2, 4, 8};
  const lb_partition groups = {group_, 4}, strata = {stratum_, 3};
  for (int late = 0; late <= 1; late++) {
    const lb_surv y = read_veteran(late == 1);
    lb_logrank_joint joint = {0};
    LB_OK_OR_FAIL(lb_logrank_joint_test(&y, &groups, &strata,
                                        &(lb_logrank_family){FAMILY, N_FAMILY, score, 1}, &joint,
                                        &err),
                  err);
    for (size_t k = 0; k < N_FAMILY; k++) {
      lb_logrank test = {0};
      lb_logrank_contrast contrast;
      LB_OK_OR_FAIL(lb_logrank_test(&y, &groups, &strata, &FAMILY[k], &test, &err), err);
      lb_logrank_trend(&test, score, &contrast);
      LB_NEAR(joint.statistic[k], contrast.statistic, 1e-12);
      LB_NEAR(joint.covariance[k * N_FAMILY + k], contrast.variance, 1e-12);
      lb_logrank_reset(&test);
    }
    lb_logrank_joint_reset(&joint);
  }
  const lb_surv y = read_veteran(false);
  const lb_logrank_options three[] = {{.weight = LB_LOGRANK_EQUAL},
                                      {.weight = LB_LOGRANK_FLEMING_HARRINGTON, .rho = 1},
                                      {.weight = LB_LOGRANK_FLEMING_HARRINGTON, .gamma = 1}};
  lb_logrank_joint joint = {0};
  LB_OK_OR_FAIL(lb_logrank_joint_test(&y, &groups, NULL, &(lb_logrank_family){three, 3, score, 1},
                                      &joint, &err),
                err);
  const double *v = joint.covariance;
  LB_NEAR(joint.statistic[0], joint.statistic[1] + joint.statistic[2], 1e-12);
  LB_NEAR(v[0], v[4] + v[8] + 2 * v[5], 1e-12);
  LB_NEAR(v[1], v[4] + v[5], 1e-12);
  lb_logrank_combo combo = {0};
  LB_OK_OR_FAIL(lb_logrank_combine(&joint, LB_TWO_SIDED, &combo, &err), err);
  assert_int_equal(combo.rank, 2);
  LB_NEAR(fabs(combo.most), fmax(fabs(combo.z[0]), fmax(fabs(combo.z[1]), fabs(combo.z[2]))), 0);
  assert_true(combo.p_value > lb_normal_p(combo.most, LB_TWO_SIDED));
  assert_true(combo.p_value < 2 * lb_normal_p(combo.most, LB_TWO_SIDED));
  lb_logrank_combo_reset(&combo);
  lb_logrank_joint_reset(&joint);
}

/* Two groups of one and two rows, weights 2, 1, 3, one event: O - E = 2 - 2 * 2 / 6; d (Y - d) / (Y
 * (Y - 1)) = 1/3 of a_i^2: 2^2 (2/3)^2 + (1 + 9) (1/3)^2 */
static void sampling_by_hand(void **state)
{
  (void)state;
  lb_error err = {0};
  const double time[] = {1, 2, 3}, weight[] = {2, 1, 3};
  const uint8_t event[] = {1, 0, 0};
  const int32_t code[] = {0, 1, 1};
  const lb_surv y = {.n = 3, .time = time, .event = event, .weight = weight};
  const lb_partition groups = {code, 2};
  const lb_logrank_options opt = {.sampling = true};
  lb_logrank test = {0};
  LB_OK_OR_FAIL(lb_logrank_test(&y, &groups, NULL, &opt, &test, &err), err);
  LB_NEAR(test.observed[0] - test.expected[0], 2 - 2.0 / 3, TOL_EXACT);
  LB_NEAR(test.variance[0], (16.0 / 9 + 10.0 / 9) / 3, TOL_EXACT);
  LB_NEAR(test.variance[1], -(16.0 / 9 + 10.0 / 9) / 3, TOL_EXACT);
  lb_logrank_reset(&test);
}

/* Weights all alike scale the statistic and its standard deviation. */
static void equal_sampling_weights(void **state)
{
  (void)state;
  lb_error err = {0};
  static double weight[DATA_ROWS];
  lb_surv y = read_veteran(true);
  const lb_partition groups = {group_, 4}, strata = {stratum_, 3};
  const lb_logrank_options opt = {.sampling = true};
  lb_logrank plain = {0}, weighted = {0};
  LB_OK_OR_FAIL(lb_logrank_test(&y, &groups, &strata, &opt, &plain, &err), err);
  for (size_t i = 0; i < y.n; i++) weight[i] = 2.5;
  y.weight = weight;
  LB_OK_OR_FAIL(lb_logrank_test(&y, &groups, &strata, &opt, &weighted, &err), err);
  LB_NEAR(weighted.chi_square, plain.chi_square, 1e-12);
  LB_NEAR(weighted.variance[1], 6.25 * plain.variance[1], 1e-12);
  lb_logrank_reset(&plain);
  lb_logrank_reset(&weighted);
}

/* A million rows tied at one time: O - E = n / 4 (events in the first half alone), V of one draw. */
static void million_ties(void **state)
{
  (void)state;
  lb_error err = {0};
  double *time = lb_mem_array(MANY, sizeof *time);
  uint8_t *event = lb_mem_zero(MANY, sizeof *event);
  int32_t *code = lb_mem_array(MANY, sizeof *code);
  assert_true(time != NULL && event != NULL && code != NULL);
  for (size_t i = 0; i < MANY; i++) {
    time[i] = 7.25;
    code[i] = i >= MANY / 2;
    event[i] = i < MANY / 2;
  }
  const lb_surv y = {.n = MANY, .time = time, .event = event};
  const lb_partition groups = {code, 2};
  lb_logrank test = {0};
  LB_OK_OR_FAIL(lb_logrank_test(&y, &groups, NULL, NULL, &test, &err), err);
  LB_NEAR(test.observed[0] - test.expected[0], MANY / 4.0, 0);
  LB_NEAR(test.variance[0], MANY / 2.0 * (MANY / 2.0) / (MANY - 1.0) / 4, TOL_EXACT);
  lb_logrank_reset(&test);
  lb_mem_free(time);
  lb_mem_free(event);
  lb_mem_free(code);
}

static int descending(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x < y) - (x > y);
}

/* Four tests of three groups: each chi-square is that of the test alone, and the largest is beyond
 * what one permutation in ten goes beyond with a probability of a tenth. */
static void largest_of_groups(void **state)
{
  (void)state;
  enum { N = 600, TIMES = 2000, TENTH = TIMES / 10 };
  static double time[N], most[TIMES];
  static uint8_t event[N];
  static int32_t code[N];
  static const double score[] = {0, 1, 0, 0, 0, 1};
  const lb_logrank_options four[] = {
      {.weight = LB_LOGRANK_EQUAL},
      {.weight = LB_LOGRANK_FLEMING_HARRINGTON, .rho = 1},
      {.weight = LB_LOGRANK_FLEMING_HARRINGTON, .gamma = 1},
      {.weight = LB_LOGRANK_FLEMING_HARRINGTON, .rho = 1, .gamma = 1}};
  const lb_logrank_family family = {four, 4, score, 2};
  const lb_partition groups = {code, 3};
  const lb_surv y = {.n = N, .time = time, .event = event};
  lb_error err = {0};
  lb_random random;
  lb_random_init(&random, 3, 0);
  for (size_t i = 0; i < N; i++) {
    double t = -log(lb_random_uniform(&random)), c = -2 * log(lb_random_uniform(&random));
    time[i] = t < c ? t : c;
    event[i] = t <= c;
    code[i] = (int32_t)(i % 3);
  }
  for (size_t k = 0; k < TIMES; k++) {
    for (size_t i = N - 1; i > 0; i--) {
      size_t j = (size_t)(lb_random_uniform(&random) * (double)(i + 1));
      int32_t moved = code[i];
      code[i] = code[j];
      code[j] = moved;
    }
    lb_logrank_joint joint = {0};
    LB_OK_OR_FAIL(lb_logrank_joint_test(&y, &groups, NULL, &family, &joint, &err), err);
    lb_logrank test = {0};
    LB_OK_OR_FAIL(lb_logrank_test(&y, &groups, NULL, &four[k % 4], &test, &err), err);
    lb_logrank_omnibus omnibus = {0};
    for (size_t i = 0; i < 4; i++) {
      const double *u = &joint.statistic[2 * i], *v = &joint.covariance[2 * i * 8 + 2 * i];
      double square = (u[0] * u[0] * v[9] - 2 * u[0] * u[1] * v[1] + u[1] * u[1] * v[0]) /
                      (v[0] * v[9] - v[1] * v[1]);
      if (square > most[k]) most[k] = square;
      if (i == k % 4) LB_NEAR(square, test.chi_square, 1e-8);
    }
    if (k < 3) {
      LB_OK_OR_FAIL(lb_logrank_combine_groups(&joint, &omnibus, &err), err);
      LB_NEAR(omnibus.most, most[k], 1e-8);
      LB_NEAR(omnibus.chi_square[k], test.chi_square, 1e-8);
    }
    lb_logrank_omnibus_reset(&omnibus);
    lb_logrank_reset(&test);
    if (k + 1 == TIMES) {
      qsort(most, TIMES, sizeof *most, descending);
      lb_max_normal tail;
      LB_OK_OR_FAIL(lb_max_quadratic_tail(joint.covariance, 4, 2, most[TENTH], &tail, &err), err);
      LB_NEAR(tail.p_value, 0.1, 4 * sqrt(0.09 / TIMES));
    }
    lb_logrank_joint_reset(&joint);
  }
}

static void edges_and_memory(void **state)
{
  (void)state;
  lb_error err = {0};
  const lb_surv none = {0}, y = read_veteran(true);
  const double score[] = {0, 1, 2, 3};
  const lb_partition groups = {group_, 4}, strata = {stratum_, 3};
  lb_logrank_joint joint = {0};
  lb_logrank_combo combo = {0};
  LB_OK_OR_FAIL(lb_logrank_joint_test(&none, NULL, NULL, &(lb_logrank_family){FAMILY, 2, score, 1},
                                      &joint, &err),
                err);
  LB_OK_OR_FAIL(lb_logrank_combine(&joint, LB_TWO_SIDED, &combo, &err), err);
  LB_NEAR(combo.p_value, NAN, 0);
  lb_logrank_combo_reset(&combo);
  lb_logrank_joint_reset(&joint);
  lb_status st = LB_ENOMEM;
  for (long k = 0; st != LB_OK; k++) {
    lb_mem_fail_after(k);
    st = lb_logrank_joint_test(&y, &groups, &strata,
                               &(lb_logrank_family){FAMILY, N_FAMILY, score, 1}, &joint, &err);
    assert_true(st == LB_OK || (st == LB_ENOMEM && joint.statistic == NULL && lb_mem_live() == 0));
  }
  st = LB_ENOMEM;
  for (long k = 0; st != LB_OK; k++) {
    lb_mem_fail_after(k);
    st = lb_logrank_combine(&joint, LB_LESS, &combo, &err);
    assert_true(st == LB_OK || (st == LB_ENOMEM && combo.z == NULL));
  }
  st = LB_ENOMEM;
  lb_logrank_omnibus omnibus = {0};
  for (long k = 0; st != LB_OK; k++) {
    lb_mem_fail_after(k);
    st = lb_logrank_combine_groups(&joint, &omnibus, &err);
    assert_true(st == LB_OK || (st == LB_ENOMEM && omnibus.df == NULL));
  }
  lb_mem_fail_after(-1);
  lb_logrank_omnibus_reset(&omnibus);
  lb_logrank_combo_reset(&combo);
  lb_logrank_joint_reset(&joint);
}

int main(void)
{
  gsl_set_error_handler_off();
  const struct CMUnitTest tests[] = {
      LB_TEST(scores_add_up),          LB_TEST(joint_tests),  LB_TEST(sampling_by_hand),
      LB_TEST(equal_sampling_weights), LB_TEST(million_ties), LB_TEST(largest_of_groups),
      LB_TEST(edges_and_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
