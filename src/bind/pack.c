/* pack.c - frames as bytes for another process of this machine. */
#include "frame/pack.h"

#include "bind/bind.h"

/* pack_frame(frame) */
static int pack_frame(lua_State *L)
{
  lua_settop(L, 1);
  lb_frame *frame = lbl_check_frame(L, 1, "frame");
  lbl_work *work = lbl_work_new(L);
  lb_error err = {0};
  if (lb_frame_pack(frame, &work->text, &work->text_length, &err) != LB_OK)
    return lbl_raise(L, &err);
  lua_pushlstring(L, work->text, work->text_length);
  lbl_work_reset(work);
  return 1;
}

/* unpack_frame(bytes, source) */
static int unpack_frame(lua_State *L)
{
  lua_settop(L, 2);
  size_t length;
  const char *bytes = lbl_check_text(L, 1, "bytes", &length);
  const char *source = lbl_opt_name(L, 2, "source");
  lb_frame **out = lbl_frame_box(L);
  lb_error err = {0};
  if (lb_frame_unpack(bytes, length, source, out, &err) != LB_OK) return lbl_raise(L, &err);
  lbl_account(L, length);
  return 1;
}

static const luaL_Reg FUNCTIONS[] = {
    {"pack_frame", pack_frame}, {"unpack_frame", unpack_frame}, {NULL, NULL}};

void lbl_open_pack(lua_State *L)
{
  luaL_setfuncs(L, FUNCTIONS, 0);
}
