/* fuzz_expr.c - any bytes as an expression: compiled against a small frame and evaluated. */
#include "base/bitmap.h"
#include "base/mem.h"
#include "expr/expr.h"
#include <string.h>

#define ROWS 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void add(lb_frame *frame, const char *name, lb_type type, const void *values, size_t bytes,
                bool missing)
{
  lb_column *column = NULL;
  void *copy = lb_mem_alloc(bytes);
  uint8_t *valid = missing ? lb_bitmap_new(ROWS, true) : NULL;
  if (copy != NULL) memcpy(copy, values, bytes);
  if (valid != NULL) lb_bit_clear(valid, 1);
  if (lb_column_new(type, ROWS, copy, valid, &column, NULL) == LB_OK)
    lb_frame_add(frame, name, column, NULL);
  lb_column_release(column);
}

static lb_column *make_text(const char *bytes, const int64_t *offsets, size_t n)
{
  lb_column *column = NULL;
  char *copy = lb_mem_text(bytes, strlen(bytes));
  int64_t *places = lb_mem_array(n + 1, sizeof *places);
  if (places != NULL) memcpy(places, offsets, (n + 1) * sizeof *places);
  return lb_column_new_text(n, places, copy, NULL, &column, NULL) == LB_OK ? column : NULL;
}

static void add_words(lb_frame *frame)
{
  static const int64_t words[] = {0, 5, 5, 12, 16}, levels[] = {0, 3, 7, 11};
  const int32_t codes[] = {0, 1, 2, 0};
  lb_column *text = make_text("liverGr\xC3\xB6\xC3\x9F"
                              "ebone",
                              words, ROWS);
  lb_column *level = make_text("TAETACESIRT", levels, 3), *factor = NULL;
  int32_t *copy = lb_mem_alloc(sizeof codes);
  if (copy != NULL) memcpy(copy, codes, sizeof codes);
  if (lb_column_new_factor(ROWS, copy, level, true, NULL, &factor, NULL) == LB_OK)
    lb_frame_add(frame, "arm", factor, NULL);
  if (text != NULL) lb_frame_add(frame, "site", text, NULL);
  lb_column_release(text);
  lb_column_release(level);
  lb_column_release(factor);
}

static lb_frame *make_frame(void)
{
  const int64_t age[] = {64, 0, INT64_MAX, INT64_MIN};
  const double x[] = {1.5, 0, -2, 1e300};
  const int32_t day[] = {0, 1, 18000, -40000};
  const int64_t seen[] = {0, 1, -1, INT64_C(1600000000000000)};
  const uint8_t alive[] = {0x0A};
  lb_frame *frame = NULL;
  if (lb_frame_new(ROWS, "data.csv", &frame, NULL) != LB_OK) return NULL;
  add(frame, "age", LB_INTEGER, age, sizeof age, true);
  add(frame, "x", LB_REAL, x, sizeof x, true);
  add(frame, "day0", LB_DATE, day, sizeof day, true);
  add(frame, "seen", LB_DATETIME, seen, sizeof seen, false);
  add(frame, "alive", LB_LOGICAL, alive, sizeof alive, true);
  add_words(frame);
  return frame;
}

static void run(const char *text, size_t length, const lb_frame *frame, bool aggregate)
{
  lb_value two = {.kind = LB_VALUE_INTEGER, .integer = 2};
  lb_with_entry entry = {.name = "two", .value = two};
  lb_with with = {1, &entry};
  lb_expr_options options = {.with = &with, .aggregate = aggregate};
  lb_error err = {0};
  lb_expr *expr = NULL;
  lb_column *column = NULL;
  lb_selection rows = {0};
  lb_groups groups = {0};
  if (lb_expr_compile(text, length, frame, &options, &expr, &err) != LB_OK) return;
  if (lb_expr_eval(expr, frame, &column, &err) == LB_OK) lb_column_release(column);
  if (lb_expr_select(expr, frame, &rows, &err) == LB_OK) lb_mem_free(rows.rows);
  column = NULL;
  if (aggregate && lb_groups_make(frame, NULL, 0, &groups, &err) == LB_OK &&
      lb_expr_summarise(expr, frame, &groups, &column, &err) == LB_OK)
    lb_column_release(column);
  lb_groups_reset(&groups);
  lb_expr_free(expr);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  lb_frame *frame = make_frame();
  lb_value name = {0};
  size_t at = 0;
  lb_error err = {0};
  if (frame == NULL) return 0;
  run((const char *)data, size, frame, false);
  run((const char *)data, size, frame, true);
  (void)lb_expr_split((const char *)data, size, &name, &at, &err);
  lb_frame_release(frame);
  return 0;
}
