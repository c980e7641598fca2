/* column.h - one typed, immutable, reference-counted column in Arrow's memory layout. */
#ifndef LB_FRAME_COLUMN_H
#define LB_FRAME_COLUMN_H
#include "base/error.h"
#include <stdbool.h>
#include <stdint.h>

typedef enum lb_type {
  LB_REAL,    /* double */
  LB_INTEGER, /* int64_t */
  LB_LOGICAL, /* bits */
  LB_FACTOR,  /* int32_t codes from 0 into a text column of levels */
  LB_TEXT,    /* n + 1 int64_t offsets into UTF-8 bytes */
  LB_DATE,    /* int32_t days since 1970-01-01 */
  LB_DATETIME /* int64_t microseconds since 1970-01-01 UTC */
} lb_type;

/* Row index within a frame; frames hold fewer than 2^32 rows. */
typedef uint32_t lb_row;
#define LB_NO_ROW ((lb_row)-1) /* no such row: gathers as a missing value */

typedef struct lb_column lb_column;

const char *
lb_type_name(lb_type type); /* "real" "integer" "logical" "factor" "text" "date" "datetime" */
bool lb_type_from_name(const char *name, lb_type *type);

/* New column of n rows. Takes `values` and `valid` (blocks of lb_mem; freed also on failure).
 *   values  array of the type's C type; LB_LOGICAL: bitmap. Not for LB_FACTOR and LB_TEXT.
 *   valid   bitmap of present rows, or NULL when none is missing. Values of missing rows are never
 * read. A NaN in a real column is a value of its own, not missing. */
lb_status lb_column_new(lb_type type, size_t n, void *values, uint8_t *valid, lb_column **out,
                        lb_error *err);
/* Takes offsets (n + 1, first 0), bytes (offsets[n] of them, well-formed UTF-8) and valid. */
lb_status lb_column_new_text(size_t n, int64_t *offsets, char *bytes, uint8_t *valid,
                             lb_column **out, lb_error *err);
/* Takes codes and valid; retains levels (a text column without missing or repeated values). */
lb_status lb_column_new_factor(size_t n, int32_t *codes, lb_column *levels, bool ordered,
                               uint8_t *valid, lb_column **out, lb_error *err);

lb_column *lb_column_retain(lb_column *column); /* returns its argument */
void lb_column_release(lb_column *column);      /* NULL is fine */

lb_type lb_column_type(const lb_column *column);
size_t lb_column_length(const lb_column *column);
size_t lb_column_missing(const lb_column *column);       /* number of missing rows */
const uint8_t *lb_column_valid(const lb_column *column); /* NULL when none is missing */
size_t lb_column_bytes(const lb_column *column);         /* memory held, shared buffers included */

/* Borrowed values; valid only for the type named (asserted). */
const double *lb_column_real(const lb_column *column);
const int64_t *lb_column_integer(const lb_column *column); /* integer and datetime */
const uint8_t *lb_column_logical(const lb_column *column); /* bitmap */
const int32_t *lb_column_codes(const lb_column *column);   /* factor codes */
const int32_t *lb_column_days(const lb_column *column);    /* date */
const char *lb_column_text(const lb_column *column, size_t row,
                           size_t *length); /* text; factor: the level. Not
                                             * NUL-terminated */
const lb_column *
lb_column_levels(const lb_column *column); /* factor: text column of levels; else NULL */
size_t lb_column_level_count(const lb_column *column); /* 0 unless factor */
bool lb_column_ordered(const lb_column *column);
/* Any numeric-like row as double: real, integer, logical (0/1), date (days), datetime
 * (microseconds), factor (code). Missing rows: NaN. Not for text. */
double lb_column_number(const lb_column *column, size_t row);

/* Metadata; NULL when there is none. */
const char *lb_column_label(const lb_column *column);
const char *lb_column_unit(const lb_column *column);
/* A column that shares the values of `column` and carries label and unit (copied; NULL = none). */
lb_status lb_column_with_label(lb_column *column, const char *label, const char *unit,
                               lb_column **out, lb_error *err);

/* Rows rows[0..n) of column; label and unit kept. LB_NO_ROW gives a missing row; another row that
 * the column has not: LB_EARG. */
lb_status lb_column_gather(const lb_column *column, const lb_row *rows, size_t n, lb_column **out,
                           lb_error *err);

/* Conversions; label and unit kept. */
/* Factor with the levels given (NULL: distinct values in order of text, numbers in numeric order);
 * values that are no level: LB_ENAME naming the value's count, not its text. From text, integer,
 * logical (false, true), factor (NULL: its levels as they stand); else LB_ETYPE. */
lb_status lb_column_to_factor(const lb_column *column, const char *const *levels, size_t n_levels,
                              bool ordered, lb_column **out, lb_error *err);
/* Levels put in the order: the n named first, then the others as they stand. Unknown level:
 * LB_ENAME. */
lb_status lb_column_relevel(const lb_column *column, const char *const *first, size_t n,
                            lb_column **out, lb_error *err);
/* Factor without the levels that no row has. */
lb_status lb_column_drop_levels(const lb_column *column, lb_column **out, lb_error *err);
#endif
