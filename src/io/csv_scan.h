/* csv_scan.h - the cells of a comma-separated text: where each begins and ends, nothing copied. */
#ifndef LB_IO_CSV_SCAN_H
#define LB_IO_CSV_SCAN_H
#include "base/error.h"
#include "base/str.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct lb_csv_record {
  size_t start; /* byte where it begins */
  size_t line;  /* line of the file, from 1 */
} lb_csv_record;

/* Record 0 is the header; all records have n_columns fields. The text is borrowed. */
typedef struct lb_csv_table {
  const char *text;
  size_t length;
  char separator;
  size_t n_columns, n_records;
  lb_csv_record *record;
  uint64_t *end; /* n_records x n_columns: byte after the field, and two flags in the high bits */
  size_t n_fields, field_capacity, record_capacity;
  size_t n_blank, blank_line; /* blank lines left out before or between records, and the first */
  bool quotes_freely; /* some cell is quoted that need not be: then quotes say nothing of meaning */
} lb_csv_table;

typedef struct lb_csv_cell {
  const char *text; /* in the file, or in the scratch buffer */
  size_t length;
  bool quoted;
} lb_csv_cell;

/* LB_EPARSE: no header, a NUL byte, not UTF-8, an unclosed quote, a ragged row. separator 0 = found
 * among , ; tab |. Free with lb_csv_table_reset. */
lb_status lb_csv_scan(const char *text, size_t length, char separator, lb_csv_table *out,
                      lb_error *err);
void lb_csv_table_reset(lb_csv_table *table);
/* The cell without its quotes, doubled quotes made single (in scratch, which is overwritten);
 * blanks around a cell without quotes are left out. false: out of memory. */
bool lb_csv_cell_get(const lb_csv_table *table, size_t record, size_t column, lb_str *scratch,
                     lb_csv_cell *cell);
/* true when the text, written bare, would not be read back as it is. */
bool lb_csv_needs_quotes(const char *text, size_t length);
#endif
