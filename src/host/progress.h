/* progress.h - the bar of a long piece of work, on a terminal. */
#ifndef LB_HOST_PROGRESS_H
#define LB_HOST_PROGRESS_H
#include <lua.h>

/* From now on work longer than a second shows a bar on stderr, if that is a terminal. */
void lb_progress_open(void);
/* How far the work had come that Ctrl-C stopped since lb_progress_forget: "reading csv: 41 % done";
 * NULL: nothing is known. */
const char *lb_progress_stopped(void);
void lb_progress_forget(void);
/* progress_test(seconds): work that only waits; for tests of the bar. */
int lb_progress_test(lua_State *L);
#endif
