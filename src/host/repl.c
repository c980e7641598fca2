/* repl.c - the prompt: entries of one or more lines, run in the session's environment. */
#include "host/repl.h"

#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/parallel.h"
#include "host/lineedit.h"
#include "host/session.h"

#define CHUNK_NAME "=stdin"

/* true when the message on top of the stack says that the entry only lacks its end; pops it then.
 */
static bool is_incomplete(lua_State *L, int status)
{
  static const char END[] = "<eof>";
  size_t length, end = sizeof END - 1;
  if (status != LUA_ERRSYNTAX) return false;
  const char *message = lua_tolstring(L, -1, &length);
  if (length < end || strcmp(message + length - end, END) != 0) return false;
  lua_pop(L, 1);
  return true;
}

/* Pushes a line as a Lua string; the line is freed. */
static lb_line push_line(lua_State *L, lb_lineedit *edit, const char *prompt)
{
  char *line = NULL;
  lb_line read = lb_lineedit_read(edit, prompt, &line);
  if (read != LB_LINE_READ) return read;
  lua_pushstring(L, line); /* out of memory here loses one line, and the session with it */
  free(line);
  return LB_LINE_READ;
}

/* Compiles the entry on top of the stack: as an expression, else as statements. */
static int compile(lua_State *L)
{
  size_t length;
  const char *entry = lua_tolstring(L, -1, &length);
  const char *expression = lua_pushfstring(L, "return %s", entry);
  int status = luaL_loadbuffer(L, expression, strlen(expression), CHUNK_NAME);
  lua_remove(L, -2);
  if (status == LUA_OK) return status;
  lua_pop(L, 1);
  return luaL_loadbuffer(L, entry, length, CHUNK_NAME);
}

/* Reads one entry: pushes its chunk, or the message when it does not compile (*status). */
static lb_line read_entry(lua_State *L, lb_lineedit *edit, int *status)
{
  lb_line read = push_line(L, edit, "lb> ");
  if (read != LB_LINE_READ) return read;
  for (;;) {
    *status = compile(L);
    if (!is_incomplete(L, *status)) break;
    read = push_line(L, edit, "..> ");
    if (read != LB_LINE_READ) return read;
    lua_pushliteral(L, "\n");
    lua_insert(L, -2);
    lua_concat(L, 3);
  }
  lb_lineedit_remember(edit, lua_tostring(L, -2));
  lua_remove(L, -2);
  return LB_LINE_READ;
}

/* Prints the results that an entry has left on the stack, with the print of the session. */
static void print_results(lua_State *L)
{
  int n = lua_gettop(L);
  if (n == 0) return;
  luaL_checkstack(L, LUA_MINSTACK, "too many results to print");
  lua_getglobal(L, "print");
  lua_insert(L, 1);
  lb_session_call(L, n);
}

static void banner(lua_State *L)
{
  lua_getglobal(L, "require");
  lua_pushliteral(L, "lobule.core");
  lua_call(L, 1, 1);
  lua_getfield(L, -1, "version");
  int n = lb_threads();
  printf("lobule %s   %s   %d thread%s   help() for help   Ctrl-D leaves\n", lua_tostring(L, -1),
         LUA_VERSION, n, n == 1 ? "" : "s");
  lua_pop(L, 2);
}

void lb_repl_run(lua_State *L)
{
  lb_lineedit edit;
  lb_lineedit_open(&edit);
  lb_session_offer(L, true);
  if (edit.terminal) banner(L);
  for (;;) {
    int status = LUA_OK;
    lua_settop(L, 0);
    lb_line read = read_entry(L, &edit, &status);
    if (read == LB_LINE_END) break;
    if (read == LB_LINE_CLEARED) continue;
    if (status != LUA_OK) {
      lb_session_report(L);
      continue;
    }
    lb_session_adopt(L);
    if (lb_session_call(L, 0) == LB_EXIT_OK) print_results(L);
    fflush(stdout);
  }
  if (edit.terminal) putchar('\n');
}
