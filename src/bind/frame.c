/* frame.c - the Frame object and the frames made of a frame: rows taken, columns chosen, replaced,
 * renamed. */
#include <string.h>

#include "base/mem.h"
#include "bind/bind.h"

lb_frame **lbl_frame_box(lua_State *L)
{
  return lbl_box(L, LBL_FRAME, sizeof(lb_frame *), 0);
}

lb_frame *lbl_test_frame(lua_State *L, int index)
{
  lb_frame **box = luaL_testudata(L, index, LBL_FRAME);
  return box == NULL ? NULL : *box;
}

lb_frame *lbl_check_frame(lua_State *L, int arg, const char *name)
{
  lb_frame *frame = lbl_test_frame(L, arg);
  if (frame == NULL) lbl_raise_argument(L, arg, name, "a frame");
  return frame;
}

static int frame_close(lua_State *L)
{
  lb_frame **box = luaL_checkudata(L, 1, LBL_FRAME);
  lb_frame_release(*box);
  *box = NULL;
  return 0;
}

static int frame_gc(lua_State *L)
{
  frame_close(L);
  lbl_unbox(L);
  return 0;
}

size_t *lbl_check_columns(lua_State *L, int arg, const char *name, const lb_frame *frame, size_t *n)
{
  const char **names = lbl_check_names(L, arg, name, true, n);
  size_t *columns = lbl_scratch(L, *n, sizeof *columns);
  lb_error err = {0};
  for (size_t i = 0; i < *n; i++)
    if (lb_frame_index(frame, names[i], strlen(names[i]), &columns[i], &err) != LB_OK)
      lbl_raise(L, &err);
  return columns;
}

void lbl_push_frame_column(lua_State *L, lb_frame *frame, size_t i)
{
  size_t before = lb_frame_bytes(frame);
  lb_column **out = lbl_column_box(L);
  const lb_column *column;
  lb_error err = {0};
  if (lb_frame_column(frame, i, &column, &err) != LB_OK) lbl_raise(L, &err);
  /* Published columns never change; what the reference count needs is not const. */
  *out = lb_column_retain((lb_column *)column);
  size_t after = lb_frame_bytes(frame);
  if (after > before) lbl_account(L, after - before);
}

lb_status lbl_frame_add_real(lb_frame *frame, const char *name, const double *values, size_t n,
                             lb_error *err)
{
  lb_column *column = NULL;
  double *copy = lb_mem_array(n, sizeof *copy);
  if (copy == NULL) return lb_error_nomem(err, "column");
  if (n > 0) memcpy(copy, values, n * sizeof *copy);
  lb_status status = lb_column_new(LB_REAL, n, copy, NULL, &column, err);
  if (status == LB_OK) status = lb_frame_add(frame, name, column, err);
  lb_column_release(column);
  return status;
}

#define PLACE_BYTES 128 /* of a column's place and name in a frame */

/* Tells the collector of a new frame that has no cells of its own: where there are thousands of
 * columns, their places and names are what takes memory. */
static int account_places(lua_State *L, const lb_frame *frame)
{
  lbl_account(L, lb_frame_columns(frame) * PLACE_BYTES);
  return 1;
}

/* take(frame, rows) */
static int take(lua_State *L)
{
  lua_settop(L, 2);
  lb_frame *frame = lbl_check_frame(L, 1, "frame");
  lbl_check_table(L, 2, "rows");
  size_t n = lua_rawlen(L, 2);
  lb_row *rows = lbl_scratch(L, n, sizeof *rows);
  for (size_t i = 0; i < n; i++) {
    lua_rawgeti(L, 2, (lua_Integer)i + 1);
    rows[i] = (lb_row)lbl_check_position(L, -1, "rows", lb_frame_rows(frame));
    lua_pop(L, 1);
  }
  lb_frame **out = lbl_frame_box(L);
  lb_error err = {0};
  if (lb_frame_take(frame, rows, n, out, &err) != LB_OK) return lbl_raise(L, &err);
  lbl_account(L, n * sizeof *rows);
  return 1;
}

/* select(frame, names) */
static int select(lua_State *L)
{
  lua_settop(L, 2);
  lb_frame *frame = lbl_check_frame(L, 1, "frame");
  lbl_check_table(L, 2, "names");
  size_t n;
  size_t *columns = lbl_check_columns(L, 2, "names", frame, &n);
  lb_frame **out = lbl_frame_box(L);
  lb_error err = {0};
  if (lb_frame_select(frame, columns, n, out, &err) != LB_OK) return lbl_raise(L, &err);
  return account_places(L, *out);
}

/* with_column(frame, name, column) */
static int with_column(lua_State *L)
{
  lua_settop(L, 3);
  lb_frame *frame = lbl_check_frame(L, 1, "frame");
  const char *name = lbl_check_name(L, 2, "name");
  lb_column *column = lbl_check_column(L, 3, "column");
  lb_frame **out = lbl_frame_box(L);
  lb_error err = {0};
  if (lb_frame_with(frame, name, column, out, &err) != LB_OK) return lbl_raise(L, &err);
  return account_places(L, *out);
}

/* rename(frame, old, new) */
static int rename_column(lua_State *L)
{
  lua_settop(L, 3);
  lb_frame *frame = lbl_check_frame(L, 1, "frame");
  const char *old = lbl_check_name(L, 2, "old");
  const char *new = lbl_check_name(L, 3, "new");
  size_t i;
  lb_error err = {0};
  if (lb_frame_index(frame, old, strlen(old), &i, &err) != LB_OK) return lbl_raise(L, &err);
  lb_frame **out = lbl_frame_box(L);
  if (lb_frame_rename(frame, i, new, out, &err) != LB_OK) return lbl_raise(L, &err);
  return account_places(L, *out);
}

static int frame_names(lua_State *L)
{
  const lb_frame *frame = lbl_check_frame(L, 1, "frame");
  size_t n = lb_frame_columns(frame);
  lua_createtable(L, (int)n, 0);
  for (size_t i = 0; i < n; i++) {
    lua_pushstring(L, lb_frame_name(frame, i));
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

static int frame_rows(lua_State *L)
{
  lua_pushinteger(L, (lua_Integer)lb_frame_rows(lbl_check_frame(L, 1, "frame")));
  return 1;
}

static int frame_has(lua_State *L)
{
  const lb_frame *frame = lbl_check_frame(L, 1, "frame");
  size_t length, i;
  const char *name = lbl_check_text(L, 2, "name", &length);
  lua_pushboolean(L, lb_frame_find(frame, name, length, &i));
  return 1;
}

static int frame_column(lua_State *L)
{
  lua_settop(L, 2);
  lb_frame *frame = lbl_check_frame(L, 1, "frame");
  size_t length, i;
  const char *name = lbl_check_text(L, 2, "name", &length);
  lb_error err = {0};
  if (lb_frame_index(frame, name, length, &i, &err) != LB_OK) return lbl_raise(L, &err);
  lbl_push_frame_column(L, frame, i);
  return 1;
}

static int frame_source_row(lua_State *L)
{
  const lb_frame *frame = lbl_check_frame(L, 1, "frame");
  size_t row = lbl_check_position(L, 2, "row", lb_frame_rows(frame));
  lua_pushinteger(L, (lua_Integer)lb_frame_source_row(frame, row) + 1);
  return 1;
}

static int frame_source(lua_State *L)
{
  lua_pushstring(L, lb_frame_source(lbl_check_frame(L, 1, "frame"))); /* NULL pushes nil */
  return 1;
}

static int frame_tostring(lua_State *L)
{
  const lb_frame *frame = lbl_check_frame(L, 1, "frame");
  lua_pushfstring(L, "frame of %I rows and %I columns", (LUAI_UACINT)lb_frame_rows(frame),
                  (LUAI_UACINT)lb_frame_columns(frame));
  return 1;
}

static const luaL_Reg METHODS[] = {{"names", frame_names},
                                   {"rows", frame_rows},
                                   {"has", frame_has},
                                   {"column", frame_column},
                                   {"source_row", frame_source_row},
                                   {"source", frame_source},
                                   {NULL, NULL}};
static const luaL_Reg METAMETHODS[] = {{"__gc", frame_gc},
                                       {"__close", frame_close},
                                       {"__len", frame_rows},
                                       {"__tostring", frame_tostring},
                                       {NULL, NULL}};
static const luaL_Reg FUNCTIONS[] = {{"take", take},
                                     {"select", select},
                                     {"with_column", with_column},
                                     {"rename", rename_column},
                                     {NULL, NULL}};

void lbl_open_frame(lua_State *L)
{
  lbl_new_class(L, LBL_FRAME, "frame", METHODS, METAMETHODS);
  luaL_setfuncs(L, FUNCTIONS, 0);
}
