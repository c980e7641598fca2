/* xlsx_sheet.h - the cells of one sheet as they stand: values, errors, merges and colours. */
#ifndef LB_IO_XLSX_SHEET_H
#define LB_IO_XLSX_SHEET_H
#include "io/cells.h"
#include "io/xlsx_book.h"

typedef struct lb_xlsx_range {
  size_t row0, row1, column0, column1; /* from 0, both ends included */
} lb_xlsx_range;
#define LB_XLSX_ROWS    ((size_t)1048576)
#define LB_XLSX_COLUMNS ((size_t)16384)

typedef enum lb_xlsx_issue {
  LB_XLSX_FINE,
  LB_XLSX_ERROR,    /* #DIV/0! and the like; which: lb_xlsx_error_name */
  LB_XLSX_NO_VALUE, /* a formula without a stored value */
  LB_XLSX_NO_DATE,  /* a number that its date format cannot show */
  LB_XLSX_BAD_VALUE /* a cell whose content is not what its type says */
} lb_xlsx_issue;

typedef struct lb_xlsx_cell {
  uint32_t row; /* of the sheet, from 0 */
  uint16_t column;
  uint8_t issue; /* lb_xlsx_issue; the cell is then missing */
  uint8_t error; /* index for lb_xlsx_error_name */
  bool filled, time;
  lb_cell cell;
} lb_xlsx_cell;

typedef struct lb_xlsx_grid {
  lb_xlsx_cell *cell; /* by row, then column; empty cells are not kept */
  size_t n, capacity;
  lb_xlsx_range *merge;
  size_t n_merges, merge_capacity;
  uint32_t *hidden; /* hidden rows */
  size_t n_hidden, hidden_capacity;
} lb_xlsx_grid;

/* Cells of a part within `range`; texts go to book->text. LB_EPARSE: no such part, damaged, or
 * cells that are not in order. */
lb_status lb_xlsx_sheet_read(lb_package *package, const char *part, lb_xlsx_book *book,
                             const lb_map *na, const lb_xlsx_range *range, lb_xlsx_grid *out,
                             lb_error *err);
void lb_xlsx_grid_reset(lb_xlsx_grid *grid);
const char *lb_xlsx_error_name(uint8_t error);
/* "B3:H200", "B3" (one cell) or "$B$3:$H$200", in either order of corners. */
bool lb_xlsx_range_parse(const char *text, lb_xlsx_range *out);
#endif
