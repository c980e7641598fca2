/* lineedit.h - one entry from the researcher, of one or more lines: readline on a terminal when it
 * can be had, else plain reading. */
#ifndef LB_HOST_LINEEDIT_H
#define LB_HOST_LINEEDIT_H
#include <stdbool.h>

#include "host/keys.h"

typedef enum lb_line { LB_LINE_READ, LB_LINE_CLEARED, LB_LINE_END } lb_line;

/* What the Tab key gives: *replacement for the bytes from *start to the cursor, *listing for the
 * screen; both NULL or valid until the next call. */
typedef void (*lb_completer)(void *context, const char *text, int cursor, int *start,
                             const char **replacement, const char **listing);

/* The other side: what knows entries. */
typedef struct lb_lineedit_client {
  /* Whether Enter ends the entry, or adds a line to it. */
  bool (*is_complete)(void *context, const char *text);
  lb_completer complete;
  /* What to say below an entry that is not complete, NULL: nothing. Of its lines so many were ended
   * by Enter; others were pasted. Valid until the next call. */
  const char *(*hint)(void *context, const char *text, int entered, bool pasted);
} lb_lineedit_client;

typedef struct lb_lineedit {
  bool terminal;
  void *library; /* NULL: plain */
  char *(*readline)(const char *prompt);
  void (*add_history)(const char *line);
  bool (*is_complete)(void *context, const char *text);
  lb_completer complete;
  const char *(*hint)(void *context, const char *text, int entered, bool pasted);
  void *context;
  int entered; /* lines of this entry that Enter has added */
  bool hinted; /* and whether it was said what it waits for */
  /* Readline's own: */
  char **buffer;
  int *point, *end;
  int (*newline)(int count, int key);
  int (*insert)(const char *text);
  int (*older)(int count, int key); /* entries that begin like the text before the cursor */
  int (*newer)(int count, int key);
  int (**last)(int count, int key); /* what the key before did */
  int (*remove)(int start, int end);
  void (*redisplay)(void);
  lb_keys_terminal terminal_calls;
} lb_lineedit;

/* Readline is opened here, for the first prompt. One editor at a time. */
void lb_lineedit_open(lb_lineedit *out, const lb_lineedit_client *client, void *context);
/* *text, without its last line end, is released with free(). Ctrl-C: LB_LINE_CLEARED; Ctrl-D:
 * LB_LINE_END. */
lb_line lb_lineedit_read(lb_lineedit *edit, const char *prompt, char **text);
void lb_lineedit_remember(lb_lineedit *edit, const char *entry);
#endif
