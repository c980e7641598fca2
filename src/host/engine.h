/* engine.h - a Lua state over our own memory, whose last resort is a message, not a crash. */
#ifndef LB_HOST_ENGINE_H
#define LB_HOST_ENGINE_H
#include <lua.h>

/* With the standard libraries not yet opened; NULL when out of memory. */
lua_State *lb_engine_new(void);
#endif
