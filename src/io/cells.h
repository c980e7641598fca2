/* cells.h - tables whose cells each have a type of their own, as spreadsheets and SQLite keep them:
 * one type found for a column, or text and a problem. */
#ifndef LB_IO_CELLS_H
#define LB_IO_CELLS_H
#include "base/hash.h"
#include "io/csv.h"
#include "io/csv_cell.h"

#define LB_CELL_MISSING LB_CELL_KINDS

typedef struct lb_cell {
  uint8_t kind;    /* lb_cell_kind, or LB_CELL_MISSING */
  bool is_text;    /* value.text holds it: kind is then what the text looks like */
  uint32_t length; /* bytes of the text */
  union {
    double real;     /* LB_CELL_REAL */
    int64_t integer; /* LB_CELL_INTEGER; LOGICAL 0 or 1; DATE days; DATETIME microseconds UTC */
    size_t text;     /* where it begins in the table's text */
  } value;
} lb_cell;

/* A table to be read. The names are mended in place. */
typedef struct lb_cell_table {
  const void *context;
  /* Fills the cells of a column that are not missing; all n_rows are missing beforehand. */
  void (*fill)(const void *context, size_t column, lb_cell *cell);
  const char *text; /* bytes that text cells point into */
  size_t n_rows, n_columns;
  char **name; /* n_columns names of lb_mem, "" where there is none */
  /* How messages name a cell: "Sheet1!C14"; NULL: by its row. */
  const char *sheet;
  const size_t *sheet_row; /* row of the sheet, from 0, by data row */
  size_t sheet_column;     /* column of the sheet, from 0, of column 0 */
} lb_cell_table;

/* A text as a cell: blanks around it left out, missing when it is one of the NA words. */
lb_cell lb_cell_from_text(const char *text, size_t start, size_t length, const lb_map *na);
/* A number: an integer when it is whole and exact. */
lb_cell lb_cell_from_number(double value);
/* The NA words of the options ("" and "NA" by default) as a map; NULL: out of memory. */
lb_map *lb_cells_na(const lb_csv_options *options);
/* "Sheet1!C14" or "row 13"; row and column from 0 in the table. */
#define LB_CELL_PLACE 160
void lb_cell_place(const lb_cell_table *table, size_t row, size_t column, char out[LB_CELL_PLACE]);
/* Letters of a spreadsheet's column, from 0: A, Z, AA. */
void lb_cell_letters(size_t column, char out[8]);

/* One column. Types as for CSV: logical, integer, real, date, datetime (also for dates among
 * datetimes), else factor or text. Where most cells are numbers, dates or logicals the others
 * become problems and the column is text. LB_EPARSE when a cell does not fit the type given (NULL:
 * found). */
lb_status lb_cells_column(const lb_cell_table *table, size_t column, const lb_type *given,
                          bool is_id, lb_column **out, lb_problems *problems, lb_error *err);
/* The whole table as a frame: names mended, options.columns chosen. Errors as lb_csv_read.
 * problems may be NULL; out and problems are untouched on failure but for added problems. */
lb_status lb_cells_frame(lb_cell_table *table, const lb_csv_options *options, lb_frame **out,
                         lb_problems *problems, lb_error *err);
#endif
