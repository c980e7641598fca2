/* keys.c - bytes from the terminal for readline, whose own handlers of signals are switched off:
 * Ctrl-C belongs to the program. */
#include "host/keys.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "base/interrupt.h"

/* Handlers and readline's callback have no argument of ours; there is one terminal. */
static volatile sig_atomic_t stop_asked, resized;
static struct sigaction stop_before, resize_before;
static lb_keys_terminal terminal;

static const char PASTE_BEGIN[] = "\033[200~", PASTE_END[] = "\033[201~";
static size_t begin_seen, end_seen; /* bytes of the two that have just come */
static bool in_paste, cut_paste;

static void on_signal(int number)
{
  if (number == SIGTSTP)
    stop_asked = 1;
  else
    resized = 1;
}

void lb_keys_begin(const lb_keys_terminal *readline)
{
  struct sigaction action = {.sa_handler = on_signal}; /* no SA_RESTART: the read returns */
  sigemptyset(&action.sa_mask);
  terminal = *readline;
  in_paste = cut_paste = false;
  begin_seen = end_seen = 0;
  stop_asked = 0;
  sigaction(SIGTSTP, NULL, &stop_before);
  if (stop_before.sa_handler != SIG_IGN) sigaction(SIGTSTP, &action, NULL);
  sigaction(SIGWINCH, &action, &resize_before);
}

void lb_keys_end(void)
{
  sigaction(SIGTSTP, &stop_before, NULL);
  sigaction(SIGWINCH, &resize_before, NULL);
}

/* Ctrl-Z: the shell gets the terminal as it was; after fg the line is drawn again. */
static void stop_here(void)
{
  struct sigaction ours;
  stop_asked = 0;
  terminal.restore();
  sigaction(SIGTSTP, &stop_before, &ours);
  kill(getpid(), SIGTSTP); /* stands here until SIGCONT */
  sigaction(SIGTSTP, &ours, NULL);
  terminal.prepare(1);
  terminal.resize(); /* the window may have changed meanwhile */
  terminal.on_new_line();
  terminal.redisplay();
}

static void obey(void)
{
  if (stop_asked) stop_here();
  if (!resized) return;
  resized = 0;
  terminal.resize();
}

/* Bytes of a mark that have come, this one included. */
static size_t seen(const char *mark, size_t before, char key)
{
  if (mark[before] == key) return before + 1;
  return mark[0] == key ? 1 : 0;
}

static void watch_paste(char key)
{
  begin_seen = seen(PASTE_BEGIN, begin_seen, key);
  end_seen = seen(PASTE_END, end_seen, key);
  if (PASTE_BEGIN[begin_seen] == '\0') {
    in_paste = true;
    begin_seen = 0;
  } else if (PASTE_END[end_seen] == '\0') {
    in_paste = false;
    end_seen = 0;
  }
}

/* Ctrl-C: ends the paste, then the input. */
static int next_of_end(void)
{
  if (!in_paste) return EOF;
  cut_paste = true;
  char key = PASTE_END[end_seen];
  watch_paste(key);
  return (unsigned char)key;
}

int lb_keys_read(FILE *stream)
{
  unsigned char key;
  for (;;) {
    if (lb_interrupted()) return next_of_end(); /* it came while a key was at work */
    ssize_t n = read(fileno(stream), &key, 1);
    if (n == 1) {
      watch_paste((char)key);
      return key;
    }
    if (n == 0 || errno != EINTR) return EOF;
    obey();
  }
}

bool lb_keys_cut_paste(void)
{
  return cut_paste;
}
