/* km_band.c - simultaneous bands of the KMFit object, and limits from a standard error. */
#include "stats/survival/km_band.h"

#include <math.h>

#include "bind/bind.h"
#include "stats/survival/km_work.h"

#define BAND_BOX "lobule.KMBandBox"

static int box_gc(lua_State *L)
{
  lb_km_band *band = luaL_checkudata(L, 1, BAND_BOX);
  lb_km_band_reset(band);
  return 0;
}

static const char *const TYPES[] = {"hall-wellner", "equal-precision", NULL};
static const char *const SCALES[] = {"log-log", "log", "plain", "logit", "arcsine", NULL};

static double time_of(lua_State *L, int arg, const char *name)
{
  return lua_isnil(L, arg) ? (double)NAN : lbl_check_number(L, arg, name);
}

static lb_status band_frame(const lb_km_curve *c, const lb_km_band *band, lb_frame **out,
                            lb_error *err)
{
  const struct {
    const char *name;
    const double *values;
  } columns[] = {{"time", c->time + band->first},
                 {"survival", c->survival + band->first},
                 {"conf_low", band->conf_low},
                 {"conf_high", band->conf_high}};
  lb_status st = lb_frame_new(band->n, NULL, out, err);
  for (size_t i = 0; st == LB_OK && i < sizeof columns / sizeof columns[0]; i++)
    st = lbl_frame_add_real(*out, columns[i].name, columns[i].values, band->n, err);
  return st;
}

/* fit:band(g, type, level, scale, from, to) */
int lbl_km_band(lua_State *L)
{
  lua_settop(L, 7);
  const lb_km *km = luaL_testudata(L, 1, LBL_KM);
  if (km == NULL) return lbl_raise_argument(L, 1, "fit", "a Kaplan-Meier fit");
  const lb_km_curve *curve = &km->curve[lbl_check_position(L, 2, "g", km->n_groups)];
  lb_km_band_options options = {.n = curve->weight_total};
  options.type = (lb_km_band_type)lbl_check_choice(L, 3, "type", TYPES);
  options.level = lbl_check_number(L, 4, "level");
  options.scale = (lb_km_conf)lbl_check_choice(L, 5, "scale", SCALES);
  options.from = time_of(L, 6, "from");
  options.to = time_of(L, 7, "to");
  lb_km_band *band = lua_newuserdatauv(L, sizeof *band, 0);
  *band = (lb_km_band){0};
  luaL_setmetatable(L, BAND_BOX);
  lb_frame **out = lbl_frame_box(L);
  lb_error err = {0};
  if (lb_km_band_fit(curve, &options, band, &err) != LB_OK) return lbl_raise(L, &err);
  if (band_frame(curve, band, out, &err) != LB_OK) return lbl_raise(L, &err);
  lua_createtable(L, 0, 5);
  lbl_set_number(L, "critical", band->critical);
  lbl_set_number(L, "low", band->low);
  lbl_set_number(L, "high", band->high);
  lbl_set_number(L, "from", band->from);
  lbl_set_number(L, "to", band->to);
  return 2;
}

/* km_limits(estimate, half, conf_type): half is z times the standard error of its logarithm */
static int km_limits_of(lua_State *L)
{
  lua_settop(L, 3);
  double estimate = lbl_check_number(L, 1, "estimate"), half = lbl_check_number(L, 2, "half");
  lb_km_conf scale = (lb_km_conf)lbl_check_choice(L, 3, "conf_type", SCALES);
  double low = NAN, high = NAN;
  if (estimate > 0 && estimate < 1)
    km_limits(estimate, (km_half){half, half}, scale, &low, &high);
  else if (estimate == 1)
    low = high = 1;
  lua_pushnumber(L, low);
  lua_pushnumber(L, high);
  return 2;
}

static const luaL_Reg FUNCTIONS[] = {{"km_limits", km_limits_of}, {NULL, NULL}};

void lbl_open_km_band(lua_State *L)
{
  luaL_newmetatable(L, BAND_BOX);
  lua_pushcfunction(L, box_gc);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
  luaL_setfuncs(L, FUNCTIONS, 0);
}
