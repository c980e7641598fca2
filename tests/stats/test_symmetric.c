/* test_symmetric.c - Cholesky factors of small matrices by hand, with dependent columns. */
#include "base/interrupt.h"
#include "check.h"
#include "stats/symmetric.h"

static void by_hand(void **state)
{
  (void)state;
  const double a[] = {4, 0, 2, 5}; /* only the lower triangle is read: 4 2; 2 5 */
  double l[4] = {0}, b[] = {8, 8}, inverse[4], value;
  bool kept[2];
  size_t rank;
  assert_int_equal(lb_cholesky(a, 2, 1e-12, NULL, l, kept), 2);
  LB_NEAR(l[0], 2, 0);
  LB_NEAR(l[2], 1, 0);
  LB_NEAR(l[3], 2, 0);
  lb_cholesky_solve(l, 2, kept, 2, b);
  LB_NEAR(b[0], 1.5, TOL_EXACT);
  LB_NEAR(b[1], 1, TOL_EXACT);
  lb_cholesky_inverse(l, kept, 2, inverse);
  LB_NEAR(inverse[0], 5.0 / 16, TOL_EXACT);
  LB_NEAR(inverse[1], -2.0 / 16, TOL_EXACT);
  LB_NEAR(inverse[2], inverse[1], 0);
  const double u[] = {8, 8};
  assert_true(lb_symmetric_quadratic(a, u, 2, 1e-12, &value, &rank));
  LB_NEAR(value, 20, TOL_EXACT);
  assert_int_equal(rank, 2);
}

/* Column 1 is twice column 0, column 2 stands alone; a zero matrix has rank 0. */
static void dependent_columns(void **state)
{
  (void)state;
  const double a[] = {1, 0, 0, 2, 4, 0, 0, 0, 9}, zero[4] = {0}, u[] = {1, 2, 3};
  double l[9] = {0}, inverse[9], value;
  bool kept[3];
  size_t rank;
  assert_int_equal(lb_cholesky(a, 3, 1e-12, NULL, l, kept), 2);
  assert_true(kept[0] && !kept[1] && kept[2]);
  lb_cholesky_inverse(l, kept, 3, inverse);
  LB_NEAR(inverse[0], 1, TOL_EXACT);
  LB_NEAR(inverse[4], 0, 0);
  LB_NEAR(inverse[8], 1.0 / 9, TOL_EXACT);
  assert_true(lb_symmetric_quadratic(a, u, 3, 1e-12, &value, &rank));
  LB_NEAR(value, 2, TOL_EXACT);
  assert_int_equal(rank, 2);
  assert_true(lb_symmetric_quadratic(zero, u, 2, 1e-12, &value, &rank));
  LB_NEAR(value, 0, 0);
  assert_int_equal(rank, 0);
  lb_mem_fail_after(1);
  assert_false(lb_symmetric_quadratic(a, u, 3, 1e-12, &value, &rank));
}

/* A wide factor is given up at its next row: what is left counts as dependent, nothing is wild. */
static void interrupted(void **state)
{
  (void)state;
  const double a[4] = {4, 2, 2, 3};
  double l[4] = {7, 7, 7, 7}, inverse[4] = {7, 7, 7, 7};
  bool kept[2] = {true, true}, all[2] = {true, true};
  lb_interrupt_raise();
  assert_int_equal(lb_cholesky(a, 2, 1e-12, NULL, l, kept), 0);
  lb_cholesky_inverse(a, all, 2, inverse);
  lb_interrupt_clear();
  assert_false(kept[0] || kept[1]);
  for (size_t i = 0; i < 4; i++) assert_true(l[i] == 0 && inverse[i] == 0);
  assert_int_equal(lb_cholesky(a, 2, 1e-12, NULL, l, kept), 2);
}

int main(void)
{
  const struct CMUnitTest tests[] = {LB_TEST(by_hand), LB_TEST(dependent_columns),
                                     LB_TEST(interrupted)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
