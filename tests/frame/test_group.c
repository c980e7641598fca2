/* test_group.c - groups by one and several keys: order, missing keys, and a plain sort to agree
 * with. */
#include "columns.h"

#include <stdlib.h>

#include "base/parallel.h"
#include "frame/group.h"

static lb_frame *frame_of(size_t n, const char *const *names, lb_column *const *columns, size_t p)
{
  lb_error err = {0};
  lb_frame *frame = NULL;
  LB_OK_OR_FAIL(lb_frame_new(n, NULL, &frame, &err), err);
  for (size_t i = 0; i < p; i++) {
    LB_OK_OR_FAIL(lb_frame_add(frame, names[i], columns[i], &err), err);
    lb_column_release(columns[i]);
  }
  return frame;
}

static lb_groups groups_by(const lb_frame *frame, const size_t *columns, size_t n)
{
  lb_error err = {0};
  lb_groups groups = {0};
  LB_OK_OR_FAIL(lb_groups_make(frame, columns, n, &groups, &err), err);
  return groups;
}

static void test_one_factor(void **state)
{
  (void)state;
  static const char *const ARMS[] = {"TAE", "TACE", "SIRT"};
  lb_frame *frame = frame_of(6, (const char *const[]){"arm"},
                             (lb_column *const[]){factors("2-0220", ARMS, 3)}, 1);
  lb_groups g = groups_by(frame, (const size_t[]){0}, 1);
  /* TAE, SIRT, missing; no row is TACE, so there is no such group */
  assert_int_equal(g.n_groups, 3);
  assert_int_equal(g.n_rows, 6);
  assert_memory_equal(g.group, ((const lb_row[]){1, 2, 0, 1, 1, 0}), 6 * sizeof(lb_row));
  assert_memory_equal(g.row, ((const lb_row[]){2, 5, 0, 3, 4, 1}), 6 * sizeof(lb_row));
  assert_memory_equal(g.start, ((const size_t[]){0, 2, 5, 6}), 4 * sizeof(size_t));
  assert_string_equal(lb_frame_name(g.keys, 0), "arm");
  const lb_column *key = NULL;
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_frame_column(g.keys, 0, &key, &err), err);
  CELL_IS(key, 0, "TAE");
  CELL_IS(key, 1, "SIRT");
  CELL_IS(key, 2, NULL);
  assert_int_equal(lb_column_level_count(key), 3); /* levels stay */
  lb_groups_reset(&g);
  lb_groups_reset(&g);
  lb_frame_release(frame);
}

static void test_nan_before_missing_and_zeros_tied(void **state)
{
  (void)state;
  double nan = (double)NAN, inf = (double)INFINITY;
  lb_column *x = reals(8, (const double[]){nan, 0, -0.0, 7, -inf, inf, -nan, 7}, "xxx-xxxx");
  lb_frame *frame = frame_of(8, (const char *const[]){"x"}, &x, 1);
  lb_groups g = groups_by(frame, (const size_t[]){0}, 1);
  /* -Inf; 0 and -0; 7; Inf; both NaN; missing (row 3, whatever stands there) */
  assert_int_equal(g.n_groups, 6);
  assert_memory_equal(g.group, ((const lb_row[]){4, 1, 1, 5, 0, 3, 4, 2}), 8 * sizeof(lb_row));
  lb_groups_reset(&g);
  lb_frame_release(frame);
}

static void test_no_keys_and_no_rows(void **state)
{
  (void)state;
  lb_column *x = logicals("tft"), *none = logicals("");
  lb_frame *three = frame_of(3, (const char *const[]){"x"}, &x, 1);
  lb_frame *empty = frame_of(0, (const char *const[]){"x"}, &none, 1);
  lb_groups g = groups_by(three, NULL, 0);
  assert_int_equal(g.n_groups, 1);
  assert_int_equal(g.start[1], 3);
  assert_memory_equal(g.row, ((const lb_row[]){0, 1, 2}), 3 * sizeof(lb_row));
  assert_int_equal(lb_frame_rows(g.keys), 1);
  assert_int_equal(lb_frame_columns(g.keys), 0);
  lb_groups_reset(&g);
  g = groups_by(empty, NULL, 0);
  assert_int_equal(g.n_groups, 1);
  assert_int_equal(g.start[0], 0);
  assert_int_equal(g.start[1], 0);
  lb_groups_reset(&g);
  g = groups_by(empty, (const size_t[]){0}, 1);
  assert_int_equal(g.n_groups, 0);
  assert_int_equal(g.start[0], 0);
  assert_int_equal(lb_frame_rows(g.keys), 0);
  assert_int_equal(lb_frame_columns(g.keys), 1);
  lb_groups_reset(&g);
  lb_frame_release(three);
  lb_frame_release(empty);
}

static void test_refused(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_column *x = logicals("tft");
  lb_frame *frame = frame_of(3, (const char *const[]){"x"}, &x, 1);
  lb_groups g = {0};
  assert_int_equal(lb_groups_make(frame, (const size_t[]){1}, 1, &g, &err), LB_EARG);
  assert_int_equal(lb_groups_make(frame, (const size_t[]){0, 0}, 2, &g, &err), LB_EARG);
  assert_null(g.keys);
  lb_frame_release(frame);
}

/* ---- against a plain sort ---- */

static uint32_t next_random(uint32_t *seed)
{
  *seed = *seed * 1664525u + 1013904223u;
  return *seed >> 8;
}

#define P 8 /* columns of the random frame */

/* Narrow and wide keys of every type, a tenth of the cells missing. */
static lb_frame *random_frame(size_t n, uint32_t seed)
{
  static const char *const NAMES[P] = {"arm", "grade", "flag", "x", "site", "day", "at", "wide"};
  static const char *const LEVELS[] = {"A", "B", "C", "D"};
  static const char *const SITES[] = {"", "b", "ba", "a", "B", "\xc3\xa9", NULL};
  static const double REALS[] = {-1.5, 0, -0.0, 2.5, (double)NAN, (double)INFINITY};
  char *arm = lb_mem_zero(n + 1, 1), *flag = lb_mem_zero(n + 1, 1), *na = lb_mem_zero(n + 1, 1);
  int64_t *grade = lb_mem_array(n, 8), *wide = lb_mem_array(n, 8);
  double *x = lb_mem_array(n, 8);
  int32_t *day = lb_mem_array(n, 4);
  const char **site = lb_mem_array(n, sizeof *site);
  for (size_t i = 0; i < n; i++) {
    arm[i] = "0123-"[next_random(&seed) % 5];
    flag[i] = "tf-"[next_random(&seed) % 3];
    na[i] = next_random(&seed) % 10 == 0 ? '-' : 'x';
    grade[i] = (int64_t)(next_random(&seed) % 7) - 3;
    wide[i] = ((int64_t)(next_random(&seed) % 5) - 2) * INT64_C(4611686018427387904 / 2);
    x[i] = REALS[next_random(&seed) % 6];
    day[i] = (int32_t)(next_random(&seed) % 400) * 100000 - 20000000;
    site[i] = SITES[next_random(&seed) % 7];
  }
  lb_column *columns[P] = {factors(arm, LEVELS, 4), integers(n, grade, na), logicals(flag),
                           reals(n, x, na),         texts(n, site),         dates(n, day, na),
                           datetimes(n, wide, na),  integers(n, wide, NULL)};
  void *const blocks[] = {arm, flag, na, grade, wide, x, day, (void *)site};
  for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) lb_mem_free(blocks[i]);
  return frame_of(n, NAMES, columns, P);
}

/* The documented order of two cells of one column. */
static int compare_cells(const lb_column *c, size_t i, size_t j)
{
  bool there_i = lb_is_valid(lb_column_valid(c), i), there_j = lb_is_valid(lb_column_valid(c), j);
  if (!there_i || !there_j) return (int)there_j - (int)there_i;
  if (lb_column_type(c) == LB_TEXT) {
    size_t n, m;
    const char *a = lb_column_text(c, i, &n), *b = lb_column_text(c, j, &m);
    int order = memcmp(a, b, n < m ? n : m);
    return order != 0 ? order : (n > m) - (n < m);
  }
  if (lb_column_type(c) == LB_INTEGER || lb_column_type(c) == LB_DATETIME) {
    int64_t a = lb_column_integer(c)[i], b = lb_column_integer(c)[j];
    return (a > b) - (a < b);
  }
  double a = lb_column_number(c, i), b = lb_column_number(c, j);
  if (isnan(a) || isnan(b)) return (int)isnan(a) - (int)isnan(b);
  return (a > b) - (a < b);
}

typedef struct keys {
  const lb_column *column[P];
  size_t n;
} keys;

static int compare_rows(const void *a, const void *b, void *context)
{
  const keys *k = context;
  size_t i = *(const lb_row *)a, j = *(const lb_row *)b;
  for (size_t c = 0; c < k->n; c++) {
    int order = compare_cells(k->column[c], i, j);
    if (order != 0) return order;
  }
  return 0;
}

/* Row order breaks ties, so that the sort need not be stable. */
static int compare_rows_stably(const void *a, const void *b, void *context)
{
  int order = compare_rows(a, b, context);
  lb_row i = *(const lb_row *)a, j = *(const lb_row *)b;
  return order != 0 ? order : (i > j) - (i < j);
}

static void agrees_with_sort(const lb_frame *frame, const size_t *columns, size_t p)
{
  lb_error err = {0};
  keys k = {.n = p}, found = {.n = p};
  size_t n = lb_frame_rows(frame), group = 0;
  lb_groups g = groups_by(frame, columns, p);
  for (size_t c = 0; c < p; c++) {
    LB_OK_OR_FAIL(lb_frame_column(frame, columns[c], &k.column[c], &err), err);
    LB_OK_OR_FAIL(lb_frame_column(g.keys, c, &found.column[c], &err), err);
    assert_string_equal(lb_frame_name(g.keys, c), lb_frame_name(frame, columns[c]));
  }
  lb_row *rows = lb_mem_array(n, sizeof *rows);
  for (size_t i = 0; i < n; i++) rows[i] = (lb_row)i;
  qsort_r(rows, n, sizeof *rows, compare_rows_stably, &k);
  assert_memory_equal(g.row, rows, n * sizeof *rows);
  for (size_t i = 0; i < n; i++) {
    bool starts = i == 0 || compare_rows(&rows[i - 1], &rows[i], &k) != 0;
    if (starts && i > 0) group++;
    if (starts) assert_int_equal(g.start[group], i);
    assert_int_equal(g.group[rows[i]], group);
  }
  assert_int_equal(g.n_groups, n == 0 ? 0 : group + 1);
  assert_int_equal(g.start[g.n_groups], n);
  for (size_t i = 1; i < g.n_groups; i++) { /* key rows ascend, all different */
    lb_row pair[2] = {(lb_row)(i - 1), (lb_row)i};
    assert_true(compare_rows(&pair[0], &pair[1], &found) < 0);
  }
  lb_mem_free(rows);
  lb_groups_reset(&g);
}

static void test_random_frames(void **state)
{
  (void)state;
  static const size_t SIZES[] = {0, 1, 2, 17, 300, 2000};
  for (size_t s = 0; s < 6; s++) {
    lb_frame *frame = random_frame(SIZES[s], (uint32_t)s + 1);
    for (size_t a = 0; a < P; a++) {
      agrees_with_sort(frame, &a, 1);
      for (size_t b = 0; b < P; b++)
        if (a != b) agrees_with_sort(frame, (const size_t[]){a, b}, 2);
    }
    agrees_with_sort(frame, (const size_t[]){5, 3, 0}, 3);
    agrees_with_sort(frame, (const size_t[]){0, 1, 2, 3, 4, 5, 6, 7}, P);
    agrees_with_sort(frame, (const size_t[]){7, 6, 5, 4, 3, 2, 1, 0}, P);
    lb_frame_release(frame);
  }
}

/* Groups of a filtered frame are those of its own rows. */
static void test_filtered_frame(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_frame *frame = random_frame(300, 77), *kept = NULL;
  lb_row rows[100];
  for (size_t i = 0; i < 100; i++) rows[i] = (lb_row)(299 - 3 * i);
  LB_OK_OR_FAIL(lb_frame_take(frame, rows, 100, &kept, &err), err);
  agrees_with_sort(kept, (const size_t[]){0, 4}, 2);
  lb_frame_release(kept);
  lb_frame_release(frame);
}

/* Rows counted and placed in shares are those of one walk, for any number of threads. */
static void test_shared_between_threads(void **state)
{
  (void)state;
  static const size_t SIZES[] = {99999, 100000, 100007};
  for (size_t s = 0; s < 3; s++) {
    lb_frame *frame = random_frame(SIZES[s], (uint32_t)s + 40);
    for (int threads = 1; threads <= 3; threads++) {
      lb_threads_set(threads);
      agrees_with_sort(frame, (const size_t[]){0, 2}, 2);
      agrees_with_sort(frame, (const size_t[]){0, 1, 2, 4}, 4);
    }
    agrees_with_sort(frame, (const size_t[]){5, 0}, 2); /* too many codes to share */
    lb_threads_set(0);
    lb_frame_release(frame);
  }
}

static void test_out_of_memory(void **state)
{
  (void)state;
  lb_frame *frame = random_frame(70, 5); /* beyond what the sort does without memory */
  size_t before = lb_mem_live();
  lb_status st = LB_ENOMEM;
  for (long k = 0; st != LB_OK; k++) {
    lb_error err = {0};
    lb_groups g = {0};
    lb_mem_fail_after(k);
    st = lb_groups_make(frame, (const size_t[]){0, 5, 3, 4, 6}, 5, &g, &err);
    lb_mem_fail_after(-1);
    assert_true(st == LB_OK || (st == LB_ENOMEM && g.group == NULL && g.keys == NULL));
    lb_groups_reset(&g);
    assert_int_equal(lb_mem_live(), before);
  }
  lb_frame_release(frame);
}

/* One group of all rows gets the lists that lb_groups_make gives it. */
static void test_whole_is_listed_later(void **state)
{
  (void)state;
  lb_frame *frame = random_frame(70, 5);
  size_t before = lb_mem_live();
  lb_status st = LB_ENOMEM;
  for (long k = 0; st != LB_OK; k++) {
    lb_error err = {0};
    lb_groups g = {0}, made = {0};
    LB_OK_OR_FAIL(lb_groups_make(frame, NULL, 0, &made, &err), err);
    lb_mem_fail_after(k);
    st = lb_groups_whole(frame, &g, &err);
    if (st == LB_OK) {
      assert_true(g.row == NULL && g.group == NULL && g.n_groups == 1 && g.n_rows == 70);
      assert_int_equal(g.start[1], 70);
      st = lb_groups_list(&g, &err);
    }
    lb_mem_fail_after(-1);
    if (st == LB_OK) {
      assert_memory_equal(g.row, made.row, 70 * sizeof *g.row);
      assert_memory_equal(g.group, made.group, 70 * sizeof *g.group);
      LB_OK_OR_FAIL(lb_groups_list(&g, &err), err);
    }
    lb_groups_reset(&g);
    lb_groups_reset(&made);
    assert_int_equal(lb_mem_live(), before);
  }
  lb_frame_release(frame);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      LB_TEST(test_one_factor),
      LB_TEST(test_nan_before_missing_and_zeros_tied),
      LB_TEST(test_no_keys_and_no_rows),
      LB_TEST(test_whole_is_listed_later),
      LB_TEST(test_refused),
      LB_TEST(test_random_frames),
      LB_TEST(test_filtered_frame),
      LB_TEST(test_shared_between_threads),
      LB_TEST(test_out_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
