/* concat.h - columns and frames set below and beside each other. */
#ifndef LB_FRAME_CONCAT_H
#define LB_FRAME_CONCAT_H
#include "frame/frame.h"

/* k >= 1 columns one below the other. Integer with real gives real; factors unite their levels in
 * order of appearance (ordered only when all have the same ordered levels), factor with text gives
 * text; a column with nothing present takes any type; all else LB_ETYPE. Label and unit are the
 * first there are; two different units: LB_EDATA, as the numbers would not compare. */
lb_status lb_columns_concat(const lb_column *const *columns, size_t k, lb_column **out,
                            lb_error *err);

/* Rows of `above`, then rows of `below`: columns by name, those of `above` first; a column that one
 * frame lacks is missing there. Errors name the column. */
lb_status lb_frame_append(const lb_frame *above, const lb_frame *below, lb_frame **out,
                          lb_error *err);

/* Columns `columns[0..k)` stacked into one, row by row: row i gives k rows. out_rows: k times the
 * rows of frame, lb_mem_free; out: the values of those rows. */
lb_status lb_frame_longer(const lb_frame *frame, const size_t *columns, size_t k, lb_row **out_rows,
                          lb_column **out, lb_error *err);
#endif
