/* plan.c - the plan of an expression as a table. */
#include "bind/bind.h"

/* Box of a plan, pushed; emptied by its finalizer. */
static lb_plan *plan_box(lua_State *L)
{
  return lbl_box(L, LBL_PLAN, sizeof(lb_plan), 0);
}

static int plan_gc(lua_State *L)
{
  lb_plan_reset(luaL_checkudata(L, 1, LBL_PLAN));
  lbl_unbox(L);
  return 0;
}

static void push_step(lua_State *L, const lb_plan *plan, const lb_plan_step *step, const char *text)
{
  lua_createtable(L, 0, 5);
  lbl_set_text(L, "name", step->name);
  lbl_set_text(L, "type", lb_type_name(step->type));
  lua_pushlstring(L, text + step->start, step->end - step->start);
  lua_setfield(L, -2, "source");
  lua_pushboolean(L, step->folded);
  lua_setfield(L, -2, "folded");
  lua_createtable(L, (int)step->n, 0);
  for (size_t i = 0; i < step->n; i++) {
    lua_pushinteger(L, (lua_Integer)plan->operand[step->first + i] + 1);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, -2, "operands");
}

static void push_columns(lua_State *L, const lb_expr *expr)
{
  const char *const *names;
  size_t n = lb_expr_columns(expr, &names);
  lua_createtable(L, (int)n, 0);
  for (size_t i = 0; i < n; i++) {
    lua_pushstring(L, names[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
}

/* plan(frame, text, with) */
static int plan(lua_State *L)
{
  lua_settop(L, 3);
  lb_frame *frame = lbl_check_frame(L, 1, "frame");
  size_t length;
  const char *text = lbl_check_text(L, 2, "text", &length);
  lbl_work *work = lbl_compile(L, frame, text, length, lbl_opt_with(L, 3), false);
  lb_plan *made = plan_box(L);
  lb_error err = {0};
  if (lb_expr_plan(work->expr, made, &err) != LB_OK) return lbl_raise(L, &err);
  lua_createtable(L, (int)made->n, 0);
  for (size_t i = 0; i < made->n; i++) {
    push_step(L, made, &made->step[i], text);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  push_columns(L, work->expr);
  lb_plan_reset(made);
  lbl_work_reset(work);
  return 2;
}

static const luaL_Reg FUNCTIONS[] = {{"plan", plan}, {NULL, NULL}};
static const luaL_Reg META[] = {{"__gc", plan_gc}, {NULL, NULL}};

void lbl_open_plan(lua_State *L)
{
  luaL_setfuncs(L, FUNCTIONS, 0);
  luaL_newmetatable(L, LBL_PLAN);
  luaL_setfuncs(L, META, 0);
  lua_pop(L, 1);
}
