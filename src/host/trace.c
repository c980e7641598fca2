/* trace.c - tracebacks that show only the researcher's own frames. */
#include "host/trace.h"

#include <string.h>

#include "bind/bind.h"
#include "host/interruption.h"

#define MAX_FRAMES 20

/* Adds the line of one frame to the text on top of the stack. */
static void add_frame(lua_State *L, const lua_Debug *ar)
{
  const char *before = lua_tostring(L, -1);
  if (ar->what[0] == 'm')
    lua_pushfstring(L, "%s\n  %s:%d: in the main chunk", before, ar->short_src, ar->currentline);
  else if (ar->name != NULL)
    lua_pushfstring(L, "%s\n  %s:%d: in %s '%s'", before, ar->short_src, ar->currentline,
                    ar->namewhat, ar->name);
  else
    lua_pushfstring(L, "%s\n  %s:%d: in the function of line %d", before, ar->short_src,
                    ar->currentline, ar->linedefined);
  lua_remove(L, -2);
}

/* Adds the researcher's frames to the message on top of the stack. */
static void add_frames(lua_State *L)
{
  lua_Debug ar;
  int shown = 0;
  for (int level = 1; lua_getstack(L, level, &ar); level++) {
    lua_getinfo(L, "Slnt", &ar);
    if (lbl_is_internal(L, &ar)) continue;
    if (shown == 0) {
      lua_pushliteral(L, "\ntraceback:");
      lua_concat(L, 2);
    }
    if (++shown > MAX_FRAMES) {
      lua_pushliteral(L, "\n  ...");
      lua_concat(L, 2);
      return;
    }
    add_frame(L, &ar);
  }
}

/* Pushes what is said of a value at index 1 that is no message. */
static void push_raised(lua_State *L)
{
  int top = lua_gettop(L);
  lua_getglobal(L, "require");
  lua_pushliteral(L, "lobule.values");
  if (lua_pcall(L, 1, 1, 0) == LUA_OK && lua_istable(L, -1)) {
    lua_getfield(L, -1, "raised");
    lua_pushvalue(L, 1);
    if (lua_pcall(L, 1, 1, 0) == LUA_OK && lua_type(L, -1) == LUA_TSTRING) return;
  }
  lua_settop(L, top);
  lua_pushfstring(L, "the error is a %s", luaL_typename(L, 1));
}

int lb_trace_message(lua_State *L)
{
  lua_settop(L, 1);
  lb_interruption_note(L, 1);
  if (lbl_error_code(L, 1)) {
    lua_settop(L, 1);
    return 1;
  }
  if (lua_type(L, 1) != LUA_TSTRING && luaL_callmeta(L, 1, "__tostring") &&
      lua_type(L, -1) == LUA_TSTRING)
    return 1;
  lua_settop(L, 1);
  if (lua_type(L, 1) != LUA_TSTRING) {
    lbl_push_place(L);
    lua_pop(L, 1); /* the public function's name: it did not raise this */
    push_raised(L);
    if (lua_rawlen(L, -2) > 0)
      lua_pushfstring(L, "%s: %s", lua_tostring(L, -2), lua_tostring(L, -1));
  }
  if (strstr(lua_tostring(L, -1), "(local 'self')") != NULL) {
    lua_pushliteral(L, "\n  A method is called with a colon:  x:tidy()  , not  x.tidy()");
    lua_concat(L, 2);
  }
  add_frames(L);
  return 1;
}
