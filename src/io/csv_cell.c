/* csv_cell.c - one cell of a csv file as a number, date or logical value; no locale, no guessing of
 * day and month. */
#include "io/csv_cell.h"

#include <math.h>
#include <string.h>

#include "base/bitmap.h"
#include "base/date.h"

#define QUOTED_CHARACTERS 30
#define NUMBER_BYTES      64

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
static bool parse_real(const lb_csv_cell *cell, double *value)
{
  const char *text = cell->text;
  size_t n = cell->length, sign = n > 0 && (text[0] == '-' || text[0] == '+');
  if (n > sign && (is_digit(text[sign]) || text[sign] == '.')) {
    char buffer[NUMBER_BYTES];
    bool bare_point = text[sign] == '.';
    if (!bare_point) return lb_parse_real(text, n, value) && isfinite(*value);
    if (n + 1 > sizeof buffer || n == sign + 1 || !is_digit(text[sign + 1])) return false;
    memcpy(buffer, text, sign);
    buffer[sign] = '0';
    memcpy(buffer + sign + 1, text + sign, n - sign);
    return lb_parse_real(buffer, n + 1, value) && isfinite(*value);
  }
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

/* Digits and at most points between them, one comma, digits: 3,14  1.234,5 */
static bool is_comma_number(const lb_csv_cell *cell)
{
  const char *text = cell->text;
  size_t i = cell->length > 0 && (text[0] == '-' || text[0] == '+'), n = cell->length;
  if (i == n || !is_digit(text[i])) return false;
  while (i < n && (is_digit(text[i]) || text[i] == '.')) i++;
  if (i + 1 >= n || text[i] != ',') return false;
  for (i++; i < n; i++)
    if (!is_digit(text[i])) return false;
  return true;
}

static lb_cell_kind number_kind(const lb_csv_cell *cell)
{
  const char *text = cell->text;
  size_t sign = text[0] == '-' || text[0] == '+', i = sign, n = cell->length;
  double real;
  int64_t integer, microseconds;
  int32_t days;
  while (i < n && is_digit(text[i])) i++;
  if (n > sign + 1 && text[sign] == '0' && is_digit(text[sign + 1]) && i == n) return LB_CELL_CODE;
  if (i == n) return lb_parse_integer(text, n, &integer) ? LB_CELL_INTEGER : LB_CELL_CODE;
  if (lb_date_parse(text, n, &days)) return LB_CELL_DATE;
  if (lb_datetime_parse(text, n, &microseconds)) return LB_CELL_DATETIME;
  if (parse_real(cell, &real)) return LB_CELL_REAL;
  return is_comma_number(cell) ? LB_CELL_COMMA : LB_CELL_TEXT;
}

lb_cell_kind lb_csv_cell_kind(const lb_csv_cell *cell)
{
  bool logical;
  double real;
  if (cell->length == 0) return LB_CELL_TEXT;
  size_t sign = cell->text[0] == '-' || cell->text[0] == '+';
  if (sign < cell->length && is_digit(cell->text[sign])) return number_kind(cell);
  if (parse_logical(cell, &logical)) return LB_CELL_LOGICAL;
  return parse_real(cell, &real) ? LB_CELL_REAL : LB_CELL_TEXT;
}

bool lb_csv_cell_put(const lb_csv_cell *cell, lb_type type, void *values, size_t row)
{
  bool logical;
  switch (type) {
  case LB_REAL:
    return parse_real(cell, (double *)values + row);
  case LB_INTEGER:
    return lb_parse_integer(cell->text, cell->length, (int64_t *)values + row);
  case LB_DATE:
    return lb_date_parse(cell->text, cell->length, (int32_t *)values + row);
  case LB_DATETIME:
    return lb_datetime_parse(cell->text, cell->length, (int64_t *)values + row);
  case LB_LOGICAL:
    if (!parse_logical(cell, &logical)) {
      logical = equals(cell, "1");
      if (!logical && !equals(cell, "0")) return false;
    }
    if (logical) lb_bit_set(values, row);
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

void lb_csv_cell_quote(const lb_csv_cell *cell, char out[LB_CELL_QUOTE])
{
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
