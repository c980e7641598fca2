/* lineedit.c - readline by dlopen: scripts never pay for it, and machines without it still have a
 * prompt. */
#include "host/lineedit.h"

#include <dlfcn.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/interrupt.h"

/* Readline's callbacks have no argument of ours: the editor that is open. */
static lb_lineedit *open_editor;

static int count_lines(const char *text)
{
  int n = 0;
  for (const char *end = strchr(text, '\n'); end != NULL; end = strchr(end + 1, '\n')) n++;
  return n;
}

/* Below an entry that goes on, once: what it waits for. */
static void say_what_is_missing(lb_lineedit *edit, int entered)
{
  bool pasted = count_lines(*edit->buffer) > entered;
  const char *hint =
      edit->hinted ? NULL : edit->hint(edit->context, *edit->buffer, entered, pasted);
  if (hint == NULL) return;
  edit->hinted = true;
  edit->redisplay(); /* the cursor on the last line */
  printf("\n%s\n", hint);
  fflush(stdout);
  edit->terminal_calls.on_new_line();
  edit->redisplay();
}

/* Enter: ends the entry when it is complete, else a new line in it. On the last line of an entry
 * that is only lines of blanks, it ends whatever the text: that is how a wrong one is left. */
static int enter_key(int count, int key)
{
  lb_lineedit *edit = open_editor;
  const char *text = *edit->buffer;
  if (lb_interrupted()) return edit->newline(count, key); /* the line is dropped, whatever it is */
  bool given_up = *edit->end > 0 && text[*edit->end - 1] == '\n' && *edit->point == *edit->end;
  if (given_up || edit->is_complete(edit->context, text)) {
    *edit->point = *edit->end;
    return edit->newline(count, key);
  }
  edit->insert("\n");
  say_what_is_missing(edit, ++edit->entered);
  return 0;
}

/* Tab. At the start of a line of a longer entry it indents. */
static int tab_key(int count, int key)
{
  (void)count;
  (void)key;
  lb_lineedit *edit = open_editor;
  int start = 0;
  const char *replacement = NULL, *listing = NULL;
  edit->complete(edit->context, *edit->buffer, *edit->point, &start, &replacement, &listing);
  if (replacement != NULL) {
    edit->remove(start, *edit->point);
    *edit->point = start;
    edit->insert(replacement);
  }
  if (listing != NULL) {
    printf("\n%s\n", listing);
    fflush(stdout);
    edit->terminal_calls.on_new_line();
    edit->redisplay();
  }
  return 0;
}

/* Moves the cursor a line up (-1) or down (1) within the entry; false on the first or last line. */
static bool move_line(lb_lineedit *edit, int by)
{
  const char *text = *edit->buffer;
  int point = *edit->point, start = point;
  while (start > 0 && text[start - 1] != '\n') start--;
  int column = point - start, target;
  if (by < 0) {
    if (start == 0) return false;
    for (target = start - 1; target > 0 && text[target - 1] != '\n';) target--;
  } else {
    const char *end = strchr(text + point, '\n');
    if (end == NULL) return false;
    target = (int)(end - text) + 1;
  }
  for (; column > 0 && text[target] != '\n' && text[target] != '\0'; column--) target++;
  while ((text[target] & 0xC0) == 0x80) target--; /* not inside a character */
  *edit->point = target;
  return true;
}

/* The arrows stay inside an entry of several lines, and lead out of it to other entries. Readline
 * goes on with a search only if the key before was of that search. */
static int up_key(int count, int key)
{
  lb_lineedit *edit = open_editor;
  if (*edit->last != up_key && move_line(edit, -1)) return 0;
  if (*edit->last == up_key) *edit->last = edit->older;
  return edit->older(count, key);
}

static int down_key(int count, int key)
{
  lb_lineedit *edit = open_editor;
  if (*edit->last != down_key && *edit->last != up_key && move_line(edit, 1)) return 0;
  if (*edit->last == up_key || *edit->last == down_key) *edit->last = edit->older;
  return edit->newer(count, key);
}

/* A symbol of the library into *place, which has the size of a pointer. */
static bool find(void *library, const char *name, void *place)
{
  void *symbol = dlsym(library, name);
  memcpy(place, &symbol, sizeof symbol);
  return symbol != NULL;
}

/* The functions and variables of readline; false when one is missing. */
static bool find_readline(void *library, lb_lineedit *edit)
{
  int *catch_signals = NULL, *catch_resize = NULL;
  lb_keys_terminal *terminal = &edit->terminal_calls;
  int (**getc_function)(FILE *) = NULL;
  int (*bind_key)(int key, int (*function)(int, int)) = NULL;
  int (*bind_keys)(const char *keys, int (*function)(int, int)) = NULL;
  if (!find(library, "readline", &edit->readline) ||
      !find(library, "add_history", &edit->add_history) ||
      !find(library, "rl_catch_signals", &catch_signals) ||
      !find(library, "rl_catch_sigwinch", &catch_resize) ||
      !find(library, "rl_prep_terminal", &terminal->prepare) ||
      !find(library, "rl_deprep_terminal", &terminal->restore) ||
      !find(library, "rl_resize_terminal", &terminal->resize) ||
      !find(library, "rl_getc_function", &getc_function) ||
      !find(library, "rl_bind_key", &bind_key) || !find(library, "rl_bind_keyseq", &bind_keys) ||
      !find(library, "rl_history_search_backward", &edit->older) ||
      !find(library, "rl_history_search_forward", &edit->newer) ||
      !find(library, "rl_last_func", &edit->last) ||
      !find(library, "rl_line_buffer", &edit->buffer) || !find(library, "rl_point", &edit->point) ||
      !find(library, "rl_end", &edit->end) || !find(library, "rl_newline", &edit->newline) ||
      !find(library, "rl_insert_text", &edit->insert) ||
      !find(library, "rl_delete_text", &edit->remove) ||
      !find(library, "rl_on_new_line", &terminal->on_new_line) ||
      !find(library, "rl_redisplay", &edit->redisplay))
    return false;
  *catch_signals = 0; /* Ctrl-C is ours */
  *catch_resize = 0;  /* nor does it hear of a new width while it waits for a key */
  terminal->redisplay = edit->redisplay;
  *getc_function = lb_keys_read;
  bind_key('\r', enter_key);
  bind_key('\n', enter_key);
  bind_key('\t', tab_key);
  bind_keys("\033[A", up_key);
  bind_keys("\033OA", up_key);
  bind_keys("\033[B", down_key);
  bind_keys("\033OB", down_key);
  return true;
}

static void open_readline(lb_lineedit *edit)
{
  void *library = dlopen("libreadline.so.8", RTLD_NOW);
  if (library == NULL) return;
  if (!find_readline(library, edit)) {
    dlclose(library);
    return;
  }
  /* So that it edits characters, not bytes; numbers keep the C locale. */
  setlocale(LC_CTYPE, "");
  if (MB_CUR_MAX == 1) setlocale(LC_CTYPE, "C.UTF-8"); /* bare shells, containers */
  edit->library = library;
  open_editor = edit;
}

void lb_lineedit_open(lb_lineedit *out, const lb_lineedit_client *client, void *context)
{
  const char *term = getenv("TERM");
  *out = (lb_lineedit){.terminal = isatty(STDIN_FILENO) != 0,
                       .is_complete = client->is_complete,
                       .complete = client->complete,
                       .hint = client->hint,
                       .context = context};
  if (out->terminal && term != NULL && strcmp(term, "dumb") != 0) open_readline(out);
}

static char *read_line(const lb_lineedit *edit, const char *prompt)
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

/* text, a line end, line; both are released. NULL: no memory. */
static char *joined(char *text, char *line)
{
  size_t length = strlen(text), more = strlen(line) + 1;
  char *both = realloc(text, length + 1 + more);
  if (both != NULL) {
    both[length] = '\n';
    memcpy(both + length + 1, line, more);
  } else {
    free(text);
  }
  free(line);
  return both;
}

/* Lines up to the one that makes the entry complete, or the end of the input. */
static char *read_plain(const lb_lineedit *edit, const char *prompt)
{
  char *text = read_line(edit, prompt);
  while (text != NULL && !edit->is_complete(edit->context, text)) {
    char *line = read_line(edit, "..> ");
    if (line == NULL && lb_interrupted()) {
      free(text);
      return NULL;
    }
    if (line == NULL) break;
    text = joined(text, line);
  }
  return text;
}

static char *read_edited(lb_lineedit *edit, const char *prompt)
{
  edit->entered = 0;
  edit->hinted = false;
  lb_keys_begin(&edit->terminal_calls);
  char *got = edit->readline(prompt);
  lb_keys_end();
  if (lb_keys_cut_paste()) tcflush(STDIN_FILENO, TCIFLUSH); /* the rest of it */
  return got;
}

lb_line lb_lineedit_read(lb_lineedit *edit, const char *prompt, char **text)
{
  char *got = edit->library == NULL ? read_plain(edit, prompt) : read_edited(edit, prompt);
  if (lb_interrupted()) {
    lb_interrupt_clear();
    if (got == NULL) putchar('\n'); /* otherwise readline has left the line */
    free(got);
    return LB_LINE_CLEARED;
  }
  if (got == NULL) return LB_LINE_END;
  *text = got;
  return LB_LINE_READ;
}

void lb_lineedit_remember(lb_lineedit *edit, const char *entry)
{
  if (edit->library != NULL && entry[0] != '\0') edit->add_history(entry);
}
