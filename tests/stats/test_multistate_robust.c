/* test_multistate_robust.c - robust standard errors of predicted state probabilities against
 * derivatives to the weights by refitting, the formula of one hazard, and themselves. */
#include "check.h"
#include "stats/survival/multistate_predict.h"

#include <gsl/gsl_errno.h>

#define N      150
#define P      2
#define STATES 3
#define MOVES  3
#define TIMES  3

static double time_[N], entry_[N], x_[P][N], weight_[N];
static uint8_t event_[N];
static int32_t stratum_[N], person_[N];
static const double *const COLUMN[P] = {x_[0], x_[1]};
static const lb_design X = {.n = N, .p = P, .column = COLUMN};
static const lb_partition STRATA = {stratum_, MOVES};
static const int32_t FROM[MOVES] = {0, 0, 1}, TO[MOVES] = {1, 2, 2};
static const size_t STRATUM[MOVES] = {0, 1, 2};
static const double START[STATES] = {1, 0, 0}, ASKED[TIMES] = {4, 9.5, 20};

static uint32_t next(uint32_t *seed)
{
  *seed = *seed * 1664525u + 1013904223u;
  return *seed >> 12;
}

/* Illness and death: a third of the rows in each transition, a person in several. */
static lb_surv make(uint32_t seed, size_t grid)
{
  for (size_t i = 0; i < N; i++) {
    stratum_[i] = (int32_t)(i % MOVES);
    person_[i] = (int32_t)(i / MOVES);
    time_[i] = 1 + (double)(next(&seed) % grid) * 20 / (double)grid;
    entry_[i] = stratum_[i] == 2 ? floor(time_[i] / 2) : 0;
    event_[i] = next(&seed) % 3 > 0;
    x_[0][i] = (double)(next(&seed) % 1000) / 500;
    x_[1][i] = (double)(next(&seed) % 2);
    weight_[i] = 1;
  }
  return (lb_surv){.n = N, .time = time_, .event = event_, .entry = entry_, .weight = weight_};
}

typedef struct asked {
  const lb_surv *y;
  lb_ties ties;
  const lb_partition *cluster;
  lb_state_times times;
} asked;

/* Of a person with columns 1 and 0.5, fitted anew; robust errors unless `error` is NULL. */
static lb_status predict(const asked *q, double *estimate, double *error, lb_error *err)
{
  lb_cox_options opt = LB_COX_DEFAULTS;
  lb_cox fit = {0};
  lb_cox_path path = {0};
  lb_cox_jackknife jackknife = {0};
  opt.ties = q->ties;
  opt.tolerance = 1e-13;
  lb_status st = lb_cox_fit(q->y, &X, &STRATA, &opt, &fit, err);
  const lb_cox_at at = {.y = q->y, .x = &X, .strata = &STRATA, .ties = q->ties, .coef = fit.coef};
  if (st == LB_OK) st = lb_cox_path_new(&at, &path, err);
  if (st == LB_OK) {
    double z[MOVES * P], risk[MOVES] = {0};
    for (size_t h = 0; h < MOVES; h++)
      for (size_t j = 0; j < P; j++) {
        z[h * P + j] = (j == 0 ? 1 : 0.5) - path.centre[j];
        risk[h] += z[h * P + j] * fit.coef[j];
      }
    const lb_state_person who = {MOVES, STATES, FROM, TO, STRATUM, z, risk, START};
    if (error != NULL) st = lb_cox_jackknife_new(&at, &path, fit.vcov, q->cluster, &jackknife, err);
    if (st == LB_OK)
      st = error == NULL
               ? lb_state_predict(&path, NULL, &who, &q->times, estimate, NULL, err)
               : lb_state_predict_robust(&jackknife, &who, &q->times, estimate, error, err);
  }
  lb_cox_jackknife_reset(&jackknife);
  lb_cox_path_reset(&path);
  lb_cox_reset(&fit);
  return st;
}

static void check_derivatives(const asked *q, double tolerance)
{
  enum { CELLS = TIMES * STATES };
  lb_error err = {0};
  double estimate[CELLS], error[CELLS], high[CELLS], low[CELLS], sum[CELLS] = {0};
  static double influence[N][CELLS];
  const double step = 1e-4;
  LB_OK_OR_FAIL(predict(q, estimate, error, &err), err);
  memset(influence, 0, sizeof influence);
  for (size_t i = 0; i < N; i++) {
    size_t unit = q->cluster == NULL ? i : (size_t)q->cluster->code[i];
    weight_[i] = 1 + step;
    LB_OK_OR_FAIL(predict(q, high, NULL, &err), err);
    weight_[i] = 1 - step;
    LB_OK_OR_FAIL(predict(q, low, NULL, &err), err);
    weight_[i] = 1;
    for (size_t c = 0; c < CELLS; c++) influence[unit][c] += (high[c] - low[c]) / (2 * step);
  }
  for (size_t i = 0; i < N; i++)
    for (size_t c = 0; c < CELLS; c++) sum[c] += influence[i][c] * influence[i][c];
  for (size_t c = 0; c < CELLS; c++) LB_NEAR(error[c], sqrt(sum[c]), tolerance);
}

/* Products of I + dA are what their derivative says to the last digit the differences have. */
static void is_the_derivative(void **state)
{
  (void)state;
  const lb_partition persons = {person_, N / MOVES};
  for (uint32_t seed = 1; seed < 4; seed++) {
    lb_surv y = make(seed, 1000);
    asked q = {&y, LB_TIES_EFRON, NULL, {ASKED, TIMES, -INFINITY, true}};
    check_derivatives(&q, 1e-6);
    q.cluster = &persons;
    check_derivatives(&q, 1e-6);
    q.times.from = 3;
    check_derivatives(&q, 1e-6);
  }
}

/* Ties within a transition by both rules, where all fits are followed. */
static void with_ties(void **state)
{
  (void)state;
  lb_surv y = make(7, 20);
  asked q = {&y, LB_TIES_BRESLOW, NULL, {ASKED, TIMES, -INFINITY, true}};
  check_derivatives(&q, 1e-6);
}

/* Exponentials of the hazards: no time has moves from one state to another and on. */
static void exponential(void **state)
{
  (void)state;
  lb_surv y = make(9, 100003);
  const asked q = {&y, LB_TIES_EFRON, NULL, {ASKED, TIMES, -INFINITY, false}};
  check_derivatives(&q, 1e-5);
}

static void edges(void **state)
{
  (void)state;
  lb_error err = {0};
  double estimate[TIMES * STATES], error[TIMES * STATES];
  lb_surv y = make(3, 50);
  static int32_t one[N];
  const lb_partition cluster = {one, 1};
  asked q = {&y, LB_TIES_EFRON, &cluster, {ASKED, TIMES, -INFINITY, false}};
  LB_OK_OR_FAIL(predict(&q, estimate, error, &err), err);
  assert_true(isnan(error[0]) != 0);
  q.cluster = NULL;
  q.times.from = 100; /* nothing happens any more */
  LB_OK_OR_FAIL(predict(&q, estimate, error, &err), err);
  for (size_t s = 0; s < STATES; s++) {
    LB_NEAR(estimate[s], START[s], 0);
    LB_NEAR(error[s], 0, 0);
  }
}

static void allocation_failures(void **state)
{
  (void)state;
  lb_surv y = make(5, 30);
  const asked q = {&y, LB_TIES_EFRON, NULL, {ASKED, TIMES, -INFINITY, false}};
  lb_status st = LB_ENOMEM;
  for (long k = 0; st != LB_OK; k++) {
    lb_error err = {0};
    double estimate[TIMES * STATES], error[TIMES * STATES];
    lb_mem_fail_after(k);
    st = predict(&q, estimate, error, &err);
    lb_mem_fail_after(-1);
    assert_true(st == LB_OK || (st == LB_ENOMEM && lb_mem_live() == 0));
  }
}

int main(void)
{
  gsl_set_error_handler_off();
  const struct CMUnitTest tests[] = {LB_TEST(is_the_derivative), LB_TEST(with_ties),
                                     LB_TEST(exponential), LB_TEST(edges),
                                     LB_TEST(allocation_failures)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
