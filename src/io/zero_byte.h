/* zero_byte.h - texts with a zero byte, which files of text and databases take and no reader gives
 * back. */
#ifndef LB_IO_ZERO_BYTE_H
#define LB_IO_ZERO_BYTE_H
#include "frame/frame.h"

/* LB_EDATA when a text or level of the frame holds a zero byte, naming column and row. */
lb_status lb_check_zero_bytes(const lb_frame *frame, lb_error *err);
#endif
