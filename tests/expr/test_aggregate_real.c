/* test_aggregate_real.c - sums, moments and quantiles of random groups against plain loops, at the
 * size where groups are shared between threads, and memory that fails. */
#include "check.h"

#include <stdlib.h>

#include "base/bitmap.h"
#include "base/interrupt.h"
#include "base/parallel.h"
#include "expr/aggregate.h"
#include "expr/functions.h"

enum { GROUPS = 7, MANY = 100001 };

static uint32_t next_random(uint64_t *random)
{
  *random = *random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (uint32_t)(*random >> 32);
}

/* Groups 0 .. GROUPS - 1 at random, the last without rows; a tenth of the values missing, those of
 * group 1 all. */
static void make(size_t n, lb_groups *groups, lb_column **column)
{
  lb_error err = {0};
  uint64_t random = n + 1;
  double *x = lb_mem_array(n, sizeof *x);
  uint8_t *valid = lb_bitmap_new(n, false);
  groups->n_groups = GROUPS;
  groups->n_rows = n;
  groups->group = lb_mem_array(n, sizeof(lb_row));
  groups->row = lb_mem_array(n, sizeof(lb_row));
  groups->start = lb_mem_zero(GROUPS + 1, sizeof(size_t));
  for (size_t i = 0; i < n; i++) {
    uint32_t r = next_random(&random);
    groups->group[i] = r % (GROUPS - 1);
    groups->start[groups->group[i] + 1]++;
    x[i] = r % 11 == 0 ? (double)NAN : exp((double)(r / 64 % 4000) / 300); /* NaN where missing */
    if (r % 11 != 0 && groups->group[i] != 1) lb_bit_set(valid, i);
  }
  size_t at = 0;
  for (size_t g = 0; g < GROUPS; g++) {
    groups->start[g + 1] += groups->start[g];
    for (size_t i = 0; i < n; i++)
      if (groups->group[i] == g) groups->row[at++] = (lb_row)i;
  }
  LB_OK_OR_FAIL(lb_column_new(LB_REAL, n, x, valid, column, &err), err);
}

static int compare(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* The aggregate of sorted values, by the textbook; false: there is none. */
static bool plain(lb_function_id id, double part, const double *x, size_t n, double *out)
{
  long double total = 0, squares = 0;
  for (size_t i = 0; i < n; i++) total += x[i];
  *out = (double)total;
  if (id == LB_FN_SUM) return true;
  if (n == 0 || (id == LB_FN_SD && n < 2)) return false;
  *out = (double)(total / (long double)n);
  if (id == LB_FN_MEAN) return true;
  for (size_t i = 0; i < n; i++)
    squares += (x[i] - total / (long double)n) * (x[i] - total / (long double)n);
  *out = sqrt((double)(squares / (long double)(n - 1)));
  if (id == LB_FN_SD) return true;
  double place = (double)(n - 1) * part;
  size_t k = (size_t)place;
  double above = k + 1 < n ? x[k + 1] : x[k];
  *out = x[k] + (place - (double)k) * (above - x[k]);
  return true;
}

static void agrees(const lb_groups *groups, const lb_column *column, lb_function_id id, double part)
{
  lb_error err = {0};
  lb_op op = {.type = LB_REAL, .parameter = part};
  lb_column *found[2] = {NULL, NULL};
  double *x = lb_mem_array(groups->n_rows, sizeof *x);
  op.aggregate = id;
  for (int i = 0; i < 2; i++) {
    lb_threads_set(i + 1);
    LB_OK_OR_FAIL(lb_aggregate_real(&op, column, groups, &found[i], &err), err);
  }
  lb_threads_set(0);
  assert_memory_equal(lb_column_real(found[0]), lb_column_real(found[1]), GROUPS * sizeof *x);
  for (size_t g = 0; g < GROUPS; g++) {
    size_t n = 0;
    double want;
    for (size_t i = 0; i < groups->n_rows; i++)
      if (groups->group[i] == g && lb_is_valid(lb_column_valid(column), i))
        x[n++] = lb_column_real(column)[i];
    qsort(x, n, sizeof *x, compare);
    bool there = plain(id, part, x, n, &want);
    assert_int_equal(lb_is_valid(lb_column_valid(found[0]), g), there);
    if (there) LB_NEAR(lb_column_real(found[0])[g] / (want == 0 ? 1 : want), want != 0, 1e-12);
  }
  lb_mem_free(x);
  lb_column_release(found[0]);
  lb_column_release(found[1]);
}

static void test_against_plain_loops(void **state)
{
  (void)state;
  static const size_t SIZES[] = {0, 1, 5, 900, 65537, MANY};
  for (size_t s = 0; s < sizeof SIZES / sizeof SIZES[0]; s++) {
    lb_groups groups = {0};
    lb_column *column = NULL;
    make(SIZES[s], &groups, &column);
    agrees(&groups, column, LB_FN_SUM, 0);
    agrees(&groups, column, LB_FN_MEAN, 0);
    agrees(&groups, column, LB_FN_SD, 0);
    agrees(&groups, column, LB_FN_MEDIAN, 0.5);
    agrees(&groups, column, LB_FN_QUANTILE, 0.9);
    lb_column_release(column);
    lb_groups_reset(&groups);
  }
}

static void test_failures(void **state)
{
  (void)state;
  lb_groups groups = {0};
  lb_column *column = NULL, *found = NULL;
  make(300, &groups, &column);
  size_t before = lb_mem_live();
  static const lb_function_id IDS[] = {LB_FN_MEAN, LB_FN_MEDIAN};
  for (size_t i = 0; i < 2; i++) {
    lb_op op = {.type = LB_REAL};
    op.aggregate = IDS[i];
    lb_status st = LB_ENOMEM;
    for (long k = 0; st != LB_OK; k++) {
      lb_mem_fail_after(k);
      st = lb_aggregate_real(&op, column, &groups, &found, NULL);
      lb_mem_fail_after(-1);
      assert_true(st == LB_OK || (st == LB_ENOMEM && lb_mem_live() == before));
    }
    lb_column_release(found);
    lb_interrupt_raise();
    assert_int_equal(lb_aggregate_real(&op, column, &groups, &found, NULL), LB_EINTR);
    lb_interrupt_clear();
    assert_int_equal(lb_mem_live(), before);
  }
  lb_column_release(column);
  lb_groups_reset(&groups);
}

int main(void)
{
  const struct CMUnitTest tests[] = {LB_TEST(test_against_plain_loops), LB_TEST(test_failures)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
