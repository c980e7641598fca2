/* date.h - days since 1970-01-01 and microseconds UTC, proleptic Gregorian calendar, ISO 8601 text.
 */
#ifndef LB_BASE_DATE_H
#define LB_BASE_DATE_H
#include "base/error.h"
#include <stdbool.h>
#include <stdint.h>

#define LB_DATE_TEXT     16
#define LB_DATETIME_TEXT 40

/* false when there is no such day (2023-02-29) or the year is outside 0001..9999. */
bool lb_date_from_civil(int year, int month, int day, int32_t *days);
void lb_date_to_civil(int32_t days, int *year, int *month, int *day);
/* Whole text is YYYY-MM-DD. */
bool lb_date_parse(const char *text, size_t length, int32_t *days);
size_t lb_date_format(char *buffer, int32_t days); /* buffer: LB_DATE_TEXT */
/* Whole text is YYYY-MM-DD[T| ]HH:MM[:SS[.ffffff]][Z|+HH:MM|-HH:MM]; no zone means UTC. */
bool lb_datetime_parse(const char *text, size_t length, int64_t *microseconds);
size_t lb_datetime_format(char *buffer,
                          int64_t microseconds); /* 2024-02-29T12:30:00Z, fraction if any */
/* Calendar months added, the day cut to the month's last: 2024-01-31 + 1 month = 2024-02-29. */
bool lb_date_add_months(int32_t days, int64_t months, int32_t *out);
#endif
