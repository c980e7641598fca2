/* error.c - the error object that every failure raises: code, message, context, where. */
#include <string.h>

#include "bind/bind.h"

/* Makes the object of four strings on top of the stack: where, message, context, and the code. */
static void push_error(lua_State *L, const char *code, int where, int message, int context)
{
  lua_createtable(L, 0, 4);
  lua_pushstring(L, code);
  lua_setfield(L, -2, "code");
  lua_pushvalue(L, message);
  lua_setfield(L, -2, "message");
  lua_pushvalue(L, context);
  lua_setfield(L, -2, "context");
  lua_pushvalue(L, where);
  lua_setfield(L, -2, "where");
  luaL_setmetatable(L, LBL_ERROR);
}

int lbl_raise_texts(lua_State *L, const char *code, int message, int context)
{
  message = lua_absindex(L, message);
  context = lua_absindex(L, context);
  luaL_checkstack(L, 16, NULL);
  lbl_push_place(L); /* where, name */
  int where = lua_gettop(L) - 1;
  size_t length;
  const char *name = lua_tolstring(L, -1, &length);
  if (length > 0)
    lua_pushfstring(L, "%s: %s", name, lua_tostring(L, message));
  else
    lua_pushvalue(L, message);
  push_error(L, code, where, lua_gettop(L), context);
  return lua_error(L);
}

/* An interruption is nobody's mistake: no place, no name. */
static int raise_interrupted(lua_State *L)
{
  lua_pushliteral(L, "");
  lua_pushliteral(L, "interrupted");
  int where = lua_gettop(L) - 1;
  push_error(L, lb_status_name(LB_EINTR), where, where + 1, where);
  return lua_error(L);
}

int lbl_raise(lua_State *L, const lb_error *err)
{
  luaL_checkstack(L, 8, NULL);
  if (err->code == LB_EINTR) return raise_interrupted(L);
  lua_pushstring(L, err->message);
  lua_pushstring(L, err->context);
  return lbl_raise_texts(L, lb_status_name(err->code), -2, -1);
}

const char *lbl_found(lua_State *L, int index)
{
  switch (lua_type(L, index)) {
  case LUA_TNONE:
  case LUA_TNIL:
    return "nil";
  case LUA_TBOOLEAN:
    return lua_toboolean(L, index) ? "true" : "false";
  case LUA_TNUMBER:
    return "a number";
  case LUA_TSTRING:
    return "text";
  case LUA_TTABLE:
    return "a table";
  case LUA_TFUNCTION:
    return "a function";
  case LUA_TTHREAD:
    return "a coroutine";
  default:
    break;
  }
  if (luaL_testudata(L, index, LBL_NA) != NULL) return "NA";
  if (luaL_testudata(L, index, LBL_COLUMN) != NULL) return "a column";
  if (luaL_testudata(L, index, LBL_FRAME) != NULL) return "a frame";
  if (luaL_testudata(L, index, LBL_MODEL) != NULL) return "a model";
  if (luaL_testudata(L, index, LBL_WITH) != NULL) return "a with table";
  if (luaL_testudata(L, index, LBL_KM) != NULL) return "a Kaplan-Meier fit";
  return "an object";
}

int lbl_raise_argument(lua_State *L, int arg, const char *name, const char *expected)
{
  lb_error err = {0};
  lb_error_set(&err, LB_EARG, "argument '%s': expected %s, found %s", name, expected,
               lbl_found(L, arg));
  return lbl_raise(L, &err);
}

bool lbl_error_code(lua_State *L, int index)
{
  if (!lua_istable(L, index) || !lua_getmetatable(L, index)) return false;
  luaL_getmetatable(L, LBL_ERROR);
  bool same = lua_rawequal(L, -1, -2);
  lua_pop(L, 2);
  if (same) {
    index = lua_absindex(L, index);
    lua_pushliteral(L, "code");
    lua_rawget(L, index);
  }
  return same;
}

/* raise(code, message, context) */
static int raise(lua_State *L)
{
  lua_settop(L, 3);
  const char *code = lbl_check_name(L, 1, "code");
  lbl_check_text(L, 2, "message", NULL);
  if (lua_isnil(L, 3)) {
    lua_pushliteral(L, "");
    lua_replace(L, 3);
  }
  lbl_check_text(L, 3, "context", NULL);
  if (strcmp(code, lb_status_name(LB_EINTR)) == 0) return raise_interrupted(L);
  return lbl_raise_texts(L, code, 2, 3);
}

/* Pushes a field of the error at index 1 as text; "" when it is none. */
static size_t push_field(lua_State *L, const char *field)
{
  lua_pushstring(L, field);
  if (lua_rawget(L, 1) != LUA_TSTRING) {
    lua_pop(L, 1);
    lua_pushliteral(L, "");
  }
  return lua_rawlen(L, -1);
}

static int error_tostring(lua_State *L)
{
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  luaL_Buffer text;
  size_t where = push_field(L, "where");
  push_field(L, "message");
  size_t context = push_field(L, "context");
  luaL_buffinit(L, &text);
  lua_pushvalue(L, 2);
  luaL_addvalue(&text);
  if (where > 0) luaL_addstring(&text, ": ");
  lua_pushvalue(L, 3);
  luaL_addvalue(&text);
  if (context > 0) luaL_addchar(&text, '\n');
  lua_pushvalue(L, 4);
  luaL_addvalue(&text);
  luaL_pushresult(&text);
  return 1;
}

static int error_concat(lua_State *L)
{
  lua_settop(L, 2);
  luaL_tolstring(L, 1, NULL);
  luaL_tolstring(L, 2, NULL);
  lua_concat(L, 2);
  return 1;
}

static const luaL_Reg METAMETHODS[] = {
    {"__tostring", error_tostring}, {"__concat", error_concat}, {NULL, NULL}};
static const luaL_Reg FUNCTIONS[] = {{"raise", raise}, {NULL, NULL}};

void lbl_open_error(lua_State *L)
{
  luaL_newmetatable(L, LBL_ERROR);
  luaL_setfuncs(L, METAMETHODS, 0);
  lua_pop(L, 1);
  luaL_setfuncs(L, FUNCTIONS, 0);
}
