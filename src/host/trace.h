/* trace.h - the message handler: what an uncaught error looks like. */
#ifndef LB_HOST_TRACE_H
#define LB_HOST_TRACE_H
#include <lua.h>

/* An error object stays as it is; of Lua's own error the text, with the researcher's frames. */
int lb_trace_message(lua_State *L);
#endif
