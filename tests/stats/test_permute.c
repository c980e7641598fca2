/* test_permute.c - permutation tests: all arrangements by hand, sampling against them, order, seeds,
 * threads; shuffles without bias. */
#include "base/parallel.h"
#include "check.h"
#include "stats/permute.h"
#include "stats/permute_kernel.h"

/* Scores 1, 2, 4, 8 in groups of two: of six arrangements only {4, 8} against {1, 2} and its mirror
 * image are as far apart as they can be. */
static void by_hand(void **state)
{
  (void)state;
  lb_error err = {0};
  const double score[] = {1, 2, 4, 8};
  const int32_t code[] = {0, 0, 1, 1};
  const lb_partition groups = {code, 2};
  lb_permutation got;
  LB_OK_OR_FAIL(lb_permute_test(score, 4, &groups, NULL, NULL, &got, &err), err);
  assert_true(got.exact);
  assert_int_equal(got.n, 6);
  LB_NEAR(got.p_value, 2.0 / 6, TOL_EXACT);
  lb_permute_options opt = LB_PERMUTE_DEFAULTS;
  opt.alternative = LB_GREATER;
  LB_OK_OR_FAIL(lb_permute_test(score, 4, &groups, NULL, &opt, &got, &err), err);
  LB_NEAR(got.p_value, 1.0 / 6, TOL_EXACT);
  opt.alternative = LB_LESS;
  LB_OK_OR_FAIL(lb_permute_test(score, 4, &groups, NULL, &opt, &got, &err), err);
  LB_NEAR(got.p_value, 1, TOL_EXACT);
  /* U - mean = 12 - 7.5; variance (2 * 2 / 4) * s^2, s^2 = 28.75 / 3 */
  LB_NEAR(got.statistic, 4.5 / sqrt(28.75 / 3), TOL_EXACT);
}

/* Two strata multiply: 3 x 2 arrangements, and nothing moves between strata. */
static void strata_by_hand(void **state)
{
  (void)state;
  lb_error err = {0};
  const double score[] = {1, 2, 9, 100, 101};
  const int32_t code[] = {0, 0, 1, 0, 1}, stratum[] = {0, 0, 0, 1, 1};
  const lb_partition groups = {code, 2}, strata = {stratum, 2};
  lb_permute_options opt = {.exact = true, .alternative = LB_GREATER};
  lb_permutation got;
  LB_OK_OR_FAIL(lb_permute_test(score, 5, &groups, &strata, &opt, &got, &err), err);
  assert_int_equal(got.n, 6);
  assert_int_equal(got.n_extreme, 1);
}

#define ROWS 12
static double score_[ROWS];
static int32_t code_[ROWS];

static void make_rows(size_t k)
{
  for (size_t i = 0; i < ROWS; i++) {
    score_[i] = (double)((i * 7) % 11) - 0.3 * (double)(i % 3);
    code_[i] = (int32_t)(i % k);
  }
}

/* Sampled p-values lie within four Monte Carlo errors of the exact ones: two groups, three. */
static void sampling_is_unbiased(void **state)
{
  (void)state;
  lb_error err = {0};
  for (size_t k = 2; k <= 3; k++) {
    make_rows(k);
    const lb_partition groups = {code_, k};
    lb_permute_options opt = {.exact = true};
    lb_permutation exact, sampled;
    LB_OK_OR_FAIL(lb_permute_test(score_, ROWS, &groups, NULL, &opt, &exact, &err), err);
    assert_int_equal(exact.n, k == 2 ? 924 : 34650);
    opt = (lb_permute_options){.n = 900, .seed = 1};
    if (k == 3) opt.n = 30000;
    LB_OK_OR_FAIL(lb_permute_test(score_, ROWS, &groups, NULL, &opt, &sampled, &err), err);
    assert_false(sampled.exact);
    LB_NEAR(sampled.statistic, exact.statistic, TOL_EXACT);
    assert_true(fabs(sampled.p_value - exact.p_value) < 4 * sampled.std_error);
  }
}

/* Order of rows and number of threads change nothing; another seed does. */
static void same_bits(void **state)
{
  (void)state;
  lb_error err = {0};
  static double score[500], reversed[500];
  static int32_t code[500], mirror[500];
  for (size_t i = 0; i < 500; i++) {
    score[i] = reversed[499 - i] = sin((double)i);
    code[i] = mirror[499 - i] = i % 7 < 3;
  }
  const lb_partition groups = {code, 2}, other = {mirror, 2};
  lb_permute_options opt = {.n = 5000, .seed = 4};
  lb_permutation a, b;
  LB_OK_OR_FAIL(lb_permute_test(score, 500, &groups, NULL, &opt, &a, &err), err);
  lb_threads_set(3);
  LB_OK_OR_FAIL(lb_permute_test(reversed, 500, &other, NULL, &opt, &b, &err), err);
  lb_threads_set(0);
  assert_int_equal(a.n_extreme, b.n_extreme);
  opt.seed = 5;
  LB_OK_OR_FAIL(lb_permute_test(score, 500, &groups, NULL, &opt, &b, &err), err);
  assert_true(a.n_extreme != b.n_extreme);
}

/* Each of 5 x 4 x 3 outcomes of three swaps is as likely, in pairs and one word at a time. */
static void shuffles(void **state)
{
  (void)state;
  static size_t count[5][5][5];
  const size_t rounds = 60000;
  uint32_t word[4], place[3];
  for (uint64_t i = 0; i < rounds; i++) {
    lb_random random;
    lb_random_init(&random, 3, i);
    lb_random_fill(&random, word, lb_shuffle_words(5, 3));
    lb_shuffle_places(place, 5, 3, word, &random);
    assert_true(place[0] < 5 && place[1] >= 1 && place[1] < 5 && place[2] >= 2 && place[2] < 5);
    count[place[0]][place[1]][place[2]]++;
  }
  double chi_square = 0;
  for (int a = 0; a < 5; a++)
    for (int b = 1; b < 5; b++)
      for (int c = 2; c < 5; c++) chi_square += pow((double)count[a][b][c] - 1000, 2) / 1000;
  assert_true(chi_square > 29 && chi_square < 103); /* 59 df: 0.0005 and 0.9995 */
  /* Words that must be thrown away: the last remainder of 0 is below 2^32 mod ab. */
  lb_random random;
  lb_random_init(&random, 1, 1);
  const uint32_t zero[2] = {0, 0};
  lb_shuffle_places(place, 3, 2, zero, &random); /* 2^32 mod 6 is 4 */
  assert_true(random.counter[0] == 1 && random.used >= 1);
  assert_int_equal(lb_shuffle_words(5000, 3), 3);
  lb_random_init(&random, 1, 1);
  lb_shuffle_places(place, 5000, 1, zero, &random);
  assert_true(random.used >= 1 && random.counter[0] == 1);
}

/* Bulk draws are those of single calls, from any position. */
static void bulk_draws(void **state)
{
  (void)state;
  uint32_t out[300];
  lb_random a, b;
  lb_random_init(&a, 7, 3);
  lb_random_init(&b, 7, 3);
  for (size_t n = 0; n < 300; n += 37) {
    lb_random_fill(&a, out, n);
    for (size_t i = 0; i < n; i++) assert_int_equal(out[i], lb_random_u32(&b));
  }
}

static void edges(void **state)
{
  (void)state;
  lb_error err = {0};
  const double score[] = {0, 0, 0};
  const int32_t code[] = {0, 1, 1}, wrong[] = {0, 1, 2};
  const lb_partition groups = {code, 2}, bad = {wrong, 2};
  lb_permutation got;
  LB_OK_OR_FAIL(lb_permute_test(score, 0, &groups, NULL, NULL, &got, &err), err);
  LB_NEAR(got.p_value, NAN, 0);
  LB_OK_OR_FAIL(lb_permute_test(score, 3, &groups, NULL, NULL, &got, &err), err);
  LB_NEAR(got.p_value, NAN, 0); /* nothing varies */
  assert_int_equal(lb_permute_test(score, 3, &bad, NULL, NULL, &got, &err), LB_EARG);
  const double infinite[] = {0, INFINITY, 1};
  assert_int_equal(lb_permute_test(infinite, 3, &groups, NULL, NULL, &got, &err), LB_EDATA);
  static double many[60];
  static int32_t half[60];
  for (size_t i = 0; i < 60; i++) {
    many[i] = (double)i;
    half[i] = i % 2;
  }
  const lb_partition halves = {half, 2};
  const lb_permute_options all = {.exact = true};
  assert_int_equal(lb_permute_test(many, 60, &halves, NULL, &all, &got, &err), LB_EARG);
}

static void memory(void **state)
{
  (void)state;
  lb_error err = {0};
  make_rows(3);
  const lb_partition groups = {code_, 3};
  for (int exact = 0; exact <= 1; exact++) {
    const lb_permute_options opt = {.n = 300, .seed = 1, .exact = exact == 1};
    lb_permutation got = {.n = 77};
    lb_status st = LB_ENOMEM;
    for (long k = 0; st != LB_OK; k++) {
      lb_mem_fail_after(k);
      st = lb_permute_test(score_, ROWS, &groups, NULL, &opt, &got, &err);
      assert_true(st == LB_OK || (st == LB_ENOMEM && got.n == 77 && lb_mem_live() == 0));
    }
    lb_mem_fail_after(-1);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      LB_TEST(by_hand),   LB_TEST(strata_by_hand), LB_TEST(sampling_is_unbiased),
      LB_TEST(same_bits), LB_TEST(shuffles),       LB_TEST(bulk_draws),
      LB_TEST(edges),     LB_TEST(memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
