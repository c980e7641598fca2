/* readstat_column.h - one variable of a statistics package while it is read, and the column it
 * becomes. */
#ifndef LB_IO_READSTAT_COLUMN_H
#define LB_IO_READSTAT_COLUMN_H
#include "base/hash.h"
#include "frame/builder.h"
#include "io/readstat_api.h"

#define LB_STAT_CODES 8  /* user-missing codes of one variable that are told apart in its problem */
#define LB_STAT_TAGS  27 /* tags a to z, and SAS's underscore */

typedef struct lb_stat_value_label {
  char *set; /* name of the label set */
  double code;
  char *text_code; /* for labels of texts, else NULL */
  char *label;
} lb_stat_value_label;

typedef struct lb_stat_labels {
  lb_stat_value_label *item;
  size_t n, capacity;
} lb_stat_labels;

typedef struct lb_stat_variable {
  char *name, *label, *set; /* set: name of its value labels, or NULL */
  lb_stat_shows shows;
  bool is_text, is_id, is_mended; /* mended: the name held what no column name may hold */
  size_t n;                       /* rows so far */
  double *number;                 /* NaN: missing */
  size_t capacity;
  lb_text_builder text;
  size_t n_tagged[LB_STAT_TAGS];
  double code[LB_STAT_CODES]; /* user-missing codes met */
  size_t n_code[LB_STAT_CODES], n_codes, n_user_missing;
  struct {
    double low, high;
  } range[32]; /* user-missing values as declared */
  size_t n_ranges;
} lb_stat_variable;

void lb_stat_variable_reset(lb_stat_variable *variable);
void lb_stat_labels_reset(lb_stat_labels *labels);
/* The column; `codes`: no factors from value labels. The problems are those of this variable. */
lb_status lb_stat_variable_column(lb_stat_variable *variable, const lb_stat_labels *labels,
                                  bool codes, lb_stat_format format, lb_column **out,
                                  lb_problems *problems, lb_error *err);
#endif
