/* test_cox_penal.c - penalised Cox regression: closed forms, limits, a dense frailty beside the sparse
 * one, invariances, edges. */
#include "check.h"
#include "stats/survival/cox_penal.h"

#include <gsl/gsl_errno.h>

#define N      240
#define GROUPS 24
#define MANY   510 /* more groups than have an exact diagonal */

static double time_[2 * N], entry_[2 * N], weight_[2 * N], x_[2][2 * N], offset_[2 * N];
static uint8_t event_[2 * N];
static int32_t stratum_[2 * N], group_[2 * N];
static const size_t BOTH[] = {0, 1};

static double uniform(void)
{
  static uint64_t seed = 20240301;
  seed = seed * 6364136223846793005u + 1442695040888963407u;
  return (double)(seed >> 11) / 9007199254740992.0;
}

/* Ties, late entry, whole weights, strata, an offset, and groups that differ. */
static lb_surv make_data(void)
{
  double effect[GROUPS];
  for (size_t g = 0; g < GROUPS; g++) effect[g] = 2 * uniform() - 1;
  for (size_t i = 0; i < N; i++) {
    group_[i] = (int32_t)(uniform() * GROUPS);
    x_[0][i] = 40 + 40 * uniform();
    x_[1][i] = uniform() < 0.4;
    double rate = exp(0.02 * x_[0][i] - 0.7 * x_[1][i] + effect[group_[i]]) / 40;
    time_[i] = 1 + floor(-log(1 - uniform()) / rate);
    entry_[i] = floor(time_[i] * uniform()) - 1;
    event_[i] = uniform() < 0.7;
    weight_[i] = 1 + floor(3 * uniform());
    stratum_[i] = uniform() < 0.3;
    offset_[i] = uniform() - 0.5;
  }
  return (lb_surv){.n = N, .time = time_, .entry = entry_, .event = event_, .weight = weight_};
}

static const double *const COLUMNS[] = {x_[0], x_[1]};
static const lb_design DESIGN = {.n = N, .p = 2, .column = COLUMNS, .offset = offset_};
static const lb_partition STRATA = {stratum_, 2}, GROUP = {group_, GROUPS};
static const lb_cox_options OPTIONS = {.ties = LB_TIES_EFRON, .tolerance = 1e-12, .max_iter = 60};

static lb_penalty frailty_of(bool gaussian, lb_penalty_method method, double number)
{
  return (lb_penalty){.kind = LB_PENALTY_FRAILTY,
                      .gaussian = gaussian,
                      .method = method,
                      .theta = number,
                      .df = number};
}

static lb_cox_penal fit_one(const lb_surv *y, const lb_design *x, const lb_partition *strata,
                            const lb_penalty *penalty, const lb_partition *group)
{
  lb_cox_penalised what = {.penalty = penalty, .n_penalty = 1, .options = OPTIONS};
  if (group != NULL) what.group = *group;
  lb_cox_penal fit = {0};
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_cox_penal_fit(y, x, strata, &what, &fit, &err), err);
  return fit;
}

/* Two subjects, x = 1 fails first: b - log(e^b + 1) - theta b^2 / 2 is largest where 1 / (1 + e^b) =
 * theta b; V is 1 / (I + theta), V I V is I V^2. */
static void two_subjects(void **state)
{
  (void)state;
  const double time[] = {1, 2}, x0[] = {1, 0}, *column[] = {x0};
  const uint8_t event[] = {1, 0};
  const size_t first[] = {0};
  const lb_surv y = {.n = 2, .time = time, .event = event};
  const lb_design x = {.n = 2, .p = 1, .column = column};
  for (double theta = 0.125; theta < 10; theta *= 2) {
    const lb_penalty ridge = {
        .method = LB_PENALTY_FIXED, .theta = theta, .column = first, .n_column = 1};
    lb_cox_penal fit = fit_one(&y, &x, NULL, &ridge, NULL);
    double b = fit.cox.coef[0], information = exp(b) / ((1 + exp(b)) * (1 + exp(b)));
    LB_NEAR(theta * b, 1 / (1 + exp(b)), 1e-12);
    LB_NEAR(fit.cox.vcov[0], 1 / (information + theta), 1e-10);
    LB_NEAR(fit.vcov2[0], information / ((information + theta) * (information + theta)), 1e-10);
    LB_NEAR(fit.term[0].df, information / (information + theta), 1e-10);
    LB_NEAR(fit.penalty, theta * b * b / 2, 1e-12);
    LB_NEAR(fit.cox.log_lik, b - log(1 + exp(b)), 1e-12);
    lb_cox_penal_reset(&fit);
  }
}

/* No penalty gives Cox's fit, an endless one coefficients and frailties of 0. */
static void limits(void **state)
{
  (void)state;
  const lb_surv y = make_data();
  lb_cox plain = {0};
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_cox_fit(&y, &DESIGN, &STRATA, &OPTIONS, &plain, &err), err);
  lb_penalty ridge = {.method = LB_PENALTY_FIXED, .theta = 1e-12, .column = BOTH, .n_column = 2};
  lb_cox_penal fit = fit_one(&y, &DESIGN, &STRATA, &ridge, NULL);
  for (size_t j = 0; j < 2; j++) LB_NEAR(fit.cox.coef[j], plain.coef[j], TOL_ITER);
  for (size_t k = 0; k < 4; k++) LB_NEAR(fit.cox.vcov[k], plain.vcov[k], TOL_ITER);
  LB_NEAR(fit.cox.log_lik, plain.log_lik, TOL_ITER);
  LB_NEAR(fit.lr_test.chi_square, plain.lr_test.chi_square, TOL_ITER);
  LB_NEAR(fit.wald_test.chi_square, plain.wald_test.chi_square, 1e-8);
  LB_NEAR(fit.df, 2, TOL_ITER);
  lb_cox_penal_reset(&fit);
  ridge.theta = 1e14;
  fit = fit_one(&y, &DESIGN, &STRATA, &ridge, NULL);
  for (size_t j = 0; j < 2; j++) LB_NEAR(fit.cox.coef[j], 0, TOL_ITER);
  LB_NEAR(fit.df, 0, TOL_ITER);
  lb_cox_penal_reset(&fit);
  for (int gaussian = 0; gaussian <= 1; gaussian++) {
    const lb_penalty frailty = frailty_of(gaussian, LB_PENALTY_FIXED, 1e-10);
    fit = fit_one(&y, &DESIGN, &STRATA, &frailty, &GROUP);
    for (size_t j = 0; j < 2; j++) LB_NEAR(fit.cox.coef[j], plain.coef[j], 1e-7);
    for (size_t k = 0; k < 4; k++) LB_NEAR(fit.cox.vcov[k], plain.vcov[k], 1e-7);
    for (size_t g = 0; g < GROUPS; g++) LB_NEAR(fit.log_frailty[g], 0, 1e-7);
    LB_NEAR(fit.log_lik_integrated, plain.log_lik, 1e-7);
    LB_NEAR(fit.log_lik_no_frailty, plain.log_lik, TOL_ITER);
    lb_cox_penal_reset(&fit);
  }
  lb_cox_reset(&plain);
}

/* A Gaussian frailty of variance v is ridge with theta 1/v on a column a group, all in Cox's own
 * matrices: another road to the same numbers. `p` columns of x come first. */
static void compare_with_columns(const lb_surv *y, const lb_design *x, const lb_partition *strata,
                                 const lb_partition *group, double df_tolerance)
{
  size_t q = group->n, n = y->n, p = x->p;
  const double variance = 0.7;
  double *cells = lb_mem_zero(n * q, sizeof *cells);
  const double **column = lb_mem_array(p + q, sizeof *column);
  size_t *penalised = lb_mem_array(q, sizeof *penalised);
  for (size_t j = 0; j < p; j++) column[j] = x->column[j];
  for (size_t g = 0; g < q; g++) {
    column[p + g] = cells + g * n;
    penalised[g] = p + g;
  }
  for (size_t i = 0; i < n; i++) cells[(size_t)group->code[i] * n + i] = 1;
  const lb_penalty ridge = {
      .method = LB_PENALTY_FIXED, .theta = 1 / variance, .column = penalised, .n_column = q};
  const lb_design wide = {.n = n, .p = p + q, .column = column, .offset = x->offset};
  const lb_penalty frailty = frailty_of(true, LB_PENALTY_FIXED, variance);
  lb_cox_penal dense = fit_one(y, &wide, strata, &ridge, NULL);
  lb_cox_penal sparse = fit_one(y, x, strata, &frailty, group);
  LB_NEAR(sparse.cox.log_lik, dense.cox.log_lik, TOL_ITER);
  LB_NEAR(sparse.penalty, dense.penalty, TOL_ITER);
  for (size_t j = 0; j < p; j++) {
    LB_NEAR(sparse.cox.coef[j], dense.cox.coef[j], 1e-8);
    for (size_t i = 0; i < p; i++) {
      LB_NEAR(sparse.cox.vcov[j * p + i], dense.cox.vcov[j * (p + q) + i], 1e-8);
      LB_NEAR(sparse.vcov2[j * p + i], dense.vcov2[j * (p + q) + i], 1e-8);
    }
  }
  for (size_t g = 0; g < q; g++) {
    LB_NEAR(sparse.log_frailty[g], dense.cox.coef[p + g], 1e-8);
    LB_NEAR(sparse.log_frailty_std_error[g], dense.cox.std_error[p + g], 10 * df_tolerance);
  }
  LB_NEAR(sparse.df, dense.df, df_tolerance);
  LB_NEAR(sparse.term[0].df, dense.term[0].df, df_tolerance);
  LB_NEAR(sparse.term[0].wald.chi_square, dense.term[0].wald.chi_square, 1e-7);
  assert_int_equal(sparse.approximate_trace, q > 500);
  lb_cox_penal_reset(&dense);
  lb_cox_penal_reset(&sparse);
  lb_mem_free(cells);
  lb_mem_free(column);
  lb_mem_free(penalised);
}

static void frailty_as_columns(void **state)
{
  (void)state;
  lb_surv y = make_data();
  compare_with_columns(&y, &DESIGN, &STRATA, &GROUP, 1e-8);
  y.entry = NULL;
  y.weight = NULL;
  const lb_design none = {.n = N, .p = 0, .offset = NULL};
  compare_with_columns(&y, &DESIGN, NULL, &GROUP, 1e-8);
  compare_with_columns(&y, &none, NULL, &GROUP, 1e-8);
}

/* With many groups coefficients and frailties stay exact; the diagonal of V is near. */
static void many_groups(void **state)
{
  (void)state;
  static double time[2 * MANY], x0[2 * MANY];
  static uint8_t event[2 * MANY];
  static int32_t group[2 * MANY];
  const double *const column[] = {x0};
  for (size_t i = 0; i < 2 * MANY; i++) {
    group[i] = (int32_t)(i % MANY);
    x0[i] = uniform();
    time[i] = -log(1 - uniform()) * exp(-x0[i]);
    event[i] = uniform() < 0.8;
  }
  const lb_surv y = {.n = 2 * MANY, .time = time, .event = event};
  const lb_design x = {.n = 2 * MANY, .p = 1, .column = column};
  const lb_partition groups = {group, MANY};
  compare_with_columns(&y, &x, NULL, &groups, 1e-3);
}

static void assert_same(const lb_cox_penal *a, const lb_cox_penal *b, double tolerance)
{
  for (size_t j = 0; j < a->cox.p; j++) LB_NEAR(a->cox.coef[j], b->cox.coef[j], tolerance);
  for (size_t k = 0; k < a->cox.p * a->cox.p; k++)
    LB_NEAR(a->cox.vcov[k], b->cox.vcov[k], tolerance);
  LB_NEAR(a->cox.log_lik, b->cox.log_lik, tolerance);
  LB_NEAR(a->term[0].theta, b->term[0].theta, tolerance);
  LB_NEAR(a->term[0].df, b->term[0].df, tolerance);
  LB_NEAR(a->log_lik_integrated, b->log_lik_integrated, tolerance);
}

/* Rows backwards, groups renamed, time stretched: nothing changes but the order of the groups. */
static void invariances(void **state)
{
  (void)state;
  static double t[N], en[N], w[N], x[2][N], of[N];
  static uint8_t ev[N];
  static int32_t st[N], gr[N];
  const double *const column[] = {x[0], x[1]};
  const lb_surv y = make_data();
  for (size_t i = 0; i < N; i++) {
    size_t k = N - 1 - i;
    t[i] = time_[k] * 30.5;
    en[i] = entry_[k] * 30.5;
    w[i] = weight_[k];
    x[0][i] = x_[0][k];
    x[1][i] = x_[1][k];
    of[i] = offset_[k];
    ev[i] = event_[k];
    st[i] = stratum_[k];
    gr[i] = GROUPS - 1 - group_[k];
  }
  const lb_surv y2 = {.n = N, .time = t, .entry = en, .event = ev, .weight = w};
  const lb_design x2 = {.n = N, .p = 2, .column = column, .offset = of};
  const lb_partition strata = {st, 2}, group = {gr, GROUPS};
  const lb_penalty kinds[] = {
      frailty_of(false, LB_PENALTY_EM, 0), frailty_of(true, LB_PENALTY_REML, 0),
      frailty_of(false, LB_PENALTY_DF, 6), frailty_of(true, LB_PENALTY_AIC, 0)};
  for (size_t k = 0; k < 4; k++) {
    lb_cox_penal a = fit_one(&y, &DESIGN, &STRATA, &kinds[k], &GROUP);
    lb_cox_penal b = fit_one(&y2, &x2, &strata, &kinds[k], &group);
    assert_true(a.cox.converged && a.term[0].theta > 0);
    assert_same(&a, &b, k == 3 ? 1e-5 : 1e-7);
    for (size_t g = 0; g < GROUPS; g++)
      LB_NEAR(a.log_frailty[g], b.log_frailty[GROUPS - 1 - g], k == 3 ? 1e-5 : 1e-7);
    lb_cox_penal_reset(&a);
    lb_cox_penal_reset(&b);
  }
}

/* A weight of 2 is two rows (Breslow), in the groups' events too. */
static void weights_repeat(void **state)
{
  (void)state;
  static double two[2 * N];
  make_data();
  for (size_t i = 0; i < N; i++) {
    time_[N + i] = time_[i];
    event_[N + i] = event_[i];
    group_[N + i] = group_[i];
    x_[0][N + i] = x_[0][i];
    x_[1][N + i] = x_[1][i];
    two[i] = 2;
  }
  const lb_surv heavy = {.n = N, .time = time_, .event = event_, .weight = two};
  const lb_surv twice = {.n = 2 * N, .time = time_, .event = event_};
  const lb_design x = {.n = N, .p = 2, .column = COLUMNS},
                  x2 = {.n = 2 * N, .p = 2, .column = COLUMNS};
  lb_error err = {0};
  for (int gaussian = 0; gaussian <= 1; gaussian++) {
    const lb_penalty frailty = frailty_of(gaussian, gaussian ? LB_PENALTY_REML : LB_PENALTY_EM, 0);
    lb_cox_penalised what = {
        .penalty = &frailty, .n_penalty = 1, .group = GROUP, .options = OPTIONS};
    what.options.ties = LB_TIES_BRESLOW;
    lb_cox_penal a = {0}, b = {0};
    LB_OK_OR_FAIL(lb_cox_penal_fit(&heavy, &x, NULL, &what, &a, &err), err);
    LB_OK_OR_FAIL(lb_cox_penal_fit(&twice, &x2, NULL, &what, &b, &err), err);
    assert_same(&a, &b, 1e-7);
    lb_cox_penal_reset(&a);
    lb_cox_penal_reset(&b);
  }
}

/* The integrated likelihood is largest at theta, and what REML asks for holds there. */
static void theta_is_right(void **state)
{
  (void)state;
  const lb_surv y = make_data();
  lb_penalty em = frailty_of(false, LB_PENALTY_EM, 0);
  lb_cox_penal best = fit_one(&y, &DESIGN, &STRATA, &em, &GROUP);
  for (double factor = 0.9; factor < 1.2; factor += 0.2) {
    em = frailty_of(false, LB_PENALTY_FIXED, factor * best.term[0].theta);
    lb_cox_penal other = fit_one(&y, &DESIGN, &STRATA, &em, &GROUP);
    assert_true(other.log_lik_integrated < best.log_lik_integrated);
    lb_cox_penal_reset(&other);
  }
  double all = 0;
  for (size_t g = 0; g < GROUPS; g++) all += exp(best.log_frailty[g]);
  LB_NEAR(all / GROUPS, 1, TOL_ITER); /* the mean of the frailties */
  lb_cox_penal_reset(&best);
  const lb_penalty reml = frailty_of(true, LB_PENALTY_REML, 0);
  best = fit_one(&y, &DESIGN, &STRATA, &reml, &GROUP);
  double sum = 0;
  for (size_t g = 0; g < GROUPS; g++) {
    double o = best.log_frailty[g], se = best.log_frailty_std_error[g];
    sum += o * o + se * se;
  }
  LB_NEAR(best.term[0].theta, sum / GROUPS, 1e-8);
  LB_NEAR(best.frailty_test.chi_square, 2 * (best.log_lik_integrated - best.log_lik_no_frailty),
          1e-12);
  lb_cox_penal_reset(&best);
  const lb_penalty df = frailty_of(true, LB_PENALTY_DF, 9);
  best = fit_one(&y, &DESIGN, &STRATA, &df, &GROUP);
  LB_NEAR(best.term[0].df, 9, 1e-7);
  lb_cox_penal_reset(&best);
}

/* One group says nothing of a variance; groups of one row, and without events, are taken. */
static void odd_groups(void **state)
{
  (void)state;
  static int32_t one[N], own[N];
  const lb_surv y = make_data();
  for (size_t i = 0; i < N; i++) own[i] = (int32_t)i;
  const lb_partition single = {one, 1}, alone = {own, N};
  const lb_penalty em = frailty_of(false, LB_PENALTY_EM, 0);
  const lb_penalty fixed = frailty_of(false, LB_PENALTY_FIXED, 1);
  lb_cox_penal fit = fit_one(&y, &DESIGN, &STRATA, &em, &single);
  assert_true(fit.term[0].theta == 0 && fit.term[0].at_limit && fit.cox.converged);
  LB_NEAR(fit.log_frailty[0], 0, TOL_EXACT);
  LB_NEAR(fit.frailty_test.p_value, 1, TOL_EXACT);
  lb_cox_penal_reset(&fit);
  fit = fit_one(&y, &DESIGN, &STRATA, &fixed, &alone);
  assert_true(fit.cox.converged);
  lb_cox_penal_reset(&fit);
  for (size_t i = 0; i < N; i++)
    if (group_[i] == 3) event_[i] = 0;
  fit = fit_one(&y, &DESIGN, &STRATA, &fixed, &GROUP);
  assert_true(fit.cox.converged && fit.log_frailty[3] < 0 && fit.group_event[3] == 0);
  lb_cox_penal_reset(&fit);
}

static void refusals(void **state)
{
  (void)state;
  const lb_surv y = make_data(), none = {0};
  const lb_design empty = {.p = 2, .column = COLUMNS};
  lb_penalty penalty = {.method = LB_PENALTY_DF, .df = 2, .column = BOTH, .n_column = 2};
  lb_cox_penalised what = {.penalty = &penalty, .n_penalty = 1, .options = OPTIONS};
  lb_cox_penal fit = {0};
  assert_int_equal(lb_cox_penal_fit(&y, &DESIGN, NULL, &what, &fit, NULL), LB_EARG);
  penalty.method = LB_PENALTY_FIXED;
  assert_int_equal(lb_cox_penal_fit(&y, &DESIGN, NULL, &what, &fit, NULL), LB_EARG);
  penalty.theta = 1;
  assert_int_equal(lb_cox_penal_fit(&none, &empty, NULL, &what, &fit, NULL), LB_EDATA);
  penalty.method = LB_PENALTY_REML;
  assert_int_equal(lb_cox_penal_fit(&y, &DESIGN, NULL, &what, &fit, NULL), LB_EARG);
  const lb_penalty two[] = {frailty_of(false, LB_PENALTY_EM, 0),
                            frailty_of(false, LB_PENALTY_EM, 0)};
  what = (lb_cox_penalised){.penalty = two, .n_penalty = 2, .group = GROUP, .options = OPTIONS};
  assert_int_equal(lb_cox_penal_fit(&y, &DESIGN, NULL, &what, &fit, NULL), LB_EARG);
  what.n_penalty = 1;
  what.group = (lb_partition){0};
  assert_int_equal(lb_cox_penal_fit(&y, &DESIGN, NULL, &what, &fit, NULL), LB_EARG);
  what.group = (lb_partition){group_, 3};
  assert_int_equal(lb_cox_penal_fit(&y, &DESIGN, NULL, &what, &fit, NULL), LB_EARG);
  assert_null(fit.cox.coef);
}

static void allocation_failures(void **state)
{
  (void)state;
  const lb_surv y = make_data();
  const lb_penalty both[] = {
      {.method = LB_PENALTY_FIXED, .theta = 1, .scaled = true, .column = BOTH, .n_column = 2},
      frailty_of(true, LB_PENALTY_FIXED, 0.5)};
  const lb_cox_penalised what = {
      .penalty = both, .n_penalty = 2, .group = GROUP, .options = OPTIONS};
  lb_cox_penal fit = {0};
  lb_status st = LB_ENOMEM;
  for (long k = 0; st != LB_OK; k++) {
    lb_mem_fail_after(k);
    st = lb_cox_penal_fit(&y, &DESIGN, &STRATA, &what, &fit, NULL);
    lb_mem_fail_after(-1);
    assert_true(st == LB_OK || (st == LB_ENOMEM && lb_mem_live() == 0));
  }
  lb_cox_penal_reset(&fit);
}

int main(void)
{
  gsl_set_error_handler_off();
  const struct CMUnitTest tests[] = {LB_TEST(two_subjects),       LB_TEST(limits),
                                     LB_TEST(frailty_as_columns), LB_TEST(many_groups),
                                     LB_TEST(invariances),        LB_TEST(weights_repeat),
                                     LB_TEST(theta_is_right),     LB_TEST(odd_groups),
                                     LB_TEST(refusals),           LB_TEST(allocation_failures)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
