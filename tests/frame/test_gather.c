/* test_gather.c - gathered rows of every type against a walk row by row, at the edges of words and
 * blocks, with rows that are none, by one thread and by two. */
#include "base/bitmap.h"
#include "base/parallel.h"
#include "check.h"
#include "frame/column.h"

#define SOURCE 3000
static const size_t LENGTHS[] = {0,  1,  7,   8,    9,    63,   64,    65,
                                 71, 72, 127, 1023, 1024, 1025, 65536, 131073};

static uint64_t draw(uint64_t *seed, uint64_t n)
{
  *seed = *seed * 6364136223846793005u + 1442695040888963407u;
  return (*seed >> 33) % n;
}

static uint8_t *presence(bool missing)
{
  uint64_t seed = 5;
  uint8_t *valid = missing ? lb_bitmap_new(SOURCE, true) : NULL;
  for (size_t i = 0; missing && i < SOURCE; i++)
    if (draw(&seed, 4) == 0) lb_bit_clear(valid, i);
  return valid;
}

/* Texts of 0 to 70 bytes, so that short and long copies meet, also under missing rows. */
static lb_column *text_column(bool missing)
{
  lb_error err = {0};
  lb_column *column = NULL;
  uint64_t seed = 9;
  int64_t *offset = lb_mem_array(SOURCE + 1, sizeof *offset);
  char *bytes = lb_mem_alloc((size_t)SOURCE * 70);
  assert_non_null(offset);
  assert_non_null(bytes);
  offset[0] = 0;
  for (size_t i = 0; i < SOURCE; i++) {
    size_t length = draw(&seed, 71);
    memset(bytes + offset[i], (int)('a' + i % 26), length);
    offset[i + 1] = offset[i] + (int64_t)length;
  }
  bytes = lb_mem_resize(bytes, (size_t)offset[SOURCE], 1); /* the sanitizer sees reads behind it */
  assert_non_null(bytes);
  LB_OK_OR_FAIL(lb_column_new_text(SOURCE, offset, bytes, presence(missing), &column, &err), err);
  return column;
}

static lb_column *fixed_column(lb_type type, bool missing)
{
  lb_error err = {0};
  lb_column *column = NULL;
  uint64_t seed = 11;
  size_t width = type == LB_LOGICAL ? 1 : type == LB_DATE ? 4 : 8;
  size_t bytes = type == LB_LOGICAL ? lb_bitmap_bytes(SOURCE) : SOURCE * width;
  uint8_t *value = lb_mem_alloc(bytes);
  assert_non_null(value);
  for (size_t i = 0; i < bytes; i++)
    value[i] = (uint8_t)(type == LB_REAL && i % 8 == 7 ? 0x40 : draw(&seed, 256));
  LB_OK_OR_FAIL(lb_column_new(type, SOURCE, value, presence(missing), &column, &err), err);
  return column;
}

static bool same_cell(const lb_column *a, size_t i, const lb_column *b, size_t k)
{
  size_t n, m;
  switch (lb_column_type(a)) {
  case LB_TEXT: {
    const char *s = lb_column_text(a, i, &n), *t = lb_column_text(b, k, &m);
    return n == m && memcmp(s, t, n) == 0;
  }
  case LB_LOGICAL:
    return lb_bit_get(lb_column_logical(a), i) == lb_bit_get(lb_column_logical(b), k);
  case LB_DATE:
    return lb_column_days(a)[i] == lb_column_days(b)[k];
  case LB_REAL:
    return lb_column_real(a)[i] == lb_column_real(b)[k];
  default:
    return lb_column_integer(a)[i] == lb_column_integer(b)[k];
  }
}

/* Rows ascend as a filter leaves them, or jump; some are none. */
static void check_gather(const lb_column *column, size_t n, bool ascend, bool none)
{
  lb_error err = {0};
  lb_column *got = NULL;
  uint64_t seed = n + 1;
  lb_row *rows = lb_mem_array(n, sizeof *rows);
  assert_non_null(rows);
  for (size_t i = 0; i < n; i++) {
    rows[i] = (lb_row)(ascend ? i * SOURCE / n : draw(&seed, SOURCE));
    if (none && draw(&seed, 6) == 0) rows[i] = LB_NO_ROW;
  }
  LB_OK_OR_FAIL(lb_column_gather(column, rows, n, &got, &err), err);
  assert_int_equal(lb_column_length(got), n);
  size_t n_missing = 0;
  for (size_t i = 0; i < n; i++) {
    bool want = rows[i] != LB_NO_ROW && lb_is_valid(lb_column_valid(column), rows[i]);
    assert_int_equal(lb_is_valid(lb_column_valid(got), i), want);
    n_missing += !want;
    if (want) assert_true(same_cell(got, i, column, rows[i]));
  }
  assert_int_equal(lb_column_missing(got), n_missing);
  lb_column_release(got);
  lb_mem_free(rows);
}

static void check_column(lb_column *column)
{
  for (int threads = 1; threads <= 2; threads++) {
    lb_threads_set(threads);
    for (size_t k = 0; k < sizeof LENGTHS / sizeof *LENGTHS; k++)
      for (unsigned how = 0; how < 4; how++)
        check_gather(column, LENGTHS[k], (how & 1) != 0, (how & 2) != 0);
  }
  lb_threads_set(0);
  lb_column_release(column);
}

static void every_type_is_gathered(void **state)
{
  static const lb_type types[] = {LB_REAL, LB_INTEGER, LB_LOGICAL, LB_DATE, LB_DATETIME};
  (void)state;
  for (int missing = 0; missing < 2; missing++) {
    for (size_t k = 0; k < sizeof types / sizeof *types; k++)
      check_column(fixed_column(types[k], missing));
    check_column(text_column(missing));
  }
}

static void a_row_that_is_not_there_is_refused(void **state)
{
  lb_column *column = fixed_column(LB_INTEGER, false), *got = NULL;
  (void)state;
  for (size_t at = 0; at < 130; at++) {
    lb_row rows[130] = {0};
    lb_error err = {0};
    rows[at] = SOURCE;
    rows[(at + 7) % 130] = LB_NO_ROW;
    assert_int_equal(lb_column_gather(column, rows, 130, &got, &err), LB_EARG);
    assert_non_null(strstr(err.message, "row 3001 of a column with 3000 rows"));
    assert_null(got);
  }
  lb_column_release(column);
}

static void failures_of_memory_leak_nothing(void **state)
{
  lb_column *column = text_column(true);
  size_t before = lb_mem_live();
  const lb_row rows[] = {5, LB_NO_ROW, 2999, 0, 0};
  lb_status st = LB_ENOMEM;
  (void)state;
  for (long k = 0; st != LB_OK; k++) {
    lb_error err = {0};
    lb_column *got = NULL;
    lb_mem_fail_after(k);
    st = lb_column_gather(column, rows, 5, &got, &err);
    lb_mem_fail_after(-1);
    assert_true(st == LB_OK || (st == LB_ENOMEM && got == NULL && lb_mem_live() == before));
    lb_column_release(got);
  }
  lb_column_release(column);
}

int main(void)
{
  const struct CMUnitTest tests[] = {LB_TEST(every_type_is_gathered),
                                     LB_TEST(a_row_that_is_not_there_is_refused),
                                     LB_TEST(failures_of_memory_leak_nothing)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
