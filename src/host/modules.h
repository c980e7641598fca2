/* modules.h - the Lua files inside the program, as modules and as texts. */
#ifndef LB_HOST_MODULES_H
#define LB_HOST_MODULES_H
#include <lua.h>

#include "host/options.h"

/* Adds the searcher for the library's modules, opens lobule.core, and makes lobule.host. */
void lb_modules_open(lua_State *L, const lb_options *options);
#endif
