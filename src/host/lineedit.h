/* lineedit.h - one line from the researcher: readline on a terminal when it can be had, else plain
 * reading. */
#ifndef LB_HOST_LINEEDIT_H
#define LB_HOST_LINEEDIT_H
#include <stdbool.h>

typedef enum lb_line { LB_LINE_READ, LB_LINE_CLEARED, LB_LINE_END } lb_line;

typedef struct lb_lineedit {
  bool terminal;
  void *library; /* NULL: plain */
  char *(*readline)(const char *prompt);
  void (*add_history)(const char *line);
} lb_lineedit;

/* Readline is opened here, for the first prompt. */
void lb_lineedit_open(lb_lineedit *out);
/* *line, without its end, is released with free(). Ctrl-C: LB_LINE_CLEARED; Ctrl-D: LB_LINE_END. */
lb_line lb_lineedit_read(lb_lineedit *edit, const char *prompt, char **line);
void lb_lineedit_remember(lb_lineedit *edit, const char *entry);
#endif
