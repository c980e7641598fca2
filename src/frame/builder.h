/* builder.h - growing builders for columns whose size is not known beforehand. */
#ifndef LB_FRAME_BUILDER_H
#define LB_FRAME_BUILDER_H
#include "frame/column.h"

/* A text column row by row. Zero-initialise. After a failed allocation `failed` is set and later
 * adds do nothing: lb_text_builder_finish then says so. */
typedef struct lb_text_builder {
  size_t n;         /* rows so far */
  int64_t *offsets; /* capacity + 1 */
  uint8_t *valid;   /* capacity bits */
  char *bytes;
  size_t capacity, n_bytes, bytes_capacity;
  bool failed;
} lb_text_builder;

/* Room for n_rows rows and n_bytes bytes in all, where the caller knows them. */
void lb_text_builder_reserve(lb_text_builder *b, size_t n_rows, size_t n_bytes);
/* Appends a row; text is copied and must be well-formed UTF-8. */
void lb_text_builder_add(lb_text_builder *b, const char *text, size_t length);
void lb_text_builder_add_missing(lb_text_builder *b);
/* Turns the rows into a column and empties the builder, also on failure. */
lb_status lb_text_builder_finish(lb_text_builder *b, lb_column **out, lb_error *err);
void lb_text_builder_reset(lb_text_builder *b); /* safe on a zeroed builder */

/* A text column of n NUL-terminated texts. */
lb_status lb_column_from_texts(const char *const *texts, size_t n, lb_column **out, lb_error *err);
#endif
