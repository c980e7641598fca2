/* rmst.c - restricted means of a model as a Lua table. */
#include "stats/survival/rmst.h"

#include "base/mem.h"
#include "bind/bind.h"
#include "model/model.h"

#define RMST_BOX "lobule.RmstBox"

/* What a call owns while it runs. */
typedef struct rmst_box {
  lb_rmst fit, crossed; /* crossed: a group for each stratum and group; zero without strata */
  int32_t *code;        /* of the crossed groups */
  double *weight;       /* of the strata */
} rmst_box;

static int box_gc(lua_State *L)
{
  rmst_box *box = luaL_checkudata(L, 1, RMST_BOX);
  lb_rmst_reset(&box->fit);
  lb_rmst_reset(&box->crossed);
  lb_mem_free(box->code);
  lb_mem_free(box->weight);
  *box = (rmst_box){0};
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

/* One measure to one horizon: { estimate, variance, chi_square, df }, with clusters vcov. */
static void push_cell(lua_State *L, const lb_rmst *fit, size_t measure, size_t k)
{
  size_t n = fit->n_groups, cell = measure * fit->n_tau + k, df;
  double chi_square;
  lb_error err = {0};
  if (lb_rmst_equal(fit, measure, k, &chi_square, &df, &err) != LB_OK) lbl_raise(L, &err);
  lua_createtable(L, 0, 5);
  lbl_set_numbers(L, "estimate", fit->estimate + cell * n, n);
  if (fit->n_cluster > 0) lbl_set_matrix(L, "vcov", fit->vcov + cell * n * n, n);
  lua_createtable(L, (int)n, 0);
  for (size_t g = 0; g < n; g++) {
    lua_pushnumber(L, lb_rmst_covariance(fit, measure, k, g, g));
    lua_rawseti(L, -2, (lua_Integer)g + 1);
  }
  lua_setfield(L, -2, "variance");
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

/* The fit of strata x groups, and the means standardised to the sizes of the strata. */
static lb_status fit_strata(const lb_model *model, const lb_rmst_options *options, rmst_box *box,
                            lb_error *err)
{
  lb_surv y;
  lb_model_surv(model, &y);
  size_t k = model->groups.n == 0 ? 1 : model->groups.n, n_strata = model->strata.n;
  if (k > INT32_MAX / n_strata)
    return lb_error_set(err, LB_EARG, "%zu groups in %zu strata are too many", k, n_strata);
  box->code = lb_mem_array(y.n, sizeof *box->code);
  box->weight = lb_mem_zero(n_strata, sizeof *box->weight);
  if (box->code == NULL || box->weight == NULL) return lb_error_nomem(err, "strata");
  for (size_t i = 0; i < y.n; i++)
    box->code[i] = model->strata.code[i] * (int32_t)k +
                   (model->groups.code == NULL ? 0 : model->groups.code[i]);
  const lb_partition crossed = {box->code, k * n_strata};
  const lb_partition cluster = {model->cluster, model->n_cluster};
  lb_status st = lb_rmst_fit(&y, &crossed, &cluster, options, &box->crossed, err);
  if (st != LB_OK) return st;
  double total = 0;
  for (size_t c = 0; c < crossed.n; c++) {
    box->weight[c / k] += box->crossed.group[c].weight_total;
    total += box->crossed.group[c].weight_total;
  }
  for (size_t s = 0; s < n_strata; s++) box->weight[s] /= total;
  return lb_rmst_standardise(&box->crossed, n_strata, box->weight, &box->fit, err);
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

static void push_fit(lua_State *L, const lb_rmst *fit)
{
  lua_createtable(L, 0, 8);
  lbl_set_numbers(L, "tau", fit->tau, fit->n_tau);
  lua_pushboolean(L, fit->robust);
  lua_setfield(L, -2, "robust");
  set_groups(L, fit);
  set_measures(L, fit);
}

/* rmst(model, from, tau, robust) */
static int rmst(lua_State *L)
{
  lua_settop(L, 4);
  const lb_model *model = lbl_check_model(L, 1);
  lb_rmst_options options = {.from = lbl_check_number(L, 2, "from"),
                             .robust = lua_toboolean(L, 4) == 1};
  options.tau = opt_times(L, 3, &options.n_tau);
  rmst_box *box = lua_newuserdatauv(L, sizeof *box, 0);
  *box = (rmst_box){0};
  luaL_setmetatable(L, RMST_BOX);
  lb_error err = {0};
  bool stratified = model->strata.n > 1;
  lb_status st = stratified ? fit_strata(model, &options, box, &err)
                            : fit_model(model, &options, &box->fit, &err);
  if (st != LB_OK) return lbl_raise(L, &err);
  push_fit(L, &box->fit);
  if (stratified) {
    push_fit(L, &box->crossed);
    lua_setfield(L, -2, "crossed");
    lbl_set_numbers(L, "weight", box->weight, model->strata.n);
  }
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
