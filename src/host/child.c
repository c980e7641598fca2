/* child.c - the child that runs a recipe: gives up its rights, reads one request from standard
 * input, answers in frames on standard output, and ends without closing the state: no finalizer of
 * the recipe runs after its answer. */
#include "host/child.h"

#include <lauxlib.h>
#include <lualib.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/parallel.h"
#include "base/str.h"
#include "host/frames.h"
#include "host/modules.h"
#include "host/sandbox.h"
#include "host/session.h"
#include "host/stop.h"

/* What the child knows of its memory. */
typedef struct memory {
  size_t refused;   /* what Lua asked for in vain and has not asked for again; 0: nothing */
  bool lua_may_try; /* Lua collects garbage and tries again */
  size_t limit;     /* of bytes */
  size_t collect;   /* at so many bytes garbage is collected, whatever Lua's own pace */
} memory;

/* The first collection that is not Lua's own, as a part of the limit. */
#define COLLECT_FIRST 0.6

static memory *memory_of(lua_State *L)
{
  void *m;
  lua_getallocf(L, &m);
  return m;
}

/* Between two instructions: collects, and sets the next collection half way to the limit. */
static void collect_now(lua_State *L, lua_Debug *ar)
{
  (void)ar;
  memory *m = memory_of(L);
  lua_sethook(L, NULL, 0, 0);
  lua_gc(L, LUA_GCCOLLECT);
  size_t held = lb_mem_bytes();
  m->collect = held < m->limit ? held + (m->limit - held) / 2 : SIZE_MAX;
}

/* Lua's collector sees neither the memory of frames nor the limit, and texts in the making are not
 * asked for twice: near the limit garbage must not wait. */
static void collect_soon(memory *m)
{
  lua_State *L = lb_stop_running();
  size_t held = lb_mem_bytes();
  if (held < m->collect || L == NULL) return;
  m->collect = held < m->limit ? held + (m->limit - held) / 8 : SIZE_MAX; /* if L never goes on */
  lua_sethook(L, collect_now, LUA_MASKCOUNT, 1);
}

/* Memory has run out outside of Lua's allocator: an error would come back from pcall. */
static void end_exhausted(void *context)
{
  const memory *m = context;
  if (!m->lua_may_try) _exit(LB_CHILD_MEMORY);
}

/* Lua's allocator in the child. At the first failure Lua collects garbage and asks again for the
 * same block; if anything else is asked for, the failure has become an error that pcall could
 * swallow: the child ends instead. */
static void *allocate(void *context, void *block, size_t old_size, size_t new_size)
{
  memory *m = context;
  if (new_size == 0) {
    lb_mem_free(block);
    return NULL;
  }
  bool grows = block == NULL || new_size > old_size;
  if (grows && m->refused != 0 && m->refused != new_size) _exit(LB_CHILD_MEMORY);
  m->lua_may_try = true;
  void *moved = lb_mem_resize(block, 1, new_size);
  m->lua_may_try = false;
  if (moved == NULL && !grows) return block;
  if (moved == NULL && m->refused != 0) _exit(LB_CHILD_MEMORY);
  if (grows) m->refused = moved == NULL ? new_size : 0;
  if (grows) collect_soon(m);
  return moved;
}

static bool read_all(char *bytes, size_t length)
{
  while (length > 0) {
    ssize_t n = read(STDIN_FILENO, bytes, length);
    if (n <= 0) return false;
    bytes += n;
    length -= (size_t)n;
  }
  return true;
}

/* next_piece(): the next piece of the request as a string. A frame's bytes pass through a block of
 * their own size, not through one that doubles. */
static int next_piece(lua_State *L)
{
  uint64_t length;
  luaL_Buffer buffer;
  if (!read_all((char *)&length, sizeof length)) return luaL_error(L, "the request is cut off");
  char *bytes = luaL_buffinitsize(L, &buffer, (size_t)length);
  if (!read_all(bytes, (size_t)length)) return luaL_error(L, "the request is cut off");
  luaL_pushresultsize(&buffer, (size_t)length);
  return 1;
}

/* send(kind, payload): one frame to the parent; kind is one letter. */
static int send_frame(lua_State *L)
{
  size_t length;
  const char *kind = luaL_checkstring(L, 1), *payload = luaL_checklstring(L, 2, &length);
  if (!lb_frame_write(STDOUT_FILENO, kind[0], payload, length)) _exit(LB_CHILD_BROKEN);
  return 0;
}

/* Upvalue-free: argument 1 is the sandbox's state. */
static int serve(lua_State *L)
{
  const lb_sandbox_state *state = lua_touserdata(L, 1);
  lb_options options = {.mode = LB_MODE_NONE, .strict = true};
  luaL_openlibs(L);
  lb_modules_open(L, &options);
  lb_stop_open_coroutines(L);
  lb_stop_enter(L);
  lua_getglobal(L, "require");
  lua_pushliteral(L, "lobule.recipe.child");
  lua_call(L, 1, 1);
  lua_getfield(L, -1, "serve");
  lua_pushcfunction(L, next_piece);
  lua_pushcfunction(L, send_frame);
  lua_createtable(L, 0, 3);
  lua_pushboolean(L, state->limits);
  lua_setfield(L, -2, "limits");
  lua_pushboolean(L, state->landlock);
  lua_setfield(L, -2, "landlock");
  lua_pushboolean(L, state->seccomp);
  lua_setfield(L, -2, "seccomp");
  lua_call(L, 3, 0);
  return 0;
}

static bool number_of(const char *text, int64_t *out)
{
  return lb_parse_integer(text, strlen(text), out) && *out > 0;
}

int lb_child_main(int argc, char **argv)
{
  int64_t cpu, memory_bytes, threads;
  if (argc != 5 || !number_of(argv[2], &cpu) || !number_of(argv[3], &memory_bytes) ||
      !number_of(argv[4], &threads))
    return LB_EXIT_USAGE;
  lb_threads_set((int)threads);
  lb_sandbox_limits limits = {
      .cpu_seconds = cpu, .memory_bytes = memory_bytes, .threads = (int)threads};
  lb_sandbox_state state = lb_sandbox_enter(&limits);
  memory m = {.limit = (size_t)memory_bytes,
              .collect = (size_t)(COLLECT_FIRST * (double)memory_bytes)};
  lb_mem_on_exhausted(end_exhausted, &m);
  lua_State *L = lua_newstate(allocate, &m);
  if (L == NULL) _exit(LB_CHILD_MEMORY);
  lua_pushcfunction(L, serve);
  lua_pushlightuserdata(L, &state);
  if (lua_pcall(L, 1, 0, 0) != LUA_OK) {
    size_t length;
    const char *message = luaL_tolstring(L, -1, &length);
    lb_frame_write(STDOUT_FILENO, 'F', message, length); /* a fault of ours, not of the recipe */
  }
  _exit(LB_EXIT_OK);
}
