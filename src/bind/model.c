/* model.c - the Model object: a formula and a frame as arrays for a statistic. */
#include "model/model.h"

#include "bind/bind.h"

const struct lb_model *lbl_check_model(lua_State *L, int arg)
{
  lb_model *model = luaL_testudata(L, arg, LBL_MODEL);
  if (model == NULL) lbl_raise_argument(L, arg, "model", "a model");
  return model;
}

void lbl_refuse_cluster(lua_State *L, const struct lb_model *model)
{
  lb_error err = {0};
  if (model->formula.n_cluster == 0) return;
  lb_error_set(&err, LB_EARG, "cluster(%s): the test assumes independent rows",
               model->formula.cluster[0].text);
  lb_error_mend(&err, "The robust score test of survival.cox with the groups as its only term is "
                      "the test for clusters.");
  lbl_raise(L, &err);
}

void lbl_refuse_strata(lua_State *L, const struct lb_model *model)
{
  lb_error err = {0};
  if (model->formula.n_strata == 0) return;
  const char *text = model->formula.strata[0].text;
  lb_error_set(&err, LB_EARG, "strata(%s) has no meaning for curves", text);
  lb_error_mend(&err, "For a curve of each stratum add it as a group:  ~ ... + %s", text);
  lbl_raise(L, &err);
}

double *lbl_last_times(lua_State *L, const struct lb_model *model)
{
  size_t n = model->strata.code == NULL ? 1 : model->strata.n;
  double *last = lbl_scratch(L, n, sizeof *last);
  bool known = model->time != NULL && model->strata.code != NULL;
  for (size_t s = 0; s < n; s++) last[s] = known ? 0 : model->time_max;
  for (size_t i = 0; known && i < model->n_used; i++) {
    double *stratum = &last[model->strata.code[i]];
    if (model->time[i] > *stratum) *stratum = model->time[i];
  }
  return last;
}

static int model_close(lua_State *L)
{
  lb_model *model = luaL_checkudata(L, 1, LBL_MODEL);
  lb_model_reset(model);
  *model = (lb_model){0};
  return 0;
}

static int model_gc(lua_State *L)
{
  model_close(L);
  lbl_unbox(L);
  return 0;
}

/* Bytes of the arrays, about: rows, times, events, classes, and the columns of the design. */
static size_t model_bytes(const lb_model *m)
{
  size_t n_real = 1 + m->p;
  if (m->own_count != NULL)
    return m->counts.n_class * m->counts.days * lb_surv_kinds(&m->counts) * sizeof *m->own_count;
  n_real += (size_t)(m->entry != NULL) + (size_t)(m->weight != NULL) + (size_t)(m->offset != NULL);
  return m->n_used * (n_real * sizeof(double) + sizeof(lb_row) + 2 * sizeof(int32_t) + 1);
}

/* In the order of lb_model_kind. */
static const char *const KINDS[] = {"groups", "design", "counts", NULL};

/* Outcomes that a method takes beside Surv(time, event). */
static const char *const OUTCOMES[] = {"right",     "interval",         "causes",
                                       "penalised", "penalised causes", NULL};
static const unsigned ACCEPTS[] = {0, LB_ACCEPTS_INTERVAL, LB_ACCEPTS_CAUSES, LB_ACCEPTS_PENALTIES,
                                   LB_ACCEPTS_PENALTIES | LB_ACCEPTS_CAUSES};

/* model(formula, frame, kind, weights, outcome, censored, cause, frequency) */
static int model(lua_State *L)
{
  lua_settop(L, 8);
  size_t length;
  const char *formula = lbl_check_text(L, 1, "formula", &length);
  lb_frame *frame = lbl_check_frame(L, 2, "frame");
  lb_model_options options = {0};
  options.kind = (lb_model_kind)lbl_check_choice(L, 3, "kind", KINDS);
  options.weights = lbl_opt_name(L, 4, "weights");
  if (!lua_isnil(L, 5)) options.accepts = ACCEPTS[lbl_check_choice(L, 5, "outcome", OUTCOMES)];
  options.censored = lbl_opt_name(L, 6, "censored");
  options.cause = lbl_opt_name(L, 7, "cause");
  options.frequency = lua_toboolean(L, 8);
  size_t before = lb_frame_bytes(frame);
  lb_model *out = lbl_box(L, LBL_MODEL, sizeof *out, 0);
  lb_error err = {0};
  if (lb_model_build(formula, length, frame, &options, out, &err) != LB_OK)
    return lbl_raise(L, &err);
  lbl_account(L, model_bytes(out) + lb_frame_bytes(frame) - before);
  return 1;
}

/* model_apply(model, frame, outcome) */
static int model_apply(lua_State *L)
{
  lua_settop(L, 3);
  const lb_model *fit = lbl_check_model(L, 1);
  lb_frame *frame = lbl_check_frame(L, 2, "frame");
  lb_model *out = lbl_box(L, LBL_MODEL, sizeof *out, 0);
  lb_error err = {0};
  if (lb_model_apply(fit, frame, lua_toboolean(L, 3), out, &err) != LB_OK)
    return lbl_raise(L, &err);
  lbl_account(L, model_bytes(out));
  return 1;
}

static void set_dropped(lua_State *L, const lb_model *m)
{
  lua_createtable(L, (int)m->n_dropped, 0);
  for (size_t i = 0; i < m->n_dropped; i++) {
    lua_createtable(L, 0, 2);
    lbl_set_text(L, "variable", m->dropped[i].variable);
    lbl_set_count(L, "n", m->dropped[i].n);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, -2, "dropped");
}

static void set_classes(lua_State *L, const char *name, const lb_classes *classes)
{
  size_t n = classes->n_variable;
  lua_createtable(L, 0, 5);
  if (n > 0) lbl_set_texts(L, "variables", classes->variable, n);
  if (n > 0) lbl_set_texts(L, "levels", classes->level, classes->n * n);
  lbl_set_texts(L, "label", classes->label, classes->n);
  lbl_set_texts(L, "name", classes->name, classes->n);
  lbl_set_texts(L, "empty", classes->empty, classes->n_empty);
  lua_setfield(L, -2, name);
}

/* Of the strata, beside their names. */
static void set_last_times(lua_State *L, const lb_model *m)
{
  const double *last = lbl_last_times(L, m);
  size_t n = m->strata.code == NULL ? 1 : m->strata.n;
  lua_getfield(L, -2, "strata");
  lbl_set_numbers(L, "last_time", last, n);
  lua_pop(L, 2);
}

static void set_terms(lua_State *L, const lb_model *m)
{
  lua_createtable(L, (int)m->p, 0);
  for (size_t i = 0; i < m->p; i++) {
    const lb_term *term = &m->term[i];
    lua_createtable(L, 0, 6);
    lbl_set_text(L, "term", term->term);
    lbl_set_text(L, "variable", term->variable);
    lbl_set_text(L, "level", term->level);
    lbl_set_text(L, "reference", term->reference);
    lbl_set_count(L, "n", term->n_level);
    lbl_set_count(L, "n_event", term->n_event_level);
    if (m->weight != NULL) lbl_set_number(L, "weight", term->weight_level);
    if (m->weight != NULL) lbl_set_number(L, "event_weight", term->weight_event_level);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, -2, "terms");
}

/* Number of events and the last time. */
static void set_outcome(lua_State *L, const lb_model *m)
{
  lbl_set_count(L, "n_event", m->n_event);
  if (m->weight != NULL) lbl_set_number(L, "weight", m->weight_total);
  if (m->weight != NULL) lbl_set_number(L, "event_weight", m->weight_event);
  lbl_set_number(L, "time_max", m->time_max);
  lbl_set_count(L, "n_time_zero", m->n_time_zero);
  lbl_set_text(L, "time_label", m->time_label);
  lbl_set_text(L, "time_unit", m->time_unit);
  if (m->n_cause > 0) lbl_set_texts(L, "causes", m->cause_label, m->n_cause);
  lbl_set_text(L, "censored", m->censored_label);
  lbl_set_text(L, "event_cause", m->event_cause);
  lua_pushboolean(L, m->suspect_cnsr);
  lua_setfield(L, -2, "suspect_cnsr");
  lua_pushboolean(L, m->entry != NULL);
  lua_setfield(L, -2, "has_entry");
  lua_pushboolean(L, m->lower != NULL);
  lua_setfield(L, -2, "interval");
}

/* In the order of lb_penalty_kind and lb_penalty_method. */
static const char *const PENALTIES[] = {"ridge", "pspline", "frailty"};
static const char *const METHODS_OF_THETA[] = {"fixed", "df", "aic", "em", "reml"};

static void set_penalties(lua_State *L, const lb_model *m)
{
  lua_createtable(L, (int)m->n_penalty, 0);
  for (size_t k = 0; k < m->n_penalty; k++) {
    const lb_penalty *p = &m->penalty[k];
    const lb_penalty_spec *spec = &m->formula.penalty[k];
    lua_createtable(L, 0, 8);
    lbl_set_text(L, "kind", PENALTIES[p->kind]);
    lbl_set_text(L, "method", METHODS_OF_THETA[p->method]);
    lua_pushlstring(L, m->formula.text + spec->start, spec->end - spec->start);
    lua_setfield(L, -2, "text");
    if (p->method == LB_PENALTY_DF) lbl_set_number(L, "df", p->df);
    if (p->kind == LB_PENALTY_FRAILTY) {
      lbl_set_text(L, "distribution", p->gaussian ? "gaussian" : "gamma");
      lbl_set_text(L, "variable", m->formula.frailty[0].text);
      lbl_set_count(L, "n_group", m->frailty.n);
    }
    lua_createtable(L, (int)p->n_column, 0);
    for (size_t j = 0; j < p->n_column; j++) {
      lua_pushinteger(L, (lua_Integer)p->column[j] + 1);
      lua_rawseti(L, -2, (lua_Integer)j + 1);
    }
    lua_setfield(L, -2, "columns");
    lua_rawseti(L, -2, (lua_Integer)k + 1);
  }
  lua_setfield(L, -2, "penalties");
}

static int model_info(lua_State *L)
{
  const lb_model *m = lbl_check_model(L, 1);
  lua_createtable(L, 0, 16);
  lbl_set_count(L, "n_rows", m->n_rows);
  lbl_set_count(L, "n_used", m->n_used);
  lbl_set_count(L, "n_missing", m->n_missing);
  lbl_set_text(L, "formula", m->formula.text);
  set_outcome(L, m);
  if (m->cluster != NULL) lbl_set_count(L, "n_cluster", m->n_cluster);
  set_dropped(L, m);
  set_classes(L, "groups", &m->groups);
  set_classes(L, "strata", &m->strata);
  set_last_times(L, m);
  set_terms(L, m);
  if (m->n_penalty > 0) set_penalties(L, m);
  if (m->frailty.n > 0) set_classes(L, "frailty", &m->frailty);
  return 1;
}

static int model_tostring(lua_State *L)
{
  const lb_model *m = lbl_check_model(L, 1);
  lua_pushfstring(L, "model %s of %I rows", m->formula.text == NULL ? "" : m->formula.text,
                  (LUAI_UACINT)m->n_used);
  return 1;
}

static const luaL_Reg METHODS[] = {{"info", model_info}, {NULL, NULL}};
static const luaL_Reg METAMETHODS[] = {
    {"__gc", model_gc}, {"__close", model_close}, {"__tostring", model_tostring}, {NULL, NULL}};
static const luaL_Reg FUNCTIONS[] = {{"model", model}, {"model_apply", model_apply}, {NULL, NULL}};

void lbl_open_model(lua_State *L)
{
  lbl_new_class(L, LBL_MODEL, "model", METHODS, METAMETHODS);
  luaL_setfuncs(L, FUNCTIONS, 0);
}
