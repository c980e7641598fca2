/* aalen.c - additive hazards of a design as a Lua table. */
#include "stats/survival/aalen.h"

#include "bind/cox_box.h"

#define AALEN_BOX "lobule.AalenBox"

static int box_gc(lua_State *L)
{
  lb_aalen_reset(luaL_checkudata(L, 1, AALEN_BOX));
  return 0;
}

static const char *const TESTS[] = {"aalen", "n_risk", NULL};

/* Sets field `name` to a list of lists: values of each time, a function each. */
static void set_functions(lua_State *L, const char *name, const double *value, const lb_aalen *fit)
{
  lua_createtable(L, (int)fit->q, 0);
  for (size_t j = 0; j < fit->q; j++) {
    lua_createtable(L, (int)fit->n_time, 0);
    for (size_t t = 0; t < fit->n_time; t++) {
      lua_pushnumber(L, value[t * fit->q + j]);
      lua_rawseti(L, -2, (lua_Integer)t + 1);
    }
    lua_rawseti(L, -2, (lua_Integer)j + 1);
  }
  lua_setfield(L, -2, name);
}

static void set_flat(lua_State *L, const lb_aalen *fit)
{
  lua_createtable(L, (int)fit->q, 0);
  for (size_t j = 0; j < fit->q; j++) {
    lua_pushinteger(L, (lua_Integer)fit->n_flat[j]);
    lua_rawseti(L, -2, (lua_Integer)j + 1);
  }
  lua_setfield(L, -2, "n_flat");
}

static void push_fit(lua_State *L, const lb_aalen *fit)
{
  lua_createtable(L, 0, 14);
  lbl_set_numbers(L, "time", fit->time, fit->n_time);
  lbl_set_numbers(L, "n_risk", fit->n_risk, fit->n_time);
  set_functions(L, "cumulative", fit->cumulative, fit);
  set_functions(L, "variance", fit->variance, fit);
  lbl_set_numbers(L, "statistic", fit->statistic, fit->q);
  lbl_set_numbers(L, "slope", fit->slope, fit->q);
  lbl_set_matrix(L, "covariance", fit->covariance, fit->q);
  lbl_set_number(L, "chi_square", fit->chi_square);
  lbl_set_count(L, "df", fit->df);
  lbl_set_number(L, "p_value", fit->p_value);
  lbl_set_number(L, "last", fit->last);
  lbl_set_count(L, "n_event", fit->n_event);
  lbl_set_count(L, "n_skipped", fit->n_skipped);
  set_flat(L, fit);
}

/* aalen(model, min_at_risk, test, frequency) */
static int aalen(lua_State *L)
{
  lua_settop(L, 4);
  const lb_model *model = lbl_check_model(L, 1);
  lbl_refuse_cluster(L, model);
  lbl_refuse_strata(L, model);
  lua_Integer min_risk = lbl_check_integer(L, 2, "min_at_risk");
  lb_aalen_test test = (lb_aalen_test)lbl_check_choice(L, 3, "test", TESTS);
  lbl_cox *rows = lbl_cox_new(L, 1, lua_toboolean(L, 4));
  lb_aalen *fit = lua_newuserdatauv(L, sizeof *fit, 0);
  *fit = (lb_aalen){0};
  luaL_setmetatable(L, AALEN_BOX);
  lb_error err = {0};
  if (min_risk < 1) return lbl_raise_argument(L, 2, "min_at_risk", "1 or more");
  if (lb_aalen_fit(&rows->y, &rows->x, (size_t)min_risk, test, fit, &err) != LB_OK)
    return lbl_raise(L, &err);
  push_fit(L, fit);
  return 1;
}

static const luaL_Reg FUNCTIONS[] = {{"aalen", aalen}, {NULL, NULL}};

void lbl_open_aalen(lua_State *L)
{
  luaL_newmetatable(L, AALEN_BOX);
  lua_pushcfunction(L, box_gc);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
  luaL_setfuncs(L, FUNCTIONS, 0);
}
