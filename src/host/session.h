/* session.h - running chunks in the researcher's environment: strict names, errors shown with their
 * own lines. */
#ifndef LB_HOST_SESSION_H
#define LB_HOST_SESSION_H
#include <lua.h>
#include <stdbool.h>

#include "host/options.h"

#define LB_EXIT_OK          0
#define LB_EXIT_ERROR       1
#define LB_EXIT_USAGE       2
#define LB_EXIT_INTERRUPTED 130

/* Makes the environment that scripts, -e and the prompt share. */
void lb_session_open(lua_State *L, const lb_options *options);
/* Gives the chunk on top of the stack that environment. */
void lb_session_adopt(lua_State *L);
void lb_session_push_environment(lua_State *L);
/* From now on `lb` (and at the prompt `help`) may be read without being set; loaded when first
 * read. */
void lb_session_offer(lua_State *L, bool prompt);
/* Calls the function below its n arguments; all results stay. Not 0: the error has been shown, and
 * is the exit status. */
int lb_session_call(lua_State *L, int n_arguments);
/* environment() -> one like the session's, empty; for module lobule.host. */
int lb_session_fresh(lua_State *L);
/* protected(f, ...) -> "ok", results | "error" or "interrupted", the error; for module lobule.host.
 */
int lb_session_protected(lua_State *L);
/* Shows the message on top of the stack, and pops it. */
void lb_session_report(lua_State *L);
#endif
