/* model_stack.h - rows between states as one Cox model: a copy of the rows at risk of each
 * transition, below each other. */
#ifndef LB_MODEL_MODEL_STACK_H
#define LB_MODEL_MODEL_STACK_H
#include "model/model.h"

#define LB_STACK_ABSENT   (-1) /* the coefficient is not of this transition */
#define LB_STACK_CONSTANT (-2) /* 1 in this transition: baselines that are proportional */

/* Texts of a coefficient; variable, level and reference as in lb_term. */
typedef struct lb_stack_coef {
  const char *term, *variable, *level, *reference;
} lb_stack_coef;

/* All borrowed. */
typedef struct lb_stack_plan {
  size_t n_transition, n_coef, n_baseline;
  const int32_t *from, *to;         /* n_transition */
  const size_t *baseline;           /* n_transition: those that share a hazard have one number */
  const char *const *baseline_name; /* n_baseline */
  const int32_t *column;     /* n_transition x n_coef: column of the design, or one of the above */
  const lb_stack_coef *coef; /* n_coef */
  const int32_t *state, *next; /* n_used each: state over the row, state moved to or -1 */
  const int32_t *cluster;      /* n_used; NULL = each row of the design */
  size_t n_cluster;
} lb_stack_plan;

/* A row of the design stands once for each transition out of its state, with an event where it made
 * that one (de Wreede, Fiocco & Putter 2010, Comput Methods Programs Biomed 99:261). Strata are
 * those of the design times the baselines; clusters tie the copies of a row. `row` numbers rows of
 * the frame. LB_EARG columns out of range; LB_EDATA no row at risk of any; LB_ENOMEM. `out`
 * untouched on failure; free with lb_model_reset. */
lb_status lb_model_stack(const lb_model *design, const lb_stack_plan *plan, lb_model *out,
                         lb_error *err);
#endif
