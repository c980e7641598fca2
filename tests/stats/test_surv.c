/* test_surv.c - outcomes that break their promises are refused by row; risk sets are right. */
#include "base/interrupt.h"
#include "check.h"
#include "stats/surv.h"
#include "stats/survival/riskset.h"

static void good_data_pass(void **state)
{
  (void)state;
  lb_error err = {0};
  const double time[] = {0, 3, 2}, entry[] = {-1, 0, 1}, weight[] = {0, 1, 2.5};
  const uint8_t event[] = {0, 1, 1};
  lb_surv y = {.n = 3, .time = time, .entry = entry, .event = event, .weight = weight};
  assert_int_equal(lb_surv_check(&y, &err), LB_OK);
  y = (lb_surv){0};
  assert_int_equal(lb_surv_check(&y, &err), LB_OK);
}

static void bad_rows_are_named(void **state)
{
  (void)state;
  lb_error err = {0};
  const uint8_t event[] = {0, 1, 1, 1, 0, 0, 1};
  double time[] = {-1, 3, -2, -3, -4, -5, -6}, other[] = {0, 3, 1, 1, 1, 1, 1};
  lb_surv y = {.n = 7, .time = time, .event = event};
  assert_int_equal(lb_surv_check(&y, &err), LB_EDATA);
  assert_string_equal(err.message, "time is negative in rows 1, 3, 4, 5, 6 and 1 more");
  time[1] = NAN;
  assert_int_equal(lb_surv_check(&y, &err), LB_EDATA);
  assert_string_equal(err.message, "time is not a finite number in row 2");
  const double ones[] = {1, 3, 3, 3, 3, 3, 3};
  y.time = ones;
  y.entry = other;
  assert_int_equal(lb_surv_check(&y, &err), LB_EDATA);
  assert_string_equal(err.message, "entry is not before time in row 2");
  y.entry = NULL;
  other[3] = -0.5;
  y.weight = other;
  assert_int_equal(lb_surv_check(&y, &err), LB_EDATA);
  assert_string_equal(err.message, "weight is not a finite number of 0 or more in row 4");
  const uint8_t two[] = {0, 1, 2, 1, 0, 0, 1};
  y = (lb_surv){.n = 7, .time = ones, .event = two};
  assert_int_equal(lb_surv_check(&y, NULL), LB_EDATA);
}

/* Six rows in two classes with ties and late entry, counted by hand. */
static const double TIME[] = {5, 3, 5, 2, 7, 3}, ENTRY[] = {1, 0, 3, 0, 5, 2};
static const uint8_t EVENT[] = {1, 1, 0, 0, 1, 1};
static const int32_t CLASS[] = {0, 1, 0, 0, 0, 1};

static void risk_sets_by_hand(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_surv y = {.n = 6, .time = TIME, .entry = ENTRY, .event = EVENT};
  lb_partition classes = {CLASS, 3};
  lb_riskset set = {0};
  LB_OK_OR_FAIL(lb_riskset_sort(&y, &classes, &set, &err), err);
  const double time[] = {2, 5, 7, 3}, risk[] = {2, 2, 1, 2}, event[] = {0, 1, 1, 2};
  const double censor[] = {1, 1, 0, 0};
  assert_int_equal(set.n_time, 4);
  for (size_t t = 0; t < 4; t++) {
    LB_NEAR(set.time[t], time[t], 0);
    LB_NEAR(set.n_risk[t], risk[t], 0);
    LB_NEAR(set.n_event[t], event[t], 0);
    LB_NEAR(set.n_censor[t], censor[t], 0);
  }
  assert_int_equal(set.class_time[1], 3);
  assert_int_equal(set.class_time[2], 4);
  assert_int_equal(set.class_time[3], 4); /* an empty class has no times */
  assert_int_equal(set.class_row[1], 4);
  assert_int_equal(set.by_time[1], 0); /* ties in row order */
  assert_int_equal(set.by_time[2], 2);
  lb_riskset_reset(&set);
}

static void everybody_with_an_event_weighs_the_same_twice(void **state)
{
  (void)state;
  lb_error err = {0};
  const double time[] = {4, 4, 4, 9}, entry[] = {0, 0, 0, 4}, weight[] = {0.1, 0.2, 0.3, 1e9};
  const uint8_t event[] = {1, 1, 1, 0};
  lb_surv y = {.n = 4, .time = time, .entry = entry, .event = event, .weight = weight};
  lb_riskset set = {0};
  LB_OK_OR_FAIL(lb_riskset_sort(&y, NULL, &set, &err), err);
  assert_true(set.n_risk[0] == set.n_event[0]);
  lb_riskset_reset(&set);
}

/* Many rows of whole days are counted without a sort: the same numbers. */
static void counting_agrees_with_sorting(void **state)
{
  (void)state;
  enum { ROWS = 9000 };
  static double time[ROWS], weight[ROWS];
  static uint8_t event[ROWS];
  static int32_t class[ROWS];
  lb_error err = {0};
  for (size_t i = 0; i < ROWS; i++) {
    time[i] = (double)(i * 7919 % 1000);
    weight[i] = (double)(i % 8) / 4;
    event[i] = i % 3 == 0 || time[i] > 990;
    class[i] = i % 4 == 0 ? 0 : 2;
  }
  const lb_surv y = {.n = ROWS, .time = time, .event = event, .weight = weight};
  const lb_partition classes = {class, 3};
  lb_riskset a = {0}, b = {0};
  LB_OK_OR_FAIL(lb_riskset_sort(&y, &classes, &a, &err), err);
  LB_OK_OR_FAIL(lb_riskset_count(&y, &classes, &b, &err), err);
  assert_null(b.by_time);
  assert_int_equal(a.n_time, b.n_time);
  assert_memory_equal(a.class_row, b.class_row, 4 * sizeof *a.class_row);
  assert_memory_equal(a.class_time, b.class_time, 4 * sizeof *a.class_time);
  assert_memory_equal(a.time, b.time, a.n_time * sizeof *a.time);
  assert_memory_equal(a.n_risk, b.n_risk, a.n_time * sizeof *a.time);
  assert_memory_equal(a.n_event, b.n_event, a.n_time * sizeof *a.time);
  assert_memory_equal(a.n_censor, b.n_censor, a.n_time * sizeof *a.time);
  lb_riskset_reset(&b);
  time[5] += 0.5;
  LB_OK_OR_FAIL(lb_riskset_count(&y, &classes, &b, &err), err);
  assert_non_null(b.by_time);
  lb_riskset_reset(&b);
  time[5] -= 0.5;
  lb_status st = LB_ENOMEM;
  size_t live = lb_mem_live();
  for (long k = 0; st != LB_OK; k++) {
    lb_mem_fail_after(k);
    st = lb_riskset_count(&y, &classes, &b, &err);
    assert_true(st == LB_OK || (b.time == NULL && lb_mem_live() == live));
  }
  lb_riskset_reset(&a);
  lb_riskset_reset(&b);
}

static void wrong_class_interrupt_memory(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_surv y = {.n = 6, .time = TIME, .entry = ENTRY, .event = EVENT};
  lb_partition classes = {CLASS, 1};
  lb_riskset set = {0};
  assert_int_equal(lb_riskset_sort(&y, &classes, &set, &err), LB_EARG);
  lb_interrupt_raise();
  assert_int_equal(lb_riskset_sort(&y, NULL, &set, &err), LB_EINTR);
  lb_interrupt_clear();
  assert_null(set.time);
  classes.n = 2;
  lb_status st = LB_ENOMEM;
  for (long k = 0; st != LB_OK; k++) {
    lb_mem_fail_after(k);
    st = lb_riskset_sort(&y, &classes, &set, &err);
    assert_true(st == LB_OK || (st == LB_ENOMEM && set.time == NULL && lb_mem_live() == 0));
  }
  lb_riskset_reset(&set);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      LB_TEST(good_data_pass),
      LB_TEST(bad_rows_are_named),
      LB_TEST(risk_sets_by_hand),
      LB_TEST(everybody_with_an_event_weighs_the_same_twice),
      LB_TEST(counting_agrees_with_sorting),
      LB_TEST(wrong_class_interrupt_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
