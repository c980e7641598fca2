/* test_finegray.c - the Fine-Gray model against its definition in O(n^2), Cox, and itself. */
#include "base/parallel.h"
#include "check.h"
#include "stats/survival/cox_residual.h"
#include "stats/survival/finegray.h"

#include <gsl/gsl_errno.h>
#include <stdlib.h>

#define N 120
#define P 2

static double time_[N], x_[P][N], weight_[N];
static uint8_t event_[N];
static int32_t cause_[N];
static const double *const COLUMN[P] = {x_[0], x_[1]};
static const lb_design X = {.n = N, .p = P, .column = COLUMN};

static uint32_t next(uint32_t *seed)
{
  *seed = *seed * 1664525u + 1013904223u;
  return *seed >> 12;
}

static lb_surv make(size_t n_cause, uint32_t seed)
{
  for (size_t i = 0; i < N; i++) {
    time_[i] = 1 + (double)(next(&seed) % 40);
    cause_[i] = (int32_t)(next(&seed) % (n_cause + 1));
    event_[i] = cause_[i] > 0;
    x_[0][i] = (double)(next(&seed) % 1000) / 300;
    x_[1][i] = (double)(next(&seed) % 2);
    weight_[i] = 1 + (double)(next(&seed) % 3);
  }
  return (lb_surv){.n = N, .time = time_, .event = event_, .cause = cause_, .n_cause = n_cause};
}

static lb_finegray fit(const lb_surv *y, lb_finegray_options opt)
{
  lb_error err = {0};
  lb_finegray out = {0};
  LB_OK_OR_FAIL(lb_finegray_fit(y, &X, 1, &opt, &out, &err), err);
  return out;
}

static const lb_finegray_options OPTIONS = LB_FINEGRAY_DEFAULTS;

/* ---- The definition, row by row ---- */

static double free_before(double t) /* G(t-), rows with an event at u at risk of censoring there */
{
  double g = 1;
  for (double u = 1; u < t; u++) {
    double at_risk = 0, censored = 0;
    for (size_t i = 0; i < N; i++) {
      at_risk += time_[i] >= u;
      censored += time_[i] == u && cause_[i] == 0;
    }
    if (censored > 0) g *= 1 - censored / at_risk;
  }
  return g;
}

/* w_i(t) Y_i(t) */
static double stays(size_t i, double t)
{
  if (time_[i] >= t) return 1;
  return cause_[i] == 2 ? free_before(t) / free_before(time_[i]) : 0;
}

typedef struct at_time {
  double s0, s1[P], step; /* sums over the risk set, d / s0 */
} at_time;

static at_time risk_set(const double *beta, double t)
{
  at_time a = {0};
  double events = 0;
  for (size_t i = 0; i < N; i++) {
    double r = stays(i, t) * exp(beta[0] * x_[0][i] + beta[1] * x_[1][i]);
    a.s0 += r;
    for (size_t j = 0; j < P; j++) a.s1[j] += r * x_[j][i];
    events += time_[i] == t && cause_[i] == 1;
  }
  a.step = a.s0 > 0 ? events / a.s0 : 0;
  return a;
}

/* eta_i of Fine & Gray's equation 7, from time `from` on: all of it from 0. */
static void add_eta(const double *beta, size_t i, double from, double *eta)
{
  double r = exp(beta[0] * x_[0][i] + beta[1] * x_[1][i]);
  for (double t = fmax(1, from); t <= 40; t++) {
    at_time a = risk_set(beta, t);
    if (a.s0 == 0) continue;
    double dm = (time_[i] == t && cause_[i] == 1) - stays(i, t) * r * a.step;
    for (size_t j = 0; j < P; j++) eta[j] += (x_[j][i] - a.s1[j] / a.s0) * dm;
  }
}

/* Adds psi_i of equation 8 for every row. */
static void add_psi(const double *beta, double eta[N][P])
{
  for (double u = 1; u <= 40; u++) {
    double at_risk = 0, censored = 0, q[P] = {0};
    for (size_t i = 0; i < N; i++) {
      at_risk += time_[i] >= u;
      censored += time_[i] == u && cause_[i] == 0;
      if (cause_[i] != 2 || time_[i] >= u) continue;
      double rest[P] = {0};
      add_eta(beta, i, u, rest);
      for (size_t j = 0; j < P; j++) q[j] -= rest[j];
    }
    for (size_t i = 0; i < N && at_risk > 0; i++) {
      double dm = (time_[i] == u && cause_[i] == 0) - (time_[i] >= u) * censored / at_risk;
      for (size_t j = 0; j < P; j++) eta[i][j] += q[j] / at_risk * dm;
    }
  }
}

static void check_sandwich(const lb_finegray *f, double eta[N][P])
{
  double meat[P][P] = {{0}};
  for (size_t i = 0; i < N; i++)
    for (size_t j = 0; j < P; j++)
      for (size_t k = 0; k < P; k++) meat[j][k] += eta[i][j] * eta[i][k];
  for (size_t j = 0; j < P; j++)
    for (size_t k = 0; k < P; k++) {
      double sum = 0;
      for (size_t a = 0; a < P; a++)
        for (size_t b = 0; b < P; b++)
          sum += f->naive_vcov[j * P + a] * meat[a][b] * f->naive_vcov[b * P + k];
      LB_NEAR(f->cox.vcov[j * P + k], sum, 1e-11);
    }
}

static void definition(void **state)
{
  (void)state;
  static double eta[N][P];
  const lb_surv y = make(2, 31);
  lb_finegray f = fit(&y, OPTIONS);
  double score[P] = {0};
  memset(eta, 0, sizeof eta);
  for (size_t i = 0; i < N; i++) {
    add_eta(f.cox.coef, i, 0, eta[i]);
    for (size_t j = 0; j < P; j++) score[j] += eta[i][j];
  }
  for (size_t j = 0; j < P; j++) LB_NEAR(score[j], 0, 1e-7);
  lb_finegray_options robust = OPTIONS;
  robust.variance = LB_FINEGRAY_ROBUST;
  lb_finegray g = fit(&y, robust);
  check_sandwich(&g, eta);
  add_psi(f.cox.coef, eta);
  check_sandwich(&f, eta);
  lb_finegray_reset(&g);
  /* Breslow's cumulative hazard at the means of the columns */
  double hazard = 0, at_means = 0;
  for (size_t j = 0; j < P; j++) at_means += f.cox.coef[j] * f.cox.means[j];
  for (double t = 1; t <= 40; t++) hazard += risk_set(f.cox.coef, t).step;
  LB_NEAR(f.cumulative_hazard[f.n_time - 1], hazard * exp(at_means), 1e-8);
  lb_finegray_reset(&f);
}

/* Nobody competes: Cox, and the censoring distribution has no part in the variance. */
static void one_cause_is_cox(void **state)
{
  (void)state;
  lb_error err = {0};
  for (int ties = 0; ties < 2; ties++) {
    lb_surv y = make(1, 37);
    lb_finegray_options opt = OPTIONS;
    opt.cox.ties = (lb_ties)ties;
    lb_finegray f = fit(&y, opt);
    lb_cox cox = {0};
    lb_cox_robust robust = {0};
    y.cause = NULL;
    LB_OK_OR_FAIL(lb_cox_fit(&y, &X, NULL, &opt.cox, &cox, &err), err);
    const lb_cox_at at = {.y = &y, .x = &X, .coef = cox.coef, .ties = opt.cox.ties};
    LB_OK_OR_FAIL(lb_cox_robust_fit(&at, cox.vcov, NULL, &robust, &err), err);
    LB_NEAR(f.cox.log_lik, cox.log_lik, TOL_EXACT);
    for (size_t j = 0; j < P; j++) LB_NEAR(f.cox.coef[j], cox.coef[j], 1e-12);
    for (size_t j = 0; j < P * P; j++) {
      LB_NEAR(f.naive_vcov[j], cox.vcov[j], 1e-12);
      LB_NEAR(f.cox.vcov[j], robust.vcov[j], 1e-10);
    }
    lb_cox_robust_reset(&robust);
    lb_cox_reset(&cox);
    lb_finegray_reset(&f);
  }
}

static void swap_rows(size_t a, size_t b)
{
  double t = time_[a], u = x_[0][a], v = x_[1][a];
  int32_t c = cause_[a];
  time_[a] = time_[b];
  time_[b] = t;
  x_[0][a] = x_[0][b];
  x_[0][b] = u;
  x_[1][a] = x_[1][b];
  x_[1][b] = v;
  cause_[a] = cause_[b];
  cause_[b] = c;
  event_[a] = cause_[a] > 0;
  event_[b] = cause_[b] > 0;
}

/* Rows in another order, times stretched to fractions, causes renamed. */
static void order_and_unit(void **state)
{
  (void)state;
  const lb_surv y = make(2, 41);
  lb_finegray a = fit(&y, OPTIONS);
  for (size_t i = 0; i < N / 2; i++) swap_rows(i, N - 1 - i);
  for (size_t i = 0; i < N; i++) time_[i] *= 0.37;
  lb_finegray b = fit(&y, OPTIONS);
  for (size_t j = 0; j < P; j++) {
    LB_NEAR(a.cox.coef[j], b.cox.coef[j], 1e-11);
    LB_NEAR(a.cox.std_error[j], b.cox.std_error[j], 1e-11);
  }
  lb_finegray_reset(&a);
  lb_finegray_reset(&b);
}

/* Integer weights: coefficients and information of repeated rows. */
static void weights_repeat(void **state)
{
  (void)state;
  static double time[3 * N], x[P][3 * N];
  static uint8_t event[3 * N];
  static int32_t cause[3 * N];
  lb_error err = {0};
  lb_surv y = make(2, 43);
  size_t n = 0;
  for (size_t i = 0; i < N; i++)
    for (size_t k = 0; k < (size_t)weight_[i]; k++, n++) {
      time[n] = time_[i];
      event[n] = event_[i];
      cause[n] = cause_[i];
      for (size_t j = 0; j < P; j++) x[j][n] = x_[j][i];
    }
  const double *const column[P] = {x[0], x[1]};
  const lb_design design = {.n = n, .p = P, .column = column};
  const lb_surv plain = {.n = n, .time = time, .event = event, .cause = cause, .n_cause = 2};
  y.weight = weight_;
  for (int first = 0; first < 2; first++) {
    lb_finegray_options opt = OPTIONS;
    opt.variance = LB_FINEGRAY_MODEL;
    opt.events_first = first;
    lb_finegray a = fit(&y, opt), b = {0};
    LB_OK_OR_FAIL(lb_finegray_fit(&plain, &design, 1, &opt, &b, &err), err);
    for (size_t j = 0; j < P; j++) {
      LB_NEAR(a.cox.coef[j], b.cox.coef[j], 1e-11);
      LB_NEAR(a.cox.std_error[j], b.cox.std_error[j], 1e-11);
    }
    for (size_t t = 0; t < a.n_time; t++)
      LB_NEAR(a.cumulative_hazard[t], b.cumulative_hazard[t], 1e-11);
    lb_finegray_reset(&a);
    lb_finegray_reset(&b);
  }
}

static void prediction(void **state)
{
  (void)state;
  lb_error err = {0};
  const lb_surv y = make(2, 47);
  lb_finegray f = fit(&y, OPTIONS);
  const double a[] = {f.cox.means[0], 9}, b[] = {f.cox.means[1], 1}, time[] = {0.5, 20, 99};
  const double *const column[P] = {a, b};
  const lb_design x = {.n = 2, .p = P, .column = column};
  double out[6];
  LB_OK_OR_FAIL(lb_finegray_predict(&f, &x, time, 3, out, &err), err);
  LB_NEAR(out[0], 0, 0);
  LB_NEAR(out[2], 1 - exp(-f.cumulative_hazard[f.n_time - 1]), 1e-12);
  assert_true(out[4] > 0 && out[4] < out[5] && out[5] < 1);
  const double falling[] = {2, 1};
  assert_int_equal(lb_finegray_predict(&f, &x, falling, 2, out, &err), LB_EARG);
  lb_finegray_reset(&f);
}

static void edges(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_surv y = make(2, 53);
  lb_finegray f = {0};
  const lb_design none = {.n = N}, empty = {.p = P, .column = COLUMN};
  assert_int_equal(lb_finegray_fit(&y, &X, 3, NULL, &f, &err), LB_EARG);
  lb_partition cluster = {cause_, 3};
  lb_finegray_options model = OPTIONS;
  model.variance = LB_FINEGRAY_MODEL;
  model.cluster = &cluster;
  assert_int_equal(lb_finegray_fit(&y, &X, 1, &model, &f, &err), LB_EARG);
  LB_OK_OR_FAIL(lb_finegray_fit(&y, &none, 1, NULL, &f, &err), err); /* no column */
  assert_int_equal(f.cox.p, 0);
  lb_finegray_reset(&f);
  for (size_t i = 0; i < N; i++) { /* nobody has cause 1 */
    cause_[i] = cause_[i] == 1 ? 0 : cause_[i];
    event_[i] = cause_[i] > 0;
  }
  assert_int_equal(lb_finegray_fit(&y, &X, 1, NULL, &f, &err), LB_EDATA);
  y.n = 0;
  assert_int_equal(lb_finegray_fit(&y, &empty, 1, NULL, &f, &err), LB_EDATA);
  y = make(2, 59);
  for (size_t i = 0; i < N; i++) time_[i] = 5; /* all tied: everybody is in the one risk set */
  LB_OK_OR_FAIL(lb_finegray_fit(&y, &X, 1, NULL, &f, &err), err);
  assert_int_equal(f.n_time, 1);
  lb_finegray_reset(&f);
  y = make(2, 61);
  for (size_t i = 0; i < N; i++) x_[1][i] = 2 * x_[0][i]; /* a column of no use */
  LB_OK_OR_FAIL(lb_finegray_fit(&y, &X, 1, NULL, &f, &err), err);
  LB_NEAR(f.cox.std_error[1], NAN, 0);
  assert_true(f.cox.std_error[0] > 0);
  assert_int_equal(f.cox.wald_test.df, 1);
  lb_finegray_reset(&f);
}

/* The same bits for any number of threads. */
static void threads(void **state)
{
  (void)state;
  enum { MANY = 120000 };
  lb_error err = {0};
  uint32_t seed = 67;
  double *number = malloc(3 * MANY * sizeof *number);
  uint8_t *event = malloc(MANY);
  int32_t *cause = malloc(MANY * sizeof *cause);
  for (size_t i = 0; i < MANY; i++) {
    number[i] = 1 + (double)(next(&seed) % 500);
    cause[i] = (int32_t)(next(&seed) % 3);
    event[i] = cause[i] > 0;
    number[MANY + i] = (double)(next(&seed) % 777);
    number[2 * MANY + i] = (double)(next(&seed) % 2);
  }
  const double *const column[P] = {number + MANY, number + 2 * MANY};
  const lb_design x = {.n = MANY, .p = P, .column = column};
  const lb_surv y = {.n = MANY, .time = number, .event = event, .cause = cause, .n_cause = 2};
  lb_finegray f[2] = {{.n_time = 0}};
  for (int t = 0; t < 2; t++) {
    lb_threads_set(t + 1);
    LB_OK_OR_FAIL(lb_finegray_fit(&y, &x, 1, NULL, &f[t], &err), err);
  }
  lb_threads_set(0);
  assert_memory_equal(f[0].cox.coef, f[1].cox.coef, P * sizeof(double));
  assert_memory_equal(f[0].cox.vcov, f[1].cox.vcov, P * P * sizeof(double));
  for (int t = 0; t < 2; t++) lb_finegray_reset(&f[t]);
  free(number);
  free(event);
  free(cause);
}

static void allocation_failures(void **state)
{
  (void)state;
  const lb_surv y = make(2, 71);
  lb_status st = LB_ENOMEM;
  for (long k = 0; st != LB_OK; k++) {
    lb_error err = {0};
    lb_finegray f = {0};
    lb_mem_fail_after(k);
    st = lb_finegray_fit(&y, &X, 1, NULL, &f, &err);
    lb_mem_fail_after(-1);
    assert_true(st == LB_OK || (st == LB_ENOMEM && f.time == NULL && lb_mem_live() == 0));
    lb_finegray_reset(&f);
  }
}

int main(void)
{
  gsl_set_error_handler_off();
  const struct CMUnitTest tests[] = {LB_TEST(definition),     LB_TEST(one_cause_is_cox),
                                     LB_TEST(order_and_unit), LB_TEST(weights_repeat),
                                     LB_TEST(prediction),     LB_TEST(edges),
                                     LB_TEST(threads),        LB_TEST(allocation_failures)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
