/* sqlite.h - tables and queries of SQLite files, through the library opened when first used. */
#ifndef LB_IO_SQLITE_H
#define LB_IO_SQLITE_H
#include "io/csv.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct lb_sqlite_param {
  const char *name; /* of ":name", "@name" or "$name", without the mark; NULL = the next "?" */
  enum { LB_SQLITE_NULL, LB_SQLITE_INTEGER, LB_SQLITE_REAL, LB_SQLITE_TEXT } kind;
  int64_t integer;
  double real;
  const char *text;
  size_t length;
} lb_sqlite_param;

typedef struct lb_sqlite_options {
  lb_csv_options table;         /* na NULL = no text is missing; separator is not used */
  const char *from;             /* table or view; NULL with query NULL = the only one there is */
  const char *query;            /* one SELECT */
  const lb_sqlite_param *param; /* all that the query has, and no others */
  size_t n_params;
} lb_sqlite_options;

/* Reads a table, view or query; the file is opened for reading only. Types come from the values
 * found and the declared type: integers and reals as stored, BOOLEAN columns of 0 and 1 logical,
 * texts that are all ISO dates or datetimes as such, other texts factor or text as lb_csv_read
 * (numbers stored as text stay text). Columns with values of several types are text with problems
 * that name rows. NULL is missing; blobs are missing, counted in a problem.
 * LB_EIO: no such file, no database, no library. LB_ENAME: unknown table (did you mean), column or
 * parameter. LB_EARG: no table named where there are several; a query that writes, or of several
 * statements; a parameter without value. LB_EPARSE: SQL that does not parse, text that is not
 * UTF-8, a type given that a value does not fit. LB_ENOMEM, LB_EINTR. problems may be NULL. */
lb_status lb_sqlite_read(const char *path, const lb_sqlite_options *options, lb_frame **out,
                         lb_problems *problems, lb_error *err);

/* Writes the frame as a table, in one transaction: the file is made when there is none; the whole
 * table is there afterwards or the file is as before. Dates and datetimes are ISO 8601 text,
 * factors their levels, logicals BOOLEAN 0 and 1, missing NULL. LB_EARG: a table of that name
 * exists and replace is false; LB_EDATA: NaN, which SQLite would make NULL; LB_EIO; LB_EINTR. */
lb_status lb_sqlite_write(const char *path, const lb_frame *frame, const char *table, bool replace,
                          lb_error *err);
#endif
