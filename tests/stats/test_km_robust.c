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
  const lb_surv y = {.n = N, .time = TIME, .entry = entry, .event = EVENT, .weight = weight};
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
  const lb_surv y = {.n = N, .time = TIME, .entry = entry, .event = EVENT, .weight = WEIGHT};
  lb_km km = {0};
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_km_robust_fit(&y, NULL, NULL, NULL, &km, &err), err);
  assert_int_equal(km.curve[0].n_time, 9);
  for (size_t t = 0; t < 9; t++) LB_NEAR(km.curve[0].std_error[t], sqrt(variance[t]), 1e-8);
  lb_km_reset(&km);
}

/* Clusters of rows that enter and leave at different times; the weights of one move together. */
static void differences_by_cluster(void **state)
{
  (void)state;
  static const int32_t code[N] = {0, 1, 2, 0, 1, 3, 2, 0, 3, 3, 4, 1};
  const lb_partition cluster = {code, 5};
  for (int late = 0; late < 2; late++) {
    const double *entry = late ? ENTRY : NULL, step = 1e-5;
    double weight[2][N], value[2][N], variance[N] = {0};
    for (int32_t c = 0; c < 5; c++) {
      for (int side = 0; side < 2; side++) {
        for (size_t i = 0; i < N; i++)
          weight[side][i] = WEIGHT[i] * (code[i] == c ? 1 + (side ? step : -step) : 1);
        curve(weight[side], entry, value[side]);
      }
      for (size_t t = 0; t < 9; t++)
        variance[t] += pow((value[1][t] - value[0][t]) / (2 * step), 2);
    }
    const lb_surv y = {.n = N, .time = TIME, .entry = entry, .event = EVENT, .weight = WEIGHT};
    lb_km km = {0};
    lb_error err = {0};
    LB_OK_OR_FAIL(lb_km_robust_fit(&y, NULL, &cluster, NULL, &km, &err), err);
    for (size_t t = 0; t < 9; t++) LB_NEAR(km.curve[0].std_error[t], sqrt(variance[t]), 1e-8);
    lb_km_reset(&km);
  }
}

/* Rows split in two at any time, with the subject as cluster, tell the same as whole rows; groups
 * do not share what a cluster did in another. */
static void split_rows_and_groups(void **state)
{
  (void)state;
  double time[2 * N], entry[2 * N];
  uint8_t event[2 * N];
  int32_t subject[2 * N], group[2 * N];
  for (size_t i = 0; i < N; i++) {
    entry[2 * i] = ENTRY[i];
    time[2 * i] = entry[2 * i + 1] = (ENTRY[i] + TIME[i]) / 2;
    time[2 * i + 1] = TIME[i];
    event[2 * i] = 0;
    event[2 * i + 1] = EVENT[i];
    subject[2 * i] = subject[2 * i + 1] = (int32_t)i;
    group[i] = 0;
    group[N + i] = 1;
  }
  const lb_partition cluster = {subject, N}, groups = {group, 2};
  const lb_surv split = {.n = 2 * N, .time = time, .entry = entry, .event = event, .weight = NULL},
                whole = {.n = N,
                         .time = TIME,
                         .entry = ENTRY,
                         .event = EVENT,
                         .weight = NULL,
                         .n_missing = 0};
  lb_km a = {0}, b = {0};
  lb_km_point p, q;
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_km_robust_fit(&split, NULL, &cluster, NULL, &a, &err), err);
  LB_OK_OR_FAIL(lb_km_robust_fit(&whole, NULL, NULL, NULL, &b, &err), err);
  for (size_t t = 0; t < 9; t++) {
    lb_km_at(&a.curve[0], b.curve[0].time[t], &p);
    LB_NEAR(p.std_error, b.curve[0].std_error[t], TOL_EXACT);
  }
  lb_km_reset(&a);
  lb_km_reset(&b);
  double twice[2 * N];
  for (size_t i = 0; i < 2 * N; i++) {
    twice[i] = TIME[i % N];
    event[i] = EVENT[i % N];
    subject[i] = (int32_t)(i % N);
  }
  const lb_surv two = {.n = 2 * N, .time = twice, .entry = NULL, .event = event, .weight = NULL},
                one = {.n = N, .time = TIME, .entry = NULL, .event = EVENT, .weight = NULL};
  LB_OK_OR_FAIL(lb_km_robust_fit(&two, &groups, &cluster, NULL, &a, &err), err);
  LB_OK_OR_FAIL(lb_km_robust_fit(&one, NULL, NULL, NULL, &b, &err), err);
  for (size_t g = 0; g < 2; g++) {
    lb_km_at(&a.curve[g], 7, &p);
    lb_km_at(&b.curve[0], 7, &q);
    LB_NEAR(p.std_error, q.std_error, TOL_EXACT);
  }
  lb_km_reset(&a);
  lb_km_reset(&b);
  const lb_partition few = {subject, 3};
  assert_int_equal(lb_km_robust_fit(&one, NULL, &few, NULL, &a, &err), LB_EARG);
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
  const lb_surv a = {.n = N, .time = TIME, .entry = ENTRY, .event = EVENT, .weight = NULL},
                b = {.n = N, .time = TIME, .entry = ENTRY, .event = EVENT, .weight = three};
  lb_km x = {0}, y = {0};
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_km_robust_fit(&a, NULL, NULL, NULL, &x, &err), err);
  LB_OK_OR_FAIL(lb_km_robust_fit(&b, NULL, NULL, NULL, &y, &err), err);
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
    const lb_surv y = {.n = n, .time = TIME, .entry = NULL, .event = all, .weight = WEIGHT};
    LB_OK_OR_FAIL(lb_km_robust_fit(&y, NULL, NULL, NULL, &km, &err), err);
    assert_int_equal(km.curve[0].n_time, n);
    if (n > 0) assert_true(isnan(km.curve[0].std_error[n - 1]));
    if (n == 2) assert_true(km.curve[0].std_error[0] > 0);
    lb_km_reset(&km);
  }
}

static void allocation_failures(void **state)
{
  (void)state;
  const lb_surv y = {.n = N, .time = TIME, .entry = ENTRY, .event = EVENT, .weight = WEIGHT};
  lb_km km = {0};
  lb_status st = LB_ENOMEM;
  for (long k = 0; st != LB_OK; k++) {
    lb_mem_fail_after(k);
    st = lb_km_robust_fit(&y, NULL, NULL, NULL, &km, NULL);
    lb_mem_fail_after(-1);
    assert_true(st == LB_OK || (st == LB_ENOMEM && lb_mem_live() == 0));
  }
  lb_km_reset(&km);
}

int main(void)
{
  const struct CMUnitTest tests[] = {LB_TEST(differences),
                                     LB_TEST(differences_with_late_entry),
                                     LB_TEST(differences_by_cluster),
                                     LB_TEST(split_rows_and_groups),
                                     LB_TEST(scale),
                                     LB_TEST(edges),
                                     LB_TEST(allocation_failures)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
