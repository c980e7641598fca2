/* work.c - the box of what one call holds in C memory while it runs, so that an error raised in the
 * middle leaks nothing. */
#include <string.h>

#include "base/mem.h"
#include "bind/bind.h"

void lbl_work_reset(lbl_work *work)
{
  lb_expr_free(work->expr);
  lb_mem_free(work->selection.rows);
  lb_groups_reset(&work->groups);
  lb_problems_reset(&work->problems);
  lb_str_reset(&work->notes);
  lb_json_free(work->json);
  lb_mem_free(work->text);
  lb_str_reset(&work->buffer);
  memset(work, 0, sizeof *work);
}

static int work_gc(lua_State *L)
{
  lbl_work_reset(luaL_checkudata(L, 1, LBL_WORK));
  return 0;
}

static void keep_note(void *context, const char *message)
{
  lbl_work *work = context;
  lb_str_add(&work->notes, message, strlen(message) + 1);
}

lbl_work *lbl_work_new(lua_State *L)
{
  lbl_work *work = lua_newuserdatauv(L, sizeof *work, 0);
  memset(work, 0, sizeof *work);
  luaL_setmetatable(L, LBL_WORK);
  work->notes_hook = (lb_expr_notes){keep_note, work};
  return work;
}

void lbl_push_notes(lua_State *L, const lbl_work *work)
{
  lb_error err = {0};
  if (work->notes.failed) {
    lb_error_nomem(&err, "notes");
    lbl_raise(L, &err);
  }
  lua_newtable(L);
  lua_Integer n = 0;
  for (size_t at = 0; at < work->notes.length; at += strlen(work->notes.data + at) + 1) {
    lua_pushstring(L, work->notes.data + at);
    lua_rawseti(L, -2, ++n);
  }
}

static const luaL_Reg METAMETHODS[] = {{"__gc", work_gc}, {"__close", work_gc}, {NULL, NULL}};

void lbl_open_work(lua_State *L)
{
  luaL_newmetatable(L, LBL_WORK);
  luaL_setfuncs(L, METAMETHODS, 0);
  lua_pop(L, 1);
}
