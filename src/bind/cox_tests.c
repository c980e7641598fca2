/* cox_tests.c - Firth's Cox fit, profile likelihood, the test of proportional hazards, and adjusted
 * p-values of several contrasts. */
#include "bind/cox_box.h"
#include "stats/max_normal.h"
#include "stats/survival/cox_firth.h"
#include "stats/survival/cox_profile.h"
#include "stats/survival/cox_zph.h"

#define ZPH_BOX "lobule.CoxZph"

static void set_test(lua_State *L, const lb_cox_test *test)
{
  lua_createtable(L, 0, 3);
  lbl_set_number(L, "chi_square", test->chi_square);
  lbl_set_count(L, "df", test->df);
  lbl_set_number(L, "p_value", test->p_value);
}

static void set_tests(lua_State *L, const char *name, const lb_cox_test *tests, size_t n)
{
  lua_createtable(L, (int)n, 0);
  for (size_t i = 0; i < n; i++) {
    set_test(L, &tests[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, -2, name);
}

/* cox_firth(model, ties, max_iter, frequency) */
static int cox_firth(lua_State *L)
{
  lua_settop(L, 4);
  lb_cox_options options = LB_COX_DEFAULTS;
  options.ties = lbl_check_ties(L, 2);
  lua_Integer max_iter = lbl_check_integer(L, 3, "max_iter");
  if (max_iter < 1) lbl_raise_argument(L, 3, "max_iter", "1 or more");
  options.max_iter = (size_t)max_iter;
  lbl_cox *box = lbl_cox_new(L, 1, lua_toboolean(L, 4));
  lb_error err = {0};
  if (lb_cox_firth_fit(&box->y, &box->x, lbl_cox_strata(box), &options, &box->fit, &err) != LB_OK)
    return lbl_raise(L, &err);
  lbl_push_cox(L, &box->fit);
  return 1;
}

/* p numbers of the list at `index`, in a userdata pushed on the stack. */
static double *read_list(lua_State *L, int index, size_t *n, const char *name)
{
  lbl_check_table(L, index, name);
  *n = lua_rawlen(L, index);
  double *out = lbl_scratch(L, *n, sizeof *out);
  for (size_t j = 0; j < *n; j++) {
    lua_rawgeti(L, index, (lua_Integer)j + 1);
    out[j] = lbl_check_number(L, -1, name);
    lua_pop(L, 1);
  }
  return out;
}

/* Which terms are asked for: those whose place in the list at `arg` is true; nil: NULL. */
static bool *read_wanted(lua_State *L, int arg, size_t p)
{
  if (lua_isnoneornil(L, arg)) return NULL;
  lbl_check_table(L, arg, "wanted");
  bool *wanted = lbl_scratch(L, p, sizeof *wanted);
  for (size_t j = 0; j < p; j++) {
    lua_rawgeti(L, arg, (lua_Integer)j + 1);
    wanted[j] = lua_toboolean(L, -1);
    lua_pop(L, 1);
  }
  return wanted;
}

/* cox_profile(model, fit, conf_level, firth, wanted) */
static int cox_profile(lua_State *L)
{
  enum { MAX_ITER = 100 };
  lua_settop(L, 5);
  lb_cox_profile_options options = {.firth = lua_toboolean(L, 4), .max_iter = MAX_ITER};
  options.conf_level = lbl_check_number(L, 3, "conf_level");
  lbl_cox *box = lbl_cox_at(L, 1, 2);
  options.ties = box->at.ties;
  size_t p = box->x.p, n;
  lua_getfield(L, 2, "naive_std_error");
  if (lua_isnil(L, -1)) lua_getfield(L, 2, "std_error");
  lb_cox_maximum maximum = {.coef = box->at.coef};
  maximum.std_error = read_list(L, lua_gettop(L), &n, "std_error");
  maximum.wanted = read_wanted(L, 5, p);
  if (n != p) lbl_raise_argument(L, 2, "fit", "one standard error a term");
  lb_cox_profile *out = lbl_scratch(L, p, sizeof *out);
  lb_error err = {0};
  if (lb_cox_profile_fit(&box->y, &box->x, box->at.strata, &options, &maximum, out, &err) != LB_OK)
    return lbl_raise(L, &err);
  lua_createtable(L, (int)p, 0);
  for (size_t j = 0; j < p; j++) {
    set_test(L, &out[j].test);
    lbl_set_number(L, "conf_low", out[j].conf_low);
    lbl_set_number(L, "conf_high", out[j].conf_high);
    lua_rawseti(L, -2, (lua_Integer)j + 1);
  }
  return 1;
}

static int zph_gc(lua_State *L)
{
  lb_cox_zph_reset(luaL_checkudata(L, 1, ZPH_BOX));
  return 0;
}

/* In the order of lb_zph_transform. */
static const char *const TRANSFORMS[] = {"km", "rank", "identity", "log", NULL};

lb_zph_transform lbl_check_zph_transform(lua_State *L, int arg)
{
  return (lb_zph_transform)lbl_check_choice(L, arg, "transform", TRANSFORMS);
}

lb_cox_zph *lbl_zph_box(lua_State *L)
{
  lb_cox_zph *zph = lua_newuserdatauv(L, sizeof *zph, 0);
  *zph = (lb_cox_zph){0};
  luaL_setmetatable(L, ZPH_BOX);
  return zph;
}

int lbl_push_zph(lua_State *L, const lb_cox_zph *zph)
{
  lua_createtable(L, 0, 3);
  set_tests(L, "terms", zph->term, zph->n_term);
  set_tests(L, "columns", zph->column, zph->p);
  set_test(L, &zph->global);
  lua_setfield(L, -2, "global");
  return 1;
}

size_t *lbl_check_zph_terms(lua_State *L, int arg, size_t p, size_t *n_term)
{
  lbl_check_table(L, arg, "terms");
  size_t *term = lbl_scratch(L, p, sizeof *term);
  *n_term = 0;
  for (size_t j = 0; j < p; j++) {
    lua_rawgeti(L, arg, (lua_Integer)j + 1);
    lua_Integer k = lbl_check_integer(L, -1, "terms");
    if (k < 1 || k > (lua_Integer)p) lbl_raise_argument(L, arg, "terms", "numbers from 1");
    lua_pop(L, 1);
    term[j] = (size_t)k - 1;
    if (term[j] >= *n_term) *n_term = term[j] + 1;
  }
  return term;
}

/* cox_zph(model, fit, transform, terms) */
static int cox_zph(lua_State *L)
{
  lua_settop(L, 4);
  lb_zph_transform transform = lbl_check_zph_transform(L, 3);
  lbl_cox *box = lbl_cox_at(L, 1, 2);
  size_t n_term, *term = lbl_check_zph_terms(L, 4, box->x.p, &n_term);
  lb_cox_zph *zph = lbl_zph_box(L);
  lbl_cox_numbers(L, box, box->y.n, 1);
  lb_error err = {0};
  lb_status st = lb_cox_zph_transform(&box->y, transform, box->number, &err);
  if (st == LB_OK) st = lb_cox_zph_test(&box->at, box->number, term, n_term, zph, &err);
  if (st != LB_OK) return lbl_raise(L, &err);
  return lbl_push_zph(L, zph);
}

/* smooth_spline(x, y, df, at) */
static int smooth_spline(lua_State *L)
{
  lua_settop(L, 4);
  size_t n, n_y, m;
  lb_points points = {.x = read_list(L, 1, &n, "x"), .y = read_list(L, 2, &n_y, "y")};
  lua_Integer df = lbl_check_integer(L, 3, "df");
  const double *at = read_list(L, 4, &m, "at");
  if (n != n_y) lbl_raise_argument(L, 2, "y", "as many numbers as x has");
  if (df < 1) lbl_raise_argument(L, 3, "df", "1 or more");
  points.n = n;
  points.df = (size_t)df;
  double *fitted = lbl_scratch(L, m, sizeof *fitted), *root = lbl_scratch(L, m, sizeof *root);
  lb_error err = {0};
  if (lb_smooth_spline(&points, at, m, fitted, root, &err) != LB_OK) return lbl_raise(L, &err);
  lua_createtable(L, 0, 2);
  lbl_set_numbers(L, "fitted", fitted, m);
  lbl_set_numbers(L, "root", root, m);
  return 1;
}

/* largest_normal(covariance, c, one_sided): P(max |Z_j| >= c), or P(max Z_j >= c); covariance row
 * after row. */
static int largest_normal(lua_State *L)
{
  lua_settop(L, 3);
  size_t cells, m = 0;
  const double *covariance = read_list(L, 1, &cells, "covariance");
  double c = lbl_check_number(L, 2, "c");
  while (m * m < cells) m++;
  if (m * m != cells || m == 0) lbl_raise_argument(L, 1, "covariance", "a square matrix");
  lb_max_normal out = {0};
  lb_error err = {0};
  if (lb_max_normal_tail(covariance, m, c, !lua_toboolean(L, 3), &out, &err) != LB_OK)
    return lbl_raise(L, &err);
  lua_pushnumber(L, out.p_value);
  return 1;
}

static const luaL_Reg FUNCTIONS[] = {
    {"cox_firth", cox_firth},         {"cox_profile", cox_profile},       {"cox_zph", cox_zph},
    {"smooth_spline", smooth_spline}, {"largest_normal", largest_normal}, {NULL, NULL}};

void lbl_open_cox_tests(lua_State *L)
{
  luaL_newmetatable(L, ZPH_BOX);
  lua_pushcfunction(L, zph_gc);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
  luaL_setfuncs(L, FUNCTIONS, 0);
}
