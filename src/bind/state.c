/* state.c - what the binding keeps for one Lua state: the count of its objects, bytes not yet told
 * to the collector, and NA. */
#include <limits.h>
#include <string.h>

#include "base/mem.h"
#include "bind/bind.h"

/* Bytes are gathered before the collector hears of them: it may then go through the whole Lua heap,
 * which takes as long as computing some megabytes. Nor is it told of less than an eighth of what is
 * held, so that garbage stays a small part of the memory and its search of the time. */
#define ACCOUNT_STEP  ((size_t)4 << 20)
#define ACCOUNT_SHARE 8

typedef struct state {
  size_t live;    /* objects made and not yet finalized */
  size_t unknown; /* bytes allocated that the collector has not been told of */
} state;

/* Registry keys are addresses: no other library can use them. */
static const char STATE_KEY = 's';
static const char NA_KEY = 'n';

static state *state_of(lua_State *L)
{
  lua_rawgetp(L, LUA_REGISTRYINDEX, &STATE_KEY);
  state *s = lua_touserdata(L, -1);
  lua_pop(L, 1);
  return s;
}

void lbl_account(lua_State *L, size_t bytes)
{
  state *s = state_of(L);
  s->unknown = bytes > SIZE_MAX - s->unknown ? SIZE_MAX : s->unknown + bytes;
  if (s->unknown < ACCOUNT_STEP || s->unknown < lb_mem_bytes() / ACCOUNT_SHARE) return;
  if (!lua_gc(L, LUA_GCISRUNNING)) return;
  size_t kib = s->unknown / 1024;
  s->unknown = 0;
  lua_gc(L, LUA_GCSTEP, kib > INT_MAX ? INT_MAX : (int)kib);
}

void *lbl_box(lua_State *L, const char *class_name, size_t size, int n_user_values)
{
  void *box = lua_newuserdatauv(L, size, n_user_values);
  memset(box, 0, size);
  luaL_setmetatable(L, class_name);
  state_of(L)->live++;
  return box;
}

void lbl_unbox(lua_State *L)
{
  state_of(L)->live--;
}

size_t lbl_live(lua_State *L)
{
  return state_of(L)->live;
}

void lbl_push_na(lua_State *L)
{
  lua_rawgetp(L, LUA_REGISTRYINDEX, &NA_KEY);
}

const void *lbl_na(lua_State *L)
{
  lbl_push_na(L);
  const void *na = lua_touserdata(L, -1);
  lua_pop(L, 1);
  return na;
}

static int na_tostring(lua_State *L)
{
  lua_pushliteral(L, "NA");
  return 1;
}

void lbl_open_state(lua_State *L)
{
  state *s = lua_newuserdatauv(L, sizeof *s, 0);
  memset(s, 0, sizeof *s);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &STATE_KEY);
  lua_newuserdatauv(L, 0, 0);
  luaL_newmetatable(L, LBL_NA);
  lua_pushcfunction(L, na_tostring);
  lua_setfield(L, -2, "__tostring");
  lua_setmetatable(L, -2);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &NA_KEY);
}
