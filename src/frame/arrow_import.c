/* arrow_import.c - frames from other programs through the Arrow C data interface. */
#include <math.h>
#include <string.h>

#include "base/bitmap.h"
#include "base/mem.h"
#include "base/str.h"
#include "frame/arrow.h"
#include "frame/builder.h"

#define DAY_MS 86400000LL

typedef struct slice {
  const struct ArrowSchema *schema;
  const struct ArrowArray *array;
  size_t first, n; /* rows [first, first + n) of the buffers */
} slice;

static bool present(const slice *s, size_t row)
{
  const uint8_t *valid = s->array->n_buffers > 0 ? s->array->buffers[0] : NULL;
  return s->array->null_count == 0 || lb_is_valid(valid, s->first + row);
}

static bool is_format(const slice *s, const char *format)
{
  return strcmp(s->schema->format, format) == 0;
}

/* Integers of any width; false for a format that is none, or a uint64 beyond int64. */
static bool integer_at(const slice *s, size_t row, int64_t *out)
{
  const void *values = s->array->buffers[1];
  size_t i = s->first + row;
  uint64_t large;
  switch (s->schema->format[0]) {
  case 'c':
    *out = (int64_t)((const int8_t *)values)[i]; /* NOLINT(bugprone-signed-char-misuse): a number */
    return true;
  case 'C':
    *out = ((const uint8_t *)values)[i];
    return true;
  case 's':
    *out = ((const int16_t *)values)[i];
    return true;
  case 'S':
    *out = ((const uint16_t *)values)[i];
    return true;
  case 'i':
    *out = ((const int32_t *)values)[i];
    return true;
  case 'I':
    *out = ((const uint32_t *)values)[i];
    return true;
  case 'l':
    *out = ((const int64_t *)values)[i];
    return true;
  default:
    large = ((const uint64_t *)values)[i];
    *out = (int64_t)large;
    return large <= INT64_MAX;
  }
}

static lb_status too_large(size_t row, lb_error *err)
{
  return lb_error_set(err, LB_EDATA, "row %zu: a value that is too large", row + 1);
}

/* Microseconds of a timestamp "tss:", "tsm:", "tsu:", "tsn:". */
static bool moment(const slice *s, size_t row, int64_t *out)
{
  int64_t stored = ((const int64_t *)s->array->buffers[1])[s->first + row];
  switch (s->schema->format[2]) {
  case 's':
    return !__builtin_mul_overflow(stored, 1000000LL, out);
  case 'm':
    return !__builtin_mul_overflow(stored, 1000LL, out);
  case 'n':
    *out = stored / 1000 - (stored % 1000 < 0);
    return true;
  default:
    *out = stored;
    return true;
  }
}

static bool day(const slice *s, size_t row, int32_t *out)
{
  if (is_format(s, "tdD")) {
    *out = ((const int32_t *)s->array->buffers[1])[s->first + row];
    return true;
  }
  int64_t stored = ((const int64_t *)s->array->buffers[1])[s->first + row];
  int64_t days = stored / DAY_MS - (stored % DAY_MS < 0);
  *out = (int32_t)days;
  return days >= INT32_MIN && days <= INT32_MAX;
}

static double real_at(const slice *s, size_t row)
{
  const void *values = s->array->buffers[1];
  return is_format(s, "g") ? ((const double *)values)[s->first + row]
                           : (double)((const float *)values)[s->first + row];
}

/* Writes a present row; false when its value does not fit. */
static bool put(const slice *s, lb_type type, size_t row, void *values)
{
  switch (type) {
  case LB_REAL:
    ((double *)values)[row] = real_at(s, row);
    return true;
  case LB_LOGICAL:
    if (lb_bit_get(s->array->buffers[1], s->first + row)) lb_bit_set(values, row);
    return true;
  case LB_DATE:
    return day(s, row, (int32_t *)values + row);
  case LB_DATETIME:
    return moment(s, row, (int64_t *)values + row);
  default:
    return integer_at(s, row, (int64_t *)values + row);
  }
}

static lb_status import_values(const slice *s, lb_type type, bool all_missing, lb_column **out,
                               lb_error *err)
{
  void *values = type == LB_LOGICAL ? lb_bitmap_new(s->n, false) : lb_mem_zero(s->n, 8);
  uint8_t *valid = lb_bitmap_new(s->n, true);
  lb_status st = values == NULL || valid == NULL ? lb_error_nomem(err, "column") : LB_OK;
  for (size_t row = 0; row < s->n && st == LB_OK; row++) {
    if (all_missing || !present(s, row))
      lb_bit_clear(valid, row);
    else if (!put(s, type, row, values))
      st = too_large(row, err);
  }
  if (st == LB_OK) return lb_column_new(type, s->n, values, valid, out, err);
  lb_mem_free(values);
  lb_mem_free(valid);
  return st;
}

static lb_status import_text(const slice *s, lb_column **out, lb_error *err)
{
  bool large = is_format(s, "U");
  const int64_t *wide = s->array->buffers[1];
  const int32_t *narrow = s->array->buffers[1];
  const char *bytes = s->array->buffers[2];
  lb_text_builder builder = {0};
  lb_status st = LB_OK;
  for (size_t row = 0; row < s->n && st == LB_OK; row++) {
    size_t i = s->first + row;
    if (!present(s, row)) {
      lb_text_builder_add_missing(&builder);
      continue;
    }
    int64_t start = large ? wide[i] : narrow[i], end = large ? wide[i + 1] : narrow[i + 1];
    const char *text = start < end ? bytes + start : "";
    if (start < 0 || start > end)
      st = lb_error_set(err, LB_EDATA, "row %zu: offsets that run backwards", row + 1);
    else if (!lb_utf8_valid(text, (size_t)(end - start)))
      st = lb_error_set(err, LB_EDATA, "row %zu: text that is not UTF-8", row + 1);
    else
      lb_text_builder_add(&builder, text, (size_t)(end - start));
  }
  if (st == LB_OK) return lb_text_builder_finish(&builder, out, err);
  lb_text_builder_reset(&builder);
  return st;
}

static lb_status unknown_type(const slice *s, lb_error *err)
{
  return lb_error_set(err, LB_ETYPE, "its Arrow format '%.20s' is not read", s->schema->format);
}

static lb_status import_factor(const slice *s, lb_column **out, lb_error *err)
{
  const struct ArrowArray *d = s->array->dictionary;
  slice levels = {s->schema->dictionary, d, 0, 0};
  lb_column *texts = NULL;
  if (d == NULL || strchr("cCsSiIlL", s->schema->format[0]) == NULL ||
      (!is_format(&levels, "U") && !is_format(&levels, "u")))
    return unknown_type(s, err);
  levels.first = (size_t)d->offset;
  levels.n = (size_t)d->length;
  lb_status st = import_text(&levels, &texts, err);
  int32_t *codes = lb_mem_zero(s->n, sizeof *codes);
  uint8_t *valid = lb_bitmap_new(s->n, true);
  if (st == LB_OK && (codes == NULL || valid == NULL)) st = lb_error_nomem(err, "column");
  for (size_t row = 0; row < s->n && st == LB_OK; row++) {
    int64_t code;
    if (!present(s, row))
      lb_bit_clear(valid, row);
    else if (!integer_at(s, row, &code) || code < 0 || code >= (int64_t)levels.n)
      st = lb_error_set(err, LB_EDATA, "row %zu: a code without a level", row + 1);
    else
      codes[row] = (int32_t)code;
  }
  bool ordered = (s->schema->flags & ARROW_FLAG_DICTIONARY_ORDERED) != 0;
  if (st == LB_OK) {
    st = lb_column_new_factor(s->n, codes, texts, ordered, valid, out, err);
  } else {
    lb_mem_free(codes);
    lb_mem_free(valid);
  }
  lb_column_release(texts);
  return st;
}

static lb_status import_values_of(const slice *s, lb_column **out, lb_error *err)
{
  const char *f = s->schema->format;
  if (s->schema->dictionary != NULL) return import_factor(s, out, err);
  if (strcmp(f, "n") == 0) return import_values(s, LB_REAL, true, out, err);
  if (strcmp(f, "u") == 0 || strcmp(f, "U") == 0) return import_text(s, out, err);
  if (strcmp(f, "g") == 0 || strcmp(f, "f") == 0) return import_values(s, LB_REAL, false, out, err);
  if (strcmp(f, "b") == 0) return import_values(s, LB_LOGICAL, false, out, err);
  if (strcmp(f, "tdD") == 0 || strcmp(f, "tdm") == 0)
    return import_values(s, LB_DATE, false, out, err);
  if (strncmp(f, "ts", 2) == 0 && f[2] != '\0' && strchr("smun", f[2]) != NULL && f[3] == ':')
    return import_values(s, LB_DATETIME, false, out, err);
  if (f[0] != '\0' && f[1] == '\0' && strchr("cCsSiIlL", f[0]) != NULL)
    return import_values(s, LB_INTEGER, false, out, err);
  return unknown_type(s, err);
}

/* ---- Metadata ---- */

static const char *get_length(const char *at, size_t *length)
{
  int32_t value;
  memcpy(&value, at, sizeof value);
  *length = value < 0 ? 0 : (size_t)value;
  return at + sizeof value;
}

/* A copy of the value of a key; NULL with *ok when there is none. */
static char *find_metadata(const char *metadata, const char *key, bool *ok)
{
  size_t n, length;
  *ok = true;
  if (metadata == NULL) return NULL;
  const char *at = get_length(metadata, &n);
  for (; n > 0; n--) {
    at = get_length(at, &length);
    bool same = length == strlen(key) && memcmp(at, key, length) == 0;
    at = get_length(at + length, &length);
    if (same && lb_utf8_valid(at, length)) {
      char *value = lb_mem_text(at, length);
      *ok = value != NULL;
      return value;
    }
    at += length;
  }
  return NULL;
}

static lb_status label_column(const struct ArrowSchema *schema, lb_column **column, lb_error *err)
{
  bool ok, ok_unit;
  lb_column *labelled = NULL;
  char *label = find_metadata(schema->metadata, "label", &ok);
  char *unit = find_metadata(schema->metadata, "unit", &ok_unit);
  lb_status st = ok && ok_unit ? LB_OK : lb_error_nomem(err, "label");
  if (st == LB_OK && (label != NULL || unit != NULL)) {
    st = lb_column_with_label(*column, label, unit, &labelled, err);
    if (st == LB_OK) {
      lb_column_release(*column);
      *column = labelled;
    }
  }
  lb_mem_free(label);
  lb_mem_free(unit);
  return st;
}

/* ---- The frame ---- */

static lb_status import_column(const struct ArrowSchema *schema, const struct ArrowArray *parent,
                               size_t i, lb_frame *frame, lb_error *err)
{
  const struct ArrowArray *array = parent->children[i];
  slice s = {schema, array, (size_t)(parent->offset + array->offset), (size_t)parent->length};
  lb_column *column = NULL;
  const char *name = schema->name == NULL ? "" : schema->name;
  lb_status st;
  if (array->length < parent->offset + parent->length)
    st = lb_error_set(err, LB_EDATA, "it has %lld rows, the table %lld", (long long)array->length,
                      (long long)parent->length);
  else
    st = import_values_of(&s, &column, err);
  if (st == LB_OK) st = label_column(schema, &column, err);
  if (st != LB_OK && st != LB_ENOMEM) lb_error_in(err, "column '%s'", name);
  if (st == LB_OK) st = lb_frame_add(frame, name, column, err);
  lb_column_release(column);
  return st;
}

static lb_status import_frame(const struct ArrowSchema *schema, const struct ArrowArray *array,
                              const char *source_name, lb_frame **frame, lb_error *err)
{
  if (strcmp(schema->format, "+s") != 0 || array->n_children != schema->n_children)
    return lb_error_set(err, LB_EARG, "Arrow data: expected a struct array, found format '%.20s'",
                        schema->format);
  if (array->length < 0 || array->length >= UINT32_MAX || array->offset < 0)
    return lb_error_set(err, LB_EDATA, "Arrow data of %lld rows", (long long)array->length);
  if (array->null_count > 0)
    return lb_error_set(err, LB_EDATA, "Arrow data with rows that are null as a whole");
  lb_status st = lb_frame_new((size_t)array->length, source_name, frame, err);
  for (int64_t i = 0; i < schema->n_children && st == LB_OK; i++)
    st = import_column(schema->children[i], array, (size_t)i, *frame, err);
  return st;
}

lb_status lb_arrow_import(struct ArrowSchema *schema, struct ArrowArray *array, const char *source,
                          lb_frame **out, lb_error *err)
{
  lb_frame *frame = NULL;
  lb_status st;
  if (schema->release == NULL || array->release == NULL)
    st = lb_error_set(err, LB_EARG, "Arrow data that was released already");
  else
    st = import_frame(schema, array, source, &frame, err);
  if (schema->release != NULL) schema->release(schema);
  if (array->release != NULL) array->release(array);
  if (st == LB_OK)
    *out = frame;
  else
    lb_frame_release(frame);
  return st;
}
