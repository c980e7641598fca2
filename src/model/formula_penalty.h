/* formula_penalty.h - ridge(), pspline() and frailty() in a formula: what they are asked for. */
#ifndef LB_MODEL_FORMULA_PENALTY_H
#define LB_MODEL_FORMULA_PENALTY_H
#include "model/formula.h"
#include "model/formula_scan.h"
#include "model/spline.h"

/* true when the word is ridge, pspline or frailty. */
bool lb_penalty_word(const char *word, size_t length, lb_penalty_kind *kind);
/* The options of a call: ridge(a, b, theta = 1), ridge(a, df = 1.5, scale = false);
 * pspline(x, df = 4, nterm = 10, degree = 3, boundary = {20, 80}), pspline(x, theta = 0.8), where
 * theta is R's, lambda / (1 + lambda); frailty(id, distribution = "gaussian", method = "reml"),
 * frailty(id, theta = 0.5). LB_EPARSE with a caret and the mend. */
lb_status lb_penalty_read(const lb_formula *f, lb_span call, lb_penalty_kind kind,
                          lb_penalty_spec *out, lb_error *err);
/* Its variables: as many as there are of ridge(), one of the others. */
lb_status lb_penalty_variables(const lb_formula *f, lb_span call, lb_penalty_kind kind,
                               lb_span *out, size_t capacity, size_t *n, lb_error *err);
/* Appends to f->penalty. A variable in two is refused. */
lb_status lb_penalty_add(lb_formula *f, const lb_penalty_spec *spec, lb_error *err);
/* The basis of a pspline() call. */
lb_status lb_penalty_basis(const lb_formula *f, lb_span call, lb_basis_spec *out, lb_error *err);
#endif
