/* folder.c - folders for what a report writes. */
#include "base/folder.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

static bool is_folder(const char *path)
{
  struct stat info;
  return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

lb_status lb_folder_make(const char *path, bool *made, lb_error *err)
{
  bool is_new = mkdir(path, 0777) == 0;
  if (made != NULL) *made = is_new;
  if (is_new) return LB_OK;
  int code = errno;
  if (code == EEXIST && is_folder(path)) return LB_OK;
  if (code == EEXIST) return lb_error_set(err, LB_EIO, "'%s' is a file, not a folder", path);
  if (code == ENOENT) return lb_error_set(err, LB_EIO, "no folder to make '%s' in", path);
  const char *reason = strerrordesc_np(code); /* in English whatever the locale */
  return lb_error_set(err, LB_EIO, "cannot make the folder '%s': %s", path,
                      reason != NULL ? reason : "unknown error");
}
