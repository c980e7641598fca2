/* cast.c - columns made from columns: factors, their levels, labels and units. */
#include "bind/bind.h"

/* factor(column, levels, ordered) */
static int factor(lua_State *L)
{
  lua_settop(L, 3);
  lb_column *column = lbl_check_column(L, 1, "column");
  size_t n;
  const char **levels = lbl_check_names(L, 2, "levels", true, &n);
  bool ordered = lua_toboolean(L, 3);
  lb_column **out = lbl_column_box(L);
  lb_error err = {0};
  if (lb_column_to_factor(column, levels, n, ordered, out, &err) != LB_OK)
    return lbl_raise(L, &err);
  lbl_account(L, lb_column_bytes(*out));
  return 1;
}

/* relevel(column, first) */
static int relevel(lua_State *L)
{
  lua_settop(L, 2);
  lb_column *column = lbl_check_column(L, 1, "column");
  size_t n;
  const char **first = lbl_check_names(L, 2, "first", false, &n);
  lb_column **out = lbl_column_box(L);
  lb_error err = {0};
  if (lb_column_relevel(column, first, n, out, &err) != LB_OK) return lbl_raise(L, &err);
  lbl_account(L, lb_column_bytes(*out));
  return 1;
}

/* label(column, label, unit) */
static int label(lua_State *L)
{
  lua_settop(L, 3);
  lb_column *column = lbl_check_column(L, 1, "column");
  const char *text = lbl_opt_name(L, 2, "label");
  const char *unit = lbl_opt_name(L, 3, "unit");
  lb_column **out = lbl_column_box(L);
  lb_error err = {0};
  if (lb_column_with_label(column, text, unit, out, &err) != LB_OK) return lbl_raise(L, &err);
  return 1;
}

static const luaL_Reg FUNCTIONS[] = {
    {"factor", factor}, {"relevel", relevel}, {"label", label}, {NULL, NULL}};

void lbl_open_cast(lua_State *L)
{
  luaL_setfuncs(L, FUNCTIONS, 0);
}
