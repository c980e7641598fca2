/* test_hash.c - keys get dense indices in order of first appearance. */
#include "check.h"

#include "base/hash.h"

static void test_indices_are_dense(void **state)
{
  (void)state;
  static const char *const KEYS[] = {"SIRT", "TACE", "SIRT", "", "TACE", "sirt", ""};
  static const size_t WANT[] = {0, 1, 0, 2, 1, 3, 2};
  lb_map *map = lb_map_new();
  size_t index, length;
  assert_false(lb_map_find(map, "SIRT", 4, &index));
  for (size_t i = 0; i < 7; i++) {
    size_t before = lb_map_size(map);
    bool is_new;
    assert_true(lb_map_put(map, KEYS[i], strlen(KEYS[i]), &index, &is_new));
    assert_int_equal(index, WANT[i]);
    assert_int_equal(is_new, WANT[i] == before);
  }
  assert_int_equal(lb_map_size(map), 4);
  assert_string_equal(lb_map_key(map, 3, &length), "sirt");
  assert_int_equal(length, 4);
  assert_string_equal(lb_map_key(map, 2, NULL), "");
  assert_true(lb_map_find(map, "TACE", 4, &index) && index == 1);
  assert_false(lb_map_find(map, "TAC", 3, &index));
  assert_false(lb_map_find(map, "TACE\0", 5, &index));
  lb_map_free(map);
  lb_map_free(NULL);
}

/* Binary keys that share most bytes, many growths; keys stay where they are. */
static void test_many_keys(void **state)
{
  (void)state;
  enum { N = 20000 };
  lb_map *map = lb_map_new();
  const char *first = NULL;
  for (size_t i = 0; i < N; i++) {
    uint64_t key = (uint64_t)i << 40;
    size_t index;
    bool is_new;
    assert_true(lb_map_put(map, &key, sizeof key, &index, &is_new));
    assert_true(is_new && index == i);
    if (i == 0) first = lb_map_key(map, 0, NULL);
  }
  assert_ptr_equal(first, lb_map_key(map, 0, NULL));
  for (size_t i = 0; i < N; i++) {
    uint64_t key = (uint64_t)i << 40;
    size_t index, length;
    assert_true(lb_map_find(map, &key, sizeof key, &index) && index == i);
    const char *kept = lb_map_key(map, i, &length);
    assert_int_equal(length, sizeof key);
    assert_memory_equal(kept, &key, sizeof key);
    assert_int_equal(kept[length], '\0');
  }
  lb_map_free(map);
}

static void test_huge_keys(void **state)
{
  (void)state;
  static char big[3000000];
  lb_map *map = lb_map_new();
  size_t index;
  for (int i = 0; i < 3; i++) {
    big[2999999] = (char)i;
    assert_true(lb_map_put(map, big, sizeof big, &index, NULL));
    assert_int_equal(index, 2 * i);
    assert_true(lb_map_put(map, big, (size_t)i + 1, &index, NULL));
  }
  assert_int_equal(lb_map_size(map), 6);
  assert_true(lb_mem_bytes() < 10 * 1000 * 1000); /* a huge key does not make later chunks huge */
  lb_map_free(map);
}

static void test_hash_spreads(void **state)
{
  (void)state;
  char text[40] = {0};
  size_t taken[256] = {0};
  for (size_t length = 0; length < sizeof text; length++) /* zeros of every length differ */
    for (size_t other = 0; other < length; other++)
      assert_true(lb_hash_bytes(text, length) != lb_hash_bytes(text, other));
  uint64_t plain = lb_hash_bytes(text, sizeof text), flipped = 0;
  for (size_t bit = 0; bit < 8 * sizeof text; bit++) {
    text[bit / 8] = (char)(1u << (bit % 8));
    flipped += (uint64_t)__builtin_popcountll(lb_hash_bytes(text, sizeof text) ^ plain);
    text[bit / 8] = 0;
  }
  double mean =
      (double)flipped / (double)(8 * sizeof text); /* half of 64 bits, sd of the mean 0.2 */
  assert_true(mean > 31 && mean < 33);
  for (uint32_t i = 0; i < 25600; i++) taken[lb_hash_bytes(&i, sizeof i) & 255]++;
  double chi2 = 0; /* on 255 degrees of freedom: mean 255, sd 22.6 */
  for (size_t b = 0; b < 256; b++)
    chi2 += ((double)taken[b] - 100) * ((double)taken[b] - 100) / 100;
  assert_true(chi2 > 140 && chi2 < 370);
}

static void test_out_of_memory_leaves_the_map_unchanged(void **state)
{
  (void)state;
  lb_mem_fail_after(0);
  assert_null(lb_map_new());
  lb_mem_fail_after(-1);
  lb_map *map = lb_map_new();
  size_t n_failures = 0;
  for (uint32_t i = 0; i < 3000; i++) {
    bool put = false, is_new = false;
    for (long k = 0; !put; k++) {
      size_t index = 12345;
      lb_mem_fail_after(k);
      put = lb_map_put(map, &i, sizeof i, &index, &is_new);
      lb_mem_fail_after(-1);
      n_failures += !put;
      assert_int_equal(index, put ? i : 12345);
      assert_int_equal(lb_map_size(map), put ? i + 1 : i);
      assert_int_equal(lb_map_find(map, &i, sizeof i, NULL), put);
      if (i > 0) assert_true(lb_map_find(map, &(uint32_t){i - 1}, sizeof i, NULL));
    }
    assert_true(is_new);
  }
  assert_true(n_failures > 20);
  lb_map_free(map);
}

/* A copy answers as the original does, and each takes keys of its own from then on. */
static void test_copy(void **state)
{
  (void)state;
  lb_map *map = lb_map_new();
  for (uint32_t i = 0; i < 300; i++) {
    size_t index;
    lb_map *copy = lb_map_copy(map, i % 3 == 0 ? sizeof i + 1 : 0);
    assert_non_null(copy);
    assert_int_equal(lb_map_size(copy), i);
    for (uint32_t j = 0; j < i; j++) {
      assert_true(lb_map_find(copy, &j, sizeof j, &index) && index == j);
      assert_true(lb_map_key(copy, j, NULL) != lb_map_key(map, j, NULL));
    }
    uint32_t other = 1000 + i;
    assert_true(lb_map_put(copy, &other, sizeof other, &index, NULL) && index == i);
    assert_true(lb_map_put(map, &i, sizeof i, &index, NULL) && index == i);
    assert_false(lb_map_find(map, &other, sizeof other, NULL));
    assert_false(lb_map_find(copy, &i, sizeof i, NULL));
    lb_map_free(copy);
  }
  size_t before = lb_mem_live();
  lb_map *copy = NULL;
  for (long k = 0; copy == NULL; k++) {
    assert_int_equal(lb_mem_live(), before);
    lb_mem_fail_after(k);
    copy = lb_map_copy(map, 8);
    lb_mem_fail_after(-1);
  }
  assert_int_equal(lb_map_size(copy), 300);
  lb_map_free(copy);
  lb_map_free(map);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      LB_TEST(test_indices_are_dense),
      LB_TEST(test_many_keys),
      LB_TEST(test_huge_keys),
      LB_TEST(test_hash_spreads),
      LB_TEST(test_out_of_memory_leaves_the_map_unchanged),
      LB_TEST(test_copy),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
