/* test_cox_zph.c - the test of proportional hazards: a closed form, the sums over risk sets that it
 * stands for, functions of time, properties, edges, failing allocations. */
#include "base/parallel.h"
#include "check.h"
#include "stats/survival/cox_zph.h"

#include <gsl/gsl_cdf.h>

#define N 36
#define P 2

static double time_[N], entry_[N], weight_[N], x_[P][N];
static uint8_t event_[N];
static int32_t stratum_[N];
static const double *const COLUMNS[] = {x_[0], x_[1]};
static const lb_surv OUTCOME = {
    .n = N, .time = time_, .entry = entry_, .event = event_, .weight = weight_};
static const lb_design DESIGN = {.n = N, .p = P, .column = COLUMNS};
static const lb_partition STRATA = {stratum_, 2};
static const size_t OWN[] = {0, 1, 2}, SAME[] = {0, 0, 1};

static void make_rows(void)
{
  uint32_t state = 31415;
  for (size_t i = 0; i < N; i++) {
    double u[4];
    for (size_t k = 0; k < 4; k++) {
      state = state * 1664525u + 1013904223u;
      u[k] = (double)(state >> 8) / 16777216.0;
    }
    time_[i] = 2 + floor(6 * u[0]);
    entry_[i] = floor(time_[i] * 0.5 * u[1]);
    event_[i] = u[2] < 0.7;
    weight_[i] = 0.5 + u[3];
    x_[0][i] = 3 * u[1] - u[3];
    x_[1][i] = (double)(i % 2);
    stratum_[i] = (int32_t)(i % 3 == 0);
  }
}

static lb_cox_zph test_at(const lb_cox_at *at, const double *g, const size_t *term, size_t n_term)
{
  lb_cox_zph out = {0};
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_cox_zph_test(at, g, term, n_term, &out, &err), err);
  return out;
}

/* ---- Three rows with x = 1, 0, 1 that have their events one after the other. The score is
 * 1 - 2r/(2r + 1) - r/(1 + r), so r = e^beta is the root of 1/2; both risk sets then have the
 * variance (sqrt 2 - 1)(2 - sqrt 2), and the test is sqrt 2 for any function of time that differs
 * between the first two events. ---- */
static void closed_form(void **state)
{
  (void)state;
  const double time[] = {1, 2, 3}, x[] = {1, 0, 1}, beta[] = {-log(2) / 2};
  const uint8_t event[] = {1, 1, 1};
  const double *column[] = {x};
  const lb_surv y = {.n = 3, .time = time, .event = event};
  const lb_design d = {.n = 3, .p = 1, .column = column};
  lb_cox_options opt = LB_COX_DEFAULTS;
  lb_cox fit = {0};
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_cox_fit(&y, &d, NULL, &opt, &fit, &err), err);
  LB_NEAR(fit.coef[0], beta[0], TOL_ITER);
  lb_cox_reset(&fit);
  const lb_cox_at at = {.y = &y, .x = &d, .ties = LB_TIES_EFRON, .coef = beta};
  static const double G[][3] = {{1, 2, 3}, {0, 5, -100}, {1000, 1001, 7}};
  for (size_t k = 0; k < 3; k++) {
    lb_cox_zph got = test_at(&at, G[k], OWN, 1);
    double want = sqrt(2), tolerance = k == 2 ? 1e-9 : 1e-13; /* g less its mean loses digits */
    LB_NEAR(got.column[0].chi_square, want, tolerance);
    LB_NEAR(got.term[0].chi_square, want, tolerance);
    LB_NEAR(got.global.chi_square, want, tolerance);
    LB_NEAR(got.global.p_value, gsl_cdf_chisq_Q(want, 1), tolerance);
    assert_int_equal(got.global.df, 1);
    lb_cox_zph_reset(&got);
  }
  static const double EVEN[] = {4, 4, 9}; /* the last risk set has one row: nothing to see */
  lb_cox_zph none = test_at(&at, EVEN, OWN, 1);
  assert_int_equal(none.column[0].df, 0);
  assert_true(isnan(none.column[0].p_value));
  lb_cox_zph_reset(&none);
}

/* ---- Against the sums over event times, O(n^2) ---- */

typedef struct sums {
  double score[P], plain[P][P], cross[P][P], second[P][P];
} sums;

static double g_of(double t)
{
  return sqrt(t) - 1;
}

/* Adds g^0, g^1, g^2 times the weighted variance of z in the risk sets of a stratum's time. */
static void add_time(sums *all, lb_ties ties, const double *beta, int32_t stratum, double t)
{
  double s0[2] = {0}, s1[2][P] = {{0}}, s2[2][P][P] = {{{0}}}, weight = 0, g = g_of(t);
  size_t m = 0;
  for (size_t i = 0; i < N; i++) {
    if (stratum_[i] != stratum || entry_[i] >= t || time_[i] < t) continue;
    bool event = time_[i] == t && event_[i];
    double r = weight_[i] * exp(beta[0] * x_[0][i] + beta[1] * x_[1][i]);
    for (int e = 0; e < (event ? 2 : 1); e++) {
      s0[e] += r;
      for (size_t j = 0; j < P; j++) {
        s1[e][j] += r * x_[j][i];
        for (size_t l = 0; l < P; l++) s2[e][j][l] += r * x_[j][i] * x_[l][i];
      }
    }
    if (!event) continue;
    m++;
    weight += weight_[i];
    for (size_t j = 0; j < P; j++) all->score[j] += g * weight_[i] * x_[j][i];
  }
  for (size_t k = 0; k < m; k++) {
    double part = ties == LB_TIES_EFRON ? (double)k / (double)m : 0, v = weight / (double)m;
    double rest = s0[0] - part * s0[1], mean[P];
    for (size_t j = 0; j < P; j++) {
      mean[j] = (s1[0][j] - part * s1[1][j]) / rest;
      all->score[j] -= g * v * mean[j];
    }
    for (size_t j = 0; j < P; j++) {
      for (size_t l = 0; l < P; l++) {
        double variance = v * ((s2[0][j][l] - part * s2[1][j][l]) / rest - mean[j] * mean[l]);
        all->plain[j][l] += variance;
        all->cross[j][l] += g * variance;
        all->second[j][l] += g * g * variance;
      }
    }
  }
}

static void invert(double m[P][P], double out[P][P])
{
  double d = m[0][0] * m[1][1] - m[0][1] * m[1][0];
  out[0][0] = m[1][1] / d;
  out[1][1] = m[0][0] / d;
  out[0][1] = -m[0][1] / d;
  out[1][0] = -m[1][0] / d;
}

/* second - cross plain^-1 cross'. */
static void reduced(sums *all, double out[P][P])
{
  double inverse[P][P];
  invert(all->plain, inverse);
  for (size_t j = 0; j < P; j++)
    for (size_t l = 0; l < P; l++) {
      out[j][l] = all->second[j][l];
      for (size_t a = 0; a < P; a++)
        for (size_t b = 0; b < P; b++)
          out[j][l] -= all->cross[j][a] * inverse[a][b] * all->cross[l][b];
    }
}

static void fit_rows(const lb_surv *y, const lb_design *d, const lb_partition *strata, lb_ties ties,
                     double *coef)
{
  lb_cox_options opt = LB_COX_DEFAULTS;
  lb_cox fit = {0};
  lb_error err = {0};
  opt.ties = ties;
  opt.tolerance = 1e-14;
  LB_OK_OR_FAIL(lb_cox_fit(y, d, strata, &opt, &fit, &err), err);
  memcpy(coef, fit.coef, d->p * sizeof *coef);
  lb_cox_reset(&fit);
}

static void definition(void **state)
{
  (void)state;
  make_rows();
  double g[N];
  for (size_t i = 0; i < N; i++) g[i] = g_of(time_[i]);
  for (int ties = LB_TIES_EFRON; ties <= LB_TIES_BRESLOW; ties++) {
    double coef[P], full[P][P], inverse[P][P], global = 0;
    sums all = {0};
    fit_rows(&OUTCOME, &DESIGN, &STRATA, (lb_ties)ties, coef);
    for (int32_t s = 0; s < 2; s++)
      for (int t = 2; t <= 8; t++) add_time(&all, (lb_ties)ties, coef, s, t);
    reduced(&all, full);
    invert(full, inverse);
    for (size_t j = 0; j < P; j++)
      for (size_t l = 0; l < P; l++) global += all.score[j] * inverse[j][l] * all.score[l];
    const lb_cox_at at = {&OUTCOME, &DESIGN, &STRATA, (lb_ties)ties, coef};
    lb_cox_zph got = test_at(&at, g, OWN, 2);
    for (size_t j = 0; j < P; j++) {
      double want = all.score[j] * all.score[j] / full[j][j];
      LB_NEAR(got.column[j].chi_square, want, TOL_ITER);
      LB_NEAR(got.term[j].chi_square, want, TOL_ITER);
      LB_NEAR(got.column[j].p_value, gsl_cdf_chisq_Q(want, 1), TOL_ITER);
    }
    LB_NEAR(got.global.chi_square, global, TOL_ITER);
    LB_NEAR(got.global.p_value, gsl_cdf_chisq_Q(global, 2), TOL_ITER);
    assert_int_equal(got.global.df, 2);
    lb_cox_zph together = test_at(&at, g, SAME, 1); /* one term of two columns */
    LB_NEAR(together.term[0].chi_square, global, TOL_ITER);
    assert_int_equal(together.term[0].df, 2);
    lb_cox_zph_reset(&got);
    lb_cox_zph_reset(&together);
  }
}

/* ---- Functions of time ---- */

static void transforms(void **state)
{
  (void)state;
  const double time[] = {4, 1, 2, 1}, weight[] = {9, 1, 5, 1};
  const uint8_t event[] = {0, 1, 1, 0};
  const lb_surv y = {.n = 4, .time = time, .event = event, .weight = weight};
  static const double WANT[][4] = {{0.625, 0, 0.25, 0}, {4, 1.5, 3, 1.5}, {4, 1, 2, 1}};
  double got[4];
  lb_error err = {0};
  for (int k = LB_ZPH_KM; k <= LB_ZPH_IDENTITY; k++) {
    LB_OK_OR_FAIL(lb_cox_zph_transform(&y, (lb_zph_transform)k, got, &err), err);
    for (size_t i = 0; i < 4; i++) LB_NEAR(got[i], WANT[k][i], TOL_EXACT);
  }
  LB_OK_OR_FAIL(lb_cox_zph_transform(&y, LB_ZPH_LOG, got, &err), err);
  for (size_t i = 0; i < 4; i++) LB_NEAR(got[i], log(time[i]), TOL_EXACT);
  const double with_zero[] = {4, 0, 2, 1};
  lb_surv zero = y;
  zero.time = with_zero;
  assert_int_equal(lb_cox_zph_transform(&zero, LB_ZPH_LOG, got, &err), LB_EDATA);
  assert_non_null(strstr(err.message, "row 2"));
  zero.n = 0;
  LB_OK_OR_FAIL(lb_cox_zph_transform(&zero, LB_ZPH_KM, got, &err), err);
}

static void splines(void **state)
{
  (void)state;
  const double x[] = {1, 2, 3, 5, 8, 9}, line[] = {3, 5, 7, 11, 17, 19}, at[] = {0, 2.5, 20};
  double fitted[3], root[3];
  lb_error err = {0};
  for (size_t df = 1; df <= 4; df++) { /* a natural spline is straight beyond its knots, too */
    const lb_points points = {x, line, 6, df};
    LB_OK_OR_FAIL(lb_smooth_spline(&points, at, 3, fitted, root, &err), err);
    for (size_t i = 0; i < 3; i++) LB_NEAR(fitted[i], 1 + 2 * at[i], 1e-11);
  }
  const lb_points straight = {x, line, 6, 1};
  LB_OK_OR_FAIL(lb_smooth_spline(&straight, at, 3, fitted, root, &err), err);
  for (size_t i = 0; i < 3; i++) { /* leverage of a line: 1/n + (x - mean)^2 / sum of squares */
    double mean = 14.0 / 3, squares = 1 + 4 + 9 + 25 + 64 + 81 - 6 * mean * mean;
    LB_NEAR(root[i], sqrt(1.0 / 6 + (at[i] - mean) * (at[i] - mean) / squares), 1e-12);
  }
  const double few[] = {1, 2, 2, 1, 1, 2};
  const lb_points points = {few, line, 6, 2};
  assert_int_equal(lb_smooth_spline(&points, at, 3, fitted, root, &err), LB_EARG);
}

/* ---- Properties ---- */

static void order_and_units(void **state)
{
  (void)state;
  double time[N], entry[N], weight[N], x[P][N], g[2][N], coef[2][P];
  uint8_t event[N];
  int32_t stratum[N];
  make_rows();
  for (size_t i = 0; i < N; i++) {
    size_t k = (i * 5 + 2) % N;
    time[i] = time_[k] * 7;
    entry[i] = entry_[k] * 7;
    weight[i] = weight_[k];
    event[i] = event_[k];
    stratum[i] = 1 - stratum_[k];
    x[0][i] = 1e5 * x_[0][k] + 3;
    x[1][i] = 1 - x_[1][k];
    g[0][i] = time_[i];
    g[1][i] = 5 - 3 * time_[k]; /* another unit and origin of g is no matter */
  }
  const double *column[] = {x[0], x[1]};
  const lb_surv y = {.n = N, .time = time, .entry = entry, .event = event, .weight = weight};
  const lb_design d = {.n = N, .p = P, .column = column};
  const lb_partition strata = {stratum, 2};
  fit_rows(&OUTCOME, &DESIGN, &STRATA, LB_TIES_EFRON, coef[0]);
  fit_rows(&y, &d, &strata, LB_TIES_EFRON, coef[1]);
  const lb_cox_at at[] = {{&OUTCOME, &DESIGN, &STRATA, LB_TIES_EFRON, coef[0]},
                          {&y, &d, &strata, LB_TIES_EFRON, coef[1]}};
  lb_cox_zph a = test_at(&at[0], g[0], OWN, 2), b = test_at(&at[1], g[1], OWN, 2);
  assert_true(a.global.chi_square > 0.01);
  LB_NEAR(b.global.chi_square, a.global.chi_square, TOL_ITER);
  for (size_t j = 0; j < P; j++) LB_NEAR(b.column[j].chi_square, a.column[j].chi_square, TOL_ITER);
  lb_cox_zph_reset(&a);
  lb_cox_zph_reset(&b);
}

/* A combination of earlier columns has no estimate and counts for nothing. */
static void collinear_column(void **state)
{
  (void)state;
  double twice[N], coef[3];
  make_rows();
  for (size_t i = 0; i < N; i++) twice[i] = 2 * x_[0][i] - 1;
  const double *column[] = {x_[0], twice, x_[1]};
  const lb_design d = {.n = N, .p = 3, .column = column};
  fit_rows(&OUTCOME, &d, &STRATA, LB_TIES_EFRON, coef);
  assert_true(isnan(coef[1]));
  const lb_cox_at three = {&OUTCOME, &d, &STRATA, LB_TIES_EFRON, coef};
  lb_cox_zph a = test_at(&three, time_, SAME, 2);
  const double both[] = {coef[0], coef[2]};
  const lb_cox_at two = {&OUTCOME, &DESIGN, &STRATA, LB_TIES_EFRON, both};
  lb_cox_zph b = test_at(&two, time_, OWN, 2);
  assert_int_equal(a.global.df, 2);
  assert_int_equal(a.term[0].df, 1);
  assert_int_equal(a.column[1].df, 0);
  assert_true(isnan(a.column[1].p_value));
  LB_NEAR(a.global.chi_square, b.global.chi_square, TOL_ITER);
  LB_NEAR(a.term[0].chi_square, b.term[0].chi_square, TOL_ITER);
  LB_NEAR(a.term[1].chi_square, b.term[1].chi_square, TOL_ITER);
  lb_cox_zph_reset(&a);
  lb_cox_zph_reset(&b);
}

static void threads(void **state)
{
  (void)state;
  enum { MANY = 100500 };
  static double time[MANY], x[MANY];
  static uint8_t event[MANY];
  uint32_t u = 7;
  for (size_t i = 0; i < MANY; i++) {
    u = u * 1664525u + 1013904223u;
    time[i] = (double)(u >> 22);
    x[i] = (double)(u >> 12 & 255) / 64;
    event[i] = (u >> 9 & 1) == 0;
  }
  const double *column[] = {x}, coef[] = {0.25};
  const lb_surv y = {.n = MANY, .time = time, .event = event};
  const lb_design d = {.n = MANY, .p = 1, .column = column};
  const lb_cox_at at = {.y = &y, .x = &d, .coef = coef};
  double chi[2];
  for (int k = 0; k < 2; k++) {
    lb_threads_set(1 + 2 * k);
    lb_cox_zph got = test_at(&at, time, OWN, 1);
    chi[k] = got.global.chi_square;
    lb_cox_zph_reset(&got);
  }
  lb_threads_set(0);
  assert_true(chi[0] > 0 && chi[0] == chi[1]);
}

/* ---- Edges ---- */

static void edges(void **state)
{
  (void)state;
  const double coef[] = {0.1, 0.2};
  lb_cox_at at = {&OUTCOME, &DESIGN, &STRATA, LB_TIES_EXACT, coef};
  lb_cox_zph out = {0};
  lb_error err = {0};
  make_rows();
  for (; at.ties <= LB_TIES_MARGINAL; at.ties++)
    assert_int_equal(lb_cox_zph_test(&at, time_, OWN, 2, &out, &err), LB_EARG);
  assert_null(out.term);
  static const uint8_t NONE[N];
  lb_surv y = OUTCOME;
  lb_design d = DESIGN;
  y.event = NONE;
  at = (lb_cox_at){&y, &d, NULL, LB_TIES_EFRON, coef};
  for (size_t n = 0; n <= N; n += n == 1 ? N - 1 : 1) { /* 0, 1, all: nothing to test */
    y.n = d.n = n;
    lb_cox_zph got = test_at(&at, time_, OWN, 2);
    assert_int_equal(got.global.df, 0);
    assert_true(got.global.chi_square == 0 && isnan(got.global.p_value));
    assert_int_equal(got.column[1].df, 0);
    lb_cox_zph_reset(&got);
  }
  lb_cox_zph_reset(NULL);
}

static void failing_allocations(void **state)
{
  (void)state;
  const double coef[] = {0.1, 0.2};
  make_rows();
  const lb_cox_at at = {&OUTCOME, &DESIGN, &STRATA, LB_TIES_EFRON, coef};
  lb_status st = LB_ENOMEM;
  long k = 0;
  for (; st != LB_OK; k++) {
    lb_cox_zph out = {0};
    lb_error err = {0};
    lb_mem_fail_after(k);
    st = lb_cox_zph_test(&at, time_, OWN, 2, &out, &err);
    lb_mem_fail_after(-1);
    assert_true(st == LB_OK || (st == LB_ENOMEM && out.term == NULL && lb_mem_live() == 0));
    lb_cox_zph_reset(&out);
  }
  assert_true(k > 30);
  st = LB_ENOMEM;
  for (k = 0; st != LB_OK; k++) {
    double g[N];
    lb_error err = {0};
    lb_mem_fail_after(k);
    st = lb_cox_zph_transform(&OUTCOME, LB_ZPH_KM, g, &err);
    lb_mem_fail_after(-1);
    assert_true(st == LB_OK || st == LB_ENOMEM);
    assert_int_equal(lb_mem_live(), 0);
  }
  assert_true(k > 2);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      LB_TEST(closed_form), LB_TEST(definition),      LB_TEST(transforms),
      LB_TEST(splines),     LB_TEST(order_and_units), LB_TEST(collinear_column),
      LB_TEST(threads),     LB_TEST(edges),           LB_TEST(failing_allocations),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
