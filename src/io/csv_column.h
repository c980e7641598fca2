/* csv_column.h - one column of a csv text, chunk by chunk: values by a type, or texts and their
 * kinds. */
#ifndef LB_IO_CSV_COLUMN_H
#define LB_IO_CSV_COLUMN_H
#include <pthread.h>

#include "base/hash.h"
#include "io/csv.h"
#include "io/csv_cell.h"
#include "io/csv_levels.h"
#include "io/csv_walk.h"

/* What a pass over the text does with a column. */
typedef enum lb_csv_mode {
  LB_CSV_IDLE,   /* nothing */
  LB_CSV_SAMPLE, /* counts kinds and distinct texts */
  LB_CSV_VALUES, /* reads values of the column's type */
  LB_CSV_TEXTS,  /* copies texts, counts kinds */
  LB_CSV_FACTOR, /* codes of a few texts, counts kinds */
  LB_CSV_MISFITS /* reports cells that are not of the type */
} lb_csv_mode;

#define LB_CSV_MARKS 3 /* kinds whose first cell is kept: COMMA, THOUSANDS, DAY_MONTH */

/* What one chunk of a column held. */
typedef struct lb_csv_part {
  size_t n_present, n_quoted_na, n_below;
  size_t n[LB_CELL_KINDS];
  lb_csv_place first[LB_CSV_MARKS];
  bool failed; /* misfit: a cell is not of the type; or more levels than a factor has */
  lb_csv_place misfit;
  lb_csv_levels *levels;
  char *bytes; /* LB_CSV_TEXTS: the texts, one behind the other, until they are the column's */
  size_t n_bytes, capacity; /* of a sample: how long they are */
  size_t n_sampled;         /* cells of a sample */
  bool closed;              /* no more rows will come */
  lb_problems problems;
} lb_csv_part;

typedef struct lb_csv_column {
  size_t index; /* in the file */
  const char *name;
  const lb_type *given; /* NULL = found */
  bool is_id, want_problems;
  lb_csv_mode mode;
  lb_type type;
  void *values;
  uint8_t *valid, *below;
  int64_t *offsets; /* LB_CSV_TEXTS: where texts end, within their chunk */
  char *bytes;      /* the texts of the first n_joined chunks */
  size_t n_bytes, capacity, n_joined;
  size_t bytes_expected; /* of all texts, after a sample */
  int32_t *codes;        /* index among the levels of the chunk */
  bool many;             /* more distinct texts than a factor has; set by any thread */
  lb_csv_part *part;     /* layout.n_chunks */
  bool restarted;        /* by what the pass just done has shown */
  bool to_factor;        /* values of another type become levels in the end */
  lb_column *result, *result_below;
  lb_problems problems;
} lb_csv_column;

/* What all columns share while a text is read. */
typedef struct lb_csv_reading {
  const lb_csv_options *options;
  lb_csv_rules rules;
  lb_csv_layout layout;
  lb_map *na;
  uint64_t na_lengths;                  /* bit i: some NA word has i bytes; bit 63: or more */
  bool na_first[256], maybe_value[256]; /* by first byte: an NA word; more than mere text */
  bool na_empty, na_values; /* an empty cell is missing; some NA word looks like a value */
  char **name;              /* layout.n_columns, all different */
  lb_csv_column *column;
  size_t n_columns;
  bool freely;               /* what the pass takes layout.quotes_freely for */
  bool found_freely, astray; /* set by any thread; astray: scan carefully */
  pthread_mutex_t joining;   /* whose turn it is to append texts to a column */
} lb_csv_reading;

/* Takes the rows of a batch into the column. false: out of memory. */
bool lb_csv_column_take(lb_csv_reading *r, lb_csv_column *c, size_t chunk, const lb_csv_batch *b);
/* Only looks whether a cell of a column that nobody reads is quoted without need. */
void lb_csv_column_look(lb_csv_reading *r, size_t index, const lb_csv_batch *b);
/* After the last batch of a chunk: cells counted by level are counted by kind, and texts moved to
 * the column as far as those before them are there. */
void lb_csv_part_close(lb_csv_reading *r, lb_csv_column *c, size_t chunk);
/* The texts of a chunk that is not the column's yet, at `base` of its bytes. */
void lb_csv_part_join(const lb_csv_layout *layout, lb_csv_column *c, size_t chunk, size_t base);
void lb_csv_part_reset(lb_csv_part *part);

/* Adds a problem (column and message copied), or only counts it when the list is full. false: out
 * of memory. */
bool lb_problems_add(lb_problems *problems, size_t row, size_t line, const char *column,
                     const char *message);
/* Moves the problems of `more` behind those of `problems`, as many as are kept; `more` is then
 * empty. false: out of memory, `more` still to be reset. */
bool lb_problems_join(lb_problems *problems, lb_problems *more);
#endif
