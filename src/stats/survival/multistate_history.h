/* multistate_history.h - rows of people who move between states, checked: who is where when. */
#ifndef LB_SURVIVAL_MULTISTATE_HISTORY_H
#define LB_SURVIVAL_MULTISTATE_HISTORY_H
#include "stats/surv.h"

#include <stdbool.h>

#define LB_STATE_NONE (-1) /* no change: the row ends in censoring */

/* Counting-process rows in any order: row i is under observation over (entry, time] and then moves
 * to state `to`, or to none. All borrowed. */
typedef struct lb_moves {
  size_t n, n_state;
  const double *time, *entry; /* entry NULL = everyone from the start, one row a person */
  const int32_t *to;          /* LB_STATE_NONE, or a state from 0 */
  const int32_t *start;       /* state over the row as the data say; NULL = to be found out */
  int32_t initial;            /* without start: the state in which everyone's first row is spent */
  const int32_t *person;      /* codes 0 .. n_person - 1; NULL = each row is one */
  size_t n_person;
  const bool *absorbing; /* n_state: states that nobody leaves; NULL = none */
} lb_moves;

/* What may be wrong between two rows of a person. */
typedef enum lb_move_fault {
  LB_MOVE_OVERLAP,   /* a row begins before the one before it ends */
  LB_MOVE_TWICE,     /* two rows end at the same time */
  LB_MOVE_GAP,       /* a time without observation, the state unchanged */
  LB_MOVE_JUMP,      /* another state after such a time */
  LB_MOVE_TELEPORT,  /* another state without a transition, and without a time between */
  LB_MOVE_ABSORBING, /* a row in a state that nobody leaves */
  LB_N_MOVE_FAULT
} lb_move_fault;

#define LB_MOVE_NAMED 5 /* rows of a fault that are kept, to be named */

/* Owns its arrays. */
typedef struct lb_history {
  size_t n, n_state, n_person;
  int32_t *from;       /* n: state over the row; with `start` what it says */
  uint32_t *by_person; /* n: rows by (person, time) */
  uint8_t *goes_on;    /* n: the person's next row follows at once */
  size_t fault[LB_N_MOVE_FAULT];
  size_t row[LB_N_MOVE_FAULT][LB_MOVE_NAMED]; /* the first rows by person and time */
  size_t *transition; /* n_state x (n_state + 1): moves; last column: left there by censoring */
  size_t n_same;      /* rows that end in the state they are in: no move */
  double *time_in;    /* n_state: time under observation; NaN with rows from the start of time */
  size_t *visited;    /* n_state: persons ever seen there */
  size_t n_visit;     /* most moves of a person into one state, plus 1: columns of `visits` */
  size_t *visits;     /* n_state x n_visit: persons by the number of moves into the state */
} lb_history;

/* Sorts the rows by person and time, finds the state over each and what is wrong. Faults are
 * counted, not refused. LB_EARG codes outside their range; LB_EDATA as lb_surv_check; LB_ENOMEM.
 * O(n) radix passes and O(persons x states). `out` untouched on failure. */
lb_status lb_history_find(const lb_moves *moves, lb_history *out, lb_error *err);
void lb_history_reset(lb_history *history); /* safe on a zeroed struct */
#endif
