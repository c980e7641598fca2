/* finegray.c - the Fine-Gray model of a design as a Lua table, and its predictions. */
#include "stats/survival/finegray.h"

#include <math.h>

#include "base/mem.h"
#include "bind/cox_box.h"

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

/* Late entry, strata and clusters are refused, with the mend. */
static void refuse(lua_State *L, const lb_model *model)
{
  lb_error err = {0};
  if (model->entry != NULL) {
    lb_error_set(&err, LB_EARG, "the Fine-Gray model does not take late entry");
    lb_error_mend(&err, "survival.cox with cause = ... takes it.");
  } else if (model->formula.n_strata > 0) {
    lb_error_set(&err, LB_EARG, "the Fine-Gray model does not take strata(%s)",
                 model->formula.strata[0].text);
    lb_error_mend(&err, "Add it as a term:  ~ ... + %s", model->formula.strata[0].text);
  } else if (model->formula.n_cluster > 0) {
    lb_error_set(&err, LB_EARG, "cluster(%s): the Fine-Gray model assumes independent rows",
                 model->formula.cluster[0].text);
    lb_error_mend(&err, "survival.cox with cause = ... takes clusters.");
  } else {
    return;
  }
  lbl_raise(L, &err);
}

/* finegray(model, cause, options) */
static int finegray(lua_State *L)
{
  lua_settop(L, 3);
  const lb_model *model = lbl_check_model(L, 1);
  size_t cause = lbl_check_position(L, 2, "cause", model->n_cause) + 1;
  bool frequency;
  lb_finegray_options options = check_options(L, 3, &frequency);
  refuse(L, model);
  lbl_cox *rows = lbl_cox_new(L, 1, frequency);
  lb_finegray *fit = box_new(L);
  lb_error err = {0};
  if (lb_finegray_fit(&rows->y, &rows->x, cause, &options, fit, &err) != LB_OK)
    return lbl_raise(L, &err);
  lbl_push_cox(L, &fit->cox);
  lbl_set_count(L, "cause", cause);
  lbl_set_matrix(L, "naive_vcov", fit->naive_vcov, fit->cox.p);
  lbl_set_count(L, "n_competing", fit->n_competing);
  lbl_set_count(L, "n_censored", fit->n_censored);
  lbl_set_numbers(L, "time", fit->time, fit->n_time);
  lbl_set_numbers(L, "cumulative_hazard", fit->cumulative_hazard, fit->n_time);
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

static lb_status predict_frame(const lb_model *model, const double *estimate, const double *time,
                               size_t n_time, lb_frame **out, lb_error *err)
{
  size_t n = model->n_rows * n_time;
  double *value = lb_mem_array(n, 3 * sizeof *value);
  if (value == NULL) return lb_error_nomem(err, "predictions");
  double *row = value, *when = value + n, *risk = value + 2 * n;
  for (size_t i = 0; i < n; i++) {
    size_t subject = i / n_time;
    row[i] = (double)(subject + 1);
    when[i] = time[i % n_time];
    risk[i] = NAN;
  }
  for (size_t i = 0; i < model->n_used; i++)
    for (size_t k = 0; k < n_time; k++) risk[model->row[i] * n_time + k] = estimate[i * n_time + k];
  lb_status st = lb_frame_new(n, NULL, out, err);
  const lbl_cells cells = {.value = risk, .stride = 1, .n = n, .n_rows = n};
  if (st == LB_OK) st = lbl_frame_add_real(*out, "row", row, n, err);
  if (st == LB_OK) st = lbl_frame_add_real(*out, "time", when, n, err);
  if (st == LB_OK) st = lbl_frame_add_cells(*out, "estimate", cells, err);
  lb_mem_free(value);
  return st;
}

/* finegray_predict(fit, newdata, times) */
static int finegray_predict(lua_State *L)
{
  lua_settop(L, 3);
  lbl_check_table(L, 1, "fit");
  const lb_model *model = lbl_check_model(L, 2);
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
  lb_frame **out = lbl_frame_box(L);
  lb_error err = {0};
  lb_status st = lb_finegray_predict(&fit, &x, time, n_time, estimate, &err);
  if (st == LB_OK) st = predict_frame(model, estimate, time, n_time, out, &err);
  return st == LB_OK ? 1 : lbl_raise(L, &err);
}

static const luaL_Reg FUNCTIONS[] = {
    {"finegray", finegray}, {"finegray_predict", finegray_predict}, {NULL, NULL}};

void lbl_open_finegray(lua_State *L)
{
  luaL_newmetatable(L, FINEGRAY_BOX);
  lua_pushcfunction(L, box_gc);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
  luaL_setfuncs(L, FUNCTIONS, 0);
}
