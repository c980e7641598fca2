/* manual.h - the manual page and the completions of shells, printed for `make install`. */
#ifndef LB_HOST_MANUAL_H
#define LB_HOST_MANUAL_H
#include <lua.h>

/* The page lobule(1) in the man macros, on standard output. */
void lb_manual_print(void);
/* A completion script for "bash" or "zsh" on standard output; the help topics are asked of the
 * library. Returns the exit status: LB_EXIT_USAGE for another shell. */
int lb_completion_print(lua_State *L, const char *shell);
#endif
