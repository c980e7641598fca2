/* basis.h - ns(), bs(), rcs() and poly() in a formula: what they are asked for, read from the text.
 */
#ifndef LB_MODEL_BASIS_H
#define LB_MODEL_BASIS_H
#include "model/formula.h"
#include "model/formula_scan.h"
#include "model/spline.h"

/* true when the word is ns, bs, rcs, poly or pspline. */
bool lb_basis_word(const char *word, size_t length, lb_basis_kind *kind);
/* true when a variable of the formula is such a call; `argument` is then the range of its first
 * argument, whose numbers the basis is made of. */
bool lb_basis_argument(const lb_formula *f, const lb_variable *v, lb_span *argument);
/* Reads the rest of the call: ns(x, 3), ns(x, knots = {40, 60}, boundary = {20, 80}), bs(x, df = 5,
 * degree = 2), rcs(x, 4), rcs(x, {30, 50, 70}), poly(x, 2). LB_EPARSE with a caret and the mend. */
lb_status lb_basis_read(const lb_formula *f, lb_span call, lb_basis_spec *out, lb_error *err);
#endif
