/* formats.c - files of other programs: spreadsheets, statistics packages, SQLite. */
#include <string.h>

#include "base/mem.h"
#include "bind/bind.h"
#include "io/readstat.h"
#include "io/sqlite.h"
#include "io/xlsx.h"

/* Field `name` of the options at `index`, left on the stack; false (and nothing left) when nil. */
static bool option(lua_State *L, int index, const char *name)
{
  if (lua_isnil(L, index) || lua_getfield(L, index, name) != LUA_TNIL) return !lua_isnil(L, index);
  lua_pop(L, 1);
  return false;
}

static lb_xlsx_options check_xlsx_options(lua_State *L, int index, const char *source)
{
  lb_xlsx_options options = {.table = lbl_check_read_options(L, index, source)};
  if (option(L, index, "range")) options.range = lbl_check_name(L, -1, "range");
  if (!option(L, index, "sheet")) return options;
  if (lua_type(L, -1) == LUA_TNUMBER)
    options.sheet_number = lbl_check_position(L, -1, "sheet", 1000000) + 1;
  else
    options.sheet = lbl_check_name(L, -1, "sheet");
  return options;
}

/* parse_xlsx(bytes, source, options) */
static int parse_xlsx(lua_State *L)
{
  lua_settop(L, 3);
  size_t length;
  const char *bytes = lbl_check_text(L, 1, "bytes", &length);
  lb_xlsx_options options = check_xlsx_options(L, 3, lbl_opt_name(L, 2, "source"));
  lbl_work *work = lbl_work_new(L);
  lb_error err = {0};
  lb_frame **out = lbl_frame_box(L);
  if (lb_xlsx_read(bytes, length, &options, out, &work->problems, &err) != LB_OK)
    return lbl_raise(L, &err);
  return lbl_push_read(L, work, *out);
}

/* Pushes what the work holds as bytes, and resets it. */
static int push_bytes(lua_State *L, lbl_work *work)
{
  lua_pushlstring(L, work->text, work->text_length);
  lbl_work_reset(work);
  return 1;
}

/* format_xlsx(frame, sheet) */
static int format_xlsx(lua_State *L)
{
  lua_settop(L, 2);
  lb_frame *frame = lbl_check_frame(L, 1, "frame");
  const char *sheet = lbl_opt_name(L, 2, "sheet");
  lbl_work *work = lbl_work_new(L);
  lb_error err = {0};
  if (lb_xlsx_write(frame, sheet, &work->text, &work->text_length, &err) != LB_OK)
    return lbl_raise(L, &err);
  return push_bytes(L, work);
}

/* In the order of lb_stat_format. */
static const char *const STAT_FORMATS[] = {"xpt", "sas7bdat", "sav", "por", "dta", NULL};
static const char *const LABELS[] = {"factor", "codes", NULL};

static lb_stat_options check_stat_options(lua_State *L, int index, const char *source)
{
  lb_stat_options options = {.source = source};
  if (option(L, index, "columns"))
    options.columns = lbl_check_names(L, -1, "columns", false, &options.n_columns);
  if (option(L, index, "labels")) options.codes = lbl_check_choice(L, -1, "labels", LABELS) == 1;
  if (option(L, index, "encoding")) options.encoding = lbl_check_name(L, -1, "encoding");
  if (option(L, index, "table")) options.table = lbl_check_name(L, -1, "table");
  if (option(L, index, "id")) options.id = lbl_check_name(L, -1, "id");
  return options;
}

/* parse_stat(bytes, format, source, options) */
static int parse_stat(lua_State *L)
{
  lua_settop(L, 4);
  size_t length;
  const char *bytes = lbl_check_text(L, 1, "bytes", &length);
  lb_stat_format format = (lb_stat_format)lbl_check_choice(L, 2, "format", STAT_FORMATS);
  lb_stat_options options = check_stat_options(L, 4, lbl_opt_name(L, 3, "source"));
  lbl_work *work = lbl_work_new(L);
  lb_error err = {0};
  lb_frame **out = lbl_frame_box(L);
  if (lb_stat_read(bytes, length, format, &options, out, &work->problems, &err) != LB_OK)
    return lbl_raise(L, &err);
  return lbl_push_read(L, work, *out);
}

/* format_stat(frame, format) */
static int format_stat(lua_State *L)
{
  lua_settop(L, 2);
  lb_frame *frame = lbl_check_frame(L, 1, "frame");
  lb_stat_format format = (lb_stat_format)lbl_check_choice(L, 2, "format", STAT_FORMATS);
  lbl_work *work = lbl_work_new(L);
  lb_error err = {0};
  if (lb_stat_write(frame, format, &work->text, &work->text_length, &err) != LB_OK)
    return lbl_raise(L, &err);
  return push_bytes(L, work);
}

/* ---- SQLite ---- */

/* The value on top of the stack; a text stays borrowed from the table that holds it. */
static void check_param(lua_State *L, lb_sqlite_param *out)
{
  switch (lua_type(L, -1)) {
  case LUA_TNUMBER:
    out->kind = lua_isinteger(L, -1) ? LB_SQLITE_INTEGER : LB_SQLITE_REAL;
    out->integer = lua_tointeger(L, -1);
    out->real = lua_tonumber(L, -1);
    break;
  case LUA_TBOOLEAN:
    out->kind = LB_SQLITE_INTEGER;
    out->integer = lua_toboolean(L, -1);
    break;
  case LUA_TSTRING:
    out->kind = LB_SQLITE_TEXT;
    out->text = lua_tolstring(L, -1, &out->length);
    break;
  default:
    if (lua_touserdata(L, -1) != lbl_na(L))
      lbl_raise_argument(L, -1, "params", "numbers, texts, booleans or NA");
    out->kind = LB_SQLITE_NULL;
  }
}

/* The table on top of the stack: a list for each "?", named fields for each ":name". */
static const lb_sqlite_param *check_params(lua_State *L, size_t *n)
{
  lbl_check_table(L, -1, "params");
  int table = lua_gettop(L);
  size_t count = 0, at = 0, listed = lua_rawlen(L, table);
  for (lua_pushnil(L); lua_next(L, table) != 0; lua_pop(L, 1)) count++;
  lb_sqlite_param *params = lbl_scratch(L, count, sizeof *params);
  memset(params, 0, count * sizeof *params);
  for (; at < listed; at++) {
    lua_rawgeti(L, table, (lua_Integer)at + 1);
    check_param(L, &params[at]);
    lua_pop(L, 1);
  }
  for (lua_pushnil(L); lua_next(L, table) != 0; lua_pop(L, 1)) {
    if (lua_type(L, -2) == LUA_TNUMBER) continue;
    params[at].name = lbl_check_name(L, -2, "params");
    check_param(L, &params[at++]);
  }
  *n = at;
  return params;
}

/* read_sqlite(path, options) */
static int read_sqlite(lua_State *L)
{
  lua_settop(L, 2);
  const char *path = lbl_check_name(L, 1, "path");
  const char *slash = strrchr(path, '/');
  lb_sqlite_options options = {0};
  options.table = lbl_check_read_options(L, 2, slash == NULL ? path : slash + 1);
  if (option(L, 2, "table")) options.from = lbl_check_name(L, -1, "table");
  if (option(L, 2, "query")) options.query = lbl_check_name(L, -1, "query");
  if (option(L, 2, "params")) options.param = check_params(L, &options.n_params);
  lbl_work *work = lbl_work_new(L);
  lb_error err = {0};
  lb_frame **out = lbl_frame_box(L);
  if (lb_sqlite_read(path, &options, out, &work->problems, &err) != LB_OK)
    return lbl_raise(L, &err);
  return lbl_push_read(L, work, *out);
}

/* write_sqlite(path, frame, table, replace) */
static int write_sqlite(lua_State *L)
{
  lua_settop(L, 4);
  const char *path = lbl_check_name(L, 1, "path");
  lb_frame *frame = lbl_check_frame(L, 2, "frame");
  const char *table = lbl_check_name(L, 3, "table");
  lb_error err = {0};
  if (lb_sqlite_write(path, frame, table, lua_toboolean(L, 4), &err) != LB_OK)
    return lbl_raise(L, &err);
  return 0;
}

static const luaL_Reg FUNCTIONS[] = {{"parse_xlsx", parse_xlsx},
                                     {"format_xlsx", format_xlsx},
                                     {"parse_stat", parse_stat},
                                     {"format_stat", format_stat},
                                     {"read_sqlite", read_sqlite},
                                     {"write_sqlite", write_sqlite},
                                     {NULL, NULL}};

void lbl_open_formats(lua_State *L)
{
  luaL_setfuncs(L, FUNCTIONS, 0);
}
