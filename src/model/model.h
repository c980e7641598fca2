/* model.h - a formula and a frame become arrays that statistics take; rows left out are counted
 * with the reason. */
#ifndef LB_MODEL_MODEL_H
#define LB_MODEL_MODEL_H
#include "frame/frame.h"
#include "model/formula.h"
#include "stats/design.h"
#include "stats/surv.h"

/* One column of the design matrix, and what it means: "age", "treatment[SIRT]",
 * "treatment[SIRT]:primary[pancreas]". */
typedef struct lb_term {
  char *term;                    /* as above */
  char *variable;                /* "treatment", "treatment:primary" */
  char *level;                   /* "SIRT", "SIRT:pancreas"; NULL for a numeric term */
  char *reference;               /* "TAE"; NULL for a numeric term */
  size_t n_level, n_event_level; /* rows, and events among them, of a single factor's level; n_used
                                    and all events else */
  double weight_level, weight_event_level; /* the weights of these; 0 without weights */
} lb_term;

/* Classes that rows fall in: right-hand side of Kaplan-Meier, or strata. Without any variable one
 * class, labelled "all" and named "". */
typedef struct lb_classes {
  size_t n;       /* classes that occur, in order of level */
  int32_t *code;  /* n_used; NULL of the one class of a design without strata */
  char **label;   /* "SIRT" for one variable, "SIRT, pancreas" for several */
  char **name;    /* "treatment=SIRT", "treatment=SIRT, primary=pancreas" */
  size_t n_empty; /* levels of a single factor without any row, left out */
  char **empty;   /* their labels */
  /* Of several variables: their names, and the level of each in class k from level[k * n_variable];
   * else 0 and NULL. */
  size_t n_variable;
  char **variable, **level;
} lb_classes;

typedef struct lb_dropped {
  char *variable; /* expression or column with missing values */
  size_t n;       /* rows in which it is missing (a row may count in several) */
} lb_dropped;

typedef enum lb_model_kind {
  LB_MODEL_GROUPS, /* terms name classes: curves, tests */
  LB_MODEL_DESIGN, /* terms become a design matrix without intercept (Cox) */
  LB_MODEL_COUNTS  /* as groups; whole days are counted when they can be, then there are no rows */
} lb_model_kind;

/* Outcomes beyond Surv(time, event) with a logical or 0/1 event, for methods that take them. */
typedef enum lb_model_accepts {
  LB_ACCEPTS_INTERVAL = 1,  /* Surv_interval(): lower and upper instead of times and events */
  LB_ACCEPTS_PENALTIES = 4, /* ridge(), pspline(), frailty() */
  LB_ACCEPTS_CAUSES = 2     /* competing causes: a factor event, or whole numbers from 0 to 63 */
} lb_model_accepts;

typedef struct lb_model {
  lb_formula formula;
  size_t n_rows, n_used, n_missing; /* n_used + n_missing = n_rows */
  lb_row *row;                      /* n_used: rows of the frame that are used */
  lb_dropped *dropped;
  size_t n_dropped;
  size_t n_time_zero; /* rows with time 0: kept, counted */
  size_t n_event;     /* rows with the event */
  double time_max;
  /* Rows by group and day, when a LB_MODEL_COUNTS is counted: then row, time, event and the codes
   * of groups and strata are NULL. Else count is. */
  lb_surv_counts counts;
  uint32_t *own_count;
  /* Survival response, n_used each */
  double *time, *entry; /* entry NULL without left truncation */
  uint8_t *event;
  int32_t *cause;     /* 0 censored, else the number of the cause; NULL where none are taken */
  char **cause_label; /* n_cause: levels or numbers; of a logical event the event itself */
  size_t n_cause;
  char *censored_label;  /* the level or number that means censored; NULL without causes */
  char *event_cause;     /* the one cause that is the event; then `cause` is NULL */
  double *lower, *upper; /* of Surv_interval(): upper infinite where open; time, event are NULL */
  bool suspect_cnsr;     /* Surv(x, CNSR): CDISC's reversed code taken as it is */
  double *weight;        /* NULL without weights */
  double weight_total, weight_event; /* sums of weights: of all rows, of those with the event */
  char *time_label, *time_unit;      /* of the time column when it is one; else NULL */
  lb_classes groups, strata;         /* groups: not of LB_MODEL_DESIGN */
  int32_t *cluster; /* n_used codes in order of first appearance; NULL without cluster() */
  size_t n_cluster;
  /* Design */
  const double **column; /* p arrays of n_used: the model's own, or those of columns it keeps */
  double **own;          /* p: the array when it is the model's own, else NULL */
  lb_column **kept;      /* columns whose numbers stand in the design as they are */
  size_t n_kept;
  lb_term *term;
  size_t p;
  double *offset;       /* NULL when none */
  struct lb_part *part; /* a variable each: levels, knots, centres, for new data */
  size_t n_part;
  lb_penalty *penalty; /* as the formula's, with their columns */
  size_t n_penalty;
  size_t *penalty_column; /* what their columns point into */
  lb_classes frailty;     /* the groups of a frailty, in order of level; n 0 without */
} lb_model;

typedef struct lb_model_options {
  lb_model_kind kind;
  const char *weights;  /* column of case weights; NULL = none. Missing weight drops the row;
                          negative, not finite, or all 0: LB_EDATA */
  unsigned accepts;     /* of lb_model_accepts; others are refused, saying what to write */
  const char *censored; /* level or number of the event that means censored; NULL = the first level
                           of a factor, else 0. Of causes only */
  const char *cause;    /* the one cause that is the event, all others censored; NULL = all */
  bool frequency;       /* weights repeat rows: knots of splines are quantiles of these */
} lb_model_options;

/* In an interval a missing lower limit is 0 and a missing upper one infinite; rows without both are
 * dropped. LB_EPARSE/LB_ENAME/LB_ETYPE from formula and expressions (carets stand in the formula);
 * LB_EDATA: event codes 1/2 with the mend (`status == 2`), an event that is neither logical nor
 * 0/1, negative times, entry >= time (naming up to five rows as numbered in the source table), no
 * row left, a factor with one level left in a design (saying how many rows were dropped for what).
 * Factor terms: treatment contrasts with the first level as reference, levels without rows dropped;
 * text counts as a factor with sorted levels; logical: FALSE is the reference (term "x[true]").
 * Interactions code as R does: contrasts for a factor when the term without it stands in the model,
 * alone or within an earlier term, else a column for every level. Columns come in R's order too.
 */
lb_status lb_model_build(const char *formula, size_t length, const lb_frame *frame,
                         const lb_model_options *options, lb_model *out, lb_error *err);
/* The design of new data for a fitted design: its levels, contrasts, knots and centres; strata are
 * numbered as in the fit. `outcome`: times and events too, else they stay NULL. Rows missing any
 * variable are left out, `row` says which stay. LB_EDATA: a level or stratum that the fit did not
 * see, no row left; else as lb_model_build. `out` untouched on failure. */
lb_status lb_model_apply(const lb_model *fit, const lb_frame *frame, bool outcome, lb_model *out,
                         lb_error *err);
void lb_model_reset(lb_model *model);
/* Views for src/stats: borrowed from the model. Not of one that is counted. */
void lb_model_surv(const lb_model *model, lb_surv *out);
void lb_model_design(const lb_model *model, lb_design *out);
#endif
