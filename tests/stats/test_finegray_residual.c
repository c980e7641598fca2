/* test_finegray_residual.c - residuals of the Fine-Gray model and its test of proportionality,
 * against their definition in O(n^2), Cox, and the sandwich. */
#include "check.h"
#include "stats/survival/finegray_residual.h"

#include <gsl/gsl_errno.h>

#define N    90
#define P    2
#define LAST 30

static double time_[N], entry_[N], x_[P][N], weight_[N];
static uint8_t event_[N];
static int32_t cause_[N], class_[N];
static const double *const COLUMN[P] = {x_[0], x_[1]};
static const lb_design X = {.n = N, .p = P, .column = COLUMN};
static const size_t TERM[P] = {0, 1};
static const lb_finegray_zph_plan IDENTITY = {LB_ZPH_IDENTITY, TERM, P};

static uint32_t next(uint32_t *seed)
{
  *seed = *seed * 1664525u + 1013904223u;
  return *seed >> 12;
}

static lb_surv make(size_t n_cause, uint32_t seed)
{
  for (size_t i = 0; i < N; i++) {
    time_[i] = 1 + (double)(next(&seed) % LAST);
    cause_[i] = (int32_t)(next(&seed) % (n_cause + 1));
    event_[i] = cause_[i] > 0;
    x_[0][i] = (double)(next(&seed) % 1000) / 300;
    x_[1][i] = (double)(next(&seed) % 2);
    weight_[i] = 1 + (double)(next(&seed) % 3) / 2;
    class_[i] = (int32_t)(next(&seed) % 2);
    entry_[i] = next(&seed) % 4 == 0 ? floor(time_[i] / 3) : 0;
  }
  return (lb_surv){.n = N, .time = time_, .event = event_, .cause = cause_, .n_cause = n_cause};
}

static const lb_finegray_options OPTIONS = LB_FINEGRAY_DEFAULTS;

static lb_finegray_residuals residuals(const lb_surv *y, const lb_finegray_options *opt)
{
  lb_error err = {0};
  lb_finegray_residuals out = {0};
  const lb_finegray_model model = {y, &X, 1, opt};
  LB_OK_OR_FAIL(lb_finegray_residuals_new(&model, &out, &err), err);
  return out;
}

static lb_cox_zph zph(const lb_surv *y, const lb_finegray_options *opt)
{
  lb_error err = {0};
  lb_cox_zph out = {0};
  const lb_finegray_model model = {y, &X, 1, opt};
  LB_OK_OR_FAIL(lb_finegray_zph_test(&model, &IDENTITY, &out, &err), err);
  return out;
}

/* ---- The definition, row by row; g(t) = t ---- */

static double free_before(double t) /* G(t-) */
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

typedef struct at_time {
  double stays[N]; /* w_i(t) Y_i(t) */
  double s0, mean[P], events, covariance[P][P];
} at_time;

static at_time of_time[LAST + 1];

static void set_times(const double *beta)
{
  double g[LAST + 1];
  for (size_t t = 1; t <= LAST; t++) g[t] = free_before((double)t);
  for (size_t t = 1; t <= LAST; t++) {
    at_time *a = &of_time[t];
    *a = (at_time){0};
    for (size_t i = 0; i < N; i++) {
      bool past = time_[i] < (double)t;
      a->stays[i] = !past ? 1 : cause_[i] == 2 ? g[t] / g[(size_t)time_[i]] : 0;
      double r = a->stays[i] * exp(beta[0] * x_[0][i] + beta[1] * x_[1][i]);
      a->s0 += r;
      for (size_t j = 0; j < P; j++) a->mean[j] += r * x_[j][i];
      for (size_t j = 0; j < P; j++)
        for (size_t k = 0; k < P; k++) a->covariance[j][k] += r * x_[j][i] * x_[k][i];
      a->events += time_[i] == (double)t && cause_[i] == 1;
    }
    for (size_t j = 0; j < P; j++) a->mean[j] /= a->s0;
    for (size_t j = 0; j < P; j++)
      for (size_t k = 0; k < P; k++)
        a->covariance[j][k] = a->covariance[j][k] / a->s0 - a->mean[j] * a->mean[k];
  }
}

/* Adds integral g (Z - zbar) w dM from time `from` on, g = t^power. */
static void add_eta(const double *beta, size_t i, size_t from, int power, double *eta)
{
  double r = exp(beta[0] * x_[0][i] + beta[1] * x_[1][i]);
  for (size_t t = from; t <= LAST; t++) {
    const at_time *a = &of_time[t];
    if (a->events == 0) continue;
    double dm = (time_[i] == (double)t && cause_[i] == 1) - a->stays[i] * r * a->events / a->s0;
    for (size_t j = 0; j < P; j++) eta[j] += pow((double)t, power) * (x_[j][i] - a->mean[j]) * dm;
  }
}

static void add_psi(const double *beta, int power, double eta[N][P])
{
  for (size_t u = 1; u <= LAST; u++) {
    double at_risk = 0, censored = 0, q[P] = {0};
    for (size_t i = 0; i < N; i++) {
      at_risk += time_[i] >= (double)u;
      censored += time_[i] == (double)u && cause_[i] == 0;
      if (cause_[i] != 2 || time_[i] >= (double)u) continue;
      double rest[P] = {0};
      add_eta(beta, i, u, power, rest);
      for (size_t j = 0; j < P; j++) q[j] -= rest[j];
    }
    for (size_t i = 0; i < N && at_risk > 0; i++) {
      double dm =
          (time_[i] == (double)u && cause_[i] == 0) - (time_[i] >= (double)u) * censored / at_risk;
      for (size_t j = 0; j < P; j++) eta[i][j] += q[j] / at_risk * dm;
    }
  }
}

/* Influences less C V times those of the score; C = sum of t V(t). */
static void reduce(double with_g[N][P], double eta[N][P], const double *v)
{
  double c[P][P] = {{0}};
  for (size_t t = 1; t <= LAST; t++)
    for (size_t j = 0; j < P; j++)
      for (size_t k = 0; k < P; k++)
        if (of_time[t].events > 0)
          c[j][k] += (double)t * of_time[t].events * of_time[t].covariance[j][k];
  for (size_t i = 0; i < N; i++)
    for (size_t j = 0; j < P; j++)
      for (size_t k = 0; k < P; k++)
        for (size_t l = 0; l < P; l++) with_g[i][j] -= c[j][k] * v[k * P + l] * eta[i][l];
}

static void check_variance(double with_g[N][P], const double *score, const lb_finegray_options *opt,
                           const lb_surv *y)
{
  double v[P][P] = {{0}};
  for (size_t i = 0; i < N; i++)
    for (size_t j = 0; j < P; j++)
      for (size_t k = 0; k < P; k++) v[j][k] += with_g[i][j] * with_g[i][k];
  lb_cox_zph test = zph(y, opt);
  for (size_t j = 0; j < P; j++)
    LB_NEAR(test.column[j].chi_square, score[j] * score[j] / v[j][j], 1e-8);
  double det = v[0][0] * v[1][1] - v[0][1] * v[1][0];
  double global = (score[0] * score[0] * v[1][1] - 2 * score[0] * score[1] * v[0][1] +
                   score[1] * score[1] * v[0][0]) /
                  det;
  LB_NEAR(test.global.chi_square, global, 1e-8);
  assert_int_equal(test.global.df, P);
  lb_cox_zph_reset(&test);
}

static void definition(void **state)
{
  (void)state;
  static double eta[2][N][P], reduced[N][P];
  const lb_surv y = make(2, 31);
  lb_finegray_options opt = OPTIONS;
  opt.variance = LB_FINEGRAY_ROBUST;
  lb_finegray_residuals r = residuals(&y, &opt);
  const double *beta = r.fit.cox.coef;
  double score[P] = {0};
  set_times(beta);
  for (int g = 0; g < 2; g++)
    for (size_t i = 0; i < N; i++) {
      eta[g][i][0] = eta[g][i][1] = 0;
      add_eta(beta, i, 1, g, eta[g][i]);
    }
  for (size_t i = 0; i < N; i++)
    for (size_t j = 0; j < P; j++) {
      LB_NEAR(r.score[i * P + j], eta[0][i][j], 1e-9);
      score[j] += eta[1][i][j];
    }
  for (size_t e = 0; e < r.schoenfeld.n; e++) {
    size_t row = r.schoenfeld.row[e];
    assert_int_equal(cause_[row], 1);
    for (size_t j = 0; j < P; j++)
      LB_NEAR(r.schoenfeld.residual[e * P + j], x_[j][row] - of_time[(size_t)time_[row]].mean[j],
              1e-10);
  }
  memcpy(reduced, eta[1], sizeof reduced);
  reduce(reduced, eta[0], r.fit.naive_vcov);
  check_variance(reduced, score, &opt, &y);
  for (int g = 0; g < 2; g++) add_psi(beta, g, eta[g]);
  reduce(eta[1], eta[0], r.fit.naive_vcov);
  opt.variance = LB_FINEGRAY_FULL;
  check_variance(eta[1], score, &opt, &y);
  lb_finegray_residuals full = residuals(&y, &opt);
  for (size_t i = 0; i < N * P; i++) LB_NEAR(full.score[i], eta[0][i / P][i % P], 1e-9);
  lb_finegray_residuals_reset(&full);
  lb_finegray_residuals_reset(&r);
}

/* ---- Nobody competes: Cox ---- */

static void like_cox(const lb_surv *y, const lb_finegray_options *opt)
{
  lb_error err = {0};
  lb_finegray_residuals r = residuals(y, opt);
  const lb_cox_at at = {
      .y = y, .x = &X, .strata = opt->strata, .ties = opt->cox.ties, .coef = r.fit.cox.coef};
  lb_cox_path path = {0};
  lb_cox_schoenfeld s = {0};
  static double martingale[N], score[N * P];
  LB_OK_OR_FAIL(lb_cox_path_new(&at, &path, &err), err);
  lb_cox_martingale(&at, &path, martingale);
  lb_cox_score_residuals(&at, &path, score);
  LB_OK_OR_FAIL(lb_cox_schoenfeld_new(&at, &path, &s, &err), err);
  for (size_t i = 0; i < N; i++) LB_NEAR(r.martingale[i], martingale[i], 1e-9);
  for (size_t i = 0; i < N * P; i++) LB_NEAR(r.score[i], score[i], 1e-8);
  assert_int_equal(r.schoenfeld.n, s.n);
  for (size_t e = 0; e < s.n; e++) {
    assert_int_equal(r.schoenfeld.row[e], s.row[e]);
    for (size_t j = 0; j < P; j++)
      LB_NEAR(r.schoenfeld.residual[e * P + j], s.residual[e * P + j], 1e-9);
  }
  lb_finegray_options model = *opt;
  lb_cox_zph want = {0};
  model.variance = LB_FINEGRAY_MODEL;
  lb_cox_zph got = zph(y, &model);
  LB_OK_OR_FAIL(lb_cox_zph_test(&at, y->time, TERM, P, &want, &err), err);
  LB_NEAR(got.global.chi_square, want.global.chi_square, 1e-8);
  for (size_t j = 0; j < P; j++) {
    LB_NEAR(got.column[j].chi_square, want.column[j].chi_square, 1e-8);
    LB_NEAR(got.term[j].p_value, want.term[j].p_value, 1e-8);
  }
  lb_cox_zph_reset(&got);
  lb_cox_zph_reset(&want);
  lb_cox_schoenfeld_reset(&s);
  lb_cox_path_reset(&path);
  lb_finegray_residuals_reset(&r);
}

static void one_cause_is_cox(void **state)
{
  (void)state;
  const lb_partition strata = {class_, 2};
  for (unsigned mask = 0; mask < 16; mask++) {
    lb_surv y = make(1, 40 + mask);
    lb_finegray_options opt = OPTIONS;
    opt.variance = LB_FINEGRAY_ROBUST;
    opt.cox.tolerance = 1e-12;
    if (mask & 1) opt.cox.ties = LB_TIES_EFRON;
    if (mask & 2) y.weight = weight_;
    if (mask & 4) y.entry = entry_;
    if (mask & 8) opt.strata = opt.censoring = &strata;
    like_cox(&y, &opt);
  }
}

/* ---- The sandwich is made of the scores; martingales add up to 0 ---- */

static void scores_make_the_variance(void **state)
{
  (void)state;
  const lb_partition classes = {class_, 2};
  for (unsigned mask = 0; mask < 32; mask++) {
    lb_surv y = make(2, 70 + mask);
    lb_finegray_options opt = OPTIONS;
    if (mask & 1) opt.cox.ties = LB_TIES_EFRON;
    if (mask & 2) y.weight = weight_;
    if (mask & 4) y.entry = entry_;
    if (mask & 8) opt.censoring = &classes;
    if (mask & 16) opt.variance = LB_FINEGRAY_ROBUST;
    lb_finegray_residuals r = residuals(&y, &opt);
    double sum = 0, meat[P * P] = {0};
    for (size_t i = 0; i < N; i++) {
      double w = y.weight == NULL ? 1 : weight_[i];
      sum += w * r.martingale[i];
      for (size_t j = 0; j < P; j++)
        for (size_t k = 0; k < P; k++)
          meat[j * P + k] += w * w * r.score[i * P + j] * r.score[i * P + k];
    }
    LB_NEAR(sum, 0, 1e-9);
    const double *v = r.fit.naive_vcov;
    for (size_t j = 0; j < P; j++)
      for (size_t k = 0; k < P; k++) {
        double value = 0;
        for (size_t a = 0; a < P; a++)
          for (size_t b = 0; b < P; b++) value += v[j * P + a] * meat[a * P + b] * v[b * P + k];
        LB_NEAR(r.fit.cox.vcov[j * P + k], value, 1e-10);
      }
    lb_finegray_residuals_reset(&r);
  }
}

/* ---- Edges ---- */

static void units_and_weights(void **state)
{
  (void)state;
  lb_surv y = make(2, 91);
  weight_[0] = 0;
  y.weight = weight_;
  lb_finegray_residuals r = residuals(&y, NULL);
  assert_true(isnan(r.martingale[0]) != 0 && isnan(r.score[0]) != 0);
  assert_true(isnan(r.martingale[1]) == 0);
  lb_finegray_residuals_reset(&r);
  lb_cox_zph small = zph(&y, NULL);
  for (size_t i = 0; i < N; i++) time_[i] *= 1e300; /* squares overflow */
  lb_cox_zph large = zph(&y, NULL);
  LB_NEAR(large.global.chi_square, small.global.chi_square, 1e-9);
  lb_cox_zph_reset(&large);
  lb_cox_zph_reset(&small);
  for (size_t i = 0; i < N; i++) { /* one time of events: nothing goes with time */
    time_[i] = cause_[i] == 1 ? 5 : 9;
    x_[1][i] = 2 * x_[0][i];
  }
  lb_cox_zph none = zph(&y, NULL);
  assert_int_equal(none.global.df, 0);
  assert_true(isnan(none.global.p_value));
  lb_cox_zph_reset(&none);
}

static void refusals(void **state)
{
  (void)state;
  const lb_surv y = make(2, 92);
  lb_error err = {0};
  lb_cox_zph out = {0};
  lb_finegray_model model = {&y, &X, 3, NULL};
  assert_int_equal(lb_finegray_zph_test(&model, &IDENTITY, &out, &err), LB_EARG);
  lb_finegray_residuals r = {0};
  assert_int_equal(lb_finegray_residuals_new(&model, &r, &err), LB_EARG);
  model.cause = 1;
  time_[0] = 0;
  const lb_finegray_zph_plan logarithm = {LB_ZPH_LOG, TERM, P};
  assert_int_equal(lb_finegray_zph_test(&model, &logarithm, &out, &err), LB_EDATA);
  assert_true(out.term == NULL && r.martingale == NULL);
  assert_int_equal(lb_mem_live(), 0);
}

static void allocation_failures(void **state)
{
  (void)state;
  lb_surv y = make(2, 71);
  y.entry = entry_;
  const lb_finegray_model model = {&y, &X, 1, NULL};
  const lb_finegray_zph_plan km = {LB_ZPH_KM, TERM, P};
  lb_status st = LB_ENOMEM;
  for (long k = 0; st != LB_OK; k++) {
    lb_error err = {0};
    lb_finegray_residuals r = {0};
    lb_mem_fail_after(k);
    st = lb_finegray_residuals_new(&model, &r, &err);
    lb_mem_fail_after(-1);
    assert_true(st == LB_OK || (st == LB_ENOMEM && r.score == NULL && lb_mem_live() == 0));
    lb_finegray_residuals_reset(&r);
  }
  st = LB_ENOMEM;
  for (long k = 0; st != LB_OK; k++) {
    lb_error err = {0};
    lb_cox_zph out = {0};
    lb_mem_fail_after(k);
    st = lb_finegray_zph_test(&model, &km, &out, &err);
    lb_mem_fail_after(-1);
    assert_true(st == LB_OK || (st == LB_ENOMEM && out.term == NULL && lb_mem_live() == 0));
    lb_cox_zph_reset(&out);
  }
}

int main(void)
{
  gsl_set_error_handler_off();
  const struct CMUnitTest tests[] = {
      LB_TEST(definition),        LB_TEST(one_cause_is_cox), LB_TEST(scores_make_the_variance),
      LB_TEST(units_and_weights), LB_TEST(refusals),         LB_TEST(allocation_failures)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
