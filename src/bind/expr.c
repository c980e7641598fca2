/* expr.c - expressions over the rows of a frame: filter, reject, eval. */
#include <string.h>

#include "bind/bind.h"

lbl_work *lbl_compile(lua_State *L, const lb_frame *frame, const char *text, size_t length,
                      lb_with *with, bool aggregate)
{
  lbl_work *work = lbl_work_new(L);
  lb_expr_options options = {.with = with, .notes = &work->notes_hook, .aggregate = aggregate};
  lb_error err = {0};
  if (lb_expr_compile(text, length, frame, &options, &work->expr, &err) != LB_OK)
    lbl_raise(L, &err);
  return work;
}

typedef lb_status (*choose)(const lb_expr *, const lb_frame *, lb_selection *, lb_error *);

/* The rows that an expression chooses, as a new frame, with the counts and notes. */
static int choose_rows(lua_State *L, choose chosen, bool keep_true)
{
  lua_settop(L, 3);
  lb_frame *frame = lbl_check_frame(L, 1, "frame");
  size_t length;
  const char *text = lbl_check_text(L, 2, "text", &length);
  lbl_work *work = lbl_compile(L, frame, text, length, lbl_opt_with(L, 3), false);
  lb_selection *rows = &work->selection;
  lb_frame **out = lbl_frame_box(L);
  size_t before = lb_frame_bytes(frame);
  lb_error err = {0};
  if (chosen(work->expr, frame, rows, &err) != LB_OK) return lbl_raise(L, &err);
  size_t n = keep_true ? rows->n_true : rows->n_false + rows->n_missing;
  if (lb_frame_take(frame, rows->rows, n, out, &err) != LB_OK) return lbl_raise(L, &err);
  lua_pushinteger(L, (lua_Integer)rows->n_true);
  lua_pushinteger(L, (lua_Integer)rows->n_false);
  lua_pushinteger(L, (lua_Integer)rows->n_missing);
  lbl_push_notes(L, work);
  lbl_work_reset(work);
  lbl_account(L, lb_frame_bytes(frame) - before + n * sizeof(lb_row));
  return 5;
}

/* filter(frame, text, with) */
static int filter(lua_State *L)
{
  return choose_rows(L, lb_expr_select, true);
}

/* reject(frame, text, with) */
static int reject(lua_State *L)
{
  return choose_rows(L, lb_expr_reject, false);
}

/* eval(frame, text, with) */
static int eval(lua_State *L)
{
  lua_settop(L, 3);
  lb_frame *frame = lbl_check_frame(L, 1, "frame");
  size_t length;
  const char *text = lbl_check_text(L, 2, "text", &length);
  lbl_work *work = lbl_compile(L, frame, text, length, lbl_opt_with(L, 3), false);
  lb_column **out = lbl_column_box(L);
  size_t before = lb_frame_bytes(frame);
  lb_error err = {0};
  if (lb_expr_eval(work->expr, frame, out, &err) != LB_OK) return lbl_raise(L, &err);
  lbl_push_notes(L, work);
  lbl_work_reset(work);
  lbl_account(L, lb_frame_bytes(frame) - before + lb_column_bytes(*out));
  return 2;
}

/* split_assignment(text) */
static int split_assignment(lua_State *L)
{
  lua_settop(L, 1);
  size_t length, expression;
  const char *text = lbl_check_text(L, 1, "text", &length);
  lb_value name;
  lb_error err = {0};
  if (lb_expr_split(text, length, &name, &expression, &err) != LB_OK) return lbl_raise(L, &err);
  lua_pushlstring(L, name.text, name.length);
  lua_pushlstring(L, text + expression, length - expression);
  return 2;
}

/* expression_functions() */
static int expression_functions(lua_State *L)
{
  size_t n;
  const lb_expr_function *functions = lb_expr_functions(&n);
  lua_createtable(L, (int)n, 0);
  for (size_t i = 0; i < n; i++) {
    lua_createtable(L, 0, 5);
    lua_pushstring(L, functions[i].name);
    lua_setfield(L, -2, "name");
    lua_pushstring(L, functions[i].signature);
    lua_setfield(L, -2, "signature");
    lua_pushstring(L, functions[i].help);
    lua_setfield(L, -2, "help");
    lua_pushboolean(L, functions[i].kind == LB_AGGREGATE);
    lua_setfield(L, -2, "aggregate");
    lua_pushboolean(L, functions[i].kind == LB_WINDOW);
    lua_setfield(L, -2, "window");
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

static const luaL_Reg FUNCTIONS[] = {{"filter", filter},
                                     {"reject", reject},
                                     {"eval", eval},
                                     {"split_assignment", split_assignment},
                                     {"expression_functions", expression_functions},
                                     {NULL, NULL}};

void lbl_open_expr(lua_State *L)
{
  luaL_setfuncs(L, FUNCTIONS, 0);
}
