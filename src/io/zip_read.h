/* zip_read.h - the files of a small zip archive that a stranger may have made: unpacked in memory
 * by libzip, opened when first used. */
#ifndef LB_IO_ZIP_READ_H
#define LB_IO_ZIP_READ_H
#include "base/error.h"

/* What an archive may hold; what unpacks to more is refused while it unpacks, whatever its headers
 * claim. */
typedef struct lb_zip_limits {
  size_t most_parts;
  size_t most_bytes; /* of all parts, unpacked */
} lb_zip_limits;

typedef struct lb_zip_part {
  char *name; /* as the archive has it, in UTF-8: may be any path, the caller judges it */
  char *data;
  size_t length;
} lb_zip_part;

typedef struct lb_zip_parts {
  size_t n;
  lb_zip_part *part;
} lb_zip_parts;

/* The files of the archive in its order.
 *   data  borrowed for the call
 *   out   written on success, untouched on failure; free with lb_zip_parts_reset
 * LB_EPARSE: no zip archive, damaged or encrypted. LB_EDATA: beyond the limits, two parts of one
 * name, a symbolic link or another part that is no plain file, a folder. LB_EIO: libzip is missing.
 * LB_EINTR; LB_ENOMEM. */
lb_status lb_zip_read(const char *data, size_t length, const lb_zip_limits *limits,
                      lb_zip_parts *out, lb_error *err);
void lb_zip_parts_reset(lb_zip_parts *parts); /* safe on a zeroed struct */
#endif
