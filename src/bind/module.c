/* module.c - the Lua module lobule.core, put together from its nouns. */
#include <gsl/gsl_errno.h>
#include <string.h>

#include "base/mem.h"
#include "base/parallel.h"
#include "bind/bind.h"

/* The build names the version. */
#ifndef LOBULE_VERSION
#define LOBULE_VERSION "0.0.0"
#endif

/* threads(n) */
static int threads(lua_State *L)
{
  lua_settop(L, 1);
  if (!lua_isnil(L, 1)) {
    lua_Integer n = lbl_check_integer(L, 1, "n");
    if (n < 0 || n > 1024) lbl_raise_argument(L, 1, "n", "0 to 1024");
    lb_threads_set((int)n);
  }
  lua_pushinteger(L, lb_threads());
  return 1;
}

/* live_objects() */
static int live_objects(lua_State *L)
{
  lua_pushinteger(L, (lua_Integer)lbl_live(L));
  return 1;
}

/* live_blocks() */
static int live_blocks(lua_State *L)
{
  lua_pushinteger(L, (lua_Integer)lb_mem_live());
  return 1;
}

/* fail_after(k) */
static int fail_after(lua_State *L)
{
  lua_Integer k = lbl_check_integer(L, 1, "k");
  lb_mem_fail_after((long)k);
  return 0;
}

/* memory_trim() */
static int memory_trim(lua_State *L)
{
  lua_pushinteger(L, (lua_Integer)lb_mem_trim());
  return 1;
}

/* memory_peak() */
static int memory_peak(lua_State *L)
{
  lua_pushinteger(L, (lua_Integer)lb_mem_peak());
  lua_pushinteger(L, (lua_Integer)lb_mem_bytes());
  return 2;
}

static const luaL_Reg FUNCTIONS[] = {{"threads", threads},
                                     {"live_objects", live_objects},
                                     {"live_blocks", live_blocks},
                                     {"fail_after", fail_after},
                                     {"memory_trim", memory_trim},
                                     {"memory_peak", memory_peak},
                                     {NULL, NULL}};

static void (*const NOUNS[])(lua_State *L) = {
    lbl_open_error,       lbl_open_class,      lbl_open_column,       lbl_open_cast,
    lbl_open_build,       lbl_open_frame,      lbl_open_with,         lbl_open_expr,
    lbl_open_group,       lbl_open_summary,    lbl_open_io,           lbl_open_json,
    lbl_open_number,      lbl_open_model,      lbl_open_km,           lbl_open_logrank,
    lbl_open_cox,         lbl_open_proportion, lbl_open_rows,         lbl_open_join,
    lbl_open_reshape,     lbl_open_output,     lbl_open_cox_residual, lbl_open_cox_predict,
    lbl_open_formats,     lbl_open_arrow,      lbl_open_window,       lbl_open_plan,
    lbl_open_cuminc,      lbl_open_gray,       lbl_open_finegray,     lbl_open_pool,
    lbl_open_pack,        lbl_open_split,      lbl_open_rate,         lbl_open_aalen,
    lbl_open_score,       lbl_open_km_band,    lbl_open_turnbull,     lbl_open_histories,
    lbl_open_multistate,  lbl_open_stack,      lbl_open_cox_tests,    lbl_open_rmst,
    lbl_open_pseudo,      lbl_open_pseudo_fit, lbl_open_cox_penal,    lbl_open_aft,
    lbl_open_aft_predict, lbl_open_cox_boot,   lbl_open_cox_adjusted, lbl_open_contrast,
    lbl_open_population,  lbl_open_stacking,   lbl_open_royston,      lbl_open_aft_contrast,
    lbl_open_persons};

/* Gives each function of the module its name for messages: "core.filter". What raises for others
 * has none. */
static void register_names(lua_State *L)
{
  for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1)) {
    const char *name = lua_tostring(L, -2);
    if (strcmp(name, "raise") != 0) lbl_register_name(L, -1, "core", '.', name);
  }
}

int luaopen_lobule_core(lua_State *L)
{
  luaL_checkversion(L);
  gsl_set_error_handler_off(); /* GSL's own handler ends the process */
  lb_json_init();
  lbl_open_state(L);
  lbl_open_place(L);
  lbl_open_work(L);
  lua_newtable(L);
  luaL_setfuncs(L, FUNCTIONS, 0);
  for (size_t i = 0; i < sizeof NOUNS / sizeof NOUNS[0]; i++) NOUNS[i](L);
  register_names(L);
  lua_pushliteral(L, LOBULE_VERSION);
  lua_setfield(L, -2, "version");
  lbl_push_na(L);
  lua_setfield(L, -2, "NA");
  return 1;
}
