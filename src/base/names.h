/* names.h - did you mean: the nearest of a list of names (DESIGN.md section 7). */
#ifndef LB_BASE_NAMES_H
#define LB_BASE_NAMES_H
#include "base/error.h"
#include "base/str.h"

/* Optimal-string-alignment distance of two names in lower case without '_', '-' and blanks. */
size_t lb_name_distance(const char *a, const char *b);
/* Index of the nearest of n names within max(1, length of name / 3), first of equals; n when none
 * is near. */
size_t lb_name_nearest(const char *name, const char *const *names, size_t n);
/* Sets `no column 'traetment' (did you mean 'treatment'?)`, or, with nothing near, adds a context
 * line `Columns are: a, b, c, ... (12 more)` (plural: "Columns"). Returns LB_ENAME. */
lb_status lb_name_unknown(lb_error *err, const char *kind, const char *plural, const char *name,
                          const char *const *names, size_t n);
/* LB_EARG for a name of a column that an expression could not quote: one with a backtick or a
 * control character. */
lb_status lb_name_check(const char *name, lb_error *err);
/* Replaces those by "'" and blanks, in place. Returns how many there were. */
size_t lb_name_mend(char *name);
#endif
