/* formula_terms.h - the right-hand side of a formula: the algebra of terms. */
#ifndef LB_MODEL_FORMULA_TERMS_H
#define LB_MODEL_FORMULA_TERMS_H
#include "model/formula.h"
#include "model/formula_scan.h"

/* Appends a variable to a list, blanks in its text normalised. */
lb_status lb_variable_add(lb_variable **list, size_t *n, const char *text, lb_span span,
                          lb_error *err);
/* Sets LB_EPARSE with a caret below the range. Returns LB_EPARSE. */
lb_status lb_formula_error(const lb_formula *f, lb_span at, lb_error *err, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Reads the terms between two bytes of f->text into f: variables, terms in R's order, intercept,
 * strata, cluster, offset. */
lb_status lb_formula_terms(lb_formula *f, lb_span side, lb_error *err);
/* true when the word is a special term of R that this version does not know. */
bool lb_formula_unavailable(const char *word, size_t length);
#endif
