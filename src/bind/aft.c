/* aft.c - parametric survival regressions of a design as Lua tables, and their residuals. */
#include "stats/survival/aft.h"

#include <math.h>

#include "bind/aft_box.h"

/* The options in the table at `index`. */
static lb_aft_options check_options(lua_State *L, int index)
{
  lb_aft_options options = LB_AFT_DEFAULTS;
  lbl_check_table(L, index, "options");
  options.distribution = lbl_check_distribution(L, index);
  double scale = lbl_aft_field(L, index, "scale"), df = lbl_aft_field(L, index, "df_t");
  options.scale = isnan(scale) ? 0 : scale;
  if (!isnan(df)) options.df = df;
  options.max_iter = (size_t)lbl_aft_field(L, index, "max_iter");
  lua_getfield(L, index, "robust");
  options.robust = lua_toboolean(L, -1);
  lua_getfield(L, index, "weight_type");
  const char *type = lua_tostring(L, -1);
  options.frequency = type != NULL && type[0] == 'f';
  lua_pop(L, 2);
  return options;
}

/* A missing lower limit is 0, which of untransformed times is a time like others. */
static void check_open_ends(lua_State *L, const lbl_aft *box, lb_aft_distribution d)
{
  lb_error err = {0};
  size_t unclear = 0;
  bool interval = box->model->lower != NULL && !lb_aft_positive(d);
  for (size_t i = 0; interval && i < box->y.n; i++) unclear += box->y.upper[i] == 0;
  if (unclear == 0) return;
  lb_error_set(&err, LB_EDATA,
               "%zu row%s an upper limit of 0: whether it is censored from above or exact cannot "
               "be told",
               unclear, unclear == 1 ? " has" : "s have");
  lb_error_mend(&err, "Add a constant to both limits.");
  lbl_raise(L, &err);
}

static void set_flag(lua_State *L, const char *name, bool value)
{
  lua_pushboolean(L, value);
  lua_setfield(L, -2, name);
}

static void push_fit(lua_State *L, const lb_aft *fit)
{
  lua_createtable(L, 0, 24);
  lbl_set_numbers(L, "coef", fit->coef, fit->n_param);
  lbl_set_numbers(L, "std_error", fit->std_error, fit->n_param);
  lbl_set_matrix(L, "vcov", fit->vcov, fit->n_param);
  lbl_set_matrix(L, "naive_vcov", fit->naive_vcov, fit->n_param);
  lbl_set_flags(L, "collinear", fit->collinear, fit->p);
  lbl_set_flags(L, "infinite", fit->infinite, fit->p);
  lbl_set_count(L, "n_scale", fit->n_scale);
  lbl_set_count(L, "n_shape", fit->n_shape);
  if (!isnan(fit->scale)) lbl_set_number(L, "scale", fit->scale);
  lbl_set_number(L, "log_lik", fit->log_lik);
  lbl_set_number(L, "log_lik_null", fit->log_lik_null);
  lbl_set_count(L, "df", fit->df);
  lbl_set_count(L, "iterations", fit->iterations);
  set_flag(L, "converged", fit->converged);
  set_flag(L, "unbounded", fit->unbounded);
  set_flag(L, "endless", fit->endless);
  set_flag(L, "endless_shape", fit->endless_shape);
  lbl_set_count(L, "n_exact", fit->n_exact);
  lbl_set_count(L, "n_right", fit->n_right);
  lbl_set_count(L, "n_left", fit->n_left);
  lbl_set_count(L, "n_interval", fit->n_interval);
  lbl_set_count(L, "n_cluster", fit->n_cluster);
  lbl_set_number(L, "weight_event", fit->weight_event);
}

/* aft(model, options) */
static int aft(lua_State *L)
{
  lua_settop(L, 2);
  lb_aft_options options = check_options(L, 2);
  lbl_aft *box = lbl_aft_new(L, 1);
  check_open_ends(L, box, options.distribution);
  const lb_partition *strata = box->strata.code == NULL ? NULL : &box->strata;
  lb_error err = {0};
  if (lb_aft_fit(&box->y, &box->x, strata, &box->cluster, &options, &box->fit, &err) != LB_OK)
    return lbl_raise(L, &err);
  push_fit(L, &box->fit);
  lua_getfield(L, 2, "distribution");
  lua_setfield(L, -2, "distribution");
  double df = options.distribution == LB_AFT_T ? options.df : 0;
  lbl_set_number(L, "df_t", df);
  return 1;
}

static void push_cure(lua_State *L, const lb_cure *fit, double follow_up)
{
  lua_createtable(L, 0, 14);
  lbl_set_numbers(L, "coef", fit->coef, fit->n_param);
  lbl_set_numbers(L, "std_error", fit->std_error, fit->n_param);
  lbl_set_matrix(L, "vcov", fit->vcov, fit->n_param);
  lbl_set_matrix(L, "naive_vcov", fit->naive_vcov, fit->n_param);
  lbl_set_count(L, "n_cluster", fit->n_cluster);
  lbl_set_count(L, "n_scale", fit->n_scale);
  lbl_set_count(L, "n_shape", fit->n_shape);
  lbl_set_count(L, "n_latency", fit->n_param - 1 - fit->p_cure);
  if (!isnan(fit->scale)) lbl_set_number(L, "scale", fit->scale);
  lbl_set_number(L, "log_lik", fit->log_lik);
  lbl_set_number(L, "log_lik_none", fit->log_lik_none);
  if (!isnan(follow_up)) lbl_set_number(L, "follow_up", follow_up);
  lbl_set_count(L, "iterations", fit->iterations);
  set_flag(L, "converged", fit->converged);
}

/* cure(model, cure_model, options): distribution, scale, max_iter; both models of the same rows */
static int cure(lua_State *L)
{
  lua_settop(L, 3);
  lb_aft_options options = check_options(L, 3);
  lbl_aft *box = lbl_aft_new(L, 1);
  const lb_model *second = lbl_check_model(L, 2);
  lb_design z;
  lb_model_design(second, &z);
  if (z.n != box->x.n) lbl_raise_argument(L, 2, "cure_model", "a model of the same rows");
  lb_error err = {0};
  lb_cure_data data = {&box->y, &box->x, &z, &box->strata, &box->cluster};
  if (lb_cure_fit(&data, &options, &box->cure, &err) != LB_OK) return lbl_raise(L, &err);
  push_cure(L, &box->cure, lb_cure_follow_up(&box->y));
  lua_getfield(L, 3, "distribution");
  lua_setfield(L, -2, "distribution");
  return 1;
}

/* model_rows(model): the rows of its frame that it uses */
static int model_rows(lua_State *L)
{
  lua_settop(L, 1);
  const lb_model *model = lbl_check_model(L, 1);
  lb_frame **out = lbl_frame_box(L);
  lb_error err = {0};
  lb_status st = lb_frame_new(model->n_used, NULL, out, &err);
  if (st == LB_OK) st = lbl_frame_add_rows(*out, "row", model->row, model->n_used, &err);
  return st == LB_OK ? 1 : lbl_raise(L, &err);
}

/* In the order of lb_aft_residual_kind. */
static const char *const RESIDUALS[] = {"response",  "deviance",   "working",
                                        "cox_snell", "martingale", "ldcase",
                                        "dfbeta",    "dfbetas",    NULL};

/* aft_residuals(model, fit, type, names, all): names of the parameters; all: a row for every row of
 * the data */
static int aft_residuals(lua_State *L)
{
  lua_settop(L, 5);
  lbl_check_table(L, 2, "fit");
  int type = lbl_check_choice(L, 3, "type", RESIDUALS);
  size_t n_name, n;
  const char **name = lbl_check_names(L, 4, "names", false, &n_name);
  bool all = lua_toboolean(L, 5);
  lbl_aft *box = lbl_aft_new(L, 1);
  lb_aft_people who = lbl_aft_people(L, 2, box->model);
  const double *vcov = lbl_aft_matrix(L, 2, "naive_vcov", who.n_param);
  size_t width = type >= LB_AFT_DFBETA ? who.n_param : 1;
  if (type < LB_AFT_DFBETA) name = (const char **)&RESIDUALS[type];
  lbl_aft_numbers(L, box, box->y.n, width);
  lb_frame **out = lbl_frame_box(L);
  lb_error err = {0};
  lb_status st =
      lb_aft_residuals(&box->y, &who, vcov, (lb_aft_residual_kind)type, box->number, &err);
  n = all ? box->model->n_rows : box->model->n_used;
  if (st == LB_OK) st = lb_frame_new(n, NULL, out, &err);
  if (st == LB_OK && !all)
    st = lbl_frame_add_rows(*out, "row", box->model->row, box->model->n_used, &err);
  for (size_t j = 0; st == LB_OK && j < width; j++) {
    lbl_cells cells = {box->number + j, width, box->y.n, n, all ? box->model->row : NULL};
    st = lbl_frame_add_cells(*out, name[j], cells, &err);
  }
  if (st != LB_OK) return lbl_raise(L, &err);
  lbl_account(L, n * width * sizeof(double));
  return 1;
}

static const luaL_Reg FUNCTIONS[] = {{"aft", aft},
                                     {"aft_residuals", aft_residuals},
                                     {"cure", cure},
                                     {"model_rows", model_rows},
                                     {NULL, NULL}};

void lbl_open_aft(lua_State *L)
{
  lbl_aft_open_box(L);
  luaL_setfuncs(L, FUNCTIONS, 0);
}
