/* test_random.c - Philox against the published known answers, streams, unbiased draws, GSL. */
#include "check.h"

#include <gsl/gsl_rng.h>

#include "base/random.h"

/* Random123 (Salmon et al. 2011), kat_vectors, philox4x32 with 10 rounds. */
static const struct {
  uint32_t counter[4], key[2], want[4];
} KNOWN[] = {{{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
             {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
              {0xffffffff, 0xffffffff},
              {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
             {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
              {0xa4093822, 0x299f31d0},
              {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}}};

static void test_known_answers(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof KNOWN / sizeof KNOWN[0]; i++) {
    uint32_t out[4];
    lb_philox(KNOWN[i].counter, KNOWN[i].key, out);
    assert_memory_equal(out, KNOWN[i].want, sizeof out);
  }
}

/* Draw j of stream s with seed k is word j % 4 of the block of counter { j / 4, 0, s } and key k. */
static void test_stream_is_the_counter(void **state)
{
  (void)state;
  lb_random r;
  const uint64_t seed = UINT64_C(0x0123456789abcdef), stream = UINT64_C(0xfedcba9876543210);
  lb_random_init(&r, seed, stream);
  for (uint32_t j = 0; j < 40; j++) {
    uint32_t out[4];
    lb_philox((const uint32_t[]){j / 4, 0, 0x76543210, 0xfedcba98},
              (const uint32_t[]){0x89abcdef, 0x01234567}, out);
    assert_int_equal(lb_random_u32(&r), out[j % 4]);
  }
}

static void test_block_carry(void **state)
{
  (void)state;
  lb_random r;
  lb_random_init(&r, 5, 0);
  r.counter[0] = UINT32_MAX;
  for (int i = 0; i < 4; i++) lb_random_u32(&r);
  uint32_t next = lb_random_u32(&r), out[4];
  lb_philox((const uint32_t[]){0, 1, 0, 0}, (const uint32_t[]){5, 0}, out);
  assert_int_equal(next, out[0]);
}

/* Each of n values comes about equally often: chi-square of 10 cells, 9 df; the fixed seed makes the
 * verdict fixed. 27.9 is the upper 0.1 %. */
static void test_below_is_uniform(void **state)
{
  (void)state;
  lb_random r;
  double count[10] = {0}, chi2 = 0, mean = 0;
  lb_random_init(&r, 1, 0);
  for (int i = 0; i < 100000; i++) count[lb_random_below(&r, 10)]++;
  for (int i = 0; i < 10; i++) chi2 += (count[i] - 1e4) * (count[i] - 1e4) / 1e4;
  assert_true(chi2 < 27.9 && chi2 > 1.2);
  for (int i = 0; i < 100000; i++) {
    double u = lb_random_uniform(&r);
    assert_true(u >= 0 && u < 1);
    mean += u / 1e5;
  }
  assert_true(fabs(mean - 0.5) < 4 * sqrt(1.0 / 12 / 1e5));
  for (int i = 0; i < 1000; i++) assert_true(lb_random_below(&r, 1) == 0);
  assert_true(lb_random_below(&r, UINT64_MAX) < UINT64_MAX);
}

/* All 12 ordered pairs of 4 come up, about equally: 11 df, upper 0.1 % is 31.3. */
static void test_choose(void **state)
{
  (void)state;
  double count[16] = {0}, chi2 = 0;
  for (uint64_t i = 0; i < 12000; i++) {
    lb_random r;
    uint32_t all[4];
    lb_random_init(&r, 9, i);
    lb_random_choose(&r, all, 4, 2);
    assert_true(all[0] < 4 && all[1] < 4 && all[0] != all[1]);
    count[all[0] * 4 + all[1]]++;
  }
  for (int a = 0; a < 4; a++)
    for (int b = 0; b < 4; b++)
      if (a != b) chi2 += (count[a * 4 + b] - 1000) * (count[a * 4 + b] - 1000) / 1000;
  assert_true(chi2 < 31.3);
  uint32_t all[3];
  lb_random r;
  lb_random_init(&r, 1, 0);
  lb_random_choose(&r, all, 3, 3);
  assert_int_equal(all[0] + all[1] + all[2], 3);
  lb_random_choose(&r, all, 0, 0);
}

static void test_gsl(void **state)
{
  (void)state;
  gsl_rng *rng = gsl_rng_alloc(lb_random_gsl_type());
  assert_non_null(rng);
  gsl_rng_set(rng, 42);
  lb_random r;
  lb_random_init(&r, 42, 0);
  for (int i = 0; i < 9; i++) assert_int_equal(gsl_rng_get(rng), lb_random_u32(&r));
  lb_random_init(gsl_rng_state(rng), 42, 7);
  lb_random_init(&r, 42, 7);
  for (int i = 0; i < 9; i++) assert_true(gsl_rng_uniform(rng) == lb_random_uniform(&r));
  assert_true(gsl_rng_uniform_int(rng, 6) < 6);
  gsl_rng_free(rng);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      LB_TEST(test_known_answers), LB_TEST(test_stream_is_the_counter),
      LB_TEST(test_block_carry),   LB_TEST(test_below_is_uniform),
      LB_TEST(test_choose),        LB_TEST(test_gsl)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
