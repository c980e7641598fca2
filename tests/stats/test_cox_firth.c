/* test_cox_firth.c - Firth's penalty: closed forms of one event time, the penalised likelihood and
 * its slope against their definition, properties, separation, edges, failing allocations. */
#include "base/parallel.h"
#include "check.h"
#include "stats/survival/cox_firth.h"
#include "stats/survival/cox_search.h"

#define N 30
#define P 2

static double time_[N], entry_[N], offset_[N], weight_[N], x_[P][N];
static uint8_t event_[N];
static int32_t stratum_[N];
static const double *const COLUMNS[] = {x_[0], x_[1]};
static const lb_surv OUTCOME = {
    .n = N, .time = time_, .entry = entry_, .event = event_, .weight = weight_};
static const lb_design DESIGN = {.n = N, .p = P, .column = COLUMNS, .offset = offset_};
static const lb_partition STRATA = {stratum_, 2};

/* Made-up rows with many ties, late entry, weights, strata; the same each time. */
static void make_rows(void)
{
  uint32_t state = 4711;
  for (size_t i = 0; i < N; i++) {
    double u[4];
    for (size_t k = 0; k < 4; k++) {
      state = state * 1664525u + 1013904223u;
      u[k] = (double)(state >> 8) / 16777216.0;
    }
    time_[i] = 2 + floor(4 * u[0]);
    entry_[i] = floor(time_[i] * 0.6 * u[1]);
    event_[i] = u[2] < 0.6;
    offset_[i] = u[2] - 0.5;
    weight_[i] = 0.5 + u[3];
    x_[0][i] = 3 * u[1] - u[3];
    x_[1][i] = (double)(i % 2);
    stratum_[i] = (int32_t)(i % 3 == 0);
  }
}

/* ---- One event time: a rows with x = 1, b with x = 0, m events of which k have x = 1. The
 * penalised likelihood of Breslow's ties is (k + 1/2) beta - (m + 1) log(a e^beta + b) and a
 * constant, so its maximum has a share (k + 1/2) / (m + 1) of the risk with x = 1. ---- */

typedef struct one_time {
  size_t a, b, m, k;
} one_time;

static double share(one_time t)
{
  return ((double)t.k + 0.5) / ((double)t.m + 1);
}

static double penalised(one_time t, double beta)
{
  double a = (double)t.a, b = (double)t.b, m = (double)t.m, r = exp(beta), all = a * r + b;
  return (double)t.k * beta - m * log(all) + log(m * a * r * b / (all * all)) / 2;
}

static lb_cox fit_one_time(one_time t, double unit)
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
  lb_error err = {0};
  lb_cox fit = {0};
  LB_OK_OR_FAIL(lb_cox_firth_fit(&y, &d, NULL, &opt, &fit, &err), err);
  return fit;
}

static void one_event_time(void **state)
{
  (void)state;
  static const one_time CASES[] = {{3, 4, 1, 1}, {3, 4, 1, 0}, {5, 2, 2, 1}, {5, 4, 3, 2},
                                   {6, 6, 4, 4}, {2, 9, 5, 0}, {1, 1, 1, 1}};
  for (size_t c = 0; c < sizeof CASES / sizeof CASES[0]; c++) {
    one_time t = CASES[c];
    double q = share(t), beta = log((double)t.b / (double)t.a * q / (1 - q));
    double information = (double)t.m * q * (1 - q);
    for (double unit = 1; unit < 1e7; unit *= 1000) {
      lb_cox fit = fit_one_time(t, unit);
      assert_true(fit.converged);
      LB_NEAR(fit.coef[0] * unit, beta, TOL_ITER);
      LB_NEAR(fit.vcov[0] * unit * unit, 1 / information, TOL_ITER);
      LB_NEAR(fit.std_error[0] * unit, sqrt(1 / information), TOL_ITER);
      LB_NEAR(fit.log_lik, penalised(t, beta) + log(unit), 1e-12);
      LB_NEAR(fit.log_lik_null, penalised(t, 0) + log(unit), 1e-12);
      LB_NEAR(fit.lr_test.chi_square, 2 * (penalised(t, beta) - penalised(t, 0)), 1e-12);
      LB_NEAR(fit.wald_test.chi_square, beta * beta * information, TOL_ITER);
      double p0 = (double)t.a / (double)(t.a + t.b);
      double score = (double)t.k + 0.5 - ((double)t.m + 1) * p0;
      LB_NEAR(fit.score_test.chi_square, score * score / ((double)t.m * p0 * (1 - p0)), 1e-12);
      assert_int_equal(fit.lr_test.df, 1);
      assert_int_equal(fit.n_infinite, 0);
      assert_false(fit.infinite[0]);
      lb_cox_reset(&fit);
    }
  }
}

/* ---- Against the definition, O(n^2) ---- */

/* log L + log|I| / 2 of all rows at beta, Efron's or Breslow's ties. */
static double definition(lb_ties ties, const double *beta)
{
  double log_lik = 0, information[3] = {0};
  for (int32_t s = 0; s < 2; s++) {
    for (int step = 2; step <= 6; step++) {
      double t = step, s0[2] = {0}, s1[2][P] = {{0}}, s2[2][3] = {{0}}, weight = 0;
      size_t m = 0;
      for (size_t i = 0; i < N; i++) {
        if (stratum_[i] != s || entry_[i] >= t || time_[i] < t) continue;
        bool event = time_[i] == t && event_[i];
        double eta = beta[0] * x_[0][i] + beta[1] * x_[1][i] + offset_[i];
        double r = weight_[i] * exp(eta), z[] = {x_[0][i], x_[1][i]};
        for (int e = 0; e < (event ? 2 : 1); e++) {
          s0[e] += r;
          for (size_t j = 0; j < P; j++) s1[e][j] += r * z[j];
          s2[e][0] += r * z[0] * z[0];
          s2[e][1] += r * z[0] * z[1];
          s2[e][2] += r * z[1] * z[1];
        }
        if (!event) continue;
        m++;
        weight += weight_[i];
        log_lik += weight_[i] * eta;
      }
      for (size_t k = 0; k < m; k++) {
        double part = ties == LB_TIES_EFRON ? (double)k / (double)m : 0, v = weight / (double)m;
        double all = s0[0] - part * s0[1], mean[P];
        for (size_t j = 0; j < P; j++) mean[j] = (s1[0][j] - part * s1[1][j]) / all;
        log_lik -= v * log(all);
        information[0] += v * ((s2[0][0] - part * s2[1][0]) / all - mean[0] * mean[0]);
        information[1] += v * ((s2[0][1] - part * s2[1][1]) / all - mean[0] * mean[1]);
        information[2] += v * ((s2[0][2] - part * s2[1][2]) / all - mean[1] * mean[1]);
      }
    }
  }
  return log_lik + log(information[0] * information[2] - information[1] * information[1]) / 2;
}

static double slope(lb_ties ties, const double *beta, size_t j)
{
  double side[2], h = 1e-4;
  for (int k = 0; k < 2; k++) { /* of fourth order */
    double value[2];
    for (int f = 0; f < 2; f++) {
      double at[P] = {beta[0], beta[1]};
      at[j] += (k == 0 ? -1 : 1) * h * (f + 1);
      value[f] = definition(ties, at);
    }
    side[k] = 8 * value[0] - value[1];
  }
  return (side[1] - side[0]) / (12 * h);
}

static void penalised_likelihood(void **state)
{
  (void)state;
  static const double BETA[][P] = {{0, 0}, {0.7, -1}, {-1, 2}};
  static const bool KEPT[P] = {true, true};
  make_rows();
  for (int ties = LB_TIES_EFRON; ties <= LB_TIES_BRESLOW; ties++) {
    cox_search q = {.ties = (lb_ties)ties, .penalised = true, .max_iter = 20};
    lb_error err = {0};
    LB_OK_OR_FAIL(cox_search_new(&OUTCOME, &DESIGN, &STRATA, KEPT, &q, &err), err);
    double constant = 0;
    for (size_t k = 0; k < 3; k++) {
      for (size_t j = 0; j < P; j++) q.beta[j] = BETA[k][j] * q.data.scale[j];
      LB_OK_OR_FAIL(cox_search_evaluate(&q, &err), err);
      /* That of standard deviations as units, centred: log L is the same, log|I| by a constant. */
      double gap = q.at.log_lik - definition((lb_ties)ties, BETA[k]);
      if (k == 0) constant = gap;
      LB_NEAR(gap, constant, 1e-11);
      for (size_t j = 0; j < P; j++)
        LB_NEAR(q.at.score[j], slope((lb_ties)ties, BETA[k], j) / q.data.scale[j], 1e-8);
    }
    LB_NEAR(constant, -log(q.data.scale[0] * q.data.scale[1]), 1e-11);
    cox_search_reset(&q);
  }
}

static void maximum(void **state)
{
  (void)state;
  make_rows();
  lb_cox_options opt = LB_COX_DEFAULTS;
  for (opt.ties = LB_TIES_EFRON; opt.ties <= LB_TIES_BRESLOW; opt.ties++) {
    lb_cox fit = {0};
    lb_error err = {0};
    LB_OK_OR_FAIL(lb_cox_firth_fit(&OUTCOME, &DESIGN, &STRATA, &opt, &fit, &err), err);
    assert_true(fit.converged);
    for (size_t j = 0; j < P; j++) LB_NEAR(slope(opt.ties, fit.coef, j), 0, 1e-8);
    LB_NEAR(fit.log_lik, definition(opt.ties, fit.coef), 1e-11);
    assert_true(fit.lr_test.chi_square > 0);
    lb_cox_reset(&fit);
  }
}

/* ---- Properties ---- */

static void order_and_units(void **state)
{
  (void)state;
  static const size_t STEP = 7; /* prime to N */
  double time[N], entry[N], offset[N], weight[N], x[P][N];
  uint8_t event[N];
  int32_t stratum[N];
  make_rows();
  for (size_t i = 0; i < N; i++) {
    size_t k = (i * STEP + 3) % N;
    time[i] = time_[k] * 30; /* of time: no matter */
    entry[i] = entry_[k] * 30;
    offset[i] = offset_[k] + 2;
    weight[i] = weight_[k];
    event[i] = event_[k];
    stratum[i] = 1 - stratum_[k];
    x[0][i] = 1e6 * x_[0][k] - 40;
    x[1][i] = -x_[1][k];
  }
  const double *column[] = {x[0], x[1]};
  lb_surv y = OUTCOME;
  y.time = time;
  y.entry = entry;
  y.event = event;
  y.weight = weight;
  const lb_design d = {.n = N, .p = P, .column = column, .offset = offset};
  const lb_partition strata = {stratum, 2};
  lb_cox_options opt = LB_COX_DEFAULTS;
  lb_cox a = {0}, b = {0};
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_cox_firth_fit(&OUTCOME, &DESIGN, &STRATA, &opt, &a, &err), err);
  LB_OK_OR_FAIL(lb_cox_firth_fit(&y, &d, &strata, &opt, &b, &err), err);
  LB_NEAR(b.coef[0] * 1e6, a.coef[0], TOL_ITER);
  LB_NEAR(b.coef[1], -a.coef[1], TOL_ITER);
  LB_NEAR(b.vcov[0] * 1e12, a.vcov[0], TOL_ITER);
  LB_NEAR(b.vcov[1] * 1e6, -a.vcov[1], TOL_ITER);
  LB_NEAR(b.lr_test.chi_square, a.lr_test.chi_square, TOL_ITER);
  LB_NEAR(b.wald_test.p_value, a.wald_test.p_value, TOL_ITER);
  LB_NEAR(b.score_test.chi_square, a.score_test.chi_square, TOL_ITER);
  lb_cox_reset(&a);
  lb_cox_reset(&b);
}

static void collinear_column(void **state)
{
  (void)state;
  double twice[N];
  make_rows();
  for (size_t i = 0; i < N; i++) twice[i] = 2 * x_[0][i] + 1;
  const double *column[] = {x_[0], twice, x_[1]};
  const lb_design d = {.n = N, .p = 3, .column = column, .offset = offset_};
  lb_cox_options opt = LB_COX_DEFAULTS;
  lb_cox two = {0}, three = {0};
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_cox_firth_fit(&OUTCOME, &DESIGN, NULL, &opt, &two, &err), err);
  LB_OK_OR_FAIL(lb_cox_firth_fit(&OUTCOME, &d, NULL, &opt, &three, &err), err);
  assert_true(isnan(three.coef[1]) && isnan(three.std_error[1]) && isnan(three.vcov[4]));
  assert_true(isnan(three.vcov[1]) && isnan(three.vcov[3]));
  LB_NEAR(three.coef[0], two.coef[0], TOL_ITER);
  LB_NEAR(three.coef[2], two.coef[1], TOL_ITER);
  LB_NEAR(three.vcov[2], two.vcov[1], TOL_ITER);
  assert_int_equal(three.lr_test.df, 2);
  lb_cox_reset(&two);
  lb_cox_reset(&three);
}

/* Enough rows for threads, and for columns that go through buckets. */
static void threads(void **state)
{
  (void)state;
  enum { MANY = 100500 };
  static double time[MANY], x[2][MANY];
  static uint8_t event[MANY];
  uint32_t u = 7;
  for (size_t i = 0; i < MANY; i++) {
    u = u * 1664525u + 1013904223u;
    time[i] = (double)(u >> 23);
    x[0][i] = (double)(u >> 12 & 255) / 64;
    x[1][i] = (double)(u >> 8 & 1);
    event[i] = (u >> 9 & 3) == 0;
  }
  const double *column[] = {x[0], x[1]};
  const lb_surv y = {.n = MANY, .time = time, .event = event};
  const lb_design d = {.n = MANY, .p = 2, .column = column};
  lb_cox_options opt = LB_COX_DEFAULTS;
  lb_cox fit[2] = {{0}, {0}};
  lb_error err = {0};
  for (int k = 0; k < 2; k++) {
    lb_threads_set(1 + 2 * k);
    LB_OK_OR_FAIL(lb_cox_firth_fit(&y, &d, NULL, &opt, &fit[k], &err), err);
  }
  lb_threads_set(0);
  assert_memory_equal(fit[0].coef, fit[1].coef, 2 * sizeof(double));
  assert_memory_equal(fit[0].vcov, fit[1].vcov, 4 * sizeof(double));
  assert_true(fit[0].log_lik == fit[1].log_lik);
  lb_cox_reset(&fit[0]);
  lb_cox_reset(&fit[1]);
}

/* ---- Edges ---- */

static void edges(void **state)
{
  (void)state;
  make_rows();
  lb_cox_options opt = LB_COX_DEFAULTS;
  lb_cox fit = {0};
  lb_error err = {0};
  lb_surv y = OUTCOME;
  lb_design d = DESIGN;
  static const uint8_t NONE[N];
  y.event = NONE;
  assert_int_equal(lb_cox_firth_fit(&y, &DESIGN, NULL, &opt, &fit, &err), LB_EDATA);
  y = OUTCOME;
  y.n = d.n = 0;
  assert_int_equal(lb_cox_firth_fit(&y, &d, NULL, &opt, &fit, &err), LB_EDATA);
  static const uint8_t ONE[] = {1};
  y.n = d.n = 1;
  y.event = ONE;
  LB_OK_OR_FAIL(lb_cox_firth_fit(&y, &d, NULL, &opt, &fit, &err), err);
  assert_int_equal(fit.n_collinear, P); /* nobody to compare with */
  assert_true(isnan(fit.coef[0]) && isnan(fit.lr_test.p_value));
  assert_int_equal(fit.lr_test.df, 0);
  lb_cox_reset(&fit);
  for (opt.ties = LB_TIES_EXACT; opt.ties <= LB_TIES_MARGINAL; opt.ties++) {
    y = OUTCOME;
    y.weight = NULL;
    assert_int_equal(lb_cox_firth_fit(&y, &DESIGN, NULL, &opt, &fit, &err), LB_EARG);
  }
  assert_int_equal(fit.p, 0); /* untouched */
  assert_null(fit.coef);
}

static void failing_allocations(void **state)
{
  (void)state;
  make_rows();
  lb_cox_options opt = LB_COX_DEFAULTS;
  lb_status st = LB_ENOMEM;
  long k = 0;
  for (; st != LB_OK; k++) {
    lb_cox fit = {0};
    lb_error err = {0};
    lb_mem_fail_after(k);
    st = lb_cox_firth_fit(&OUTCOME, &DESIGN, &STRATA, &opt, &fit, &err);
    lb_mem_fail_after(-1);
    assert_true(st == LB_OK || (st == LB_ENOMEM && lb_mem_live() == 0 && fit.coef == NULL));
    lb_cox_reset(&fit);
  }
  assert_true(k > 40);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      LB_TEST(one_event_time),  LB_TEST(penalised_likelihood), LB_TEST(maximum),
      LB_TEST(order_and_units), LB_TEST(collinear_column),     LB_TEST(threads),
      LB_TEST(edges),           LB_TEST(failing_allocations),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
