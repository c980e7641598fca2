/* test_apply.c - designs for new data, and outcomes that not every method takes. */
#include "check.h"

#include "io/csv.h"
#include "model/model.h"

static lb_frame *read_frame(const char *text)
{
  static const lb_csv_type arm[] = {{"arm", LB_FACTOR}}, cause[] = {{"cause", LB_FACTOR}};
  lb_csv_options options = {.types = strstr(text, "cause") == NULL ? arm : cause, .n_types = 1};
  lb_frame *frame = NULL;
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_csv_read(text, strlen(text), &options, &frame, NULL, &err), err);
  return frame;
}

static const char FITTED[] = "t,e,arm,age,site\n1,1,A,30,x\n2,0,B,40,y\n3,1,C,50,x\n4,1,A,60,y\n"
                             "5,0,B,70,x\n6,1,C,80,y\n7,1,A,35,x\n";
static const char FORMULA[] =
    "Surv(t, e) ~ arm * poly(age, 2) + ns(age, 3) + offset(age / 10) + strata(site)";

/* New data in another order, fewer levels, without an outcome: each row has the columns it had. */
static void same_columns(void **state)
{
  (void)state;
  lb_frame *fitted = read_frame(FITTED);
  lb_frame *fresh = read_frame("site,age,arm\ny,80,C\ny,,C\ny,40,B\n");
  lb_model_options options = {.kind = LB_MODEL_DESIGN};
  lb_model m = {0}, n = {0};
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_model_build(FORMULA, strlen(FORMULA), fitted, &options, &m, &err), err);
  LB_OK_OR_FAIL(lb_model_apply(&m, fresh, false, &n, &err), err);
  assert_int_equal(n.p, m.p);
  assert_int_equal(m.p, 2 + 2 + 4 + 3);
  assert_string_equal(m.term[2].term, "poly(age, 2)[1]");
  assert_string_equal(m.term[2].variable, "poly(age, 2)");
  assert_int_equal(n.n_used, 2);
  assert_int_equal(n.row[1], 2);
  assert_null(n.time);
  for (size_t j = 0; j < m.p; j++) {
    assert_string_equal(n.term[j].term, m.term[j].term);
    LB_NEAR(n.column[j][0], m.column[j][5], 0);
    LB_NEAR(n.column[j][1], m.column[j][1], 0);
  }
  LB_NEAR(n.offset[0], 8, 0);
  assert_int_equal(n.strata.code[0], m.strata.code[5]);
  lb_model_reset(&n);
  lb_model_reset(&m);
  lb_frame_release(fresh);
  lb_frame_release(fitted);
}

static void refused(void **state)
{
  (void)state;
  static const struct {
    const char *text, *message;
    lb_status want;
  } CASES[] = {
      {"site,age,arm\nx,50,D\n", "column 'arm' has a level 'D' that the fit did not see", LB_EDATA},
      {"site,age,arm\nx,50,quite another text and long\n",
       "column 'arm' has a level 'quite another text and l...' that the fit did not see", LB_EDATA},
      {"site,age,arm\nz,50,A\n", "the new data have a stratum that the fit did not see", LB_EDATA},
      {"site,arm\nx,A\n", "no column 'age'", LB_ENAME},
      {"site,age,arm\nx,old,A\n", "'age' is text, a number was expected", LB_ETYPE},
  };
  lb_frame *fitted = read_frame(FITTED);
  lb_model_options options = {.kind = LB_MODEL_DESIGN};
  static const char formula[] = "Surv(t, e) ~ arm + age + strata(site)";
  lb_model m = {0};
  LB_OK_OR_FAIL(lb_model_build(formula, strlen(formula), fitted, &options, &m, NULL),
                (lb_error){0});
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    lb_frame *fresh = read_frame(CASES[i].text);
    lb_model n = {0};
    lb_error err = {0};
    assert_int_equal(lb_model_apply(&m, fresh, false, &n, &err), CASES[i].want);
    assert_string_equal(err.message, CASES[i].message);
    assert_null(n.row);
    lb_frame_release(fresh);
  }
  lb_model_reset(&m);
  lb_frame_release(fitted);
}

static void outcomes(void **state)
{
  (void)state;
  static const char text[] = "low,high,cause,CNSR\n1,3,none,1\n2,,ill,0\n,4,dead,1\n,,dead,0\n";
  lb_frame *frame = read_frame(text);
  static const char interval[] = "Surv_interval(low, high) ~ 1", causes[] = "Surv(low, cause) ~ 1";
  static const char reversed[] = "Surv(low, CNSR) ~ 1";
  lb_model_options options = {.kind = LB_MODEL_GROUPS};
  lb_model m = {0};
  lb_error err = {0};
  assert_int_equal(lb_model_build(interval, strlen(interval), frame, &options, &m, &err),
                   LB_EPARSE);
  assert_string_equal(err.message, "this method does not take interval-censored times");
  assert_int_equal(lb_model_build(causes, strlen(causes), frame, &options, &m, &err), LB_EDATA);
  options.accepts = LB_ACCEPTS_INTERVAL;
  LB_OK_OR_FAIL(lb_model_build(interval, strlen(interval), frame, &options, &m, &err), err);
  assert_int_equal(m.n_used, 3);
  LB_NEAR(m.upper[1], INFINITY, 0);
  LB_NEAR(m.lower[2], 0, 0);
  assert_null(m.time);
  assert_int_equal(m.dropped[0].n, 1);
  lb_model_reset(&m);
  options.accepts = LB_ACCEPTS_CAUSES;
  LB_OK_OR_FAIL(lb_model_build(causes, strlen(causes), frame, &options, &m, &err), err);
  assert_int_equal(m.n_cause, 2);
  assert_int_equal(m.event[0], m.cause[0] > 0);
  lb_model_reset(&m);
  LB_OK_OR_FAIL(lb_model_build(reversed, strlen(reversed), frame, &options, &m, &err), err);
  assert_true(m.suspect_cnsr);
  lb_model_reset(&m);
  lb_frame_release(frame);
}

static void allocation_failures(void **state)
{
  (void)state;
  lb_frame *fitted = read_frame(FITTED);
  lb_model_options options = {.kind = LB_MODEL_DESIGN};
  lb_model m = {0};
  for (int which = 0; which < 2; which++) {
    lb_model n = {0};
    lb_status st = LB_ENOMEM;
    size_t live = lb_mem_live();
    for (long k = 0; st != LB_OK; k++) {
      lb_mem_fail_after(k);
      st = which == 0 ? lb_model_build(FORMULA, strlen(FORMULA), fitted, &options, &n, NULL)
                      : lb_model_apply(&m, fitted, true, &n, NULL);
      lb_mem_fail_after(-1);
      assert_true(st == LB_OK || (st == LB_ENOMEM && n.row == NULL && lb_mem_live() == live));
    }
    if (which == 0)
      m = n;
    else
      lb_model_reset(&n);
  }
  lb_model_reset(&m);
  lb_frame_release(fitted);
}

int main(void)
{
  const struct CMUnitTest tests[] = {LB_TEST(same_columns), LB_TEST(refused), LB_TEST(outcomes),
                                     LB_TEST(allocation_failures)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
