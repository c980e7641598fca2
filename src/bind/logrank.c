/* logrank.c - the log-rank test as a Lua table. */
#include "stats/survival/logrank.h"

#include "bind/bind.h"
#include "model/model.h"

#define LOGRANK_BOX "lobule.LogrankBox"

static int box_gc(lua_State *L)
{
  lb_logrank *test = luaL_checkudata(L, 1, LOGRANK_BOX);
  lb_logrank_reset(test);
  *test = (lb_logrank){0};
  return 0;
}

/* Rows of each group, where n has their weights. */
static void set_rows(lua_State *L, const lb_model *model)
{
  double *rows = lbl_scratch(L, model->groups.n, sizeof *rows);
  for (size_t g = 0; g < model->groups.n; g++) rows[g] = 0;
  for (size_t i = 0; i < model->n_used; i++) rows[model->groups.code[i]]++;
  lua_pushvalue(L, -2);
  lbl_set_numbers(L, "rows", rows, model->groups.n);
  lua_pop(L, 2);
}

static void push_test(lua_State *L, const lb_logrank *test, const lb_model *model)
{
  lua_createtable(L, 0, 9);
  lbl_set_texts(L, "group", model->groups.name, model->groups.n);
  lbl_set_numbers(L, "n", test->n, test->n_groups);
  if (model->weight != NULL) set_rows(L, model);
  lbl_set_numbers(L, "observed", test->observed, test->n_groups);
  lbl_set_numbers(L, "expected", test->expected, test->n_groups);
  lbl_set_matrix(L, "variance", test->variance, test->n_groups);
  lbl_set_number(L, "chi_square", test->chi_square);
  lbl_set_count(L, "df", test->df);
  lbl_set_number(L, "p_value", test->p_value);
  lbl_set_count(L, "n_strata", model->strata.n == 0 ? 1 : model->strata.n);
}

/* Raises when there is nothing to compare. */
static void check_comparison(lua_State *L, const lb_model *model)
{
  lb_error err = {0};
  if (model->groups.n < 2) {
    lb_error_set(&err, LB_EDATA, "a log-rank test compares at least two groups; '%s' makes %zu",
                 model->formula.text, model->groups.n);
    lbl_raise(L, &err);
  }
  if (model->n_event == 0) {
    lb_error_set(&err, LB_EDATA, "none of the %zu rows has an event", model->n_used);
    lbl_raise(L, &err);
  }
}

static lb_status test_model(const lb_model *model, const lb_logrank_options *options,
                            lb_logrank *out, lb_error *err)
{
  if (model->counts.count != NULL) return lb_logrank_test_counts(&model->counts, options, out, err);
  lb_surv y;
  lb_model_surv(model, &y);
  const lb_partition groups = {model->groups.code, model->groups.n};
  const lb_partition strata = {model->strata.code, model->strata.n};
  return lb_logrank_test(&y, &groups, strata.n == 0 ? NULL : &strata, options, out, err);
}

/* logrank(model, rho) */
static int logrank(lua_State *L)
{
  lua_settop(L, 2);
  const lb_model *model = lbl_check_model(L, 1);
  lbl_refuse_cluster(L, model);
  lb_logrank_options options = LB_LOGRANK_DEFAULTS;
  options.rho = lua_isnil(L, 2) ? 0 : lbl_check_number(L, 2, "rho");
  if (options.rho != 0) options.weight = LB_LOGRANK_FLEMING_HARRINGTON;
  check_comparison(L, model);
  lb_logrank *test = lua_newuserdatauv(L, sizeof *test, 0);
  *test = (lb_logrank){0};
  luaL_setmetatable(L, LOGRANK_BOX);
  lb_error err = {0};
  if (test_model(model, &options, test, &err) != LB_OK) return lbl_raise(L, &err);
  push_test(L, test, model);
  return 1;
}

static const luaL_Reg FUNCTIONS[] = {{"logrank", logrank}, {NULL, NULL}};

void lbl_open_logrank(lua_State *L)
{
  luaL_newmetatable(L, LOGRANK_BOX);
  lua_pushcfunction(L, box_gc);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
  luaL_setfuncs(L, FUNCTIONS, 0);
}
