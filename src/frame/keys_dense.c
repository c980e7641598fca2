/* keys_dense.c - a narrow range of numbers, or of the digits that end an id, is its own code: rows
 * of neighbouring patients then have neighbouring codes, which a hash table would scatter. */
#include "frame/keys_dense.h"

#include <assert.h>
#include <stdatomic.h>
#include <string.h>

#include "base/bitmap.h"
#include "base/interrupt.h"
#include "base/parallel.h"
#include "frame/column_internal.h"

#define BLOCK       65536u  /* rows of a task */
#define PARALLEL    200000u /* below this, waking threads costs more than the loop */
#define MOST_DIGITS 8u
#define MOST_PREFIX 8u
#define ZEROS       UINT64_C(0x3030303030303030)
#define HIGH_BITS   UINT64_C(0x8080808080808080)

/* The form that ids share. */
typedef struct id_form {
  size_t length, prefix;
  uint64_t head, head_mask; /* the first eight bytes, as far as they belong to the prefix */
  uint64_t digit_mask;      /* the last eight bytes, as far as they are digits */
} id_form;

/* A column on its way to numbers. Blocks write their own part of `code`, and the lowest and highest
 * number of a block into low and high when these are wanted. */
typedef struct job {
  const lb_column *column;
  const uint8_t *valid;
  const int64_t *offsets;
  const char *bytes;
  id_form form;
  int64_t low; /* that of the first column is known: numbers are counted from it */
  uint64_t n_numbers;
  lb_row *code;
  atomic_bool refused; /* the first column: a text that is no such id */
} job;

/* Enough for ids with gaps, and no more than a hash table would take. */
static uint64_t most_numbers(size_t n)
{
  return 4 * (uint64_t)n + 1024;
}

/* ---- ids ---- */

/* Up to eight bytes as a number, the first lowest. */
static inline uint64_t load(const char *bytes, size_t n)
{
  uint64_t value = 0;
  memcpy(&value, bytes, n);
  return value;
}

static inline uint64_t first_bytes(const char *text, size_t length)
{
  return length >= 8 ? load(text, 8) : load(text, length);
}

/* The last eight bytes, the last highest. */
static inline uint64_t last_bytes(const char *text, size_t length)
{
  return length >= 8 ? load(text + length - 8, 8) : load(text, length) << 8 * (8 - length);
}

/* The number of eight digits, the first lowest: neighbours are joined to pairs, these to fours. */
static inline uint64_t number_of(uint64_t digits)
{
  const uint64_t pairs = UINT64_C(0x00FF00FF00FF00FF), fours = UINT64_C(0x0000FFFF0000FFFF);
  digits = (digits * 10 + (digits >> 8)) & pairs;
  digits = (digits * 100 + (digits >> 16)) & fours;
  return (digits * 10000 + (digits >> 32)) & UINT32_MAX;
}

static bool is_digit(char c)
{
  return c >= '0' && c <= '9';
}

/* The form of one id; false: it ends in no digit, or is too long. */
static bool form_of(const char *text, size_t length, id_form *out)
{
  size_t digits = 0;
  while (digits < length && digits < MOST_DIGITS && is_digit(text[length - 1 - digits])) digits++;
  size_t prefix = length - digits;
  if (digits == 0 || prefix > MOST_PREFIX) return false;
  out->length = length;
  out->prefix = prefix;
  out->head_mask = prefix == 8 ? UINT64_MAX : (UINT64_C(1) << 8 * prefix) - 1;
  out->head = first_bytes(text, length) & out->head_mask;
  out->digit_mask = digits == 8 ? UINT64_MAX : ~(UINT64_MAX >> 8 * digits);
  return true;
}

/* false: not of the form. */
static inline bool id_number(const id_form *form, const char *text, size_t length, uint64_t *out)
{
  if (length != form->length) return false;
  if ((first_bytes(text, length) & form->head_mask) != form->head) return false;
  uint64_t digits = (last_bytes(text, length) ^ ZEROS) & form->digit_mask;
  if (((digits + UINT64_C(0x7676767676767676)) | digits) & HIGH_BITS) return false;
  *out = number_of(digits);
  return true;
}

/* Ids of a block as numbers from `low`; with no n_numbers yet, every one must have the form. */
static void number_ids(void *context, size_t block)
{
  job *j = context;
  bool first = j->n_numbers == 0;
  size_t n = lb_column_length(j->column), start = block * BLOCK;
  size_t end = n - start < BLOCK ? n : start + BLOCK;
  if (atomic_load_explicit(&j->refused, memory_order_relaxed)) return;
  for (size_t i = start; i < end; i++) {
    uint64_t number;
    size_t length = (size_t)(j->offsets[i + 1] - j->offsets[i]);
    if (!lb_is_valid(j->valid, i)) {
      j->code[i] = LB_KEY_MISSING;
    } else if (id_number(&j->form, j->bytes + j->offsets[i], length, &number)) {
      number -= (uint64_t)j->low; /* below low: wraps to a large one */
      j->code[i] = first || number < j->n_numbers ? (lb_row)number : LB_NO_ROW;
    } else {
      j->code[i] = LB_NO_ROW;
      if (!first) continue;
      atomic_store_explicit(&j->refused, true, memory_order_relaxed);
      return;
    }
  }
}

/* ---- whole numbers ---- */

static inline int64_t whole_at(const lb_column *column, bool days, size_t row)
{
  return days ? lb_column_days(column)[row] : lb_column_integer(column)[row];
}

static void number_wholes(void *context, size_t block)
{
  job *j = context;
  bool days = lb_column_type(j->column) == LB_DATE;
  const int32_t *day = days ? lb_column_days(j->column) : NULL;
  const int64_t *whole = days ? NULL : lb_column_integer(j->column);
  size_t n = lb_column_length(j->column), start = block * BLOCK;
  size_t end = n - start < BLOCK ? n : start + BLOCK;
  for (size_t i = start; i < end; i++) {
    uint64_t number = (uint64_t)(days ? day[i] : whole[i]) - (uint64_t)j->low;
    j->code[i] = number < j->n_numbers ? (lb_row)number : LB_NO_ROW;
    if (!lb_is_valid(j->valid, i)) j->code[i] = LB_KEY_MISSING;
  }
}

static bool whole_range(const lb_column *column, int64_t *low, int64_t *high)
{
  const uint8_t *valid = lb_column_valid(column);
  bool days = lb_column_type(column) == LB_DATE;
  *low = INT64_MAX;
  *high = INT64_MIN;
  for (size_t i = 0; i < lb_column_length(column); i++) {
    if (!lb_is_valid(valid, i)) continue;
    int64_t value = whole_at(column, days, i);
    if (value < *low) *low = value;
    if (value > *high) *high = value;
  }
  return *low <= *high;
}

/* ---- both columns ---- */

static lb_status run(job *j, void (*body)(void *, size_t), lb_error *err)
{
  size_t n = lb_column_length(j->column);
  if (lb_parallel((n + BLOCK - 1) / BLOCK, n >= PARALLEL, body, j)) return LB_OK;
  return lb_error_interrupted(err);
}

static void job_set(job *j, const lb_column *column, lb_row *code)
{
  j->column = column;
  j->valid = lb_column_valid(column);
  j->code = code;
  if (lb_column_type(column) == LB_TEXT) j->offsets = lb_column_offsets(column, &j->bytes);
}

/* Range low .. high of the first column; false: not narrow. */
static bool set_range(job *j, int64_t low, int64_t high, size_t n)
{
  uint64_t range = (uint64_t)high - (uint64_t)low;
  if (low > high || range >= most_numbers(n) || range >= LB_KEY_MISSING) return false;
  j->low = low;
  j->n_numbers = range + 1;
  return true;
}

/* Codes of the first column, of ids; false: they have no common form, or their range is wide. */
static bool ids_first(job *j, lb_status *st, lb_error *err)
{
  size_t n = lb_column_length(j->column), row = 0;
  assert(j->offsets != NULL);
  while (row < n && !lb_is_valid(j->valid, row)) row++;
  if (row == n) return false;
  size_t length = (size_t)(j->offsets[row + 1] - j->offsets[row]);
  if (!form_of(j->bytes + j->offsets[row], length, &j->form)) return false;
  *st = run(j, number_ids, err);
  if (*st != LB_OK || atomic_load(&j->refused)) return false;
  lb_row low = LB_NO_ROW, high = 0;
  for (size_t i = 0; i < n; i++) {
    if (j->code[i] == LB_KEY_MISSING) continue;
    if (j->code[i] < low) low = j->code[i];
    if (j->code[i] > high) high = j->code[i];
  }
  if (!set_range(j, low, high, n)) return false;
  for (size_t i = 0; i < n; i++)
    if (j->code[i] != LB_KEY_MISSING) j->code[i] -= low;
  return true;
}

static bool wholes_first(job *j, lb_status *st, lb_error *err)
{
  int64_t low, high;
  if (!whole_range(j->column, &low, &high)) return false;
  if (!set_range(j, low, high, lb_column_length(j->column))) return false;
  *st = run(j, number_wholes, err);
  return *st == LB_OK;
}

lb_status lb_keys_dense(const lb_column *const columns[2], lb_row *const code[2], size_t *n_codes,
                        bool *done, lb_error *err)
{
  lb_type type = lb_column_type(columns[0]);
  bool text = type == LB_TEXT;
  bool whole = type == LB_INTEGER || type == LB_DATE || type == LB_DATETIME;
  job j = {0};
  lb_status st = LB_OK;
  *done = false;
  if (type != lb_column_type(columns[1]) || !(text || whole)) return LB_OK;
  job_set(&j, columns[0], code[0]);
  if (!(text ? ids_first(&j, &st, err) : wholes_first(&j, &st, err))) return st;
  job_set(&j, columns[1], code[1]);
  st = run(&j, text ? number_ids : number_wholes, err);
  *n_codes = (size_t)j.n_numbers;
  *done = st == LB_OK;
  return st;
}
