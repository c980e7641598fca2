/* pack.h - a frame as one run of bytes, exact to the last bit, for another process of this machine.
 */
#ifndef LB_FRAME_PACK_H
#define LB_FRAME_PACK_H
#include "frame/frame.h"

/* Names, types, labels, units, levels and every value as they stand in memory; the number of a row
 * in the file it came from is not kept. Gathers what is still to be gathered. Free *bytes with
 * lb_mem_free. */
lb_status lb_frame_pack(const lb_frame *frame, char **bytes, size_t *length, lb_error *err);

/* The frame of lb_frame_pack. Everything is checked, so bytes from anywhere are safe: LB_EDATA for
 * what no lb_frame_pack has written. `source` as in lb_frame_new. */
lb_status lb_frame_unpack(const char *bytes, size_t length, const char *source, lb_frame **out,
                          lb_error *err);
#endif
