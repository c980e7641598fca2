/* lineedit.c - readline by dlopen: scripts never pay for it, and machines without it still have a
 * prompt. */
#include "host/lineedit.h"

#include <dlfcn.h>
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/interrupt.h"

/* Reads a byte for readline. At Ctrl-C it says that the input has ended, which makes readline
 * return; the caller sees the flag and knows better. */
static int read_key(FILE *stream)
{
  unsigned char key;
  for (;;) {
    ssize_t n = read(fileno(stream), &key, 1);
    if (n == 1) return key;
    if (n == 0 || errno != EINTR || lb_interrupted()) return EOF;
  }
}

/* A symbol of the library into *place, which has the size of a pointer. */
static bool find(void *library, const char *name, void *place)
{
  void *symbol = dlsym(library, name);
  memcpy(place, &symbol, sizeof symbol);
  return symbol != NULL;
}

static void open_readline(lb_lineedit *edit)
{
  void *library = dlopen("libreadline.so.8", RTLD_NOW);
  if (library == NULL) return;
  int *catch_signals = NULL;
  int (**getc_function)(FILE *) = NULL;
  if (!find(library, "readline", &edit->readline) ||
      !find(library, "add_history", &edit->add_history) ||
      !find(library, "rl_catch_signals", &catch_signals) ||
      !find(library, "rl_getc_function", &getc_function)) {
    dlclose(library);
    return;
  }
  *catch_signals = 0; /* Ctrl-C is ours */
  *getc_function = read_key;
  setlocale(LC_CTYPE, ""); /* so that it edits characters, not bytes; numbers keep the C locale */
  edit->library = library;
}

void lb_lineedit_open(lb_lineedit *out)
{
  const char *term = getenv("TERM");
  *out = (lb_lineedit){.terminal = isatty(STDIN_FILENO) != 0};
  if (out->terminal && term != NULL && strcmp(term, "dumb") != 0) open_readline(out);
}

static char *read_plain(const lb_lineedit *edit, const char *prompt)
{
  if (edit->terminal) {
    fputs(prompt, stdout);
    fflush(stdout);
  }
  char *line = NULL;
  size_t capacity = 0;
  ssize_t n = getline(&line, &capacity, stdin);
  if (n < 0) {
    free(line);
    if (lb_interrupted()) clearerr(stdin);
    return NULL;
  }
  if (n > 0 && line[n - 1] == '\n') line[n - 1] = '\0';
  return line;
}

lb_line lb_lineedit_read(lb_lineedit *edit, const char *prompt, char **line)
{
  char *got = edit->library == NULL ? read_plain(edit, prompt) : edit->readline(prompt);
  if (lb_interrupted()) {
    lb_interrupt_clear();
    if (got == NULL) putchar('\n'); /* otherwise readline has left the line */
    free(got);
    return LB_LINE_CLEARED;
  }
  if (got == NULL) return LB_LINE_END;
  *line = got;
  return LB_LINE_READ;
}

void lb_lineedit_remember(lb_lineedit *edit, const char *entry)
{
  if (edit->library != NULL && entry[0] != '\0') edit->add_history(entry);
}
