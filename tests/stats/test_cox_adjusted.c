/* test_cox_adjusted.c - standardised survival: the jackknife against derivatives themselves, the
 * model-based variance against that of one person, areas, failing allocations. */
#include "check.h"
#include "stats/survival/cox_adjusted.h"

#include <gsl/gsl_errno.h>

#define N 40
#define P 2
#define L 2
#define T 3

static double time_[N], entry_[N], weight_[N], x_[P][N], level_[L][N];
static uint8_t event_[N];
static int32_t stratum_[N];
static uint32_t row_[N];
static const double *const COLUMNS[] = {x_[0], x_[1]};
static const double *const LEVEL_COLUMNS[L][P] = {{level_[0], x_[1]}, {level_[1], x_[1]}};
static const lb_design DESIGN = {.n = N, .p = P, .column = COLUMNS};
static const lb_design LEVELS[L] = {{.n = N, .p = P, .column = LEVEL_COLUMNS[0]},
                                    {.n = N, .p = P, .column = LEVEL_COLUMNS[1]}};
static const lb_partition STRATA = {stratum_, 2};
static const double TIMES[T] = {3, 5.5, 7};

static void make_rows(void)
{
  uint32_t state = 99;
  for (size_t i = 0; i < N; i++) {
    double u[5];
    for (size_t k = 0; k < 5; k++) {
      state = state * 1664525u + 1013904223u;
      u[k] = (double)(state >> 8) / 16777216.0;
    }
    time_[i] = 2 + floor(8 * u[0]);
    entry_[i] = floor(time_[i] * 0.5 * u[1]);
    event_[i] = u[2] < 0.7;
    weight_[i] = 0.5 + 2 * u[3];
    x_[0][i] = (double)(u[4] < 0.5);
    x_[1][i] = u[1] - u[3];
    level_[0][i] = 0;
    level_[1][i] = 1;
    stratum_[i] = (int32_t)(i % 3 == 0);
    row_[i] = (uint32_t)i;
  }
}

typedef struct made {
  lb_surv y;
  lb_cox fit;
  lb_cox_path path;
  lb_cox_at at;
} made;

static void make(made *m)
{
  lb_error err = {0};
  m->y = (lb_surv){.n = N, .time = time_, .entry = entry_, .event = event_, .weight = weight_};
  LB_OK_OR_FAIL(lb_cox_fit(&m->y, &DESIGN, &STRATA, NULL, &m->fit, &err), err);
  m->at = (lb_cox_at){&m->y, &DESIGN, &STRATA, LB_TIES_EFRON, m->fit.coef};
  LB_OK_OR_FAIL(lb_cox_path_new(&m->at, &m->path, &err), err);
}

static void unmake(made *m)
{
  lb_cox_reset(&m->fit);
  lb_cox_path_reset(&m->path);
}

static const int32_t *const STRATUM[] = {stratum_, stratum_};
static const lb_cox_levels WHO = {L, LEVELS, STRATUM, row_};

static lb_status adjust(const made *m, bool random, lb_cox_adjusted *out)
{
  lb_cox_adjusted_options opt = {.vcov = m->fit.vcov, .jackknife = random, .random = random};
  opt.time = TIMES;
  opt.n_time = T;
  opt.tau = 6.5;
  return lb_cox_adjusted_new(&m->at, &m->path, &WHO, &opt, out, NULL);
}

static void test_derivatives(void **state)
{
  (void)state;
  const double STEP = 1e-4;
  static double influence[N][(T + 1) * L];
  made m = {0};
  lb_cox_adjusted whole = {0};
  make_rows();
  for (size_t i = 0; i < N; i++) {
    double kept = weight_[i];
    for (int sign = -1; sign <= 1; sign += 2) {
      lb_cox_adjusted moved = {0};
      weight_[i] = kept + sign * STEP;
      made n = {0};
      make(&n);
      assert_int_equal(adjust(&n, false, &moved), LB_OK);
      for (size_t k = 0; k < (T + 1) * L; k++)
        influence[i][k] =
            kept * sign * moved.estimate[k] / (2 * STEP) + (sign > 0 ? influence[i][k] : 0);
      lb_cox_adjusted_reset(&moved);
      unmake(&n);
    }
    weight_[i] = kept;
  }
  make(&m);
  assert_int_equal(adjust(&m, true, &whole), LB_OK);
  for (size_t k = 0; k <= T; k++) {
    for (size_t a = 0; a < L; a++) {
      for (size_t b = 0; b < L; b++) {
        double sum = 0;
        for (size_t i = 0; i < N; i++) sum += influence[i][k * L + a] * influence[i][k * L + b];
        LB_NEAR(whole.covariance[(k * L + a) * L + b] / sum, 1, 1e-5);
      }
    }
  }
  lb_cox_adjusted_reset(&whole);
  unmake(&m);
}

/* Averages and the area by hand, from each one's own curve. */
static void test_averages(void **state)
{
  (void)state;
  made m = {0};
  lb_cox_adjusted got = {0};
  double z[P], total = 0, at[T][L] = {{0}}, area[L] = {0};
  make_rows();
  make(&m);
  assert_int_equal(adjust(&m, false, &got), LB_OK);
  for (size_t i = 0; i < N; i++) {
    total += weight_[i];
    for (size_t a = 0; a < L; a++) {
      size_t s = (size_t)stratum_[i], start = m.path.start[s];
      double risk = exp(lb_cox_person_row(&m.at, &m.path, &LEVELS[a], i, z)), before = 0;
      for (size_t t = 0; t < T; t++) {
        size_t end = lb_cox_path_find(&m.path, s, TIMES[t]);
        at[t][a] +=
            weight_[i] * exp(-risk * lb_cox_path_between(&m.path, s, start, end, LB_PATH_HAZARD));
      }
      for (size_t k = start; k <= m.path.start[s + 1] && before < 6.5; k++) {
        double to = k < m.path.start[s + 1] ? fmin(m.path.time[k], 6.5) : 6.5;
        double hazard = lb_cox_path_between(&m.path, s, start, k, LB_PATH_HAZARD);
        area[a] += weight_[i] * (to - before) * exp(-risk * hazard);
        before = to;
      }
    }
  }
  for (size_t a = 0; a < L; a++) {
    for (size_t t = 0; t < T; t++) LB_NEAR(got.estimate[t * L + a], at[t][a] / total, 1e-13);
    LB_NEAR(got.estimate[T * L + a], area[a] / total, 1e-13);
  }
  lb_cox_adjusted_reset(&got);
  unmake(&m);
}

/* When all are the same person of one stratum, the average is that person's survival. */
static void test_one_person(void **state)
{
  (void)state;
  made m = {0};
  double z[P];
  make_rows();
  make(&m);
  static const uint32_t SAME[N] = {0};
  static int32_t first[N];
  static const int32_t *const stratum[] = {first, first};
  lb_cox_levels who = {L, LEVELS, stratum, SAME};
  lb_cox_adjusted got = {0};
  lb_cox_adjusted_options opt = {.vcov = m.fit.vcov, .time = TIMES, .n_time = T, .tau = NAN};
  assert_int_equal(lb_cox_adjusted_new(&m.at, &m.path, &who, &opt, &got, NULL), LB_OK);
  assert_int_equal(got.n_moment, T);
  for (size_t t = 0; t < T; t++) {
    for (size_t a = 0; a < L; a++) {
      lb_cox_person person = {.z = z, .stratum = 0};
      person.log_risk = lb_cox_person_row(&m.at, &m.path, &LEVELS[a], 0, z);
      size_t end = lb_cox_path_find(&m.path, 0, TIMES[t]);
      lb_cox_hazard h = lb_cox_person_hazard(&m.path, m.fit.vcov, &person, m.path.start[0], end);
      lb_cox_survival s = lb_cox_survival_of(h, 1.96, LB_COX_CONF_PLAIN);
      LB_NEAR(got.estimate[t * L + a], s.survival, TOL_EXACT);
      LB_NEAR(sqrt(got.covariance[(t * L + a) * L + a]), s.std_error, 1e-13);
    }
  }
  lb_cox_adjusted_reset(&got);
  unmake(&m);
}

static void test_failing_allocations(void **state)
{
  (void)state;
  made m = {0};
  make_rows();
  make(&m);
  size_t live = lb_mem_live();
  lb_status st = LB_ENOMEM;
  for (long k = 0; st != LB_OK; k++) {
    lb_cox_adjusted got = {0};
    lb_mem_fail_after(k);
    st = adjust(&m, true, &got);
    lb_mem_fail_after(-1);
    assert_true(st == LB_OK || (st == LB_ENOMEM && got.estimate == NULL));
    lb_cox_adjusted_reset(&got);
    assert_int_equal(lb_mem_live(), live);
  }
  unmake(&m);
}

int main(void)
{
  const struct CMUnitTest tests[] = {LB_TEST(test_derivatives), LB_TEST(test_averages),
                                     LB_TEST(test_one_person), LB_TEST(test_failing_allocations)};
  gsl_set_error_handler_off();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
