/* stop.h - Ctrl-C: stops the Lua code that runs, in coroutines and under pcall too, and long C
 * loops. */
#ifndef LB_HOST_STOP_H
#define LB_HOST_STOP_H
#include <lua.h>

/* Takes over SIGINT. Call once, from the main thread. */
void lb_stop_open(void);
/* Lua code of this state runs from now on; NULL: none. If Ctrl-C has come, it will stop. */
void lb_stop_enter(lua_State *L);
/* Back at the top: forgets a Ctrl-C that has done its work. */
void lb_stop_settle(lua_State *L);
/* coroutine.resume, wrap and close that tell lb_stop_enter which coroutine runs. */
void lb_stop_open_coroutines(lua_State *L);
/* os.execute that hears the Ctrl-C by which its command ended. */
void lb_stop_open_execute(lua_State *L);
/* The coroutine that runs, NULL at the top level. */
lua_State *lb_stop_running(void);
#endif
