/* test_mean_model.c - regression of values and weights of censoring: closed forms, properties,
 * edges. */
#include "check.h"
#include "stats/survival/censor_weight.h"
#include "stats/survival/mean_model.h"
#include "stats/survival/pseudo.h"
#include "stats/survival/rmst.h"

#include <gsl/gsl_errno.h>

#define N 200

static double time_[N], x_[N], z_[N], value_[2 * N];
static uint8_t event_[N];
static int32_t group_[N], cluster_[N];

/* Times with ties, two groups, a covariate; the same on every machine. */
static lb_surv make(uint32_t seed)
{
  for (size_t i = 0; i < N; i++) {
    seed = seed * 1664525u + 1013904223u;
    time_[i] = 1 + (double)(seed >> 16 & 31);
    event_[i] = (seed >> 22) % 3 > 0;
    group_[i] = (int32_t)(seed >> 25 & 1);
    x_[i] = group_[i];
    z_[i] = (double)(seed >> 10 & 63) / 8 + 100;
    cluster_[i] = (int32_t)i;
    value_[i] = 1 + x_[i] + (double)(seed >> 5 & 15) / 16;
    value_[N + i] = 2 + value_[i];
  }
  return (lb_surv){.n = N, .time = time_, .event = event_};
}

static lb_mean_fit solve(const lb_mean_data *d, const lb_mean_options *opt)
{
  lb_error err = {0};
  lb_mean_fit fit = {0};
  LB_OK_OR_FAIL(lb_mean_solve(d, opt, &fit, &err), err);
  LB_OK_OR_FAIL(lb_mean_sandwich(d, &fit, &err), err);
  assert_true(fit.converged);
  return fit;
}

/* Two groups: the coefficients are the first mean and the difference, on the scale of each link, and
 * the sandwich of the mean is sum (y - mean)^2 / n^2. */
static void two_groups(void **state)
{
  (void)state;
  make(1);
  const double *column[] = {x_};
  double sum[2] = {0}, n[2] = {0}, square[2] = {0};
  for (size_t i = 0; i < N; i++) value_[i] /= 4; /* within (0, 1) */
  for (size_t i = 0; i < N; i++) {
    sum[group_[i]] += value_[i];
    n[group_[i]] += 1;
  }
  double a = sum[0] / n[0], b = sum[1] / n[1];
  for (size_t i = 0; i < N; i++) square[group_[i]] += pow(value_[i] - (group_[i] ? b : a), 2);
  const double want[4][2] = {{a, b - a},
                             {log(a), log(b / a)},
                             {log(a / (1 - a)), log(b / (1 - b)) - log(a / (1 - a))},
                             {log(-log(1 - a)), log(-log(1 - b)) - log(-log(1 - a))}};
  const lb_mean_data d = {.x = {N, 1, column, NULL}, .value = value_, .n_time = 1};
  for (int link = 0; link < 4; link++) {
    for (int poisson = 0; poisson <= (link == LB_LINK_LOG); poisson++) {
      const lb_mean_options opt = {(lb_mean_link)link, poisson == 1, false, 100, 1e-11};
      lb_mean_fit fit = solve(&d, &opt);
      LB_NEAR(fit.coef[0], want[link][0], TOL_ITER);
      LB_NEAR(fit.coef[1], want[link][1], TOL_ITER);
      double va = square[0] / (n[0] * n[0]), vb = square[1] / (n[1] * n[1]);
      if (link == LB_LINK_IDENTITY) LB_NEAR(fit.vcov[0], va, 1e-12);
      if (link == LB_LINK_IDENTITY) LB_NEAR(fit.vcov[3], va + vb, 1e-12);
      if (link == LB_LINK_LOG) LB_NEAR(fit.vcov[3], va / (a * a) + vb / (b * b), TOL_ITER);
      lb_mean_fit_reset(&fit);
    }
  }
}

/* Weights repeat rows; clusters of copies of a row are the row with its weight twice; the second
 * time's intercept is 2 higher; a column twice is left out. */
static void properties(void **state)
{
  (void)state;
  make(5);
  double two[N];
  const double *column[] = {x_, z_, x_};
  for (size_t i = 0; i < N; i++) two[i] = 2;
  const lb_partition cluster = {cluster_, N};
  lb_mean_data d = {.x = {N, 2, column, NULL}, .value = value_, .n_time = 2};
  lb_mean_fit one = solve(&d, NULL);
  LB_NEAR(one.coef[1], one.coef[0] + 2, 1e-10);
  d.cluster = &cluster;
  lb_mean_fit clustered = solve(&d, NULL);
  d.cluster = NULL;
  d.weight = two;
  lb_mean_fit twice = solve(&d, NULL);
  for (size_t j = 0; j < 4; j++) {
    LB_NEAR(clustered.std_error[j], one.std_error[j], 1e-10);
    LB_NEAR(twice.coef[j], one.coef[j], 1e-10);
    LB_NEAR(twice.std_error[j], one.std_error[j] / sqrt(2), 1e-10);
  }
  d.weight = NULL;
  d.x.p = 3;
  lb_mean_fit spare = solve(&d, NULL);
  LB_NEAR(spare.coef[2], one.coef[2], 1e-10);
  assert_true(isnan(spare.coef[4]) && isnan(spare.std_error[4]));
  double linear[2 * N], se[2 * N];
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_mean_predict(&spare, &d.x, linear, se, &err), err);
  LB_NEAR(linear[N + 3], one.coef[1] + one.coef[2] * x_[3] + one.coef[3] * z_[3], 1e-10);
  d.x.p = 2;
  assert_int_equal(lb_mean_predict(&spare, &d.x, linear, se, &err), LB_EARG);
  lb_mean_fit_reset(&one);
  lb_mean_fit_reset(&clustered);
  lb_mean_fit_reset(&twice);
  lb_mean_fit_reset(&spare);
}

/* Weights of censoring, events first: without covariates the mean is the area under Kaplan-Meier, or
 * F; with the groups as strata and term, each group's; the variance is near Greenwood's. */
static void weights_give_curves(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_surv y = make(9);
  const double tau = 20, *column[] = {x_};
  const lb_partition strata = {group_, 2};
  lb_rmst km = {0};
  LB_OK_OR_FAIL(lb_rmst_fit(&y, &strata, NULL,
                            &(lb_rmst_options){.from = 2, .tau = &tau, .n_tau = 1}, &km, &err),
                err);
  const lb_horizon at = {LB_HORIZON_MEAN, 0, 2, 20};
  for (int together = 0; together <= 1; together++) {
    lb_censor_weight w = {0};
    LB_OK_OR_FAIL(lb_censor_weight_new(&y, &strata, &at, together == 1, &w, &err), err);
    const lb_mean_data d = {
        .x = {N, 1, column, NULL}, .value = w.value, .inverse = w.inverse, .n_time = 1};
    lb_mean_fit fit = {0};
    const lb_mean_options opt = {.slope_of_all = true, .max_iter = 9, .tolerance = 1e-9};
    LB_OK_OR_FAIL(lb_mean_solve(&d, &opt, &fit, &err), err);
    LB_OK_OR_FAIL(lb_censor_weight_adjust(&w, &y, &fit, &err), err);
    LB_OK_OR_FAIL(lb_mean_sandwich(&d, &fit, &err), err);
    if (!together) {
      LB_NEAR(fit.coef[0], km.estimate[0], 1e-10);
      LB_NEAR(fit.coef[0] + fit.coef[1], km.estimate[1], 1e-10);
      LB_NEAR(fit.vcov[0], km.vcov[0], 1e-10);
      LB_NEAR(fit.vcov[3], km.vcov[0] + km.vcov[1], 1e-10);
    }
    assert_true(fabs(fit.coef[1] - (km.estimate[1] - km.estimate[0])) < 1);
    lb_mean_fit_reset(&fit);
    lb_censor_weight_reset(&w);
  }
  lb_rmst_reset(&km);
}

static void refusals(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_surv y = make(3);
  lb_censor_weight w = {0};
  const lb_horizon far = {LB_HORIZON_MEAN, 0, 0, 99}, at = {LB_HORIZON_MEAN, 0, 0, 9};
  for (size_t i = 0; i < N; i++) event_[i] = 0;
  assert_int_equal(lb_censor_weight_new(&y, NULL, &far, false, &w, &err), LB_EDATA);
  y.entry = z_;
  assert_int_equal(lb_censor_weight_new(&y, NULL, &at, false, &w, &err), LB_EARG);
  assert_null(w.value);
  lb_mean_fit fit = {0};
  const lb_mean_data none = {.x = {0, 0, NULL, NULL}, .value = value_, .n_time = 1};
  assert_int_equal(lb_mean_solve(&none, NULL, &fit, &err), LB_EDATA);
  assert_null(fit.coef);
}

static void out_of_memory(void **state)
{
  (void)state;
  lb_surv y = make(4);
  const double *column[] = {x_, z_};
  const lb_partition cluster = {cluster_, N}, strata = {group_, 2};
  const lb_horizon at = {LB_HORIZON_MEAN, 0, 0, 9};
  lb_status st = LB_ENOMEM;
  for (long k = 0; st != LB_OK; k++) {
    lb_error err = {0};
    lb_censor_weight w = {0};
    lb_mean_fit fit = {0};
    lb_mem_fail_after(k);
    st = lb_censor_weight_new(&y, &strata, &at, false, &w, &err);
    const lb_mean_data d = {.x = {N, 2, column, NULL},
                            .value = w.value,
                            .inverse = w.inverse,
                            .n_time = 1,
                            .cluster = &cluster};
    if (st == LB_OK) st = lb_mean_solve(&d, NULL, &fit, &err);
    if (st == LB_OK) st = lb_censor_weight_adjust(&w, &y, &fit, &err);
    if (st == LB_OK) st = lb_mean_sandwich(&d, &fit, &err);
    lb_mem_fail_after(-1);
    assert_true(st == LB_OK || st == LB_ENOMEM);
    lb_mean_fit_reset(&fit);
    lb_censor_weight_reset(&w);
    assert_int_equal(lb_mem_live(), 0);
    assert_true(k < 1000);
  }
}

int main(void)
{
  gsl_set_error_handler_off();
  const struct CMUnitTest tests[] = {LB_TEST(two_groups), LB_TEST(properties),
                                     LB_TEST(weights_give_curves), LB_TEST(refusals),
                                     LB_TEST(out_of_memory)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
