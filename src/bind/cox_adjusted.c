/* cox_adjusted.c - survival of a Cox fit averaged over its rows, as a Lua table. */
#include "stats/survival/cox_adjusted.h"

#include <math.h>

#include "bind/cox_box.h"

#define ADJUSTED_BOX "lobule.CoxAdjustedBox"

static int box_gc(lua_State *L)
{
  lb_cox_adjusted_reset(luaL_checkudata(L, 1, ADJUSTED_BOX));
  return 0;
}

/* The row of a level's model that each fitted row is: both list rows of the data, ascending. */
static const uint32_t *match_rows(lua_State *L, const lbl_cox *cox, const lb_model *level)
{
  const lb_model *fit = cox->model;
  uint32_t *place = lbl_scratch(L, fit->n_used, sizeof *place);
  size_t k = 0;
  for (size_t i = 0; i < fit->n_used; i++) {
    while (k < level->n_used && level->row[k] < fit->row[i]) k++;
    if (k == level->n_used || level->row[k] != fit->row[i])
      lbl_raise_argument(L, 3, "levels", "designs of the fitted rows");
    place[i] = (uint32_t)k;
  }
  if (cox->repeat.row == NULL) return place;
  uint32_t *row = lbl_scratch(L, cox->repeat.n, sizeof *row);
  for (size_t i = 0; i < cox->repeat.n; i++) row[i] = place[cox->repeat.row[i]];
  return row;
}

/* Argument 3: a list of models, the data at each level. */
static lb_cox_levels check_levels(lua_State *L, const lbl_cox *cox)
{
  lbl_check_table(L, 3, "levels");
  size_t n = lua_rawlen(L, 3);
  if (n == 0) lbl_raise_argument(L, 3, "levels", "at least one");
  lb_design *design = lbl_scratch(L, n, sizeof *design);
  const int32_t **stratum = lbl_scratch(L, n, sizeof *stratum);
  lb_cox_levels levels = {.n = n, .design = design};
  for (size_t a = 0; a < n; a++) {
    lua_rawgeti(L, 3, (lua_Integer)a + 1);
    const lb_model *level = lbl_check_model(L, -1); /* the list keeps it alive */
    lua_pop(L, 1);
    lb_model_design(level, &design[a]);
    stratum[a] = level->strata.code;
    const uint32_t *row = match_rows(L, cox, level);
    if (a == 0) levels.row = row;
    for (size_t i = 0; i < cox->y.n; i++) {
      if (row[i] != levels.row[i]) lbl_raise_argument(L, 3, "levels", "designs of the same rows");
    }
  }
  if (cox->strata.code != NULL) levels.stratum = stratum;
  return levels;
}

static const double *check_times(lua_State *L, int arg, size_t *n)
{
  lbl_check_table(L, arg, "times");
  *n = lua_rawlen(L, arg);
  double *time = lbl_scratch(L, *n, sizeof *time);
  for (size_t t = 0; t < *n; t++) {
    lua_rawgeti(L, arg, (lua_Integer)t + 1);
    time[t] = lbl_check_number(L, -1, "times");
    lua_pop(L, 1);
  }
  return time;
}

static const char *const COVARIATES[] = {"fixed", "random", NULL};

/* A list of moments: estimate, a number a level; covariance, a matrix. */
static int push_moments(lua_State *L, const lb_cox_adjusted *r)
{
  size_t n = r->n_level;
  lua_createtable(L, (int)r->n_moment, 0);
  for (size_t m = 0; m < r->n_moment; m++) {
    lua_createtable(L, 0, 2);
    lbl_set_numbers(L, "estimate", r->estimate + m * n, n);
    lbl_set_matrix(L, "covariance", r->covariance + m * n * n, n);
    lua_rawseti(L, -2, (lua_Integer)m + 1);
  }
  return 1;
}

/* cox_adjusted(model, fit, levels, times, tau, covariates): tau nil = no restricted mean. */
static int cox_adjusted(lua_State *L)
{
  lua_settop(L, 6);
  lb_cox_adjusted_options opt = {.tau = (double)NAN};
  opt.time = check_times(L, 4, &opt.n_time);
  if (!lua_isnil(L, 5)) opt.tau = lbl_check_number(L, 5, "tau");
  opt.random = lbl_check_choice(L, 6, "covariates", COVARIATES) == 1;
  lua_getfield(L, 2, "robust");
  opt.jackknife = opt.random || lua_toboolean(L, -1);
  lbl_cox *cox = lbl_cox_at(L, 1, 2);
  opt.vcov = cox->vcov;
  opt.cluster = lbl_cox_cluster(cox);
  lb_cox_levels levels = check_levels(L, cox);
  lb_cox_adjusted *out = lua_newuserdatauv(L, sizeof *out, 0);
  *out = (lb_cox_adjusted){0};
  luaL_setmetatable(L, ADJUSTED_BOX);
  lb_error err = {0};
  lb_status st = lb_cox_path_new(&cox->at, &cox->path, &err);
  if (st == LB_OK) st = lb_cox_adjusted_new(&cox->at, &cox->path, &levels, &opt, out, &err);
  if (st != LB_OK) return lbl_raise(L, &err);
  return push_moments(L, out);
}

static const luaL_Reg FUNCTIONS[] = {{"cox_adjusted", cox_adjusted}, {NULL, NULL}};

void lbl_open_cox_adjusted(lua_State *L)
{
  luaL_newmetatable(L, ADJUSTED_BOX);
  lua_pushcfunction(L, box_gc);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
  luaL_setfuncs(L, FUNCTIONS, 0);
}
