/* keys.h - the rows of two frames that have equal values in some columns, as codes they share. */
#ifndef LB_FRAME_KEYS_H
#define LB_FRAME_KEYS_H
#include "frame/frame.h"

/* Columns to match: left_columns[k] of `left` with right_columns[k] of `right`. Borrowed. */
typedef struct lb_key_pair {
  const lb_frame *left, *right;
  const size_t *left_columns, *right_columns;
  size_t n;
} lb_key_pair;

/* Code of every row: equal codes, equal keys. LB_NO_ROW where a key is missing (or NaN: it equals
 * nothing); it may also stand for a key of the larger frame that the smaller has not. Some codes
 * may be no row's. Owns its arrays. */
typedef struct lb_key_codes {
  size_t n_left, n_right, n_codes;
  lb_row *left, *right;
  size_t n_left_missing, n_right_missing; /* rows with a key missing */
} lb_key_codes;

/* Text and factor match by text; integer and real by value, exactly; other types only their own
 * (LB_ETYPE with both columns' names). No columns: one code for all. Whole numbers and numbered ids
 * of a narrow range are their own codes; else hashes the smaller frame and streams the other:
 * O(n + m). */
lb_status lb_keys_match(const lb_key_pair *pair, lb_key_codes *out, lb_error *err);
void lb_key_codes_reset(lb_key_codes *codes);

/* Rows by code, ascending within a code; rows without a code are left out. */
typedef struct lb_key_index {
  size_t *start; /* n_codes + 1 */
  lb_row *row;
} lb_key_index;
lb_status lb_key_index_make(const lb_row *code, size_t n, size_t n_codes, lb_key_index *out,
                            lb_error *err);
void lb_key_index_reset(lb_key_index *index);
#endif
