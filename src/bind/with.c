/* with.c - the With object: values that expressions name with a dollar. */
#include <stdlib.h>
#include <string.h>

#include "bind/bind.h"

/* Entries, then the items of lists, all in this one block; texts are borrowed from Lua strings that
 * the object's user value keeps. */
typedef struct with {
  lb_with with;
  lb_with_entry entries[];
} with;

lb_with *lbl_opt_with(lua_State *L, int arg)
{
  if (lua_isnoneornil(L, arg)) return NULL;
  with *w = luaL_testudata(L, arg, LBL_WITH);
  if (w == NULL) lbl_raise_argument(L, arg, "with", "a with table");
  return &w->with;
}

static int raise_value(lua_State *L, const char *name, int value)
{
  lb_error err = {0};
  lb_error_set(&err, LB_EARG,
               "with '%s': expected a number, text, true, false or a list of them, found %s", name,
               lbl_found(L, value));
  return lbl_raise(L, &err);
}

/* Length of the list on top; a table with named fields is no list, nor one whose items only its
 * metatable knows. */
static size_t list_length(lua_State *L, const char *name)
{
  lb_error err = {0};
  size_t n = lua_rawlen(L, -1), fields = 0, named = 0;
  bool borrowed = luaL_getmetafield(L, -1, "__index") != LUA_TNIL;
  if (borrowed) lua_pop(L, 1);
  for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1)) {
    fields++;
    named += !lua_isinteger(L, -2);
  }
  if (fields == n && !(borrowed && n == 0)) return n;
  if (named > 0 || borrowed) {
    lb_error_set(&err, LB_EARG, "with '%s': expected a list, found a table with %s", name,
                 named > 0 ? "named fields" : "a metatable and no items of its own");
    lb_error_mend(&err, "A list keeps its order:  %s = { 'A', 'B' }", name);
  } else {
    lua_Integer hole = 1;
    for (; lua_rawgeti(L, -1, hole) != LUA_TNIL; hole++) lua_pop(L, 1);
    lb_error_set(&err, LB_EARG, "with '%s': the list has a hole: place %lld is empty", name,
                 (long long)hole);
  }
  lbl_raise(L, &err);
  return 0;
}

/* Checks the table at index 1; counts entries and items of lists. */
static void measure(lua_State *L, size_t *n_entries, size_t *n_items)
{
  for (lua_pushnil(L); lua_next(L, 1) != 0; lua_pop(L, 1)) {
    if (lua_type(L, -2) != LUA_TSTRING) lbl_raise_argument(L, -2, "with", "names");
    lbl_check_name(L, -2, "with");
    ++*n_entries;
    if (lua_istable(L, -1)) *n_items += list_length(L, lua_tostring(L, -2));
  }
}

/* Makes a scalar of the Lua value at `index`; keeps its text in the list at `keep`. */
static void set_scalar(lua_State *L, int index, const char *name, int keep, lb_value *out)
{
  index = lua_absindex(L, index);
  switch (lua_type(L, index)) {
  case LUA_TBOOLEAN:
    *out = (lb_value){.kind = LB_VALUE_LOGICAL, .logical = lua_toboolean(L, index)};
    return;
  case LUA_TNUMBER:
    if (lua_isinteger(L, index))
      *out = (lb_value){.kind = LB_VALUE_INTEGER, .integer = lua_tointeger(L, index)};
    else
      *out = (lb_value){.kind = LB_VALUE_REAL, .real = lua_tonumber(L, index)};
    return;
  case LUA_TSTRING:
    *out = (lb_value){.kind = LB_VALUE_TEXT};
    out->text = lua_tolstring(L, index, &out->length);
    lua_pushvalue(L, index);
    lua_rawseti(L, keep, (lua_Integer)lua_rawlen(L, keep) + 1);
    return;
  default:
    raise_value(L, name, index);
  }
}

/* Fills an entry from the key and value on top of the stack; returns the next free item. */
static lb_value *set_entry(lua_State *L, int keep, lb_with_entry *entry, lb_value *items)
{
  entry->name = lua_tostring(L, -2);
  entry->used = false;
  lua_pushvalue(L, -2);
  lua_rawseti(L, keep, (lua_Integer)lua_rawlen(L, keep) + 1);
  if (!lua_istable(L, -1)) {
    set_scalar(L, -1, entry->name, keep, &entry->value);
    return items;
  }
  size_t n = lua_rawlen(L, -1);
  entry->value = (lb_value){.kind = LB_VALUE_LIST, .length = n, .item = items};
  for (size_t i = 0; i < n; i++) {
    lua_rawgeti(L, -1, (lua_Integer)i + 1);
    set_scalar(L, -1, entry->name, keep, items++);
    lua_pop(L, 1);
  }
  return items;
}

static int by_name(const void *a, const void *b)
{
  const lb_with_entry *one = a, *other = b;
  return strcmp(one->name, other->name);
}

/* with(values) */
static int new_with(lua_State *L)
{
  lua_settop(L, 1);
  if (lua_isnil(L, 1)) {
    lua_newtable(L);
    lua_replace(L, 1);
  }
  lbl_check_table(L, 1, "with");
  size_t n_entries = 0, n_items = 0;
  measure(L, &n_entries, &n_items);
  size_t entry_bytes, item_bytes;
  if (__builtin_mul_overflow(n_entries, sizeof(lb_with_entry), &entry_bytes) ||
      __builtin_mul_overflow(n_items, sizeof(lb_value), &item_bytes))
    return luaL_error(L, "not enough memory");
  with *w = lbl_box(L, LBL_WITH, sizeof *w + entry_bytes + item_bytes, 1);
  w->with.entry = w->entries;
  lb_value *items = (lb_value *)(void *)((char *)w->entries + entry_bytes);
  lua_newtable(L);
  lua_pushvalue(L, -1);
  lua_setiuservalue(L, 2, 1);
  for (lua_pushnil(L); lua_next(L, 1) != 0; lua_pop(L, 1))
    items = set_entry(L, 3, &w->entries[w->with.n++], items);
  qsort(w->entries, w->with.n, sizeof *w->entries, by_name); /* the same message on every run */
  lua_settop(L, 2);
  return 1;
}

static int check_used(lua_State *L)
{
  with *w = luaL_testudata(L, 1, LBL_WITH);
  if (w == NULL) return lbl_raise_argument(L, 1, "with", "a with table");
  lb_error err = {0};
  if (lb_with_check_used(&w->with, &err) != LB_OK) return lbl_raise(L, &err);
  return 0;
}

static int with_gc(lua_State *L)
{
  lbl_unbox(L);
  return 0;
}

static int with_close(lua_State *L)
{
  (void)L; /* all of it is Lua's memory */
  return 0;
}

static int with_tostring(lua_State *L)
{
  const lb_with *values = lbl_opt_with(L, 1);
  lua_pushfstring(L, "with table of %I names", (LUAI_UACINT)(values == NULL ? 0 : values->n));
  return 1;
}

static const luaL_Reg METHODS[] = {{"check_used", check_used}, {NULL, NULL}};
static const luaL_Reg METAMETHODS[] = {
    {"__gc", with_gc}, {"__close", with_close}, {"__tostring", with_tostring}, {NULL, NULL}};
static const luaL_Reg FUNCTIONS[] = {{"with", new_with}, {NULL, NULL}};

void lbl_open_with(lua_State *L)
{
  lbl_new_class(L, LBL_WITH, "with", METHODS, METAMETHODS);
  luaL_setfuncs(L, FUNCTIONS, 0);
}
