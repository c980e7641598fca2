/* row_list.h - a shared, immutable list of row numbers: what a filter kept, in order. */
#ifndef LB_FRAME_ROW_LIST_H
#define LB_FRAME_ROW_LIST_H
#include "frame/column.h"

/* NULL stands for "all rows as they are".. */
typedef struct lb_row_list lb_row_list;

/* A copy of rows[0..n); NULL when out of memory. */
lb_row_list *lb_row_list_new(const lb_row *rows, size_t n);
/* rows of `list`: entry i is list[rows[i]], LB_NO_ROW staying that. list NULL: rows itself. */
lb_row_list *lb_row_list_compose(const lb_row_list *list, const lb_row *rows, size_t n);
lb_row_list *lb_row_list_retain(lb_row_list *list); /* NULL gives NULL */
void lb_row_list_release(lb_row_list *list);        /* NULL is fine */
const lb_row *lb_row_list_rows(const lb_row_list *list);
size_t lb_row_list_bytes(const lb_row_list *list);
#endif
