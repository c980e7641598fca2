/* test_arrow.c - frames through the Arrow C data interface: out, in, slices, foreign types. */
#include "check.h"

#include "base/bitmap.h"
#include "frame/arrow.h"
#include "frame/builder.h"

/* Every type, with a missing value in row 1. */
static lb_frame *sample(void)
{
  static const char *const TEXTS[] = {"a", "", "c\xC3\xA9"}, *const LEVELS[] = {"low", "high"};
  static const lb_type TYPES[] = {LB_REAL, LB_INTEGER, LB_LOGICAL, LB_DATE, LB_DATETIME};
  lb_frame *f = NULL;
  lb_column *c = NULL, *labelled = NULL, *levels = NULL;
  assert_int_equal(lb_frame_new(3, NULL, &f, NULL), LB_OK);
  for (size_t i = 0; i < 5; i++) {
    void *values = lb_mem_zero(3, 8);
    uint8_t *valid = lb_bitmap_new(3, true);
    lb_bit_clear(valid, 1);
    if (TYPES[i] == LB_REAL) ((double *)values)[2] = 2.5;
    if (TYPES[i] == LB_INTEGER || TYPES[i] == LB_DATETIME) ((int64_t *)values)[2] = -7;
    if (TYPES[i] == LB_LOGICAL) lb_bit_set(values, 2);
    if (TYPES[i] == LB_DATE) ((int32_t *)values)[2] = 19782;
    assert_int_equal(lb_column_new(TYPES[i], 3, values, valid, &c, NULL), LB_OK);
    assert_int_equal(lb_column_with_label(c, i == 0 ? "Size" : NULL, "mm", &labelled, NULL), LB_OK);
    assert_int_equal(lb_frame_add(f, lb_type_name(TYPES[i]), labelled, NULL), LB_OK);
    lb_column_release(c);
    lb_column_release(labelled);
  }
  assert_int_equal(lb_column_from_texts(TEXTS, 3, &c, NULL), LB_OK);
  assert_int_equal(lb_frame_add(f, "text", c, NULL), LB_OK);
  lb_column_release(c);
  assert_int_equal(lb_column_from_texts(LEVELS, 2, &levels, NULL), LB_OK);
  int32_t *codes = lb_mem_zero(3, sizeof *codes);
  codes[2] = 1;
  assert_int_equal(lb_column_new_factor(3, codes, levels, true, NULL, &c, NULL), LB_OK);
  assert_int_equal(lb_frame_add(f, "factor", c, NULL), LB_OK);
  lb_column_release(levels);
  lb_column_release(c);
  return f;
}

static const lb_column *column(const lb_frame *f, size_t i)
{
  const lb_column *c = NULL;
  assert_int_equal(lb_frame_column(f, i, &c, NULL), LB_OK);
  return c;
}

static void assert_same(const lb_frame *f, const lb_frame *g)
{
  assert_int_equal(lb_frame_columns(f), lb_frame_columns(g));
  assert_int_equal(lb_frame_rows(f), lb_frame_rows(g));
  for (size_t i = 0; i < lb_frame_columns(f); i++) {
    const lb_column *a = column(f, i), *b = column(g, i);
    assert_string_equal(lb_frame_name(f, i), lb_frame_name(g, i));
    assert_int_equal(lb_column_type(a), lb_column_type(b));
    assert_int_equal(lb_column_ordered(a), lb_column_ordered(b));
    assert_int_equal(lb_column_label(a) == NULL, lb_column_label(b) == NULL);
    assert_int_equal(lb_column_unit(a) == NULL, lb_column_unit(b) == NULL);
    for (size_t row = 0; row < lb_frame_rows(f); row++) {
      assert_int_equal(lb_is_valid(lb_column_valid(a), row), lb_is_valid(lb_column_valid(b), row));
      if (!lb_is_valid(lb_column_valid(a), row)) continue;
      if (lb_column_type(a) != LB_TEXT)
        LB_NEAR(lb_column_number(a, row), lb_column_number(b, row), 0);
      if (lb_column_type(a) != LB_TEXT && lb_column_type(a) != LB_FACTOR) continue;
      size_t n, m;
      const char *one = lb_column_text(a, row, &n), *other = lb_column_text(b, row, &m);
      assert_int_equal(n, m);
      assert_memory_equal(one, other, n);
    }
  }
}

static void test_round_trip(void **state)
{
  (void)state;
  lb_frame *f = sample(), *g = NULL;
  struct ArrowSchema schema;
  struct ArrowArray array;
  lb_error err = {0};
  LB_OK_OR_FAIL(lb_arrow_export(f, &schema, &array, &err), err);
  assert_string_equal(schema.format, "+s");
  assert_string_equal(schema.children[4]->format, "tsu:UTC");
  assert_string_equal(schema.children[6]->dictionary->format, "U");
  assert_ptr_equal(array.children[0]->buffers[1], lb_column_real(column(f, 0))); /* not a copy */
  LB_OK_OR_FAIL(lb_arrow_import(&schema, &array, NULL, &g, &err), err);
  assert_null(schema.release); /* taken */
  assert_same(f, g);
  assert_string_equal(lb_column_label(column(g, 0)), "Size");
  assert_string_equal(lb_column_unit(column(g, 0)), "mm");
  lb_frame_release(f);
  lb_frame_release(g);
}

/* The buffers outlive the frame that they came from. */
static void test_export_keeps_its_columns(void **state)
{
  (void)state;
  lb_frame *f = sample(), *g = NULL;
  struct ArrowSchema schema;
  struct ArrowArray array;
  assert_int_equal(lb_arrow_export(f, &schema, &array, NULL), LB_OK);
  lb_frame_release(f);
  LB_NEAR(((const double *)array.children[0]->buffers[1])[2], 2.5, 0);
  assert_int_equal(lb_arrow_import(&schema, &array, NULL, &g, NULL), LB_OK);
  assert_int_equal(lb_frame_rows(g), 3);
  lb_frame_release(g);
}

static void test_slices_and_moved_children(void **state)
{
  (void)state;
  lb_frame *f = sample(), *g = NULL;
  struct ArrowSchema schema;
  struct ArrowArray array;
  assert_int_equal(lb_arrow_export(f, &schema, &array, NULL), LB_OK);
  array.offset = 1; /* rows 2 and 3 */
  array.length = 2;
  assert_int_equal(lb_arrow_import(&schema, &array, NULL, &g, NULL), LB_OK);
  assert_int_equal(lb_frame_rows(g), 2);
  LB_NEAR(lb_column_real(column(g, 0))[1], 2.5, 0);
  assert_true(lb_bit_get(lb_column_logical(column(g, 2)), 1));
  size_t n;
  assert_memory_equal(lb_column_text(column(g, 5), 1, &n), "c\xC3\xA9", 3);
  lb_frame_release(g);
  /* A receiver may take a child away and release it by itself. */
  assert_int_equal(lb_arrow_export(f, &schema, &array, NULL), LB_OK);
  struct ArrowArray child = *array.children[5];
  array.children[5]->release = NULL;
  array.release(&array);
  schema.release(&schema);
  assert_memory_equal(child.buffers[2], "a", 1);
  child.release(&child);
  lb_frame_release(f);
}

/* ---- Types of others ---- */

static int released;
static void release_schema(struct ArrowSchema *schema)
{
  schema->release = NULL;
  released++;
}
static void release_array(struct ArrowArray *array)
{
  array->release = NULL;
  released++;
}

/* A struct of one column of n rows over borrowed buffers. */
static lb_status import_one(const char *format, const void *values, int64_t n, lb_frame **out,
                            lb_error *err)
{
  const void *buffers[3] = {NULL, values, NULL}, *none[1] = {NULL};
  struct ArrowSchema child = {.format = format, .name = "x", .flags = ARROW_FLAG_NULLABLE};
  struct ArrowArray data = {.length = n, .n_buffers = 2, .buffers = buffers};
  struct ArrowSchema *children[1] = {&child};
  struct ArrowArray *arrays[1] = {&data};
  struct ArrowSchema schema = {.format = "+s", .n_children = 1, .children = children};
  struct ArrowArray array = {.length = n, .n_buffers = 1, .buffers = none, .n_children = 1};
  array.children = arrays;
  schema.release = release_schema;
  array.release = release_array;
  released = 0;
  lb_status st = lb_arrow_import(&schema, &array, NULL, out, err);
  assert_int_equal(released, 2); /* also on failure */
  return st;
}

static void test_foreign_types(void **state)
{
  (void)state;
  static const int8_t BYTES[] = {-1, 2};
  static const uint64_t LARGE[] = {1, UINT64_MAX};
  static const float FLOATS[] = {0.5f, 1.0f};
  static const int64_t NANOSECONDS[] = {-1, 1999}, MILLISECONDS[] = {-1, 86400000};
  lb_frame *f = NULL;
  lb_error err = {0};
  LB_OK_OR_FAIL(import_one("c", BYTES, 2, &f, &err), err);
  assert_int_equal(lb_column_integer(column(f, 0))[0], -1);
  lb_frame_release(f);
  LB_OK_OR_FAIL(import_one("f", FLOATS, 2, &f, &err), err);
  LB_NEAR(lb_column_real(column(f, 0))[0], 0.5, 0);
  lb_frame_release(f);
  LB_OK_OR_FAIL(import_one("tsn:", NANOSECONDS, 2, &f, &err), err);
  assert_int_equal(lb_column_integer(column(f, 0))[0], -1); /* rounded down */
  assert_int_equal(lb_column_integer(column(f, 0))[1], 1);
  lb_frame_release(f);
  LB_OK_OR_FAIL(import_one("tdm", MILLISECONDS, 2, &f, &err), err);
  assert_int_equal(lb_column_days(column(f, 0))[0], -1);
  assert_int_equal(lb_column_days(column(f, 0))[1], 1);
  lb_frame_release(f);
  f = NULL;
  assert_int_equal(import_one("L", LARGE, 2, &f, &err), LB_EDATA);
  assert_string_equal(err.message, "column 'x': row 2: a value that is too large");
  assert_int_equal(import_one("d:19,4", LARGE, 2, &f, &err), LB_ETYPE);
  assert_non_null(strstr(err.message, "'d:19,4' is not read"));
  assert_int_equal(import_one("tsx:", LARGE, 2, &f, &err), LB_ETYPE);
  assert_null(f);
  LB_OK_OR_FAIL(import_one("l", LARGE, 0, &f, &err), err);
  assert_int_equal(lb_frame_rows(f), 0);
  lb_frame_release(f);
}

static void test_allocation_failures(void **state)
{
  (void)state;
  lb_frame *f = sample();
  struct ArrowSchema schema = {0};
  struct ArrowArray array = {0};
  size_t live = lb_mem_live();
  lb_status st = LB_ENOMEM;
  for (long k = 0; st != LB_OK; k++) {
    lb_mem_fail_after(k);
    st = lb_arrow_export(f, &schema, &array, NULL);
    assert_true(st == LB_OK ||
                (st == LB_ENOMEM && lb_mem_live() == live && schema.release == NULL));
  }
  lb_mem_fail_after(-1);
  schema.release(&schema);
  array.release(&array);
  st = LB_ENOMEM;
  for (long k = 0; st != LB_OK; k++) {
    lb_frame *g = NULL;
    assert_int_equal(lb_arrow_export(f, &schema, &array, NULL), LB_OK);
    lb_mem_fail_after(k);
    st = lb_arrow_import(&schema, &array, NULL, &g, NULL);
    lb_mem_fail_after(-1);
    assert_true(st == LB_OK || (st == LB_ENOMEM && g == NULL && lb_mem_live() == live));
    lb_frame_release(g);
  }
  lb_frame_release(f);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      LB_TEST(test_round_trip),
      LB_TEST(test_export_keeps_its_columns),
      LB_TEST(test_slices_and_moved_children),
      LB_TEST(test_foreign_types),
      LB_TEST(test_allocation_failures),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
