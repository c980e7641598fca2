/* test_persons.c - persons, several events and overlaps among the rows of a model. */
#include "check.h"

#include <string.h>

#include "io/csv.h"
#include "model/model_persons.h"

/* Rows 2 and 3 of "a" overlap; "b" has two events; two rows have no id; "c" drops out with x. */
static const char ROWS[] = "id,u,t,e,x,s\n"
                           "a,4,9,1,1,1\n"
                           "b,0,3,1,2,1\n"
                           "a,0,5,0,3,2\n"
                           ",0,2,1,1,1\n"
                           "b,3,8,1,2,1\n"
                           ",1,2,1,4,1\n"
                           "c,0,7,1,,1\n"
                           "b,8,9,0,1,1\n";

static lb_frame *read_rows(void)
{
  lb_csv_options csv = {0};
  lb_frame *frame = NULL;
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_csv_read(ROWS, strlen(ROWS), &csv, &frame, NULL, &err), err);
  return frame;
}

static const struct {
  const char *formula;
  lb_persons want;
} cases[] = {
    {"Surv(u, t, e) ~ x", {4, 1, 1}},
    {"Surv(u, t, e) ~ 1", {5, 1, 1}},
    {"Surv(u, t, e) ~ x + strata(s)", {4, 1, 0}},
    {"Surv(t, e) ~ x", {4, 1, 0}},
    {"Surv(u, t, e == 1 and x > 1) ~ x", {4, 1, 1}},
    {"Surv(u, t, e == 1 and u > 0) ~ x", {4, 0, 1}},
};

static void test_persons(void **state)
{
  (void)state;
  lb_frame *frame = read_rows();
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    lb_model m = {0};
    lb_error err = {0};
    lb_persons got = {0};
    lb_model_options options = {.kind = LB_MODEL_DESIGN};
    LB_OK_OR_FAIL(
        lb_model_build(cases[i].formula, strlen(cases[i].formula), frame, &options, &m, &err), err);
    LB_OK_OR_FAIL(lb_model_persons(&m, frame, 0, &got, &err), err);
    assert_int_equal(got.n, cases[i].want.n);
    assert_int_equal(got.n_several, cases[i].want.n_several);
    assert_int_equal(got.n_overlap, cases[i].want.n_overlap);
    lb_model_reset(&m);
  }
  lb_frame_release(frame);
}

static void test_allocation_failures(void **state)
{
  (void)state;
  lb_frame *frame = read_rows();
  lb_model m = {0};
  lb_error err = {0};
  lb_model_options options = {.kind = LB_MODEL_DESIGN};
  LB_OK_OR_FAIL(lb_model_build("Surv(u, t, e) ~ x", 17, frame, &options, &m, &err), err);
  size_t held = lb_mem_live();
  lb_status st = LB_ENOMEM;
  for (long k = 0; st != LB_OK; k++) {
    lb_persons got = {99, 99, 99};
    lb_mem_fail_after(k);
    st = lb_model_persons(&m, frame, 0, &got, &err);
    lb_mem_fail_after(-1);
    assert_true(st == LB_OK || (st == LB_ENOMEM && got.n == 99));
    assert_int_equal(lb_mem_live(), held);
  }
  lb_model_reset(&m);
  lb_frame_release(frame);
}

int main(void)
{
  const struct CMUnitTest tests[] = {LB_TEST(test_persons), LB_TEST(test_allocation_failures)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
