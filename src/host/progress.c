/* progress.c - one line on stderr: what is done, percent, time left, how to stop. It comes after a
 * second and goes when the work ends; where stderr is no terminal there is nothing. */
#include "host/progress.h"

#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "base/progress.h"
#include "bind/bind.h"

#define SHOW_AFTER    1.0 /* seconds */
#define SHOW_EVERY    0.1
#define BAR_CELLS     20
#define USUAL_WIDTH   80
#define LINE_BYTES    256
#define PAUSE_SECONDS 0.02 /* of lb_progress_test, between steps */

/* There is one terminal. Steps come from any thread: who does not get the line leaves it alone. */
static atomic_flag line_taken = ATOMIC_FLAG_INIT;
static double begun, shown_at; /* monotonic seconds; 0: no work, nothing shown */
static size_t line_cells;      /* of the line that is shown */

static double seconds_now(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void put(const char *text, size_t length)
{
  ssize_t written = write(STDERR_FILENO, text, length);
  (void)written; /* a terminal that is gone: the work goes on */
}

/* Cells of a line; the last column stays free, for there some terminals break the line. */
static size_t line_width(void)
{
  struct winsize size = {0};
  bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
  size_t width = known ? (size_t)size.ws_col - 1 : USUAL_WIDTH - 1;
  return width < LINE_BYTES - 2 ? width : LINE_BYTES - 2;
}

/* "12 s left", "3 min 20 s left", "2 h 5 min left"; "" while nothing can be said. */
static void time_left(double elapsed, lb_progress now, char *text, size_t size)
{
  text[0] = '\0';
  if (now.done == 0) return;
  double left = elapsed * ((double)now.total - (double)now.done) / (double)now.done;
  if (left > 360000) return; /* 100 hours: no more than a guess */
  long s = lround(ceil(left));
  if (s < 60)
    snprintf(text, size, "%ld s left", s);
  else if (s < 3600)
    snprintf(text, size, "%ld min %ld s left", s / 60, s % 60);
  else
    snprintf(text, size, "%ld h %ld min left", s / 3600, s % 3600 / 60);
}

/* Shorter than the one before, the line is filled up with blanks. */
static void draw(lb_progress now, double elapsed)
{
  char bar[BAR_CELLS + 1], left[64], text[LINE_BYTES], line[LINE_BYTES + 1];
  double share = now.total == 0 ? 0 : (double)now.done / (double)now.total;
  size_t full = (size_t)(share * BAR_CELLS), width = line_width();
  memset(bar, '.', BAR_CELLS);
  memset(bar, '#', full);
  bar[BAR_CELLS] = '\0';
  time_left(elapsed, now, left, sizeof left);
  snprintf(text, sizeof text, "%.60s [%s] %3d%%  %s%sCtrl-C stops", now.label, bar,
           (int)(share * 100), left, left[0] == '\0' ? "" : "  ");
  size_t cells = strlen(text) < width ? strlen(text) : width;
  size_t filled = line_cells > cells && line_cells <= width ? line_cells : cells;
  line[0] = '\r';
  memset(line + 1, ' ', filled);
  memcpy(line + 1, text, cells);
  put(line, filled + 1);
  line_cells = cells;
}

static void erase(void)
{
  char blank[LINE_BYTES + 2];
  if (line_cells == 0) return;
  memset(blank, ' ', line_cells + 2);
  blank[0] = blank[line_cells + 1] = '\r';
  put(blank, line_cells + 2);
  line_cells = 0;
}

static char stopped[LINE_BYTES]; /* what is known of the work that Ctrl-C stopped */
static _Atomic(const char *) last_label;

/* Of the first and the last step of work. The label is nobody's once the work has ended. */
static void keep(lb_progress now)
{
  if (now.label != NULL) atomic_store(&last_label, now.label);
  if (now.label != NULL || !lb_interrupted() || now.total == 0) return;
  snprintf(stopped, sizeof stopped, "%.60s: %d %% done", atomic_load(&last_label),
           (int)(100 * (double)now.done / (double)now.total));
}

const char *lb_progress_stopped(void)
{
  return stopped[0] == '\0' ? NULL : stopped;
}

void lb_progress_forget(void)
{
  stopped[0] = '\0';
}

static void watch(lb_progress now)
{
  bool ends = now.label == NULL;
  if (ends || now.done == 0) keep(now);
  while (atomic_flag_test_and_set_explicit(&line_taken, memory_order_acquire))
    if (!ends) return;
  double t = seconds_now();
  if (ends) {
    erase();
    begun = shown_at = 0;
  } else if (begun == 0) {
    begun = t;
  } else if (t - begun > SHOW_AFTER && t - shown_at >= SHOW_EVERY) {
    draw(now, t - begun);
    shown_at = t;
  }
  atomic_flag_clear_explicit(&line_taken, memory_order_release);
}

void lb_progress_open(void)
{
  if (isatty(STDERR_FILENO)) lb_progress_set_watch(watch);
}

int lb_progress_test(lua_State *L)
{
  double seconds = luaL_checknumber(L, 1);
  luaL_argcheck(L, seconds >= 0 && seconds <= 60, 1, "0 to 60 seconds");
  const struct timespec pause = {0, (long)(PAUSE_SECONDS * 1e9)};
  uint64_t n = (uint64_t)(seconds / PAUSE_SECONDS);
  lb_progress_begin("waiting", n);
  for (uint64_t i = 0; i < n && !lb_interrupted(); i++) {
    nanosleep(&pause, NULL);
    lb_progress_step(1);
  }
  lb_progress_end();
  lb_error err = {0};
  if (!lb_interrupted()) return 0;
  lb_error_interrupted(&err);
  return lbl_raise(L, &err);
}
