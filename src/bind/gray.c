/* gray.c - Gray's test as a Lua table. */
#include "stats/survival/gray.h"

#include "bind/bind.h"
#include "model/model.h"

#define GRAY_BOX "lobule.GrayBox"

static int box_gc(lua_State *L)
{
  lb_gray *test = luaL_checkudata(L, 1, GRAY_BOX);
  lb_gray_reset(test);
  *test = (lb_gray){0};
  return 0;
}

static void push_test(lua_State *L, const lb_gray *test)
{
  lua_createtable(L, 0, 8);
  lbl_set_numbers(L, "n", test->n, test->n_groups);
  lbl_set_numbers(L, "observed", test->observed, test->n_groups);
  lbl_set_numbers(L, "expected", test->expected, test->n_groups);
  lbl_set_matrix(L, "variance", test->variance, test->n_groups);
  lbl_set_number(L, "chi_square", test->chi_square);
  lbl_set_count(L, "df", test->df);
  lbl_set_number(L, "p_value", test->p_value);
}

/* Raises when there is nothing to compare. */
static void check_comparison(lua_State *L, const lb_model *model)
{
  lb_error err = {0};
  if (model->groups.n < 2) {
    lb_error_set(&err, LB_EDATA, "Gray's test compares at least two groups; '%s' makes %zu",
                 model->formula.text, model->groups.n);
    lbl_raise(L, &err);
  }
}

static lb_status test_model(const lb_model *model, size_t cause, double rho, lb_gray *out,
                            lb_error *err)
{
  if (model->counts.count != NULL) return lb_gray_test_counts(&model->counts, cause, rho, out, err);
  lb_surv y;
  lb_model_surv(model, &y);
  const lb_partition groups = {model->groups.code, model->groups.n};
  const lb_partition strata = {model->strata.code, model->strata.n};
  const lb_partition cluster = {model->cluster, model->n_cluster};
  const lb_gray_late late = {&groups, strata.n == 0 ? NULL : &strata,
                             cluster.code == NULL ? NULL : &cluster, cause, rho};
  if (y.entry != NULL || cluster.code != NULL) return lb_gray_late_test(&y, &late, out, err);
  return lb_gray_test(&y, &groups, late.strata, cause, rho, out, err);
}

/* gray(model, cause, rho) */
static int gray(lua_State *L)
{
  lua_settop(L, 3);
  const lb_model *model = lbl_check_model(L, 1);
  size_t cause = lbl_check_position(L, 2, "cause", model->n_cause) + 1;
  double rho = lbl_check_number(L, 3, "rho");
  check_comparison(L, model);
  lb_gray *test = lua_newuserdatauv(L, sizeof *test, 0);
  *test = (lb_gray){0};
  luaL_setmetatable(L, GRAY_BOX);
  lb_error err = {0};
  if (test_model(model, cause, rho, test, &err) != LB_OK) return lbl_raise(L, &err);
  push_test(L, test);
  return 1;
}

static const luaL_Reg FUNCTIONS[] = {{"gray", gray}, {NULL, NULL}};

void lbl_open_gray(lua_State *L)
{
  luaL_newmetatable(L, GRAY_BOX);
  lua_pushcfunction(L, box_gc);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
  luaL_setfuncs(L, FUNCTIONS, 0);
}
