/* pseudo.c - pseudo-values of a model as a frame. */
#include "stats/survival/pseudo.h"

#include "bind/cox_box.h"
#include "bind/horizon.h"

#define PSEUDO_BOX "lobule.PseudoBox"

static int box_gc(lua_State *L)
{
  lb_pseudo *p = luaL_checkudata(L, 1, PSEUDO_BOX);
  lb_pseudo_reset(p);
  *p = (lb_pseudo){0};
  return 0;
}

/* In the order of lb_horizon_kind. */
static const char *const KINDS[] = {"survival", "rmst", "cif", "rmtl", NULL};

lb_horizon *lbl_check_horizons(lua_State *L, int index, const lb_model *model, size_t *n)
{
  lb_horizon at = {0};
  lbl_check_table(L, index, "at");
  lua_getfield(L, index, "kind");
  at.kind = (lb_horizon_kind)lbl_check_choice(L, -1, "kind", KINDS);
  lua_getfield(L, index, "from");
  at.from = lua_isnil(L, -1) ? 0 : lbl_check_number(L, -1, "from");
  lua_getfield(L, index, "cause");
  if (!lua_isnil(L, -1)) at.cause = lbl_check_position(L, -1, "cause", model->n_cause) + 1;
  lua_getfield(L, index, "tau");
  lbl_check_table(L, -1, "tau");
  int list = lua_gettop(L);
  *n = lua_rawlen(L, list);
  if (*n == 0) lbl_raise_argument(L, index, "tau", "a list of times");
  lb_horizon *out = lbl_scratch(L, *n, sizeof *out);
  for (size_t k = 0; k < *n; k++) {
    lua_rawgeti(L, list, (lua_Integer)k + 1);
    at.tau = lbl_check_number(L, -1, "tau");
    lua_pop(L, 1);
    out[k] = at;
  }
  return out;
}

static void push_estimates(lua_State *L, const lb_pseudo *p)
{
  lua_createtable(L, (int)p->n_at, 0);
  for (size_t k = 0; k < p->n_at; k++) {
    lua_createtable(L, (int)p->n_strata, 0);
    for (size_t s = 0; s < p->n_strata; s++) {
      lua_pushnumber(L, p->estimate[k * p->n_strata + s]);
      lua_rawseti(L, -2, (lua_Integer)s + 1);
    }
    lua_rawseti(L, -2, (lua_Integer)k + 1);
  }
}

/* pseudo(model, at, names, infinitesimal) */
static int pseudo(lua_State *L)
{
  lua_settop(L, 4);
  const lb_model *model = lbl_check_model(L, 1);
  lbl_refuse_strata(L, model);
  lbl_refuse_cluster(L, model);
  lb_pseudo_options options = {.infinitesimal = lua_toboolean(L, 4) == 1};
  options.at = lbl_check_horizons(L, 2, model, &options.n_at);
  size_t n_names;
  const char **names = lbl_check_names(L, 3, "names", false, &n_names);
  if (n_names != options.n_at) lbl_raise_argument(L, 3, "names", "one of each horizon");
  lb_pseudo *p = lua_newuserdatauv(L, sizeof *p, 0);
  *p = (lb_pseudo){0};
  luaL_setmetatable(L, PSEUDO_BOX);
  lb_frame **out = lbl_frame_box(L);
  lb_error err = {0};
  lb_surv y;
  lb_model_surv(model, &y);
  const lb_partition groups = {model->groups.code, model->groups.n};
  lb_status st = lb_pseudo_values(&y, groups.n == 0 ? NULL : &groups, &options, p, &err);
  if (st == LB_OK) st = lb_frame_new(model->n_rows, NULL, out, &err);
  for (size_t k = 0; st == LB_OK && k < p->n_at; k++) {
    const lbl_cells cells = {p->value + k * p->n, 1, p->n, model->n_rows, model->row};
    st = lbl_frame_add_cells(*out, names[k], cells, &err);
  }
  if (st != LB_OK) return lbl_raise(L, &err);
  lbl_account(L, p->n_at * model->n_rows * sizeof(double));
  push_estimates(L, p);
  return 2;
}

static const luaL_Reg FUNCTIONS[] = {{"pseudo", pseudo}, {NULL, NULL}};

void lbl_open_pseudo(lua_State *L)
{
  luaL_newmetatable(L, PSEUDO_BOX);
  lua_pushcfunction(L, box_gc);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
  luaL_setfuncs(L, FUNCTIONS, 0);
}
