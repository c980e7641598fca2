/* fields.c - numbers, texts and arrays of results as fields of a Lua table. */
#include "bind/bind.h"

void lbl_set_number(lua_State *L, const char *name, double value)
{
  lua_pushnumber(L, value);
  lua_setfield(L, -2, name);
}

void lbl_set_count(lua_State *L, const char *name, size_t value)
{
  lua_pushinteger(L, (lua_Integer)value);
  lua_setfield(L, -2, name);
}

void lbl_set_text(lua_State *L, const char *name, const char *value)
{
  lua_pushstring(L, value); /* NULL pushes nil */
  lua_setfield(L, -2, name);
}

static void push_numbers(lua_State *L, const double *values, size_t n)
{
  lua_createtable(L, (int)n, 0);
  for (size_t i = 0; i < n; i++) {
    lua_pushnumber(L, values[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
}

void lbl_set_numbers(lua_State *L, const char *name, const double *values, size_t n)
{
  push_numbers(L, values, n);
  lua_setfield(L, -2, name);
}

void lbl_set_flags(lua_State *L, const char *name, const bool *values, size_t n)
{
  lua_createtable(L, (int)n, 0);
  for (size_t i = 0; i < n; i++) {
    lua_pushboolean(L, values[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, -2, name);
}

void lbl_set_texts(lua_State *L, const char *name, char *const *texts, size_t n)
{
  lua_createtable(L, (int)n, 0);
  for (size_t i = 0; i < n; i++) {
    lua_pushstring(L, texts[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, -2, name);
}

void lbl_set_matrix(lua_State *L, const char *name, const double *values, size_t n)
{
  lua_createtable(L, (int)n, 0);
  for (size_t i = 0; i < n; i++) {
    push_numbers(L, values + i * n, n);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, -2, name);
}
