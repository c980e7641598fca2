/* rmst.c - restricted means of a model as a Lua table. */
#include "stats/survival/rmst.h"

#include "bind/bind.h"
#include "model/model.h"

#define RMST_BOX "lobule.RmstBox"

static int box_gc(lua_State *L)
{
  lb_rmst *fit = luaL_checkudata(L, 1, RMST_BOX);
  lb_rmst_reset(fit);
  *fit = (lb_rmst){0};
  return 0;
}

/* A list of { n, weight, n_event, last, ended, one_cluster, cause_event }. */
static void set_groups(lua_State *L, const lb_rmst *fit)
{
  size_t n_cause = fit->n_measure - 1;
  lua_createtable(L, (int)fit->n_groups, 0);
  for (size_t g = 0; g < fit->n_groups; g++) {
    const lb_rmst_group *group = &fit->group[g];
    lua_createtable(L, 0, 8);
    lbl_set_count(L, "n", group->n);
    lbl_set_number(L, "weight", group->weight_total);
    lbl_set_number(L, "n_event", group->event_total);
    lbl_set_number(L, "last", group->last);
    lua_pushboolean(L, group->ended);
    lua_setfield(L, -2, "ended");
    lua_pushboolean(L, group->one_cluster);
    lua_setfield(L, -2, "one_cluster");
    lbl_set_numbers(L, "cause_event", fit->cause_event + g * n_cause, n_cause);
    lua_rawseti(L, -2, (lua_Integer)g + 1);
  }
  lua_setfield(L, -2, "groups");
}

/* One measure to one horizon: { estimate, vcov, chi_square, df }. */
static void push_cell(lua_State *L, const lb_rmst *fit, size_t measure, size_t k)
{
  size_t n = fit->n_groups, cell = measure * fit->n_tau + k, df;
  double chi_square;
  lb_error err = {0};
  if (lb_rmst_equal(fit, measure, k, &chi_square, &df, &err) != LB_OK) lbl_raise(L, &err);
  lua_createtable(L, 0, 4);
  lbl_set_numbers(L, "estimate", fit->estimate + cell * n, n);
  lbl_set_matrix(L, "vcov", fit->vcov + cell * n * n, n);
  lbl_set_number(L, "chi_square", chi_square);
  lbl_set_count(L, "df", df);
}

/* measures[m][k]: the restricted mean, then the time lost to each cause. */
static void set_measures(lua_State *L, const lb_rmst *fit)
{
  lua_createtable(L, (int)fit->n_measure, 0);
  for (size_t m = 0; m < fit->n_measure; m++) {
    lua_createtable(L, (int)fit->n_tau, 0);
    for (size_t k = 0; k < fit->n_tau; k++) {
      push_cell(L, fit, m, k);
      lua_rawseti(L, -2, (lua_Integer)k + 1);
    }
    lua_rawseti(L, -2, (lua_Integer)m + 1);
  }
  lua_setfield(L, -2, "measures");
}

static lb_status fit_model(const lb_model *model, const lb_rmst_options *options, lb_rmst *out,
                           lb_error *err)
{
  if (model->counts.count != NULL) return lb_rmst_fit_counts(&model->counts, options, out, err);
  lb_surv y;
  lb_model_surv(model, &y);
  const lb_partition groups = {model->groups.code, model->groups.n};
  const lb_partition cluster = {model->cluster, model->n_cluster};
  return lb_rmst_fit(&y, groups.n == 0 ? NULL : &groups, &cluster, options, out, err);
}

/* The list at `arg` in a userdata that is pushed; nil: none. */
static const double *opt_times(lua_State *L, int arg, size_t *n)
{
  *n = 0;
  if (lua_isnil(L, arg)) return NULL;
  lbl_check_table(L, arg, "tau");
  *n = lua_rawlen(L, arg);
  double *out = lbl_scratch(L, *n, sizeof *out);
  for (size_t i = 0; i < *n; i++) {
    lua_rawgeti(L, arg, (lua_Integer)i + 1);
    out[i] = lbl_check_number(L, -1, "tau");
    lua_pop(L, 1);
  }
  return out;
}

/* rmst(model, from, tau, robust) */
static int rmst(lua_State *L)
{
  lua_settop(L, 4);
  const lb_model *model = lbl_check_model(L, 1);
  lbl_refuse_strata(L, model);
  lb_rmst_options options = {.from = lbl_check_number(L, 2, "from"),
                             .robust = lua_toboolean(L, 4) == 1};
  options.tau = opt_times(L, 3, &options.n_tau);
  lb_rmst *fit = lua_newuserdatauv(L, sizeof *fit, 0);
  *fit = (lb_rmst){0};
  luaL_setmetatable(L, RMST_BOX);
  lb_error err = {0};
  if (fit_model(model, &options, fit, &err) != LB_OK) return lbl_raise(L, &err);
  lua_createtable(L, 0, 6);
  lbl_set_numbers(L, "tau", fit->tau, fit->n_tau);
  lua_pushboolean(L, fit->robust);
  lua_setfield(L, -2, "robust");
  set_groups(L, fit);
  set_measures(L, fit);
  return 1;
}

static const luaL_Reg FUNCTIONS[] = {{"rmst", rmst}, {NULL, NULL}};

void lbl_open_rmst(lua_State *L)
{
  luaL_newmetatable(L, RMST_BOX);
  lua_pushcfunction(L, box_gc);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
  luaL_setfuncs(L, FUNCTIONS, 0);
}
