/* formats.c - files of other programs: spreadsheets, statistics packages, SQLite. */
#include <string.h>

#include "base/mem.h"
#include "bind/bind.h"
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

static const luaL_Reg FUNCTIONS[] = {{"parse_xlsx", parse_xlsx}, {NULL, NULL}};

void lbl_open_formats(lua_State *L)
{
  luaL_setfuncs(L, FUNCTIONS, 0);
}
