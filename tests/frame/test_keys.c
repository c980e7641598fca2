/* test_keys.c - codes of keys against the keys themselves, and as-of joins against every pair of
 * rows: numbered ids and what only looks like them, narrow and wide numbers, factors. */
#include "columns.h"

#include "base/interrupt.h"
#include "base/parallel.h"
#include "frame/join.h"

static uint32_t next_random(uint32_t *seed)
{
  *seed = *seed * 1664525u + 1013904223u;
  return *seed >> 8;
}

static lb_frame *frame_of(lb_column *a, lb_column *b)
{
  lb_error err = {0};
  lb_frame *frame = NULL;
  LB_OK_OR_FAIL(lb_frame_new(lb_column_length(a), NULL, &frame, &err), err);
  LB_OK_OR_FAIL(lb_frame_add(frame, "k", a, &err), err);
  if (b != NULL) LB_OK_OR_FAIL(lb_frame_add(frame, "t", b, &err), err);
  lb_column_release(a);
  lb_column_release(b);
  return frame;
}

static const size_t FIRST = 0;

static bool same_key(const lb_column *a, size_t i, const lb_column *b, size_t j)
{
  if (!lb_is_valid(lb_column_valid(a), i) || !lb_is_valid(lb_column_valid(b), j)) return false;
  lb_type type = lb_column_type(a);
  if (type == LB_INTEGER || type == LB_DATETIME)
    return lb_column_integer(a)[i] == lb_column_integer(b)[j];
  if (type != LB_TEXT && type != LB_FACTOR) return lb_column_number(a, i) == lb_column_number(b, j);
  size_t n, m;
  const char *s = lb_column_text(a, i, &n), *t = lb_column_text(b, j, &m);
  return n == m && memcmp(s, t, n) == 0;
}

/* Releases both columns. */
static void codes_agree(lb_column *left, lb_column *right)
{
  lb_error err = {0};
  lb_frame *frame[2] = {frame_of(left, NULL), frame_of(right, NULL)};
  for (int swap = 0; swap < 2; swap++) {
    lb_key_codes codes;
    lb_key_pair pair = {frame[swap], frame[1 - swap], &FIRST, &FIRST, 1};
    const lb_column *a = lb_frame_column_source(frame[swap], 0);
    const lb_column *b = lb_frame_column_source(frame[1 - swap], 0);
    LB_OK_OR_FAIL(lb_keys_match(&pair, &codes, &err), err);
    for (size_t i = 0; i < codes.n_left; i++) {
      assert_true(codes.left[i] == LB_NO_ROW || codes.left[i] < codes.n_codes);
      for (size_t j = 0; j < codes.n_right; j++) {
        bool met = codes.left[i] != LB_NO_ROW && codes.left[i] == codes.right[j];
        assert_int_equal(met, same_key(a, i, b, j));
      }
      for (size_t j = 0; j < i; j++) { /* within a side too, where the other may have the key */
        if (codes.left[i] == LB_NO_ROW || codes.left[j] == LB_NO_ROW) continue;
        assert_int_equal(codes.left[i] == codes.left[j], same_key(a, i, a, j));
      }
    }
    assert_int_equal(codes.n_left_missing, lb_column_missing(a));
    assert_int_equal(codes.n_right_missing, lb_column_missing(b));
    lb_key_codes_reset(&codes);
  }
  lb_frame_release(frame[0]);
  lb_frame_release(frame[1]);
}

static void test_ids(void **state)
{
  (void)state;
  static const char *const SIDES[][2][6] = {
      {{"P00001", "P00002", NULL, "P00009", "P00002", "P00003"},
       {"P00002", "P0002", "P000002", "Q00002", "P0000 ", NULL}},
      {{"00000001", "00000002", "00000003", "00000004", "00000005", "00000006"},
       {"00000006", "6", "0000000:", "0000000/", "", "99999999"}},
      {{"ABCDEFGH12345678", "ABCDEFGH12345679", "ABCDEFGH12345680", NULL, NULL, NULL},
       {"ABCDEFGX12345678", "ABCDEFGH12345679", "ABCDEFGH1234568", "ABCDEFGHI2345678", NULL, "A"}},
      {{"7", "8", "9", "0", "1", NULL}, {"1", "11", "", "a", ":", "/"}},
      {{"2021-00001", "2021-00002", "2021-00003", "2021-00001", NULL, "2021-00007"},
       {"2021-00001", "2022-00001", "2021-00000", "2021-00008", "2021/00001", "2021-00002"}},
      {{"1234567890", "1234567891", "1234567892", "1234567899", NULL, NULL}, /* past eight digits */
       {"1234567891", "1134567891", "0234567891", "1234567893", NULL, "123456789"}},
      {{"P1", "P2", "PX", "P4", NULL, "P2"}, {"P2", "PX", "P3", "PY", NULL, ""}}, /* not all ids */
      {{"P00000001", "P99999999", "P50000000", NULL, NULL, NULL},                 /* a wide range */
       {"P99999999", "P50000001", "P00000001", NULL, NULL, NULL}},
      {{NULL, NULL, NULL, NULL, NULL, NULL}, {"P1", NULL, "P2", "P3", NULL, NULL}},
      {{"\xc3\xa9"
        "01",
        "\xc3\xa9"
        "02",
        NULL, NULL, NULL, NULL},
       {"\xc3\xa9"
        "02",
        "\xc3\xa8"
        "02",
        "02", NULL, NULL, NULL}}};
  for (size_t k = 0; k < sizeof SIDES / sizeof SIDES[0]; k++)
    codes_agree(texts(6, SIDES[k][0]), texts(6, SIDES[k][1]));
  codes_agree(texts(0, NULL), texts(6, SIDES[0][1]));
}

static void test_numbers_and_factors(void **state)
{
  (void)state;
  static const char *const LEVELS[] = {"b", "unused", "a", "another that is rather long"};
  static const char *const OTHERS[] = {"another that is rather long", "c", "a", "unused"};
  codes_agree(integers(5, (const int64_t[]){3, 5, 9, 3, 0}, "xxxx-"),
              integers(6, (const int64_t[]){INT64_MIN, INT64_MAX, 3, 2, 9, 10}, NULL));
  codes_agree(integers(3, (const int64_t[]){INT64_MIN, 0, INT64_MAX}, NULL),
              integers(4, (const int64_t[]){INT64_MAX, 1, 0, INT64_MIN}, NULL));
  codes_agree(dates(4, (const int32_t[]){-3, 4, INT32_MAX, -3}, "xx-x"),
              dates(5, (const int32_t[]){INT32_MIN, 4, -3, 5, -4}, NULL));
  codes_agree(datetimes(3, (const int64_t[]){7, 8, 7}, NULL),
              datetimes(4, (const int64_t[]){8, 9, 6, 7}, NULL));
  codes_agree(factors("0203-", LEVELS, 4), factors("0123-2", OTHERS, 4));
  codes_agree(factors("0203-", LEVELS, 4),
              texts(6, (const char *const[]){"a", "unused", NULL, "b", "c",
                                             "another that is rather long"}));
}

/* ---- as-of against every pair ---- */

static lb_column *random_times(size_t n, uint32_t *seed, bool real)
{
  char *na = lb_mem_zero(n + 1, 1);
  double *x = lb_mem_array(n, sizeof *x);
  int32_t *day = lb_mem_array(n, sizeof *day);
  for (size_t i = 0; i < n; i++) {
    static const double SPECIAL[] = {(double)NAN, (double)INFINITY, -(double)INFINITY, -0.0};
    uint32_t r = next_random(seed);
    na[i] = r % 9 == 0 ? '-' : 'x';
    day[i] = (int32_t)(r / 9 % 12) - 6;
    x[i] = r % 5 == 0 ? SPECIAL[r / 5 % 4] : day[i];
  }
  lb_column *column = real ? reals(n, x, na) : dates(n, day, na);
  lb_mem_free(na);
  lb_mem_free(x);
  lb_mem_free(day);
  return column;
}

/* Ids, each once when `unique`, a tenth missing. */
static lb_column *random_ids(size_t n, uint32_t *seed, bool unique, const char *form)
{
  char room[40][24];
  const char *ids[40];
  for (size_t i = 0; i < n; i++) {
    (void)snprintf(room[i], sizeof room[i], form, unique ? (unsigned)i : next_random(seed) % 15);
    ids[i] = next_random(seed) % 10 == 0 ? NULL : room[i];
  }
  return texts(n, ids);
}

/* On one side of the time the later or earlier is nearer, also where the distances are infinite. */
static bool is_nearer(double time, double a, double b)
{
  if (a <= time && b <= time) return a > b;
  if (a >= time && b >= time) return a < b;
  return fabs(a - time) < fabs(b - time);
}

static lb_row plain_asof(const lb_key_pair *pair, const lb_asof_options *options, size_t l)
{
  const lb_column *key[2] = {lb_frame_column_source(pair->left, 0),
                             lb_frame_column_source(pair->right, 0)};
  double time = lb_column_number(lb_frame_column_source(pair->left, 1), l), nearest = 0;
  lb_row best = LB_NO_ROW;
  for (size_t r = 0; r < lb_frame_rows(pair->right); r++) {
    double other = lb_column_number(lb_frame_column_source(pair->right, 1), r);
    if (isnan(time) || isnan(other) || !same_key(key[0], l, key[1], r)) continue;
    if (options->direction == LB_ASOF_BEFORE && other > time) continue;
    if (options->direction == LB_ASOF_AFTER && other < time) continue;
    double apart = other == time ? 0 : fabs(other - time);
    if (apart > options->within) continue;
    if (best != LB_NO_ROW && is_nearer(time, nearest, other)) continue;
    best = (lb_row)r;
    nearest = other;
  }
  return best;
}

static void test_asof_against_every_pair(void **state)
{
  (void)state;
  static const char *const FORMS[] = {"P%04u", "%u-x", "no. %u of the registry"};
  uint32_t seed = 17;
  for (size_t repeat = 0; repeat < 400; repeat++) {
    lb_error err = {0};
    size_t n = 1 + next_random(&seed) % 20, m = next_random(&seed) % 40;
    const char *form = FORMS[repeat % 3];
    bool real = next_random(&seed) % 2;
    lb_column *id = random_ids(n, &seed, repeat % 4 != 0, form);
    lb_frame *left = frame_of(id, random_times(n, &seed, real));
    id = random_ids(m, &seed, false, form);
    lb_frame *right = frame_of(id, random_times(m, &seed, real));
    lb_key_pair pair = {left, right, &FIRST, &FIRST, 1};
    for (unsigned way = 0; way < 6; way++) {
      lb_row_pairs found = {0};
      lb_asof_options options = {1, 1, (lb_asof_direction)(way % 3),
                                 way < 3 ? (double)INFINITY : 2};
      LB_OK_OR_FAIL(lb_asof_rows(&pair, &options, &found, &err), err);
      assert_int_equal(found.n, n);
      for (size_t l = 0; l < n; l++)
        assert_int_equal(found.right[l], plain_asof(&pair, &options, l));
      lb_row_pairs_reset(&found);
    }
    lb_frame_release(left);
    lb_frame_release(right);
  }
}

/* ---- blocks, threads, interrupts ---- */

enum { MANY = 200003 };

static lb_column *many_ids(uint32_t seed)
{
  lb_error err = {0};
  lb_column *column = NULL;
  lb_text_builder b = {0};
  char room[16];
  for (size_t i = 0; i < MANY; i++) {
    uint32_t r = next_random(&seed);
    int n = snprintf(room, sizeof room, "P%07u", r % (MANY * 2));
    if (r % 31 == 0)
      lb_text_builder_add_missing(&b);
    else
      lb_text_builder_add(&b, room, (size_t)n);
  }
  LB_OK_OR_FAIL(lb_text_builder_finish(&b, &column, &err), err);
  return column;
}

static void test_threads(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_frame *left = frame_of(many_ids(1), NULL), *right = frame_of(many_ids(2), NULL);
  lb_key_pair pair = {left, right, &FIRST, &FIRST, 1};
  lb_key_codes codes[2];
  for (int i = 0; i < 2; i++) {
    lb_threads_set(i + 1);
    LB_OK_OR_FAIL(lb_keys_match(&pair, &codes[i], &err), err);
  }
  assert_memory_equal(codes[0].left, codes[1].left, MANY * sizeof(lb_row));
  assert_memory_equal(codes[0].right, codes[1].right, MANY * sizeof(lb_row));
  assert_int_equal(codes[0].n_codes, codes[1].n_codes);
  assert_int_equal(codes[0].n_right_missing, lb_column_missing(lb_frame_column_source(right, 0)));
  lb_key_codes_reset(&codes[0]);
  lb_key_codes_reset(&codes[1]);
  lb_interrupt_raise();
  assert_int_equal(lb_keys_match(&pair, &codes[0], &err), LB_EINTR);
  lb_interrupt_clear();
  lb_threads_set(0);
  lb_frame_release(left);
  lb_frame_release(right);
}

int main(void)
{
  const struct CMUnitTest tests[] = {LB_TEST(test_ids), LB_TEST(test_numbers_and_factors),
                                     LB_TEST(test_asof_against_every_pair), LB_TEST(test_threads)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
