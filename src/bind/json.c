/* json.c - Lua values to JSON text and back. */
#include <stdlib.h>
#include <string.h>

#include "bind/bind.h"

#define MAX_DEPTH 200

/* One encoding. Nodes are pushed into their parent as soon as they exist, so that the work's root
 * owns them all whenever an error is raised. */
typedef struct encoder {
  lua_State *L;
  lbl_work *work;
  const void *na;
  int open; /* stack index of the set of tables being encoded */
  int depth;
} encoder;

static void encode(encoder *e, lb_json *parent, const char *name);

static int fail(encoder *e, lb_status code, const char *message)
{
  lb_error err = {0};
  lb_error_set(&err, code, "%s", message);
  return lbl_raise(e->L, &err);
}

/* Gives a node to its parent, or makes it the root. */
static lb_json *put(encoder *e, lb_json *parent, const char *name, lb_json *node)
{
  bool done = node != NULL;
  if (done && parent == NULL) e->work->json = node;
  if (done && parent != NULL) done = lb_json_push(parent, name, node);
  if (!done) fail(e, LB_ENOMEM, "out of memory (JSON)");
  return node;
}

static const char *json_text(encoder *e, int index)
{
  size_t length;
  const char *text = lua_tolstring(e->L, index, &length);
  if (strlen(text) != length) fail(e, LB_EARG, "JSON: a text has a zero byte");
  if (!lb_utf8_valid(text, length)) fail(e, LB_EARG, "JSON: a text is not UTF-8");
  return text;
}

/* Number of items when the table on top is a list: keys 1 to n, and perhaps a field n that says how
 * many; -1 when it is an object. */
static lua_Integer list_length(encoder *e, bool ordered)
{
  lua_State *L = e->L;
  lua_Integer n = (lua_Integer)lua_rawlen(L, -1), n_numbers = 0, n_names = 0, field = -1;
  if (ordered) return -1;
  for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1)) {
    if (lua_type(L, -2) == LUA_TNUMBER) {
      n_numbers++;
      continue;
    }
    if (lua_type(L, -2) != LUA_TSTRING) fail(e, LB_EARG, "JSON: a key is neither text nor number");
    n_names++;
    if (strcmp(lua_tostring(L, -2), "n") == 0 && lua_isinteger(L, -1)) field = lua_tointeger(L, -1);
  }
  if (n_numbers == 0) return n_names == 0 ? 0 : -1;
  if (n_names == 1 && field >= n) return field;
  if (n_names > 0) fail(e, LB_EARG, "JSON: a table is both a list and an object");
  if (n_numbers != n) fail(e, LB_EARG, "JSON: a list has holes");
  return n;
}

static void encode_list(encoder *e, lb_json *list, lua_Integer n)
{
  for (lua_Integer i = 1; i <= n; i++) {
    lua_rawgeti(e->L, -1, i);
    encode(e, list, NULL);
    lua_pop(e->L, 1);
  }
}

static int by_text(const void *a, const void *b)
{
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Adds the names of __keys (a list at `order`, or nil) that the table at `table` has to names[n],
 * and to the set on top of the stack. */
static size_t ordered_names(encoder *e, int table, int order, const char **names)
{
  lua_State *L = e->L;
  size_t n = 0;
  lua_Integer count = lua_istable(L, order) ? (lua_Integer)lua_rawlen(L, order) : 0;
  for (lua_Integer i = 1; i <= count; i++) {
    bool taken = lua_rawgeti(L, order, i) != LUA_TSTRING;
    if (!taken) {
      lua_pushvalue(L, -1);
      taken = lua_rawget(L, -3) != LUA_TNIL;
      lua_pushvalue(L, -2);
      taken = lua_rawget(L, table) == LUA_TNIL || taken;
      lua_pop(L, 2);
    }
    if (taken) {
      lua_pop(L, 1);
      continue;
    }
    names[n++] = lua_tostring(L, -1);
    lua_pushboolean(L, 1);
    lua_rawset(L, -3);
  }
  return n;
}

/* Names of the table's fields in an array that stays on the stack: those of __keys in their order,
 * then the others sorted. Pushes two values. */
static const char **field_names(encoder *e, int table, int order, size_t *n)
{
  lua_State *L = e->L;
  size_t count = 0;
  for (lua_pushnil(L); lua_next(L, table) != 0; lua_pop(L, 1)) {
    if (lua_type(L, -2) != LUA_TSTRING) fail(e, LB_EARG, "JSON: a key of an object is not text");
    count++;
  }
  const char **names = lbl_scratch(L, count, sizeof *names);
  lua_newtable(L);
  *n = ordered_names(e, table, order, names);
  size_t first = *n;
  int listed = lua_gettop(L);
  for (lua_pushnil(L); lua_next(L, table) != 0; lua_pop(L, 1)) {
    lua_pushvalue(L, -2);
    bool new = lua_rawget(L, listed) == LUA_TNIL;
    lua_pop(L, 1);
    if (new) names[(*n)++] = lua_tostring(L, -2);
  }
  qsort(names + first, *n - first, sizeof *names, by_text);
  return names;
}

/* The table just below the list of its __keys (or nil), which is on top. */
static void encode_object(encoder *e, lb_json *object)
{
  lua_State *L = e->L;
  int order = lua_gettop(L), table = order - 1;
  size_t n;
  const char **names = field_names(e, table, order, &n);
  for (size_t i = 0; i < n; i++) {
    lua_pushstring(L, names[i]);
    const char *name = json_text(e, -1);
    lua_pushvalue(L, -1);
    lua_rawget(L, table);
    encode(e, object, name);
    lua_pop(L, 2);
  }
  lua_settop(L, order);
}

/* Marks the table on top as being encoded; one that is already is part of itself. */
static void enter(encoder *e)
{
  lua_State *L = e->L;
  lua_pushvalue(L, -1);
  if (lua_rawget(L, e->open) != LUA_TNIL) fail(e, LB_EARG, "JSON: a table contains itself");
  lua_pop(L, 1);
  if (++e->depth > MAX_DEPTH) fail(e, LB_EARG, "JSON: tables are nested more than 200 deep");
  lua_pushvalue(L, -1);
  lua_pushboolean(L, 1);
  lua_rawset(L, e->open);
}

static void leave(encoder *e)
{
  e->depth--;
  lua_pushvalue(e->L, -1);
  lua_pushnil(e->L);
  lua_rawset(e->L, e->open);
}

static void encode_table(encoder *e, lb_json *parent, const char *name)
{
  lua_State *L = e->L;
  luaL_checkstack(L, 24, "JSON: nested too deep");
  enter(e);
  bool ordered = luaL_getmetafield(L, -1, "__keys") != LUA_TNIL;
  if (!ordered) lua_pushnil(L);
  lua_pushvalue(L, -2);
  lua_Integer n = list_length(e, ordered);
  lua_pop(L, 1);
  lb_json *node = put(e, parent, name, lb_json_new(n < 0 ? LB_JSON_OBJECT : LB_JSON_LIST));
  if (n < 0) {
    encode_object(e, node);
    lua_pop(L, 1);
  } else {
    lua_pop(L, 1);
    encode_list(e, node, n);
  }
  leave(e);
}

static void encode_column(encoder *e, lb_json *parent, const char *name, const lb_column *column)
{
  lb_json *list = put(e, parent, name, lb_json_new(LB_JSON_LIST));
  size_t n = lb_column_length(column);
  luaL_checkstack(e->L, 8, NULL);
  for (size_t i = 0; i < n; i++) {
    lbl_push_cell(e->L, column, i);
    encode(e, list, NULL);
    lua_pop(e->L, 1);
  }
}

static void encode_frame(encoder *e, lb_json *parent, const char *name, lb_frame *frame)
{
  lb_json *object = put(e, parent, name, lb_json_new(LB_JSON_OBJECT));
  luaL_checkstack(e->L, 8, NULL);
  for (size_t i = 0; i < lb_frame_columns(frame); i++) {
    lbl_push_frame_column(e->L, frame, i);
    encode_column(e, object, lb_frame_name(frame, i), lbl_test_column(e->L, -1));
    lua_pop(e->L, 1);
  }
}

static void encode_object_of_ours(encoder *e, lb_json *parent, const char *name)
{
  lb_column *column = lbl_test_column(e->L, -1);
  lb_frame *frame = lbl_test_frame(e->L, -1);
  if (lua_touserdata(e->L, -1) == e->na)
    put(e, parent, name, lb_json_new(LB_JSON_NULL));
  else if (column != NULL)
    encode_column(e, parent, name, column);
  else if (frame != NULL)
    encode_frame(e, parent, name, frame);
  else
    fail(e, LB_EARG, "JSON: a value is an object that has no JSON form");
}

/* The value on top of the stack, which stays there; name NULL in lists and for the root. */
static void encode(encoder *e, lb_json *parent, const char *name)
{
  lua_State *L = e->L;
  switch (lua_type(L, -1)) {
  case LUA_TNIL:
    put(e, parent, name, lb_json_new(LB_JSON_NULL));
    break;
  case LUA_TBOOLEAN:
    put(e, parent, name, lb_json_new_boolean(lua_toboolean(L, -1)));
    break;
  case LUA_TNUMBER:
    put(e, parent, name,
        lua_isinteger(L, -1) ? lb_json_new_integer(lua_tointeger(L, -1))
                             : lb_json_new_number(lua_tonumber(L, -1)));
    break;
  case LUA_TSTRING:
    put(e, parent, name, lb_json_new_text(json_text(e, -1)));
    break;
  case LUA_TTABLE:
    encode_table(e, parent, name);
    break;
  case LUA_TUSERDATA:
    encode_object_of_ours(e, parent, name);
    break;
  default:
    fail(e, LB_EARG, "JSON: a value is a function or a coroutine");
  }
}

/* json_encode(value, indent) */
static int json_encode(lua_State *L)
{
  lua_settop(L, 2);
  lua_Integer indent = lua_isnil(L, 2) ? 0 : lbl_check_integer(L, 2, "indent");
  if (indent < 0 || indent > 16) lbl_raise_argument(L, 2, "indent", "0 to 16");
  lbl_work *work = lbl_work_new(L);
  lua_newtable(L);
  encoder e = {.L = L, .work = work, .na = lbl_na(L), .open = lua_gettop(L)};
  lua_pushvalue(L, 1);
  encode(&e, NULL, NULL);
  lb_error err = {0};
  if (lb_json_print(work->json, (int)indent, &work->text, &work->text_length, &err) != LB_OK)
    return lbl_raise(L, &err);
  lua_pushlstring(L, work->text, work->text_length);
  lbl_work_reset(work);
  return 1;
}

static void push_number(lua_State *L, const lb_json *node)
{
  int64_t whole;
  if (lb_json_integer(node, &whole))
    lua_pushinteger(L, whole);
  else
    lua_pushnumber(L, lb_json_number(node));
}

static void decode(lua_State *L, const lb_json *node);

static void decode_children(lua_State *L, const lb_json *node, bool named)
{
  luaL_checkstack(L, 8, "JSON: nested too deep");
  lua_newtable(L);
  lua_Integer i = 0;
  for (const lb_json *child = lb_json_first(node); child != NULL; child = lb_json_next(child)) {
    if (named) lua_pushstring(L, lb_json_name(child));
    decode(L, child);
    if (named)
      lua_rawset(L, -3);
    else
      lua_rawseti(L, -2, ++i);
  }
}

static void decode(lua_State *L, const lb_json *node)
{
  switch (lb_json_type(node)) {
  case LB_JSON_NULL:
    lbl_push_na(L);
    break;
  case LB_JSON_BOOLEAN:
    lua_pushboolean(L, lb_json_boolean(node));
    break;
  case LB_JSON_NUMBER:
    push_number(L, node);
    break;
  case LB_JSON_TEXT:
    lua_pushstring(L, lb_json_text(node));
    break;
  case LB_JSON_LIST:
    decode_children(L, node, false);
    break;
  case LB_JSON_OBJECT:
    decode_children(L, node, true);
    break;
  }
}

/* json_decode(text) */
static int json_decode(lua_State *L)
{
  lua_settop(L, 1);
  size_t length;
  const char *text = lbl_check_text(L, 1, "text", &length);
  lbl_work *work = lbl_work_new(L);
  lb_error err = {0};
  if (lb_json_parse(text, length, &work->json, &err) != LB_OK) return lbl_raise(L, &err);
  decode(L, work->json);
  lbl_work_reset(work);
  return 1;
}

static const luaL_Reg FUNCTIONS[] = {
    {"json_encode", json_encode}, {"json_decode", json_decode}, {NULL, NULL}};

void lbl_open_json(lua_State *L)
{
  luaL_setfuncs(L, FUNCTIONS, 0);
}
