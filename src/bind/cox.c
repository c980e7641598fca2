/* cox.c - Cox regression of a design as a Lua table. */
#include "stats/survival/cox.h"

#include "bind/cox_box.h"

static void set_test(lua_State *L, const char *name, const lb_cox_test *test)
{
  lua_createtable(L, 0, 3);
  lbl_set_number(L, "chi_square", test->chi_square);
  lbl_set_count(L, "df", test->df);
  lbl_set_number(L, "p_value", test->p_value);
  lua_setfield(L, -2, name);
}

void lbl_push_cox(lua_State *L, const lb_cox *fit)
{
  lua_createtable(L, 0, 20);
  lbl_set_numbers(L, "coef", fit->coef, fit->p);
  lbl_set_numbers(L, "std_error", fit->std_error, fit->p);
  lbl_set_numbers(L, "means", fit->means, fit->p);
  lbl_set_numbers(L, "scale", fit->scale, fit->p);
  lbl_set_matrix(L, "vcov", fit->vcov, fit->p);
  lbl_set_flags(L, "infinite", fit->infinite, fit->p);
  lbl_set_flags(L, "collinear", fit->collinear, fit->p);
  lbl_set_flags(L, "rounded", fit->rounded, fit->p);
  if (fit->combination != NULL) lbl_set_matrix(L, "combination", fit->combination, fit->p);
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

static lb_cox_options check_options(lua_State *L)
{
  lb_cox_options options = LB_COX_DEFAULTS;
  options.ties = lbl_check_ties(L, 2);
  lua_Integer max_iter = lbl_check_integer(L, 3, "max_iter");
  if (max_iter < 1) lbl_raise_argument(L, 3, "max_iter", "1 or more");
  options.max_iter = (size_t)max_iter;
  options.tolerance = lbl_check_number(L, 4, "tolerance");
  return options;
}

/* cox(model, ties, max_iter, tolerance, frequency) */
static int cox(lua_State *L)
{
  lua_settop(L, 5);
  lb_cox_options options = check_options(L);
  lbl_cox *box = lbl_cox_new(L, 1, lua_toboolean(L, 5));
  const lb_partition *strata = lbl_cox_strata(box);
  lb_error err = {0};
  if (lb_cox_fit(&box->y, &box->x, strata, &options, &box->fit, &err) != LB_OK)
    return lbl_cox_raise(L, box->model, &err);
  lbl_push_cox(L, &box->fit);
  return 1;
}

static const luaL_Reg FUNCTIONS[] = {{"cox", cox}, {NULL, NULL}};

void lbl_open_cox(lua_State *L)
{
  luaL_setfuncs(L, FUNCTIONS, 0);
}
