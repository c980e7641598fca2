/* number.c - single numbers: their shortest text, tails of distributions, widths on a terminal. */
#include <gsl/gsl_cdf.h>
#include <math.h>

#include "bind/bind.h"
#include "stats/alternative.h"

/* format_number(x) */
static int format_number(lua_State *L)
{
  lua_settop(L, 1);
  double x = lbl_check_number(L, 1, "x");
  char text[LB_REAL_TEXT];
  if (lua_isinteger(L, 1))
    lua_pushfstring(L, "%I", (LUAI_UACINT)lua_tointeger(L, 1));
  else
    lua_pushlstring(L, text, lb_format_real(text, x));
  return 1;
}

/* text_width(text) */
static int text_width(lua_State *L)
{
  size_t length;
  const char *text = lbl_check_text(L, 1, "text", &length);
  lua_pushinteger(L, (lua_Integer)lb_utf8_width(text, length));
  return 1;
}

/* normal_quantile(probability) */
static int normal_quantile(lua_State *L)
{
  double p = lbl_check_number(L, 1, "probability");
  if (!(p >= 0 && p <= 1)) lbl_raise_argument(L, 1, "probability", "0 to 1");
  double z = p == 0 ? -INFINITY : p == 1 ? INFINITY : gsl_cdf_ugaussian_Pinv(p);
  lua_pushnumber(L, z);
  return 1;
}

/* normal_p(x): both tails, each computed as a tail */
static int normal_p(lua_State *L)
{
  lua_pushnumber(L, 2 * gsl_cdf_ugaussian_Q(fabs(lbl_check_number(L, 1, "x"))));
  return 1;
}

/* normal_tail(z, alternative): its p-value, as a test with that alternative has it */
static int normal_tail(lua_State *L)
{
  static const char *const ALTERNATIVES[] = {"two_sided", "greater", "less", NULL};
  lua_settop(L, 2);
  double z = lbl_check_number(L, 1, "z");
  int alternative = lbl_check_choice(L, 2, "alternative", ALTERNATIVES);
  lua_pushnumber(L, lb_normal_p(z, (lb_alternative)alternative));
  return 1;
}

/* chi_square_p(x, df) */
static int chi_square_p(lua_State *L)
{
  double x = lbl_check_number(L, 1, "x");
  double df = lbl_check_number(L, 2, "df");
  /* Without a degree of freedom there is nothing to test. */
  lua_pushnumber(L, df > 0 ? gsl_cdf_chisq_Q(x, df) : NAN);
  return 1;
}

static const luaL_Reg FUNCTIONS[] = {{"format_number", format_number},
                                     {"text_width", text_width},
                                     {"normal_quantile", normal_quantile},
                                     {"normal_p", normal_p},
                                     {"chi_square_p", chi_square_p},
                                     {"normal_tail", normal_tail},
                                     {NULL, NULL}};

void lbl_open_number(lua_State *L)
{
  luaL_setfuncs(L, FUNCTIONS, 0);
}
