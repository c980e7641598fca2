/* readstat_write.c - a frame as a SAS transport, SPSS or Stata file; what the format cannot hold is
 * refused before anything is written. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/bitmap.h"
#include "base/interrupt.h"
#include "base/mem.h"
#include "base/str.h"
#include "io/readstat_api.h"

#define DAY_MICROSECONDS 86400000000LL
#define LARGEST_EXACT    9007199254740992LL
#define STATA_INT_MAX    2147483620 /* larger ones are its missing values */
#define STATA_INT_MIN    (-2147483647)
#define POLL_ROWS        1024

typedef struct limits {
  size_t name, label, text; /* bytes */
  int version;              /* of the file format */
  double largest, smallest; /* numbers: IBM floating point, Stata's and SPSS's missing values */
  const char *date, *datetime;
} limits;

static const limits LIMITS[] = {
    [LB_STAT_XPT] = {8, 40, 200, 5, 7.2e75, 5.4e-79, "DATE9", "DATETIME20"},
    [LB_STAT_SAV] = {64, 255, 32767, 2, 1.79e308, 0, "SDATE10", "DATETIME20"},
    [LB_STAT_DTA] = {32, 80, 2045, 118, 8.98e307, 0, "%td", "%tc"}};

typedef struct writing {
  lb_stat_api api;
  readstat_writer_t *writer;
  const lb_frame *frame;
  lb_stat_format format;
  const limits *limit;
  const lb_column **column;
  bool *small; /* Stata: an integer column of 32 bits */
  lb_str bytes, text;
} writing;

/* ---- What the format cannot hold ---- */

static bool plain_name(const char *name)
{
  bool ok = (*name >= 'A' && *name <= 'Z') || (*name >= 'a' && *name <= 'z') || *name == '_';
  for (; ok && *name != '\0'; name++)
    ok = (*name >= 'A' && *name <= 'Z') || (*name >= 'a' && *name <= 'z') || *name == '_' ||
         (*name >= '0' && *name <= '9');
  return ok;
}

static lb_status check_name(const writing *w, const char *name, lb_error *err)
{
  size_t length = strlen(name);
  if (length > w->limit->name)
    lb_error_set(err, LB_EDATA, "column '%s': names in a %s file have at most %zu characters", name,
                 lb_stat_format_name(w->format), w->limit->name);
  else if (!plain_name(name) || (w->format == LB_STAT_SAV && name[0] == '_'))
    lb_error_set(err, LB_EDATA,
                 "column '%s': names in a %s file are letters, digits and _, a letter first", name,
                 lb_stat_format_name(w->format));
  else
    return LB_OK;
  lb_error_mend(err, "Rename it: frame:rename(\"%.60s\", \"...\").", name);
  return LB_EDATA;
}

static lb_status check_label(const writing *w, const char *name, const lb_column *c, lb_error *err)
{
  const char *label = lb_column_label(c);
  if (label == NULL || strlen(label) <= w->limit->label) return LB_OK;
  lb_error_set(err, LB_EDATA, "column '%s': its label has %zu bytes, a %s file holds %zu", name,
               strlen(label), lb_stat_format_name(w->format), w->limit->label);
  return lb_error_mend(err, "Shorten it: frame:label { %.60s = \"...\" }.", name);
}

static lb_status check_real(const writing *w, const lb_column *c, const char *name, lb_error *err)
{
  for (size_t row = 0; row < lb_column_length(c); row++) {
    double value = lb_column_real(c)[row], size = fabs(value);
    if (!lb_is_valid(lb_column_valid(c), row)) continue;
    if (value == 0 || (size <= w->limit->largest && size >= w->limit->smallest)) continue;
    lb_error_set(err, LB_EDATA, "column '%s', row %zu: %s, which a %s file cannot hold", name,
                 row + 1,
                 !isfinite(value) ? "NaN or infinite" : "a number too large or too near to 0",
                 lb_stat_format_name(w->format));
    return lb_error_mend(err, "Make it missing, or leave the rows out.");
  }
  return LB_OK;
}

/* Also finds out whether Stata's 32 bits are enough. */
static lb_status check_integer(const lb_column *c, const char *name, bool *fits32, lb_error *err)
{
  *fits32 = true;
  for (size_t row = 0; row < lb_column_length(c); row++) {
    if (!lb_is_valid(lb_column_valid(c), row)) continue;
    int64_t value = lb_column_integer(c)[row];
    *fits32 = *fits32 && value >= STATA_INT_MIN && value <= STATA_INT_MAX;
    if (value >= -LARGEST_EXACT && value <= LARGEST_EXACT) continue;
    lb_error_set(err, LB_EDATA, "column '%s', row %zu: an integer beyond 2^53, which loses digits",
                 name, row + 1);
    return lb_error_mend(err, "Ids are written as text.");
  }
  return LB_OK;
}

static lb_status check_text(const writing *w, const lb_column *c, const char *name, lb_error *err)
{
  size_t length;
  for (size_t row = 0; row < lb_column_length(c); row++) {
    if (!lb_is_valid(lb_column_valid(c), row)) continue;
    const char *text = lb_column_text(c, row, &length);
    if (memchr(text, '\0', length) != NULL)
      return lb_error_set(err, LB_EDATA, "column '%s', row %zu: text with a zero byte", name,
                          row + 1);
    if (length <= w->limit->text) continue;
    lb_error_set(err, LB_EDATA, "column '%s', row %zu: a text of %zu bytes, a %s file holds %zu",
                 name, row + 1, length, lb_stat_format_name(w->format), w->limit->text);
    return lb_error_mend(err, "Split it over several columns, or leave the column out.");
  }
  return LB_OK;
}

static lb_status check_column(writing *w, size_t i, lb_error *err)
{
  const char *name = lb_frame_name(w->frame, i);
  lb_status st = lb_frame_column(w->frame, i, &w->column[i], err);
  const lb_column *c = w->column[i];
  if (st == LB_OK) st = check_name(w, name, err);
  if (st == LB_OK) st = check_label(w, name, c, err);
  if (st != LB_OK) return st;
  switch (lb_column_type(c)) {
  case LB_REAL:
    return check_real(w, c, name, err);
  case LB_INTEGER:
    return check_integer(c, name, &w->small[i], err);
  case LB_TEXT:
    return check_text(w, c, name, err);
  case LB_FACTOR:
    return w->format == LB_STAT_XPT ? check_text(w, c, name, err) : LB_OK;
  default:
    return LB_OK;
  }
}

/* Transport files and SPSS do not tell upper and lower case apart. */
static lb_status check_names_differ(const writing *w, lb_error *err)
{
  size_t n = lb_frame_columns(w->frame);
  for (size_t i = 0; w->format != LB_STAT_DTA && i < n; i++)
    for (size_t j = 0; j < i; j++)
      if (strcasecmp(lb_frame_name(w->frame, i), lb_frame_name(w->frame, j)) == 0)
        return lb_error_set(
            err, LB_EDATA, "columns '%s' and '%s' are one name in a %s file: rename one",
            lb_frame_name(w->frame, j), lb_frame_name(w->frame, i), lb_stat_format_name(w->format));
  return LB_OK;
}

/* ---- Variables ---- */

static bool as_text(const writing *w, const lb_column *c)
{
  lb_type type = lb_column_type(c);
  return type == LB_TEXT || (type == LB_FACTOR && w->format == LB_STAT_XPT);
}

static size_t longest_text(const lb_column *c)
{
  size_t longest = 1, length;
  for (size_t row = 0; row < lb_column_length(c); row++) {
    if (!lb_is_valid(lb_column_valid(c), row)) continue;
    lb_column_text(c, row, &length);
    if (length > longest) longest = length;
  }
  return longest;
}

static readstat_type_t stored_type(const writing *w, size_t i)
{
  lb_type type = lb_column_type(w->column[i]);
  if (as_text(w, w->column[i])) return READSTAT_TYPE_STRING;
  if (w->format != LB_STAT_DTA) return READSTAT_TYPE_DOUBLE;
  if (type == LB_LOGICAL) return READSTAT_TYPE_INT8;
  bool int32 = type == LB_FACTOR || type == LB_DATE || (type == LB_INTEGER && w->small[i]);
  return int32 ? READSTAT_TYPE_INT32 : READSTAT_TYPE_DOUBLE;
}

/* Levels as value labels of the codes from 1. */
static lb_status add_levels(writing *w, size_t i, readstat_variable_t *variable, lb_error *err)
{
  const lb_column *levels = lb_column_levels(w->column[i]);
  char name[32];
  snprintf(name, sizeof name, "labels%zu", i + 1);
  bool int32 = w->format == LB_STAT_DTA;
  readstat_label_set_t *set =
      w->api.add_label_set(w->writer, int32 ? READSTAT_TYPE_INT32 : READSTAT_TYPE_DOUBLE, name);
  if (set == NULL) return lb_error_nomem(err, "value labels");
  for (size_t k = 0; k < lb_column_length(levels); k++) {
    size_t length;
    const char *text = lb_column_text(levels, k, &length);
    w->text.length = 0;
    lb_str_add(&w->text, text, length);
    if (w->text.failed) return lb_error_nomem(err, "value labels");
    const char *label = length == 0 ? "" : w->text.data;
    if (w->format == LB_STAT_SAV && length > 120)
      return lb_error_set(err, LB_EDATA, "column '%s': a level of more than 120 bytes",
                          lb_frame_name(w->frame, i));
    if (int32)
      w->api.label_int32_value(set, (int32_t)k + 1, label);
    else
      w->api.label_double_value(set, (double)k + 1, label);
  }
  w->api.variable_set_label_set(variable, set);
  return LB_OK;
}

static lb_status add_variable(writing *w, size_t i, lb_error *err)
{
  const lb_column *c = w->column[i];
  lb_type type = lb_column_type(c);
  size_t width = as_text(w, c) ? longest_text(c) : 0;
  readstat_variable_t *variable =
      w->api.add_variable(w->writer, lb_frame_name(w->frame, i), stored_type(w, i), width);
  if (variable == NULL) return lb_error_nomem(err, "variables");
  if (lb_column_label(c) != NULL) w->api.variable_set_label(variable, lb_column_label(c));
  if (type == LB_DATE) w->api.variable_set_format(variable, w->limit->date);
  if (type == LB_DATETIME) w->api.variable_set_format(variable, w->limit->datetime);
  if (type == LB_FACTOR && w->format != LB_STAT_XPT) return add_levels(w, i, variable, err);
  return LB_OK;
}

/* ---- Values ---- */

static double stored_number(const writing *w, const lb_column *c, size_t row)
{
  switch (lb_column_type(c)) {
  case LB_DATE:
    return lb_stat_stored(lb_column_days(c)[row] * DAY_MICROSECONDS, LB_SHOWS_DATE, w->format);
  case LB_DATETIME:
    return lb_stat_stored(lb_column_integer(c)[row], LB_SHOWS_DATETIME, w->format);
  case LB_FACTOR:
    return lb_column_codes(c)[row] + 1;
  default:
    return lb_column_number(c, row);
  }
}

static readstat_error_t put_text(writing *w, const readstat_variable_t *variable,
                                 const lb_column *c, size_t row)
{
  size_t length;
  const char *text = lb_column_text(c, row, &length);
  w->text.length = 0;
  lb_str_add(&w->text, text, length);
  if (w->text.failed) return READSTAT_ERROR_MALLOC;
  return w->api.insert_string_value(w->writer, variable, length == 0 ? "" : w->text.data);
}

static readstat_error_t put_cell(writing *w, size_t i, size_t row)
{
  const lb_column *c = w->column[i];
  const readstat_variable_t *variable = w->api.get_variable(w->writer, (int)i);
  if (!lb_is_valid(lb_column_valid(c), row))
    return w->api.insert_missing_value(w->writer, variable);
  if (as_text(w, c)) return put_text(w, variable, c, row);
  double value = stored_number(w, c, row);
  switch (stored_type(w, i)) {
  case READSTAT_TYPE_INT8:
    return w->api.insert_int8_value(w->writer, variable, (int8_t)value);
  case READSTAT_TYPE_INT32:
    return w->api.insert_int32_value(w->writer, variable, (int32_t)value);
  default:
    return w->api.insert_double_value(w->writer, variable, value);
  }
}

static readstat_error_t put_row(writing *w, size_t row)
{
  readstat_error_t code = w->api.begin_row(w->writer);
  for (size_t i = 0; i < lb_frame_columns(w->frame) && code == READSTAT_OK; i++)
    code = put_cell(w, i, row);
  return code == READSTAT_OK ? w->api.end_row(w->writer) : code;
}

static ssize_t on_bytes(const void *data, size_t length, void *context)
{
  writing *w = context;
  lb_str_add(&w->bytes, data, length);
  return w->bytes.failed ? -1 : (ssize_t)length;
}

static lb_status fail(const writing *w, readstat_error_t code, lb_error *err)
{
  if (w->bytes.failed || w->text.failed || code == READSTAT_ERROR_MALLOC)
    return lb_error_nomem(err, "file");
  return lb_error_set(err, LB_EDATA, "cannot write a %s file: %s", lb_stat_format_name(w->format),
                      w->api.error_message(code));
}

static lb_status write_rows(writing *w, lb_error *err)
{
  long n = (long)lb_frame_rows(w->frame);
  readstat_error_t (*begin)(readstat_writer_t *, void *, long) =
      w->format == LB_STAT_XPT   ? w->api.begin_writing_xport
      : w->format == LB_STAT_SAV ? w->api.begin_writing_sav
                                 : w->api.begin_writing_dta;
  readstat_error_t code = begin(w->writer, w, n);
  for (size_t row = 0; row < (size_t)n && code == READSTAT_OK; row++) {
    if (row % POLL_ROWS == 0 && lb_interrupted()) return lb_error_interrupted(err);
    code = put_row(w, row);
  }
  if (code == READSTAT_OK) code = w->api.end_writing(w->writer);
  return code == READSTAT_OK && !w->bytes.failed ? LB_OK : fail(w, code, err);
}

/* The files carry a time of making, in local time: always the same, so that the bytes are, too. */
static time_t fixed_time(void)
{
  struct tm moment = {.tm_year = 70, .tm_mon = 0, .tm_mday = 2, .tm_isdst = -1};
  return mktime(&moment);
}

static lb_status write_file(writing *w, lb_error *err)
{
  lb_status st = lb_stat_api_open(&w->api, err);
  if (st != LB_OK) return st;
  w->writer = w->api.writer_init();
  if (w->writer == NULL) return lb_error_nomem(err, "file");
  w->api.set_data_writer(w->writer, on_bytes);
  w->api.writer_set_file_timestamp(w->writer, fixed_time());
  w->api.writer_set_file_format_version(w->writer, (uint8_t)w->limit->version);
  if (w->format == LB_STAT_XPT) w->api.writer_set_table_name(w->writer, "DATA");
  for (size_t i = 0; i < lb_frame_columns(w->frame) && st == LB_OK; i++)
    st = add_variable(w, i, err);
  return st == LB_OK ? write_rows(w, err) : st;
}

lb_status lb_stat_write(const lb_frame *frame, lb_stat_format format, char **data, size_t *length,
                        lb_error *err)
{
  writing w = {.frame = frame, .format = format};
  size_t n = lb_frame_columns(frame);
  if (format != LB_STAT_XPT && format != LB_STAT_SAV && format != LB_STAT_DTA) {
    lb_error_set(err, LB_EARG, "%s files are read, not written", lb_stat_format_name(format));
    return lb_error_mend(err, "Write xpt for SAS, sav for SPSS.");
  }
  w.limit = &LIMITS[format];
  w.column = lb_mem_zero(n, sizeof *w.column);
  w.small = lb_mem_zero(n, sizeof *w.small);
  lb_status st = w.column == NULL || w.small == NULL ? lb_error_nomem(err, "file") : LB_OK;
  if (st == LB_OK && n == 0)
    st = lb_error_set(err, LB_EDATA, "a frame without columns makes no file");
  for (size_t i = 0; i < n && st == LB_OK; i++) st = check_column(&w, i, err);
  if (st == LB_OK) st = check_names_differ(&w, err);
  if (st == LB_OK) st = write_file(&w, err);
  if (st == LB_OK) {
    char *bytes = lb_str_take(&w.bytes, length);
    if (bytes == NULL)
      st = lb_error_nomem(err, "file");
    else
      *data = bytes;
  }
  if (w.writer != NULL) w.api.writer_free(w.writer);
  lb_str_reset(&w.bytes);
  lb_str_reset(&w.text);
  lb_mem_free(w.column);
  lb_mem_free(w.small);
  return st;
}
