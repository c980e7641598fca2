/* place.c - where an error belongs: the researcher's own line and the public function they called.
 */
#include <string.h>

#include "bind/bind.h"

/* Registry: public function -> "cohort:filter"; chunk prefixes of the library (a list); public
 * function -> the function that looked it up last, and the line where it did. Lua 5.4.4 gives a
 * call in a chain of methods the line where the chain begins, so the line is noted at lookup. */
static const char NAMES_KEY = 'n';
static const char PREFIXES_KEY = 'p';
static const char CALLER_KEY = 'c';
static const char LINE_KEY = 'l';

bool lbl_is_internal(lua_State *L, const lua_Debug *ar)
{
  if (ar->what[0] == 'C') return true;
  lua_rawgetp(L, LUA_REGISTRYINDEX, &PREFIXES_KEY);
  bool internal = false;
  for (lua_Integer i = 1; !internal && lua_rawgeti(L, -1, i) == LUA_TSTRING; i++) {
    size_t length;
    const char *prefix = lua_tolstring(L, -1, &length);
    internal = ar->srclen >= length && memcmp(ar->source, prefix, length) == 0;
    lua_pop(L, 1);
  }
  lua_settop(L, internal ? -2 : -3);
  return internal;
}

void lbl_add_internal(lua_State *L, const char *prefix)
{
  lua_rawgetp(L, LUA_REGISTRYINDEX, &PREFIXES_KEY);
  lua_pushstring(L, prefix);
  lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
  lua_pop(L, 1);
}

void lbl_register_name(lua_State *L, int function, const char *kind, char mark, const char *name)
{
  function = lua_absindex(L, function);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &NAMES_KEY);
  lua_pushvalue(L, function);
  lua_pushfstring(L, "%s%c%s", kind, mark, name);
  lua_rawset(L, -3);
  lua_pop(L, 1);
}

void lbl_note_lookup(lua_State *L, int function)
{
  lua_Debug ar;
  if (!lua_getstack(L, 1, &ar) || !lua_getinfo(L, "Sl", &ar) || lbl_is_internal(L, &ar)) return;
  function = lua_absindex(L, function);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &CALLER_KEY);
  lua_pushvalue(L, function);
  lua_getinfo(L, "f", &ar);
  lua_rawset(L, -3);
  lua_pushvalue(L, function); /* the last one looked up: all that is left after a tail call */
  lua_rawseti(L, -2, 1);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &LINE_KEY);
  lua_pushvalue(L, function);
  lua_pushinteger(L, ar.currentline);
  lua_rawset(L, -3);
  lua_pop(L, 2);
}

/* Pushes the value that a registry table holds for the key at a stack index. */
static int lookup(lua_State *L, const char *table, int key)
{
  key = lua_absindex(L, key);
  lua_rawgetp(L, LUA_REGISTRYINDEX, table);
  lua_pushvalue(L, key);
  int type = lua_rawget(L, -2);
  lua_remove(L, -2);
  return type;
}

/* What a walk down the stack finds. Stack slots: `found` holds the public function that the
 * researcher called (or nil), `researcher` the function of their frame. */
typedef struct place {
  int found, researcher;
  lua_Debug ar;    /* the researcher's frame */
  bool tail;       /* the frame just inside it is a tail call */
  bool found_tail; /* the frame of the public function is one */
} place;

/* Finds the researcher's frame and the outermost public function inside it; pushes the frame's
 * function. */
static bool find_researcher(lua_State *L, place *p)
{
  lua_Debug *ar = &p->ar;
  for (int level = 0; lua_getstack(L, level, ar); level++) {
    lua_getinfo(L, "Sltf", ar);
    p->researcher = lua_gettop(L);
    if (!lbl_is_internal(L, ar)) return true;
    p->tail = ar->istailcall != 0;
    if (lookup(L, &NAMES_KEY, -1) != LUA_TNIL) {
      lua_pushvalue(L, -2);
      lua_replace(L, p->found);
      p->found_tail = p->tail;
    } else if (ar->what[0] != 'C' && lua_iscfunction(L, p->found)) {
      lua_pushnil(L); /* the library called it, not the researcher */
      lua_replace(L, p->found);
    }
    lua_pop(L, 2);
  }
  return false;
}

/* After a tail call out of a public function, the frame inside the researcher's is not what they
 * called. That is the method they looked up last, if in the statement of the current line. After a
 * tail call into a public function (return cohort:filter ...) the researcher's frame is gone, but
 * not the note of who looked the method up, when it was the last. */
static void mend_tail_calls(lua_State *L, place *p)
{
  int top = lua_gettop(L), last = top + 2, caller = top + 3;
  lua_rawgetp(L, LUA_REGISTRYINDEX, &CALLER_KEY);
  if ((p->tail || p->found_tail) && lua_rawgeti(L, -1, 1) != LUA_TNIL) {
    lookup(L, &CALLER_KEY, last);
    lookup(L, &LINE_KEY, last);
    int line = (int)lua_tointeger(L, -1);
    if (p->tail && lua_rawequal(L, caller, p->researcher) && line >= p->ar.currentline) {
      lua_pushvalue(L, last);
      lua_replace(L, p->found);
    } else if (p->found_tail && lua_rawequal(L, last, p->found) && lua_isfunction(L, caller)) {
      lua_pushvalue(L, caller);
      lua_replace(L, p->researcher);
      lua_pushvalue(L, caller);
      lua_getinfo(L, ">S", &p->ar);
      p->ar.currentline = line;
    }
  }
  lua_settop(L, top);
}

/* The line to name: the noted one when this function looked the method up further down in the
 * statement that begins at its current line. */
static int line_of(lua_State *L, const place *p)
{
  int line = p->ar.currentline;
  if (lua_isnil(L, p->found)) return line;
  lookup(L, &CALLER_KEY, p->found);
  if (lua_rawequal(L, -1, p->researcher)) {
    lookup(L, &LINE_KEY, p->found);
    int noted = (int)lua_tointeger(L, -1);
    if (noted > line) line = noted;
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
  return line;
}

/* Pushes "file:line" of the researcher. */
static void push_where(lua_State *L, place *p)
{
  if (!find_researcher(L, p)) {
    lua_pushliteral(L, "");
    return;
  }
  mend_tail_calls(L, p);
  int line = line_of(L, p);
  if (line > 0)
    lua_pushfstring(L, "%s:%d", p->ar.short_src, line);
  else
    lua_pushstring(L, p->ar.short_src);
}

void lbl_push_place(lua_State *L)
{
  luaL_checkstack(L, 16, NULL);
  lua_pushnil(L);
  place p = {.found = lua_gettop(L)};
  push_where(L, &p);
  int where = lua_gettop(L);
  if (lua_isnil(L, p.found) || lookup(L, &NAMES_KEY, p.found) == LUA_TNIL) lua_pushliteral(L, "");
  lua_pushvalue(L, where);
  lua_replace(L, p.found);
  lua_replace(L, p.found + 1); /* the name, which is on top */
  lua_settop(L, p.found + 1);
}

/* A registry table with weak keys, values or both. */
static void new_weak(lua_State *L, const char *key, const char *mode)
{
  lua_newtable(L);
  lua_createtable(L, 0, 1);
  lua_pushstring(L, mode);
  lua_setfield(L, -2, "__mode");
  lua_setmetatable(L, -2);
  lua_rawsetp(L, LUA_REGISTRYINDEX, key);
}

void lbl_open_place(lua_State *L)
{
  new_weak(L, &NAMES_KEY, "k");
  new_weak(L, &CALLER_KEY, "kv");
  new_weak(L, &LINE_KEY, "k");
  lua_newtable(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &PREFIXES_KEY);
  lbl_add_internal(L, "@lobule/");
}
