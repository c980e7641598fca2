/* test_order.c - orders and gathers of random frames against a plain comparison of cells: decimals,
 * doubles, wide and narrow integers, texts, missing rows first and last, any number of threads. */
#include "columns.h"

#include <stdlib.h>

#include "base/parallel.h"
#include "frame/frame.h"
#include "frame/order.h"

#define P 10 /* columns of the random frame */

static uint32_t next_random(uint32_t *seed)
{
  *seed = *seed * 1664525u + 1013904223u;
  return *seed >> 8;
}

/* A text of its kind: with a shared prefix, long, with a zero byte, or hardly any. */
static const char *random_text(uint32_t *seed, char *room)
{
  static const char *const TEXTS[] = {"", "a", "ab", "\xc3\xa9", "B", NULL, NULL};
  uint32_t kind = next_random(seed) % 10;
  if (kind < 7) return TEXTS[kind];
  if (kind < 9) {
    (void)snprintf(room, 64, "C-00%05u", next_random(seed) % 3000);
    return room;
  }
  (void)snprintf(room, 64, "a text past thirty-two bytes, no. %u", next_random(seed) % 9);
  return room;
}

static lb_column *random_texts(size_t n, uint32_t seed)
{
  lb_error err = {0};
  lb_column *column = NULL;
  lb_text_builder builder = {0};
  char room[64];
  for (size_t i = 0; i < n; i++) {
    const char *text = random_text(&seed, room);
    /* A byte more: the final zero, which padding must not be taken for. */
    size_t more = next_random(&seed) % 16 == 0;
    if (text == NULL)
      lb_text_builder_add_missing(&builder);
    else
      lb_text_builder_add(&builder, text, strlen(text) + more);
  }
  LB_OK_OR_FAIL(lb_text_builder_finish(&builder, &column, &err), err);
  return column;
}

static lb_column *reals_of(size_t n, uint32_t seed, unsigned kind, const char *na)
{
  static const double SPECIAL[] = {(double)NAN, (double)INFINITY, -(double)INFINITY, -0.0, 0, 0.1};
  double *x = lb_mem_array(n, sizeof *x);
  for (size_t i = 0; i < n; i++) {
    uint32_t r = next_random(&seed);
    x[i] = ((double)(r % 20000) - 3000) / 10; /* decimals, 0 and -0 among them */
    if (kind == 1) x[i] = exp((double)(r % 5000) / 500);
    if (kind == 2 && r % 3 == 0) x[i] = SPECIAL[r / 3 % 6];
    if (na != NULL && na[i] == '-') x[i] = (double)NAN; /* not to be read */
  }
  lb_column *column = reals(n, x, na);
  lb_mem_free(x);
  return column;
}

static lb_frame *random_frame(size_t n, uint32_t seed)
{
  static const char *const LEVELS[] = {"b", "a", "c"};
  lb_error err = {0};
  char *na = lb_mem_zero(n + 1, 1), *arm = lb_mem_zero(n + 1, 1), *flag = lb_mem_zero(n + 1, 1);
  int64_t *narrow = lb_mem_array(n, 8), *wide = lb_mem_array(n, 8);
  int32_t *day = lb_mem_array(n, 4);
  for (size_t i = 0; i < n; i++) {
    na[i] = next_random(&seed) % 10 == 0 ? '-' : 'x';
    arm[i] = "0122-"[next_random(&seed) % 5];
    flag[i] = "tf-"[next_random(&seed) % 3];
    narrow[i] = (int64_t)(next_random(&seed) % 9) - 4;
    wide[i] = next_random(&seed) % 2 == 0 ? INT64_MIN : INT64_MAX - (int64_t)(narrow[i] + 4);
    day[i] = (int32_t)(next_random(&seed) % 7000);
  }
  lb_column *columns[P] = {factors(arm, LEVELS, 3),      dates(n, day, na),
                           reals_of(n, seed, 0, na),     reals_of(n, seed + 1, 1, NULL),
                           reals_of(n, seed + 2, 2, na), integers(n, wide, na),
                           integers(n, narrow, NULL),    logicals(flag),
                           random_texts(n, seed + 3),    datetimes(n, wide, NULL)};
  lb_frame *frame = NULL;
  LB_OK_OR_FAIL(lb_frame_new(n, NULL, &frame, &err), err);
  for (size_t i = 0; i < P; i++) {
    LB_OK_OR_FAIL(lb_frame_add(frame, (const char[]){(char)('a' + i), 0}, columns[i], &err), err);
    lb_column_release(columns[i]);
  }
  void *const blocks[] = {na, arm, flag, narrow, wide, day};
  for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) lb_mem_free(blocks[i]);
  return frame;
}

/* ---- the documented order ---- */

typedef struct plan {
  const lb_column *column[P];
  bool descending[P];
  size_t n;
  bool missing_first;
} plan;

static int compare_present(const lb_column *c, size_t i, size_t j, bool descending)
{
  int order;
  if (lb_column_type(c) == LB_TEXT) {
    size_t n, m;
    const char *a = lb_column_text(c, i, &n), *b = lb_column_text(c, j, &m);
    order = memcmp(a, b, n < m ? n : m);
    if (order == 0) order = (n > m) - (n < m);
  } else if (lb_column_type(c) == LB_INTEGER || lb_column_type(c) == LB_DATETIME) {
    int64_t a = lb_column_integer(c)[i], b = lb_column_integer(c)[j];
    order = (a > b) - (a < b);
  } else {
    double a = lb_column_number(c, i), b = lb_column_number(c, j);
    if (isnan(a) || isnan(b)) return (int)isnan(a) - (int)isnan(b); /* either way */
    order = (a > b) - (a < b);
  }
  return descending ? -order : order;
}

static int compare_rows(const void *a, const void *b, void *context)
{
  const plan *p = context;
  size_t i = *(const lb_row *)a, j = *(const lb_row *)b;
  for (size_t k = 0; k < p->n; k++) {
    const uint8_t *valid = lb_column_valid(p->column[k]);
    bool there_i = lb_is_valid(valid, i), there_j = lb_is_valid(valid, j);
    int order = 0;
    if (there_i && there_j)
      order = compare_present(p->column[k], i, j, p->descending[k]);
    else if (there_i != there_j)
      order = there_i == p->missing_first ? 1 : -1;
    if (order != 0) return order;
  }
  return (i > j) - (i < j);
}

static void order_agrees(const lb_frame *frame, const lb_sort_key *keys, size_t n, bool first)
{
  lb_error err = {0};
  size_t n_rows = lb_frame_rows(frame);
  plan p = {.n = n, .missing_first = first};
  for (size_t k = 0; k < n; k++) {
    LB_OK_OR_FAIL(lb_frame_column(frame, keys[k].column, &p.column[k], &err), err);
    p.descending[k] = keys[k].descending;
  }
  lb_row *want = lb_mem_array(n_rows, sizeof *want), *order = lb_mem_array(n_rows, sizeof *order);
  for (size_t i = 0; i < n_rows; i++) want[i] = (lb_row)i;
  qsort_r(want, n_rows, sizeof *want, compare_rows, &p);
  for (int threads = 1; threads <= 2; threads++) {
    lb_threads_set(threads);
    memset(order, 0xff, n_rows * sizeof *order);
    LB_OK_OR_FAIL(lb_frame_order(frame, keys, n, first, order, &err), err);
    assert_memory_equal(order, want, n_rows * sizeof *order);
  }
  lb_threads_set(0);
  lb_mem_free(want);
  lb_mem_free(order);
}

static void test_orders(void **state)
{
  (void)state;
  static const size_t SIZES[] = {0, 1, 2, 3, 48, 49, 255, 256, 257, 1000, 5000};
  uint32_t seed = 11;
  for (size_t s = 0; s < sizeof SIZES / sizeof SIZES[0]; s++) {
    lb_frame *frame = random_frame(SIZES[s], (uint32_t)s + 1);
    for (size_t c = 0; c < P; c++)
      for (unsigned way = 0; way < 4; way++)
        order_agrees(frame, &(lb_sort_key){c, way & 1}, 1, way & 2);
    for (size_t repeat = 0; repeat < 30; repeat++) {
      lb_sort_key keys[P];
      size_t n = 2 + next_random(&seed) % (P - 1);
      for (size_t k = 0; k < n; k++)
        keys[k] = (lb_sort_key){next_random(&seed) % P, next_random(&seed) % 2};
      order_agrees(frame, keys, n, next_random(&seed) % 2);
    }
    lb_frame_release(frame);
  }
}

static void test_order_shared_between_threads(void **state)
{
  (void)state;
  lb_frame *frame = random_frame(100003, 5);
  order_agrees(frame, (const lb_sort_key[]){{0, false}, {1, false}, {2, true}}, 3, false);
  order_agrees(frame, (const lb_sort_key[]){{4, true}, {8, false}}, 2, true);
  lb_frame_release(frame);
}

/* A value that is no tenth after many that are: the doubles decide. */
static void test_a_late_double_among_decimals(void **state)
{
  (void)state;
  double x[200];
  lb_error err = {0};
  lb_row order[200];
  for (size_t i = 0; i < 200; i++) x[i] = (double)(200 - i) / 10;
  x[199] = nextafter(7.3, 8);
  x[198] = nextafter(7.3, 7);
  lb_column *column = reals(200, x, NULL);
  lb_frame *frame = NULL;
  LB_OK_OR_FAIL(lb_frame_new(200, NULL, &frame, &err), err);
  LB_OK_OR_FAIL(lb_frame_add(frame, "x", column, &err), err);
  LB_OK_OR_FAIL(lb_frame_order(frame, &(lb_sort_key){0, false}, 1, false, order, &err), err);
  for (size_t i = 1; i < 200; i++) assert_true(x[order[i - 1]] < x[order[i]]);
  lb_column_release(column);
  lb_frame_release(frame);
}

/* ---- rows in no order ---- */

static void cells_are(const lb_column *got, const lb_column *from, const lb_row *rows, size_t n)
{
  for (size_t i = 0; i < n; i++) {
    bool present = rows[i] != LB_NO_ROW && lb_is_valid(lb_column_valid(from), rows[i]);
    assert_int_equal(lb_is_valid(lb_column_valid(got), i), present);
    if (!present) continue;
    if (lb_column_type(from) == LB_TEXT) {
      size_t n_got, n_want;
      const char *a = lb_column_text(got, i, &n_got), *b = lb_column_text(from, rows[i], &n_want);
      assert_int_equal(n_got, n_want);
      assert_memory_equal(a, b, n_want);
    } else {
      double a = lb_column_number(got, i), b = lb_column_number(from, rows[i]);
      assert_true(a == b || (isnan(a) && isnan(b)));
    }
  }
}

static void gathers(const lb_frame *frame, const lb_row *rows, size_t n)
{
  lb_error err = {0};
  for (size_t c = 0; c < P; c++)
    for (int threads = 1; threads <= 2; threads++) {
      const lb_column *from;
      lb_column *got = NULL;
      lb_threads_set(threads);
      LB_OK_OR_FAIL(lb_frame_column(frame, c, &from, &err), err);
      LB_OK_OR_FAIL(lb_column_gather(from, rows, n, &got, &err), err);
      cells_are(got, from, rows, n);
      lb_column_release(got);
    }
  lb_threads_set(0);
}

static void test_gather_in_no_order(void **state)
{
  (void)state;
  static const size_t SIZES[] = {4095, 4096, 4097, 65536, 65537, 100001, 131073};
  uint32_t seed = 23;
  lb_frame *frame = random_frame(5000, 8), *one = random_frame(1, 9);
  lb_row *rows = lb_mem_array(131073, sizeof *rows);
  for (size_t s = 0; s < sizeof SIZES / sizeof SIZES[0]; s++)
    for (unsigned none = 0; none < 2; none++) {
      for (size_t i = 0; i < SIZES[s]; i++) {
        uint32_t r = next_random(&seed);
        rows[i] = none != 0 && r % 7 == 0 ? LB_NO_ROW : r % 5000;
      }
      gathers(frame, rows, SIZES[s]);
    }
  for (size_t i = 0; i < 5000; i++) rows[i] = i % 3 == 0 ? LB_NO_ROW : 0;
  gathers(one, rows, 5000);
  lb_mem_free(rows);
  lb_frame_release(frame);
  lb_frame_release(one);
}

/* A whole frame at once, its numbers by way of records, gives what each column gives alone. */
static void test_gather_of_a_frame(void **state)
{
  (void)state;
  static const size_t SIZES[] = {100000, 131072, 131201};
  lb_error err = {0};
  uint32_t seed = 29;
  for (size_t s = 0; s < 3; s++) {
    lb_frame *frame = random_frame(70001 + s * 128, 31);
    size_t n = SIZES[s], length = lb_frame_rows(frame);
    lb_row *rows = lb_mem_array(n, sizeof *rows);
    for (size_t i = 0; i < n; i++) rows[i] = (lb_row)(next_random(&seed) % length);
    rows[n / 2] = (lb_row)length - 1;
    for (int pass = 0; pass < 3; pass++) { /* one thread, two, and a row that is none */
      lb_frame *taken = NULL;
      lb_threads_set(pass == 0 ? 1 : 2);
      if (pass == 2) rows[n - 1] = LB_NO_ROW;
      LB_OK_OR_FAIL(lb_frame_take(frame, rows, n, &taken, &err), err);
      LB_OK_OR_FAIL(lb_frame_gather(taken, &err), err);
      for (size_t c = 0; c < P; c++) {
        const lb_column *got, *from = lb_frame_column_source(frame, c);
        LB_OK_OR_FAIL(lb_frame_column(taken, c, &got, &err), err);
        cells_are(got, from, rows, n);
      }
      lb_frame_release(taken);
    }
    lb_threads_set(0);
    lb_mem_free(rows);
    lb_frame_release(frame);
  }
}

static void test_gather_of_a_frame_without_memory(void **state)
{
  (void)state;
  uint32_t seed = 37;
  size_t n = 100000;
  lb_frame *frame = random_frame(n, 41);
  lb_row *rows = lb_mem_array(n, sizeof *rows);
  for (size_t i = 0; i < n; i++) rows[i] = (lb_row)(next_random(&seed) % n);
  size_t before = lb_mem_live();
  lb_status st = LB_ENOMEM;
  for (long k = 0; st != LB_OK; k++) {
    lb_frame *taken = NULL;
    lb_mem_fail_after(-1);
    LB_OK_OR_FAIL(lb_frame_take(frame, rows, n, &taken, NULL), (lb_error){0});
    lb_mem_fail_after(k);
    st = lb_frame_gather(taken, NULL);
    lb_mem_fail_after(-1);
    assert_true(st == LB_OK || st == LB_ENOMEM);
    lb_frame_release(taken);
    assert_int_equal(lb_mem_live(), before);
  }
  lb_mem_free(rows);
  lb_frame_release(frame);
}

/* ---- memory that fails ---- */

static void test_memory(void **state)
{
  (void)state;
  lb_frame *frame = random_frame(4200, 3);
  const lb_sort_key keys[] = {{0, true}, {8, false}, {3, false}};
  lb_row *order = lb_mem_array(4200, sizeof *order);
  size_t before = lb_mem_live();
  lb_status st = LB_ENOMEM;
  for (long k = 0; st != LB_OK; k++) {
    lb_mem_fail_after(k);
    st = lb_frame_order(frame, keys, 3, false, order, NULL);
    lb_mem_fail_after(-1);
    assert_true(st == LB_OK || st == LB_ENOMEM);
    assert_int_equal(lb_mem_live(), before);
  }
  for (size_t c = 0; c < P; c++) {
    const lb_column *from;
    lb_column *got = NULL;
    LB_OK_OR_FAIL(lb_frame_column(frame, c, &from, NULL), (lb_error){0});
    st = LB_ENOMEM;
    for (long k = 0; st != LB_OK; k++) {
      lb_mem_fail_after(k);
      st = lb_column_gather(from, order, 4200, &got, NULL);
      lb_mem_fail_after(-1);
      assert_true(st == LB_OK || (st == LB_ENOMEM && lb_mem_live() == before));
    }
    lb_column_release(got);
  }
  lb_mem_free(order);
  lb_frame_release(frame);
}

int main(void)
{
  const struct CMUnitTest tests[] = {LB_TEST(test_orders),
                                     LB_TEST(test_order_shared_between_threads),
                                     LB_TEST(test_a_late_double_among_decimals),
                                     LB_TEST(test_gather_in_no_order),
                                     LB_TEST(test_gather_of_a_frame),
                                     LB_TEST(test_gather_of_a_frame_without_memory),
                                     LB_TEST(test_memory)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
