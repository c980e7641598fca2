/* habits.h - what people bring from R, Python, SQL and word processors, and how it is written here.
 */
#ifndef LB_EXPR_HABITS_H
#define LB_EXPR_HABITS_H
#include <stdbool.h>
#include <stddef.h>

typedef struct lb_habit {
  const char *found, *written;
  const char *mend; /* further line, or NULL */
} lb_habit;

/* An operator or sign at the start of the text (`!=`, `&&`, a typographic quote), or NULL. */
const lb_habit *lb_habit_sign(const char *text, size_t length);
/* A word in the place of a value (`NULL`, `TRUE`), or NULL. */
const lb_habit *lb_habit_word(const char *name);
/* The name of a function (`ifelse`, `is.na`), or NULL. */
const lb_habit *lb_habit_function(const char *name);
/* true at a blank beyond ASCII (no-break space and its like); *bytes is its length. */
bool lb_habit_blank(const char *text, size_t length, size_t *bytes);
#endif
