/* turnbull.c - Turnbull's estimate as a Lua table, its bootstrap limits, the scores of its test. */
#include "stats/survival/turnbull.h"

#include "bind/bind.h"
#include "model/model.h"

#define BOX "lobule.TurnbullBox"

static int box_gc(lua_State *L)
{
  lb_turnbull_reset(luaL_checkudata(L, 1, BOX));
  return 0;
}

static lb_turnbull *box_new(lua_State *L)
{
  lb_turnbull *fit = lua_newuserdatauv(L, sizeof *fit, 0);
  *fit = (lb_turnbull){0};
  luaL_setmetatable(L, BOX);
  return fit;
}

static const lb_model *check_model(lua_State *L, lb_intervals *y)
{
  const lb_model *model = lbl_check_model(L, 1);
  if (model->lower == NULL) lbl_raise_argument(L, 1, "model", "a model of Surv_interval()");
  lbl_refuse_strata(L, model);
  lbl_refuse_cluster(L, model);
  *y = (lb_intervals){.n = model->n_used,
                      .lower = model->lower,
                      .upper = model->upper,
                      .weight = model->weight,
                      .n_missing = model->n_missing};
  return model;
}

static void push_curve(lua_State *L, const lb_turnbull_curve *c)
{
  lua_createtable(L, 0, 16);
  lbl_set_count(L, "n", c->n);
  lbl_set_count(L, "n_exact", c->n_exact);
  lbl_set_count(L, "n_left", c->n_left);
  lbl_set_count(L, "n_right", c->n_right);
  lbl_set_count(L, "n_between", c->n_between);
  lbl_set_number(L, "weight", c->weight_total);
  lbl_set_count(L, "n_innermost", c->n_innermost);
  lbl_set_numbers(L, "left", c->left, c->n_interval);
  lbl_set_numbers(L, "right", c->right, c->n_interval);
  lbl_set_numbers(L, "mass", c->mass, c->n_interval);
  lbl_set_number(L, "log_lik", c->log_lik);
  lbl_set_number(L, "kkt", c->kkt);
  lbl_set_count(L, "n_iter", c->n_iter);
  lua_pushboolean(L, c->converged);
  lua_setfield(L, -2, "converged");
  lua_pushboolean(L, c->unique);
  lua_setfield(L, -2, "unique");
}

/* turnbull(model) */
static int turnbull(lua_State *L)
{
  lua_settop(L, 1);
  lb_intervals y;
  const lb_model *model = check_model(L, &y);
  const lb_partition groups = {model->groups.code, model->groups.n};
  lb_turnbull *fit = box_new(L);
  lb_error err = {0};
  if (lb_turnbull_fit(&y, groups.n == 0 ? NULL : &groups, fit, &err) != LB_OK)
    return lbl_raise(L, &err);
  lua_createtable(L, (int)fit->n_groups, 0);
  for (size_t g = 0; g < fit->n_groups; g++) {
    push_curve(L, &fit->curve[g]);
    lua_rawseti(L, -2, (lua_Integer)g + 1);
  }
  return 1;
}

/* turnbull_boot(model, g, times, replicates, seed, level, frequency) */
static int turnbull_boot(lua_State *L)
{
  lua_settop(L, 7);
  lb_intervals y;
  const lb_model *model = check_model(L, &y);
  const lb_partition groups = {model->groups.code, model->groups.n};
  size_t g = lbl_check_position(L, 2, "g", groups.n == 0 ? 1 : groups.n);
  lbl_check_table(L, 3, "times");
  size_t n = lua_rawlen(L, 3);
  lb_turnbull_boot options = {.level = lbl_check_number(L, 6, "level"),
                              .frequency = lua_toboolean(L, 7)};
  lua_Integer replicates = lbl_check_integer(L, 4, "replicates");
  options.replicates = replicates < 0 ? 0 : (size_t)replicates;
  options.seed = (uint64_t)lbl_check_integer(L, 5, "seed");
  double *time = lbl_scratch(L, n, 3 * sizeof *time);
  for (size_t i = 0; i < n; i++) {
    lua_rawgeti(L, 3, (lua_Integer)i + 1);
    time[i] = lbl_check_number(L, -1, "times");
    lua_pop(L, 1);
  }
  lb_error err = {0};
  if (lb_turnbull_bootstrap(&y, groups.n == 0 ? NULL : &groups, g, &options, time, n, time + n,
                            time + 2 * n, &err) != LB_OK)
    return lbl_raise(L, &err);
  lua_createtable(L, 0, 2);
  lbl_set_numbers(L, "conf_low", time + n, n);
  lbl_set_numbers(L, "conf_high", time + 2 * n, n);
  return 1;
}

/* turnbull_scores(model): score, group (codes from 1), weight */
static int turnbull_scores(lua_State *L)
{
  lua_settop(L, 1);
  lb_intervals y;
  const lb_model *model = check_model(L, &y);
  double *score = lbl_scratch(L, y.n, sizeof *score);
  lb_turnbull *fit = box_new(L);
  lb_error err = {0};
  if (lb_turnbull_fit(&y, NULL, fit, &err) != LB_OK) return lbl_raise(L, &err);
  lb_turnbull_scores(&fit->curve[0], &y, score);
  lua_createtable(L, 0, 2);
  lbl_set_numbers(L, "score", score, y.n);
  for (size_t i = 0; i < y.n; i++)
    score[i] = model->groups.code == NULL ? 1 : model->groups.code[i] + 1;
  lbl_set_numbers(L, "group", score, y.n);
  return 1;
}

static const luaL_Reg FUNCTIONS[] = {{"turnbull", turnbull},
                                     {"turnbull_boot", turnbull_boot},
                                     {"turnbull_scores", turnbull_scores},
                                     {NULL, NULL}};

void lbl_open_turnbull(lua_State *L)
{
  luaL_newmetatable(L, BOX);
  lua_pushcfunction(L, box_gc);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
  luaL_setfuncs(L, FUNCTIONS, 0);
}
