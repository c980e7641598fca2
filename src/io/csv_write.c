/* csv_write.c - a frame as comma-separated text that reads back as the same values. */
#include <string.h>

#include "base/bitmap.h"
#include "base/date.h"
#include "base/interrupt.h"
#include "base/mem.h"
#include "base/str.h"
#include "io/csv.h"
#include "io/csv_scan.h"
#include "io/zero_byte.h"

#define POLL_ROWS 4096

/* One column with what its type needs at hand. */
typedef struct source {
  const lb_column *column;
  const uint8_t *valid;
  lb_type type;
} source;

static void add_text(lb_str *s, const char *text, size_t length)
{
  if (!lb_csv_needs_quotes(text, length)) {
    lb_str_add(s, text, length);
    return;
  }
  lb_str_putc(s, '"');
  for (size_t at = 0; at < length;) {
    const char *quote = memchr(text + at, '"', length - at);
    size_t stop = quote == NULL ? length : (size_t)(quote - text) + 1;
    lb_str_add(s, text + at, stop - at);
    if (quote != NULL) lb_str_putc(s, '"');
    at = stop;
  }
  lb_str_putc(s, '"');
}

static void add_cell(lb_str *s, const source *from, size_t row)
{
  char buffer[LB_DATETIME_TEXT > LB_REAL_TEXT ? LB_DATETIME_TEXT : LB_REAL_TEXT];
  size_t n;
  const char *text;
  switch (from->type) {
  case LB_REAL:
    lb_str_add(s, buffer, lb_format_real(buffer, lb_column_real(from->column)[row]));
    break;
  case LB_INTEGER:
    lb_str_addf(s, "%lld", (long long)lb_column_integer(from->column)[row]);
    break;
  case LB_LOGICAL:
    lb_str_puts(s, lb_bit_get(lb_column_logical(from->column), row) ? "true" : "false");
    break;
  case LB_DATE:
    lb_str_add(s, buffer, lb_date_format(buffer, lb_column_days(from->column)[row]));
    break;
  case LB_DATETIME:
    lb_str_add(s, buffer, lb_datetime_format(buffer, lb_column_integer(from->column)[row]));
    break;
  case LB_TEXT:
  case LB_FACTOR:
    text = lb_column_text(from->column, row, &n);
    add_text(s, text, n);
  }
}

/* An empty line would be no row: the missing cells of a lone column are written NA. */
static void add_missing(lb_str *s, size_t n_columns)
{
  if (n_columns == 1) lb_str_puts(s, "NA");
}

static lb_status add_rows(lb_str *s, const lb_frame *frame, const source *column, lb_error *err)
{
  size_t n = lb_frame_columns(frame);
  for (size_t row = 0; row < lb_frame_rows(frame); row++) {
    if (row % POLL_ROWS == 0 && lb_interrupted()) return lb_error_interrupted(err);
    for (size_t i = 0; i < n; i++) {
      if (i > 0) lb_str_putc(s, ',');
      if (lb_is_valid(column[i].valid, row))
        add_cell(s, &column[i], row);
      else
        add_missing(s, n);
    }
    lb_str_putc(s, '\n');
  }
  return s->failed ? lb_error_nomem(err, "csv text") : LB_OK;
}

static lb_status get_sources(const lb_frame *frame, source *column, lb_error *err)
{
  lb_status st = LB_OK;
  for (size_t i = 0; i < lb_frame_columns(frame) && st == LB_OK; i++) {
    st = lb_frame_column(frame, i, &column[i].column, err);
    if (st != LB_OK) break;
    column[i].valid = lb_column_valid(column[i].column);
    column[i].type = lb_column_type(column[i].column);
  }
  return st;
}

lb_status lb_csv_write(const lb_frame *frame, char **text, size_t *length, lb_error *err)
{
  size_t n = lb_frame_columns(frame), size = 0;
  lb_str s = {0};
  char *bytes = NULL;
  source *column = lb_mem_zero(n, sizeof *column);
  if (column == NULL) return lb_error_nomem(err, "csv columns");
  lb_status st = get_sources(frame, column, err);
  if (st == LB_OK) st = lb_check_zero_bytes(frame, err);
  if (st != LB_OK) goto done;
  for (size_t i = 0; i < n; i++) {
    if (i > 0) lb_str_putc(&s, ',');
    add_text(&s, lb_frame_name(frame, i), strlen(lb_frame_name(frame, i)));
  }
  lb_str_putc(&s, '\n');
  st = add_rows(&s, frame, column, err);
  if (st != LB_OK) goto done;
  bytes = lb_str_take(&s, &size);
  if (bytes == NULL) {
    st = lb_error_nomem(err, "csv text");
    goto done;
  }
  *text = bytes;
  if (length != NULL) *length = size;
done:
  lb_str_reset(&s);
  lb_mem_free(column);
  return st;
}
