/* test_pair_kernel.c - sums of tables of pairs against plain loops, at lengths around those of
 * vectors and pieces. */
#include "base/mem.h"
#include "base/pair_kernel.h"
#include "check.h"

#define MOST 2100

static uint32_t pseudo_random(uint64_t *state)
{
  *state = *state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(*state >> 33);
}

/* Two pairs in three are 0, 0; sides are large enough that their sums pass 32 bits. */
static void fill(uint32_t *pair, size_t n, uint64_t seed)
{
  for (size_t i = 0; i < n; i++) {
    bool zero = pseudo_random(&seed) % 3 != 0;
    pair[2 * i] = zero ? 0 : pseudo_random(&seed);
    pair[2 * i + 1] = zero || i % 5 == 0 ? 0 : pseudo_random(&seed) * 2;
  }
}

static void test_totals(void **state)
{
  (void)state;
  static uint32_t pair[2 * MOST];
  const size_t lengths[] = {0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 63, 65, 1023, 1024, 1025, MOST};
  fill(pair, MOST, 1);
  for (size_t k = 0; k < sizeof lengths / sizeof *lengths; k++) {
    lb_pair_totals want = {0};
    size_t end = 0, n = lengths[k];
    for (size_t i = 0; i < n; i++) {
      want.first += pair[2 * i];
      want.second += pair[2 * i + 1];
      want.n_any += pair[2 * i] != 0 || pair[2 * i + 1] != 0;
      if (pair[2 * i] != 0 || pair[2 * i + 1] != 0) end = i + 1;
    }
    lb_pair_totals got = lb_pairs_total(pair, n);
    assert_true(got.first == want.first && got.second == want.second);
    assert_int_equal(got.n_any, want.n_any);
    assert_int_equal(lb_pairs_end(pair, n), end);
  }
  assert_true(lb_pairs_total(pair, MOST).second > UINT32_MAX);
}

static void test_add(void **state)
{
  (void)state;
  for (size_t n = 0; n < 70; n++) {
    uint32_t to[142], from[140], before[142];
    fill(to, 71, n);
    fill(from, 70, n + 100);
    memcpy(before, to, sizeof to);
    lb_pairs_add(to, from, n);
    for (size_t i = 0; i < 142; i++)
      assert_int_equal(to[i], i < 2 * n ? (uint32_t)(before[i] + from[i]) : before[i]);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {LB_TEST(test_totals), LB_TEST(test_add)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
