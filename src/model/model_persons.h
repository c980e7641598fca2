/* model_persons.h - whose rows a model has: persons, their events, rows that overlap. */
#ifndef LB_MODEL_MODEL_PERSONS_H
#define LB_MODEL_MODEL_PERSONS_H
#include "model/model.h"

typedef struct lb_persons {
  size_t n;         /* with a used row; rows without an id are a person each */
  size_t n_several; /* with more than one event */
  size_t n_overlap; /* rows that begin before another of the same person and stratum, begun
                       earlier, has ended; without entry times all begin at once: 0 */
} lb_persons;

/* Persons among the used rows by the column of their id in the frame that the model was built of.
 * Not of a counted model, nor of intervals: LB_EARG. LB_ENOMEM; `out` untouched on failure.
 * O(n log n) where somebody has several rows. */
lb_status lb_model_persons(const lb_model *model, const lb_frame *frame, size_t id, lb_persons *out,
                           lb_error *err);
#endif
