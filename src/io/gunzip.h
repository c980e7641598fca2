/* gunzip.h - gzip files (RFC 1952) into memory, by zlib, which is opened when first used. */
#ifndef LB_IO_GUNZIP_H
#define LB_IO_GUNZIP_H
#include "base/error.h"
#include <stdbool.h>

bool lb_is_gzip(const char *bytes, size_t length);
/* All members of the file; *out: lb_mem_free. LB_EPARSE: damaged, or cut off; LB_EIO: no zlib;
 * LB_EDATA: more than half of the memory, as a file made to do harm is. */
lb_status lb_gunzip(const char *bytes, size_t length, char **out, size_t *out_length,
                    lb_error *err);
#endif
