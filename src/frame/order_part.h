/* order_part.h - what a sort key contributes to the order of rows: codes of as few bits as its
 * values need. Only for order.c. */
#ifndef LB_FRAME_ORDER_PART_H
#define LB_FRAME_ORDER_PART_H
#include "frame/frame.h"

#define LB_ORDER_BLOCK      256u /* rows whose codes are made together; a multiple of 64 */
#define LB_ORDER_TEXT_PARTS 4u   /* leading bytes of a text that are compared eight at a time */
#define LB_ORDER_MOST_PARTS (LB_ORDER_TEXT_PARTS + 2u) /* of one key */

typedef enum lb_order_kind {
  LB_ORDER_MISSING, /* one bit: is the row missing */
  LB_ORDER_WHOLE,   /* integer, date, datetime, factor, logical */
  LB_ORDER_DECIMAL, /* reals that are all whole numbers of tenths, hundredths, ... */
  LB_ORDER_REAL,
  LB_ORDER_TEXT,     /* eight bytes from `offset` on */
  LB_ORDER_TEXT_REST /* no codes: texts are compared whole */
} lb_order_kind;

typedef struct lb_order_part {
  lb_order_kind kind;
  const lb_column *column; /* borrowed */
  lb_type type;
  const uint8_t *valid; /* of the column */
  const void *values;   /* of the column; NULL for text */
  bool descending, missing_first;
  unsigned bits;      /* of the codes: at most 64 */
  uint64_t low, high; /* raw codes of present rows, in ascending order */
  uint64_t base;      /* code of the first present value */
  uint64_t nan, missing;
  double scale; /* decimal: units in 1 */
  size_t offset;
} lb_order_part;

/* The parts of one key, most significant first; room for LB_ORDER_MOST_PARTS. A key that tells no
 * rows apart has none. Returns how many. */
size_t lb_order_parts(const lb_column *column, bool descending, bool missing_first,
                      lb_order_part *parts);
/* Codes of rows start .. start + n - 1 (start a multiple of 64, n <= LB_ORDER_BLOCK), or of one
 * row: below 2^bits, in the order of the key. */
void lb_order_codes(const lb_order_part *part, size_t start, size_t n, uint64_t *code);
uint64_t lb_order_code(const lb_order_part *part, size_t row);
#endif
