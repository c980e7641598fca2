/* test_expected.c - paths through a population table and expected, relative and net survival,
 * against their definitions. */
#include "check.h"
#include "stats/survival/expected.h"

#include "stats/survival/km.h"

#define N       40
#define N_AGE   4
#define N_YEAR  3
#define N_CLASS 2

static double time_[N], entry_[N], weight_[N], age_[N], day_[N], potential_[N];
static uint8_t event_[N];
static int32_t class_[N], group_[N];
static double hazard_[N_AGE * N_YEAR * N_CLASS];
static const double AGES[N_AGE] = {0, 20 * 365.25, 40 * 365.25, 45 * 365.25};
static const double YEARS[N_YEAR] = {0, 400, 1500};
static const lb_population TABLE = {N_AGE, N_YEAR, N_CLASS, AGES, YEARS, hazard_};
static const lb_lives LIVES = {N, age_, day_, class_, 30};

/* Times in units of 30 days. */
static lb_surv make(uint32_t seed)
{
  for (size_t k = 0; k < N_AGE * N_YEAR * N_CLASS; k++)
    hazard_[k] = (0.02 + 0.013 * (double)(k * 7 % 11)) / 365.25;
  for (size_t i = 0; i < N; i++) {
    seed = seed * 1664525u + 1013904223u;
    time_[i] = 1 + (double)((seed >> 12) % 60);
    event_[i] = (seed >> 8) % 3 > 0;
    entry_[i] = (double)((seed >> 20) % 2) * 0.5;
    age_[i] = 7000 + (double)((seed >> 5) % 9500);
    day_[i] = (double)((seed >> 17) % 1800) - 200;
    class_[i] = (int32_t)((seed >> 9) % 2);
    group_[i] = (int32_t)((seed >> 24) % 2);
    weight_[i] = 1 + (double)((seed >> 22) % 3);
    potential_[i] = time_[i] + (event_[i] ? (double)((seed >> 14) % 20) : 0);
  }
  return (lb_surv){.n = N, .time = time_, .event = event_};
}

/* The hazard at a time, read off the table without walking it. */
static double hazard_at(size_t i, double t)
{
  double age = age_[i] + 30 * t, day = day_[i] + 30 * t;
  size_t a = 0, y = 0;
  while (a + 1 < N_AGE && AGES[a + 1] <= age) a++;
  while (y + 1 < N_YEAR && YEARS[y + 1] <= day) y++;
  return 30 * hazard_[((size_t)class_[i] * N_YEAR + y) * N_AGE + a];
}

/* Midpoints of steps between which no line of the diagram lies, but for one in a few thousand. */
static double hazard_sum(size_t i, double from, double to, size_t steps)
{
  double sum = 0, width = (to - from) / (double)steps;
  for (size_t k = 0; k < steps; k++) sum += hazard_at(i, from + ((double)k + 0.5) * width) * width;
  return sum;
}

static lb_expected fit(const lb_surv *y, lb_expected_options opt, bool groups)
{
  const lb_partition g = {group_, 2};
  lb_expected out = {0};
  lb_error err = {0};
  lb_lives lives = LIVES;
  lives.n = y->n;
  LB_OK_OR_FAIL(lb_expected_fit(y, groups ? &g : NULL, &TABLE, &lives, &opt, &out, &err), err);
  return out;
}

static void person_follows_the_diagonal(void **state)
{
  (void)state;
  lb_surv y = make(1);
  double out[N];
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_population_hazard(&TABLE, &LIVES, entry_, y.time, out, &err), err);
  for (size_t i = 0; i < N; i++) LB_NEAR(out[i], hazard_sum(i, entry_[i], time_[i], 20000), 2e-5);
  /* By hand, 30 days: a year begins after 10 of them, a birthday comes after 20. */
  double age = 20 * 365.25 - 20, day = 390, to = 1;
  const lb_lives one = {1, &age, &day, NULL, 30};
  LB_OK_OR_FAIL(lb_population_hazard(&TABLE, &one, NULL, &to, out, &err), err);
  LB_NEAR(out[0], 10 * hazard_[0] + 10 * hazard_[N_AGE] + 10 * hazard_[N_AGE + 1], 1e-15);
}

/* Two who are alive and of constant hazards: the mean of two exponentials. */
static void ederer1_is_the_mean_of_curves(void **state)
{
  (void)state;
  make(1);
  const double age = 0, rates[2] = {0.01, 0.3}, ages[2] = {0, 0}, times[3] = {0, 2, 40};
  const int32_t code[2] = {0, 1};
  const lb_population table = {1, 1, 2, &age, NULL, rates};
  const lb_lives lives = {2, ages, NULL, code, 1};
  const uint8_t event[2] = {1, 0};
  const double t[2] = {1, 3};
  const lb_surv y = {.n = 2, .time = t, .event = event};
  const lb_expected_options opt = {LB_EXPECTED_EDERER1, times, 3, NULL, false};
  lb_expected e = {0};
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_expected_fit(&y, NULL, &table, &lives, &opt, &e, &err), err);
  for (size_t k = 0; k < 3; k++)
    LB_NEAR(exp(-e.curve[0].cumulative[k]), (exp(-0.01 * times[k]) + exp(-0.3 * times[k])) / 2,
            1e-15);
  lb_expected_reset(&e);
}

/* Sum over those who count of w exp(sign H), and of the same times h. */
static void sums(const lb_surv *y, int sign, const double *stop, double t, double *a, double *ah)
{
  *a = *ah = 0;
  for (size_t i = 0; i < y->n; i++) {
    double start = y->entry == NULL ? 0 : y->entry[i], cumulative;
    if (!(start < t && t <= stop[i])) continue;
    const lb_lives one = {1, age_ + i, day_ + i, class_ + i, 30};
    lb_error err = {0};
    LB_OK_OR_FAIL(lb_population_hazard(&TABLE, &one, NULL, &t, &cumulative, &err), err);
    double w = (y->weight == NULL ? 1 : y->weight[i]) * exp(sign * cumulative);
    *a += w;
    *ah += w * hazard_at(i, t);
  }
}

/* Each method against its definition, by midpoints. */
static void methods_are_as_defined(void **state)
{
  (void)state;
  const struct {
    lb_expected_method method;
    int sign;
    bool entry;
  } cases[] = {{LB_EXPECTED_EDERER2, 0, true},
               {LB_EXPECTED_HAKULINEN, -1, false},
               {LB_EXPECTED_NET, 1, true}};
  for (size_t c = 0; c < 3; c++) {
    lb_surv y = make(5);
    y.weight = weight_;
    if (cases[c].entry) y.entry = entry_;
    const double *stop = cases[c].method == LB_EXPECTED_HAKULINEN ? potential_ : time_;
    const double at[3] = {5, 20.5, 33};
    const lb_expected_options opt = {cases[c].method, at, 3, potential_, false};
    lb_expected e = fit(&y, opt, false);
    double sum = 0, width = 1.0 / 128;
    size_t k = 0;
    for (size_t s = 0; k < 3; s++) {
      double a, ah, t = ((double)s + 0.5) * width;
      if (t > at[k]) LB_NEAR(e.curve[0].cumulative[k++], sum, 1e-4);
      sums(&y, cases[c].sign, stop, t, &a, &ah);
      if (a > 0) sum += ah / a * width;
    }
    lb_expected_reset(&e);
  }
}

/* Without a population's deaths net survival is Kaplan-Meier, to the last bit. */
static void check_net_against_km(const lb_surv *given)
{
  lb_surv y = *given;
  memset(hazard_, 0, sizeof hazard_);
  lb_expected e = fit(&y, (lb_expected_options){.method = LB_EXPECTED_NET}, false);
  lb_km km = {0};
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_km_fit(&y, NULL, NULL, &km, &err), err);
  assert_int_equal(km.curve[0].n_time, e.curve[0].n_time);
  double aalen = 0;
  for (size_t k = 0; k < km.curve[0].n_time; k++) {
    const lb_km_curve *c = &km.curve[0];
    aalen += c->n_event[k] / (c->n_risk[k] * c->n_risk[k]);
    LB_NEAR(e.curve[0].survival[k], c->survival[k], 1e-15);
    LB_NEAR(e.curve[0].cumulative[k], 0, 1e-15);
    LB_NEAR(e.curve[0].n_risk[k], c->n_risk[k], 0);
    if (c->survival[k] > 0) LB_NEAR(e.curve[0].variance[k], aalen, 1e-14);
  }
  lb_km_reset(&km);
  lb_expected_reset(&e);
}

static void net_is_kaplan_meier_without_deaths_of_others(void **state)
{
  (void)state;
  lb_surv y = make(9);
  check_net_against_km(&y);
  time_[3] = time_[8] = time_[11] = 0; /* at risk at time 0 only */
  event_[3] = event_[8] = 1;
  event_[11] = 0;
  check_net_against_km(&y);
  y = make(9);
  y.entry = entry_;
  check_net_against_km(&y);
}

static void net_variance_is_the_sum_of_squares(void **state)
{
  (void)state;
  lb_surv y = make(4);
  lb_expected e =
      fit(&y, (lb_expected_options){.method = LB_EXPECTED_NET, .exponential = true}, false);
  double variance = 0, cumulative = 0;
  for (size_t k = 0; k < e.curve[0].n_time; k++) {
    double t = e.curve[0].time[k], a, ah, dn = 0, squares = 0;
    sums(&y, 1, time_, t, &a, &ah);
    for (size_t i = 0; i < N; i++) {
      if (time_[i] != t || !event_[i]) continue;
      const lb_lives one = {1, age_ + i, day_ + i, class_ + i, 30};
      double h;
      lb_error err = {0};
      LB_OK_OR_FAIL(lb_population_hazard(&TABLE, &one, NULL, &t, &h, &err), err);
      dn += exp(h);
      squares += exp(2 * h);
    }
    cumulative += dn / a;
    variance += squares / (a * a);
    LB_NEAR(e.curve[0].survival[k], exp(-cumulative), 1e-13);
    LB_NEAR(e.curve[0].variance[k], variance, 1e-13);
  }
  lb_expected_reset(&e);
}

/* Row order, weights as repeated rows, groups one by one. */
static void rows_may_be_rearranged(void **state)
{
  (void)state;
  const double at[2] = {12, 30};
  for (int m = 0; m < 4; m++) {
    lb_surv y = make(7);
    const lb_expected_options opt = {(lb_expected_method)m, at, 2, potential_, false};
    lb_expected both = fit(&y, opt, true);
    /* One group alone, each row backwards. */
    static double t[N], a[N], d[N], p[N], w[N];
    static uint8_t ev[N];
    static int32_t cl[N];
    size_t n = 0;
    for (size_t i = N; i-- > 0;) {
      if (group_[i] != 1) continue;
      t[n] = time_[i], a[n] = age_[i], d[n] = day_[i], p[n] = potential_[i], ev[n] = event_[i];
      w[n] = 3;
      cl[n++] = class_[i];
    }
    const lb_surv alone = {.n = n, .time = t, .event = ev, .weight = w};
    const lb_lives lives = {n, a, d, cl, 30};
    lb_expected_options mine = opt;
    mine.potential = p;
    lb_expected one = {0};
    lb_error err = {0};
    LB_OK_OR_FAIL(lb_expected_fit(&alone, NULL, &TABLE, &lives, &mine, &one, &err), err);
    for (size_t k = 0; k < 2; k++) {
      LB_NEAR(one.curve[0].cumulative[k], both.curve[1].cumulative[k], 1e-13);
      LB_NEAR(one.curve[0].survival[k], both.curve[1].survival[k], 1e-13);
      LB_NEAR(3 * one.curve[0].variance[k], both.curve[1].variance[k], 1e-13);
      LB_NEAR(one.curve[0].n_risk[k], 3 * both.curve[1].n_risk[k], 0);
    }
    lb_expected_reset(&one);
    lb_expected_reset(&both);
  }
}

static void the_end_and_nobody(void **state)
{
  (void)state;
  lb_surv y = make(3);
  const double at[2] = {10, 1000};
  for (int m = 0; m < 4; m++) {
    const lb_expected_options opt = {(lb_expected_method)m, at, 2, potential_, false};
    lb_expected e = fit(&y, opt, false);
    assert_true(isfinite(e.curve[0].cumulative[0]));
    assert_true(isnan(e.curve[0].cumulative[1]) == (m != LB_EXPECTED_EDERER1));
    lb_expected_reset(&e);
    const lb_surv none = {.n = 0, .time = time_, .event = event_};
    e = fit(&none, opt, false);
    assert_true(isnan(e.curve[0].cumulative[0]) || e.curve[0].cumulative[0] == 0);
    lb_expected_reset(&e);
    const lb_surv one = {.n = 1, .time = time_, .event = event_};
    e = fit(&one, (lb_expected_options){(lb_expected_method)m, NULL, 0, potential_, false}, false);
    LB_NEAR(e.curve[0].cumulative[0], hazard_sum(0, 0, time_[0], 50000), 1e-4);
    lb_expected_reset(&e);
  }
}

static void refuses(void **state)
{
  (void)state;
  lb_surv y = make(2);
  lb_expected e = {0};
  lb_error err = {0};
  lb_expected_options opt = {.method = LB_EXPECTED_HAKULINEN};
  assert_int_equal(lb_expected_fit(&y, NULL, &TABLE, &LIVES, &opt, &e, &err), LB_EARG);
  opt.potential = potential_;
  potential_[3] = time_[3] / 2;
  assert_int_equal(lb_expected_fit(&y, NULL, &TABLE, &LIVES, &opt, &e, &err), LB_EDATA);
  potential_[3] = NAN;
  assert_int_equal(lb_expected_fit(&y, NULL, &TABLE, &LIVES, &opt, &e, &err), LB_EDATA);
  opt.method = LB_EXPECTED_EDERER1;
  y.entry = entry_;
  assert_int_equal(lb_expected_fit(&y, NULL, &TABLE, &LIVES, &opt, &e, &err), LB_EDATA);
  y.entry = NULL;
  age_[2] = -1;
  assert_int_equal(lb_expected_fit(&y, NULL, &TABLE, &LIVES, &opt, &e, &err), LB_EDATA);
  age_[2] = NAN;
  assert_int_equal(lb_expected_fit(&y, NULL, &TABLE, &LIVES, &opt, &e, &err), LB_EDATA);
  make(2);
  class_[5] = 2;
  assert_int_equal(lb_expected_fit(&y, NULL, &TABLE, &LIVES, &opt, &e, &err), LB_EDATA);
  make(2);
  const double back[2] = {3, 2};
  opt.time = back;
  opt.n_time = 2;
  assert_int_equal(lb_expected_fit(&y, NULL, &TABLE, &LIVES, &opt, &e, &err), LB_EARG);
  opt = (lb_expected_options){.method = LB_EXPECTED_NET};
  for (size_t k = 0; k < N_AGE * N_YEAR * N_CLASS; k++) hazard_[k] = 5;
  assert_int_equal(lb_expected_fit(&y, NULL, &TABLE, &LIVES, &opt, &e, &err), LB_ENUMERIC);
  assert_null(e.curve);
}

static void days_of_years(void **state)
{
  (void)state;
  LB_NEAR(lb_day_of_year(1970), 0, 0);
  LB_NEAR(lb_day_of_year(1972.5), 730 + 183, 0); /* a leap year */
  assert_true(isnan(lb_day_of_year(0)) && isnan(lb_day_of_year(NAN)));
  /* Born on 11 January 1970: the years of one who is 730 days old change ten days later. */
  LB_NEAR(lb_population_birthday(730, 740), 730, 0);
  size_t before, after;
  const double age[3] = {9000, 9000, 9000}, day[3] = {-1, 0, 2590}, to[3] = {1, 1, 1};
  const lb_lives lives = {3, age, day, NULL, 30};
  lb_population_outside(&TABLE, &lives, NULL, to, &before, &after);
  assert_int_equal(before, 1);
  assert_int_equal(after, 1); /* the last year, from 1500 on, is taken to end on 2600 */
}

static void memory_may_fail_anywhere(void **state)
{
  (void)state;
  lb_surv y = make(6);
  const lb_partition g = {group_, 2};
  for (int m = 0; m < 4; m++) {
    const lb_expected_options opt = {(lb_expected_method)m, NULL, 0, potential_, false};
    lb_status st = LB_ENOMEM;
    size_t live = lb_mem_live();
    for (long k = 0; st != LB_OK; k++) {
      lb_expected e = {0};
      lb_error err = {0};
      lb_mem_fail_after(k);
      st = lb_expected_fit(&y, &g, &TABLE, &LIVES, &opt, &e, &err);
      lb_mem_fail_after(-1);
      assert_true(st == LB_OK || (st == LB_ENOMEM && e.curve == NULL));
      lb_expected_reset(&e);
      assert_int_equal(lb_mem_live(), live);
    }
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      LB_TEST(person_follows_the_diagonal),
      LB_TEST(ederer1_is_the_mean_of_curves),
      LB_TEST(methods_are_as_defined),
      LB_TEST(net_is_kaplan_meier_without_deaths_of_others),
      LB_TEST(net_variance_is_the_sum_of_squares),
      LB_TEST(rows_may_be_rearranged),
      LB_TEST(the_end_and_nobody),
      LB_TEST(refuses),
      LB_TEST(days_of_years),
      LB_TEST(memory_may_fail_anywhere),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
