/* child.h - a recipe in a process of its own: the parent's side and the child's. */
#ifndef LB_HOST_CHILD_H
#define LB_HOST_CHILD_H
#include <lua.h>

/* The word on the command line that makes this program the child, before CPU MEMORY THREADS. */
#define LB_CHILD_WORD "__recipe"

/* Runs as the child; the exit status. */
int lb_child_main(int argc, char **argv);

/* child(request, limits, on_print) -> kind, payload; for module lobule.host. */
int lb_child_run(lua_State *L);
#endif
