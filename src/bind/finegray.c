/* finegray.c - the Fine-Gray model of a design as a Lua table, and its predictions. */
#include "stats/survival/finegray.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "bind/finegray_box.h"
#include "stats/interval.h"

#define FINEGRAY_BOX "lobule.FineGrayBox"

static int box_gc(lua_State *L)
{
  lb_finegray *fit = luaL_checkudata(L, 1, FINEGRAY_BOX);
  lb_finegray_reset(fit);
  *fit = (lb_finegray){0};
  return 0;
}

static lb_finegray *box_new(lua_State *L)
{
  lb_finegray *fit = lua_newuserdatauv(L, sizeof *fit, 0);
  *fit = (lb_finegray){0};
  luaL_setmetatable(L, FINEGRAY_BOX);
  return fit;
}

/* In the order of lb_finegray_variance. */
static const char *const VARIANCES[] = {"fine-gray", "robust", "model", NULL};
static const char *const CENSORING_TIES[] = {"together", "events_first", NULL};

/* The options in the table at `index`; their values stay on the stack. */
static lb_finegray_options check_options(lua_State *L, int index, bool *frequency)
{
  lb_finegray_options options = LB_FINEGRAY_DEFAULTS;
  lbl_check_table(L, index, "options");
  lua_getfield(L, index, "ties");
  options.cox.ties = lbl_check_ties(L, -1);
  lua_getfield(L, index, "variance");
  options.variance = (lb_finegray_variance)lbl_check_choice(L, -1, "variance", VARIANCES);
  lua_getfield(L, index, "censoring_ties");
  options.events_first = lbl_check_choice(L, -1, "censoring_ties", CENSORING_TIES) == 1;
  lua_getfield(L, index, "max_iter");
  lua_Integer max_iter = lbl_check_integer(L, -1, "max_iter");
  options.cox.max_iter = max_iter < 1 ? 0 : (size_t)max_iter;
  lua_getfield(L, index, "tolerance");
  options.cox.tolerance = lbl_check_number(L, -1, "tolerance");
  lua_getfield(L, index, "weight_type");
  const char *type = lua_tostring(L, -1);
  *frequency = type != NULL && type[0] == 'f';
  return options;
}

/* Codes of the classes of `groups` for the rows of `model`, which may lack some of them. */
static int32_t *codes_of(lua_State *L, const lb_model *model, const lb_model *groups)
{
  const int32_t *of_group = groups->groups.code;
  if (of_group == NULL) lbl_raise_argument(L, 4, "groups", "a model of groups with its rows");
  int32_t *code = lbl_scratch(L, model->n_used, sizeof *code);
  size_t at = 0, absent = 0;
  for (size_t i = 0; i < model->n_used; i++) {
    while (at < groups->n_used && groups->row[at] < model->row[i]) at++;
    bool found = at < groups->n_used && groups->row[at] == model->row[i];
    code[i] = found && of_group != NULL ? of_group[at] : 0;
    absent += !found;
  }
  if (absent == 0) return code;
  lb_error err = {0};
  lb_error_set(&err, LB_EDATA, "censoring_groups: missing in %zu rows of the model", absent);
  lb_error_mend(&err, "Leave these rows out first, with filter.");
  lbl_raise(L, &err);
  return NULL;
}

/* Whose censoring weights: the groups of the model at 4, or what the option `censoring` says. */
static void take_classes(lua_State *L, const lbl_cox *rows, lbl_finegray *c)
{
  lua_getfield(L, 3, "censoring");
  const char *censoring = lua_tostring(L, -1);
  c->strata = rows->strata;
  c->cluster = rows->cluster;
  c->censoring = rows->strata;
  if (censoring != NULL && strcmp(censoring, "common") == 0) c->censoring = (lb_partition){0};
  if (!lua_isnoneornil(L, 4)) {
    const lb_model *groups = lbl_check_model(L, 4);
    int32_t *code = codes_of(L, rows->model, groups), *each = code;
    if (rows->repeat.n > 0) each = lbl_scratch(L, rows->repeat.n, sizeof *each);
    for (size_t i = 0; i < rows->repeat.n; i++) each[i] = code[rows->repeat.row[i]];
    c->censoring = (lb_partition){each, groups->groups.n};
  }
  if (c->strata.code != NULL) c->opt.strata = &c->strata;
  if (c->censoring.code != NULL) c->opt.censoring = &c->censoring;
  if (c->cluster.code != NULL) c->opt.cluster = &c->cluster;
}

static void refuse(lua_State *L, const lbl_cox *rows, const lb_finegray_options *opt)
{
  lb_error err = {0};
  if (rows->cluster.code == NULL || opt->variance != LB_FINEGRAY_MODEL) return;
  lb_error_set(&err, LB_EARG, "cluster(%s): the model-based variance takes rows as independent",
               rows->model->formula.cluster[0].text);
  lb_error_mend(&err, "variance = \"fine-gray\" adds the scores of a cluster up.");
  lbl_raise(L, &err);
}

lbl_finegray *lbl_finegray_at(lua_State *L)
{
  const lb_model *model = lbl_check_model(L, 1);
  size_t cause = lbl_check_position(L, 2, "cause", model->n_cause) + 1;
  luaL_checkstack(L, LUA_MINSTACK, NULL);
  lbl_finegray *c = lua_newuserdatauv(L, sizeof *c, 0);
  bool frequency;
  *c = (lbl_finegray){0};
  c->opt = check_options(L, 3, &frequency);
  c->rows = lbl_cox_new(L, 1, frequency);
  refuse(L, c->rows, &c->opt);
  take_classes(L, c->rows, c);
  c->model = (lb_finegray_model){&c->rows->y, &c->rows->x, cause, &c->opt};
  return c;
}

static lb_finegray *fit_of(lua_State *L, const lb_finegray_model *m)
{
  lb_finegray *fit = box_new(L);
  lb_error err = {0};
  if (lb_finegray_fit(m->y, m->x, m->cause, m->opt, fit, &err) != LB_OK)
    lbl_cox_raise(L, lbl_check_model(L, 1), &err);
  return fit;
}

/* Events of the cause among the rows of each single factor's level, of all rows for other terms;
 * weighted where the model has weights. */
static void set_term_events(lua_State *L, const lb_model *m, size_t cause)
{
  double *events = lbl_scratch(L, m->p, sizeof *events);
  for (size_t j = 0; j < m->p; j++) {
    bool level = m->term[j].level != NULL && strchr(m->term[j].variable, ':') == NULL;
    events[j] = 0;
    for (size_t i = 0; i < m->n_used; i++) {
      if (m->cause[i] != (int32_t)cause || (level && m->column[j][i] == 0)) continue;
      events[j] += m->weight == NULL ? 1 : m->weight[i];
    }
  }
  lua_insert(L, -2);
  lbl_set_numbers(L, "term_event", events, m->p);
}

/* finegray(model, cause, options, groups) */
static int finegray(lua_State *L)
{
  lua_settop(L, 4);
  lb_finegray *fit = fit_of(L, &lbl_finegray_at(L)->model);
  lbl_push_cox(L, &fit->cox);
  lbl_set_count(L, "cause", (size_t)lua_tointeger(L, 2));
  lbl_set_matrix(L, "naive_vcov", fit->naive_vcov, fit->cox.p);
  lbl_set_count(L, "n_competing", fit->n_competing);
  lbl_set_count(L, "n_censored", fit->n_censored);
  lbl_set_numbers(L, "time", fit->time, fit->n_time);
  lbl_set_numbers(L, "cumulative_hazard", fit->cumulative_hazard, fit->n_time);
  double *start = lbl_scratch(L, fit->n_strata + 1, sizeof *start);
  for (size_t s = 0; s <= fit->n_strata; s++) start[s] = (double)fit->start[s];
  lua_insert(L, -2);
  lbl_set_numbers(L, "start", start, fit->n_strata + 1);
  set_term_events(L, lbl_check_model(L, 1), (size_t)lua_tointeger(L, 2));
  return 1;
}

/* The list in a field of the table at `index`, in a userdata that stays on the stack. */
static double *numbers_of(lua_State *L, int index, const char *name, size_t *n)
{
  if (name == NULL)
    lua_pushvalue(L, index);
  else
    lua_getfield(L, index, name);
  lbl_check_table(L, -1, name == NULL ? "times" : name);
  int list = lua_gettop(L);
  *n = lua_rawlen(L, list);
  double *out = lbl_scratch(L, *n, sizeof *out);
  for (size_t i = 0; i < *n; i++) {
    lua_rawgeti(L, list, (lua_Integer)i + 1);
    out[i] = lbl_check_number(L, -1, name == NULL ? "times" : name);
    lua_pop(L, 1);
  }
  return out;
}

/* Values of the used rows of newdata: n_used x n_time numbers a column. */
typedef struct predictions {
  const lb_model *model;
  const double *time;
  size_t n_time;
  const double *column[4];
  const double *last; /* of each stratum: later there is no estimate */
} predictions;

static const char *const COLUMNS[4] = {"estimate", "std_error", "conf_low", "conf_high"};

/* Without memory for the numbers of rows: `value` has 3 n places. */
static lb_status fill_frame(const predictions *p, double *value, lb_frame *out, lb_error *err)
{
  size_t n = p->model->n_rows * p->n_time;
  double *row = value, *when = value + n, *cell = value + 2 * n;
  for (size_t i = 0; i < n; i++) {
    size_t person = i / p->n_time;
    row[i] = (double)(person + 1);
    when[i] = p->time[i % p->n_time];
  }
  lb_status st = lbl_frame_add_real(out, "row", row, n, err);
  if (st == LB_OK) st = lbl_frame_add_real(out, "time", when, n, err);
  for (size_t c = 0; c < 4 && p->column[c] != NULL && st == LB_OK; c++) {
    for (size_t i = 0; i < n; i++) cell[i] = NAN;
    for (size_t i = 0; i < p->model->n_used; i++) {
      double last = p->last[p->model->strata.code == NULL ? 0 : p->model->strata.code[i]];
      for (size_t k = 0; k < p->n_time && p->time[k] <= last; k++)
        cell[p->model->row[i] * p->n_time + k] = p->column[c][i * p->n_time + k];
    }
    const lbl_cells cells = {.value = cell, .stride = 1, .n = n, .n_rows = n};
    st = lbl_frame_add_cells(out, COLUMNS[c], cells, err);
  }
  return st;
}

static int push_predictions(lua_State *L, const predictions *p)
{
  size_t n = p->model->n_rows * p->n_time;
  double *value = lbl_scratch(L, n, 3 * sizeof *value);
  lb_frame **out = lbl_frame_box(L);
  lb_error err = {0};
  lb_status st = lb_frame_new(n, NULL, out, &err);
  if (st == LB_OK) st = fill_frame(p, value, *out, &err);
  return st == LB_OK ? 1 : lbl_raise(L, &err);
}

/* finegray_predict(fit, newdata, times, last): estimates alone, of a fit without strata */
static int finegray_predict(lua_State *L)
{
  lua_settop(L, 4);
  lbl_check_table(L, 1, "fit");
  const lb_model *model = lbl_check_model(L, 2);
  double last = lbl_check_number(L, 4, "last");
  lb_finegray fit = {0}; /* borrows what stays on the stack */
  size_t n_time, n;
  const double *time = numbers_of(L, 3, NULL, &n_time);
  fit.cox.coef = numbers_of(L, 1, "coef", &fit.cox.p);
  fit.cox.means = numbers_of(L, 1, "means", &n);
  fit.time = numbers_of(L, 1, "time", &fit.n_time);
  fit.cumulative_hazard = numbers_of(L, 1, "cumulative_hazard", &n);
  lb_design x;
  lb_model_design(model, &x);
  double *estimate = lbl_scratch(L, model->n_used, n_time * sizeof *estimate);
  lb_error err = {0};
  if (lb_finegray_predict(&fit, &x, time, n_time, estimate, &err) != LB_OK)
    return lbl_raise(L, &err);
  return push_predictions(L, &(predictions){model, time, n_time, {estimate}, &last});
}

static const char *const LIMITS[] = {"log-log", "plain", NULL};

/* finegray_incidence(model, cause, options, groups, newdata, limits): limits is a table of times,
 * conf_level, conf_type. The fit is made again, which is what influences of rows cost. */
static int finegray_incidence(lua_State *L)
{
  lua_settop(L, 6);
  const lb_model *people = lbl_check_model(L, 5);
  lbl_finegray *asked = lbl_finegray_at(L);
  asked->opt.incidence_time = numbers_of(L, 6, "times", &asked->opt.n_incidence);
  lua_getfield(L, 6, "conf_level");
  double level = lbl_check_number(L, -1, "conf_level");
  lb_error err = {0};
  if (lb_conf_level_check(level, &err) != LB_OK) return lbl_raise(L, &err);
  lb_finegray_limits limits = {.n_time = asked->opt.n_incidence, .z = lb_z_value(level)};
  lua_getfield(L, 6, "conf_type");
  limits.plain = lbl_check_choice(L, -1, "conf_type", LIMITS) == 1;
  const lb_finegray *fit = fit_of(L, &asked->model);
  size_t n = people->n_used, width = limits.n_time;
  double *value = lbl_scratch(L, n, 4 * width * sizeof *value);
  const lb_finegray_incidence out = {value, value + n * width, value + 2 * n * width,
                                     value + 3 * n * width};
  lb_design x;
  lb_model_design(people, &x);
  const lb_partition strata = {people->strata.code, people->strata.n};
  if (lb_finegray_incidence_at(fit, &x, &strata, &limits, &out, &err) != LB_OK)
    return lbl_raise(L, &err);
  return push_predictions(L,
                          &(predictions){people,
                                         asked->opt.incidence_time,
                                         width,
                                         {out.estimate, out.std_error, out.conf_low, out.conf_high},
                                         lbl_last_times(L, asked->rows->model)});
}

static const luaL_Reg FUNCTIONS[] = {{"finegray", finegray},
                                     {"finegray_predict", finegray_predict},
                                     {"finegray_incidence", finegray_incidence},
                                     {NULL, NULL}};

void lbl_open_finegray(lua_State *L)
{
  luaL_newmetatable(L, FINEGRAY_BOX);
  lua_pushcfunction(L, box_gc);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
  luaL_setfuncs(L, FUNCTIONS, 0);
  lbl_open_finegray_residual(L);
}
