/* test_cox_boot.c - resamples of a Cox model against fits of repeated rows, threads, failures. */
#include "base/parallel.h"
#include "check.h"
#include "stats/survival/cox_boot.h"
#include "stats/survival/repeat.h"

#include <gsl/gsl_errno.h>

#define N         90
#define P         3
#define N_CLUSTER 30
#define R         41

static double time_[N], entry_[N], weight_[N], offset_[N], x_[P][N];
static uint8_t event_[N];
static int32_t stratum_[N], cluster_[N];
static const double *const COLUMNS[] = {x_[0], x_[1], x_[2]};
static const lb_partition STRATA = {stratum_, 2}, CLUSTERS = {cluster_, N_CLUSTER};

/* Made-up rows with ties, late entry, weights, offset, strata and clusters across them; times as
 * good as continuous when not `tied`. */
static void make_rows(bool tied)
{
  uint32_t state = 815;
  for (size_t i = 0; i < N; i++) {
    double u[6];
    for (size_t k = 0; k < 6; k++) {
      state = state * 1664525u + 1013904223u;
      u[k] = (double)(state >> 8) / 16777216.0;
    }
    time_[i] = tied ? 2 + floor(9 * u[0]) : 1 + 9 * u[0];
    entry_[i] = time_[i] * 0.6 * u[1];
    event_[i] = u[2] < 0.7;
    weight_[i] = 0.5 + 2 * u[3];
    offset_[i] = u[4] - 0.5;
    x_[0][i] = 100 + 20 * (u[1] - u[3]);
    x_[1][i] = (double)(u[5] < 0.4);
    x_[2][i] = u[4] + u[5];
    stratum_[i] = (int32_t)(i % 3 == 0);
    cluster_[i] = (int32_t)(i % N_CLUSTER);
  }
}

/* Kinds of data, as bits. */
enum { LATE = 1, WEIGHTS = 2, STRATIFIED = 4, OFFSET = 8, BRESLOW = 16, CLUSTERED = 32, TIED = 64 };
enum { ALL_KINDS = 128 };

typedef struct problem {
  lb_surv y;
  lb_design x;
  const lb_partition *strata, *cluster;
  lb_ties ties;
} problem;

static problem make_problem(int kind)
{
  make_rows((kind & TIED) != 0);
  problem q = {.y = {.n = N, .time = time_, .event = event_}};
  q.x = (lb_design){.n = N, .p = P, .column = COLUMNS};
  if (kind & LATE) q.y.entry = entry_;
  if (kind & WEIGHTS) q.y.weight = weight_;
  if (kind & OFFSET) q.x.offset = offset_;
  if (kind & STRATIFIED) q.strata = &STRATA;
  if (kind & CLUSTERED) q.cluster = &CLUSTERS;
  q.ties = kind & BRESLOW ? LB_TIES_BRESLOW : LB_TIES_EFRON;
  return q;
}

static void fit_problem(const problem *q, lb_cox *fit)
{
  lb_cox_options options = LB_COX_DEFAULTS;
  lb_error err = {0};
  options.ties = q->ties;
  LB_OK_OR_FAIL(lb_cox_fit(&q->y, &q->x, q->strata, &options, fit, &err), err);
}

static lb_status resample(const problem *q, const lb_cox *fit, size_t replicates, lb_cox_boot *out)
{
  lb_cox_at at = {&q->y, &q->x, q->strata, q->ties, fit->coef};
  const lb_cox_boot_options options = {replicates, 7};
  return lb_cox_boot_fit(&at, q->cluster, &options, out, NULL);
}

/* The coefficients of replicate r by repeating its rows. */
static void fit_repeated(const problem *q, size_t r, lb_cox *fit)
{
  uint32_t drawn[N];
  double count[N], each[N * 30];
  lb_repeat rows = {0};
  lb_error err = {0};
  lb_cox_boot_counts((lb_boot_draw){7, r}, q->cluster, N, drawn, count);
  problem repeated = *q;
  lb_surv y = q->y;
  y.weight = count;
  LB_OK_OR_FAIL(lb_repeat_rows(&y, &q->x, q->strata, NULL, &rows, &err), err);
  repeated.y = rows.y;
  repeated.x = rows.x;
  if (q->strata != NULL) repeated.strata = &rows.strata;
  if (q->y.weight != NULL) {
    for (size_t k = 0; k < rows.n; k++) each[k] = q->y.weight[rows.row[k]];
    repeated.y.weight = each;
  }
  fit_problem(&repeated, fit);
  lb_repeat_reset(&rows);
}

static void test_repeated_rows(void **state)
{
  (void)state;
  for (int kind = 0; kind < ALL_KINDS; kind++) {
    problem q = make_problem(kind);
    lb_cox fit = {0};
    lb_cox_boot boot = {0};
    fit_problem(&q, &fit);
    assert_int_equal(resample(&q, &fit, R, &boot), LB_OK);
    assert_int_equal(boot.n_failed, 0);
    assert_int_equal(boot.n_slow, 0);
    for (size_t r = 0; r < R; r += 9) {
      lb_cox again = {0};
      fit_repeated(&q, r, &again);
      for (size_t j = 0; j < P; j++)
        LB_NEAR(boot.coef[r * P + j] / fit.std_error[j], again.coef[j] / fit.std_error[j], 1e-7);
      lb_cox_reset(&again);
    }
    lb_cox_boot_reset(&boot);
    lb_cox_reset(&fit);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {LB_TEST(test_repeated_rows)};
  gsl_set_error_handler_off();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
