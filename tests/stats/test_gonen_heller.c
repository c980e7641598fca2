/* test_gonen_heller.c - Gonen and Heller's concordance: closed forms, the sums of the paper written
 * out, threads and edges. */
#include "base/interrupt.h"
#include "base/parallel.h"
#include "check.h"
#include "stats/survival/gonen_heller.h"

#include <stdlib.h>

#define MANY 3000
#define SOME 40

static double first_[MANY], second_[MANY], predictor_[MANY];

static double uniform(void)
{
  static uint64_t seed = 5;
  seed = seed * 6364136223846793005u + 1442695040888963407u;
  return (double)(seed >> 11) / 9007199254740992.0;
}

static const double *const COLUMNS[] = {first_, second_};

static lb_design draw(size_t n, size_t p, const double *coef)
{
  for (size_t i = 0; i < n; i++) {
    first_[i] = 2 * uniform() - 1;
    second_[i] = 100 + floor(3 * uniform());
    predictor_[i] = coef[0] * first_[i] + (p > 1 ? coef[1] * second_[i] : 0);
  }
  return (lb_design){.n = n, .p = p, .column = COLUMNS};
}

static double logistic(double d)
{
  return 1 / (1 + exp(-d));
}

/* Two people: 1 / (1 + exp(-|d|)). */
static void two_rows(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_gonen_heller c;
  const double coef[] = {1}, vcov[] = {0.25}, x[] = {0.3, 1.5};
  const double *const column[] = {x};
  const lb_design design = {.n = 2, .p = 1, .column = column};
  LB_OK_OR_FAIL(lb_gonen_heller_fit(&design, x, coef, vcov, &c, &err), err);
  LB_NEAR(c.concordance, logistic(1.2), TOL_EXACT);
  assert_true(isnan(c.std_error));
  LB_NEAR(c.tied_x, 0, 0);
}

/* A group of a and one of b people, log hazard ratio beta: a b pairs count 1 / (1 + exp(-beta)), the
 * others 1/2. The width leaves the groups apart by more than 8.5 of it, so the smoothed one is the
 * same. For s = 1/2 + e between groups, e = tanh(beta / 2) / 2, a person of the first group has b
 * partners with e. */
static void two_groups(void **state)
{
  (void)state;
  enum { A = 300, B = 200, N = A + B };
  const double beta = 0.7, coef[] = {beta}, vcov[] = {0.01};
  const lb_design x = {.n = N, .p = 1, .column = COLUMNS};
  lb_error err = {0};
  lb_gonen_heller c;
  for (size_t i = 0; i < N; i++) {
    first_[i] = i % 5 < 2;
    predictor_[i] = beta * first_[i];
  }
  double pairs = N * (N - 1) / 2.0, e = tanh(beta / 2) / 2, mean = A * B * e / pairs;
  double a = B * e - (N - 1) * mean, b = A * e - (N - 1) * mean;
  double alone_a = B * (e - mean) * (e - mean) + (A - 1) * mean * mean;
  double alone_b = A * (e - mean) * (e - mean) + (B - 1) * mean * mean;
  double variance = (A * (a * a - alone_a) + B * (b * b - alone_b)) / (pairs * pairs);
  double p = logistic(beta), slope = A * B * p * (1 - p) / pairs;
  LB_OK_OR_FAIL(lb_gonen_heller_fit(&x, predictor_, coef, vcov, &c, &err), err);
  LB_NEAR(c.concordance, 0.5 + mean, TOL_EXACT);
  LB_NEAR(c.smoothed, 0.5 + mean, TOL_EXACT);
  LB_NEAR(c.tied_x, pairs - A * B, 0);
  LB_NEAR(c.std_error, sqrt(variance + slope * slope * 0.01), TOL_EXACT);
}

/* The smoothed sum of the paper, with h given. */
static double smoothed_of(const double *predictor, size_t n, double h, double shared[SOME][SOME])
{
  double sum = 0;
  for (size_t i = 0; i < n; i++) {
    for (size_t j = 0; j < n; j++) {
      double ji = predictor[j] - predictor[i];
      double one = 0.5 * erfc(ji / h / sqrt(2)) / (1 + exp(ji));
      double other = 0.5 * erfc(-ji / h / sqrt(2)) / (1 + exp(-ji));
      if (shared != NULL) shared[i][j] = one + other;
      if (i < j) sum += one + other;
    }
  }
  return 2 * sum / ((double)n * (double)(n - 1));
}

static double moved(const lb_design *x, const double *coef, size_t which, double by, double h)
{
  double predictor[SOME];
  for (size_t i = 0; i < x->n; i++) {
    predictor[i] = by * x->column[which][i];
    for (size_t j = 0; j < x->p; j++) predictor[i] += coef[j] * x->column[j][i];
  }
  return smoothed_of(predictor, x->n, h, NULL);
}

/* All sums written out; the derivative by differences of the sum itself. */
static void sums_of_paper(void **state)
{
  (void)state;
  const double coef[] = {0.8, -0.4}, vcov[] = {0.09, 0.02, 0.02, 0.04};
  lb_error err = {0};
  for (size_t n = 3; n <= SOME; n++) {
    const lb_design x = draw(n, 2, coef);
    static double s[SOME][SOME];
    double mean = 0, sd = 0, sharp = 0, sum = 0, slope[2], pairs = (double)(n * (n - 1));
    for (size_t i = 0; i < n; i++) mean += predictor_[i] / (double)n;
    for (size_t i = 0; i < n; i++) sd += pow(predictor_[i] - mean, 2) / (double)(n - 1);
    double h = 0.5 * sqrt(sd) * pow((double)n, -1 / 3.0);
    double smoothed = smoothed_of(predictor_, n, h, s);
    for (size_t i = 0; i < n; i++) {
      for (size_t j = 0; j < n; j++) {
        if (j == i) continue;
        sharp += logistic(fabs(predictor_[i] - predictor_[j])) / pairs;
        for (size_t k = 0; k < n; k++)
          if (k != i && k != j) sum += (s[i][j] - smoothed) * (s[i][k] - smoothed);
      }
    }
    for (size_t j = 0; j < 2; j++)
      slope[j] = (moved(&x, coef, j, 1e-5, h) - moved(&x, coef, j, -1e-5, h)) / 2e-5;
    double brought = slope[0] * slope[0] * vcov[0] + 2 * slope[0] * slope[1] * vcov[1] +
                     slope[1] * slope[1] * vcov[3];
    lb_gonen_heller c;
    LB_OK_OR_FAIL(lb_gonen_heller_fit(&x, predictor_, coef, vcov, &c, &err), err);
    LB_NEAR(c.concordance, sharp, TOL_EXACT);
    LB_NEAR(c.smoothed, smoothed, TOL_EXACT);
    LB_NEAR(c.std_error, sqrt(fmax(0, 4 * sum / (pairs * pairs)) + brought), TOL_ITER);
  }
}

static void edges(void **state)
{
  (void)state;
  const double coef[] = {0.8, NAN}, vcov[] = {0.09, NAN, NAN, NAN};
  lb_error err = {0};
  lb_gonen_heller c, alone;
  lb_design x = draw(MANY, 1, coef);
  x.n = 30;
  LB_OK_OR_FAIL(lb_gonen_heller_fit(&x, predictor_, coef, vcov, &alone, &err), err);
  x.p = 2; /* a column that the fit left out changes nothing */
  LB_OK_OR_FAIL(lb_gonen_heller_fit(&x, predictor_, coef, vcov, &c, &err), err);
  assert_memory_equal(&c, &alone, sizeof c);
  for (x.n = 0; x.n < 2; x.n++) {
    LB_OK_OR_FAIL(lb_gonen_heller_fit(&x, predictor_, coef, vcov, &c, &err), err);
    assert_true(isnan(c.concordance) && isnan(c.smoothed) && isnan(c.std_error));
  }
  for (size_t i = 0; i < SOME; i++) predictor_[i] = 1e10 / 3;
  x.n = SOME; /* nobody differs */
  LB_OK_OR_FAIL(lb_gonen_heller_fit(&x, predictor_, coef, vcov, &c, &err), err);
  LB_NEAR(c.concordance, 0.5, 0);
  LB_NEAR(c.smoothed, 0.5, 0);
  LB_NEAR(c.tied_x, SOME * (SOME - 1) / 2.0, 0);
  predictor_[4] = INFINITY;
  alone = c;
  assert_int_equal(lb_gonen_heller_fit(&x, predictor_, coef, vcov, &c, &err), LB_EDATA);
  assert_memory_equal(&c, &alone, sizeof c);
}

static void threads_interrupts_memory(void **state)
{
  (void)state;
  const double coef[] = {0.8, -0.4}, vcov[] = {0.09, 0.02, 0.02, 0.04};
  const lb_design x = draw(MANY, 2, coef);
  lb_error err = {0};
  lb_gonen_heller c, again;
  lb_status st = LB_ENOMEM;
  lb_threads_set(1);
  LB_OK_OR_FAIL(lb_gonen_heller_fit(&x, predictor_, coef, vcov, &c, &err), err);
  lb_threads_set(3);
  LB_OK_OR_FAIL(lb_gonen_heller_fit(&x, predictor_, coef, vcov, &again, &err), err);
  assert_memory_equal(&c, &again, sizeof c);
  lb_threads_set(0);
  lb_interrupt_raise();
  assert_int_equal(lb_gonen_heller_fit(&x, predictor_, coef, vcov, &again, &err), LB_EINTR);
  lb_interrupt_clear();
  for (long k = 0; st != LB_OK; k++) {
    lb_mem_fail_after(k);
    st = lb_gonen_heller_fit(&x, predictor_, coef, vcov, &again, &err);
    assert_true(lb_mem_live() == 0);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      LB_TEST(two_rows),
      LB_TEST(two_groups),
      LB_TEST(sums_of_paper),
      LB_TEST(edges),
      LB_TEST(threads_interrupts_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
