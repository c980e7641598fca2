/* test_concordance.c - Harrell's concordance against a count of all pairs, and reference values. */
#include "data.h"
#include "stats/survival/concordance.h"

#include <gsl/gsl_errno.h>

#define N 90

static double time_[N], entry_[N], weight_[N], predictor_[N];
static uint8_t event_[N];
static int32_t stratum_[N], cluster_[N];

static double uniform(void)
{
  static uint64_t seed = 7;
  seed = seed * 6364136223846793005u + 1442695040888963407u;
  return (double)(seed >> 11) / 9007199254740992.0;
}

static lb_surv make_data(void)
{
  for (size_t i = 0; i < N; i++) {
    time_[i] = 1 + floor(20 * uniform());
    entry_[i] = floor(time_[i] * uniform()) - 1;
    event_[i] = uniform() < 0.6;
    weight_[i] = 0.5 + uniform();
    predictor_[i] = floor(8 * uniform());
    stratum_[i] = (int32_t)(3 * uniform());
    cluster_[i] = (int32_t)(11 * uniform());
  }
  return (lb_surv){.n = N, .time = time_, .entry = entry_, .event = event_, .weight = weight_};
}

/* All pairs, one by one, with the derivative of the concordance to each weight. */
static lb_concordance slow_concordance(const lb_surv *y, const lb_partition *cluster)
{
  lb_concordance c = {0};
  double won[N] = {0}, met[N] = {0}, sum[N] = {0}, squares = 0;
  for (size_t i = 0; i < y->n; i++) {
    for (size_t j = 0; j < y->n; j++) {
      bool later = y->time[j] > y->time[i] || (y->time[j] == y->time[i] && !y->event[j]);
      if (!y->event[i] || !later || y->entry[j] >= y->time[i] || stratum_[i] != stratum_[j])
        continue;
      double both = y->weight[i] * y->weight[j];
      double score = predictor_[i] > predictor_[j] ? 1 : predictor_[i] == predictor_[j] ? 0.5 : 0;
      *(score == 1 ? &c.concordant : score == 0 ? &c.discordant : &c.tied_x) += both;
      won[i] += both * score;
      won[j] += both * score;
      met[i] += both;
      met[j] += both;
    }
  }
  double pairs = c.concordant + c.discordant + c.tied_x;
  c.concordance = (c.concordant + c.tied_x / 2) / pairs;
  for (size_t i = 0; i < y->n; i++)
    sum[cluster == NULL ? (int32_t)i : cluster->code[i]] +=
        (won[i] - c.concordance * met[i]) / pairs;
  for (size_t i = 0; i < N; i++) squares += sum[i] * sum[i];
  c.std_error = sqrt(squares);
  return c;
}

static void agrees_with_all_pairs(void **state)
{
  (void)state;
  lb_error err = {0};
  const lb_partition strata = {stratum_, 3};
  for (int round = 0; round < 20; round++) {
    const lb_surv y = make_data();
    const lb_partition cluster = {cluster_, 11}, *by = round % 2 == 0 ? NULL : &cluster;
    lb_concordance c, slow = slow_concordance(&y, by);
    LB_OK_OR_FAIL(lb_concordance_fit(&y, predictor_, &strata, by, &c, &err), err);
    LB_NEAR(c.concordance, slow.concordance, 1e-13);
    LB_NEAR(c.std_error, slow.std_error, 1e-13);
    LB_NEAR(c.concordant, slow.concordant, 1e-13);
    LB_NEAR(c.discordant, slow.discordant, 1e-13);
    LB_NEAR(c.tied_x, slow.tied_x, 1e-13);
  }
}

/* R 4.2.2, survival 3.5-3: concordance(coxph(Surv(time, dead) ~ ph_karno, lung)); a predictor
 * with many ties. */
static void lung_karnofsky(void **state)
{
  (void)state;
  static double time[DATA_ROWS], karnofsky[DATA_ROWS];
  static uint8_t event[DATA_ROWS];
  lb_error err = {0};
  size_t rows = data_real("survival_lung", "time", time), n = 0;
  data_event("survival_lung", "dead", event);
  data_real("survival_lung", "ph_karno", karnofsky);
  for (size_t i = 0; i < rows; i++) {
    if (isnan(karnofsky[i])) continue;
    time[n] = time[i];
    event[n] = event[i];
    karnofsky[n++] = -karnofsky[i];
  }
  const lb_surv y = {.n = n, .time = time, .event = event};
  lb_concordance c;
  LB_OK_OR_FAIL(lb_concordance_fit(&y, karnofsky, NULL, NULL, &c, &err), err);
  LB_NEAR(c.concordance, 0.5977865372953305, TOL_EXACT);
  LB_NEAR(c.std_error, 0.025951192367640288, 1e-12);
  LB_NEAR(c.concordant, 9611, 0);
  LB_NEAR(c.discordant, 5741, 0);
  LB_NEAR(c.tied_x, 4436, 0);
  LB_NEAR(c.tied_y, 23, 0);
  LB_NEAR(c.tied_xy, 5, 0);
}

static void edges(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_surv y = make_data();
  lb_concordance c = {0};
  predictor_[2] = NAN;
  assert_int_equal(lb_concordance_fit(&y, predictor_, NULL, NULL, &c, &err), LB_EDATA);
  y.n = 2;
  y.entry = y.weight = NULL;
  time_[0] = 1;
  time_[1] = 2;
  event_[0] = 1;
  predictor_[0] = 1;
  predictor_[1] = 0;
  LB_OK_OR_FAIL(lb_concordance_fit(&y, predictor_, NULL, NULL, &c, &err), err);
  LB_NEAR(c.concordance, 1, 0);
  LB_NEAR(c.std_error, 0, 0);
  const lb_partition few = {(const int32_t[]){0, 5}, 3};
  assert_int_equal(lb_concordance_fit(&y, predictor_, NULL, &few, &c, &err), LB_EARG);
  y.n = 0;
  LB_OK_OR_FAIL(lb_concordance_fit(&y, predictor_, NULL, NULL, &c, &err), err);
  assert_true(isnan(c.concordance) && isnan(c.std_error));
}

static void memory(void **state)
{
  (void)state;
  lb_error err = {0};
  const lb_surv y = make_data();
  const lb_partition strata = {stratum_, 3};
  const lb_partition cluster = {cluster_, 11};
  lb_concordance c;
  lb_status st = LB_ENOMEM;
  for (long k = 0; st != LB_OK; k++) {
    lb_mem_fail_after(k);
    st = lb_concordance_fit(&y, predictor_, &strata, &cluster, &c, &err);
    assert_true(lb_mem_live() == 0);
  }
}

int main(void)
{
  gsl_set_error_handler_off();
  const struct CMUnitTest tests[] = {
      LB_TEST(agrees_with_all_pairs),
      LB_TEST(lung_karnofsky),
      LB_TEST(edges),
      LB_TEST(memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
