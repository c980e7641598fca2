/* csv_cell.c - one cell of a csv file as a number, date or logical value; no locale, no guessing of
 * day and month. */
#include "io/csv_cell.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/bitmap.h"
#include "base/date.h"

#define QUOTED_CHARACTERS 30
#define NUMBER_BYTES      64
#define LETTERS_SHOWN     4 /* in a row: "Sept", "unk", "<LLN"; messages show no names */

static bool is_digit(char c)
{
  return c >= '0' && c <= '9';
}

static bool equals(const lb_csv_cell *cell, const char *word)
{
  size_t n = strlen(word);
  return cell->length == n && memcmp(cell->text, word, n) == 0;
}

static bool parse_logical(const lb_csv_cell *cell, bool *value)
{
  *value = equals(cell, "true") || equals(cell, "TRUE") || equals(cell, "True");
  return *value || equals(cell, "false") || equals(cell, "FALSE") || equals(cell, "False");
}

/* Also what this program writes for values that are not finite, and .5, as SAS writes it. */
static bool parse_plain(const lb_csv_cell *cell, double *value)
{
  const char *text = cell->text;
  size_t n = cell->length, sign = n > 0 && (text[0] == '-' || text[0] == '+');
  if (n > sign && is_digit(text[sign])) return lb_parse_real(text, n, value) && isfinite(*value);
  if (n > sign + 1 && text[sign] == '.' && is_digit(text[sign + 1]))
    return lb_parse_real(text, n, value) && isfinite(*value);
  if (equals(cell, "NaN"))
    *value = NAN;
  else if (equals(cell, "Inf"))
    *value = INFINITY;
  else if (equals(cell, "-Inf"))
    *value = -INFINITY;
  else
    return false;
  return true;
}

static bool parse_real(const lb_csv_cell *cell, const lb_csv_rules *rules, double *value)
{
  char buffer[NUMBER_BYTES];
  if (rules->decimal != ',') return parse_plain(cell, value);
  if (memchr(cell->text, '.', cell->length) != NULL) return false;
  const char *comma = memchr(cell->text, ',', cell->length);
  if (comma == NULL) return parse_plain(cell, value);
  if (cell->length > sizeof buffer) return false;
  memcpy(buffer, cell->text, cell->length);
  buffer[comma - cell->text] = '.';
  return parse_plain(&(lb_csv_cell){buffer, cell->length, false}, value);
}

/* "<0.5" or "< 0.5": the number behind the sign. */
static bool parse_censored(const lb_csv_cell *cell, const lb_csv_rules *rules, double *value)
{
  if (!rules->censored || cell->length < 2 || cell->text[0] != '<') return false;
  size_t at = 1;
  while (at < cell->length && cell->text[at] == ' ') at++;
  lb_csv_cell number = {cell->text + at, cell->length - at, false};
  return number.length > 0 && (is_digit(number.text[0]) || number.text[0] == rules->decimal) &&
         parse_real(&number, rules, value);
}

/* Digits and at most other marks between them, one decimal mark, digits: 3,14  1.234,5 */
static bool is_other_number(const lb_csv_cell *cell, char decimal, char thousands)
{
  const char *text = cell->text;
  size_t i = cell->length > 0 && (text[0] == '-' || text[0] == '+'), n = cell->length;
  if (i == n || !is_digit(text[i])) return false;
  while (i < n && (is_digit(text[i]) || text[i] == thousands)) i++;
  if (i + 1 >= n || text[i] != decimal) return false;
  for (i++; i < n; i++)
    if (!is_digit(text[i])) return false;
  return true;
}

/* Bytes of a mark for thousands: , . ' blank, no-break space, narrow no-break space. */
static size_t thousands_mark(const char *text, size_t n)
{
  if (n > 0 && memchr(",.' ", text[0], 4) != NULL) return 1;
  if (n > 1 && memcmp(text, "\xC2\xA0", 2) == 0) return 2;
  return n > 2 && (memcmp(text, "\xE2\x80\xAF", 3) == 0 || memcmp(text, "\xE2\x80\x89", 3) == 0)
             ? 3
             : 0;
}

/* 1,234  1 234 567.8: groups of three digits behind one mark, then perhaps a fraction. */
static bool has_thousands(const lb_csv_cell *cell)
{
  const char *text = cell->text;
  size_t n = cell->length, i = n > 0 && (text[0] == '-' || text[0] == '+'), first = i, groups = 0;
  while (i < n && is_digit(text[i])) i++;
  if (i == first || i > first + 3) return false;
  const char *mark = text + i;
  size_t width = thousands_mark(mark, n - i);
  while (width > 0 && i + width + 3 <= n && memcmp(text + i, mark, width) == 0) {
    const char *group = text + i + width;
    if (!is_digit(group[0]) || !is_digit(group[1]) || !is_digit(group[2])) break;
    i += width + 3;
    groups++;
  }
  if (groups == 0 || i == n) return groups > 0;
  if ((text[i] != '.' && text[i] != ',') || text[i] == *mark || i + 1 == n) return false;
  for (i++; i < n; i++)
    if (!is_digit(text[i])) return false;
  return true;
}

/* ---- Dates ---- */

/* Digits at *at, between min and max of them. */
static bool read_number(const char *text, size_t n, size_t *at, size_t min, size_t max, int *value)
{
  size_t start = *at;
  for (*value = 0; *at < n && *at - start < max && is_digit(text[*at]); ++*at)
    *value = *value * 10 + (text[*at] - '0');
  return *at - start >= min;
}

bool lb_csv_date_format_check(const char *format)
{
  int n[3] = {0}, n_marks = 0;
  for (const char *f = format; *f != '\0';) {
    size_t run = strspn(f, (char[]){*f, '\0'});
    if (*f == 'Y' && run == 4)
      n[0]++;
    else if (*f == 'M' && run <= 2)
      n[1]++;
    else if (*f == 'D' && run <= 2)
      n[2]++;
    else if ((unsigned char)*f >= 0x80 || is_digit(*f) || ((*f | 32) >= 'a' && (*f | 32) <= 'z'))
      return false;
    else
      n_marks++;
    f += run;
  }
  return n[0] == 1 && n[1] == 1 && n[2] == 1 && n_marks >= 2;
}

static bool parse_date(const lb_csv_cell *cell, const lb_csv_rules *rules, int32_t *days)
{
  size_t at = 0;
  int part[3] = {0}; /* year, month, day */
  if (lb_date_parse(cell->text, cell->length, days)) return true;
  if (rules->date_format == NULL) return false;
  for (const char *f = rules->date_format; *f != '\0';) {
    size_t run = strspn(f, (char[]){*f, '\0'});
    const char *letter = strchr("YMD", *f);
    if (letter == NULL) {
      if (at + run > cell->length || memcmp(cell->text + at, f, run) != 0) return false;
      at += run;
    } else if (!read_number(cell->text, cell->length, &at, run, run > 2 ? 4 : 2,
                            &part[letter - "YMD"])) {
      return false;
    }
    f += run;
  }
  return at == cell->length && lb_date_from_civil(part[0], part[1], part[2], days);
}

/* 31/12/2024  1.2.24  12-31-2024 */
static bool is_day_month(const lb_csv_cell *cell)
{
  size_t at = 0, n = cell->length;
  int value;
  if (!read_number(cell->text, n, &at, 1, 2, &value) || at == n) return false;
  char mark = cell->text[at++];
  if (mark != '/' && mark != '.' && mark != '-') return false;
  if (!read_number(cell->text, n, &at, 1, 2, &value) || at == n) return false;
  if (cell->text[at++] != mark) return false;
  size_t left = n - at;
  return (left == 2 || left == 4) && read_number(cell->text, n, &at, left, left, &value);
}

/* ---- Kinds ---- */

static lb_cell_kind number_kind(const lb_csv_cell *cell, const lb_csv_rules *rules)
{
  const char *text = cell->text;
  size_t sign = text[0] == '-' || text[0] == '+', i = sign, n = cell->length;
  bool commas = rules->decimal == ',';
  double real;
  int64_t integer, microseconds;
  int32_t days;
  while (i < n && is_digit(text[i])) i++;
  if (n > sign + 1 && text[sign] == '0' && is_digit(text[sign + 1]) && i == n) return LB_CELL_CODE;
  if (i == n) return lb_parse_integer(text, n, &integer) ? LB_CELL_INTEGER : LB_CELL_CODE;
  if (parse_date(cell, rules, &days)) return LB_CELL_DATE;
  if (lb_datetime_parse(text, n, &microseconds)) return LB_CELL_DATETIME;
  if (parse_real(cell, rules, &real)) return LB_CELL_REAL;
  if (is_other_number(cell, commas ? '.' : ',', commas ? ',' : '.')) return LB_CELL_COMMA;
  if (has_thousands(cell)) return LB_CELL_THOUSANDS;
  return is_day_month(cell) ? LB_CELL_DAY_MONTH : LB_CELL_TEXT;
}

lb_cell_kind lb_csv_cell_kind(const lb_csv_cell *cell, const lb_csv_rules *rules)
{
  bool logical;
  double real;
  if (cell->length == 0) return LB_CELL_TEXT;
  size_t sign = cell->text[0] == '-' || cell->text[0] == '+';
  if (sign < cell->length && is_digit(cell->text[sign])) return number_kind(cell, rules);
  if (parse_logical(cell, &logical)) return LB_CELL_LOGICAL;
  if (parse_censored(cell, rules, &real)) return LB_CELL_CENSORED;
  return parse_real(cell, rules, &real) ? LB_CELL_REAL : LB_CELL_TEXT;
}

bool lb_csv_cell_put(const lb_csv_cell *cell, const lb_csv_rules *rules, lb_type type, void *values,
                     size_t row)
{
  bool logical;
  switch (type) {
  case LB_REAL:
    return parse_real(cell, rules, (double *)values + row) ||
           parse_censored(cell, rules, (double *)values + row);
  case LB_INTEGER:
    return lb_parse_integer(cell->text, cell->length, (int64_t *)values + row);
  case LB_DATE:
    return parse_date(cell, rules, (int32_t *)values + row);
  case LB_DATETIME:
    return lb_datetime_parse(cell->text, cell->length, (int64_t *)values + row);
  case LB_LOGICAL:
    if (!parse_logical(cell, &logical)) {
      logical = equals(cell, "1");
      if (!logical && !equals(cell, "0")) return false;
    }
    if (logical)
      __atomic_fetch_or((uint8_t *)values + row / 8, (uint8_t)(1u << row % 8), __ATOMIC_RELAXED);
    return true;
  default:
    return false;
  }
}

const char *lb_csv_cell_expected(lb_type type)
{
  switch (type) {
  case LB_REAL:
    return "a number";
  case LB_INTEGER:
    return "an integer";
  case LB_DATE:
    return "a date (expected YYYY-MM-DD)";
  case LB_DATETIME:
    return "a date and time (expected YYYY-MM-DDTHH:MM:SS)";
  case LB_LOGICAL:
    return "logical (expected true or false)";
  default:
    return "text";
  }
}

/* A cell that could be a mistyped value: free text and names have more letters in a row. */
static bool is_value_like(const lb_csv_cell *cell)
{
  size_t letters = 0;
  for (size_t i = 0; i < cell->length; i++) {
    unsigned char c = (unsigned char)cell->text[i];
    bool letter = ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c >= 0x80;
    letters = letter ? letters + 1 : 0;
    if (letters > LETTERS_SHOWN) return false;
  }
  return true;
}

void lb_csv_cell_quote(const lb_csv_cell *cell, char out[LB_CELL_QUOTE])
{
  if (!is_value_like(cell)) {
    snprintf(out, LB_CELL_QUOTE, "a text of %zu characters",
             lb_utf8_length(cell->text, cell->length));
    return;
  }
  size_t n = 0, characters = 0, i = 0;
  out[n++] = '\'';
  for (; i < cell->length; i++) {
    unsigned char c = (unsigned char)cell->text[i];
    if ((c & 0xC0) != 0x80 && ++characters > QUOTED_CHARACTERS) break;
    out[n++] = c < 0x20 || c == 0x7F ? ' ' : (char)c;
  }
  if (i < cell->length) {
    memcpy(out + n, "\xE2\x80\xA6", 3);
    n += 3;
  }
  out[n++] = '\'';
  out[n] = '\0';
}
