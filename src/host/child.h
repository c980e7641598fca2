/* child.h - a recipe in a process of its own: the parent's side and the child's. */
#ifndef LB_HOST_CHILD_H
#define LB_HOST_CHILD_H
#include <lua.h>

/* The word on the command line that makes this program the child, before CPU MEMORY THREADS. */
#define LB_CHILD_WORD "__recipe"

/* Runs as the child; the exit status. */
int lb_child_main(int argc, char **argv);

/* For module lobule.host. child(request, limits, on_print) -> kind, payload: request is a list of
 * strings, limits has cpu_s, wall_s, memory_bytes, output_bytes. kind is "result", "error" or
 * "fault" with what the child sent, "garbled" (no letter that a child sends), "limit" with its
 * name, "crash" with how it ended. */
int lb_child_run(lua_State *L);
/* machine_memory() -> bytes of memory that the machine has */
int lb_child_machine_memory(lua_State *L);
#endif
