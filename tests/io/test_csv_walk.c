/* test_csv_walk.c - the scanner by byte masks against a naive state machine, on random bytes. */
#include "check.h"

#include "base/parallel.h"
#include "io/csv_plan.h"
#include "io/csv_walk.h"

/* A fixed stream (splitmix64), so that a failure can be met again. */
static uint64_t next_random(uint64_t *state)
{
  uint64_t z = (*state += UINT64_C(0x9E3779B97F4A7C15));
  z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
  return z ^ (z >> 31);
}

static size_t fill(char *text, size_t most, const char *letters, uint64_t *state)
{
  size_t n = (size_t)(next_random(state) % most), n_letters = strlen(letters);
  for (size_t i = 0; i < n; i++) text[i] = letters[next_random(state) % n_letters];
  return n;
}

/* ---- Masks ---- */

static void test_masks_agree(void **state)
{
  (void)state;
  char text[4 * LB_CSV_BLOCK];
  uint64_t seed = 1;
  for (int round = 0; round < 2000; round++) {
    for (size_t i = 0; i < sizeof text; i++)
      text[i] = ",;\"\n\rab\t\x80\xFF"[next_random(&seed) % 10];
    if (round % 3 == 0) text[next_random(&seed) % sizeof text] = '\0';
    size_t tail = next_random(&seed) % LB_CSV_BLOCK;
    lb_csv_masks want[5] = {0}, got[5] = {0};
    unsigned seen = lb_csv_masks_make(LB_CSV_PLAIN, text, 4, ';', want);
    unsigned seen_tail = lb_csv_masks_tail(LB_CSV_PLAIN, text, tail, ' ', &want[4]);
    for (int width = LB_CSV_PLAIN; width <= (int)lb_csv_width_best(); width++) {
      assert_int_equal(lb_csv_masks_make((lb_csv_width)width, text, 4, ';', got), seen);
      assert_int_equal(lb_csv_masks_tail((lb_csv_width)width, text, tail, ' ', &got[4]), seen_tail);
      assert_memory_equal(got, want, sizeof want);
    }
    for (size_t i = 0; i < LB_CSV_BLOCK; i++) {
      assert_int_equal(want[0].quote >> i & 1, text[i] == '"');
      assert_int_equal(want[0].separator >> i & 1, text[i] == ';');
    }
  }
}

static void test_prefix_xor(void **state)
{
  (void)state;
  uint64_t seed = 2;
  for (int round = 0; round < 1000; round++) {
    uint64_t bits = next_random(&seed), got = lb_csv_prefix_xor(bits), parity = 0;
    for (int i = 0; i < 64; i++) {
      parity ^= bits >> i & 1;
      assert_int_equal(got >> i & 1, parity);
    }
  }
}

/* ---- Rows ---- */

/* Field ends (byte offsets in the text) of all rows of a layout, and where rows begin. */
typedef struct fields {
  size_t n, n_rows;
  size_t end[4096], row[4096];
} fields;

/* RFC 4180 in its plainest words: inside quotes only a quote means anything. NULL-terminated by
 * n_rows; false where the text is not plain enough for masks. */
static bool read_naively(const char *text, size_t from, size_t length, size_t n_columns,
                         fields *out)
{
  bool quoted = false, closed = false;
  size_t column = 0, start = from;
  *out = (fields){0};
  for (size_t i = from; i <= length; i++) {
    char c = i < length ? text[i] : '\n';
    if (i == length && start == length && column == 0) break;
    if (quoted && i < length) {
      if (c == '"' && i + 1 < length && text[i + 1] == '"')
        i++;
      else if (c == '"')
        quoted = false, closed = true;
      continue;
    }
    if (quoted) return false;
    if (c == ',' || c == '\n') {
      size_t end = i - (c == '\n' && i > start && i > from && text[i - 1] == '\r' && i < length);
      if (column == 0) out->row[out->n_rows] = start;
      out->end[out->n++] = end;
      column++;
      if ((c == '\n') != (column == n_columns)) return false;
      if (c == '\n') out->n_rows++, column = 0;
      start = i + 1;
      closed = false;
    } else if (c == '"') {
      if (i != start) return false;
      quoted = true;
    } else if (c == '\r') {
      if (i + 1 >= length || text[i + 1] != '\n') return false;
    } else if (closed) {
      return false;
    }
  }
  return true;
}

/* What walks over all chunks say. */
static bool read_by_walks(const lb_csv_layout *t, size_t max_rows, fields *out)
{
  *out = (fields){0};
  for (size_t k = 0; k < t->n_chunks; k++) {
    lb_csv_walk walk;
    lb_csv_batch b;
    bool ok;
    assert_int_equal(lb_csv_walk_begin(t, k, max_rows, &walk), LB_OK);
    assert_int_equal(t->chunk[k].first_row, out->n_rows);
    while ((ok = lb_csv_walk_next(&walk, &b)) && b.n_rows > 0) {
      assert_int_equal(b.first_row, out->n_rows);
      for (size_t i = 0; i < b.n_rows; i++) {
        out->row[out->n_rows++] = t->chunk[k].start + b.row_start[i];
        for (size_t j = 0; j < b.n_columns; j++)
          out->end[out->n++] = t->chunk[k].start + b.end[i * b.n_columns + j];
      }
    }
    lb_csv_walk_reset(&walk);
    if (!ok) return false;
  }
  assert_int_equal(out->n_rows, t->n_rows);
  return true;
}

static void compare(const char *text, size_t length, size_t chunk, size_t *n_read)
{
  static fields want, got;
  lb_csv_layout t;
  if (lb_csv_scan(text, length, ',', chunk, &t, NULL) != LB_OK) return;
  size_t from = t.n_chunks > 0 ? t.chunk[0].start : length;
  size_t to = t.n_chunks > 0 ? t.chunk[t.n_chunks - 1].end : length;
  bool plain = !t.careful && read_naively(text, from, to, t.n_columns, &want);
  if (t.careful) {
    assert_true(read_by_walks(&t, 3, &got));
  } else if (read_by_walks(&t, 1 + chunk % 7, &got)) {
    assert_true(plain);
    assert_int_equal(got.n_rows, want.n_rows);
    assert_int_equal(got.n, want.n);
    assert_memory_equal(got.end, want.end, want.n * sizeof *want.end);
    assert_memory_equal(got.row, want.row, want.n_rows * sizeof *want.row);
    *n_read += want.n_rows;
  } else {
    assert_false(plain);
  }
  for (size_t k = 0; k < t.n_chunks; k++) /* lines are those of the text */
    assert_int_equal(t.chunk[k].line, 1 + lb_csv_count_breaks(text, t.chunk[k].start));
  lb_csv_layout_reset(&t);
}

/* Bytes that mostly make nonsense, and must never be read otherwise than the naive way reads them. */
static void test_random_bytes(void **state)
{
  (void)state;
  static const char *const LETTERS[] = {"a\n", "a,\n", "ab,,\n\"", "a,\n\r\"", "aaaa,\"\"\n"};
  static char text[4 + 400];
  uint64_t seed = 3;
  size_t n_read = 0;
  for (int round = 0; round < 40000; round++) {
    size_t columns = 1 + (size_t)(round % 2);
    memcpy(text, columns == 1 ? "h\n" : "h,h\n", 2 * columns);
    size_t n = fill(text + 2 * columns, 400, LETTERS[round % 5], &seed);
    compare(text, 2 * columns + n, 1 + next_random(&seed) % 100, &n_read);
  }
  assert_true(n_read > 100000);
}

/* Whole rows with quotes and line ends of all kinds. */
static void test_random_tables(void **state)
{
  (void)state;
  static const char *const CELLS[] = {"1",        "\"a,b\"", "\"x\ny\"",     "\"say \"\"hi\"\"\"",
                                      "",         "\"\"",    "twelve bytes", "\"\r\"",
                                      "\"\"\"\"", " ",       "\"a\r\nb\"",   "12.5"};
  lb_str s = {0};
  uint64_t seed = 4;
  size_t n_read = 0;
  for (int round = 0; round < 3000; round++) {
    size_t n_rows = next_random(&seed) % 40;
    const char *end = round % 2 == 0 ? "\n" : "\r\n";
    s.length = 0;
    lb_str_puts(&s, "a,b,c");
    lb_str_puts(&s, end);
    for (size_t i = 0; i < n_rows; i++) {
      for (size_t j = 0; j < 3; j++) {
        if (j > 0) lb_str_putc(&s, ',');
        lb_str_puts(&s, CELLS[next_random(&seed) % (sizeof CELLS / sizeof *CELLS)]);
      }
      if (i + 1 < n_rows || round % 3 > 0) lb_str_puts(&s, end);
    }
    compare(s.data, s.length, 1 + next_random(&seed) % 300, &n_read);
  }
  assert_true(n_read > 50000);
  lb_str_reset(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      LB_TEST(test_masks_agree),
      LB_TEST(test_prefix_xor),
      LB_TEST(test_random_bytes),
      LB_TEST(test_random_tables),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
