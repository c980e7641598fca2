/* repl.c - the prompt on a terminal: reads entries and hands them to the session, which is Lua
 * (lua/lobule/prompt). */
#include "host/repl.h"

#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/parallel.h"
#include "host/lineedit.h"
#include "host/session.h"
#include "host/stop.h"

static int terminal_width(void)
{
  struct winsize size;
  bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : 80;
}

#define FULL_BANNER 98 /* columns that it takes */

static void banner(lua_State *L)
{
  lua_getglobal(L, "require");
  lua_pushliteral(L, "lobule.core");
  lua_call(L, 1, 1);
  lua_getfield(L, -1, "version");
  const char *version = lua_tostring(L, -1);
  int n = lb_threads();
  if (terminal_width() < FULL_BANNER)
    printf("lobule %s   ?name help   .help commands   Ctrl-D leaves\n", version);
  else
    printf("lobule %s   %s   %d thread%s   ?name help   ??word search   .help commands   Ctrl-D "
           "leaves\n",
           version, LUA_VERSION, n, n == 1 ? "" : "s");
  lua_pop(L, 2);
}

/* Leaves the session object, alone, on the stack. */
static void open_session(lua_State *L)
{
  lua_settop(L, 0);
  lua_getglobal(L, "require");
  lua_pushliteral(L, "lobule.prompt");
  lua_call(L, 1, 1);
  lua_getfield(L, -1, "new");
  lb_session_push_environment(L);
  lua_call(L, 1, 1);
  lua_replace(L, 1);
}

/* Calls a method of the session at index 1 with a text: one result on the stack, or false. */
static bool call(lua_State *L, const char *method, const char *text, int n_results)
{
  lua_settop(L, 1);
  lua_getfield(L, 1, method);
  lua_pushvalue(L, 1);
  lua_pushstring(L, text);
  if (lua_pcall(L, 2, n_results, 0) == LUA_OK) return true;
  lb_session_report(L);
  return false;
}

static bool is_complete(void *context, const char *text)
{
  lua_State *L = context;
  bool complete = !call(L, "state", text, 1) || strcmp(lua_tostring(L, -1), "incomplete") != 0;
  lua_settop(L, 1);
  return complete;
}

/* The candidates at the cursor; the texts stay on the stack until the next call of the session. */
static void complete(void *context, const char *text, int cursor, int *start,
                     const char **replacement, const char **listing)
{
  lua_State *L = context;
  lua_settop(L, 1);
  lua_getfield(L, 1, "tab");
  lua_pushvalue(L, 1);
  lua_pushstring(L, text);
  lua_pushinteger(L, cursor);
  lua_pushinteger(L, terminal_width());
  lb_stop_enter(L); /* a slow disk: Ctrl-C leaves the search, not the line */
  int status = lua_pcall(L, 4, 3, 0);
  lb_stop_settle(L);
  if (status != LUA_OK) return; /* no candidates is better than a broken line */
  *start = (int)lua_tointeger(L, -3) - 1;
  *replacement = lua_tostring(L, -2);
  *listing = lua_tostring(L, -1);
}

/* What an unfinished entry waits for; the text stays on the stack likewise. */
static const char *hint(void *context, const char *text, int entered, bool pasted)
{
  lua_State *L = context;
  lua_settop(L, 1);
  lua_getfield(L, 1, "hint");
  lua_pushvalue(L, 1);
  lua_pushstring(L, text);
  lua_pushinteger(L, entered);
  lua_pushboolean(L, pasted);
  return lua_pcall(L, 4, 1, 0) == LUA_OK ? lua_tostring(L, -1) : NULL;
}

static void run_entry(lua_State *L, const char *text)
{
  if (!call(L, "enter", text, 2)) return;
  const char *state = lua_tostring(L, -2);
  if (state != NULL && strcmp(state, "ok") != 0) lb_session_report(L);
  fflush(stdout);
}

static bool has_ended(lua_State *L)
{
  lua_settop(L, 1);
  lua_getfield(L, 1, "ended");
  bool ended = lua_toboolean(L, -1);
  lua_settop(L, 1);
  return ended;
}

/* Earlier entries for the arrow keys. */
static void recall(lua_State *L, lb_lineedit *edit)
{
  if (edit->library == NULL || !call(L, "earlier", "", 1)) return;
  for (lua_Integer i = 1; lua_rawgeti(L, -1, i) == LUA_TSTRING; i++) {
    lb_lineedit_remember(edit, lua_tostring(L, -1));
    lua_pop(L, 1);
  }
}

void lb_repl_run(lua_State *L)
{
  static const lb_lineedit_client CLIENT = {is_complete, complete, hint};
  lb_lineedit edit;
  lb_session_offer(L, true);
  open_session(L);
  lb_lineedit_open(&edit, &CLIENT, L);
  recall(L, &edit);
  if (edit.terminal) banner(L);
  while (!has_ended(L)) {
    char *text = NULL;
    lb_line read = lb_lineedit_read(&edit, "lb> ", &text);
    if (read == LB_LINE_END) break;
    if (read == LB_LINE_CLEARED) continue;
    lb_lineedit_remember(&edit, text);
    if (edit.terminal) call(L, "remember", text, 0);
    run_entry(L, text);
    free(text);
  }
  if (edit.terminal) putchar('\n');
}
