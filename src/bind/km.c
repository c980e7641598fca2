/* km.c - the KMFit object: Kaplan-Meier curves as frames, quantiles, and values at given times. */
#include "stats/survival/km_robust.h"

#include <math.h>
#include <string.h>

#include "bind/bind.h"
#include "model/model.h"

static const lb_km *check_km(lua_State *L, int arg)
{
  lb_km *km = luaL_testudata(L, arg, LBL_KM);
  if (km == NULL) lbl_raise_argument(L, arg, "fit", "a Kaplan-Meier fit");
  return km;
}

/* The curve of group number `arg`. */
static const lb_km_curve *check_curve(lua_State *L, int arg)
{
  const lb_km *km = check_km(L, 1);
  return &km->curve[lbl_check_position(L, arg, "g", km->n_groups)];
}

static int km_close(lua_State *L)
{
  lb_km *km = luaL_checkudata(L, 1, LBL_KM);
  lb_km_reset(km);
  *km = (lb_km){0};
  return 0;
}

static int km_gc(lua_State *L)
{
  km_close(L);
  lbl_unbox(L);
  return 0;
}

static size_t km_bytes(const lb_km *km)
{
  size_t n = 0;
  for (size_t g = 0; g < km->n_groups; g++) n += 8 * km->curve[g].n_time + 2 * km->curve[g].n_entry;
  return n * sizeof(double);
}

/* In the order of lb_km_conf. */
static const char *const CONF_TYPES[] = {"log-log", "log",      "plain", "logit",
                                         "arcsine", "log-peto", NULL};

/* In the order of lb_km_type and lb_km_lower. */
static const char *const TYPES[] = {"kaplan-meier", "nelson-aalen", "fh2", NULL};
static const char *const LOWERS[] = {"usual", "peto", "modified", NULL};

/* A word of the table at `index`, or the first of them. */
static int choice_of(lua_State *L, int index, const char *name, const char *const *words)
{
  int got = 0;
  if (lua_getfield(L, index, name) != LUA_TNIL) got = lbl_check_choice(L, -1, name, words);
  lua_pop(L, 1);
  return got;
}

static void check_more(lua_State *L, int index, lb_km_options *options)
{
  if (lua_isnil(L, index)) return;
  lbl_check_table(L, index, "options");
  options->type = (lb_km_type)choice_of(L, index, "type", TYPES);
  options->conf_lower = (lb_km_lower)choice_of(L, index, "conf_lower", LOWERS);
  if (lua_getfield(L, index, "start_time") != LUA_TNIL)
    options->start_time = lbl_check_number(L, -1, "start_time");
  lua_getfield(L, index, "weight_type");
  const char *weight_type = lua_tostring(L, -1);
  options->case_weights = weight_type != NULL && strcmp(weight_type, "case") == 0;
  lua_pop(L, 2);
}

static lb_status fit_robust(const lb_model *model, const lb_surv *y, const lb_partition *groups,
                            const lb_km_options *options, lb_km *out, lb_error *err)
{
  const lb_partition cluster = {model->cluster, model->n_cluster};
  return lb_km_robust_fit(y, groups, &cluster, options, out, err);
}

static lb_status fit_model(const lb_model *model, const lb_km_options *options, bool robust,
                           lb_km *out, lb_error *err)
{
  if (model->counts.count != NULL) return lb_km_fit_counts(&model->counts, options, out, err);
  lb_surv y;
  lb_model_surv(model, &y);
  const lb_partition groups = {model->groups.code, model->groups.n};
  const lb_partition *by = groups.n == 0 ? NULL : &groups;
  return robust ? fit_robust(model, &y, by, options, out, err)
                : lb_km_fit(&y, by, options, out, err);
}

/* km(model, conf_level, conf_type, robust, options); clusters of the model make it robust */
static int km(lua_State *L)
{
  lua_settop(L, 5);
  const lb_model *model = lbl_check_model(L, 1);
  lbl_refuse_strata(L, model);
  lb_km_options options = LB_KM_DEFAULTS;
  options.conf_level = lbl_check_number(L, 2, "conf_level");
  options.conf_type = (lb_km_conf)lbl_check_choice(L, 3, "conf_type", CONF_TYPES);
  check_more(L, 5, &options);
  bool robust = lua_toboolean(L, 4);
  if (robust && model->counts.count != NULL)
    lbl_raise_argument(L, 1, "model", "a model of kind \"groups\"");
  lb_km *out = lbl_box(L, LBL_KM, sizeof *out, 0);
  lb_error err = {0};
  if (fit_model(model, &options, robust || model->cluster != NULL, out, &err) != LB_OK)
    return lbl_raise(L, &err);
  lbl_account(L, km_bytes(out));
  return 1;
}

static lb_status curve_frame(const lb_km_curve *c, lb_frame **out, lb_error *err)
{
  const struct {
    const char *name;
    const double *values;
  } columns[] = {{"time", c->time},         {"n_risk", c->n_risk},      {"n_event", c->n_event},
                 {"n_censor", c->n_censor}, {"survival", c->survival},  {"std_error", c->std_error},
                 {"conf_low", c->conf_low}, {"conf_high", c->conf_high}};
  lb_status status = lb_frame_new(c->n_time, NULL, out, err);
  for (size_t i = 0; status == LB_OK && i < sizeof columns / sizeof columns[0]; i++)
    status = lbl_frame_add_real(*out, columns[i].name, columns[i].values, c->n_time, err);
  return status;
}

/* fit:curve(g) */
static int km_curve(lua_State *L)
{
  lua_settop(L, 2);
  const lb_km_curve *curve = check_curve(L, 2);
  lb_frame **out = lbl_frame_box(L);
  lb_error err = {0};
  if (curve_frame(curve, out, &err) != LB_OK) return lbl_raise(L, &err);
  lbl_account(L, 8 * curve->n_time * sizeof(double));
  return 1;
}

static void push_reached(lua_State *L, double time)
{
  if (isnan(time))
    lua_pushnil(L);
  else
    lua_pushnumber(L, time);
}

/* fit:quantile(g, prob) */
static int km_quantile(lua_State *L)
{
  lua_settop(L, 3);
  const lb_km_curve *curve = check_curve(L, 2);
  double prob = lbl_check_number(L, 3, "prob");
  double time, low, high;
  lb_error err = {0};
  if (lb_km_quantile(curve, prob, &time, &low, &high, &err) != LB_OK) return lbl_raise(L, &err);
  push_reached(L, time);
  push_reached(L, low);
  push_reached(L, high);
  return 3;
}

/* Columns of a table of values at given times. */
enum { TIME, N_RISK, N_EVENT, N_CENSOR, SURVIVAL, STD_ERROR, CONF_LOW, CONF_HIGH, N_AT };
static const char *const AT_NAMES[N_AT] = {"time",     "n_risk",    "n_event",  "n_censor",
                                           "survival", "std_error", "conf_low", "conf_high"};

/* Fills rows of the table; at[TIME] holds the n times. */
static lb_status fill_at(const lb_km_curve *curve, double *at[N_AT], size_t n, lb_error *err)
{
  lb_status status = lb_km_table(curve, at[TIME], n, at[N_RISK], at[N_EVENT], at[N_CENSOR], err);
  if (status != LB_OK) return status;
  for (size_t i = 0; i < n; i++) {
    lb_km_point point;
    lb_km_at(curve, at[TIME][i], &point);
    at[SURVIVAL][i] = point.survival;
    at[STD_ERROR][i] = point.std_error;
    at[CONF_LOW][i] = point.conf_low;
    at[CONF_HIGH][i] = point.conf_high;
  }
  return LB_OK;
}

/* fit:at(g, times) */
static int km_at(lua_State *L)
{
  lua_settop(L, 3);
  const lb_km_curve *curve = check_curve(L, 2);
  lbl_check_table(L, 3, "times");
  size_t n = lua_rawlen(L, 3);
  double *at[N_AT];
  at[0] = lbl_scratch(L, n, N_AT * sizeof(double));
  for (size_t j = 1; j < N_AT; j++) at[j] = at[0] + j * n;
  for (size_t i = 0; i < n; i++) {
    lua_rawgeti(L, 3, (lua_Integer)i + 1);
    at[TIME][i] = lbl_check_number(L, -1, "times");
    lua_pop(L, 1);
  }
  lb_error err = {0};
  lb_frame **out = lbl_frame_box(L);
  if (fill_at(curve, at, n, &err) != LB_OK) return lbl_raise(L, &err);
  if (lb_frame_new(n, NULL, out, &err) != LB_OK) return lbl_raise(L, &err);
  for (size_t j = 0; j < N_AT; j++)
    if (lbl_frame_add_real(*out, AT_NAMES[j], at[j], n, &err) != LB_OK) return lbl_raise(L, &err);
  return 1;
}

/* fit:count(g) */
static int km_count(lua_State *L)
{
  lua_settop(L, 2);
  const lb_km_curve *curve = check_curve(L, 2);
  lua_pushinteger(L, (lua_Integer)curve->n);
  lua_pushnumber(L, curve->event_total);
  lua_pushnumber(L, curve->weight_total);
  lua_pushboolean(L, curve->one_cluster);
  return 4;
}

/* fit:before() */
static int km_before(lua_State *L)
{
  lua_settop(L, 1);
  lua_pushinteger(L, (lua_Integer)check_km(L, 1)->n_before);
  return 1;
}

static int km_tostring(lua_State *L)
{
  const lb_km *fit = check_km(L, 1);
  lua_pushfstring(L, "Kaplan-Meier fit of %I groups and %I rows", (LUAI_UACINT)fit->n_groups,
                  (LUAI_UACINT)fit->n_used);
  return 1;
}

static const luaL_Reg METHODS[] = {
    {"curve", km_curve},   {"quantile", km_quantile}, {"at", km_at}, {"count", km_count},
    {"before", km_before}, {"band", lbl_km_band},     {NULL, NULL}};
static const luaL_Reg METAMETHODS[] = {
    {"__gc", km_gc}, {"__close", km_close}, {"__tostring", km_tostring}, {NULL, NULL}};
static const luaL_Reg FUNCTIONS[] = {{"km", km}, {NULL, NULL}};

void lbl_open_km(lua_State *L)
{
  lbl_new_class(L, LBL_KM, "km_fit", METHODS, METAMETHODS);
  luaL_setfuncs(L, FUNCTIONS, 0);
}
