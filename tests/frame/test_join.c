/* test_join.c - orders, joins by key, time and interval: closed cases, edges, refusals, and memory
 * that fails. */
#include "columns.h"

#include "base/interrupt.h"
#include "frame/join.h"
#include "frame/order.h"

#define NAN_ (double)NAN

static lb_frame *frame_of(size_t n, const char *const *names, lb_column *const *columns, size_t p)
{
  lb_error err = {0};
  lb_frame *frame = NULL;
  LB_OK_OR_FAIL(lb_frame_new(n, NULL, &frame, &err), err);
  for (size_t i = 0; i < p; i++) {
    LB_OK_OR_FAIL(lb_frame_add(frame, names[i], columns[i], &err), err);
    lb_column_release(columns[i]);
  }
  return frame;
}

static void order_is(const lb_frame *frame, lb_sort_key key, bool first, const lb_row *want)
{
  lb_error err = {0};
  lb_row order[16];
  LB_OK_OR_FAIL(lb_frame_order(frame, &key, 1, first, order, &err), err);
  assert_memory_equal(order, want, lb_frame_rows(frame) * sizeof *order);
}

static void test_order_of_one_key(void **state)
{
  (void)state;
  double inf = (double)INFINITY;
  lb_column *columns[3] = {
      reals(8, (const double[]){2, NAN_, -0.0, 9, inf, 0, -inf, NAN_}, "xxx-xxxx"),
      integers(8, (const int64_t[]){INT64_MAX, INT64_MIN, 0, 9, -1, 0, 1, 0}, "xxx-xxxx"),
      texts(8, (const char *const[]){"b", "", "ab", NULL, "a", "\xc3\xa9", "B", "ab"})};
  lb_frame *f = frame_of(8, (const char *const[]){"x", "i", "t"}, columns, 3);
  order_is(f, (lb_sort_key){0, false}, false, (const lb_row[]){6, 2, 5, 0, 4, 1, 7, 3});
  order_is(f, (lb_sort_key){0, true}, false, (const lb_row[]){4, 0, 2, 5, 6, 1, 7, 3});
  order_is(f, (lb_sort_key){0, true}, true, (const lb_row[]){3, 4, 0, 2, 5, 6, 1, 7});
  order_is(f, (lb_sort_key){1, false}, false, (const lb_row[]){1, 4, 2, 5, 7, 6, 0, 3});
  order_is(f, (lb_sort_key){1, true}, true, (const lb_row[]){3, 0, 6, 2, 5, 7, 4, 1});
  order_is(f, (lb_sort_key){2, false}, false, (const lb_row[]){1, 6, 4, 2, 7, 0, 5, 3});
  order_is(f, (lb_sort_key){2, true}, false, (const lb_row[]){5, 0, 2, 7, 4, 6, 1, 3});
  lb_error err = {0};
  lb_row order[8];
  assert_int_equal(lb_frame_order(f, &(lb_sort_key){3, false}, 1, false, order, &err), LB_EARG);
  LB_OK_OR_FAIL(lb_frame_order(f, NULL, 0, false, order, &err), err);
  for (lb_row i = 0; i < 8; i++) assert_int_equal(order[i], i);
  lb_frame_release(f);
}

/* Two sides: keys k (integer, text) and times. */
static lb_key_pair pair_of(lb_frame *left, lb_frame *right, size_t n)
{
  static const size_t KEYS[] = {0, 1};
  return (lb_key_pair){left, right, KEYS, KEYS, n};
}

static lb_frame *left_side(void)
{
  lb_column *columns[3] = {
      integers(5, (const int64_t[]){1, 2, 2, 9, 0}, "xxxx-"),
      texts(5, (const char *const[]){"a", "b", "b", "a long text, past one word", "z"}),
      dates(5, (const int32_t[]){10, 10, 20, 10, 10}, NULL)};
  return frame_of(5, (const char *const[]){"k", "t", "d"}, columns, 3);
}

static lb_frame *right_side(void)
{
  static const char *const LEVELS[] = {"b", "a", "a long text, past one word"};
  lb_column *columns[4] = {reals(6, (const double[]){2, 1, NAN_, 2, 9, 1}, NULL),
                           factors("010021", LEVELS, 3),
                           dates(6, (const int32_t[]){10, 4, 1, 12, 17, 10}, NULL),
                           dates(6, (const int32_t[]){15, 11, 9, 30, 18, 10}, "xxxxx-")};
  return frame_of(6, (const char *const[]){"k", "t", "d", "e"}, columns, 4);
}

static void pairs_are(const lb_row_pairs *p, size_t n, const lb_row *left, const lb_row *right)
{
  assert_int_equal(p->n, n);
  assert_memory_equal(p->left, left, n * sizeof *left);
  if (right == NULL) {
    assert_null(p->right);
    return;
  }
  assert_memory_equal(p->right, right, n * sizeof *right);
}

static void test_join(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_frame *a = left_side(), *b = right_side();
  lb_key_pair pair = pair_of(a, b, 2);
  lb_row_pairs p = {0};
  assert_int_equal(lb_join_rows(&pair, LB_JOIN_LEFT, false, &p, &err), LB_EDATA);
  assert_non_null(strstr(err.message, "1 key occurs several times on both sides (2 rows on the "
                                      "left, 2 on the right)"));
  assert_null(p.left);
  LB_OK_OR_FAIL(lb_join_rows(&pair, LB_JOIN_LEFT, true, &p, &err), err);
  pairs_are(&p, 8, (const lb_row[]){0, 0, 1, 1, 2, 2, 3, 4},
            (const lb_row[]){1, 5, 0, 3, 0, 3, 4, LB_NO_ROW});
  assert_int_equal(p.n_matched, 4);
  assert_int_equal(p.n_left_missing, 1);
  assert_int_equal(p.n_right_missing, 1);
  assert_int_equal(p.n_right_unmatched, 1);
  assert_int_equal(p.n_many, 1);
  lb_row_pairs_reset(&p);
  LB_OK_OR_FAIL(lb_join_rows(&pair, LB_JOIN_SEMI, false, &p, &err), err);
  pairs_are(&p, 4, (const lb_row[]){0, 1, 2, 3}, NULL);
  lb_row_pairs_reset(&p);
  LB_OK_OR_FAIL(lb_join_rows(&pair, LB_JOIN_ANTI, false, &p, &err), err);
  pairs_are(&p, 1, (const lb_row[]){4}, NULL);
  lb_row_pairs_reset(&p);
  static const size_t KEY_K = 0, KEY_T = 1;
  lb_key_pair wrong = {a, b, &KEY_K, &KEY_T, 1};
  assert_int_equal(lb_join_rows(&wrong, LB_JOIN_LEFT, true, &p, &err), LB_ETYPE);
  lb_frame_release(a);
  lb_frame_release(b);
}

static void test_asof(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_frame *a = left_side(), *b = right_side();
  lb_key_pair pair = pair_of(a, b, 2);
  lb_asof_options options = {2, 2, LB_ASOF_BEFORE, (double)INFINITY};
  const lb_row all[] = {0, 1, 2, 3, 4};
  lb_row_pairs p = {0};
  LB_OK_OR_FAIL(lb_asof_rows(&pair, &options, &p, &err), err);
  pairs_are(&p, 5, all, (const lb_row[]){5, 0, 3, LB_NO_ROW, LB_NO_ROW});
  assert_int_equal(p.n_matched, 3);
  assert_int_equal(p.n_right_unmatched, 3);
  lb_row_pairs_reset(&p);
  options.direction = LB_ASOF_AFTER;
  LB_OK_OR_FAIL(lb_asof_rows(&pair, &options, &p, &err), err);
  pairs_are(&p, 5, all, (const lb_row[]){5, 0, LB_NO_ROW, 4, LB_NO_ROW});
  lb_row_pairs_reset(&p);
  options = (lb_asof_options){2, 2, LB_ASOF_NEAREST, 6};
  LB_OK_OR_FAIL(lb_asof_rows(&pair, &options, &p, &err), err);
  pairs_are(&p, 5, all, (const lb_row[]){5, 0, LB_NO_ROW, LB_NO_ROW, LB_NO_ROW});
  lb_row_pairs_reset(&p);
  options.right_time = 0;
  assert_int_equal(lb_asof_rows(&pair, &options, &p, &err), LB_ETYPE);
  options.right_time = 9;
  assert_int_equal(lb_asof_rows(&pair, &options, &p, &err), LB_EARG);
  lb_frame_release(a);
  lb_frame_release(b);
}

static void test_interval(void **state)
{
  (void)state;
  lb_error err = {0};
  lb_frame *a = left_side(), *b = right_side();
  lb_key_pair pair = pair_of(a, b, 2);
  lb_row_pairs p = {0};
  lb_interval_options options = {.time = 2, .start = 2, .end = 3, .keep = true};
  LB_OK_OR_FAIL(lb_interval_rows(&pair, &options, &p, &err), err);
  /* day 10 lies in [4, 11) and [10, 15); day 20 in [12, 30); [10, NA) holds nothing */
  pairs_are(&p, 5, (const lb_row[]){0, 1, 2, 3, 4},
            (const lb_row[]){1, 0, 3, LB_NO_ROW, LB_NO_ROW});
  assert_int_equal(p.n_right_missing, 2);
  lb_row_pairs_reset(&p);
  pair.n = 0; /* no keys: day 10 lies in two intervals */
  assert_int_equal(lb_interval_rows(&pair, &options, &p, &err), LB_EDATA);
  assert_non_null(strstr(err.message, "4 rows lie in several intervals"));
  options.start = 3;
  options.end = 2;
  assert_int_equal(lb_interval_rows(&pair, &options, &p, &err), LB_EDATA);
  assert_non_null(strstr(err.message, "5 intervals end before they start"));
  lb_frame_release(a);
  lb_frame_release(b);
}

/* Every allocation fails in its turn; outputs stay untouched and nothing is left over. */
static void test_memory(void **state)
{
  (void)state;
  lb_frame *a = left_side(), *b = right_side();
  lb_key_pair pair = pair_of(a, b, 2);
  lb_interval_options interval = {.time = 2, .start = 2, .end = 3, .keep = true, .many = true};
  lb_asof_options asof = {2, 2, LB_ASOF_NEAREST, 6};
  const lb_sort_key keys[] = {{1, true}, {0, false}};
  size_t before = lb_mem_live();
  for (int what = 0; what < 4; what++) {
    lb_status st = LB_ENOMEM;
    for (long k = 0; st != LB_OK; k++) {
      lb_row_pairs p = {0};
      lb_row order[5];
      lb_error err = {0};
      lb_mem_fail_after(k);
      if (what == 0) st = lb_join_rows(&pair, LB_JOIN_LEFT, true, &p, &err);
      if (what == 1) st = lb_asof_rows(&pair, &asof, &p, &err);
      if (what == 2) st = lb_interval_rows(&pair, &interval, &p, &err);
      if (what == 3) st = lb_frame_order(a, keys, 2, false, order, &err);
      lb_mem_fail_after(-1);
      assert_true(st == LB_OK || (st == LB_ENOMEM && p.left == NULL && p.right == NULL));
      lb_row_pairs_reset(&p);
      assert_int_equal(lb_mem_live(), before);
    }
  }
  lb_frame_release(a);
  lb_frame_release(b);
}

/* Many left rows a key take the searching way, few the streaming way: both give the same. */
static void test_both_ways_of_asof_agree(void **state)
{
  (void)state;
  enum { N = 400, M = 900 };
  int64_t key[N], more_key[M];
  double time[N], more_time[M];
  uint32_t seed = 7;
  for (int i = 0; i < N; i++) {
    seed = seed * 1664525u + 1013904223u;
    key[i] = i; /* one left row a key: streamed */
    time[i] = (seed >> 8) % 50;
  }
  for (int i = 0; i < M; i++) {
    seed = seed * 1664525u + 1013904223u;
    more_key[i] = (seed >> 8) % N;
    more_time[i] = (seed >> 16) % 50;
  }
  for (int direction = LB_ASOF_BEFORE; direction <= LB_ASOF_NEAREST; direction++) {
    lb_row_pairs once = {0}, often = {0};
    lb_error err = {0};
    for (int times = 1; times <= 6; times += 5) { /* each left row six times: searched */
      static int64_t k[6 * N];
      static double t[6 * N];
      for (int i = 0; i < N * times; i++) k[i] = key[i % N], t[i] = time[i % N];
      lb_column *l[] = {integers((size_t)(N * times), k, NULL),
                        reals((size_t)(N * times), t, NULL)};
      lb_column *r[] = {integers(M, more_key, NULL), reals(M, more_time, NULL)};
      lb_frame *a = frame_of((size_t)(N * times), (const char *const[]){"k", "t"}, l, 2);
      lb_frame *b = frame_of(M, (const char *const[]){"k", "t"}, r, 2);
      lb_key_pair pair = pair_of(a, b, 1);
      lb_asof_options options = {1, 1, (lb_asof_direction)direction, 20};
      LB_OK_OR_FAIL(lb_asof_rows(&pair, &options, times == 1 ? &once : &often, &err), err);
      lb_frame_release(a);
      lb_frame_release(b);
    }
    assert_true(once.n_matched > N / 4);
    for (int i = 0; i < 6 * N; i++) assert_int_equal(often.right[i], once.right[i % N]);
    lb_row_pairs_reset(&once);
    lb_row_pairs_reset(&often);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      LB_TEST(test_order_of_one_key), LB_TEST(test_join),   LB_TEST(test_asof),
      LB_TEST(test_interval),         LB_TEST(test_memory), LB_TEST(test_both_ways_of_asof_agree)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
