/* engine.c - the Lua state: allocation through base/mem, so that tests can make it fail, warnings,
 * and what happens outside every protected call. */
#include "host/engine.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Lua takes it for granted that a block can shrink: on failure it stays as it is. */
static void *allocate(void *context, void *block, size_t old_size, size_t new_size)
{
  (void)context;
  if (new_size == 0) {
    lb_mem_free(block);
    return NULL;
  }
  void *moved = lb_mem_resize(block, 1, new_size);
  return moved == NULL && block != NULL && new_size <= old_size ? block : moved;
}

static int panic(lua_State *L)
{
  const char *message = lua_tostring(L, -1);
  fprintf(stderr, "lobule: %s\n", message == NULL ? "an error outside every call" : message);
  exit(EXIT_FAILURE);
}

/* What warn() does: off until warn "@on", as in stock Lua. */
typedef struct warning {
  bool on, continues;
} warning;

static void warn(void *context, const char *message, int to_continue)
{
  warning *w = context;
  if (!w->continues && !to_continue && message[0] == '@') {
    if (strcmp(message, "@on") == 0) w->on = true;
    if (strcmp(message, "@off") == 0) w->on = false;
    return;
  }
  if (w->on) {
    if (!w->continues) fputs("warning: ", stderr);
    fputs(message, stderr);
    if (!to_continue) fputc('\n', stderr);
  }
  w->continues = to_continue;
}

lua_State *lb_engine_new(void)
{
  static const char KEY = 'w';
  lua_State *L = lua_newstate(allocate, NULL);
  if (L == NULL) return NULL;
  lua_atpanic(L, panic);
  warning *w = lua_newuserdatauv(L, sizeof *w, 0); /* lives as long as the state */
  memset(w, 0, sizeof *w);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &KEY);
  lua_setwarnf(L, warn, w);
  return L;
}
