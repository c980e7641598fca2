/* gather_records.h - columns of numbers gathered together by rows in no order: one cache line of a
 * row holds what several columns would fetch one by one. Only for frame.c. */
#ifndef LB_FRAME_GATHER_RECORDS_H
#define LB_FRAME_GATHER_RECORDS_H
#include "frame/column.h"

/* Whether n columns of `length` rows, gathered by these rows, are worth laying out as records. */
bool lb_records_pay(size_t n_columns, size_t length, const lb_row *rows, size_t n);
/* A column that can be part of a record: not text, not logical. */
bool lb_fits_record(const lb_column *column);
/* out[k] = rows of columns[k], as lb_column_gather; all of one length, out[] untouched on failure.
 * LB_EARG: a row that the columns have not (LB_NO_ROW is one here). LB_ENOMEM, LB_EINTR. */
lb_status lb_gather_records(const lb_column *const *columns, size_t n_columns, const lb_row *rows,
                            size_t n, lb_column **out, lb_error *err);
#endif
