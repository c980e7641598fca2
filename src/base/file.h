/* file.h - whole files in, and out atomically: a crash or a full disk leaves the old file or the
 * new one. */
#ifndef LB_BASE_FILE_H
#define LB_BASE_FILE_H
#include "base/error.h"

/* Reads a whole regular file; *data is NUL-terminated and freed with lb_mem_free. Missing file,
 * directory, no permission: LB_EIO with a message that names the path and says what it is. */
lb_status lb_file_read(const char *path, char **data, size_t *length, lb_error *err);
/* Writes to a temporary name in the same folder, syncs, renames; keeps the mode of a file it
 * replaces. */
lb_status lb_file_write(const char *path, const char *data, size_t length, lb_error *err);
#endif
