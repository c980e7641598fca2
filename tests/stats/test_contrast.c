/* test_contrast.c - linear combinations of coefficients by hand, and designs with columns that are
 * sums of others. */
#include "check.h"
#include "stats/contrast.h"

#include <math.h>

/* b = (1, 3), V = ((4, 1), (1, 9)): b2 - b1 = 2 with variance 4 + 9 - 2 = 11, covariance with b1 of
 * 1 - 4. b1 and b2 together: b' V^-1 b = (9 - 6 + 36) / 35. */
static void by_hand(void **state)
{
  (void)state;
  const double coef[] = {1, 3}, vcov[] = {4, 1, 1, 9};
  const double row[] = {-1, 1, 1, 0}, both[] = {1, 0, 0, 1}, null[] = {2, 1};
  lb_contrast_rows in = {.m = 2, .p = 2, .row = row, .coef = coef, .vcov = vcov};
  lb_contrast out = {0};
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_contrast_fit(&in, &out, &err), err);
  LB_NEAR(out.estimate[0], 2, TOL_EXACT);
  LB_NEAR(out.covariance[0], 11, TOL_EXACT);
  LB_NEAR(out.covariance[1], -3, TOL_EXACT);
  LB_NEAR(out.covariance[2], out.covariance[1], 0);
  LB_NEAR(out.chi_square, 39.0 / 35, TOL_EXACT); /* the same space as both of them */
  assert_int_equal(out.df, 2);
  lb_contrast_reset(&out);
  in.row = both;
  LB_OK_OR_FAIL(lb_contrast_fit(&in, &out, &err), err);
  LB_NEAR(out.chi_square, 39.0 / 35, TOL_EXACT);
  lb_contrast_reset(&out);
  in.row = row;
  in.null = null; /* the estimates themselves */
  LB_OK_OR_FAIL(lb_contrast_fit(&in, &out, &err), err);
  LB_NEAR(out.chi_square, 0, TOL_EXACT);
  lb_contrast_reset(&out);
}

/* All pairs of three levels span two dimensions, whatever the units. */
static void rank_of_pairs(void **state)
{
  (void)state;
  for (double unit = 1e-100; unit < 1e101; unit *= 1e100) {
    const double coef[] = {1 * unit, 3 * unit};
    const double vcov[] = {4 * unit * unit, unit * unit, unit * unit, 9 * unit * unit};
    const double row[] = {1, 0, 0, 1, -1, 1};
    lb_contrast_rows in = {.m = 3, .p = 2, .row = row, .coef = coef, .vcov = vcov};
    lb_contrast out = {0};
    lb_error err = {0};
    LB_OK_OR_FAIL(lb_contrast_fit(&in, &out, &err), err);
    assert_int_equal(out.df, 2);
    LB_NEAR(out.chi_square, 39.0 / 35, TOL_ITER);
    lb_contrast_reset(&out);
  }
}

/* What no row touches may be unknown; a row that touches it is unknown itself; none is refused. */
static void edges(void **state)
{
  (void)state;
  const double coef[] = {1, NAN}, vcov[] = {4, NAN, NAN, NAN};
  const double first[] = {2, 0}, second[] = {0, 1};
  lb_contrast_rows in = {.m = 1, .p = 2, .row = first, .coef = coef, .vcov = vcov};
  lb_contrast out = {0};
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_contrast_fit(&in, &out, &err), err);
  LB_NEAR(out.estimate[0], 2, 0);
  LB_NEAR(out.covariance[0], 16, 0);
  LB_NEAR(out.chi_square, 0.25, TOL_EXACT);
  lb_contrast_reset(&out);
  in.row = second;
  LB_OK_OR_FAIL(lb_contrast_fit(&in, &out, &err), err);
  assert_true(isnan(out.estimate[0]) && isnan(out.chi_square));
  lb_contrast_reset(&out);
  in.m = 0;
  assert_int_equal(lb_contrast_fit(&in, &out, &err), LB_EARG);
  assert_null(out.estimate);
}

/* Two designs that differ by a constant, and by a product with another column. */
static void differences(void **state)
{
  (void)state;
  const double x[] = {1, 1, 1}, y[] = {0, 0, 0}, age[] = {50, 60, 70};
  const double *first[] = {x, age, age}, *second[] = {y, age, y};
  lb_design a = {.n = 3, .p = 2, .column = first}, b = {.n = 3, .p = 2, .column = second};
  double row[3] = {9, 9, 9};
  assert_int_equal(lb_design_difference(&a, &b, row), 3);
  LB_NEAR(row[0], 1, 0);
  LB_NEAR(row[1], 0, 0);
  a.p = b.p = 3;
  assert_int_equal(lb_design_difference(&a, &b, row), 1);
  LB_NEAR(row[2], 50, 0);
  a.n = b.n = 0;
  assert_int_equal(lb_design_difference(&a, &b, row), 0);
  LB_NEAR(row[0], 0, 0);
}

/* z = x + 2 y + 5 was left out: x alone cannot be told, x with z up by 1 can; a constant column
 * nothing of which can be told. */
static void aliased_columns(void **state)
{
  (void)state;
  const double x[] = {0, 1, 0, 1, 3}, y[] = {0, 0, 1, 1, 7}, z[] = {5, 6, 7, 8, 22};
  const double one[] = {4, 4, 4, 4, 4};
  const double *column[] = {x, y, z, one};
  const bool aliased[] = {false, false, true, true}, none[4] = {false};
  const double row[] = {1, 0, 0, 0, 1, 0, 1, 0, 0, 1, 2, 0, 2, -1, 0, 0, 0, 0, 0, 1};
  const bool want[] = {false, true, true, true, false};
  bool got[5] = {false};
  lb_contrast_design d = {.x = {.n = 5, .p = 4, .column = column}, .aliased = aliased};
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_contrast_estimable(&d, row, 5, got, &err), err);
  for (size_t i = 0; i < 5; i++) assert_int_equal(got[i], want[i]);
  d.aliased = none;
  LB_OK_OR_FAIL(lb_contrast_estimable(&d, row, 5, got, &err), err);
  for (size_t i = 0; i < 5; i++) assert_true(got[i]);
}

/* A column of its own can be told although others cannot, whatever rounding leaves of it in what is
 * solved for. */
static void aliased_others(void **state)
{
  (void)state;
  const double x[] = {0.1, 1.3, 0.7, 1.9, 3.3}, z[] = {0.3, 3.9, 2.1, 5.7, 9.9};
  const double y[] = {1, 0, 0, 1, 1};
  const double *column[] = {x, y, z};
  const bool aliased[] = {false, false, true};
  const double row[] = {0, 1, 0, 1, 0, 0};
  bool got[2];
  lb_contrast_design d = {.x = {.n = 5, .p = 3, .column = column}, .aliased = aliased};
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_contrast_estimable(&d, row, 2, got, &err), err);
  assert_true(got[0] && !got[1]);
}

/* Within strata a column may be a shift of another by the stratum. */
static void aliased_within_strata(void **state)
{
  (void)state;
  const double x[] = {0, 1, 2, 5, 7, 6}, z[] = {10, 11, 12, 105, 107, 106};
  const int32_t stratum[] = {0, 0, 0, 1, 1, 1};
  const double *column[] = {x, z};
  const bool aliased[] = {false, true};
  const double row[] = {1, 1, 1, 0};
  bool got[2];
  lb_contrast_design d = {.x = {.n = 6, .p = 2, .column = column},
                          .stratum = stratum,
                          .n_stratum = 2,
                          .aliased = aliased};
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_contrast_estimable(&d, row, 2, got, &err), err);
  assert_true(got[0] && !got[1]);
}

static void out_of_memory(void **state)
{
  (void)state;
  const double coef[] = {1, 3}, vcov[] = {4, 1, 1, 9}, row[] = {-1, 1, 1, 0};
  const double *column[] = {coef, coef};
  const bool aliased[] = {false, true};
  lb_contrast_rows in = {.m = 2, .p = 2, .row = row, .coef = coef, .vcov = vcov};
  lb_contrast_design d = {.x = {.n = 2, .p = 2, .column = column}, .aliased = aliased};
  lb_status st = LB_ENOMEM;
  for (long k = 0; st != LB_OK; k++) {
    lb_contrast out = {0};
    lb_error err = {0};
    lb_mem_fail_after(k);
    st = lb_contrast_fit(&in, &out, &err);
    assert_true(st == LB_OK || (st == LB_ENOMEM && out.estimate == NULL));
    lb_mem_fail_after(-1);
    lb_contrast_reset(&out);
  }
  st = LB_ENOMEM;
  for (long k = 0; st != LB_OK; k++) {
    bool got[2];
    lb_error err = {0};
    lb_mem_fail_after(k);
    st = lb_contrast_estimable(&d, row, 2, got, &err);
    assert_true(st == LB_OK || st == LB_ENOMEM);
    lb_mem_fail_after(-1);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      LB_TEST(by_hand),       LB_TEST(rank_of_pairs),   LB_TEST(edges),
      LB_TEST(differences),   LB_TEST(aliased_columns), LB_TEST(aliased_within_strata),
      LB_TEST(out_of_memory), LB_TEST(aliased_others),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
