/* repl.h - the prompt. */
#ifndef LB_HOST_REPL_H
#define LB_HOST_REPL_H
#include <lua.h>

/* Reads, runs and prints until the input ends. */
void lb_repl_run(lua_State *L);
#endif
