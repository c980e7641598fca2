/* waiting.h - threads without work sleep. */
#ifndef LB_HOST_WAITING_H
#define LB_HOST_WAITING_H

/* Takes back what was put into the environment before main for OpenMP alone, so that programs that
 * a script starts do not inherit it. */
void lb_waiting_forget(void);
#endif
