/* csv_settle.h - what a column of a csv file is: its type from what a pass counted, and what the
 * next pass does with it. */
#ifndef LB_IO_CSV_SETTLE_H
#define LB_IO_CSV_SETTLE_H
#include "io/csv_frame.h"

typedef struct lb_csv_census {
  size_t n[LB_CELL_KINDS]; /* present cells by kind */
  size_t n_present, n_quoted_na, n_below;
  size_t n_distinct;         /* LB_CSV_LEVELS + 1 when more; 0 before lb_csv_count_distinct */
  const lb_csv_part *failed; /* the first that did */
} lb_csv_census;

/* The parts of a column together. */
lb_csv_census lb_csv_count(const lb_csv_reading *r, const lb_csv_column *c);
/* From a sample to the mode of the first pass. false: out of memory. */
bool lb_csv_guess(lb_csv_reading *r, lb_csv_column *c);
/* Memory for the mode of a column. */
lb_status lb_csv_prepare(lb_csv_reading *r, lb_csv_column *c, lb_error *err);
/* The column anew, nothing being known of it. */
void lb_csv_restart(lb_csv_reading *r, lb_csv_column *c);
/* After a pass: the column itself, or the mode of the next pass. */
lb_status lb_csv_settle(lb_csv_reading *r, lb_csv_column *c, lb_error *err);
/* The logical column NAME_censored. */
lb_status lb_csv_add_below(lb_csv_column *c, lb_frame *frame, lb_error *err);
void lb_csv_column_reset(lb_csv_column *c);
/* Problems of a column that is text but for few cells; *again: a pass must report them one by
 * one. */
lb_status lb_csv_near_miss(lb_csv_reading *r, lb_csv_column *c, const lb_csv_census *census,
                           bool *again, lb_error *err);
#endif
