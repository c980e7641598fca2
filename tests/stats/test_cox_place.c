/* test_cox_place.c - columns of many rows in the order of the walk: each number where it belongs. */
#include "base/parallel.h"
#include "check.h"
#include "stats/survival/cox_work.h"

#define MOST   120000
#define COLUMN 20

static double time_[MOST], x_[COLUMN][MOST];
static uint8_t event_[MOST];
static int32_t stratum_[MOST];

static void make_rows(bool tied)
{
  uint32_t u = 99;
  for (size_t i = 0; i < MOST; i++) {
    u = u * 1664525u + 1013904223u;
    time_[i] = tied ? (double)(u >> 22) : (double)(u >> 2) + (double)i / MOST;
    event_[i] = u >> 7 & 1;
    stratum_[i] = (int32_t)(u >> 13 & 3);
    for (size_t j = 0; j < COLUMN; j++) x_[j][i] = (double)(i * COLUMN + j);
  }
}

static void check_places(size_t n, size_t p, bool with_strata)
{
  const double *column[COLUMN];
  for (size_t j = 0; j < p; j++) column[j] = x_[j];
  const lb_surv y = {.n = n, .time = time_, .event = event_};
  const lb_design x = {.n = n, .p = p, .column = column};
  const lb_partition strata = {stratum_, 4};
  cox_data d = {0};
  lb_error err = {0};
  LB_OK_OR_FAIL(cox_data_new(&y, &x, with_strata ? &strata : NULL, &d, &err), err);
  size_t padded = d.n_block * COX_ROWS, width = d.width;
  for (size_t k = n; k < padded; k++) /* sums run over whole blocks */
    for (size_t j = 0; j < p; j++) assert_true(cox_z(&d, k, j) == 0);
  for (size_t k = 0; p < width && k < padded; k++) assert_true(cox_z(&d, k, p) == 0);
  memset(d.z, 255, padded * width * sizeof *d.z);
  LB_OK_OR_FAIL(cox_place_columns(&d, &x, &err), err);
  for (size_t k = 0; k < n; k++)
    for (size_t j = 0; j < p; j++) assert_true(cox_z(&d, k, j) == x_[j][d.row[k]]);
  cox_data_reset(&d);
}

static void places(void **state)
{
  (void)state;
  static const size_t ROWS[] = {1, 511, 512, 513, 32768, 40001, MOST};
  static const size_t WIDTH[] = {1, 2, 7, 16, 17, COLUMN};
  for (int tied = 0; tied < 2; tied++) {
    make_rows(tied);
    event_[0] = 1;
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++)
      for (size_t j = 0; j < sizeof WIDTH / sizeof WIDTH[0]; j++)
        check_places(ROWS[i], WIDTH[j], (i + j) % 2 == 0);
  }
}

static void failing_allocations(void **state)
{
  (void)state;
  make_rows(true);
  const double *column[] = {x_[0], x_[1], x_[2]};
  const lb_surv y = {.n = 40000, .time = time_, .event = event_};
  const lb_design x = {.n = 40000, .p = 3, .column = column};
  lb_error err = {0};
  cox_data d = {0};
  LB_OK_OR_FAIL(cox_data_new(&y, &x, NULL, &d, &err), err);
  size_t held = lb_mem_live();
  lb_status st = LB_ENOMEM;
  long k = 0;
  for (; st != LB_OK; k++) {
    lb_mem_fail_after(k);
    st = cox_place_columns(&d, &x, &err);
    lb_mem_fail_after(-1);
    assert_true(st == LB_OK || st == LB_ENOMEM);
    assert_int_equal(lb_mem_live(), held);
  }
  assert_true(k > 5); /* four tables, and what a thread puts in order */
  cox_data_reset(&d);
}

int main(void)
{
  const struct CMUnitTest tests[] = {LB_TEST(places), LB_TEST(failing_allocations)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
