/* pool.c - pooled study estimates and proportions as Lua tables. */
#include "bind/bind.h"
#include "stats/meta/pool_proportion.h"

#define POOL_BOX "lobule.PoolBox"

static const char *const SCALES[] = {"logit", "freeman-tukey", "arcsine", NULL};
static const lb_pool_scale CODES[] = {LB_POOL_LOGIT, LB_POOL_FREEMAN_TUKEY, LB_POOL_ARCSINE};

static int box_gc(lua_State *L)
{
  lb_pool_proportions_reset(luaL_checkudata(L, 1, POOL_BOX));
  return 0;
}

static lb_pool_proportions *new_box(lua_State *L)
{
  lb_pool_proportions *fit = lua_newuserdatauv(L, sizeof *fit, 0);
  *fit = (lb_pool_proportions){0};
  luaL_setmetatable(L, POOL_BOX);
  return fit;
}

/* A list of numbers as an array in a userdata pushed on the stack. */
static double *check_numbers(lua_State *L, int arg, const char *name, size_t *n)
{
  lbl_check_table(L, arg, name);
  *n = lua_rawlen(L, arg);
  double *values = lbl_scratch(L, *n, sizeof *values);
  for (size_t i = 0; i < *n; i++) {
    lua_rawgeti(L, arg, (lua_Integer)i + 1);
    values[i] = lbl_check_number(L, -1, name);
    lua_pop(L, 1);
  }
  return values;
}

static double *check_second(lua_State *L, int arg, const char *name, size_t k)
{
  size_t n;
  double *values = check_numbers(L, arg, name, &n);
  if (n != k) lbl_raise_argument(L, arg, name, "a list as long as the first");
  return values;
}

static lb_pool_options check_options(lua_State *L, int conf_level, int hartung_knapp)
{
  return (lb_pool_options){.conf_level = lbl_check_number(L, conf_level, "conf_level"),
                           .hartung_knapp = lua_toboolean(L, hartung_knapp)};
}

static void push_mean(lua_State *L, const char *name, const lb_pool_mean *mean)
{
  lua_createtable(L, 0, 6);
  lbl_set_number(L, "estimate", mean->estimate);
  lbl_set_number(L, "std_error", mean->std_error);
  lbl_set_number(L, "statistic", mean->statistic);
  lbl_set_number(L, "p_value", mean->p_value);
  lbl_set_number(L, "conf_low", mean->conf_low);
  lbl_set_number(L, "conf_high", mean->conf_high);
  lua_setfield(L, -2, name);
}

static void push_pool(lua_State *L, const lb_pool *pool)
{
  lua_createtable(L, 0, 24);
  lbl_set_count(L, "k", pool->k);
  lbl_set_numbers(L, "weight_fixed", pool->weight_fixed, pool->k);
  lbl_set_numbers(L, "weight_random", pool->weight_random, pool->k);
  push_mean(L, "fixed", &pool->fixed);
  push_mean(L, "random", &pool->random);
  lbl_set_number(L, "q", pool->q);
  lbl_set_number(L, "q_p_value", pool->q_p_value);
  lbl_set_number(L, "tau2", pool->tau2);
  lbl_set_number(L, "h", pool->h);
  lbl_set_number(L, "h_low", pool->h_low);
  lbl_set_number(L, "h_high", pool->h_high);
  lbl_set_number(L, "i2", pool->i2);
  lbl_set_number(L, "i2_low", pool->i2_low);
  lbl_set_number(L, "i2_high", pool->i2_high);
  lbl_set_number(L, "predict_low", pool->predict_low);
  lbl_set_number(L, "predict_high", pool->predict_high);
}

/* pool(y, v, conf_level, hartung_knapp) */
static int pool_effects(lua_State *L)
{
  lua_settop(L, 4);
  const lb_pool_options options = check_options(L, 3, 4);
  size_t k;
  double *y = check_numbers(L, 1, "y", &k);
  double *v = check_second(L, 2, "v", k);
  lb_pool_proportions *fit = new_box(L);
  lb_error err = {0};
  if (lb_pool_effects(y, v, k, &options, &fit->pool, &err) != LB_OK) return lbl_raise(L, &err);
  push_pool(L, &fit->pool);
  return 1;
}

static void push_proportion(lua_State *L, const char *name, const lb_pooled_proportion *pooled)
{
  lua_createtable(L, 0, 3);
  lbl_set_number(L, "estimate", pooled->estimate);
  lbl_set_number(L, "conf_low", pooled->conf_low);
  lbl_set_number(L, "conf_high", pooled->conf_high);
  lua_setfield(L, -2, name);
}

/* pool_proportions(x, n, scale, conf_level, hartung_knapp) */
static int pool_proportions(lua_State *L)
{
  lua_settop(L, 5);
  const lb_pool_scale scale = CODES[lbl_check_choice(L, 3, "scale", SCALES)];
  const lb_pool_options options = check_options(L, 4, 5);
  lb_pool_counts studies;
  studies.x = check_numbers(L, 1, "x", &studies.k);
  studies.n = check_second(L, 2, "n", studies.k);
  lb_pool_proportions *fit = new_box(L);
  lb_error err = {0};
  if (lb_pool_proportions_fit(&studies, scale, &options, fit, &err) != LB_OK)
    return lbl_raise(L, &err);
  push_pool(L, &fit->pool);
  lbl_set_numbers(L, "effect", fit->effect, studies.k);
  lbl_set_numbers(L, "variance", fit->variance, studies.k);
  lbl_set_flags(L, "adjusted", fit->adjusted, studies.k);
  lbl_set_number(L, "harmonic_n", fit->harmonic_n);
  push_proportion(L, "proportion_fixed", &fit->fixed);
  push_proportion(L, "proportion_random", &fit->random);
  lua_createtable(L, 0, 2);
  lbl_set_number(L, "conf_low", fit->predict_low);
  lbl_set_number(L, "conf_high", fit->predict_high);
  lua_setfield(L, -2, "proportion_predicted");
  return 1;
}

/* pool_back(value, n, scale) */
static int pool_back(lua_State *L)
{
  lua_settop(L, 3);
  double value = lbl_check_number(L, 1, "value");
  double n = lbl_check_number(L, 2, "n");
  const lb_pool_scale scale = CODES[lbl_check_choice(L, 3, "scale", SCALES)];
  lua_pushnumber(L, lb_pool_proportion_back(value, n, scale));
  return 1;
}

static const luaL_Reg FUNCTIONS[] = {{"pool", pool_effects},
                                     {"pool_proportions", pool_proportions},
                                     {"pool_back", pool_back},
                                     {NULL, NULL}};

void lbl_open_pool(lua_State *L)
{
  luaL_newmetatable(L, POOL_BOX);
  lua_pushcfunction(L, box_gc);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
  luaL_setfuncs(L, FUNCTIONS, 0);
}
