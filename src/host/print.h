/* print.h - print of the program. */
#ifndef LB_HOST_PRINT_H
#define LB_HOST_PRINT_H
#include <lua.h>

/* print(...) that shows what is in a plain table instead of its address. */
void lb_print_open(lua_State *L);
#endif
