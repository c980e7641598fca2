/* system.c - another program run by its arguments, what stands at a path, a temporary folder. */
#include "host/system.h"

#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "bind/bind.h"

#define PIECE       4096
#define TICK_MS     50 /* between looks at Ctrl-C */
#define MOST_OUTPUT ((size_t)1 << 20)
#define MOST_WORDS  64

/* Starts the program with both outputs into `to`; 0 or an errno. */
static int start(char *const *words, const char *input, int to, pid_t *pid)
{
  if (words[0] == NULL) return EINVAL; /* never: said for the analyser */
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, input == NULL ? "/dev/null" : input,
                                   O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, to, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, to, STDERR_FILENO);
  posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
  int failed = posix_spawnp(pid, words[0], &actions, NULL, words, environ);
  posix_spawn_file_actions_destroy(&actions);
  return failed;
}

/* Reads what the program writes until it closes its outputs; false after Ctrl-C. What is beyond
 * the limit is read and forgotten, so that the program does not hang. */
static bool listen_to(int from, lb_str *output)
{
  char piece[PIECE];
  for (;;) {
    struct pollfd wait = {.fd = from, .events = POLLIN};
    int ready = poll(&wait, 1, TICK_MS);
    if (lb_interrupted()) return false;
    if (ready <= 0) continue;
    ssize_t n = read(from, piece, sizeof piece);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return true;
    if (output->length + (size_t)n <= MOST_OUTPUT) lb_str_add(output, piece, (size_t)n);
  }
}

static int wait_for(pid_t pid)
{
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int tell_errno(lua_State *L, int number)
{
  lua_pushnil(L);
  lua_pushstring(L, strerror(number));
  return 2;
}

/* The words as a C array that lives in a userdata pushed. */
static char **check_words(lua_State *L)
{
  luaL_checktype(L, 1, LUA_TTABLE);
  size_t n = lua_rawlen(L, 1);
  luaL_argcheck(L, n > 0 && n <= MOST_WORDS, 1, "1 to 64 words expected");
  char **words = lua_newuserdatauv(L, (n + 1) * sizeof *words, 0);
  for (size_t i = 0; i < n; i++) {
    size_t length;
    lua_rawgeti(L, 1, (lua_Integer)i + 1);
    luaL_argcheck(L, lua_type(L, -1) == LUA_TSTRING, 1, "a list of texts expected");
    words[i] = (char *)lua_tolstring(L, -1, &length); /* posix_spawn does not write to it */
    luaL_argcheck(L, strlen(words[i]) == length, 1, "a word holds a NUL byte");
    lua_pop(L, 1);
  }
  words[n] = NULL;
  return words;
}

int lb_system_run(lua_State *L)
{
  lua_settop(L, 2);
  const char *input = luaL_optstring(L, 2, NULL);
  char **words = check_words(L);
  lbl_work *work = lbl_work_new(L);
  int ends[2];
  pid_t pid;
  if (pipe2(ends, O_CLOEXEC) != 0) return tell_errno(L, errno);
  int failed = start(words, input, ends[1], &pid);
  close(ends[1]);
  if (failed != 0) {
    close(ends[0]);
    return tell_errno(L, failed);
  }
  bool heard = listen_to(ends[0], &work->buffer);
  close(ends[0]);
  if (!heard) kill(pid, SIGTERM);
  int status = wait_for(pid);
  if (!heard) {
    lb_error err = {0};
    lb_error_interrupted(&err);
    return lbl_raise(L, &err);
  }
  if (work->buffer.failed) return luaL_error(L, "out of memory (a program's output)");
  lua_pushinteger(L, status);
  lua_pushlstring(L, work->buffer.length > 0 ? work->buffer.data : "", work->buffer.length);
  lbl_work_reset(work);
  return 2;
}

int lb_system_path_kind(lua_State *L)
{
  struct stat info;
  if (lstat(luaL_checkstring(L, 1), &info) != 0) return 0;
  mode_t kind = info.st_mode & S_IFMT;
  lua_pushstring(L, kind == S_IFREG   ? "file"
                    : kind == S_IFDIR ? "folder"
                    : kind == S_IFLNK ? "link"
                                      : "other");
  return 1;
}

int lb_system_temporary_folder(lua_State *L)
{
  char path[PATH_MAX];
  const char *above = getenv("TMPDIR");
  int n = snprintf(path, sizeof path, "%s/lobule-XXXXXX",
                   above == NULL || above[0] == '\0' ? "/tmp" : above);
  if (n < 0 || (size_t)n >= sizeof path || mkdtemp(path) == NULL)
    return luaL_error(L, "no temporary folder can be made: %s", strerror(errno));
  lua_pushstring(L, path);
  return 1;
}
