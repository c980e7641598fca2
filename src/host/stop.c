/* stop.c - the SIGINT handler and the hook that it arms. */
#include "host/stop.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "bind/bind.h"

/* A signal handler has no argument of ours, so these stand at file scope: the state whose code
 * runs, and how often Ctrl-C came since something obeyed it. */
static _Atomic(lua_State *) running;
static atomic_int presses;
static pthread_t main_thread;

#define EXIT_INTERRUPTED 130

/* Stays armed until the top level settles, so that pcall cannot swallow the error. A coroutine may
 * keep its hook longer than that: then there is nothing to raise any more. */
static void hook(lua_State *L, lua_Debug *ar)
{
  (void)ar;
  if (!lb_interrupted()) {
    lua_sethook(L, NULL, 0, 0);
    return;
  }
  lb_error err = {0};
  lb_error_interrupted(&err);
  lbl_raise(L, &err);
}

static void arm(lua_State *L)
{
  lua_sethook(L, hook, LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE | LUA_MASKCOUNT, 1);
}

static void say(const char *text)
{
  ssize_t written = write(STDERR_FILENO, text, strlen(text));
  (void)written; /* a terminal that is gone: nothing is left to do */
}

/* Functions of the standard library that can take long, under the names people know. */
static const char *known_name(const char *name)
{
  static const char *const KNOWN[] = {
      "string.find", "string.match", "string.gsub", "string.gmatch", "string.rep", "string.format",
      "table.sort",  "table.concat", "table.move",  "table.unpack",  "io.read",    "io.lines",
      "os.execute",  "os.remove",    "load",        "collectgarbage"};
  for (size_t i = 0; i < sizeof KNOWN / sizeof *KNOWN; i++) {
    const char *dot = strchr(KNOWN[i], '.');
    if (strcmp(dot == NULL ? KNOWN[i] : dot + 1, name) == 0) return KNOWN[i];
  }
  return name;
}

/* Reads of the call stack only what the interpreter, which stands still, has written: no memory is
 * asked for, nothing is pushed. */
static void say_where(lua_State *L)
{
  lua_Debug ar;
  const char *name = "a C function";
  if (lua_getstack(L, 0, &ar) && lua_getinfo(L, "nS", &ar)) {
    if (ar.what[0] != 'C')
      name = "the handling of an error";
    else if (ar.name != NULL)
      name = known_name(ar.name);
  }
  say("\nstill inside ");
  say(name);
  say(", which cannot be stopped; once more ends the program (the history is safe)\n");
}

static void on_interrupt(int signal_number)
{
  if (!pthread_equal(pthread_self(), main_thread)) {
    pthread_kill(main_thread, signal_number); /* Lua runs there */
    return;
  }
  lb_interrupt_raise();
  lua_State *L = atomic_load(&running);
  if (L == NULL) return;
  arm(L);
  int n = atomic_fetch_add(&presses, 1) + 1;
  if (n == 2) say_where(L);
  if (n >= 3) _exit(EXIT_INTERRUPTED);
}

void lb_stop_open(void)
{
  main_thread = pthread_self();
  struct sigaction action = {.sa_handler = on_interrupt}; /* no SA_RESTART: a read gives up */
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, NULL);
  /* Where files may not grow beyond a limit, writing is to fail with a message. */
  signal(SIGXFSZ, SIG_IGN);
}

void lb_stop_enter(lua_State *L)
{
  atomic_store(&running, L);
  if (L != NULL && lb_interrupted()) arm(L);
}

lua_State *lb_stop_running(void)
{
  return atomic_load(&running);
}

void lb_stop_settle(lua_State *L)
{
  atomic_store(&running, NULL);
  atomic_store(&presses, 0);
  lb_interrupt_clear();
  lua_sethook(L, NULL, 0, 0);
}
