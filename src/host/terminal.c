/* terminal.c - what the terminal is like, the pager, the memory used. */
#include "host/terminal.h"

#include <errno.h>
#include <lauxlib.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void set_flag(lua_State *L, const char *name, int fd)
{
  lua_pushboolean(L, isatty(fd));
  lua_setfield(L, -2, name);
}

int lb_terminal_facts(lua_State *L)
{
  struct winsize size;
  char columns[16];
  lua_createtable(L, 0, 5);
  set_flag(L, "input", STDIN_FILENO);
  set_flag(L, "output", STDOUT_FILENO);
  set_flag(L, "errors", STDERR_FILENO);
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 1;
  snprintf(columns, sizeof columns, "%d", size.ws_col);
  setenv("COLUMNS", columns, 1);
  lua_pushinteger(L, size.ws_col);
  lua_setfield(L, -2, "width");
  if (size.ws_row > 0) {
    lua_pushinteger(L, size.ws_row);
    lua_setfield(L, -2, "height");
  }
  return 1;
}

/* In the child: the command reads from the pipe. */
static void become_pager(const char *command, const int ends[2])
{
  signal(SIGINT, SIG_DFL);
  signal(SIGPIPE, SIG_DFL);
  dup2(ends[0], STDIN_FILENO);
  close(ends[0]);
  close(ends[1]);
  execl("/bin/sh", "sh", "-c", command, (char *)NULL);
  _exit(127);
}

/* A pager that is left early closes its end: nothing is lost that anyone wants to see. */
static void write_all(int fd, const char *text, size_t length)
{
  while (length > 0) {
    ssize_t n = write(fd, text, length);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return;
    text += n;
    length -= (size_t)n;
  }
}

/* The command's status as wait() has it; -1: it could not be started, see errno. */
static int run_pager(const char *command, const char *text, size_t length)
{
  int ends[2], status = -1;
  if (pipe(ends) != 0) return -1;
  pid_t child = fork();
  if (child == 0) become_pager(command, ends);
  close(ends[0]);
  if (child > 0) write_all(ends[1], text, length);
  int why = errno;
  close(ends[1]);
  if (child < 0) {
    errno = why;
    return -1;
  }
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

int lb_terminal_page(lua_State *L)
{
  size_t length;
  const char *command = luaL_checkstring(L, 1), *text = luaL_checklstring(L, 2, &length);
  struct sigaction ignore = {.sa_handler = SIG_IGN}, interrupt, broken_pipe;
  fflush(stdout);
  sigaction(SIGINT, &ignore, &interrupt);
  sigaction(SIGPIPE, &ignore, &broken_pipe);
  int status = run_pager(command, text, length);
  int why = errno;
  sigaction(SIGINT, &interrupt, NULL);
  sigaction(SIGPIPE, &broken_pipe, NULL);
  if (status != -1 &&
      !(WIFEXITED(status) && (WEXITSTATUS(status) == 126 || WEXITSTATUS(status) == 127))) {
    lua_pushboolean(L, 1);
    return 1;
  }
  lua_pushnil(L);
  lua_pushstring(L, status == -1 ? strerror(why) : "the command cannot be run");
  return 2;
}

int lb_terminal_memory(lua_State *L)
{
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  lua_pushinteger(L, (lua_Integer)usage.ru_maxrss * 1024); /* the kernel counts in KiB */
  return 1;
}
