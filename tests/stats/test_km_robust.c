/* test_km_robust.c - the infinitesimal jackknife variance of Kaplan-Meier curves against the
 * derivatives themselves. */
#include "check.h"
#include "stats/survival/km_robust.h"

#define N 12
static const double TIME[N] = {1, 2, 2, 3, 3, 4, 5, 5, 6, 7, 8, 9};
static const double ENTRY[N] = {0, 0, 1, 0, 2, 1, 3, 0, 4, 2, 5, 0};
static const uint8_t EVENT[N] = {1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 0, 0};
static const double WEIGHT[N] = {1, 2.5, 0.5, 1, 3, 1, 0.7, 1, 2, 1.3, 1, 4};

/* Survival at each time of the curve for the weights given. */
static void curve(const double *weight, const double *entry, double *out)
{
  const lb_surv y = {N, TIME, entry, EVENT, weight, 0};
  lb_km km = {0};
  assert_int_equal(lb_km_fit(&y, NULL, NULL, &km, NULL), LB_OK);
  memcpy(out, km.curve[0].survival, km.curve[0].n_time * sizeof *out);
  lb_km_reset(&km);
}

/* The sum of squares of weight times the central difference of S in the weight. */
static void against_differences(const double *entry)
{
  double weight[N], up[N], down[N], variance[N] = {0};
  const double step = 1e-5;
  for (size_t i = 0; i < N; i++) {
    memcpy(weight, WEIGHT, sizeof weight);
    weight[i] = WEIGHT[i] + step;
    curve(weight, entry, up);
    weight[i] = WEIGHT[i] - step;
    curve(weight, entry, down);
    for (size_t t = 0; t < 9; t++)
      variance[t] += pow(WEIGHT[i] * (up[t] - down[t]) / (2 * step), 2);
  }
  const lb_surv y = {N, TIME, entry, EVENT, WEIGHT, 0};
  lb_km km = {0};
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_km_robust_fit(&y, NULL, NULL, &km, &err), err);
  assert_int_equal(km.curve[0].n_time, 9);
  for (size_t t = 0; t < 9; t++) LB_NEAR(km.curve[0].std_error[t], sqrt(variance[t]), 1e-8);
  lb_km_reset(&km);
}

static void differences(void **state)
{
  (void)state;
  against_differences(NULL);
}

static void differences_with_late_entry(void **state)
{
  (void)state;
  against_differences(ENTRY);
}

/* Equal weights cancel: the variance is that of the curve without weights, whatever the weight. */
static void scale(void **state)
{
  (void)state;
  double three[N];
  for (size_t i = 0; i < N; i++) three[i] = 3;
  const lb_surv a = {N, TIME, ENTRY, EVENT, NULL, 0}, b = {N, TIME, ENTRY, EVENT, three, 0};
  lb_km x = {0}, y = {0};
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_km_robust_fit(&a, NULL, NULL, &x, &err), err);
  LB_OK_OR_FAIL(lb_km_robust_fit(&b, NULL, NULL, &y, &err), err);
  for (size_t t = 0; t < 9; t++)
    LB_NEAR(x.curve[0].std_error[t], y.curve[0].std_error[t], TOL_EXACT);
  lb_km_reset(&x);
  lb_km_reset(&y);
}

/* Everybody has died: no standard error; nobody was there: no curve. */
static void edges(void **state)
{
  (void)state;
  const uint8_t all[] = {1, 1};
  lb_km km = {0};
  lb_error err = {0};
  for (size_t n = 0; n < 3; n++) {
    const lb_surv y = {n, TIME, NULL, all, WEIGHT, 0};
    LB_OK_OR_FAIL(lb_km_robust_fit(&y, NULL, NULL, &km, &err), err);
    assert_int_equal(km.curve[0].n_time, n);
    if (n > 0) assert_true(isnan(km.curve[0].std_error[n - 1]));
    if (n == 2) assert_true(km.curve[0].std_error[0] > 0);
    lb_km_reset(&km);
  }
}

static void allocation_failures(void **state)
{
  (void)state;
  const lb_surv y = {N, TIME, ENTRY, EVENT, WEIGHT, 0};
  lb_km km = {0};
  lb_status st = LB_ENOMEM;
  for (long k = 0; st != LB_OK; k++) {
    lb_mem_fail_after(k);
    st = lb_km_robust_fit(&y, NULL, NULL, &km, NULL);
    lb_mem_fail_after(-1);
    assert_true(st == LB_OK || (st == LB_ENOMEM && lb_mem_live() == 0));
  }
  lb_km_reset(&km);
}

int main(void)
{
  const struct CMUnitTest tests[] = {LB_TEST(differences), LB_TEST(differences_with_late_entry),
                                     LB_TEST(scale), LB_TEST(edges), LB_TEST(allocation_failures)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
