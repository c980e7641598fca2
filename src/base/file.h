/* file.h - whole files in, and out atomically: a crash or a full disk leaves the old file or the
 * new one. */
#ifndef LB_BASE_FILE_H
#define LB_BASE_FILE_H
#include "base/error.h"
#include <sys/stat.h>

/* Reads a whole file or pipe; *data is NUL-terminated and freed with lb_mem_free. LB_EIO with a
 * message that names the path and says what is wrong: a missing file, a directory, a device, no
 * permission, a file that another program changes meanwhile, a pipe that gives more than
 * lb_file_unsized_max. */
lb_status lb_file_read(const char *path, char **data, size_t *length, lb_error *err);
/* Bytes that are taken at most from what does not say its size, such as a pipe: half of the
 * memory, of the machine or allowed to this process. It may never end, and the system ends a
 * process that takes all memory without a word. */
size_t lb_file_unsized_max(void);
/* The bytes of a file, to be read only. */
typedef struct lb_file_view {
  const char *data;
  size_t length;
  void *mapped; /* NULL: read into memory, as a pipe is */
  char *copied;
  int fd;            /* of a mapped file: holds the lease */
  struct stat state; /* of a mapped file, when it was mapped */
} lb_file_view;
/* A file's bytes without a copy where the system promises that they stay as they are (who wants to
 * write to the file then waits for lb_file_unmap), else read as lb_file_read does. Errors as
 * lb_file_read. Free with lb_file_unmap, safe on a zeroed view. */
lb_status lb_file_map(const char *path, lb_file_view *out, lb_error *err);
/* LB_EIO when another program did not wait and wrote. To be asked before what was read is used. */
lb_status lb_file_check(const lb_file_view *view, const char *path, lb_error *err);
void lb_file_unmap(lb_file_view *view);
/* The n bytes at data, of the view, are not needed for now: their memory is given back where they
 * are mapped, and filled again from the file should they be read. Thread-safe. */
void lb_file_rest(const lb_file_view *view, const char *data, size_t n);
/* Writes to a temporary name in the same folder (".NAME.XXXXXX", which is all that a process killed
 * meanwhile leaves behind), syncs, renames; keeps the mode of a file it replaces. */
lb_status lb_file_write(const char *path, const char *data, size_t length, lb_error *err);
/* A file to write: n bytes under a path. */
typedef struct lb_file_content {
  const char *path, *data;
  size_t length;
} lb_file_content;
/* Several files as lb_file_write writes one: all are on the disk under temporary names before the
 * first is renamed, so that a folder that is not there or a full disk leaves all the old ones. */
lb_status lb_file_write_all(const lb_file_content *files, size_t n, lb_error *err);
#endif
