/* column_internal.h - what the files of src/frame share about columns beyond the public header. */
#ifndef LB_FRAME_COLUMN_INTERNAL_H
#define LB_FRAME_COLUMN_INTERNAL_H
#include "frame/column.h"

/* As lb_column_new_factor for codes and levels that came from a factor already checked. */
lb_status lb_column_new_factor_trusted(size_t n, int32_t *codes, const lb_column *levels,
                                       bool ordered, uint8_t *valid, lb_column **out,
                                       lb_error *err);
/* One more reference to a column that the caller only borrowed. */
lb_column *lb_column_share(const lb_column *column);
/* Gives `made` label and unit of `model`; takes `made`, also on failure. */
lb_status lb_column_label_like(lb_column *made, const lb_column *model, lb_column **out,
                               lb_error *err);
/* The n + 1 offsets and the bytes of a text column; bytes may be NULL when there are none. */
const int64_t *lb_column_offsets(const lb_column *column, const char **bytes);
#endif
