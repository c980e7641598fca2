/* model_data.h - what the files of a model share while it is built: the values of its variables. */
#ifndef LB_MODEL_MODEL_DATA_H
#define LB_MODEL_MODEL_DATA_H
#include "model/model.h"
#include "model/spline.h"

/* The value of one distinct expression. */
typedef struct lb_slot {
  const char *text;  /* borrowed from the formula or the options */
  char *name;        /* for messages and tables: the text, bare of backticks */
  lb_column *column; /* all rows of the frame */
  bool finite;       /* real, without NaN or infinity among them: known once rows are picked */
} lb_slot;

typedef struct lb_model_data {
  const lb_frame *frame;
  const lb_model_options *options;
  lb_model *model; /* being built */
  lb_slot *slot;
  size_t n_slot;
  /* Slots by role, in the formula's order. */
  size_t response[3], *variable, *strata, *cluster, *offset, weights, *frailty;
  size_t *role; /* the block that the five lists above point into */
} lb_model_data;

/* Values of one variable in the used rows as small numbers, in the order of its levels. */
typedef struct lb_coding {
  int32_t *code;
  size_t n; /* levels that occur */
  char **label;
  size_t n_empty; /* levels of a factor that do not */
  char **empty;
} lb_coding;

/* One variable of the formula, ready to be multiplied into columns: a factor's coding, or columns
 * of numbers (one, or those of a basis). Once the columns are made, what new data need stays. */
typedef struct lb_part {
  char *name;
  const double **number; /* n_number columns of the used rows; NULL once they are dropped */
  double **own;          /* those that are not a column's; the model may take them */
  lb_column *column;     /* else that column, borrowed from the slot */
  size_t n_number;       /* 0 for a factor */
  lb_coding coding;
  lb_basis *basis; /* NULL without */
} lb_part;

/* model_data.c */
lb_status lb_model_data_evaluate(lb_model_data *d, lb_error *err); /* each expression, once */
lb_status lb_model_data_pick(lb_model_data *d, lb_error *err);     /* complete cases */
lb_status lb_model_note_dropped(lb_model *m, const char *name, size_t n, lb_error *err);
void lb_model_data_reset(lb_model_data *d);
/* Numbers of the used rows; real, integer and logical columns only. NULL: out of memory. */
double *lb_model_numbers(const lb_model_data *d, size_t slot);
/* The column's own numbers when it is real and every row is used; else NULL. */
const double *lb_model_reals(const lb_model_data *d, size_t slot);
/* "nets.csv"'s rows for a message: `bad` marks used rows; "row 14 of nets.csv", "rows 1, 2 of ...";
 * at most five are named. */
void lb_model_name_rows(const lb_model_data *d, const uint8_t *bad, char *out, size_t size);
/* Adds "Dropped: 110 with log_cga missing, ..." when anything was. */
void lb_model_mend_dropped(const lb_model *model, lb_error *err);
/* Type in words for messages: "text", "a date", "a factor", ... */
const char *lb_model_type_words(lb_type type);

/* model_own_outcome.c: LB_EDATA for a variable, stratum or offset that uses the column of the
 * outcome's time or event, or all columns where it is computed from several; the entry is none. */
lb_status lb_model_check_own_outcome(const lb_model_data *d, lb_error *err);

/* model_response.c */
lb_status lb_model_response(lb_model_data *d, lb_error *err);
lb_status lb_model_weights(lb_model_data *d, lb_error *err);

/* Label and unit of part i of the outcome, when it is a column as it stands. */
lb_status lb_model_time_label(lb_model_data *d, size_t i, lb_error *err);

/* model_counts.c: counts rows if the outcome, the groups and the data are such that it can be done;
 * else *counted is false and the model untouched. */
lb_status lb_model_counts(lb_model_data *d, bool *counted, lb_error *err);

/* model_outcome.c */
#define LB_MOST_CAUSES 64 /* codes of a numeric event, 0 with them */
lb_status lb_model_causes(lb_model_data *d, size_t slot, lb_error *err);
/* Raw codes of an event (levels, whole numbers, false and true) become causes: map[code] is 0 for
 * the censored, else a number. `seen` says which of the n codes occur; levels without a row stay
 * causes, numbers do not. Sets the model's labels. */
lb_status lb_model_map_causes(lb_model_data *d, size_t slot, const bool *seen, size_t n,
                              int32_t *map, lb_error *err);
/* The one cause of CDISC's code: "event". Rows, when there are any, are set. */
lb_status lb_model_one_cause(lb_model_data *d, lb_error *err);
lb_status lb_model_interval(lb_model_data *d, lb_error *err);

/* model_classes.c; limit: distinct numbers allowed, 0 = any. */
lb_status lb_model_code(const lb_model_data *d, size_t slot, size_t limit, lb_coding *out,
                        lb_error *err);
void lb_coding_reset(lb_coding *coding);
lb_status lb_model_classes(const lb_model_data *d, const size_t *slots, size_t n, size_t limit,
                           lb_classes *out, lb_error *err);
/* Values least .. least + n - 1 of a variable (levels from 0) and the rows of each. */
typedef struct lb_counted {
  int64_t least;
  size_t n;
  const size_t *rows;
} lb_counted;
/* The model's groups of counted values, and its one stratum, without codes; slot NULL = no
 * variable. */
lb_status lb_model_counted_classes(lb_model_data *d, const size_t *slot, const lb_counted *counted,
                                   lb_error *err);
lb_status lb_model_cluster(lb_model_data *d, lb_error *err);
void lb_classes_reset(lb_classes *classes);
void lb_labels_free(char **labels, size_t n);

/* model_part.c; like: the part of the fitted model whose levels and parameters hold, NULL = none */
lb_status lb_part_fill(lb_model_data *d, size_t v, const lb_part *like, lb_part *part,
                       lb_error *err);
void lb_part_drop_rows(lb_part *part);
void lb_part_reset(lb_part *part);
/* lb_model_numbers, refused when any is infinite. */
lb_status lb_model_finite(const lb_model_data *d, size_t slot, double **out, lb_error *err);

/* model_penalty.c: refuses penalised terms where they are not taken; then, once the columns are
 * there, which are penalised, and the groups of a frailty. */
lb_status lb_model_check_penalties(const lb_formula *f, unsigned accepts, lb_error *err);
lb_status lb_model_penalties(lb_model_data *d, lb_error *err);

/* model_design.c; like: the fitted model, for new data */
lb_status lb_model_columns(lb_model_data *d, const lb_model *like, lb_error *err);
lb_status lb_model_offset(lb_model_data *d, lb_error *err);
#endif
