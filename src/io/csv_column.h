/* csv_column.h - one column of a scanned csv file: its type from all cells, then its values. */
#ifndef LB_IO_CSV_COLUMN_H
#define LB_IO_CSV_COLUMN_H
#include "base/hash.h"
#include "io/csv.h"
#include "io/csv_scan.h"

typedef struct lb_csv_request {
  const lb_csv_table *table;
  size_t column;
  const char *name;
  const lb_type *given; /* NULL = guess */
  const lb_map *na;     /* cells that mean missing */
  bool is_id;           /* never quote its cells; text unless integer */
} lb_csv_request;

/* Values as a new column; cells that keep a column from being numbers or dates go to problems
 * (NULL = not wanted). LB_EPARSE when a cell does not fit the type given. */
lb_status lb_csv_column_read(const lb_csv_request *request, lb_column **out, lb_problems *problems,
                             lb_error *err);
/* Adds a problem (column and message copied), or only counts it when the list is full. false: out
 * of memory. */
bool lb_problems_add(lb_problems *problems, size_t row, size_t line, const char *column,
                     const char *message);
/* Moves the problems of `more` behind those of `problems`, as many as are kept; `more` is then
 * empty. false: out of memory, `more` still to be reset. */
bool lb_problems_join(lb_problems *problems, lb_problems *more);
#endif
