/* frame.h - ordered, named columns of one length, immutable once published; filters keep row
 * numbers. */
#ifndef LB_FRAME_FRAME_H
#define LB_FRAME_FRAME_H
#include "frame/column.h"

typedef struct lb_frame lb_frame;

/* An empty frame of n rows; `source` (NULL or a file's base name) is copied and shown in messages.
 */
lb_status lb_frame_new(size_t n_rows, const char *source, lb_frame **out, lb_error *err);
lb_frame *lb_frame_retain(lb_frame *frame);
void lb_frame_release(lb_frame *frame);

/* Only while building, before the frame is shared: appends a column (retained). LB_EARG: another
 * length, empty or repeated name. */
lb_status lb_frame_add(lb_frame *frame, const char *name, lb_column *column, lb_error *err);

size_t lb_frame_rows(const lb_frame *frame);
size_t lb_frame_columns(const lb_frame *frame);
const char *lb_frame_name(const lb_frame *frame, size_t i); /* NUL-terminated */
const char *const *lb_frame_names(const lb_frame *frame);   /* all of them, for did-you-mean */
bool lb_frame_find(const lb_frame *frame, const char *name, size_t length, size_t *i);
/* As lb_frame_find; unknown: LB_ENAME "no column 'x' (did you mean 'y'?)". */
lb_status lb_frame_index(const lb_frame *frame, const char *name, size_t length, size_t *i,
                         lb_error *err);
const char *lb_frame_source(const lb_frame *frame); /* NULL when unknown */
/* Row number, from 0, in the table as it was read; the row itself where nothing was dropped;
 * SIZE_MAX for a row taken as LB_NO_ROW. */
size_t lb_frame_source_row(const lb_frame *frame, size_t row);

/* Column i, gathered on first use when rows were filtered; borrowed from the frame. Not thread-safe
 * on first use. */
lb_status lb_frame_column(const lb_frame *frame, size_t i, const lb_column **out, lb_error *err);
/* Type, levels, label and unit of column i without gathering. */
const lb_column *lb_frame_column_source(const lb_frame *frame, size_t i);

/* New frames; what did not change is shared. Take copies `rows` (LB_NO_ROW: a row all missing). */
lb_status lb_frame_take(const lb_frame *frame, const lb_row *rows, size_t n, lb_frame **out,
                        lb_error *err);
lb_status lb_frame_select(const lb_frame *frame, const size_t *columns, size_t n, lb_frame **out,
                          lb_error *err);
/* Column replaced in place, or appended when the name is new. */
lb_status lb_frame_with(const lb_frame *frame, const char *name, lb_column *column, lb_frame **out,
                        lb_error *err);
lb_status lb_frame_rename(const lb_frame *frame, size_t column, const char *name, lb_frame **out,
                          lb_error *err);
/* The columns of `frame`, then those of `beside` (as many rows) under `names`. Row numbers of the
 * table as it was read are those of `frame`. */
lb_status lb_frame_bind(const lb_frame *frame, const lb_frame *beside, const char *const *names,
                        lb_frame **out, lb_error *err);
/* Gathers every column that is still to be gathered, one column a task on large frames. */
lb_status lb_frame_gather(const lb_frame *frame, lb_error *err);
/* Bytes of memory that the frame holds itself: row lists and columns it gathered; shared ones count
 * in full. */
size_t lb_frame_bytes(const lb_frame *frame);
/* How many rows of column j of `b` are rows of column i of `a`, told by what they were filtered
 * from, not by their values. LB_NO_COMMON when the columns do not go back to the same one, or `a`
 * repeats rows of it (a table that was joined): then nothing is known. LB_ENOMEM. */
#define LB_NO_COMMON SIZE_MAX
lb_status lb_frame_common_rows(const lb_frame *a, size_t i, const lb_frame *b, size_t j, size_t *n,
                               lb_error *err);
#endif
