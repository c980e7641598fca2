/* cox_penal.c - Cox regression with penalised terms as a Lua table. */
#include "stats/survival/cox_penal.h"

#include "bind/cox_box.h"

#define PENAL_BOX "lobule.CoxPenalBox"

static int box_gc(lua_State *L)
{
  lb_cox_penal *fit = luaL_checkudata(L, 1, PENAL_BOX);
  lb_cox_penal_reset(fit);
  return 0;
}

static void set_test(lua_State *L, const char *name, const lb_penal_test *test)
{
  lua_createtable(L, 0, 3);
  lbl_set_number(L, "chi_square", test->chi_square);
  lbl_set_number(L, "df", test->df);
  lbl_set_number(L, "p_value", test->p_value);
  lua_setfield(L, -2, name);
}

static void set_flag(lua_State *L, const char *name, bool flag)
{
  lua_pushboolean(L, flag);
  lua_setfield(L, -2, name);
}

/* What the penalised terms came to, in the order of the model's. */
static void set_terms(lua_State *L, const lb_model *model, const lb_cox_penal *fit)
{
  lua_createtable(L, (int)fit->n_penalty, 0);
  for (size_t k = 0; k < fit->n_penalty; k++) {
    const lb_penal_term *term = &fit->term[k];
    lua_createtable(L, 0, 12);
    lbl_set_number(L, "theta", term->theta);
    lbl_set_number(L, "df", term->df);
    lbl_set_count(L, "fits", term->iterations);
    set_flag(L, "converged", term->converged);
    set_flag(L, "at_limit", term->at_limit);
    set_test(L, "wald", &term->wald);
    if (model->penalty[k].kind == LB_PENALTY_SPLINE) {
      lbl_set_number(L, "slope", term->slope);
      lbl_set_number(L, "slope_std_error", term->slope_std_error);
      lbl_set_number(L, "slope_std_error2", term->slope_std_error2);
      set_test(L, "linear", &term->linear);
      set_test(L, "nonlinear", &term->nonlinear);
    }
    lua_rawseti(L, -2, (lua_Integer)k + 1);
  }
  lua_setfield(L, -2, "penalised");
}

static void push_fit(lua_State *L, const lb_model *model, const lb_cox_penal *fit)
{
  lbl_push_cox(L, &fit->cox);
  lbl_set_matrix(L, "vcov2", fit->vcov2, fit->cox.p);
  lbl_set_numbers(L, "std_error2", fit->std_error2, fit->cox.p);
  lbl_set_number(L, "penalty", fit->penalty);
  lbl_set_number(L, "df", fit->df);
  set_test(L, "likelihood_ratio", &fit->lr_test);
  set_test(L, "wald", &fit->wald_test);
  lua_pushnil(L);
  lua_setfield(L, -2, "score");
  set_terms(L, model, fit);
  if (fit->n_group == 0) return;
  lbl_set_numbers(L, "log_frailty", fit->log_frailty, fit->n_group);
  lbl_set_numbers(L, "log_frailty_std_error", fit->log_frailty_std_error, fit->n_group);
  lbl_set_numbers(L, "group_event", fit->group_event, fit->n_group);
  lbl_set_number(L, "log_lik_integrated", fit->log_lik_integrated);
  lbl_set_number(L, "log_lik_no_frailty", fit->log_lik_no_frailty);
  set_test(L, "frailty_test", &fit->frailty_test);
  set_flag(L, "approximate_trace", fit->approximate_trace);
}

/* cox_penal(model, ties, max_iter, tolerance, frequency) */
static int cox_penal(lua_State *L)
{
  lua_settop(L, 5);
  lb_cox_penalised what = {.options = LB_COX_DEFAULTS};
  what.options.ties = lbl_check_ties(L, 2);
  lua_Integer max_iter = lbl_check_integer(L, 3, "max_iter");
  if (max_iter < 1) lbl_raise_argument(L, 3, "max_iter", "1 or more");
  what.options.max_iter = (size_t)max_iter;
  what.options.tolerance = lbl_check_number(L, 4, "tolerance");
  lbl_cox *box = lbl_cox_new(L, 1, lua_toboolean(L, 5));
  const lb_model *model = box->model;
  what.penalty = model->penalty;
  what.n_penalty = model->n_penalty;
  what.group = box->group;
  lb_cox_penal *fit = lua_newuserdatauv(L, sizeof *fit, 0);
  *fit = (lb_cox_penal){0};
  luaL_setmetatable(L, PENAL_BOX);
  lb_error err = {0};
  if (lb_cox_penal_fit(&box->y, &box->x, lbl_cox_strata(box), &what, fit, &err) != LB_OK)
    return lbl_raise(L, &err);
  push_fit(L, model, fit);
  return 1;
}

static const luaL_Reg FUNCTIONS[] = {{"cox_penal", cox_penal}, {NULL, NULL}};

void lbl_open_cox_penal(lua_State *L)
{
  luaL_newmetatable(L, PENAL_BOX);
  lua_pushcfunction(L, box_gc);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
  luaL_setfuncs(L, FUNCTIONS, 0);
}
