/* xlsx_date.c - serial numbers of spreadsheets and the formats that make dates of them. */
#include "io/xlsx_date.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#define DAY_MICROSECONDS 86400000000LL
#define DAY_MILLISECONDS 86400000.0
#define EPOCH_1900       25569 /* serial of 1970-01-01 */
#define EPOCH_1904       24107
#define LEAP_1900        60      /* serial of 29 February 1900 */
#define LAST_1900        2958465 /* serial of 9999-12-31 */

lb_xlsx_format lb_xlsx_builtin_format(long id)
{
  if ((id >= 14 && id <= 17) || (id >= 27 && id <= 31) || (id >= 50 && id <= 54) || id == 36 ||
      id == 57 || id == 58)
    return LB_XLSX_DATE;
  if (id == 22) return LB_XLSX_DATETIME;
  if ((id >= 18 && id <= 21) || (id >= 32 && id <= 35) || id == 55 || id == 56 ||
      (id >= 45 && id <= 47))
    return LB_XLSX_TIME;
  return LB_XLSX_PLAIN;
}

/* Goes over what is in brackets: a colour, a condition, a locale, or [h] [mm] [ss], which are
 * elapsed times. */
static const char *skip_bracket(const char *c, bool *time)
{
  const char *end = strchr(c, ']');
  if (end == NULL) return c + strlen(c);
  bool elapsed = end > c + 1;
  for (const char *k = c + 1; k < end; k++)
    elapsed = elapsed && strchr("hms", tolower((unsigned char)*k)) != NULL;
  *time = *time || elapsed;
  return end + 1;
}

lb_xlsx_format lb_xlsx_format_code(const char *code)
{
  bool date = false, time = false, month_or_minute = false;
  if (strcmp(code, "General") == 0) return LB_XLSX_PLAIN;
  for (const char *c = code; *c != '\0' && *c != ';';) {
    int letter = tolower((unsigned char)*c);
    if (letter == '"') {
      const char *end = strchr(c + 1, '"');
      if (end == NULL) break;
      c = end + 1;
    } else if (letter == '[') {
      c = skip_bracket(c, &time);
    } else if ((letter == '\\' || letter == '_' || letter == '*') && c[1] != '\0') {
      c += 2; /* the character after it stands for itself */
    } else if (letter == '0' || letter == '#' || letter == '?') {
      if (!time) return LB_XLSX_PLAIN; /* digits belong to numbers, or to fractions of seconds */
      c++;
    } else {
      date = date || letter == 'd' || letter == 'y';
      time = time || letter == 'h' || letter == 's';
      month_or_minute = month_or_minute || letter == 'm';
      c++;
    }
  }
  if (date && time) return LB_XLSX_DATETIME;
  if (time) return LB_XLSX_TIME;
  return date || month_or_minute ? LB_XLSX_DATE : LB_XLSX_PLAIN;
}

bool lb_xlsx_date(double serial, bool from_1904, int64_t *microseconds)
{
  if (!(serial >= (from_1904 ? 0 : 1) && serial < LAST_1900 + 1)) return false;
  double day = floor(serial);
  if (from_1904) {
    if (day > LAST_1900 - (EPOCH_1900 - EPOCH_1904)) return false;
    day -= EPOCH_1904;
  } else {
    if (day == LEAP_1900) return false;
    day -= day < LEAP_1900 ? EPOCH_1900 - 1 : EPOCH_1900;
  }
  double milliseconds = round((serial - floor(serial)) * DAY_MILLISECONDS);
  *microseconds = (int64_t)day * DAY_MICROSECONDS + (int64_t)milliseconds * 1000;
  return true;
}

bool lb_xlsx_serial(int64_t microseconds, double *serial)
{
  int64_t day = microseconds / DAY_MICROSECONDS, rest = microseconds % DAY_MICROSECONDS;
  if (rest < 0) day--, rest += DAY_MICROSECONDS;
  if (day + EPOCH_1900 <= LEAP_1900 || day + EPOCH_1900 > LAST_1900) return false;
  *serial = (double)(day + EPOCH_1900) + (double)rest / (double)DAY_MICROSECONDS;
  return true;
}
