/* join.h - which rows of two frames belong together: by equal keys, by the nearest time, by an
 * interval that holds a time. */
#ifndef LB_FRAME_JOIN_H
#define LB_FRAME_JOIN_H
#include "frame/keys.h"

typedef enum lb_join_kind { LB_JOIN_INNER, LB_JOIN_LEFT, LB_JOIN_ANTI, LB_JOIN_SEMI } lb_join_kind;

/* Rows side by side, left rows in their order, each with its right rows in theirs. Owns its
 * arrays. */
typedef struct lb_row_pairs {
  size_t n;
  lb_row *left;
  lb_row *right;            /* LB_NO_ROW: no partner; anti, semi: NULL */
  size_t n_matched;         /* left rows with a partner */
  size_t n_left_missing;    /* left rows with a key (or time) missing: they match nothing */
  size_t n_right_missing;   /* right rows likewise */
  size_t n_right_unmatched; /* right rows that no left row took, the missing among them */
  size_t n_many;            /* left rows (interval), keys (join) with more than one claim */
} lb_row_pairs;
void lb_row_pairs_reset(lb_row_pairs *pairs);

/* Keys that occur several times on both sides multiply rows: LB_EDATA naming how many, unless
 * `many`. Too many rows for a frame: LB_EDATA. */
lb_status lb_join_rows(const lb_key_pair *pair, lb_join_kind kind, bool many, lb_row_pairs *out,
                       lb_error *err);

typedef enum lb_asof_direction { LB_ASOF_BEFORE, LB_ASOF_AFTER, LB_ASOF_NEAREST } lb_asof_direction;
typedef struct lb_asof_options {
  size_t left_time, right_time; /* columns: both dates, both date-times, or both numbers */
  lb_asof_direction direction;  /* at or before; at or after; either */
  double within;                /* days, or units of the numbers; INFINITY: no limit */
} lb_asof_options;

/* For every left row the one right row with equal keys whose time is nearest in the direction. Of
 * right rows equally near the last in row order; a missing (or NaN) time on either side matches
 * nothing. Streams the right side where a key has few left rows, else searches sorted runs:
 * O((n + m) log m) at most. */
lb_status lb_asof_rows(const lb_key_pair *pair, const lb_asof_options *options, lb_row_pairs *out,
                       lb_error *err);

typedef struct lb_interval_options {
  size_t time;       /* left column */
  size_t start, end; /* right columns: start <= time < end */
  bool keep, many;   /* left rows without an interval stay; several intervals are allowed */
} lb_interval_options;

/* Every left row with the right rows whose interval [start, end) holds its time, of equal keys. A
 * missing time, start or end matches nothing; LB_EDATA where an interval ends before it starts,
 * naming how many, and where times lie in several intervals, unless `many`. */
lb_status lb_interval_rows(const lb_key_pair *pair, const lb_interval_options *options,
                           lb_row_pairs *out, lb_error *err);
#endif
