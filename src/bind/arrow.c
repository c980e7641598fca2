/* arrow.c - frames to and from other C modules of the program, by the Arrow C data interface. */
#include "frame/arrow.h"

#include "bind/bind.h"

/* Both structs, released at the end unless the receiver did. */
typedef struct arrow_pair {
  struct ArrowSchema schema;
  struct ArrowArray array;
} arrow_pair;

static void release_pair(arrow_pair *pair)
{
  if (pair->schema.release != NULL) pair->schema.release(&pair->schema);
  if (pair->array.release != NULL) pair->array.release(&pair->array);
}

static int pair_gc(lua_State *L)
{
  release_pair(luaL_checkudata(L, 1, LBL_ARROW));
  lbl_unbox(L);
  return 0;
}

/* export_arrow(frame) -> schema, array, owner */
static int export_arrow(lua_State *L)
{
  lua_settop(L, 1);
  lb_frame *frame = lbl_check_frame(L, 1, "frame");
  arrow_pair *pair = lbl_box(L, LBL_ARROW, sizeof *pair, 0);
  lb_error err = {0};
  if (lb_arrow_export(frame, &pair->schema, &pair->array, &err) != LB_OK) return lbl_raise(L, &err);
  lua_pushlightuserdata(L, &pair->schema);
  lua_pushlightuserdata(L, &pair->array);
  lua_pushvalue(L, 2);
  return 3;
}

/* import_arrow(schema, array, source) */
static int import_arrow(lua_State *L)
{
  lua_settop(L, 3);
  for (int i = 1; i <= 2; i++)
    if (!lua_islightuserdata(L, i))
      lbl_raise_argument(L, i, i == 1 ? "schema" : "array", "a light userdata");
  const char *source = lbl_opt_name(L, 3, "source");
  lb_error err = {0};
  lb_frame **out = lbl_frame_box(L);
  if (lb_arrow_import(lua_touserdata(L, 1), lua_touserdata(L, 2), source, out, &err) != LB_OK)
    return lbl_raise(L, &err);
  size_t bytes = 0;
  for (size_t i = 0; i < lb_frame_columns(*out); i++)
    bytes += lb_column_bytes(lb_frame_column_source(*out, i));
  lbl_account(L, bytes);
  return 1;
}

static const luaL_Reg FUNCTIONS[] = {
    {"export_arrow", export_arrow}, {"import_arrow", import_arrow}, {NULL, NULL}};
static const luaL_Reg METAMETHODS[] = {{"__gc", pair_gc}, {NULL, NULL}};

void lbl_open_arrow(lua_State *L)
{
  luaL_newmetatable(L, LBL_ARROW);
  luaL_setfuncs(L, METAMETHODS, 0);
  lua_pop(L, 1);
  luaL_setfuncs(L, FUNCTIONS, 0);
}
