/* test_km_band.c - critical values of simultaneous bands, and Turnbull's estimate: Kolmogorov's
 * distribution, closed forms, failing allocations. */
#include "check.h"
#include "stats/survival/km_band.h"
#include "stats/survival/turnbull.h"

#define FOUR_DIGITS 5e-5

static double critical(lb_km_band_type type, double level, double low, double high)
{
  lb_error err = {0};
  double value = NAN;
  LB_OK_OR_FAIL(lb_km_band_critical(type, level, low, high, &value, &err), err);
  return value;
}

/* Chance that a Brownian bridge at x at one time and at y a time `length` later stays within -c .. c
 * between: reflections at both ends. */
static double stays(double x, double y, double length, double c)
{
  double sum = 0, direct = (y - x) * (y - x);
  for (int k = -6; k <= 6; k++) {
    double same = y - x + 4 * k * c, mirrored = y + x + 2 * c + 4 * k * c;
    sum += exp(-(same * same - direct) / (2 * length));
    sum -= exp(-(mirrored * mirrored - direct) / (2 * length));
  }
  return sum;
}

static double gauss(double x, double variance)
{
  return exp(-x * x / (2 * variance)) / sqrt(2 * M_PI * variance);
}

/* Chance that the bridge from 0 to 0 over (0, 1) is beyond c somewhere in (low, high): by where it is
 * at low and at high, Simpson's rule over both. It shares nothing with the eigenfunctions that the
 * critical values are computed of. */
static double strays(double c, double low, double high)
{
  enum { STEPS = 400 };
  double inside = 0, h = 2 * c / STEPS, after = (1 - high) / (1 - low);
  for (int i = 1; i < STEPS; i++) {
    double x = -c + i * h, sum = 0;
    for (int j = 1; j < STEPS; j++) {
      double y = -c + j * h;
      sum += (j % 2 == 1 ? 4 : 2) * gauss(y - x * after, (high - low) * after) *
             stays(x, y, high - low, c);
    }
    inside += (i % 2 == 1 ? 4 : 2) * gauss(x, low * (1 - low)) * sum * h / 3;
  }
  return 1 - inside * h / 3;
}

/* 1.3211 over (0.1, 0.6), and others, by another way. */
static void hall_wellner_by_reflection(void **state)
{
  (void)state;
  static const double ENDS[][2] = {{0.1, 0.6}, {0.2, 0.8}, {0.05, 0.95}, {0.3, 0.5}};
  static const double LEVELS[] = {0.9, 0.95, 0.99};
  LB_NEAR(strays(1.3211, 0.1, 0.6), 0.05, 1e-5);
  for (size_t i = 0; i < sizeof ENDS / sizeof ENDS[0]; i++) {
    for (size_t k = 0; k < 3; k++) {
      double c = critical(LB_KM_HALL_WELLNER, LEVELS[k], ENDS[i][0], ENDS[i][1]);
      LB_NEAR(strays(c, ENDS[i][0], ENDS[i][1]), 1 - LEVELS[k], 1e-9);
    }
  }
}

/* Over (0, 1) Kolmogorov's distribution; a point is a normal variable. */
static void hall_wellner(void **state)
{
  (void)state;
  LB_NEAR(critical(LB_KM_HALL_WELLNER, 0.90, 0, 1), 1.2238, FOUR_DIGITS);
  LB_NEAR(critical(LB_KM_HALL_WELLNER, 0.95, 0, 1), 1.3581, FOUR_DIGITS);
  LB_NEAR(critical(LB_KM_HALL_WELLNER, 0.99, 0, 1), 1.6276, FOUR_DIGITS);
  LB_NEAR(critical(LB_KM_HALL_WELLNER, 0.95, 0.1, 0.6), 1.3211, FOUR_DIGITS);
  LB_NEAR(critical(LB_KM_HALL_WELLNER, 0.95, 0.4, 0.9),
          critical(LB_KM_HALL_WELLNER, 0.95, 0.1, 0.6), TOL_ITER); /* time reversed */
  LB_NEAR(critical(LB_KM_HALL_WELLNER, 0.95, 0.5, 0.5), 0.5 * 1.959963984540054, TOL_EXACT);
}

/* The approximation of Miller & Siegmund (1982), for the excess over c. */
static double approximate(double c, double low, double high)
{
  double density = exp(-c * c / 2) / sqrt(2 * M_PI);
  return 4 * density / c + density * (c - 1 / c) * log(high * (1 - low) / (low * (1 - high)));
}

/* 2.887284 and 2.976906: by finite differences of the same equation, extrapolated. 2.8826
 * is the root of the approximation. */
static void equal_precision(void **state)
{
  (void)state;
  LB_NEAR(critical(LB_KM_EQUAL_PRECISION, 0.95, 0.1, 0.6), 2.887284, 1e-6);
  LB_NEAR(critical(LB_KM_EQUAL_PRECISION, 0.95, 0.15, 0.85), 2.976906, 1e-6);
  LB_NEAR(approximate(2.8826, 0.1, 0.6), 0.05, FOUR_DIGITS);
  LB_NEAR(critical(LB_KM_EQUAL_PRECISION, 0.95, 0.1, 0.6), 2.8826, 0.002);
  LB_NEAR(critical(LB_KM_EQUAL_PRECISION, 0.95, 0.3, 0.3), 1.959963984540054, TOL_EXACT);
  double last = 1.95;
  for (double high = 0.11; high < 0.999; high += 0.08) { /* longer intervals stray further */
    double now = critical(LB_KM_EQUAL_PRECISION, 0.95, 0.1, high);
    assert_true(now > last);
    last = now;
  }
}

static void refuses(void **state)
{
  (void)state;
  lb_error err = {0};
  double value = 7;
  assert_int_equal(lb_km_band_critical(LB_KM_EQUAL_PRECISION, 0.95, 0, 0.5, &value, &err), LB_EARG);
  assert_int_equal(lb_km_band_critical(LB_KM_HALL_WELLNER, 0.95, 0.6, 0.5, &value, &err), LB_EARG);
  assert_int_equal(lb_km_band_critical(LB_KM_HALL_WELLNER, 1, 0.1, 0.5, &value, &err), LB_EARG);
  LB_NEAR(value, 7, 0);
}

static const double TIME[] = {1, 2, 2, 4, 5, 7, 8};
static const uint8_t EVENT[] = {1, 1, 0, 1, 1, 0, 1};

static void band_survives_failures(void **state)
{
  (void)state;
  const lb_surv y = {.n = 7, .time = TIME, .event = EVENT};
  lb_km_band_options o = {.scale = LB_KM_PLAIN, .level = 0.9, .from = NAN, .to = NAN, .n = 7};
  lb_error err = {0};
  lb_km km = {0};
  LB_OK_OR_FAIL(lb_km_fit(&y, NULL, NULL, &km, &err), err);
  size_t before = lb_mem_live();
  lb_km_band band = {0};
  lb_status st = LB_ENOMEM;
  for (long k = 0; st != LB_OK; k++) {
    lb_mem_fail_after(k);
    st = lb_km_band_fit(&km.curve[0], &o, &band, &err);
    lb_mem_fail_after(-1);
    assert_true(st == LB_OK || (st == LB_ENOMEM && band.n == 0 && lb_mem_live() == before));
  }
  assert_int_equal(band.n, 5); /* S is 0 at 8 */
  lb_km_band_reset(&band);
  lb_km_reset(&km);
}

/* (0,1], (0,2], (1,3], (2,3] and 2 exactly: mass p at 2 and (1 - p) / 2 on (0,1] and (2,3] each;
 * 2 log((1 - p) / 2) + 2 log((1 + p) / 2) + log p is highest at p = 1 / sqrt 5. */
static const double LOWER[] = {0, 0, 1, 2, 2}, UPPER[] = {1, 2, 3, 3, 2};

static void turnbull_by_hand(void **state)
{
  (void)state;
  const lb_intervals y = {.n = 5, .lower = LOWER, .upper = UPPER};
  lb_error err = {0};
  lb_turnbull fit = {0};
  LB_OK_OR_FAIL(lb_turnbull_fit(&y, NULL, &fit, &err), err);
  const lb_turnbull_curve *c = &fit.curve[0];
  assert_int_equal(c->n_interval, 3);
  LB_NEAR(c->mass[1], 1 / sqrt(5), TOL_ITER);
  LB_NEAR(c->mass[0], (1 - 1 / sqrt(5)) / 2, TOL_ITER);
  LB_NEAR(c->left[1], 2, 0);
  LB_NEAR(c->right[1], 2, 0);
  assert_true(c->converged && c->unique && c->kkt < TOL_ITER);
  double low, high;
  lb_turnbull_at(c, 2, &low, &high);
  LB_NEAR(low, c->mass[2], TOL_EXACT);
  LB_NEAR(high, low, TOL_EXACT);
  LB_OK_OR_FAIL(lb_turnbull_quantile(c, 0.5, &low, &high, &err), err);
  LB_NEAR(low, 2, 0);
  LB_NEAR(high, 2, 0);
  lb_turnbull_reset(&fit);
}

static void turnbull_survives_failures(void **state)
{
  (void)state;
  const lb_intervals y = {.n = 5, .lower = LOWER, .upper = UPPER};
  lb_error err = {0};
  lb_turnbull fit = {0};
  lb_status st = LB_ENOMEM;
  for (long k = 0; st != LB_OK; k++) {
    lb_mem_fail_after(k);
    st = lb_turnbull_fit(&y, NULL, &fit, &err);
    lb_mem_fail_after(-1);
    assert_true(st == LB_OK || (st == LB_ENOMEM && fit.curve == NULL && lb_mem_live() == 0));
  }
  lb_turnbull_reset(&fit);
  const lb_turnbull_boot boot = {.replicates = 20, .seed = 3, .level = 0.9};
  const double time[] = {1, 2};
  double low[2], high[2];
  st = LB_ENOMEM;
  for (long k = 0; st != LB_OK; k++) {
    lb_mem_fail_after(k);
    st = lb_turnbull_bootstrap(&y, NULL, 0, &boot, time, 2, low, high, &err);
    lb_mem_fail_after(-1);
    assert_true(st == LB_OK || (st == LB_ENOMEM && lb_mem_live() == 0));
  }
  assert_true(low[0] <= high[0] && low[1] <= low[0]);
}

/* No rows: no curve, no error. */
static void turnbull_of_nobody(void **state)
{
  (void)state;
  const lb_intervals y = {.n = 0, .lower = LOWER, .upper = UPPER};
  lb_error err = {0};
  lb_turnbull fit = {0};
  LB_OK_OR_FAIL(lb_turnbull_fit(&y, NULL, &fit, &err), err);
  assert_int_equal(fit.curve[0].n_interval, 0);
  lb_turnbull_reset(&fit);
}

int main(void)
{
  const struct CMUnitTest tests[] = {LB_TEST(hall_wellner),
                                     LB_TEST(hall_wellner_by_reflection),
                                     LB_TEST(equal_precision),
                                     LB_TEST(refuses),
                                     LB_TEST(band_survives_failures),
                                     LB_TEST(turnbull_by_hand),
                                     LB_TEST(turnbull_survives_failures),
                                     LB_TEST(turnbull_of_nobody)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
