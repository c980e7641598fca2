/* csv_frame.h - from the plan of a csv text to a frame: names, types, passes over the rows. */
#ifndef LB_IO_CSV_FRAME_H
#define LB_IO_CSV_FRAME_H
#include "io/csv_column.h"

/* Work that a pass may do beside the rows, by the first thread that is free; run once. And what is
 * told that a pass is done with some bytes of the text. */
typedef struct lb_csv_side {
  void (*run)(void *context);
  void (*rest)(void *context, const char *text, size_t length);
  void *context;
  bool done;
} lb_csv_side;

/* Fills r->name from the header; what was mended goes to problems (NULL = not wanted). */
lb_status lb_csv_names(lb_csv_reading *r, lb_problems *problems, lb_error *err);
/* Reads the columns of r->column into the frame, in their order; side may be NULL. When r->astray
 * is set afterwards the text must be scanned carefully and the status means nothing. */
lb_status lb_csv_fill(lb_csv_reading *r, lb_csv_side *side, lb_frame *frame, lb_problems *problems,
                      lb_error *err);
/* One pass over the rows for all columns that are not idle. */
lb_status lb_csv_pass(lb_csv_reading *r, lb_csv_side *side, lb_error *err);
/* What LB_CSV_TEXTS or LB_CSV_FACTOR noted, as a column. */
lb_status lb_csv_text_column(lb_csv_reading *r, lb_csv_column *c, lb_column **out, lb_error *err);
lb_status lb_csv_factor_column(lb_csv_reading *r, lb_csv_column *c, lb_column **out, lb_error *err);
/* The distinct texts of all parts in the order in which they appear; NULL: out of memory. */
lb_map *lb_csv_distinct(const lb_csv_reading *r, const lb_csv_column *c);
#endif
