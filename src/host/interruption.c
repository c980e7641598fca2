/* interruption.c - what is said of work that Ctrl-C has stopped: how long it ran, in which
 * function, how far it had come where that is known. */
#include "host/interruption.h"

#include <stdio.h>
#include <string.h>

#include "bind/bind.h"
#include "host/progress.h"

/* Registry: the public function that was stopped. */
static const char NAME_KEY = 'n';

void lb_interruption_begin(lua_State *L)
{
  lb_progress_forget();
  lua_pushnil(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &NAME_KEY);
}

void lb_interruption_note(lua_State *L, int problem)
{
  int top = lua_gettop(L);
  if (!lbl_error_code(L, problem)) return;
  const char *code = lua_tostring(L, -1);
  if (code != NULL && strcmp(code, "interrupted") == 0) {
    lbl_push_place(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &NAME_KEY);
  }
  lua_settop(L, top);
}

/* "0.3 s", "2 min 5 s" */
static void put_seconds(double seconds, char *text, size_t size)
{
  if (seconds < 60)
    snprintf(text, size, "%.1f s", seconds);
  else
    snprintf(text, size, "%d min %d s", (int)(seconds / 60), (int)seconds % 60);
}

void lb_interruption_push(lua_State *L, double seconds)
{
  char time[48];
  const char *progress = lb_progress_stopped();
  put_seconds(seconds, time, sizeof time);
  lua_pushfstring(L, "interrupted after %s", time);
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &NAME_KEY) == LUA_TSTRING && lua_rawlen(L, -1) > 0)
    lua_pushfstring(L, "%s in %s", lua_tostring(L, -2), lua_tostring(L, -1));
  else
    lua_pushvalue(L, -2);
  if (progress != NULL)
    lua_pushfstring(L, "%s (%s, none kept)", lua_tostring(L, -1), progress);
  else
    lua_pushvalue(L, -1);
  lua_replace(L, -4);
  lua_pop(L, 2);
}
