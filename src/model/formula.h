/* formula.h - Wilkinson formulas, parsed: response, terms, and the special terms strata, cluster,
 * offset, ridge, pspline, frailty. */
#ifndef LB_MODEL_FORMULA_H
#define LB_MODEL_FORMULA_H
#include "base/error.h"
#include "stats/penalty.h"
#include <stdbool.h>
#include <stdint.h>

typedef enum lb_response_kind {
  LB_RESPONSE_NONE,      /* "~ x" */
  LB_RESPONSE_EXPR,      /* "y ~ x": any expression */
  LB_RESPONSE_SURV,      /* Surv(time, event) or Surv(entry, time, event) */
  LB_RESPONSE_SURV_CNSR, /* Surv_CNSR(time, cnsr): event = (cnsr == 0) */
  LB_RESPONSE_INTERVAL   /* Surv_interval(lower, upper): the event lies between */
} lb_response_kind;

/* One variable of a formula: the text of an expression over columns ("age", "log(bili)"), blanks
 * normalised. */
typedef struct lb_variable {
  char *text;
  size_t start, end; /* where it stands in the formula, for carets */
} lb_variable;

/* ridge(), pspline() or frailty(): what it asks for. */
typedef struct lb_penalty_spec {
  lb_penalty penalty;    /* without columns; df NaN: half the columns */
  uint64_t set;          /* the variables that are penalised; none of a frailty */
  size_t start, end;     /* where it stands */
  size_t n_term, degree; /* pspline: intervals between knots, degree */
  bool has_boundary;
  double boundary[2];
} lb_penalty_spec;

/* A term is a set of variables: bit v set = variable v takes part. At most 64 variables. */
typedef struct lb_formula {
  char *text;
  size_t length;
  lb_response_kind response;
  lb_variable response_part[3]; /* Surv: [entry,] time, event; expression: 1 */
  size_t n_response_part;
  lb_variable *variable;
  size_t n_variable;
  uint64_t *term; /* in R's order: main effects first, then by order of interaction */
  size_t n_term;
  bool intercept;
  lb_variable *strata, *cluster, *offset;
  size_t n_strata, n_cluster, n_offset;
  lb_penalty_spec *penalty;
  size_t n_penalty;
  lb_variable *frailty; /* whose groups have one: at most one variable */
  size_t n_frailty;
} lb_formula;

/* LB_EPARSE with a caret and the mend. Understands ~ + - : * ^ %in% () 0 1 -1 and '.'-free names,
 * backticks, calls. `I(x)` is x. ns(), bs(), rcs(), poly() and pspline() are variables
 * (model/basis.h); of ridge(a, b, theta = 1) the variables are a and b. Specials of R that this
 * version does not have (tt) are refused by name. */
lb_status lb_formula_parse(const char *text, size_t length, lb_formula *out, lb_error *err);
void lb_formula_reset(lb_formula *formula);
#endif
