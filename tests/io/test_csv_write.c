/* test_csv_write.c - frames as csv text: the exact bytes, and random frames read back. */
#include "check.h"

#include "base/bitmap.h"
#include "base/str.h"
#include "io/csv.h"

static lb_frame *read_text(const char *text, const lb_csv_options *options)
{
  lb_frame *frame = NULL;
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_csv_read(text, strlen(text), options, &frame, NULL, &err), err);
  return frame;
}

static char *write_frame(const lb_frame *frame)
{
  char *text = NULL;
  size_t length = 0;
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_csv_write(frame, &text, &length, &err), err);
  assert_int_equal(length, strlen(text));
  return text;
}

/* What comes out when the text is read and written again. */
static const struct {
  const char *in, *out;
} cases[] = {
    {"a,b\n1,0.1\n,1e300\n", "a,b\n1,0.1\n,1e+300\n"},
    {"a,b\nTRUE,2024-02-29\nFalse,\n", "a,b\ntrue,2024-02-29\nfalse,\n"},
    {"a,b\n2024-02-29 12:30,NaN\n,-Inf\n", "a,b\n2024-02-29T12:30:00Z,NaN\n,-Inf\n"},
    {"a,b\n\"x,y\",\"say \"\"hi\"\"\"\n\"\",\"l1\nl2\"\n",
     "a,b\n\"x,y\",\"say \"\"hi\"\"\"\n\"\",\"l1\nl2\"\n"},
    {"a,b\n\" x\",\"NA\"\n,y\n", "a,b\n\" x\",\"NA\"\n,y\n"},
    {"a\nx\n\ny\nNA\n", "a\nx\nNA\ny\nNA\n"},
    {"\"a;b\",c\n1,2\n", "\"a;b\",c\n1,2\n"},
    {"a,b\n9223372036854775807,-9223372036854775808\n",
     "a,b\n9223372036854775807,-9223372036854775808\n"},
    {"a,b\n", "a,b\n"},
    {"\"\xEF\xBB\xBF\",b\n1,2\n", "\"\xEF\xBB\xBF\",b\n1,2\n"},
};

static void test_exact_bytes(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    lb_frame *frame = read_text(cases[i].in, NULL);
    char *text = write_frame(frame);
    assert_string_equal(text, cases[i].out);
    lb_mem_free(text);
    lb_frame_release(frame);
  }
}

/* ---- Random frames ---- */

static uint64_t next_random(uint64_t *state)
{
  *state = *state * 6364136223846793005u + 1442695040888963407u; /* Knuth's MMIX generator */
  return *state >> 11;
}

static void random_text(uint64_t *state, char *out, size_t size)
{
  static const char *const PIECE[] = {"a",  "\"", ",", "\n", " ",  "NA",      ";",
                                      "\t", "b",  "'", "1",  "\r", "\xC3\xA9"};
  out[0] = '\0';
  for (size_t n = next_random(state) % 5; n > 0; n--) {
    const char *piece = PIECE[next_random(state) % (sizeof PIECE / sizeof *PIECE)];
    if (strlen(out) + strlen(piece) < size) strcat(out, piece);
  }
}

static double random_real(uint64_t *state)
{
  static const double SPECIAL[] = {0, -0.0, 1e300, 5e-324, INFINITY, -INFINITY, NAN, 0.1};
  if (next_random(state) % 4 == 0) return SPECIAL[next_random(state) % 8];
  union {
    uint64_t bits;
    double value;
  } u = {.bits = next_random(state) << 11 ^ next_random(state)};
  return isfinite(u.value) ? u.value : 1;
}

static uint8_t *random_valid(uint64_t *state, size_t n)
{
  uint8_t *valid = lb_bitmap_new(n, true);
  for (size_t i = 0; i < n; i++)
    if (next_random(state) % 5 == 0) lb_bit_clear(valid, i);
  return valid;
}

static lb_column *random_column(lb_type type, size_t n, uint64_t *state)
{
  lb_column *out = NULL, *factor = NULL;
  lb_error err = {0};
  uint8_t *valid = random_valid(state, n);
  if (type == LB_TEXT || type == LB_FACTOR) {
    int64_t *offsets = lb_mem_zero(n + 1, sizeof *offsets);
    lb_str bytes = {0};
    for (size_t i = 0; i < n; i++) {
      char text[32];
      random_text(state, text, sizeof text);
      if (lb_bit_get(valid, i)) lb_str_puts(&bytes, text);
      offsets[i + 1] = (int64_t)bytes.length;
    }
    LB_OK_OR_FAIL(lb_column_new_text(n, offsets, lb_str_take(&bytes, NULL), valid, &out, &err),
                  err);
    if (type == LB_TEXT) return out;
    LB_OK_OR_FAIL(lb_column_to_factor(out, NULL, 0, false, &factor, &err), err);
    lb_column_release(out);
    return factor;
  }
  void *values = lb_mem_zero(n + 1, 8);
  for (size_t i = 0; i < n; i++) {
    if (type == LB_REAL) ((double *)values)[i] = random_real(state);
    if (type == LB_INTEGER) ((int64_t *)values)[i] = (int64_t)(next_random(state) << 11);
    if (type == LB_DATETIME)
      ((int64_t *)values)[i] = (int64_t)next_random(state) % 4102444800000000;
    if (type == LB_DATE) ((int32_t *)values)[i] = (int32_t)(next_random(state) % 60000) - 20000;
    if (type == LB_LOGICAL && next_random(state) % 2 == 0) lb_bit_set(values, i);
  }
  LB_OK_OR_FAIL(lb_column_new(type, n, values, valid, &out, &err), err);
  return out;
}

static void assert_same_cell(const lb_column *a, const lb_column *b, size_t row)
{
  bool present = lb_is_valid(lb_column_valid(a), row);
  size_t n, m;
  assert_int_equal(present, lb_is_valid(lb_column_valid(b), row));
  if (!present) return;
  if (lb_column_type(a) == LB_TEXT || lb_column_type(a) == LB_FACTOR) {
    const char *x = lb_column_text(a, row, &n), *y = lb_column_text(b, row, &m);
    assert_int_equal(n, m);
    if (n > 0) assert_memory_equal(x, y, n);
  } else if (lb_column_type(a) == LB_INTEGER || lb_column_type(a) == LB_DATETIME) {
    assert_true(lb_column_integer(a)[row] == lb_column_integer(b)[row]);
  } else {
    LB_NEAR(lb_column_number(b, row), lb_column_number(a, row), 0);
  }
}

static lb_frame *random_frame(const lb_csv_type *types, size_t n_types, size_t n, uint64_t *state)
{
  lb_frame *frame = NULL;
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_frame_new(n, NULL, &frame, &err), err);
  for (size_t i = 0; i < n_types; i++) {
    lb_column *column = random_column(types[i].type, n, state);
    LB_OK_OR_FAIL(lb_frame_add(frame, types[i].column, column, &err), err);
    lb_column_release(column);
  }
  return frame;
}

static void test_random_frames(void **state)
{
  (void)state;
  static const lb_csv_type TYPES[] = {
      {"r", LB_REAL},      {"i", LB_INTEGER}, {"l ,\"", LB_LOGICAL}, {"f", LB_FACTOR},
      {"a name", LB_TEXT}, {"d", LB_DATE},    {"dt", LB_DATETIME}};
  uint64_t seed = 20240229;
  for (size_t round = 0; round < 200; round++) {
    /* Every second frame has one column, where an empty line would be no row. */
    size_t first = round % 2 == 0 ? 0 : round / 2 % 7, n_types = round % 2 == 0 ? 7 : 1;
    lb_csv_options options = {.types = TYPES + first, .n_types = n_types, .separator = ','};
    lb_frame *frame = random_frame(TYPES + first, n_types, round % 13, &seed);
    char *text = write_frame(frame);
    lb_frame *back = read_text(text, &options);
    assert_int_equal(lb_frame_rows(back), lb_frame_rows(frame));
    for (size_t i = 0; i < n_types; i++) {
      const lb_column *a = NULL, *b = NULL;
      assert_int_equal(lb_frame_column(frame, i, &a, NULL), LB_OK);
      assert_int_equal(lb_frame_column(back, i, &b, NULL), LB_OK);
      assert_int_equal(lb_column_type(a), lb_column_type(b));
      for (size_t row = 0; row < lb_frame_rows(frame); row++) assert_same_cell(a, b, row);
    }
    lb_mem_free(text);
    lb_frame_release(back);
    lb_frame_release(frame);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {LB_TEST(test_exact_bytes), LB_TEST(test_random_frames)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
