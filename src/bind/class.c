/* class.c - classes and namespaces: members looked up with did-you-mean, methods that know their
 * public names. */
#include <stdlib.h>
#include <string.h>

#include "base/names.h"
#include "bind/bind.h"

/* Kinds of C objects that Lua may add methods to, and their metatables. */
static const struct {
  const char *kind, *class_name;
} C_KINDS[] = {{"column", LBL_COLUMN},
               {"frame", LBL_FRAME},
               {"with", LBL_WITH},
               {"model", LBL_MODEL},
               {"km_fit", LBL_KM}};

static const char *class_of_kind(const char *kind)
{
  for (size_t i = 0; i < sizeof C_KINDS / sizeof C_KINDS[0]; i++)
    if (strcmp(kind, C_KINDS[i].kind) == 0) return C_KINDS[i].class_name;
  return NULL;
}

static int by_text(const void *a, const void *b)
{
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Adds the names of a table's fields (text keys that begin with a letter) to names[n ..]; NULL
 * names only counts. Returns the new n. */
static size_t field_names(lua_State *L, int table, const char **names, size_t n)
{
  if (table == 0 || !lua_istable(L, table)) return n;
  table = lua_absindex(L, table);
  for (lua_pushnil(L); lua_next(L, table) != 0; lua_pop(L, 1)) {
    if (lua_type(L, -2) != LUA_TSTRING) continue;
    const char *name = lua_tostring(L, -2);
    if (name[0] == '_' || name[0] == '\0') continue;
    if (names != NULL) names[n] = name;
    n++;
  }
  return n;
}

/* Raises that `key` is no `noun` of what `owner` names, with the nearest of the fields of two
 * tables (stack indices). */
static int raise_unknown(lua_State *L, const char *owner, const char *noun, const char *key,
                         const int tables[2])
{
  size_t n = field_names(L, tables[0], NULL, 0);
  n = field_names(L, tables[1], NULL, n);
  const char **names = lbl_scratch(L, n, sizeof *names);
  n = field_names(L, tables[0], names, 0);
  n = field_names(L, tables[1], names, n);
  qsort(names, n, sizeof *names, by_text); /* the order of a table's keys changes from run to run */
  lb_error unknown = {0}, err = {0};
  lb_name_unknown(&unknown, noun, "Known", key, names, n);
  lb_error_set(&err, LB_ENAME, "%s has %s", owner, unknown.message);
  if (unknown.context[0] != '\0') lb_error_mend(&err, "%s", unknown.context);
  return lbl_raise(L, &err);
}

/* After a member was not found among the methods: __get, then the error. Stack: object, key, nil.
 */
static int other_member(lua_State *L, const char *kind)
{
  lua_pushliteral(L, "__get");
  if (lua_rawget(L, lua_upvalueindex(2)) != LUA_TNIL) {
    lua_pushvalue(L, 1);
    lua_pushvalue(L, 2);
    lua_call(L, 2, 2);
    /* A second result that is true: the field is known, and has no value. */
    if (!lua_isnil(L, -2) || lua_toboolean(L, -1)) {
      lua_pop(L, 1);
      return 1;
    }
  }
  lua_settop(L, 2);
  /* Lists end in nil, and what asks for a metamethod by name may be told that there is none. */
  if (lua_type(L, 2) != LUA_TSTRING) return 0;
  const char *key = lua_tostring(L, 2);
  if (strncmp(key, "__", 2) == 0) return 0;
  const int tables[2] = {lua_upvalueindex(2), 0}; /* methods only: fields are nobody's business */
  return raise_unknown(L, kind, "method or field", key, tables);
}

int lbl_member(lua_State *L)
{
  lua_settop(L, 2);
  lua_pushvalue(L, 2);
  if (lua_rawget(L, lua_upvalueindex(2)) == LUA_TNIL)
    return other_member(L, lua_tostring(L, lua_upvalueindex(1)));
  if (lua_isfunction(L, 3)) lbl_note_lookup(L, 3);
  return 1;
}

/* Registers the functions in the table at `methods` under kind:name; metamethods have no name. */
static void register_all(lua_State *L, const char *kind, char mark, int methods)
{
  methods = lua_absindex(L, methods);
  for (lua_pushnil(L); lua_next(L, methods) != 0; lua_pop(L, 1)) {
    if (lua_type(L, -2) != LUA_TSTRING || !lua_isfunction(L, -1)) continue;
    const char *name = lua_tostring(L, -2);
    if (name[0] != '_') lbl_register_name(L, -1, kind, mark, name);
  }
}

static int finish_method(lua_State *L, int status, lua_KContext context)
{
  (void)status, (void)context;
  return lua_gettop(L);
}

/* Is the value at 1 an object: something whose metatable has a name? */
static bool is_object(lua_State *L)
{
  if (!lua_istable(L, 1) && !lua_isuserdata(L, 1)) return false;
  if (luaL_getmetafield(L, 1, "__name") == LUA_TNIL) return false;
  lua_pop(L, 1);
  return true;
}

/* A method of a class (upvalues: the function, its name). d.filter("...") would bring the text in
 * the object's place, and fail somewhere inside. */
static int call_method(lua_State *L)
{
  if (!is_object(L)) {
    const char *name = lua_tostring(L, lua_upvalueindex(2));
    lb_error err = {0};
    lb_error_set(&err, LB_EARG, "a method is called with a colon, not with a dot");
    lb_error_mend(&err, "Write d:%s(...) for d.%s(...).", name, name);
    return lbl_raise(L, &err);
  }
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_callk(L, lua_gettop(L) - 1, LUA_MULTRET, 0, finish_method);
  return lua_gettop(L);
}

/* Puts call_method around the Lua functions of the table at `methods`. */
static void guard_methods(lua_State *L, int methods)
{
  for (lua_pushnil(L); lua_next(L, methods) != 0; lua_pop(L, 1)) {
    if (lua_type(L, -2) != LUA_TSTRING || !lua_isfunction(L, -1) || lua_iscfunction(L, -1))
      continue;
    if (lua_tostring(L, -2)[0] == '_') continue;
    lua_pushvalue(L, -2);
    lua_pushvalue(L, -2);
    lua_pushvalue(L, -4);
    lua_pushcclosure(L, call_method, 2);
    lua_rawset(L, methods); /* a field that is there: the walk goes on */
  }
}

void lbl_new_class(lua_State *L, const char *class_name, const char *kind, const luaL_Reg *methods,
                   const luaL_Reg *metamethods)
{
  luaL_newmetatable(L, class_name);
  lua_newtable(L);
  luaL_setfuncs(L, methods, 0);
  register_all(L, kind, ':', -1);
  lua_pushstring(L, kind);
  lua_pushvalue(L, -2);
  lua_pushcclosure(L, lbl_member, 2);
  lua_setfield(L, -3, "__index");
  lua_setfield(L, -2, "__methods");
  /* Upvalues for an __index of the class's own, which calls lbl_member. */
  lua_pushstring(L, kind);
  lua_getfield(L, -2, "__methods");
  luaL_setfuncs(L, metamethods, 2);
  lua_pop(L, 1);
}

/* Metamethods that keep a C object whole; Lua code cannot replace them. */
static bool is_kept(const char *name)
{
  static const char *const KEPT[] = {"__gc", "__close", "__index", "__name", "__methods"};
  for (size_t i = 0; i < sizeof KEPT / sizeof KEPT[0]; i++)
    if (strcmp(name, KEPT[i]) == 0) return true;
  return false;
}

/* Adds the methods at stack index 2 to a C class; metamethods such as __tostring go to the
 * metatable. */
static void join_class(lua_State *L, const char *class_name)
{
  luaL_getmetatable(L, class_name);
  lua_getfield(L, -1, "__methods");
  for (lua_pushnil(L); lua_next(L, 2) != 0; lua_pop(L, 1)) {
    if (lua_type(L, -2) != LUA_TSTRING) continue;
    const char *name = lua_tostring(L, -2);
    bool meta = strncmp(name, "__", 2) == 0 && strcmp(name, "__get") != 0;
    if (meta && is_kept(name)) continue;
    lua_pushvalue(L, -2);
    lua_pushvalue(L, -2);
    lua_rawset(L, meta ? -6 : -5);
  }
  lua_pop(L, 2);
}

/* class(kind, methods) -> methods */
static int class(lua_State *L)
{
  lua_settop(L, 2);
  const char *kind = lbl_check_name(L, 1, "kind");
  lbl_check_table(L, 2, "methods");
  guard_methods(L, 2);
  register_all(L, kind, ':', 2);
  const char *class_name = class_of_kind(kind);
  if (class_name != NULL) {
    join_class(L, class_name);
    return 1;
  }
  lua_pushvalue(L, 1);
  lua_pushvalue(L, 2);
  lua_pushcclosure(L, lbl_member, 2);
  lua_setfield(L, 2, "__index");
  if (lua_getfield(L, 2, "__name") == LUA_TNIL) {
    lua_pushvalue(L, 1);
    lua_setfield(L, 2, "__name");
  }
  lua_settop(L, 2);
  return 1;
}

/* An unknown field of a namespace: what an earlier __index (upvalue 2) finds, else the error. */
static int namespace_index(lua_State *L)
{
  lua_settop(L, 2);
  int earlier = lua_upvalueindex(2);
  if (lua_isfunction(L, earlier)) {
    lua_pushvalue(L, earlier);
    lua_pushvalue(L, 1);
    lua_pushvalue(L, 2);
    lua_call(L, 2, 1);
    if (!lua_isnil(L, -1)) return 1;
  } else if (lua_istable(L, earlier)) {
    lua_pushvalue(L, 2);
    if (lua_gettable(L, earlier) != LUA_TNIL) return 1;
  }
  lua_settop(L, 2);
  if (lua_type(L, 2) != LUA_TSTRING) return 0;
  const char *key = lua_tostring(L, 2);
  if (strncmp(key, "__", 2) == 0) return 0;
  const int tables[2] = {1, earlier};
  return raise_unknown(L, lua_tostring(L, lua_upvalueindex(1)), "function or field", key, tables);
}

/* namespace(name, functions) -> functions */
static int namespace(lua_State *L)
{
  lua_settop(L, 2);
  const char *name = lbl_check_name(L, 1, "name");
  lbl_check_table(L, 2, "functions");
  if (name[0] == '\0') {
    name = "lb";
    lua_pushstring(L, name);
    lua_replace(L, 1);
  }
  register_all(L, name, '.', 2);
  if (!lua_getmetatable(L, 2)) lua_createtable(L, 0, 1);
  lua_pushvalue(L, 1);
  lua_getfield(L, 3, "__index");
  lua_pushcclosure(L, namespace_index, 2);
  lua_setfield(L, 3, "__index");
  lua_setmetatable(L, 2);
  return 1;
}

/* internal(prefix) */
static int internal(lua_State *L)
{
  lua_settop(L, 1);
  lbl_add_internal(L, lbl_check_name(L, 1, "prefix"));
  return 0;
}

/* nearest(name, names) -> name or nil */
static int nearest(lua_State *L)
{
  lua_settop(L, 2);
  const char *name = lbl_check_name(L, 1, "name");
  size_t n;
  const char **names = lbl_check_names(L, 2, "names", false, &n);
  size_t i = lb_name_nearest(name, names, n);
  if (i < n)
    lua_pushstring(L, names[i]);
  else
    lua_pushnil(L);
  return 1;
}

static const luaL_Reg FUNCTIONS[] = {{"class", class},
                                     {"namespace", namespace},
                                     {"internal", internal},
                                     {"nearest", nearest},
                                     {NULL, NULL}};

void lbl_open_class(lua_State *L)
{
  luaL_setfuncs(L, FUNCTIONS, 0);
}
