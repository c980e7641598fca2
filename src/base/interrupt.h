/* interrupt.h - the flag that Ctrl-C raises; long loops poll it once a block and return LB_EINTR.
 */
#ifndef LB_BASE_INTERRUPT_H
#define LB_BASE_INTERRUPT_H
#include "base/error.h"
#include <stdbool.h>

bool lb_interrupted(void);
void lb_interrupt_raise(void); /* async-signal-safe */
void lb_interrupt_clear(void);
lb_status lb_error_interrupted(lb_error *err); /* sets "interrupted"; returns LB_EINTR */
#endif
