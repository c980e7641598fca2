/* test_counts.c - rows counted by group and day say what arrays of rows say, and what cannot be
 * counted is left to the arrays. */
#include "check.h"

#include "base/bitmap.h"
#include "base/parallel.h"
#include "model/model.h"

#define MOST 210000

static uint64_t seed;
static double uniform(void)
{
  seed = seed * 6364136223846793005u + 1442695040888963407u;
  return (double)(seed >> 11) / 9007199254740992.0;
}

/* How the columns of a trial are made. */
typedef struct trial {
  size_t n;
  double missing;      /* share of each column */
  double not_a_number; /* share of real times */
  lb_type time, event, group;
  double last_day;
  int64_t first_group;
  size_t n_group;
  double late_day;    /* of the last row; 0 = as the others */
  int64_t late_group; /* added to the group of the last row, integers */
} trial;

static uint8_t *some_valid(const trial *t)
{
  if (t->missing == 0) return NULL;
  uint8_t *valid = lb_bitmap_new(t->n, true);
  for (size_t i = 0; i < t->n; i++)
    if (uniform() < t->missing) lb_bit_clear(valid, i);
  return valid;
}

static void put(lb_type type, void *values, size_t i, double x)
{
  if (type == LB_REAL) ((double *)values)[i] = x;
  if (type == LB_INTEGER) ((int64_t *)values)[i] = (int64_t)x;
  if (type == LB_FACTOR) ((int32_t *)values)[i] = (int32_t)x;
  if (type == LB_LOGICAL && x != 0) lb_bit_set(values, i);
}

static lb_column *levels(size_t n)
{
  int64_t *offset = lb_mem_array(n + 1, sizeof *offset);
  char *bytes = lb_mem_alloc(n);
  lb_column *out = NULL;
  lb_error err = {0};
  for (size_t k = 0; k <= n; k++) offset[k] = (int64_t)k;
  for (size_t k = 0; k < n; k++) bytes[k] = (char)('A' + k);
  LB_OK_OR_FAIL(lb_column_new_text(n, offset, bytes, NULL, &out, &err), err);
  return out;
}

/* Missing cells hold nonsense, which nobody may look at. */
static void add_column(lb_frame *frame, const trial *t, const char *name, lb_type type)
{
  void *values = lb_mem_zero(t->n, sizeof(double));
  uint8_t *valid = some_valid(t);
  lb_column *column = NULL;
  lb_error err = {0};
  for (size_t i = 0; i < t->n; i++) {
    bool last = i + 1 == t->n;
    double x;
    if (name[0] == 't') {
      x = floor(t->last_day * uniform() * uniform());
      if (last && t->late_day > 0) x = t->late_day;
    } else if (name[0] == 's') {
      x = uniform() < 0.6;
    } else {
      x = (double)t->first_group + floor((double)t->n_group * uniform());
      if (last) x += (double)t->late_group;
    }
    if (type == LB_REAL && uniform() < t->not_a_number) x = NAN;
    if (type != LB_LOGICAL && !lb_is_valid(valid, i)) x = -77;
    put(type, values, i, x);
  }
  if (type == LB_FACTOR) {
    lb_column *words = levels(t->n_group + 1); /* the last level has no row */
    for (size_t i = 0; i < t->n; i++)
      if (((int32_t *)values)[i] < 0) ((int32_t *)values)[i] = 0;
    LB_OK_OR_FAIL(lb_column_new_factor(t->n, values, words, false, valid, &column, &err), err);
    lb_column_release(words);
  } else {
    LB_OK_OR_FAIL(lb_column_new(type, t->n, values, valid, &column, &err), err);
  }
  LB_OK_OR_FAIL(lb_frame_add(frame, name, column, &err), err);
  lb_column_release(column);
}

static lb_frame *make_frame(const trial *t)
{
  lb_frame *frame = NULL;
  lb_error err = {0};
  seed = 19581015;
  LB_OK_OR_FAIL(lb_frame_new(t->n, NULL, &frame, &err), err);
  add_column(frame, t, "t", t->time);
  add_column(frame, t, "s", t->event);
  add_column(frame, t, "g", t->group);
  return frame;
}

static lb_status build(const lb_frame *frame, const char *formula, lb_model_kind kind,
                       lb_model *out, lb_error *err)
{
  lb_model_options options = {.kind = kind};
  *out = (lb_model){0};
  return lb_model_build(formula, strlen(formula), frame, &options, out, err);
}

static void check_same_table(const lb_model *counted, const lb_model *rows)
{
  const lb_surv_counts *c = &counted->counts;
  uint32_t *count = lb_mem_zero(c->n_class * c->days, 2 * sizeof *count);
  for (size_t i = 0; i < rows->n_used; i++) {
    size_t group = (size_t)rows->groups.code[i], day = (size_t)rows->time[i];
    assert_true(group < c->n_class && day < c->days);
    count[(group * c->days + day) * 2 + rows->event[i]]++;
  }
  assert_memory_equal(count, c->count, c->n_class * c->days * 2 * sizeof *count);
  lb_mem_free(count);
}

static void check_same_classes(const lb_classes *a, const lb_classes *b)
{
  assert_int_equal(a->n, b->n);
  assert_int_equal(a->n_empty, b->n_empty);
  assert_null(a->code);
  for (size_t k = 0; k < a->n; k++) {
    assert_string_equal(a->label[k], b->label[k]);
    assert_string_equal(a->name[k], b->name[k]);
  }
  for (size_t k = 0; k < a->n_empty; k++) assert_string_equal(a->empty[k], b->empty[k]);
}

static void check_same(const lb_model *counted, const lb_model *rows)
{
  assert_non_null(counted->counts.count);
  assert_null(rows->counts.count);
  assert_null(counted->row);
  assert_int_equal(counted->n_rows, rows->n_rows);
  assert_int_equal(counted->n_used, rows->n_used);
  assert_int_equal(counted->n_missing, rows->n_missing);
  assert_int_equal(counted->counts.n, rows->n_used);
  assert_int_equal(counted->counts.n_missing, rows->n_missing);
  assert_int_equal(counted->n_event, rows->n_event);
  assert_int_equal(counted->n_time_zero, rows->n_time_zero);
  assert_int_equal(counted->n_dropped, rows->n_dropped);
  for (size_t k = 0; k < rows->n_dropped; k++) {
    assert_string_equal(counted->dropped[k].variable, rows->dropped[k].variable);
    assert_int_equal(counted->dropped[k].n, rows->dropped[k].n);
  }
  assert_true(counted->time_max == rows->time_max);
  check_same_classes(&counted->groups, &rows->groups);
  check_same_classes(&counted->strata, &rows->strata);
  check_same_table(counted, rows);
}

/* The same trial by counts, for one thread and two, and by rows. */
static void compare(const trial *t, const char *formula)
{
  lb_frame *frame = make_frame(t);
  lb_model rows;
  lb_error err = {0};
  LB_OK_OR_FAIL(build(frame, formula, LB_MODEL_GROUPS, &rows, &err), err);
  for (int threads = 1; threads <= 2; threads++) {
    lb_model counted;
    lb_threads_set(threads);
    LB_OK_OR_FAIL(build(frame, formula, LB_MODEL_COUNTS, &counted, &err), err);
    check_same(&counted, &rows);
    lb_model_reset(&counted);
  }
  lb_threads_set(0);
  lb_model_reset(&rows);
  lb_frame_release(frame);
}

static const trial PLAIN = {.n = 1000,
                            .time = LB_INTEGER,
                            .event = LB_INTEGER,
                            .group = LB_INTEGER,
                            .last_day = 1200,
                            .n_group = 3};

static void test_types(void **state)
{
  (void)state;
  static const lb_type TIME[] = {LB_INTEGER, LB_REAL};
  static const lb_type EVENT[] = {LB_INTEGER, LB_REAL, LB_LOGICAL};
  static const lb_type GROUP[] = {LB_INTEGER, LB_FACTOR, LB_LOGICAL};
  static const double MISSING[] = {0, 0.03};
  for (size_t i = 0; i < 2 * 3 * 3 * 2; i++) {
    trial t = PLAIN;
    t.time = TIME[i % 2];
    t.event = EVENT[i / 2 % 3];
    t.group = GROUP[i / 6 % 3];
    t.n_group = t.group == LB_LOGICAL ? 2 : 3;
    t.missing = MISSING[i / 18];
    t.not_a_number = t.missing;
    compare(&t, "Surv(t, s) ~ g");
    compare(&t, "Surv(t, s) ~ 1");
    compare(&t, "Surv_CNSR(t, s) ~ g");
  }
}

static void test_sizes(void **state)
{
  (void)state;
  static const size_t SIZE[] = {1, 2, 7, 8, 9, 1023, 1024, 1025, 2049, 5000, MOST};
  for (size_t i = 0; i < sizeof SIZE / sizeof SIZE[0]; i++) {
    trial t = PLAIN;
    t.n = SIZE[i];
    if (t.n < 100) t.last_day = (double)t.n;
    compare(&t, "Surv(t, s) ~ g");
    t.missing = t.n > 100 ? 0.6 : 0; /* hardly a block without */
    compare(&t, "Surv(t, s) ~ g");
  }
}

/* Values that the first rows do not have. */
static void test_late_values(void **state)
{
  (void)state;
  trial t = PLAIN;
  t.n = 30000;
  t.late_day = 3000;
  compare(&t, "Surv(t, s) ~ g");
  t.late_group = 5;
  t.first_group = -2;
  compare(&t, "Surv(t, s) ~ g");
  t.n = MOST;
  t.late_day = 20000;
  t.missing = 0.01;
  compare(&t, "Surv(t, s) ~ g");
  compare(&t, "Surv(t + 1, s) ~ g"); /* terms may be expressions */
  compare(&t, "Surv(t, s == 0) ~ g");
}

static void test_one_variable_twice(void **state)
{
  (void)state;
  trial t = PLAIN;
  t.missing = 0.1;
  compare(&t, "Surv(t, s) ~ g + g");
  t.n_group = 1; /* an arm alone, and levels without rows */
  t.group = LB_FACTOR;
  compare(&t, "Surv(t, s) ~ g");
}

/* Both kinds take arrays, and say the same. */
static void check_not_counted(const trial *t, const char *formula, lb_status want)
{
  lb_frame *frame = make_frame(t);
  lb_model rows, counted;
  lb_error by_rows = {0}, by_counts = {0};
  assert_int_equal(build(frame, formula, LB_MODEL_GROUPS, &rows, &by_rows), want);
  assert_int_equal(build(frame, formula, LB_MODEL_COUNTS, &counted, &by_counts), want);
  assert_string_equal(by_rows.message, by_counts.message);
  assert_string_equal(by_rows.context, by_counts.context);
  assert_null(counted.counts.count);
  assert_int_equal(counted.n_used, rows.n_used);
  assert_true(want != LB_OK || memcmp(counted.row, rows.row, rows.n_used * sizeof(lb_row)) == 0);
  lb_model_reset(&rows);
  lb_model_reset(&counted);
  lb_frame_release(frame);
}

static void test_not_counted(void **state)
{
  (void)state;
  trial t = PLAIN;
  t.n = 3000;
  check_not_counted(&t, "Surv(t + 0.5, s) ~ g", LB_OK);
  check_not_counted(&t, "Surv(t - 1, t, s) ~ g", LB_OK);
  check_not_counted(&t, "Surv(t, s) ~ g + strata(g)", LB_OK);
  check_not_counted(&t, "Surv(t, s) ~ g + I(g > 1)", LB_OK);
  check_not_counted(&t, "Surv(t, s) ~ s", LB_EDATA);       /* the outcome itself */
  check_not_counted(&t, "Surv(t * 100000, s) ~ g", LB_OK); /* a table beyond the data */
  check_not_counted(&t, "Surv(t, s) ~ exp(g)", LB_OK);
  check_not_counted(&t, "Surv(t - 9, s) ~ g", LB_EDATA); /* negative times */
  check_not_counted(&t, "Surv(t, s + 1) ~ g", LB_EDATA); /* codes 1 and 2 */
  t.n_group = 30;
  check_not_counted(&t, "Surv(t, s) ~ g", LB_EARG); /* numbers that make too many groups */
  t.late_group = 1000000;
  check_not_counted(&t, "Surv(t, s) ~ g", LB_EARG);
  t = PLAIN;
  t.missing = 1;
  check_not_counted(&t, "Surv(t, s) ~ g", LB_EDATA); /* no complete row */
  t.missing = 0;
  t.n = 0;
  check_not_counted(&t, "Surv(t, s) ~ g", LB_EDATA);
  t.n = 2000; /* one time in the last row that is none */
  t.time = LB_REAL;
  t.late_day = INFINITY;
  check_not_counted(&t, "Surv(t, s) ~ g", LB_EDATA);
  t.late_day = 7.25;
  check_not_counted(&t, "Surv(t, s) ~ g", LB_OK);
}

static void test_allocation_failures(void **state)
{
  (void)state;
  trial t = PLAIN;
  t.group = LB_FACTOR;
  t.missing = 0.05;
  lb_frame *frame = make_frame(&t);
  size_t live = lb_mem_live();
  lb_status st = LB_ENOMEM;
  lb_model m = {0};
  for (long k = 0; st != LB_OK; k++) {
    lb_error err = {0};
    lb_mem_fail_after(k);
    st = build(frame, "Surv(t, s) ~ g", LB_MODEL_COUNTS, &m, &err);
    lb_mem_fail_after(-1);
    assert_true(st == LB_OK || (st == LB_ENOMEM && lb_mem_live() == live));
  }
  assert_non_null(m.counts.count);
  lb_model_reset(&m);
  lb_frame_release(frame);
}

int main(void)
{
  const struct CMUnitTest tests[] = {LB_TEST(test_types),       LB_TEST(test_sizes),
                                     LB_TEST(test_late_values), LB_TEST(test_one_variable_twice),
                                     LB_TEST(test_not_counted), LB_TEST(test_allocation_failures)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
