/* rate.c - the interval of a count of events, and of a standardised rate. */
#include "stats/categorical/rate.h"

#include "bind/bind.h"

static const char *const METHODS[] = {"exact", "byar", "mid-p", "log", NULL};
static const lb_rate_method CODES[] = {LB_RATE_EXACT, LB_RATE_BYAR, LB_RATE_MID_P, LB_RATE_LOG};

/* count_interval(d, conf_level, method) */
static int count_interval(lua_State *L)
{
  lua_settop(L, 3);
  double d = lbl_check_number(L, 1, "d");
  double conf_level = lbl_check_number(L, 2, "conf_level");
  lb_rate_method method = CODES[lbl_check_choice(L, 3, "method", METHODS)];
  double low, high;
  lb_error err = {0};
  if (lb_rate_interval(d, conf_level, method, &low, &high, &err) != LB_OK)
    return lbl_raise(L, &err);
  lua_pushnumber(L, low);
  lua_pushnumber(L, high);
  return 2;
}

/* standard_rate_interval(y, v, w_max, conf_level) */
static int standard_rate_interval(lua_State *L)
{
  lua_settop(L, 4);
  double y = lbl_check_number(L, 1, "y"), v = lbl_check_number(L, 2, "v");
  double w_max = lbl_check_number(L, 3, "w_max");
  double conf_level = lbl_check_number(L, 4, "conf_level");
  double low, high;
  lb_error err = {0};
  if (lb_rate_standard_interval(y, v, w_max, conf_level, &low, &high, &err) != LB_OK)
    return lbl_raise(L, &err);
  lua_pushnumber(L, low);
  lua_pushnumber(L, high);
  return 2;
}

static const luaL_Reg FUNCTIONS[] = {{"count_interval", count_interval},
                                     {"standard_rate_interval", standard_rate_interval},
                                     {NULL, NULL}};

void lbl_open_rate(lua_State *L)
{
  luaL_setfuncs(L, FUNCTIONS, 0);
}
