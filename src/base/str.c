/* str.c - the growing text buffer, UTF-8, and numbers to and from text without the locale. */
#include "base/str.h"

#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* ---- the buffer ---- */

/* Makes room for extra more bytes and the final NUL. */
static bool reserve(lb_str *s, size_t extra)
{
  size_t need;
  if (s->failed) return false;
  if (__builtin_add_overflow(s->length, extra, &need) || need >= SIZE_MAX / 4) goto failed;
  if (s->data != NULL && need < s->capacity) return true;
  size_t capacity = s->capacity < 32 ? 64 : s->capacity * 2;
  if (capacity <= need) capacity = need + 1;
  char *data = lb_mem_resize(s->data, capacity, 1);
  if (data == NULL) goto failed;
  s->data = data;
  s->capacity = capacity;
  return true;
failed:
  s->failed = true;
  return false;
}

void lb_str_add(lb_str *s, const char *text, size_t length)
{
  if (length == 0 || !reserve(s, length)) return;
  memcpy(s->data + s->length, text, length);
  s->length += length;
  s->data[s->length] = '\0';
}

void lb_str_puts(lb_str *s, const char *text)
{
  lb_str_add(s, text, strlen(text));
}

void lb_str_putc(lb_str *s, char c)
{
  lb_str_add(s, &c, 1);
}

void lb_str_addf(lb_str *s, const char *format, ...)
{
  char small[256];
  va_list arguments, again;
  va_start(arguments, format);
  va_copy(again, arguments);
  int n = vsnprintf(small, sizeof small, format, arguments);
  va_end(arguments);
  if (n < 0)
    s->failed = true;
  else if ((size_t)n < sizeof small)
    lb_str_add(s, small, (size_t)n);
  else if (reserve(s, (size_t)n)) {
    vsnprintf(s->data + s->length, (size_t)n + 1, format, again);
    s->length += (size_t)n;
  }
  va_end(again);
}

char *lb_str_take(lb_str *s, size_t *length)
{
  char *data = NULL;
  if (!s->failed) data = s->data != NULL ? s->data : lb_mem_text("", 0);
  if (data != NULL) {
    if (s->length == 0) data[0] = '\0';
    if (length != NULL) *length = s->length;
    s->data = NULL; /* handed over */
  }
  lb_str_reset(s);
  return data;
}

void lb_str_reset(lb_str *s)
{
  if (s == NULL) return;
  lb_mem_free(s->data);
  *s = (lb_str){0};
}

/* ---- UTF-8 ---- */

/* Bytes of the well-formed character at text (length > 0) and its code point; 0 when ill-formed.
 * The bounds of the second byte (Unicode 15, table 3-7) shut out overlong forms, surrogates and
 * values past U+10FFFF. */
static size_t utf8_decode(const char *text, size_t length, uint32_t *code)
{
  const unsigned char *b = (const unsigned char *)text;
  if (b[0] < 0x80) {
    *code = b[0];
    return 1;
  }
  if (b[0] < 0xc2 || b[0] > 0xf4) return 0;
  size_t n = b[0] < 0xe0 ? 2 : b[0] < 0xf0 ? 3 : 4;
  if (length < n) return 0;
  unsigned char low = b[0] == 0xe0 ? 0xa0 : b[0] == 0xf0 ? 0x90 : 0x80;
  unsigned char high = b[0] == 0xed ? 0x9f : b[0] == 0xf4 ? 0x8f : 0xbf;
  if (b[1] < low || b[1] > high) return 0;
  uint32_t value = (uint32_t)(b[0] & (0x7f >> n)) << 6 | (b[1] & 0x3fu);
  for (size_t i = 2; i < n; i++) {
    if ((b[i] & 0xc0) != 0x80) return 0;
    value = value << 6 | (b[i] & 0x3fu);
  }
  *code = value;
  return n;
}

/* Number of bytes at the start that are plain ASCII, in steps of eight. */
static size_t ascii_run(const char *text, size_t length)
{
  size_t i = 0;
  for (; i + 8 <= length; i += 8) {
    uint64_t word;
    memcpy(&word, text + i, sizeof word);
    if ((word & UINT64_C(0x8080808080808080)) != 0) break;
  }
  return i;
}

bool lb_utf8_valid(const char *text, size_t length)
{
  uint32_t code;
  for (size_t i = ascii_run(text, length); i < length;) {
    size_t n = utf8_decode(text + i, length - i, &code);
    if (n == 0) return false;
    i += n;
    if (n == 1) i += ascii_run(text + i, length - i);
  }
  return true;
}

/* Whether the last eight bytes are plain ASCII; length is at least 8. */
static bool ends_ascii(const char *text, size_t length)
{
  uint64_t word;
  memcpy(&word, text + length - 8, sizeof word);
  return (word & UINT64_C(0x8080808080808080)) == 0;
}

size_t lb_utf8_length(const char *text, size_t length)
{
  size_t i = ascii_run(text, length), count = i;
  uint32_t code;
  if (length >= 8 && length - i < 8 && ends_ascii(text, length)) return length;
  for (; i < length; count++) {
    size_t n = utf8_decode(text + i, length - i, &code), run = 0;
    i += n == 0 ? 1 : n;
    if (n > 1) run = ascii_run(text + i, length - i);
    i += run;
    count += run;
  }
  return count;
}

typedef struct code_range {
  uint32_t first, last;
} code_range;

/* Marks that take no column of their own, in the scripts that reach clinical files; ascending. */
static const code_range ZERO_WIDTH[] = {
    {0x0000, 0x001f}, {0x007f, 0x009f},   {0x0300, 0x036f},   {0x0483, 0x0489}, {0x0591, 0x05bd},
    {0x05bf, 0x05bf}, {0x05c1, 0x05c2},   {0x05c4, 0x05c5},   {0x05c7, 0x05c7}, {0x0610, 0x061a},
    {0x064b, 0x065f}, {0x0670, 0x0670},   {0x06d6, 0x06dc},   {0x06df, 0x06e4}, {0x06e7, 0x06e8},
    {0x06ea, 0x06ed}, {0x0900, 0x0902},   {0x093a, 0x093a},   {0x093c, 0x093c}, {0x0941, 0x0948},
    {0x094d, 0x094d}, {0x0951, 0x0957},   {0x0e31, 0x0e31},   {0x0e34, 0x0e3a}, {0x0e47, 0x0e4e},
    {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff},   {0x200b, 0x200f},   {0x2028, 0x202e}, {0x2060, 0x2064},
    {0x20d0, 0x20ff}, {0x302a, 0x302d},   {0x3099, 0x309a},   {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f},
    {0xfeff, 0xfeff}, {0x1f3fb, 0x1f3ff}, {0xe0100, 0xe01ef},
};

/* East Asian wide and fullwidth characters (Unicode Standard Annex 11); ascending. */
static const code_range DOUBLE_WIDTH[] = {
    {0x1100, 0x115f},   {0x231a, 0x231b},   {0x2329, 0x232a},   {0x23e9, 0x23ec},
    {0x2614, 0x2615},   {0x2e80, 0x303e},   {0x3041, 0x33ff},   {0x3400, 0x4dbf},
    {0x4e00, 0xa4cf},   {0xa960, 0xa97c},   {0xac00, 0xd7a3},   {0xf900, 0xfaff},
    {0xfe10, 0xfe19},   {0xfe30, 0xfe6f},   {0xff01, 0xff60},   {0xffe0, 0xffe6},
    {0x17000, 0x18cff}, {0x1b000, 0x1b2ff}, {0x1f300, 0x1f320}, {0x1f32d, 0x1f64f},
    {0x1f680, 0x1f6d2}, {0x1f900, 0x1f9ff}, {0x1fa70, 0x1faff}, {0x20000, 0x3fffd},
};

static bool in_ranges(const code_range *ranges, size_t n, uint32_t code)
{
  size_t low = 0, high = n;
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (code > ranges[middle].last)
      low = middle + 1;
    else
      high = middle;
  }
  return low < n && code >= ranges[low].first;
}

static size_t code_width(uint32_t code)
{
  if (code >= 0x20 && code < 0x7f) return 1;
  if (in_ranges(ZERO_WIDTH, sizeof ZERO_WIDTH / sizeof ZERO_WIDTH[0], code)) return 0;
  return in_ranges(DOUBLE_WIDTH, sizeof DOUBLE_WIDTH / sizeof DOUBLE_WIDTH[0], code) ? 2 : 1;
}

size_t lb_utf8_width(const char *text, size_t length)
{
  size_t width = 0;
  for (size_t i = 0; i < length;) {
    uint32_t code = '?'; /* what a terminal shows for an ill-formed byte takes one column */
    size_t n = utf8_decode(text + i, length - i, &code);
    i += n == 0 ? 1 : n;
    width += code_width(code);
  }
  return width;
}

/* ---- numbers ---- */

#define EXACT_DIGITS   19 /* decimal digits that always fit 64 bits */
#define EXACT_EXPONENT 22 /* 10^22 is the largest power of ten that is a double */
#define EXACT_MANTISSA (UINT64_C(1) << 53)
#define EXPONENT_LIMIT 1000000 /* beyond any double even with a very long mantissa in front */

static const double POWERS_OF_TEN[EXACT_EXPONENT + 1] = {
    1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* A number as written: +-mantissa * 10^exponent; digits beyond the 19 that count make it inexact.
 */
typedef struct decimal {
  uint64_t mantissa;
  int64_t exponent;
  size_t n_digits; /* significant ones */
  bool negative;
} decimal;

static bool is_digit(char c)
{
  return c >= '0' && c <= '9';
}

/* Reads digits from *at on; each one shifts the exponent by step. false when there is none. */
static bool read_digits(const char *text, size_t length, size_t *at, int step, decimal *d)
{
  size_t first = *at;
  for (; *at < length && is_digit(text[*at]); ++*at) {
    unsigned digit = (unsigned)(text[*at] - '0');
    d->exponent += step;
    if (d->n_digits == 0 && digit == 0) continue;
    if (d->n_digits++ < EXACT_DIGITS) d->mantissa = d->mantissa * 10 + digit;
  }
  return *at > first;
}

static bool read_exponent(const char *text, size_t length, size_t *at, decimal *d)
{
  bool negative = *at < length && text[*at] == '-';
  if (*at < length && (text[*at] == '-' || text[*at] == '+')) ++*at;
  size_t first = *at;
  int64_t exponent = 0;
  for (; *at < length && is_digit(text[*at]); ++*at)
    if (exponent < EXPONENT_LIMIT) exponent = exponent * 10 + (text[*at] - '0');
  d->exponent += negative ? -exponent : exponent;
  return *at > first;
}

/* Whether the whole text is a decimal number, taken apart. */
static bool scan_decimal(const char *text, size_t length, decimal *d)
{
  size_t at = 0;
  if (length > 0 && (text[0] == '+' || text[0] == '-')) d->negative = text[at++] == '-';
  bool whole = read_digits(text, length, &at, 0, d); /* SAS and Excel write .5, others 5. */
  bool point = at < length && text[at] == '.';
  if (point) at++;
  bool fraction = point && read_digits(text, length, &at, -1, d);
  if (!whole && !fraction) return false;
  if (at < length && (text[at] == 'e' || text[at] == 'E')) {
    at++;
    if (!read_exponent(text, length, &at, d)) return false;
  }
  return at == length;
}

/* The correctly rounded value of a text known to be a number, by the C library in the "C" locale.
 */
static bool parse_slowly(const char *text, size_t length, double *out)
{
  char small[128], *copy = small;
  bool parsed = false;
  locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0); /* a shared constant in glibc: cheap */
  if (plain == (locale_t)0) return false;
  if (length >= sizeof small) copy = lb_mem_alloc(length + 1);
  if (copy == NULL) goto done;
  memcpy(copy, text, length);
  copy[length] = '\0';
  double value = strtod_l(copy, NULL, plain);
  parsed = isfinite(value);
  if (parsed) *out = value;
done:
  if (copy != small) lb_mem_free(copy);
  freelocale(plain);
  return parsed;
}

bool lb_parse_real(const char *text, size_t length, double *out)
{
  decimal d = {0};
  if (!scan_decimal(text, length, &d)) return false;
  bool exact = d.n_digits <= EXACT_DIGITS && d.mantissa <= EXACT_MANTISSA &&
               d.exponent >= -EXACT_EXPONENT && d.exponent <= EXACT_EXPONENT;
  if (!exact && d.n_digits > 0) return parse_slowly(text, length, out);
  /* Both operands are exact doubles, so one operation rounds once (Clinger 1990, PLDI). */
  double value = 0;
  if (d.n_digits > 0) value = (double)d.mantissa;
  if (d.n_digits > 0 && d.exponent < 0)
    value /= POWERS_OF_TEN[-d.exponent];
  else if (d.n_digits > 0)
    value *= POWERS_OF_TEN[d.exponent];
  *out = d.negative ? -value : value;
  return true;
}

bool lb_parse_integer(const char *text, size_t length, int64_t *out)
{
  size_t at = 0;
  bool negative = length > 0 && text[0] == '-';
  if (length > 0 && (text[0] == '-' || text[0] == '+')) at++;
  if (at == length) return false;
  int64_t value = 0; /* built downwards: the most negative integer has no positive twin */
  for (; at < length; at++) {
    if (!is_digit(text[at])) return false;
    if (__builtin_mul_overflow(value, (int64_t)10, &value) ||
        __builtin_sub_overflow(value, (int64_t)(text[at] - '0'), &value))
      return false;
  }
  if (!negative && value == INT64_MIN) return false;
  *out = negative ? value : -value;
  return true;
}

/* Turns the decimal mark of a foreign locale, one byte or several, into '.'. Returns the length. */
static size_t plain_decimal_mark(char *text)
{
  size_t kept = 0;
  bool in_mark = false;
  for (const char *p = text; *p != '\0'; p++) {
    bool plain = is_digit(*p) || *p == '-' || *p == '+' || *p == 'e';
    if (plain)
      text[kept++] = *p;
    else if (!in_mark)
      text[kept++] = '.';
    in_mark = !plain;
  }
  text[kept] = '\0';
  return kept;
}

static size_t copy_word(char *buffer, const char *word)
{
  size_t length = strlen(word);
  memcpy(buffer, word, length + 1);
  return length;
}

size_t lb_format_real(char *buffer, double value)
{
  if (isnan(value)) return copy_word(buffer, "NaN");
  if (isinf(value)) return copy_word(buffer, value > 0 ? "Inf" : "-Inf");
  size_t length = 0;
  for (int digits = 15; digits <= 17;
       digits++) { /* 15 always print what was typed, 17 always suffice */
    double back;
    snprintf(buffer, LB_REAL_TEXT, "%.*g", digits, value);
    length = plain_decimal_mark(buffer);
    if (digits == 17 || (lb_parse_real(buffer, length, &back) && back == value)) break;
  }
  return length;
}
