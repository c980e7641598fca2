/* test_cox.c - Cox regression against closed forms, published and reference values. */
#include "data.h"
#include "stats/survival/cox.h"

#include <gsl/gsl_errno.h>

#define MAX_COLUMNS 6

static double time_[DATA_ROWS], entry_[DATA_ROWS], x_[MAX_COLUMNS][DATA_ROWS];
static double offset_[DATA_ROWS];
static uint8_t event_[DATA_ROWS];
static int32_t sex_[DATA_ROWS];
static const double *const COLUMNS[] = {x_[0], x_[1], x_[2], x_[3], x_[4], x_[5]};

/* lung: age, sex (female 1), ph_ecog and, with 4 columns, wt_loss; complete rows. */
static lb_surv read_lung(size_t p)
{
  static const char *const SEX[] = {"male", "female"};
  static const char *const NAMES[] = {"age", "age", "ph_ecog", "wt_loss"};
  size_t rows = data_real("survival_lung", "time", time_), n = 0;
  data_event("survival_lung", "dead", event_);
  data_code("survival_lung", "sex", SEX, 2, sex_);
  for (size_t j = 0; j < p; j++) data_real("survival_lung", NAMES[j], x_[j]);
  for (size_t i = 0; i < rows; i++) {
    x_[1][i] = sex_[i];
    double sum = 0;
    for (size_t j = 0; j < p; j++) sum += x_[j][i];
    if (isnan(sum)) continue;
    for (size_t j = 0; j < p; j++) x_[j][n] = x_[j][i];
    time_[n] = time_[i];
    event_[n] = event_[i];
    sex_[n++] = sex_[i];
  }
  return (lb_surv){.n = n, .time = time_, .event = event_, .n_missing = rows - n};
}

/* Two subjects, x = 1 fails first: loglik(b) = b - log(e^b + 1), so U(0) = 1/2, I(0) = 1/4,
 * score test 1; it has no maximum, rises to 0. */
static void two_subjects(void **state)
{
  (void)state;
  lb_error err = {0};
  const double time[] = {1, 2}, x[] = {1, 0};
  const double *column[] = {x};
  const uint8_t event[] = {1, 0};
  const lb_surv y = {.n = 2, .time = time, .event = event};
  const lb_design d = {.n = 2, .p = 1, .column = column};
  lb_cox fit = {0};
  LB_OK_OR_FAIL(lb_cox_fit(&y, &d, NULL, NULL, &fit, &err), err);
  LB_NEAR(fit.log_lik_null, -log(2), TOL_EXACT);
  LB_NEAR(fit.score_test.chi_square, 1, TOL_EXACT);
  assert_true(fit.infinite[0] && fit.n_infinite == 1 && !fit.converged);
  assert_true(fit.coef[0] > 10 && fit.log_lik > -1e-4);
  lb_cox_reset(&fit);
}

/* Five subjects: x = 0 fails at 1, two with x = 1 fail at 2, two with x = 0 are censored later.
 * With r = e^b the likelihood is 1/(3 + 2r) times r^2/(2 + 2r)^2 for Breslow, r^2/((2 + 2r)(2 +
 * r)) for Efron. */
static void five_subjects(void **state)
{
  (void)state;
  lb_error err = {0};
  const double time[] = {2, 1, 4, 2, 3}, x[] = {1, 0, 0, 1, 0};
  const double *column[] = {x};
  const uint8_t event[] = {1, 1, 0, 1, 0};
  const lb_surv y = {.n = 5, .time = time, .event = event};
  const lb_design d = {.n = 5, .p = 1, .column = column};
  lb_cox_options opt = LB_COX_DEFAULTS;
  lb_cox fit = {0};
  LB_OK_OR_FAIL(lb_cox_fit(&y, &d, NULL, NULL, &fit, &err), err);
  double r = exp(fit.coef[0]);
  LB_NEAR(2 - 2 * r / (3 + 2 * r) - 2 * r / (2 + 2 * r) - r / (2 + r), 0, TOL_EXACT);
  LB_NEAR(fit.log_lik, log(r * r / (3 + 2 * r) / (2 + 2 * r) / (2 + r)), TOL_EXACT);
  lb_cox_reset(&fit);
  opt.ties = LB_TIES_BRESLOW;
  LB_OK_OR_FAIL(lb_cox_fit(&y, &d, NULL, &opt, &fit, &err), err);
  r = exp(fit.coef[0]);
  LB_NEAR(2 - 2 * r / (3 + 2 * r) - 4 * r / (2 + 2 * r), 0, TOL_EXACT);
  LB_NEAR(r, (1 + sqrt(13)) / 2, 1e-12); /* the positive root of r^2 - r - 3 */
  double information = 6 * r / pow(3 + 2 * r, 2) + 8 * r / pow(2 + 2 * r, 2);
  LB_NEAR(fit.vcov[0], 1 / information, 1e-12);
  lb_cox_reset(&fit);
}

/* Freireich et al. 1963, placebo against 6-MP. R 4.2.2, survival 3.5-3: coxph(Surv(t, e) ~
 * placebo) */
static void freireich(void **state)
{
  (void)state;
  static const double WEEKS[] = {6,  6,  6,  6,  7,  9,  10, 10, 11, 13, 16, 17, 19, 20,
                                 22, 23, 25, 32, 32, 34, 35, 1,  1,  2,  2,  3,  4,  4,
                                 5,  5,  8,  8,  8,  8,  11, 11, 12, 12, 15, 17, 22, 23};
  static const char RELAPSE[] = "111010100110001100000";
  uint8_t event[42];
  double placebo[42];
  const double *column[] = {placebo};
  for (size_t i = 0; i < 42; i++) {
    event[i] = i >= 21 || RELAPSE[i] == '1';
    placebo[i] = i >= 21;
  }
  lb_error err = {0};
  const lb_surv y = {.n = 42, .time = WEEKS, .event = event};
  const lb_design d = {.n = 42, .p = 1, .column = column};
  lb_cox_options opt = LB_COX_DEFAULTS;
  lb_cox fit = {0};
  LB_OK_OR_FAIL(lb_cox_fit(&y, &d, NULL, &opt, &fit, &err), err);
  LB_NEAR(fit.coef[0], 1.5721251488290655, 1e-12);
  LB_NEAR(fit.std_error[0], 0.4123967177094553, 1e-12);
  LB_NEAR(fit.log_lik, -85.0084245773716560, 1e-12);
  LB_NEAR(fit.score_test.chi_square, 17.2465367957165832, 1e-12);
  LB_OK_OR_FAIL(lb_cox_concordance(&y, &d, NULL, &fit, &err), err);
  LB_NEAR(fit.concordance, 0.6900420757363254, TOL_EXACT);
  LB_NEAR(fit.concordance_std_error, sqrt(0.001692120223893297), 1e-12);
  lb_cox_reset(&fit);
  opt.ties = LB_TIES_BRESLOW;
  LB_OK_OR_FAIL(lb_cox_fit(&y, &d, NULL, &opt, &fit, &err), err);
  LB_NEAR(fit.coef[0], 1.5091914125858783, 1e-12); /* hazard ratio 4.52, as printed in textbooks */
  LB_NEAR(fit.std_error[0], 0.4095644063667413, 1e-12);
  lb_cox_reset(&fit);
}

/* R 4.2.2, survival 3.5-3: coxph(Surv(time, dead) ~ age + sex + ph_ecog, lung) and its
 * concordance() */
static void lung_efron(void **state)
{
  (void)state;
  static const double COEF[] = {0.011066764596118649, -0.5526123955318367, 0.4637284751157324};
  static const double VCOV[] = {
      8.588490690918664e-05,  4.309929670397293e-06, -0.0001821729786848599,
      4.309929670397293e-06,  0.02813639016415779,   -0.000930088086971143,
      -0.0001821729786848599, -0.000930088086971143, 0.012899795388690967};
  lb_error err = {0};
  const lb_surv y = read_lung(3);
  const lb_design d = {.n = y.n, .p = 3, .column = COLUMNS};
  lb_cox fit = {0};
  LB_OK_OR_FAIL(lb_cox_fit(&y, &d, NULL, NULL, &fit, &err), err);
  assert_true(fit.converged);
  assert_int_equal(fit.n_used, 227);
  assert_int_equal(fit.n_missing, 1);
  assert_int_equal(fit.n_event, 164);
  for (size_t j = 0; j < 3; j++) LB_NEAR(fit.coef[j], COEF[j], 1e-12);
  for (size_t j = 0; j < 9; j++) LB_NEAR(fit.vcov[j], VCOV[j], 1e-12);
  LB_NEAR(fit.log_lik_null, -744.4804557614402, 1e-12);
  LB_NEAR(fit.log_lik, -729.2301213748622, 1e-12);
  LB_NEAR(fit.lr_test.chi_square, 30.50066877315612, TOL_ITER);
  LB_NEAR(fit.wald_test.chi_square, 29.929251197575844, TOL_ITER);
  LB_NEAR(fit.score_test.chi_square, 30.499922704949142, TOL_ITER);
  LB_NEAR(fit.score_test.p_value * 1e6, 1.0832092476937063, TOL_ITER);
  assert_int_equal(fit.wald_test.df, 3);
  LB_OK_OR_FAIL(lb_cox_concordance(&y, &d, NULL, &fit, &err), err);
  LB_NEAR(fit.concordance, 0.6371354930004549, TOL_EXACT);
  LB_NEAR(fit.concordance_std_error, 0.02506797385307958, 1e-12);
  lb_cox_reset(&fit);
}

/* R 4.2.2, survival 3.5-3: ties = "breslow", with wt_loss */
static void lung_breslow(void **state)
{
  (void)state;
  static const double COEF[] = {0.01333974273203871, -0.5900490109157207, 0.5140334794309354,
                                -0.008973948633164685};
  lb_error err = {0};
  const lb_surv y = read_lung(4);
  const lb_design d = {.n = y.n, .p = 4, .column = COLUMNS};
  lb_cox_options opt = LB_COX_DEFAULTS;
  opt.ties = LB_TIES_BRESLOW;
  lb_cox fit = {0};
  LB_OK_OR_FAIL(lb_cox_fit(&y, &d, NULL, &opt, &fit, &err), err);
  for (size_t j = 0; j < 4; j++) LB_NEAR(fit.coef[j], COEF[j], 1e-12);
  LB_NEAR(fit.std_error[3], 0.006656877784633743, 1e-12);
  LB_NEAR(fit.log_lik, -659.7542251624789, 1e-12);
  lb_cox_reset(&fit);
}

/* R 4.2.2, survival 3.5-3: age + ph_ecog + strata(sex) with basehaz(centered = FALSE); sex +
 * ph_ecog + offset */
static void lung_strata_and_offset(void **state)
{
  (void)state;
  lb_error err = {0};
  const lb_surv y = read_lung(3);
  const double *age_ecog[] = {x_[0], x_[2]}, *sex_ecog[] = {x_[1], x_[2]};
  lb_design d = {.n = y.n, .p = 2, .column = age_ecog};
  const lb_partition strata = {sex_, 2};
  lb_cox fit = {0};
  LB_OK_OR_FAIL(lb_cox_fit(&y, &d, &strata, NULL, &fit, &err), err);
  LB_NEAR(fit.coef[0], 0.010566254601026429, 1e-12);
  LB_NEAR(fit.coef[1], 0.46242443435857683, 1e-12);
  LB_NEAR(fit.log_lik, -628.7709395012052, 1e-12);
  static double predictor[DATA_ROWS];
  lb_cox_baseline b = {0};
  LB_OK_OR_FAIL(lb_cox_linear_predictor(&fit, &d, false, predictor, &err), err);
  LB_OK_OR_FAIL(lb_cox_baseline_fit(&y, predictor, &strata, LB_TIES_EFRON, &b, &err), err);
  size_t k = b.start[1];
  while (k < b.start[2] && b.time[k] <= 300) k++;
  LB_NEAR(b.cumulative_hazard[k - 1], 0.12803445965900706, 1e-12); /* women, 300 days */
  lb_cox_baseline_reset(&b);
  lb_cox_reset(&fit);
  for (size_t i = 0; i < y.n; i++) offset_[i] = 0.02 * x_[0][i];
  d.column = sex_ecog;
  d.offset = offset_;
  LB_OK_OR_FAIL(lb_cox_fit(&y, &d, NULL, NULL, &fit, &err), err);
  LB_NEAR(fit.coef[0], -0.5520217466402484, 1e-12);
  LB_NEAR(fit.log_lik_null, -742.3237519373271, 1e-12);
  LB_NEAR(fit.log_lik, -729.6889770978914, 1e-12);
  lb_cox_reset(&fit);
}

/* R 4.2.2, survival 3.5-3: coxph(Surv(start, stop, event) ~ age + year + surgery + transplant,
 * heart) */
static void heart_counting_process(void **state)
{
  (void)state;
  static const char *const NAMES[] = {"age", "year", "surgery", "transplant"};
  static const double COEF[] = {0.027166640957677006, -0.14634634567419777, -0.6372098899681299,
                                -0.010250772409074392};
  lb_error err = {0};
  size_t n = data_real("survival_heart", "stop", time_);
  data_real("survival_heart", "start", entry_);
  data_event("survival_heart", "event", event_);
  for (size_t j = 0; j < 4; j++) data_real("survival_heart", NAMES[j], x_[j]);
  const lb_surv y = {.n = n, .time = time_, .entry = entry_, .event = event_};
  const lb_design d = {.n = n, .p = 4, .column = COLUMNS};
  lb_cox fit = {0};
  LB_OK_OR_FAIL(lb_cox_fit(&y, &d, NULL, NULL, &fit, &err), err);
  for (size_t j = 0; j < 4; j++) LB_NEAR(fit.coef[j], COEF[j], 1e-12);
  LB_NEAR(fit.vcov[5], 0.004965736137469538, 1e-12);
  LB_NEAR(fit.vcov[11], -0.0037191108080319598, 1e-12);
  LB_NEAR(fit.log_lik, -290.5656162184897, 1e-12);
  LB_NEAR(fit.score_test.chi_square, 15.034197913041302, TOL_ITER);
  lb_cox_reset(&fit);
}

int main(void)
{
  gsl_set_error_handler_off();
  const struct CMUnitTest tests[] = {
      LB_TEST(two_subjects),
      LB_TEST(five_subjects),
      LB_TEST(freireich),
      LB_TEST(lung_efron),
      LB_TEST(lung_breslow),
      LB_TEST(lung_strata_and_offset),
      LB_TEST(heart_counting_process),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
