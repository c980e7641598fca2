/* zero_byte.c - looks through the texts of a frame before they are written. */
#include "io/zero_byte.h"

#include <string.h>

#include "base/bitmap.h"

static lb_status check_texts(const lb_column *texts, const char *name, const char *what,
                             lb_error *err)
{
  const uint8_t *valid = lb_column_valid(texts);
  for (size_t row = 0; row < lb_column_length(texts); row++) {
    size_t length;
    if (!lb_is_valid(valid, row)) continue;
    const char *text = lb_column_text(texts, row, &length);
    if (length == 0 || memchr(text, '\0', length) == NULL) continue;
    lb_error_set(err, LB_EDATA, "column '%s': the text of %s %zu holds a zero byte", name, what,
                 row + 1);
    lb_error_mend(err, "No program could read it back; replace it first.");
    return LB_EDATA;
  }
  return LB_OK;
}

lb_status lb_check_zero_bytes(const lb_frame *frame, lb_error *err)
{
  for (size_t i = 0; i < lb_frame_columns(frame); i++) {
    const lb_column *column = NULL;
    const char *name = lb_frame_name(frame, i);
    lb_status st = lb_frame_column(frame, i, &column, err);
    if (st != LB_OK) return st;
    if (lb_column_type(column) == LB_TEXT)
      st = check_texts(column, name, "row", err);
    else if (lb_column_type(column) == LB_FACTOR)
      st = check_texts(lb_column_levels(column), name, "level", err);
    if (st != LB_OK) return st;
  }
  return LB_OK;
}
