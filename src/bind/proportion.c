/* proportion.c - the interval of one proportion. */
#include "stats/categorical/proportion.h"

#include "bind/bind.h"

static const char *const METHODS[] = {
    "wilson",           "exact", "wilson-continuity", "mid-p", "jeffreys",
    "agresti-coull",    "wald",  "wald-continuity",   "logit", "arcsine",
    "likelihood-ratio", NULL};
static const lb_proportion_method CODES[] = {
    LB_PROPORTION_WILSON,  LB_PROPORTION_CLOPPER_PEARSON, LB_PROPORTION_WILSON_CONTINUITY,
    LB_PROPORTION_MID_P,   LB_PROPORTION_JEFFREYS,        LB_PROPORTION_AGRESTI_COULL,
    LB_PROPORTION_WALD,    LB_PROPORTION_WALD_CONTINUITY, LB_PROPORTION_LOGIT,
    LB_PROPORTION_ARCSINE, LB_PROPORTION_LIKELIHOOD_RATIO};

/* proportion(x, n, conf_level, method) */
static int proportion(lua_State *L)
{
  lua_settop(L, 4);
  double x = lbl_check_number(L, 1, "x");
  double n = lbl_check_number(L, 2, "n");
  double conf_level = lbl_check_number(L, 3, "conf_level");
  lb_proportion_method method = CODES[lbl_check_choice(L, 4, "method", METHODS)];
  double low, high;
  lb_error err = {0};
  if (lb_proportion_interval(x, n, conf_level, method, &low, &high, &err) != LB_OK)
    return lbl_raise(L, &err);
  lua_pushnumber(L, low);
  lua_pushnumber(L, high);
  return 2;
}

static const luaL_Reg FUNCTIONS[] = {{"proportion", proportion}, {NULL, NULL}};

void lbl_open_proportion(lua_State *L)
{
  luaL_setfuncs(L, FUNCTIONS, 0);
}
