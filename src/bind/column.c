/* column.c - the Column object: cells by number, metadata by method, and columns derived from it.
 */
#include "base/bitmap.h"
#include "base/date.h"
#include "base/str.h"
#include "bind/bind.h"

lb_column **lbl_column_box(lua_State *L)
{
  return lbl_box(L, LBL_COLUMN, sizeof(lb_column *), 0);
}

lb_column *lbl_test_column(lua_State *L, int index)
{
  lb_column **box = luaL_testudata(L, index, LBL_COLUMN);
  return box == NULL ? NULL : *box;
}

lb_column *lbl_check_column(lua_State *L, int arg, const char *name)
{
  lb_column *column = lbl_test_column(L, arg);
  if (column == NULL) lbl_raise_argument(L, arg, name, "a column");
  return column;
}

static int column_gc(lua_State *L)
{
  lb_column **box = luaL_checkudata(L, 1, LBL_COLUMN);
  lb_column_release(*box);
  *box = NULL;
  lbl_unbox(L);
  return 0;
}

/* Closing gives the memory back at once; the object itself goes when it is collected. */
static int column_close(lua_State *L)
{
  lb_column **box = luaL_checkudata(L, 1, LBL_COLUMN);
  lb_column_release(*box);
  *box = NULL;
  return 0;
}

static void push_date(lua_State *L, int32_t days)
{
  char text[LB_DATE_TEXT];
  lua_pushlstring(L, text, lb_date_format(text, days));
}

static void push_datetime(lua_State *L, int64_t microseconds)
{
  char text[LB_DATETIME_TEXT];
  lua_pushlstring(L, text, lb_datetime_format(text, microseconds));
}

void lbl_push_cell(lua_State *L, const lb_column *column, size_t row)
{
  size_t length;
  if (!lb_is_valid(lb_column_valid(column), row)) {
    lua_pushnil(L);
    return;
  }
  switch (lb_column_type(column)) {
  case LB_REAL:
    lua_pushnumber(L, lb_column_real(column)[row]);
    break;
  case LB_INTEGER:
    lua_pushinteger(L, lb_column_integer(column)[row]);
    break;
  case LB_LOGICAL:
    lua_pushboolean(L, lb_bit_get(lb_column_logical(column), row));
    break;
  case LB_DATE:
    push_date(L, lb_column_days(column)[row]);
    break;
  case LB_DATETIME:
    push_datetime(L, lb_column_integer(column)[row]);
    break;
  case LB_FACTOR:
  case LB_TEXT: {
    const char *text = lb_column_text(column, row, &length);
    lua_pushlstring(L, text, length);
    break;
  }
  }
}

void lbl_push_cell_text(lua_State *L, const lb_column *column, size_t row)
{
  char text[LB_REAL_TEXT];
  lbl_push_cell(L, column, row);
  if (lua_isnil(L, -1)) {
    lbl_push_na(L);
  } else if (lua_isboolean(L, -1)) {
    lua_pushstring(L, lua_toboolean(L, -1) ? "true" : "false");
  } else if (lua_isinteger(L, -1)) {
    lua_pushfstring(L, "%I", (LUAI_UACINT)lua_tointeger(L, -1));
  } else if (lua_type(L, -1) == LUA_TNUMBER) {
    lua_pushlstring(L, text, lb_format_real(text, lua_tonumber(L, -1)));
  } else {
    return;
  }
  lua_remove(L, -2);
}

/* column[i], or a method */
static int column_index(lua_State *L)
{
  if (lua_type(L, 2) != LUA_TNUMBER) return lbl_member(L);
  lua_settop(L, 2);
  const lb_column *column = lbl_check_column(L, 1, "column");
  lua_Integer row = lua_tointeger(L, 2);
  /* Past the end there is nothing, as in any Lua list. */
  if (row < 1 || (size_t)row > lb_column_length(column)) return 0;
  lbl_push_cell(L, column, (size_t)row - 1);
  return 1;
}

static int column_len(lua_State *L)
{
  lua_pushinteger(L, (lua_Integer)lb_column_length(lbl_check_column(L, 1, "column")));
  return 1;
}

static int column_tostring(lua_State *L)
{
  const lb_column *column = lbl_check_column(L, 1, "column");
  const char *type = lb_type_name(lb_column_type(column));
  lua_pushfstring(L, "%s column of %I rows, %I missing", type,
                  (LUAI_UACINT)lb_column_length(column), (LUAI_UACINT)lb_column_missing(column));
  return 1;
}

static int column_type(lua_State *L)
{
  lua_pushstring(L, lb_type_name(lb_column_type(lbl_check_column(L, 1, "column"))));
  return 1;
}

static int column_levels(lua_State *L)
{
  const lb_column *column = lbl_check_column(L, 1, "column");
  const lb_column *levels = lb_column_levels(column);
  if (levels == NULL) return 0;
  size_t n = lb_column_level_count(column);
  lua_createtable(L, (int)n, 0);
  for (size_t i = 0; i < n; i++) {
    lbl_push_cell(L, levels, i);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

static int column_ordered(lua_State *L)
{
  lua_pushboolean(L, lb_column_ordered(lbl_check_column(L, 1, "column")));
  return 1;
}

static int column_label(lua_State *L)
{
  lua_pushstring(L, lb_column_label(lbl_check_column(L, 1, "column"))); /* NULL pushes nil */
  return 1;
}

static int column_unit(lua_State *L)
{
  lua_pushstring(L, lb_column_unit(lbl_check_column(L, 1, "column")));
  return 1;
}

static int column_missing(lua_State *L)
{
  lua_pushinteger(L, (lua_Integer)lb_column_missing(lbl_check_column(L, 1, "column")));
  return 1;
}

static int column_totable(lua_State *L)
{
  lua_settop(L, 1);
  const lb_column *column = lbl_check_column(L, 1, "column");
  size_t n = lb_column_length(column);
  lbl_push_na(L);
  lua_createtable(L, n > INT32_MAX ? 0 : (int)n, 1);
  for (size_t i = 0; i < n; i++) {
    lbl_push_cell(L, column, i);
    if (lua_isnil(L, -1)) {
      lua_pop(L, 1);
      lua_pushvalue(L, 2);
    }
    lua_rawseti(L, 3, (lua_Integer)i + 1);
  }
  lua_pushinteger(L, (lua_Integer)n);
  lua_setfield(L, 3, "n");
  return 1;
}

static const luaL_Reg METHODS[] = {{"type", column_type},       {"levels", column_levels},
                                   {"ordered", column_ordered}, {"label", column_label},
                                   {"unit", column_unit},       {"missing", column_missing},
                                   {"totable", column_totable}, {NULL, NULL}};

static const luaL_Reg METAMETHODS[] = {
    {"__gc", column_gc},   {"__close", column_close},       {"__index", column_index},
    {"__len", column_len}, {"__tostring", column_tostring}, {NULL, NULL}};

void lbl_open_column(lua_State *L)
{
  lbl_new_class(L, LBL_COLUMN, "column", METHODS, METAMETHODS);
}
