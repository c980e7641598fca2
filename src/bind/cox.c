/* cox.c - Cox regression of a design as a Lua table. */
#include "stats/survival/cox.h"

#include <math.h>

#include "bind/bind.h"
#include "model/model.h"

#define COX_BOX "lobule.CoxBox"

static int box_gc(lua_State *L)
{
  lb_cox *fit = luaL_checkudata(L, 1, COX_BOX);
  lb_cox_reset(fit);
  *fit = (lb_cox){0};
  return 0;
}

static void set_test(lua_State *L, const char *name, const lb_cox_test *test)
{
  lua_createtable(L, 0, 3);
  lbl_set_number(L, "chi_square", test->chi_square);
  lbl_set_count(L, "df", test->df);
  lbl_set_number(L, "p_value", test->p_value);
  lua_setfield(L, -2, name);
}

static void push_fit(lua_State *L, const lb_cox *fit)
{
  lua_createtable(L, 0, 20);
  lbl_set_numbers(L, "coef", fit->coef, fit->p);
  lbl_set_numbers(L, "std_error", fit->std_error, fit->p);
  lbl_set_numbers(L, "means", fit->means, fit->p);
  lbl_set_matrix(L, "vcov", fit->vcov, fit->p);
  lbl_set_flags(L, "infinite", fit->infinite, fit->p);
  lbl_set_flags(L, "collinear", fit->collinear, fit->p);
  lbl_set_number(L, "log_lik_null", fit->log_lik_null);
  lbl_set_number(L, "log_lik", fit->log_lik);
  set_test(L, "likelihood_ratio", &fit->lr_test);
  set_test(L, "wald", &fit->wald_test);
  set_test(L, "score", &fit->score_test);
  lbl_set_count(L, "iterations", fit->iterations);
  lua_pushboolean(L, fit->converged);
  lua_setfield(L, -2, "converged");
  lbl_set_count(L, "n", fit->n_used);
  lbl_set_count(L, "n_event", fit->n_event);
}

/* In the order of lb_ties. */
static const char *const TIES[] = {"efron", "breslow", NULL};

static lb_cox_options check_options(lua_State *L)
{
  lb_cox_options options = LB_COX_DEFAULTS;
  options.ties = (lb_ties)lbl_check_choice(L, 2, "ties", TIES);
  lua_Integer max_iter = lbl_check_integer(L, 3, "max_iter");
  if (max_iter < 1) lbl_raise_argument(L, 3, "max_iter", "1 or more");
  options.max_iter = (size_t)max_iter;
  options.tolerance = lbl_check_number(L, 4, "tolerance");
  return options;
}

/* cox(model, ties, max_iter, tolerance) */
static int cox(lua_State *L)
{
  lua_settop(L, 4);
  const lb_model *model = lbl_check_model(L, 1);
  lbl_refuse_special(L, model, false);
  lb_cox_options options = check_options(L);
  lb_surv y;
  lb_design x;
  lb_model_surv(model, &y);
  lb_model_design(model, &x);
  const lb_partition classes = {model->strata.code, model->strata.n};
  const lb_partition *strata = classes.n == 0 ? NULL : &classes;
  lb_cox *fit = lua_newuserdatauv(L, sizeof *fit, 0);
  *fit = (lb_cox){0};
  luaL_setmetatable(L, COX_BOX);
  lb_error err = {0};
  if (lb_cox_fit(&y, &x, strata, &options, fit, &err) != LB_OK) return lbl_raise(L, &err);
  push_fit(L, fit);
  lua_pushvalue(L, -2);
  lua_setfield(L, -2, "box");
  return 1;
}

/* Pushes a number, nil for NaN. */
static void push_known(lua_State *L, double value)
{
  if (isnan(value))
    lua_pushnil(L);
  else
    lua_pushnumber(L, value);
}

/* cox_concordance(box, model) */
static int cox_concordance(lua_State *L)
{
  lua_settop(L, 2);
  lb_cox *fit = luaL_testudata(L, 1, COX_BOX);
  if (fit == NULL) lbl_raise_argument(L, 1, "box", "the box of a Cox fit");
  const lb_model *model = lbl_check_model(L, 2);
  lb_surv y;
  lb_design x;
  lb_model_surv(model, &y);
  lb_model_design(model, &x);
  const lb_partition strata = {model->strata.code, model->strata.n};
  lb_error err = {0};
  if (lb_cox_concordance(&y, &x, strata.n == 0 ? NULL : &strata, fit, &err) != LB_OK)
    return lbl_raise(L, &err);
  push_known(L, fit->concordance);
  push_known(L, fit->concordance_std_error);
  return 2;
}

static const luaL_Reg FUNCTIONS[] = {
    {"cox", cox}, {"cox_concordance", cox_concordance}, {NULL, NULL}};

void lbl_open_cox(lua_State *L)
{
  luaL_newmetatable(L, COX_BOX);
  lua_pushcfunction(L, box_gc);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
  luaL_setfuncs(L, FUNCTIONS, 0);
}
