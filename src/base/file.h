/* file.h - whole files in, and out atomically: a crash or a full disk leaves the old file or the
 * new one. */
#ifndef LB_BASE_FILE_H
#define LB_BASE_FILE_H
#include "base/error.h"

/* Reads a whole regular file; *data is NUL-terminated and freed with lb_mem_free. Missing file,
 * directory, no permission: LB_EIO with a message that names the path and says what it is. */
lb_status lb_file_read(const char *path, char **data, size_t *length, lb_error *err);
/* The bytes of a file, to be read only. */
typedef struct lb_file_view {
  const char *data;
  size_t length;
  void *mapped; /* NULL: read into memory, as a pipe is */
  char *copied;
} lb_file_view;
/* A file's bytes without a copy where the system can map it, else read as lb_file_read does. The
 * file must not be cut short by others while it is in use. Errors as lb_file_read. Free with
 * lb_file_unmap, safe on a zeroed view. */
lb_status lb_file_map(const char *path, lb_file_view *out, lb_error *err);
void lb_file_unmap(lb_file_view *view);
/* The n bytes at data, of the view, are not needed for now: their memory is given back where they
 * are mapped, and filled again from the file should they be read. Thread-safe. */
void lb_file_rest(const lb_file_view *view, const char *data, size_t n);
/* Writes to a temporary name in the same folder, syncs, renames; keeps the mode of a file it
 * replaces. */
lb_status lb_file_write(const char *path, const char *data, size_t length, lb_error *err);
#endif
