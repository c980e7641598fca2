/* test_split.c - follow-up cut into pieces: nothing is lost, nothing is counted twice. */
#include "base/interrupt.h"
#include "check.h"
#include "stats/survival/split.h"

#define N 5
static const double TIME[N] = {5, 10, 10, 0, 12};
static const double ENTRY[N] = {0, 2, 5, -1, 11};
static const uint8_t EVENT[N] = {1, 1, 0, 1, 1};
static const double CUT[2] = {5, 10};

static lb_pieces cut(const lb_surv *y, const lb_cuts *cuts)
{
  lb_pieces out = {0};
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_split(y, cuts, &out, &err), err);
  return out;
}

static void pieces_cover_follow_up(void **state)
{
  (void)state;
  const lb_surv y = {.n = N, .time = TIME, .event = EVENT};
  const lb_cuts cuts = {.n = 2, .cut = CUT};
  lb_pieces p = cut(&y, &cuts);
  double total = 0;
  size_t last = 0;
  for (size_t i = 0; i < p.n; i++) {
    total += p.stop[i] - p.start[i];
    last += p.last[i];
    assert_true(p.start[i] < p.stop[i]);
    if (i > 0 && p.row[i] == p.row[i - 1]) assert_true(p.start[i] == p.stop[i - 1]);
  }
  LB_NEAR(total, 37, TOL_EXACT);
  assert_int_equal(p.n, 1 + 2 + 2 + 3);
  assert_int_equal(last, 4);
  assert_int_equal(p.n_zero, 1);
  lb_pieces_reset(&p);
}

static void an_event_at_a_cut_ends_the_interval_before(void **state)
{
  (void)state;
  const lb_surv y = {.n = 1, .time = CUT, .event = EVENT};
  const lb_cuts cuts = {.n = 2, .cut = CUT};
  lb_pieces p = cut(&y, &cuts);
  assert_int_equal(p.n, 1);
  assert_int_equal(p.interval[0], 0);
  assert_true(p.last[0] == 1);
  lb_pieces_reset(&p);
}

static void entries_and_scales(void **state)
{
  (void)state;
  const lb_surv y = {.n = N, .time = TIME, .entry = ENTRY, .event = EVENT};
  const double shift[N] = {0, 1, 5, 0, -3};
  const lb_cuts cuts = {.n = 2, .cut = CUT, .shift = shift};
  lb_pieces p = cut(&y, &cuts);
  /* Row 2 is cut at 4 and 9, row 3 (from 5, cuts at 0 and 5) not at all, row 5 not (8 and 13). */
  assert_int_equal(p.n, 1 + 3 + 1 + 1 + 1);
  LB_NEAR(p.stop[1], 4, TOL_EXACT);
  LB_NEAR(p.stop[2], 9, TOL_EXACT);
  assert_int_equal(p.interval[4], 2);
  assert_int_equal(p.interval[6], 1);
  lb_pieces_reset(&p);
}

static void own_lists(void **state)
{
  (void)state;
  const lb_surv y = {.n = 2, .time = TIME, .event = EVENT};
  const size_t from[3] = {0, 0, 2};
  const lb_cuts cuts = {.n = 2, .cut = CUT, .from = from};
  lb_pieces p = cut(&y, &cuts);
  assert_int_equal(p.n, 3);
  lb_pieces_reset(&p);
  const lb_surv none = {.n = 0};
  p = cut(&none, &(lb_cuts){.n = 2, .cut = CUT});
  assert_int_equal(p.n, 0);
  lb_pieces_reset(&p);
}

static void refusals_leave_the_output(void **state)
{
  (void)state;
  const lb_surv y = {.n = N, .time = TIME, .event = EVENT};
  const double falling[2] = {5, 5}, shift[N] = {0, NAN, 0, 0, 0};
  lb_pieces out = {.n = 77};
  lb_error err = {0};
  assert_int_equal(lb_split(&y, &(lb_cuts){.n = 2, .cut = falling}, &out, &err), LB_EARG);
  assert_int_equal(lb_split(&y, &(lb_cuts){.n = 2, .cut = CUT, .shift = shift}, &out, &err),
                   LB_EDATA);
  for (long k = 0; k < 5; k++) {
    lb_mem_fail_after(k);
    assert_int_equal(lb_split(&y, &(lb_cuts){.n = 2, .cut = CUT}, &out, &err), LB_ENOMEM);
  }
  lb_mem_fail_after(-1);
  lb_interrupt_raise();
  assert_int_equal(lb_split(&y, &(lb_cuts){.n = 2, .cut = CUT}, &out, &err), LB_EINTR);
  lb_interrupt_clear();
  assert_int_equal(out.n, 77);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(pieces_cover_follow_up, lb_no_leak),
      cmocka_unit_test_teardown(an_event_at_a_cut_ends_the_interval_before, lb_no_leak),
      cmocka_unit_test_teardown(entries_and_scales, lb_no_leak),
      cmocka_unit_test_teardown(own_lists, lb_no_leak),
      cmocka_unit_test_teardown(refusals_leave_the_output, lb_no_leak)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
