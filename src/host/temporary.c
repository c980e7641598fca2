/* temporary.c - a folder for this session's files, removed when the program ends. */
#include "host/temporary.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* atexit hands over no argument: the folder, "" while there is none, and the process that made it,
 * for the copies that fork makes do not own it. */
static char folder[PATH_MAX];
static pid_t owner;

static void remove_folder(void)
{
  char path[2 * PATH_MAX];
  DIR *entries = owner == getpid() ? opendir(folder) : NULL;
  if (entries == NULL) return;
  for (struct dirent *one; (one = readdir(entries)) != NULL;) {
    snprintf(path, sizeof path, "%s/%s", folder, one->d_name);
    unlink(path); /* fails, as it should, for "." and ".." */
  }
  closedir(entries);
  rmdir(folder);
}

int lb_session_folder(lua_State *L)
{
  if (folder[0] == '\0') {
    char path[PATH_MAX];
    const char *base = getenv("TMPDIR");
    if (base == NULL || base[0] != '/') base = "/tmp";
    int n = snprintf(path, sizeof path, "%s/lobule-XXXXXX", base);
    if (n < 0 || (size_t)n >= sizeof path) errno = ENAMETOOLONG;
    if (n < 0 || (size_t)n >= sizeof path || mkdtemp(path) == NULL) {
      lua_pushnil(L);
      lua_pushstring(L, strerror(errno));
      return 2;
    }
    memcpy(folder, path, (size_t)n + 1);
    owner = getpid();
    atexit(remove_folder);
  }
  lua_pushstring(L, folder);
  return 1;
}
