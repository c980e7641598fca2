/* group.h - rows divided by the values of some columns; a missing key is a group of its own. */
#ifndef LB_FRAME_GROUP_H
#define LB_FRAME_GROUP_H
#include "frame/order.h"

/* Groups in order of their keys: factors by level, numbers and dates ascending, text by bytes,
 * false before true, missing last. Owns its arrays. No key columns: one group (also of a frame
 * without rows). */
typedef struct lb_groups {
  size_t n_groups, n_rows;
  lb_row *group;  /* n_rows: group of each row */
  lb_row *row;    /* n_rows: rows by group, row order kept within a group */
  size_t *start;  /* n_groups + 1: group g holds row[start[g] .. start[g + 1]) */
  lb_frame *keys; /* n_groups rows, one column a key */
} lb_groups;

lb_status lb_groups_make(const lb_frame *frame, const size_t *columns, size_t n, lb_groups *out,
                         lb_error *err);
/* One group of all rows, without their lists: `group` and `row` are NULL until lb_groups_list makes
 * them, which does nothing where they are. */
lb_status lb_groups_whole(const lb_frame *frame, lb_groups *out, lb_error *err);
lb_status lb_groups_list(lb_groups *groups, lb_error *err);
/* The rows by group as `row` holds them, but in each group in the order of the keys
 * (lb_frame_order, missing last). out: n_rows, lb_mem_free. */
lb_status lb_groups_sorted(const lb_groups *groups, const lb_frame *frame, const lb_sort_key *keys,
                           size_t n, lb_row **out, lb_error *err);
void lb_groups_reset(lb_groups *groups);
#endif
