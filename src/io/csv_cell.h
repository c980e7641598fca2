/* csv_cell.h - what one cell of a csv file looks like, and its value as a given type. */
#ifndef LB_IO_CSV_CELL_H
#define LB_IO_CSV_CELL_H
#include "frame/column.h"
#include "io/csv_scan.h"

typedef enum lb_cell_kind {
  LB_CELL_LOGICAL, /* true TRUE True false FALSE False */
  LB_CELL_INTEGER,
  LB_CELL_REAL,
  LB_CELL_DATE,
  LB_CELL_DATETIME,
  LB_CELL_COMMA,     /* the other decimal mark: 3,14 or 1.234,5; with decimal commas 3.14 */
  LB_CELL_THOUSANDS, /* 1,234.5 or 1 234 */
  LB_CELL_CENSORED,  /* <0.5, where the rules keep such numbers */
  LB_CELL_DAY_MONTH, /* 31/12/2024: a date that only a given format can read */
  LB_CELL_CODE,      /* digits that a number would not keep: 007, or more than an integer holds */
  LB_CELL_TEXT,
  LB_CELL_KINDS
} lb_cell_kind;

/* How cells are to be understood; borrowed for the reading. */
typedef struct lb_csv_rules {
  char decimal;            /* '.' or ',' */
  const char *date_format; /* checked by lb_csv_date_format_check; NULL = ISO only */
  bool censored;           /* "<0.5" is the number 0.5, and known to be below it */
} lb_csv_rules;

/* A format is YYYY, MM or M, DD or D, each once, and other characters that are no letters or
 * digits. */
bool lb_csv_date_format_check(const char *format);
lb_cell_kind lb_csv_cell_kind(const lb_csv_cell *cell, const lb_csv_rules *rules);
/* Writes the value of the cell to values[row]; false when it does not fit. Not for LB_FACTOR and
 * LB_TEXT. A given logical also takes 0 and 1. Rows of one logical column may be put by several
 * threads: their bits are set as one. */
bool lb_csv_cell_put(const lb_csv_cell *cell, const lb_csv_rules *rules, lb_type type, void *values,
                     size_t row);
/* "a number", "a date (expected YYYY-MM-DD)", ... */
const char *lb_csv_cell_expected(lb_type type);
/* The cell in quotes for a message: at most 30 characters, on one line. */
#define LB_CELL_QUOTE 160
void lb_csv_cell_quote(const lb_csv_cell *cell, char out[LB_CELL_QUOTE]);
#endif
