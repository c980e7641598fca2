/* test_multistate_predict.c - predicted state probabilities: two states and competing causes in
 * closed form, three states against matrix products, standard errors against derivatives, edges,
 * failing allocations. */
#include "check.h"
#include "stats/survival/multistate_predict.h"

#include <gsl/gsl_cdf.h>

#define N 90 /* rows of three transitions, one below the other */
#define P 2
#define T 5

static double time_[N], x_[P][N];
static uint8_t event_[N];
static int32_t stratum_[N];
static const double *const COLUMNS[] = {x_[0], x_[1]};
static const lb_surv OUTCOME = {.n = N, .time = time_, .event = event_};
static const lb_design DESIGN = {.n = N, .p = P, .column = COLUMNS};
static const lb_partition STRATA = {stratum_, 3};
static const double COEF[P] = {0.4, -0.3}, AT[T] = {0.5, 2, 3.5, 6, 50};
static const double PERSON[P] = {1.2, 1};

static void make_rows(void)
{
  uint32_t state = 1618;
  for (size_t i = 0; i < N; i++) {
    double u[3];
    for (size_t k = 0; k < 3; k++) {
      state = state * 1664525u + 1013904223u;
      u[k] = (double)(state >> 8) / 16777216.0;
    }
    stratum_[i] = (int32_t)(i / 30);
    time_[i] = 1 + floor(12 * u[0]) / 2;    /* ties, in a stratum and across */
    event_[i] = u[1] < 0.6 && time_[i] < 5; /* many stay at risk: hazards below 1 */
    x_[0][i] = 2 * u[2] - 0.5;
    x_[1][i] = (double)(i % 2);
  }
}

static lb_cox_path path_at(const double *coef)
{
  const lb_cox_at at = {&OUTCOME, &DESIGN, &STRATA, LB_TIES_BRESLOW, coef};
  lb_cox_path path = {0};
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_cox_path_new(&at, &path, &err), err);
  return path;
}

/* The same person in each of up to three transitions. */
typedef struct who {
  double z[3 * P], log_risk[3];
  lb_state_person person;
} who;

static void set_who(who *w, const lb_cox_path *path, const double *coef)
{
  for (size_t h = 0; h < w->person.n_transition; h++) {
    w->log_risk[h] = 0;
    for (size_t j = 0; j < P; j++) {
      w->z[h * P + j] = PERSON[j] - path->centre[j];
      w->log_risk[h] += coef[j] * w->z[h * P + j];
    }
  }
  w->person.z = w->z;
  w->person.log_risk = w->log_risk;
}

static void predict(const lb_cox_path *path, const double *vcov, const who *w, bool increment,
                    double from, double *p, double *std_error)
{
  const lb_state_times times = {.time = AT, .n = T, .from = from, .increment = increment};
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_state_predict(path, vcov, &w->person, &times, p, std_error, &err), err);
}

static const int32_t FROM[] = {0, 0, 1}, TO[] = {1, 2, 2};
static const size_t OF[] = {0, 1, 2}, SHARED[] = {0, 1, 1};
static const double WELL[] = {1, 0, 0}, BOTH[] = {0.6, 0.4, 0};

/* Step of the hazard of stratum s at a time, for the person. */
static double step_at(const lb_cox_path *path, const who *w, size_t h, double time)
{
  size_t s = w->person.stratum[h], end = lb_cox_path_find(path, s, time);
  if (end == path->start[s] || path->time[end - 1] != time) return 0;
  return exp(w->log_risk[h]) * lb_cox_path_between(path, s, end - 1, end, LB_PATH_HAZARD);
}

/* ---- Two states: exp(-H), with the standard error of the Cox model's survival ---- */

static void two_states(void **state)
{
  (void)state;
  const double vcov[P * P] = {0.04, 0.01, 0.01, 0.09};
  make_rows();
  lb_cox_path path = path_at(COEF);
  who w = {.person = {1, 2, FROM, TO, OF, NULL, NULL, WELL}};
  set_who(&w, &path, COEF);
  const lb_cox_person same = {.z = w.z, .log_risk = w.log_risk[0], .stratum = 0};
  for (double from = 0; from < 3; from += 2) {
    double p[T * 2], std_error[T * 2];
    size_t first = lb_cox_path_find(&path, 0, from);
    predict(&path, vcov, &w, false, from, p, std_error);
    for (size_t t = 0; t < T; t++) {
      size_t end = lb_cox_path_find(&path, 0, AT[t]);
      if (end < first) end = first;
      lb_cox_hazard want = lb_cox_person_hazard(&path, vcov, &same, first, end);
      LB_NEAR(p[t * 2], exp(-want.hazard), TOL_EXACT);
      LB_NEAR(p[t * 2 + 1], -expm1(-want.hazard), TOL_EXACT);
      LB_NEAR(std_error[t * 2], exp(-want.hazard) * want.std_error, 1e-13);
      LB_NEAR(std_error[t * 2 + 1], exp(-want.hazard) * want.std_error, 1e-13);
    }
    assert_true(p[0] == 1 && std_error[0] == 0);
    assert_true(p[T * 2 - 2] < 0.9);
    double without[T * 2];
    predict(&path, NULL, &w, false, from, without, NULL);
    assert_memory_equal(without, p, sizeof p);
  }
  lb_cox_path_reset(&path);
}

/* ---- Products over times, with matrices of three states ---- */

static void multiply(double a[3][3], double b[3][3], double out[3][3])
{
  double sum[3][3] = {{0}};
  for (size_t i = 0; i < 3; i++)
    for (size_t m = 0; m < 3; m++)
      for (size_t j = 0; j < 3; j++) sum[i][j] += a[i][m] * b[m][j];
  memcpy(out, sum, sizeof sum);
}

/* I + A, or exp(A) as (I + A / 2^k + (A / 2^k)^2 / 2 + ...)^(2^k). */
static void matrix_of(double a[3][3], bool increment, double out[3][3])
{
  double small[3][3], term[3][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
  memcpy(out, term, sizeof term);
  for (size_t i = 0; i < 9; i++) (&small[0][0])[i] = (&a[0][0])[i] / (increment ? 1 : 64);
  for (int n = 1; n <= (increment ? 1 : 20); n++) {
    multiply(term, small, term);
    for (size_t i = 0; i < 9; i++) (&term[0][0])[i] /= n;
    for (size_t i = 0; i < 9; i++) (&out[0][0])[i] += (&term[0][0])[i];
  }
  for (int k = 0; k < (increment ? 0 : 6); k++) multiply(out, out, out);
}

/* By whole and half days: all times are among them. */
static void product(const lb_cox_path *path, const who *w, bool increment, double until, double *p)
{
  memcpy(p, w->person.p0, 3 * sizeof *p);
  for (int k = 0; k <= 40 && k / 2.0 <= until; k++) {
    double a[3][3] = {{0}}, m[3][3], moved[3] = {0};
    for (size_t h = 0; h < w->person.n_transition; h++) {
      double step = step_at(path, w, h, k / 2.0);
      a[w->person.from[h]][w->person.to[h]] += step;
      a[w->person.from[h]][w->person.from[h]] -= step;
    }
    matrix_of(a, increment, m);
    for (size_t i = 0; i < 3; i++)
      for (size_t j = 0; j < 3; j++) moved[j] += p[i] * m[i][j];
    memcpy(p, moved, sizeof moved);
  }
}

static void three_states(void **state)
{
  (void)state;
  make_rows();
  lb_cox_path path = path_at(COEF);
  for (int increment = 0; increment < 2; increment++) {
    for (int shared = 0; shared < 2; shared++) {
      who w = {.person = {3, 3, FROM, TO, shared ? SHARED : OF, NULL, NULL, BOTH}};
      double p[T * 3];
      set_who(&w, &path, COEF);
      predict(&path, NULL, &w, increment, 0, p, NULL);
      for (size_t t = 0; t < T; t++) {
        double want[3];
        product(&path, &w, increment, AT[t], want);
        for (size_t s = 0; s < 3; s++) LB_NEAR(p[t * 3 + s], want[s], 1e-13);
        LB_NEAR(p[t * 3] + p[t * 3 + 1] + p[t * 3 + 2], 1, 1e-13);
      }
      assert_true(p[T * 3 - 1] > 0.3);
    }
  }
  lb_cox_path_reset(&path);
}

/* Hazards far above 1, so that exp(dA) is scaled: 0 <-> 1 with rates a, b is p01 = a / (a + b)
 * (1 - exp(-a - b)). As I + dA a row is cut where it would leave more than all. */
static void large_steps(void **state)
{
  (void)state;
  static const int32_t THERE[] = {0, 1}, BACK[] = {1, 0};
  static const size_t FIRST[] = {0, 1};
  static const double RATE[] = {40, 3};
  double steps[2 * 3] = {0};
  size_t start[] = {0, 1, 2};
  double time[] = {1, 1};
  lb_sum sum[2 * 2] = {{RATE[0], 0}, {0, 0}, {RATE[1], 0}, {0, 0}}; /* hazard, variance; p = 0 */
  const lb_cox_path path = {.n_strata = 2, .n_time = 2, .start = start, .time = time, .sum = sum};
  const double zero[] = {0, 0}, p0[] = {1, 0};
  who w = {.person = {2, 2, THERE, BACK, FIRST, steps, zero, p0}};
  const lb_state_times exact = {.time = AT + 1, .n = 1, .from = 0};
  const lb_state_times cut = {.time = AT + 1, .n = 1, .from = 0, .increment = true};
  double p[2], std_error[2], vcov = 0;
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_state_predict(&path, &vcov, &w.person, &exact, p, std_error, &err), err);
  LB_NEAR(p[1], RATE[0] / (RATE[0] + RATE[1]) * -expm1(-RATE[0] - RATE[1]), 1e-12);
  LB_NEAR(p[0] + p[1], 1, 1e-12);
  LB_OK_OR_FAIL(lb_state_predict(&path, NULL, &w.person, &cut, p, NULL, &err), err);
  assert_true(p[0] == 0 && p[1] == 1);
}

/* ---- Standard errors ---- */

/* The coefficients' part: derivatives of the prediction, whose baseline moves with them. */
static void by_coefficients(void **state)
{
  (void)state;
  const double vcov[P * P] = {0.04, 0.01, 0.01, 0.09};
  make_rows();
  lb_cox_path path = path_at(COEF);
  for (size_t i = 0; i < path.n_time; i++) /* as if the baselines were known */
    path.sum[i * (P + 2) + LB_PATH_VARIANCE] = (lb_sum){0};
  for (int shared = 0; shared < 2; shared++) {
    who w = {.person = {3, 3, FROM, TO, shared ? SHARED : OF, NULL, NULL, BOTH}};
    double p[T * 3], std_error[T * 3], slope[P][T * 3], h = 1e-5;
    set_who(&w, &path, COEF);
    predict(&path, vcov, &w, true, 0, p, std_error);
    for (size_t j = 0; j < P; j++) {
      double side[2][T * 3];
      for (int k = 0; k < 2; k++) {
        double coef[P] = {COEF[0], COEF[1]};
        coef[j] += k == 0 ? -h : h;
        lb_cox_path moved = path_at(coef);
        who there = w;
        set_who(&there, &moved, coef);
        predict(&moved, NULL, &there, true, 0, side[k], NULL);
        lb_cox_path_reset(&moved);
      }
      for (size_t i = 0; i < T * 3; i++) slope[j][i] = (side[1][i] - side[0][i]) / (2 * h);
    }
    for (size_t i = 0; i < T * 3; i++) {
      double a = slope[0][i], b = slope[1][i];
      LB_NEAR(std_error[i], sqrt(vcov[0] * a * a + 2 * vcov[1] * a * b + vcov[3] * b * b), 1e-9);
    }
    assert_true(std_error[T * 3 - 1] > 0.01);
  }
  lb_cox_path_reset(&path);
}

/* The baselines' part, by moving the step of one stratum at one time after the other. */
static void by_baselines(void **state)
{
  (void)state;
  const double none[P * P] = {0};
  make_rows();
  for (int shared = 0; shared < 2; shared++) {
    lb_cox_path path = path_at(COEF);
    who w = {.person = {3, 3, FROM, TO, shared ? SHARED : OF, NULL, NULL, BOTH}};
    double p[T * 3], std_error[T * 3], want[T * 3] = {0}, h = 1e-6;
    size_t width = P + 2;
    set_who(&w, &path, COEF);
    predict(&path, none, &w, true, 0, p, std_error);
    for (size_t s = 0; s < (shared ? 2 : 3); s++) {
      for (size_t i = path.start[s]; i < path.start[s + 1]; i++) {
        double variance = lb_cox_path_between(&path, s, i, i + 1, LB_PATH_VARIANCE), side[2][T * 3];
        for (int k = 0; k < 2; k++) {
          double by = k == 0 ? -h : h;
          for (size_t l = i; l < path.start[s + 1]; l++) path.sum[l * width].high += by;
          predict(&path, NULL, &w, true, 0, side[k], NULL);
          for (size_t l = i; l < path.start[s + 1]; l++) path.sum[l * width].high -= by;
        }
        for (size_t t = 0; t < T * 3; t++) {
          double slope = (side[1][t] - side[0][t]) / (2 * h);
          want[t] += variance * slope * slope;
        }
      }
    }
    for (size_t t = 0; t < T * 3; t++) LB_NEAR(std_error[t], sqrt(want[t]), 1e-7);
    assert_true(std_error[T * 3 - 1] > 0.01);
    lb_cox_path_reset(&path);
  }
}

/* A coefficient without an estimate adds nothing. */
static void missing_coefficient(void **state)
{
  (void)state;
  const double whole[P * P] = {0.04, 0, 0, 0}, part[P * P] = {0.04, NAN, NAN, NAN};
  double p[T * 2], a[T * 2], b[T * 2];
  make_rows();
  lb_cox_path path = path_at(COEF);
  who w = {.person = {1, 2, FROM, TO, OF, NULL, NULL, WELL}};
  set_who(&w, &path, COEF);
  predict(&path, whole, &w, false, 0, p, a);
  predict(&path, part, &w, false, 0, p, b);
  assert_memory_equal(a, b, sizeof a);
  lb_cox_path_reset(&path);
}

/* ---- Edges ---- */

static void edges(void **state)
{
  (void)state;
  const double vcov[P * P] = {0.04, 0.01, 0.01, 0.09};
  make_rows();
  lb_cox_path path = path_at(COEF);
  who w = {.person = {3, 3, FROM, TO, OF, NULL, NULL, BOTH}};
  double p[T * 3], std_error[T * 3];
  lb_error err = {0};
  set_who(&w, &path, COEF);
  predict(&path, vcov, &w, false, 20, p, std_error); /* after the last time */
  for (size_t t = 0; t < T; t++) {
    assert_memory_equal(p + 3 * t, BOTH, sizeof BOTH);
    assert_true(std_error[3 * t] == 0 && std_error[3 * t + 2] == 0);
  }
  w.person.n_transition = 0; /* nowhere to go */
  predict(&path, vcov, &w, false, 0, p, std_error);
  assert_memory_equal(p + 3 * (T - 1), BOTH, sizeof BOTH);
  const lb_state_times never = {.time = AT, .n = 0};
  w.person.n_transition = 3;
  p[0] = -1;
  LB_OK_OR_FAIL(lb_state_predict(&path, vcov, &w.person, &never, p, std_error, &err), err);
  assert_true(p[0] == -1);
  lb_cox_path_reset(&path);
}

static void limits(void **state)
{
  (void)state;
  const double p[] = {0, 0.3, 1, 0.8}, std_error[] = {0, 0.1, 0, 0.05};
  double low[4], high[4], z = gsl_cdf_ugaussian_Pinv(0.95);
  lb_state_limits(p, std_error, 4, 0.9, LB_KM_PLAIN, low, high);
  LB_NEAR(low[1], 0.3 - z * 0.1, 1e-13);
  LB_NEAR(high[1], 0.3 + z * 0.1, 1e-13);
  assert_true(low[0] == 0 && high[0] == 0 && low[2] == 1 && high[2] == 1);
  lb_state_limits(p, std_error, 4, 0.9, LB_KM_LOG_LOG, low, high);
  LB_NEAR(low[3], exp(-exp(log(-log(0.8)) + z * 0.05 / (0.8 * -log(0.8)))), 1e-13);
  LB_NEAR(high[3], exp(-exp(log(-log(0.8)) - z * 0.05 / (0.8 * -log(0.8)))), 1e-13);
}

static void failing_allocations(void **state)
{
  (void)state;
  const double vcov[P * P] = {0.04, 0.01, 0.01, 0.09};
  make_rows();
  lb_cox_path path = path_at(COEF);
  size_t held = lb_mem_live();
  who w = {.person = {3, 3, FROM, TO, OF, NULL, NULL, BOTH}};
  set_who(&w, &path, COEF);
  const lb_state_times times = {.time = AT, .n = T};
  lb_status st = LB_ENOMEM;
  long k = 0;
  for (; st != LB_OK; k++) {
    double p[T * 3] = {-1}, std_error[T * 3];
    lb_error err = {0};
    lb_mem_fail_after(k);
    st = lb_state_predict(&path, vcov, &w.person, &times, p, std_error, &err);
    lb_mem_fail_after(-1);
    assert_true(st == LB_OK || (st == LB_ENOMEM && p[0] == -1));
    assert_int_equal(lb_mem_live(), held);
  }
  assert_true(k > 2);
  lb_cox_path_reset(&path);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      LB_TEST(two_states),      LB_TEST(three_states), LB_TEST(large_steps),
      LB_TEST(by_coefficients), LB_TEST(by_baselines), LB_TEST(missing_coefficient),
      LB_TEST(edges),           LB_TEST(limits),       LB_TEST(failing_allocations),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
