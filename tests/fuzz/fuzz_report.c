/* fuzz_report.c - any bytes as JSON, or as the lines of a report: what is written as JSON, HTML and
 * Markdown reads back as what was meant. The report's writer is Lua: report.lua holds the checks,
 * this file the interpreter around them. */
#include <lauxlib.h>
#include <lualib.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "bind/bind.h"

#define CHECKS      "tests/fuzz/report.lua"
#define FULL_CYCLES 256 /* inputs between two searches for leaks: a full collection is slow */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void stop(lua_State *L)
{
  fprintf(stderr, "%s\n", lua_tostring(L, -1));
  abort();
}

/* The interpreter with the checks at index 1. */
static lua_State *start(void)
{
  lua_State *L = luaL_newstate();
  if (L == NULL) abort();
  luaL_openlibs(L);
  luaL_requiref(L, "lobule.core", luaopen_lobule_core, 0);
  lua_settop(L, 0);
  if (luaL_dostring(L, "package.path = 'lua/?.lua;lua/?/init.lua'") || luaL_loadfile(L, CHECKS) ||
      lua_pcall(L, 0, 1, 0))
    stop(L);
  return L;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static lua_State *L;
  static size_t n_inputs, live;
  if (L == NULL) L = start();
  lua_pushvalue(L, 1);
  lua_pushlstring(L, (const char *)data, size);
  if (lua_pcall(L, 1, 0, 0) != LUA_OK) stop(L);
  if (n_inputs++ % FULL_CYCLES == 0) {
    lua_gc(L, LUA_GCCOLLECT);
    lua_gc(L, LUA_GCCOLLECT); /* twice: a finalizer may release another object */
    if (n_inputs == 1) live = lbl_live(L);
    if (lbl_live(L) != live) abort();
  }
  return 0;
}
