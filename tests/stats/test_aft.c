/* test_aft.c - parametric survival: tails of the standard distributions, derivatives against
 * differences, closed forms, and what happens without memory. */
#include "../support/check.h"

#include <gsl/gsl_cdf.h>

#include "stats/survival/aft_rows.h"
#include "stats/survival/cure.h"
#include "stats/survival/royston.h"

#define TOL_DIFFERENCE 2e-6 /* central differences of analytic derivatives */

static const double SHAPES[] = {0, 1e-5, 0.2, 0.3, 1, 2.5, -0.2, -1, -2};

static void masses_of_both_sides_add_up(void **state)
{
  (void)state;
  static const double AT[] = {-40, -9, -2, -0.3, 0, 0.4, 1.5, 4};
  for (size_t k = 0; k < sizeof SHAPES / sizeof *SHAPES; k++) {
    for (size_t i = 0; i < sizeof AT / sizeof *AT; i++) {
      lb_mass low, high;
      lb_standard_mass(LB_STANDARD_LOGGAMMA, -INFINITY, AT[i], SHAPES[k], &low);
      lb_standard_mass(LB_STANDARD_LOGGAMMA, AT[i], INFINITY, SHAPES[k], &high);
      LB_NEAR(exp(low.log) + exp(high.log), 1, 1e-13);
    }
  }
}

/* q = 1 is extreme value, q = 0 normal, 1e-5 between them as the series says. */
static void loggamma_meets_its_members(void **state)
{
  (void)state;
  for (int k = 0; k < 25; k++) {
    double w = -12 + 0.7 * k;
    lb_mass a, b;
    lb_standard_mass(LB_STANDARD_LOGGAMMA, w, INFINITY, 1, &a);
    LB_NEAR(a.log, -exp(w), 1e-13);
    lb_standard_mass(LB_STANDARD_LOGGAMMA, w, INFINITY, 0, &a);
    lb_standard_mass(LB_STANDARD_NORMAL, w, INFINITY, 0, &b);
    LB_NEAR(a.log, b.log, 1e-13);
    lb_standard_mass(LB_STANDARD_LOGGAMMA, w, INFINITY, 1e-7, &b);
    LB_NEAR(b.log, a.log + 1e-7 * a.q, 1e-12);
    lb_standard_mass(LB_STANDARD_LOGGAMMA, w, INFINITY, 2, &a);
    double g = exp(2 * w);
    if (g < 100) LB_NEAR(a.log, log(gsl_cdf_gamma_Q(g / 4, 0.25, 1)), 1e-9);
  }
}

/* What many rows look up is what one row integrates. */
static void table_is_the_integral(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_loggamma_table *table = lb_loggamma_table_new();
  for (size_t k = 0; k < sizeof SHAPES / sizeof *SHAPES; k++) {
    double q = SHAPES[k];
    LB_OK_OR_FAIL(lb_loggamma_table_fill(table, q, &err), err);
    for (int i = 0; i < 400; i++) {
      double w = -20 + 0.0713 * i;
      lb_mass_term a, b;
      lb_density c, d;
      lb_standard_mass_term(LB_STANDARD_LOGGAMMA, w, INFINITY, q, &a);
      lb_loggamma_table_above(table, w, q, &b);
      if (isinf(a.log)) continue;
      /* exp(log f - log S) has the error of its logarithms; differences that of their terms. */
      lb_standard_density(LB_STANDARD_LOGGAMMA, w, q, &c);
      double eps = 2e-14 * (1 + fabs(a.log)), l = fabs(a.l), shape = fabs(a.q) + fabs(c.q);
      const double off[] = {a.log - b.log, a.l - b.l,   a.q - b.q,
                            a.ll - b.ll,   a.lq - b.lq, a.qq - b.qq};
      const double most[] = {1,
                             l,
                             1 + fabs(a.q),
                             l * (l + fabs(c.w)),
                             l * (1 + shape),
                             1 + fabs(a.qq) + 2 * a.q * a.q};
      for (size_t j = 0; j < 6; j++) assert_true(fabs(off[j]) <= eps * most[j]);
      lb_loggamma_table_density(table, w, q, &d);
      assert_memory_equal(&c, &d, sizeof c);
      lb_loggamma_table_above(table, w, q + 0.1, &b); /* of another shape: integrals */
      lb_standard_mass_term(LB_STANDARD_LOGGAMMA, w, INFINITY, q + 0.1, &a);
      assert_memory_equal(&a, &b, sizeof a);
    }
  }
  lb_loggamma_table_free(table);
}

static void tails_stay_finite(void **state)
{
  (void)state;
  lb_mass m;
  lb_standard_mass(LB_STANDARD_NORMAL, 100, INFINITY, 0, &m);
  /* -x^2 / 2 - log(x sqrt(2 pi)) - 1 / x^2 + ... (Abramowitz & Stegun 26.2.12) */
  LB_NEAR(m.log, -5000 - log(100 * sqrt(2 * M_PI)) - 1e-4 + 2.5e-8, 1e-12);
  lb_standard_mass(LB_STANDARD_LOGISTIC, -INFINITY, -800, 0, &m);
  LB_NEAR(m.log, -800, TOL_EXACT);
  lb_standard_mass(LB_STANDARD_EXTREME, -INFINITY, -500, 0, &m);
  LB_NEAR(m.log, -500, TOL_EXACT);
  lb_standard_mass(LB_STANDARD_NORMAL, 40, 40.5, 0, &m);
  assert_true(isfinite(m.log));
}

/* Gradients and second derivatives of every kind of row against central differences. */
static void check_row(const lb_aft_rows *rows, size_t i, const double *at, size_t k)
{
  lb_row_term here = {0};
  assert_true(lb_aft_row(rows, i, at, &here));
  for (size_t a = 0; a < k; a++) {
    double up[3] = {at[0], at[1], at[2]}, down[3] = {at[0], at[1], at[2]}, h = 1e-5;
    lb_row_term high = {0}, low = {0};
    up[a] += h;
    down[a] -= h;
    assert_true(lb_aft_row(rows, i, up, &high) && lb_aft_row(rows, i, down, &low));
    LB_NEAR(here.grad[a], (high.value - low.value) / (2 * h), TOL_DIFFERENCE);
    for (size_t b = 0; b <= a; b++)
      LB_NEAR(here.hess[a * (a + 1) / 2 + b], (high.grad[b] - low.grad[b]) / (2 * h),
              TOL_DIFFERENCE);
  }
}

static void derivatives_are_those_of_the_value(void **state)
{
  (void)state;
  const double lower[] = {1.5, 2, 0, 0.8, 3}, upper[] = {1.5, INFINITY, 1.2, 2.5, 3};
  const double entry[] = {0.5, 1, 0, 0.1, 2.5};
  lb_error err = {0};
  for (int d = LB_AFT_WEIBULL; d <= LB_AFT_T; d++) {
    bool positive = lb_aft_positive((lb_aft_distribution)d);
    lb_aft_outcome y = {.n = 5, .lower = lower, .upper = upper, .entry = positive ? entry : NULL};
    lb_aft_options o = LB_AFT_DEFAULTS;
    lb_aft_rows rows;
    o.distribution = (lb_aft_distribution)d;
    LB_OK_OR_FAIL(lb_aft_rows_new(&y, &o, false, &rows, &err), err);
    for (size_t i = 0; i < 5; i++)
      for (int k = -2; k < 3; k++)
        check_row(&rows, i, (double[]){0.3, -0.2, 0.75 * k}, lb_aft_n_predictor(o.distribution));
    lb_aft_rows_reset(&rows);
  }
}

/* Hazard ratios of two groups by an exponential model are ratios of events per time. */
static void exponential_is_events_per_time(void **state)
{
  (void)state;
  const double lower[] = {1, 2, 3, 4, 5, 6}, upper[] = {1, INFINITY, 3, 4, 5, INFINITY};
  const double x[] = {0, 0, 0, 1, 1, 1}, *column[] = {x};
  lb_aft_outcome y = {.n = 6, .lower = lower, .upper = upper};
  lb_design design = {.n = 6, .p = 1, .column = column};
  lb_aft_options o = LB_AFT_DEFAULTS;
  lb_aft fit = {0};
  lb_error err = {0};
  o.distribution = LB_AFT_EXPONENTIAL;
  LB_OK_OR_FAIL(lb_aft_fit(&y, &design, NULL, NULL, &o, &fit, &err), err);
  LB_NEAR(fit.coef[0], log(3), 1e-12);
  LB_NEAR(fit.coef[1], log(7.5 / 3), 1e-12);
  LB_NEAR(fit.std_error[1], sqrt(0.5 + 0.5), 1e-12);
  LB_NEAR(fit.log_lik_null, 4 * log(4.0 / 21) - 4, 1e-12);
  lb_aft_reset(&fit);
}

/* Each allocation in turn fails; nothing leaks, nothing is half written. */
static void without_memory_nothing_leaks(void **state)
{
  (void)state;
  const double lower[] = {1, 2, 3, 4, 5, 6, 7, 9}, upper[] = {1, INFINITY, 3, 4, 5, 6, 8, 9};
  const double x[] = {0, 1, 0, 1, 1, 0, 1, 0}, *column[] = {x};
  const int32_t group[] = {0, 1, 0, 1, 2, 2, 3, 3};
  lb_aft_outcome y = {.n = 8, .lower = lower, .upper = upper};
  lb_design design = {.n = 8, .p = 1, .column = column};
  lb_partition cluster = {group, 4};
  lb_aft_options o = LB_AFT_DEFAULTS;
  const lb_royston_change change = {0, {.df = 1}};
  const int32_t half[] = {0, 0, 0, 0, 1, 1, 1, 1};
  lb_partition strata = {half, 2};
  lb_royston_options r = {.df = 1, .max_iter = 100, .change = &change, .n_change = 1};
  lb_error err = {0};
  o.distribution = LB_AFT_GENGAMMA;
  lb_status st = LB_ENOMEM;
  for (long k = 0; st != LB_OK; k++) {
    lb_aft fit = {0};
    lb_mem_fail_after(k);
    st = lb_aft_fit(&y, &design, NULL, &cluster, &o, &fit, &err);
    lb_mem_fail_after(-1);
    assert_true(st == LB_OK || (st == LB_ENOMEM && fit.coef == NULL));
    lb_aft_reset(&fit);
    assert_int_equal(lb_mem_live(), 0);
  }
  st = LB_ENOMEM;
  for (long k = 0; st != LB_OK; k++) {
    lb_royston fit = {0};
    lb_mem_fail_after(k);
    st = lb_royston_fit(&y, &design, &strata, &cluster, &r, &fit, &err);
    lb_mem_fail_after(-1);
    assert_true(st == LB_OK || (st == LB_ENOMEM && fit.coef == NULL));
    lb_royston_reset(&fit);
    assert_int_equal(lb_mem_live(), 0);
  }
  lb_design none = {.n = 8};
  o.distribution = LB_AFT_LOGNORMAL;
  lb_cure_data data = {&y, &none, &design, &strata, &cluster};
  st = LB_ENOMEM;
  for (long k = 0; st != LB_OK; k++) {
    lb_cure fit = {0};
    lb_mem_fail_after(k);
    st = lb_cure_fit(&data, &o, &fit, &err);
    lb_mem_fail_after(-1);
    assert_true(st == LB_OK || (st == LB_ENOMEM && fit.coef == NULL));
    lb_cure_reset(&fit);
    assert_int_equal(lb_mem_live(), 0);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      LB_TEST(masses_of_both_sides_add_up),
      LB_TEST(loggamma_meets_its_members),
      LB_TEST(table_is_the_integral),
      LB_TEST(tails_stay_finite),
      LB_TEST(derivatives_are_those_of_the_value),
      LB_TEST(exponential_is_events_per_time),
      LB_TEST(without_memory_nothing_leaks),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
