/* session.c - the environment of scripts and the prompt, protected calls, and errors on stderr. */
#include "host/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/interrupt.h"
#include "base/names.h"
#include "bind/bind.h"
#include "host/interruption.h"
#include "host/stop.h"
#include "host/trace.h"

/* Registry: the environment; names that are loaded when first read (name -> module). */
static const char ENVIRONMENT_KEY = 'e';
static const char OFFERS_KEY = 'o';

static int by_text(const void *a, const void *b)
{
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Adds the text keys of a table to names[n ..]; NULL only counts. */
static size_t add_names(lua_State *L, int table, const char **names, size_t n)
{
  for (lua_pushnil(L); lua_next(L, table) != 0; lua_pop(L, 1)) {
    if (lua_type(L, -2) != LUA_TSTRING) continue;
    if (names != NULL) names[n] = lua_tostring(L, -2);
    n++;
  }
  return n;
}

/* Index 1 is the environment, 2 the name. */
static int raise_undefined(lua_State *L)
{
  const char *name = lua_tostring(L, 2);
  lua_pushglobaltable(L);
  int globals = lua_gettop(L);
  size_t n = add_names(L, globals, NULL, add_names(L, 1, NULL, 0));
  const char **names = lbl_scratch(L, n, sizeof *names);
  add_names(L, globals, names, add_names(L, 1, names, 0));
  qsort(names, n, sizeof *names, by_text);
  size_t nearest = lb_name_nearest(name, names, n);
  lb_error err = {0};
  if (nearest < n)
    lb_error_set(&err, LB_ENAME, "undefined name '%s' (did you mean '%s'?)", name, names[nearest]);
  else
    lb_error_set(&err, LB_ENAME, "undefined name '%s'", name);
  return lbl_raise(L, &err);
}

/* Pushes what is on offer under the name at index 2, after setting it; false: nothing is. */
static bool take_offer(lua_State *L)
{
  lua_rawgetp(L, LUA_REGISTRYINDEX, &OFFERS_KEY);
  lua_pushvalue(L, 2);
  if (lua_rawget(L, -2) == LUA_TNIL) return false;
  lua_getglobal(L, "require");
  lua_insert(L, -2);
  lua_call(L, 1, 1);
  lua_pushvalue(L, 2);
  lua_pushvalue(L, -2);
  lua_rawset(L, 1);
  return true;
}

/* A name that the environment does not have: a global, an offer, or (upvalue 1 true) an error. */
static int environment_index(lua_State *L)
{
  lua_settop(L, 2);
  lua_pushglobaltable(L);
  lua_pushvalue(L, 2);
  if (lua_gettable(L, 3) != LUA_TNIL) return 1;
  lua_settop(L, 2);
  if (lua_type(L, 2) != LUA_TSTRING) return 0;
  if (take_offer(L)) return 1;
  if (!lua_toboolean(L, lua_upvalueindex(1))) return 0;
  lua_settop(L, 2);
  return raise_undefined(L);
}

/* Pushes an empty environment. */
static void push_fresh(lua_State *L, bool strict)
{
  lua_newtable(L);
  lua_createtable(L, 0, 1);
  lua_pushboolean(L, strict);
  lua_pushcclosure(L, environment_index, 1);
  lua_setfield(L, -2, "__index");
  lua_setmetatable(L, -2);
}

void lb_session_open(lua_State *L, const lb_options *options)
{
  lua_newtable(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &OFFERS_KEY);
  push_fresh(L, options->strict);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &ENVIRONMENT_KEY);
}

int lb_session_fresh(lua_State *L)
{
  push_fresh(L, true);
  return 1;
}

void lb_session_push_environment(lua_State *L)
{
  lua_rawgetp(L, LUA_REGISTRYINDEX, &ENVIRONMENT_KEY);
}

void lb_session_adopt(lua_State *L)
{
  lb_session_push_environment(L);
  lua_setupvalue(L, -2, 1);
}

void lb_session_offer(lua_State *L, bool prompt)
{
  lua_rawgetp(L, LUA_REGISTRYINDEX, &OFFERS_KEY);
  lua_pushliteral(L, "lobule");
  lua_setfield(L, -2, "lb");
  if (prompt) {
    lua_pushliteral(L, "lobule.help");
    lua_setfield(L, -2, "help");
    lua_pushliteral(L, "lobule.help_example");
    lua_setfield(L, -2, "example");
  }
  lua_pop(L, 1);
}

/* Replaces the error on top of the stack by what is shown of it: with its source line and, on a
 * terminal, its colour. Without memory for that, or before the library can be loaded, as it is. */
static void push_failure_text(lua_State *L)
{
  int problem = lua_gettop(L);
  lua_getglobal(L, "require");
  lua_pushliteral(L, "lobule.failure");
  if (lua_pcall(L, 1, 1, 0) == LUA_OK && lua_istable(L, -1)) {
    lua_getfield(L, -1, "text");
    lua_pushvalue(L, problem);
    if (lua_pcall(L, 1, 1, 0) == LUA_OK && lua_type(L, -1) == LUA_TSTRING) return;
  }
  lua_settop(L, problem);
  luaL_tolstring(L, problem, NULL);
}

void lb_session_report(lua_State *L)
{
  int problem = lua_gettop(L);
  fflush(stdout); /* in the order in which things happened */
  push_failure_text(L);
  fprintf(stderr, "%s\n", lua_tostring(L, -1));
  fflush(stderr);
  lua_settop(L, problem - 1);
}

static double seconds_now(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Calls the function below its n arguments; all results, or the error value, stay. */
static int try_call(lua_State *L, int n_arguments)
{
  int base = lua_gettop(L) - n_arguments;
  double from = seconds_now();
  lb_interruption_begin(L);
  lua_pushcfunction(L, lb_trace_message);
  lua_insert(L, base);
  lb_stop_enter(L);
  int status = lua_pcall(L, n_arguments, LUA_MULTRET, base);
  bool interrupted = status != LUA_OK && lb_interrupted();
  lb_stop_settle(L);
  lua_remove(L, base);
  if (status == LUA_OK) return LB_EXIT_OK;
  if (!interrupted) return LB_EXIT_ERROR;
  lua_pop(L, 1); /* whatever the error became on its way up */
  lb_interruption_push(L, seconds_now() - from);
  return LB_EXIT_INTERRUPTED;
}

int lb_session_call(lua_State *L, int n_arguments)
{
  int status = try_call(L, n_arguments);
  if (status != LB_EXIT_OK) lb_session_report(L);
  return status;
}

int lb_session_protected(lua_State *L)
{
  luaL_checktype(L, 1, LUA_TFUNCTION);
  int status = try_call(L, lua_gettop(L) - 1);
  lua_pushstring(L, status == LB_EXIT_OK      ? "ok"
                    : status == LB_EXIT_ERROR ? "error"
                                              : "interrupted");
  lua_insert(L, 1);
  return lua_gettop(L);
}
