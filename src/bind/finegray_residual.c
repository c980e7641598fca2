/* finegray_residual.c - residuals and the test of proportional hazards of a Fine-Gray fit. */
#include "stats/survival/finegray_residual.h"

#include <math.h>
#include <string.h>

#include "bind/finegray_box.h"

#define RESIDUAL_BOX "lobule.FineGrayResiduals"

static int residual_gc(lua_State *L)
{
  lb_finegray_residuals *r = luaL_checkudata(L, 1, RESIDUAL_BOX);
  lb_finegray_residuals_reset(r);
  *r = (lb_finegray_residuals){0};
  return 0;
}

enum { MARTINGALE, SCORE, SCHOENFELD, SCALED, DFBETA, DFBETAS };
static const char *const TYPES[] = {"martingale", "score",   "schoenfeld", "scaled_schoenfeld",
                                    "dfbeta",     "dfbetas", NULL};

static lb_status row_residuals(lbl_cox *rows, const lb_finegray_residuals *r, int type, bool all,
                               lb_frame **out, lb_error *err)
{
  size_t p = r->p, width = type == MARTINGALE ? 1 : p, n = r->n * width;
  lb_status st = LB_OK;
  if (n > 0)
    memcpy(rows->number, type == MARTINGALE ? r->martingale : r->score, n * sizeof(double));
  if (type >= DFBETA) st = lb_cox_dfbeta(rows->number, r->n, p, r->fit.naive_vcov, err);
  for (size_t i = 0; type == DFBETAS && i < n; i++) rows->number[i] /= r->fit.cox.std_error[i % p];
  for (size_t i = 0; type != MARTINGALE && i < n; i++)
    if (isnan(r->fit.cox.coef[i % p])) rows->number[i] = (double)NAN;
  if (st != LB_OK) return st;
  return lbl_cox_residual_frame(rows, lbl_cox_fold(rows, width),
                                type == MARTINGALE ? TYPES[type] : NULL, all, out, err);
}

static lb_status event_residuals(lbl_cox *rows, lb_finegray_residuals *r, int type, lb_frame **out,
                                 lb_error *err)
{
  lb_status st = LB_OK;
  if (type == SCALED)
    st = lb_cox_schoenfeld_scale(&r->schoenfeld, r->fit.naive_vcov, r->fit.cox.coef, err);
  return st == LB_OK ? lbl_cox_event_frame(rows, &r->schoenfeld, out, err) : st;
}

/* finegray_residuals(model, cause, options, groups, type, all) */
static int finegray_residuals(lua_State *L)
{
  lua_settop(L, 6);
  int type = lbl_check_choice(L, 5, "type", TYPES);
  lbl_finegray *asked = lbl_finegray_at(L);
  lb_finegray_residuals *r = lua_newuserdatauv(L, sizeof *r, 0);
  *r = (lb_finegray_residuals){0};
  luaL_setmetatable(L, RESIDUAL_BOX);
  lb_frame **out = lbl_frame_box(L);
  lb_error err = {0};
  if (lb_finegray_residuals_new(&asked->model, r, &err) != LB_OK) return lbl_raise(L, &err);
  lbl_cox *rows = asked->rows;
  size_t n = rows->y.n + (rows->repeat.row == NULL ? 0 : rows->model->n_used);
  bool events = type == SCHOENFELD || type == SCALED;
  lbl_cox_numbers(L, rows, n, type == MARTINGALE || events || r->p == 0 ? 1 : r->p);
  lb_status st = events ? event_residuals(rows, r, type, out, &err)
                        : row_residuals(rows, r, type, lua_toboolean(L, 6), out, &err);
  if (st != LB_OK) return lbl_raise(L, &err);
  lbl_account(L, n * sizeof(double));
  return 1;
}

/* finegray_zph(model, cause, options, groups, transform, terms) */
static int finegray_zph(lua_State *L)
{
  lua_settop(L, 6);
  lb_finegray_zph_plan plan = {.transform = lbl_check_zph_transform(L, 5)};
  lbl_finegray *asked = lbl_finegray_at(L);
  plan.term = lbl_check_zph_terms(L, 6, asked->rows->x.p, &plan.n_term);
  lb_cox_zph *zph = lbl_zph_box(L);
  lb_error err = {0};
  if (lb_finegray_zph_test(&asked->model, &plan, zph, &err) != LB_OK) return lbl_raise(L, &err);
  return lbl_push_zph(L, zph);
}

static const luaL_Reg FUNCTIONS[] = {
    {"finegray_residuals", finegray_residuals}, {"finegray_zph", finegray_zph}, {NULL, NULL}};

void lbl_open_finegray_residual(lua_State *L)
{
  luaL_newmetatable(L, RESIDUAL_BOX);
  lua_pushcfunction(L, residual_gc);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
  luaL_setfuncs(L, FUNCTIONS, 0);
}
