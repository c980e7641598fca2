/* coroutine.c - coroutine.resume, wrap and close as in stock Lua, which also keep track of the
 * coroutine that runs: Ctrl-C has to stop that one. */
#include <lauxlib.h>

#include "host/stop.h"

static lua_State *check_coroutine(lua_State *L)
{
  lua_State *co = lua_tothread(L, 1);
  luaL_argexpected(L, co != NULL, 1, "coroutine");
  return co;
}

/* Resumes with n arguments from the top of L. Number of results, now on top of L; -1: an error
 * value is there instead. */
static int resume(lua_State *L, lua_State *co, int n)
{
  if (!lua_checkstack(co, n)) {
    lua_pushliteral(L, "too many arguments to resume");
    return -1;
  }
  lua_xmove(L, co, n);
  int n_results = 0;
  lb_stop_enter(co);
  int status = lua_resume(co, L, n, &n_results);
  lb_stop_enter(L);
  if (status != LUA_OK && status != LUA_YIELD) {
    lua_xmove(co, L, 1);
    return -1;
  }
  if (!lua_checkstack(L, n_results + 1)) {
    lua_pop(co, n_results);
    lua_pushliteral(L, "too many results to resume");
    return -1;
  }
  lua_xmove(co, L, n_results);
  return n_results;
}

static int co_resume(lua_State *L)
{
  lua_State *co = check_coroutine(L);
  int n = resume(L, co, lua_gettop(L) - 1);
  lua_pushboolean(L, n >= 0);
  int n_values = n < 0 ? 1 : n;
  lua_insert(L, -(n_values + 1));
  return n_values + 1;
}

/* Runs the pending to-be-closed variables of a coroutine that has ended or waits. */
static int reset(lua_State *L, lua_State *co)
{
  lb_stop_enter(co);
  int status = lua_resetthread(co);
  lb_stop_enter(L);
  return status;
}

static int wrap_call(lua_State *L)
{
  lua_State *co = lua_tothread(L, lua_upvalueindex(1));
  int n = resume(L, co, lua_gettop(L));
  if (n >= 0) return n;
  int status = lua_status(co);
  if (status != LUA_OK && status != LUA_YIELD) {
    /* It failed itself: what it has open is closed, which may put another error in place. */
    status = reset(L, co);
    lua_xmove(co, L, 1);
  }
  if (status != LUA_ERRMEM && lua_type(L, -1) == LUA_TSTRING) {
    luaL_where(L, 1);
    lua_insert(L, -2);
    lua_concat(L, 2);
  }
  return lua_error(L);
}

static int co_wrap(lua_State *L)
{
  luaL_checktype(L, 1, LUA_TFUNCTION);
  lua_State *co = lua_newthread(L);
  lua_pushvalue(L, 1);
  lua_xmove(L, co, 1);
  lua_pushcclosure(L, wrap_call, 1);
  return 1;
}

/* NULL when the coroutine can be closed, else the word for what it is doing. */
static const char *busy(lua_State *L, lua_State *co)
{
  lua_Debug ar;
  if (co == L) return "running";
  return lua_status(co) == LUA_OK && lua_getstack(co, 0, &ar) ? "normal" : NULL;
}

static int co_close(lua_State *L)
{
  lua_State *co = check_coroutine(L);
  const char *state = busy(L, co);
  if (state != NULL) return luaL_error(L, "cannot close a %s coroutine", state);
  if (reset(L, co) == LUA_OK) {
    lua_pushboolean(L, 1);
    return 1;
  }
  lua_pushboolean(L, 0);
  lua_xmove(co, L, 1);
  return 2;
}

static const luaL_Reg FUNCTIONS[] = {
    {"resume", co_resume}, {"wrap", co_wrap}, {"close", co_close}, {NULL, NULL}};

void lb_stop_open_coroutines(lua_State *L)
{
  lua_getglobal(L, "coroutine");
  luaL_setfuncs(L, FUNCTIONS, 0);
  lua_pop(L, 1);
}
