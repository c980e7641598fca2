/* multistate_cox.c - the stacked model of a multistate Cox regression, and its predictions. */
#include <math.h>

#include "base/mem.h"
#include "bind/cox_box.h"
#include "bind/multistate_box.h"
#include "model/model_stack.h"
#include "stats/survival/multistate_predict.h"

/* Length of the list in field `name` of the plan at `index`, which is left on the stack. */
static size_t get_list(lua_State *L, int index, const char *name)
{
  lua_getfield(L, index, name);
  lbl_check_table(L, -1, name);
  return lua_rawlen(L, -1);
}

/* n whole numbers of field `name`, less `less`, in a userdata pushed. */
static int32_t *get_codes(lua_State *L, int index, const char *name, size_t n, int32_t less)
{
  if (get_list(L, index, name) != n) lbl_raise_argument(L, index, name, "a list of another length");
  int list = lua_gettop(L);
  int32_t *out = lbl_scratch(L, n, sizeof *out);
  for (size_t i = 0; i < n; i++) {
    lua_rawgeti(L, list, (lua_Integer)i + 1);
    lua_Integer value = lbl_check_integer(L, -1, name);
    if (value < LB_STACK_CONSTANT || value > INT32_MAX)
      lbl_raise_argument(L, index, name, "small whole numbers");
    out[i] = (int32_t)value - (value > 0 ? less : 0);
    lua_pop(L, 1);
  }
  return out;
}

/* Transitions, baselines and columns of the plan at `index`; what is pushed keeps them alive. */
static lb_stack_plan check_plan(lua_State *L, int index)
{
  lb_stack_plan plan = {0};
  lbl_check_table(L, index, "plan");
  luaL_checkstack(L, 24, "too many values");
  plan.n_transition = get_list(L, index, "from");
  plan.n_baseline = get_list(L, index, "baselines");
  plan.n_coef = get_list(L, index, "terms");
  plan.from = get_codes(L, index, "from", plan.n_transition, 1);
  plan.to = get_codes(L, index, "to", plan.n_transition, 1);
  const int32_t *baseline = get_codes(L, index, "baseline", plan.n_transition, 1);
  size_t *number = lbl_scratch(L, plan.n_transition, sizeof *number);
  for (size_t h = 0; h < plan.n_transition; h++) number[h] = (size_t)baseline[h];
  plan.baseline = number;
  /* 0: absent, -2: constant, else a column from 1 */
  int32_t *column = get_codes(L, index, "column", plan.n_transition * plan.n_coef, 1);
  lua_getfield(L, index, "column");
  for (size_t i = 0; i < plan.n_transition * plan.n_coef; i++) {
    lua_rawgeti(L, -1, (lua_Integer)i + 1);
    if (lua_tointeger(L, -1) == 0) column[i] = LB_STACK_ABSENT;
    lua_pop(L, 1);
  }
  plan.column = column;
  return plan;
}

static const char *text_field(lua_State *L, const char *name)
{
  lua_getfield(L, -1, name);
  const char *text = lua_isnil(L, -1) ? NULL : lbl_check_name(L, lua_gettop(L), name);
  lua_pop(L, 1); /* the table keeps it */
  return text;
}

static lb_stack_coef *check_terms(lua_State *L, size_t n)
{
  get_list(L, 2, "terms");
  int list = lua_gettop(L);
  lb_stack_coef *coef = lbl_scratch(L, n, sizeof *coef);
  for (size_t c = 0; c < n; c++) {
    lua_rawgeti(L, list, (lua_Integer)c + 1);
    lbl_check_table(L, lua_gettop(L), "terms");
    coef[c].term = text_field(L, "term");
    coef[c].variable = text_field(L, "variable");
    coef[c].level = text_field(L, "level");
    coef[c].reference = text_field(L, "reference");
    if (coef[c].term == NULL || coef[c].variable == NULL)
      lbl_raise_argument(L, 2, "terms", "terms with names");
    lua_pop(L, 1);
  }
  return coef;
}

/* multistate_stack(histories, plan) */
static int multistate_stack(lua_State *L)
{
  lua_settop(L, 2);
  const lbl_histories *box = lbl_check_histories(L, 1);
  lb_stack_plan plan = check_plan(L, 2);
  plan.coef = check_terms(L, plan.n_coef);
  size_t n_name;
  lua_getfield(L, 2, "baselines");
  plan.baseline_name = lbl_check_names(L, lua_gettop(L), "baselines", false, &n_name);
  plan.state = box->history.from;
  plan.next = box->to;
  plan.cluster = box->cluster != NULL ? box->cluster : box->moves.person;
  plan.n_cluster = box->cluster != NULL ? box->n_cluster : box->moves.n_person;
  lb_model *out = lbl_box(L, LBL_MODEL, sizeof *out, 0);
  lb_error err = {0};
  if (lb_model_stack(box->model, &plan, out, &err) != LB_OK) return lbl_raise(L, &err);
  lbl_account(L, out->n_used * (out->p + 2) * sizeof(double));
  return 1;
}

/* ---- Predictions ---- */

/* In the order of lb_km_conf, without Peto's. */
static const char *const CONF_TYPES[] = {"log-log", "log", "plain", "logit", "arcsine", NULL};

typedef struct people {
  const lb_model *design; /* of new data */
  lb_stack_plan plan;
  lb_state_person person;
  lb_state_times times;
  double conf_level;
  lb_km_conf conf_type;
} people;

/* p0 and the number of states of the options at index 4. */
static void check_start(lua_State *L, people *who)
{
  size_t k = get_list(L, 4, "p0");
  double *p0 = lbl_scratch(L, k, sizeof *p0);
  lua_getfield(L, 4, "p0");
  for (size_t s = 0; s < k; s++) {
    lua_rawgeti(L, -1, (lua_Integer)s + 1);
    p0[s] = lbl_check_number(L, -1, "p0");
    lua_pop(L, 1);
  }
  for (size_t h = 0; h < who->plan.n_transition; h++) {
    bool fits = who->plan.from[h] >= 0 && (size_t)who->plan.from[h] < k && who->plan.to[h] >= 0 &&
                (size_t)who->plan.to[h] < k;
    if (!fits) lbl_raise_argument(L, 4, "p0", "a share of each state");
  }
  who->person.p0 = p0;
  who->person.n_state = k;
}

static void check_options(lua_State *L, people *who)
{
  lbl_check_table(L, 4, "options");
  check_start(L, who);
  lua_getfield(L, 4, "times");
  who->times.time = lbl_check_times(L, lua_gettop(L), &who->times.n);
  lua_getfield(L, 4, "start_time");
  who->times.from = lua_isnil(L, -1) ? (double)-INFINITY : lbl_check_number(L, -1, "start_time");
  lua_getfield(L, 4, "increment");
  who->times.increment = lua_toboolean(L, -1);
  lua_getfield(L, 4, "conf_level");
  who->conf_level = lbl_check_number(L, -1, "conf_level");
  lua_getfield(L, 4, "conf_type");
  who->conf_type = (lb_km_conf)lbl_check_choice(L, -1, "conf_type", CONF_TYPES);
}

enum { P_ESTIMATE, P_SE, P_LOW, P_HIGH, N_PREDICTED };
static const char *const PREDICTED[N_PREDICTED] = {"estimate", "std_error", "conf_low",
                                                   "conf_high"};

/* Columns and risks of person i in each transition. */
static void place_person(const lbl_cox *box, const people *who, size_t i, double *z, double *risk,
                         size_t *stratum)
{
  const lb_stack_plan *plan = &who->plan;
  const lb_model *d = who->design;
  size_t p = plan->n_coef;
  size_t class = d->strata.code == NULL ? 0 : (size_t)d->strata.code[i];
  for (size_t h = 0; h < plan->n_transition; h++) {
    risk[h] = d->offset == NULL ? 0 : d->offset[i] - box->path.shift;
    stratum[h] = class * plan->n_baseline + plan->baseline[h];
    for (size_t c = 0; c < p; c++) {
      int32_t column = plan->column[h * p + c];
      double x = column >= 0 ? d->column[column][i] : column == LB_STACK_CONSTANT;
      z[h * p + c] = x - box->path.centre[c];
      if (!isnan(box->at.coef[c])) risk[h] += box->at.coef[c] * z[h * p + c];
    }
  }
}

/* NaN at the times after the last in any of the person's strata. */
static void leave_beyond(const people *who, const double *last, const size_t *stratum, double **out)
{
  double end = 0;
  size_t k = who->person.n_state;
  for (size_t h = 0; h < who->plan.n_transition; h++)
    if (last[stratum[h]] > end) end = last[stratum[h]];
  for (size_t t = 0; t < who->times.n; t++)
    for (size_t s = 0; who->times.time[t] > end && s < k; s++)
      for (size_t j = 0; j < N_PREDICTED; j++) out[j][t * k + s] = (double)NAN;
}

static lb_status predict_all(lua_State *L, lbl_cox *box, people *who, lb_error *err)
{
  size_t n_h = who->plan.n_transition, p = who->plan.n_coef, k = who->person.n_state;
  size_t each = who->times.n * k, cells = who->design->n_rows * each;
  double *z = lbl_scratch(L, n_h * p, sizeof *z), *risk = lbl_scratch(L, n_h, sizeof *risk);
  size_t *stratum = lbl_scratch(L, n_h, sizeof *stratum);
  const double *last = lbl_last_times(L, box->model);
  lb_status st = LB_OK;
  who->person.z = z;
  who->person.log_risk = risk;
  who->person.stratum = stratum;
  for (size_t i = 0; i < cells * N_PREDICTED; i++) box->number[i] = (double)NAN;
  for (size_t i = 0; st == LB_OK && i < who->design->n_used; i++) {
    place_person(box, who, i, z, risk, stratum);
    double *out[N_PREDICTED];
    for (size_t j = 0; j < N_PREDICTED; j++)
      out[j] = box->number + j * cells + who->design->row[i] * each;
    if (box->jackknife.path != NULL)
      st = lb_state_predict_robust(&box->jackknife, &who->person, &who->times, out[P_ESTIMATE],
                                   out[P_SE], err);
    else
      st = lb_state_predict(&box->path, box->vcov, &who->person, &who->times, out[P_ESTIMATE],
                            out[P_SE], err);
    lb_state_limits(out[P_ESTIMATE], out[P_SE], each, who->conf_level, who->conf_type, out[P_LOW],
                    out[P_HIGH]);
    leave_beyond(who, last, stratum, out);
  }
  return st;
}

/* multistate_predict(model, fit, plan, options, newdata) */
static int multistate_predict(lua_State *L)
{
  lua_settop(L, 5);
  people who = {.design = lbl_check_model(L, 5), .plan = check_plan(L, 3)};
  check_options(L, &who);
  luaL_checkstack(L, 24, "too many values");
  lbl_cox *box = lbl_cox_at(L, 1, 2);
  if (box->x.p != who.plan.n_coef) lbl_raise_argument(L, 3, "plan", "that of the model");
  for (size_t i = 0; i < who.plan.n_transition * who.plan.n_coef; i++)
    if (who.plan.column[i] >= (int32_t)who.design->p)
      lbl_raise_argument(L, 5, "newdata", "a design of this model");
  who.person.n_transition = who.plan.n_transition;
  who.person.from = who.plan.from;
  who.person.to = who.plan.to;
  size_t cells = who.design->n_rows * who.times.n * who.person.n_state;
  lb_error err = {0};
  lbl_cox_numbers(L, box, cells, N_PREDICTED);
  lb_status st = lb_cox_path_new(&box->at, &box->path, &err);
  lua_getfield(L, 2, "robust");
  if (st == LB_OK && lua_toboolean(L, -1))
    st = lb_cox_jackknife_new(&box->at, &box->path, box->vcov, lbl_cox_cluster(box),
                              &box->jackknife, &err);
  if (st == LB_OK) st = predict_all(L, box, &who, &err);
  lb_frame **out = lbl_frame_box(L);
  if (st == LB_OK) st = lb_frame_new(cells, NULL, out, &err);
  for (size_t j = 0; st == LB_OK && j < N_PREDICTED; j++) {
    const lbl_cells column = {box->number + j * cells, 1, cells, cells, NULL};
    st = lbl_frame_add_cells(*out, PREDICTED[j], column, &err);
  }
  if (st != LB_OK) return lbl_raise(L, &err);
  return 1;
}

static const luaL_Reg FUNCTIONS[] = {{"multistate_stack", multistate_stack},
                                     {"multistate_predict", multistate_predict},
                                     {NULL, NULL}};

void lbl_open_stack(lua_State *L)
{
  luaL_setfuncs(L, FUNCTIONS, 0);
}
