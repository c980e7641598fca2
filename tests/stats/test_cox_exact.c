/* test_cox_exact.c - exact ties against the sums they stand for (all subsets, all orders), their
 * derivatives, equal bits for any number of threads, edges, failing allocations. */
#include "base/parallel.h"
#include "check.h"
#include "stats/survival/cox_work.h"

#define N 24
#define P 2

static double time_[N], entry_[N], offset_[N], x_[P][N];
static uint8_t event_[N];
static int32_t stratum_[N];
static const double *const COLUMNS[] = {x_[0], x_[1]};

/* Made-up rows with many ties, late entry, strata; the same each time. */
static void make_rows(void)
{
  uint32_t state = 12345;
  for (size_t i = 0; i < N; i++) {
    double u[4];
    for (size_t k = 0; k < 4; k++) {
      state = state * 1664525u + 1013904223u;
      u[k] = (double)(state >> 8) / 16777216.0;
    }
    time_[i] = 2 + floor(3 * u[0]);
    entry_[i] = floor(time_[i] * 0.7 * u[1]);
    event_[i] = u[2] < 0.6;
    offset_[i] = u[2] - 0.5;
    x_[0][i] = 3 * u[1] - u[3];
    x_[1][i] = (double)(i % 2);
    stratum_[i] = (int32_t)(i % 3 == 0);
  }
}

static double risk(const double *beta, size_t i)
{
  return exp(beta[0] * x_[0][i] + beta[1] * x_[1][i] + offset_[i]);
}

/* Sum over all subsets of `left` of the rows from `first` on. */
static double subsets(const double *r, size_t n, size_t first, size_t left)
{
  if (left == 0) return 1;
  double sum = 0;
  for (size_t i = first; i + left <= n; i++) sum += r[i] * subsets(r, n, i + 1, left - 1);
  return sum;
}

/* Sum over all orders of the events not yet `gone` of the probability of that order. */
static double orders(const double *r, size_t n, unsigned gone, double rest)
{
  double at_risk = rest, sum = 0;
  if (gone + 1u == 1u << n) return 1;
  for (size_t i = 0; i < n; i++)
    if (!(gone >> i & 1)) at_risk += r[i];
  for (size_t i = 0; i < n; i++)
    if (!(gone >> i & 1)) sum += r[i] / at_risk * orders(r, n, gone | 1u << i, rest);
  return sum;
}

static double brute_log_lik(lb_ties ties, const double *beta)
{
  double log_lik = 0;
  for (int32_t s = 0; s < 2; s++) {
    for (double t = 2; t <= 4; t++) {
      double own[N], all[N], rest = 0, product = 1;
      size_t d = 0, n = 0;
      for (size_t i = 0; i < N; i++) {
        if (stratum_[i] != s || !(entry_[i] < t && time_[i] >= t)) continue;
        bool event = time_[i] == t && event_[i];
        all[n++] = risk(beta, i);
        if (event) product *= own[d++] = risk(beta, i);
        if (!event) rest += risk(beta, i);
      }
      if (d == 0) continue;
      log_lik += ties == LB_TIES_EXACT ? log(product / subsets(all, n, 0, d))
                                       : log(orders(own, d, 0, rest));
    }
  }
  return log_lik;
}

static const lb_surv OUTCOME = {.n = N, .time = time_, .entry = entry_, .event = event_};
static const lb_design DESIGN = {.n = N, .p = P, .column = COLUMNS, .offset = offset_};
static const lb_partition STRATA = {stratum_, 2};

/* The log-likelihood is that of the brute sum up to the constant that centring takes off; score
 * and information are its differences. */
static void check_at(lb_ties ties, const double *beta)
{
  cox_data d = {0};
  cox_state s = {0};
  lb_error err = {0};
  LB_OK_OR_FAIL(cox_data_new(&OUTCOME, &DESIGN, &STRATA, &d, &err), err);
  LB_OK_OR_FAIL(cox_state_new(&d, &s, &err), err);
  double scaled[P], score[P], information[P * P], h = 1e-5;
  for (size_t j = 0; j < P; j++) scaled[j] = beta[j] * d.scale[j];
  LB_OK_OR_FAIL(cox_evaluate(&d, ties, scaled, &s, &err), err);
  LB_NEAR(s.log_lik, brute_log_lik(ties, beta), 1e-12);
  memcpy(score, s.score, sizeof score);
  memcpy(information, s.information, sizeof information);
  for (size_t j = 0; j < P; j++) {
    double side[2], slope[2][P];
    for (int k = 0; k < 2; k++) {
      double moved[P] = {scaled[0], scaled[1]};
      moved[j] += k == 0 ? -h : h;
      LB_OK_OR_FAIL(cox_evaluate(&d, ties, moved, &s, &err), err);
      side[k] = s.log_lik;
      memcpy(slope[k], s.score, sizeof slope[k]);
    }
    LB_NEAR(score[j], (side[1] - side[0]) / (2 * h), 1e-8);
    for (size_t i = 0; i < P; i++) {
      size_t low = i < j ? i : j, high = i < j ? j : i;
      LB_NEAR(information[high * P + low], (slope[0][i] - slope[1][i]) / (2 * h), 1e-8);
    }
  }
  cox_state_reset(&s);
  cox_data_reset(&d);
}

static void brute_force(void **state)
{
  (void)state;
  static const double BETA[][P] = {{0, 0}, {0.7, -1}, {-2, 3}, {4, 4}};
  make_rows();
  for (size_t k = 0; k < 4; k++) {
    check_at(LB_TIES_EXACT, BETA[k]);
    check_at(LB_TIES_MARGINAL, BETA[k]);
  }
}

/* Two events of three at one time, x = 1, 1, 0: with r = e^b discrete time has r^2/(r^2 + 2 r),
 * score 2/(r + 2); orders give r/(2r + 1) twice over times r/(r + 1). */
static void closed_forms(void **state)
{
  (void)state;
  const double time[] = {1, 1, 2}, x[] = {1, 1, 0};
  const uint8_t event[] = {1, 1, 0};
  const double *column[] = {x};
  const lb_surv y = {.n = 3, .time = time, .event = event};
  const lb_design d = {.n = 3, .p = 1, .column = column};
  lb_cox_options opt = LB_COX_DEFAULTS;
  lb_error err = {0};
  lb_cox fit = {0};
  opt.ties = LB_TIES_EXACT;
  LB_OK_OR_FAIL(lb_cox_fit(&y, &d, NULL, &opt, &fit, &err), err);
  LB_NEAR(fit.log_lik_null, -log(3), TOL_EXACT);
  assert_true(fit.infinite[0]);
  lb_cox_reset(&fit);
  opt.ties = LB_TIES_MARGINAL;
  LB_OK_OR_FAIL(lb_cox_fit(&y, &d, NULL, &opt, &fit, &err), err);
  LB_NEAR(fit.log_lik_null, -log(3), 1e-13);
  assert_true(fit.infinite[0]);
  lb_cox_reset(&fit);
}

/* Without ties all methods are one; with everybody tied nothing is left to learn. */
static void without_ties(void **state)
{
  (void)state;
  double distinct[N];
  lb_error err = {0};
  make_rows();
  for (size_t i = 0; i < N; i++) distinct[i] = time_[i] + (double)i / 100;
  lb_surv y = OUTCOME;
  y.time = distinct;
  lb_cox breslow = {0};
  lb_cox_options opt = LB_COX_DEFAULTS;
  LB_OK_OR_FAIL(lb_cox_fit(&y, &DESIGN, &STRATA, &opt, &breslow, &err), err);
  for (opt.ties = LB_TIES_EXACT; opt.ties <= LB_TIES_MARGINAL; opt.ties++) {
    lb_cox fit = {0};
    LB_OK_OR_FAIL(lb_cox_fit(&y, &DESIGN, &STRATA, &opt, &fit, &err), err);
    assert_memory_equal(fit.coef, breslow.coef, sizeof(double) * P);
    assert_memory_equal(fit.vcov, breslow.vcov, sizeof(double) * P * P);
    lb_cox_reset(&fit);
  }
  lb_cox_reset(&breslow);
  static const double one[N];
  static uint8_t all[N];
  for (size_t i = 0; i < N; i++) all[i] = 1;
  const lb_surv tied = {.n = N, .time = one, .event = all};
  lb_cox fit = {0};
  for (opt.ties = LB_TIES_EXACT; opt.ties <= LB_TIES_MARGINAL; opt.ties++) {
    LB_OK_OR_FAIL(lb_cox_fit(&tied, &DESIGN, NULL, &opt, &fit, &err), err);
    LB_NEAR(fit.log_lik, 0, 1e-12);
    assert_int_equal(fit.n_collinear, P);
    lb_cox_reset(&fit);
  }
}

/* A risk that dwarfs all others, and one that vanishes beside them. */
static void far_apart(void **state)
{
  (void)state;
  const double time[] = {1, 1, 1, 2}, x[] = {0, 1, 2, 3}, offset[] = {280, -300, 0, 1};
  const uint8_t event[] = {1, 1, 0, 1};
  const double *column[] = {x};
  const lb_surv y = {.n = 4, .time = time, .event = event};
  const lb_design d = {.n = 4, .p = 1, .column = column, .offset = offset};
  lb_cox_options opt = LB_COX_DEFAULTS;
  for (opt.ties = LB_TIES_EXACT; opt.ties <= LB_TIES_MARGINAL; opt.ties++) {
    lb_error err = {0};
    lb_cox fit = {0};
    LB_OK_OR_FAIL(lb_cox_fit(&y, &d, NULL, &opt, &fit, &err), err);
    /* At 0 the chance that the second comes before the last two is its risk in the rest. */
    LB_NEAR(fit.log_lik_null, -300 - log(1 + exp(1)), 1e-12);
    lb_cox_reset(&fit);
  }
}

static void weights_refused(void **state)
{
  (void)state;
  double weight[N];
  make_rows();
  for (size_t i = 0; i < N; i++) weight[i] = 1;
  lb_surv y = OUTCOME;
  y.weight = weight;
  lb_cox_options opt = LB_COX_DEFAULTS;
  lb_error err = {0};
  lb_cox fit = {0};
  opt.ties = LB_TIES_EXACT;
  LB_OK_OR_FAIL(lb_cox_fit(&y, &DESIGN, NULL, &opt, &fit, &err), err);
  lb_cox_reset(&fit);
  weight[3] = 0.5;
  assert_int_equal(lb_cox_fit(&y, &DESIGN, NULL, &opt, &fit, &err), LB_EARG);
}

/* Enough rows for threads. */
static void threads(void **state)
{
  (void)state;
  enum { MANY = 4000 };
  static double time[MANY], x[2][MANY];
  static uint8_t event[MANY];
  uint32_t u = 7;
  for (size_t i = 0; i < MANY; i++) {
    u = u * 1664525u + 1013904223u;
    time[i] = (double)(u >> 24);
    x[0][i] = (double)(u >> 12 & 255) / 64;
    x[1][i] = (double)(u >> 8 & 1);
    event[i] = (u >> 9 & 3) != 0;
  }
  const double *column[] = {x[0], x[1]};
  const lb_surv y = {.n = MANY, .time = time, .event = event};
  const lb_design d = {.n = MANY, .p = 2, .column = column};
  lb_cox_options opt = LB_COX_DEFAULTS;
  for (opt.ties = LB_TIES_EXACT; opt.ties <= LB_TIES_MARGINAL; opt.ties++) {
    lb_cox fit[2] = {{0}, {0}};
    lb_error err = {0};
    for (int k = 0; k < 2; k++) {
      lb_threads_set(1 + 2 * k);
      LB_OK_OR_FAIL(lb_cox_fit(&y, &d, NULL, &opt, &fit[k], &err), err);
    }
    assert_memory_equal(fit[0].coef, fit[1].coef, 2 * sizeof(double));
    assert_memory_equal(fit[0].vcov, fit[1].vcov, 4 * sizeof(double));
    lb_cox_reset(&fit[0]);
    lb_cox_reset(&fit[1]);
  }
  lb_threads_set(0);
}

static void failing_allocations(void **state)
{
  (void)state;
  make_rows();
  lb_cox_options opt = LB_COX_DEFAULTS;
  for (opt.ties = LB_TIES_EXACT; opt.ties <= LB_TIES_MARGINAL; opt.ties++) {
    lb_status st = LB_ENOMEM;
    for (long k = 0; st != LB_OK; k++) {
      lb_cox fit = {0};
      lb_error err = {0};
      lb_mem_fail_after(k);
      st = lb_cox_fit(&OUTCOME, &DESIGN, &STRATA, &opt, &fit, &err);
      lb_mem_fail_after(-1);
      assert_true(st == LB_OK || (st == LB_ENOMEM && lb_mem_live() == 0));
      lb_cox_reset(&fit);
    }
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      LB_TEST(brute_force),         LB_TEST(closed_forms),    LB_TEST(without_ties),
      LB_TEST(far_apart),           LB_TEST(weights_refused), LB_TEST(threads),
      LB_TEST(failing_allocations),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
