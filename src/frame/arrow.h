/* arrow.h - frames handed to and taken from other programs through the Arrow C data interface. */
#ifndef LB_FRAME_ARROW_H
#define LB_FRAME_ARROW_H
#include "frame/frame.h"

/* The two structs that the interface fixes (arrow.apache.org, "The Arrow C data interface"). */
#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE
#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE           2
struct ArrowSchema {
  const char *format, *name, *metadata;
  int64_t flags, n_children;
  struct ArrowSchema **children, *dictionary;
  void (*release)(struct ArrowSchema *schema);
  void *private_data;
};
struct ArrowArray {
  int64_t length, null_count, offset, n_buffers, n_children;
  const void **buffers;
  struct ArrowArray **children, *dictionary;
  void (*release)(struct ArrowArray *array);
  void *private_data;
};
#endif

/* The frame as a struct array; the buffers are the columns' own, kept alive until the array is
 * released, nothing is copied. Columns that a filter left to be gathered are gathered. real "g",
 * integer "l", logical "b", date "tdD", datetime "tsu:UTC", text "U", factor: "i" with a dictionary
 * "U"; label and unit as metadata "label" and "unit". Both structs are written on success only;
 * the receiver calls their release. LB_ENOMEM. */
lb_status lb_arrow_export(const lb_frame *frame, struct ArrowSchema *schema,
                          struct ArrowArray *array, lb_error *err);

/* A frame from a struct array, of which the values are copied: offsets and lengths of slices are
 * heeded. Takes both structs: they are released, also on failure. Read are: all integers (uint64 up
 * to 2^63 - 1), float and double, logical, text and large text, date32 and date64, timestamps of
 * any unit (nanoseconds rounded down; in UTC whatever the zone; without a zone taken as UTC),
 * dictionaries of text, and null columns. Metadata "label" and "unit" become the column's.
 * LB_EARG: released already, or no struct; LB_ETYPE: a column of another type, named with its
 * format; LB_EDATA: lengths that contradict each other, text that is not UTF-8, numbers too large;
 * LB_ENOMEM. source: NULL, or the name that messages show. */
lb_status lb_arrow_import(struct ArrowSchema *schema, struct ArrowArray *array, const char *source,
                          lb_frame **out, lb_error *err);
#endif
