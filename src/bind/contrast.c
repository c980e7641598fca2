/* contrast.c - linear combinations of coefficients, and the designs that they come from. */
#include "stats/contrast.h"

#include "bind/bind.h"
#include "model/model.h"

#define CONTRAST_BOX "lobule.ContrastFit"

static int contrast_gc(lua_State *L)
{
  lb_contrast_reset(luaL_checkudata(L, 1, CONTRAST_BOX));
  return 0;
}

/* Numbers of the list at `arg`, `width` of them (0: any number), in a userdata pushed on the
 * stack. */
static double *read_numbers(lua_State *L, int arg, const char *name, size_t width)
{
  lbl_check_table(L, arg, name);
  size_t n = lua_rawlen(L, arg);
  if (width > 0 && n != width) lbl_raise_argument(L, arg, name, "as many numbers as it must have");
  double *out = lbl_scratch(L, n, sizeof *out);
  for (size_t j = 0; j < n; j++) {
    lua_rawgeti(L, arg, (lua_Integer)j + 1);
    out[j] = lua_tonumber(L, -1);
    lua_pop(L, 1);
  }
  return out;
}

/* contrast(rows, coef, vcov, null): matrices row after row */
static int contrast(lua_State *L)
{
  lua_settop(L, 4);
  lb_contrast_rows in = {.coef = read_numbers(L, 2, "coef", 0)};
  in.p = lua_rawlen(L, 2);
  in.row = read_numbers(L, 1, "rows", 0);
  in.m = in.p == 0 ? 0 : lua_rawlen(L, 1) / in.p;
  if (in.m * in.p != lua_rawlen(L, 1))
    lbl_raise_argument(L, 1, "rows", "a number a coefficient in each row");
  in.vcov = read_numbers(L, 3, "vcov", in.p * in.p);
  if (!lua_isnil(L, 4)) in.null = read_numbers(L, 4, "null", in.m);
  lb_contrast *out = lua_newuserdatauv(L, sizeof *out, 0);
  *out = (lb_contrast){0};
  luaL_setmetatable(L, CONTRAST_BOX);
  lb_error err = {0};
  if (lb_contrast_fit(&in, out, &err) != LB_OK) return lbl_raise(L, &err);
  lua_createtable(L, 0, 4);
  lbl_set_numbers(L, "estimate", out->estimate, out->m);
  lbl_set_numbers(L, "covariance", out->covariance, out->m * out->m);
  lbl_set_number(L, "chi_square", out->chi_square);
  lbl_set_count(L, "df", out->df);
  return 1;
}

/* The first of the rows in which two lists of codes differ; n: none. */
static size_t codes_differ(const int32_t *a, const int32_t *b, size_t n)
{
  size_t i = 0;
  while (a != NULL && b != NULL && i < n && a[i] == b[i]) i++;
  return a == NULL || b == NULL ? n : i;
}

/* design_difference(a, b): two designs of the same rows */
static int design_difference(lua_State *L)
{
  lua_settop(L, 2);
  const lb_model *first = lbl_check_model(L, 1), *second = lbl_check_model(L, 2);
  lb_design a, b;
  lb_model_design(first, &a);
  lb_model_design(second, &b);
  if (a.n != b.n || a.p != b.p) lbl_raise_argument(L, 2, "b", "a design of the same rows");
  double *row = lbl_scratch(L, a.p, sizeof *row);
  size_t differs = lb_design_difference(&a, &b, row);
  lua_createtable(L, 0, 4);
  lbl_set_numbers(L, "row", row, a.p);
  if (a.n > 0) lbl_set_count(L, "first", (size_t)first->row[0] + 1);
  if (differs < a.n) lbl_set_count(L, "differs", (size_t)first->row[differs] + 1);
  lua_pushboolean(L, codes_differ(first->strata.code, second->strata.code, a.n) < a.n);
  lua_setfield(L, -2, "strata");
  double shift = 0;
  lb_design x = {.n = a.n, .p = 1, .column = &a.offset},
            y = {.n = b.n, .p = 1, .column = &b.offset};
  bool offset = a.offset != NULL && b.offset != NULL;
  offset = offset && (lb_design_difference(&x, &y, &shift) < a.n || shift != 0);
  lua_pushboolean(L, offset);
  lua_setfield(L, -2, "offset");
  return 1;
}

/* design_estimable(model, aliased, rows, within_strata): which of the rows, laid one after another,
 * the design can tell */
static int design_estimable(lua_State *L)
{
  lua_settop(L, 4);
  const lb_model *model = lbl_check_model(L, 1);
  lb_contrast_design design = {0};
  lb_model_design(model, &design.x);
  if (lua_toboolean(L, 4)) {
    design.stratum = model->strata.code;
    design.n_stratum = model->strata.n;
  }
  lbl_check_table(L, 2, "aliased");
  bool *aliased = lbl_scratch(L, design.x.p, sizeof *aliased);
  for (size_t j = 0; j < design.x.p; j++) {
    lua_rawgeti(L, 2, (lua_Integer)j + 1);
    aliased[j] = lua_toboolean(L, -1);
    lua_pop(L, 1);
  }
  design.aliased = aliased;
  const double *row = read_numbers(L, 3, "rows", 0);
  size_t m = design.x.p == 0 ? 0 : lua_rawlen(L, 3) / design.x.p;
  bool *estimable = lbl_scratch(L, m, sizeof *estimable);
  lb_error err = {0};
  if (lb_contrast_estimable(&design, row, m, estimable, &err) != LB_OK) return lbl_raise(L, &err);
  lua_createtable(L, (int)m, 0);
  for (size_t i = 0; i < m; i++) {
    lua_pushboolean(L, estimable[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

static const luaL_Reg FUNCTIONS[] = {{"contrast", contrast},
                                     {"design_difference", design_difference},
                                     {"design_estimable", design_estimable},
                                     {NULL, NULL}};

void lbl_open_contrast(lua_State *L)
{
  luaL_newmetatable(L, CONTRAST_BOX);
  lua_pushcfunction(L, contrast_gc);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
  luaL_setfuncs(L, FUNCTIONS, 0);
}
