/* execute.c - os.execute that lets Ctrl-C through: while a command runs only the command hears it. */
#include <lauxlib.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>

#include "host/stop.h"

/* The original in upvalue 1. system() ignores SIGINT in this process until the command ends; one that ended by it
 * means that the user pressed Ctrl-C, which the script then gets too. */
static int execute(lua_State *L)
{
  int n = lua_gettop(L);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, n, LUA_MULTRET);
  n = lua_gettop(L);
  bool by_signal = n == 3 && lua_type(L, 2) == LUA_TSTRING &&
                   strcmp(lua_tostring(L, 2), "signal") == 0 && lua_tointeger(L, 3) == SIGINT;
  /* A shell that survives its command reports 128 + the signal. */
  bool by_shell = n == 3 && lua_tointeger(L, 3) == 128 + SIGINT;
  if (by_signal || by_shell) raise(SIGINT);
  return n;
}

void lb_stop_open_execute(lua_State *L)
{
  lua_getglobal(L, "os");
  lua_getfield(L, -1, "execute");
  lua_pushcclosure(L, execute, 1);
  lua_setfield(L, -2, "execute");
  lua_pop(L, 1);
}
