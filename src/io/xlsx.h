/* xlsx.h - spreadsheets in and out: a sheet or a range of it becomes a frame, as a CSV file would,
 * with problems that name cells. */
#ifndef LB_IO_XLSX_H
#define LB_IO_XLSX_H
#include "io/csv.h"

typedef struct lb_xlsx_options {
  lb_csv_options table; /* separator is not used */
  const char *sheet;    /* name; NULL = by number */
  size_t sheet_number;  /* from 1, hidden sheets counted; 0 = the first that is not hidden */
  const char *range;    /* "B3:H200", its first row the header; NULL = all cells in use */
} lb_xlsx_options;

/* Grids beyond a million places must be filled to one part in this many. */
#define LB_XLSX_SPARSE_MAX 1000

/* Reads one sheet. The first row in use is the header; rows without any cell are left out (those
 * between others are reported). Types as lb_csv_read finds them; numbers with a date format are
 * dates or datetimes, to the millisecond, in the 1900 or 1904 system of the file; texts that look
 * like numbers are taken as such beside numbers, and counted. Times of day without a date are read
 * as fractions of a day. Problems name the cell (Sheet1!C14) and are made of: error cells and dates
 * that are none (both missing); formulas without a stored value (missing); merged cells; colour
 * fills; hidden sheets and rows; mixed columns. problems may be NULL.
 * Errors: LB_EPARSE no xlsx file, damaged, or encrypted; a type given that a cell does not fit.
 * LB_ENAME unknown sheet (did you mean) or column. LB_EARG a range that is none. LB_EDATA limits
 * against archives that unpack too large (package.h), an empty sheet. LB_EIO libzip or expat is
 * missing. LB_ENOMEM, LB_EINTR. */
lb_status lb_xlsx_read(const char *data, size_t length, const lb_xlsx_options *options,
                       lb_frame **out, lb_problems *problems, lb_error *err);

/* The frame as an xlsx file of one sheet (NULL: "Data"): a bold header that stays in view, dates as
 * dates, datetimes in UTC, missing cells empty, integers beyond 2^53 and dates before March 1900 as
 * text, NaN and infinities as text. The same frame gives the same bytes. LB_EARG: a sheet name that
 * spreadsheets refuse; LB_EDATA: more rows (1,048,575), columns (16,384) or text in a cell (32,767
 * characters) than a sheet holds. *data: lb_mem_free. */
lb_status lb_xlsx_write(const lb_frame *frame, const char *sheet, char **data, size_t *length,
                        lb_error *err);
#endif
