/* test_cox_jackknife.c - robust variances of predicted hazards against the derivatives themselves,
 * a closed form, the model-based variance, failing allocations. */
#include "check.h"
#include "stats/survival/cox_jackknife.h"

#include <gsl/gsl_errno.h>

#define N         48
#define P         2
#define N_CLUSTER 16

static double time_[N], entry_[N], weight_[N], x_[P][N];
static uint8_t event_[N];
static int32_t stratum_[N], cluster_[N];
static const double *const COLUMNS[] = {x_[0], x_[1]};
static const lb_design DESIGN = {.n = N, .p = P, .column = COLUMNS};
static const lb_partition STRATA = {stratum_, 2};

/* Made-up rows with ties, late entry, weights, strata and clusters across them. */
static void make_rows(void)
{
  uint32_t state = 4711;
  for (size_t i = 0; i < N; i++) {
    double u[4];
    for (size_t k = 0; k < 4; k++) {
      state = state * 1664525u + 1013904223u;
      u[k] = (double)(state >> 8) / 16777216.0;
    }
    time_[i] = 2 + floor(7 * u[0]);
    entry_[i] = floor(time_[i] * 0.5 * u[1]);
    event_[i] = u[2] < 0.7;
    weight_[i] = 0.5 + 2 * u[3];
    x_[0][i] = u[1] - u[3];
    x_[1][i] = (double)(i % 2);
    stratum_[i] = (int32_t)(i % 3 == 0);
    cluster_[i] = (int32_t)(i % N_CLUSTER);
  }
}

/* What the hazard is asked of: a person, a stratum, an interval of times. */
typedef struct question {
  double x[P], from, to;
  size_t stratum;
} question;
static const question ASKED[] = {
    {{0.3, 1}, -1, 4, 0}, {{-0.5, 0}, -1, 7, 1}, {{0, 1}, 2, 6, 0}, {{0.1, 0}, 3, 3, 1}};
enum { N_ASKED = sizeof ASKED / sizeof ASKED[0] };

static double hazard_of(const lb_cox_at *at, const lb_cox_path *path, const question *ask,
                        lb_cox_jackknife *jackknife, double *std_error)
{
  double z[P], log_risk = 0;
  for (size_t j = 0; j < P; j++) {
    z[j] = ask->x[j] - path->centre[j];
    log_risk += at->coef[j] * z[j];
  }
  const lb_cox_person person = {z, log_risk, ask->stratum};
  size_t from = lb_cox_path_find(path, ask->stratum, ask->from);
  size_t to = lb_cox_path_find(path, ask->stratum, ask->to);
  if (jackknife == NULL) {
    static const double none[P * P];
    return lb_cox_person_hazard(path, none, &person, from, to).hazard;
  }
  lb_cox_hazard h = lb_cox_jackknife_hazard(jackknife, &person, from, to);
  *std_error = h.std_error;
  return h.hazard;
}

/* Hazards of a fit with these weights. */
static void refit(const double *weight, const double *entry, lb_ties ties, double *out)
{
  const lb_surv y = {.n = N, .time = time_, .entry = entry, .event = event_, .weight = weight};
  lb_cox_options opt = LB_COX_DEFAULTS;
  lb_cox fit = {0};
  lb_cox_path path = {0};
  opt.ties = ties;
  opt.tolerance = 1e-14;
  assert_int_equal(lb_cox_fit(&y, &DESIGN, &STRATA, &opt, &fit, NULL), LB_OK);
  const lb_cox_at at = {&y, &DESIGN, &STRATA, ties, fit.coef};
  assert_int_equal(lb_cox_path_new(&at, &path, NULL), LB_OK);
  for (size_t q = 0; q < N_ASKED; q++) out[q] = hazard_of(&at, &path, &ASKED[q], NULL, NULL);
  lb_cox_path_reset(&path);
  lb_cox_reset(&fit);
}

/* The weights of a cluster move together, by this part of each. */
#define STEP 1e-4

static void differences(const lb_partition *cluster, const double *entry, lb_ties ties,
                        double *variance)
{
  size_t n = cluster == NULL ? N : cluster->n;
  for (size_t c = 0; c < n; c++) {
    double weight[2][N], value[2][N_ASKED];
    for (int side = 0; side < 2; side++) {
      for (size_t i = 0; i < N; i++) {
        size_t own = cluster == NULL ? i : (size_t)cluster->code[i];
        weight[side][i] = weight_[i] * (own == c ? 1 + (side ? STEP : -STEP) : 1);
      }
      refit(weight[side], entry, ties, value[side]);
    }
    for (size_t q = 0; q < N_ASKED; q++)
      variance[q] += pow((value[1][q] - value[0][q]) / (2 * STEP), 2);
  }
}

static void against_differences(const lb_partition *cluster, const double *entry, lb_ties ties)
{
  double variance[N_ASKED] = {0};
  differences(cluster, entry, ties, variance);
  const lb_surv y = {.n = N, .time = time_, .entry = entry, .event = event_, .weight = weight_};
  lb_cox_options opt = LB_COX_DEFAULTS;
  lb_cox fit = {0};
  lb_cox_path path = {0};
  lb_cox_jackknife k = {0};
  lb_error err = {0};
  opt.ties = ties;
  LB_OK_OR_FAIL(lb_cox_fit(&y, &DESIGN, &STRATA, &opt, &fit, &err), err);
  const lb_cox_at at = {&y, &DESIGN, &STRATA, ties, fit.coef};
  LB_OK_OR_FAIL(lb_cox_path_new(&at, &path, &err), err);
  LB_OK_OR_FAIL(lb_cox_jackknife_new(&at, &path, fit.vcov, cluster, &k, &err), err);
  for (size_t q = 0; q < N_ASKED; q++) {
    double std_error;
    hazard_of(&at, &path, &ASKED[q], &k, &std_error);
    LB_NEAR(std_error, sqrt(variance[q]), 1e-6);
  }
  lb_cox_jackknife_reset(&k);
  lb_cox_path_reset(&path);
  lb_cox_reset(&fit);
}

static void derivatives(void **state)
{
  (void)state;
  make_rows();
  const lb_partition cluster = {cluster_, N_CLUSTER};
  for (int ties = 0; ties < 2; ties++) {
    against_differences(NULL, NULL, (lb_ties)ties);
    against_differences(NULL, entry_, (lb_ties)ties);
    against_differences(&cluster, NULL, (lb_ties)ties);
    against_differences(&cluster, entry_, (lb_ties)ties);
  }
}

/* Without covariates, one death a time among n, then n - 1: D of the first is 1/n - 1/n^2, of the
 * second -1/n^2 + 1/(n - 1) - 1/(n - 1)^2, of the others -1/n^2 - 1/(n - 1)^2. */
static void closed_form(void **state)
{
  (void)state;
  static const double time[] = {1, 2, 3, 3};
  static const uint8_t event[] = {1, 1, 0, 0};
  static const int32_t pair[] = {0, 1, 1, 0};
  const lb_surv y = {.n = 4, .time = time, .event = event};
  const lb_design x = {.n = 4};
  const lb_partition cluster = {pair, 2};
  const double coef[] = {0}, z[] = {0};
  const lb_cox_at at = {.y = &y, .x = &x, .coef = coef};
  const lb_cox_person person = {.z = z};
  lb_cox_path path = {0};
  lb_cox_jackknife k = {0};
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_cox_path_new(&at, &path, &err), err);
  const double a = 1.0 / 16, b = 1.0 / 9;
  const double d[] = {0.25 - a, -a + 1.0 / 3 - b, -a - b, -a - b};
  LB_OK_OR_FAIL(lb_cox_jackknife_new(&at, &path, coef, NULL, &k, &err), err);
  double one = d[0] * d[0] + d[1] * d[1] + 2 * d[2] * d[2];
  LB_NEAR(lb_cox_jackknife_hazard(&k, &person, 0, 2).std_error, sqrt(one), TOL_EXACT);
  LB_NEAR(lb_cox_jackknife_hazard(&k, &person, 0, 0).std_error, 0, TOL_EXACT);
  lb_cox_jackknife_reset(&k);
  LB_OK_OR_FAIL(lb_cox_jackknife_new(&at, &path, coef, &cluster, &k, &err), err);
  double two = pow(d[0] + d[3], 2) + pow(d[1] + d[2], 2);
  LB_NEAR(lb_cox_jackknife_hazard(&k, &person, 0, 2).std_error, sqrt(two), TOL_EXACT);
  lb_cox_jackknife_reset(&k);
  lb_cox_path_reset(&path);
}

static void edges_and_failures(void **state)
{
  (void)state;
  make_rows();
  static const double coef[P] = {0.1, -0.2}, vcov[P * P] = {0.1, 0, 0, 0.1};
  static const lb_surv none;
  const lb_surv y = {.n = N, .time = time_, .entry = entry_, .event = event_, .weight = weight_};
  const lb_design empty = {.p = P, .column = COLUMNS};
  const lb_partition cluster = {cluster_, N_CLUSTER}, short_of = {cluster_, 3};
  const lb_cox_at nobody = {&none, &empty, NULL, LB_TIES_EFRON, coef};
  const lb_cox_at at = {&y, &DESIGN, &STRATA, LB_TIES_EFRON, coef};
  lb_cox_path path = {0};
  lb_cox_jackknife k = {0};
  lb_error err = {0};
  const double z[P] = {0};
  const lb_cox_person person = {.z = z};
  LB_OK_OR_FAIL(lb_cox_path_new(&nobody, &path, &err), err);
  LB_OK_OR_FAIL(lb_cox_jackknife_new(&nobody, &path, vcov, NULL, &k, &err), err);
  LB_NEAR(lb_cox_jackknife_hazard(&k, &person, 0, 0).hazard, 0, TOL_EXACT);
  lb_cox_jackknife_reset(&k);
  lb_cox_path_reset(&path);
  LB_OK_OR_FAIL(lb_cox_path_new(&at, &path, &err), err);
  assert_int_equal(lb_cox_jackknife_new(&at, &path, vcov, &short_of, &k, &err), LB_EARG);
  lb_status st = LB_ENOMEM;
  size_t live = lb_mem_live();
  for (long count = 0; st != LB_OK; count++) {
    lb_mem_fail_after(count);
    st = lb_cox_jackknife_new(&at, &path, vcov, &cluster, &k, NULL);
    lb_mem_fail_after(-1);
    assert_true(st == LB_OK || (st == LB_ENOMEM && lb_mem_live() == live));
  }
  lb_cox_jackknife_reset(&k);
  lb_cox_path_reset(&path);
}

int main(void)
{
  gsl_set_error_handler_off();
  const struct CMUnitTest tests[] = {LB_TEST(derivatives), LB_TEST(closed_form),
                                     LB_TEST(edges_and_failures)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
