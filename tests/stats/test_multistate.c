/* test_multistate.c - state probabilities: the jackknife against derivatives by weights, both ways
 * of making it, edges, failing allocations. */
#include "check.h"
#include "stats/survival/multistate.h"

#define PERSONS 40
#define MOST    (6 * PERSONS)
#define STATES  4

static double time_[MOST], entry_[MOST], weight_[MOST];
static int32_t to_[MOST], start_[MOST], person_[MOST];

/* Persons with up to six rows between four states (3 is final), tied times, late entry, two start
 * states; the same on every machine. */
static lb_moves make(uint32_t seed)
{
  size_t n = 0;
  for (int32_t p = 0; p < PERSONS; p++) {
    seed = seed * 1664525u + 1013904223u;
    int32_t state = (int32_t)(seed >> 30) == 0 ? 1 : 0;
    double now = (double)(seed >> 27 & 3) / 2;
    for (int row = 0; row < 6 && state != 3; row++) {
      seed = seed * 1664525u + 1013904223u;
      int32_t next = (int32_t)(seed >> 20 & 7) - 1; /* often none */
      if (next > 3 || next == state) next = LB_STATE_NONE;
      entry_[n] = now;
      now += 1 + (double)(seed >> 25 & 3) / 2;
      time_[n] = now;
      start_[n] = state;
      to_[n] = next;
      weight_[n] = 1 + (double)(p % 3);
      person_[n++] = p;
      if (next != LB_STATE_NONE) state = next;
    }
  }
  return (lb_moves){.n = n,
                    .n_state = STATES,
                    .time = time_,
                    .entry = entry_,
                    .to = to_,
                    .start = start_,
                    .person = person_,
                    .n_person = PERSONS};
}

static lb_history find(const lb_moves *moves)
{
  lb_error err = {0};
  lb_history h = {0};
  LB_OK_OR_FAIL(lb_history_find(moves, &h, &err), err);
  return h;
}

static lb_aj fit(const lb_moves *moves, const lb_history *h, const double *weight,
                 lb_aj_variance variance)
{
  lb_error err = {0};
  lb_aj out = {0};
  lb_aj_options opt = LB_AJ_DEFAULTS;
  opt.variance = variance;
  const lb_aj_data data = {.moves = moves, .history = h, .weight = weight};
  LB_OK_OR_FAIL(lb_aj_fit(&data, &opt, &out, &err), err);
  return out;
}

/* The variance is the sum of (weight times derivative)^2, the derivative taken by differences. */
static void jackknife_is_derivative(void **state)
{
  (void)state;
  static double sum[MOST * STATES];
  for (uint32_t seed = 1; seed <= 6; seed++) {
    lb_moves moves = make(seed);
    lb_history h = find(&moves);
    for (size_t f = 0; f < LB_N_MOVE_FAULT; f++) assert_int_equal(h.fault[f], 0);
    lb_aj base = fit(&moves, &h, weight_, LB_AJ_JACKKNIFE);
    size_t cells = base.curve[0].n_time * STATES;
    memset(sum, 0, sizeof sum);
    for (int32_t p = 0; p < PERSONS; p++) {
      double step = 1e-5, own = 1 + (double)(p % 3);
      for (size_t i = 0; i < moves.n; i++) weight_[i] += person_[i] == p ? step : 0;
      lb_aj up = fit(&moves, &h, weight_, LB_AJ_GREENWOOD);
      for (size_t i = 0; i < moves.n; i++) weight_[i] -= person_[i] == p ? 2 * step : 0;
      lb_aj down = fit(&moves, &h, weight_, LB_AJ_GREENWOOD);
      for (size_t i = 0; i < moves.n; i++) weight_[i] = 1 + (double)(person_[i] % 3);
      for (size_t i = 0; i < cells; i++) {
        double slope = (up.curve[0].estimate[i] - down.curve[0].estimate[i]) / (2 * step) * own;
        sum[i] += slope * slope;
      }
      lb_aj_reset(&up);
      lb_aj_reset(&down);
    }
    for (size_t i = 0; i < cells; i++) LB_NEAR(base.curve[0].std_error[i], sqrt(sum[i]), 1e-6);
    lb_aj_reset(&base);
    lb_history_reset(&h);
  }
}

/* Moved along or made of each person's influence, it is the same. */
static void two_ways_agree(void **state)
{
  (void)state;
  for (uint32_t seed = 1; seed <= 20; seed++) {
    lb_moves moves = make(seed);
    lb_history h = find(&moves);
    lb_aj a = fit(&moves, &h, NULL, LB_AJ_JACKKNIFE);
    const lb_aj_curve *c = &a.curve[0];
    for (size_t t = 0; t < c->n_time; t++) {
      double value[2 * LB_AJ_N_MEAN * STATES];
      const lb_aj_mean mean = {value, value + LB_AJ_N_MEAN * STATES};
      lb_error err = {0};
      LB_OK_OR_FAIL(lb_aj_expect(&a, 0, c->time[t], &mean, &err), err);
      double total = 0, stay = 0;
      for (size_t s = 0; s < STATES; s++) {
        LB_NEAR(mean.estimate[s], c->estimate[t * STATES + s], 1e-12);
        LB_NEAR(mean.std_error[s], c->std_error[t * STATES + s], 1e-8);
        total += mean.estimate[s];
        stay += mean.estimate[LB_AJ_SOJOURN * STATES + s];
      }
      LB_NEAR(total, 1, 1e-12);
      LB_NEAR(stay, c->time[t], 1e-12);
    }
    lb_aj_reset(&a);
    lb_history_reset(&h);
  }
}

/* Ten begin in 0, four move at 1: p = 0.6; variance of Greenwood and the jackknife 0.6 0.4 / 10, of
 * Aalen d / n^2 = 4 / 100. */
static void one_step(void **state)
{
  (void)state;
  for (int32_t i = 0; i < 10; i++) {
    time_[i] = i < 4 ? 1 : 2;
    to_[i] = i < 4 ? 1 : LB_STATE_NONE;
  }
  const lb_moves moves = {.n = 10, .n_state = 2, .time = time_, .to = to_};
  lb_history h = find(&moves);
  const double want[] = {sqrt(0.024), sqrt(0.024), sqrt(0.04)};
  for (int v = LB_AJ_JACKKNIFE; v <= LB_AJ_AALEN; v++) {
    lb_aj a = fit(&moves, &h, NULL, (lb_aj_variance)v);
    LB_NEAR(a.curve[0].estimate[0], 0.6, TOL_EXACT);
    LB_NEAR(a.curve[0].std_error[0], want[v], TOL_EXACT);
    LB_NEAR(a.curve[0].std_error[1], want[v], TOL_EXACT);
    lb_aj_reset(&a);
  }
  lb_history_reset(&h);
}

static void nobody(void **state)
{
  (void)state;
  const lb_moves moves = {.n = 0, .n_state = 2, .time = time_, .to = to_};
  lb_history h = find(&moves);
  lb_aj a = fit(&moves, &h, NULL, LB_AJ_JACKKNIFE);
  assert_int_equal(a.curve[0].n_time, 0);
  double value[12];
  const lb_aj_mean mean = {value, value + 6};
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_aj_expect(&a, 0, 5, &mean, &err), err);
  lb_aj_reset(&a);
  lb_history_reset(&h);
}

static void allocations_fail(void **state)
{
  (void)state;
  lb_moves moves = make(3);
  size_t live = lb_mem_live();
  lb_status st = LB_ENOMEM;
  for (long k = 0; st != LB_OK; k++) {
    lb_error err = {0};
    lb_history h = {0};
    lb_aj a = {0};
    double value[6 * STATES], matrix[2 * STATES * STATES];
    const lb_aj_mean mean = {value, value + 3 * STATES};
    const double window[2] = {1, 3};
    lb_mem_fail_after(k);
    st = lb_history_find(&moves, &h, &err);
    const lb_aj_data data = {.moves = &moves, .history = &h};
    if (st == LB_OK) st = lb_aj_fit(&data, NULL, &a, &err);
    if (st == LB_OK) st = lb_aj_expect(&a, 0, 4, &mean, &err);
    if (st == LB_OK) st = lb_aj_transition(&a, 0, window, matrix, matrix + STATES * STATES, &err);
    lb_mem_fail_after(-1);
    assert_true(st == LB_OK || st == LB_ENOMEM);
    lb_aj_reset(&a);
    lb_history_reset(&h);
    assert_int_equal(lb_mem_live(), live);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(jackknife_is_derivative),
      cmocka_unit_test(two_ways_agree),
      cmocka_unit_test(one_step),
      cmocka_unit_test(nobody),
      cmocka_unit_test(allocations_fail),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
