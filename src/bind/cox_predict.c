/* cox_predict.c - predictions of a Cox fit: for its own rows or those of a design for new data. */
#include <math.h>
#include <string.h>

#include "base/interrupt.h"
#include "base/mem.h"
#include "bind/cox_box.h"
#include "stats/interval.h"
#include "stats/linear_kernel.h"
#include "stats/survival/concordance.h"
#include "stats/survival/cox_survival.h"
#include "stats/survival/gonen_heller.h"
#include "stats/survival/riskset.h"

#define POLL_ROWS 256 /* with late entry a robust variance looks at all rows for each */

/* Whom the predictions are for. */
typedef struct people {
  const lb_model *model; /* rows, and times when it has an outcome */
  lb_design x;
  const int32_t *stratum;
} people;

/* Argument `arg` is a design for new data, or nil for the model's own rows. */
static people check_people(lua_State *L, int arg, const lbl_cox *box)
{
  people who = {.model = lua_isnil(L, arg) ? box->model : lbl_check_model(L, arg)};
  lb_model_design(who.model, &who.x);
  if (who.model == box->model && box->own_offset != NULL) who.x.offset = box->own_offset;
  who.stratum = box->strata.code == NULL ? NULL : who.model->strata.code;
  if (who.x.p != box->x.p) lbl_raise_argument(L, arg, "newdata", "a design of this model");
  return who;
}

static lbl_cox *open_path(lua_State *L)
{
  lb_error err = {0};
  lbl_cox *box = lbl_cox_at(L, 1, 2);
  lb_status st = lb_cox_path_new(&box->at, &box->path, &err);
  lua_getfield(L, 2, "robust");
  if (st == LB_OK && lua_toboolean(L, -1))
    st = lb_cox_jackknife_new(&box->at, &box->path, box->vcov, lbl_cox_cluster(box),
                              &box->jackknife, &err);
  lua_pop(L, 1);
  if (st != LB_OK) lbl_raise(L, &err);
  return box;
}

/* With the variance of the fit: model-based, or robust. */
static lb_cox_hazard person_hazard(lbl_cox *box, const lb_cox_person *person, size_t from,
                                   size_t to)
{
  if (box->jackknife.path != NULL)
    return lb_cox_jackknife_hazard(&box->jackknife, person, from, to);
  return lb_cox_person_hazard(&box->path, box->vcov, person, from, to);
}

static size_t stratum_of(const people *who, size_t i)
{
  return who->stratum == NULL ? 0 : (size_t)who->stratum[i];
}

/* A frame of n_rows with two columns from numbers[0 .. n) and numbers[n .. 2n) of the used rows. */
static int push_pair(lua_State *L, const lbl_cox *box, const people *who)
{
  const lb_model *m = who->model;
  lb_frame **out = lbl_frame_box(L);
  lb_error err = {0};
  lbl_cells estimate = {box->number, 1, m->n_used, m->n_rows, m->row};
  lbl_cells std_error = {box->number + m->n_used, 1, m->n_used, m->n_rows, m->row};
  lb_status st = lb_frame_new(m->n_rows, NULL, out, &err);
  if (st == LB_OK) st = lbl_frame_add_cells(*out, "estimate", estimate, &err);
  if (st == LB_OK) st = lbl_frame_add_cells(*out, "std_error", std_error, &err);
  if (st != LB_OK) return lbl_raise(L, &err);
  lbl_account(L, 2 * m->n_rows * sizeof(double));
  return 1;
}

/* cox_linear(model, fit, newdata, variable): variable nil = the whole predictor, else the part of
 * the term. */
static int cox_linear(lua_State *L)
{
  lua_settop(L, 4);
  lbl_cox *box = open_path(L);
  people who = check_people(L, 3, box);
  bool *only = NULL;
  if (!lua_isnil(L, 4)) {
    const char *variable = lbl_check_name(L, 4, "variable");
    only = lbl_scratch(L, box->x.p, sizeof *only);
    for (size_t j = 0; j < box->x.p; j++)
      only[j] = strcmp(box->model->term[j].variable, variable) == 0;
  }
  lbl_cox_numbers(L, box, who.x.n, 2);
  lb_error err = {0};
  lb_cox_linear linear = {&who.x, only, box->number, box->number + who.x.n};
  const double *vcov = box->jackknife.path == NULL ? box->vcov : box->jackknife.vcov;
  if (lb_cox_person_linear(&box->at, &box->path, vcov, &linear, &err) != LB_OK)
    return lbl_raise(L, &err);
  bool unknown = box->jackknife.path != NULL && box->jackknife.beta.n_seen < 2;
  for (size_t i = 0; unknown && i < who.x.n; i++) linear.std_error[i] = (double)NAN;
  return push_pair(L, box, &who);
}

/* Expected events up to each one's own time. The fitted rows share the hazard of tied times as the
 * likelihood does, so that event - expected is the martingale residual; the standard error is that
 * of the whole interval. */
static lb_status fill_expected(lbl_cox *box, const people *who, double *z, lb_error *err)
{
  const lb_model *m = who->model;
  bool own = m == box->model && box->repeat.row == NULL;
  if (m->time == NULL) return LB_OK; /* a model without times has no rows to ask for */
  for (size_t i = 0; i < m->n_used; i++) {
    if (i % POLL_ROWS == 0 && lb_interrupted()) return lb_error_interrupted(err);
    lb_cox_person person = {.z = z, .stratum = stratum_of(who, i)};
    person.log_risk = lb_cox_person_row(&box->at, &box->path, &who->x, i, z);
    size_t to = lb_cox_path_find(&box->path, person.stratum, m->time[i]);
    size_t from = box->path.start[person.stratum];
    if (m->entry != NULL) from = lb_cox_path_find(&box->path, person.stratum, m->entry[i]);
    lb_cox_hazard h = person_hazard(box, &person, from, to);
    if (own) h.hazard = exp(person.log_risk) * lb_cox_path_row(&box->path, person.stratum, i, 0);
    box->number[i] = h.hazard;
    box->number[m->n_used + i] = h.std_error;
  }
  return LB_OK;
}

/* cox_expected(model, fit, newdata) */
static int cox_expected(lua_State *L)
{
  lua_settop(L, 3);
  lbl_cox *box = open_path(L);
  people who = check_people(L, 3, box);
  if (who.model->time == NULL) lbl_raise_argument(L, 3, "newdata", "a design with its outcome");
  double *z = lbl_scratch(L, box->x.p, sizeof *z);
  lbl_cox_numbers(L, box, who.x.n, 2);
  lb_error err = {0};
  if (fill_expected(box, &who, z, &err) != LB_OK) return lbl_raise(L, &err);
  return push_pair(L, box, &who);
}

static const char *const CONF_TYPES[] = {"log-log", "log", "plain", NULL};
enum { SURVIVAL, STD_ERROR, CONF_LOW, CONF_HIGH, HAZARD, N_COLUMNS };
static const char *const COLUMN_NAMES[] = {"estimate", "std_error", "conf_low", "conf_high",
                                           "cumulative_hazard"};

typedef struct survival_plan {
  const double *time; /* n_time */
  size_t n_time;
  double z_value;
  lb_cox_conf conf;
  const double *last; /* of each stratum: later there is no estimate */
} survival_plan;

/* Rows person by person, within one by time. */
static void fill_survival(lbl_cox *box, const people *who, const survival_plan *plan, double *z)
{
  size_t cells = who->model->n_rows * plan->n_time;
  for (size_t i = 0; i < cells * N_COLUMNS; i++) box->number[i] = (double)NAN;
  for (size_t i = 0; i < who->x.n; i++) {
    lb_cox_person person = {.z = z, .stratum = stratum_of(who, i)};
    person.log_risk = lb_cox_person_row(&box->at, &box->path, &who->x, i, z);
    for (size_t t = 0; t < plan->n_time && plan->time[t] <= plan->last[person.stratum]; t++) {
      size_t cell = who->model->row[i] * plan->n_time + t;
      size_t to = lb_cox_path_find(&box->path, person.stratum, plan->time[t]);
      lb_cox_hazard h = person_hazard(box, &person, box->path.start[person.stratum], to);
      lb_cox_survival s = lb_cox_survival_of(h, plan->z_value, plan->conf);
      box->number[SURVIVAL * cells + cell] = s.survival;
      box->number[STD_ERROR * cells + cell] = s.std_error;
      box->number[CONF_LOW * cells + cell] = s.conf_low;
      box->number[CONF_HIGH * cells + cell] = s.conf_high;
      box->number[HAZARD * cells + cell] = h.hazard;
    }
  }
}

static lb_status survival_frame(const lbl_cox *box, size_t cells, lb_frame **out, lb_error *err)
{
  lb_status st = lb_frame_new(cells, NULL, out, err);
  for (size_t j = 0; st == LB_OK && j < N_COLUMNS; j++) {
    lbl_cells column = {box->number + j * cells, 1, cells, cells, NULL};
    st = lbl_frame_add_cells(*out, COLUMN_NAMES[j], column, err);
  }
  return st;
}

/* cox_survival(model, fit, newdata, times, conf_level, conf_type) */
static int cox_survival(lua_State *L)
{
  lua_settop(L, 6);
  lbl_check_table(L, 4, "times");
  survival_plan plan = {.n_time = lua_rawlen(L, 4)};
  plan.conf = (lb_cox_conf)lbl_check_choice(L, 6, "conf_type", CONF_TYPES);
  lb_error err = {0};
  double level = lbl_check_number(L, 5, "conf_level");
  if (lb_conf_level_check(level, &err) != LB_OK) return lbl_raise(L, &err);
  plan.z_value = lb_z_value(level);
  double *time = lbl_scratch(L, plan.n_time, sizeof *time);
  for (size_t t = 0; t < plan.n_time; t++) {
    lua_rawgeti(L, 4, (lua_Integer)t + 1);
    time[t] = lbl_check_number(L, -1, "times");
    lua_pop(L, 1);
  }
  plan.time = time;
  lbl_cox *box = open_path(L);
  people who = check_people(L, 3, box);
  double *z = lbl_scratch(L, box->x.p, sizeof *z);
  plan.last = lbl_last_times(L, box->model);
  size_t cells = who.model->n_rows * plan.n_time;
  lbl_cox_numbers(L, box, cells, N_COLUMNS);
  lb_frame **out = lbl_frame_box(L);
  fill_survival(box, &who, &plan, z);
  if (survival_frame(box, cells, out, &err) != LB_OK) return lbl_raise(L, &err);
  lbl_account(L, cells * N_COLUMNS * sizeof(double));
  return 1;
}

/* ---- Baseline ---- */

enum { B_STRATUM, B_TIME, B_N_RISK, B_N_EVENT, B_HAZARD, B_CUMULATIVE, B_STD_ERROR, N_BASELINE };
static const char *const BASELINE_NAMES[] = {"stratum", "time",     "n_risk",   "n_event",
                                             "hazard",  "estimate", "std_error"};

/* Hazards of a person whose columns are at their means, or all 0 and without offset. */
static void fill_baseline(lbl_cox *box, bool centred, double *z)
{
  const lb_cox_path *path = &box->path;
  size_t n = path->n_time;
  lb_cox_person person = {.z = z};
  for (size_t j = 0; j < path->p; j++) {
    z[j] = centred ? 0 : -path->centre[j];
    if (!isnan(box->at.coef[j])) person.log_risk += box->at.coef[j] * z[j];
  }
  if (!centred) person.log_risk -= path->shift;
  for (size_t s = 0; s < path->n_strata; s++) {
    double before = 0;
    person.stratum = s;
    for (size_t k = path->start[s]; k < path->start[s + 1]; k++) {
      lb_cox_hazard h = person_hazard(box, &person, path->start[s], k + 1);
      box->number[B_STRATUM * n + k] = (double)(s + 1);
      box->number[B_TIME * n + k] = path->time[k];
      box->number[B_N_RISK * n + k] = path->n_risk[k];
      box->number[B_N_EVENT * n + k] = path->n_event[k];
      box->number[B_HAZARD * n + k] = h.hazard - before;
      box->number[B_CUMULATIVE * n + k] = h.hazard;
      box->number[B_STD_ERROR * n + k] = h.std_error;
      before = h.hazard;
    }
  }
}

/* cox_baseline(model, fit, centred) */
static int cox_baseline(lua_State *L)
{
  lua_settop(L, 3);
  lbl_cox *box = open_path(L);
  double *z = lbl_scratch(L, box->x.p, sizeof *z);
  size_t n = box->path.n_time;
  lbl_cox_numbers(L, box, n, N_BASELINE);
  lb_frame **out = lbl_frame_box(L);
  lb_error err = {0};
  fill_baseline(box, lua_toboolean(L, 3), z);
  lb_status st = lb_frame_new(n, NULL, out, &err);
  for (size_t j = 0; st == LB_OK && j < N_BASELINE; j++) {
    lbl_cells column = {box->number + j * n, 1, n, n, NULL};
    st = lbl_frame_add_cells(*out, BASELINE_NAMES[j], column, &err);
  }
  if (st != LB_OK) return lbl_raise(L, &err);
  lbl_account(L, n * N_BASELINE * sizeof(double));
  return 1;
}

/* ---- Concordance ---- */

static void push_concordance(lua_State *L, const lb_concordance *c)
{
  lua_createtable(L, 0, 8);
  if (!isnan(c->concordance)) {
    lbl_set_number(L, "concordance", c->concordance);
    if (!isnan(c->std_error)) lbl_set_number(L, "std_error", c->std_error);
  }
  lbl_set_number(L, "concordant", c->concordant);
  lbl_set_number(L, "discordant", c->discordant);
  lbl_set_number(L, "tied_x", c->tied_x);
  lbl_set_number(L, "tied_y", c->tied_y);
  lbl_set_number(L, "tied_xy", c->tied_xy);
  lbl_set_count(L, "n", c->n_used);
  lbl_set_count(L, "n_unweighted", c->n_unweighted);
  if (c->n_unweighted > 0) lbl_set_number(L, "unweighted_at", c->unweighted_at);
}

static const char *const CONCORDANCES[] = {"harrell", "uno", NULL};

/* Arguments 4 and 5, nil for the defaults. */
static lb_concordance_options check_concordance(lua_State *L)
{
  lb_concordance_options opt = LB_CONCORDANCE_DEFAULTS;
  if (!lua_isnil(L, 4)) opt.uno = lbl_check_choice(L, 4, "type", CONCORDANCES) == 1;
  if (!lua_isnil(L, 5)) opt.tau = lbl_check_number(L, 5, "tau");
  return opt;
}

/* box->number becomes the linear predictor at the rows of x, of columns less the means of the
 * fit. */
static void centred_predictor(lua_State *L, int fit, lbl_cox *box, const lb_design *x)
{
  lb_error err = {0};
  double *mean = lbl_scratch(L, box->x.p, sizeof *mean);
  lua_getfield(L, fit, "means");
  lbl_check_table(L, -1, "means");
  for (size_t j = 0; j < box->x.p; j++) {
    lua_rawgeti(L, -1, (lua_Integer)j + 1);
    mean[j] = lbl_check_number(L, -1, "means");
    lua_pop(L, 1);
  }
  lbl_cox_numbers(L, box, x->n, 1);
  if (lb_linear_predictor(x, box->at.coef, mean, box->number)) return;
  lb_error_interrupted(&err);
  lbl_raise(L, &err);
}

/* cox_concordance(model, fit, newdata, type, tau) */
static int cox_concordance(lua_State *L)
{
  lua_settop(L, 5);
  lb_concordance_options opt = check_concordance(L);
  lbl_cox *box = lbl_cox_at(L, 1, 2);
  people who = check_people(L, 3, box);
  lb_surv y = box->y;
  lb_design x = box->x;
  lb_partition strata = box->strata, cluster = box->cluster;
  if (who.model != box->model) {
    if (who.model->time == NULL) lbl_raise_argument(L, 3, "newdata", "a design with its outcome");
    lb_model_surv(who.model, &y);
    x = who.x;
    strata.code = who.stratum;
    cluster = (lb_partition){0}; /* not asked of new data */
  }
  centred_predictor(L, 2, box, &x);
  lb_concordance c;
  lb_error err = {0};
  if (strata.code != NULL) opt.strata = &strata;
  opt.cluster = &cluster;
  if (lb_concordance_with(&y, box->number, &opt, &c, &err) != LB_OK) return lbl_raise(L, &err);
  lb_mem_free(box->number); /* now, so that the next one takes the same pages */
  box->number = NULL;
  bool unknown = who.model != box->model && box->cluster.code != NULL;
  if (unknown) c.std_error = (double)NAN; /* whose rows belong together nobody said */
  push_concordance(L, &c);
  return 1;
}

/* What a fit has that the concordance of Gonen and Heller does not know; NULL: nothing. */
static const char *gonen_heller_stranger(const lbl_cox *box)
{
  if (box->y.weight != NULL) return "weights";
  if (box->y.entry != NULL) return "late entry";
  if (lb_partition_count(&box->strata) > 1) return "strata";
  return box->model->frailty.n > 0 ? "frailty" : NULL;
}

/* cox_gonen_heller(model, fit, newdata) */
static int cox_gonen_heller(lua_State *L)
{
  lua_settop(L, 3);
  lbl_cox *box = lbl_cox_at(L, 1, 2);
  people who = check_people(L, 3, box);
  lb_gonen_heller c;
  lb_error err = {0};
  const char *unfit = gonen_heller_stranger(box);
  if (unfit != NULL) {
    lb_error_set(&err, LB_EARG,
                 "Gonen and Heller's concordance is not defined for a fit with %s: "
                 "take type = \"harrell\" or \"uno\"",
                 unfit);
    return lbl_raise(L, &err);
  }
  const lb_design *x = who.model == box->model ? &box->x : &who.x; /* its own, perhaps repeated */
  centred_predictor(L, 2, box, x);
  if (lb_gonen_heller_fit(x, box->number, box->at.coef, box->vcov, &c, &err) != LB_OK)
    return lbl_raise(L, &err);
  lua_createtable(L, 0, 5);
  if (!isnan(c.concordance)) lbl_set_number(L, "concordance", c.concordance);
  if (!isnan(c.smoothed)) lbl_set_number(L, "smoothed", c.smoothed);
  if (!isnan(c.std_error) && box->cluster.code == NULL) lbl_set_number(L, "std_error", c.std_error);
  lbl_set_number(L, "tied_x", c.tied_x);
  lbl_set_count(L, "n", c.n);
  return 1;
}

static const luaL_Reg FUNCTIONS[] = {{"cox_concordance", cox_concordance},
                                     {"cox_gonen_heller", cox_gonen_heller},
                                     {"cox_linear", cox_linear},
                                     {"cox_expected", cox_expected},
                                     {"cox_survival", cox_survival},
                                     {"cox_baseline", cox_baseline},
                                     {NULL, NULL}};

void lbl_open_cox_predict(lua_State *L)
{
  luaL_setfuncs(L, FUNCTIONS, 0);
}
