/* cuminc.c - the CumIncFit object: cumulative incidence of causes as frames, quantiles, values at
 * given times. */
#include "stats/survival/cuminc.h"

#include <math.h>

#include "bind/cox_box.h"

typedef struct cuminc_box {
  lb_cuminc fit;
  lb_km_curve fall; /* of the call that runs */
} cuminc_box;

static cuminc_box *check_box(lua_State *L, int arg)
{
  cuminc_box *box = luaL_testudata(L, arg, LBL_CUMINC);
  if (box == NULL) lbl_raise_argument(L, arg, "fit", "a fit of cumulative incidence");
  return box;
}

/* Group and cause of arguments 2 and 3. */
static cuminc_box *check_place(lua_State *L, size_t *group, size_t *cause)
{
  cuminc_box *box = check_box(L, 1);
  *group = lbl_check_position(L, 2, "g", box->fit.any.n_groups);
  *cause = lbl_check_position(L, 3, "cause", box->fit.n_cause);
  return box;
}

/* Limits of a group, computed when first asked for. */
static void need_limits(lua_State *L, cuminc_box *box, size_t group)
{
  lb_error err = {0};
  const lb_km_curve *any = &box->fit.any.curve[group];
  size_t bytes = (3 + 2 * box->fit.n_cause) * any->n_time * sizeof(double);
  if (box->fit.curve[group].conf_low != NULL) return;
  if (lb_cuminc_limits(&box->fit, group, &err) != LB_OK) lbl_raise(L, &err);
  lbl_account(L, bytes);
}

/* The falling curve of the place, held by the box until the next call. */
static const lb_km_curve *fall_of(lua_State *L, size_t *group, size_t *cause)
{
  lb_error err = {0};
  cuminc_box *box = check_place(L, group, cause);
  need_limits(L, box, *group);
  lb_cuminc_fall_reset(&box->fall);
  if (lb_cuminc_fall(&box->fit, *group, *cause, &box->fall, &err) != LB_OK) lbl_raise(L, &err);
  return &box->fall;
}

static int cuminc_close(lua_State *L)
{
  cuminc_box *box = luaL_checkudata(L, 1, LBL_CUMINC);
  lb_cuminc_fall_reset(&box->fall);
  lb_cuminc_reset(&box->fit);
  *box = (cuminc_box){0};
  return 0;
}

static int cuminc_gc(lua_State *L)
{
  cuminc_close(L);
  lbl_unbox(L);
  return 0;
}

static size_t cuminc_bytes(const lb_cuminc *fit)
{
  size_t n = 0;
  for (size_t g = 0; g < fit->any.n_groups; g++) {
    const lb_km_curve *any = &fit->any.curve[g];
    n += (5 + 3 * fit->n_cause) * any->n_time + 2 * any->n_entry; /* limits wait */
  }
  return n * sizeof(double);
}

/* In the order of lb_km_conf, without Peto's, and of lb_cuminc_variance. */
static const char *const CONF_TYPES[] = {"log-log", "log", "plain", "logit", "arcsine", NULL};
static const char *const VARIANCES[] = {"greenwood", "aalen", "jackknife", NULL};

static lb_status fit_model(const lb_model *model, const lb_cuminc_options *options, lb_cuminc *out,
                           lb_error *err)
{
  if (model->counts.count != NULL) return lb_cuminc_fit_counts(&model->counts, options, out, err);
  lb_surv y;
  lb_model_surv(model, &y);
  const lb_partition groups = {model->groups.code, model->groups.n};
  const lb_partition cluster = {model->cluster, model->n_cluster};
  return lb_cuminc_fit(&y, groups.n == 0 ? NULL : &groups, &cluster, options, out, err);
}

/* cuminc(model, conf_level, conf_type, variance) */
static int cuminc(lua_State *L)
{
  lua_settop(L, 4);
  const lb_model *model = lbl_check_model(L, 1);
  lbl_refuse_strata(L, model);
  lb_cuminc_options options = LB_CUMINC_DEFAULTS;
  options.conf_level = lbl_check_number(L, 2, "conf_level");
  options.conf_type = (lb_km_conf)lbl_check_choice(L, 3, "conf_type", CONF_TYPES);
  options.variance = (lb_cuminc_variance)lbl_check_choice(L, 4, "variance", VARIANCES);
  cuminc_box *box = lbl_box(L, LBL_CUMINC, sizeof *box, 0);
  lb_error err = {0};
  if (fit_model(model, &options, &box->fit, &err) != LB_OK) return lbl_raise(L, &err);
  lbl_account(L, cuminc_bytes(&box->fit));
  return 1;
}

typedef struct named {
  const char *name;
  const double *values;
} named;

/* A frame of n_column real columns of n values, NA for NaN, pushed. */
static void push_columns(lua_State *L, const named *columns, size_t n_column, size_t n)
{
  lb_error err = {0};
  lb_frame **out = lbl_frame_box(L);
  if (lb_frame_new(n, NULL, out, &err) != LB_OK) lbl_raise(L, &err);
  for (size_t i = 0; i < n_column; i++) {
    const lbl_cells cells = {.value = columns[i].values, .stride = 1, .n = n, .n_rows = n};
    if (lbl_frame_add_cells(*out, columns[i].name, cells, &err) != LB_OK) lbl_raise(L, &err);
  }
  lbl_account(L, n_column * n * sizeof(double));
}

/* fit:curve(g, cause) */
static int cuminc_curve(lua_State *L)
{
  lua_settop(L, 3);
  size_t group, cause;
  cuminc_box *box = check_place(L, &group, &cause);
  need_limits(L, box, group);
  const lb_km_curve *any = &box->fit.any.curve[group];
  const lb_cuminc_curve *c = &box->fit.curve[group];
  size_t first = cause * any->n_time;
  const named columns[] = {
      {"time", any->time},
      {"n_risk", any->n_risk},
      {"n_event", c->n_event + first},
      {"n_censor", any->n_censor},
      {"estimate", c->estimate + first},
      {"std_error", c->std_error + first},
      {"conf_low", c->conf_low + first},
      {"conf_high", c->conf_high + first},
  };
  push_columns(L, columns, sizeof columns / sizeof columns[0], any->n_time);
  return 1;
}

/* fit:event_free(g) */
static int cuminc_event_free(lua_State *L)
{
  lua_settop(L, 2);
  cuminc_box *box = check_box(L, 1);
  size_t group = lbl_check_position(L, 2, "g", box->fit.any.n_groups);
  need_limits(L, box, group);
  const lb_km_curve *c = &box->fit.any.curve[group];
  const named columns[] = {{"time", c->time},         {"n_risk", c->n_risk},
                           {"n_event", c->n_event},   {"n_censor", c->n_censor},
                           {"estimate", c->survival}, {"std_error", c->std_error},
                           {"conf_low", c->conf_low}, {"conf_high", c->conf_high}};
  push_columns(L, columns, sizeof columns / sizeof columns[0], c->n_time);
  return 1;
}

static void push_reached(lua_State *L, double time)
{
  if (isnan(time))
    lua_pushnil(L);
  else
    lua_pushnumber(L, time);
}

/* fit:quantile(g, cause, prob) */
static int cuminc_quantile(lua_State *L)
{
  lua_settop(L, 4);
  size_t group, cause;
  double prob = lbl_check_number(L, 4, "prob"), time, low, high;
  const lb_km_curve *fall = fall_of(L, &group, &cause);
  lb_error err = {0};
  if (lb_km_quantile(fall, prob, &time, &low, &high, &err) != LB_OK) return lbl_raise(L, &err);
  push_reached(L, time);
  push_reached(L, low);
  push_reached(L, high);
  return 3;
}

/* Columns of a table of values at given times. */
enum { TIME, N_RISK, N_EVENT, N_CENSOR, ESTIMATE, STD_ERROR, CONF_LOW, CONF_HIGH, N_AT };
static const char *const AT_NAMES[N_AT] = {"time",     "n_risk",    "n_event",  "n_censor",
                                           "estimate", "std_error", "conf_low", "conf_high"};

/* Numbers at risk and censored are those of all causes, events those of this one. */
static lb_status fill_at(const cuminc_box *box, size_t group, size_t cause, double *at[N_AT],
                         size_t n, lb_error *err)
{
  const lb_cuminc *fit = &box->fit;
  lb_km_curve mine = fit->any.curve[group];
  lb_status st = lb_km_table(&mine, at[TIME], n, at[N_RISK], at[N_EVENT], at[N_CENSOR], err);
  mine.n_event = fit->curve[group].n_event + cause * mine.n_time;
  if (st == LB_OK)
    st = lb_km_table(&mine, at[TIME], n, at[ESTIMATE], at[N_EVENT], at[STD_ERROR], err);
  for (size_t i = 0; st == LB_OK && i < n; i++) {
    lb_km_point point;
    lb_cuminc_at(fit, group, cause, at[TIME][i], &point);
    at[ESTIMATE][i] = point.survival;
    at[STD_ERROR][i] = point.std_error;
    at[CONF_LOW][i] = point.conf_low;
    at[CONF_HIGH][i] = point.conf_high;
  }
  return st;
}

/* fit:at(g, cause, times) */
static int cuminc_at(lua_State *L)
{
  lua_settop(L, 4);
  size_t group, cause;
  const cuminc_box *box = check_place(L, &group, &cause);
  lbl_check_table(L, 4, "times");
  size_t n = lua_rawlen(L, 4);
  double *at[N_AT];
  at[0] = lbl_scratch(L, n, N_AT * sizeof(double));
  for (size_t j = 1; j < N_AT; j++) at[j] = at[0] + j * n;
  for (size_t i = 0; i < n; i++) {
    lua_rawgeti(L, 4, (lua_Integer)i + 1);
    at[TIME][i] = lbl_check_number(L, -1, "times");
    lua_pop(L, 1);
  }
  lb_error err = {0};
  if (fill_at(box, group, cause, at, n, &err) != LB_OK) return lbl_raise(L, &err);
  named columns[N_AT];
  for (size_t j = 0; j < N_AT; j++) columns[j] = (named){AT_NAMES[j], at[j]};
  push_columns(L, columns, N_AT, n);
  return 1;
}

/* fit:count(g, cause) */
static int cuminc_count(lua_State *L)
{
  lua_settop(L, 3);
  size_t group, cause;
  const cuminc_box *box = check_place(L, &group, &cause);
  const lb_km_curve *any = &box->fit.any.curve[group];
  double events = 0;
  for (size_t i = 0; i < any->n_time; i++)
    events += box->fit.curve[group].n_event[cause * any->n_time + i];
  lua_pushinteger(L, (lua_Integer)any->n);
  lua_pushnumber(L, events);
  return 2;
}

/* fit:last(g): the last time, nil without rows, and whether nobody was left event-free then */
static int cuminc_last(lua_State *L)
{
  lua_settop(L, 2);
  const lb_cuminc *fit = &check_box(L, 1)->fit;
  const lb_km_curve *c = &fit->any.curve[lbl_check_position(L, 2, "g", fit->any.n_groups)];
  if (c->n_time == 0) return 0;
  lua_pushnumber(L, c->time[c->n_time - 1]);
  lua_pushboolean(L, c->survival[c->n_time - 1] == 0);
  return 2;
}

static int cuminc_tostring(lua_State *L)
{
  const lb_cuminc *fit = &check_box(L, 1)->fit;
  lua_pushfstring(L, "cumulative incidence of %I causes in %I groups and %I rows",
                  (LUAI_UACINT)fit->n_cause, (LUAI_UACINT)fit->any.n_groups,
                  (LUAI_UACINT)fit->any.n_used);
  return 1;
}

static const luaL_Reg METHODS[] = {{"curve", cuminc_curve},
                                   {"event_free", cuminc_event_free},
                                   {"quantile", cuminc_quantile},
                                   {"at", cuminc_at},
                                   {"count", cuminc_count},
                                   {"last", cuminc_last},
                                   {NULL, NULL}};
static const luaL_Reg METAMETHODS[] = {
    {"__gc", cuminc_gc}, {"__close", cuminc_close}, {"__tostring", cuminc_tostring}, {NULL, NULL}};
static const luaL_Reg FUNCTIONS[] = {{"cuminc", cuminc}, {NULL, NULL}};

void lbl_open_cuminc(lua_State *L)
{
  lbl_new_class(L, LBL_CUMINC, "cuminc_fit", METHODS, METAMETHODS);
  luaL_setfuncs(L, FUNCTIONS, 0);
}
