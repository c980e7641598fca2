/* test_spline.c - bases of one number: reference values, what must hold for all, edges. Values made
 * with R 4.2.2: splines::bs, splines::ns, Hmisc 4.8-0 rcspline.eval(norm = 2), stats::poly. */
#include "check.h"
#include "model/basis.h"

static const double X[] = {30, 44, 51.5, 70, 77};
#define N_X 5

static const lb_basis_spec INNER = {.kind = LB_BASIS_NS,
                                    .degree = 3,
                                    .n_knot = 3,
                                    .knot = {42, 50, 57},
                                    .has_boundary = true,
                                    .boundary = {28, 76}};

/* Row i of a basis of the numbers X. */
static void row_of(const lb_basis *b, double x, double *row)
{
  double *column[LB_KNOTS_MAX];
  for (size_t j = 0; j < b->n_column; j++) column[j] = &row[j];
  lb_basis_values(b, &x, 1, column);
}

static void check_rows(const lb_basis_spec *spec, size_t p, size_t rows, const double *want)
{
  lb_basis b;
  lb_error err = {0};
  double row[LB_KNOTS_MAX];
  LB_OK_OR_FAIL(lb_basis_fit(spec, X, N_X, &b, &err), err);
  assert_int_equal(b.n_column, p);
  for (size_t i = 0; i < rows; i++) {
    row_of(&b, X[i], row);
    for (size_t j = 0; j < p; j++) LB_NEAR(row[j], want[i * p + j], 1e-13);
  }
}

static void reference_values(void **state)
{
  (void)state;
  static const double NS[] = {0.0008956560680698612,
                              -0.052818168287810906,
                              0.12509566173428896,
                              -0.07227749344647807,
                              0.4518532177761386,
                              -0.16214802841874998,
                              0.38867876699796816,
                              -0.22456995426549273,
                              0.7375383110804004,
                              0.16540612015103007,
                              0.09948488400932338,
                              -0.057068067293298934,
                              0.012860204810669205,
                              0.2345591288025562,
                              0.3383622644127423,
                              0.4142184019740323,
                              0,
                              -0.23089483997387342,
                              0.3889614630960159,
                              0.8419333768778575};
  static const double BS[] = {0.3343372768233621,
                              0.035029457779121906,
                              0.0008956560680698612,
                              0,
                              0,
                              0,
                              0.05578512396694214,
                              0.49040087394319365,
                              0.4518532177761386,
                              0.00196078431372549,
                              0,
                              0,
                              0,
                              0.05463875205254516,
                              0.7375383110804004,
                              0.20710970778844082,
                              0.0007132290786136941,
                              0,
                              0,
                              0,
                              0.012860204810669205,
                              0.1659330879821974,
                              0.5008976242504342,
                              0.32030908295669924};
  static const double RCS[] = {30,
                               0,
                               0,
                               44,
                               1.3333333333333341,
                               0,
                               51.5,
                               5.721354166666669,
                               0.3255208333333335,
                               70,
                               35.13888888888891,
                               8.759259259259267};
  check_rows(&INNER, 4, 5, NS);
  lb_basis_spec spec = INNER;
  spec.kind = LB_BASIS_BS;
  check_rows(&spec, 6, 4, BS);
  const lb_basis_spec rcs = {.kind = LB_BASIS_RCS, .n_knot = 4, .knot = {32, 44, 55, 68}};
  check_rows(&rcs, 3, 4, RCS);
}

static void polynomials(void **state)
{
  (void)state;
  static const double x[] = {1, 2, 4, 7, 11, 16};
  static const double first[] = {-0.45162230233094541, 0.44249767886871011};
  static const double beyond[] = {1.01937605383270546, 1.94382908931611720};
  const lb_basis_spec spec = {.kind = LB_BASIS_POLY, .df = 2};
  lb_basis b;
  lb_error err = {0};
  double row[2];
  LB_OK_OR_FAIL(lb_basis_fit(&spec, x, 6, &b, &err), err);
  row_of(&b, 1, row);
  for (size_t j = 0; j < 2; j++) LB_NEAR(row[j], first[j], TOL_EXACT);
  row_of(&b, 20, row);
  for (size_t j = 0; j < 2; j++) LB_NEAR(row[j], beyond[j], TOL_EXACT);
}

/* B-splines with their left-out first column add up to 1: columns of a full set do, so at the right
 * boundary the last one alone is 1. A natural spline is linear beyond its boundary, and its second
 * differences at the boundary vanish. */
static void properties(void **state)
{
  (void)state;
  lb_basis b;
  double row[6], a[4], c[4], d[4];
  lb_basis_spec spec = INNER;
  spec.kind = LB_BASIS_BS;
  assert_int_equal(lb_basis_fit(&spec, X, N_X, &b, NULL), LB_OK);
  row_of(&b, 76, row);
  LB_NEAR(row[5], 1, TOL_EXACT);
  for (size_t j = 0; j < 5; j++) LB_NEAR(row[j], 0, TOL_EXACT);
  assert_int_equal(lb_basis_fit(&INNER, X, N_X, &b, NULL), LB_OK);
  for (double x = 10; x < 100; x += 80) {
    row_of(&b, x, a);
    row_of(&b, x + 3, c);
    row_of(&b, x + 6, d);
    for (size_t j = 0; j < 4; j++) LB_NEAR(a[j] - 2 * c[j] + d[j], 0, 1e-12);
  }
}

/* Knots by number: quantiles of type 7 within the range. */
static void knots_by_number(void **state)
{
  (void)state;
  double x[101];
  for (size_t i = 0; i <= 100; i++) x[i] = (double)((i * 37) % 101);
  lb_basis b;
  lb_basis_spec spec = {.kind = LB_BASIS_NS, .df = 4, .degree = 3};
  assert_int_equal(lb_basis_fit(&spec, x, 101, &b, NULL), LB_OK);
  for (size_t k = 0; k < 3; k++) LB_NEAR(b.knot[4 + k], 25 * (double)(k + 1), TOL_EXACT);
  assert_int_equal(b.n_column, 4);
  spec.kind = LB_BASIS_RCS;
  assert_int_equal(lb_basis_fit(&spec, x, 101, &b, NULL), LB_OK);
  LB_NEAR(b.knot[0], 5, TOL_EXACT);
  LB_NEAR(b.knot[1], 35, TOL_EXACT);
  LB_NEAR(b.knot[3], 95, TOL_EXACT);
  assert_int_equal(b.n_column, 3);
}

static void refusals(void **state)
{
  (void)state;
  static const double same[] = {3, 3, 3, 3}, few[] = {1, 1, 1, 1, 1, 2};
  static const struct {
    lb_basis_spec spec;
    const double *x;
    size_t n;
    lb_status want;
  } CASES[] = {
      {{.kind = LB_BASIS_NS, .df = 3}, same, 4, LB_EDATA},
      {{.kind = LB_BASIS_NS, .df = 3}, same, 0, LB_EDATA},
      {{.kind = LB_BASIS_NS, .df = 4}, few, 6, LB_EDATA},
      {{.kind = LB_BASIS_BS, .df = 2, .degree = 3}, X, N_X, LB_EARG},
      {{.kind = LB_BASIS_RCS, .df = 9}, X, N_X, LB_EARG},
      {{.kind = LB_BASIS_RCS, .df = 4}, same, 4, LB_EDATA},
      {{.kind = LB_BASIS_POLY, .df = 2}, few, 6, LB_EDATA},
      {{.kind = LB_BASIS_POLY, .df = 1}, few, 0, LB_EDATA},
  };
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    lb_basis b = {.n_column = 77};
    lb_error err = {0};
    assert_int_equal(lb_basis_fit(&CASES[i].spec, CASES[i].x, CASES[i].n, &b, &err), CASES[i].want);
    assert_int_equal(b.n_column, 77);
  }
}

static void allocation_failures(void **state)
{
  (void)state;
  double count[N_X];
  for (size_t i = 0; i < N_X; i++) count[i] = (double)(i % 2 + 1);
  for (int kind = LB_BASIS_NS; kind <= LB_BASIS_POLY; kind++) {
    const lb_basis_spec spec = {.kind = (lb_basis_kind)kind, .df = 3, .degree = 3};
    lb_status st = LB_ENOMEM;
    lb_basis b;
    for (long k = 0; st != LB_OK; k++) {
      lb_mem_fail_after(k);
      st = lb_basis_fit_repeated(&spec, X, count, N_X, &b, NULL);
      lb_mem_fail_after(-1);
      assert_true((st == LB_OK || st == LB_ENOMEM) && lb_mem_live() == 0);
    }
  }
}

/* What the calls in a formula ask for. */
static void calls(void **state)
{
  (void)state;
  static const struct {
    const char *text, *message; /* NULL: good */
    lb_basis_kind kind;
    size_t df, n_knot;
  } CALLS[] = {
      {"ns(age, 3)", NULL, LB_BASIS_NS, 3, 0},
      {"ns( age , df = 4 )", NULL, LB_BASIS_NS, 4, 0},
      {"bs(log(age), knots = {40, 60}, degree = 2)", NULL, LB_BASIS_BS, 0, 2},
      {"ns(age, knots = c(40, 60), boundary = {20, 80})", NULL, LB_BASIS_NS, 0, 2},
      {"rcs(age, {30, 50, 70})", NULL, LB_BASIS_RCS, 0, 3},
      {"rcs(age, 5)", NULL, LB_BASIS_RCS, 5, 0},
      {"poly(age, degree = 2)", NULL, LB_BASIS_POLY, 2, 0},
      {"ns(age)", "ns(): how many columns or which knots is not said", 0, 0, 0},
      {"ns(age, 3, knots = {4})", "ns(): the number and the knots cannot both be given", 0, 0, 0},
      {"ns(age, 2.5)",
       "ns(): a whole number from 1 to 40 was expected: a spline has at most 40 inner knots", 0, 0,
       0},
      {"ns(age, 50)",
       "ns(): a whole number from 1 to 40 was expected: a spline has at most 40 inner knots", 0, 0,
       0},
      {"poly(age, 21)",
       "poly(): a whole number from 1 to 20 was expected: higher powers lose all digits", 0, 0, 0},
      {"ns(age, knots = {60, 40})", "ns(): knots are ascending numbers: {40, 60}", 0, 0, 0},
      {"poly(age, knots = {40})", "poly(): there is no argument of that name", 0, 0, 0},
      {"bs(age, 5, degree = 99)", "bs(): degree is a whole number from 1 to 20", 0, 0, 0},
      {"ns(age, 3,)", "ns(): an argument is empty", 0, 0, 0},
      {"rcs(age, knots = {})", "rcs(): knots are ascending numbers: {40, 60}", 0, 0, 0},
  };
  for (size_t i = 0; i < sizeof CALLS / sizeof *CALLS; i++) {
    char text[100];
    lb_formula f = {0};
    lb_error err = {0};
    lb_basis_spec spec = {0};
    int n = snprintf(text, sizeof text, "y ~ %s", CALLS[i].text);
    LB_OK_OR_FAIL(lb_formula_parse(text, (size_t)n, &f, &err), err);
    lb_span call = {f.variable[0].start, f.variable[0].end}, argument;
    lb_status st = lb_basis_read(&f, call, &spec, &err);
    if (CALLS[i].message != NULL) {
      assert_int_equal(st, LB_EPARSE);
      assert_string_equal(err.message, CALLS[i].message);
    } else {
      assert_int_equal(st, LB_OK);
      assert_int_equal(spec.kind, CALLS[i].kind);
      assert_int_equal(spec.df, CALLS[i].df);
      assert_int_equal(spec.n_knot, CALLS[i].n_knot);
      assert_true(lb_basis_argument(&f, &f.variable[0], &argument));
    }
    lb_formula_reset(&f);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      LB_TEST(reference_values),
      LB_TEST(polynomials),
      LB_TEST(properties),
      LB_TEST(knots_by_number),
      LB_TEST(refusals),
      LB_TEST(allocation_failures),
      LB_TEST(calls),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
