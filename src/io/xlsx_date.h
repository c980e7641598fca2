/* xlsx_date.h - dates of spreadsheets: which number formats show one, and what a serial number
 * means. */
#ifndef LB_IO_XLSX_DATE_H
#define LB_IO_XLSX_DATE_H
#include <stdbool.h>
#include <stdint.h>

typedef enum lb_xlsx_format {
  LB_XLSX_PLAIN, /* numbers and texts */
  LB_XLSX_DATE,
  LB_XLSX_DATETIME,
  LB_XLSX_TIME /* a time of day or a duration, without a date */
} lb_xlsx_format;

/* Format codes built into every spreadsheet (ECMA-376, part 1, 18.8.30). */
lb_xlsx_format lb_xlsx_builtin_format(long id);
/* A format code as written, e.g. "dd/mm/yyyy hh:mm"; its first section counts. */
lb_xlsx_format lb_xlsx_format_code(const char *code);
/* Days and microseconds since 1970 of a serial number, rounded to the millisecond. The 1900 system
 * counts 29 February 1900, which never was, as 60: that serial, those below 1 (1904 system: below
 * 0) and those beyond 9999 give false. */
bool lb_xlsx_date(double serial, bool from_1904, int64_t *microseconds);
/* The serial number, in the 1900 system, of microseconds since 1970; below 1 March 1900, where
 * spreadsheets disagree, false. */
bool lb_xlsx_serial(int64_t microseconds, double *serial);
#endif
