/* logrank.c - log-rank tests as Lua tables: one, several at once, by permutation. */
#include "stats/survival/logrank.h"

#include "bind/bind.h"
#include "model/model.h"
#include "stats/permute.h"
#include "stats/survival/repeat.h"

#define LOGRANK_BOX "lobule.LogrankBox"

/* What a call owns while it runs. */
typedef struct box {
  lb_logrank test;
  lb_logrank_joint joint;
  lb_logrank_combo combo;
  lb_logrank_omnibus omnibus;
  lb_repeat repeat;
} box;

static int box_gc(lua_State *L)
{
  box *b = luaL_checkudata(L, 1, LOGRANK_BOX);
  lb_logrank_reset(&b->test);
  lb_logrank_joint_reset(&b->joint);
  lb_logrank_combo_reset(&b->combo);
  lb_logrank_omnibus_reset(&b->omnibus);
  lb_repeat_reset(&b->repeat);
  *b = (box){0};
  return 0;
}

static box *box_new(lua_State *L)
{
  box *b = lua_newuserdatauv(L, sizeof *b, 0);
  *b = (box){0};
  luaL_setmetatable(L, LOGRANK_BOX);
  return b;
}

/* In the order of lb_logrank_weight. */
static const char *const TESTS[] = {
    "logrank", "gehan", "tarone_ware", "peto", "modified_peto", "fleming_harrington", NULL};
/* In the order of lb_alternative. */
static const char *const ALTERNATIVES[] = {"two_sided", "greater", "less", NULL};

/* A number in a field of the table at `index`; 0 when there is none. */
static double number_of(lua_State *L, int index, const char *name)
{
  double value = 0;
  if (lua_getfield(L, index, name) != LUA_TNIL) value = lbl_check_number(L, -1, name);
  lua_pop(L, 1);
  return value;
}

static lua_Integer integer_of(lua_State *L, int index, const char *name)
{
  lua_getfield(L, index, name);
  lua_Integer value = lbl_check_integer(L, -1, name);
  lua_pop(L, 1);
  return value;
}

static int choice_of(lua_State *L, int index, const char *name, const char *const *words)
{
  int choice = 0;
  if (lua_getfield(L, index, name) != LUA_TNIL) choice = lbl_check_choice(L, -1, name, words);
  lua_pop(L, 1);
  return choice;
}

static bool true_of(lua_State *L, int index, const char *name)
{
  lua_getfield(L, index, name);
  bool value = lua_toboolean(L, -1);
  lua_pop(L, 1);
  return value;
}

/* One weight of event times: test, rho, gamma of the table at `index`. */
static lb_logrank_options weighting_of(lua_State *L, int index)
{
  lb_logrank_options options = LB_LOGRANK_DEFAULTS;
  options.weight = (lb_logrank_weight)choice_of(L, index, "test", TESTS);
  options.rho = number_of(L, index, "rho");
  options.gamma = number_of(L, index, "gamma");
  return options;
}

/* The field `scores`, one number a group, in a userdata left on the stack; NULL and nil without. */
static const double *scores_of(lua_State *L, int index, size_t n)
{
  if (lua_getfield(L, index, "scores") == LUA_TNIL) return NULL;
  lbl_check_table(L, -1, "scores");
  int list = lua_gettop(L);
  if (lua_rawlen(L, list) != n) lbl_raise_argument(L, index, "scores", "a number for each group");
  double *out = lbl_scratch(L, n, sizeof *out);
  for (size_t g = 0; g < n; g++) {
    lua_rawgeti(L, list, (lua_Integer)g + 1);
    out[g] = lbl_check_number(L, -1, "scores");
    lua_pop(L, 1);
  }
  lua_replace(L, list);
  return out;
}

/* The weightings in the list at `list`, in a userdata left on the stack. */
static lb_logrank_options *weightings_of(lua_State *L, int list, bool sampling, size_t *n)
{
  *n = lua_rawlen(L, list);
  lb_logrank_options *out = lbl_scratch(L, *n, sizeof *out);
  for (size_t i = 0; i < *n; i++) {
    lua_rawgeti(L, list, (lua_Integer)i + 1);
    lbl_check_table(L, -1, "tests");
    out[i] = weighting_of(L, lua_gettop(L));
    out[i].sampling = sampling;
    lua_pop(L, 1);
  }
  return out;
}

/* Rows of each group, where n has their weights. */
static void set_rows(lua_State *L, const lb_model *model)
{
  double *rows = lbl_scratch(L, model->groups.n, sizeof *rows);
  for (size_t g = 0; g < model->groups.n; g++) rows[g] = 0;
  for (size_t i = 0; i < model->n_used; i++) rows[model->groups.code[i]]++;
  lua_pushvalue(L, -2);
  lbl_set_numbers(L, "rows", rows, model->groups.n);
  lua_pop(L, 2);
}

static void push_test(lua_State *L, const lb_logrank *test, const lb_model *model)
{
  lua_createtable(L, 0, 10);
  lbl_set_texts(L, "group", model->groups.name, model->groups.n);
  lbl_set_numbers(L, "n", test->n, test->n_groups);
  if (model->weight != NULL) set_rows(L, model);
  lbl_set_numbers(L, "observed", test->observed, test->n_groups);
  lbl_set_numbers(L, "expected", test->expected, test->n_groups);
  lbl_set_matrix(L, "variance", test->variance, test->n_groups);
  lbl_set_number(L, "chi_square", test->chi_square);
  lbl_set_count(L, "df", test->df);
  lbl_set_number(L, "p_value", test->p_value);
  lbl_set_count(L, "n_strata", model->strata.n == 0 ? 1 : model->strata.n);
}

/* Sets the field `trend` of the table on top. */
static void set_trend(lua_State *L, const lb_logrank *test, const double *scores,
                      lb_alternative alternative)
{
  static const double TWO[] = {0, 1};
  lb_logrank_contrast contrast;
  lb_logrank_trend(test, scores == NULL ? TWO : scores, &contrast);
  lua_createtable(L, 0, 4);
  lbl_set_number(L, "statistic", contrast.statistic);
  lbl_set_number(L, "variance", contrast.variance);
  lbl_set_number(L, "z", contrast.z);
  lbl_set_number(L, "p_value", lb_normal_p(contrast.z, alternative));
  lua_setfield(L, -2, "trend");
}

/* Raises when there is nothing to compare. */
static void check_comparison(lua_State *L, const lb_model *model)
{
  lb_error err = {0};
  if (model->groups.n < 2) {
    lb_error_set(&err, LB_EDATA, "a log-rank test compares at least two groups; '%s' makes %zu",
                 model->formula.text, model->groups.n);
    lbl_raise(L, &err);
  }
  if (model->n_event == 0) {
    lb_error_set(&err, LB_EDATA, "none of the %zu rows has an event", model->n_used);
    lbl_raise(L, &err);
  }
}

/* The arrays of a model that has rows. */
typedef struct arrays {
  lb_surv y;
  lb_partition groups, strata;
  const lb_partition *by; /* &strata, or NULL without */
} arrays;

static void arrays_of(const lb_model *model, arrays *out)
{
  lb_model_surv(model, &out->y);
  out->groups = (lb_partition){model->groups.code, model->groups.n};
  out->strata = (lb_partition){model->strata.code, model->strata.n};
  out->by = out->strata.n == 0 ? NULL : &out->strata;
}

static lb_status test_model(const lb_model *model, const lb_logrank_options *options,
                            lb_logrank *out, lb_error *err)
{
  if (model->counts.count != NULL) return lb_logrank_test_counts(&model->counts, options, out, err);
  arrays a;
  arrays_of(model, &a);
  return lb_logrank_test(&a.y, &a.groups, a.by, options, out, err);
}

/* logrank(model, options) */
static int logrank(lua_State *L)
{
  lua_settop(L, 2);
  const lb_model *model = lbl_check_model(L, 1);
  lbl_check_table(L, 2, "options");
  lbl_refuse_cluster(L, model);
  lb_logrank_options options = weighting_of(L, 2);
  options.sampling = true_of(L, 2, "sampling");
  lb_alternative alternative = (lb_alternative)choice_of(L, 2, "alternative", ALTERNATIVES);
  check_comparison(L, model);
  const double *scores = scores_of(L, 2, model->groups.n);
  box *b = box_new(L);
  lb_error err = {0};
  if (test_model(model, &options, &b->test, &err) != LB_OK) return lbl_raise(L, &err);
  push_test(L, &b->test, model);
  if (scores != NULL || model->groups.n == 2) set_trend(L, &b->test, scores, alternative);
  return 1;
}

static lb_status joint_model(const lb_model *model, const lb_logrank_family *family,
                             lb_logrank_joint *out, lb_error *err)
{
  if (model->counts.count != NULL) return lb_logrank_joint_counts(&model->counts, family, out, err);
  arrays a;
  arrays_of(model, &a);
  return lb_logrank_joint_test(&a.y, &a.groups, a.by, family, out, err);
}

/* A score of 1 for each group but the first, in a userdata left on the stack. */
static const double *group_scores(lua_State *L, size_t k)
{
  double *out = lbl_scratch(L, k * k, sizeof *out);
  for (size_t i = 0; i < k * k; i++) out[i] = 0;
  for (size_t g = 1; g < k; g++) out[(g - 1) * k + g] = 1;
  return out;
}

static void push_omnibus(lua_State *L, const lb_logrank_omnibus *omnibus)
{
  lua_createtable(L, 0, 8);
  lbl_set_numbers(L, "chi_square", omnibus->chi_square, omnibus->n_test);
  lua_createtable(L, (int)omnibus->n_test, 0);
  for (size_t j = 0; j < omnibus->n_test; j++) {
    lua_pushinteger(L, (lua_Integer)omnibus->df[j]);
    lua_rawseti(L, -2, (lua_Integer)j + 1);
  }
  lua_setfield(L, -2, "df");
  lbl_set_number(L, "most", omnibus->most);
  lbl_set_count(L, "which", omnibus->which + 1);
  lbl_set_number(L, "p_value", omnibus->p_value);
  lbl_set_number(L, "error", omnibus->error);
  lbl_set_count(L, "rank", omnibus->rank);
}

static void push_combo(lua_State *L, const box *b)
{
  lua_createtable(L, 0, 8);
  lbl_set_numbers(L, "z", b->combo.z, b->combo.n_test);
  lbl_set_numbers(L, "statistic", b->joint.statistic, b->joint.n_test);
  lbl_set_matrix(L, "covariance", b->joint.covariance, b->joint.n_test);
  lbl_set_number(L, "most", b->combo.most);
  lbl_set_count(L, "which", b->combo.which + 1);
  lbl_set_number(L, "p_value", b->combo.p_value);
  lbl_set_number(L, "error", b->combo.error);
  lbl_set_count(L, "rank", b->combo.rank);
}

/* logrank_combo(model, tests, options): of the trend that options.scores says; without scores of
 * any difference between the groups */
static int logrank_combo(lua_State *L)
{
  lua_settop(L, 3);
  const lb_model *model = lbl_check_model(L, 1);
  lbl_check_table(L, 2, "tests");
  lbl_check_table(L, 3, "options");
  lbl_refuse_cluster(L, model);
  check_comparison(L, model);
  size_t n;
  const lb_logrank_options *weighting = weightings_of(L, 2, true_of(L, 3, "sampling"), &n);
  lb_alternative alternative = (lb_alternative)choice_of(L, 3, "alternative", ALTERNATIVES);
  const double *scores = scores_of(L, 3, model->groups.n);
  lb_logrank_family family = {weighting, n, scores, 1};
  if (scores == NULL) {
    family.score = group_scores(L, model->groups.n);
    family.n_score = model->groups.n - 1;
  }
  box *b = box_new(L);
  lb_error err = {0};
  lb_status st = joint_model(model, &family, &b->joint, &err);
  if (st == LB_OK)
    st = scores == NULL ? lb_logrank_combine_groups(&b->joint, &b->omnibus, &err)
                        : lb_logrank_combine(&b->joint, alternative, &b->combo, &err);
  if (st != LB_OK) return lbl_raise(L, &err);
  if (scores == NULL)
    push_omnibus(L, &b->omnibus);
  else
    push_combo(L, b);
  return 1;
}

/* The rows that are permuted: those of frequency weights repeated. */
static lb_status unit_rows(const lb_model *model, box *b, arrays *out, lb_error *err)
{
  arrays_of(model, out);
  if (out->y.weight == NULL) return LB_OK;
  const lb_design none = {.n = out->y.n};
  lb_status st = lb_repeat_rows(&out->y, &none, out->by, &out->groups, &b->repeat, err);
  if (st != LB_OK) return st;
  out->y = b->repeat.y;
  out->groups = b->repeat.cluster;
  if (out->by != NULL) out->strata = b->repeat.strata;
  return LB_OK;
}

/* logrank_permute(model, options) */
static int logrank_permute(lua_State *L)
{
  lua_settop(L, 2);
  const lb_model *model = lbl_check_model(L, 1);
  lbl_check_table(L, 2, "options");
  lbl_refuse_cluster(L, model);
  check_comparison(L, model);
  lb_logrank_options weighting = weighting_of(L, 2);
  lb_permute_options options = LB_PERMUTE_DEFAULTS;
  options.exact = true_of(L, 2, "exact");
  if (!options.exact) options.n = (size_t)integer_of(L, 2, "permutations");
  options.seed = (uint64_t)integer_of(L, 2, "seed");
  options.alternative = (lb_alternative)choice_of(L, 2, "alternative", ALTERNATIVES);
  options.contrast = scores_of(L, 2, model->groups.n);
  box *b = box_new(L);
  arrays a;
  lb_error err = {0};
  if (unit_rows(model, b, &a, &err) != LB_OK) return lbl_raise(L, &err);
  double *score = lbl_scratch(L, a.y.n, sizeof *score);
  lb_permutation result;
  lb_status st = lb_logrank_scores(&a.y, a.by, &weighting, score, &err);
  if (st == LB_OK) st = lb_permute_test(score, a.y.n, &a.groups, a.by, &options, &result, &err);
  if (st != LB_OK) return lbl_raise(L, &err);
  lua_createtable(L, 0, 6);
  lbl_set_number(L, "statistic", result.statistic);
  lbl_set_count(L, "n", result.n);
  lbl_set_count(L, "n_extreme", result.n_extreme);
  lbl_set_number(L, "p_value", result.p_value);
  lbl_set_number(L, "std_error", result.std_error);
  lua_pushboolean(L, result.exact);
  lua_setfield(L, -2, "exact");
  return 1;
}

static const luaL_Reg FUNCTIONS[] = {{"logrank", logrank},
                                     {"logrank_combo", logrank_combo},
                                     {"logrank_permute", logrank_permute},
                                     {NULL, NULL}};

void lbl_open_logrank(lua_State *L)
{
  luaL_newmetatable(L, LOGRANK_BOX);
  lua_pushcfunction(L, box_gc);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
  luaL_setfuncs(L, FUNCTIONS, 0);
}
