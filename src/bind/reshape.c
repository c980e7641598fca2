/* reshape.c - longer and wider frames, cells filled and compared, levels renamed. */
#include "frame/reshape.h"
#include "bind/bind.h"
#include "frame/concat.h"
#include "frame/levels.h"

#define SPREAD_BOX "lobule.SpreadBox"

static int spread_gc(lua_State *L)
{
  lb_spread_reset(luaL_checkudata(L, 1, SPREAD_BOX));
  return 0;
}

/* longer(frame, columns) -> rows of the frame, each as often as there are columns; the column of
 * values */
static int longer(lua_State *L)
{
  lua_settop(L, 2);
  lb_frame *frame = lbl_check_frame(L, 1, "frame");
  size_t k;
  size_t *columns = lbl_check_columns(L, 2, "columns", frame, &k);
  if (k == 0) return lbl_raise_argument(L, 2, "columns", "at least one column");
  lb_frame **out = lbl_frame_box(L);
  lb_column **values = lbl_column_box(L);
  lbl_work *work = lbl_work_new(L);
  lb_error err = {0};
  if (lb_frame_longer(frame, columns, k, &work->selection.rows, values, &err) != LB_OK)
    return lbl_raise(L, &err);
  if (lb_frame_take(frame, work->selection.rows, k * lb_frame_rows(frame), out, &err) != LB_OK)
    return lbl_raise(L, &err);
  lbl_work_reset(work);
  lua_pop(L, 1);
  lbl_account(L, lb_column_bytes(*values));
  return 2;
}

/* Pushes the list of the columns of one value: one a place. */
static void push_places(lua_State *L, lb_frame *frame, size_t value, const lb_spread *spread)
{
  const lb_column *column;
  lb_error err = {0};
  if (lb_frame_column(frame, value, &column, &err) != LB_OK) lbl_raise(L, &err);
  lua_createtable(L, (int)spread->n_names, 0);
  for (size_t j = 0; j < spread->n_names; j++) {
    lb_column **out = lbl_column_box(L);
    const lb_row *rows = spread->row + j * spread->n_rows;
    if (lb_column_gather(column, rows, spread->n_rows, out, &err) != LB_OK) lbl_raise(L, &err);
    lbl_account(L, lb_column_bytes(*out));
    lua_rawseti(L, -2, (lua_Integer)j + 1);
  }
}

/* spread(frame, ids, names, values) -> first rows of the lines, frame of the names, a list of
 * columns for each of values */
static int spread(lua_State *L)
{
  lua_settop(L, 4);
  lb_frame *frame = lbl_check_frame(L, 1, "frame");
  lb_spread_columns columns;
  size_t n_values;
  columns.id = lbl_check_columns(L, 2, "ids", frame, &columns.n_id);
  columns.names = lbl_check_columns(L, 3, "names", frame, &columns.n_names);
  size_t *values = lbl_check_columns(L, 4, "values", frame, &n_values);
  lb_spread *box = lua_newuserdatauv(L, sizeof *box, 0);
  *box = (lb_spread){0};
  luaL_setmetatable(L, SPREAD_BOX);
  lb_error err = {0};
  if (lb_frame_spread(frame, &columns, box, &err) != LB_OK) return lbl_raise(L, &err);
  if (box->n_duplicates > 0) {
    lb_error_set(&err, LB_EDATA, "%zu %s more than one row", box->n_duplicates,
                 box->n_duplicates == 1 ? "cell has" : "cells have");
    lb_error_mend(&err, "Name more id columns, or :summarise or :first to one row a cell.");
    return lbl_raise(L, &err);
  }
  lb_frame **first = lbl_frame_box(L);
  if (lb_frame_take(frame, box->first, box->n_rows, first, &err) != LB_OK)
    return lbl_raise(L, &err);
  *lbl_frame_box(L) = lb_frame_retain(box->names);
  lua_createtable(L, (int)n_values, 0);
  for (size_t v = 0; v < n_values; v++) {
    push_places(L, frame, values[v], box);
    lua_rawseti(L, -2, (lua_Integer)v + 1);
  }
  lb_spread_reset(box);
  return 3;
}

/* fill(frame, name, by, up) -> column, number of cells filled */
static int fill(lua_State *L)
{
  lua_settop(L, 4);
  lb_frame *frame = lbl_check_frame(L, 1, "frame");
  size_t length, column, n_filled = 0;
  const char *name = lbl_check_text(L, 2, "name", &length);
  lb_error err = {0};
  if (lb_frame_index(frame, name, length, &column, &err) != LB_OK) return lbl_raise(L, &err);
  lb_fill how = {.up = lua_toboolean(L, 4)};
  how.by = lbl_check_columns(L, 3, "by", frame, &how.n_by);
  lb_column **out = lbl_column_box(L);
  if (lb_frame_fill(frame, column, &how, out, &n_filled, &err) != LB_OK) return lbl_raise(L, &err);
  lbl_account(L, lb_column_bytes(*out));
  lua_pushinteger(L, (lua_Integer)n_filled);
  return 2;
}

/* differs(a, b) -> logical column */
static int differs(lua_State *L)
{
  lua_settop(L, 2);
  lb_column *a = lbl_check_column(L, 1, "a"), *b = lbl_check_column(L, 2, "b");
  lb_column **out = lbl_column_box(L);
  uint8_t *bits = NULL;
  lb_error err = {0};
  if (lb_columns_differ(a, b, &bits, &err) != LB_OK ||
      lb_column_new(LB_LOGICAL, lb_column_length(a), bits, NULL, out, &err) != LB_OK)
    return lbl_raise(L, &err);
  return 1;
}

/* map_levels(column, to): NA in the list makes the level's rows missing */
static int map_levels(lua_State *L)
{
  lua_settop(L, 2);
  lb_column *column = lbl_check_column(L, 1, "column");
  lbl_check_table(L, 2, "to");
  size_t n = lb_column_level_count(column);
  const char **to = lbl_scratch(L, n, sizeof *to);
  for (size_t i = 0; i < n; i++) {
    lua_rawgeti(L, 2, (lua_Integer)i + 1);
    bool missing = lua_touserdata(L, -1) == lbl_na(L);
    to[i] = missing ? NULL : lbl_check_name(L, -1, "to");
    lua_pop(L, 1); /* the list keeps it */
  }
  lb_column **out = lbl_column_box(L);
  lb_error err = {0};
  if (lb_column_map_levels(column, to, n, out, &err) != LB_OK) return lbl_raise(L, &err);
  lbl_account(L, lb_column_bytes(*out));
  return 1;
}

static const luaL_Reg FUNCTIONS[] = {
    {"longer", longer},   {"spread", spread},         {"fill", fill},
    {"differs", differs}, {"map_levels", map_levels}, {NULL, NULL}};

void lbl_open_reshape(lua_State *L)
{
  luaL_newmetatable(L, SPREAD_BOX);
  lua_pushcfunction(L, spread_gc);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
  luaL_setfuncs(L, FUNCTIONS, 0);
}
