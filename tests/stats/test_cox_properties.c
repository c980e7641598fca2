/* test_cox_properties.c - Cox regression: a slow reference, invariances, warnings, edges. */
#include "base/interrupt.h"
#include "base/parallel.h"
#include "check.h"
#include "stats/survival/cox.h"

#include <gsl/gsl_errno.h>

#define N 240
#define P 3

/* Made-up data with ties, late entry, weights, strata and an offset; the same on every machine. */
static double time_[2 * N], entry_[2 * N], weight_[N], x_[P][2 * N], offset_[N];
static uint8_t event_[2 * N];
static int32_t stratum_[2 * N];
static const double *const COLUMNS[] = {x_[0], x_[1], x_[2]};

static double uniform(void)
{
  static uint64_t seed = 20240229;
  seed = seed * 6364136223846793005u + 1442695040888963407u;
  return (double)(seed >> 11) / 9007199254740992.0;
}

static lb_surv make_data(void)
{
  for (size_t i = 0; i < N; i++) {
    x_[0][i] = floor(40 + 40 * uniform());
    x_[1][i] = uniform() < 0.4;
    x_[2][i] = 1e6 + 1e3 * uniform(); /* a large mean must not cost digits */
    double rate = exp(0.02 * x_[0][i] - 0.7 * x_[1][i]) / 40;
    time_[i] = 1 + floor(-log(1 - uniform()) / rate);
    entry_[i] = floor(time_[i] * uniform()) - 1;
    event_[i] = uniform() < 0.7;
    weight_[i] = 0.25 + uniform();
    stratum_[i] = uniform() < 0.3;
    offset_[i] = uniform() - 0.5;
  }
  return (lb_surv){.n = N, .time = time_, .entry = entry_, .event = event_, .weight = weight_};
}

/* Sums over the risk set of row i's time (or over the events tied with it) in i's stratum: r, r
 * x, r x x'. */
static void risk_sums(const lb_surv *y, const double *risk, size_t i, bool tied, double *s)
{
  memset(s, 0, (1 + P + P * P) * sizeof *s);
  for (size_t m = 0; m < y->n; m++) {
    bool in = stratum_[m] == stratum_[i] && y->entry[m] < y->time[i] && y->time[m] >= y->time[i];
    if (tied) in = in && y->time[m] == y->time[i] && y->event[m];
    if (!in) continue;
    s[0] += risk[m];
    for (size_t j = 0; j < P; j++) {
      s[1 + j] += risk[m] * (x_[j][m] - x_[j][0]);
      for (size_t k = 0; k < P; k++)
        s[1 + P + j * P + k] += risk[m] * (x_[j][m] - x_[j][0]) * (x_[k][m] - x_[k][0]);
    }
  }
}

/* Score and information at coef straight from the definition, O(n^2 p^2): each event is one of
 * its m tied ones, the k-th of which sees the risk set less k/m of the tied events. */
static void slow_likelihood(const lb_surv *y, lb_ties ties, const double *coef, double *score,
                            double *information)
{
  double risk[N], s[1 + P + P * P], d[1 + P + P * P];
  for (size_t i = 0; i < y->n; i++) {
    double eta = offset_[i];
    for (size_t j = 0; j < P; j++) eta += coef[j] * (x_[j][i] - x_[j][0]);
    risk[i] = y->weight[i] * exp(eta);
  }
  memset(score, 0, P * sizeof *score);
  memset(information, 0, P * P * sizeof *information);
  for (size_t i = 0; i < y->n; i++) {
    if (!y->event[i]) continue;
    double m = 0, before = 0, total = 0;
    for (size_t k = 0; k < y->n; k++) {
      if (!y->event[k] || y->time[k] != y->time[i] || stratum_[k] != stratum_[i]) continue;
      m++;
      total += y->weight[k];
      before += k < i;
    }
    double f = ties == LB_TIES_EFRON ? before / m : 0;
    risk_sums(y, risk, i, false, s);
    risk_sums(y, risk, i, true, d);
    for (size_t k = 0; k < 1 + P + P * P; k++) s[k] -= f * d[k];
    for (size_t j = 0; j < P; j++) {
      score[j] += y->weight[i] * (x_[j][i] - x_[j][0]) - total / m * s[1 + j] / s[0];
      for (size_t k = 0; k < P; k++)
        information[j * P + k] +=
            total / m * (s[1 + P + j * P + k] - s[1 + j] * s[1 + k] / s[0]) / s[0];
    }
  }
}

static void agrees_with_the_definition(void **state)
{
  (void)state;
  lb_error err = {0};
  const lb_surv y = make_data();
  const lb_design x = {.n = N, .p = P, .column = COLUMNS, .offset = offset_};
  const lb_partition strata = {stratum_, 2};
  for (int ties = LB_TIES_EFRON; ties <= LB_TIES_BRESLOW; ties++) {
    lb_cox_options opt = LB_COX_DEFAULTS;
    opt.ties = (lb_ties)ties;
    lb_cox fit = {0};
    double score[P], information[P * P];
    LB_OK_OR_FAIL(lb_cox_fit(&y, &x, &strata, &opt, &fit, &err), err);
    assert_true(fit.converged);
    slow_likelihood(&y, opt.ties, fit.coef, score, information);
    for (size_t j = 0; j < P; j++) {
      LB_NEAR(score[j] * fit.std_error[j], 0, 1e-11);
      for (size_t k = 0; k < P; k++) {
        double product = 0;
        for (size_t m = 0; m < P; m++) product += information[j * P + m] * fit.vcov[m * P + k];
        LB_NEAR(product * fit.std_error[j] / fit.std_error[k], j == k, 1e-10);
      }
    }
    lb_cox_reset(&fit);
  }
}

static void assert_same_fit(const lb_cox *a, const lb_cox *b, double tolerance)
{
  assert_int_equal(a->p, b->p);
  for (size_t j = 0; j < a->p; j++) {
    LB_NEAR(a->coef[j] / a->std_error[j], b->coef[j] / a->std_error[j], tolerance);
    LB_NEAR(a->std_error[j] / b->std_error[j], 1, tolerance);
  }
  LB_NEAR(a->log_lik, b->log_lik, tolerance);
  LB_NEAR(a->log_lik_null, b->log_lik_null, tolerance);
  LB_NEAR(a->score_test.chi_square, b->score_test.chi_square, tolerance);
}

/* Rows reversed, times stretched, follow-up cut in two: the same hazard ratios. */
static void row_order_stretch_and_pieces(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_surv y = make_data();
  static double time[2 * N], entry[2 * N], x[P][2 * N];
  static uint8_t event[2 * N];
  const double *columns[] = {x[0], x[1], x[2]};
  y.weight = NULL;
  const lb_design d = {.n = N, .p = P, .column = COLUMNS};
  lb_cox fit = {0}, other = {0};
  LB_OK_OR_FAIL(lb_cox_fit(&y, &d, NULL, NULL, &fit, &err), err);
  lb_surv changed = {.time = time, .entry = entry, .event = event};
  for (size_t i = N; i-- > 0;) {
    double middle = (entry_[i] + time_[i]) / 2;
    for (int piece = 0; piece < 2; piece++, changed.n++) {
      entry[changed.n] = 3.5 * (piece == 0 ? entry_[i] : middle);
      time[changed.n] = 3.5 * (piece == 0 ? middle : time_[i]);
      event[changed.n] = piece == 1 && event_[i];
      for (size_t j = 0; j < P; j++) x[j][changed.n] = x_[j][i];
    }
  }
  for (size_t i = 0; i < changed.n; i++) { /* times are 0 or more */
    if (time[i] < 0) time[i] = 0;
    if (entry[i] >= time[i]) entry[i] = time[i] - 1;
  }
  const lb_design cut = {.n = changed.n, .p = P, .column = columns};
  LB_OK_OR_FAIL(lb_cox_fit(&changed, &cut, NULL, NULL, &other, &err), err);
  assert_same_fit(&fit, &other, 1e-10);
  lb_cox_reset(&fit);
  lb_cox_reset(&other);
}

/* With Breslow's ties an integer weight is that many rows (with Efron's it is not: tied rows
 * share a mean weight). */
static void weights_repeat_rows(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_surv y = make_data();
  static double time[2 * N], x[P][2 * N];
  static uint8_t event[2 * N];
  const double *columns[] = {x[0], x[1], x[2]};
  lb_surv repeated = {.time = time, .event = event};
  y.entry = NULL;
  for (size_t i = 0; i < N; i++) {
    weight_[i] = (double)(i % 3); /* weight 0 leaves a row out */
    for (size_t copy = 0; copy < i % 3; copy++, repeated.n++) {
      time[repeated.n] = time_[i];
      event[repeated.n] = event_[i];
      for (size_t j = 0; j < P; j++) x[j][repeated.n] = x_[j][i];
    }
  }
  const lb_design a = {.n = N, .p = P, .column = COLUMNS};
  const lb_design b = {.n = repeated.n, .p = P, .column = columns};
  lb_cox_options opt = LB_COX_DEFAULTS;
  opt.ties = LB_TIES_BRESLOW;
  lb_cox fit = {0}, other = {0};
  LB_OK_OR_FAIL(lb_cox_fit(&y, &a, NULL, &opt, &fit, &err), err);
  LB_OK_OR_FAIL(lb_cox_fit(&repeated, &b, NULL, &opt, &other, &err), err);
  assert_same_fit(&fit, &other, 1e-10);
  for (size_t j = 0; j < P; j++) LB_NEAR(fit.means[j], other.means[j], 1e-12);
  lb_cox_reset(&fit);
  lb_cox_reset(&other);
}

/* Column 2 = 2 column 0 - 3 column 1 + 7 is found, named, and left out of the tests. */
static void collinear_columns(void **state)
{
  (void)state;
  lb_error err = {0};
  const lb_surv y = make_data();
  const double *columns[] = {x_[0], x_[1], x_[2], offset_};
  for (size_t i = 0; i < N; i++) {
    x_[2][i] = 2 * x_[0][i] - 3 * x_[1][i] + 7;
    offset_[i] = 5; /* a constant */
  }
  lb_design d = {.n = N, .p = 4, .column = columns};
  lb_cox fit = {0}, two = {0};
  LB_OK_OR_FAIL(lb_cox_fit(&y, &d, NULL, NULL, &fit, &err), err);
  assert_true(fit.converged);
  assert_int_equal(fit.n_collinear, 2);
  assert_true(!fit.collinear[0] && !fit.collinear[1] && fit.collinear[2] && fit.collinear[3]);
  assert_true(isnan(fit.coef[2]) && isnan(fit.std_error[2]) && isnan(fit.vcov[2 * 4]));
  LB_NEAR(fit.combination[2 * 4 + 0], 2, 1e-8);
  LB_NEAR(fit.combination[2 * 4 + 1], -3, 1e-8);
  LB_NEAR(fit.combination[3 * 4 + 0], 0, 0);
  assert_int_equal(fit.wald_test.df, 2);
  d.p = 2;
  LB_OK_OR_FAIL(lb_cox_fit(&y, &d, NULL, NULL, &two, &err), err);
  LB_NEAR(fit.coef[0], two.coef[0], TOL_ITER);
  LB_NEAR(fit.lr_test.p_value, two.lr_test.p_value, TOL_ITER);
  LB_NEAR(fit.wald_test.chi_square, two.wald_test.chi_square, TOL_ITER);
  double predictor[N], predictor_two[N];
  d.p = 4;
  LB_OK_OR_FAIL(lb_cox_linear_predictor(&fit, &d, true, predictor, &err), err);
  d.p = 2;
  LB_OK_OR_FAIL(lb_cox_linear_predictor(&two, &d, true, predictor_two, &err), err);
  for (size_t i = 0; i < N; i++) LB_NEAR(predictor[i], predictor_two[i], TOL_ITER);
  assert_int_equal(lb_cox_linear_predictor(&fit, &d, true, predictor, &err), LB_EARG);
  lb_cox_reset(&fit);
  lb_cox_reset(&two);
}

/* A level without events goes to minus infinity; the other coefficients are those without its
 * rows. With all events in one level its contrasts go to plus infinity together. */
static void infinite_coefficients(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_surv y = make_data();
  y.weight = NULL;
  y.entry = NULL;
  for (size_t i = 0; i < N; i++) x_[1][i] = i % 5 == 0 ? (event_[i] = 0, 1) : 0;
  const lb_design d = {.n = N, .p = 2, .column = COLUMNS};
  lb_cox fit = {0};
  LB_OK_OR_FAIL(lb_cox_fit(&y, &d, NULL, NULL, &fit, &err), err);
  assert_true(!fit.infinite[0] && fit.infinite[1] && !fit.converged);
  assert_true(fit.coef[1] < -5 && fabs(fit.coef[0]) < 1);
  assert_true(fit.lr_test.p_value < 1e-4);
  lb_cox_reset(&fit);
  for (size_t i = 0; i < N; i++) {
    event_[i] = i % 3 == 0;
    x_[0][i] = i % 3 == 1;
    x_[1][i] = i % 3 == 2;
  }
  LB_OK_OR_FAIL(lb_cox_fit(&y, &d, NULL, NULL, &fit, &err), err);
  assert_true(fit.infinite[0] && fit.infinite[1] && fit.coef[0] < -5);
  lb_cox_reset(&fit);
  for (size_t i = 0; i < N; i++) {
    x_[0][i] = i % 3 == 0;
    x_[1][i] = i % 3 == 1;
  }
  LB_OK_OR_FAIL(lb_cox_fit(&y, &d, NULL, NULL, &fit, &err), err);
  assert_true(fit.infinite[0] && fit.coef[0] > 5);
  lb_cox_reset(&fit);
}

/* The first risk set holds one row, which dies: it adds nothing. Then nobody is at risk for a
 * while. */
static void empty_early_risk_set(void **state)
{
  (void)state;
  lb_error err = {0};
  const double time[] = {1, 11, 12, 13, 14}, entry[] = {0, 9, 9, 9, 9}, x[] = {3, 1, 0, 1, 0};
  const uint8_t event[] = {1, 1, 1, 0, 1};
  const double *column[] = {x}, *later[] = {x + 1};
  const lb_surv y = {.n = 5, .time = time, .entry = entry, .event = event};
  const lb_surv rest = {.n = 4, .time = time + 1, .event = event + 1};
  const lb_design d = {.n = 5, .p = 1, .column = column},
                  d_rest = {.n = 4, .p = 1, .column = later};
  lb_cox fit = {0}, other = {0};
  LB_OK_OR_FAIL(lb_cox_fit(&y, &d, NULL, NULL, &fit, &err), err);
  LB_OK_OR_FAIL(lb_cox_fit(&rest, &d_rest, NULL, NULL, &other, &err), err);
  assert_same_fit(&fit, &other, 1e-12);
  lb_cox_reset(&fit);
  lb_cox_reset(&other);
}

/* Late entry and monotone likelihood: the first risk sets are left by rows with hazards many orders
 * of magnitude above those that stay. The direction to infinity is still seen, and beside it the
 * coefficient of column 0 is that of the data without the rows that never fail. */
static void infinite_with_late_entry(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_surv y = make_data(), rest;
  static double time[N], entry[N], x[N];
  static uint8_t event[N];
  const double *column[] = {x};
  size_t n = 0;
  y.weight = NULL;
  for (size_t i = 0; i < N; i++) {
    x_[1][i] = i % 4 == 0 ? (event_[i] = 0, 1) : 0;
    if (i % 4 == 0) continue;
    time[n] = time_[i];
    entry[n] = entry_[i];
    event[n] = event_[i];
    x[n++] = x_[0][i];
  }
  rest = (lb_surv){.n = n, .time = time, .entry = entry, .event = event};
  const lb_design d = {.n = N, .p = 2, .column = COLUMNS}, d_rest = {n, 1, column, NULL};
  lb_cox fit = {0}, other = {0};
  LB_OK_OR_FAIL(lb_cox_fit(&y, &d, NULL, NULL, &fit, &err), err);
  LB_OK_OR_FAIL(lb_cox_fit(&rest, &d_rest, NULL, NULL, &other, &err), err);
  assert_true(fit.infinite[1] && !fit.infinite[0] && other.converged);
  LB_NEAR(fit.coef[0] / other.coef[0], 1, 1e-6);
  LB_NEAR(fit.log_lik / other.log_lik, 1, 1e-6);
  lb_cox_reset(&fit);
  lb_cox_reset(&other);
}

/* Enough rows for threads: one and three of them give the same bits. */
/* Sums lose digits when the row that leaves is nearly all of them, here e^30 beside 1: then they
 * are made exactly. A third stratum in which no covariate differs asks for that and adds nothing to
 * any coefficient; its likelihood is e^30 / (e^30 + 1) times 1/2. */
static void plain_and_exact_sums(void **state)
{
  (void)state;
  static double offset[N + 3];
  static const double TIME[] = {10, 5, 12}, ENTRY[] = {8, 0, 0}, OFFSET[] = {30, 0, 0};
  lb_surv y = make_data();
  y.weight = NULL;
  for (size_t k = 0; k < 3; k++) {
    size_t i = N + k;
    time_[i] = TIME[k];
    entry_[i] = ENTRY[k];
    event_[i] = k < 2;
    stratum_[i] = 2;
    offset[i] = OFFSET[k];
    for (size_t j = 0; j < P; j++) x_[j][i] = x_[j][0];
  }
  const lb_partition strata = {stratum_, 3};
  lb_design d = {N, P, COLUMNS, offset};
  lb_cox plain = {0}, exact = {0};
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_cox_fit(&y, &d, &strata, NULL, &plain, &err), err);
  y.n = d.n = N + 3;
  LB_OK_OR_FAIL(lb_cox_fit(&y, &d, &strata, NULL, &exact, &err), err);
  for (size_t j = 0; j < P; j++) {
    LB_NEAR(exact.coef[j] / plain.coef[j], 1, 1e-11);
    LB_NEAR(exact.std_error[j] / plain.std_error[j], 1, TOL_ITER);
  }
  LB_NEAR(exact.log_lik - plain.log_lik, log(0.5) - log1p(exp(-30)), 1e-11);
  lb_cox_reset(&plain);
  lb_cox_reset(&exact);
}

/* The last step is made without the likelihood there: it is that of its coefficients all the same,
 * as one more fit that starts no nearer says. */
static void last_step(void **state)
{
  (void)state;
  lb_surv y = make_data();
  lb_design d = {N, P, COLUMNS, NULL};
  lb_cox_options loose = LB_COX_DEFAULTS, tight = LB_COX_DEFAULTS;
  tight.tolerance = 1e-15; /* another step or two, each with a look */
  lb_cox a = {0}, b = {0};
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_cox_fit(&y, &d, NULL, &loose, &a, &err), err);
  LB_OK_OR_FAIL(lb_cox_fit(&y, &d, NULL, &tight, &b, &err), err);
  for (size_t j = 0; j < P; j++) LB_NEAR(a.coef[j] / b.coef[j], 1, 1e-11);
  for (size_t j = 0; j < P; j++) LB_NEAR(a.std_error[j] / b.std_error[j], 1, TOL_ITER);
  LB_NEAR(a.log_lik / b.log_lik, 1, 1e-13);
  LB_NEAR(a.wald_test.chi_square / b.wald_test.chi_square, 1, TOL_ITER);
  lb_cox_reset(&a);
  lb_cox_reset(&b);
}

static void same_bits_for_any_thread_count(void **state)
{
  (void)state;
  enum { ROWS = 120000 };
  lb_error err = {0};
  double *time = lb_mem_array(ROWS, sizeof *time), *x = lb_mem_array(2 * ROWS, sizeof *x);
  uint8_t *event = lb_mem_array(ROWS, sizeof *event);
  const double *columns[] = {x, x + ROWS};
  assert_true(time != NULL && x != NULL && event != NULL);
  for (size_t i = 0; i < ROWS; i++) {
    x[i] = uniform();
    x[ROWS + i] = uniform() < 0.3;
    time[i] = floor(-500 * log(1 - uniform()) * exp(-x[i]));
    event[i] = uniform() < 0.5;
  }
  const lb_surv y = {.n = ROWS, .time = time, .event = event};
  const lb_design d = {.n = ROWS, .p = 2, .column = columns};
  lb_cox one = {0}, three = {0};
  lb_threads_set(1);
  LB_OK_OR_FAIL(lb_cox_fit(&y, &d, NULL, NULL, &one, &err), err);
  lb_threads_set(3);
  LB_OK_OR_FAIL(lb_cox_fit(&y, &d, NULL, NULL, &three, &err), err);
  lb_threads_set(0);
  assert_memory_equal(one.coef, three.coef, 2 * sizeof(double));
  assert_memory_equal(one.vcov, three.vcov, 4 * sizeof(double));
  assert_true(one.log_lik == three.log_lik && fabs(one.coef[0] - 1) < 0.05);
  lb_cox_reset(&one);
  lb_cox_reset(&three);
  lb_mem_free(time);
  lb_mem_free(x);
  lb_mem_free(event);
}

/* Columns without variation change nothing; of more than six columns sums are made side by side. */
static void more_columns(void **state)
{
  (void)state;
  static const double nothing[N];
  const double *columns[12] = {x_[0], x_[1], x_[2]};
  for (size_t j = P; j < 12; j++) columns[j] = nothing;
  for (size_t late = 0; late < 2; late++) {
    lb_surv y = make_data();
    if (late == 0) y.entry = NULL;
    const lb_partition strata = {stratum_, 2};
    lb_cox few = {0};
    lb_error err = {0};
    const lb_design narrow = {.n = N, .p = P, .column = columns};
    LB_OK_OR_FAIL(lb_cox_fit(&y, &narrow, &strata, NULL, &few, &err), err);
    for (size_t p = 6; p <= 12; p++) {
      lb_cox fit = {0};
      const lb_design d = {.n = N, .p = p, .column = columns};
      LB_OK_OR_FAIL(lb_cox_fit(&y, &d, &strata, NULL, &fit, &err), err);
      assert_int_equal(fit.n_collinear, p - P);
      LB_NEAR(fit.log_lik, few.log_lik, TOL_EXACT);
      for (size_t j = 0; j < P; j++) {
        LB_NEAR(fit.coef[j], few.coef[j], 1e-12);
        LB_NEAR(fit.std_error[j], few.std_error[j], 1e-12);
      }
      lb_cox_reset(&fit);
    }
    lb_cox_reset(&few);
  }
}

static void edges(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_surv y = make_data();
  lb_design d = {.n = N, .p = 0};
  lb_cox fit = {0};
  LB_OK_OR_FAIL(lb_cox_fit(&y, &d, NULL, NULL, &fit, &err), err); /* the null model */
  assert_true(fit.converged);
  LB_NEAR(fit.log_lik, fit.log_lik_null, 0);
  LB_NEAR(fit.lr_test.p_value, NAN, 0);
  lb_cox_reset(&fit);
  d = (lb_design){.n = N, .p = P, .column = COLUMNS};
  lb_cox_options opt = LB_COX_DEFAULTS;
  opt.max_iter = 1;
  LB_OK_OR_FAIL(lb_cox_fit(&y, &d, NULL, &opt, &fit, &err), err);
  assert_true(!fit.converged && fit.iterations == 1 && fit.n_infinite == 0);
  lb_cox_reset(&fit);
  opt.ties = (lb_ties)9;
  assert_int_equal(lb_cox_fit(&y, &d, NULL, &opt, &fit, &err), LB_EARG);
  opt = (lb_cox_options)LB_COX_DEFAULTS;
  opt.max_iter = 0;
  assert_int_equal(lb_cox_fit(&y, &d, NULL, &opt, &fit, &err), LB_EARG);
  d.n = N - 1;
  assert_int_equal(lb_cox_fit(&y, &d, NULL, NULL, &fit, &err), LB_EARG);
  d.n = N;
  x_[1][7] = NAN;
  assert_int_equal(lb_cox_fit(&y, &d, NULL, NULL, &fit, &err), LB_EDATA);
  assert_string_equal(err.message, "column 2 of the design is not finite in row 8");
  x_[1][7] = 0;
  lb_interrupt_raise();
  assert_int_equal(lb_cox_fit(&y, &d, NULL, NULL, &fit, &err), LB_EINTR);
  lb_interrupt_clear();
  memset(event_, 0, sizeof event_);
  assert_int_equal(lb_cox_fit(&y, &d, NULL, NULL, &fit, &err), LB_EDATA);
  assert_string_equal(err.message, "no events");
  y.n = d.n = 0;
  assert_int_equal(lb_cox_fit(&y, &d, NULL, NULL, &fit, &err), LB_EDATA);
  y.n = d.n = 1;
  y.weight = NULL;
  event_[0] = 1;
  LB_OK_OR_FAIL(lb_cox_fit(&y, &d, NULL, NULL, &fit, &err), err); /* one row: nothing to estimate */
  assert_int_equal(fit.n_collinear, P);
  LB_NEAR(fit.log_lik, 0, 0);
  lb_cox_reset(&fit);
  lb_cox_reset(NULL);
}

/* A linear predictor far out of exp's range is a number like any other. */
static void huge_offset(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_surv y = make_data();
  lb_design d = {.n = N, .p = 2, .column = COLUMNS, .offset = offset_};
  lb_cox fit = {0}, moved = {0};
  LB_OK_OR_FAIL(lb_cox_fit(&y, &d, NULL, NULL, &fit, &err), err);
  for (size_t i = 0; i < N; i++) offset_[i] += 5000;
  LB_OK_OR_FAIL(lb_cox_fit(&y, &d, NULL, NULL, &moved, &err), err);
  assert_same_fit(&fit, &moved, 1e-9);
  lb_cox_reset(&moved);
  offset_[3] += 600;
  LB_OK_OR_FAIL(lb_cox_fit(&y, &d, NULL, NULL, &moved, &err), err);
  assert_true(isfinite(moved.log_lik));
  lb_cox_reset(&moved);
  lb_cox_reset(&fit);
}

/* Baseline hazard by hand, no covariates: Nelson-Aalen d/n, and Efron's 1/n + 1/(n - 1) for two
 * tied events. */
static void baseline_by_hand(void **state)
{
  (void)state;
  lb_error err = {0};
  const double time[] = {2, 2, 3, 5}, predictor[] = {0, 0, 0, 0}, shifted[] = {1, 1, 1, 1};
  const uint8_t event[] = {1, 1, 0, 1};
  const lb_surv y = {.n = 4, .time = time, .event = event};
  lb_cox_baseline b = {0};
  LB_OK_OR_FAIL(lb_cox_baseline_fit(&y, predictor, NULL, LB_TIES_BRESLOW, &b, &err), err);
  assert_int_equal(b.n_time, 2);
  LB_NEAR(b.hazard[0], 0.5, TOL_EXACT);
  LB_NEAR(b.cumulative_hazard[1], 1.5, TOL_EXACT);
  LB_NEAR(b.n_risk[1], 1, 0);
  lb_cox_baseline_reset(&b);
  LB_OK_OR_FAIL(lb_cox_baseline_fit(&y, shifted, NULL, LB_TIES_EFRON, &b, &err), err);
  LB_NEAR(b.hazard[0], (1.0 / 4 + 1.0 / 3) * exp(-1), TOL_EXACT);
  lb_cox_baseline_reset(&b);
}

static void memory(void **state)
{
  (void)state;
  lb_error err = {0};
  const lb_surv y = make_data();
  for (size_t i = 0; i < N; i++) x_[2][i] = x_[0][i];
  const lb_design d = {.n = N, .p = P, .column = COLUMNS, .offset = offset_};
  const lb_partition strata = {stratum_, 2};
  lb_cox fit = {0};
  lb_cox_baseline b = {0};
  lb_status st = LB_ENOMEM;
  for (long k = 0; st != LB_OK; k++) {
    lb_mem_fail_after(k);
    st = lb_cox_fit(&y, &d, &strata, NULL, &fit, &err);
    assert_true(st == LB_OK || (st == LB_ENOMEM && fit.coef == NULL && lb_mem_live() == 0));
  }
  size_t live = lb_mem_live();
  st = LB_ENOMEM;
  for (long k = 0; st != LB_OK; k++) {
    lb_mem_fail_after(k);
    st = lb_cox_concordance(&y, &d, &strata, &fit, &err);
    assert_true(lb_mem_live() == live);
  }
  st = LB_ENOMEM;
  for (long k = 0; st != LB_OK; k++) {
    lb_mem_fail_after(k);
    st = lb_cox_baseline_fit(&y, offset_, &strata, LB_TIES_EFRON, &b, &err);
    assert_true(st == LB_OK || (st == LB_ENOMEM && lb_mem_live() == live));
  }
  lb_cox_baseline_reset(&b);
  lb_cox_reset(&fit);
}

int main(void)
{
  gsl_set_error_handler_off();
  const struct CMUnitTest tests[] = {
      LB_TEST(agrees_with_the_definition),
      LB_TEST(row_order_stretch_and_pieces),
      LB_TEST(weights_repeat_rows),
      LB_TEST(collinear_columns),
      LB_TEST(infinite_coefficients),
      LB_TEST(infinite_with_late_entry),
      LB_TEST(plain_and_exact_sums),
      LB_TEST(last_step),
      LB_TEST(same_bits_for_any_thread_count),
      LB_TEST(empty_early_risk_set),
      LB_TEST(more_columns),
      LB_TEST(edges),
      LB_TEST(huge_offset),
      LB_TEST(baseline_by_hand),
      LB_TEST(memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
