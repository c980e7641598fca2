/* window.c - new columns over groups: aggregates spread over rows, and functions of the rows before
 * and behind. */
#include <string.h>

#include "base/mem.h"
#include "bind/bind.h"

/* Adds the column of the assignment on top of the stack to the frame at stack index `result`, which
 * is replaced; pushes the list of notes. */
static void add_column(lua_State *L, lb_groups *groups, lb_with *with, int result)
{
  size_t length, expression;
  const char *text = lua_tolstring(L, -1, &length);
  lb_value name;
  lb_error err = {0};
  lb_frame *frame = lbl_test_frame(L, result);
  if (lb_expr_split(text, length, &name, &expression, &err) != LB_OK) lbl_raise(L, &err);
  lua_pushlstring(L, name.text, name.length);
  const char *column_name = lbl_check_name(L, -1, "name");
  lbl_work *work = lbl_work_new(L);
  lb_expr_options options = {.with = with, .notes = &work->notes_hook, .window = true};
  if (lb_expr_compile(text + expression, length - expression, frame, &options, &work->expr, &err) !=
      LB_OK)
    lbl_raise(L, &err);
  lb_column **column = lbl_column_box(L);
  if (lb_expr_window(work->expr, frame, groups, column, &err) != LB_OK) lbl_raise(L, &err);
  lb_frame **out = lbl_frame_box(L);
  if (lb_frame_with(frame, column_name, *column, out, &err) != LB_OK) lbl_raise(L, &err);
  lua_replace(L, result);
  lbl_account(L, lb_column_bytes(*column));
  lbl_push_notes(L, work);
  lbl_work_reset(work);
}

/* Moves the texts of the list on top to the end of the list at `notes`. */
static void append_notes(lua_State *L, int notes)
{
  lua_Integer n = (lua_Integer)lua_rawlen(L, -1);
  for (lua_Integer i = 1; i <= n; i++) {
    lua_rawgeti(L, -1, i);
    lua_rawseti(L, notes, (lua_Integer)lua_rawlen(L, notes) + 1);
  }
}

/* Groups of the frame at 1 by the columns at 3, their rows in the order of 4 and 5. */
static lb_groups *push_groups(lua_State *L, lb_frame *frame)
{
  size_t n_by, n_keys;
  size_t *by = lbl_check_columns(L, 3, "by", frame, &n_by);
  lb_sort_key *keys = lbl_check_sort_keys(L, frame, 4, 5, &n_keys);
  lbl_work *work = lbl_work_new(L);
  lb_groups *groups = &work->groups;
  lb_error err = {0};
  lb_row *row = NULL;
  if (lb_groups_make(frame, by, n_by, groups, &err) != LB_OK) lbl_raise(L, &err);
  if (n_keys == 0) return groups;
  if (lb_groups_sorted(groups, frame, keys, n_keys, &row, &err) != LB_OK) lbl_raise(L, &err);
  lb_mem_free(groups->row);
  groups->row = row;
  return groups;
}

/* mutate_groups(frame, assignments, by, order, descending, with) */
static int mutate_groups(lua_State *L)
{
  lua_settop(L, 6);
  lb_frame *frame = lbl_check_frame(L, 1, "frame");
  size_t n_assignments, before = lb_frame_bytes(frame);
  lbl_check_names(L, 2, "assignments", false, &n_assignments);
  lb_with *with = lbl_opt_with(L, 6);
  lb_groups *groups = push_groups(L, frame);
  int work = lua_gettop(L), result = work + 1;
  lua_pushvalue(L, 1);
  lua_newtable(L); /* notes */
  for (size_t i = 0; i < n_assignments; i++) {
    lua_rawgeti(L, 2, (lua_Integer)i + 1);
    add_column(L, groups, with, result);
    append_notes(L, result + 1);
    lua_settop(L, result + 1);
  }
  lbl_work_reset(lua_touserdata(L, work));
  lbl_account(L, lb_frame_bytes(frame) - before);
  return 2;
}

static const luaL_Reg FUNCTIONS[] = {{"mutate_groups", mutate_groups}, {NULL, NULL}};

void lbl_open_window(lua_State *L)
{
  luaL_setfuncs(L, FUNCTIONS, 0);
}
