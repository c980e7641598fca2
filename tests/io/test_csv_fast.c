/* test_csv_fast.c - the quick ways of reading csv agree with the slow ones: numbers and dates by
 * words, texts and levels joined from chunks, guesses that fail late. */
#include "check.h"

#include <math.h>
#include <stdlib.h>

#include "base/bitmap.h"
#include "base/date.h"
#include "base/parallel.h"
#include "base/str.h"
#include "io/csv.h"
#include "io/csv_cell.h"
#include "io/csv_levels.h"
#include "io/csv_number.h"

#define CHUNK ((size_t)1 << 19) /* bytes of text that one thread reads at a time */

static uint64_t next_random(uint64_t *seed)
{
  *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return *seed >> 33;
}

static lb_frame *read_all(const char *text, size_t length, const lb_csv_options *options)
{
  lb_frame *frame = NULL;
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_csv_read(text, length, options, &frame, NULL, &err), err);
  return frame;
}

static const lb_column *column(const lb_frame *frame, size_t i)
{
  const lb_column *out = NULL;
  assert_int_equal(lb_frame_column(frame, i, &out, NULL), LB_OK);
  return out;
}

/* ---- Numbers ---- */

static void same_bits(double a, double b, const char *cell)
{
  if (memcmp(&a, &b, sizeof a) != 0) print_error("%s reads as %.17g, not %.17g\n", cell, a, b);
  assert_memory_equal(&a, &b, sizeof a);
}

/* Around what is exact: 15 to 19 digits, 2^53, powers to 10^22 and past it, zeros in front,
 * exponents, halves that must be rounded to even. */
static const char *const NUMBERS[] = {
    "0",
    "-0",
    "0.0",
    "-0.0",
    "0.1",
    "5.",
    "-7.25",
    "00.5",
    "000000.1",
    "99999999",
    "100000000",
    "12345678.9",
    "1234567.89",
    "0.00000001",
    "0.12345678",
    "123456789012345",
    "999999999999999",
    "0.12345678901234",
    "-0.12345678901234",
    "1234567.87654321",
    "12345678.8765432",
    "9007199254740991",
    "9007199254740992",
    "9007199254740993",
    "9007199254740995",
    "9999999999999999",
    "-9007199254740993",
    "900719925474099.3",
    "90071992547409.93",
    "9007199254740993.0",
    "1234567890123456.7",
    "12345678901234567",
    "123456789012345678",
    "1234567890123456789",
    "0.1234567890123456789",
    "2.2250738585072011e-308",
    "4.9406564584124654e-324",
    "2.4703282292062327e-324",
    "1.7976931348623157e308",
    "1e22",
    "1e23",
    "9e22",
    "8.5e22",
    "1e-22",
    "3e-23",
    "123456789012345e22",
    "123456789012345e7",
    "6.02214076e23",
    "0.1e1",
    "000.1e-3",
    "0.50000000000000011102230246251565",
    "0.1000000000000000055511151231257827",
};

/* strtod of this C library rounds correctly; tests run in the C locale. */
static void test_numbers(void **state)
{
  (void)state;
  lb_str s = {0};
  size_t n = sizeof NUMBERS / sizeof *NUMBERS;
  lb_csv_type type = {"x", LB_REAL};
  lb_csv_options options = {.types = &type, .n_types = 1};
  for (int last = 0; last < 2; last++) { /* with and without something behind the last cell */
    s.length = 0;
    lb_str_puts(&s, "x\n");
    for (size_t i = 0; i < n; i++)
      lb_str_addf(&s, "%s%s", NUMBERS[i], i + 1 < n || last == 0 ? "\n" : "");
    lb_frame *frame = read_all(s.data, s.length, &options);
    for (size_t i = 0; i < n; i++)
      same_bits(lb_column_real(column(frame, 0))[i], strtod(NUMBERS[i], NULL), NUMBERS[i]);
    lb_frame_release(frame);
  }
  lb_str_reset(&s);
}

/* Each number as the last bytes of a text: nothing behind it may be read. */
static void test_numbers_at_the_end(void **state)
{
  (void)state;
  lb_csv_type type = {"x", LB_REAL};
  lb_csv_options options = {.types = &type, .n_types = 1};
  for (size_t i = 0; i < sizeof NUMBERS / sizeof *NUMBERS; i++) {
    size_t n = strlen(NUMBERS[i]);
    char *text = malloc(n + 2); /* the sanitizer sees its end */
    memcpy(text, "x\n", 2);
    memcpy(text + 2, NUMBERS[i], n);
    lb_frame *frame = read_all(text, n + 2, &options);
    same_bits(lb_column_real(column(frame, 0))[0], strtod(NUMBERS[i], NULL), NUMBERS[i]);
    lb_frame_release(frame);
    free(text);
  }
}

/* What a text is by the slow way. */
static lb_cell_kind slow_kind(const char *text, size_t n, char mark)
{
  lb_csv_rules rules = {mark, NULL, false};
  lb_csv_cell cell = {text, n, false};
  return lb_csv_cell_kind(&cell, &rules);
}

/* Whatever the quick way takes the slow way takes too, with the same value. */
static void agree(char *text, size_t n, char mark, size_t *n_real, size_t *n_integer)
{
  double quick;
  int64_t integer, slow_integer;
  if (lb_csv_short_real(text, n, true, mark, &quick)) {
    double cut;
    char plain[32] = {0};
    lb_cell_kind kind = slow_kind(text, n, mark);
    assert_true(kind == LB_CELL_INTEGER || kind == LB_CELL_REAL);
    memcpy(plain, text, n);
    for (size_t i = 0; i < n; i++)
      if (plain[i] == mark) plain[i] = '.';
    same_bits(quick, strtod(plain, NULL), plain);
    if (n < LB_CSV_WORD) {
      assert_true(lb_csv_short_real(text, n, false, mark, &cut));
      same_bits(cut, quick, plain);
    }
    ++*n_real;
  }
  if (lb_csv_short_integer(text, n, true, &integer)) {
    assert_int_equal(slow_kind(text, n, mark), LB_CELL_INTEGER);
    assert_true(lb_parse_integer(text, n, &slow_integer));
    assert_int_equal(integer, slow_integer);
    ++*n_integer;
  }
}

static void test_random_numbers(void **state)
{
  (void)state;
  static const char LETTERS[] = "00123456789012345678901234567890123456789.,-+e :";
  uint64_t seed = 3;
  size_t n_real = 0, n_integer = 0;
  for (int i = 0; i < 400000; i++) {
    char text[32];
    size_t n = 1 + next_random(&seed) % 18;
    memset(text, '7', sizeof text); /* what follows must not count */
    size_t n_letters = sizeof LETTERS - 1 - (i % 2 == 0 ? 6 : 0);
    for (size_t k = 0; k < n; k++) text[k] = LETTERS[next_random(&seed) % n_letters];
    if (i % 3 == 0) text[next_random(&seed) % n] = i % 2 == 0 ? '.' : ',';
    if (i % 7 == 0) text[0] = '-';
    agree(text, n, i % 2 == 0 ? '.' : ',', &n_real, &n_integer);
  }
  assert_true(n_real > 50000 && n_integer > 20000);
}

/* Every day of 9999 years, and ten bytes that are nearly a date. */
static void test_dates(void **state)
{
  (void)state;
  char text[40];
  int32_t quick, slow;
  uint64_t seed = 5;
  for (int year = 0; year <= 9999; year++)
    for (int month = 0; month <= 13; month++)
      for (int day = year % 100 == 0 || year % 7 == 0 ? 0 : 28; day <= 32; day++) {
        snprintf(text, sizeof text, "%04d-%02d-%02d", year, month, day);
        bool is_date = lb_date_parse(text, 10, &slow);
        assert_int_equal(lb_csv_short_date(text, 10, &quick), is_date);
        if (is_date) assert_int_equal(quick, slow);
      }
  for (int i = 0; i < 100000; i++) {
    snprintf(text, sizeof text, "2024-02-29");
    text[next_random(&seed) % 10] = (char)(next_random(&seed) % 256);
    bool is_date = lb_date_parse(text, 10, &slow);
    assert_int_equal(lb_csv_short_date(text, 10, &quick), is_date);
    if (is_date) assert_int_equal(quick, slow);
  }
}

/* An NA word that looks like a value is missing, not a value. */
static void test_na_values(void **state)
{
  (void)state;
  static const char *const NA[] = {"-99", "9", "2020-01-01"};
  lb_csv_options options = {.na = NA, .n_na = 3};
  const char *text = "i,r,d\n1,9,2020-01-01\n-99,1.5,2020-01-02\n9,-99,2020-01-03\n";
  lb_frame *frame = read_all(text, strlen(text), &options);
  for (size_t i = 0; i < 3; i++)
    for (size_t row = 0; row < 3; row++) {
      bool want = !((i == 0 && row > 0) || (i == 1 && row != 1) || (i == 2 && row == 0));
      assert_int_equal(lb_is_valid(lb_column_valid(column(frame, i)), row), want);
    }
  assert_int_equal(lb_column_type(column(frame, 0)), LB_INTEGER);
  assert_int_equal(lb_column_type(column(frame, 2)), LB_DATE);
  lb_frame_release(frame);
}

/* ---- Chunks ---- */

/* What row i of a column of texts must be: lengths around words, quotes, breaks, nothing. */
static void make_text(size_t i, size_t longest, lb_str *bare, lb_str *written)
{
  bare->length = written->length = 0;
  size_t n = i * 7919 % (longest + 1);
  bool breaks = i % 3 == 0, quotes = i % 5 == 0;
  for (size_t k = 0; k < n; k++)
    lb_str_addf(bare, "%c",
                breaks && k % 9 == 4    ? '\n'
                : quotes && k % 11 == 7 ? '"'
                                        : 'a' + (int)(k % 26));
  if (n == 0) lb_str_puts(bare, "z");
  bool quoted = strpbrk(bare->data, "\"\n") != NULL;
  if (quoted) lb_str_puts(written, "\"");
  for (const char *c = bare->data; *c != '\0'; c++)
    lb_str_addf(written, *c == '"' ? "\"\"" : "%c", *c);
  if (quoted) lb_str_puts(written, "\"");
}

/* Rows whose quoted breaks lie across every cut between chunks, whatever the size of the cells; in
 * the second round the texts are short only where each chunk begins, which is what the sample
 * sees. */
static void test_texts_across_chunks(void **state)
{
  (void)state;
  for (int grows = 0; grows < 2; grows++) {
    lb_str s = {0}, bare = {0}, written = {0};
    size_t n_rows = 0, *longest = malloc(CHUNK * sizeof *longest);
    lb_str_puts(&s, "n,text,tail\n");
    for (; s.length < 6 * CHUNK + 1000; n_rows++) {
      longest[n_rows] = grows == 1 && s.length % CHUNK > 20000 ? 900 : 40;
      make_text(n_rows, longest[n_rows], &bare, &written);
      lb_str_addf(&s, "%zu,%s,%s\n", n_rows, written.data, n_rows % 4 == 0 ? "" : "x");
    }
    for (int threads = 1; threads <= 3; threads++) {
      lb_threads_set(threads);
      lb_frame *frame = read_all(s.data, s.length, NULL);
      assert_int_equal(lb_frame_rows(frame), n_rows);
      assert_int_equal(lb_column_type(column(frame, 1)), LB_TEXT);
      for (size_t i = 0; i < n_rows; i++) {
        size_t n;
        const char *text = lb_column_text(column(frame, 1), i, &n);
        make_text(i, longest[i], &bare, &written);
        assert_int_equal(n, bare.length);
        assert_memory_equal(text, bare.data, n);
        assert_int_equal(lb_column_integer(column(frame, 0))[i], (int64_t)i);
        assert_int_equal(lb_is_valid(lb_column_valid(column(frame, 2)), i), i % 4 != 0);
      }
      lb_frame_release(frame);
    }
    lb_threads_set(0);
    lb_str_reset(&s);
    lb_str_reset(&bare);
    lb_str_reset(&written);
    free(longest);
  }
}

/* Whole chunks of plain rows, then one cell that is not as guessed: at the very end. */
static void test_guess_fails_in_the_last_chunk(void **state)
{
  (void)state;
  static const struct {
    const char *usual, *last;
    lb_type want;
  } cases[] = {
      {"12", "12.5", LB_REAL},
      {"12.5", "n/a", LB_TEXT},
      {"2024-02-29", "2024-02-30", LB_TEXT},
      {"true", "1", LB_TEXT},
      {"12", "9223372036854775808", LB_TEXT},
      {"12345678", "1234567890123456", LB_INTEGER},
      {"12.5", "1.25e1", LB_REAL},
      {"12", "\"13\"", LB_INTEGER},
      {"12", "", LB_INTEGER},
  };
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
    lb_str s = {0};
    size_t n_rows = 0;
    lb_str_puts(&s, "id,x\n");
    for (; s.length < 3 * CHUNK; n_rows++) lb_str_addf(&s, "P%zu,%s\n", n_rows, cases[k].usual);
    lb_str_addf(&s, "P%zu,%s\n", n_rows++, cases[k].last);
    for (int threads = 1; threads <= 2; threads++) {
      lb_threads_set(threads);
      lb_frame *frame = read_all(s.data, s.length, NULL);
      const lb_column *x = column(frame, 1);
      lb_type type = lb_column_type(x);
      assert_int_equal(type == LB_FACTOR ? LB_TEXT : type, cases[k].want);
      assert_int_equal(lb_column_missing(x), cases[k].last[0] == '\0');
      if (type == LB_REAL) {
        same_bits(lb_column_real(x)[n_rows - 1], strtod(cases[k].last, NULL), cases[k].last);
        same_bits(lb_column_real(x)[n_rows - 2], strtod(cases[k].usual, NULL), cases[k].usual);
      }
      lb_frame_release(frame);
    }
    lb_threads_set(0);
    lb_str_reset(&s);
  }
}

/* Few levels but in one chunk, where every cell is another: the column is text, cell for cell. */
static void test_levels_overflow_in_one_chunk(void **state)
{
  (void)state;
  for (size_t where = 0; where < 4; where++) {
    lb_str s = {0};
    size_t n_rows = 0, n;
    lb_str_puts(&s, "a,x\n");
    for (; s.length < 4 * CHUNK; n_rows++) {
      bool many =
          s.length > where * CHUNK + CHUNK / 2 && s.length < where * CHUNK + CHUNK / 2 + 9000;
      lb_str_addf(&s, "%zu,a level of the usual kind %zu\n", n_rows, many ? n_rows : n_rows % 3);
    }
    lb_frame *frame = read_all(s.data, s.length, NULL);
    assert_int_equal(lb_column_type(column(frame, 1)), LB_TEXT);
    const char *at = strchr(s.data, '\n') + 1;
    for (size_t i = 0; i < n_rows; i++) {
      const char *cell = strchr(at, ',') + 1, *end = strchr(cell, '\n');
      const char *text = lb_column_text(column(frame, 1), i, &n);
      assert_int_equal(n, end - cell);
      assert_memory_equal(text, cell, n);
      at = end + 1;
    }
    lb_frame_release(frame);
    lb_str_reset(&s);
  }
}

/* Levels that differ in one byte, at any length around the two words that stand for a text. */
static void test_levels_that_look_alike(void **state)
{
  (void)state;
  for (size_t length = 1; length <= 40; length++) {
    lb_str s = {0};
    char cell[64];
    size_t n_levels = length < 20 ? 1 + length : 21, n;
    lb_str_puts(&s, "x,y\n");
    for (size_t row = 0; row < 4 * n_levels; row++) {
      memset(cell, 'q', sizeof cell);
      if (row % n_levels > 0) cell[(row % n_levels - 1) * length / (n_levels - 1)] = 'r';
      lb_str_addf(&s, row % 3 == 0 ? "\"%.*s\",\n" : "%.*s,\n", (int)length, cell);
    }
    lb_frame *frame = read_all(s.data, s.length, NULL);
    const lb_column *x = column(frame, 0);
    assert_int_equal(lb_column_type(x), LB_FACTOR);
    assert_int_equal(lb_column_length(lb_column_levels(x)), n_levels);
    for (size_t row = 0; row < 4 * n_levels; row++) {
      memset(cell, 'q', sizeof cell);
      if (row % n_levels > 0) cell[(row % n_levels - 1) * length / (n_levels - 1)] = 'r';
      const char *text = lb_column_text(x, row, &n);
      assert_int_equal(n, length);
      assert_memory_equal(text, cell, n);
    }
    lb_frame_release(frame);
    lb_str_reset(&s);
  }
}

/* Each allocation of a read of several chunks fails in its turn, with texts that the sample
 * promised too little room for. */
static void test_allocation_failures(void **state)
{
  (void)state;
  lb_str s = {0};
  lb_frame *frame = NULL;
  lb_error err = {0};
  lb_status st = LB_ENOMEM;
  lb_str_puts(&s, "id,level,note\n");
  for (size_t i = 0; s.length < 2 * CHUNK + 1000; i++)
    lb_str_addf(&s, "P%zu,a level that is long enough %zu,%s\n", i, i % 3,
                s.length % CHUNK < 20000 ? "\"a \"\"b\"\"\""
                                         : "a note that is a good deal longer than those before");
  size_t live = lb_mem_live();
  for (long k = 0; st != LB_OK; k++) {
    lb_mem_fail_after(k);
    st = lb_csv_read(s.data, s.length, NULL, &frame, NULL, &err);
    assert_true(st == LB_OK || (st == LB_ENOMEM && frame == NULL && lb_mem_live() == live));
  }
  lb_mem_fail_after(-1);
  lb_frame_release(frame);
  lb_str_reset(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      LB_TEST(test_numbers),
      LB_TEST(test_numbers_at_the_end),
      LB_TEST(test_random_numbers),
      LB_TEST(test_dates),
      LB_TEST(test_na_values),
      LB_TEST(test_texts_across_chunks),
      LB_TEST(test_guess_fails_in_the_last_chunk),
      LB_TEST(test_levels_overflow_in_one_chunk),
      LB_TEST(test_levels_that_look_alike),
      LB_TEST(test_allocation_failures),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
