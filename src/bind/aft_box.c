/* aft_box.c - what a parametric survival function of the module holds while it runs. */
#include "bind/aft_box.h"

#include <math.h>

#include "base/mem.h"

#define AFT_BOX "lobule.AftBox"

static int box_gc(lua_State *L)
{
  lbl_aft *box = luaL_checkudata(L, 1, AFT_BOX);
  lb_aft_reset(&box->fit);
  lb_royston_reset(&box->royston);
  lb_cure_reset(&box->cure);
  lb_mem_free(box->limits);
  lb_mem_free(box->number);
  *box = (lbl_aft){0};
  return 0;
}

/* A formula without an intercept is refused: the intercept is where the distribution stands. */
static void check_intercept(lua_State *L, const lb_model *model)
{
  lb_error err = {0};
  if (model->formula.intercept) return;
  lb_error_set(&err, LB_EARG, "a parametric survival model needs its intercept");
  lb_error_mend(&err, "Leave out  - 1  or  0 +  in the formula.");
  lbl_raise(L, &err);
}

lbl_aft *lbl_aft_new(lua_State *L, int arg)
{
  const lb_model *model = lbl_check_model(L, arg);
  if (model->counts.count != NULL) lbl_raise_argument(L, arg, "model", "a model with its rows");
  check_intercept(L, model);
  lbl_aft *box = lua_newuserdatauv(L, sizeof *box, 0);
  *box = (lbl_aft){.model = model};
  luaL_setmetatable(L, AFT_BOX);
  lb_model_design(model, &box->x);
  if (model->formula.n_strata > 0)
    box->strata = (lb_partition){model->strata.code, model->strata.n};
  box->cluster = (lb_partition){model->cluster, model->n_cluster};
  box->y = (lb_aft_outcome){.n = model->n_used,
                            .lower = model->lower,
                            .upper = model->upper,
                            .entry = model->entry,
                            .weight = model->weight};
  if (model->time == NULL) return box;
  lb_surv surv;
  lb_error err = {0};
  lb_model_surv(model, &surv);
  box->limits = lb_mem_array(surv.n, 2 * sizeof *box->limits);
  if (box->limits == NULL) {
    lb_error_nomem(&err, "times");
    lbl_raise(L, &err);
  }
  lb_aft_limits(&surv, box->limits, box->limits + surv.n);
  box->y.lower = box->limits;
  box->y.upper = box->limits + surv.n;
  return box;
}

void lbl_aft_numbers(lua_State *L, lbl_aft *box, size_t n, size_t width)
{
  lb_error err = {0};
  bool fits = width == 0 || n <= SIZE_MAX / width / sizeof(double);
  box->number = fits ? lb_mem_zero(n * width, sizeof *box->number) : NULL;
  if (box->number != NULL) return;
  lb_error_nomem(&err, "results of a parametric model");
  lbl_raise(L, &err);
}

static void read_list(lua_State *L, int list, double *out, size_t n, const char *name)
{
  for (size_t i = 0; i < n; i++) {
    lua_rawgeti(L, list, (lua_Integer)i + 1);
    out[i] = lua_isnil(L, -1) ? (double)NAN : lbl_check_number(L, -1, name);
    lua_pop(L, 1);
  }
}

double *lbl_aft_list(lua_State *L, int index, const char *name, size_t *n)
{
  lua_getfield(L, index, name);
  lbl_check_table(L, -1, name);
  int list = lua_gettop(L);
  *n = lua_rawlen(L, list);
  double *out = lbl_scratch(L, *n, sizeof *out);
  read_list(L, list, out, *n, name);
  return out;
}

double *lbl_aft_matrix(lua_State *L, int index, const char *name, size_t n)
{
  lua_getfield(L, index, name);
  lbl_check_table(L, -1, name);
  int matrix = lua_gettop(L);
  double *out = lbl_scratch(L, n, n * sizeof *out);
  for (size_t i = 0; i < n; i++) {
    lua_rawgeti(L, matrix, (lua_Integer)i + 1);
    lbl_check_table(L, -1, name);
    read_list(L, lua_gettop(L), out + i * n, n, name);
    lua_pop(L, 1);
  }
  return out;
}

double lbl_aft_field(lua_State *L, int index, const char *name)
{
  lua_getfield(L, index, name);
  double value = lua_isnil(L, -1) ? (double)NAN : lbl_check_number(L, -1, name);
  lua_pop(L, 1);
  return value;
}

/* In the order of lb_aft_distribution. */
static const char *const DISTRIBUTIONS[] = {"weibull",     "exponential", "rayleigh", "lognormal",
                                            "loglogistic", "gengamma",    "gompertz", "gaussian",
                                            "logistic",    "extreme",     "t",        NULL};

lb_aft_distribution lbl_check_distribution(lua_State *L, int index)
{
  lua_getfield(L, index, "distribution");
  int d = lbl_check_choice(L, -1, "distribution", DISTRIBUTIONS);
  lua_pop(L, 1);
  return (lb_aft_distribution)d;
}

/* In the order of lb_royston_scale. */
static const char *const SCALES[] = {"hazard", "odds", "normal", NULL};

lb_royston_scale lbl_check_royston_scale(lua_State *L, int index)
{
  lua_getfield(L, index, "link");
  int scale = lbl_check_choice(L, -1, "link", SCALES);
  lua_pop(L, 1);
  return (lb_royston_scale)scale;
}

lb_aft_people lbl_aft_people(lua_State *L, int index, const lb_model *people)
{
  lb_aft_people who = {.distribution = lbl_check_distribution(L, index),
                       .scale = lbl_aft_field(L, index, "scale"),
                       .df = lbl_aft_field(L, index, "df_t"),
                       .n_scale = (size_t)lbl_aft_field(L, index, "n_scale"),
                       .n_shape = (size_t)lbl_aft_field(L, index, "n_shape")};
  lb_model_design(people, &who.x);
  who.coef = lbl_aft_list(L, index, "coef", &who.n_param);
  if (people->formula.n_strata > 0 && who.n_scale > 1) who.stratum = people->strata.code;
  if (who.n_param != 1 + who.x.p + who.n_scale + who.n_shape)
    lbl_raise_argument(L, index, "newdata", "a design of this model");
  return who;
}

/* Splines of effects: field `effect`, a list of { column =, knot = }. */
static void read_effects(lua_State *L, int index, lb_royston_form *form)
{
  lua_getfield(L, index, "effect");
  lbl_check_table(L, -1, "effect");
  int list = lua_gettop(L);
  form->n_effect = lua_rawlen(L, list);
  if (form->n_effect > LB_ROYSTON_EFFECTS) lbl_raise_argument(L, index, "fit", "fewer effects");
  for (size_t e = 0; e < form->n_effect; e++) {
    size_t n;
    lua_rawgeti(L, list, (lua_Integer)e + 1);
    lbl_check_table(L, -1, "effect");
    form->effect[e].column = (size_t)lbl_aft_field(L, lua_gettop(L), "column") - 1;
    const double *knot = lbl_aft_list(L, lua_gettop(L), "knot", &n);
    if (n < 2 || n > LB_ROYSTON_KNOTS || form->effect[e].column >= form->p)
      lbl_raise_argument(L, index, "fit", "effects of its own columns");
    for (size_t j = 0; j < n; j++) form->effect[e].knot[j] = knot[j];
    form->effect[e].n_knot = n;
    lua_settop(L, list); /* numbers are copied */
  }
}

lb_royston_people lbl_royston_people(lua_State *L, int index, const lb_model *people)
{
  size_t n_knot, n_param;
  lb_royston_people who = {.form = {.scale = lbl_check_royston_scale(L, index)}};
  lb_royston_form *form = &who.form;
  lb_model_design(people, &who.x);
  form->p = who.x.p;
  const double *knot = lbl_aft_list(L, index, "knot", &n_knot);
  if (n_knot < 2 || n_knot > LB_ROYSTON_KNOTS) lbl_raise_argument(L, index, "fit", "its knots");
  for (size_t j = 0; j < n_knot; j++) form->knot[j] = knot[j];
  form->n_spline = n_knot;
  form->n_stratum = (size_t)lbl_aft_field(L, index, "n_stratum");
  read_effects(L, index, form);
  who.coef = lbl_aft_list(L, index, "coef", &n_param);
  form->n_param = lb_royston_effect_at(form, form->n_effect);
  if (people->formula.n_strata > 0 && form->n_stratum > 1) who.stratum = people->strata.code;
  if (form->n_param != n_param) lbl_raise_argument(L, index, "newdata", "a design of this model");
  return who;
}

lb_cure_people lbl_cure_people(lua_State *L, int index, const lb_model *people,
                               const lb_model *cure)
{
  lb_cure_people who = {0};
  who.latency = (lb_aft_people){.distribution = lbl_check_distribution(L, index),
                                .scale = lbl_aft_field(L, index, "scale"),
                                .n_scale = (size_t)lbl_aft_field(L, index, "n_scale"),
                                .n_shape = (size_t)lbl_aft_field(L, index, "n_shape")};
  lb_model_design(people, &who.latency.x);
  if (people->formula.n_strata > 0 && who.latency.n_scale > 1)
    who.latency.stratum = people->strata.code;
  lb_model_design(cure, &who.z);
  who.coef = who.latency.coef = lbl_aft_list(L, index, "coef", &who.n_param);
  who.latency.n_param = 1 + who.latency.x.p + who.latency.n_scale + who.latency.n_shape;
  if (who.n_param != who.latency.n_param + 1 + who.z.p || cure->n_used != people->n_used)
    lbl_raise_argument(L, index, "newdata", "designs of this model, of the same people");
  return who;
}

lb_curve lbl_aft_curve(lua_State *L, int index, const lb_model *people, const lb_model *cured,
                       lbl_aft_subject *who)
{
  lb_curve curve;
  double time_scale = lbl_aft_field(L, index, "time_scale");
  bool spline = lua_getfield(L, index, "knot") != LUA_TNIL;
  if (cured != NULL) {
    who->cure = lbl_cure_people(L, index, people, cured);
    lb_cure_curve(&who->cure, lbl_aft_matrix(L, index, "vcov", who->cure.n_param), time_scale,
                  &curve);
  } else if (spline) {
    who->royston = lbl_royston_people(L, index, people);
    lb_royston_curve(&who->royston, lbl_aft_matrix(L, index, "vcov", who->royston.form.n_param),
                     time_scale, &curve);
  } else {
    who->aft = lbl_aft_people(L, index, people);
    lb_aft_curve(&who->aft, lbl_aft_matrix(L, index, "vcov", who->aft.n_param), time_scale, &curve);
  }
  return curve;
}

void lbl_aft_open_box(lua_State *L)
{
  luaL_newmetatable(L, AFT_BOX);
  lua_pushcfunction(L, box_gc);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
}
