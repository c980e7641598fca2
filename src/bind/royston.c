/* royston.c - Royston-Parmar models of a design as Lua tables. */
#include "stats/survival/royston.h"

#include <math.h>

#include "bind/aft_box.h"

/* df, or knots (a list of times), of the table at `index`. */
static lb_royston_knots check_knots(lua_State *L, int index)
{
  lb_royston_knots k = {0};
  double df = lbl_aft_field(L, index, "df");
  k.df = df >= 1 ? (size_t)df : 0;
  lua_getfield(L, index, "knots");
  if (!lua_isnil(L, -1)) k.knot = lbl_aft_list(L, index, "knots", &k.n_knot);
  return k;
}

/* change: a list of { column =, df = or knots = }, columns of the design from 1. */
static void check_change(lua_State *L, int index, const lb_design *x, lb_royston_options *o)
{
  if (lua_getfield(L, index, "change") == LUA_TNIL) return;
  lbl_check_table(L, -1, "change");
  int list = lua_gettop(L);
  o->n_change = lua_rawlen(L, list);
  lb_royston_change *change = lbl_scratch(L, o->n_change, sizeof *change);
  luaL_checkstack(L, (int)(4 * o->n_change + 8), "effects");
  for (size_t e = 0; e < o->n_change; e++) {
    lua_rawgeti(L, list, (lua_Integer)e + 1);
    lbl_check_table(L, -1, "change");
    int entry = lua_gettop(L);
    double column = lbl_aft_field(L, entry, "column");
    if (!(column >= 1 && column <= (double)x->p))
      lbl_raise_argument(L, index, "change", "columns of the design");
    change[e] = (lb_royston_change){(size_t)column - 1, check_knots(L, entry)};
  }
  o->change = change;
}

static lb_royston_options check_options(lua_State *L, int index, const lb_design *x)
{
  lb_royston_options o = {.scale = lbl_check_royston_scale(L, index)};
  lb_royston_knots base = check_knots(L, index);
  o.df = base.df;
  o.n_knot = base.n_knot;
  o.knot = base.knot;
  o.max_iter = (size_t)lbl_aft_field(L, index, "max_iter");
  if (lua_getfield(L, index, "boundary") != LUA_TNIL) {
    size_t n;
    const double *boundary = lbl_aft_list(L, index, "boundary", &n);
    if (n != 2) lbl_raise_argument(L, index, "boundary", "two times");
    o.boundary[0] = boundary[0];
    o.boundary[1] = boundary[1];
  }
  lua_getfield(L, index, "robust");
  o.robust = lua_toboolean(L, -1);
  lua_getfield(L, index, "weight_type");
  const char *type = lua_tostring(L, -1);
  o.frequency = type != NULL && type[0] == 'f';
  check_change(L, index, x, &o);
  return o;
}

static void push_effects(lua_State *L, const lb_royston_form *form)
{
  lua_createtable(L, (int)form->n_effect, 0);
  for (size_t e = 0; e < form->n_effect; e++) {
    lua_createtable(L, 0, 2);
    lbl_set_count(L, "column", form->effect[e].column + 1);
    lbl_set_numbers(L, "knot", form->effect[e].knot, form->effect[e].n_knot);
    lua_rawseti(L, -2, (lua_Integer)e + 1);
  }
  lua_setfield(L, -2, "effect");
}

static void push_fit(lua_State *L, const lb_royston *fit)
{
  const lb_royston_form *form = &fit->form;
  lua_createtable(L, 0, 18);
  lbl_set_numbers(L, "coef", fit->coef, form->n_param);
  lbl_set_numbers(L, "std_error", fit->std_error, form->n_param);
  lbl_set_matrix(L, "vcov", fit->vcov, form->n_param);
  lbl_set_matrix(L, "naive_vcov", fit->naive_vcov, form->n_param);
  lbl_set_numbers(L, "knot", form->knot, form->n_spline);
  push_effects(L, form);
  lbl_set_count(L, "n_stratum", form->n_stratum);
  lbl_set_number(L, "log_lik", fit->log_lik);
  lbl_set_number(L, "log_lik_null", fit->log_lik_null);
  lbl_set_count(L, "df", fit->df);
  lbl_set_number(L, "wald_change", fit->wald_change);
  lbl_set_count(L, "df_change", fit->df_change);
  lbl_set_count(L, "iterations", fit->iterations);
  lbl_set_count(L, "n_cluster", fit->n_cluster);
  lbl_set_count(L, "n_negative", fit->negative.n_row);
  lbl_set_number(L, "negative_from", fit->negative.from);
  lbl_set_number(L, "negative_to", fit->negative.to);
  lua_pushboolean(L, fit->converged);
  lua_setfield(L, -2, "converged");
}

/* royston(model, options): link, df or knots, boundary, change, robust, weight_type, max_iter */
static int royston(lua_State *L)
{
  lua_settop(L, 2);
  lbl_check_table(L, 2, "options");
  lbl_aft *box = lbl_aft_new(L, 1);
  lb_royston_options options = check_options(L, 2, &box->x);
  lb_error err = {0};
  if (lb_royston_fit(&box->y, &box->x, &box->strata, &box->cluster, &options, &box->royston,
                     &err) != LB_OK)
    return lbl_raise(L, &err);
  push_fit(L, &box->royston);
  lua_getfield(L, 2, "link");
  lua_setfield(L, -2, "link");
  return 1;
}

static const luaL_Reg FUNCTIONS[] = {{"royston", royston}, {NULL, NULL}};

void lbl_open_royston(lua_State *L)
{
  luaL_setfuncs(L, FUNCTIONS, 0);
}
