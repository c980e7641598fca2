/* temporary.h - a folder for this session's files, which only its user may read. */
#ifndef LB_HOST_TEMPORARY_H
#define LB_HOST_TEMPORARY_H
#include <lua.h>

/* session_folder() -> path: made at the first call, removed with its files when the program ends;
 * nil, why. */
int lb_session_folder(lua_State *L);
#endif
