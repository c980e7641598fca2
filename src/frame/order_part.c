/* order_part.c - values of a sort key as codes: distances from the lowest, decimals as whole
 * numbers, other doubles and texts by their bits. */
#include "frame/order_part.h"

#include <assert.h>
#include <string.h>

#include "base/bitmap.h"
#include "base/clones.h"

#define SIGN        (UINT64_C(1) << 63)
#define TO_WHOLE    6755399441055744.0 /* 1.5 * 2^52: added and taken away, it rounds */
#define MOST_WHOLE  1125899906842624.0 /* 2^50: below it the trick above holds */
#define TRIED_FIRST 64u /* present values that choose the decimals; all are then checked */

static const double SCALES[] = {1, 10, 100, 1000, 10000};
#define N_SCALES (sizeof SCALES / sizeof SCALES[0])

/* ---- raw codes ---- */

/* Doubles in order as unsigned integers; -0 and 0 are one. Not for NaN. */
static inline uint64_t real_bits(double value)
{
  uint64_t bits;
  value += 0.0; /* -0 becomes 0 */
  memcpy(&bits, &value, sizeof bits);
  return bits ^ ((0 - (bits >> 63)) | SIGN);
}

static inline double rounded(double value)
{
  return value + TO_WHOLE - TO_WHOLE;
}

static int64_t whole_at(const lb_order_part *p, size_t row)
{
  assert(p->values != NULL);
  switch (p->type) {
  case LB_LOGICAL:
    return lb_bit_get(p->values, row);
  case LB_FACTOR:
  case LB_DATE:
    return ((const int32_t *)p->values)[row];
  default:
    return ((const int64_t *)p->values)[row];
  }
}

static uint64_t text_bytes(const lb_order_part *p, size_t row)
{
  size_t length;
  const char *text = lb_column_text(p->column, row, &length);
  uint64_t code = 0;
  if (length >= p->offset + 8) {
    memcpy(&code, text + p->offset, 8);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    code = __builtin_bswap64(code);
#endif
    return code;
  }
  for (size_t i = p->offset; i < p->offset + 8; i++)
    code = code << 8 | (i < length ? (unsigned char)text[i] : 0);
  return code;
}

static uint64_t raw_code(const lb_order_part *p, size_t row)
{
  switch (p->kind) {
  case LB_ORDER_WHOLE:
    return (uint64_t)whole_at(p, row) ^ SIGN;
  case LB_ORDER_DECIMAL:
    return (uint64_t)(int64_t)rounded(((const double *)p->values)[row] * p->scale) ^ SIGN;
  case LB_ORDER_TEXT:
    return text_bytes(p, row);
  default:
    return real_bits(((const double *)p->values)[row]);
  }
}

/* ---- codes ---- */

uint64_t lb_order_code(const lb_order_part *p, size_t row)
{
  bool valid = lb_is_valid(p->valid, row);
  if (p->kind == LB_ORDER_MISSING) return valid == p->missing_first;
  if (!valid) return p->missing;
  if (p->kind == LB_ORDER_REAL) {
    double value = ((const double *)p->values)[row];
    if (value != value) return p->nan;
  }
  uint64_t raw = raw_code(p, row);
  return p->base + (p->descending ? p->high - raw : raw - p->low);
}

/* 64 bits of a bitmap from row `start` on; those past the last of `n` rows are zero. */
static uint64_t bits_from(const uint8_t *bits, size_t start, size_t n)
{
  uint64_t word = 0;
  memcpy(&word, bits + start / 8, n < 64 ? lb_bitmap_bytes(n) : 8);
  return word;
}

/* Codes of a block are (raw ^ turn) - from. Ascending, turn is 0 and from is low - base.
 * Descending, turn is all ones and from is ~high - base, since ~raw - ~high = high - raw. */
LB_CLONES
static void whole_32(const int32_t *values, size_t n, uint64_t turn, uint64_t from, uint64_t *code)
{
  for (size_t i = 0; i < n; i++) code[i] = (((uint64_t)(int64_t)values[i] ^ SIGN) ^ turn) - from;
}

LB_CLONES
static void whole_64(const int64_t *values, size_t n, uint64_t turn, uint64_t from, uint64_t *code)
{
  for (size_t i = 0; i < n; i++) code[i] = (((uint64_t)values[i] ^ SIGN) ^ turn) - from;
}

/* A whole double below 2^51 plus 1.5 * 2^52 has it as the low bits of its fraction. */
LB_CLONES
static void decimals(const double *values, size_t n, double scale, uint64_t turn, uint64_t from,
                     uint64_t *code)
{
  const double shift = TO_WHOLE;
  uint64_t zero;
  memcpy(&zero, &shift, sizeof zero);
  for (size_t i = 0; i < n; i++) {
    double whole = values[i] * scale + TO_WHOLE;
    uint64_t bits;
    memcpy(&bits, &whole, sizeof bits);
    code[i] = (((bits - zero) ^ SIGN) ^ turn) - from;
  }
}

LB_CLONES
static void reals(const double *values, size_t n, uint64_t turn, uint64_t from, uint64_t nan,
                  uint64_t *code)
{
  for (size_t i = 0; i < n; i++) {
    uint64_t here = (real_bits(values[i]) ^ turn) - from;
    code[i] = values[i] != values[i] ? nan : here;
  }
}

LB_CLONES
static void put_missing(uint64_t valid, size_t n, uint64_t missing, uint64_t *code)
{
  for (size_t i = 0; i < n; i++) code[i] = (valid >> i & 1) != 0 ? code[i] : missing;
}

void lb_order_codes(const lb_order_part *p, size_t start, size_t n, uint64_t *code)
{
  uint64_t turn = p->descending ? UINT64_MAX : 0;
  uint64_t from = (p->descending ? ~p->high : p->low) - p->base;
  if (p->kind == LB_ORDER_DECIMAL) {
    decimals((const double *)p->values + start, n, p->scale, turn, from, code);
  } else if (p->kind == LB_ORDER_REAL) {
    reals((const double *)p->values + start, n, turn, from, p->nan, code);
  } else if (p->kind == LB_ORDER_WHOLE && (p->type == LB_FACTOR || p->type == LB_DATE)) {
    whole_32((const int32_t *)p->values + start, n, turn, from, code);
  } else if (p->kind == LB_ORDER_WHOLE && p->type != LB_LOGICAL) {
    whole_64((const int64_t *)p->values + start, n, turn, from, code);
  } else {
    for (size_t i = 0; i < n; i++) code[i] = lb_order_code(p, start + i);
    return;
  }
  for (size_t i = 0; i < n && p->valid != NULL; i += 64) {
    size_t here = n - i < 64 ? n - i : 64;
    uint64_t valid = bits_from(p->valid, start + i, here);
    if (~valid != 0) put_missing(valid, here, p->missing, code + i);
  }
}

/* ---- parts ---- */

static unsigned bit_width(uint64_t value)
{
  return value == 0 ? 0 : 64u - (unsigned)__builtin_clzll(value);
}

/* Codes for the range low .. high: missing rows below or above it, NaN between it and the missing
 * that come last. false: more codes than 64 bits have. */
static bool settle(lb_order_part *p, bool any_nan)
{
  uint64_t range = p->high - p->low, top = range;
  bool before = p->valid != NULL && p->missing_first;
  if (range > UINT64_MAX - 3) return false;
  p->base = before ? 1 : 0;
  top += p->base;
  if (any_nan) p->nan = ++top;
  p->missing = before ? 0 : top + 1;
  if (p->valid != NULL && !before) top++;
  p->bits = bit_width(top);
  return true;
}

static bool find_range(lb_order_part *p, bool *any_nan)
{
  p->low = UINT64_MAX;
  p->high = 0;
  *any_nan = false;
  assert(p->values != NULL || p->kind == LB_ORDER_TEXT);
  bool real = p->kind == LB_ORDER_REAL;
  for (size_t i = 0; i < lb_column_length(p->column); i++) {
    if (!lb_is_valid(p->valid, i)) continue;
    if (real && ((const double *)p->values)[i] != ((const double *)p->values)[i]) {
      *any_nan = true;
      continue;
    }
    uint64_t raw = raw_code(p, i);
    if (raw < p->low) p->low = raw;
    if (raw > p->high) p->high = raw;
  }
  return p->low <= p->high;
}

static size_t add_missing(const lb_order_part *model, lb_order_part *parts)
{
  if (model->valid == NULL) return 0;
  parts[0] = *model;
  parts[0].kind = LB_ORDER_MISSING;
  parts[0].bits = 1;
  return 1;
}

/* A part of numbers whose range is known. */
static size_t add_range(lb_order_part p, bool any_nan, lb_order_part *parts)
{
  if (settle(&p, any_nan)) {
    parts[0] = p;
    return p.bits > 0;
  }
  size_t n = add_missing(&p, parts); /* all 64 bits are taken by values */
  p.base = p.missing = 0;
  p.bits = 64;
  parts[n] = p;
  return n + 1;
}

static size_t add_whole(lb_order_part p, lb_order_part *parts)
{
  bool any_nan;
  p.kind = LB_ORDER_WHOLE;
  if (!find_range(&p, &any_nan)) return 0; /* all rows are missing */
  return add_range(p, false, parts);
}

static bool is_decimal(double value, double scale)
{
  double whole = rounded(value * scale);
  return whole > -MOST_WHOLE && whole < MOST_WHOLE && whole / scale == value;
}

/* The least scale at which the first present values are whole; 0: none. */
static double likely_scale(const lb_order_part *p)
{
  const double *values = p->values;
  size_t scale = 0, tried = 0;
  for (size_t i = 0; i < lb_column_length(p->column) && tried < TRIED_FIRST; i++) {
    if (!lb_is_valid(p->valid, i)) continue;
    tried++;
    while (scale < N_SCALES && !is_decimal(values[i], SCALES[scale])) scale++;
    if (scale == N_SCALES) return 0;
  }
  return SCALES[scale];
}

/* Lowest and highest whole of 64 values, those of missing rows replaced; false: one is no decimal.
 */
LB_CLONES
static bool decimal_range(const double *values, size_t n, uint64_t valid, double instead,
                          const double scale, double range[2])
{
  double low = range[0], high = range[1];
  int wrong = 0;
  for (size_t i = 0; i < n; i++) {
    double value = (valid >> i & 1) != 0 ? values[i] : instead;
    double whole = value * scale + TO_WHOLE - TO_WHOLE;
    wrong |= !(whole / scale == value);
    low = whole < low ? whole : low;
    high = whole > high ? whole : high;
  }
  range[0] = low;
  range[1] = high;
  return wrong == 0;
}

/* Tenths, hundredths ... of laboratory values need some twenty bits where their doubles need sixty.
 * The quotient of a whole number by the scale is the double nearest to the decimal, so that order
 * and ties are those of the values. */
static bool find_decimal(lb_order_part *p)
{
  size_t n = lb_column_length(p->column), first = 0;
  const double *values = p->values;
  assert(values != NULL);
  while (first < n && !lb_is_valid(p->valid, first)) first++;
  if (first == n) return false;
  p->scale = likely_scale(p);
  if (p->scale == 0) return false;
  double range[2] = {MOST_WHOLE, -MOST_WHOLE};
  for (size_t i = 0; i < n; i += 64) {
    size_t here = n - i < 64 ? n - i : 64;
    uint64_t valid = p->valid == NULL ? UINT64_MAX : bits_from(p->valid, i, here);
    if (!decimal_range(values + i, here, valid, values[first], p->scale, range)) return false;
    if (range[0] <= -MOST_WHOLE || range[1] >= MOST_WHOLE) return false;
  }
  p->kind = LB_ORDER_DECIMAL;
  p->low = (uint64_t)(int64_t)range[0] ^ SIGN;
  p->high = (uint64_t)(int64_t)range[1] ^ SIGN;
  return true;
}

static size_t add_real(lb_order_part p, lb_order_part *parts)
{
  bool any_nan = false;
  if (find_decimal(&p)) return add_range(p, false, parts);
  p.kind = LB_ORDER_REAL;
  if (find_range(&p, &any_nan)) return add_range(p, any_nan, parts);
  p.low = p.high = 0; /* no number: NaN and missing rows at most */
  return add_range(p, any_nan, parts);
}

/* As many parts as the longest text needs, then a comparison for what they cannot tell. */
static size_t add_text(lb_order_part p, lb_order_part *parts)
{
  size_t longest = 0, length, n = add_missing(&p, parts);
  bool zero_byte = false;
  for (size_t i = 0; i < lb_column_length(p.column); i++) {
    if (!lb_is_valid(p.valid, i)) continue;
    const char *text = lb_column_text(p.column, i, &length);
    if (length > longest) longest = length;
    zero_byte = zero_byte || memchr(text, 0, length) != NULL;
  }
  p.kind = LB_ORDER_TEXT;
  bool any_nan;
  for (; p.offset < longest && p.offset < (size_t)LB_ORDER_TEXT_PARTS * 8; p.offset += 8) {
    (void)find_range(&p, &any_nan); /* a common prefix costs no bits */
    p.missing = 0;
    p.bits = bit_width(p.high - p.low);
    if (p.bits > 0) parts[n++] = p;
  }
  p.kind = LB_ORDER_TEXT_REST;
  if (longest > (size_t)LB_ORDER_TEXT_PARTS * 8 || zero_byte) parts[n++] = p;
  return n;
}

static const void *values_of(const lb_column *column)
{
  switch (lb_column_type(column)) {
  case LB_REAL:
    return lb_column_real(column);
  case LB_LOGICAL:
    return lb_column_logical(column);
  case LB_FACTOR:
    return lb_column_codes(column);
  case LB_DATE:
    return lb_column_days(column);
  case LB_TEXT:
    return NULL;
  default:
    return lb_column_integer(column);
  }
}

size_t lb_order_parts(const lb_column *column, bool descending, bool missing_first,
                      lb_order_part *parts)
{
  lb_order_part p = {.column = column, .descending = descending, .missing_first = missing_first};
  p.type = lb_column_type(column);
  p.valid = lb_column_valid(column);
  p.values = values_of(column);
  if (p.type == LB_REAL) return add_real(p, parts);
  return p.type == LB_TEXT ? add_text(p, parts) : add_whole(p, parts);
}
