/* group.c - rows by the values of some columns: one summary row a group, or one frame a group. */
#include <string.h>

#include "bind/bind.h"

/* Adds the column of one assignment to the summary at stack index `result`, which is replaced. */
static void add_summary(lua_State *L, lb_frame *frame, lbl_work *grouped, int result)
{
  size_t length, expression;
  const char *text = lua_tolstring(L, -1, &length);
  lb_value name;
  lb_error err = {0};
  if (lb_expr_split(text, length, &name, &expression, &err) != LB_OK) lbl_raise(L, &err);
  lua_pushlstring(L, name.text, name.length);
  const char *column_name = lbl_check_name(L, -1, "name");
  size_t taken;
  if (lb_frame_find(lbl_test_frame(L, result), name.text, name.length, &taken)) {
    lb_error_set(&err, LB_EARG, "two columns of the summary are named '%s'", column_name);
    lbl_raise(L, &err);
  }
  lb_with *with = lbl_opt_with(L, 4);
  lbl_work *work = lbl_compile(L, frame, text + expression, length - expression, with, true);
  lb_column **column = lbl_column_box(L);
  if (lb_expr_summarise(work->expr, frame, &grouped->groups, column, &err) != LB_OK)
    lbl_raise(L, &err);
  lb_frame **out = lbl_frame_box(L);
  if (lb_frame_with(lbl_test_frame(L, result), column_name, *column, out, &err) != LB_OK)
    lbl_raise(L, &err);
  lua_replace(L, result);
  lbl_push_notes(L, work);
  lua_insert(L, -3); /* below the work and the column */
  lbl_work_reset(work);
  lua_pop(L, 2);
}

/* Moves the texts of the list on top to the end of the list at `notes`; pops it. */
static void append_list(lua_State *L, int notes)
{
  lua_Integer n = (lua_Integer)lua_rawlen(L, -1);
  for (lua_Integer i = 1; i <= n; i++) {
    lua_rawgeti(L, -1, i);
    lua_rawseti(L, notes, (lua_Integer)lua_rawlen(L, notes) + 1);
  }
  lua_pop(L, 1);
}

/* summarise(frame, assignments, by, with) */
static int summarise(lua_State *L)
{
  lua_settop(L, 4);
  lb_frame *frame = lbl_check_frame(L, 1, "frame");
  size_t n_assignments, n_by;
  lbl_check_names(L, 2, "assignments", false, &n_assignments);
  lbl_opt_with(L, 4);
  size_t *by = lbl_check_columns(L, 3, "by", frame, &n_by);
  lbl_work *grouped = lbl_work_new(L);
  lb_error err = {0};
  size_t before = lb_frame_bytes(frame);
  lb_status st = n_by == 0 ? lb_groups_whole(frame, &grouped->groups, &err)
                           : lb_groups_make(frame, by, n_by, &grouped->groups, &err);
  if (st != LB_OK) return lbl_raise(L, &err);
  *lbl_frame_box(L) = lb_frame_retain(grouped->groups.keys);
  int result = lua_gettop(L);
  lua_newtable(L); /* notes */
  for (size_t i = 0; i < n_assignments; i++) {
    lua_rawgeti(L, 2, (lua_Integer)i + 1);
    add_summary(L, frame, grouped, result);
    append_list(L, result + 1);
    lua_settop(L, result + 1);
  }
  lbl_work_reset(grouped);
  lbl_account(L, lb_frame_bytes(frame) - before);
  return 2;
}

/* Pushes { key = { texts }, frame = Frame } for group g; key columns stand from `keys` on. */
static void push_group(lua_State *L, lb_frame *frame, const lb_groups *groups, size_t g, int keys)
{
  size_t n_keys = lb_frame_columns(groups->keys);
  lua_createtable(L, 0, 2);
  lua_createtable(L, (int)n_keys, 0);
  for (size_t i = 0; i < n_keys; i++) {
    lbl_push_cell_text(L, lbl_test_column(L, keys + (int)i), g);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, -2, "key");
  lb_frame **out = lbl_frame_box(L);
  lb_error err = {0};
  size_t n = groups->start[g + 1] - groups->start[g];
  if (lb_frame_take(frame, groups->row + groups->start[g], n, out, &err) != LB_OK)
    lbl_raise(L, &err);
  lua_setfield(L, -2, "frame");
}

/* split(frame, by) */
static int split(lua_State *L)
{
  lua_settop(L, 2);
  lb_frame *frame = lbl_check_frame(L, 1, "frame");
  size_t n_by;
  size_t *by = lbl_check_columns(L, 2, "by", frame, &n_by);
  lbl_work *work = lbl_work_new(L);
  lb_error err = {0};
  if (lb_groups_make(frame, by, n_by, &work->groups, &err) != LB_OK) return lbl_raise(L, &err);
  int keys = lua_gettop(L) + 1;
  luaL_checkstack(L, (int)n_by + 8, "too many key columns");
  for (size_t i = 0; i < n_by; i++) lbl_push_frame_column(L, work->groups.keys, i);
  size_t n = work->groups.n_groups;
  lua_createtable(L, (int)n, 0);
  for (size_t g = 0; g < n; g++) {
    push_group(L, frame, &work->groups, g, keys);
    lua_rawseti(L, -2, (lua_Integer)g + 1);
  }
  lbl_account(L, work->groups.n_rows * sizeof(lb_row));
  lbl_work_reset(work);
  return 1;
}

static const luaL_Reg FUNCTIONS[] = {{"summarise", summarise}, {"split", split}, {NULL, NULL}};

void lbl_open_group(lua_State *L)
{
  luaL_setfuncs(L, FUNCTIONS, 0);
}
