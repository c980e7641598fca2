/* multistate.c - the StateFit object: probabilities of states as frames, expected times,
 * transition probabilities. */
#include <math.h>

#include "base/mem.h"
#include "bind/cox_box.h"
#include "bind/multistate_box.h"

static const lb_aj *check_fit(lua_State *L, int arg)
{
  lb_aj *fit = luaL_testudata(L, arg, LBL_AJ);
  if (fit == NULL) lbl_raise_argument(L, arg, "fit", "a fit of state probabilities");
  return fit;
}

static int fit_close(lua_State *L)
{
  lb_aj *fit = luaL_checkudata(L, 1, LBL_AJ);
  lb_aj_reset(fit);
  return 0;
}

static int fit_gc(lua_State *L)
{
  fit_close(L);
  lbl_unbox(L);
  return 0;
}

static size_t fit_bytes(const lb_aj *fit)
{
  size_t n = 0;
  for (size_t g = 0; g < fit->n_group; g++) {
    const lb_aj_curve *c = &fit->curve[g];
    n += c->n_spell * (sizeof *c->spell + sizeof *c->jump);
    n += c->n_time * (2 + 7 * fit->n_state) * sizeof(double);
  }
  return n;
}

/* In the order of lb_km_conf, without Peto's, and of lb_aj_variance. */
static const char *const CONF_TYPES[] = {"log-log", "log", "plain", "logit", "arcsine", NULL};
static const char *const VARIANCES[] = {"jackknife", "greenwood", "aalen", NULL};

/* A list of n numbers in field `name`, in a userdata pushed; NULL when nil. */
static const double *opt_numbers(lua_State *L, const char *name, size_t n)
{
  lua_getfield(L, 2, name);
  if (lua_isnil(L, -1)) return NULL;
  int list = lua_gettop(L);
  lbl_check_table(L, list, name);
  double *out = lbl_scratch(L, n, sizeof *out);
  for (size_t i = 0; i < n; i++) {
    lua_rawgeti(L, list, (lua_Integer)i + 1);
    out[i] = lbl_check_number(L, -1, name);
    lua_pop(L, 1);
  }
  return out;
}

/* conf_level, conf_type, variance, start_time, landmark, p0, frequency of the table at 2. */
static lb_aj_options check_options(lua_State *L, size_t n_state)
{
  lb_aj_options opt = LB_AJ_DEFAULTS;
  lbl_check_table(L, 2, "options");
  lua_getfield(L, 2, "conf_level");
  opt.conf_level = lbl_check_number(L, -1, "conf_level");
  lua_getfield(L, 2, "conf_type");
  opt.conf_type = (lb_km_conf)lbl_check_choice(L, -1, "conf_type", CONF_TYPES);
  lua_getfield(L, 2, "variance");
  opt.variance = (lb_aj_variance)lbl_check_choice(L, -1, "variance", VARIANCES);
  lua_getfield(L, 2, "start_time");
  if (!lua_isnil(L, -1)) opt.start_time = lbl_check_number(L, -1, "start_time");
  lua_getfield(L, 2, "landmark");
  if (!lua_isnil(L, -1))
    opt.landmark = (int32_t)lbl_check_position(L, lua_gettop(L), "landmark", n_state);
  opt.p0 = opt_numbers(L, "p0", n_state);
  lua_getfield(L, 2, "frequency");
  opt.frequency = lua_toboolean(L, -1);
  return opt;
}

/* multistate(histories, options) */
static int multistate(lua_State *L)
{
  lua_settop(L, 2);
  const lbl_histories *box = lbl_check_histories(L, 1);
  const lb_model *m = box->model;
  lb_aj_options opt = check_options(L, box->history.n_state);
  const lb_aj_data data = {.moves = &box->moves,
                           .history = &box->history,
                           .weight = m->weight,
                           .groups = {m->groups.code, m->groups.n},
                           .cluster = {box->cluster, box->n_cluster}};
  lb_aj *fit = lbl_box(L, LBL_AJ, sizeof *fit, 0);
  lb_error err = {0};
  if (lb_aj_fit(&data, &opt, fit, &err) != LB_OK) return lbl_raise(L, &err);
  lbl_account(L, fit_bytes(fit));
  return 1;
}

/* ---- Frames ---- */

typedef struct lbl_strided {
  const char *name;
  const double *values;
  size_t stride;
} lbl_strided;

static void push_strided(lua_State *L, const lbl_strided *columns, size_t n_column, size_t n)
{
  lb_error err = {0};
  lb_frame **out = lbl_frame_box(L);
  if (lb_frame_new(n, NULL, out, &err) != LB_OK) lbl_raise(L, &err);
  for (size_t i = 0; i < n_column; i++) {
    const lbl_cells cells = {columns[i].values, columns[i].stride, n, n, NULL};
    if (lbl_frame_add_cells(*out, columns[i].name, cells, &err) != LB_OK) lbl_raise(L, &err);
  }
  lbl_account(L, n_column * n * sizeof(double));
}

void lbl_push_named(lua_State *L, const lbl_named *columns, size_t n_column, size_t n)
{
  lbl_strided *strided = lbl_scratch(L, n_column, sizeof *strided);
  for (size_t i = 0; i < n_column; i++)
    strided[i] = (lbl_strided){columns[i].name, columns[i].values, 1};
  push_strided(L, strided, n_column, n);
}

static const lb_aj_curve *check_curve(lua_State *L, size_t *group)
{
  const lb_aj *fit = check_fit(L, 1);
  *group = lbl_check_position(L, 2, "g", fit->n_group);
  return &fit->curve[*group];
}

/* fit:curve(g, state) */
static int fit_curve(lua_State *L)
{
  lua_settop(L, 3);
  size_t g, k = check_fit(L, 1)->n_state;
  const lb_aj_curve *c = check_curve(L, &g);
  size_t s = lbl_check_position(L, 3, "state", k);
  const lbl_strided columns[] = {
      {"time", c->time, 1},
      {"n_risk", c->n_risk + s, k},
      {"n_event", c->n_event_into + s, k},
      {"n_censor", c->n_censor + s, k},
      {"estimate", c->estimate + s, k},
      {"std_error", c->std_error + s, k},
      {"conf_low", c->conf_low + s, k},
      {"conf_high", c->conf_high + s, k},
  };
  push_strided(L, columns, sizeof columns / sizeof columns[0], c->n_time);
  return 1;
}

double *lbl_check_times(lua_State *L, int arg, size_t *n)
{
  lbl_check_table(L, arg, "times");
  *n = lua_rawlen(L, arg);
  double *time = lbl_scratch(L, *n, sizeof *time);
  for (size_t i = 0; i < *n; i++) {
    lua_rawgeti(L, arg, (lua_Integer)i + 1);
    time[i] = lbl_check_number(L, -1, "times");
    lua_pop(L, 1);
  }
  return time;
}

enum { AT_TIME, AT_RISK, AT_EVENT, AT_CENSOR, AT_ESTIMATE, AT_SE, AT_LOW, AT_HIGH, N_AT };
static const char *const AT_NAMES[N_AT] = {"time",     "n_risk",    "n_event",  "n_censor",
                                           "estimate", "std_error", "conf_low", "conf_high"};

/* Weight at risk in state s just before a time; at the start, where nobody was before, those who
 * begin there. */
static double risk_before(const lb_aj_curve *c, size_t s, double time, double start)
{
  double sum = 0;
  for (size_t i = 0; i < c->n_spell; i++) {
    const lb_aj_spell *spell = &c->spell[i];
    bool entered = spell->entry < time || (time <= start && spell->entry == time);
    bool there = (size_t)spell->from == s && entered && spell->time >= time;
    sum += there ? spell->weight : 0;
  }
  return sum;
}

/* The step of state s at or before each time; events and censored since the time before. */
static void fill_at(const lb_aj *fit, const lb_aj_curve *c, size_t s, double *at[N_AT], size_t n)
{
  size_t k = fit->n_state, done = 0;
  double start = fmax(0, fit->options.start_time);
  for (size_t i = 0; i < n; i++) {
    size_t until = lb_aj_find(c, at[AT_TIME][i]);
    size_t step = until == 0 ? 0 : (until - 1) * k + s;
    at[AT_RISK][i] = risk_before(c, s, at[AT_TIME][i], start);
    at[AT_EVENT][i] = at[AT_CENSOR][i] = 0;
    for (; done < until; done++) {
      at[AT_EVENT][i] += c->n_event_into[done * k + s];
      at[AT_CENSOR][i] += c->n_censor[done * k + s];
    }
    at[AT_ESTIMATE][i] = until == 0 ? c->p0[s] : c->estimate[step];
    at[AT_SE][i] = until == 0 ? c->p0_std_error[s] : c->std_error[step];
    at[AT_LOW][i] = until == 0 ? c->p0[s] : c->conf_low[step];
    at[AT_HIGH][i] = until == 0 ? c->p0[s] : c->conf_high[step];
  }
}

/* fit:at(g, state, times) */
static int fit_at(lua_State *L)
{
  lua_settop(L, 4);
  const lb_aj *fit = check_fit(L, 1);
  size_t g, n;
  const lb_aj_curve *c = check_curve(L, &g);
  size_t s = lbl_check_position(L, 3, "state", fit->n_state);
  const double *time = lbl_check_times(L, 4, &n);
  double *at[N_AT];
  at[0] = lbl_scratch(L, n, N_AT * sizeof(double));
  for (size_t j = 1; j < N_AT; j++) at[j] = at[0] + j * n;
  for (size_t i = 0; i < n; i++) at[AT_TIME][i] = time[i];
  fill_at(fit, c, s, at, n);
  lbl_named columns[N_AT];
  for (size_t j = 0; j < N_AT; j++) columns[j] = (lbl_named){AT_NAMES[j], at[j]};
  lbl_push_named(L, columns, N_AT, n);
  return 1;
}

enum { J_FROM, J_TO, J_TIME, J_RISK, J_EVENT, N_JUMP };
static const char *const JUMP_NAMES[N_JUMP] = {"from", "to", "time", "n_risk", "n_event"};

/* fit:jumps(g) */
static int fit_jumps(lua_State *L)
{
  lua_settop(L, 2);
  const lb_aj *fit = check_fit(L, 1);
  size_t g;
  const lb_aj_curve *c = check_curve(L, &g);
  size_t n = c->n_time == 0 ? 0 : c->jump_start[c->n_time];
  double *value = lbl_scratch(L, n, N_JUMP * sizeof *value);
  for (size_t t = 0; t < c->n_time; t++) {
    for (size_t j = c->jump_start[t]; j < c->jump_start[t + 1]; j++) {
      value[J_FROM * n + j] = c->jump[j].from + 1;
      value[J_TO * n + j] = c->jump[j].to + 1;
      value[J_TIME * n + j] = c->time[t];
      value[J_RISK * n + j] = c->n_risk[t * fit->n_state + (size_t)c->jump[j].from];
      value[J_EVENT * n + j] = c->jump[j].n_event;
    }
  }
  lbl_named columns[N_JUMP];
  for (size_t j = 0; j < N_JUMP; j++) columns[j] = (lbl_named){JUMP_NAMES[j], value + j * n};
  lbl_push_named(L, columns, N_JUMP, n);
  return 1;
}

/* ---- Numbers ---- */

/* In the order of LB_AJ_OCCUPATION ... */
static const char *const MEANS[LB_AJ_N_MEAN] = {"occupation", "sojourn", "visits"};

/* fit:expect(g, time) */
static int fit_expect(lua_State *L)
{
  lua_settop(L, 3);
  const lb_aj *fit = check_fit(L, 1);
  size_t g, k = fit->n_state;
  check_curve(L, &g);
  double to = lbl_check_number(L, 3, "time");
  double *value = lbl_scratch(L, 2 * LB_AJ_N_MEAN * k, sizeof *value);
  const lb_aj_mean mean = {value, value + LB_AJ_N_MEAN * k};
  lb_error err = {0};
  if (lb_aj_expect(fit, g, to, &mean, &err) != LB_OK) return lbl_raise(L, &err);
  lua_createtable(L, 0, LB_AJ_N_MEAN);
  for (size_t m = 0; m < LB_AJ_N_MEAN; m++) {
    lua_createtable(L, 0, 2);
    lbl_set_numbers(L, "estimate", mean.estimate + m * k, k);
    lbl_set_numbers(L, "std_error", mean.std_error + m * k, k);
    lua_setfield(L, -2, MEANS[m]);
  }
  return 1;
}

/* fit:transition(g, from, to) */
static int fit_transition(lua_State *L)
{
  lua_settop(L, 4);
  const lb_aj *fit = check_fit(L, 1);
  size_t g, k = fit->n_state;
  check_curve(L, &g);
  const double window[2] = {lbl_check_number(L, 3, "from"), lbl_check_number(L, 4, "to")};
  double *value = lbl_scratch(L, 2 * k * k, sizeof *value);
  lb_error err = {0};
  if (lb_aj_transition(fit, g, window, value, value + k * k, &err) != LB_OK)
    return lbl_raise(L, &err);
  lua_createtable(L, 0, 2);
  lbl_set_matrix(L, "estimate", value, k);
  lbl_set_matrix(L, "std_error", value + k * k, k);
  return 1;
}

/* fit:count(g) */
static int fit_count(lua_State *L)
{
  lua_settop(L, 2);
  const lb_aj *fit = check_fit(L, 1);
  size_t g, k = fit->n_state;
  const lb_aj_curve *c = check_curve(L, &g);
  bool *leaves = lbl_scratch(L, k, sizeof *leaves);
  for (size_t s = 0; s < k; s++) leaves[s] = false;
  for (size_t i = 0; i < c->n_spell; i++) leaves[c->spell[i].from] = true;
  bool settled = c->n_time > 0;
  for (size_t s = 0; settled && s < k; s++)
    settled = !leaves[s] || !(c->estimate[(c->n_time - 1) * k + s] > 0);
  lua_createtable(L, 0, 8);
  lbl_set_count(L, "n", c->n_cluster);
  lbl_set_count(L, "n_spell", c->n_spell);
  lbl_set_number(L, "n_event", c->n_event);
  if (c->n_time > 0) lbl_set_number(L, "last", c->time[c->n_time - 1]);
  lua_pushboolean(L, settled);
  lua_setfield(L, -2, "settled");
  lua_pushboolean(L, c->p0_estimated);
  lua_setfield(L, -2, "p0_estimated");
  lbl_set_numbers(L, "p0", c->p0, k);
  lbl_set_numbers(L, "p0_std_error", c->p0_std_error, k);
  return 1;
}

static int fit_tostring(lua_State *L)
{
  const lb_aj *fit = check_fit(L, 1);
  lua_pushfstring(L, "probabilities of %I states in %I groups", (LUAI_UACINT)fit->n_state,
                  (LUAI_UACINT)fit->n_group);
  return 1;
}

static const luaL_Reg METHODS[] = {{"curve", fit_curve},
                                   {"at", fit_at},
                                   {"jumps", fit_jumps},
                                   {"expect", fit_expect},
                                   {"transition", fit_transition},
                                   {"count", fit_count},
                                   {NULL, NULL}};
static const luaL_Reg METAMETHODS[] = {
    {"__gc", fit_gc}, {"__close", fit_close}, {"__tostring", fit_tostring}, {NULL, NULL}};
static const luaL_Reg FUNCTIONS[] = {{"multistate", multistate}, {NULL, NULL}};

void lbl_open_multistate(lua_State *L)
{
  lbl_new_class(L, LBL_AJ, "state_fit", METHODS, METAMETHODS);
  luaL_setfuncs(L, FUNCTIONS, 0);
}
