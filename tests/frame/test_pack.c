/* test_pack.c - frames as bytes: an exact round trip for every type, and bytes that no frame has
 * made. */
#include "frame/pack.h"

#include "base/bitmap.h"
#include "check.h"
#include "frame/builder.h"

#define N 133 /* rows; no multiple of 8 */

static uint64_t state;

static uint64_t draw(void)
{
  state = state * 6364136223846793005u + 1442695040888963407u;
  return state >> 11;
}

static uint8_t *some_valid(size_t n)
{
  uint8_t *valid = lb_bitmap_new(n, true);
  for (size_t i = 0; i < n; i++)
    if (draw() % 4 == 0) lb_bit_clear(valid, i);
  return valid;
}

static lb_column *numbers(lb_type type, size_t n, bool missing)
{
  static const uint64_t BITS[] = {0x8000000000000000u, 0x7ff8000000000000u, 0xfff8000000000123u,
                                  0x7ff0000000000000u, 0xfff0000000000000u, 0x0000000000000001u,
                                  0x7ff0000000000001u};
  lb_column *column;
  uint64_t *values = lb_mem_zero(n, sizeof *values);
  for (size_t i = 0; i < n; i++)
    values[i] = i < 7 ? BITS[i] : (draw() << 40) ^ (draw() << 20) ^ draw();
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_column_new(type, n, values, missing ? some_valid(n) : NULL, &column, &err), err);
  return column;
}

static lb_column *texts(size_t n, bool missing)
{
  static const char *const TEXTS[] = {"",         "NA",  "a,b",  "say \"so\"", "two\nlines",
                                      "\xc3\xa9", "nil", "\r\n", " blank "};
  lb_text_builder builder = {0};
  lb_column *column;
  lb_error err = {0};
  for (size_t i = 0; i < n; i++) {
    const char *text = TEXTS[draw() % 9];
    if (missing && draw() % 3 == 0)
      lb_text_builder_add_missing(&builder);
    else
      lb_text_builder_add(&builder, text, strlen(text));
  }
  LB_OK_OR_FAIL(lb_text_builder_finish(&builder, &column, &err), err);
  return column;
}

static lb_column *factor(size_t n, bool ordered)
{
  static const char *const LEVELS[] = {"", "never used", "NA", "x\ny"};
  lb_column *levels, *column;
  lb_error err = {0};
  int32_t *codes = lb_mem_zero(n, sizeof *codes);
  for (size_t i = 0; i < n; i++) codes[i] = draw() % 2 == 0 ? 0 : 2 + (int32_t)(draw() % 2);
  LB_OK_OR_FAIL(lb_column_from_texts(LEVELS, 4, &levels, &err), err);
  LB_OK_OR_FAIL(lb_column_new_factor(n, codes, levels, ordered, some_valid(n), &column, &err), err);
  lb_column_release(levels);
  return column;
}

static void add(lb_frame *frame, const char *name, lb_column *column)
{
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_frame_add(frame, name, column, &err), err);
  lb_column_release(column);
}

static lb_frame *every_type(size_t n)
{
  lb_frame *frame;
  lb_column *labelled, *plain = numbers(LB_REAL, n, true);
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_frame_new(n, "x.csv", &frame, &err), err);
  LB_OK_OR_FAIL(lb_column_with_label(plain, "Age at \"entry\"", "years", &labelled, &err), err);
  lb_column_release(plain);
  add(frame, "real", labelled);
  add(frame, "all, present", numbers(LB_REAL, n, false));
  add(frame, "int", numbers(LB_INTEGER, n, true));
  add(frame, "when", numbers(LB_DATETIME, n, true));
  int32_t *days = lb_mem_zero(n, sizeof *days);
  uint8_t *bits = lb_bitmap_new(n, false);
  for (size_t i = 0; i < n; i++) {
    days[i] = (int32_t)draw();
    if (draw() % 2 == 0) lb_bit_set(bits, i);
  }
  lb_column *column;
  LB_OK_OR_FAIL(lb_column_new(LB_DATE, n, days, some_valid(n), &column, &err), err);
  add(frame, "day of entry (\xc3\xa9)", column);
  LB_OK_OR_FAIL(lb_column_new(LB_LOGICAL, n, bits, some_valid(n), &column, &err), err);
  LB_OK_OR_FAIL(lb_column_with_label(column, NULL, "yes/no", &labelled, &err), err);
  lb_column_release(column);
  add(frame, "flag", labelled);
  add(frame, "text", texts(n, true));
  add(frame, "text 2", texts(n, false));
  add(frame, "factor", factor(n, false));
  add(frame, "grade, ordered", factor(n, true));
  return frame;
}

static bool same_text(const char *a, const char *b)
{
  return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static void same_values(const lb_column *a, const lb_column *b)
{
  for (size_t i = 0; i < lb_column_length(a); i++) {
    size_t n_a, n_b;
    bool present = lb_is_valid(lb_column_valid(a), i);
    assert_int_equal(present, lb_is_valid(lb_column_valid(b), i));
    if (!present) continue;
    switch (lb_column_type(a)) {
    case LB_REAL:
      assert_memory_equal(lb_column_real(a) + i, lb_column_real(b) + i, sizeof(double));
      break;
    case LB_INTEGER:
    case LB_DATETIME:
      assert_true(lb_column_integer(a)[i] == lb_column_integer(b)[i]);
      break;
    case LB_TEXT:
    case LB_FACTOR: {
      const char *t_a = lb_column_text(a, i, &n_a), *t_b = lb_column_text(b, i, &n_b);
      assert_int_equal(n_a, n_b);
      assert_memory_equal(t_a, t_b, n_a);
      break;
    }
    default:
      assert_true(lb_column_number(a, i) == lb_column_number(b, i));
    }
  }
}

static void same_column(const lb_column *a, const lb_column *b)
{
  assert_int_equal(lb_column_type(a), lb_column_type(b));
  assert_int_equal(lb_column_length(a), lb_column_length(b));
  assert_int_equal(lb_column_missing(a), lb_column_missing(b));
  assert_int_equal(lb_column_ordered(a), lb_column_ordered(b));
  assert_int_equal(lb_column_level_count(a), lb_column_level_count(b));
  assert_true(same_text(lb_column_label(a), lb_column_label(b)));
  assert_true(same_text(lb_column_unit(a), lb_column_unit(b)));
  if (lb_column_levels(a) != NULL) same_values(lb_column_levels(a), lb_column_levels(b));
  same_values(a, b);
}

/* Packs, unpacks, compares. */
static void round_trip(const lb_frame *frame)
{
  char *bytes;
  size_t length;
  lb_frame *back;
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_frame_pack(frame, &bytes, &length, &err), err);
  LB_OK_OR_FAIL(lb_frame_unpack(bytes, length, "x.csv", &back, &err), err);
  assert_int_equal(lb_frame_rows(frame), lb_frame_rows(back));
  assert_int_equal(lb_frame_columns(frame), lb_frame_columns(back));
  assert_string_equal(lb_frame_source(back), "x.csv");
  for (size_t i = 0; i < lb_frame_columns(frame); i++) {
    const lb_column *a, *b;
    assert_string_equal(lb_frame_name(frame, i), lb_frame_name(back, i));
    LB_OK_OR_FAIL(lb_frame_column(frame, i, &a, &err), err);
    LB_OK_OR_FAIL(lb_frame_column(back, i, &b, &err), err);
    same_column(a, b);
  }
  lb_frame_release(back);
  lb_mem_free(bytes);
}

static void test_round_trip(void **unused)
{
  (void)unused;
  static const size_t SIZES[] = {0, 1, 7, 8, 9, N};
  for (size_t i = 0; i < sizeof SIZES / sizeof *SIZES; i++) {
    state = 20240101 + i;
    lb_frame *frame = every_type(SIZES[i]);
    round_trip(frame);
    lb_frame_release(frame);
  }
}

static void test_no_columns_and_filtered(void **unused)
{
  (void)unused;
  lb_frame *frame, *some;
  const lb_row rows[] = {5, 2, 2, LB_NO_ROW, 100};
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_frame_new(12, NULL, &frame, &err), err);
  round_trip(frame);
  lb_frame_release(frame);
  state = 7;
  frame = every_type(N);
  LB_OK_OR_FAIL(lb_frame_take(frame, rows, 5, &some, &err), err);
  round_trip(some);
  lb_frame_release(some);
  lb_frame_release(frame);
}

/* Unpacks what may be damaged: a frame or a message, and nothing is left behind. */
static bool survives(const char *bytes, size_t length)
{
  lb_frame *back = NULL;
  lb_error err = {0};
  char *exact = lb_mem_text(bytes, length); /* reads beyond the end are seen */
  lb_status st = lb_frame_unpack(exact, length, NULL, &back, &err);
  lb_mem_free(exact);
  if (st == LB_OK) {
    for (size_t i = 0; i < lb_frame_columns(back); i++) {
      const lb_column *column;
      LB_OK_OR_FAIL(lb_frame_column(back, i, &column, &err), err);
      same_values(column, column);
    }
  } else {
    assert_true(err.message[0] != '\0');
  }
  lb_frame_release(back);
  return st == LB_OK;
}

static void test_damaged(void **unused)
{
  (void)unused;
  char *bytes;
  size_t length;
  lb_error err = {0};
  state = 99;
  lb_frame *frame = every_type(19);
  LB_OK_OR_FAIL(lb_frame_pack(frame, &bytes, &length, &err), err);
  lb_frame_release(frame);
  for (size_t cut = 0; cut < length; cut++) assert_false(survives(bytes, cut));
  for (size_t i = 0; i < length; i++) {
    char before = bytes[i];
    static const char OTHERS[] = {0, 1, 7, 0x7f, (char)0x80, (char)0xff};
    for (size_t k = 0; k < sizeof OTHERS; k++) {
      bytes[i] = OTHERS[k];
      (void)survives(bytes, length);
    }
    bytes[i] = before;
  }
  for (size_t at = 0; at + 8 <= length; at += 8) { /* giant counts */
    char before[8];
    memcpy(before, bytes + at, 8);
    static const uint64_t COUNTS[] = {UINT64_MAX, UINT64_MAX / 8, 0xffffffff, 1ull << 62};
    for (size_t k = 0; k < 4; k++) {
      memcpy(bytes + at, &COUNTS[k], 8);
      (void)survives(bytes, length);
    }
    memcpy(bytes + at, before, 8);
  }
  assert_true(survives(bytes, length));
  lb_mem_free(bytes);
}

/* Each allocation fails in turn. */
static void test_no_memory(void **unused)
{
  (void)unused;
  char *bytes;
  size_t length;
  state = 3;
  lb_frame *frame = every_type(20), *back = NULL;
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_frame_pack(frame, &bytes, &length, &err), err);
  lb_status st = LB_ENOMEM;
  for (long k = 0; st != LB_OK; k++) {
    lb_mem_fail_after(k);
    st = lb_frame_unpack(bytes, length, "x.csv", &back, &err);
    lb_mem_fail_after(-1);
    assert_true(st == LB_OK || (st == LB_ENOMEM && back == NULL));
  }
  lb_frame_release(back);
  lb_mem_free(bytes);
  lb_mem_fail_after(0);
  assert_int_equal(lb_frame_pack(frame, &bytes, &length, &err), LB_ENOMEM);
  lb_mem_fail_after(-1);
  lb_frame_release(frame);
}

int main(void)
{
  const struct CMUnitTest tests[] = {LB_TEST(test_round_trip),
                                     LB_TEST(test_no_columns_and_filtered), LB_TEST(test_damaged),
                                     LB_TEST(test_no_memory)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
