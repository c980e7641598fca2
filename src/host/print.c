/* print.c - print that shows what is in a plain table, and where a function stands, where stock Lua
 * shows an address: nobody learns anything from one, and it differs from run to run. */
#include "host/print.h"

#include <lauxlib.h>
#include <lualib.h>
#include <stdbool.h>
#include <string.h>

/* Would tostring give an address? Objects that say what they are do not. */
static bool is_plain(lua_State *L, int index)
{
  int type = lua_type(L, index);
  if (type == LUA_TFUNCTION || type == LUA_TTHREAD) return true;
  if (type != LUA_TTABLE && type != LUA_TUSERDATA) return type == LUA_TLIGHTUSERDATA;
  if (luaL_testudata(L, index, LUA_FILEHANDLE) != NULL) return true;
  if (luaL_getmetafield(L, index, "__tostring") == LUA_TNIL) return true;
  lua_pop(L, 1);
  return false;
}

/* Pushes the text of a value. */
static const char *push_text(lua_State *L, int index, size_t *length)
{
  if (!is_plain(L, index)) return luaL_tolstring(L, index, length);
  lua_getglobal(L, "require");
  lua_pushliteral(L, "lobule.values");
  lua_call(L, 1, 1);
  lua_getfield(L, -1, "text");
  lua_remove(L, -2);
  lua_pushvalue(L, index);
  lua_call(L, 1, 1);
  return luaL_tolstring(L, -1, length);
}

static int print(lua_State *L)
{
  int n = lua_gettop(L);
  for (int i = 1; i <= n; i++) {
    size_t length;
    const char *text = push_text(L, i, &length);
    if (i > 1) lua_writestring("\t", 1);
    lua_writestring(text, length);
    lua_settop(L, n);
  }
  lua_writeline();
  return 0;
}

void lb_print_open(lua_State *L)
{
  lua_pushcfunction(L, print);
  lua_setglobal(L, "print");
}
