/* join.c - rows of two frames side by side: by keys, by time, by interval. */
#include "frame/join.h"

#include <math.h>

#include "bind/bind.h"

#define PAIRS_BOX "lobule.PairsBox"

static int pairs_gc(lua_State *L)
{
  lb_row_pairs_reset(luaL_checkudata(L, 1, PAIRS_BOX));
  return 0;
}

static lb_row_pairs *pairs_box(lua_State *L)
{
  lb_row_pairs *pairs = lua_newuserdatauv(L, sizeof *pairs, 0);
  *pairs = (lb_row_pairs){0};
  luaL_setmetatable(L, PAIRS_BOX);
  return pairs;
}

/* Frames at 1 and 2, names of their key columns at 3 and 4. */
static lb_key_pair check_pair(lua_State *L)
{
  lb_key_pair pair = {.left = lbl_check_frame(L, 1, "left"),
                      .right = lbl_check_frame(L, 2, "right")};
  size_t n_right;
  pair.left_columns = lbl_check_columns(L, 3, "left_by", pair.left, &pair.n);
  pair.right_columns = lbl_check_columns(L, 4, "right_by", pair.right, &n_right);
  if (n_right == pair.n) return pair;
  lb_error err = {0};
  lb_error_set(&err, LB_EARG, "%zu key columns on the left, %zu on the right", pair.n, n_right);
  lbl_raise(L, &err);
  return pair;
}

static void push_side(lua_State *L, const lb_frame *frame, const lb_row *rows, size_t n)
{
  lb_frame **out = lbl_frame_box(L);
  lb_error err = {0};
  if (lb_frame_take(frame, rows, n, out, &err) != LB_OK) lbl_raise(L, &err);
  lbl_account(L, n * sizeof *rows);
}

/* left, right or nil, counts */
static int push_pairs(lua_State *L, const lb_key_pair *pair, lb_row_pairs *pairs)
{
  push_side(L, pair->left, pairs->left, pairs->n);
  if (pairs->right == NULL)
    lua_pushnil(L);
  else
    push_side(L, pair->right, pairs->right, pairs->n);
  lua_createtable(L, 0, 6);
  lbl_set_count(L, "n_matched", pairs->n_matched);
  lbl_set_count(L, "n_unmatched", lb_frame_rows(pair->left) - pairs->n_matched);
  lbl_set_count(L, "n_missing", pairs->n_left_missing);
  lbl_set_count(L, "n_right_missing", pairs->n_right_missing);
  lbl_set_count(L, "n_right_unmatched", pairs->n_right_unmatched);
  lbl_set_count(L, "n_many", pairs->n_many);
  lb_row_pairs_reset(pairs);
  return 3;
}

/* join(left, right, left_by, right_by, kind, many) */
static int join(lua_State *L)
{
  static const char *const KINDS[] = {[LB_JOIN_INNER] = "inner",
                                      [LB_JOIN_LEFT] = "left",
                                      [LB_JOIN_ANTI] = "anti",
                                      [LB_JOIN_SEMI] = "semi",
                                      [LB_JOIN_SEMI + 1] = NULL};
  lua_settop(L, 6);
  lb_key_pair pair = check_pair(L);
  lb_join_kind kind = (lb_join_kind)lbl_check_choice(L, 5, "kind", KINDS);
  lb_row_pairs *pairs = pairs_box(L);
  lb_error err = {0};
  if (lb_join_rows(&pair, kind, lua_toboolean(L, 6), pairs, &err) != LB_OK)
    return lbl_raise(L, &err);
  return push_pairs(L, &pair, pairs);
}

/* The column that a field of the table at 5 names, in a frame. */
static size_t check_field(lua_State *L, const char *field, const lb_frame *frame)
{
  size_t length, column;
  lb_error err = {0};
  lua_getfield(L, 5, field);
  const char *name = lbl_check_text(L, -1, field, &length);
  if (lb_frame_index(frame, name, length, &column, &err) != LB_OK) lbl_raise(L, &err);
  lua_pop(L, 1);
  return column;
}

/* asof_join(left, right, left_by, right_by, { left_time, right_time, direction, within }) */
static int asof_join(lua_State *L)
{
  static const char *const DIRECTIONS[] = {[LB_ASOF_BEFORE] = "before",
                                           [LB_ASOF_AFTER] = "after",
                                           [LB_ASOF_NEAREST] = "nearest",
                                           [LB_ASOF_NEAREST + 1] = NULL};
  lua_settop(L, 5);
  lb_key_pair pair = check_pair(L);
  lbl_check_table(L, 5, "options");
  lb_asof_options options = {.within = (double)INFINITY};
  options.left_time = check_field(L, "left_time", pair.left);
  options.right_time = check_field(L, "right_time", pair.right);
  lua_getfield(L, 5, "direction");
  options.direction = (lb_asof_direction)lbl_check_choice(L, -1, "direction", DIRECTIONS);
  if (lua_getfield(L, 5, "within") != LUA_TNIL) options.within = lbl_check_number(L, -1, "within");
  lb_row_pairs *pairs = pairs_box(L);
  lb_error err = {0};
  if (lb_asof_rows(&pair, &options, pairs, &err) != LB_OK) return lbl_raise(L, &err);
  return push_pairs(L, &pair, pairs);
}

static bool check_true(lua_State *L, const char *field)
{
  lua_getfield(L, 5, field);
  bool is_true = lua_toboolean(L, -1);
  lua_pop(L, 1);
  return is_true;
}

/* interval_join(left, right, left_by, right_by, { time, start, stop, keep, many }) */
static int interval_join(lua_State *L)
{
  lua_settop(L, 5);
  lb_key_pair pair = check_pair(L);
  lbl_check_table(L, 5, "options");
  lb_interval_options options = {.time = check_field(L, "time", pair.left),
                                 .start = check_field(L, "start", pair.right),
                                 .end = check_field(L, "stop", pair.right)};
  options.keep = check_true(L, "keep");
  options.many = check_true(L, "many");
  lb_row_pairs *pairs = pairs_box(L);
  lb_error err = {0};
  if (lb_interval_rows(&pair, &options, pairs, &err) != LB_OK) return lbl_raise(L, &err);
  return push_pairs(L, &pair, pairs);
}

static const luaL_Reg FUNCTIONS[] = {
    {"join", join}, {"asof_join", asof_join}, {"interval_join", interval_join}, {NULL, NULL}};

void lbl_open_join(lua_State *L)
{
  luaL_newmetatable(L, PAIRS_BOX);
  lua_pushcfunction(L, pairs_gc);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
  luaL_setfuncs(L, FUNCTIONS, 0);
}
