/* date.c - the proleptic Gregorian calendar and ISO 8601 text. */
#include "base/date.h"

#include <stddef.h>

#define MICROSECOND    INT64_C(1000000) /* to the second */
#define DAY_SECONDS    86400
#define ERA_DAYS       146097 /* 400 years: the calendar repeats */
#define EPOCH_FROM_ERA 719468 /* from 0000-03-01 to 1970-01-01 */
#define FIRST_YEAR     1
#define LAST_YEAR      9999
#define FIRST_DAY      (-719162) /* 0001-01-01 */
#define LAST_DAY       2932896   /* 9999-12-31 */

static int month_days(int year, int month)
{
  static const int DAYS[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return DAYS[month - 1] + (month == 2 && leap);
}

/* Years are counted from March: the leap day then ends the year, and the months before any month
 * last (153 m + 2) / 5 days, m = 0 for March - five months of 31, 30, 31, 30, 31 are 153 days. */
bool lb_date_from_civil(int year, int month, int day, int32_t *days)
{
  if (year < FIRST_YEAR || year > LAST_YEAR || month < 1 || month > 12) return false;
  if (day < 1 || day > month_days(year, month)) return false;
  int from_march = (month + 9) % 12;
  int y = year - (month <= 2);
  int before_year = 365 * y + y / 4 - y / 100 + y / 400;
  *days = before_year + (153 * from_march + 2) / 5 + day - 1 - EPOCH_FROM_ERA;
  return true;
}

void lb_date_to_civil(int32_t days, int *year, int *month, int *day)
{
  int64_t since = (int64_t)days + EPOCH_FROM_ERA;
  int64_t era = (since >= 0 ? since : since - (ERA_DAYS - 1)) / ERA_DAYS;
  int of_era = (int)(since - era * ERA_DAYS);
  /* Take out the leap days met so far (last days of 4, 100 and 400 years), then all years have 365
   * days. */
  int year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  int of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  int from_march = (5 * of_year + 2) / 153;
  *day = of_year - (153 * from_march + 2) / 5 + 1;
  *month = from_march < 10 ? from_march + 3 : from_march - 9;
  *year = (int)(era * 400) + year_of_era + (*month <= 2);
}

/* ---- reading ---- */

/* Exactly n digits at text; false when one is not a digit. */
static bool read_number(const char *text, size_t n, int *number)
{
  int value = 0;
  for (size_t i = 0; i < n; i++) {
    if (text[i] < '0' || text[i] > '9') return false;
    value = value * 10 + (text[i] - '0');
  }
  *number = value;
  return true;
}

bool lb_date_parse(const char *text, size_t length, int32_t *days)
{
  int year, month, day;
  if (length != 10 || text[4] != '-' || text[7] != '-') return false;
  if (!read_number(text, 4, &year) || !read_number(text + 5, 2, &month) ||
      !read_number(text + 8, 2, &day))
    return false;
  return lb_date_from_civil(year, month, day, days);
}

/* HH:MM at text, as minutes; text holds five bytes. */
static bool read_minutes(const char *text, int *minutes)
{
  int hour, minute;
  if (text[2] != ':' || !read_number(text, 2, &hour) || !read_number(text + 3, 2, &minute))
    return false;
  if (hour > 23 || minute > 59) return false;
  *minutes = hour * 60 + minute;
  return true;
}

/* [:SS[.ffffff]] at *at, as microseconds; moves *at past it. */
static bool read_seconds(const char *text, size_t length, size_t *at, int64_t *microseconds)
{
  int second;
  *microseconds = 0;
  if (*at == length || text[*at] != ':') return true;
  if (length - *at < 3 || !read_number(text + *at + 1, 2, &second) || second > 59) return false;
  *at += 3;
  *microseconds = second * MICROSECOND;
  if (*at == length || text[*at] != '.') return true;
  size_t first = ++*at;
  int64_t unit = MICROSECOND / 10;
  for (; *at < length && text[*at] >= '0' && text[*at] <= '9'; ++*at, unit /= 10) {
    if (unit == 0) return false; /* finer than we can keep: not cut in silence */
    *microseconds += (text[*at] - '0') * unit;
  }
  return *at > first;
}

/* [Z|+HH:MM|-HH:MM] up to the end, as minutes east of UTC. */
static bool read_zone(const char *text, size_t length, int *minutes)
{
  *minutes = 0;
  if (length == 0 || (length == 1 && text[0] == 'Z')) return true;
  if (length != 6 || (text[0] != '+' && text[0] != '-')) return false;
  if (!read_minutes(text + 1, minutes)) return false;
  if (text[0] == '-') *minutes = -*minutes;
  return true;
}

bool lb_datetime_parse(const char *text, size_t length, int64_t *microseconds)
{
  int32_t days;
  int minutes, zone;
  int64_t seconds;
  if (length < 16 || (text[10] != 'T' && text[10] != ' ')) return false;
  if (!lb_date_parse(text, 10, &days) || !read_minutes(text + 11, &minutes)) return false;
  size_t at = 16;
  if (!read_seconds(text, length, &at, &seconds) || !read_zone(text + at, length - at, &zone))
    return false;
  int64_t utc =
      days * (DAY_SECONDS * MICROSECOND) + (minutes - zone) * (60 * MICROSECOND) + seconds;
  /* A zone can push the first or last day out of the years we can write. */
  if (utc < FIRST_DAY * (DAY_SECONDS * MICROSECOND) ||
      utc >= (LAST_DAY + 1) * (DAY_SECONDS * MICROSECOND))
    return false;
  *microseconds = utc;
  return true;
}

/* ---- writing ---- */

/* Writes number with at least n digits; returns the end. */
static char *write_number(char *to, int number, size_t n)
{
  char digits[12];
  size_t n_digits = 0;
  for (; number > 0 || n_digits < n; number /= 10) digits[n_digits++] = (char)('0' + number % 10);
  while (n_digits > 0) *to++ = digits[--n_digits];
  return to;
}

/* Days outside 0001..9999 come out with a sign or more digits: odd to see, never wrong. */
size_t lb_date_format(char *buffer, int32_t days)
{
  int year, month, day;
  char *to = buffer;
  lb_date_to_civil(days, &year, &month, &day);
  if (year < 0) *to++ = '-';
  to = write_number(to, year < 0 ? -year : year, 4);
  *to++ = '-';
  to = write_number(to, month, 2);
  *to++ = '-';
  to = write_number(to, day, 2);
  *to = '\0';
  return (size_t)(to - buffer);
}

size_t lb_datetime_format(char *buffer, int64_t microseconds)
{
  int64_t seconds = microseconds / MICROSECOND, fraction = microseconds % MICROSECOND;
  if (fraction < 0) {
    fraction += MICROSECOND;
    seconds--;
  }
  int64_t days = seconds / DAY_SECONDS, of_day = seconds % DAY_SECONDS;
  if (of_day < 0) {
    of_day += DAY_SECONDS;
    days--;
  }
  char *to = buffer + lb_date_format(buffer, (int32_t)days);
  *to++ = 'T';
  to = write_number(to, (int)of_day / 3600, 2);
  *to++ = ':';
  to = write_number(to, (int)of_day / 60 % 60, 2);
  *to++ = ':';
  to = write_number(to, (int)of_day % 60, 2);
  if (fraction > 0) {
    *to++ = '.';
    to = write_number(to, (int)fraction, 6);
    while (to[-1] == '0') to--;
  }
  *to++ = 'Z';
  *to = '\0';
  return (size_t)(to - buffer);
}

bool lb_date_add_months(int32_t days, int64_t months, int32_t *out)
{
  int year, month, day;
  if (months < -12 * LAST_YEAR || months > 12 * LAST_YEAR) return false;
  if (days < FIRST_DAY || days > LAST_DAY) return false;
  lb_date_to_civil(days, &year, &month, &day);
  int total = 12 * year + month - 1 + (int)months; /* months since 0000-01 */
  if (total < 12 * FIRST_YEAR) return false;
  year = total / 12;
  month = total % 12 + 1;
  int last = month_days(year, month);
  return lb_date_from_civil(year, month, day < last ? day : last, out);
}
