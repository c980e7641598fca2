/* interruption.h - what is said of work that Ctrl-C has stopped. */
#ifndef LB_HOST_INTERRUPTION_H
#define LB_HOST_INTERRUPTION_H
#include <lua.h>

/* Forgets an earlier one. */
void lb_interruption_begin(lua_State *L);
/* In a message handler, its error at a stack index: if it is Ctrl-C's, notes which function of ours
 * the researcher had called. */
void lb_interruption_note(lua_State *L, int problem);
/* Pushes "interrupted after 12.4 s in survival.cox (reading csv: 41 % done, none kept)". */
void lb_interruption_push(lua_State *L, double seconds);
#endif
