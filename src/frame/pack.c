/* pack.c - a frame as one run of bytes: counts and lengths as 64-bit numbers, arrays as they stand
 * in memory, every piece padded to eight bytes. In this machine's byte order: it never lies in a
 * file. */
#include "frame/pack.h"

#include <string.h>

#include "base/bitmap.h"
#include "base/mem.h"
#include "base/str.h"
#include "frame/column_internal.h"

static const char MAGIC[8] = {'l', 'b', 'f', 'r', 'a', 'm', 'e', '1'};

/* What stands beside the type in a column's first number. */
enum { HAS_VALID = 1 << 8, HAS_LABEL = 1 << 9, HAS_UNIT = 1 << 10, IS_ORDERED = 1 << 11 };
#define TYPE_MASK 0xff

/* Bytes a value; 0: bits or text. */
static size_t value_size(lb_type type)
{
  switch (type) {
  case LB_REAL:
  case LB_INTEGER:
  case LB_DATETIME:
    return sizeof(int64_t);
  case LB_FACTOR:
  case LB_DATE:
    return sizeof(int32_t);
  default:
    return 0;
  }
}

static size_t padded(size_t length)
{
  return (length + 7) & ~(size_t)7;
}

/* ---- Writing: once to count, once to copy ---- */

typedef struct writer {
  char *bytes; /* NULL: only count */
  size_t length;
} writer;

static void put(writer *w, const void *data, size_t length)
{
  size_t whole = padded(length);
  if (w->bytes != NULL && length > 0) memcpy(w->bytes + w->length, data, length);
  if (w->bytes != NULL) memset(w->bytes + w->length + length, 0, whole - length);
  w->length += whole;
}

static void put_number(writer *w, uint64_t number)
{
  put(w, &number, sizeof number);
}

static void put_name(writer *w, const char *text)
{
  size_t length = strlen(text);
  put_number(w, length);
  put(w, text, length);
}

static void put_text(writer *w, const lb_column *column)
{
  size_t n = lb_column_length(column);
  const char *bytes;
  const int64_t *offsets = lb_column_offsets(column, &bytes);
  put(w, offsets, (n + 1) * sizeof *offsets);
  put(w, bytes, (size_t)offsets[n]);
}

static const void *values_of(const lb_column *column)
{
  switch (lb_column_type(column)) {
  case LB_REAL:
    return lb_column_real(column);
  case LB_INTEGER:
  case LB_DATETIME:
    return lb_column_integer(column);
  case LB_FACTOR:
    return lb_column_codes(column);
  default:
    return lb_column_days(column);
  }
}

static void put_column(writer *w, const char *name, const lb_column *column)
{
  size_t n = lb_column_length(column);
  lb_type type = lb_column_type(column);
  const uint8_t *valid = lb_column_valid(column);
  const char *label = lb_column_label(column), *unit = lb_column_unit(column);
  put_number(w, (uint64_t)type | (valid != NULL ? HAS_VALID : 0) | (label != NULL ? HAS_LABEL : 0) |
                    (unit != NULL ? HAS_UNIT : 0) | (lb_column_ordered(column) ? IS_ORDERED : 0));
  put_name(w, name);
  if (label != NULL) put_name(w, label);
  if (unit != NULL) put_name(w, unit);
  if (valid != NULL) put(w, valid, lb_bitmap_bytes(n));
  if (type == LB_FACTOR) {
    const lb_column *levels = lb_column_levels(column);
    put_number(w, lb_column_length(levels));
    put_text(w, levels);
  }
  if (type == LB_TEXT)
    put_text(w, column);
  else if (type == LB_LOGICAL)
    put(w, lb_column_logical(column), lb_bitmap_bytes(n));
  else
    put(w, values_of(column), n * value_size(type));
}

static lb_status put_frame(writer *w, const lb_frame *frame, lb_error *err)
{
  put(w, MAGIC, sizeof MAGIC);
  put_number(w, lb_frame_rows(frame));
  put_number(w, lb_frame_columns(frame));
  for (size_t i = 0; i < lb_frame_columns(frame); i++) {
    const lb_column *column;
    lb_status st = lb_frame_column(frame, i, &column, err);
    if (st != LB_OK) return st;
    put_column(w, lb_frame_name(frame, i), column);
  }
  return LB_OK;
}

lb_status lb_frame_pack(const lb_frame *frame, char **bytes, size_t *length, lb_error *err)
{
  writer count = {0}, copy = {0};
  lb_status st = lb_frame_gather(frame, err);
  if (st == LB_OK) st = put_frame(&count, frame, err);
  if (st != LB_OK) return st;
  copy.bytes = lb_mem_alloc(count.length);
  if (copy.bytes == NULL) return lb_error_nomem(err, "frame as bytes");
  st = put_frame(&copy, frame, err);
  if (st != LB_OK) {
    lb_mem_free(copy.bytes);
    return st;
  }
  *bytes = copy.bytes;
  *length = copy.length;
  return LB_OK;
}

/* ---- Reading: nothing is believed ---- */

typedef struct reader {
  const char *at;
  size_t left;
} reader;

/* The next `count` things of a size; NULL when there are not as many bytes. */
static const void *get(reader *r, uint64_t count, size_t size)
{
  if (count > r->left / size) return NULL;
  size_t whole = padded((size_t)count * size);
  if (whole > r->left) return NULL;
  const char *at = r->at;
  r->at += whole;
  r->left -= whole;
  return at;
}

static bool get_number(reader *r, uint64_t *number)
{
  const void *at = get(r, 1, sizeof *number);
  if (at != NULL) memcpy(number, at, sizeof *number);
  return at != NULL;
}

/* A copy of the next things; NULL: not as many bytes, or no memory (then *full). */
static void *copy(reader *r, uint64_t count, size_t size, bool *full)
{
  const void *at = get(r, count, size);
  if (at == NULL) return NULL;
  void *block = lb_mem_array((size_t)count, size);
  if (block == NULL)
    *full = true;
  else if (count > 0)
    memcpy(block, at, (size_t)count * size);
  return block;
}

/* A name, label or unit: UTF-8 without NUL. */
static char *copy_name(reader *r, bool *full)
{
  uint64_t length;
  if (!get_number(r, &length)) return NULL;
  const char *text = get(r, length, 1);
  if (text == NULL || memchr(text, '\0', (size_t)length) != NULL ||
      !lb_utf8_valid(text, (size_t)length))
    return NULL;
  char *name = lb_mem_text(text, (size_t)length);
  if (name == NULL) *full = true;
  return name;
}

/* n bits; those beyond n are cleared. */
static uint8_t *copy_bits(reader *r, size_t n, bool *full)
{
  uint8_t *bits = copy(r, lb_bitmap_bytes(n), 1, full);
  if (bits != NULL && n % 8 != 0) bits[n / 8] = (uint8_t)(bits[n / 8] & ((1u << n % 8) - 1));
  return bits;
}

/* Rows follow each other, each on whole characters. */
static bool is_text(const int64_t *offsets, size_t n, const char *bytes)
{
  int64_t last = offsets[n];
  if (offsets[0] != 0 || !lb_utf8_valid(bytes, (size_t)last)) return false;
  for (size_t i = 1; i <= n; i++) {
    if (offsets[i] < offsets[i - 1] || offsets[i] > last) return false;
    if (offsets[i] < last && ((unsigned char)bytes[offsets[i]] & 0xc0) == 0x80) return false;
  }
  return true;
}

static lb_status damaged(bool full, lb_error *err)
{
  if (full) return lb_error_nomem(err, "frame from bytes");
  return lb_error_set(err, LB_EDATA, "the bytes are no packed frame");
}

/* Takes valid. */
static lb_status get_text(reader *r, uint64_t n, uint8_t *valid, lb_column **out, lb_error *err)
{
  bool full = false;
  char *bytes = NULL;
  int64_t *offsets = n < UINT64_MAX ? copy(r, n + 1, sizeof *offsets, &full) : NULL;
  if (offsets != NULL && offsets[n] >= 0) bytes = copy(r, (uint64_t)offsets[n], 1, &full);
  if (bytes != NULL && is_text(offsets, (size_t)n, bytes))
    return lb_column_new_text((size_t)n, offsets, bytes, valid, out, err);
  lb_mem_free(offsets);
  lb_mem_free(bytes);
  lb_mem_free(valid);
  return damaged(full, err);
}

/* Takes valid. */
static lb_status get_factor(reader *r, size_t n, bool ordered, uint8_t *valid, lb_column **out,
                            lb_error *err)
{
  bool full = false;
  uint64_t n_levels = 0;
  lb_column *levels = NULL;
  lb_status st = get_number(r, &n_levels) ? LB_OK : damaged(false, err);
  if (st == LB_OK) st = get_text(r, n_levels, NULL, &levels, err);
  int32_t *codes = st == LB_OK ? copy(r, n, sizeof *codes, &full) : NULL;
  if (st == LB_OK && codes == NULL) st = damaged(full, err);
  if (st == LB_OK)
    st = lb_column_new_factor(n, codes, levels, ordered, valid, out, err);
  else
    lb_mem_free(valid);
  lb_column_release(levels);
  return st;
}

/* The values of a column of n rows. */
static lb_status get_values(reader *r, size_t n, uint64_t head, lb_column **out, lb_error *err)
{
  lb_type type = (lb_type)(head & TYPE_MASK);
  bool full = false;
  uint8_t *valid = NULL;
  if ((head & HAS_VALID) != 0) {
    valid = copy_bits(r, n, &full);
    if (valid == NULL) return damaged(full, err);
  }
  if (type == LB_TEXT) return get_text(r, n, valid, out, err);
  if (type == LB_FACTOR) return get_factor(r, n, (head & IS_ORDERED) != 0, valid, out, err);
  void *values = type == LB_LOGICAL ? copy_bits(r, n, &full) : copy(r, n, value_size(type), &full);
  if (values != NULL) return lb_column_new(type, n, values, valid, out, err);
  lb_mem_free(valid);
  return damaged(full, err);
}

static lb_status add_column(reader *r, lb_frame *frame, lb_error *err)
{
  uint64_t head;
  bool full = false;
  lb_column *column = NULL, *labelled = NULL;
  if (!get_number(r, &head) || (head & TYPE_MASK) > LB_DATETIME) return damaged(false, err);
  char *name = copy_name(r, &full), *label = NULL, *unit = NULL;
  bool whole = name != NULL;
  if (whole && (head & HAS_LABEL) != 0) whole = (label = copy_name(r, &full)) != NULL;
  if (whole && (head & HAS_UNIT) != 0) whole = (unit = copy_name(r, &full)) != NULL;
  lb_status st = whole ? LB_OK : damaged(full, err);
  if (st == LB_OK) st = get_values(r, lb_frame_rows(frame), head, &column, err);
  if (st == LB_OK && (label != NULL || unit != NULL))
    st = lb_column_with_label(column, label, unit, &labelled, err);
  if (st == LB_OK) st = lb_frame_add(frame, name, labelled != NULL ? labelled : column, err);
  lb_column_release(labelled);
  lb_column_release(column);
  lb_mem_free(name);
  lb_mem_free(label);
  lb_mem_free(unit);
  return st;
}

lb_status lb_frame_unpack(const char *bytes, size_t length, const char *source, lb_frame **out,
                          lb_error *err)
{
  reader r = {.at = bytes, .left = length};
  uint64_t n_rows, n_columns;
  lb_frame *frame = NULL;
  const void *magic = get(&r, 1, sizeof MAGIC);
  if (magic == NULL || memcmp(magic, MAGIC, sizeof MAGIC) != 0 || !get_number(&r, &n_rows) ||
      !get_number(&r, &n_columns) || n_rows >= LB_NO_ROW)
    return damaged(false, err);
  lb_status st = lb_frame_new((size_t)n_rows, source, &frame, err);
  for (uint64_t i = 0; i < n_columns && st == LB_OK; i++) st = add_column(&r, frame, err);
  if (st == LB_OK && r.left != 0) st = damaged(false, err);
  if (st != LB_OK)
    lb_frame_release(frame);
  else
    *out = frame;
  return st;
}
