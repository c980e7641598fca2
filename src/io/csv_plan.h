/* csv_plan.h - what both ways of scanning a csv text share: beginning, header, chunks. */
#ifndef LB_IO_CSV_PLAN_H
#define LB_IO_CSV_PLAN_H
#include "io/csv_scan.h"

#define LB_CSV_BYTE_ORDER_MARK "\xEF\xBB\xBF"

/* Skips a byte order mark, finds the separator, and puts a cursor at the first byte. */
void lb_csv_plan_begin(const char *text, size_t length, char separator, lb_csv_layout *layout,
                       lb_csv_cursor *cursor);
/* Moves the cursor over blank lines, which are counted, to the header. false: there is none. */
bool lb_csv_plan_header(lb_csv_layout *layout, lb_csv_cursor *cursor);
/* Notes the n cells of the header, which the cursor stands at and which is known to be whole.
 * false: out of memory. */
bool lb_csv_plan_names(lb_csv_layout *layout, const lb_csv_cursor *cursor, size_t n);
/* A record begins: it opens a chunk when the last one is full. false: out of memory. */
bool lb_csv_plan_add(lb_csv_layout *layout, size_t start, size_t row, size_t line, size_t chunk);
#endif
