/* test_stack.c - rows between states as one Cox model: which rows are copied, their outcomes,
 * strata, columns and counts, refusals, failing allocations. */
#include "check.h"

#include "io/csv.h"
#include "model/model_stack.h"

/* States: 0 well, 1 ill, 2 dead. The row without an age is left out. */
static const char ROWS[] = "entry,time,event,sex,age,site,w\n"
                           "0,2,true,f,60,a,1\n"  /* well to ill */
                           "2,5,true,f,60,a,1\n"  /* ill to dead */
                           "0,4,false,m,50,b,2\n" /* well */
                           "0,1,true,f,,a,1\n"
                           "0,3,true,m,70,b,0.5\n" /* well to dead */
                           "1,6,false,f,40,b,1\n"; /* ill */
static const int32_t STATE[] = {0, 1, 0, 0, 1}, NEXT[] = {1, 2, -1, 2, -1};
static const int32_t FROM[] = {0, 0, 1}, TO[] = {1, 2, 2}, PEOPLE[] = {0, 0, 1, 2, 3};
static const size_t OWN[] = {0, 1, 2}, SHARED[] = {0, 1, 1};
static const char *const NAMES[] = {"well -> ill", "well -> dead", "ill -> dead"};
/* age in all; sex in the two to death; ill as proportional to well */
static const int32_t COLUMN[] = {1,
                                 LB_STACK_ABSENT,
                                 LB_STACK_ABSENT, /* */
                                 1,
                                 0,
                                 LB_STACK_ABSENT, /* */
                                 1,
                                 0,
                                 LB_STACK_CONSTANT};
static const lb_stack_coef COEF[] = {
    {"age", "age", NULL, NULL}, {"sex[m], to dead", "sex", "m", "f"}, {"ill", "ill", NULL, NULL}};
static const lb_stack_plan PLAN = {.n_transition = 3,
                                   .n_coef = 3,
                                   .n_baseline = 3,
                                   .from = FROM,
                                   .to = TO,
                                   .baseline = OWN,
                                   .baseline_name = NAMES,
                                   .column = COLUMN,
                                   .coef = COEF,
                                   .state = STATE,
                                   .next = NEXT};
enum { COPIES = 8 };
/* Row of the design and transition of each copy: transition after transition. */
static const size_t SOURCE[COPIES] = {0, 2, 3, 0, 2, 3, 1, 4};
static const size_t OF[COPIES] = {0, 0, 0, 1, 1, 1, 2, 2};

static lb_frame *rows(void)
{
  static const lb_csv_type types[] = {{"sex", LB_FACTOR}, {"site", LB_FACTOR}};
  lb_csv_options options = {.types = types, .n_types = 2, .source = "states.csv"};
  lb_frame *frame = NULL;
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_csv_read(ROWS, strlen(ROWS), &options, &frame, NULL, &err), err);
  return frame;
}

static lb_model design(const lb_frame *frame, const char *terms, const char *weights)
{
  char formula[100];
  lb_model m = {0};
  lb_error err = {0};
  lb_model_options options = {.kind = LB_MODEL_DESIGN, .weights = weights};
  snprintf(formula, sizeof formula, "Surv(entry, time, event) ~ %s", terms);
  LB_OK_OR_FAIL(lb_model_build(formula, strlen(formula), frame, &options, &m, &err), err);
  assert_int_equal(m.n_used, 5);
  return m;
}

static lb_model stack(const lb_model *d, const lb_stack_plan *plan)
{
  lb_model m = {0};
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_model_stack(d, plan, &m, &err), err);
  return m;
}

static void copies_and_outcomes(void **state)
{
  (void)state;
  static const uint8_t EVENT[COPIES] = {1, 0, 0, 0, 0, 1, 1, 0};
  static const lb_row FRAME_ROW[] = {0, 1, 2, 4, 5};
  lb_frame *frame = rows();
  lb_model d = design(frame, "sex + age + offset(age / 10)", "w"), m = stack(&d, &PLAN);
  assert_int_equal(m.n_used, COPIES);
  assert_int_equal(m.n_rows, 6);
  assert_int_equal(m.n_missing, 1);
  assert_memory_equal(m.event, EVENT, sizeof EVENT);
  double total = 0;
  for (size_t k = 0; k < COPIES; k++) {
    size_t i = SOURCE[k];
    assert_true(m.time[k] == d.time[i] && m.entry[k] == d.entry[i]);
    assert_true(m.weight[k] == d.weight[i] && m.offset[k] == d.offset[i]);
    assert_int_equal(m.row[k], FRAME_ROW[i]);
    assert_int_equal(m.cluster[k], i);
    total += d.weight[i];
  }
  assert_int_equal(m.n_cluster, 5);
  assert_int_equal(m.n_event, 3);
  LB_NEAR(m.weight_total, total, 0);
  LB_NEAR(m.weight_event, 2.5, 0);
  assert_true(m.time_max == 6);
  lb_model_reset(&m);
  lb_stack_plan plan = PLAN;
  plan.cluster = PEOPLE;
  plan.n_cluster = 4;
  m = stack(&d, &plan);
  for (size_t k = 0; k < COPIES; k++) assert_int_equal(m.cluster[k], PEOPLE[SOURCE[k]]);
  assert_int_equal(m.n_cluster, 4);
  lb_model_reset(&m);
  lb_model_reset(&d);
  d = design(frame, "sex + age", NULL); /* what the design has not, the stack has not */
  m = stack(&d, &PLAN);
  assert_null(m.weight);
  assert_null(m.offset);
  assert_true(m.weight_total == COPIES && m.weight_event == 3);
  lb_model_reset(&m);
  lb_model_reset(&d);
  lb_frame_release(frame);
}

static void columns_and_counts(void **state)
{
  (void)state;
  static const double WANT[3][COPIES] = {
      {60, 50, 70, 60, 50, 70, 60, 40}, {0, 0, 0, 0, 1, 1, 0, 0}, {0, 0, 0, 0, 0, 0, 1, 1}};
  lb_frame *frame = rows();
  lb_model d = design(frame, "sex + age", "w"), m = stack(&d, &PLAN);
  assert_int_equal(m.p, 3);
  for (size_t c = 0; c < 3; c++) assert_memory_equal(m.column[c], WANT[c], sizeof WANT[c]);
  assert_string_equal(m.term[1].term, "sex[m], to dead");
  assert_string_equal(m.term[1].variable, "sex");
  assert_string_equal(m.term[1].level, "m");
  assert_string_equal(m.term[1].reference, "f");
  assert_null(m.term[0].level);
  assert_int_equal(m.term[0].n_level, COPIES); /* of all transitions */
  assert_int_equal(m.term[0].n_event_level, 3);
  assert_int_equal(m.term[1].n_level, 2); /* rows with the level, in transitions that have it */
  assert_int_equal(m.term[1].n_event_level, 1);
  LB_NEAR(m.term[1].weight_level, 2.5, 0);
  LB_NEAR(m.term[1].weight_event_level, 0.5, 0);
  assert_int_equal(m.term[2].n_level, 2); /* the transition's rows */
  assert_int_equal(m.term[2].n_event_level, 1);
  lb_model_reset(&m);
  lb_model_reset(&d);
  lb_frame_release(frame);
}

static void strata(void **state)
{
  (void)state;
  static const int32_t SITE[] = {0, 0, 1, 1, 1};
  lb_frame *frame = rows();
  lb_model d = design(frame, "sex + age", NULL), m = stack(&d, &PLAN);
  assert_int_equal(m.strata.n, 3);
  for (size_t k = 0; k < COPIES; k++) assert_int_equal(m.strata.code[k], OF[k]);
  for (size_t b = 0; b < 3; b++) assert_string_equal(m.strata.label[b], NAMES[b]);
  lb_model_reset(&m);
  lb_stack_plan plan = PLAN;
  plan.baseline = SHARED;
  plan.n_baseline = 2;
  m = stack(&d, &plan);
  assert_int_equal(m.strata.n, 2);
  for (size_t k = 0; k < COPIES; k++) assert_int_equal(m.strata.code[k], SHARED[OF[k]]);
  lb_model_reset(&m);
  lb_model_reset(&d);
  d = design(frame, "sex + age + strata(site)", NULL); /* times those of the design */
  m = stack(&d, &PLAN);
  assert_int_equal(m.strata.n, 6);
  for (size_t k = 0; k < COPIES; k++)
    assert_int_equal(m.strata.code[k], 3 * SITE[SOURCE[k]] + (int32_t)OF[k]);
  assert_string_equal(m.strata.label[0], "a, well -> ill");
  assert_string_equal(m.strata.name[5], "site=b, ill -> dead");
  lb_model_reset(&m);
  lb_model_reset(&d);
  lb_frame_release(frame);
}

static void expect(const lb_model *d, const lb_stack_plan *plan, lb_status want)
{
  lb_model m = {0};
  lb_error err = {0};
  assert_int_equal(lb_model_stack(d, plan, &m, &err), want);
  assert_null(m.time); /* untouched */
  assert_int_equal(m.n_used, 0);
}

static void refusals(void **state)
{
  (void)state;
  static const int32_t NOBODY[] = {2, 2, 2, 2, 2};
  static const size_t FAR[] = {0, 1, 3};
  int32_t column[9];
  lb_frame *frame = rows();
  lb_model d = design(frame, "sex + age", NULL);
  lb_stack_plan plan = PLAN;
  plan.state = NOBODY;
  expect(&d, &plan, LB_EDATA);
  plan = PLAN;
  plan.n_transition = 0;
  expect(&d, &plan, LB_EDATA);
  plan = PLAN;
  plan.baseline = FAR;
  expect(&d, &plan, LB_EARG);
  plan = PLAN;
  plan.column = column;
  for (int k = 0; k < 2; k++) { /* below what has a meaning; beyond the design */
    memcpy(column, COLUMN, sizeof column);
    column[8] = k == 0 ? -3 : 2;
    expect(&d, &plan, LB_EARG);
  }
  lb_model_reset(&d);
  lb_frame_release(frame);
}

static void failing_allocations(void **state)
{
  (void)state;
  lb_frame *frame = rows();
  lb_model d = design(frame, "sex + age + strata(site) + offset(age)", "w");
  size_t held = lb_mem_live();
  lb_status st = LB_ENOMEM;
  long k = 0;
  for (; st != LB_OK; k++) {
    lb_model m = {0};
    lb_error err = {0};
    lb_mem_fail_after(k);
    st = lb_model_stack(&d, &PLAN, &m, &err);
    lb_mem_fail_after(-1);
    assert_true(st == LB_OK || (st == LB_ENOMEM && m.time == NULL && lb_mem_live() == held));
    lb_model_reset(&m);
  }
  assert_true(k > 30);
  assert_int_equal(lb_mem_live(), held);
  lb_model_reset(&d);
  lb_frame_release(frame);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      LB_TEST(copies_and_outcomes), LB_TEST(columns_and_counts), LB_TEST(strata), LB_TEST(refusals),
      LB_TEST(failing_allocations),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
