/* keys.h - the keys of a line that is being edited: reads them for readline, and does what Ctrl-C,
 * Ctrl-Z and a resized terminal ask for meanwhile. */
#ifndef LB_HOST_KEYS_H
#define LB_HOST_KEYS_H
#include <stdbool.h>
#include <stdio.h>

/* What readline does to the terminal. */
typedef struct lb_keys_terminal {
  void (*prepare)(int meta);
  void (*restore)(void);
  void (*resize)(void);
  int (*on_new_line)(void);
  void (*redisplay)(void);
} lb_keys_terminal;

/* Around the editing of one entry. */
void lb_keys_begin(const lb_keys_terminal *terminal);
void lb_keys_end(void);
/* The next byte. At Ctrl-C EOF, which makes readline return; within a paste first the bytes that
 * end the paste, for readline would show what stands behind an unfinished one in its memory. */
int lb_keys_read(FILE *stream);
/* Whether a paste was cut off since lb_keys_begin. */
bool lb_keys_cut_paste(void);
#endif
