/* pseudo_fit.c - regression of pseudo-values, or of observed values weighted by the inverse
 * probability of censoring, as a Lua table; predictions from it. */
#include "stats/survival/censor_weight.h"
#include "stats/survival/mean_model.h"
#include "stats/survival/pseudo.h"

#include <math.h>

#include "base/mem.h"
#include "bind/cox_box.h"
#include "bind/horizon.h"

#define FIT_BOX "lobule.PseudoFitBox"

/* What a call holds while it runs. */
typedef struct fit_box {
  lb_pseudo pseudo;
  lb_censor_weight censor;
  lb_mean_fit fit;
  double *number; /* of lb_mem: predictions */
} fit_box;

static int box_gc(lua_State *L)
{
  fit_box *box = luaL_checkudata(L, 1, FIT_BOX);
  lb_pseudo_reset(&box->pseudo);
  lb_censor_weight_reset(&box->censor);
  lb_mean_fit_reset(&box->fit);
  lb_mem_free(box->number);
  *box = (fit_box){0};
  return 0;
}

static fit_box *box_new(lua_State *L)
{
  fit_box *box = lua_newuserdatauv(L, sizeof *box, 0);
  *box = (fit_box){0};
  luaL_setmetatable(L, FIT_BOX);
  return box;
}

/* In the order of lb_mean_link. */
static const char *const LINKS[] = {"identity", "log", "logit", "cloglog", NULL};
enum { JACKKNIFE, INFINITESIMAL, IPCW };
static const char *const METHODS[] = {"jackknife", "infinitesimal", "ipcw", NULL};
static const char *const TIES[] = {"events_first", "together", NULL};

typedef struct plan {
  const lb_model *model;
  lb_surv y;
  lb_partition strata, cluster;
  lb_horizon *at;
  size_t n_at;
  int method;
  bool together, complement;
  lb_mean_options options;
} plan;

static int field_choice(lua_State *L, int index, const char *name, const char *const *words)
{
  lua_getfield(L, index, name);
  int choice = lbl_check_choice(L, -1, name, words);
  lua_pop(L, 1);
  return choice;
}

/* Values and their weights, then the fit and its variance. */
static lb_status run(fit_box *box, plan *p, lb_error *err)
{
  const lb_partition *strata = p->strata.n == 0 ? NULL : &p->strata;
  lb_mean_data d = {.n_time = p->n_at, .weight = p->model->weight, .cluster = &p->cluster};
  lb_status st;
  lb_model_design(p->model, &d.x);
  d.n_missing = p->model->n_missing;
  if (p->method == IPCW) {
    st = lb_censor_weight_new(&p->y, strata, p->at, p->together, &box->censor, err);
    d.value = box->censor.value;
    d.inverse = box->censor.inverse;
  } else {
    const lb_pseudo_options options = {p->at, p->n_at, p->method == INFINITESIMAL};
    st = lb_pseudo_values(&p->y, strata, &options, &box->pseudo, err);
    d.value = box->pseudo.value;
  }
  if (st != LB_OK) return st;
  double *value = p->method == IPCW ? box->censor.value : box->pseudo.value;
  for (size_t i = 0; p->complement && i < p->n_at * p->y.n; i++) value[i] = 1 - value[i];
  st = lb_mean_solve(&d, &p->options, &box->fit, err);
  if (st == LB_OK && p->method == IPCW)
    st = lb_censor_weight_adjust(&box->censor, &p->y, &box->fit, err);
  return st == LB_OK ? lb_mean_sandwich(&d, &box->fit, err) : st;
}

static void push_fit(lua_State *L, const fit_box *box)
{
  const lb_mean_fit *fit = &box->fit;
  double weights = 0;
  lua_createtable(L, 0, 11);
  lbl_set_numbers(L, "coef", fit->coef, fit->q);
  lbl_set_numbers(L, "std_error", fit->std_error, fit->q);
  lbl_set_matrix(L, "vcov", fit->vcov, fit->q);
  lbl_set_flags(L, "collinear", fit->collinear, fit->q);
  lbl_set_count(L, "iterations", fit->iterations);
  lua_pushboolean(L, fit->converged);
  lua_setfield(L, -2, "converged");
  for (size_t i = 0; i < box->censor.n; i++) weights = fmax(weights, box->censor.inverse[i]);
  if (box->censor.n > 0) lbl_set_number(L, "largest_weight", weights);
}

/* pseudo_fit(model, at, options) */
static int pseudo_fit(lua_State *L)
{
  lua_settop(L, 3);
  plan p = {.model = lbl_check_model(L, 1), .options = LB_MEAN_DEFAULTS};
  lbl_check_table(L, 3, "options");
  p.options.link = (lb_mean_link)field_choice(L, 3, "link", LINKS);
  p.method = field_choice(L, 3, "method", METHODS);
  p.together = field_choice(L, 3, "censoring_ties", TIES) == 1;
  p.options.slope_of_all = p.method == IPCW;
  p.at = lbl_check_horizons(L, 2, p.model, &p.n_at);
  p.options.poisson = p.method == IPCW && p.options.link == LB_LINK_LOG;
  p.complement = p.at[0].kind == LB_HORIZON_SURVIVAL && p.options.link == LB_LINK_CLOGLOG;
  if (p.method == IPCW && p.n_at != 1) lbl_raise_argument(L, 2, "at", "one horizon");
  lb_model_surv(p.model, &p.y);
  p.strata = (lb_partition){p.model->strata.code, p.model->strata.n};
  p.cluster = (lb_partition){p.model->cluster, p.model->n_cluster};
  fit_box *box = box_new(L);
  lb_error err = {0};
  if (run(box, &p, &err) != LB_OK) return lbl_raise(L, &err);
  push_fit(L, box);
  return 1;
}

/* ---- Predictions ---- */

/* The list in a field of the table at `index`, in a userdata that stays on the stack. */
static double *list_of(lua_State *L, int index, const char *name, size_t *n)
{
  lua_getfield(L, index, name);
  lbl_check_table(L, -1, name);
  int list = lua_gettop(L);
  *n = lua_rawlen(L, list);
  double *out = lbl_scratch(L, *n, sizeof *out);
  for (size_t i = 0; i < *n; i++) {
    lua_rawgeti(L, list, (lua_Integer)i + 1);
    out[i] = lbl_check_number(L, -1, name);
    lua_pop(L, 1);
  }
  return out;
}

static double *matrix_of(lua_State *L, int index, const char *name, size_t q)
{
  double *out = lbl_scratch(L, q, q * sizeof *out);
  lua_getfield(L, index, name);
  lbl_check_table(L, -1, name);
  for (size_t i = 0; i < q; i++) {
    lua_rawgeti(L, -1, (lua_Integer)i + 1);
    lbl_check_table(L, -1, name);
    for (size_t j = 0; j < q; j++) {
      lua_rawgeti(L, -1, (lua_Integer)j + 1);
      out[i * q + j] = lbl_check_number(L, -1, name);
      lua_pop(L, 1);
    }
    lua_pop(L, 1);
  }
  return out;
}

/* Rows of newdata by horizon: estimate and limits on the scale of the mean. */
static void fill(const fit_box *box, const plan *p, size_t n, double z, double *const out[3])
{
  size_t cells = n * p->n_at;
  for (size_t i = 0; i < cells; i++) {
    double eta = box->number[i], half = z * box->number[cells + i];
    double low = lb_mean_inverse_link(p->options.link, eta - half);
    double high = lb_mean_inverse_link(p->options.link, eta + half);
    double mean = lb_mean_inverse_link(p->options.link, eta);
    out[0][i] = p->complement ? 1 - mean : mean;
    out[1][i] = p->complement ? 1 - high : low;
    out[2][i] = p->complement ? 1 - low : high;
  }
}

static lb_status predict_frame(const lb_model *model, size_t n_at, double *const column[3],
                               lb_frame **out, lb_error *err)
{
  static const char *const NAMES[] = {"estimate", "conf_low", "conf_high"};
  size_t n = model->n_rows * n_at;
  double *wide = lb_mem_array(n, sizeof *wide);
  lb_status st = wide == NULL ? lb_error_nomem(err, "predictions") : LB_OK;
  if (st == LB_OK) st = lb_frame_new(n, NULL, out, err);
  for (int c = 0; st == LB_OK && c < 3; c++) {
    for (size_t i = 0; i < n; i++) wide[i] = NAN;
    for (size_t i = 0; i < model->n_used; i++)
      for (size_t k = 0; k < n_at; k++)
        wide[model->row[i] * n_at + k] = column[c][k * model->n_used + i];
    const lbl_cells cells = {.value = wide, .stride = 1, .n = n, .n_rows = n};
    st = lbl_frame_add_cells(*out, NAMES[c], cells, err);
  }
  lb_mem_free(wide);
  return st;
}

/* pseudo_predict(fit, newdata, options): options link, complement, n_time, z */
static int pseudo_predict(lua_State *L)
{
  lua_settop(L, 3);
  lbl_check_table(L, 1, "fit");
  const lb_model *model = lbl_check_model(L, 2);
  plan p = {.options.link = (lb_mean_link)field_choice(L, 3, "link", LINKS)};
  lua_getfield(L, 3, "complement");
  p.complement = lua_toboolean(L, -1);
  lua_getfield(L, 3, "z");
  double z = lbl_check_number(L, -1, "z");
  lb_mean_fit fit = {0}; /* borrows what stays on the stack */
  fit.coef = list_of(L, 1, "coef", &fit.q);
  fit.vcov = matrix_of(L, 1, "vcov", fit.q);
  lb_design x;
  lb_model_design(model, &x);
  fit.p = x.p;
  if (fit.q <= x.p) lbl_raise_argument(L, 2, "newdata", "the columns of the fit");
  fit.n_time = p.n_at = fit.q - x.p;
  fit_box *box = box_new(L);
  size_t cells = x.n * p.n_at;
  box->number = lb_mem_array(cells, 5 * sizeof *box->number);
  lb_frame **out = lbl_frame_box(L);
  lb_error err = {0};
  if (box->number == NULL) {
    lb_error_nomem(&err, "predictions");
    return lbl_raise(L, &err);
  }
  double *column[3] = {box->number + 2 * cells, box->number + 3 * cells, box->number + 4 * cells};
  lb_status st = lb_mean_predict(&fit, &x, box->number, box->number + cells, &err);
  if (st == LB_OK) fill(box, &p, x.n, z, column);
  if (st == LB_OK) st = predict_frame(model, p.n_at, column, out, &err);
  return st == LB_OK ? 1 : lbl_raise(L, &err);
}

static const luaL_Reg FUNCTIONS[] = {
    {"pseudo_fit", pseudo_fit}, {"pseudo_predict", pseudo_predict}, {NULL, NULL}};

void lbl_open_pseudo_fit(lua_State *L)
{
  luaL_newmetatable(L, FIT_BOX);
  lua_pushcfunction(L, box_gc);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
  luaL_setfuncs(L, FUNCTIONS, 0);
}
