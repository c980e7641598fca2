/* test_blocks.c - a row's value does not depend on where in a block, a word or a vector it stands, on
 * how many rows there are, or on the number of threads. */
#include "base/parallel.h"
#include "fixture.h"

#define ROWS  1025   /* one block and one row: each is also evaluated alone */
#define LARGE 131073 /* threads, three chunks, the last of one row */

static const char *const VALUES[] = {
    "x + y",
    "x - y",
    "x * y",
    "x / y",
    "x // y",
    "x % y",
    "x ^ 2",
    "-x",
    "abs(x)",
    "sqrt(x)",
    "log(x)",
    "log10(y)",
    "log2(x)",
    "exp(x / 100)",
    "floor(x)",
    "round(x, 1)",
    "pmin(x, y, 3)",
    "pmax(x, y)",
    "a + b",
    "a - b",
    "a * b",
    "a // b",
    "a % b",
    "-a",
    "abs(a)",
    "pmin(a, b)",
    "pmax(a, b, 4)",
    "a / b",
    "a + x",
    "integer(x)",
    "u - d",
    "days(d, u)",
    "months(d, u)",
    "d + a",
    "if_else(p, x, y)",
    "if_else(a > b, a, b)",
    "if_else(q, d, u)",
    "if_else(p, g, h)",
    "if_else(p, 'yes', t)",
    "if_else(p, q, a > 3)",
    "case(x < 0, 1, x <= 20, 2, x > 20, 3)",
    "case(p, a, q, b, 7)",
    "case(p, t, q, 'q', 'rest')",
    "coalesce(x, y, 0)",
    "coalesce(a, b)",
    "coalesce(d, u)",
    "coalesce(p, q, true)",
    "coalesce(t, 'none')",
    "coalesce(g, h)",
    "cut(x, {0, 10, 30}, {'a', 'b', 'c', 'd'})",
    "length(t)",
    "year(d)",
    "text(a)",
    "g",
    "3",
    "'a'",
};
static const char *const CONDITIONS[] = {
    "x < y",
    "x <= y",
    "x > 3",
    "x >= y",
    "x == y",
    "x ~= y",
    "a < b",
    "a <= 2",
    "a > b",
    "a >= b",
    "a == b",
    "a ~= b",
    "g == 'two'",
    "g ~= 'one'",
    "d < u",
    "d == u",
    "d >= u",
    "t == 'ab'",
    "t < 'b'",
    "p == q",
    "p ~= q",
    "p and q",
    "p or q",
    "not p",
    "p and not q or a > 3",
    "is_na(x)",
    "is_na(p) or x > y",
    "is_nan(x)",
    "a in {1, 2, 7}",
    "x in {1.5, NA}",
    "g in {'one', 'three'}",
    "t in {'', 'ab'}",
    "between(x, 0, 20)",
    "p",
    "true",
    "false",
    "q",
    "a >= 2 and g == 'two' and x < 50",
};
#define N_VALUES     (sizeof VALUES / sizeof *VALUES)
#define N_CONDITIONS (sizeof CONDITIONS / sizeof *CONDITIONS)

static uint64_t draw(uint64_t *seed, uint64_t n)
{
  *seed = *seed * 6364136223846793005u + 1442695040888963407u;
  return (*seed >> 33) % n;
}

/* About one row in five is missing. */
static uint8_t *presence(uint64_t *seed, size_t n)
{
  uint8_t *valid = lb_bitmap_new(n, true);
  assert_non_null(valid);
  for (size_t i = 0; i < n; i++)
    if (draw(seed, 5) == 0) lb_bit_clear(valid, i);
  return valid;
}

static void add(lb_frame *frame, const char *name, lb_type type, void *values, uint8_t *valid)
{
  lb_error err = {0};
  lb_column *column = NULL;
  LB_OK_OR_FAIL(lb_column_new(type, lb_frame_rows(frame), values, valid, &column, &err), err);
  fx_take(frame, name, column);
}

static void add_real(lb_frame *frame, const char *name, uint64_t *seed, bool missing)
{
  static const double odd[] = {0, -0.0, NAN, INFINITY, -INFINITY, 0x1p-1074, 1e300, 1, 10, 1000};
  size_t n = lb_frame_rows(frame);
  double *value = lb_mem_array(n, sizeof *value);
  assert_non_null(value);
  for (size_t i = 0; i < n; i++)
    value[i] = draw(seed, 8) == 0 ? odd[draw(seed, sizeof odd / sizeof *odd)]
                                  : (double)draw(seed, 1200) / 8 - 30;
  add(frame, name, LB_REAL, value, missing ? presence(seed, n) : NULL);
}

static void add_integer(lb_frame *frame, const char *name, uint64_t *seed, bool missing)
{
  size_t n = lb_frame_rows(frame);
  int64_t *value = lb_mem_array(n, sizeof *value);
  assert_non_null(value);
  for (size_t i = 0; i < n; i++) value[i] = (int64_t)draw(seed, 13) - 4;
  add(frame, name, LB_INTEGER, value, missing ? presence(seed, n) : NULL);
}

static void add_logical(lb_frame *frame, const char *name, uint64_t *seed, bool missing)
{
  size_t n = lb_frame_rows(frame);
  uint8_t *bits = lb_bitmap_new(n, false);
  assert_non_null(bits);
  for (size_t i = 0; i < n; i++)
    if (draw(seed, 2)) lb_bit_set(bits, i);
  add(frame, name, LB_LOGICAL, bits, missing ? presence(seed, n) : NULL);
}

static void add_date(lb_frame *frame, const char *name, uint64_t *seed, bool missing)
{
  size_t n = lb_frame_rows(frame);
  int32_t *day = lb_mem_array(n, sizeof *day);
  assert_non_null(day);
  for (size_t i = 0; i < n; i++) day[i] = 18000 + (int32_t)draw(seed, 400);
  add(frame, name, LB_DATE, day, missing ? presence(seed, n) : NULL);
}

static void add_factor(lb_frame *frame, const char *name, uint64_t *seed, bool missing)
{
  static const char *const levels[] = {"one", "two", "three"};
  lb_error err = {0};
  lb_column *column = NULL, *level = fx_text(levels, 3, NULL);
  size_t n = lb_frame_rows(frame);
  int32_t *code = lb_mem_array(n, sizeof *code);
  assert_non_null(code);
  for (size_t i = 0; i < n; i++) code[i] = (int32_t)draw(seed, 3);
  uint8_t *valid = missing ? presence(seed, n) : NULL;
  LB_OK_OR_FAIL(lb_column_new_factor(n, code, level, false, valid, &column, &err), err);
  lb_column_release(level);
  fx_take(frame, name, column);
}

static void add_text(lb_frame *frame, const char *name, uint64_t *seed)
{
  static const char *const words[] = {"", "ab", "b", "a longer text than thirty-two bytes is",
                                      "abc"};
  size_t n = lb_frame_rows(frame);
  const char **value = lb_mem_array(n, sizeof *value);
  char *valid = lb_mem_alloc(n + 1);
  assert_non_null(value);
  assert_non_null(valid);
  for (size_t i = 0; i < n; i++) {
    value[i] = words[draw(seed, 5)];
    valid[i] = draw(seed, 5) == 0 ? '0' : '1';
  }
  valid[n] = '\0';
  fx_take(frame, name, fx_text(value, n, valid));
  lb_mem_free(value);
  lb_mem_free(valid);
}

static lb_frame *make_frame(size_t n)
{
  lb_error err = {0};
  lb_frame *frame = NULL;
  uint64_t seed = 4711;
  LB_OK_OR_FAIL(lb_frame_new(n, NULL, &frame, &err), err);
  add_real(frame, "x", &seed, true);
  add_real(frame, "y", &seed, false);
  add_integer(frame, "a", &seed, true);
  add_integer(frame, "b", &seed, false);
  add_logical(frame, "p", &seed, true);
  add_logical(frame, "q", &seed, false);
  add_date(frame, "d", &seed, true);
  add_date(frame, "u", &seed, false);
  add_factor(frame, "g", &seed, true);
  add_factor(frame, "h", &seed, false);
  add_text(frame, "t", &seed);
  return frame;
}

static lb_frame *first_rows(const lb_frame *frame, size_t from, size_t n)
{
  lb_error err = {0};
  lb_frame *out = NULL;
  lb_row *rows = lb_mem_array(n, sizeof *rows);
  assert_non_null(rows);
  for (size_t i = 0; i < n; i++) rows[i] = (lb_row)(from + i);
  LB_OK_OR_FAIL(lb_frame_take(frame, rows, n, &out, &err), err);
  lb_mem_free(rows);
  return out;
}

static lb_expr *compile(const lb_frame *frame, const char *text)
{
  lb_error err = {0};
  lb_expr *e = NULL;
  LB_OK_OR_FAIL(lb_expr_compile(text, strlen(text), frame, NULL, &e, &err), err);
  return e;
}

static lb_column *value_of(const lb_expr *e, const lb_frame *frame)
{
  lb_error err = {0};
  lb_column *column = NULL;
  LB_OK_OR_FAIL(lb_expr_eval(e, frame, &column, &err), err);
  return column;
}

/* The same to the last bit, NaN as NaN. */
static bool same(const lb_column *a, size_t i, const lb_column *b, size_t k)
{
  size_t n = 0, m = 0;
  if (lb_column_type(a) != lb_column_type(b)) return false;
  bool here = lb_is_valid(lb_column_valid(a), i);
  if (here != lb_is_valid(lb_column_valid(b), k)) return false;
  if (!here) return true;
  if (lb_column_type(a) == LB_TEXT || lb_column_type(a) == LB_FACTOR) {
    const char *s = lb_column_text(a, i, &n), *t = lb_column_text(b, k, &m);
    return n == m && memcmp(s, t, n) == 0;
  }
  if (lb_column_type(a) == LB_INTEGER) return lb_column_integer(a)[i] == lb_column_integer(b)[k];
  double x = lb_column_number(a, i), y = lb_column_number(b, k);
  return (isnan(x) && isnan(y)) || (x == y && !signbit(x) == !signbit(y));
}

static void fail_at(const char *text, size_t n, size_t row)
{
  print_error("%s: row %zu of %zu\n", text, row, n);
  fail();
}

static void check_alone(const lb_frame *frame, const char *text)
{
  lb_expr *e = compile(frame, text);
  lb_column *all = value_of(e, frame);
  for (size_t i = 0; i < ROWS; i++) {
    lb_frame *one = first_rows(frame, i, 1);
    lb_column *alone = value_of(e, one);
    if (!same(all, i, alone, 0)) fail_at(text, ROWS, i);
    lb_column_release(alone);
    lb_frame_release(one);
  }
  lb_column_release(all);
  lb_expr_free(e);
}

static void a_row_alone_has_its_value(void **state)
{
  lb_frame *frame = make_frame(ROWS);
  (void)state;
  for (size_t k = 0; k < N_VALUES; k++) check_alone(frame, VALUES[k]);
  for (size_t k = 0; k < N_CONDITIONS; k++) check_alone(frame, CONDITIONS[k]);
  lb_frame_release(frame);
}

static void check_lengths(const lb_frame *frame, const char *text)
{
  static const size_t lengths[] = {0, 1, 63, 64, 65, 1023, 1024, 1025, 65535, 65536, 65537, LARGE};
  lb_expr *e = compile(frame, text);
  lb_column *all = value_of(e, frame);
  lb_threads_set(2);
  for (size_t k = 0; k < sizeof lengths / sizeof *lengths; k++) {
    lb_frame *part = first_rows(frame, 0, lengths[k]);
    lb_column *value = value_of(e, part);
    assert_int_equal(lb_column_length(value), lengths[k]);
    for (size_t i = 0; i < lengths[k]; i++)
      if (!same(all, i, value, i)) fail_at(text, lengths[k], i);
    lb_column_release(value);
    lb_frame_release(part);
  }
  lb_threads_set(1);
  lb_column_release(all);
  lb_expr_free(e);
}

static void length_and_threads_do_not_matter(void **state)
{
  lb_frame *frame = make_frame(LARGE);
  (void)state;
  lb_threads_set(1);
  for (size_t k = 0; k < N_VALUES; k += 3) check_lengths(frame, VALUES[k]);
  for (size_t k = 0; k < N_CONDITIONS; k += 3) check_lengths(frame, CONDITIONS[k]);
  lb_threads_set(0);
  lb_frame_release(frame);
}

/* Rows chosen and their counts, from the condition's own column. */
static void check_choice(const lb_frame *frame, const char *text, bool reject)
{
  lb_error err = {0};
  lb_expr *e = compile(frame, text);
  lb_column *truth = value_of(e, frame);
  lb_selection got = {0};
  size_t n = lb_frame_rows(frame), count[3] = {0}, k = 0;
  LB_OK_OR_FAIL((reject ? lb_expr_reject : lb_expr_select)(e, frame, &got, &err), err);
  for (size_t i = 0; i < n; i++) {
    bool valid = lb_is_valid(lb_column_valid(truth), i);
    bool holds = valid && lb_bit_get(lb_column_logical(truth), i);
    count[!valid ? 2 : !holds]++;
    if (holds == reject) continue;
    if (got.rows[k++] != i) fail_at(text, n, i);
  }
  assert_int_equal(got.n_true, count[0]);
  assert_int_equal(got.n_false, count[1]);
  assert_int_equal(got.n_missing, count[2]);
  lb_mem_free(got.rows);
  lb_column_release(truth);
  lb_expr_free(e);
}

static void rows_chosen_are_those_that_hold(void **state)
{
  static const size_t lengths[] = {0, 1, 63, 64, 65, 1023, 1024, 1025, 65536, LARGE};
  (void)state;
  lb_threads_set(2);
  for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
    lb_frame *frame = make_frame(lengths[i]);
    for (size_t k = 0; k < N_CONDITIONS; k++) {
      check_choice(frame, CONDITIONS[k], false);
      check_choice(frame, CONDITIONS[k], true);
    }
    lb_frame_release(frame);
  }
  lb_threads_set(0);
}

/* Overflow is seen at any place of a vector, and only where nothing is missing. */
static void overflow_is_seen_in_every_lane(void **state)
{
  (void)state;
  for (size_t at = 0; at < 70; at++)
    for (int missing = 0; missing < 2; missing++) {
      lb_error err = {0};
      lb_frame *frame = NULL;
      LB_OK_OR_FAIL(lb_frame_new(70, NULL, &frame, &err), err);
      int64_t *value = lb_mem_zero(70, sizeof *value);
      uint8_t *valid = lb_bitmap_new(70, true);
      assert_non_null(value);
      assert_non_null(valid);
      value[at] = at % 2 ? INT64_MAX : INT64_MIN;
      if (missing) lb_bit_clear(valid, at);
      add(frame, "a", LB_INTEGER, value, valid);
      for (int k = 0; k < 2; k++) {
        lb_expr *e = compile(frame, (at % 2 == 0) == (k == 0) ? "a - 1" : "a + 1");
        lb_column *column = value_of(e, frame);
        bool grows = k == 0; /* away from 0 */
        assert_int_equal(lb_column_type(column), grows && !missing ? LB_REAL : LB_INTEGER);
        lb_column_release(column);
        lb_expr_free(e);
      }
      lb_frame_release(frame);
    }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      LB_TEST(a_row_alone_has_its_value), LB_TEST(length_and_threads_do_not_matter),
      LB_TEST(rows_chosen_are_those_that_hold), LB_TEST(overflow_is_seen_in_every_lane)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
