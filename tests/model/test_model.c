/* test_model.c - a formula and a frame become arrays: rows, outcomes, classes, designs. */
#include "check.h"

#include "io/csv.h"
#include "model/model.h"

static const char NETS[] = "pfs,progressed,status,treatment,primary,age,involved,w,site,entry\n"
                           "5,true,2,SIRT,pancreas,60,true,1,c,0\n"
                           "7,false,1,TAE,ileum,50,false,2,a,1\n"
                           "0,true,2,TACE,pancreas,,true,1,a,-1\n"
                           "3,false,1,SIRT,ileum,70,false,1,b,2\n"
                           "9,true,2,TAE,,55,true,0,b,3\n"
                           "2,true,2,TACE,ileum,65,false,1,c,1\n"
                           "4,false,1,SIRT,pancreas,45,true,3,c,2\n";

static lb_frame *nets(const char *text)
{
  static const lb_csv_type types[] = {{"treatment", LB_FACTOR}, {"primary", LB_FACTOR}};
  lb_csv_options options = {.types = types, .n_types = 2, .source = "nets.csv"};
  lb_frame *frame = NULL;
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_csv_read(text, strlen(text), &options, &frame, NULL, &err), err);
  return frame;
}

static lb_model build(const lb_frame *frame, const char *formula, lb_model_kind kind,
                      const char *weights)
{
  lb_model m = {0};
  lb_error err = {0};
  lb_model_options options = {.kind = kind, .weights = weights};
  LB_OK_OR_FAIL(lb_model_build(formula, strlen(formula), frame, &options, &m, &err), err);
  return m;
}

/* ---- Rows and outcome ---- */

static void test_complete_cases(void **state)
{
  (void)state;
  lb_frame *frame = nets(NETS);
  lb_model m =
      build(frame, "Surv(pfs, progressed) ~ age + primary + treatment", LB_MODEL_DESIGN, NULL);
  assert_int_equal(m.n_rows, 7);
  assert_int_equal(m.n_used, 5);
  assert_int_equal(m.n_missing, 2);
  assert_int_equal(m.row[2], 3);
  assert_int_equal(m.n_dropped, 2);
  assert_string_equal(m.dropped[0].variable, "age");
  assert_int_equal(m.dropped[0].n, 1);
  assert_string_equal(m.dropped[1].variable, "primary");
  lb_surv y;
  lb_model_surv(&m, &y);
  assert_int_equal(y.n, 5);
  assert_int_equal(y.n_missing, 2);
  LB_NEAR(y.time[2], 3, 0);
  assert_int_equal(y.event[0], 1);
  assert_int_equal(y.event[1], 0);
  assert_null(y.entry);
  assert_null(y.weight);
  lb_model_reset(&m);
  lb_frame_release(frame);
}

static void test_outcomes(void **state)
{
  (void)state;
  lb_frame *frame = nets(NETS);
  lb_model m = build(frame, "Surv(entry, pfs, status == 2) ~ 1", LB_MODEL_GROUPS, "w");
  LB_NEAR(m.entry[2], -1, 0);
  LB_NEAR(m.weight[6], 3, 0);
  assert_int_equal(m.event[0], 1);
  assert_int_equal(m.event[1], 0);
  assert_int_equal(m.n_time_zero, 1);
  assert_int_equal(m.groups.n, 1);
  assert_string_equal(m.groups.label[0], "all");
  assert_string_equal(m.groups.name[0], "");
  assert_int_equal(m.strata.n, 1);
  lb_model_reset(&m);
  m = build(frame, "Surv_CNSR(pfs, progressed) ~ 1", LB_MODEL_GROUPS, NULL);
  assert_int_equal(m.event[0], 0);
  assert_int_equal(m.event[1], 1);
  lb_model_reset(&m);
  m = build(frame, "Surv_CNSR(pfs, status) ~ 1", LB_MODEL_GROUPS, NULL); /* kinds of censoring */
  assert_int_equal(m.event[0], 0);
  assert_int_equal(m.event[1], 0);
  lb_model_reset(&m);
  lb_frame_release(frame);
}

static void test_time_label(void **state)
{
  (void)state;
  lb_frame *frame = nets(NETS), *labelled = NULL;
  lb_error err = {0};
  lb_column *with = NULL;
  const lb_column *pfs = NULL;
  LB_OK_OR_FAIL(lb_frame_column(frame, 0, &pfs, &err), err);
  LB_OK_OR_FAIL(
      lb_column_with_label((lb_column *)pfs, "Progression-free survival", "months", &with, &err),
      err);
  LB_OK_OR_FAIL(lb_frame_with(frame, "pfs", with, &labelled, &err), err);
  lb_model m = build(labelled, "Surv(entry, `pfs`, progressed) ~ 1", LB_MODEL_GROUPS, NULL);
  assert_string_equal(m.time_label, "Progression-free survival");
  assert_string_equal(m.time_unit, "months");
  lb_model_reset(&m);
  lb_column_release(with);
  lb_frame_release(labelled);
  lb_frame_release(frame);
}

/* ---- Classes ---- */

static void test_groups_of_one_factor(void **state)
{
  (void)state;
  lb_frame *all = nets(NETS), *some = NULL;
  const lb_row rows[] = {0, 1, 3, 6}; /* TACE has no row */
  assert_int_equal(lb_frame_take(all, rows, 4, &some, NULL), LB_OK);
  lb_model m = build(some, "Surv(pfs, progressed) ~ treatment", LB_MODEL_GROUPS, NULL);
  assert_int_equal(m.groups.n, 2);
  assert_string_equal(m.groups.label[0], "SIRT");
  assert_string_equal(m.groups.name[1], "treatment=TAE");
  assert_int_equal(m.groups.n_empty, 1);
  assert_string_equal(m.groups.empty[0], "TACE");
  const int32_t want[] = {0, 1, 0, 0};
  assert_memory_equal(m.groups.code, want, sizeof want);
  lb_model_reset(&m);
  lb_frame_release(some);
  lb_frame_release(all);
}

/* As survfit's strata: the first variable varies slowest, cells without a row do not occur. */
static void test_groups_of_several(void **state)
{
  (void)state;
  static const char *const LABEL[] = {"SIRT, false", "SIRT, true", "TACE, false",
                                      "TACE, true",  "TAE, false", "TAE, true"};
  const int32_t want[] = {1, 4, 3, 0, 5, 2, 1};
  lb_frame *frame = nets(NETS);
  lb_model m = build(frame, "Surv(pfs, progressed) ~ treatment + involved", LB_MODEL_GROUPS, NULL);
  assert_int_equal(m.groups.n, 6);
  for (size_t k = 0; k < 6; k++) assert_string_equal(m.groups.label[k], LABEL[k]);
  assert_string_equal(m.groups.name[1], "treatment=SIRT, involved=true");
  assert_memory_equal(m.groups.code, want, sizeof want);
  lb_model_reset(&m);
  m = build(frame, "Surv(pfs, progressed) ~ primary:site", LB_MODEL_GROUPS, NULL);
  assert_int_equal(m.groups.n, 5); /* ileum a b c, pancreas a c */
  assert_string_equal(m.groups.label[3], "pancreas, a");
  lb_model_reset(&m);
  lb_frame_release(frame);
}

static void test_groups_of_numbers_and_text(void **state)
{
  (void)state;
  lb_frame *frame = nets(NETS);
  lb_model m = build(frame, "Surv(pfs, progressed) ~ w + strata(site)", LB_MODEL_GROUPS, NULL);
  static const char *const LABEL[] = {"0", "1", "2", "3"};
  assert_int_equal(m.groups.n, 4);
  for (size_t k = 0; k < 4; k++) assert_string_equal(m.groups.label[k], LABEL[k]);
  assert_int_equal(m.strata.n, 3);
  assert_string_equal(m.strata.name[0], "site=a");
  const int32_t want[] = {2, 0, 0, 1, 1, 2, 2};
  assert_memory_equal(m.strata.code, want, sizeof want);
  lb_model_reset(&m);
  lb_frame_release(frame);
}

static void test_cluster(void **state)
{
  (void)state;
  lb_frame *frame = nets(NETS);
  const int32_t by_site[] = {0, 1, 1, 2, 2, 0, 0}, by_w[] = {0, 1, 0, 0, 2, 0, 3};
  lb_model m = build(frame, "Surv(pfs, progressed) ~ cluster(site)", LB_MODEL_DESIGN, NULL);
  assert_int_equal(m.n_cluster, 3);
  assert_memory_equal(m.cluster, by_site, sizeof by_site);
  lb_model_reset(&m);
  m = build(frame, "Surv(pfs, progressed) ~ cluster(w)", LB_MODEL_DESIGN, NULL);
  assert_int_equal(m.n_cluster, 4);
  assert_memory_equal(m.cluster, by_w, sizeof by_w);
  assert_int_equal(m.p, 0);
  lb_model_reset(&m);
  lb_frame_release(frame);
}

/* ---- Design: written by hand; model.matrix() of R 4.2.2 has the same columns behind its intercept
 * (of "treatment - 1" coxph's names agree: a Cox model keeps the intercept implied). ---- */

static const char ARMS[] = "t,e,x,treatment,primary\n"
                           "1,1,2,A,u\n"
                           "2,0,3,B,v\n"
                           "3,1,5,C,u\n"
                           "4,1,7,A,v\n"
                           "5,0,11,B,u\n"
                           "6,1,13,C,v\n";

static const struct {
  const char *right;
  size_t p;
  const char *term[6];
  double column[6][6];
} designs[] = {
    {"x", 1, {"x"}, {{2, 3, 5, 7, 11, 13}}},
    {"treatment", 2, {"treatment[B]", "treatment[C]"}, {{0, 1, 0, 0, 1, 0}, {0, 0, 1, 0, 0, 1}}},
    {"treatment - 1",
     2,
     {"treatment[B]", "treatment[C]"},
     {{0, 1, 0, 0, 1, 0}, {0, 0, 1, 0, 0, 1}}},
    {"treatment * primary",
     5,
     {"treatment[B]", "treatment[C]", "primary[v]", "treatment[B]:primary[v]",
      "treatment[C]:primary[v]"},
     {{0, 1, 0, 0, 1, 0},
      {0, 0, 1, 0, 0, 1},
      {0, 1, 0, 1, 0, 1},
      {0, 1, 0, 0, 0, 0},
      {0, 0, 0, 0, 0, 1}}},
    {"treatment:primary",
     6,
     {"treatment[A]:primary[u]", "treatment[B]:primary[u]", "treatment[C]:primary[u]",
      "treatment[A]:primary[v]", "treatment[B]:primary[v]", "treatment[C]:primary[v]"},
     {{1, 0, 0, 0, 0, 0},
      {0, 0, 0, 0, 1, 0},
      {0, 0, 1, 0, 0, 0},
      {0, 0, 0, 1, 0, 0},
      {0, 1, 0, 0, 0, 0},
      {0, 0, 0, 0, 0, 1}}},
    {"treatment + treatment:primary",
     5,
     {"treatment[B]", "treatment[C]", "treatment[A]:primary[v]", "treatment[B]:primary[v]",
      "treatment[C]:primary[v]"},
     {{0, 1, 0, 0, 1, 0},
      {0, 0, 1, 0, 0, 1},
      {0, 0, 0, 1, 0, 0},
      {0, 1, 0, 0, 0, 0},
      {0, 0, 0, 0, 0, 1}}},
    {"x:treatment",
     3,
     {"x:treatment[A]", "x:treatment[B]", "x:treatment[C]"},
     {{2, 0, 0, 7, 0, 0}, {0, 3, 0, 0, 11, 0}, {0, 0, 5, 0, 0, 13}}},
    {"x + x:treatment",
     3,
     {"x", "x:treatment[B]", "x:treatment[C]"},
     {{2, 3, 5, 7, 11, 13}, {0, 3, 0, 0, 11, 0}, {0, 0, 5, 0, 0, 13}}},
    /* x stands within x:treatment, so that primary needs no column for its first level */
    {"x:treatment + x:primary",
     4,
     {"x:treatment[A]", "x:treatment[B]", "x:treatment[C]", "x:primary[v]"},
     {{2, 0, 0, 7, 0, 0}, {0, 3, 0, 0, 11, 0}, {0, 0, 5, 0, 0, 13}, {0, 3, 0, 7, 0, 13}}},
    {"x + I(x^2) + x:I(x^2)",
     3,
     {"x", "x^2", "x:x^2"},
     {{2, 3, 5, 7, 11, 13}, {4, 9, 25, 49, 121, 169}, {8, 27, 125, 343, 1331, 2197}}},
    {"I(x > 5)", 1, {"x > 5[true]"}, {{0, 0, 0, 1, 1, 1}}},
};

static void test_designs(void **state)
{
  (void)state;
  lb_frame *frame = nets(ARMS);
  for (size_t i = 0; i < sizeof designs / sizeof *designs; i++) {
    char formula[128];
    snprintf(formula, sizeof formula, "Surv(t, e) ~ %s", designs[i].right);
    lb_model m = build(frame, formula, LB_MODEL_DESIGN, NULL);
    lb_design x;
    lb_model_design(&m, &x);
    assert_int_equal(x.p, designs[i].p);
    assert_int_equal(x.n, 6);
    for (size_t j = 0; j < x.p; j++) {
      assert_string_equal(m.term[j].term, designs[i].term[j]);
      for (size_t row = 0; row < 6; row++) LB_NEAR(x.column[j][row], designs[i].column[j][row], 0);
    }
    lb_model_reset(&m);
  }
  lb_frame_release(frame);
}

static void test_terms(void **state)
{
  (void)state;
  lb_frame *frame = nets(ARMS);
  lb_model m =
      build(frame, "Surv(t, e) ~ treatment * x + offset(x) + offset(x - 7)", LB_MODEL_DESIGN, NULL);
  assert_int_equal(m.p, 5);
  const lb_term *c = &m.term[1], *x = &m.term[2], *both = &m.term[4];
  assert_string_equal(c->variable, "treatment");
  assert_string_equal(c->level, "C");
  assert_string_equal(c->reference, "A");
  assert_int_equal(c->n_level, 2);
  assert_int_equal(c->n_event_level, 2);
  assert_null(x->level);
  assert_null(x->reference);
  assert_int_equal(x->n_level, 6);
  assert_int_equal(x->n_event_level, 4);
  assert_string_equal(both->term, "treatment[C]:x");
  assert_string_equal(both->variable, "treatment:x");
  assert_string_equal(both->level, "C");
  assert_string_equal(both->reference, "A");
  LB_NEAR(m.offset[5], 19, 0);
  lb_model_reset(&m);
  lb_frame_release(frame);
}

/* Levels without a row among those used give no column, and the next level is the reference. */
static void test_levels_without_rows(void **state)
{
  (void)state;
  lb_frame *all = nets(ARMS), *some = NULL;
  const lb_row rows[] = {1, 2, 4, 5};
  assert_int_equal(lb_frame_take(all, rows, 4, &some, NULL), LB_OK);
  lb_model m = build(some, "Surv(t, e) ~ treatment", LB_MODEL_DESIGN, NULL);
  assert_int_equal(m.p, 1);
  assert_string_equal(m.term[0].term, "treatment[C]");
  assert_string_equal(m.term[0].reference, "B");
  lb_model_reset(&m);
  lb_frame_release(some);
  lb_frame_release(all);
}

/* ---- Refusals ---- */

static const struct {
  const char *text, *formula;
  lb_model_kind kind;
  const char *weights;
  lb_status status;
  const char *message, *context; /* context: NULL = not looked at */
} refusals[] = {
    {"t,s\n1,1\n2,2\n", "Surv(t, s) ~ 1", LB_MODEL_GROUPS, NULL, LB_EDATA,
     "event 's' has the values 1 and 2",
     "  Surv(t, s) ~ 1\n          ^\nWrite Surv(t, s == 2) if 2 means the event."},
    {"t,s\n1,0\n2,3\n", "Surv(t, s) ~ 1", LB_MODEL_GROUPS, NULL, LB_EDATA,
     "event 's' has values other than 0 and 1", NULL},
    {"t,s\n1,0\n2,0.5\n", "Surv_CNSR(t, s) ~ 1", LB_MODEL_GROUPS, NULL, LB_EDATA,
     "event 's' has values other than 0 and 1", NULL},
    {"t,s\n1,x\n2,y\n", "Surv(t, s) ~ 1", LB_MODEL_GROUPS, NULL, LB_ETYPE,
     "event 's' is text, expected logical or 0/1", NULL},
    {"t,treatment\n1,a\n2,b\n", "Surv(t, treatment) ~ 1", LB_MODEL_GROUPS, NULL, LB_EDATA,
     "event 'treatment' is a factor ('a', 'b'): say which level is the event",
     "  Surv(t, treatment) ~ 1\n          ^^^^^^^^^\n"
     "Write Surv(t, treatment == 'b')."},
    {"t,treatment\n1,a\n2,b\n3,c\n", "Surv(t, treatment) ~ 1", LB_MODEL_GROUPS, NULL, LB_EDATA,
     "event 'treatment' is a factor ('a', 'b', 'c'): say which level is the event",
     "  Surv(t, treatment) ~ 1\n          ^^^^^^^^^\n"
     "Write Surv(t, treatment == 'b') for one cause; competing causes are not modelled here."},
    {"t,e\n1,0\n2,1\n3,2\n", "Surv(t, e) ~ 1", LB_MODEL_GROUPS, NULL, LB_EDATA,
     "event 'e' has the values 0, 1 and 2: codes of competing causes?",
     "  Surv(t, e) ~ 1\n          ^\n"
     "Write Surv(t, e == 1) for cause 1 alone, or == 2, or > 0 for any."},
    {"t,e,w\n1,0,0\n2,1,0\n", "Surv(t, e) ~ 1", LB_MODEL_GROUPS, "w", LB_EDATA,
     "weights 'w': all 2 are 0", NULL},
    {"t,e\n-1,1\n2,0\n-3,1\n", "Surv(t, e) ~ 1", LB_MODEL_GROUPS, NULL, LB_EDATA,
     "Surv(t, e): 2 rows have a time that is negative or not finite (rows 1, 3 of nets.csv)", NULL},
    {"t,e\nInf,1\n2.5,0\n", "Surv(t, e) ~ 1", LB_MODEL_GROUPS, NULL, LB_EDATA,
     "Surv(t, e): 1 row has a time that is negative or not finite (row 1 of nets.csv)", NULL},
    {"t,e\n-1,1\n-1,1\n-1,1\n-1,1\n-1,1\n-1,1\n", "Surv(t, e) ~ 1", LB_MODEL_GROUPS, NULL, LB_EDATA,
     "Surv(t, e): 6 rows have a time that is negative or not finite (rows 1, 2, 3, 4, 5, ... of "
     "nets.csv)",
     NULL},
    {"a,t,e\n0,1,1\n2,2,0\n", "Surv(a, t, e) ~ 1", LB_MODEL_GROUPS, NULL, LB_EDATA,
     "Surv(a, t, e): 1 row has an entry that is not before the time (row 2 of nets.csv)", NULL},
    {"t,e\n2020-01-01,1\n", "Surv(t, e) ~ 1", LB_MODEL_GROUPS, NULL, LB_ETYPE,
     "time 't' is a date, a number was expected",
     "  Surv(t, e) ~ 1\n       ^\nWrite the time between two dates:  months(start, t)"},
    {"t,e\n1,1\n", "y ~ 1", LB_MODEL_GROUPS, NULL, LB_EPARSE,
     "the outcome is not Surv(time, event)", NULL},
    {"t,e\n1,1\n", "~ e", LB_MODEL_GROUPS, NULL, LB_EPARSE, "the formula has no outcome", NULL},
    {"t,e,w\n1,1,1\n2,1,-1\n", "Surv(t, e) ~ 1", LB_MODEL_GROUPS, "w", LB_EDATA,
     "weights 'w': 1 is negative or not finite (row 2 of nets.csv)", NULL},
    {"t,e,ww\n1,1,1\n", "Surv(t, e) ~ 1", LB_MODEL_GROUPS, "www", LB_ENAME,
     "weights: no column 'www' (did you mean 'ww'?)", NULL},
    {"t,e,x\n1,1,\n2,,3\n", "Surv(t, e) ~ x", LB_MODEL_GROUPS, NULL, LB_EDATA,
     "no row has all the variables of the model", "Dropped: 1 with e missing, 1 with x missing."},
    {"t,e\n", "Surv(t, e) ~ 1", LB_MODEL_GROUPS, NULL, LB_EDATA, "the data have no rows", NULL},
    {"t,e,treatment,x\n1,1,A,1\n2,1,B,\n3,0,A,1\n", "Surv(t, e) ~ treatment + x", LB_MODEL_DESIGN,
     NULL, LB_EDATA,
     "'treatment' has one level left ('A') after 1 row with missing values was dropped",
     "Dropped: 1 with x missing."},
    {"t,e,treatment\n1,1,A\n2,1,A\n", "Surv(t, e) ~ treatment", LB_MODEL_DESIGN, NULL, LB_EDATA,
     "'treatment' has one level only ('A')", NULL},
    {"t,e,x\n1,1,Inf\n2,1,1.5\n", "Surv(t, e) ~ x", LB_MODEL_DESIGN, NULL, LB_EDATA,
     "'x' is infinite in 1 row (row 1 of nets.csv)", NULL},
    {"t,e,x\n1,1,2020-01-01\n2,1,2020-01-02\n", "Surv(t, e) ~ x", LB_MODEL_DESIGN, NULL, LB_ETYPE,
     "'x' is a date, a number or factor was expected", NULL},
    {"t,e,x\n1,1,a\n2,1,b\n", "Surv(t, e) ~ offset(x)", LB_MODEL_DESIGN, NULL, LB_ETYPE,
     "offset 'x' is text, a number was expected", NULL},
    {"t,e,x\n1,1,1\n", "Surv(t, e) ~ offset(x)", LB_MODEL_GROUPS, NULL, LB_EPARSE,
     "offset() has no meaning for groups", NULL},
    {"t,e,age\n1,1,1\n", "Surv(t, e) ~ x + agee", LB_MODEL_GROUPS, NULL, LB_ENAME, NULL, NULL},
    {"t,e,age\n1,1,1\n", "Surv(t, e) ~ agee", LB_MODEL_GROUPS, NULL, LB_ENAME,
     "no column 'agee' (did you mean 'age'?)", "  Surv(t, e) ~ agee\n               ^^^^"},
    {"t,e,gr\xC3\xB6\xC3\x9F"
     "e,age\n1,1,1,1\n",
     "Surv(t, e) ~ `gr\xC3\xB6\xC3\x9F"
     "e` + agee + age",
     LB_MODEL_GROUPS, NULL, LB_ENAME, "no column 'agee' (did you mean 'age'?)",
     "  Surv(t, e) ~ `gr\xC3\xB6\xC3\x9F"
     "e` + agee + age\n                         ^^^^"},
    {"t,e\n1,1\n", "Surv(t, e == ) ~ 1", LB_MODEL_GROUPS, NULL, LB_EPARSE,
     "the expression ends after '=='", NULL},
    {"t,e\n1,1\n", "Surv(t, e) ~ log(t)", LB_MODEL_DESIGN, NULL, LB_EDATA,
     "the outcome's own time ('t') is no covariate",
     "  Surv(t, e) ~ log(t)\n               ^^^^^^\n"
     "An effect that changes with time: fit:ph_test() tests it, survival.split or survival.tmerge "
     "cut the follow-up, survival.royston_parmar has time_varying."},
    {"t,e\n1,1\n", "Surv(t, e == 1) ~ e", LB_MODEL_GROUPS, NULL, LB_EDATA,
     "the outcome's own event ('e == 1') is no group", NULL},
};

static void test_refusals(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
    lb_error err = {0};
    lb_csv_options csv = {.source = "nets.csv"};
    lb_csv_type factor = {"treatment", LB_FACTOR};
    if (strstr(refusals[i].text, "treatment") != NULL) {
      csv.types = &factor;
      csv.n_types = 1;
    }
    lb_frame *frame = NULL;
    lb_model m = {0};
    lb_model_options options = {.kind = refusals[i].kind, .weights = refusals[i].weights};
    LB_OK_OR_FAIL(lb_csv_read(refusals[i].text, strlen(refusals[i].text), &csv, &frame, NULL, &err),
                  err);
    lb_status st =
        lb_model_build(refusals[i].formula, strlen(refusals[i].formula), frame, &options, &m, &err);
    if (refusals[i].message != NULL) assert_string_equal(err.message, refusals[i].message);
    if (refusals[i].context != NULL) assert_string_equal(err.context, refusals[i].context);
    assert_int_equal(st, refusals[i].status);
    assert_null(m.row);
    assert_int_not_equal(
        lb_model_build(refusals[i].formula, strlen(refusals[i].formula), frame, &options, &m, NULL),
        LB_OK);
    lb_frame_release(frame);
  }
}

/* 20 distinct numbers make groups, 21 ask for cut(). Rows are named as in the source table. */
static void test_numbers_as_groups(void **state)
{
  (void)state;
  for (int n = 20; n <= 21; n++) {
    char text[512] = "t,e,x\n";
    for (int i = 0; i < n; i++)
      snprintf(text + strlen(text), sizeof text - strlen(text), "1,1,%d\n", i);
    lb_csv_options csv = {0};
    lb_frame *frame = NULL;
    lb_model m = {0};
    lb_error err = {0};
    lb_model_options options = {.kind = LB_MODEL_GROUPS};
    LB_OK_OR_FAIL(lb_csv_read(text, strlen(text), &csv, &frame, NULL, &err), err);
    lb_status st = lb_model_build("Surv(t, e) ~ x", 14, frame, &options, &m, &err);
    assert_int_equal(st, n == 20 ? LB_OK : LB_EARG);
    if (n == 21)
      assert_string_equal(err.message, "'x' has 21 distinct numbers: too many for groups");
    lb_model_reset(&m);
    lb_frame_release(frame);
  }
}

static void test_rows_of_the_source(void **state)
{
  (void)state;
  const char *text = "t,e\n1,1\n2,1\n-3,1\n";
  lb_csv_options csv = {.source = "nets.csv"};
  lb_frame *frame = NULL, *last = NULL;
  lb_model m = {0};
  lb_error err = {0};
  const lb_row rows[] = {1, 2};
  lb_model_options options = {.kind = LB_MODEL_GROUPS};
  LB_OK_OR_FAIL(lb_csv_read(text, strlen(text), &csv, &frame, NULL, &err), err);
  LB_OK_OR_FAIL(lb_frame_take(frame, rows, 2, &last, &err), err);
  assert_int_equal(lb_model_build("Surv(t, e) ~ 1", 14, last, &options, &m, &err), LB_EDATA);
  assert_non_null(strstr(err.message, "(row 3 of nets.csv)"));
  lb_frame_release(last);
  lb_frame_release(frame);
}

static void test_allocation_failures(void **state)
{
  (void)state;
  lb_frame *frame = nets(NETS);
  static const struct {
    const char *formula;
    lb_model_kind kind;
  } CASES[] = {
      {"Surv(entry, pfs, progressed) ~ treatment * involved + age:primary + offset(age) + "
       "strata(site, w) + cluster(site)",
       LB_MODEL_DESIGN},
      {"Surv(pfs, progressed) ~ treatment + site + w", LB_MODEL_GROUPS},
  };
  for (size_t i = 0; i < 2; i++) {
    lb_model m = {0};
    lb_error err = {0};
    lb_model_options options = {.kind = CASES[i].kind, .weights = "w"};
    size_t live = lb_mem_live();
    lb_status st = LB_ENOMEM;
    for (long k = 0; st != LB_OK; k++) {
      lb_mem_fail_after(k);
      st = lb_model_build(CASES[i].formula, strlen(CASES[i].formula), frame, &options, &m, &err);
      lb_mem_fail_after(-1);
      assert_true(st == LB_OK || (st == LB_ENOMEM && m.row == NULL && lb_mem_live() == live));
    }
    lb_model_reset(&m);
  }
  lb_frame_release(frame);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      LB_TEST(test_complete_cases),
      LB_TEST(test_outcomes),
      LB_TEST(test_time_label),
      LB_TEST(test_groups_of_one_factor),
      LB_TEST(test_groups_of_several),
      LB_TEST(test_groups_of_numbers_and_text),
      LB_TEST(test_cluster),
      LB_TEST(test_designs),
      LB_TEST(test_terms),
      LB_TEST(test_levels_without_rows),
      LB_TEST(test_refusals),
      LB_TEST(test_numbers_as_groups),
      LB_TEST(test_rows_of_the_source),
      LB_TEST(test_allocation_failures),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
