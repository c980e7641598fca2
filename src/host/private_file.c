/* private_file.c - appends under a lock to a file of mode 0600. */
#include "host/private_file.h"

#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Makes the folders above a file that are missing. */
static bool make_folders(const char *path)
{
  char folder[PATH_MAX];
  int n = snprintf(folder, sizeof folder, "%s", path);
  if (n < 0 || (size_t)n >= sizeof folder) return false;
  for (char *slash = strchr(folder + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
    *slash = '\0';
    if (mkdir(folder, S_IRWXU) != 0 && errno != EEXIST) return false;
    *slash = '/';
  }
  return true;
}

static bool append(const char *path, const char *text, size_t length)
{
  if (!make_folders(path)) return false;
  int flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW;
  int fd = open(path, flags, S_IRUSR | S_IWUSR);
  if (fd < 0) return false;
  bool done = fchmod(fd, S_IRUSR | S_IWUSR) == 0 && flock(fd, LOCK_EX) == 0 &&
              write(fd, text, length) == (ssize_t)length;
  int why = errno;
  close(fd); /* and with it the lock */
  errno = why;
  return done;
}

int lb_private_append(lua_State *L)
{
  size_t length;
  const char *path = luaL_checkstring(L, 1), *text = luaL_checklstring(L, 2, &length);
  if (append(path, text, length)) {
    lua_pushboolean(L, 1);
    return 1;
  }
  lua_pushnil(L);
  lua_pushstring(L, strerror(errno));
  return 2;
}
